//! Measures what models cost: `cargo run -p lake-bench-compile-time -- 100 500 1000`.
//!
//! For each size it writes a crate of that many models (15 columns, two upstreams, some 20 lines of SQL each) into a
//! temporary folder, and measures the CPU seconds of `cargo check` from clean and after one edit, with the checker and
//! without it (`LAKE_SKIP_CHECK`). With `--run` it also builds a program over the largest crate and has it load and plan
//! all models. Dependencies are compiled beforehand and shown apart. CPU time comes from `/proc`: Linux only.

mod generate;
mod measure;

use std::path::Path;
use std::process::ExitCode;

use generate::Project;
use measure::{Cargo, Cost};

/// An odd number, so that one of them is in the middle.
const EDITS: usize = 5;

fn main() -> ExitCode {
    let mut sizes = vec![];
    let mut run = false;
    for argument in std::env::args().skip(1) {
        match (argument.as_str(), argument.parse()) {
            ("--run", _) => run = true,
            (_, Ok(size)) => sizes.push(size),
            (other, Err(_)) => {
                eprintln!("error: expected numbers of models or --run, found {other}");
                return ExitCode::from(2);
            }
        }
    }
    if sizes.is_empty() {
        sizes = vec![100, 500, 1000];
    }
    match bench(&sizes, run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bench(sizes: &[usize], run: bool) -> Result<(), String> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let target = folder.path().join("target");
    let cargo = Cargo { target: &target };

    let empty = Project::write(&folder.path().join("empty"), &repository, 0)?;
    let dependencies = cargo.check(&empty.models, true)?;
    println!("dependencies of a crate of models: {dependencies}");
    println!();
    println!(
        "{:>7}  {:<10} {:>16} {:>16} {:>16} {:>16}",
        "models", "", "clean, checked", "edit, checked", "clean", "edit"
    );
    let mut largest = None;
    for size in sizes {
        let project = Project::write(&folder.path().join(format!("models_{size}")), &repository, *size)?;
        let checked = rows(&cargo, &project, true)?;
        let unchecked = rows(&cargo, &project, false)?;
        println!(
            "{size:>7}  {:<10} {:>16} {:>16} {:>16} {:>16}",
            "user+sys s",
            checked.0.cpu(),
            checked.1.cpu(),
            unchecked.0.cpu(),
            unchecked.1.cpu()
        );
        println!(
            "{:>7}  {:<10} {:>16} {:>16} {:>16} {:>16}",
            "",
            "wall s",
            checked.0.wall(),
            checked.1.wall(),
            unchecked.0.wall(),
            unchecked.1.wall()
        );
        let per_model = 1000.0 * (checked.0.user_s - unchecked.0.user_s) / *size as f64;
        println!("{:>7}  checking costs {per_model:.2} ms a model from clean", "");
        largest = Some(project);
    }
    if let (true, Some(project)) = (run, largest) {
        println!();
        load_and_plan(&cargo, &project.app)?;
    }
    Ok(())
}

/// From clean, and the middle one of some edits of one model.
fn rows(cargo: &Cargo, project: &Project, checked: bool) -> Result<(Cost, Cost), String> {
    cargo.forget(&project.models)?;
    let clean = cargo.check(&project.models, checked)?;
    let mut edits = vec![];
    for number in 0..EDITS {
        project.edit(number)?;
        edits.push(cargo.check(&project.models, checked)?);
    }
    edits.sort_by(|a, b| a.user_s.total_cmp(&b.user_s));
    Ok((clean, edits.swap_remove(EDITS / 2)))
}

fn load_and_plan(cargo: &Cargo, app: &Path) -> Result<(), String> {
    for release in [false, true] {
        let profile = if release { "release" } else { "dev" };
        print!(
            "{}",
            cargo.run(app, release)?.lines().map(|line| format!("{profile:>7}: {line}\n")).collect::<String>()
        );
    }
    Ok(())
}
