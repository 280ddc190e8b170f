//! Colours of a terminal. A colour is held as what it is called: `red`, `#ff0000`.

use arrow::array::ArrayRef;
use lake_sql::types::Type;

use super::columns::{Bool, Double, Int, Reader, Text, map1, map2, map3, rows};
use super::format;
use crate::error::{Fault, Result};
use crate::eval::{Args, Kernel};

/// The colours that have names, in the order of their numbers.
const NAMED: [&str; 8] = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
const RESET: &str = "\u{1b}[0m";
/// The widest bar that Trino has memory for.
const WIDEST: i64 = i32::MAX as i64;

pub(super) fn find(name: &str, types: &[Type], _: &Type) -> Option<Kernel> {
    Some(match (name, types) {
        ("color", [Type::Varchar(_)]) => |args| map1::<Text, _>(args, |text| named(text).map(Color::shown)),
        ("color", [_, _, _]) => |args| rows(args, |row| between(args, row, 0)),
        ("color", [_, _, _, _, _]) => |args| rows(args, |row| between(args, row, 2)),
        ("rgb", _) => |args| map3::<Int, Int, Int, _>(args, |red, green, blue| Ok(rgb(red, green, blue)?.shown())),
        ("render", [Type::Boolean]) => |args| {
            map1::<Bool, _>(args, |value| match value {
                true => Color::Named(2).render("\u{2713}"),
                false => Color::Named(1).render("\u{2717}"),
            })
        },
        ("render", [Type::Varchar(_), _]) => {
            |args| map2::<Text, Text, _>(args, |text, color| Ok(Color::read(color)?.render(text)))
        }
        ("render", [Type::BigInt, _]) => {
            |args| map2::<Int, Text, _>(args, |value, color| Ok(Color::read(color)?.render(&value.to_string())))
        }
        ("render", [Type::Double, _]) => {
            |args| map2::<Double, Text, _>(args, |value, color| Ok(Color::read(color)?.render(&format::double(value))))
        }
        ("bar", _) => bar,
        _ => return None,
    })
}

#[derive(Clone, Copy)]
enum Color {
    /// One of the terminal's own.
    Named(usize),
    /// Red, green and blue.
    Mixed([u8; 3]),
}

impl Color {
    /// From what it is called.
    fn read(shown: &str) -> Result<Self> {
        if let Some(number) = NAMED.iter().position(|name| *name == shown) {
            return Ok(Color::Named(number));
        }
        let number = shown.strip_prefix('#').and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let [_, red, green, blue] = number.ok_or_else(|| Fault::internal("a colour without a name"))?.to_be_bytes();
        Ok(Color::Mixed([red, green, blue]))
    }

    fn shown(self) -> String {
        match self {
            Color::Named(number) => NAMED[number].to_owned(),
            Color::Mixed([red, green, blue]) => format!("#{red:02x}{green:02x}{blue:02x}"),
        }
    }

    /// What makes a terminal write in the colour, as near as its 216 colours are.
    fn escape(self) -> String {
        let number = match self {
            Color::Named(number) => number,
            Color::Mixed(parts) => parts.into_iter().fold(0, |sum, part| sum * 6 + usize::from(part) * 6 / 256) + 16,
        };
        format!("\u{1b}[38;5;{number}m")
    }

    fn render(self, text: &str) -> String {
        format!("{}{text}{RESET}", self.escape())
    }

    /// Its parts; a colour of the terminal has none.
    fn parts(self, refusal: &str) -> Result<[u8; 3]> {
        match self {
            Color::Mixed(parts) => Ok(parts),
            Color::Named(_) => Err(Fault::data(refusal)),
        }
    }
}

/// `red`, or `#f00` as in a style sheet.
fn named(text: &str) -> Result<Color> {
    let digit = |letter: char| letter.to_digit(16).map(|digit| digit as u8 * 17);
    if let Some(digits) = text.strip_prefix('#')
        && let [Some(red), Some(green), Some(blue)] = digits.chars().map(digit).collect::<Vec<_>>()[..]
    {
        return Ok(Color::Mixed([red, green, blue]));
    }
    let number = NAMED.iter().position(|name| *name == text.to_lowercase());
    number.map(Color::Named).ok_or_else(|| Fault::data(format!("Invalid color: '{text}'")))
}

fn rgb(red: i64, green: i64, blue: i64) -> Result<Color> {
    let part = |value: i64, name: &str| {
        u8::try_from(value).map_err(|_| Fault::data(format!("{name} must be between 0 and 255")))
    };
    Ok(Color::Mixed([part(red, "red")?, part(green, "green")?, part(blue, "blue")?]))
}

/// `color(fraction, low, high)`, or with a value and its bounds in place of the fraction.
fn between(args: &Args<'_>, row: usize, more: usize) -> Result<Option<String>> {
    let number = |at: usize| Ok::<_, Fault>(Reader::<Double>::new(&args.values[at])?.get(row));
    let color = |at: usize| Ok::<_, Fault>(Reader::<Text>::new(&args.values[at])?.get(row).map(str::to_owned));
    let fraction = match more {
        0 => number(0)?,
        _ => match (number(0)?, number(1)?, number(2)?) {
            (Some(value), Some(low), Some(high)) => Some((value - low) / (high - low)),
            _ => None,
        },
    };
    let (Some(fraction), Some(low), Some(high)) = (fraction, color(more + 1)?, color(more + 2)?) else {
        return Ok(None);
    };
    let low = Color::read(&low)?.parts("lowColor not a valid RGB color")?;
    let high = Color::read(&high)?.parts("highColor not a valid RGB color")?;
    // Of a fraction that is no number there is no colour; Trino makes black of it.
    let fraction = if fraction.is_nan() { fraction } else { fraction.clamp(0.0, 1.0) };
    Ok(Some(mixed(fraction as f32, low, high).shown()))
}

fn bar(args: &Args<'_>) -> Result<ArrayRef> {
    let (shares, widths) = (Reader::<Double>::new(&args.values[0])?, Reader::<Int>::new(&args.values[1])?);
    let ends = args.values[2..].iter().map(Reader::<Text>::new).collect::<Result<Vec<_>>>()?;
    rows(args, |row| {
        let (Some(share), Some(width)) = (shares.get(row), widths.get(row)) else { return Ok(None) };
        let (low, high) = match ends.as_slice() {
            [low, high] => match (low.get(row), high.get(row)) {
                (Some(low), Some(high)) => (Color::read(low)?, Color::read(high)?),
                _ => return Ok(None),
            },
            _ => (Color::Mixed([255, 0, 0]), Color::Mixed([0, 255, 0])),
        };
        drawn(share, width, low, high).map(Some)
    })
}

fn drawn(share: f64, width: i64, low: Color, high: Color) -> Result<String> {
    if width > WIDEST {
        return Err(Fault::data(format!("a bar of {width} characters is too wide")));
    }
    let filled = i64::from((share * width as f64) as i32).min(width).max(0);
    let mut text = String::new();
    for at in 0..filled {
        let ends = [low.parts("color is not a valid rgb value")?, high.parts("color is not a valid rgb value")?];
        let color = mixed((at as f64 / (width - 1) as f64) as f32, ends[0], ends[1]);
        text.push_str(&color.escape());
        text.push('\u{2588}');
    }
    text.push_str(RESET);
    text.extend(std::iter::repeat_n(' ', (width - filled).max(0) as usize));
    Ok(text)
}

/// A colour on the way from one to another, by hue, saturation and brightness.
fn mixed(fraction: f32, low: [u8; 3], high: [u8; 3]) -> Color {
    let (low, high) = (hue_of(low), hue_of(high));
    let part = |at: usize| fraction * (high[at] - low[at]) + low[at];
    Color::Mixed(from_hue([part(0), part(1), part(2)]))
}

/// Hue, saturation and brightness, each from 0 to 1.
fn hue_of([red, green, blue]: [u8; 3]) -> [f32; 3] {
    let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
    let spread = f32::from(most - least);
    if most == least {
        return [0.0, 0.0, f32::from(most) / 255.0];
    }
    let from_most = |part: u8| f32::from(most - part) / spread;
    let hue = if red == most {
        from_most(blue) - from_most(green)
    } else if green == most {
        2.0 + from_most(red) - from_most(blue)
    } else {
        4.0 + from_most(green) - from_most(red)
    } / 6.0;
    [if hue < 0.0 { hue + 1.0 } else { hue }, spread / f32::from(most), f32::from(most) / 255.0]
}

fn from_hue([hue, saturation, brightness]: [f32; 3]) -> [u8; 3] {
    let byte = |part: f32| (part * 255.0 + 0.5) as i32 as u8;
    if saturation == 0.0 {
        return [byte(brightness); 3];
    }
    let sixth = (hue - hue.floor()) * 6.0;
    let part = sixth - sixth.floor();
    let low = brightness * (1.0 - saturation);
    let falling = brightness * (1.0 - saturation * part);
    let rising = brightness * (1.0 - saturation * (1.0 - part));
    let parts = match sixth as i32 {
        0 => [brightness, rising, low],
        1 => [falling, brightness, low],
        2 => [low, brightness, rising],
        3 => [low, falling, brightness],
        4 => [rising, low, brightness],
        _ => [brightness, low, falling],
    };
    parts.map(byte)
}
