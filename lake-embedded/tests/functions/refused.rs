//! Which of Athena's functions the engine refuses: `data/athena-functions.txt` names each with a call, and why it is
//! refused if it is. `data/refused-forms.txt` has calls that are refused although others of the function run.
//!
//! `LAKE_UPDATE_DOCS=1` writes the page that says so to users.

use std::fmt::Write;

use crate::{answer, engine};

const FUNCTIONS: &str = include_str!("../data/athena-functions.txt");
const FORMS: &str = include_str!("../data/refused-forms.txt");
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/embedded-functions.md");

/// The parts of each line of a file.
fn lines(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().map(|line| line.split(" | ").collect())
}

#[test]
fn what_is_refused_is_on_the_list() {
    let (_folder, engine) = engine();
    let refuses = |call: &str| match answer(&engine, call) {
        Err(error) => error.contains("is not supported by the embedded engine"),
        Ok(_) => false,
    };
    let mut wrong = vec![];
    for line in lines(FUNCTIONS) {
        match (refuses(line[1]), line.len() == 3) {
            (true, false) => wrong.push(format!("{} is refused; if it must be, say why on its line", line[0])),
            (false, true) => wrong.push(format!("{} runs; take the reason off its line", line[0])),
            _ => {}
        }
    }
    for line in lines(FORMS).filter(|line| !refuses(line[0])) {
        wrong.push(format!("`{}` runs; take it off the list of refused forms", line[0]));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn fewer_than_one_in_twenty_is_refused() {
    let all = lines(FUNCTIONS).count();
    let refused = lines(FUNCTIONS).filter(|line| line.len() == 3).count();
    assert!(all == 304 && refused * 20 < all, "{refused} of {all}");
}

/// `LAKE_UPDATE_DOCS=1 cargo test -p lake-embedded --test functions` writes the page.
#[test]
fn the_page_tells_what_is_refused() {
    let page = page();
    if std::env::var_os("LAKE_UPDATE_DOCS").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    assert!(std::fs::read_to_string(PAGE).unwrap() == page, "docs/embedded-functions.md is stale: LAKE_UPDATE_DOCS=1");
}

fn page() -> String {
    let refused: Vec<_> = lines(FUNCTIONS).filter(|line| line.len() == 3).collect();
    let (all, count) = (lines(FUNCTIONS).count(), refused.len());
    let mut page = format!(
        "# Functions that the embedded engine refuses\n\n\
         Every function gives Trino's result on the embedded engine, an approximation within its documented error, or \
         it is refused by name before anything runs. Of the {all} functions that Athena lists in SHOW FUNCTIONS, \
         {} run and {count} are refused. This page is written by the tests of lake-embedded, which call each of them.\n",
        all - count,
    );
    if !refused.is_empty() {
        page.push_str("\n| Function | Why |\n| --- | --- |\n");
    }
    for line in refused {
        writeln!(page, "| `{}` | {} |", line[0], line[2]).unwrap();
    }
    page.push_str("\n## Refused in part\n\nThese calls are refused although others of the same name run, and these ");
    page.push_str("expressions although they are no functions.\n\n| Call | Why |\n| --- | --- |\n");
    for line in lines(FORMS) {
        writeln!(page, "| `select {}` | {} |", line[0], line[1]).unwrap();
    }
    page + APPROXIMATIONS
}

const APPROXIMATIONS: &str = "
## Approximations

They keep what Trino keeps, of the same sizes and in the same bytes: a sketch that is cast to varbinary on one engine \
can be read on the other. Where rows come in another order or in several parts, Trino's own answers differ within the \
error, and so do these; over few rows both are exact.

| Functions | What is kept | Error |
| --- | --- | --- |
| `approx_distinct`, `approx_set` | HyperLogLog (Flajolet et al. 2007), sparse and corrected for bias (Heule, Nunkesser, Hall 2013) | 2.3 % (1.6 % for `approx_set`) standard error, or what is asked for |
| `make_set_digest`, `jaccard_index`, `intersection_cardinality` | the 8,192 least hashes (Broder 1997) and a HyperLogLog | none below 8,192 different values |
| `approx_percentile`, `tdigest_agg` | t-digest of compression 100 (Dunning, Ertl 2019) | none for some hundred values |
| `qdigest_agg`, `approx_percentile` with an accuracy | q-digest (Shrivastava et al. 2004) | 1 % of the rank, or what is asked for |
| `numeric_histogram` | as many groups as asked for, and a hundred (Ben-Haim, Tom-Tov 2010) | none up to that many different values |
| `approx_most_frequent` | all values | none |
";
