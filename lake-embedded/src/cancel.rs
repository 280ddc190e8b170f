//! Stopping a statement while it reads; a commit that has begun is finished.

use std::future::Future;

use tokio::sync::watch;

/// The end of a statement that was asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cancelled;

/// Asks a statement to stop, and tells it that it was asked.
#[derive(Clone, Debug)]
pub(crate) struct Cancel {
    asked: watch::Sender<bool>,
}

impl Cancel {
    pub fn new() -> Self {
        Self { asked: watch::Sender::new(false) }
    }

    /// Asks.
    pub fn ask(&self) {
        self.asked.send_replace(true);
    }

    /// Runs something that may be dropped at any point.
    pub async fn unless_asked<T>(&self, work: impl Future<Output = T>) -> Result<T, Cancelled> {
        let mut asked = self.asked.subscribe();
        tokio::select! {
            biased;
            _ = asked.wait_for(|asked| *asked) => Err(Cancelled),
            value = work => Ok(value),
        }
    }
}
