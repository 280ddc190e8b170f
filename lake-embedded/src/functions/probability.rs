//! Distributions: their cumulative functions, the inverses of those, and confidence intervals.

use std::f64::consts::{PI, SQRT_2};

use arrow::array::ArrayRef;
use lake_sql::types::Type;

use super::columns::{Double, Int, Reader, map2, map3, rows};
use crate::error::{Fault, Result};
use crate::eval::{Args, Kernel};

pub(super) fn find(name: &str, types: &[Type], _: &Type) -> Option<Kernel> {
    Some(match (name, types.len()) {
        ("normal_cdf", 3) => |args| map3::<Double, Double, Double, _>(args, normal_cdf),
        ("inverse_normal_cdf", 3) => |args| map3::<Double, Double, Double, _>(args, inverse_normal_cdf),
        ("beta_cdf", 3) => |args| map3::<Double, Double, Double, _>(args, beta_cdf),
        ("inverse_beta_cdf", 3) => |args| map3::<Double, Double, Double, _>(args, inverse_beta_cdf),
        ("t_cdf", 2) => |args| map2::<Double, Double, _>(args, t_cdf),
        ("t_pdf", 2) => |args| map2::<Double, Double, _>(args, t_pdf),
        ("wilson_interval_lower", 3) => |args| wilson_interval(args, -1.0),
        ("wilson_interval_upper", 3) => |args| wilson_interval(args, 1.0),
        _ => return None,
    })
}

fn require(holds: bool, otherwise: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(Fault::data(otherwise)) }
}

fn normal_cdf(mean: f64, deviation: f64, value: f64) -> Result<f64> {
    require(deviation > 0.0, "standardDeviation must be > 0")?;
    Ok(0.5 * libm::erfc((mean - value) / (deviation * SQRT_2)))
}

fn inverse_normal_cdf(mean: f64, deviation: f64, p: f64) -> Result<f64> {
    require(p > 0.0 && p < 1.0, "p must be 0 > p > 1")?;
    require(deviation > 0.0, "sd must be > 0")?;
    Ok(mean + deviation * standard_quantile(p))
}

/// Bisects the logarithm-free lower half, where the function keeps its relative precision, and mirrors the upper one.
fn standard_quantile(p: f64) -> f64 {
    if p > 0.5 {
        return -standard_quantile(1.0 - p);
    }
    if p == 0.5 {
        return 0.0;
    }
    bisect(-40.0, 0.0, |x| 0.5 * libm::erfc(-x / SQRT_2) < p)
}

/// The place where a condition that holds on the left ends to hold, to the last bit.
fn bisect(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            return middle;
        }
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
}

fn beta_cdf(a: f64, b: f64, value: f64) -> Result<f64> {
    require((0.0..=1.0).contains(&value), "value must be 0 >= v >= 1")?;
    require(a > 0.0 && b > 0.0, "a, b must be > 0")?;
    Ok(regularised_beta(a, b, value))
}

fn inverse_beta_cdf(a: f64, b: f64, p: f64) -> Result<f64> {
    require((0.0..=1.0).contains(&p), "p must be 0 >= p >= 1")?;
    require(a > 0.0 && b > 0.0, "a, b must be > 0")?;
    Ok(match p {
        0.0 => 0.0,
        1.0 => 1.0,
        p => bisect(0.0, 1.0, |x| regularised_beta(a, b, x) < p),
    })
}

/// The incomplete beta function over the complete one, by its continued fraction (DLMF 8.17.22).
fn regularised_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    // The fraction converges quickly on this side only.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - regularised_beta(b, a, 1.0 - x);
    }
    let front = (a * x.ln() + b * libm::log1p(-x) - ln_beta(a, b)).exp() / a;
    front / continued_fraction(a, b, x)
}

fn ln_beta(a: f64, b: f64) -> f64 {
    libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b)
}

/// Lentz's method.
fn continued_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    const MOST_TERMS: u32 = 10_000;
    let term = |n: u32| {
        let m = f64::from(n / 2);
        match n % 2 {
            0 => m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            _ => -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        }
    };
    let not_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (mut fraction, mut c, mut d) = (1.0, 1.0, 0.0);
    for n in 1..MOST_TERMS {
        let term = term(n);
        d = 1.0 / not_zero(1.0 + term * d);
        c = not_zero(1.0 + term / c);
        fraction *= c * d;
        if (c * d - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    fraction
}

fn t_cdf(value: f64, freedom: f64) -> Result<f64> {
    require(freedom >= 1.0, "degrees of freedom must be greater than or equal to 1")?;
    if value == 0.0 {
        return Ok(0.5);
    }
    let tail = 0.5 * regularised_beta(0.5 * freedom, 0.5, freedom / (freedom + value * value));
    Ok(if value < 0.0 { tail } else { 1.0 - tail })
}

fn t_pdf(value: f64, freedom: f64) -> Result<f64> {
    require(freedom >= 1.0, "degrees of freedom must be greater than or equal to 1")?;
    let half = (freedom + 1.0) / 2.0;
    let scale = libm::lgamma(half) - 0.5 * (PI.ln() + freedom.ln()) - libm::lgamma(freedom / 2.0);
    Ok((scale - half * libm::log1p(value * value / freedom)).exp())
}

/// The bound on one side of Wilson's interval for a share of successes.
fn wilson_interval(args: &Args<'_>, side: f64) -> Result<ArrayRef> {
    let (successes, trials) = (Reader::<Int>::new(&args.values[0])?, Reader::<Int>::new(&args.values[1])?);
    let score = Reader::<Double>::new(&args.values[2])?;
    rows(args, |row| -> Result<Option<f64>> {
        let (Some(successes), Some(trials), Some(z)) = (successes.get(row), trials.get(row), score.get(row)) else {
            return Ok(None);
        };
        require(successes >= 0, "number of successes must not be negative")?;
        require(trials > 0, "number of trials must be positive")?;
        require(successes <= trials, "number of successes must not be larger than number of trials")?;
        require(z >= 0.0, "z-score must not be negative")?;
        let (n, share) = (trials as f64, successes as f64 / trials as f64);
        let middle = share + z * z / (2.0 * n);
        let spread = z * ((share * (1.0 - share) + z * z / (4.0 * n)) / n).sqrt();
        Ok(Some((middle + side * spread) / (1.0 + z * z / n)))
    })
}
