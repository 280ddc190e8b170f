//! Euro reference rates, refreshed day by day: `cargo run --example daily_refresh`.
//!
//! Each run first brings the next documents of the feed (all up to a day with `-- --until 2026-10-30`), then builds all
//! models. Any command of `lake` can follow instead: `-- query "select * from fx.rates limit 5"`, `-- ls`, `-- plan`.

mod feed;
mod models;

use std::path::PathBuf;
use std::process::ExitCode;

use lakehouse::Exit;

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let project = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/daily_refresh");
    let landing = std::env::var_os("LAKE_LANDING").map_or_else(|| project.join("data-lake/landing"), PathBuf::from);
    let refreshes = arguments.first().is_none_or(|first| first.starts_with('-') && first != "--help");
    if refreshes {
        let until = take_option(&mut arguments, "--until");
        match feed::deliver(&landing, until.as_deref()) {
            Ok(delivery) => eprintln!("feed: {delivery}"),
            Err(error) => {
                eprintln!("error: the feed could not be delivered: {error}");
                return Exit::Failure.into();
            }
        }
        arguments.insert(0, "build".into());
    }
    let mut line = vec!["daily_refresh".to_owned()];
    if std::env::var_os("LAKE_PROJECT").is_none() {
        line.extend(["--project".into(), project.display().to_string()]);
    }
    line.append(&mut arguments);
    let exit = lakehouse::program(&[env!("CARGO_CRATE_NAME")]).run(line);
    if refreshes && exit == Exit::Success {
        println!("\nThe tables are Apache Iceberg, in {}.", project.join("data-lake/warehouse").display());
        println!("Look at them: cargo run --example daily_refresh -- query \"select * from fx.currency_history\"");
    }
    exit.into()
}

/// Takes `--name value` or `--name=value` out of the arguments.
fn take_option(arguments: &mut Vec<String>, name: &str) -> Option<String> {
    let position = arguments.iter().position(|argument| argument.split('=').next() == Some(name))?;
    let argument = arguments.remove(position);
    match argument.split_once('=') {
        Some((_, value)) => Some(value.to_owned()),
        None if position < arguments.len() => Some(arguments.remove(position)),
        None => None,
    }
}
