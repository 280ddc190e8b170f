//! Ctrl-C while statements run, and between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// No statement runs: whoever interrupts wants the program to end.
const IDLE: u8 = 0;
/// A statement runs.
const RUNNING: u8 = 1;
/// It is to stop.
const ASKED: u8 = 2;

/// Whether a person wants what is running to stop. The first Ctrl-C stops a statement, a second one the program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt(Arc<AtomicU8>);

impl Interrupt {
    /// Listens to this process's signals.
    pub fn listen() -> Self {
        let interrupt = Self::default();
        let on_signal = interrupt.clone();
        // A program that listens to signals itself goes on doing so.
        let _ = ctrlc::set_handler(move || {
            if !on_signal.ask() {
                std::process::exit(130);
            }
        });
        interrupt
    }

    /// Asks what is running to stop; false if nothing is, or it was asked before.
    fn ask(&self) -> bool {
        self.0.compare_exchange(RUNNING, ASKED, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// Says that a statement runs, until the answer is dropped.
    pub fn running(&self) -> Running<'_> {
        self.0.store(RUNNING, Ordering::SeqCst);
        Running(self)
    }
}

/// A statement that runs.
pub(crate) struct Running<'a>(&'a Interrupt);

impl Running<'_> {
    /// Whether it is to stop.
    pub fn is_asked(&self) -> bool {
        self.0.0.load(Ordering::SeqCst) == ASKED
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.0.store(IDLE, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_ask_is_the_statements_the_second_the_programs() {
        let interrupt = Interrupt::default();
        assert!(!interrupt.ask());
        let running = interrupt.running();
        assert!(!running.is_asked() && interrupt.ask() && running.is_asked() && !interrupt.ask());
        drop(running);
        assert!(!interrupt.ask() && !interrupt.running().is_asked());
    }
}
