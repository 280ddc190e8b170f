//! Aggregates that keep a sketch: `approx_set`, `approx_distinct`, digests, `merge` of them, and `approx_percentile`.
//!
//! A row counts if no argument is null. What a call is over (accuracy, percentage) may come from the rows, too: Trino
//! takes it from the first or last one.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use lake_sql::types::Type;

use super::{Call, Fold, Made, null, scalar};
use crate::error::{Fault, Result};
use crate::functions::columns::{Bytes, Double, Int, Reader, Text};
use crate::functions::hash::{has_hash, hashes};
use crate::functions::sketch::{Kind, kind, sortable};
use crate::functions::{format, sketch};
use crate::sketch::hll::{HyperLogLog, SET_BUCKETS};
use crate::sketch::murmur;
use crate::sketch::qdigest::QuantileDigest;
use crate::sketch::setdigest::SetDigest;
use crate::sketch::tdigest::TDigest;

/// Default accuracy of a quantile digest.
const ACCURACY: f64 = 0.01;
/// Default standard error of `approx_distinct`.
const STANDARD_ERROR: f64 = 0.023;

pub(super) fn make(call: &Call) -> Result<Option<Made>> {
    let count = call.types.len();
    let refused = |ty: &Type| Err(Fault::unsupported(format!("aggregate function {} of {ty}", call.function)));
    let sketch = match (call.function, call.types.as_slice()) {
        ("approx_set", _) => Kind::HyperLogLog,
        ("approx_distinct", [ty, ..]) if has_hash(ty) => Kind::HyperLogLog,
        ("make_set_digest", [ty]) if is_digestible(ty) => Kind::SetDigest,
        ("approx_distinct" | "make_set_digest", [ty, ..]) => return refused(ty),
        ("merge_set_digest", _) => Kind::SetDigest,
        ("qdigest_agg", _) => Kind::QuantileDigest,
        ("tdigest_agg", _) => Kind::TDigest,
        ("merge", [ty]) => kind(ty).ok_or_else(|| Fault::internal("merge takes a sketch"))?,
        ("approx_percentile", _) if count == 4 => Kind::QuantileDigest,
        ("approx_percentile", _) => Kind::TDigest,
        _ => return Ok(None),
    };
    let mut states = vec![DataType::Binary];
    let percentage = (call.function == "approx_percentile").then_some(if count == 2 { 1 } else { 2 });
    if let Some(at) = percentage {
        states.push(crate::types::arrow(&call.types[at])?);
    }
    Ok(Some((Box::new(Sketched { call: call.clone(), sketch, percentage, kept: None, asked: None }), states)))
}

/// Whether Trino has `make_set_digest` for the type: what it holds as a word or as bytes.
fn is_digestible(ty: &Type) -> bool {
    !matches!(ty, Type::Boolean | Type::Double | Type::TimestampTz(_) | Type::Unknown)
        && !matches!(ty, Type::Array(_) | Type::Map(..) | Type::Row(_))
        && !matches!(ty, Type::Decimal { precision, .. } if *precision > 18)
        && has_hash(ty)
}

/// What has been seen so far.
#[derive(Clone, Debug)]
enum Held {
    HyperLogLog(HyperLogLog),
    SetDigest(SetDigest),
    QuantileDigest(QuantileDigest),
    TDigest(TDigest),
}

impl Held {
    fn read(sketch: Kind, bytes: &[u8]) -> Result<Self> {
        Ok(match sketch {
            Kind::HyperLogLog => Held::HyperLogLog(HyperLogLog::read(bytes)?),
            Kind::SetDigest => Held::SetDigest(SetDigest::read(bytes)?),
            Kind::QuantileDigest => Held::QuantileDigest(QuantileDigest::read(bytes)?),
            Kind::TDigest => Held::TDigest(TDigest::read(bytes)?),
        })
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Held::HyperLogLog(sketch) => sketch.bytes(),
            Held::SetDigest(sketch) => sketch.bytes(),
            Held::QuantileDigest(sketch) => sketch.bytes(),
            Held::TDigest(sketch) => sketch.bytes(),
        }
    }

    fn merge(&mut self, other: Self) -> Result<()> {
        match (self, other) {
            (Held::HyperLogLog(one), Held::HyperLogLog(other)) => one.merge(&other)?,
            (Held::SetDigest(one), Held::SetDigest(other)) => one.merge(&other)?,
            (Held::QuantileDigest(one), Held::QuantileDigest(other)) => one.merge(other),
            (Held::TDigest(one), Held::TDigest(other)) => one.merge(other),
            _ => return Err(Fault::internal("sketches of two kinds")),
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Sketched {
    call: Call,
    sketch: Kind,
    /// Which argument is the percentage.
    percentage: Option<usize>,
    kept: Option<Held>,
    /// The percentage that counts.
    asked: Option<ArrayRef>,
}

impl Sketched {
    /// The rows of these arguments in which none is null.
    fn rows(args: &[ArrayRef]) -> Vec<usize> {
        let nulls: Vec<_> = args.iter().map(|arg| arg.logical_nulls()).collect();
        let present = |row: &usize| nulls.iter().flatten().all(|nulls| nulls.is_valid(*row));
        (0..args[0].len()).filter(present).collect()
    }

    fn absorb(&mut self, held: Held) -> Result<()> {
        match &mut self.kept {
            Some(kept) => kept.merge(held),
            None => {
                self.kept = Some(held);
                Ok(())
            }
        }
    }

    fn hyperloglog(&mut self, make: impl FnOnce() -> Result<HyperLogLog>) -> Result<&mut HyperLogLog> {
        if self.kept.is_none() {
            self.kept = Some(Held::HyperLogLog(make()?));
        }
        match &mut self.kept {
            Some(Held::HyperLogLog(sketch)) => Ok(sketch),
            _ => Err(Fault::internal("a sketch of another kind")),
        }
    }

    fn qdigest(&mut self, accuracy: f64) -> Result<&mut QuantileDigest> {
        match self.kept.get_or_insert_with(|| Held::QuantileDigest(QuantileDigest::new(accuracy))) {
            Held::QuantileDigest(sketch) => Ok(sketch),
            _ => Err(Fault::internal("a sketch of another kind")),
        }
    }

    fn tdigest(&mut self) -> Result<&mut TDigest> {
        match self.kept.get_or_insert_with(|| Held::TDigest(TDigest::default())) {
            Held::TDigest(sketch) => Ok(sketch),
            _ => Err(Fault::internal("a sketch of another kind")),
        }
    }

    fn approx_set(&mut self, args: &[ArrayRef], rows: &[usize]) -> Result<()> {
        let hashed = |value: Vec<u8>| murmur(&value);
        let bytes = words(&args[0], &self.call.types[0])?;
        for row in rows {
            let hash = bytes(*row).map(hashed).unwrap_or_default();
            self.hyperloglog(|| Ok(HyperLogLog::new(SET_BUCKETS)))?.add(hash);
        }
        Ok(())
    }

    fn approx_distinct(&mut self, args: &[ArrayRef], rows: &[usize]) -> Result<()> {
        let ty = self.call.types[0].clone();
        let hashes = hashes(&args[0], &ty)?;
        let errors = args.get(1).map(Reader::<Double>::new).transpose()?;
        for row in rows {
            // Truth values are counted exactly, whatever error is asked for.
            let asked = errors.as_ref().filter(|_| ty != Type::Boolean).and_then(|errors| errors.get(*row));
            let sketch = self.hyperloglog(|| HyperLogLog::with_error(asked.unwrap_or(STANDARD_ERROR)))?;
            sketch.add(hashes[*row].unwrap_or_default());
        }
        Ok(())
    }

    fn make_set_digest(&mut self, args: &[ArrayRef], rows: &[usize]) -> Result<()> {
        let bytes = words(&args[0], &self.call.types[0])?;
        for row in rows {
            match self.kept.get_or_insert_with(|| Held::SetDigest(SetDigest::new())) {
                Held::SetDigest(sketch) => sketch.add(&bytes(*row).unwrap_or_default()),
                _ => return Err(Fault::internal("a sketch of another kind")),
            }
        }
        Ok(())
    }

    fn qdigest_agg(&mut self, args: &[ArrayRef], rows: &[usize]) -> Result<()> {
        let values = sortable(&args[0], &self.call.types[0])?;
        let weights = args.get(1).map(Reader::<Int>::new).transpose()?;
        let accuracies = args.get(2).map(Reader::<Double>::new).transpose()?;
        for row in rows {
            let accuracy = accuracies.as_ref().and_then(|read| read.get(*row)).unwrap_or(ACCURACY);
            if !(accuracy > 0.0 && accuracy < 1.0) {
                let shown = format::double(accuracy);
                return Err(Fault::data(format!(
                    "Percentile accuracy must be exclusively between 0 and 1, was {shown}"
                )));
            }
            let weight = weights.as_ref().and_then(|read| read.get(*row)).unwrap_or(1);
            if weight <= 0 {
                return Err(Fault::data(format!("Percentile weight must be > 0, was {weight}")));
            }
            self.qdigest(accuracy)?.add(values[*row].unwrap_or_default(), weight as f64);
        }
        Ok(())
    }

    fn tdigest_agg(&mut self, args: &[ArrayRef], rows: &[usize]) -> Result<()> {
        let values = Reader::<Double>::new(&args[0])?;
        let weights = args.get(1).map(Reader::<Double>::new).transpose()?;
        for row in rows {
            let value = values.get(*row).unwrap_or_default();
            let weight = weights.as_ref().and_then(|read| read.get(*row)).map_or(Ok(1.0), checked_weight)?;
            match (value.is_nan(), value.is_infinite()) {
                (true, _) => return Err(Fault::data("value is NaN")),
                (_, true) => return Err(Fault::data("value must be finite")),
                _ => self.tdigest()?.add(value, weight),
            }
        }
        Ok(())
    }

    /// With weights of the rows and, in the oldest form, an accuracy.
    fn approx_percentile(&mut self, args: &[ArrayRef], rows: &[usize], at: usize) -> Result<()> {
        match args.get(3) {
            Some(accuracies) => self.old_percentile(args, accuracies, rows)?,
            None => {
                let values = doubles(&args[0], &self.call.types[0])?;
                let weights = (at == 2).then(|| Reader::<Double>::new(&args[1])).transpose()?;
                for row in rows {
                    let value = values(*row)?;
                    if !value.is_finite() {
                        return Err(Fault::data(format!("value must be finite; was {}", format::double(value))));
                    }
                    let weight = weights.as_ref().and_then(|read| read.get(*row)).map_or(Ok(1.0), checked_weight)?;
                    self.asked(&args[at], *row)?;
                    self.tdigest()?.add(value, weight);
                }
            }
        }
        if let (Some(last), false) = (rows.last(), matches!(args[at].data_type(), DataType::List(_))) {
            self.asked = Some(args[at].slice(*last, 1));
        }
        Ok(())
    }

    fn old_percentile(&mut self, args: &[ArrayRef], accuracies: &ArrayRef, rows: &[usize]) -> Result<()> {
        let values = sortable(&args[0], &self.call.types[0])?;
        let (weights, accuracies) = (Reader::<Double>::new(&args[1])?, Reader::<Double>::new(accuracies)?);
        for row in rows {
            let weight = weights.get(*row).unwrap_or_default();
            if weight.is_nan() || weight <= 0.0 {
                return Err(Fault::data("percentile weight must be > 0"));
            }
            let accuracy = accuracies.get(*row).unwrap_or_default();
            if self.kept.is_none() && !(accuracy > 0.0 && accuracy < 1.0) {
                return Err(Fault::data("Percentile accuracy must be strictly between 0 and 1"));
            }
            self.qdigest(accuracy)?.add(values[*row].unwrap_or_default(), weight);
        }
        Ok(())
    }

    /// Keeps the first array of percentages, which is looked at when it comes.
    fn asked(&mut self, percentages: &ArrayRef, row: usize) -> Result<()> {
        if self.asked.is_some() || !matches!(percentages.data_type(), DataType::List(_)) {
            return Ok(());
        }
        let asked = percentages.as_list::<i32>().value(row);
        if asked.null_count() > 0 {
            return Err(Fault::data("Percentile cannot be null"));
        }
        let shares = Reader::<Double>::new(&asked)?;
        (0..asked.len()).filter_map(|at| shares.get(at)).try_for_each(check_share)?;
        self.asked = Some(percentages.slice(row, 1));
        Ok(())
    }

    fn percentile(&self, held: &Held) -> Result<ScalarValue> {
        let asked = self.asked.as_ref().ok_or_else(|| Fault::internal("a percentile without percentage"))?;
        let ty = &self.call.types[0];
        let at = |share: f64| -> Result<ScalarValue> {
            check_share(share)?;
            match held {
                Held::QuantileDigest(digest) => sketch::unsorted(digest.value_at(share)?, ty),
                Held::TDigest(digest) => sketch::from_double(digest.value_at(share), ty),
                _ => Err(Fault::internal("a percentile of another sketch")),
            }
        };
        let DataType::List(item) = &self.call.out else {
            return at(Reader::<Double>::new(asked)?.get(0).unwrap_or(f64::NAN));
        };
        let shares = asked.as_list::<i32>().value(0);
        let shares = (Reader::<Double>::new(&shares)?, shares.len());
        let found = (0..shares.1).map(|i| at(shares.0.get(i).unwrap_or(f64::NAN))).collect::<Result<Vec<_>>>()?;
        Ok(ScalarValue::List(ScalarValue::new_list(&found, item.data_type(), true)))
    }
}

impl Fold for Sketched {
    fn update(&mut self, args: &[ArrayRef]) -> Result<()> {
        let args = &args[..self.call.types.len()];
        let rows = Self::rows(args);
        match (self.call.function, self.percentage) {
            ("approx_set", _) => self.approx_set(args, &rows),
            ("approx_distinct", _) => self.approx_distinct(args, &rows),
            ("make_set_digest", _) => self.make_set_digest(args, &rows),
            ("qdigest_agg", _) => self.qdigest_agg(args, &rows),
            ("tdigest_agg", _) => self.tdigest_agg(args, &rows),
            (_, Some(at)) => self.approx_percentile(args, &rows, at),
            _ => {
                let sketches = Reader::<Bytes>::new(&args[0])?;
                rows.into_iter()
                    .filter_map(|row| sketches.get(row))
                    .try_for_each(|bytes| self.absorb(Held::read(self.sketch, bytes)?))
            }
        }
    }

    fn state(&self) -> Result<Vec<ScalarValue>> {
        let mut state = vec![ScalarValue::Binary(self.kept.as_ref().map(Held::bytes))];
        if let Some(at) = self.percentage {
            state.push(match &self.asked {
                Some(asked) => scalar(asked, 0)?,
                None => null(&crate::types::arrow(&self.call.types[at])?)?,
            });
        }
        Ok(state)
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<()> {
        let sketches = Reader::<Bytes>::new(&states[0])?;
        for row in 0..states[0].len() {
            let Some(bytes) = sketches.get(row) else { continue };
            self.absorb(Held::read(self.sketch, bytes)?)?;
            if let Some(asked) = states.get(1) {
                self.asked = Some(asked.slice(row, 1));
            }
        }
        Ok(())
    }

    fn finish(&self) -> Result<ScalarValue> {
        let Some(held) = &self.kept else {
            return match self.call.function {
                "approx_distinct" => Ok(ScalarValue::Int64(Some(0))),
                _ => null(&self.call.out),
            };
        };
        match (self.call.function, held) {
            ("approx_distinct", Held::HyperLogLog(sketch)) => Ok(ScalarValue::Int64(Some(sketch.cardinality()))),
            ("approx_percentile", Held::TDigest(digest)) => {
                let mut settled = digest.clone();
                settled.settle();
                self.percentile(&Held::TDigest(settled))
            }
            ("approx_percentile", held) => self.percentile(held),
            _ => Ok(ScalarValue::Binary(Some(held.bytes()))),
        }
    }

    fn size(&self) -> usize {
        match &self.kept {
            None => 0,
            Some(Held::HyperLogLog(sketch)) => sketch.size(),
            Some(Held::SetDigest(sketch)) => sketch.size(),
            Some(Held::QuantileDigest(sketch)) => sketch.size(),
            Some(Held::TDigest(sketch)) => sketch.size(),
        }
    }
}

fn check_share(share: f64) -> Result<()> {
    match (0.0..=1.0).contains(&share) {
        true => Ok(()),
        false => Err(Fault::data("Percentile must be between 0 and 1")),
    }
}

fn checked_weight(weight: f64) -> Result<f64> {
    let shown = || format::double(weight);
    match weight {
        weight if !weight.is_finite() => Err(Fault::data(format!("weight must be finite, was {}", shown()))),
        weight if weight < 1.0 => Err(Fault::data(format!("weight must be >= 1, was {}", shown()))),
        weight => Ok(weight),
    }
}

type Values<'a, T> = Box<dyn Fn(usize) -> T + 'a>;

/// Numbers as doubles; an integer that no double is equal to is an error.
fn doubles(column: &ArrayRef, ty: &Type) -> Result<Values<'static, Result<f64>>> {
    if !crate::types::is_integer(ty) {
        let values = Reader::<Double>::new(column)?;
        return Ok(Box::new(move |row| Ok(values.get(row).unwrap_or_default())));
    }
    let values = Reader::<Int>::new(column)?;
    Ok(Box::new(move |row| {
        let value = values.get(row).unwrap_or_default();
        let double = value as f64;
        match double as i64 == value {
            true => Ok(double),
            false => Err(Fault::data(format!("no exact double representation for long: {value}"))),
        }
    }))
}

/// The bytes of each value: those of a text, or the eight of a number, the lowest first.
fn words(column: &ArrayRef, ty: &Type) -> Result<Values<'static, Option<Vec<u8>>>> {
    use crate::functions::columns::{Days, Decimal};
    let long = |value: i64| value.to_le_bytes().to_vec();
    Ok(match ty {
        Type::Varchar(_) | Type::Char(_) | Type::Json => {
            let values = Reader::<Text>::new(column)?;
            Box::new(move |row| values.get(row).map(|text| text.as_bytes().to_vec()))
        }
        Type::Varbinary => {
            let values = Reader::<Bytes>::new(column)?;
            Box::new(move |row| values.get(row).map(<[u8]>::to_vec))
        }
        Type::Uuid => {
            let values = column.clone();
            Box::new(move |row| Some(values.as_fixed_size_binary().value(row).to_vec()))
        }
        Type::Double => {
            let values = Reader::<Double>::new(column)?;
            let bits = |value: f64| if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() };
            Box::new(move |row| values.get(row).map(|value| long(bits(value).cast_signed())))
        }
        Type::Real => {
            let values = Reader::<Double>::new(column)?;
            let bits = |value: f32| i64::from(value.to_bits().cast_signed());
            Box::new(move |row| values.get(row).map(|value| long(bits(value as f32))))
        }
        Type::Decimal { .. } => {
            let values = Reader::<Decimal>::new(column)?;
            Box::new(move |row| values.get(row).map(|value| long(value as i64)))
        }
        Type::Date => {
            let values = Reader::<Days>::new(column)?;
            Box::new(move |row| values.get(row).map(|days| long(days.into())))
        }
        ty => {
            let scale = if matches!(ty, Type::Time(_)) { 1_000_000 } else { 1 };
            let values = Reader::<Int>::new(column)?;
            Box::new(move |row| values.get(row).map(|value| long(value * scale)))
        }
    })
}
