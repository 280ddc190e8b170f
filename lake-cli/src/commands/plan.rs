//! `plan`: what a build would do; runs nothing.

use std::borrow::Cow;
use std::io::{self, Write, stdout};

use lake_core::plan::Plan as Document;
use lake_core::run::session::{NodePlan, RunOptions};
use lake_core::strategy::Decision;
use serde_json::{Value, json};

use super::{Context, chosen};
use crate::Exit;
use crate::args::{Plan, ReportFormat};
use crate::error::Error;

/// Most bytes of a statement that are shown.
const SHOWN: usize = 20_000;

pub fn run(context: &Context<'_>, args: &Plan) -> Result<Exit, Error> {
    let session = context.session()?;
    let chosen = chosen(session.project(), &args.selection)?.into_iter().collect();
    let plans = session.plan(&chosen, &RunOptions::default());
    let mut out = stdout().lock();
    for node in &plans {
        match args.format {
            ReportFormat::Text => text(node, &mut out)?,
            ReportFormat::Json => writeln!(out, "{}", object(node))?,
        }
    }
    Ok(if plans.iter().all(|node| node.decision.is_ok()) { Exit::Success } else { Exit::Failure })
}

fn text(node: &NodePlan, out: &mut dyn Write) -> io::Result<()> {
    match &node.decision {
        Ok(Decision::Unchanged(reason)) => writeln!(out, "{}: unchanged: {reason}", node.model),
        Ok(Decision::Run(plan)) => statements(plan, out),
        Err(error) => {
            writeln!(out, "{}: cannot be planned: {error}", node.model)?;
            error.help().map_or(Ok(()), |help| writeln!(out, "  = help: {help}"))
        }
    }
}

fn statements(plan: &Document, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}: {} because {}", plan.model, plan.kind, plan.reason)?;
    for pin in &plan.pins {
        writeln!(out, "  reads {} ({:?})", pin.id, pin.version)?;
    }
    for input in &plan.files {
        writeln!(out, "  {} new files of {}", input.files.len(), input.source)?;
    }
    for step in &plan.steps {
        match step.sql() {
            Some(sql) => writeln!(out, "-- {}\n{};", step.name, shown(sql.trim()))?,
            None => writeln!(out, "-- {}: the journal records the publication", step.name)?,
        }
    }
    writeln!(out)
}

/// A statement for people: one that carries rows of files is cut in their middle; `--format json` has all of it.
fn shown(sql: &str) -> Cow<'_, str> {
    let keep = |at: usize| (0..=at).rev().find(|at| sql.is_char_boundary(*at)).unwrap_or(0);
    let (head, tail) = (keep(SHOWN / 2), keep(sql.len().saturating_sub(SHOWN / 2)));
    match sql.len() > SHOWN {
        true => format!("{} … {} bytes … {}", &sql[..head], tail - head, &sql[tail..]).into(),
        false => sql.into(),
    }
}

fn object(node: &NodePlan) -> Value {
    let model = node.model.to_string();
    match &node.decision {
        Ok(Decision::Unchanged(reason)) => json!({ "model": model, "decision": "unchanged", "reason": reason }),
        Ok(Decision::Run(plan)) => json!({ "model": model, "decision": "run", "plan": plan }),
        Err(error) => json!({ "model": model, "decision": "error", "message": error.to_string() }),
    }
}
