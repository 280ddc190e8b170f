//! The same on the embedded engine: its tables and the journal are folders, a new process opens them anew.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lake_embedded::{Embedded, EmbeddedConfig};
use lake_model_engine::{Death, Fault};

use crate::lake::{Host, check, check_foreign_row};

/// Every process has an engine of its own.
pub struct InProcess {
    warehouse: PathBuf,
}

impl Host for InProcess {
    type Engine = Embedded;

    fn over(warehouse: &Path) -> Self {
        Self { warehouse: warehouse.to_owned() }
    }

    fn open(&self) -> Embedded {
        let warehouse = self.warehouse.clone();
        Embedded::open(EmbeddedConfig { warehouse, threads: 1, memory_bytes: 64 << 20 }).unwrap()
    }
}

/// Meets every statement with a fault.
fn faults(fault: &Fault) {
    check::<InProcess>(&format!("{fault:?}"), |lake, refresh, models, nth| {
        let engine = Arc::new(lake.engine().schedule(nth, fault.clone()));
        let _ = lake.run(refresh, models, &engine, None);
        !engine.is_fault_pending()
    });
}

/// Dies at every write of the journal.
fn deaths(death: fn(u64) -> Death) {
    check::<InProcess>(&format!("{:?}", death(0)), |lake, refresh, models, nth| {
        lake.run(refresh, models, &Arc::new(lake.engine()), Some(death(nth))).is_none()
    });
}

#[test]
fn death_before_every_statement_of_every_model() {
    faults(&Fault::DieBefore);
}

#[test]
fn death_after_every_statement_of_every_model() {
    faults(&Fault::DieAfter);
}

#[test]
fn the_answer_to_every_statement_of_every_model_is_lost() {
    faults(&Fault::LoseAnswer);
}

#[test]
fn every_statement_of_every_model_is_lost_on_its_way() {
    faults(&Fault::LoseRequest);
}

#[test]
fn every_statement_of_every_model_takes_effect_with_an_error() {
    faults(&Fault::Unclear { took_effect: true });
}

#[test]
fn another_writer_is_first_at_every_statement_of_every_model() {
    faults(&Fault::Conflict);
}

#[test]
fn death_before_every_write_of_the_journal_of_every_model() {
    deaths(Death::Before);
}

#[test]
fn death_after_every_write_of_the_journal_of_every_model() {
    deaths(Death::After);
}

#[test]
fn a_row_of_another_writer_between_any_two_statements_stays() {
    check_foreign_row::<InProcess>();
}
