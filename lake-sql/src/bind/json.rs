//! The JSON forms with clauses of their own. Their tree has operands and result; the clauses stay in the text.

use super::binder::Binder;
use super::build;
use super::scope::{Scope, error_expr};
use crate::bound::{Expr, ExprKind};
use crate::finding;
use crate::span::Span;
use crate::syntax::tree::{self, JsonCall};
use crate::types::{Type, can_cast};

impl Binder<'_> {
    /// Binds JSON_EXISTS, JSON_VALUE, JSON_QUERY, JSON_OBJECT or JSON_ARRAY.
    pub fn json(&mut self, call: &JsonCall, scope: &Scope<'_>, span: Span) -> Expr {
        let args: Vec<Expr> = call.args.iter().map(|arg| self.expr(arg, scope)).collect();
        self.check_json_operands(call.name, &args);
        let result = match call.name {
            "json_exists" => Type::Boolean,
            name => self.json_result(name, call.returning.as_ref()),
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

    fn check_json_operands(&mut self, name: &str, args: &[Expr]) {
        let form = name.to_uppercase();
        let text = |ty: &Type| matches!(ty, Type::Varchar(_) | Type::Char(_) | Type::Unknown) || ty.has_error();
        match name {
            "json_object" => {
                for member in args.chunks(2) {
                    if !text(&member[0].ty) {
                        self.report(finding::operand_type::new(
                            "a key of JSON_OBJECT",
                            "varchar",
                            &member[0].ty,
                            member[0].span,
                        ));
                    }
                    member.get(1).into_iter().for_each(|value| self.check_json_member(&form, value));
                }
            }
            "json_array" => args.iter().for_each(|value| self.check_json_member(&form, value)),
            _ => {
                let document = args.first().filter(|arg| !text(&arg.ty) && arg.ty != Type::Varbinary);
                if let Some(document) = document {
                    self.report(finding::operand_type::new(&form, "varchar or varbinary", &document.ty, document.span));
                }
                args.iter().skip(2).for_each(|value| self.check_json_member(&form, value));
            }
        }
    }

    fn check_json_member(&mut self, form: &str, value: &Expr) {
        if value.ty != Type::Varbinary && !can_cast(&value.ty, &Type::Varchar(None), self.rules) {
            self.report(finding::operand_type::new(form, "values that can be cast to varchar", &value.ty, value.span));
        }
    }

    /// The type after RETURNING; without it varchar.
    fn json_result(&mut self, name: &str, returning: Option<&tree::TypeName>) -> Type {
        let Some(written) = returning else { return Type::Varchar(None) };
        let ty = match Type::from_syntax(written) {
            Ok(ty) => ty,
            Err(found) => {
                self.report(*found);
                return Type::Error;
            }
        };
        let text = matches!(ty, Type::Varchar(_) | Type::Char(_));
        let scalar = text
            || ty.is_numeric()
            || matches!(ty, Type::Boolean | Type::Date | Type::Time(_) | Type::TimeTz(_))
            || matches!(ty, Type::Timestamp(_) | Type::TimestampTz(_));
        let (allowed, expected) = match name {
            "json_value" => (scalar, "a scalar type"),
            _ => (text || ty == Type::Varbinary, "varchar, char or varbinary"),
        };
        if !allowed {
            let what = format!("RETURNING of {}", name.to_uppercase());
            self.report(finding::operand_type::new(&what, expected, &ty, written.span));
            return Type::Error;
        }
        ty
    }

    fn json_default(&mut self, default: Expr, result: &Type) -> Expr {
        if !crate::types::can_coerce(&default.ty, result, self.rules) {
            self.report(finding::operand_type::new("DEFAULT", &result.to_string(), &default.ty, default.span));
            return default;
        }
        self.coerce(default, result)
    }
}
