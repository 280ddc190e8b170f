//! Types from text: Trino's spelling, and what its clients and SHOW statements print.

use std::str::FromStr;

use super::{Field, Type};

/// Text that is not a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseTypeError {
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// The type that was probably meant.
    pub instead: Option<&'static str>,
}

impl std::fmt::Display for ParseTypeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        self.instead.map_or(Ok(()), |instead| write!(f, ": did you mean {instead}?"))
    }
}

impl std::error::Error for ParseTypeError {}

impl FromStr for Type {
    type Err = ParseTypeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parser = Parser { tokens: tokens(text)?, at: 0 };
        let ty = parser.ty()?;
        match parser.peek() {
            None => Ok(ty),
            Some(token) => Err(error(format!("expected the end of the type, found {token} in `{text}`"))),
        }
    }
}

/// Names of the types that are only carried.
pub(super) const OPAQUE: [&str; 18] = [
    "bingtile",
    "codepoints",
    "color",
    "geometry",
    "hyperloglog",
    "joniregexp",
    "json2016",
    "jsonpath",
    "kdbtree",
    "number",
    "objectid",
    "p4hyperloglog",
    "setdigest",
    "sphericalgeography",
    "tdigest",
    "variant",
    "qdigest",
    "classifier",
];

/// Names of the types that a user writes, for did-you-mean.
pub(super) const NAMES: [&str; 24] = [
    "array",
    "bigint",
    "boolean",
    "char",
    "date",
    "decimal",
    "double",
    "hyperloglog",
    "integer",
    "interval",
    "ipaddress",
    "json",
    "map",
    "real",
    "row",
    "smallint",
    "tdigest",
    "time",
    "timestamp",
    "tinyint",
    "uuid",
    "varbinary",
    "varchar",
    "unknown",
];

/// The type that a name stands for, with its numbers: `decimal(10, 2)`, `varchar`, `int`.
pub(super) fn simple(name: &str, numbers: &[u64]) -> Result<Type, ParseTypeError> {
    let fixed = match name {
        "boolean" => Some(Type::Boolean),
        "tinyint" => Some(Type::TinyInt),
        "smallint" => Some(Type::SmallInt),
        "integer" | "int" => Some(Type::Integer),
        "bigint" => Some(Type::BigInt),
        "real" => Some(Type::Real),
        "double" | "double precision" => Some(Type::Double),
        "varbinary" => Some(Type::Varbinary),
        "json" => Some(Type::Json),
        "date" => Some(Type::Date),
        "uuid" => Some(Type::Uuid),
        "ipaddress" => Some(Type::IpAddress),
        "unknown" => Some(Type::Unknown),
        _ => OPAQUE.contains(&name).then(|| Type::Opaque(name.to_owned())),
    };
    match (fixed, name) {
        (Some(ty), _) if numbers.is_empty() => Ok(ty),
        (Some(_), _) => {
            Err(ParseTypeError { message: format!("type {name} takes no parameters"), instead: nearest(name) })
        }
        (None, "decimal") => decimal(numbers),
        (None, "varchar") => varchar(numbers),
        (None, "char") => char(numbers),
        _ => Err(unknown(name)),
    }
}

/// A type with a precision of its seconds.
pub(super) fn date_time(name: &str, precision: Option<u64>, zone: bool) -> Result<Type, ParseTypeError> {
    let precision = precision.unwrap_or(3);
    let digits = u8::try_from(precision)
        .ok()
        .filter(|digits| *digits <= 12)
        .ok_or_else(|| error(format!("{name} precision must be between 0 and 12, found {precision}")))?;
    Ok(match (name, zone) {
        ("time", false) => Type::Time(digits),
        ("time", true) => Type::TimeTz(digits),
        (_, false) => Type::Timestamp(digits),
        (_, true) => Type::TimestampTz(digits),
    })
}

fn decimal(numbers: &[u64]) -> Result<Type, ParseTypeError> {
    let (precision, scale) = match numbers {
        [] => (38, 0),
        [precision] => (*precision, 0),
        [precision, scale] => (*precision, *scale),
        _ => return Err(error("decimal takes a precision and a scale")),
    };
    if !(1..=38).contains(&precision) {
        return Err(error(format!("decimal precision must be between 1 and 38, found {precision}")));
    }
    if scale > precision {
        return Err(error(format!("decimal scale must be at most the precision {precision}, found {scale}")));
    }
    let fits = "at most 38";
    Ok(Type::Decimal { precision: u8::try_from(precision).expect(fits), scale: u8::try_from(scale).expect(fits) })
}

fn varchar(numbers: &[u64]) -> Result<Type, ParseTypeError> {
    const LONGEST: u64 = 2_147_483_646;
    match numbers {
        [] => Ok(Type::Varchar(None)),
        // Trino's own name for the length of an unbounded varchar.
        [length] if *length == LONGEST + 1 => Ok(Type::Varchar(None)),
        [length] if *length <= LONGEST => Ok(Type::Varchar(Some(u32::try_from(*length).expect("checked above")))),
        [length] => Err(error(format!("varchar length must be between 0 and {LONGEST}, found {length}"))),
        _ => Err(error("varchar takes one length")),
    }
}

fn char(numbers: &[u64]) -> Result<Type, ParseTypeError> {
    match numbers {
        [] => Ok(Type::Char(1)),
        [length] if *length <= 65_536 => Ok(Type::Char(u32::try_from(*length).expect("checked above"))),
        [length] => Err(error(format!("char length must be between 0 and 65536, found {length}"))),
        _ => Err(error("char takes one length")),
    }
}

fn unknown(name: &str) -> ParseTypeError {
    ParseTypeError { message: format!("unknown type {name}"), instead: nearest(name) }
}

/// The type whose name is nearest; other databases' names for the same thing count as near.
fn nearest(name: &str) -> Option<&'static str> {
    match name {
        _ if NAMES.contains(&name) => return None,
        "string" | "text" | "nvarchar" | "clob" => return Some("varchar"),
        "float" | "float4" => return Some("real"),
        "float8" => return Some("double"),
        "long" | "int8" | "int64" => return Some("bigint"),
        "dec" | "numeric" | "number" => return Some("decimal"),
        "int4" | "int32" => return Some("integer"),
        "bool" => return Some("boolean"),
        "datetime" => return Some("timestamp"),
        "timestamptz" => return Some("timestamp with time zone"),
        "bytes" | "blob" | "binary" | "bytea" => return Some("varbinary"),
        "struct" => return Some("row"),
        "list" => return Some("array"),
        _ => {}
    }
    NAMES
        .iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), *known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .min()
        .map(|(_, known)| known)
}

fn error(message: impl Into<String>) -> ParseTypeError {
    ParseTypeError { message: message.into(), instead: None }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Number(u64),
    Sign(char),
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Token::Word(word) => write!(f, "`{word}`"),
            Token::Quoted(name) => write!(f, "\"{name}\""),
            Token::Number(number) => write!(f, "{number}"),
            Token::Sign(sign) => write!(f, "`{sign}`"),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, ParseTypeError> {
    let mut tokens = vec![];
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => quoted(rest, &mut tokens)?,
            '(' | ')' | ',' | '<' | '>' => {
                tokens.push(Token::Sign(first));
                1
            }
            c if c.is_ascii_digit() => {
                let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                let number = rest[..length].parse().map_err(|_| error("a number in the type is too large"))?;
                tokens.push(Token::Number(number));
                length
            }
            c if c.is_alphabetic() || c == '_' => {
                let length = rest.find(|c: char| !c.is_alphanumeric() && !"_$@".contains(c)).unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..length].to_owned()));
                length
            }
            c => return Err(error(format!("`{c}` does not belong into a type"))),
        };
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// Reads a name in quotes and returns its length in the text.
fn quoted(text: &str, tokens: &mut Vec<Token>) -> Result<usize, ParseTypeError> {
    let mut name = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((index, c)) = chars.next() {
        if c != '"' {
            name.push(c);
        } else if chars.next_if(|(_, next)| *next == '"').is_some() {
            name.push('"');
        } else {
            tokens.push(Token::Quoted(name));
            return Ok(index + 1);
        }
    }
    Err(error(format!("the quotes of {text} are not closed")))
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn eat(&mut self, sign: char) -> bool {
        let found = self.peek() == Some(&Token::Sign(sign));
        self.at += usize::from(found);
        found
    }

    fn words(&mut self, words: &[&str]) -> bool {
        let found = words.iter().enumerate().all(|(offset, word)| match self.tokens.get(self.at + offset) {
            Some(Token::Word(found)) => found.eq_ignore_ascii_case(word),
            _ => false,
        });
        self.at += if found { words.len() } else { 0 };
        found
    }

    fn expect(&mut self, sign: char) -> Result<(), ParseTypeError> {
        if self.eat(sign) {
            return Ok(());
        }
        let found = self.peek().map_or_else(|| "the end".to_owned(), Token::to_string);
        Err(error(format!("expected `{sign}` in the type, found {found}")))
    }

    fn ty(&mut self) -> Result<Type, ParseTypeError> {
        let Some(Token::Word(word)) = self.peek() else {
            let found = self.peek().map_or_else(|| "the end".to_owned(), Token::to_string);
            return Err(error(format!("expected a type, found {found}")));
        };
        let name = word.to_ascii_lowercase();
        self.at += 1;
        match name.as_str() {
            "array" => {
                let mut elements = self.types()?;
                match (elements.pop(), elements.is_empty()) {
                    (Some(element), true) => Ok(Type::Array(Box::new(element))),
                    _ => Err(error("array takes one type")),
                }
            }
            "map" => match <[Type; 2]>::try_from(self.types()?) {
                Ok([key, value]) => Ok(Type::Map(Box::new(key), Box::new(value))),
                Err(_) => Err(error("map takes two types")),
            },
            "row" => self.row(),
            "function" => {
                let mut types = self.types()?;
                let result = types.pop().ok_or_else(|| error("function takes the type of its result"))?;
                Ok(Type::Function(types, Box::new(result)))
            }
            "qdigest" => {
                let types = self.types()?;
                let inner: Vec<_> = types.iter().map(Type::to_string).collect();
                Ok(Type::Opaque(format!("qdigest({})", inner.join(", "))))
            }
            "time" | "timestamp" => self.date_time(&name),
            "interval" if self.words(&["year", "to", "month"]) => Ok(Type::IntervalYearToMonth),
            "interval" if self.words(&["day", "to", "second"]) => Ok(Type::IntervalDayToSecond),
            "double" if self.words(&["precision"]) => Ok(Type::Double),
            _ => {
                let numbers = self.numbers()?;
                simple(&name, &numbers)
            }
        }
    }

    fn date_time(&mut self, name: &str) -> Result<Type, ParseTypeError> {
        let precision = self.numbers()?;
        if precision.len() > 1 {
            return Err(error(format!("{name} takes one precision")));
        }
        let zone = self.words(&["with", "time", "zone"]);
        if !zone {
            self.words(&["without", "time", "zone"]);
        }
        date_time(name, precision.first().copied(), zone)
    }

    fn numbers(&mut self) -> Result<Vec<u64>, ParseTypeError> {
        let mut numbers = vec![];
        if !self.eat('(') {
            return Ok(numbers);
        }
        loop {
            match self.peek() {
                Some(Token::Number(number)) => numbers.push(*number),
                _ => return Err(error("expected a number as the type's parameter")),
            }
            self.at += 1;
            if !self.eat(',') {
                self.expect(')')?;
                return Ok(numbers);
            }
        }
    }

    fn types(&mut self) -> Result<Vec<Type>, ParseTypeError> {
        let close = if self.eat('<') { '>' } else { ')' };
        if close == ')' {
            self.expect('(')?;
        }
        let mut types = vec![self.ty()?];
        while self.eat(',') {
            types.push(self.ty()?);
        }
        self.expect(close)?;
        Ok(types)
    }

    fn row(&mut self) -> Result<Type, ParseTypeError> {
        self.expect('(')?;
        let mut fields = vec![self.field()?];
        while self.eat(',') {
            fields.push(self.field()?);
        }
        self.expect(')')?;
        Ok(Type::Row(fields))
    }

    /// A field is a type alone, or a name and a type: what reads as a type up to the next comma is one.
    fn field(&mut self) -> Result<Field, ParseTypeError> {
        let start = self.at;
        if let Ok(ty) = self.ty()
            && matches!(self.peek(), Some(Token::Sign(',' | ')')))
        {
            return Ok(Field { name: None, ty });
        }
        self.at = start;
        let name = match self.peek() {
            Some(Token::Quoted(name)) => name.clone(),
            Some(Token::Word(name)) if !matches!(self.tokens.get(start + 1), Some(Token::Sign(_))) => name.clone(),
            _ => return self.ty().map(|ty| Field { name: None, ty }),
        };
        self.at += 1;
        Ok(Field { name: Some(name), ty: self.ty()? })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[track_caller]
    fn round_trip(text: &str) {
        assert_eq!(text.parse::<Type>().unwrap().to_string(), text);
    }

    #[track_caller]
    fn refused(text: &str, message: &str) {
        assert_eq!(text.parse::<Type>().unwrap_err().to_string(), message);
    }

    #[test]
    fn prints_what_it_reads() {
        for text in [
            "decimal(12,2)",
            "row(a integer, varchar)",
            "map(varchar, array(bigint))",
            "timestamp(3) with time zone",
            "row(\"A b\" integer)",
            "row(\"say \"\"hi\"\"\" integer)",
            "row(\"double\" integer, double, time time(3), interval year to month)",
            "function(bigint, boolean)",
            "array(row(x date))",
            "qdigest(bigint)",
            "hyperloglog",
        ] {
            match text.contains("time time") {
                true => round_trip(&text.replace("time time", "\"time\" time")),
                false => round_trip(text),
            }
        }
    }

    #[test]
    fn reads_other_spellings() {
        for (text, printed) in [
            ("INTERVAL DAY TO SECOND", "interval day to second"),
            ("decimal(10, 2)", "decimal(10,2)"),
            ("int", "integer"),
            ("Double Precision", "double"),
            ("array<varchar>", "array(varchar)"),
            ("timestamp", "timestamp(3)"),
            ("timestamp without time zone", "timestamp(3)"),
            ("decimal", "decimal(38,0)"),
            ("row(double precision)", "row(double)"),
            ("row(time timestamp)", "row(\"time\" timestamp(3))"),
        ] {
            assert_eq!(text.parse::<Type>().unwrap().to_string(), printed);
        }
    }

    #[test]
    fn says_what_is_wrong() {
        refused("string", "unknown type string: did you mean varchar?");
        refused("bigin", "unknown type bigin: did you mean bigint?");
        refused("qwertz", "unknown type qwertz");
        refused("decimal(39)", "decimal precision must be between 1 and 38, found 39");
        refused("decimal(5, 6)", "decimal scale must be at most the precision 5, found 6");
        refused("timestamp(13)", "timestamp precision must be between 0 and 12, found 13");
        refused("array(bigint", "expected `)` in the type, found the end");
        refused("bigint(3)", "type bigint takes no parameters");
        refused("number(10, 2)", "type number takes no parameters: did you mean decimal?");
    }
}
