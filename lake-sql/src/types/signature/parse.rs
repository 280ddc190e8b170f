//! Reading signatures. They are constants of the catalogue: a mistake in one is a bug, found by the catalogue's tests.

use super::{Number, Pattern, Signature, Variable};
use crate::types::{Field, Type, TypeRules};

impl Signature {
    /// Reads a signature; the error says what is wrong with it.
    pub fn parse(text: &'static str) -> Result<Signature, String> {
        let mut reader = Reader { rest: text, variables: vec![], lengths: vec![] };
        let (arguments, variadic) = reader.arguments()?;
        reader.expect("->")?;
        let result = reader.pattern()?;
        reader.constraints()?;
        let only = reader.only();
        match reader.rest.trim() {
            "" => {}
            rest => return Err(format!("`{rest}` left over in {text}")),
        }
        Ok(Signature {
            text,
            variables: reader.variables,
            lengths: reader.lengths.len(),
            arguments,
            variadic,
            result,
            only,
        })
    }
}

struct Reader {
    rest: &'static str,
    variables: Vec<Variable>,
    lengths: Vec<&'static str>,
}

impl Reader {
    fn eat(&mut self, token: &str) -> bool {
        match self.rest.trim_start().strip_prefix(token.trim_start()) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.eat(token) { Ok(()) } else { Err(format!("expected `{token}` before `{}`", self.rest)) }
    }

    fn word(&mut self) -> Result<&'static str, String> {
        let text = self.rest.trim_start();
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        if end == 0 {
            return Err(format!("expected a name before `{text}`"));
        }
        self.rest = &text[end..];
        Ok(&text[..end])
    }

    fn arguments(&mut self) -> Result<(Vec<Pattern>, bool), String> {
        let mut arguments = vec![];
        let mut variadic = false;
        self.expect("(")?;
        if self.eat(")") {
            return Ok((arguments, variadic));
        }
        loop {
            arguments.push(self.pattern()?);
            variadic = self.eat("...");
            if variadic || !self.eat(",") {
                self.expect(")")?;
                return Ok((arguments, variadic));
            }
        }
    }

    fn patterns(&mut self) -> Result<Vec<Pattern>, String> {
        let mut patterns = vec![];
        self.expect("(")?;
        loop {
            patterns.push(self.pattern()?);
            if !self.eat(",") {
                self.expect(")")?;
                return Ok(patterns);
            }
        }
    }

    fn pattern(&mut self) -> Result<Pattern, String> {
        let name = self.word()?;
        if name.starts_with(|c: char| c.is_ascii_uppercase()) {
            return Ok(Pattern::Variable(self.variable(name)));
        }
        match name {
            "array" | "map" | "row" | "function" => {
                let mut inner = self.patterns()?;
                let last = inner.pop().ok_or_else(|| format!("{name} needs types"))?;
                Ok(fold_fixed(match name {
                    "array" => Pattern::Array(Box::new(last)),
                    "map" => {
                        let key = inner.pop().ok_or("map needs two types")?;
                        Pattern::Map(Box::new(key), Box::new(last))
                    }
                    "row" => Pattern::Row(inner.into_iter().chain([last]).collect()),
                    _ => Pattern::Function(inner, Box::new(last)),
                }))
            }
            "decimal" => {
                self.expect("(")?;
                let precision = self.number()?;
                self.expect(",")?;
                let scale = self.number()?;
                self.expect(")")?;
                Ok(fold_fixed(Pattern::Decimal(precision, scale)))
            }
            "varchar" | "char" | "time" | "timestamp" if self.eat("(") => {
                let number = self.number()?;
                self.expect(")")?;
                let zone = name.starts_with("time") && self.eat(" with time zone");
                Ok(fold_fixed(match (name, zone) {
                    ("varchar", _) => Pattern::Varchar(number),
                    ("char", _) => Pattern::Char(number),
                    ("time", false) => Pattern::Time(number),
                    ("time", true) => Pattern::TimeTz(number),
                    (_, false) => Pattern::Timestamp(number),
                    (_, true) => Pattern::TimestampTz(number),
                }))
            }
            "interval" if self.eat(" day to second") => Ok(Pattern::Fixed(Type::IntervalDayToSecond)),
            "interval" if self.eat(" year to month") => Ok(Pattern::Fixed(Type::IntervalYearToMonth)),
            "qdigest" => {
                self.expect("(")?;
                let value = self.word()?;
                self.expect(")")?;
                Ok(Pattern::Fixed(Type::Opaque(format!("qdigest({value})"))))
            }
            _ => name.parse().map(Pattern::Fixed).map_err(|error: crate::types::ParseTypeError| error.message),
        }
    }

    fn variable(&mut self, name: &str) -> usize {
        self.variables.iter().position(|known| known.name == name).unwrap_or_else(|| {
            self.variables.push(Variable { name: name.to_owned(), comparable: false, orderable: false });
            self.variables.len() - 1
        })
    }

    fn number(&mut self) -> Result<Number, String> {
        let mut left = self.product()?;
        loop {
            if self.eat("+") {
                left = Number::Add(Box::new(left), Box::new(self.product()?));
            } else if self.eat("-") {
                left = Number::Subtract(Box::new(left), Box::new(self.product()?));
            } else {
                return Ok(left);
            }
        }
    }

    fn product(&mut self) -> Result<Number, String> {
        let mut left = self.term()?;
        loop {
            if self.eat("*") {
                left = Number::Multiply(Box::new(left), Box::new(self.term()?));
            } else if self.eat("/") {
                left = Number::Divide(Box::new(left), Box::new(self.term()?));
            } else {
                return Ok(left);
            }
        }
    }

    fn term(&mut self) -> Result<Number, String> {
        if self.eat("(") {
            let inner = self.number()?;
            self.expect(")")?;
            return Ok(inner);
        }
        let word = self.word()?;
        if let Ok(constant) = word.parse() {
            return Ok(Number::Constant(constant));
        }
        if word == "min" || word == "max" {
            self.expect("(")?;
            let left = Box::new(self.number()?);
            self.expect(",")?;
            let right = Box::new(self.number()?);
            self.expect(")")?;
            return Ok(if word == "min" { Number::Min(left, right) } else { Number::Max(left, right) });
        }
        let index = self.lengths.iter().position(|known| *known == word).unwrap_or_else(|| {
            self.lengths.push(word);
            self.lengths.len() - 1
        });
        Ok(Number::Variable(index))
    }

    fn only(&mut self) -> Option<TypeRules> {
        if self.eat(" only new") { Some(TypeRules::New) } else { self.eat(" only old").then_some(TypeRules::Old) }
    }

    fn constraints(&mut self) -> Result<(), String> {
        if !self.eat(" where ") {
            return Ok(());
        }
        loop {
            let name = self.word()?;
            let index = self.variable(name);
            match self.word()? {
                "comparable" => self.variables[index].comparable = true,
                "orderable" => self.variables[index].orderable = true,
                other => return Err(format!("`{other}` is no property of a type")),
            }
            if !self.eat(",") {
                return Ok(());
            }
        }
    }
}

/// Makes a pattern without variables a plain type.
fn fold_fixed(pattern: Pattern) -> Pattern {
    match fixed(&pattern) {
        Some(ty) => Pattern::Fixed(ty),
        None => pattern,
    }
}

fn fixed(pattern: &Pattern) -> Option<Type> {
    let constant = |number: &Number| match number {
        Number::Constant(value) => u32::try_from(*value).ok(),
        _ => None,
    };
    let digits = |number: &Number| constant(number).and_then(|value| u8::try_from(value).ok());
    match pattern {
        Pattern::Fixed(ty) => Some(ty.clone()),
        Pattern::Variable(_) => None,
        Pattern::Decimal(p, s) => Some(Type::Decimal { precision: digits(p)?, scale: digits(s)? }),
        Pattern::Varchar(length) => constant(length).map(|length| Type::Varchar(Some(length))),
        Pattern::Char(length) => constant(length).map(Type::Char),
        Pattern::Time(p) => digits(p).map(Type::Time),
        Pattern::TimeTz(p) => digits(p).map(Type::TimeTz),
        Pattern::Timestamp(p) => digits(p).map(Type::Timestamp),
        Pattern::TimestampTz(p) => digits(p).map(Type::TimestampTz),
        Pattern::Array(element) => Some(Type::Array(Box::new(fixed(element)?))),
        Pattern::Map(key, value) => Some(Type::Map(Box::new(fixed(key)?), Box::new(fixed(value)?))),
        Pattern::Row(fields) => fields
            .iter()
            .map(|field| Some(Field { name: None, ty: fixed(field)? }))
            .collect::<Option<_>>()
            .map(Type::Row),
        // A lambda's type is always asked for.
        Pattern::Function(..) => None,
    }
}
