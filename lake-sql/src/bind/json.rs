//! The JSON forms with clauses of their own. Their tree has operands and result; the clauses stay in the text.

use super::binder::Binder;
use super::build;
use super::scope::{Scope, error_expr};
use crate::bound::{Expr, ExprKind};
use crate::finding;
use crate::span::Span;
use crate::syntax::tree::{self, JsonCall, JsonFormat};
use crate::types::{Type, TypeRules, can_cast, can_coerce};

impl Binder<'_> {
    /// Binds JSON_EXISTS, JSON_VALUE, JSON_QUERY, JSON_OBJECT or JSON_ARRAY.
    pub fn json(&mut self, call: &JsonCall, scope: &Scope<'_>, span: Span) -> Expr {
        let args: Vec<Expr> = call.args.iter().map(|arg| self.expr(arg, scope)).collect();
        self.check_json_operands(call.name, &args, &call.formats);
        if matches!(call.name, "json_exists" | "json_value" | "json_query") {
            self.check_json_path(&call.args, &call.passed);
        }
        let result = match call.name {
            "json_exists" => Type::Boolean,
            name => {
                let what = format!("RETURNING of {}", name.to_uppercase());
                self.json_result(&what, name == "json_value", call.returning.as_ref())
            }
        };
        let mut operands = args;
        for default in &call.defaults {
            let default = self.expr(default, scope);
            operands.push(self.json_default(default, &result));
        }
        if result.has_error() || operands.iter().any(|operand| operand.ty.has_error()) {
            return Expr { ty: result, ..error_expr(span) };
        }
        build::expr(ExprKind::Call { function: call.name, args: operands }, result, span)
    }

    pub fn check_json_operands(&mut self, name: &str, args: &[Expr], formats: &[JsonFormat]) {
        let form = name.to_uppercase();
        let text = |ty: &Type| matches!(ty, Type::Varchar(_) | Type::Char(_) | Type::Unknown) || ty.has_error();
        match name {
            "json_object" => {
                for (member, formats) in args.chunks(2).zip(formats.chunks(2)) {
                    if !text(&member[0].ty) {
                        self.report(finding::operand_type::new(
                            "a key of JSON_OBJECT",
                            "varchar",
                            &member[0].ty,
                            member[0].span,
                        ));
                    }
                    if let (Some(value), Some(format)) = (member.get(1), formats.get(1)) {
                        self.check_json_member(&form, value, *format);
                    }
                }
            }
            "json_array" => {
                args.iter().zip(formats).for_each(|(value, format)| self.check_json_member(&form, value, *format));
            }
            _ => {
                let document = args.first().filter(|arg| !text(&arg.ty) && arg.ty != Type::Varbinary);
                if let Some(document) = document {
                    self.report(finding::operand_type::new(&form, "varchar or varbinary", &document.ty, document.span));
                }
                if let (Some(input), Some(JsonFormat::Encoded)) = (args.first(), formats.first()) {
                    self.check_json_member(&form, input, JsonFormat::Encoded);
                }
                let passed = args.iter().zip(formats).skip(2);
                passed.for_each(|(value, format)| self.check_json_member(&form, value, *format));
            }
        }
    }

    fn check_json_member(&mut self, form: &str, value: &Expr, format: JsonFormat) {
        let text = matches!(value.ty, Type::Varchar(_) | Type::Char(_) | Type::Unknown);
        let (fits, expected) = match format {
            JsonFormat::Value => {
                let fits = value.ty != Type::Varbinary && can_cast(&value.ty, &Type::Varchar(None), self.rules);
                (fits, "values that can be cast to varchar")
            }
            JsonFormat::Json => (text || value.ty == Type::Varbinary, "varchar or varbinary with FORMAT JSON"),
            JsonFormat::Encoded => (value.ty == Type::Varbinary, "varbinary with FORMAT JSON ENCODING"),
        };
        if !fits && !value.ty.has_error() {
            self.report(finding::operand_type::new(form, expected, &value.ty, value.span));
        }
    }

    /// Checks the path behind the document.
    pub fn check_json_path(&mut self, args: &[tree::Expr], passed: &[tree::Ident]) {
        if let Some(path) = args.get(1) {
            self.check_json_path_text(path, passed);
        }
    }

    /// Checks the grammar of a path, and that its variables are passed.
    pub fn check_json_path_text(&mut self, path: &tree::Expr, passed: &[tree::Ident]) {
        let (tree::ExprKind::Literal(tree::Literal::Text(text))
        | tree::ExprKind::Literal(tree::Literal::Unicode(text))) = &path.kind
        else {
            return;
        };
        match super::json_path::variables(text) {
            Err(broken) => {
                self.report(finding::json_path::syntax(broken.expected, text, broken.at, path.span));
            }
            Ok(variables) => {
                let unknown =
                    variables.iter().find(|variable| !passed.iter().any(|known| known.canonical() == **variable));
                if let Some(variable) = unknown {
                    self.report(finding::json_path::variable(variable, path.span));
                }
            }
        }
    }

    /// The type after RETURNING; without it varchar. `scalar`: a scalar of the document, not a part of it as text.
    pub fn json_result(&mut self, what: &str, scalar: bool, returning: Option<&tree::TypeName>) -> Type {
        let Some(written) = returning else { return Type::Varchar(None) };
        let ty = match Type::from_syntax(written) {
            Ok(ty) => ty,
            Err(found) => {
                self.report(*found);
                return Type::Error;
            }
        };
        let text = matches!(ty, Type::Varchar(_) | Type::Char(_));
        let is_scalar = text
            || ty.is_numeric()
            || matches!(ty, Type::Boolean | Type::Date | Type::Time(_) | Type::TimeTz(_))
            || matches!(ty, Type::Timestamp(_) | Type::TimestampTz(_));
        let (allowed, expected) = match scalar {
            true => (is_scalar, "a scalar type"),
            false => (text || ty == Type::Varbinary, "varchar, char or varbinary"),
        };
        if !allowed {
            self.report(finding::operand_type::new(what, expected, &ty, written.span));
            return Type::Error;
        }
        ty
    }

    pub fn json_default(&mut self, default: Expr, result: &Type) -> Expr {
        let fits = match self.rules {
            TypeRules::New => can_cast(&default.ty, result, self.rules),
            TypeRules::Old => can_coerce(&default.ty, result, self.rules),
        };
        let mut subquery = None;
        default.visit(&mut |part| subquery = subquery.or(part.subquery().map(|_| part.span)));
        if let Some(subquery) = subquery {
            self.report(finding::unsupported::new("a subquery in DEFAULT", subquery));
        } else if !fits && !default.ty.has_error() && !result.has_error() {
            self.report(finding::operand_type::new("DEFAULT", &result.to_string(), &default.ty, default.span));
        } else {
            if !can_coerce(&default.ty, result, self.target) && self.target != self.rules {
                let what = format!("a DEFAULT of {} for {result}", default.ty);
                self.report(finding::engine_rules::newer(&what, default.span));
            }
            return self.coerce(default, result);
        }
        error_expr(default.span)
    }
}
