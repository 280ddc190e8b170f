//! Files with rows that do not fit: refused with file and line, or kept aside while the others are loaded.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "athena-local")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use athena_local::{AthenaLocal, Config};
use lake_athena::{Athena, AthenaConfig, Keys};
use lake_core::engine::{Engine, Submission, execute};
use lake_core::model::registry;
use lake_core::model::spec::Id;
use lake_core::project::Project;
use lake_core::project::settings::Target;
use lake_core::run::cancel::CancelToken;
use lake_core::run::session::{RunOptions, Session};
use lake_core::run::summary::RunSummary;
use lake_embedded::{Embedded, EmbeddedConfig};
use lake_model_engine::texts;
use lakehouse::prelude::*;
use tempfile::TempDir;

/// One order.
#[derive(Row)]
pub struct Order {
    /// Its number.
    pub order_id: i64,
    /// What it costs.
    pub amount: Option<Decimal<6, 2>>,
}

/// Orders of the web shop.
#[source(schema = "raw", files = "web/**/*.jsonl*", format = "jsonl", bad_rows = "keep")]
pub fn web_orders() -> Source<Order>;

/// Orders of the branches.
#[source(schema = "raw", files = "branch/*.csv", format = "csv", bad_rows = "keep")]
pub fn branch_orders() -> Source<Order>;

/// Orders of the partners, who were told to send good files.
#[source(schema = "raw", files = "partner/*.csv", format = "csv")]
pub fn partner_orders() -> Source<Order>;

/// All orders so far.
#[model(schema = "shop")]
pub fn orders(web: Ref<web_orders>, branch: Ref<branch_orders>) -> Incremental<Order> {
    incremental(sql!("select * from {web} union all select * from {branch}")).append()
}

/// What the branches sold, computed anew from all files.
#[model(schema = "shop")]
pub fn branch_total(branch: Ref<branch_orders>) -> Table<_> {
    sql!("select count(*) as orders, sum(amount) as amount from {branch}")
}

/// Orders of the partners.
#[model(schema = "shop")]
pub fn partners(partner: Ref<partner_orders>) -> Incremental<Order> {
    incremental(sql!("select * from {partner}")).append()
}

/// A landing folder, tables and a journal.
struct Shop {
    folder: TempDir,
    engine: Arc<dyn Engine>,
}

impl Shop {
    fn new(folder: TempDir, engine: Arc<dyn Engine>) -> Self {
        Self { folder, engine }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn deliver(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path("landing").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn run(&self) -> RunSummary {
        let text = |name: &str| self.path(name).to_string_lossy().into_owned();
        let target = Target { landing: text("landing"), state: text("state"), ..Target::named("test") };
        let project = Project::load(registry::models().unwrap(), registry::sources().unwrap(), target).unwrap();
        let models: BTreeSet<Id> = project.graph.models().map(|model| model.id.clone()).collect();
        let session = Session::open(project, self.engine.clone()).unwrap();
        session.run(&models, &RunOptions::default(), &CancelToken::default(), &|_| {}).unwrap()
    }

    /// Runs all models: how each ended, and what it kept aside.
    fn ended(&self) -> Vec<String> {
        let folder = format!("{}/", self.path("landing").display());
        let shown = |result: &lake_core::run::summary::ModelResult| {
            let (model, message) = (&result.model, result.message.clone().unwrap_or_default().replace(&folder, ""));
            let kept = result.bad_rows.as_ref().map_or(String::new(), |bad| format!(", {} in {}", bad.rows, bad.table));
            match result.outcome.is_good() {
                true => format!("{model}: {:?} rows{kept}", result.rows),
                false => format!("{model}: {message}"),
            }
        };
        self.run().models.iter().map(shown).collect()
    }

    fn rows(&self, sql: &str) -> Vec<String> {
        let (_, rows) = execute(&*self.engine, &Submission::once(sql), || false).unwrap().unwrap();
        texts(&rows).unwrap()
    }
}

/// The same on any engine.
fn check(shop: &Shop) {
    shop.deliver("branch/1.csv", "order_id,amount\n1,1.50\n");
    shop.deliver("web/2024/1.jsonl", "{\"order_id\":10,\"amount\":\"2.50\"}\n");
    shop.deliver("partner/1.csv", "order_id,amount\n20,1.00\n");
    // Good files leave no trace.
    let ended = ["shop.branch_total: Some(1) rows", "shop.orders: Some(2) rows", "shop.partners: Some(1) rows"];
    assert_eq!(shop.ended(), ended);
    assert!(shop.engine.list("shop").unwrap().iter().all(|name| !name.table.contains("bad_rows")));

    shop.deliver("branch/2.csv", "order_id,amount\n2,cheap\n3,\n");
    shop.deliver("web/2024/2.jsonl", "{\"order_id\":null}\n{\"order_id\":12}\n");
    let ended = [
        "shop.branch_total: Some(1) rows, 1 in shop.branch_total_bad_rows",
        "shop.orders: Some(2) rows, 2 in shop.orders_bad_rows",
        "shop.partners: None rows",
    ];
    assert_eq!(shop.ended(), ended);
    let orders = "select order_id, amount from shop.orders order by order_id";
    assert_eq!(shop.rows(orders), ["1 | 1.50", "3 | null", "10 | 2.50", "12 | null"]);
    let bad = "select source, file, line, text, reason from shop.orders_bad_rows order by source, file, line";
    let branch =
        "raw.branch_orders | branch/2.csv | 2 | 2,cheap | column 3: amount: expected decimal(6,2), found \"cheap\"";
    let web = "raw.web_orders | web/2024/2.jsonl | 1 | {\"order_id\":null} | \
               column 13: order_id: expected bigint, found null: the column cannot be null";
    assert_eq!(shop.rows(bad), [branch, web]);

    // Nothing new: nothing is told again.
    assert_eq!(shop.ended(), ["shop.branch_total: None rows", "shop.orders: None rows", "shop.partners: None rows"]);

    // Nor by the table, which reads all files once more.
    shop.deliver("branch/3.csv", "order_id,amount\n4,4.00\n");
    let packed = zstd::encode_all(&b"{\"order_id\":13}\n{\"order_id\":14.5}\n"[..], 1).unwrap();
    shop.deliver("web/3.jsonl.zst", packed);
    shop.deliver("partner/2.csv", "order_id,amount\n21,1.00\n22,12345.00\n");
    let ended = [
        "shop.branch_total: Some(1) rows",
        "shop.orders: Some(2) rows, 1 in shop.orders_bad_rows",
        "shop.partners: partner/2.csv:3:4: amount: expected decimal(6,2), found \"12345.00\"",
    ];
    assert_eq!(shop.ended(), ended);
    let packed = "raw.web_orders | web/3.jsonl.zst | 2 | {\"order_id\":14.5} | \
                  column 13: order_id: expected bigint, found the number 14.5";
    assert_eq!(shop.rows(bad), [branch, web, packed]);
    assert_eq!(shop.rows("select orders, amount from shop.branch_total"), ["3 | 5.50"]);
    assert_eq!(shop.rows("select count(*) from shop.branch_total_bad_rows"), ["1"]);
    assert_eq!(shop.rows("select order_id from shop.partners"), ["20"]);
}

#[test]
fn bad_rows_are_kept_by_an_engine_that_opens_files() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = folder.path().join("warehouse");
    let engine = Embedded::open(EmbeddedConfig { warehouse, threads: 2, memory_bytes: 128 << 20 }).unwrap();
    check(&Shop::new(folder, Arc::new(engine)));
}

#[test]
fn bad_rows_travel_to_an_engine_that_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { threads: 1, memory_bytes: 64 << 20, ..Config::new(folder.path().join("warehouse")) };
    let server = AthenaLocal::start(config).unwrap();
    let keys = Some(Keys { id: "local".into(), secret: "local".into() });
    let engine = Athena::open(AthenaConfig {
        region: Some("eu-west-1".into()),
        endpoint: Some(server.url()),
        keys,
        poll: Duration::from_millis(1),
        ..AthenaConfig::new("s3://bucket/lake")
    });
    check(&Shop::new(folder, Arc::new(engine.unwrap())));
}
