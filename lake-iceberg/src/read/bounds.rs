//! What manifests say of the values of columns, for the order of joins.

use std::collections::{BTreeMap, BTreeSet};

use iceberg::scan::FileScanTask;
use iceberg::spec::Datum;

use super::Scan;
use crate::commit::manifests::Contents;
use crate::error::Result;

/// The values of a column in the files of a scan. Rows that were deleted since count as well.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bounds {
    /// Rows in which it is null; None if a file does not say.
    pub nulls: Option<u64>,
    /// No value is less; None if a file does not say.
    pub least: Option<Datum>,
    /// No value is greater; None if a file does not say.
    pub greatest: Option<Datum>,
}

impl Scan<'_> {
    /// The bounds of the columns, by field id, in planned files. A column that no file speaks of is left out.
    pub async fn bounds(&self, tasks: &[FileScanTask]) -> Result<BTreeMap<i32, Bounds>> {
        let snapshot = match self.snapshot {
            Some(id) => Some(self.known_snapshot(id)?),
            None => self.table.snapshot(),
        };
        let Some(snapshot) = snapshot else { return Ok(BTreeMap::new()) };
        let contents = Contents::load_snapshot(&self.table.inner, snapshot).await?;
        let planned: BTreeSet<&str> = tasks.iter().map(|task| task.data_file_path.as_str()).collect();
        let files = planned.iter().filter_map(|path| contents.data_file(path)).map(|live| live.file());
        let mut found: Option<BTreeMap<i32, Bounds>> = None;
        for file in files {
            let here = file.lower_bounds().iter().filter_map(|(id, least)| {
                let greatest = file.upper_bounds().get(id)?.clone();
                let nulls = file.null_value_counts().get(id).copied();
                Some((*id, Bounds { nulls, least: Some(least.clone()), greatest: Some(greatest) }))
            });
            let here: BTreeMap<i32, Bounds> = here.collect();
            found = Some(match found {
                None => here,
                Some(before) => before.into_iter().filter_map(|(id, b)| Some((id, b.with(here.get(&id)?)))).collect(),
            });
        }
        Ok(found.unwrap_or_default())
    }
}

impl Bounds {
    fn with(self, other: &Bounds) -> Self {
        let pick = |a: Option<Datum>, b: &Option<Datum>, wanted| {
            let (a, b) = (a?, b.clone()?);
            let order = a.partial_cmp(&b)?;
            Some(if order == wanted { a } else { b })
        };
        Self {
            nulls: self.nulls.zip(other.nulls).map(|(a, b)| a + b),
            least: pick(self.least, &other.least, std::cmp::Ordering::Less),
            greatest: pick(self.greatest, &other.greatest, std::cmp::Ordering::Greater),
        }
    }
}
