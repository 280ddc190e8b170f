//! Publications: what readers see, numbered without gaps. Writing one is what makes a load count.

use std::collections::BTreeMap;

use super::store::Created;
use super::{Journal, JournalError};
use crate::plan::FileMark;
use crate::plan::facts::Publication;

/// Every so many publications one repeats the files of all before it, so that few objects must be read.
const REPEAT_EVERY: u64 = 32;

/// Files by source and path.
type Files = BTreeMap<String, BTreeMap<String, FileMark>>;

/// What a model has published so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Published {
    /// The newest publication.
    pub latest: Option<Publication>,
    /// Files of all loads.
    pub consumed: Files,
}

/// Whether a publication was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Released {
    /// Now, or earlier by the same plan.
    Ours,
    /// Its number belongs to another plan.
    Taken {
        /// That plan's run.
        run: String,
    },
}

impl Journal {
    /// The newest publication of a model, and the files that it has loaded.
    pub fn published(&self, model: &str) -> Result<Published, JournalError> {
        let mut published = Published::default();
        let Some(newest) = self.newest(model)? else { return Ok(published) };
        let mut number = newest;
        loop {
            let found = self.publication(model, number)?;
            add(&mut published.consumed, &found.files);
            let repeats = found.files_before.as_ref().map(|files| add(&mut published.consumed, files)).is_some();
            published.latest.get_or_insert(found);
            number -= 1;
            if repeats || number == 0 {
                return Ok(published);
            }
        }
    }

    fn newest(&self, model: &str) -> Result<Option<u64>, JournalError> {
        let names = self.objects.list(&format!("models/{model}/publications"))?;
        Ok(names.last().and_then(|name| name.trim_end_matches(".json").parse().ok()))
    }

    /// The newest publication alone.
    pub fn latest_publication(&self, model: &str) -> Result<Option<Publication>, JournalError> {
        self.newest(model)?.map(|number| self.publication(model, number)).transpose()
    }

    fn publication(&self, model: &str, number: u64) -> Result<Publication, JournalError> {
        let path = path(model, number);
        self.objects.read(&path)?.ok_or_else(|| JournalError::new("read", &path, "a publication is missing"))
    }

    /// Whether this number was published by this plan.
    pub fn is_released(&self, model: &str, number: u64, run: &str, attempt: u32) -> Result<bool, JournalError> {
        let found: Option<Publication> = self.objects.read(&path(model, number))?;
        Ok(found.is_some_and(|p| p.run == run && p.attempt == attempt))
    }

    /// Records a publication under its number, if nobody else has.
    pub fn release(&self, model: &str, mut publication: Publication) -> Result<Released, JournalError> {
        if publication.number.is_multiple_of(REPEAT_EVERY) {
            let before = self.published(model)?.consumed;
            publication.files_before =
                Some(before.into_iter().map(|(source, files)| (source, files.into_values().collect())).collect());
        }
        let path = path(model, publication.number);
        if self.objects.create(&path, &publication)? == Created::Yes {
            return Ok(Released::Ours);
        }
        let there = self.publication(model, publication.number)?;
        if there.run == publication.run && there.attempt == publication.attempt {
            Ok(Released::Ours)
        } else {
            Ok(Released::Taken { run: there.run })
        }
    }
}

fn add(consumed: &mut Files, files: &BTreeMap<String, Vec<FileMark>>) {
    for (source, marks) in files {
        let all = consumed.entry(source.clone()).or_default();
        for mark in marks {
            all.entry(mark.path.clone()).or_insert_with(|| mark.clone());
        }
    }
}

fn path(model: &str, number: u64) -> String {
    format!("models/{model}/publications/{number:08}.json")
}
