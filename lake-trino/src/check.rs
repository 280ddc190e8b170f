//! Whether a server can be used as the target says: asked once, before anything is sent to it.

use lake_core::engine::{EngineError, ErrorKind};
use lake_sql::types::TypeRules;

use crate::catalog::{Row, ask};
use crate::client::Client;
use crate::config::TrinoConfig;
use crate::error;

/// What tells the rules apart: a quotient keeps the digits of its operands by the old ones, and a text that is put
/// behind a `char` becomes one.
const RULES: &str = "typeof(decimal '10.00' / decimal '3'), typeof(coalesce(cast('a' as char(3)), 'b'))";

/// Refuses a server that is not there, or without the catalog, or with other rules, or that does not know the user.
pub(crate) fn server(client: &Client, config: &TrinoConfig) -> Result<(), EngineError> {
    let info = client.info()?;
    let away = |words: String| Err(error::plain(ErrorKind::Unavailable, words));
    if !info.contains("\"nodeVersion\"") {
        return away(format!("what answers at {} is no Trino server", config.url));
    }
    if info.contains("\"starting\":true") {
        return away(format!("the server at {} is still starting", config.url));
    }
    let sql = format!("select catalog_name, connector_name, {RULES} from system.metadata.catalogs order by 1");
    let rows = ask(client, &sql)?;
    catalog(&rows, config)?;
    rules(&rows, config)
}

fn catalog(rows: &[Row], config: &TrinoConfig) -> Result<(), EngineError> {
    let text = |row: &Row, at: usize| row.get(at).cloned().flatten().unwrap_or_default();
    if let Some(row) = rows.iter().find(|row| text(row, 0) == config.catalog) {
        return match text(row, 1).as_str() {
            "iceberg" => Ok(()),
            other => Err(error::wrong(format!(
                "the catalog `{}` is of the connector `{other}`, expected an Iceberg one{}",
                config.catalog,
                named(rows.iter().filter(|row| text(row, 1) == "iceberg").map(|row| text(row, 0)))
            ))),
        };
    }
    let close =
        rows.iter().map(|row| text(row, 0)).find(|name| strsim::damerau_levenshtein(name, &config.catalog) <= 2);
    Err(error::wrong(match close {
        Some(close) => format!("the server has no catalog `{}`; did you mean `{close}`?", config.catalog),
        None => format!("the server has no catalog `{}`{}", config.catalog, named(rows.iter().map(|row| text(row, 0)))),
    }))
}

fn named(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    if names.is_empty() { String::new() } else { format!(" (there is {})", names.join(", ")) }
}

/// What was checked by one set of rules must not be run by another.
fn rules(rows: &[Row], config: &TrinoConfig) -> Result<(), EngineError> {
    let Some([_, _, Some(quotient), Some(text)]) = rows.first().map(Vec::as_slice) else { return Ok(()) };
    let rule = |old: bool| if old { TypeRules::Old } else { TypeRules::New };
    let (decimals, texts) = (rule(quotient == "decimal(4,2)"), rule(text.starts_with("char")));
    if decimals != texts {
        return Err(EngineError {
            help: Some("configure the server with both older rules, or with none".into()),
            ..error::wrong(format!(
                "the server has the {} rules for decimals and the {} ones for char",
                word(decimals),
                word(texts)
            ))
        });
    }
    if decimals == config.rules {
        return Ok(());
    }
    let (found, expected) = (word(decimals), word(config.rules));
    Err(EngineError {
        help: Some(format!("write `rules = \"{found}\"` into the target's options")),
        ..error::wrong(format!("the server has the {found} rules for decimals and char, the target says `{expected}`"))
    })
}

fn word(rules: TypeRules) -> &'static str {
    match rules {
        TypeRules::Old => "old",
        TypeRules::New => "new",
    }
}
