//! Plans, outcomes, publications, leases and results of runs, in an object store with conditional creation.
//!
//! ```text
//! models/fx.rates/open/plan.json                    the plan that is being worked on; created, so there is one
//! models/fx.rates/open/<run>-<attempt>.0001.json    outcomes so far, in groups
//! models/fx.rates/plans/<run>-<attempt>.json        a plan that has ended, with its outcomes and its end
//! models/fx.rates/publications/00000012.json        what readers see; each number is created once
//! models/fx.rates/kept/<run>-<attempt>.json         tables that an audit refused, kept for inspection
//! models/fx.rates/lease/00000007.json               who works on the model, and until when
//! runs/<run>.json                                   results of a run
//! ```
//!
//! What a model costs in writes: lease, plan, one group of outcomes before its apply, publication, ended plan: five,
//! and the lease once more for every third of its duration that the model takes. A model with nothing new costs none.
//! A run costs two: it is on record as interrupted until it has ended.

mod lease;
mod publications;
mod store;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use serde::{Deserialize, Serialize};

pub use lease::{Holder, Lease, LeaseOutcome};
pub use publications::{Published, Released};
pub use store::JournalError;
use store::{Created, Objects};

use crate::engine::PhysicalName;
use crate::plan::next::Outcomes;
use crate::plan::{FailedCheck, Plan, Version};
use crate::run::summary::RunSummary;

/// Snapshots of tables that must stay.
pub type Pins = BTreeMap<PhysicalName, BTreeSet<i64>>;

/// The journal of a target.
pub struct Journal {
    objects: Objects,
}

/// A plan without an end, and what came of it so far.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenPlan {
    /// The plan.
    pub plan: Plan,
    /// Outcomes that were recorded.
    pub outcomes: Outcomes,
    /// Number of groups of outcomes.
    pub groups: usize,
}

/// A plan that has ended, as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndedPlan {
    /// The plan.
    pub plan: Plan,
    /// All outcomes that are known.
    pub outcomes: Outcomes,
    /// How it ended.
    pub end: End,
}

/// How a plan ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Every step took effect.
    Done,
    /// Audits refused it; these tables are kept for inspection.
    Refused {
        /// What they found.
        checks: Vec<FailedCheck>,
        /// Tables to look at.
        kept: Vec<PhysicalName>,
    },
    /// Another writer was first; the model is planned anew.
    Superseded,
    /// A statement failed, and everything was undone.
    RolledBack {
        /// The engine's words.
        message: String,
    },
}

impl Journal {
    /// A journal in a folder, which is made if it is not there.
    pub fn folder(path: &Path) -> Result<Self, JournalError> {
        let shown = path.display().to_string();
        std::fs::create_dir_all(path).map_err(|e| JournalError::new("open", &shown, e))?;
        let store = LocalFileSystem::new_with_prefix(path).map_err(|e| JournalError::new("open", &shown, e))?;
        Self::new(Arc::new(store))
    }

    /// A journal in any object store that can create conditionally.
    pub fn new(store: Arc<dyn ObjectStore>) -> Result<Self, JournalError> {
        Ok(Self { objects: Objects::new(store)? })
    }

    /// Number of objects that were written through this value.
    pub fn writes(&self) -> u64 {
        self.objects.writes()
    }

    /// The plan of a model that has no end yet.
    pub fn open_plan(&self, model: &str) -> Result<Option<OpenPlan>, JournalError> {
        let Some(plan) = self.objects.read::<Plan>(&open_path(model))? else { return Ok(None) };
        if let Some(ended) = self.objects.read::<EndedPlan>(&ended_path(&plan))? {
            self.clear(&ended.plan)?;
            return Ok(None);
        }
        let mut outcomes = Outcomes::new();
        let groups = self.groups(&plan)?;
        for name in &groups {
            let group = self.objects.read::<Outcomes>(&format!("models/{model}/open/{name}"))?;
            outcomes.extend(group.unwrap_or_default());
        }
        Ok(Some(OpenPlan { plan, outcomes, groups: groups.len() }))
    }

    /// The snapshots that plans without an end read, by table: a plan that is taken up again reads them again.
    pub fn pins(&self) -> Result<Pins, JournalError> {
        let mut pins = Pins::new();
        for model in self.objects.folders("models")? {
            let Some(plan) = self.objects.read::<Plan>(&open_path(&model))? else { continue };
            if self.objects.read::<EndedPlan>(&ended_path(&plan))?.is_some() {
                continue;
            }
            for pin in plan.pins {
                if let Version::Snapshot(snapshot) = pin.version {
                    pins.entry(pin.relation).or_default().insert(snapshot);
                }
            }
        }
        Ok(pins)
    }

    /// Writes a plan before anything of it runs. False if another plan of the model is open.
    pub fn begin(&self, plan: &Plan) -> Result<bool, JournalError> {
        Ok(self.objects.create(&open_path(&plan.model), plan)? == Created::Yes)
    }

    /// Writes the n-th group of outcomes, from 1.
    pub fn record(&self, plan: &Plan, group: usize, outcomes: &Outcomes) -> Result<(), JournalError> {
        self.objects.write(&format!("models/{}/open/{}.{group:04}.json", plan.model, plan.key()), outcomes)
    }

    /// Closes a plan.
    pub fn end(&self, plan: &Plan, outcomes: &Outcomes, end: End) -> Result<(), JournalError> {
        let kept = match &end {
            End::Refused { kept, .. } => kept.clone(),
            End::Done | End::Superseded | End::RolledBack { .. } => vec![],
        };
        self.end_leaving(plan, outcomes, end, &kept)
    }

    /// Closes a plan whose tables are still there; the next plan of the model drops them.
    pub fn end_leaving(
        &self,
        plan: &Plan,
        outcomes: &Outcomes,
        end: End,
        left: &[PhysicalName],
    ) -> Result<(), JournalError> {
        if !left.is_empty() {
            self.objects.write(&format!("models/{}/kept/{}.json", plan.model, plan.key()), &left)?;
        }
        let ended = EndedPlan { plan: plan.clone(), outcomes: outcomes.clone(), end };
        self.objects.write(&ended_path(plan), &ended)?;
        self.clear(plan)
    }

    /// Takes away what an open plan consists of, the plan last.
    fn clear(&self, plan: &Plan) -> Result<(), JournalError> {
        for name in self.groups(plan)? {
            self.objects.delete(&format!("models/{}/open/{name}", plan.model))?;
        }
        self.objects.delete(&open_path(&plan.model))
    }

    fn groups(&self, plan: &Plan) -> Result<Vec<String>, JournalError> {
        let mut names = self.objects.list(&format!("models/{}/open", plan.model))?;
        names.retain(|name| name.starts_with(&format!("{}.", plan.key())));
        Ok(names)
    }

    /// Tables that audits refused and that are still there, by the key of their plan.
    pub fn kept(&self, model: &str) -> Result<BTreeMap<String, Vec<PhysicalName>>, JournalError> {
        let folder = format!("models/{model}/kept");
        let mut kept = BTreeMap::new();
        for name in self.objects.list(&folder)? {
            let tables = self.objects.read(&format!("{folder}/{name}"))?.unwrap_or_default();
            kept.insert(name.trim_end_matches(".json").to_owned(), tables);
        }
        Ok(kept)
    }

    /// Forgets kept tables after they were dropped.
    pub fn forget_kept(&self, model: &str, key: &str) -> Result<(), JournalError> {
        self.objects.delete(&format!("models/{model}/kept/{key}.json"))
    }

    /// A plan that has ended.
    pub fn ended_plan(&self, model: &str, key: &str) -> Result<Option<EndedPlan>, JournalError> {
        self.objects.read(&format!("models/{model}/plans/{key}.json"))
    }

    /// Keeps the results of a run.
    pub fn write_run(&self, summary: &RunSummary) -> Result<(), JournalError> {
        self.objects.write(&format!("runs/{}.json", summary.run), summary)
    }

    /// Results of the newest run; ids of runs begin with their time.
    pub fn last_run(&self) -> Result<Option<RunSummary>, JournalError> {
        match self.objects.list("runs")?.last() {
            Some(name) => self.objects.read(&format!("runs/{name}")),
            None => Ok(None),
        }
    }
}

fn open_path(model: &str) -> String {
    format!("models/{model}/open/plan.json")
}

fn ended_path(plan: &Plan) -> String {
    format!("models/{}/plans/{}.json", plan.model, plan.key())
}
