//! Window functions: their window, their frame, and what they give.

use super::binder::{Binder, Clause, Inside};
use super::build::pass_through;
use super::scope::{Scope, error_expr, same_name};
use crate::bound::{Expr, ExprKind, Frame, FrameBound, FrameUnit, Literal, SortKey, WindowCall};
use crate::finding;
use crate::functions::{self, FunctionKind, Nulls};
use crate::span::Span;
use crate::syntax::tree::{self, Call};
use crate::types::Type;

/// A window with its names resolved.
struct Window {
    partition_by: Vec<Expr>,
    order_by: Vec<SortKey>,
    frame: Option<Frame>,
    /// Measures of the frame's row pattern.
    measures: Vec<(tree::Ident, Expr)>,
}

impl Window {
    /// Whether a row pattern decides which rows of the frame are seen.
    fn is_matched(&self) -> bool {
        self.frame.as_ref().is_some_and(|frame| !frame.pattern.is_empty())
    }
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
        if self.misplaced_window(function.name, span) {
            return error_expr(span);
        }
        if let Some(filter) = &call.filter {
            self.report(finding::unsupported::new("FILTER on a window function", filter.span));
            return error_expr(span);
        }
        if let Some(item) = call.within_group.first() {
            self.report(finding::unsupported::new("WITHIN GROUP on a window function", item.span));
            return error_expr(span);
        }
        let ordered = call.order_by.first().map(|item| ("ORDER BY inside of a window function", item.span));
        let distinct = call.distinct.then_some(("DISTINCT in a window function", span));
        if ordered.or(distinct).is_some_and(|(what, place)| self.is_too_new(what, place)) {
            return error_expr(span);
        }
        let bound = self.inside(Inside::Window, |binder| binder.window_parts(function, call, scope, span));
        self.collect_window(bound, span)
    }

    /// Reports a window function where none can stand.
    fn misplaced_window(&mut self, name: &str, span: Span) -> bool {
        let context = self.select_context();
        let place = match (context.inside, context.clause) {
            (Inside::Aggregate, _) => Some("an aggregate"),
            (Inside::Window, _) => Some("another window function"),
            (Inside::Lambda, _) => Some("a lambda"),
            (_, Clause::Select | Clause::OrderBy) => None,
            (_, clause) => Some(clause.name()),
        };
        if let Some(place) = place {
            self.report(finding::misplaced_window::new(name, place, span));
        }
        place.is_some()
    }

    fn collect_window(&mut self, bound: Option<WindowCall>, span: Span) -> Expr {
        let Some(call) = bound else { return error_expr(span) };
        let (ty, nullable) = (call.ty.clone(), call.nullable);
        let id = self.fresh();
        self.select_context().windows.push((id, call));
        pass_through(id, ty, nullable, span)
    }

    /// LISTAGG … WITHIN GROUP (…) OVER (…)
    pub fn listagg_window(
        &mut self,
        listagg: &tree::Listagg,
        over: &tree::Window,
        scope: &Scope<'_>,
        span: Span,
    ) -> Expr {
        if self.misplaced_window("listagg", span) {
            return error_expr(span);
        }
        if self.is_too_new("LISTAGG in a window", span) {
            return error_expr(span);
        }
        if let Some(filter) = &listagg.filter {
            self.report(finding::unsupported::new("FILTER on a window function", filter.span));
            return error_expr(span);
        }
        let bound = self.inside(Inside::Window, |binder| {
            let call = binder.listagg_parts(listagg, scope, span);
            let window = binder.window(over, scope)?;
            let call = call?;
            Some(WindowCall {
                function: call.function,
                args: call.args,
                distinct: call.distinct,
                ignore_nulls: false,
                filter: call.filter,
                argument_order: call.order_by,
                partition_by: window.partition_by,
                order_by: window.order_by,
                frame: window.frame,
                ty: call.ty,
                nullable: true,
                span,
            })
        });
        self.collect_window(bound, span)
    }

    /// `measure OVER window`
    pub fn measure(&mut self, name: &tree::Ident, over: &tree::Window, scope: &Scope<'_>, span: Span) -> Expr {
        if self.misplaced_window(&name.value, span) {
            return error_expr(span);
        }
        let bound = self.inside(Inside::Window, |binder| {
            let window = binder.window(over, scope)?;
            let found = window.measures.iter().find(|(other, _)| same_name(&other.value, &name.value));
            let Some((_, measure)) = found else {
                let known: Vec<String> = window.measures.iter().map(|(name, _)| name.value.clone()).collect();
                binder.report(finding::row_pattern::unknown_measure(name, &known));
                return None;
            };
            Some(WindowCall {
                function: "measure",
                args: vec![measure.clone()],
                distinct: false,
                ignore_nulls: false,
                filter: None,
                argument_order: vec![],
                ty: measure.ty.clone(),
                partition_by: window.partition_by,
                order_by: window.order_by,
                frame: window.frame,
                nullable: true,
                span,
            })
        });
        self.collect_window(bound, span)
    }

    fn window_parts(
        &mut self,
        function: &'static functions::Function,
        call: &Call,
        scope: &Scope<'_>,
        span: Span,
    ) -> Option<WindowCall> {
        let arguments = self.aggregate_arguments(function, call, scope, span);
        let argument_order = self.sort_keys(call.order_by.iter(), scope);
        let window = self.window(call.over.as_ref().expect("the caller saw OVER"), scope)?;
        let (name, args, ty) = arguments?;
        if call.distinct && function.kind == FunctionKind::Window {
            self.report(finding::not_an_aggregate::new(function.name, "DISTINCT", call.name.span));
            return None;
        }
        if let (Some(key), FunctionKind::Window) = (argument_order.first(), function.kind) {
            self.report(finding::not_an_aggregate::new(function.name, "ORDER BY", key.expr.span));
            return None;
        }
        if call.ignore_nulls.is_some() && !is_value_function(function.name) {
            self.report(finding::not_an_aggregate::null_treatment(function.name, call.name.span));
            return None;
        }
        self.check_frame_use(function, &window, span);
        let ignore_nulls = call.ignore_nulls == Some(true);
        let sees_row = window.frame.as_ref().is_none_or(includes_current_row) && !window.is_matched();
        let nullable = window_may_be_null(function, &args, sees_row && !ignore_nulls);
        Some(WindowCall {
            function: name,
            args,
            distinct: call.distinct,
            ignore_nulls,
            filter: None,
            argument_order,
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
        if window.frame.is_some() && !is_value_function(function.name) && function.kind == FunctionKind::Window
            || window.frame.is_some() && needs_order(function.name)
        {
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
            } else if !key.ty.is_orderable() && !key.ty.has_error() && key.ty != Type::Unknown {
                self.report(finding::not_orderable::new("PARTITION BY of a window", &key.ty, key.span));
            }
        }
        let order_by = self.sort_keys(written.order_by.iter().copied(), scope);
        let (frame, measures) = match written.frame {
            Some(frame) => {
                let bound = self.frame(frame, &order_by, scope)?;
                self.framed_pattern(frame, bound, scope)
            }
            None => (None, vec![]),
        };
        Some(Window { partition_by, order_by, frame, measures })
    }

    /// The frame with its row pattern, and the measures of that.
    fn framed_pattern(
        &mut self,
        written: &tree::Frame,
        mut frame: Frame,
        scope: &Scope<'_>,
    ) -> (Option<Frame>, Vec<(tree::Ident, Expr)>) {
        let Some(pattern) = &written.pattern else { return (Some(frame), vec![]) };
        let Some(shape) = &pattern.pattern else {
            let what = if pattern.measures.is_empty() { "this clause" } else { "MEASURES" };
            self.report(finding::row_pattern::no_pattern(what, written.span));
            return (None, vec![]);
        };
        let from_here = frame.unit == FrameUnit::Rows && frame.start == FrameBound::CurrentRow;
        if pattern.definitions.is_empty() {
            self.report(finding::row_pattern::no_definitions(written.span));
        } else if !from_here || written.end.is_none() {
            self.report(finding::row_pattern::frame(written.span));
        }
        if let Some(anchor) = shape.anchor {
            self.report(finding::row_pattern::anchor(anchor));
        }
        let (conditions, measures) = self.pattern_expressions(pattern, scope, true);
        frame.pattern = conditions.into_iter().chain(measures.iter().cloned()).collect();
        let names = pattern.measures.iter().map(|(_, name)| name.clone());
        (Some(frame), names.zip(measures).collect())
    }

    /// Looks at the windows of the WINDOW clause, used or not.
    pub fn check_windows(&mut self, select: &tree::Select, scope: &Scope<'_>) {
        for (position, (name, _)) in select.windows.iter().enumerate() {
            if select.windows[..position].iter().any(|(other, _)| same_name(&other.value, &name.value)) {
                self.report(finding::window_override::duplicate(name));
                continue;
            }
            let before = self.findings.len();
            let (sites, next) = (self.sites.len(), self.findings.len());
            self.inside(Inside::Window, |binder| binder.window(&tree::Window::Named(name.clone()), scope));
            // Its casts are noted where it is used; what is wrong with it is said once.
            self.sites.truncate(sites);
            let found = self.findings.split_off(next);
            let new: Vec<_> = found.into_iter().filter(|finding| !self.findings.contains(finding)).collect();
            self.findings.truncate(before);
            self.findings.extend(new);
        }
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
        let has_distance =
            |bound: &tree::FrameBound| matches!(bound, tree::FrameBound::Preceding(_) | tree::FrameBound::Following(_));
        if unit == FrameUnit::Range && [Some(&frame.start), frame.end.as_ref()].into_iter().flatten().any(has_distance)
        {
            self.check_range_key(order_by, frame.span)?;
        }
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
        Some(Frame { unit, start, end, pattern: vec![] })
    }

    /// A RANGE frame with a distance has one key, whose type has distances.
    fn check_range_key(&mut self, order_by: &[SortKey], frame: Span) -> Option<()> {
        let [key] = order_by else {
            self.report(finding::frame::range_needs_one_key(order_by.len(), frame));
            return None;
        };
        let ty = &key.expr.ty;
        if ty.is_numeric() || is_moment(ty) || ty.has_error() {
            return Some(());
        }
        self.report(finding::frame::range_key(ty, key.expr.span));
        None
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
            if matches!(offset.kind, ExprKind::Literal(Literal::Integer(rows)) if rows < 0) {
                self.report(finding::frame::negative(offset.span));
                return None;
            }
            return Some(offset);
        }
        let key = order_by.first()?;
        let fits = (key.expr.ty.is_numeric() && offset.ty.is_numeric())
            || (is_moment(&key.expr.ty) && matches!(offset.ty, Type::IntervalDayToSecond | Type::IntervalYearToMonth))
            || key.expr.ty.has_error();
        if !fits {
            self.report(finding::frame::range_type(&key.expr.ty, &offset.ty, offset.span));
            return None;
        }
        if matches!(offset.kind, ExprKind::Literal(Literal::Integer(value)) if value < 0) {
            self.report(finding::frame::negative(offset.span));
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

/// Functions that give the value of one row: they alone can leave nulls out.
fn is_value_function(name: &str) -> bool {
    matches!(name, "lag" | "lead" | "first_value" | "last_value" | "nth_value")
}
