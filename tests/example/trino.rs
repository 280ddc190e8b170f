//! The example on a Trino server, as its user would run it.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lake_behaviour::proxy::{Fate, Proxy, Request};
use lake_behaviour::server::{PASSWORD, Secured};
use lake_behaviour::{Lab, server};
use lake_sql::types::TypeRules;
use lake_trino::{Trino, TrinoConfig};

use crate::ecb;
use crate::lake::{Lake, Ran};

/// A lake whose tables are on a server, in a schema that goes in the end.
struct OnTrino {
    lake: Lake,
    lab: Lab,
}

impl OnTrino {
    /// None where no server can be had.
    fn new() -> Option<Self> {
        let config = TrinoConfig::new(&server::trino()?, "iceberg");
        let options = format!("url = '{}'", config.url);
        Some(Self::with(config, &options))
    }

    /// The same server by two ways: of those who look, and of the example.
    fn with(config: TrinoConfig, options: &str) -> Self {
        let engine = Trino::open(config).expect("the server can be used");
        let schema = format!("{}fx", lake_behaviour::prefix());
        let made = Self { lake: Lake::new(), lab: Lab { engine: Arc::new(engine), schema } };
        made.configure(options);
        made
    }

    /// Gives the example's target other options.
    fn configure(&self, options: &str) {
        let text = format!("target = 'trino'\n[targets.trino]\nengine = 'trino'\noptions = {{ {options} }}\n");
        std::fs::write(self.lake.path("lake.toml"), text).expect("it can be written");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.lake.command(arguments);
        let prefix = self.lab.schema.strip_suffix("fx").expect("the schema is named so");
        command.env("LAKE_PROJECT", self.lake.path("")).env("LAKE_SCHEMA_PREFIX", prefix);
        command.env_remove("LAKE_TRINO_URL").env("SESAME", PASSWORD);
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.command(arguments))
    }

    fn succeed(&self, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code(), 0, "{}", ran.all());
        ran
    }

    /// All rows of a table, as CSV in order of the first two columns.
    fn table(&self, name: &str) -> Vec<String> {
        let sql = format!("select * from {}.{name} order by 1, 2", self.lab.schema);
        let ran = self.succeed(&["query", "--format", "csv", &sql]);
        ran.out().lines().skip(1).map(ToOwned::to_owned).collect()
    }

    /// Compares every table with the one of a lake on the embedded engine.
    fn assert_same(&self, embedded: &Lake) {
        for name in ["rates", "currency_history", "monthly_rates", "american_rates", "asian_rates", "nordic_rates"] {
            let expected = embedded.query(&format!("select * from fx.{name} order by 1, 2"));
            assert_eq!(self.table(name), expected, "{name}");
        }
        let expected = embedded.query("select * from fx.volatility order by 1, 2");
        assert_close(&self.table("volatility"), &expected);
    }

    /// A build that says these words and does nothing.
    fn assert_refused(&self, options: &str, words: &[&str]) {
        self.configure(options);
        let ran = self.run(&["--until", "1999-01-31"]);
        assert_eq!(ran.code(), 1, "{}", ran.all());
        for word in words {
            assert!(ran.all().contains(word), "`{word}` is missing in\n{}", ran.all());
        }
        assert_eq!(self.lab.names(), []);
    }
}

/// Compares rows that end in a double. Two mathematical libraries need not agree on the last digits of a logarithm.
fn assert_close(found: &[String], expected: &[String]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        let split = |line: &str| {
            let (rest, last) = line.rsplit_once(',').expect("several columns");
            (rest.to_owned(), last.parse::<f64>().ok())
        };
        let ((key, left), (expected_key, right)) = (split(found), split(expected));
        assert_eq!(key, expected_key);
        let same = match (left, right) {
            (Some(left), Some(right)) => (left - right).abs() <= 1e-12 * right.abs(),
            (left, right) => left == right,
        };
        assert!(same, "{found} instead of {expected}");
    }
}

/// The tables of the embedded engine after these refreshes.
fn embedded(refreshes: &[&str]) -> Lake {
    let lake = Lake::new();
    for until in refreshes {
        lake.succeed(&["--until", until]);
    }
    lake
}

#[test]
fn the_example_ends_in_the_same_tables_as_on_the_embedded_engine() {
    let Some(trino) = OnTrino::new() else { return };
    let refreshes = ["1999-02-31", "1999-04-31"];
    for until in refreshes {
        trino.succeed(&["--until", until]);
    }
    assert_eq!(trino.table("rates"), ecb::rate_lines(&ecb::days("1999-04-31")));
    trino.assert_same(&embedded(&refreshes));

    let heads = || ["rates", "currency_history"].map(|table| trino.lab.head(table));
    let (before, names) = (heads(), trino.lab.names());
    let again = trino.succeed(&["--until", "1999-04-31"]);
    assert!(again.out().contains("nothing new"), "{}", again.all());
    assert_eq!((heads(), trino.lab.names()), (before, names));
}

/// What the process was doing goes on at the server, which nobody has told.
#[cfg(unix)]
#[test]
fn a_process_is_killed_at_many_moments_and_the_next_run_finishes() {
    let Some(trino) = OnTrino::new() else { return };
    let refreshes = ["1999-01-31", "1999-02-31", "1999-03-31"];
    for (round, until) in refreshes.iter().cycle().take(9).enumerate() {
        let mut command = trino.command(&["--until", until]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the example starts");
        std::thread::sleep(Duration::from_millis(700 + (round as u64 * 1237) % 4000));
        child.kill().expect("the process can be killed");
        child.wait().expect("the process ends");
    }
    trino.succeed(&["--until", "1999-03-31"]);
    assert_eq!(trino.table("rates"), ecb::rate_lines(&ecb::days("1999-03-31")));
    trino.assert_same(&embedded(&refreshes));
    let drafts = |name: &&str| trino.lab.names().iter().filter(|known| known.table.starts_with(*name)).count();
    // A view and the table behind it; a table of its own.
    assert_eq!(["monthly_rates", "american_rates", "rates", "currency_history"].iter().map(drafts).sum::<usize>(), 6);
}

/// Another writer comes between the plan and the apply of a table, as often as it is told to.
fn meet(trino: &OnTrino, proxy: &Proxy, table: &str, values: &str, times: usize) {
    let apply = format!("merge into \"{}\".\"{table}\"", trino.lab.schema);
    let theirs = format!("insert into @{table} values {values}");
    let (lab, came) = (Lab { engine: trino.lab.engine.clone(), schema: trino.lab.schema.clone() }, AtomicUsize::new(0));
    // The tables stay when the rule is replaced.
    let lab = std::mem::ManuallyDrop::new(lab);
    proxy.meet(move |request: &Request| {
        if request.body.starts_with(&apply) && came.fetch_add(1, Ordering::SeqCst) < times {
            lab.run(&theirs);
        }
        Fate::Pass
    });
}

#[test]
fn a_run_that_loses_to_another_writer_says_so_and_plans_anew() {
    let Some(trino) = OnTrino::new() else { return };
    let proxy = Proxy::start(&server::trino().expect("it was there"));
    trino.configure(&format!("url = '{}'", proxy.url()));
    trino.succeed(&["--until", "1999-01-31"]);

    // Once: the second plan is made on what the other writer has left.
    meet(&trino, &proxy, "rates", "(date '1999-01-04', 'XXX', decimal '1.5')", 1);
    let ran = trino.succeed(&["--until", "1999-02-31"]);
    let words = format!("attempt 2 follows: another writer has changed {}.rates", trino.lab.schema);
    assert!(ran.err().contains("fx.rates: another writer was first") && ran.err().contains(&words), "{}", ran.all());
    let rates = |until: &str, theirs: &[&str]| {
        let mut lines = ecb::rate_lines(&ecb::days(until));
        lines.extend(theirs.iter().map(|line| (*line).to_owned()));
        lines.sort();
        lines
    };
    assert_eq!(trino.table("rates"), rates("1999-02-31", &["1999-01-04,XXX,1.500000"]));

    // Again and again: the run gives up, and nothing of it is seen.
    meet(&trino, &proxy, "rates", "(current_date, cast(uuid() as varchar), decimal '1.5')", usize::MAX);
    let ran = trino.run(&["--until", "1999-03-31"]);
    assert_eq!(ran.code(), 1, "{}", ran.all());
    for words in ["attempt 5 follows", "other writers kept changing the table: run it again when they have ended"] {
        assert!(ran.all().contains(words), "`{words}` is missing in\n{}", ran.all());
    }
    assert_eq!(trino.lab.rows("select count(*) from @rates where rate_date = date '1999-03-31'"), ["[0]"]);

    // They have ended.
    proxy.meet(|_| Fate::Pass);
    trino.succeed(&["--until", "1999-03-31"]);
    trino.lab.run("delete from @rates where rate_date > date '2000-01-01'");
    assert_eq!(trino.table("rates"), rates("1999-03-31", &["1999-01-04,XXX,1.500000"]));
}

#[test]
fn wrong_settings_are_refused_before_anything_is_sent() {
    let Some(trino) = OnTrino::new() else { return };
    let url = server::trino().expect("it was there");
    let url = |more: &str| format!("url = '{url}'{more}");
    let cases = [
        ("url = 'http://127.0.0.1:9'", "the server at http://127.0.0.1:9 cannot be reached", "start the server"),
        (&*url("").replace("http:", "https:"), "cannot be reached", "if the server does not speak TLS, write http://"),
        (&*url(", catalog = 'icebrg'"), "no catalog `icebrg`", "did you mean `iceberg`?"),
        (&*url(", catalog = 'system'"), "of the connector `system`", "expected an Iceberg one (there is `iceberg`)"),
        (
            &*url(", rules = 'old'"),
            "has the new rules for decimals and char, the target says `old`",
            "`rules = \"new\"`",
        ),
        (&*url(", password_env = 'SESAME'"), "in `targets.trino.options`", "a password is not sent in clear"),
        (&*url(", user = ''"), "`user` is empty", ""),
    ];
    for (options, message, more) in cases {
        trino.assert_refused(options, &[message, more]);
    }
}

/// The older rules are tested here too, because a machine should not have to run three servers.
#[test]
fn a_server_with_tls_passwords_and_the_older_rules() {
    let Some(server) = Secured::start() else { return };
    let Secured { url, ca_file } = &server;
    let config = TrinoConfig {
        user: "writer".into(),
        password: Some(PASSWORD.into()),
        ca_file: Some(ca_file.clone()),
        rules: TypeRules::Old,
        ..TrinoConfig::new(url, "iceberg")
    };
    let with = |more: &str| format!("url = '{url}', rules = 'old', {more}");
    let trusted = |more: &str| with(&format!("ca_file = '{ca_file}', {more}"));
    let trino = OnTrino::with(config, &trusted("user = 'writer', password_env = 'SESAME'"));

    let cases = [
        (trusted("user = 'writer', password_env = 'HOME'"), "refuses the user `writer` with this password"),
        (trusted("user = 'stranger', password_env = 'SESAME'"), "refuses the user `stranger` with this password"),
        (trusted("user = 'writer'"), "wants a password of the user `writer`"),
        (trusted("user = 'writer', password_env = 'NOWHERE'"), "`password_env` names NOWHERE, which is not set"),
        (with("user = 'writer', password_env = 'SESAME'"), "shows a certificate that is not trusted"),
        (with("user = 'writer', ca_file = 'away.pem'"), "`ca_file` is `away.pem`, which cannot be read"),
        (
            trusted("user = 'writer', password_env = 'SESAME'").replace("'old'", "'new'"),
            "has the old rules for decimals and char, the target says `new`",
        ),
        (trusted("user = 'reader', password_env = 'SESAME'"), "Access Denied"),
    ];
    for (options, words) in &cases {
        trino.assert_refused(options, &[words]);
    }
    let in_clear = format!("url = '{}'", url.replace("https:", "http:"));
    trino.assert_refused(&in_clear, &["cannot be reached", "if the server wants TLS, write https:// in `url`"]);

    trino.configure(&trusted("user = 'writer', password_env = 'SESAME'"));
    let refreshes = ["1999-02-31", "1999-03-31"];
    for until in refreshes {
        trino.succeed(&["--until", until]);
    }
    trino.assert_same(&embedded(&refreshes));
    trino.configure(&trusted("user = 'reader', password_env = 'SESAME'"));
    assert_eq!(trino.table("rates"), ecb::rate_lines(&ecb::days("1999-03-31")));
}
