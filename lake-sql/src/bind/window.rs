//! Window functions: their window, their frame, and what they give.

use super::binder::{Binder, Clause, Inside};
use super::build::pass_through;
use super::scope::{Scope, error_expr, same_name};
use crate::bound::{Expr, Frame, FrameBound, FrameUnit, SortKey, WindowCall};
use crate::finding;
use crate::functions::{self, FunctionKind, Nulls};
use crate::span::Span;
use crate::syntax::tree::{self, Call};
use crate::types::{Type, TypeRules};

/// A window with its names resolved.
struct Window {
    partition_by: Vec<Expr>,
    order_by: Vec<SortKey>,
    frame: Option<Frame>,
}

/// A written window with everything that it inherits.
#[derive(Clone, Default)]
struct Written<'t> {
    partition_by: Vec<&'t tree::Expr>,
    order_by: Vec<&'t tree::SortItem>,
    frame: Option<&'t tree::Frame>,
}

impl Binder<'_> {
    /// A call with OVER.
    pub fn window_call(
        &mut self,
        function: &'static functions::Function,
        call: &Call,
        scope: &Scope<'_>,
        span: Span,
    ) -> Expr {
        if function.kind == FunctionKind::Scalar {
            self.report(finding::not_an_aggregate::new(function.name, "OVER", call.name.span));
            return error_expr(span);
        }
        let context = self.select_context();
        let place = match (context.inside, context.clause) {
            (Inside::Aggregate, _) => Some("an aggregate"),
            (Inside::Window, _) => Some("another window function"),
            (Inside::Lambda, _) => Some("a lambda"),
            (_, Clause::Select | Clause::OrderBy) => None,
            (_, clause) => Some(clause.name()),
        };
        if let Some(place) = place {
            self.report(finding::misplaced_window::new(function.name, place, span));
            return error_expr(span);
        }
        if let Some(filter) = &call.filter {
            self.report(finding::unsupported::new("FILTER on a window function", filter.span));
            return error_expr(span);
        }
        if let Some(item) = call.order_by.iter().chain(&call.within_group).next() {
            self.report(finding::unsupported::new("ORDER BY inside of a window function", item.span));
            return error_expr(span);
        }
        if call.distinct && self.rules == TypeRules::Old {
            let what = "DISTINCT in a window function on an engine with the older rules";
            self.report(finding::unsupported::new(what, span));
            return error_expr(span);
        }
        match self.inside(Inside::Window, |binder| binder.window_parts(function, call, scope, span)) {
            Some(call) => {
                let (ty, nullable) = (call.ty.clone(), call.nullable);
                let id = self.fresh();
                self.select_context().windows.push((id, call));
                pass_through(id, ty, nullable, span)
            }
            None => error_expr(span),
        }
    }

    fn window_parts(
        &mut self,
        function: &'static functions::Function,
        call: &Call,
        scope: &Scope<'_>,
        span: Span,
    ) -> Option<WindowCall> {
        let arguments = self.aggregate_arguments(function, call, scope, span);
        let window = self.window(call.over.as_ref().expect("the caller saw OVER"), scope)?;
        let (name, args, ty) = arguments?;
        if call.distinct && function.kind == FunctionKind::Window {
            self.report(finding::not_an_aggregate::new(function.name, "DISTINCT", call.name.span));
            return None;
        }
        self.check_frame_use(function, &window, span);
        let ignore_nulls = call.ignore_nulls == Some(true);
        let sees_row = window.frame.as_ref().is_none_or(includes_current_row);
        let nullable = window_may_be_null(function, &args, sees_row && !ignore_nulls);
        Some(WindowCall {
            function: name,
            args,
            distinct: call.distinct,
            ignore_nulls,
            filter: None,
            partition_by: window.partition_by,
            order_by: window.order_by,
            frame: window.frame,
            ty,
            nullable,
            span,
        })
    }

    fn check_frame_use(&mut self, function: &functions::Function, window: &Window, span: Span) {
        if needs_order(function.name) && window.order_by.is_empty() && function.kind == FunctionKind::Window {
            self.report(finding::window_needs_order::new(function.name, span));
        }
        if window.frame.is_some() && ignores_frame(function.name) {
            self.report(finding::frame::not_allowed(function.name, span));
        }
    }

    fn window(&mut self, over: &tree::Window, scope: &Scope<'_>) -> Option<Window> {
        let named = self.select_context().named_windows.clone();
        let written = match over {
            tree::Window::Named(name) => self.named_window(name, &named, named.len())?,
            tree::Window::Spec(spec) => self.written_window(spec, &named, named.len())?,
        };
        let partition_by: Vec<Expr> = written.partition_by.iter().map(|key| self.expr(key, scope)).collect();
        for key in &partition_by {
            if !key.ty.is_comparable() && !key.ty.has_error() && key.ty != Type::Unknown {
                self.report(finding::not_comparable::new("PARTITION BY", &key.ty, key.span));
            }
        }
        let order_by = self.sort_keys(written.order_by.iter().copied(), scope);
        let frame = match written.frame {
            Some(frame) => Some(self.frame(frame, &order_by, scope)?),
            None => None,
        };
        Some(Window { partition_by, order_by, frame })
    }

    /// A window of the WINDOW clause; only windows written before `limit` are visible.
    fn named_window<'t>(
        &mut self,
        name: &tree::Ident,
        named: &'t [(tree::Ident, tree::WindowSpec)],
        limit: usize,
    ) -> Option<Written<'t>> {
        match named[..limit].iter().position(|(other, _)| same_name(&other.value, &name.value)) {
            Some(position) => self.written_window(&named[position].1, named, position),
            None => {
                let names: Vec<String> = named.iter().map(|(name, _)| name.value.clone()).collect();
                self.report(finding::unknown_window::new(name, &names));
                None
            }
        }
    }

    fn written_window<'t>(
        &mut self,
        spec: &'t tree::WindowSpec,
        named: &'t [(tree::Ident, tree::WindowSpec)],
        limit: usize,
    ) -> Option<Written<'t>> {
        let mut written = match &spec.base {
            Some(base) => self.named_window(base, named, limit)?,
            None => Written::default(),
        };
        let clash = match &spec.base {
            None => None,
            Some(_) if !spec.partition_by.is_empty() => Some("PARTITION BY"),
            Some(_) if !spec.order_by.is_empty() && !written.order_by.is_empty() => Some("ORDER BY"),
            Some(_) if written.frame.is_some() => Some("a frame"),
            Some(_) => None,
        };
        if let Some(what) = clash {
            self.report(finding::window_override::new(what, spec.span));
            return None;
        }
        written.partition_by.extend(&spec.partition_by);
        written.order_by.extend(&spec.order_by);
        written.frame = spec.frame.as_ref().or(written.frame);
        Some(written)
    }

    fn frame(&mut self, frame: &tree::Frame, order_by: &[SortKey], scope: &Scope<'_>) -> Option<Frame> {
        let unit = match frame.unit {
            tree::FrameUnit::Rows => FrameUnit::Rows,
            tree::FrameUnit::Range => FrameUnit::Range,
            tree::FrameUnit::Groups => FrameUnit::Groups,
        };
        let start = self.frame_bound(&frame.start, unit, order_by, scope)?;
        let end = match &frame.end {
            Some(end) => self.frame_bound(end, unit, order_by, scope)?,
            None => FrameBound::CurrentRow,
        };
        let rank = |bound: &FrameBound| match bound {
            FrameBound::UnboundedPreceding => 0,
            FrameBound::Preceding(_) => 1,
            FrameBound::CurrentRow => 2,
            FrameBound::Following(_) => 3,
            FrameBound::UnboundedFollowing => 4,
        };
        let impossible = rank(&start) > rank(&end) || rank(&start) == 4 || rank(&end) == 0;
        if impossible {
            self.report(finding::frame::impossible(frame.span));
            return None;
        }
        if unit == FrameUnit::Groups && order_by.is_empty() {
            self.report(finding::frame::groups_need_order(frame.span));
            return None;
        }
        Some(Frame { unit, start, end })
    }

    fn frame_bound(
        &mut self,
        bound: &tree::FrameBound,
        unit: FrameUnit,
        order_by: &[SortKey],
        scope: &Scope<'_>,
    ) -> Option<FrameBound> {
        Some(match bound {
            tree::FrameBound::UnboundedPreceding(_) => FrameBound::UnboundedPreceding,
            tree::FrameBound::CurrentRow(_) => FrameBound::CurrentRow,
            tree::FrameBound::UnboundedFollowing(_) => FrameBound::UnboundedFollowing,
            tree::FrameBound::Preceding(offset) => {
                FrameBound::Preceding(Box::new(self.frame_offset(offset, unit, order_by, scope)?))
            }
            tree::FrameBound::Following(offset) => {
                FrameBound::Following(Box::new(self.frame_offset(offset, unit, order_by, scope)?))
            }
        })
    }

    fn frame_offset(
        &mut self,
        offset: &tree::Expr,
        unit: FrameUnit,
        order_by: &[SortKey],
        scope: &Scope<'_>,
    ) -> Option<Expr> {
        let offset = self.expr(offset, scope);
        if offset.ty.has_error() {
            return None;
        }
        if unit != FrameUnit::Range {
            if !offset.ty.is_integer() {
                self.report(finding::frame::offset_type(&offset.ty, offset.span));
                return None;
            }
            return Some(offset);
        }
        let [key] = order_by else {
            self.report(finding::frame::range_needs_one_key(order_by.len(), offset.span));
            return None;
        };
        let fits = (key.expr.ty.is_numeric() && offset.ty.is_numeric())
            || (is_moment(&key.expr.ty) && matches!(offset.ty, Type::IntervalDayToSecond | Type::IntervalYearToMonth))
            || key.expr.ty.has_error();
        if !fits {
            self.report(finding::frame::range_type(&key.expr.ty, &offset.ty, offset.span));
            return None;
        }
        Some(offset)
    }
}

fn is_moment(ty: &Type) -> bool {
    matches!(ty, Type::Date | Type::Time(_) | Type::TimeTz(_) | Type::Timestamp(_) | Type::TimestampTz(_))
}

fn includes_current_row(frame: &Frame) -> bool {
    matches!(frame.start, FrameBound::UnboundedPreceding | FrameBound::Preceding(_) | FrameBound::CurrentRow)
        && matches!(frame.end, FrameBound::CurrentRow | FrameBound::Following(_) | FrameBound::UnboundedFollowing)
}

/// `sees_row`: the frame holds the row itself, and no row is left out.
fn window_may_be_null(function: &functions::Function, args: &[Expr], sees_row: bool) -> bool {
    match (function.name, function.nulls) {
        ("first_value" | "last_value", _) => !sees_row || args.iter().any(|arg| arg.nullable),
        ("lag" | "lead", _) => args.len() < 3 || args.iter().any(|arg| arg.nullable),
        (_, Nulls::Never) => false,
        (_, Nulls::Propagate | Nulls::EmptyGroup) if function.kind == FunctionKind::Aggregate => {
            !sees_row || args.iter().any(|arg| arg.nullable)
        }
        (_, Nulls::Propagate) => args.iter().any(|arg| arg.nullable),
        _ => true,
    }
}

/// Functions that Trino refuses without an order.
fn needs_order(name: &str) -> bool {
    matches!(name, "lag" | "lead")
}

/// Functions that look at another row by its distance, for which a frame has no meaning.
fn ignores_frame(name: &str) -> bool {
    matches!(name, "lag" | "lead")
}
