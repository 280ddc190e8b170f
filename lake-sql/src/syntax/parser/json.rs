//! JSON_EXISTS, JSON_VALUE, JSON_QUERY, JSON_OBJECT, JSON_ARRAY.

use super::{Parser, Rule};
use crate::syntax::token::{Keyword, Symbol};
use crate::syntax::tree::{Expr, ExprKind, JsonCall, TypeName};

impl Parser<'_> {
    pub(super) fn json_call(&mut self, word: Keyword) -> Rule<ExprKind> {
        self.bump();
        let call = self.parens(|p| match word {
            Keyword::JsonExists => p.json_exists(),
            Keyword::JsonValue => p.json_value(),
            Keyword::JsonQuery => p.json_query(),
            Keyword::JsonObject => p.json_object(),
            _ => p.json_array(),
        })?;
        Ok(ExprKind::Json(Box::new(call)))
    }

    fn json_exists(&mut self) -> Rule<JsonCall> {
        let args = self.json_path()?;
        let behavior = self.eat_word(Keyword::True)
            || self.eat_word(Keyword::False)
            || self.eat_word(Keyword::Unknown)
            || self.eat_word(Keyword::Error);
        if behavior {
            self.on(Keyword::Error)?;
        }
        Ok(JsonCall { name: "json_exists", args, returning: None, defaults: vec![] })
    }

    fn json_value(&mut self) -> Rule<JsonCall> {
        let args = self.json_path()?;
        let returning = if self.eat_word(Keyword::Returning) { Some(self.type_name()?) } else { None };
        let mut defaults = vec![];
        for _ in 0..2 {
            if self.eat_word(Keyword::Default) {
                defaults.push(self.try_expr()?);
            } else if !self.eat_word(Keyword::Error) && !self.eat_word(Keyword::Null) {
                break;
            }
            self.on_empty_or_error()?;
        }
        Ok(JsonCall { name: "json_value", args, returning, defaults })
    }

    fn json_query(&mut self) -> Rule<JsonCall> {
        let args = self.json_path()?;
        let returning = self.json_returning()?;
        if self.eat_word(Keyword::Without) {
            self.eat_word(Keyword::Array);
            self.expect_word(Keyword::Wrapper, "`wrapper`")?;
        } else if self.eat_word(Keyword::With) {
            let _ = self.eat_word(Keyword::Conditional) || self.eat_word(Keyword::Unconditional);
            self.eat_word(Keyword::Array);
            self.expect_word(Keyword::Wrapper, "`wrapper`")?;
        }
        if self.eat_word(Keyword::Keep) || self.eat_word(Keyword::Omit) {
            self.expect_word(Keyword::Quotes, "`quotes`")?;
            if self.are(&[Keyword::On, Keyword::Scalar]) {
                self.at += 2;
                self.expect_word(Keyword::String, "`string`")?;
            }
        }
        for _ in 0..2 {
            if self.eat_word(Keyword::Empty) {
                if !self.eat_word(Keyword::Array) && !self.eat_word(Keyword::Object) {
                    return Err(self.unexpected("`array` or `object`"));
                }
            } else if !self.eat_word(Keyword::Error) && !self.eat_word(Keyword::Null) {
                break;
            }
            self.on_empty_or_error()?;
        }
        Ok(JsonCall { name: "json_query", args, returning, defaults: vec![] })
    }

    fn json_object(&mut self) -> Rule<JsonCall> {
        let mut args = vec![];
        if !self.is_symbol(Symbol::RightParen) && !self.is(Keyword::Returning) {
            let members = self.comma_list(Self::json_member);
            args.extend(members.into_iter().flatten());
            self.json_nulls()?;
            if self.eat_word(Keyword::With) || self.eat_word(Keyword::Without) {
                self.expect_word(Keyword::Unique, "`unique keys`")?;
                self.eat_word(Keyword::Keys);
            }
        }
        let returning = self.json_returning()?;
        Ok(JsonCall { name: "json_object", args, returning, defaults: vec![] })
    }

    fn json_array(&mut self) -> Rule<JsonCall> {
        let mut args = vec![];
        if !self.is_symbol(Symbol::RightParen) && !self.is(Keyword::Returning) {
            args = self.comma_list(Self::json_input);
            self.json_nulls()?;
        }
        let returning = self.json_returning()?;
        Ok(JsonCall { name: "json_array", args, returning, defaults: vec![] })
    }

    /// `input, 'path' [AS name] [PASSING value AS name, …]`
    fn json_path(&mut self) -> Rule<Vec<Expr>> {
        let mut args = vec![self.json_input()?];
        self.expect(Symbol::Comma, "`,` and a JSON path")?;
        args.push(self.string_expr()?);
        if self.eat_word(Keyword::As) {
            self.ident()?;
        }
        if self.eat_word(Keyword::Passing) {
            args.extend(self.comma_list(|p| {
                let value = p.json_input()?;
                p.expect_word(Keyword::As, "`as` and a name")?;
                p.ident()?;
                Ok(value)
            }));
        }
        Ok(args)
    }

    /// `expression [FORMAT JSON [ENCODING …]]`
    fn json_input(&mut self) -> Rule<Expr> {
        let value = self.try_expr()?;
        self.json_format()?;
        Ok(value)
    }

    fn json_format(&mut self) -> Rule<()> {
        if !self.eat_word(Keyword::Format) {
            return Ok(());
        }
        self.expect_word(Keyword::Json, "`json`")?;
        if self.eat_word(Keyword::Encoding) {
            let known = self.eat_word(Keyword::Utf8) || self.eat_word(Keyword::Utf16) || self.eat_word(Keyword::Utf32);
            if !known {
                return Err(self.unexpected("`utf8`, `utf16` or `utf32`"));
            }
        }
        Ok(())
    }

    /// `[KEY] key VALUE value` or `key : value`
    fn json_member(&mut self) -> Rule<[Expr; 2]> {
        let next = self.kind_at(1);
        let is_key = self.is(Keyword::Key) && (next.is_name() || next == super::Kind::Text);
        if is_key && !next.is(Keyword::Value) {
            self.bump();
        }
        let key = self.try_expr()?;
        if !self.eat_word(Keyword::Value) && !self.eat(Symbol::Colon) {
            return Err(self.unexpected("`value` or `:`"));
        }
        Ok([key, self.json_input()?])
    }

    /// `NULL ON NULL` or `ABSENT ON NULL`
    fn json_nulls(&mut self) -> Rule<()> {
        if self.eat_word(Keyword::Null) || self.eat_word(Keyword::Absent) {
            self.on(Keyword::Null)?;
        }
        Ok(())
    }

    fn json_returning(&mut self) -> Rule<Option<TypeName>> {
        if !self.eat_word(Keyword::Returning) {
            return Ok(None);
        }
        let ty = self.type_name()?;
        self.json_format()?;
        Ok(Some(ty))
    }

    fn on(&mut self, keyword: Keyword) -> Rule<()> {
        match self.eat_words(&[Keyword::On, keyword]) {
            true => Ok(()),
            false => Err(self.unexpected("`on error` or `on null`")),
        }
    }

    fn on_empty_or_error(&mut self) -> Rule<()> {
        match self.eat_words(&[Keyword::On, Keyword::Empty]) || self.eat_words(&[Keyword::On, Keyword::Error]) {
            true => Ok(()),
            false => Err(self.unexpected("`on empty` or `on error`")),
        }
    }
}
