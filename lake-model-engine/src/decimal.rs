//! Decimal arithmetic: exact, HALF_UP, with overflow at 38 digits.

use arrow::datatypes::i256;

use crate::error::{Result, data};

/// 10 to the power of `exponent`.
pub fn power_of_ten(exponent: u8) -> i128 {
    10i128.pow(u32::from(exponent))
}

fn wide_power(exponent: u32) -> i256 {
    (0..exponent).fold(i256::ONE, |power, _| power.wrapping_mul(i256::from_i128(10)))
}

fn overflow() -> lake_core::engine::EngineError {
    data("NUMERIC_VALUE_OUT_OF_RANGE: Decimal overflow")
}

/// Divides and rounds half away from zero.
fn divide_half_up(numerator: i256, denominator: i256) -> i256 {
    let quotient = numerator.wrapping_div(denominator);
    let rest = numerator.wrapping_rem(denominator);
    let twice = rest.wrapping_abs().wrapping_mul(i256::from_i128(2));
    if twice < denominator.wrapping_abs() {
        return quotient;
    }
    let away = if (numerator < i256::ZERO) == (denominator < i256::ZERO) { i256::ONE } else { i256::MINUS_ONE };
    quotient.wrapping_add(away)
}

fn narrow(value: i256, precision: u8) -> Option<i128> {
    value.to_i128().filter(|digits| digits.unsigned_abs() < power_of_ten(precision).unsigned_abs())
}

/// Changes the scale, HALF_UP; None if the digits do not fit into the precision.
pub fn rescale(value: i128, from: u8, to: u8, precision: u8) -> Option<i128> {
    let wide = i256::from_i128(value);
    let scaled = if to >= from {
        wide.wrapping_mul(wide_power(u32::from(to - from)))
    } else {
        divide_half_up(wide, wide_power(u32::from(from - to)))
    };
    narrow(scaled, precision)
}

/// One of the four operations on two decimals, to a result type.
pub fn arithmetic(function: &str, a: (i128, u8), b: (i128, u8), precision: u8, scale: u8) -> Result<i128> {
    let (x, y) = (i256::from_i128(a.0), i256::from_i128(b.0));
    let common = a.1.max(b.1);
    let lift = |value: i256, from: u8| value.wrapping_mul(wide_power(u32::from(common - from)));
    let result = match function {
        "add" => to_scale(lift(x, a.1).wrapping_add(lift(y, b.1)), common, scale),
        "subtract" => to_scale(lift(x, a.1).wrapping_sub(lift(y, b.1)), common, scale),
        "multiply" => to_scale(x.wrapping_mul(y), a.1 + b.1, scale),
        _ if b.0 == 0 => return Err(data("DIVISION_BY_ZERO: Division by zero")),
        "modulus" => to_scale(lift(x, a.1).wrapping_rem(lift(y, b.1)), common, scale),
        _ => {
            let exponent = i32::from(scale) + i32::from(b.1) - i32::from(a.1);
            match u32::try_from(exponent) {
                Ok(up) if up > 76 => return Err(overflow()),
                Ok(up) => divide_half_up(x.checked_mul(wide_power(up)).ok_or_else(overflow)?, y),
                Err(_) => divide_half_up(x, y.wrapping_mul(wide_power(exponent.unsigned_abs()))),
            }
        }
    };
    narrow(result, precision).ok_or_else(overflow)
}

fn to_scale(value: i256, from: u8, to: u8) -> i256 {
    if to >= from {
        value.wrapping_mul(wide_power(u32::from(to - from)))
    } else {
        divide_half_up(value, wide_power(u32::from(from - to)))
    }
}

/// The mean of a sum, in the scale of the sum.
pub fn mean(sum: i128, count: u64) -> i128 {
    divide_half_up(i256::from_i128(sum), i256::from_i128(i128::from(count)))
        .to_i128()
        .expect("a mean is not larger than its sum")
}

/// Reads digits with an optional sign, point and exponent; gives the digits and their scale.
pub fn parse(text: &str) -> Option<(i128, i32)> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, digits) = match mantissa.as_bytes().first()? {
        b'-' => (true, &mantissa[1..]),
        b'+' => (false, &mantissa[1..]),
        _ => (false, mantissa),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all: String = [whole, fraction].concat();
    if all.is_empty() || !all.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let value: i128 = all.parse().ok()?;
    let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    Some((if negative { -value } else { value }, scale))
}

/// Brings parsed digits to a decimal type.
pub fn fit((digits, scale): (i128, i32), precision: u8, to: u8) -> Option<i128> {
    if digits == 0 {
        return Some(0);
    }
    let up = i32::from(to) - scale;
    let wide = i256::from_i128(digits);
    match u32::try_from(up) {
        Ok(up) if up <= 38 => narrow(wide.wrapping_mul(wide_power(up)), precision),
        Ok(_) => None,
        Err(_) if up < -76 => Some(0),
        Err(_) => narrow(divide_half_up(wide, wide_power(up.unsigned_abs())), precision),
    }
}

/// Writes a decimal with exactly its scale.
pub fn display(value: i128, scale: u8) -> String {
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = usize::from(scale) + 1);
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(scale));
    let sign = if value < 0 { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn rounds_half_away_from_zero() {
        assert_eq!(rescale(1235, 3, 2, 10), Some(124));
        assert_eq!(rescale(-1235, 3, 2, 10), Some(-124));
        assert_eq!(rescale(1234, 3, 2, 10), Some(123));
        assert_eq!(rescale(99999, 0, 2, 5), None);
    }

    #[test]
    fn division_has_the_scale_of_the_result_type() {
        assert_eq!(arithmetic("divide", (1000, 2), (3, 0), 15, 13).unwrap(), 33_333_333_333_333);
        assert_eq!(arithmetic("divide", (200, 2), (3, 0), 4, 2).unwrap(), 67);
        assert!(arithmetic("divide", (1, 0), (0, 0), 4, 2).is_err());
    }

    #[test]
    fn overflow_is_an_error() {
        let most = power_of_ten(38) - 1;
        assert!(arithmetic("add", (most, 0), (1, 0), 38, 0).is_err());
        assert!(arithmetic("multiply", (most, 0), (2, 0), 38, 0).is_err());
    }

    #[test]
    fn text_and_back() {
        assert_eq!(parse("-12.50"), Some((-1250, 2)));
        assert_eq!(parse("1.5e3"), Some((15, -2)));
        assert_eq!(fit((15, -2), 10, 2), Some(150_000));
        assert_eq!(parse("1.2.3"), None);
        assert_eq!(display(-5, 3), "-0.005");
        assert_eq!(display(120, 0), "120");
    }
}
