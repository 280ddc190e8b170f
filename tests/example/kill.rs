//! The process is killed at many moments; whatever it leaves, the next run ends in the right tables.

use std::process::Stdio;
use std::time::Duration;

use crate::ecb;
use crate::lake::Lake;

/// Month ends; every run gets one more.
const STEPS: [&str; 8] =
    ["1999-01-31", "1999-02-31", "1999-03-31", "1999-04-31", "1999-05-31", "1999-06-31", "1999-07-31", "1999-08-31"];

/// What may be seen of `fx.rates` after a kill: nothing, or all rates up to one of the steps.
fn allowed() -> Vec<usize> {
    let count = |until: &&str| ecb::days(until).values().map(|rates| rates.len()).sum();
    std::iter::once(0).chain(STEPS.iter().map(count)).collect()
}

#[test]
fn a_killed_process_leaves_a_published_state_and_the_next_run_finishes() {
    let lake = Lake::new();
    let allowed = allowed();
    for (round, until) in STEPS.iter().cycle().take(3 * STEPS.len()).enumerate() {
        let mut child = lake
            .command(&["--until", until])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the example starts");
        // Spread over the whole length of a run; the moments need not be the same ones each time.
        std::thread::sleep(Duration::from_millis((round as u64 * 149) % 1900));
        child.kill().expect("the process can be killed");
        child.wait().expect("the process ends");

        let ran = lake.run(&["query", "--format", "csv", "select count(*) from fx.rates"]);
        let seen = match ran.code() {
            0 => ran.out().lines().nth(1).and_then(|count| count.parse().ok()).expect("a number"),
            _ if ran.err().contains("no table `fx.rates`") => 0,
            _ => panic!("{}", ran.all()),
        };
        assert!(allowed.contains(&seen), "{seen} rates are no published state");
    }
    lake.succeed(&["--until", "1999-08-31"]);
    let days = ecb::days("1999-08-31");
    assert_eq!(lake.query("select * from fx.rates order by 1, 2"), ecb::rate_lines(&days));
    assert_eq!(lake.query("select count(*) from fx.currency_history"), [ecb::versions(&days).len().to_string()]);
    assert_eq!(lake.query("select count(*) from fx.monthly_rates"), [ecb::months(&days).len().to_string()]);
}
