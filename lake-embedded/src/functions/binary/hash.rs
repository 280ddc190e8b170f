//! Hashes of bytes, and message codes made of them (RFC 2104).

use lake_sql::types::Type;
use sha2::Digest;
use twox_hash::XxHash64;

use super::{md5, spooky};
use crate::error::{Fault, Result};
use crate::eval::Kernel;
use crate::functions::columns::{Bytes, map1, map2};

pub(super) fn find(name: &str, types: &[Type]) -> Option<Kernel> {
    Some(match (name, types.len()) {
        ("crc32", 1) => |args| map1::<Bytes, _>(args, crc32),
        ("md5", 1) => |args| map1::<Bytes, _>(args, md5::digest),
        ("sha1", 1) => |args| map1::<Bytes, _>(args, sha1),
        ("sha256", 1) => |args| map1::<Bytes, _>(args, sha256),
        ("sha512", 1) => |args| map1::<Bytes, _>(args, sha512),
        ("xxhash64", 1) => |args| map1::<Bytes, _>(args, |b| XxHash64::oneshot(0, b).to_be_bytes().to_vec()),
        ("murmur3", 1) => |args| map1::<Bytes, _>(args, murmur3),
        ("spooky_hash_v2_32", 1) => |args| map1::<Bytes, _>(args, |b| (spooky::hash(b) as u32).to_be_bytes().to_vec()),
        ("spooky_hash_v2_64", 1) => |args| map1::<Bytes, _>(args, |b| spooky::hash(b).to_be_bytes().to_vec()),
        ("hmac_md5", 2) => |args| map2::<Bytes, Bytes, _>(args, |b, key| hmac(md5::digest, 64, key, b)),
        ("hmac_sha1", 2) => |args| map2::<Bytes, Bytes, _>(args, |b, key| hmac(sha1, 64, key, b)),
        ("hmac_sha256", 2) => |args| map2::<Bytes, Bytes, _>(args, |b, key| hmac(sha256, 64, key, b)),
        ("hmac_sha512", 2) => |args| map2::<Bytes, Bytes, _>(args, |b, key| hmac(sha512, 128, key, b)),
        _ => return None,
    })
}

fn crc32(bytes: &[u8]) -> i64 {
    let mut sum = flate2::Crc::new();
    sum.update(bytes);
    i64::from(sum.sum())
}

fn sha1(bytes: &[u8]) -> Vec<u8> {
    sha1::Sha1::digest(bytes).to_vec()
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    sha2::Sha256::digest(bytes).to_vec()
}

fn sha512(bytes: &[u8]) -> Vec<u8> {
    sha2::Sha512::digest(bytes).to_vec()
}

/// The 128 bits of the variant for 64-bit machines, its halves with the lowest byte first.
fn murmur3(mut bytes: &[u8]) -> Result<Vec<u8>> {
    let hash = murmur3::murmur3_x64_128(&mut bytes, 0).map_err(|error| Fault::internal(error.to_string()))?;
    Ok(hash.to_le_bytes().to_vec())
}

/// `block` is how many bytes the hash takes at a time.
fn hmac(hash: fn(&[u8]) -> Vec<u8>, block: usize, key: &[u8], bytes: &[u8]) -> Result<Vec<u8>> {
    if key.is_empty() {
        return Err(Fault::data("Empty key"));
    }
    let mut padded = if key.len() > block { hash(key) } else { key.to_vec() };
    padded.resize(block, 0);
    let with = |mask: u8, rest: &[u8]| {
        hash(&padded.iter().map(|byte| byte ^ mask).chain(rest.iter().copied()).collect::<Vec<u8>>())
    };
    Ok(with(0x5c, &with(0x36, bytes)))
}
