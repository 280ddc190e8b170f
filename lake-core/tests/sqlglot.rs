//! The golden statements for Athena are statements in others' eyes too: sqlglot's Athena dialect parses them.
//!
//! Needs a Python with sqlglot, named by `LAKE_PYTHON`; without it the test says so and checks nothing.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

/// Parses every statement of the files, and prints how many there were.
const PARSE: &str = r#"
import re, sys
try:
    import sqlglot
except ImportError:
    print("missing")
    sys.exit()
count = 0
for path in sys.argv[1:]:
    body = open(path, encoding="utf-8").read().split("---\n", 2)[2]
    for part in re.split(r"(?m)^-- (?=.*\(\w+\)$)", body)[1:]:
        head, sql = part.split("\n", 1)
        if head.endswith("(Release)"):
            continue
        tree = sqlglot.parse_one(sql.strip(), dialect="athena")
        assert not isinstance(tree, sqlglot.exp.Command), f"{path}: {head} is not understood: {sql}"
        count += 1
print(count)
"#;

#[test]
fn sqlglot_parses_every_statement_for_athena() {
    let Some(python) = std::env::var_os("LAKE_PYTHON") else {
        println!("skipped: LAKE_PYTHON names no Python with sqlglot");
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = files.filter(|path| path.to_string_lossy().contains("athena")).collect();
    let output = Command::new(python).args(["-c", PARSE]).args(&files).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8_lossy(&output.stdout);
    if printed.trim() == "missing" {
        println!("skipped: the Python of LAKE_PYTHON has no sqlglot");
        return;
    }
    assert!(printed.trim().parse::<usize>().unwrap() > 60, "{printed}");
}
