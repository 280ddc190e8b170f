//! JSON_EXISTS, JSON_VALUE, JSON_QUERY, JSON_OBJECT, JSON_ARRAY.

use super::{Parser, Rule};
use crate::finding::syntax;
use crate::syntax::token::{Keyword, Symbol};
use crate::syntax::tree::{Expr, ExprKind, Ident, JsonCall, JsonFormat, TypeName};

/// A document, a path, and what is passed to it.
pub(super) struct JsonPath {
    /// The document, the path, and the values passed.
    pub args: Vec<Expr>,
    /// How they are read.
    pub formats: Vec<JsonFormat>,
    /// The names of the values.
    pub passed: Vec<Ident>,
    /// AS name behind the path.
    pub name: Option<Ident>,
}

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
        let JsonPath { args, formats, passed, .. } = self.json_path()?;
        let behavior = self.eat_word(Keyword::True)
            || self.eat_word(Keyword::False)
            || self.eat_word(Keyword::Unknown)
            || self.eat_word(Keyword::Error);
        if behavior {
            self.on(Keyword::Error)?;
        }
        Ok(JsonCall { name: "json_exists", args, formats, passed, returning: None, defaults: vec![] })
    }

    fn json_value(&mut self) -> Rule<JsonCall> {
        let JsonPath { args, formats, passed, .. } = self.json_path()?;
        let returning = if self.eat_word(Keyword::Returning) { Some(self.type_name()?) } else { None };
        let defaults = self.value_behaviours()?;
        Ok(JsonCall { name: "json_value", args, formats, passed, returning, defaults })
    }

    /// `ERROR | NULL | DEFAULT value ON EMPTY`, and the same for ON ERROR: the defaults.
    pub(super) fn value_behaviours(&mut self) -> Rule<Vec<Expr>> {
        let mut defaults = vec![];
        let mut empty = false;
        loop {
            if self.eat_word(Keyword::Default) {
                defaults.push(self.try_expr()?);
            } else if !self.eat_word(Keyword::Error) && !self.eat_word(Keyword::Null) {
                return Ok(defaults);
            }
            if self.on_error_at_last(&mut empty)? {
                return Ok(defaults);
            }
        }
    }

    fn json_query(&mut self) -> Rule<JsonCall> {
        let JsonPath { args, formats, passed, .. } = self.json_path()?;
        let returning = self.json_returning()?;
        self.wrapper_and_quotes()?;
        self.query_behaviours()?;
        Ok(JsonCall { name: "json_query", args, formats, passed, returning, defaults: vec![] })
    }

    /// `WITH | WITHOUT … WRAPPER`, `KEEP | OMIT QUOTES …`
    pub(super) fn wrapper_and_quotes(&mut self) -> Rule<()> {
        let start = self.start();
        let wrapped = self.is(Keyword::With);
        if self.eat_word(Keyword::Without) {
            self.eat_word(Keyword::Array);
            self.expect_word(Keyword::Wrapper, "`wrapper`")?;
        } else if self.eat_word(Keyword::With) {
            let _ = self.eat_word(Keyword::Conditional) || self.eat_word(Keyword::Unconditional);
            self.eat_word(Keyword::Array);
            self.expect_word(Keyword::Wrapper, "`wrapper`")?;
        }
        let quotes = self.is(Keyword::Keep) || self.is(Keyword::Omit);
        if quotes {
            self.bump();
            self.expect_word(Keyword::Quotes, "`quotes`")?;
            if wrapped {
                let finding = syntax::mistake(self.since(start), "a wrapper keeps all quotes")
                    .label("`quotes` only without a wrapper");
                self.findings.push(finding);
            }
            if self.are(&[Keyword::On, Keyword::Scalar]) {
                self.at += 2;
                self.expect_word(Keyword::String, "`string`")?;
            }
        }
        Ok(())
    }

    /// `ERROR | NULL | EMPTY ARRAY | EMPTY OBJECT ON EMPTY`, and the same for ON ERROR.
    pub(super) fn query_behaviours(&mut self) -> Rule<()> {
        let mut empty = false;
        loop {
            if self.eat_word(Keyword::Empty) {
                if !self.eat_word(Keyword::Array) && !self.eat_word(Keyword::Object) {
                    return Err(self.unexpected("`array` or `object`"));
                }
            } else if !self.eat_word(Keyword::Error) && !self.eat_word(Keyword::Null) {
                return Ok(());
            }
            if self.on_error_at_last(&mut empty)? {
                return Ok(());
            }
        }
    }

    fn json_object(&mut self) -> Rule<JsonCall> {
        let (mut args, mut formats) = (vec![], vec![]);
        if !self.is_symbol(Symbol::RightParen) && !self.is(Keyword::Returning) {
            for (key, (value, format)) in self.comma_list(Self::json_member) {
                args.extend([key, value]);
                formats.extend([JsonFormat::Value, format]);
            }
            self.json_nulls()?;
            if self.eat_word(Keyword::With) || self.eat_word(Keyword::Without) {
                self.expect_word(Keyword::Unique, "`unique keys`")?;
                self.eat_word(Keyword::Keys);
            }
        }
        let returning = self.json_returning()?;
        Ok(JsonCall { name: "json_object", args, formats, passed: vec![], returning, defaults: vec![] })
    }

    fn json_array(&mut self) -> Rule<JsonCall> {
        let (mut args, mut formats) = (vec![], vec![]);
        if !self.is_symbol(Symbol::RightParen) && !self.is(Keyword::Returning) {
            (args, formats) = self.comma_list(Self::json_input).into_iter().unzip();
            self.json_nulls()?;
        }
        let returning = self.json_returning()?;
        Ok(JsonCall { name: "json_array", args, formats, passed: vec![], returning, defaults: vec![] })
    }

    /// `input, 'path' [AS name] [PASSING value AS name, …]`
    pub(super) fn json_path(&mut self) -> Rule<JsonPath> {
        let (input, format) = self.json_input()?;
        self.expect(Symbol::Comma, "`,` and a JSON path")?;
        let mut args = vec![input, self.string_expr()?];
        let mut formats = vec![format, JsonFormat::Value];
        let name = if self.eat_word(Keyword::As) { Some(self.ident()?) } else { None };
        let mut passed = vec![];
        if self.eat_word(Keyword::Passing) {
            for ((value, format), name) in self.comma_list(Self::passed_value) {
                args.push(value);
                formats.push(format);
                passed.push(name);
            }
        }
        Ok(JsonPath { args, formats, passed, name })
    }

    fn passed_value(&mut self) -> Rule<((Expr, JsonFormat), Ident)> {
        let value = self.json_input()?;
        self.expect_word(Keyword::As, "`as` and a name")?;
        Ok((value, self.ident()?))
    }

    /// `expression [FORMAT JSON [ENCODING …]]`
    fn json_input(&mut self) -> Rule<(Expr, JsonFormat)> {
        let value = self.try_expr()?;
        Ok((value, self.json_format()?))
    }

    pub(super) fn json_format(&mut self) -> Rule<JsonFormat> {
        if !self.eat_word(Keyword::Format) {
            return Ok(JsonFormat::Value);
        }
        self.expect_word(Keyword::Json, "`json`")?;
        if self.eat_word(Keyword::Encoding) {
            let known = self.eat_word(Keyword::Utf8) || self.eat_word(Keyword::Utf16) || self.eat_word(Keyword::Utf32);
            if !known {
                return Err(self.unexpected("`utf8`, `utf16` or `utf32`"));
            }
            return Ok(JsonFormat::Encoded);
        }
        Ok(JsonFormat::Json)
    }

    /// `[KEY] key VALUE value` or `key : value`
    fn json_member(&mut self) -> Rule<(Expr, (Expr, JsonFormat))> {
        let next = self.kind_at(1);
        let is_key = self.is(Keyword::Key) && (next.is_name() || next == super::Kind::Text);
        if is_key && !next.is(Keyword::Value) {
            self.bump();
        }
        let key = self.try_expr()?;
        if !self.eat_word(Keyword::Value) && !self.eat(Symbol::Colon) {
            return Err(self.unexpected("`value` or `:`"));
        }
        Ok((key, self.json_input()?))
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

    pub(super) fn on(&mut self, keyword: Keyword) -> Rule<()> {
        match self.eat_words(&[Keyword::On, keyword]) {
            true => Ok(()),
            false => Err(self.unexpected("`on error` or `on null`")),
        }
    }

    /// `ON EMPTY` or `ON ERROR`, in this order: whether it was the latter. `empty`: whether the former was there.
    fn on_error_at_last(&mut self, empty: &mut bool) -> Rule<bool> {
        if self.eat_words(&[Keyword::On, Keyword::Error]) {
            return Ok(true);
        }
        if !*empty && self.eat_words(&[Keyword::On, Keyword::Empty]) {
            *empty = true;
            return Ok(false);
        }
        Err(self.unexpected(if *empty { "`on error`" } else { "`on empty` or `on error`" }))
    }
}
