//! Expressions: what each form of the syntax means.

use super::binder::{Binder, Inside};
use super::build::{self, not_if};
use super::scope::{Scope, error_expr, same_name};
use crate::bound::{CompareOp, Expr, ExprKind, Literal};
use crate::finding;
use crate::functions::{self, Arg};
use crate::span::Span;
use crate::syntax::tree::{self, BinaryOp, Ident, UnaryOp};
use crate::types::{self, Type};

impl Binder<'_> {
    /// Binds an expression.
    pub fn expr(&mut self, written: &tree::Expr, scope: &Scope<'_>) -> Expr {
        use tree::ExprKind as K;
        let span = written.span;
        match &written.kind {
            K::Literal(value) => self.literal(value, span),
            K::Column(name) => self.resolve(std::slice::from_ref(name), scope, span),
            K::Field(base, name) => self.field(base, name, scope, span),
            K::Placeholder(placeholder) => self.placeholder(placeholder, scope),
            K::Unary(op, operand) => self.unary(*op, operand, scope, span),
            K::Binary(left, op, op_span, right) => match self.fold_first_run(written) {
                Some(folded) => folded,
                None => self.binary(left, *op, *op_span, right, scope, span),
            },
            K::Not(operand) => match self.fold_first_run(written) {
                Some(folded) => folded,
                None => build::not(self.condition(operand, scope, "NOT"), span),
            },
            K::IsNull(operand, negated) => {
                let operand = self.expr(operand, scope);
                not_if(*negated, build::expr(ExprKind::IsNull(Box::new(operand)), Type::Boolean, span), span)
            }
            K::IsTruth(operand, truth, negated) => self.is_truth(operand, *truth, *negated, scope, span),
            K::IsDistinct(left, right, negated) => {
                let op = if *negated { CompareOp::NotDistinct } else { CompareOp::Distinct };
                let (left, right) = (self.expr(left, scope), self.expr(right, scope));
                self.compare(op, left, right, span, span)
            }
            K::Between { value, low, high, negated, symmetric } => {
                let bound = self.between([value, low, high], *symmetric, scope, span);
                not_if(*negated, bound, span)
            }
            K::InList { value, list, negated } => {
                let bound = self.in_list(value, list, scope, span);
                not_if(*negated, bound, span)
            }
            K::Like { value, pattern, escape, negated } => {
                let bound = self.like(value, pattern, escape.as_deref(), scope, span);
                not_if(*negated, bound, span)
            }
            K::InQuery { value, query, negated } => {
                let bound = self.in_query(value, query, scope, span);
                not_if(*negated, bound, span)
            }
            K::Quantified { value, op, all, query } => self.quantified(value, *op, *all, query, scope, span),
            K::Exists(query) => self.exists(query, scope, span),
            K::Subquery(query) => self.scalar(query, scope, span),
            K::Parenthesized(inner) => self.expr(inner, scope),
            K::Tuple(parts) => self.row(parts.iter().map(|part| (part, None)), scope, span),
            K::Row(parts) => self.row(parts.iter().map(|(part, name)| (part, name.as_ref())), scope, span),
            K::Array(members) => self.array(members, scope, span),
            K::Subscript(base, index) => self.subscript(base, index, scope, span),
            K::Case { operand, branches, otherwise } => {
                self.case(operand.as_deref(), branches, otherwise.as_deref(), scope, span)
            }
            K::Cast { expr, ty, safe } => self.cast(expr, ty, *safe, scope, span),
            K::Call(call) => self.call(call, scope, span),
            K::AtTimeZone(value, zone) => self.at_time_zone(value, zone, scope, span),
            K::Current(name, precision) => self.current(name, *precision, span),
            K::Grouping(args) => self.grouping(args, scope, span),
            K::Listagg(listagg) => self.listagg(listagg, scope, span),
            K::Extract(..) | K::Position(..) | K::Substring(..) | K::Trim { .. } | K::Normalize(..) => {
                self.special_call(&written.kind, scope, span)
            }
            K::Lambda(parameters, _) => {
                self.report(finding::misplaced_lambda::new(span, parameters.len()));
                error_expr(span)
            }
            K::Parameter => self.unsupported("parameters (`?`)", span),
            K::AtLocal(value) => self.at_local(value, scope, span),
            K::Json(call) => self.json(call, scope, span),
            K::Semantics(last, word, operand) => self.semantics(*last, *word, operand, scope),
            K::Measure(measure) => self.measure(&measure.0, &measure.1, scope, span),
            K::Error => error_expr(span),
        }
    }

    /// Says that a form is not supported, and stands in for it.
    pub fn unsupported(&mut self, what: &str, span: Span) -> Expr {
        self.report(finding::unsupported::new(what, span));
        error_expr(span)
    }

    /// Binds an expression that must be boolean.
    pub fn condition(&mut self, written: &tree::Expr, scope: &Scope<'_>, place: &str) -> Expr {
        let bound = self.expr(written, scope);
        self.require_boolean(bound, place)
    }

    /// Checks that an expression is boolean.
    pub fn require_boolean(&mut self, bound: Expr, place: &str) -> Expr {
        if matches!(bound.ty, Type::Boolean | Type::Error) {
            return bound;
        }
        if bound.ty == Type::Unknown {
            return self.coerce(bound, &Type::Boolean);
        }
        self.report(finding::not_boolean::new(place, &bound.ty, bound.span));
        error_expr(bound.span)
    }

    /// Inserts a cast if the type differs. The caller knows that the coercion exists.
    pub fn coerce(&self, expr: Expr, target: &Type) -> Expr {
        if expr.ty == *target || expr.ty == Type::Error {
            return expr;
        }
        if expr.kind == ExprKind::Literal(Literal::Null) {
            return Expr { ty: target.clone(), ..expr };
        }
        let span = expr.span;
        build::expr(ExprKind::Cast { expr: Box::new(expr), safe: false, implicit: true }, target.clone(), span)
    }

    /// The common type of several expressions; None after an error, or if there is none.
    pub fn common_type<'e>(&self, exprs: impl IntoIterator<Item = &'e Expr>) -> Result<Type, (Type, Type)> {
        let mut common = Type::Unknown;
        for expr in exprs {
            if expr.ty.has_error() || common.has_error() {
                common = Type::Error;
                continue;
            }
            match types::common_super_type(&common, &expr.ty, self.rules) {
                Some(ty) => common = ty,
                None => return Err((common, expr.ty.clone())),
            }
        }
        Ok(common)
    }

    fn field(&mut self, base: &tree::Expr, name: &Ident, scope: &Scope<'_>, span: Span) -> Expr {
        if let Some(mut path) = name_path(base) {
            path.push(name.clone());
            return self.resolve(&path, scope, span);
        }
        let base = self.expr(base, scope);
        self.row_field(base, name, span)
    }

    /// A field of a row by its name.
    pub fn row_field(&mut self, base: Expr, name: &Ident, span: Span) -> Expr {
        let Type::Row(fields) = &base.ty else {
            if !base.ty.has_error() {
                self.report(finding::not_a_row::new(name, &base.ty, base.span));
            }
            return error_expr(span);
        };
        let found: Vec<usize> = fields
            .iter()
            .enumerate()
            .filter(|(_, field)| field.name.as_deref().is_some_and(|own| same_name(own, &name.value)))
            .map(|(index, _)| index)
            .collect();
        let [index] = found[..] else {
            let names: Vec<String> = fields.iter().filter_map(|field| field.name.clone()).collect();
            self.report(finding::unknown_field::new(name, &base.ty, &names));
            return error_expr(span);
        };
        let ty = fields[index].ty.clone();
        build::expr(ExprKind::Field { row: Box::new(base), index }, ty, span)
    }

    fn unary(&mut self, op: UnaryOp, operand: &tree::Expr, scope: &Scope<'_>, span: Span) -> Expr {
        let operand = self.expr(operand, scope);
        let decimal = matches!(operand.ty, Type::Decimal { .. });
        let interval = matches!(operand.ty, Type::IntervalDayToSecond | Type::IntervalYearToMonth);
        let (takes, sign, expected) = match op {
            UnaryOp::Minus => (operand.ty.is_numeric() || interval, "-", "a number or an interval"),
            // Trino's + knows neither decimals nor intervals.
            UnaryOp::Plus => (operand.ty.is_numeric() && !decimal, "+", "an integer, real or double"),
        };
        if !takes && operand.ty != Type::Error {
            let found = finding::operand_type::new(sign, expected, &operand.ty, span);
            self.report(found);
            return error_expr(span);
        }
        if op == UnaryOp::Plus || operand.ty == Type::Error {
            return Expr { span, ..operand };
        }
        let folded = match &operand.kind {
            ExprKind::Literal(Literal::Integer(value)) => value.checked_neg().map(Literal::Integer),
            ExprKind::Literal(Literal::Decimal(value)) => value.checked_neg().map(Literal::Decimal),
            ExprKind::Literal(Literal::Double(value)) => Some(Literal::Double(-value)),
            _ => None,
        };
        let ty = operand.ty.clone();
        match folded {
            Some(value) => build::literal(value, ty, span),
            None => build::expr(ExprKind::Call { function: "negate", args: vec![operand] }, ty, span),
        }
    }

    fn binary(
        &mut self,
        left: &tree::Expr,
        op: BinaryOp,
        op_span: Span,
        right: &tree::Expr,
        scope: &Scope<'_>,
        span: Span,
    ) -> Expr {
        if matches!(op, BinaryOp::And | BinaryOp::Or) {
            return self.connective(left, op, right, scope, span);
        }
        let (left, right) = (self.expr(left, scope), self.expr(right, scope));
        match compare_op(op) {
            Some(op) => self.compare(op, left, right, op_span, span),
            None if op == BinaryOp::Concat => self.resolve_call("concat", op_span, vec![left, right], span),
            None => self.arithmetic(op, left, right, op_span, span),
        }
    }

    fn connective(
        &mut self,
        left: &tree::Expr,
        op: BinaryOp,
        right: &tree::Expr,
        scope: &Scope<'_>,
        span: Span,
    ) -> Expr {
        let and = op == BinaryOp::And;
        let name = if and { "AND" } else { "OR" };
        let left = self.condition(left, scope, name);
        let right = self.condition(right, scope, name);
        if and { build::and(left, right, span) } else { build::or(left, right, span) }
    }

    /// `+ - * / %`.
    pub fn arithmetic(&mut self, op: BinaryOp, left: Expr, right: Expr, op_span: Span, span: Span) -> Expr {
        if left.ty.has_error() || right.ty.has_error() {
            return error_expr(span);
        }
        let chosen = match types::operators::binary(op, &left.ty, &right.ty, self.rules) {
            Ok(chosen) => chosen,
            Err(reason) => {
                self.report(finding::operator_mismatch::new(op, &left, &right, &reason, op_span));
                return error_expr(span);
            }
        };
        self.keep_operator_type(op, &left, &right, &chosen, op_span, span);
        let args = vec![self.coerce(left, &chosen.left), self.coerce(right, &chosen.right)];
        let function = types::operators::function_name(op).expect("only arithmetic comes here");
        build::expr(ExprKind::Call { function, args }, chosen.result, span)
    }

    fn row<'e>(
        &mut self,
        parts: impl Iterator<Item = (&'e tree::Expr, Option<&'e Ident>)>,
        scope: &Scope<'_>,
        span: Span,
    ) -> Expr {
        let (mut fields, mut values) = (vec![], vec![]);
        for (part, name) in parts {
            let value = self.expr(part, scope);
            fields.push(types::Field { name: name.map(Ident::canonical), ty: value.ty.clone() });
            values.push(value);
        }
        build::expr(ExprKind::Row(values), Type::Row(fields), span)
    }

    fn array(&mut self, members: &[tree::Expr], scope: &Scope<'_>, span: Span) -> Expr {
        let members: Vec<Expr> = members.iter().map(|member| self.expr(member, scope)).collect();
        match self.common_type(&members) {
            Ok(ty) => {
                let members = members.into_iter().map(|member| self.coerce(member, &ty)).collect();
                build::expr(ExprKind::Array(members), Type::Array(Box::new(ty)), span)
            }
            Err(types) => {
                self.report(finding::no_common_type::new("the members of an array", &types, span));
                error_expr(span)
            }
        }
    }

    fn subscript(&mut self, base: &tree::Expr, index: &tree::Expr, scope: &Scope<'_>, span: Span) -> Expr {
        let base = self.expr(base, scope);
        let index = self.expr(index, scope);
        if base.ty.has_error() || index.ty.has_error() {
            return error_expr(span);
        }
        let (index_ty, result) = match &base.ty {
            Type::Array(element) => (Type::BigInt, element.as_ref().clone()),
            Type::Map(key, value) => return self.map_subscript(base.clone(), (key, value), index, span),
            Type::Row(fields) => return self.row_subscript(fields.clone(), base, &index, span),
            Type::Unknown => return build::literal(Literal::Null, Type::Unknown, span),
            other => {
                self.report(finding::subscript::base(other, span));
                return error_expr(span);
            }
        };
        if !types::can_coerce(&index.ty, &index_ty, self.rules) {
            self.report(finding::subscript::index(&base.ty, &index_ty, &index.ty, index.span));
            return error_expr(span);
        }
        let index = self.coerce(index, &index_ty);
        build::expr(ExprKind::Subscript { base: Box::new(base), index: Box::new(index) }, result, span)
    }

    /// The value of a key; keys and the index meet at their common type.
    fn map_subscript(&mut self, map: Expr, (key, value): (&Type, &Type), index: Expr, span: Span) -> Expr {
        let Some(common) = types::common_super_type(key, &index.ty, self.rules) else {
            self.report(finding::subscript::index(&map.ty, key, &index.ty, index.span));
            return error_expr(span);
        };
        let base = self.coerce(map, &Type::Map(Box::new(common.clone()), Box::new(value.clone())));
        let index = self.coerce(index, &common);
        build::expr(ExprKind::Subscript { base: Box::new(base), index: Box::new(index) }, value.clone(), span)
    }

    fn row_subscript(&mut self, fields: Vec<types::Field>, base: Expr, index: &Expr, span: Span) -> Expr {
        let position = match index.kind {
            ExprKind::Literal(Literal::Integer(position)) => usize::try_from(position).ok(),
            _ => None,
        };
        match position.and_then(|position| Some((position, fields.get(position.checked_sub(1)?)?))) {
            Some((position, field)) => {
                let kind = ExprKind::Field { row: Box::new(base), index: position - 1 };
                build::expr(kind, field.ty.clone(), span)
            }
            None => {
                self.report(finding::subscript::field(fields.len(), index.span));
                error_expr(span)
            }
        }
    }

    fn cast(&mut self, written: &tree::Expr, ty: &tree::TypeName, safe: bool, scope: &Scope<'_>, span: Span) -> Expr {
        let value = self.expr(written, scope);
        let target = match Type::from_syntax(ty) {
            Ok(Type::Unknown) => {
                self.report(finding::invalid_type::unknown(ty.span));
                return error_expr(span);
            }
            Ok(target) => target,
            Err(found) => {
                self.report(*found);
                return error_expr(span);
            }
        };
        if value.ty.has_error() {
            return Expr { ty: target, nullable: false, ..error_expr(span) };
        }
        if !types::can_cast(&value.ty, &target, self.rules) {
            self.report(finding::invalid_cast::new(&value.ty, &target, span));
            return Expr { ty: target, nullable: false, ..error_expr(span) };
        }
        if !types::can_cast(&value.ty, &target, self.target) {
            self.report(finding::engine_rules::newer(&format!("a cast from {} to {target}", value.ty), span));
        }
        if let Some(least) = least_characters(&value.ty)
            && matches!(target, Type::Varchar(Some(length)) if length < least)
        {
            self.report(finding::invalid_cast::too_short(&value.ty, &target, least, span));
        }
        build::expr(ExprKind::Cast { expr: Box::new(value), safe, implicit: false }, target, span)
    }

    /// AT LOCAL: at the zone of the session.
    fn at_local(&mut self, value: &tree::Expr, scope: &Scope<'_>, span: Span) -> Expr {
        if self.is_too_new("AT LOCAL", span) {
            return error_expr(span);
        }
        let value = self.expr(value, scope);
        let zone = self.resolve_call("current_timezone", span, vec![], span);
        self.at_zone(value, zone, span)
    }

    fn at_time_zone(&mut self, value: &tree::Expr, zone: &tree::Expr, scope: &Scope<'_>, span: Span) -> Expr {
        let value = self.expr(value, scope);
        let zone = self.expr(zone, scope);
        self.check_zone(&zone);
        self.at_zone(value, zone, span)
    }

    fn at_zone(&mut self, value: Expr, zone: Expr, span: Span) -> Expr {
        let result = match &value.ty {
            Type::Error => return error_expr(span),
            Type::Timestamp(p) | Type::TimestampTz(p) => Type::TimestampTz(*p),
            Type::Time(p) | Type::TimeTz(p) => Type::TimeTz(*p),
            other => {
                self.report(finding::operand_type::new("AT TIME ZONE", "a time or timestamp", other, value.span));
                return error_expr(span);
            }
        };
        if !matches!(zone.ty, Type::Varchar(_) | Type::IntervalDayToSecond | Type::Error) {
            self.report(finding::operand_type::new(
                "AT TIME ZONE",
                "a varchar or an interval as zone",
                &zone.ty,
                zone.span,
            ));
            return error_expr(span);
        }
        let source = if matches!(result, Type::TimestampTz(_)) { Type::TimestampTz } else { Type::TimeTz };
        let (Type::TimestampTz(precision) | Type::TimeTz(precision)) = result else { unreachable!("chosen above") };
        let value = self.coerce(value, &source(precision));
        build::expr(ExprKind::AtTimeZone { value: Box::new(value), zone: Box::new(zone) }, result, span)
    }

    fn current(&mut self, name: &'static str, precision: Option<u32>, span: Span) -> Expr {
        let precision = precision.map_or(3, |precision| u8::try_from(precision.min(12)).unwrap_or(12));
        let ty = match name {
            "current_date" => Type::Date,
            "current_time" => Type::TimeTz(precision),
            "current_timestamp" => Type::TimestampTz(precision),
            "localtime" => Type::Time(precision),
            "localtimestamp" => Type::Timestamp(precision),
            _ => Type::Varchar(None),
        };
        let nullable = matches!(name, "current_catalog" | "current_schema");
        Expr { kind: ExprKind::Call { function: name, args: vec![] }, ty, nullable, span }
    }

    /// EXTRACT, POSITION, SUBSTRING, TRIM, NORMALIZE: functions with words between their arguments.
    fn special_call(&mut self, written: &tree::ExprKind, scope: &Scope<'_>, span: Span) -> Expr {
        use tree::ExprKind as K;
        let (function, operands): (&str, Vec<&tree::Expr>) = match written {
            K::Extract(field, value) => match extract_function(&field.value) {
                Some(function) => (function, vec![value]),
                // The parser has reported any other field.
                None => return error_expr(span),
            },
            K::Position(needle, value) => ("strpos", vec![value, needle]),
            K::Substring(value, from, length) => (
                "substring",
                [Some(value), Some(from), length.as_ref()].into_iter().flatten().map(AsRef::as_ref).collect(),
            ),
            K::Trim { side, characters, value } => {
                let function = match side {
                    None | Some(tree::TrimSide::Both) => "trim",
                    Some(tree::TrimSide::Leading) => "ltrim",
                    Some(tree::TrimSide::Trailing) => "rtrim",
                };
                (function, [Some(value), characters.as_ref()].into_iter().flatten().map(AsRef::as_ref).collect())
            }
            K::Normalize(value, form) => {
                let value = self.expr(value, scope);
                let form_span = form.as_ref().map_or(span, |form| form.span);
                let form = form.as_ref().map_or("NFC".to_owned(), |form| form.value.to_uppercase());
                let length = u32::try_from(form.len()).ok();
                let form = build::literal(Literal::Text(form.into()), Type::Varchar(length), form_span);
                return self.resolve_call("normalize", span, vec![value, form], span);
            }
            _ => unreachable!("only the forms above are special calls"),
        };
        let args: Vec<Expr> = operands.into_iter().map(|operand| self.expr(operand, scope)).collect();
        if let (K::Extract(field, _), [Expr { ty: Type::Date, span: value_span, .. }]) = (written, &args[..])
            && matches!(function, "hour" | "minute" | "second" | "timezone_hour" | "timezone_minute")
        {
            let what = format!("EXTRACT({} FROM …)", field.value.to_uppercase());
            self.report(finding::operand_type::new(&what, "a time or timestamp", &Type::Date, *value_span));
            return error_expr(span);
        }
        self.resolve_call(function, span, args, span)
    }

    /// Chooses an overload for arguments without lambdas, and calls it.
    pub fn resolve_call(&mut self, name: &str, name_span: Span, args: Vec<Expr>, span: Span) -> Expr {
        if args.iter().any(|arg| arg.ty.has_error()) {
            return error_expr(span);
        }
        let typed: Vec<Arg> = args.iter().map(|arg| Arg::Typed(arg.ty.clone())).collect();
        match functions::resolve(name, &typed, self.rules, &mut |_, _| None) {
            Ok(chosen) => {
                self.keep_call_type(name, &typed, &chosen.result, span);
                let args = args.into_iter().zip(&chosen.args).map(|(arg, ty)| self.coerce(arg, ty)).collect();
                build::expr(ExprKind::Call { function: chosen.function.name, args }, chosen.result, span)
            }
            Err(reason) => {
                let types: Vec<Type> = args.into_iter().map(|arg| arg.ty).collect();
                self.report(finding::wrong_arguments::new(name, name_span, &types, &reason));
                error_expr(span)
            }
        }
    }

    /// Runs `work` for what is nested in an aggregate, a window or a lambda.
    pub fn inside<T>(&mut self, inside: Inside, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.select_context().inside, inside);
        let result = work(self);
        self.select_context().inside = before;
        result
    }
}

/// The parts of `a.b.c`, if it is nothing but names; parentheses around some of them mean nothing.
pub(super) fn name_path(expr: &tree::Expr) -> Option<Vec<Ident>> {
    match &expr.kind {
        tree::ExprKind::Column(name) => Some(vec![name.clone()]),
        tree::ExprKind::Parenthesized(inner) => name_path(inner),
        tree::ExprKind::Field(base, name) => {
            let mut path = name_path(base)?;
            path.push(name.clone());
            Some(path)
        }
        _ => None,
    }
}

/// How long the text of every moment is at least, where Trino fails over a shorter varchar even in TRY_CAST.
fn least_characters(ty: &Type) -> Option<u32> {
    let fraction = |precision: u8| if precision > 0 { u32::from(precision) + 1 } else { 0 };
    match ty {
        Type::Timestamp(precision) => Some(19 + fraction(*precision)),
        // ` UTC` and `+01:00` are the shortest zones.
        Type::TimestampTz(precision) => Some(23 + fraction(*precision)),
        Type::TimeTz(precision) => Some(14 + fraction(*precision)),
        _ => None,
    }
}

/// The comparison that an operator is.
pub(super) fn compare_op(op: BinaryOp) -> Option<CompareOp> {
    Some(match op {
        BinaryOp::Equal => CompareOp::Equal,
        BinaryOp::NotEqual => CompareOp::NotEqual,
        BinaryOp::Less => CompareOp::Less,
        BinaryOp::LessOrEqual => CompareOp::LessOrEqual,
        BinaryOp::Greater => CompareOp::Greater,
        BinaryOp::GreaterOrEqual => CompareOp::GreaterOrEqual,
        _ => return None,
    })
}

fn extract_function(field: &str) -> Option<&'static str> {
    Some(match field.to_ascii_lowercase().as_str() {
        "year" => "year",
        "quarter" => "quarter",
        "month" => "month",
        "week" => "week",
        "day" => "day",
        "day_of_month" => "day_of_month",
        "day_of_week" | "dow" => "day_of_week",
        "day_of_year" | "doy" => "day_of_year",
        "year_of_week" | "yow" => "year_of_week",
        "hour" => "hour",
        "minute" => "minute",
        "second" => "second",
        "timezone_hour" => "timezone_hour",
        "timezone_minute" => "timezone_minute",
        _ => return None,
    })
}
