//! Types of the results of decimal arithmetic, under both rule sets.

use super::{Type, TypeRules};

const MAX: i32 = 38;

/// The type of `left + right` and `left - right`.
pub fn add((p1, s1): (u8, u8), (p2, s2): (u8, u8), rules: TypeRules) -> Type {
    let (p1, s1, p2, s2) = (i32::from(p1), i32::from(s1), i32::from(p2), i32::from(s2));
    let scale = s1.max(s2);
    let integral = (p1 - s1).max(p2 - s2);
    let precision = integral + scale + 1;
    match rules {
        TypeRules::New if precision > MAX => decimal(MAX, scale.min(MAX - integral)),
        _ => decimal(precision.min(MAX), scale),
    }
}

/// The type of `left * right`; None if its scale would exceed 38, which the old rules refuse.
pub fn multiply((p1, s1): (u8, u8), (p2, s2): (u8, u8), rules: TypeRules) -> Option<Type> {
    let precision = i32::from(p1) + i32::from(p2);
    let scale = i32::from(s1) + i32::from(s2);
    match rules {
        TypeRules::New => Some(reduced(precision, scale)),
        TypeRules::Old => (scale <= MAX).then(|| decimal(precision.min(MAX), scale)),
    }
}

/// The type of `left / right`.
pub fn divide((p1, s1): (u8, u8), (p2, s2): (u8, u8), rules: TypeRules) -> Type {
    let (p1, s1, p2, s2) = (i32::from(p1), i32::from(s1), i32::from(p2), i32::from(s2));
    match rules {
        TypeRules::New => {
            let scale = (s1 + p2 + 1).max(6);
            reduced(p1 - s1 + s2 + scale, scale)
        }
        TypeRules::Old => decimal((p1 + s2 + (s2 - s1).max(0)).min(MAX), s1.max(s2)),
    }
}

/// The type of `left % right`.
pub fn modulus((p1, s1): (u8, u8), (p2, s2): (u8, u8)) -> Type {
    let scale = s1.max(s2);
    decimal(i32::from((p1 - s1).min(p2 - s2) + scale), i32::from(scale))
}

/// The narrowest type that holds both, up to 38 digits: digits before the point give way to those behind it.
pub fn common((p1, s1): (u8, u8), (p2, s2): (u8, u8)) -> Type {
    let scale = s1.max(s2);
    let integral = (p1 - s1).max(p2 - s2);
    decimal(i32::from(integral + scale).min(MAX), i32::from(scale))
}

/// What is left of a result that is too long: its integral digits and at least six behind the point.
fn reduced(precision: i32, scale: i32) -> Type {
    if precision <= MAX {
        return decimal(precision, scale);
    }
    decimal(MAX, (MAX - (precision - scale)).max(scale.min(6)))
}

fn decimal(precision: i32, scale: i32) -> Type {
    let digits = |value: i32| u8::try_from(value).expect("both are between 0 and 38");
    Type::Decimal { precision: digits(precision), scale: digits(scale) }
}
