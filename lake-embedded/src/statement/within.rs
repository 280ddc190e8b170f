//! Which rows of a MERGE's target can match at all: those whose keys are keys of the source. Files and row groups outside
//! of their bounds are not read, and of rows with other keys only the keys are.

use arrow::array::{Array, ArrayRef, BooleanArray};
use arrow::compute;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use datafusion::common::hash_utils::{RandomState, create_hashes};
use lake_iceberg::{KeyColumn, RowFilterByKeys};
use lake_sql::bound::statement::Merge;
use lake_sql::bound::{BoundQuery, ColumnId, CompareOp, Expr, ExprKind, Literal, OutputColumn, Rel, RelKind};
use lake_sql::span::Span;
use lake_sql::types::Type;

use super::Run;
use super::change::{Made, boolean, rel};
use crate::error::{Fault, Result};
use crate::rewrite::{constants, walk};
use crate::table::provider::Keys;

/// So many keys of a source are kept in mind; of a larger one only the bounds.
const MOST_KEYS: usize = 16 << 20;

/// Bits of a set for each key. Two of them are looked at, so one key in 250 is taken for one of the set.
const BITS: usize = 32;

/// A column of the target and what of the source it must be equal to.
struct Key<'a> {
    target: &'a Expr,
    source: &'a Expr,
}

impl Run<'_> {
    /// A condition that holds for every row of the target that can match; None if nothing cheap can be said. What is more
    /// is told to the scan of the target.
    pub(super) async fn within(&self, merge: &Merge, made: &mut Made) -> Result<Option<Expr>> {
        let keys = keys(merge);
        if keys.is_empty() || !is_cheap(&merge.source) {
            return Ok(None);
        }
        let query = key_query(merge, &keys, made);
        if !query.nondeterminism(&|_| vec![]).is_empty() {
            return Ok(None);
        }
        let mut rows = self.execute(&query).await?;
        let mut seen = Seen::new(keys.len());
        while let Some(batch) = self.next(&mut rows).await? {
            seen.add(&batch)?;
        }
        let mut parts = vec![];
        let mut columns = vec![];
        for (key, ends) in keys.iter().zip(&seen.ends) {
            let Some([least, greatest]) = ends else {
                // Without a key that is not null, nothing is equal to anything.
                return Ok(Some(boolean(ExprKind::Literal(Literal::Boolean(false)))));
            };
            parts.push(compare(CompareOp::GreaterOrEqual, key.target, &literal(least)?));
            parts.push(compare(CompareOp::LessOrEqual, key.target, &literal(greatest)?));
            let column = merge.target.columns.iter().find(|column| key.target.as_column() == Some(column.id));
            let name = column.and_then(|column| column.name.clone());
            columns.extend(name.map(|name| KeyColumn {
                name: name.to_string(),
                least: least.clone(),
                greatest: greatest.clone(),
            }));
        }
        if let Some(set) = seen.set().filter(|_| columns.len() == keys.len()) {
            let rows = RowFilterByKeys::new(columns, move |columns| set.contains(columns));
            self.names.set_keys(Keys { rows, count: seen.rows });
        }
        Ok(Some(boolean(ExprKind::And(parts))))
    }
}

/// What is known of the keys of a source.
struct Seen {
    /// Least and greatest value of each key, each an array of one.
    ends: Vec<Option<[ArrayRef; 2]>>,
    hashes: Vec<u64>,
    rows: u64,
}

impl Seen {
    fn new(keys: usize) -> Self {
        Self { ends: vec![None; keys], hashes: vec![], rows: 0 }
    }

    fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        for (column, ends) in batch.columns().iter().zip(&mut self.ends) {
            let all = match ends {
                Some([least, greatest]) => compute::concat(&[least.as_ref(), greatest.as_ref(), column.as_ref()])?,
                None => column.clone(),
            };
            *ends = bounds(&all)?;
        }
        if self.rows <= MOST_KEYS as u64 {
            self.hashes.extend(hashes(batch.columns())?);
        }
        Ok(())
    }

    /// The keys; None if there are too many.
    fn set(&self) -> Option<KeySet> {
        (self.rows <= MOST_KEYS as u64).then(|| KeySet::new(&self.hashes))
    }
}

/// Least and greatest value of an array, each as an array of one; None if all are null.
fn bounds(array: &ArrayRef) -> Result<Option<[ArrayRef; 2]>> {
    let order = |descending| {
        let options = compute::SortOptions { descending, nulls_first: false };
        let first = compute::sort_to_indices(array, Some(options), Some(1))?;
        compute::take(array, &first, None)
    };
    let (least, greatest) = (order(false)?, order(true)?);
    Ok((!least.is_empty() && least.is_valid(0)).then_some([least, greatest]))
}

/// Hashes of rows: equal for equal keys.
fn hashes(columns: &[ArrayRef]) -> datafusion::error::Result<Vec<u64>> {
    let mut hashes = vec![0; columns.first().map_or(0, |column| column.len())];
    create_hashes(columns, &RandomState::with_seed(0), &mut hashes)?;
    Ok(hashes)
}

/// A set that may also say yes to a few that are not in it.
struct KeySet {
    bits: Vec<u64>,
}

impl KeySet {
    fn new(hashes: &[u64]) -> Self {
        let words = (hashes.len() * BITS / 64).next_power_of_two();
        let mut set = Self { bits: vec![0; words] };
        for hash in hashes {
            for (word, bit) in set.places(*hash) {
                set.bits[word] |= bit;
            }
        }
        set
    }

    fn places(&self, hash: u64) -> [(usize, u64); 2] {
        let mask = self.bits.len() - 1;
        [hash, hash.rotate_left(32).wrapping_mul(0x9E37_79B9_7F4A_7C15)]
            .map(|hash| ((hash >> 6) as usize & mask, 1 << (hash & 63)))
    }

    fn contains(&self, columns: &[ArrayRef]) -> std::result::Result<BooleanArray, ArrowError> {
        let hashes = hashes(columns).map_err(|error| ArrowError::ExternalError(Box::new(error)))?;
        let found = |hash: &u64| self.places(*hash).iter().all(|(word, bit)| self.bits[*word] & bit != 0);
        Ok(hashes.iter().map(|hash| Some(found(hash))).collect())
    }
}

/// Equalities of ON between a column of the target and an expression over the source alone, of types whose order is
/// that of the statistics of files.
fn keys(merge: &Merge) -> Vec<Key<'_>> {
    let of_target = |expr: &Expr| merge.target.columns.iter().any(|column| expr.as_column() == Some(column.id));
    let of_source = |expr: &Expr| {
        let columns = expr.columns();
        let known = |id| merge.source_columns.iter().any(|column| column.id == id);
        !columns.is_empty() && columns.into_iter().all(known) && !walk::has_subquery(expr)
    };
    let sides = merge.on.conjuncts().into_iter().filter_map(|part| match &part.kind {
        ExprKind::Compare { op: CompareOp::Equal, left, right } => Some((&**left, &**right)),
        _ => None,
    });
    let both_ways = sides.flat_map(|(left, right)| [(left, right), (right, left)]);
    both_ways
        .filter(|(target, source)| of_target(target) && of_source(source))
        .filter(|(target, source)| target.ty == source.ty && is_ordered(&target.ty))
        .map(|(target, source)| Key { target, source })
        .collect()
}

fn is_ordered(ty: &Type) -> bool {
    match ty {
        Type::TinyInt | Type::SmallInt | Type::Integer | Type::BigInt | Type::Date | Type::Varchar(_) => true,
        Type::Timestamp(precision) => *precision <= 6,
        _ => false,
    }
}

/// Whether reading a source once more costs little beside reading the target: files and what is done row by row.
fn is_cheap(source: &Rel) -> bool {
    match &source.kind {
        RelKind::Scan(_) | RelKind::Values { .. } => true,
        RelKind::Project { input, .. } | RelKind::Filter { input, .. } => is_cheap(input),
        _ => false,
    }
}

/// The query of the keys of the source.
fn key_query(merge: &Merge, keys: &[Key<'_>], made: &mut Made) -> BoundQuery {
    let columns: Vec<(ColumnId, Expr)> = keys.iter().map(|key| (made.fresh(), key.source.clone())).collect();
    let output = |(id, key): &(ColumnId, Expr)| OutputColumn {
        id: *id,
        name: None,
        ty: key.ty.clone(),
        nullable: true,
        brand: None,
        span: Span::default(),
    };
    let outputs = columns.iter().map(output).collect();
    let root = rel(RelKind::Project { input: Box::new(merge.source.clone()), columns });
    BoundQuery { ctes: merge.ctes.clone(), root, columns: outputs }
}

fn compare(op: CompareOp, column: &Expr, value: &Literal) -> Expr {
    let value =
        Expr { kind: ExprKind::Literal(value.clone()), ty: column.ty.clone(), nullable: false, span: column.span };
    boolean(ExprKind::Compare { op, left: Box::new(column.clone()), right: Box::new(value) })
}

fn literal(array: &ArrayRef) -> Result<Literal> {
    constants::literal(array).ok_or_else(|| Fault::internal(format!("{} is no type of a key", array.data_type())))
}
