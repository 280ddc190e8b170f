//! Bits of integers. Shifts see the bits of the argument's own type, in two's complement.

use arrow::array::ArrayRef;
use lake_sql::types::Type;

use super::columns::{Int, map1, map2};
use crate::error::{Fault, Result};
use crate::eval::{Args, Kernel};

pub(super) fn find(name: &str, types: &[Type], _: &Type) -> Option<Kernel> {
    Some(match (name, types.len()) {
        ("bitwise_and", 2) => |args| map2::<Int, Int, _>(args, |a: i64, b: i64| a & b),
        ("bitwise_or", 2) => |args| map2::<Int, Int, _>(args, |a: i64, b: i64| a | b),
        ("bitwise_xor", 2) => |args| map2::<Int, Int, _>(args, |a: i64, b: i64| a ^ b),
        ("bitwise_not", 1) => |args| map1::<Int, _>(args, |a: i64| !a),
        ("bitwise_left_shift", 2) => |args| shifted(args, left),
        ("bitwise_right_shift", 2) => |args| shifted(args, right),
        ("bitwise_right_shift_arithmetic", 2) => |args| shifted(args, arithmetic),
        ("bit_count", 2) => |args| map2::<Int, Int, _>(args, bit_count),
        _ => return None,
    })
}

fn shifted(args: &Args<'_>, shift: fn(i64, i64, u32) -> i64) -> Result<ArrayRef> {
    let width = match args.types[0] {
        Type::TinyInt => 8,
        Type::SmallInt => 16,
        Type::Integer => 32,
        _ => 64,
    };
    map2::<Int, Int, _>(args, |value, by| shift(value, by, width))
}

// A negative distance is taken modulo 64, as the machine does.

fn left(value: i64, by: i64, width: u32) -> i64 {
    if by >= i64::from(width) {
        return 0;
    }
    let unused = 64 - width;
    value.wrapping_shl(by as u32) << unused >> unused
}

fn right(value: i64, by: i64, width: u32) -> i64 {
    match by {
        0 => value,
        by if by >= i64::from(width) => 0,
        by => ((value as u64) & (u64::MAX >> (64 - width))).wrapping_shr(by as u32) as i64,
    }
}

fn arithmetic(value: i64, by: i64, width: u32) -> i64 {
    if by >= i64::from(width) { value >> 63 } else { value.wrapping_shr(by as u32) }
}

/// Bits that are set in a number of so many bits.
fn bit_count(value: i64, bits: i64) -> Result<i64> {
    if !(2..=64).contains(&bits) {
        return Err(Fault::data(format!("Bits specified in bit_count must be between 2 and 64, got {bits}")));
    }
    let unused = 64 - bits as u32;
    if value << unused >> unused != value {
        return Err(Fault::data(format!(
            "Number must be representable with the bits specified. {value} cannot be represented with {bits} bits"
        )));
    }
    Ok(i64::from((value << unused).count_ones()))
}
