//! Bytes, hashes and encodings.

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
        "to_utf8" => |args| map1::<Text, _>(args, |s| s.as_bytes().to_vec()),
        "from_utf8" => |args| map1::<Bytes, _>(args, |b| String::from_utf8_lossy(b).into_owned()),
        "to_hex" => |args| map1::<Bytes, _>(args, hex),
        "from_hex" if !bytes => |args| map1::<Text, _>(args, from_hex),
        "sha256" => |args| map1::<Bytes, _>(args, |b| sha2::Sha256::digest(b).to_vec()),
        "sha512" => |args| map1::<Bytes, _>(args, |b| sha2::Sha512::digest(b).to_vec()),
        "to_base64" => |args| map1::<Bytes, _>(args, base64),
        _ => return None,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn from_hex(text: &str) -> Result<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return Err(Fault::data(format!("invalid input length {}", text.len())));
    }
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .map(|digit| digit as u8)
            .ok_or_else(|| Fault::data(format!("not a hexadecimal digit: \"{}\" = {byte}", char::from(byte))))
    };
    text.as_bytes().chunks(2).map(|pair| Ok(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
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
