//! Bad input ends in an error that says what and where, with the documented exit code, and publishes nothing.

use crate::lake::{Lake, Ran};

const GOOD: &str = r#"{"base":"EUR","date":"2030-01-02","rates":{"USD":1.25,"SEK":11.5}}"#;
const COUNT: &str = "select count(*) from fx.rates";

/// A lake with one good day in it.
fn lake() -> Lake {
    let lake = Lake::new();
    lake.deliver("2030-01-02.json", GOOD);
    lake.succeed(&["build"]);
    assert_eq!(lake.query(COUNT), ["2"]);
    lake
}

/// Expects an exit code and these words in the output.
fn assert_fails(ran: &Ran, code: i32, words: &[&str]) {
    assert_eq!(ran.code(), code, "{}", ran.all());
    for word in words {
        assert!(ran.all().contains(word), "`{word}` is missing in\n{}", ran.all());
    }
}

#[test]
fn a_damaged_document_is_named_and_the_old_data_stays() {
    let lake = lake();
    lake.deliver("2030-01-03.json", r#"{"base":"EUR","date":"2030-01-03","rates":{"USD":1.2"#);
    assert_fails(&lake.run(&["build"]), 1, &["2030-01-03.json", "fx.rates"]);
    assert_eq!(lake.query(COUNT), ["2"]);

    lake.deliver("2030-01-03.json", r#"{"base":"EUR","date":"2030-01-03","rates":{"USD":1.2}}"#);
    lake.succeed(&["build"]);
    assert_eq!(lake.query(COUNT), ["3"]);
}

#[test]
fn a_value_of_the_wrong_type_is_named_with_its_file() {
    let lake = lake();
    lake.deliver("2030-01-03.json", r#"{"base":"EUR","date":"tomorrow","rates":{"USD":1.2}}"#);
    assert_fails(&lake.run(&["build"]), 1, &["2030-01-03.json", "tomorrow", "date"]);
    assert_eq!(lake.query(COUNT), ["2"]);
}

#[test]
fn a_negative_rate_is_refused_before_readers_see_it() {
    let lake = lake();
    lake.deliver("2030-01-03.json", r#"{"base":"EUR","date":"2030-01-03","rates":{"USD":-1.2,"SEK":11.4}}"#);
    assert_fails(&lake.run(&["build"]), 1, &["fx.rates", "refused", "rate > 0"]);
    assert_eq!(lake.query(COUNT), ["2"]);

    // The provider takes the bad document back; the rates go on with the next one.
    std::fs::remove_file(lake.documents().join("2030-01-03.json")).expect("it can be removed");
    lake.deliver("2030-01-04.json", r#"{"base":"EUR","date":"2030-01-04","rates":{"USD":1.2,"SEK":11.4}}"#);
    lake.succeed(&["build"]);
    assert_eq!(lake.query(COUNT), ["4"]);
}

#[test]
fn an_empty_extract_closes_nothing() {
    let lake = lake();
    lake.deliver("2030-01-03.json", r#"{"base":"EUR","date":"2030-01-03","rates":{}}"#);
    assert_fails(&lake.run(&["build"]), 1, &["fx.currency_history", "refused", "extract"]);
    assert_eq!(lake.query("select count(*) from fx.currency_history where is_current"), ["2"]);
}

#[test]
fn a_missing_landing_folder_is_named() {
    let lake = Lake::new();
    let landing = lake.path("landing");
    assert_fails(&lake.run(&["build"]), 1, &[&landing.to_string_lossy(), "raw.fx_documents"]);
    std::fs::create_dir(&landing).expect("it can be made");
    assert_fails(&lake.run(&["build"]), 1, &["landing/fx", "raw.fx_documents"]);
}

#[test]
fn a_warehouse_that_cannot_be_written_is_named() {
    let lake = Lake::new();
    lake.deliver("2030-01-02.json", GOOD);
    std::fs::write(lake.path("warehouse"), "a file, not a folder").expect("it can be written");
    assert_fails(&lake.run(&["build"]), 1, &[&lake.path("warehouse").to_string_lossy()]);
}

/// A limit on the size of files stands in for a full disk: every write beyond it fails with an error of the system.
#[cfg(unix)]
#[test]
fn a_full_disk_publishes_nothing() {
    let lake = lake();
    let currencies = std::iter::once(r#""USD":1.2,"SEK":11.4"#.to_owned());
    let currencies = currencies
        .chain((0..500).map(|number| format!("\"C{number:03}\":1.{number:03}")))
        .collect::<Vec<_>>()
        .join(",");
    for day in 3..9 {
        let text = format!(r#"{{"base":"EUR","date":"2030-01-0{day}","rates":{{{currencies}}}}}"#);
        lake.deliver(&format!("2030-01-0{day}.json"), &text);
    }
    let example = lake.command(&[]).get_program().to_string_lossy().into_owned();
    let mut limited = std::process::Command::new("bash");
    limited.args(["-c", &format!("trap '' XFSZ; ulimit -f 4; exec '{example}' build")]);
    limited.envs(lake.command(&[]).get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ran = Ran::of(&mut limited);
    assert_fails(&ran, 1, &["File too large"]);
    assert_eq!(lake.query(COUNT), ["2"]);

    lake.succeed(&["build"]);
    assert_eq!(lake.query(COUNT), ["3014"]);
}

#[test]
fn a_misspelt_key_has_its_line_and_the_nearest_name() {
    let lake = Lake::new();
    let file = lake.path("lake.toml");
    std::fs::write(&file, "[targets.embedded]\nengine = \"embedded\"\nwarehose = \"x\"\n").expect("it can be written");
    let mut command = lake.command(&["build"]);
    command.env("LAKE_PROJECT", lake.path(""));
    assert_fails(&Ran::of(&mut command), 2, &["lake.toml:3", "warehose", "warehouse"]);
}

#[test]
fn wrong_use_has_its_own_exit_code_and_the_nearest_name() {
    let lake = Lake::new();
    assert_fails(&lake.run(&["build", "fx.raets"]), 2, &["fx.raets", "fx.rates"]);
    assert_fails(&lake.run(&["ls", "--target", "embeded"]), 2, &["embeded", "embedded"]);
    assert_fails(&lake.run(&["biuld"]), 2, &["biuld", "build"]);
    assert_fails(&lake.run(&["query", "select rte from fx.rates"]), 1, &["fx.rates"]);
}
