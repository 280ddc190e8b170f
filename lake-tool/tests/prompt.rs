//! The prompt of `lake query` on a pseudo-terminal.
//!
//! Needs a Python on a Unix, named by `LAKE_PYTHON`; without it the test says so and checks nothing.

#![allow(clippy::unwrap_used)]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The folder of a warehouse and of what is kept of the typing.
struct Home {
    folder: TempDir,
}

impl Home {
    /// Types keys, each with what is expected then; the exit code of the prompt.
    fn types(&self, python: &std::ffi::OsStr, steps: &[(&str, &str)]) -> i32 {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/prompt.py");
        let mut child = Command::new(python)
            .arg(script)
            .args([env!("CARGO_BIN_EXE_lake"), "query", "--warehouse"])
            .arg(self.folder.path().join("warehouse"))
            .env("XDG_STATE_HOME", self.folder.path())
            .env("TERM", "xterm")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        for step in steps {
            writeln!(stdin, "{}", serde_json::to_string(step).unwrap()).unwrap();
        }
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (seen, error) = (text(&output.stdout), text(&output.stderr));
        assert!(error.is_empty(), "{error}{seen}");
        output.status.code().unwrap()
    }
}

const CTRL_C: &str = "\u{3}";
const CTRL_D: &str = "\u{4}";
const UP: &str = "\u{1b}[A";

#[test]
fn statements_are_typed_completed_stopped_and_kept() {
    let Some(python) = std::env::var_os("LAKE_PYTHON").filter(|_| cfg!(unix)) else {
        println!("skipped: LAKE_PYTHON names no Python");
        return;
    };
    let home = Home { folder: tempfile::tempdir().unwrap() };
    let endless = "select count(*) from unnest(sequence(1, 10000)) a(x) cross join unnest(sequence(1, 10000)) b(y)
        cross join unnest(sequence(1, 10000)) c(z) where x % (y + z) = 1;\r";
    let code = home.types(
        &python,
        &[
            ("", "lake> "),
            ("create schema shop;\r", "done ("),
            // A statement goes on until its semicolon.
            ("create table shop.orders as\r", ""),
            ("select 7 as order_id, decimal '1.50' as amount;\r", "1 row changed ("),
            ("\\d\r", "shop.orders"),
            ("\\d shop.orders\r", "amount  decimal(3,2)"),
            // Tables, then columns of the statement's table.
            ("select * from ord\t;\r", "7          1.50"),
            ("table shop.o\t;\r", "1 row ("),
            ("select ord_id from shop.orders;\r", "a column with a similar name exists: `order_id`"),
            ("select rpad('long ', 99, 'long ') as note;\r", "long…"),
            ("\\x\r", "as lists"),
            ("select 1 as one;\r", "── row 1 ──"),
            ("\\nonsense\r", "there is no command `\\nonsense`"),
            ("help\r", "Ctrl-D  leave"),
            ("select 'thrown away", ""),
            (CTRL_C, "lake> "),
            (endless, "= 1;"),
            (CTRL_C, "stopped"),
            ("select 41 + 1 as answer;\r", "answer  42"),
            (CTRL_D, ""),
        ],
    );
    assert_eq!(code, 0);
    // Another day.
    let code = home.types(&python, &[("", "lake> "), (UP, "select 41 + 1 as answer;"), ("\r", "42"), ("exit\r", "")]);
    assert_eq!(code, 0);
    let kept = std::fs::read_to_string(home.folder.path().join("lake/query-history")).unwrap();
    assert!(kept.contains("create table shop.orders as") && !kept.contains("thrown away"), "{kept}");
}
