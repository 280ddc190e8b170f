//! What Glue does not tell of Iceberg tables: their current snapshot, and whether timestamps have a time zone.
//!
//! Both are asked by one statement for all tables whose metadata file is another one than the last time. The metadata
//! files themselves would tell too, but reading them needs S3's client and rights on the tables' files, while `"t$refs"`
//! is read with the rights that the guards of merges need anyway.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use arrow::array::{Array, AsArray};
use lake_core::engine::{Described, EngineError, ErrorKind, PhysicalName, Rows};
use lake_sql::render::dialect::Dialect;
use lake_sql::types::Type;

use crate::catalog::{Entry, entries};
use crate::engine::Athena;
use crate::error::plain;
use crate::hive;

/// Most tables of one statement.
const BATCH: usize = 40;

/// How often to begin anew when tables change or go while they are looked at.
const TRIES: usize = 5;

/// Tables by the metadata file that was current.
pub(crate) type Known = Mutex<BTreeMap<(PhysicalName, String), Told>>;

/// What a table said of itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Told {
    snapshot: Option<i64>,
    /// Types of the columns that Glue is vague about, in order.
    types: Vec<Type>,
}

/// Tables and views, in the order asked.
pub(crate) fn describe(
    athena: &Athena,
    known: &Known,
    tables: &[PhysicalName],
) -> Result<Vec<Option<Described>>, EngineError> {
    let lower =
        |name: &PhysicalName| PhysicalName { schema: name.schema.to_lowercase(), table: name.table.to_lowercase() };
    let names: Vec<PhysicalName> = tables.iter().map(lower).collect();
    let mut tries = 0;
    let found = loop {
        tries += 1;
        let found = athena.wait(entries(&athena.link, &names))?;
        match ask_missing(athena, known, &found) {
            Ok(true) => break found,
            // Asked just now: only an unchanged catalog proves that the answers belong to it.
            Ok(false) => {}
            Err(error) if error.kind == ErrorKind::Statement && tries < TRIES => {}
            Err(error) => return Err(error),
        }
        if tries >= TRIES {
            return Err(plain(ErrorKind::Unavailable, "the tables kept changing while they were looked at"));
        }
    };
    let known = known.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(names.iter().map(|name| found.get(name).map(|entry| complete(name, entry, &known))).collect())
}

/// Asks for what is not known of these tables. True if everything was known already.
fn ask_missing(athena: &Athena, known: &Known, found: &BTreeMap<PhysicalName, Entry>) -> Result<bool, EngineError> {
    let missing: Vec<(&PhysicalName, &Entry, &String)> = {
        let known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let tables = found.iter().filter_map(|(name, entry)| Some((name, entry, entry.metadata.as_ref()?)));
        tables.filter(|(name, _, file)| !known.contains_key(&((*name).clone(), (*file).clone()))).collect()
    };
    for batch in missing.chunks(BATCH) {
        let rows = athena.read(question(batch))?;
        let told = answers(&rows)?;
        // What was told may already be newer than the file. It is kept under the file only if that is still current.
        let names: Vec<PhysicalName> = batch.iter().map(|(name, ..)| (*name).clone()).collect();
        let now = athena.wait(entries(&athena.link, &names))?;
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        for (n, (name, _, file)) in batch.iter().enumerate() {
            let same = now.get(*name).and_then(|entry| entry.metadata.as_ref()) == Some(*file);
            if let Some(told) = told.get(&n).filter(|_| same) {
                known.retain(|(other, _), _| other != *name);
                known.insert(((*name).clone(), (*file).clone()), told.clone());
            }
        }
    }
    if missing.is_empty() {
        return Ok(true);
    }
    let known = known.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(missing.iter().all(|(name, _, file)| known.contains_key(&((*name).clone(), (*file).clone()))))
}

fn vague(entry: &Entry) -> impl Iterator<Item = &String> {
    entry.described.columns.iter().filter(|(_, ty, _)| hive::is_vague(ty)).map(|(name, ..)| name)
}

/// One row per table: its position, its snapshot, the types of its vague columns. No row of any table is read.
fn question(tables: &[(&PhysicalName, &Entry, &String)]) -> String {
    let one = |(n, (name, entry, _)): (usize, &(&PhysicalName, &Entry, &String))| {
        let dialect = &Dialect::ATHENA;
        let refs = dialect.table(&name.schema, &format!("{}$refs", name.table));
        let snapshot = format!("(select max(snapshot_id) from {refs} where name = 'main')");
        let types: Vec<String> = vague(entry).map(|column| format!("typeof(max({}))", dialect.ident(column))).collect();
        match types.as_slice() {
            [] => format!("select {n} as n, {snapshot} as snapshot, '' as types"),
            types => {
                let types = types.join(" || '|' || ");
                let table = dialect.table(&name.schema, &name.table);
                format!(
                    "select {n} as n, {snapshot} as snapshot, t.types from (select {types} as types from {table} where false) t"
                )
            }
        }
    };
    tables.iter().enumerate().map(one).collect::<Vec<_>>().join("\nunion all\n")
}

fn answers(rows: &Rows) -> Result<BTreeMap<usize, Told>, EngineError> {
    let wrong = |what: &str| plain(ErrorKind::Internal, format!("a look at tables gave {what}"));
    let mut told = BTreeMap::new();
    for batch in &rows.batches {
        let [numbers, snapshots, types] = batch.columns() else { return Err(wrong("other columns than asked for")) };
        for row in 0..batch.num_rows() {
            let number = numbers.as_primitive_opt::<arrow::datatypes::Int32Type>().map(|array| array.value(row));
            let number = number.and_then(|n| usize::try_from(n).ok()).ok_or_else(|| wrong("no position"))?;
            let snapshots = snapshots.as_primitive_opt::<arrow::datatypes::Int64Type>();
            let snapshots = snapshots.ok_or_else(|| wrong("no snapshots"))?;
            let types = types.as_string_opt::<i32>().ok_or_else(|| wrong("no types"))?.value(row);
            let types = types.split('|').filter(|text| !text.is_empty());
            let types = types.map(|text| text.parse().unwrap_or_else(|_| Type::Opaque(text.to_owned()))).collect();
            let snapshot = snapshots.is_valid(row).then(|| snapshots.value(row));
            told.insert(number, Told { snapshot, types });
        }
    }
    Ok(told)
}

/// Glue's entry with what the table said.
fn complete(name: &PhysicalName, entry: &Entry, known: &BTreeMap<(PhysicalName, String), Told>) -> Described {
    let mut described = entry.described.clone();
    let Some(told) = entry.metadata.as_ref().and_then(|file| known.get(&(name.clone(), file.clone()))) else {
        return described;
    };
    described.snapshot = told.snapshot;
    let vague = described.columns.iter_mut().filter(|(_, ty, _)| hive::is_vague(ty));
    for ((_, ty, _), told) in vague.zip(&told.types) {
        ty.clone_from(told);
    }
    described
}
