//! The end of a run: a table for people, JSON for machines.

use std::collections::BTreeMap;
use std::io::{self, Write};

use comfy_table::{CellAlignment, Table, presets};
use lake_core::run::summary::{BadRowsKept, ModelResult, Outcome, RunSummary};

use super::progress::outcome;
use crate::args::ReportFormat;

/// Writes the summary of a run.
///
/// # Errors
/// When the output cannot be written.
pub fn write(summary: &RunSummary, format: ReportFormat, out: &mut dyn Write) -> io::Result<()> {
    match format {
        ReportFormat::Json => writeln!(out, "{}", serde_json::to_string_pretty(summary)?),
        ReportFormat::Text => text(summary, out),
    }
}

fn text(summary: &RunSummary, out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let costs = summary.usage().cost.is_some();
    let header = ["model", "kind", "outcome", "rows", "seconds", "scanned", "cost"];
    let shown = if costs { header.len() } else { header.len() - 2 };
    table.set_header(&header[..shown]);
    for result in &summary.models {
        let cells = [
            result.model.clone(),
            result.kind.clone(),
            outcome(result.outcome).to_owned(),
            result.rows.map_or("-".into(), |rows| rows.to_string()),
            format!("{:.1}", result.seconds),
            result.usage.bytes_scanned.map_or("-".into(), megabytes),
            result.usage.cost.map_or("-".into(), money),
        ];
        table.add_row(&cells[..shown]);
    }
    for position in 3..shown {
        if let Some(column) = table.column_mut(position) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    writeln!(out, "{}", table.trim_fmt())?;
    for result in &summary.models {
        if let Some(BadRowsKept { rows, table }) = &result.bad_rows {
            let are = if *rows == 1 { "row of files does" } else { "rows of files do" };
            writeln!(out, "\n{}: {rows} {are} not fit the declared columns and were kept in {table}", result.model)?;
        }
    }
    // Why a model was skipped is told by the one that it waited for.
    let told = |result: &&ModelResult| !result.outcome.is_good() && result.outcome != Outcome::Skipped;
    let mut failures: Vec<(Vec<&str>, &ModelResult)> = vec![];
    for result in summary.models.iter().filter(told) {
        let same = |one: &&mut (Vec<&str>, &ModelResult)| is_told_like(one.1, result);
        match failures.iter_mut().find(same) {
            Some((models, _)) => models.push(&result.model),
            None => failures.push((vec![&result.model], result)),
        }
    }
    for (models, result) in failures {
        failure(&models.join(", "), result, out)?;
    }
    writeln!(out, "\n{}", totals(summary))?;
    match summary.is_cancelled() {
        true => writeln!(out, "interrupted: `retry` continues from here"),
        false => Ok(()),
    }
}

/// Millions of bytes.
fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// Amounts are small: a statement that reads little costs 0.00005.
fn money(amount: f64) -> String {
    format!("{amount:.5}")
}

/// What keeps several models from running, such as an account that is not set up, is told once.
fn is_told_like(a: &ModelResult, b: &ModelResult) -> bool {
    (a.outcome, &a.message, &a.help) == (b.outcome, &b.message, &b.help)
}

fn failure(models: &str, result: &ModelResult, out: &mut dyn Write) -> io::Result<()> {
    let Some(message) = &result.message else { return Ok(()) };
    writeln!(out, "\n{models} {}: {message}", outcome(result.outcome))?;
    match &result.help {
        Some(help) => writeln!(out, "  = help: {}", help.replace('\n', "\n    ")),
        None => Ok(()),
    }
}

/// `8 models in 3.1 s: 6 published, 2 unchanged (shop 5, finance 3)`
fn totals(summary: &RunSummary) -> String {
    let models = summary.models.len();
    if models > 0 && summary.count(Outcome::Unchanged) == models {
        return format!("nothing new: everything is up to date, nothing was written ({:.1} s)", summary.seconds);
    }
    use Outcome::{Cancelled, Failed, Published, Refused, Skipped, Unchanged};
    let outcomes = [Published, Unchanged, Refused, Failed, Skipped, Cancelled];
    let counts = outcomes.into_iter().filter(|kind| summary.count(*kind) > 0);
    let counts: Vec<String> = counts.map(|kind| format!("{} {}", summary.count(kind), outcome(kind))).collect();
    let mut crates: BTreeMap<&str, usize> = BTreeMap::new();
    for result in &summary.models {
        *crates.entry(&result.krate).or_default() += 1;
    }
    let crates: Vec<String> = crates.into_iter().map(|(name, count)| format!("{name} {count}")).collect();
    let plural = if models == 1 { "" } else { "s" };
    let cost = summary.usage().cost.map_or(String::new(), |cost| format!(", cost {}", money(cost)));
    let (seconds, counts, crates) = (summary.seconds, counts.join(", "), crates.join(", "));
    format!("{models} model{plural} in {seconds:.1} s{cost}: {counts} (crates: {crates})")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use lake_core::run::summary::Usage;

    use super::*;

    fn result(model: &str, outcome: Outcome, rows: Option<u64>) -> ModelResult {
        ModelResult {
            model: model.into(),
            kind: "merge".into(),
            krate: "shop".into(),
            outcome,
            rows,
            bad_rows: None,
            usage: Usage::default(),
            queries: vec![],
            seconds: 1.25,
            message: (!outcome.is_good()).then(|| "2 rows of `rate` are not positive".into()),
            help: (outcome == Outcome::Refused)
                .then(|| "look at the rows:\nselect *\nfrom fx.rates__r1_1_stage".into()),
        }
    }

    fn written(models: Vec<ModelResult>) -> String {
        let (run, target, started_at) = ("r1".into(), "dev".into(), "2026-10-30T00:00:00Z".into());
        let summary = RunSummary { version: 1, run, target, started_at, seconds: 3.0, models };
        let mut out = vec![];
        write(&summary, ReportFormat::Text, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn failures_are_told_once_and_totals_add_up() {
        let models = vec![
            result("fx.rates", Outcome::Refused, None),
            result("fx.months", Outcome::Skipped, None),
            result("fx.history", Outcome::Published, Some(42)),
        ];
        insta::assert_snapshot!(written(models));
    }

    #[test]
    fn what_several_models_fail_for_is_told_once() {
        let failed = |model| ModelResult {
            message: Some("no AWS region is set".into()),
            ..result(model, Outcome::Failed, None)
        };
        insta::assert_snapshot!(written(vec![failed("fx.rates"), failed("fx.history")]));
    }

    #[test]
    fn an_interrupted_run_says_how_to_go_on() {
        insta::assert_snapshot!(written(vec![
            result("fx.rates", Outcome::Published, Some(3)),
            ModelResult {
                message: Some("the run was interrupted".into()),
                ..result("fx.months", Outcome::Cancelled, None)
            },
        ]));
    }

    #[test]
    fn cost_is_shown_where_there_is_a_price() {
        let usage = Usage { bytes_scanned: Some(1_234_567_890), cost: Some(0.00617) };
        let models = vec![
            ModelResult { usage, ..result("fx.rates", Outcome::Published, Some(7)) },
            result("fx.months", Outcome::Unchanged, None),
        ];
        insta::assert_snapshot!(written(models));
    }

    #[test]
    fn nothing_new_is_said() {
        insta::assert_snapshot!(written(vec![result("fx.rates", Outcome::Unchanged, None)]));
    }

    #[test]
    fn bad_rows_are_told() {
        let kept = BadRowsKept { rows: 2, table: "shop.orders_bad_rows".into() };
        let orders = ModelResult { bad_rows: Some(kept), ..result("shop.orders", Outcome::Published, Some(7)) };
        insta::assert_snapshot!(written(vec![orders, result("shop.partners", Outcome::Published, Some(1))]));
    }
}
