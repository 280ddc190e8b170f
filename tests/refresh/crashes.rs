//! Whatever happens to whichever statement or write of the journal, the next runs end in the tables of an undisturbed
//! run, and leave nothing behind.

use lake_model_engine::{Death, Fault};

use crate::{before, state};

/// Faults that leave the runner in doubt, and one that makes it plan anew.
const FAULTS: [Fault; 5] =
    [Fault::DieBefore, Fault::DieAfter, Fault::LoseAnswer, Fault::Unclear { took_effect: false }, Fault::Conflict];

#[test]
fn faults_of_every_statement_of_every_model() {
    for delivery in 0..2 {
        let (start, refresh) = before(delivery);
        let undisturbed = start.fork();
        refresh.settle(&undisturbed);
        let expected = state(&undisturbed);
        for fault in &FAULTS {
            for nth in 1.. {
                let world = start.fork();
                world.engine.schedule(nth, fault.clone());
                let _ = refresh.run(&world, None);
                if world.engine.is_fault_pending() {
                    assert!(nth > 20, "the fault met {nth} statements");
                    break;
                }
                refresh.settle(&world);
                assert_eq!(state(&world), expected, "delivery {delivery}, {fault:?} at statement {nth}");
            }
        }
    }
}

#[test]
fn death_at_every_write_of_the_journal() {
    let (start, refresh) = before(1);
    let undisturbed = start.fork();
    refresh.settle(&undisturbed);
    let expected = state(&undisturbed);
    for death in [Death::Before as fn(u64) -> Death, Death::After] {
        for nth in 1.. {
            let world = start.fork();
            let lived = refresh.run(&world, Some(death(nth))).is_some();
            refresh.settle(&world);
            assert_eq!(state(&world), expected, "{:?}", death(nth));
            if lived {
                assert!(nth > 20, "the journal was written {nth} times");
                break;
            }
        }
    }
}
