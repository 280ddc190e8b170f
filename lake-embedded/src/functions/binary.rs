//! Bytes, hashes and encodings.

mod endian;
mod hash;
mod md5;
mod spooky;

use lake_sql::types::Type;

use super::columns::{Bytes, Int, Text, map1, map2, map3};
use crate::error::{Fault, Result};
use crate::eval::Kernel;

pub(super) fn find(name: &str, types: &[Type], ty: &Type) -> Option<Kernel> {
    let bytes = types.first() == Some(&Type::Varbinary);
    Some(match (name, types) {
        ("to_utf8", [Type::Char(width)]) if *width > 0 => |args| {
            let Type::Char(width) = args.types[0] else { return Err(Fault::internal("to_utf8 of another type")) };
            map1::<Text, _>(args, |s| format!("{s:<width$}", width = width as usize).into_bytes())
        },
        ("to_utf8", [Type::Varchar(_)]) => |args| map1::<Text, _>(args, |s| s.as_bytes().to_vec()),
        ("from_utf8", [_]) => |args| map1::<Bytes, _>(args, |b| from_utf8(b, "\u{fffd}")),
        ("from_utf8", [_, Type::BigInt]) => |args| map2::<Bytes, Int, _>(args, from_utf8_with_code_point),
        ("from_utf8", [_, _]) => |args| map2::<Bytes, Text, _>(args, from_utf8_with_text),
        ("to_hex", [_]) => |args| map1::<Bytes, _>(args, hex),
        ("from_hex", [_]) if bytes => |args| map1::<Bytes, _>(args, from_hex),
        ("from_hex", [_]) => |args| map1::<Text, _>(args, |text| from_hex(text.as_bytes())),
        ("to_base64", [_]) => |args| map1::<Bytes, _>(args, |b| base64(b, STANDARD)),
        ("to_base64url", [_]) => |args| map1::<Bytes, _>(args, |b| base64(b, FOR_URLS)),
        ("from_base64", [_]) if bytes => |args| map1::<Bytes, _>(args, |b| from_base64(b, STANDARD)),
        ("from_base64", [_]) => |args| map1::<Text, _>(args, |text| from_base64(text.as_bytes(), STANDARD)),
        ("from_base64url", [_]) if bytes => |args| map1::<Bytes, _>(args, |b| from_base64(b, FOR_URLS)),
        ("from_base64url", [_]) => |args| map1::<Text, _>(args, |text| from_base64(text.as_bytes(), FOR_URLS)),
        ("to_base32", [_]) => |args| map1::<Bytes, _>(args, base32),
        ("from_base32", [_]) if bytes => |args| map1::<Bytes, _>(args, from_base32),
        ("from_base32", [_]) => |args| map1::<Text, _>(args, |text| from_base32(text.as_bytes())),
        ("lpad", [_, _, _]) if bytes => {
            |args| map3::<Bytes, Int, Bytes, _>(args, |b, size, with| pad(b, size, with, true))
        }
        ("rpad", [_, _, _]) if bytes => {
            |args| map3::<Bytes, Int, Bytes, _>(args, |b, size, with| pad(b, size, with, false))
        }
        ("substr" | "substring", [_, _]) if bytes => {
            |args| map2::<Bytes, Int, _>(args, |b, from| part(b, from, b.len() as i64))
        }
        ("substr" | "substring", [_, _, _]) if bytes => |args| map3::<Bytes, Int, Int, _>(args, part),
        _ => return hash::find(name, types).or_else(|| endian::find(name, types, ty)),
    })
}

/// Text whose broken sequences are replaced, each once: as many bytes as its first one announces, if they follow.
fn from_utf8(bytes: &[u8], replacement: &str) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(chunk) = rest.utf8_chunks().next() {
        text.push_str(chunk.valid());
        rest = &rest[chunk.valid().len()..];
        let Some(first) = rest.first() else { break };
        text.push_str(replacement);
        let announced = (first.leading_ones() as usize).clamp(1, 6);
        let follow = rest[1..].iter().take_while(|byte| *byte >> 6 == 0b10).take(announced - 1).count();
        rest = &rest[1 + follow..];
    }
    text
}

fn from_utf8_with_text(bytes: &[u8], replacement: &str) -> Result<String> {
    match replacement.chars().nth(1) {
        None => Ok(from_utf8(bytes, replacement)),
        Some(_) => Err(Fault::data("Replacement character string must empty or a single character")),
    }
}

fn from_utf8_with_code_point(bytes: &[u8], replacement: i64) -> Result<String> {
    let letter = u32::try_from(replacement).ok().and_then(char::from_u32);
    let letter = letter.ok_or_else(|| Fault::data("Invalid replacement character"))?;
    Ok(from_utf8(bytes, letter.encode_utf8(&mut [0; 4])))
}

/// Most bytes of a value.
const MOST_BYTES: i64 = i32::MAX as i64;

fn pad(bytes: &[u8], size: i64, with: &[u8], left: bool) -> Result<Vec<u8>> {
    if !(0..=MOST_BYTES).contains(&size) {
        return Err(Fault::data(format!("Target length must be in the range [0..{MOST_BYTES}]")));
    }
    if with.is_empty() {
        return Err(Fault::data("Padding bytes must not be empty"));
    }
    let size = size as usize;
    let kept = &bytes[..bytes.len().min(size)];
    let padding: Vec<u8> = with.iter().copied().cycle().take(size - kept.len()).collect();
    Ok(if left { [&padding, kept].concat() } else { [kept, &padding].concat() })
}

/// Bytes from a position from 1, or from the end if negative.
fn part(bytes: &[u8], from: i64, length: i64) -> Result<Vec<u8>> {
    let size = bytes.len() as i64;
    let start = if from > 0 { from - 1 } else { size + from };
    if from == 0 || length <= 0 || !(0..size).contains(&start) {
        return Ok(vec![]);
    }
    let most = i64::from(i32::MAX);
    if start + length.min(most) > most {
        return Err(Fault::data(format!("Range [{start}, {start} + {most}) out of bounds for length {size}")));
    }
    Ok(bytes[start as usize..(start + length.min(most)).min(size) as usize].to_vec())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn from_hex(text: &[u8]) -> Result<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return Err(Fault::data(format!("invalid input length {}", text.len())));
    }
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .map(|digit| digit as u8)
            .ok_or_else(|| Fault::data(format!("not a hexadecimal digit: \"{}\" = {byte}", char::from(byte))))
    };
    text.chunks(2).map(|pair| Ok(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

/// Digits of base 64.
const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Digits of base 64 that need no escape in addresses.
const FOR_URLS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The padding may be left out; what stands behind it may not be anything.
fn from_base64(text: &[u8], digits: &[u8; 64]) -> Result<Vec<u8>> {
    let letters = text.iter().position(|byte| *byte == b'=').unwrap_or(text.len());
    let padding = &text[letters..];
    if let Some(other) = text[..letters].iter().find(|byte| !digits.contains(byte)) {
        return Err(Fault::data(format!("Illegal base64 character {other:x}")));
    }
    let complete = padding.is_empty() || text.len().is_multiple_of(4) && padding.len() < 3;
    if letters % 4 == 1 || !complete || padding.iter().any(|byte| *byte != b'=') {
        return Err(Fault::data("Input byte array has wrong 4-byte ending unit"));
    }
    let mut bytes = vec![];
    for chunk in text[..letters].chunks(4) {
        let digit = |byte: &u8| digits.iter().position(|letter| letter == byte).unwrap_or(0) as u32;
        let group = chunk.iter().fold(0, |group, byte| group << 6 | digit(byte)) << (6 * (4 - chunk.len()));
        bytes.extend(&group.to_be_bytes()[1..chunk.len()]);
    }
    Ok(bytes)
}

fn base64(bytes: &[u8], digits: &[u8; 64]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let letter = digits[(group >> (18 - 6 * at)) as usize & 63];
            text.push(if at <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

/// Digits of base 32.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(5) {
        let group = chunk.iter().fold(0_u64, |group, byte| group << 8 | u64::from(*byte)) << (8 * (5 - chunk.len()));
        let digits = (chunk.len() * 8).div_ceil(5);
        for at in 0..8 {
            let letter = BASE32[(group >> (35 - 5 * at)) as usize & 31];
            text.push(if at < digits { char::from(letter) } else { '=' });
        }
    }
    text
}

/// The padding may be left out.
fn from_base32(text: &[u8]) -> Result<Vec<u8>> {
    let end = text.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
    let mut bytes = vec![];
    for chunk in text[..end].chunks(8) {
        let mut group = 0_u64;
        for byte in chunk {
            let digit = BASE32.iter().position(|letter| letter == byte);
            let digit = digit.ok_or_else(|| Fault::data(format!("Unrecognized character: {}", char::from(*byte))))?;
            group = group << 5 | digit as u64;
        }
        if matches!(chunk.len(), 1 | 3 | 6) {
            return Err(Fault::data(format!("Invalid input length {end}")));
        }
        let whole = chunk.len() * 5 / 8;
        bytes.extend(&(group << (64 - 5 * chunk.len())).to_be_bytes()[..whole]);
    }
    Ok(bytes)
}
