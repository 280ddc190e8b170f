//! Leases: who works on a model. They keep two runs from doing the same work; what keeps data right are the fences of
//! the plan, because a runner that slept may wake after its lease has passed on.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::store::Created;
use super::{Journal, JournalError};

/// A process that holds leases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The run.
    pub run: String,
    /// The machine.
    pub host: String,
    /// The process.
    pub process: u32,
}

#[derive(Serialize, Deserialize)]
struct Document {
    holder: Holder,
    /// RFC 3339.
    until: String,
}

impl Document {
    fn new(holder: &Holder, until: DateTime<Utc>) -> Self {
        Self { holder: holder.clone(), until: until.to_rfc3339() }
    }

    /// A time that cannot be read has passed.
    fn until(&self) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(&self.until).map_or(DateTime::UNIX_EPOCH, |until| until.to_utc())
    }
}

/// A lease that we hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    model: String,
    number: u64,
    holder: Holder,
    until: DateTime<Utc>,
}

/// What came of asking for a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeaseOutcome {
    /// It is ours.
    Held(Lease),
    /// Another process has it.
    Taken {
        /// Who.
        holder: Holder,
        /// Until when, unless it is renewed.
        until: DateTime<Utc>,
    },
}

impl Lease {
    /// When it ends, unless it is renewed.
    pub fn until(&self) -> DateTime<Utc> {
        self.until
    }
}

impl Journal {
    /// Takes the lease of a model if it is free, has passed, or belongs to a process of which `is_gone` is true.
    pub fn acquire(
        &self,
        model: &str,
        holder: &Holder,
        now: DateTime<Utc>,
        duration: TimeDelta,
        is_gone: impl Fn(&Holder) -> bool,
    ) -> Result<LeaseOutcome, JournalError> {
        let numbers = self.numbers(model)?;
        let last = numbers.last().copied().unwrap_or(0);
        if let Some(document) = self.objects.read::<Document>(&path(model, last))?
            && document.until() > now
            && !is_gone(&document.holder)
        {
            return Ok(LeaseOutcome::Taken { until: document.until(), holder: document.holder });
        }
        let lease = Lease { model: model.into(), number: last + 1, holder: holder.clone(), until: now + duration };
        let document = Document::new(holder, lease.until);
        if self.objects.create(&path(model, lease.number), &document)? == Created::Exists {
            let there = self.objects.read::<Document>(&path(model, lease.number))?;
            let (holder, until) = there.map_or((holder.clone(), now), |d| (d.holder.clone(), d.until()));
            return Ok(LeaseOutcome::Taken { holder, until });
        }
        for old in numbers {
            self.objects.delete(&path(model, old))?;
        }
        Ok(LeaseOutcome::Held(lease))
    }

    /// Makes a lease last longer. False if another process has taken it meanwhile.
    pub fn renew(&self, lease: &mut Lease, now: DateTime<Utc>, duration: TimeDelta) -> Result<bool, JournalError> {
        if self.numbers(&lease.model)?.last() != Some(&lease.number) {
            return Ok(false);
        }
        let path = path(&lease.model, lease.number);
        if self.objects.read::<Document>(&path)?.is_none_or(|there| there.holder != lease.holder) {
            return Ok(false);
        }
        lease.until = now + duration;
        self.objects.write(&path, &Document::new(&lease.holder, lease.until))?;
        Ok(true)
    }

    /// Gives a lease back.
    pub fn give_back(&self, lease: &Lease) -> Result<(), JournalError> {
        self.objects.delete(&path(&lease.model, lease.number))
    }

    fn numbers(&self, model: &str) -> Result<Vec<u64>, JournalError> {
        let names = self.objects.list(&format!("models/{model}/lease"))?;
        Ok(names.iter().filter_map(|name| name.trim_end_matches(".json").parse().ok()).collect())
    }
}

fn path(model: &str, number: u64) -> String {
    format!("models/{model}/lease/{number:08}.json")
}
