//! Runs cargo and measures what it and its children used.

use std::fmt::{Display, Formatter};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Ticks of `/proc/self/stat` in a second, on every Linux that Rust supports.
const TICKS: f64 = 100.0;

/// What a command cost.
pub struct Cost {
    /// Seconds of the command and its children in their own code.
    pub user_s: f64,
    /// Seconds of the system for them.
    system_s: f64,
    wall_s: f64,
}

impl Cost {
    /// CPU seconds: user + system.
    pub fn cpu(&self) -> String {
        format!("{:.2} + {:.2}", self.user_s, self.system_s)
    }

    /// Seconds on the clock.
    pub fn wall(&self) -> String {
        format!("{:.2}", self.wall_s)
    }
}

impl Display for Cost {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} CPU s, {} s", self.cpu(), self.wall())
    }
}

/// Cargo with a target folder of its own.
pub struct Cargo<'a> {
    /// The folder.
    pub target: &'a Path,
}

impl Cargo<'_> {
    /// `cargo check`
    pub fn check(&self, package: &Path, checked: bool) -> Result<Cost, String> {
        let mut command = self.command("check", package);
        if !checked {
            command.env("LAKE_SKIP_CHECK", "1");
        }
        let (cost, _) = measured(&mut command)?;
        Ok(cost)
    }

    /// Drops what was compiled of the package itself.
    pub fn forget(&self, package: &Path) -> Result<(), String> {
        measured(self.command("clean", package).args(["-p", "models"])).map(|_| ())
    }

    /// `cargo run`, and what it printed.
    pub fn run(&self, package: &Path, release: bool) -> Result<String, String> {
        let mut command = self.command("run", package);
        if release {
            command.arg("--release");
        }
        measured(&mut command).map(|(_, output)| output)
    }

    fn command(&self, verb: &str, package: &Path) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args([verb, "--quiet", "--offline", "--manifest-path"]).arg(package.join("Cargo.toml"));
        command.env("CARGO_TARGET_DIR", self.target).env("CARGO_INCREMENTAL", "1").env_remove("LAKE_SKIP_CHECK");
        command
    }
}

fn measured(command: &mut Command) -> Result<(Cost, String), String> {
    let ((user, system), start) = (children_cpu_s()?, Instant::now());
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let wall_s = start.elapsed().as_secs_f64();
    let (user_s, system_s) = children_cpu_s()?;
    let cost = Cost { user_s: user_s - user, system_s: system_s - system, wall_s };
    if output.status.success() {
        Ok((cost, String::from_utf8_lossy(&output.stdout).into_owned()))
    } else {
        Err(format!("{command:?}\n{}", String::from_utf8_lossy(&output.stderr)))
    }
}

/// User and system seconds of all children that have ended.
fn children_cpu_s() -> Result<(f64, f64), String> {
    let stat = std::fs::read_to_string("/proc/self/stat").map_err(|error| format!("/proc/self/stat: {error}"))?;
    // The second field is the program's name in parentheses, which may hold blanks.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok());
    match (ticks(13), ticks(14)) {
        (Some(user), Some(system)) => Ok((user / TICKS, system / TICKS)),
        _ => Err("/proc/self/stat has an unknown form".into()),
    }
}
