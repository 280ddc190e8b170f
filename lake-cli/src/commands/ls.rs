//! `ls`: what is declared.

use std::io::{Write as _, stdout};

use comfy_table::{Table, presets};
use lake_core::model::spec::{Id, ModelSpec};
use lake_core::project::Project;
use lake_core::strategy::kind_name;
use serde_json::{Value, json};

use super::{Context, chosen};
use crate::Exit;
use crate::args::{Ls, ReportFormat};
use crate::error::Error;

pub fn run(context: &Context<'_>, args: &Ls) -> Result<Exit, Error> {
    let project = context.project()?;
    let chosen = chosen(&project, &args.selection)?;
    let models: Vec<&ModelSpec> = chosen.iter().filter_map(|id| project.graph.model(id)).collect();
    match args.format {
        ReportFormat::Text => text(&project, &models)?,
        ReportFormat::Json => {
            for model in models {
                writeln!(stdout(), "{}", object(&project, model))?;
            }
        }
    }
    Ok(Exit::Success)
}

fn text(project: &Project, models: &[&ModelSpec]) -> Result<(), Error> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["model", "kind", "reads", "tags", "declared at"]);
    for model in models {
        table.add_row([
            model.id.to_string(),
            kind_name(&model.kind).to_owned(),
            reads(project, &model.id).join(" "),
            model.tags.join(" "),
            format!("{}:{}", model.place.0, model.place.1),
        ]);
    }
    writeln!(stdout(), "{}", table.trim_fmt())?;
    Ok(())
}

fn object(project: &Project, model: &ModelSpec) -> Value {
    let columns = model.columns.iter().map(|column| {
        json!({
            "name": column.name, "type": column.ty.to_string(), "nullable": column.nullable,
            "description": column.description,
        })
    });
    json!({
        "model": model.id.to_string(),
        "kind": kind_name(&model.kind),
        "reads": reads(project, &model.id),
        "tags": model.tags,
        "owner": model.owner,
        "description": model.description,
        "columns": columns.collect::<Vec<_>>(),
        "crate": model.krate,
        "file": model.place.0,
        "line": model.place.1,
    })
}

fn reads(project: &Project, id: &Id) -> Vec<String> {
    project.graph.upstreams(id).iter().map(ToString::to_string).collect()
}
