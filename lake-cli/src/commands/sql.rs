//! `sql`: a model's query as plain SQL.

use std::io::{Write as _, stdout};

use super::{Context, chosen};
use crate::Exit;
use crate::args::{Selection, Sql};
use crate::error::Error;

pub fn run(context: &Context<'_>, args: &Sql) -> Result<Exit, Error> {
    let session = context.session()?;
    let selection = Selection { models: vec![args.model.clone()], exclude: vec![] };
    for id in chosen(session.project(), &selection)? {
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
