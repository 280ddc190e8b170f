//! `sql`: a model's query as plain SQL.

use std::io::{Write as _, stdout};

use super::{Context, chosen};
use crate::Exit;
use crate::args::{Selection, Sql};
use crate::error::Error;

pub fn run(context: &Context<'_>, args: &Sql) -> Result<Exit, Error> {
    let session = context.session()?;
    let selection = Selection { models: vec![args.model.clone()], exclude: vec![] };
    let ids = chosen(session.project(), &selection)?;
    if ids.is_empty() {
        return Err(Error::usage(format!("`{}` is a source: it has no query", args.model))
            .help(format!("for the models that read it: `sql {}+`", args.model)));
    }
    for id in ids {
        let model = session.project().graph.model(&id).expect("chosen models are in the graph");
        let sql = session.sql(model).map_err(|error| {
            let help = error.help();
            let failure = Error::failure(error.to_string());
            match help {
                Some(help) => failure.help(help),
                None => failure,
            }
        })?;
        writeln!(stdout(), "{}", sql.trim())?;
    }
    Ok(Exit::Success)
}
