//! `format`: texts with values in them, as Java's `Formatter` writes them. Dates and times by letter (`%tY`) are refused.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray, StringArray};
use arrow::datatypes::{ArrowPrimitiveType, Float32Type, Float64Type, Int64Type};
use lake_sql::types::Type;

use super::columns::{Reader, Text, integers, rows};
use super::{cast, format};
use crate::error::{Fault, Result};
use crate::eval::{Args, Kernel};
use crate::types::{is_integer, is_text};

pub(super) fn find(name: &str, types: &[Type], _: &Type) -> Option<Kernel> {
    let known = |ty: &Type| Value::kind(ty).is_some();
    (name == "format" && types.len() > 1 && is_text(&types[0]) && types[1..].iter().all(known))
        .then_some(kernel as Kernel)
}

/// What the conversions tell apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Boolean,
    Long,
    Double,
    BigDecimal,
    String,
}

impl Kind {
    /// Java's name for it, which Trino's messages have.
    fn name(self) -> &'static str {
        match self {
            Kind::Boolean => "java.lang.Boolean",
            Kind::Long => "java.lang.Long",
            Kind::Double => "java.lang.Double",
            Kind::BigDecimal => "java.math.BigDecimal",
            Kind::String => "java.lang.String",
        }
    }
}

/// An argument of a row.
struct Value {
    kind: Kind,
    /// As `%s` writes it; None for null.
    text: Option<String>,
    long: i64,
    double: f64,
}

impl Value {
    fn kind(ty: &Type) -> Option<Kind> {
        Some(match ty {
            Type::Boolean => Kind::Boolean,
            ty if is_integer(ty) => Kind::Long,
            Type::Real | Type::Double => Kind::Double,
            Type::Decimal { .. } => Kind::BigDecimal,
            Type::Varchar(_) | Type::Date | Type::Timestamp(_) | Type::Time(_) | Type::Json | Type::Unknown => {
                Kind::String
            }
            _ => return None,
        })
    }
}

/// A column of arguments.
struct Column {
    kind: Kind,
    texts: ArrayRef,
    longs: Option<ArrayRef>,
    doubles: Option<ArrayRef>,
}

impl Column {
    fn new(array: &ArrayRef, ty: &Type, args: &Args<'_>) -> Result<Self> {
        let kind = Value::kind(ty).ok_or_else(|| Fault::internal(format!("format of {ty}")))?;
        let texts = match ty {
            Type::Timestamp(_) => {
                let texts = cast::inner(array, ty, &Type::Varchar(None), args)?;
                let local = texts.as_string::<i32>().iter().map(|text| text.map(local_date_time));
                Arc::new(local.collect::<StringArray>())
            }
            Type::Json => array.clone(),
            Type::Double => written_by_java(array.as_primitive::<Float64Type>(), format::double),
            Type::Real => written_by_java(array.as_primitive::<Float32Type>(), format::real),
            _ => cast::inner(array, ty, &Type::Varchar(None), args)?,
        };
        let longs = if kind == Kind::Long { Some(integers(array)?) } else { None };
        let doubles = match kind {
            Kind::Double => Some(arrow::compute::cast(array, &arrow::datatypes::DataType::Float64)?),
            _ => None,
        };
        Ok(Self { kind, texts, longs, doubles })
    }

    fn value(&self, row: usize) -> Value {
        let texts = self.texts.as_string::<i32>();
        let long = self.longs.as_ref().map_or(0, |longs| longs.as_primitive::<Int64Type>().value(row));
        let double = self.doubles.as_ref().map_or(0.0, |doubles| doubles.as_primitive::<Float64Type>().value(row));
        Value { kind: self.kind, text: texts.is_valid(row).then(|| texts.value(row).to_owned()), long, double }
    }
}

/// Not as a cast to varchar writes them.
fn written_by_java<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>, write: fn(T::Native) -> String) -> ArrayRef {
    Arc::new(array.iter().map(|value| value.map(write)).collect::<StringArray>())
}

/// `2020-01-01 01:02:00.000` as Java's LocalDateTime writes it: `2020-01-01T01:02`.
fn local_date_time(text: &str) -> String {
    let text = text.replacen(' ', "T", 1);
    let (seconds, fraction) = text.split_once('.').unwrap_or((&text, ""));
    match fraction.trim_end_matches('0') {
        "" => seconds.strip_suffix(":00").unwrap_or(seconds).to_owned(),
        // In groups of three digits.
        digits => format!("{seconds}.{digits:0<width$}", width = digits.len().div_ceil(3) * 3),
    }
}

fn kernel(args: &Args<'_>) -> Result<ArrayRef> {
    let pattern = Reader::<Text>::new(&args.values[0])?;
    let columns = args.values[1..].iter().zip(&args.types[1..]).map(|(array, ty)| Column::new(array, ty, args));
    let columns: Vec<Column> = columns.collect::<Result<_>>()?;
    rows(args, |row| -> Result<Option<String>> {
        let Some(pattern) = pattern.get(row) else { return Ok(None) };
        let values: Vec<Value> = columns.iter().map(|column| column.value(row)).collect();
        written(pattern, &values).map(Some)
    })
}

/// `%[argument$][flags][width][.precision]conversion`
struct Specifier<'a> {
    text: &'a str,
    argument: Argument,
    flags: &'a str,
    width: usize,
    precision: Option<usize>,
    conversion: char,
}

enum Argument {
    Next,
    Last,
    At(usize),
}

fn written(pattern: &str, values: &[Value]) -> Result<String> {
    let invalid = |why: String| Fault::data(format!("Invalid format string: {pattern} ({why})"));
    let mut out = String::new();
    let (mut rest, mut next, mut last) = (pattern, 0, None);
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let specifier = Specifier::read(&rest[at..])
            .ok_or_else(|| invalid(format!("UnknownFormatConversion: Conversion = '{}'", '%')))?;
        rest = &rest[at + specifier.text.len()..];
        match specifier.conversion {
            '%' => out.push_str(&specifier.padded("%")),
            'n' => out.push('\n'),
            _ => {
                let index = match specifier.argument {
                    Argument::At(index) => Some(index),
                    Argument::Last => last,
                    Argument::Next => {
                        next += 1;
                        Some(next - 1)
                    }
                };
                let value = index
                    .and_then(|index| values.get(index))
                    .ok_or_else(|| invalid(format!("MissingFormatArgument: Format specifier '{}'", specifier.text)))?;
                last = index;
                out.push_str(&specifier.written(value).map_err(invalid)?);
            }
        }
    }
    out.push_str(rest);
    Ok(out)
}

impl<'a> Specifier<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut rest = &text[1..];
        let digits = |rest: &str| rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let mut argument = Argument::Next;
        let length = digits(rest);
        if let Some(behind) = rest[length..].strip_prefix('$') {
            argument = Argument::At(rest[..length].parse::<usize>().ok()?.checked_sub(1)?);
            rest = behind;
        } else if let Some(behind) = rest.strip_prefix('<') {
            argument = Argument::Last;
            rest = behind;
        }
        let (flags, behind) = rest.split_at(rest.find(|c| !"-#+ 0,(".contains(c)).unwrap_or(rest.len()));
        rest = behind;
        let length = digits(rest);
        let width = if length == 0 { 0 } else { rest[..length].parse().ok()? };
        rest = &rest[length..];
        let mut precision = None;
        if let Some(behind) = rest.strip_prefix('.') {
            let length = digits(behind);
            precision = Some(behind[..length].parse().ok()?);
            rest = &behind[length..];
        }
        let conversion = rest.chars().next()?;
        let text = &text[..text.len() - rest.len() + conversion.len_utf8()];
        Some(Self { text, argument, flags, width, precision, conversion })
    }

    fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    fn padded(&self, text: &str) -> String {
        let missing = self.width.saturating_sub(text.chars().count());
        let blanks = " ".repeat(missing);
        if self.has('-') { format!("{text}{blanks}") } else { format!("{blanks}{text}") }
    }

    fn written(&self, value: &Value) -> Result<String, String> {
        let other = || {
            let kind = value.kind.name();
            Err(format!("IllegalFormatConversion: {} != {kind}", self.conversion))
        };
        let lower = self.conversion.to_ascii_lowercase();
        let known = match (lower, self.conversion.is_ascii_uppercase()) {
            ('s' | 'b' | 'x' | 'e' | 'g' | 'c', _) => true,
            ('d' | 'o' | 'f', capital) => !capital,
            ('t', _) => return Err("the embedded engine has no conversion `t`: use date_format".to_owned()),
            _ => false,
        };
        if !known {
            return Err(format!("UnknownFormatConversion: Conversion = '{}'", self.conversion));
        }
        let number = match (lower, value.kind, &value.text) {
            ('s', _, text) => return Ok(self.word(text.as_deref().unwrap_or("null"))),
            ('b', Kind::Boolean, text) => return Ok(self.word(text.as_deref().unwrap_or("false"))),
            ('b', _, text) => return Ok(self.word(if text.is_some() { "true" } else { "false" })),
            (_, _, None) => return Ok(self.word("null")),
            ('d', Kind::Long, _) => self.grouped(&value.long.unsigned_abs().to_string(), ""),
            ('x', Kind::Long, _) => return Ok(self.bits(format!("{:x}", value.long), "0x")),
            ('o', Kind::Long, _) => return Ok(self.bits(format!("{:o}", value.long), "0")),
            ('f' | 'e' | 'g', Kind::Double, _) if !value.double.is_finite() => {
                return Ok(self.not_finite(value.double));
            }
            ('f' | 'e' | 'g', Kind::Double, _) => self.fraction(lower, &format::double(value.double.abs())),
            ('f' | 'e' | 'g', Kind::BigDecimal, Some(text)) => self.fraction(lower, text.trim_start_matches('-')),
            _ => return other(),
        };
        let negative = match value.kind {
            Kind::Long => value.long < 0,
            Kind::Double => value.double.is_sign_negative(),
            _ => value.text.as_deref().is_some_and(|text| text.starts_with('-')),
        };
        let shown = self.signed(&number, negative);
        Ok(if self.conversion.is_ascii_uppercase() { shown.to_uppercase() } else { shown })
    }

    fn word(&self, text: &str) -> String {
        let cut: String = text.chars().take(self.precision.unwrap_or(usize::MAX)).collect();
        self.padded(&if self.conversion.is_ascii_uppercase() { cut.to_uppercase() } else { cut })
    }

    fn bits(&self, digits: String, prefix: &str) -> String {
        let prefix = if self.has('#') { prefix } else { "" };
        let zeros = if self.has('0') { self.width.saturating_sub(prefix.len() + digits.len()) } else { 0 };
        let text = format!("{prefix}{}{digits}", "0".repeat(zeros));
        self.padded(&if self.conversion.is_ascii_uppercase() { text.to_uppercase() } else { text })
    }

    fn not_finite(&self, value: f64) -> String {
        let sign = if value > 0.0 && self.has('+') { "+" } else { "" };
        match (value.is_nan(), value < 0.0) {
            (true, _) => self.padded("NaN"),
            (_, true) if self.has('(') => self.padded("(Infinity)"),
            (_, true) => self.padded("-Infinity"),
            _ => self.padded(&format!("{sign}Infinity")),
        }
    }

    /// Whole digits with commas if they are asked for.
    fn grouped(&self, whole: &str, fraction: &str) -> String {
        let mut out = String::new();
        for (at, digit) in whole.chars().enumerate() {
            if self.has(',') && at > 0 && (whole.len() - at).is_multiple_of(3) {
                out.push(',');
            }
            out.push(digit);
        }
        if !fraction.is_empty() {
            out.push('.');
            out.push_str(fraction);
        }
        out
    }

    /// Digits of a number without a sign, rounded half up as Java rounds the shortest digits of a double.
    fn fraction(&self, conversion: char, text: &str) -> String {
        let number = Digits::read(text);
        let precision = self.precision.unwrap_or(6);
        match conversion {
            'f' => {
                let (whole, fraction) = number.rounded(precision as i32).split(precision);
                self.grouped(&whole, &fraction)
            }
            'e' => number.scientific(precision),
            _ => {
                let precision = precision.max(1);
                let rounded = number.significant(precision);
                let exponent = rounded.exponent();
                if number.is_zero() || (-4..precision as i32).contains(&exponent) {
                    let places = if number.is_zero() { precision as i32 - 1 } else { precision as i32 - 1 - exponent };
                    let (whole, fraction) = number.rounded(places).split(places.max(0) as usize);
                    self.grouped(&whole, &fraction)
                } else {
                    number.scientific(precision - 1)
                }
            }
        }
    }

    /// With its sign, and as wide as was asked.
    fn signed(&self, number: &str, negative: bool) -> String {
        let (before, after) = match negative {
            true if self.has('(') => ("(", ")"),
            true => ("-", ""),
            false if self.has('+') => ("+", ""),
            false if self.has(' ') => (" ", ""),
            false => ("", ""),
        };
        let length = before.len() + number.len() + after.len();
        let zeros = if self.has('0') { "0".repeat(self.width.saturating_sub(length)) } else { String::new() };
        self.padded(&format!("{before}{zeros}{number}{after}"))
    }
}

/// A decimal number: digits, and how many of them stand behind the point.
#[derive(Clone)]
struct Digits {
    digits: Vec<u8>,
    scale: i32,
}

impl Digits {
    /// From `12.5` or `1.25E1`.
    fn read(text: &str) -> Self {
        let (mantissa, exponent) = text.split_once('E').unwrap_or((text, "0"));
        let fraction = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len() as i32);
        let digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
        let first = digits.iter().position(|digit| *digit != 0).unwrap_or(digits.len());
        Self { digits: digits[first..].to_vec(), scale: fraction - exponent.parse::<i32>().unwrap_or(0) }
    }

    fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// The power of ten of the first digit.
    fn exponent(&self) -> i32 {
        self.digits.len() as i32 - 1 - self.scale
    }

    /// Half up to so many digits behind the point.
    fn rounded(&self, places: i32) -> Self {
        let mut number = self.clone();
        if places >= number.scale {
            number.digits.extend(std::iter::repeat_n(0, (places - number.scale) as usize));
        } else {
            let dropped = (number.scale - places) as usize;
            let up = match number.digits.len().checked_sub(dropped) {
                Some(kept) => number.digits.split_off(kept)[0] >= 5,
                None => {
                    number.digits.clear();
                    false
                }
            };
            if up {
                number.increment();
            }
        }
        number.scale = places;
        number
    }

    fn increment(&mut self) {
        for digit in self.digits.iter_mut().rev() {
            *digit = (*digit + 1) % 10;
            if *digit != 0 {
                return;
            }
        }
        self.digits.insert(0, 1);
    }

    fn significant(&self, digits: usize) -> Self {
        self.rounded(digits as i32 - 1 - self.exponent())
    }

    /// Digits in front of the point and behind it.
    fn split(&self, places: usize) -> (String, String) {
        let text: String = self.digits.iter().map(|digit| char::from(b'0' + digit)).collect();
        let text = format!("{text:0>width$}", width = places + 1);
        let (whole, fraction) = text.split_at(text.len() - places);
        (whole.to_owned(), fraction.to_owned())
    }

    fn scientific(&self, places: usize) -> String {
        let number = if self.is_zero() { self.clone() } else { self.significant(places + 1) };
        let exponent = if number.is_zero() { 0 } else { number.exponent() };
        let shown = number.digits.iter().copied().chain(std::iter::repeat(0)).take(places + 1);
        let digits: String = shown.map(|digit| char::from(b'0' + digit)).collect();
        let (whole, fraction) = digits.split_at(1);
        let point = if places > 0 { "." } else { "" };
        format!("{whole}{point}{fraction}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
    }
}
