//! Bytes, hashes and encodings.

mod md5;

use lake_sql::types::Type;
use sha2::Digest;

use super::columns::{Bytes, Text, map1};
use crate::error::{Fault, Result};
use crate::eval::Kernel;

pub(super) fn find(name: &str, types: &[Type], _: &Type) -> Option<Kernel> {
    if types.len() != 1 {
        return None;
    }
    let bytes = types[0] == Type::Varbinary;
    Some(match name {
        "to_utf8" if matches!(types[0], Type::Varchar(_)) => |args| map1::<Text, _>(args, |s| s.as_bytes().to_vec()),
        "from_utf8" => |args| map1::<Bytes, _>(args, |b| String::from_utf8_lossy(b).into_owned()),
        "to_hex" => |args| map1::<Bytes, _>(args, hex),
        "from_hex" if bytes => |args| map1::<Bytes, _>(args, from_hex),
        "from_hex" => |args| map1::<Text, _>(args, |text| from_hex(text.as_bytes())),
        "crc32" => |args| map1::<Bytes, _>(args, crc32),
        "md5" => |args| map1::<Bytes, _>(args, md5::digest),
        "sha256" => |args| map1::<Bytes, _>(args, |b| sha2::Sha256::digest(b).to_vec()),
        "sha512" => |args| map1::<Bytes, _>(args, |b| sha2::Sha512::digest(b).to_vec()),
        "to_base64" => |args| map1::<Bytes, _>(args, base64),
        "from_base64" if bytes => |args| map1::<Bytes, _>(args, from_base64),
        "from_base64" => |args| map1::<Text, _>(args, |text| from_base64(text.as_bytes())),
        _ => return None,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn crc32(bytes: &[u8]) -> i64 {
    let mut sum = flate2::Crc::new();
    sum.update(bytes);
    i64::from(sum.sum())
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
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The padding may be left out; what stands behind it may not be anything.
fn from_base64(text: &[u8]) -> Result<Vec<u8>> {
    let letters = text.iter().position(|byte| *byte == b'=').unwrap_or(text.len());
    let padding = &text[letters..];
    if let Some(other) = text[..letters].iter().find(|byte| !LETTERS.contains(byte)) {
        return Err(Fault::data(format!("Illegal base64 character {other:x}")));
    }
    let complete = padding.is_empty() || text.len().is_multiple_of(4) && padding.len() < 3;
    if letters % 4 == 1 || !complete || padding.iter().any(|byte| *byte != b'=') {
        return Err(Fault::data("Input byte array has wrong 4-byte ending unit"));
    }
    let mut bytes = vec![];
    for chunk in text[..letters].chunks(4) {
        let digit = |byte: &u8| LETTERS.iter().position(|letter| letter == byte).unwrap_or(0) as u32;
        let group = chunk.iter().fold(0, |group, byte| group << 6 | digit(byte)) << (6 * (4 - chunk.len()));
        bytes.extend(&group.to_be_bytes()[1..chunk.len()]);
    }
    Ok(bytes)
}

fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let letter = LETTERS[(group >> (18 - 6 * at)) as usize & 63];
            text.push(if at <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}
