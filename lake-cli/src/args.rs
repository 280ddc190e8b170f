//! What can be written on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::query::Query;

/// Builds, plans and inspects the models of this project.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    after_help = "Exit codes: 0 done, 1 something failed, 2 used wrongly, 130 interrupted (`retry` continues)."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options of every command.
    #[command(flatten)]
    pub common: Common,
}

/// Options of every command.
#[derive(Args, Clone, Debug, Default)]
pub struct Common {
    /// Target of lake.toml to work on; the file's `target` if not given.
    #[arg(long, global = true, env = "LAKE_TARGET", value_name = "NAME")]
    pub target: Option<String>,
    /// Folder with lake.toml; the current one if not given.
    #[arg(long, global = true, env = "LAKE_PROJECT", value_name = "DIR")]
    pub project: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the selected models: plan, stage, audit, publish.
    Build(Build),
    /// Show what a build would do, statement by statement; runs nothing.
    Plan(Plan),
    /// Show what is doubtful in the models' SQL. Errors show when the project is compiled.
    Check(Check),
    /// List models and sources.
    Ls(Ls),
    /// Print a model's query as plain SQL for the target.
    Sql(Sql),
    /// Run queries over the target's tables: one, a script, or a prompt.
    Query(Query),
    /// Continue the last build: what it left unfinished, failed, or did not reach.
    Retry(Retry),
    /// Remove files that no table refers to: of dropped tables, and of writers that died.
    Gc(Gc),
}

/// Which models.
#[derive(Args, Clone, Debug, Default)]
pub struct Selection {
    /// Models: `rates`, `fx.*`, `tag:daily`; `+x` with upstreams, `x+` with downstreams, `2+x` two steps up.
    #[arg(value_name = "MODEL")]
    pub models: Vec<String>,
    /// Models to leave out, in the same words.
    #[arg(long, value_name = "MODEL")]
    pub exclude: Vec<String>,
}

/// `build`
#[derive(Args, Debug)]
pub struct Build {
    /// Which models; all if none is named.
    #[command(flatten)]
    pub selection: Selection,
    /// How many statements run at once; the target's `threads` if not given.
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<usize>,
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
}

/// `plan`
#[derive(Args, Debug)]
pub struct Plan {
    /// Which models; all if none is named.
    #[command(flatten)]
    pub selection: Selection,
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
}

/// `check`
#[derive(Args, Debug)]
pub struct Check {
    /// Which models; all if none is named.
    #[command(flatten)]
    pub selection: Selection,
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
}

/// `ls`
#[derive(Args, Debug)]
pub struct Ls {
    /// Which models; all if none is named.
    #[command(flatten)]
    pub selection: Selection,
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
}

/// `sql`
#[derive(Args, Debug)]
pub struct Sql {
    /// The model.
    #[arg(value_name = "MODEL")]
    pub model: String,
}

/// `retry`
#[derive(Args, Debug)]
pub struct Retry {
    /// How many statements run at once; the target's `threads` if not given.
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<usize>,
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
}

/// `gc`
#[derive(Args, Debug)]
pub struct Gc {
    /// Only files older than this (`90m`, `12h`, `7d`). Files that are being written are not referred to yet: it must be
    /// longer than any statement runs.
    #[arg(long, value_name = "AGE", value_parser = age, default_value = "7d")]
    pub older_than: Duration,
    /// Show what would go, and remove nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Seconds, minutes, hours or days.
fn age(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.len() - text.chars().next_back().map_or(0, char::len_utf8));
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => 0,
    };
    match number.parse::<u32>() {
        Ok(number) if seconds > 0 => Ok(Duration::from_secs(u64::from(number) * seconds)),
        _ => Err("expected a number with a unit, such as 90m, 12h or 7d".into()),
    }
}

fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..) => Ok(count),
        _ => Err("expected a number from 1".into()),
    }
}

/// How reports are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people.
    #[default]
    Text,
    /// For machines: JSON on standard output.
    Json,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clap::CommandFactory as _;

    #[test]
    fn ages_have_a_unit() {
        let seconds = |text| super::age(text).map(|age| age.as_secs());
        assert_eq!(
            ["90s", "90m", "12h", "7d", "0s"].map(|text| seconds(text).unwrap()),
            [90, 5400, 43_200, 604_800, 0]
        );
        for text in ["", "7", "d", "-1d", "1w", "7é"] {
            assert_eq!(seconds(text).unwrap_err(), "expected a number with a unit, such as 90m, 12h or 7d", "{text}");
        }
    }

    #[test]
    fn the_command_line_holds_together() {
        super::Cli::command().debug_assert();
    }
}
