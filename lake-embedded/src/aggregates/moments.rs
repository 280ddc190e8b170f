//! Variance, covariance and their kin, by updating moments.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::ScalarValue;

use super::{Call, Fold, Made, null, only};
use crate::error::Result;
use crate::functions::columns::{Double, Reader, Write};

pub(super) fn make(call: &Call) -> Result<Option<Made>> {
    let function = call.function;
    if let "stddev" | "stddev_samp" | "stddev_pop" | "variance" | "var_samp" | "var_pop" | "skewness" | "kurtosis"
    | "geometric_mean" = function
    {
        return Ok(Some((Box::new(Single { call: call.clone(), sums: [0.0; 5] }), vec![DataType::Float64; 5])));
    }
    if let "corr" | "covar_pop" | "covar_samp" | "regr_slope" | "regr_intercept" = function {
        return Ok(Some((Box::new(Pair { call: call.clone(), sums: [0.0; 6] }), vec![DataType::Float64; 6])));
    }
    Ok(None)
}

fn read(states: &[ArrayRef], row: usize, at: usize) -> f64 {
    states[at].as_primitive::<Float64Type>().value(row)
}

fn result(value: Option<f64>, call: &Call) -> Result<ScalarValue> {
    match value {
        None => null(&call.out),
        Some(value) => only(f64::collect(vec![Some(value)], &call.out)?),
    }
}

/// Count, mean (of logarithms their sum), and the sums of the second to fourth powers of the distance from it.
#[derive(Debug)]
struct Single {
    call: Call,
    sums: [f64; 5],
}

impl Single {
    /// Takes a value as Trino does, so that all digits are its: by the moments' updates, and means of logarithms by
    /// their sum.
    fn add(&mut self, value: f64) {
        let [n, mean, m2, m3, m4] = self.sums;
        let (next, delta) = (n + 1.0, value - mean);
        self.sums = match self.call.function {
            "geometric_mean" => [next, mean + value.ln(), 0.0, 0.0, 0.0],
            "skewness" | "kurtosis" => {
                let step = delta / next;
                let square = step * step;
                let grown = delta * step * n;
                [
                    next,
                    mean + step,
                    m2 + grown,
                    m3 + grown * step * (next - 2.0) - 3.0 * step * m2,
                    m4 + grown * square * (next * next - 3.0 * next + 3.0) + 6.0 * square * m2 - 4.0 * step * m3,
                ]
            }
            _ => {
                let moved = mean + delta / next;
                [next, moved, m2 + delta * (value - moved), 0.0, 0.0]
            }
        };
    }

    fn combine(&mut self, other: [f64; 5]) {
        let [n1, mean1, a2, a3, a4] = self.sums;
        let [n2, mean2, b2, b3, b4] = other;
        if n2 == 0.0 {
            return;
        }
        if self.call.function == "geometric_mean" {
            self.sums = [n1 + n2, mean1 + mean2, 0.0, 0.0, 0.0];
            return;
        }
        let (n, d) = (n1 + n2, mean2 - mean1);
        let (d2, d3, d4) = (d * d, d * d * d, d * d * d * d);
        let m2 = a2 + b2 + d2 * n1 * n2 / n;
        let m3 = a3 + b3 + d3 * n1 * n2 * (n1 - n2) / (n * n) + 3.0 * d * (n1 * b2 - n2 * a2) / n;
        let m4 = a4
            + b4
            + d4 * n1 * n2 * (n1 * n1 - n1 * n2 + n2 * n2) / (n * n * n)
            + 6.0 * d2 * (n1 * n1 * b2 + n2 * n2 * a2) / (n * n)
            + 4.0 * d * (n1 * b3 - n2 * a3) / n;
        self.sums = [n, (n1 * mean1 + n2 * mean2) / n, m2, m3, m4];
    }
}

impl Fold for Single {
    fn update(&mut self, args: &[ArrayRef]) -> Result<()> {
        let values = Reader::<Double>::new(&args[0])?;
        (0..args[0].len()).filter_map(|row| values.get(row)).for_each(|value| self.add(value));
        Ok(())
    }

    fn state(&self) -> Result<Vec<ScalarValue>> {
        Ok(self.sums.iter().map(|sum| ScalarValue::Float64(Some(*sum))).collect())
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<()> {
        for row in 0..states[0].len() {
            self.combine(std::array::from_fn(|at| read(states, row, at)));
        }
        Ok(())
    }

    fn finish(&self) -> Result<ScalarValue> {
        let [n, mean, m2, m3, m4] = self.sums;
        let value = match self.call.function {
            "geometric_mean" => (n > 0.0).then(|| (mean / n).exp()),
            "var_pop" => (n > 0.0).then(|| m2 / n),
            "stddev_pop" => (n > 0.0).then(|| (m2 / n).sqrt()),
            "variance" | "var_samp" => (n > 1.0).then(|| m2 / (n - 1.0)),
            "stddev" | "stddev_samp" => (n > 1.0).then(|| (m2 / (n - 1.0)).sqrt()),
            "skewness" => (n >= 3.0).then(|| n.sqrt() * m3 / m2.powf(1.5)),
            _ => (n >= 4.0).then(|| {
                let rest = (n - 2.0) * (n - 3.0);
                ((n - 1.0) * n * (n + 1.0)) / rest * m4 / (m2 * m2) - 3.0 * ((n - 1.0) * (n - 1.0)) / rest
            }),
        };
        result(value, &self.call)
    }
}

/// Count, both means, the co-moment, and both second moments; first argument y, second x.
#[derive(Debug)]
struct Pair {
    call: Call,
    sums: [f64; 6],
}

impl Pair {
    /// Takes a pair by Welford's updates, digit by digit as Trino does.
    fn add(&mut self, y: f64, x: f64) {
        let [n, mean_y, mean_x, c, vy, vx] = self.sums;
        let next = n + 1.0;
        let (dy, dx) = (y - mean_y, x - mean_x);
        let (moved_y, moved_x) = (mean_y + dy / next, mean_x + dx / next);
        self.sums = [next, moved_y, moved_x, c + dx * (y - moved_y), vy + dy * (y - moved_y), vx + dx * (x - moved_x)];
    }

    fn combine(&mut self, other: [f64; 6]) {
        let [n1, y1, x1, c1, vy1, vx1] = self.sums;
        let [n2, y2, x2, c2, vy2, vx2] = other;
        if n2 == 0.0 {
            return;
        }
        let (n, dy, dx) = (n1 + n2, y2 - y1, x2 - x1);
        self.sums = [
            n,
            y1 + dy * n2 / n,
            x1 + dx * n2 / n,
            c1 + c2 + dx * dy * n1 * n2 / n,
            vy1 + vy2 + n1 * n2 * (dy * dy) / n,
            vx1 + vx2 + n1 * n2 * (dx * dx) / n,
        ];
    }
}

impl Fold for Pair {
    fn update(&mut self, args: &[ArrayRef]) -> Result<()> {
        let (y, x) = (Reader::<Double>::new(&args[0])?, Reader::<Double>::new(&args[1])?);
        for row in 0..args[0].len() {
            if let (Some(y), Some(x)) = (y.get(row), x.get(row)) {
                self.add(y, x);
            }
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<ScalarValue>> {
        Ok(self.sums.iter().map(|sum| ScalarValue::Float64(Some(*sum))).collect())
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<()> {
        for row in 0..states[0].len() {
            self.combine(std::array::from_fn(|at| read(states, row, at)));
        }
        Ok(())
    }

    fn finish(&self) -> Result<ScalarValue> {
        let [n, y, x, c, vy, vx] = self.sums;
        let value = match self.call.function {
            "covar_pop" => (n > 0.0).then(|| c / n),
            "covar_samp" => (n > 1.0).then(|| c / (n - 1.0)),
            "corr" => Some(c / vx.sqrt() / vy.sqrt()).filter(|value| value.is_finite()),
            "regr_slope" => Some(c / vx).filter(|value| value.is_finite()),
            _ => Some(y - c / vx * x).filter(|value| value.is_finite()),
        };
        result(value, &self.call)
    }
}
