//! `check`: what is doubtful in the models' SQL.

use std::io::{IsTerminal as _, Write as _, stdout};

use lake_core::strategy::lints;
use lake_sql::finding::Severity;
use lake_sql::finding::report::{Colour, Source};

use super::{Context, chosen};
use crate::Exit;
use crate::args::{Check, ReportFormat};
use crate::error::Error;

pub fn run(context: &Context<'_>, args: &Check) -> Result<Exit, Error> {
    let project = context.project()?;
    let colour = if stdout().is_terminal() { Colour::Yes } else { Colour::No };
    let mut out = stdout().lock();
    let (mut models, mut errors, mut warnings) = (0, 0, 0);
    for model in chosen(&project, &args.selection)?.iter().filter_map(|id| project.graph.model(id)) {
        models += 1;
        let (file, line, column) = model.query.place;
        let source = Source::new(&model.query.template, file, line as usize, column as usize);
        for finding in lints(&project.graph, model) {
            *(if finding.severity == Severity::Error { &mut errors } else { &mut warnings }) += 1;
            match args.format {
                ReportFormat::Text => writeln!(out, "{}\n", source.terminal(&finding, colour))?,
                ReportFormat::Json => writeln!(out, "{}", source.json(&finding))?,
            }
        }
    }
    if args.format == ReportFormat::Text {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        writeln!(out, "{models} model{}: {warnings} warning{}", plural(models), plural(warnings))?;
    }
    Ok(if errors == 0 { Exit::Success } else { Exit::Failure })
}
