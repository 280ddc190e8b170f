//! The example as a client of a server that speaks Athena's protocol: another process, which knows nothing of it.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use athena_local::{AthenaLocal, Config, Each, Fault, Handle, Refusing, Rule, Shown, Workgroup};

use crate::ecb;
use crate::lake::{Lake, Ran};

/// One that has keys, and one that logs in.
const PROFILES: &str = "
[profile keyed]
region = eu-west-1
aws_access_key_id = local
aws_secret_access_key = local

[profile login]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = etl

[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
sso_registration_scopes = sso:account:access
";

/// A lake whose tables are behind a server in this process.
struct Wired {
    lake: Lake,
    server: Handle,
}

impl Wired {
    fn new(change: impl FnOnce(&mut Config)) -> Self {
        let lake = Lake::new();
        let mut config = Config::new(lake.path("tables"));
        change(&mut config);
        let server = AthenaLocal::start(config).expect("a port is free");
        fs::write(lake.path("config"), PROFILES).expect("the profiles can be written");
        let wired = Self { lake, server };
        wired.configure("");
        wired
    }

    /// Writes the project's settings with more options.
    fn configure(&self, options: &str) {
        let endpoint = match options.contains("endpoint") {
            true => String::new(),
            false => format!("endpoint = \"{}\"\n", self.server.url()),
        };
        let text = format!(
            "target = \"prod\"\n\n[targets.prod]\nengine = \"athena\"\nwarehouse = \"s3://bucket/lake\"\nlanding = \
             \"landing\"\nstate = \"state\"\n\n[targets.prod.options]\n{endpoint}poll_ms = \"2\"\n{options}"
        );
        fs::write(self.lake.path("lake.toml"), text).expect("the settings can be written");
    }

    /// The example, with an account and a region and nothing else of this machine's settings.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.lake.command(arguments);
        command.env_remove("LAKE_WAREHOUSE").env("LAKE_PROJECT", self.lake.path(""));
        let account =
            ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"];
        for name in account {
            command.env_remove(name);
        }
        command.env("AWS_REGION", "eu-west-1").env("AWS_EC2_METADATA_DISABLED", "true");
        command.env("AWS_ACCESS_KEY_ID", "local").env("AWS_SECRET_ACCESS_KEY", "local");
        command.env("HOME", self.lake.path("")).env("AWS_CONFIG_FILE", self.lake.path("config"));
        command.env("AWS_SHARED_CREDENTIALS_FILE", self.lake.path("credentials"));
        command
    }

    fn succeed(&self, arguments: &[&str]) -> Ran {
        let ran = Ran::of(&mut self.command(arguments));
        assert_eq!(ran.code(), 0, "{}", ran.all());
        ran
    }

    fn query(&self, sql: &str) -> Vec<String> {
        let ran = self.succeed(&["query", "--format", "csv", sql]);
        ran.out().lines().skip(1).map(ToOwned::to_owned).collect()
    }

    /// Starts a run and kills it a moment after the server has got so many statements of it. False if it has ended
    /// before.
    fn kill_after(&self, statements: usize, until: &str, moment: Duration) -> bool {
        let before = self.server.executions().len();
        let mut child = self.command(&["--until", until]);
        let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the example starts");
        let began = Instant::now();
        while self.server.executions().len() < before + statements {
            if let Some(status) = child.try_wait().expect("it is a child of ours") {
                assert!(status.success(), "{status}");
                return false;
            }
            assert!(began.elapsed() < Duration::from_secs(300), "it never ends");
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(moment);
        child.kill().expect("the process can be killed");
        child.wait().expect("the process ends");
        true
    }
}

/// The server lives on, and with it what a process had begun when it was killed.
#[test]
fn a_killed_process_is_followed_by_one_that_goes_on_with_its_statements() {
    let wired = Wired::new(|config| config.threads = 1);
    // Statements take some looks, so that most moments are between a submission and the end that would be seen.
    let slow = Fault::States(vec![Shown::Queued, Shown::Running, Shown::Running]);
    wired.server.meet(Rule::start("", slow).each(Each::Token));
    let mut kills = 0;
    for until in ["1999-01-31", "1999-02-31"] {
        let moments = (1..).map(|n| (n * 5 - 4, Duration::from_millis(n as u64 * 7 % 20)));
        let mut ends = moments.map(|(statements, moment)| wired.kill_after(statements, until, moment));
        kills += ends.by_ref().take_while(|killed| *killed).count();
    }
    assert!(kills > 5, "{kills} kills");

    let mut writes: BTreeMap<String, usize> = BTreeMap::new();
    for execution in wired.server.executions() {
        if !execution.sql.starts_with("select") && !execution.sql.starts_with("create schema") {
            *writes.entry(execution.sql).or_default() += 1;
        }
    }
    writes.retain(|_, count| *count > 1);
    assert_eq!(writes, BTreeMap::new(), "one execution a statement");

    let again = wired.succeed(&["--until", "1999-02-31"]);
    assert!(again.out().contains("nothing new"), "{}", again.all());
    let days = ecb::days("1999-02-31");
    assert_eq!(wired.query("select * from fx.rates order by 1, 2"), ecb::rate_lines(&days));
    assert_eq!(wired.query("select count(*) from fx.currency_history"), [ecb::versions(&days).len().to_string()]);
    assert_eq!(wired.query("select count(*) from fx.monthly_rates"), [ecb::months(&days).len().to_string()]);
}

/// No account.
const NOBODY: &[(&str, Option<&str>)] = &[("AWS_ACCESS_KEY_ID", None), ("AWS_SECRET_ACCESS_KEY", None)];

/// What a person sees whose account is not set up: all of standard error, and nothing was sent.
fn refusal(change: impl FnOnce(&mut Config), options: &str, environment: &[(&str, Option<&str>)]) -> String {
    let wired = Wired::new(change);
    wired.configure(options);
    let mut command = wired.command(&["query", "select 1 as x"]);
    for (name, value) in environment {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let ran = Ran::of(&mut command);
    assert_ne!((ran.code(), ran.out().as_str()), (0, ""), "{}", ran.all());
    assert_eq!(wired.server.executions(), []);
    let folder = wired.lake.path("").display().to_string();
    ran.err().replace(&wired.server.url(), "http://127.0.0.1:…").replace(folder.trim_end_matches('/'), "…")
}

#[test]
fn an_account_that_is_not_set_up_is_told_before_anything_is_submitted() {
    let none = |_: &mut Config| {};
    let known = |config: &mut Config| config.access_key = Some("local".into());
    let groups = |config: &mut Config| {
        let closed = Workgroup { output_location: None, enabled: false };
        config.workgroups.insert("closed".into(), closed.clone());
        config.workgroups.insert("etl".into(), Workgroup { enabled: true, ..closed });
    };
    let refusing = |operation: &'static str, code: &'static str, message: &'static str| {
        move |config: &mut Config| {
            let with = Refusing { code: code.into(), message: message.into() };
            config.script.rules.push(Rule::call(operation, Fault::Refuse(with)).times(99));
        }
    };
    let mut told = vec![];
    let mut tell = |what: &str, text: String| told.push(format!("# {what}\n{text}"));
    tell("no credentials", refusal(none, "", NOBODY));
    tell("a profile that is not there", refusal(none, "profile = \"etl\"\n", &[]));
    tell("a profile without a login", refusal(none, "profile = \"login\"\n", &[]));
    let role = "role_arn = \"arn:aws:iam::123456789012:role/etl\"\n";
    tell("a role that cannot be had", refusal(none, role, &[("AWS_ENDPOINT_URL_STS", Some("http://127.0.0.1:9"))]));
    tell("an unknown key", refusal(known, "", &[("AWS_ACCESS_KEY_ID", Some("other"))]));
    let expired = "The security token included in the request is expired";
    tell("a key that has expired", refusal(refusing("GetWorkGroup", "ExpiredTokenException", expired), "", &[]));
    let denied = "User: arn:aws:iam::123456789012:user/etl is not authorized to perform: athena:GetWorkGroup on resource: \
                  arn:aws:athena:eu-west-1:123456789012:workgroup/primary";
    tell("a missing permission", refusal(refusing("GetWorkGroup", "AccessDeniedException", denied), "", &[]));
    tell("no region", refusal(none, "", &[("AWS_REGION", None)]));
    let elsewhere = |config: &mut Config| config.region = Some("us-east-1".into());
    tell("another region", refusal(elsewhere, "", &[]));
    tell("no such workgroup", refusal(groups, "workgroup = \"elt\"\n", &[]));
    tell("a workgroup that is switched off", refusal(groups, "workgroup = \"closed\"\n", &[]));
    tell("no place for results", refusal(groups, "workgroup = \"etl\"\n", &[]));
    tell("a place that is none", refusal(none, "output_location = \"results\"\n", &[]));
    let region = "The S3 location provided to save your query results is invalid. Please check your S3 location is correct \
                  and is in the same region and try again. If you continue to see the issue, contact customer support \
                  for further assistance.";
    let place = refusing("StartQueryExecution", "InvalidRequestException", region);
    tell("a place in another region", refusal(place, "output_location = \"s3://elsewhere/results/\"\n", &[]));
    let bucket = "Unable to verify/create output bucket nowhere";
    let place = refusing("StartQueryExecution", "InvalidRequestException", bucket);
    tell("a bucket that is not there", refusal(place, "output_location = \"s3://nowhere/results/\"\n", &[]));
    tell("nobody at the address", refusal(none, "endpoint = \"http://127.0.0.1:9\"\n", &[]));
    insta::assert_snapshot!(told.join("\n"));
}

/// A profile that the settings name is meant, whatever keys and region the environment has.
#[test]
fn a_profile_stands_above_the_environment() {
    let wired = Wired::new(|config| {
        config.access_key = Some("local".into());
        config.region = Some("eu-west-1".into());
    });
    wired.configure("profile = \"keyed\"\n");
    let mut command = wired.command(&["query", "--format", "csv", "select 1 as x"]);
    command.env("AWS_ACCESS_KEY_ID", "other").env_remove("AWS_REGION");
    let ran = Ran::of(&mut command);
    assert_eq!((ran.code(), ran.out().as_str()), (0, "x\n1\n"), "{}", ran.all());
}

/// Actions of a service that a policy names.
fn allowed(policy: &serde_json::Value, service: &str) -> Vec<String> {
    let statements = policy["Statement"].as_array().expect("a list of statements");
    let actions = statements.iter().flat_map(|statement| statement["Action"].as_array().expect("a list of actions"));
    let mut actions: Vec<String> = actions.filter_map(|action| action.as_str()).map(str::to_owned).collect();
    actions.retain(|action| action.starts_with(service));
    actions.sort();
    actions
}

/// The README's policy names what a run needs, the wish to stop included, and nothing else.
#[test]
fn the_policy_of_the_readme_is_the_least_one() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = fs::read_to_string(readme).expect("the README is there");
    let (_, policy) = readme.split_once("```json\n").expect("the policy is the first JSON");
    let policy = policy.split_once("```").expect("the block ends").0;
    let policy: serde_json::Value = serde_json::from_str(policy).expect("the policy is JSON");

    let wired = Wired::new(|_| {});
    wired.succeed(&["--until", "1999-01-31"]);
    wired.succeed(&["--until", "1999-02-31"]);
    wired.succeed(&["ls"]);
    wired.succeed(&["plan"]);
    wired.query("select count(*) from fx.rates");
    // A run that is interrupted asks Athena to stop what runs.
    wired.server.meet(Rule::start("create table", Fault::Hang));
    let mut child = wired.command(&["--until", "1999-03-31"]);
    let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the example starts");
    let began = Instant::now();
    while wired.server.is_fault_pending() {
        assert!(began.elapsed() < Duration::from_secs(60), "no table is created");
        std::thread::sleep(Duration::from_millis(5));
    }
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("there is `kill`");
    assert!(kill.success());
    assert_eq!(child.wait().expect("the process ends").code(), Some(130));

    let actions = wired.server.actions();
    for service in ["athena:", "glue:"] {
        let used: Vec<&String> = actions.iter().filter(|action| action.starts_with(service)).collect();
        assert_eq!(allowed(&policy, service).iter().collect::<Vec<_>>(), used);
    }
}
