//! Progress while a run goes on: a bar on a terminal, a line an event elsewhere. All of it on standard error.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{DecimalBytes, HumanCount, MultiProgress, ProgressBar, ProgressStyle};
use lake_core::engine;
use lake_core::run::event::Event;
use lake_core::run::summary::{ModelResult, Outcome};

/// Follows the events of a run.
pub struct Progress {
    bars: Option<Bars>,
}

struct Bars {
    all: MultiProgress,
    total: ProgressBar,
    running: BTreeMap<String, ProgressBar>,
}

impl Progress {
    /// Bars if standard error is a terminal, else lines.
    pub fn new() -> Self {
        Self { bars: std::io::stderr().is_terminal().then(Bars::new) }
    }

    /// Shows one event.
    pub fn show(&mut self, event: &Event) {
        if let Some(bars) = &mut self.bars {
            bars.update(event);
        }
        if let Some(line) = line(event, self.bars.is_none()) {
            match &self.bars {
                Some(bars) => bars.all.suspend(|| eprintln!("{line}")),
                None => eprintln!("{line}"),
            }
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Bars {
    fn new() -> Self {
        let all = MultiProgress::new();
        let total = all.add(ProgressBar::new(0));
        total.set_style(style("{bar:30} {pos}/{len} models {elapsed}"));
        Self { all, total, running: BTreeMap::new() }
    }

    fn update(&mut self, event: &Event) {
        match event {
            Event::RunStarted { models, .. } => self.total.set_length(models.len() as u64),
            Event::ModelStarted { model } => {
                let bar = self.all.insert_before(&self.total, ProgressBar::new_spinner());
                bar.set_style(style("{spinner} {prefix} {msg}"));
                bar.set_prefix(model.clone());
                bar.enable_steady_tick(Duration::from_millis(120));
                self.running.insert(model.clone(), bar);
            }
            Event::StepStarted { model, step, index, of } => {
                if let Some(bar) = self.running.get(model) {
                    bar.set_message(format!("{step} ({} of {of})", index + 1));
                }
            }
            Event::StepProgress { model, step, progress } => {
                if let Some(bar) = self.running.get(model) {
                    bar.set_message(format!("{step}: {}", read(progress)));
                }
            }
            Event::ModelFinished(result) => {
                self.total.inc(1);
                if let Some(bar) = self.running.remove(&result.model) {
                    bar.finish_and_clear();
                    self.all.remove(&bar);
                }
            }
            Event::RunFinished(_) => self.total.finish_and_clear(),
            _ => {}
        }
    }
}

/// What a statement has read so far.
fn read(progress: &engine::Progress) -> String {
    let rows = progress.rows.map(|rows| format!("{} rows", HumanCount(rows)));
    let bytes = match (progress.bytes, progress.total_bytes) {
        (Some(bytes), Some(total)) => Some(format!("{} of {}", DecimalBytes(bytes), DecimalBytes(total))),
        (Some(bytes), None) => Some(DecimalBytes(bytes).to_string()),
        (None, _) => None,
    };
    format!("{} read", rows.into_iter().chain(bytes).collect::<Vec<_>>().join(", "))
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is valid")
}

/// The line that an event is worth; with bars, only what must not be missed.
fn line(event: &Event, every: bool) -> Option<String> {
    match event {
        Event::StepRetried { model, step, message, wait } => {
            Some(format!("{model}: {step} will be sent again in {:.1} s: {message}", wait.as_secs_f64()))
        }
        Event::Conflict { model, message, attempt } => {
            Some(format!("{model}: another writer was first, attempt {attempt} follows: {message}"))
        }
        Event::AuditWarned { model, message } => Some(format!("{model}: warning: {message}")),
        Event::WaitingForLease { model, holder } => Some(format!("{model}: waiting for run {holder}, which writes it")),
        Event::ModelResumed { model, run } => Some(format!("{model}: finishing what run {run} began")),
        Event::Cancelling => Some("stopping: waiting for running statements to end".into()),
        Event::ModelFinished(result) if every => Some(finished(result)),
        _ => None,
    }
}

fn finished(result: &ModelResult) -> String {
    let rows = result.rows.map_or(String::new(), |rows| format!(", {rows} row{}", if rows == 1 { "" } else { "s" }));
    format!("{}: {}{rows}, {:.1} s", result.model, outcome(result.outcome), result.seconds)
}

/// An outcome in a word.
pub fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Published => "published",
        Outcome::Unchanged => "unchanged",
        Outcome::Refused => "refused",
        Outcome::Failed => "failed",
        Outcome::Skipped => "skipped",
        Outcome::Cancelled => "cancelled",
    }
}
