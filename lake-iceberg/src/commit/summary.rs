//! The summary of a snapshot: what was added and removed, and the totals after it.

use std::collections::{BTreeMap, HashMap};

use iceberg::spec::{DataContentType, DataFile};

use super::Pending;

#[derive(Default)]
struct Count {
    data_files: u64,
    delete_files: u64,
    records: u64,
    position_deletes: u64,
    equality_deletes: u64,
    bytes: u64,
}

impl Count {
    fn of<'a>(files: impl Iterator<Item = &'a DataFile>) -> Self {
        let mut count = Self::default();
        for file in files {
            count.bytes += file.file_size_in_bytes();
            match file.content_type() {
                DataContentType::Data => {
                    count.data_files += 1;
                    count.records += file.record_count();
                }
                DataContentType::PositionDeletes => {
                    count.delete_files += 1;
                    count.position_deletes += file.record_count();
                }
                DataContentType::EqualityDeletes => {
                    count.delete_files += 1;
                    count.equality_deletes += file.record_count();
                }
            }
        }
        count
    }
}

/// The summary's properties, by the names that the specification gives them.
pub(super) fn properties(
    pending: &Pending,
    dropped: &[DataFile],
    previous: Option<&HashMap<String, String>>,
) -> BTreeMap<String, String> {
    let added = pending.change.added.files.iter().chain(pending.delete_files.iter().map(|delete| &delete.file));
    let added = Count::of(added);
    let gone = Count::of(dropped.iter());
    let mut properties = BTreeMap::new();
    let changes = [
        ("added-data-files", added.data_files),
        ("added-delete-files", added.delete_files),
        ("added-records", added.records),
        ("added-position-deletes", added.position_deletes),
        ("added-files-size", added.bytes),
        ("deleted-data-files", gone.data_files),
        ("removed-delete-files", gone.delete_files),
        ("deleted-records", gone.records),
        ("removed-position-deletes", gone.position_deletes),
        ("removed-equality-deletes", gone.equality_deletes),
        ("removed-files-size", gone.bytes),
    ];
    for (key, value) in changes.into_iter().filter(|(_, value)| *value > 0) {
        properties.insert(key.to_owned(), value.to_string());
    }
    let totals = [
        ("total-data-files", added.data_files, gone.data_files),
        ("total-delete-files", added.delete_files, gone.delete_files),
        ("total-records", added.records, gone.records),
        ("total-position-deletes", added.position_deletes, gone.position_deletes),
        ("total-equality-deletes", added.equality_deletes, gone.equality_deletes),
        ("total-files-size", added.bytes, gone.bytes),
    ];
    for (key, plus, minus) in totals {
        // Another engine's snapshot may lack the totals: they cannot be known then.
        let before = match previous {
            None => Some(0),
            Some(previous) => previous.get(key).and_then(|value| value.parse::<u64>().ok()),
        };
        if let Some(before) = before {
            properties.insert(key.to_owned(), (before + plus).saturating_sub(minus).to_string());
        }
    }
    properties
}
