//! Euro reference rates, refreshed day by day: `cargo run --example daily_refresh`.
//!
//! Each run first brings the next documents of the feed (all up to a day with `-- --until 2026-10-30`), then builds all
//! models. Any command of `lake` can follow instead: `-- query "select * from fx.rates limit 5"`, `-- ls`, `-- plan`.

mod feed;
mod models;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lakehouse::Exit;

fn main() -> ExitCode {
    let project = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/daily_refresh");
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let help = arguments.iter().any(|argument| argument == "--help" || argument == "-h");
    let refreshes = !help && arguments.first().is_none_or(|first| first.starts_with('-'));
    if refreshes {
        if let Err((exit, message)) = deliver(&project, &mut arguments) {
            eprintln!("error: {message}");
            return exit.into();
        }
        arguments.insert(0, "build".into());
    }
    if std::env::var_os("LAKE_PROJECT").is_none() {
        arguments.extend(["--project".into(), project.display().to_string()]);
    }
    arguments.insert(0, "daily_refresh".into());
    let target = target_of(&arguments);
    let exit = lakehouse::program(&[env!("CARGO_CRATE_NAME")]).run(arguments);
    if refreshes && exit == Exit::Success {
        let place = match &target {
            Some(target) => format!("the catalog of the target `{target}`"),
            None => place(&project, "warehouse").display().to_string(),
        };
        let option = target.map(|target| format!(" --target {target}")).unwrap_or_default();
        println!("\nThe tables are Apache Iceberg, in {place}.");
        println!(
            "Look at them: cargo run --example daily_refresh -- query{option} \"select * from fx.currency_history\""
        );
    }
    exit.into()
}

/// The target, if it is not the usual one.
fn target_of(arguments: &[String]) -> Option<String> {
    let inline = |argument: &String| argument.strip_prefix("--target=").map(str::to_owned);
    let after = || arguments.iter().skip_while(|argument| *argument != "--target").nth(1).cloned();
    let target = arguments.iter().find_map(inline).or_else(after);
    target.or_else(|| std::env::var("LAKE_TARGET").ok()).filter(|target| target != "embedded")
}

/// Brings documents into the landing folder.
fn deliver(project: &Path, arguments: &mut Vec<String>) -> Result<(), (Exit, String)> {
    let until = take_until(arguments).map_err(|message| (Exit::Usage, message))?;
    let landing = place(project, "landing");
    let delivery = feed::deliver(&landing, until.as_deref()).map_err(|error| {
        (Exit::Failure, format!("the feed could not be delivered to {}: {error}", landing.display()))
    })?;
    eprintln!("feed: {delivery}");
    Ok(())
}

/// A folder of the project, as the environment or `lake.toml` has it.
fn place(project: &Path, name: &str) -> PathBuf {
    let variable = std::env::var_os(format!("LAKE_{}", name.to_uppercase()));
    variable.map_or_else(|| project.join("data-lake").join(name), PathBuf::from)
}

/// Takes `--until DAY` or `--until=DAY` out of the arguments.
fn take_until(arguments: &mut Vec<String>) -> Result<Option<String>, String> {
    let is_until = |argument: &String| argument == "--until" || argument.starts_with("--until=");
    let Some(position) = arguments.iter().position(is_until) else { return Ok(None) };
    let argument = arguments.remove(position);
    let day = match argument.split_once('=') {
        Some((_, day)) => day.to_owned(),
        None if position < arguments.len() => arguments.remove(position),
        None => String::new(),
    };
    let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = day.split('-').collect();
    match parts[..] {
        [year, month, date] if digits(year, 4) && digits(month, 2) && digits(date, 2) => Ok(Some(day)),
        _ => Err(format!("--until is `{day}`, expected a day such as 2026-10-30")),
    }
}
