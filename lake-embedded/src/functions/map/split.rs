//! Maps that collect: from texts, from entries whose keys may repeat, from elements that are counted.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringArray};
use arrow::datatypes::DataType;

use super::super::array::{Classes, Lists, element, span};
use super::super::columns::{Reader, Text};
use super::{Maps, null_key};
use crate::error::{Fault, Result};
use crate::eval::{Args, Kernel};
use crate::functions::compare::null_at;

pub(super) fn find(name: &str, arguments: usize) -> Option<Kernel> {
    Some(match (name, arguments) {
        ("split_to_map", 3) => split_to_map,
        ("split_to_multimap", 3) => split_to_multimap,
        ("multimap_from_entries", 1) => multimap_from_entries,
        ("array_histogram", 1) => array_histogram,
        _ => return None,
    })
}

/// The pairs of one text; None of null.
type Pairs = Option<Vec<(String, String)>>;

/// The pairs of each row; None for null.
fn pairs(args: &Args<'_>, quote: &str) -> Result<Vec<Pairs>> {
    let [text, entry, pair] = [0, 1, 2].map(|argument| Reader::<Text>::new(&args.values[argument]));
    let (text, entry, pair) = (text?, entry?, pair?);
    let row = |row| match (text.get(row), entry.get(row), pair.get(row)) {
        (Some(text), Some(entry), Some(pair)) => split(text, entry, pair, quote).map(Some),
        _ => Ok(None),
    };
    (0..args.rows).map(row).collect()
}

fn split(text: &str, entry: &str, pair: &str, quote: &str) -> Result<Vec<(String, String)>> {
    let problem = match (entry, pair) {
        ("", _) => Some("entryDelimiter is empty"),
        (_, "") => Some("keyValueDelimiter is empty"),
        (entry, pair) if entry == pair => Some("entryDelimiter and keyValueDelimiter must not be the same"),
        _ => None,
    };
    if let Some(problem) = problem {
        return Err(Fault::data(problem));
    }
    let mut pieces: Vec<&str> = text.split(entry).collect();
    // Nothing behind the last delimiter is no entry.
    pieces.pop_if(|last| last.is_empty());
    let read = |piece: &str| {
        let pair = piece.split_once(pair).filter(|(_, value)| !value.contains(pair));
        pair.map(|(key, value)| (key.to_owned(), value.to_owned())).ok_or_else(|| {
            Fault::data(format!(
                "Key-value delimiter must appear exactly once in each entry. Bad input: {quote}{piece}{quote}"
            ))
        })
    };
    pieces.into_iter().map(read).collect()
}

fn split_to_map(args: &Args<'_>) -> Result<ArrayRef> {
    let mut maps = Maps::new(args.rows);
    let (mut keys, mut values) = (vec![], vec![]);
    for pairs in pairs(args, "'")? {
        let Some(pairs) = pairs else {
            maps.push_null();
            continue;
        };
        let start = keys.len();
        for (key, value) in pairs {
            if keys[start..].contains(&key) {
                return Err(Fault::data(format!("Duplicate keys ({key}) are not allowed")));
            }
            keys.push(key);
            values.push(value);
        }
        maps.push(&(start..keys.len()).map(|at| ((0, at), (0, at))).collect::<Vec<_>>());
    }
    let [keys, values] = [keys, values].map(|texts| Arc::new(StringArray::from(texts)) as ArrayRef);
    maps.finish(&[&keys], &[&values], args.out)
}

fn split_to_multimap(args: &Args<'_>) -> Result<ArrayRef> {
    let (mut keys, mut values) = (vec![], vec![]);
    let mut ranges = vec![];
    for pairs in pairs(args, "")? {
        ranges.push(pairs.map(|pairs| {
            let start = keys.len();
            for (key, value) in pairs {
                keys.push(key);
                values.push(value);
            }
            start..keys.len()
        }));
    }
    let [keys, values] = [keys, values].map(|texts| Arc::new(StringArray::from(texts)) as ArrayRef);
    let class: HashMap<&str, u32> = keys.as_string::<i32>().iter().flatten().zip(0..).collect();
    gathered(args, &ranges, &keys, &values, |at| class[keys.as_string::<i32>().value(at)])
}

fn multimap_from_entries(args: &Args<'_>) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let entries = list.values().as_struct();
    let (keys, values) = (entries.column(0), entries.column(1));
    let ranges: Vec<_> = (0..args.rows).map(|row| span(list, row)).collect();
    for at in ranges.iter().flatten().cloned().flatten() {
        if entries.is_null(at) {
            return Err(Fault::data("map entry cannot be null"));
        }
        if null_at(keys, at) {
            return Err(null_key());
        }
    }
    let classes = Classes::new(&[keys], super::key_type(args.ty)?)?;
    gathered(args, &ranges, keys, values, |at| classes.of(0, at))
}

/// Maps from each key to an array of its values, both in order of first appearance.
fn gathered(
    args: &Args<'_>,
    ranges: &[Option<std::ops::Range<usize>>],
    keys: &ArrayRef,
    values: &ArrayRef,
    class: impl Fn(usize) -> u32,
) -> Result<ArrayRef> {
    let mut maps = Maps::new(args.rows);
    let mut lists = Lists::new(args.rows);
    let mut made = 0;
    for range in ranges {
        let Some(range) = range else {
            maps.push_null();
            continue;
        };
        let mut groups: Vec<Vec<usize>> = vec![];
        let mut group_of = HashMap::new();
        for at in range.clone() {
            let group = *group_of.entry(class(at)).or_insert_with(|| {
                groups.push(vec![]);
                groups.len() - 1
            });
            groups[group].push(at);
        }
        let entries: Vec<_> = groups.iter().enumerate().map(|(group, at)| ((0, at[0]), (0, made + group))).collect();
        maps.push(&entries);
        made += groups.len();
        groups.into_iter().for_each(|group| lists.push(group.into_iter().map(|at| (0, at))));
    }
    let lists = lists.finish(&[values], value_type(args.out)?)?;
    maps.finish(&[keys], &[&lists], args.out)
}

fn value_type(map: &DataType) -> Result<&DataType> {
    match map {
        DataType::Map(entry, _) => match entry.data_type() {
            DataType::Struct(fields) => Ok(fields[1].data_type()),
            other => Err(Fault::internal(format!("entries of {other}"))),
        },
        other => Err(Fault::internal(format!("a map became {other}"))),
    }
}

/// How often each element occurs; nulls are left out.
fn array_histogram(args: &Args<'_>) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let elements = list.values();
    let classes = Classes::new(&[elements], element(&args.types[0])?)?;
    let mut maps = Maps::new(args.rows);
    let nulls = elements.logical_nulls();
    let mut counts: Vec<i64> = vec![];
    for row in 0..args.rows {
        let Some(span) = span(list, row) else {
            maps.push_null();
            continue;
        };
        let mut entries = vec![];
        let mut entry_of = HashMap::new();
        for at in span.filter(|at| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(*at))) {
            let entry = *entry_of.entry(classes.of(0, at)).or_insert_with(|| {
                counts.push(0);
                entries.push(((0, at), (0, counts.len() - 1)));
                counts.len() - 1
            });
            counts[entry] += 1;
        }
        maps.push(&entries);
    }
    let counts: ArrayRef = Arc::new(Int64Array::from(counts));
    maps.finish(&[elements], &[&counts], args.out)
}
