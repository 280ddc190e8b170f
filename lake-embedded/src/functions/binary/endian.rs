//! Numbers as bytes, the highest first.

use lake_sql::types::Type;

use crate::error::{Fault, Result};
use crate::eval::Kernel;
use crate::functions::columns::{Bytes, Double, Int, map1};

pub(super) fn find(name: &str, types: &[Type], _: &Type) -> Option<Kernel> {
    if types.len() != 1 {
        return None;
    }
    Some(match name {
        "to_big_endian_32" => |args| map1::<Int, _>(args, |v: i64| (v as i32).to_be_bytes().to_vec()),
        "to_big_endian_64" => |args| map1::<Int, _>(args, |v: i64| v.to_be_bytes().to_vec()),
        "from_big_endian_32" => |args| map1::<Bytes, _>(args, |b| whole(b).map(i32::from_be_bytes)),
        "from_big_endian_64" => |args| map1::<Bytes, _>(args, |b| whole(b).map(i64::from_be_bytes)),
        "to_ieee754_32" => |args| map1::<Double, _>(args, |v: f64| (v as f32).to_be_bytes().to_vec()),
        "to_ieee754_64" => |args| map1::<Double, _>(args, |v: f64| v.to_be_bytes().to_vec()),
        "from_ieee754_32" => |args| map1::<Bytes, _>(args, |b| floating(b).map(|b| f64::from(f32::from_be_bytes(b)))),
        "from_ieee754_64" => |args| map1::<Bytes, _>(args, |b| floating(b).map(f64::from_be_bytes)),
        _ => return None,
    })
}

fn whole<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| Fault::data(format!("expected {N}-byte input, but got instead: {}", bytes.len())))
}

fn floating<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| Fault::data(format!("Input floating-point value must be exactly {N} bytes long")))
}
