//! Crates of many models.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Sources that the first models read.
const SOURCES: usize = 10;

/// A generated project.
pub struct Project {
    /// The crate of models.
    pub models: PathBuf,
    /// The program that loads and plans them.
    pub app: PathBuf,
}

impl Project {
    /// Writes a project of `size` models.
    pub fn write(folder: &Path, repository: &Path, size: usize) -> Result<Self, String> {
        let project = Self { models: folder.join("models"), app: folder.join("app") };
        let repository = repository.canonicalize().map_err(|error| error.to_string())?;
        let root = repository.display();
        // An empty workspace keeps cargo from looking for one above; one lock file keeps it from asking a registry.
        let head = |name: &str| {
            format!("[workspace]\n\n[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n")
        };
        let lakehouse = format!("lakehouse = {{ path = \"{root}\", default-features = false }}");
        write(&project.models.join("Cargo.toml"), &format!("{}\n[dependencies]\n{lakehouse}\n", head("models")))?;
        let bench = format!("lake-bench-compile-time = {{ path = \"{}\" }}", env!("CARGO_MANIFEST_DIR"));
        let models = format!("models = {{ path = \"{}\" }}", project.models.display());
        write(&project.app.join("Cargo.toml"), &format!("{}\n[dependencies]\n{bench}\n{models}\n", head("app")))?;
        write(&project.app.join("src/main.rs"), APP)?;
        for package in [&project.models, &project.app] {
            fs::copy(repository.join("Cargo.lock"), package.join("Cargo.lock")).map_err(|error| error.to_string())?;
        }
        let mut library = String::from("pub mod sources;\n");
        for number in 0..size {
            writeln!(library, "pub mod model_{number};").expect("writing to a string cannot fail");
            write(&project.models.join(format!("src/model_{number}.rs")), &model(number, ""))?;
        }
        write(&project.models.join("src/lib.rs"), &library)?;
        write(&project.models.join("src/sources.rs"), &sources())?;
        Ok(project)
    }

    /// Changes the SQL of one model, for each number in another way.
    pub fn edit(&self, number: usize) -> Result<(), String> {
        write(&self.models.join("src/model_0.rs"), &model(0, &format!(" and o.quantity > {number}")))
    }
}

const APP: &str = "use models as _;\n\nfn main() {\n    lake_bench_compile_time::load_and_plan();\n    lake_bench_compile_time::parse_and_bind();\n}\n";

fn write(path: &Path, text: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    fs::create_dir_all(path.parent().unwrap_or(path)).map_err(failed)?;
    fs::write(path, text).map_err(failed)
}

/// The columns that sources and models share, so that any can read any.
const COLUMNS: &str = "    /// Key.
    pub order_id: i64,
    /// Who ordered.
    pub customer_id: i64,
    /// Net.
    pub amount: Decimal<12, 2>,
    pub quantity: i32,
    pub country: String,
    pub channel: Option<String>,
    pub ordered_at: Timestamp,
    pub shipped_on: Option<Date>,
    pub discount: Option<Decimal<5, 4>>,
    pub weight: f64,
    pub is_gift: bool,
    pub note: Option<String>,
    pub position: i64,
    pub running: Option<Decimal<38, 2>>,
    pub band: String,
";

fn sources() -> String {
    let mut text =
        format!("use lakehouse::prelude::*;\n\n/// A row.\n#[derive(Row)]\npub struct Order {{\n{COLUMNS}}}\n");
    for number in 0..SOURCES {
        write!(text, "\n#[source(schema = \"raw\")]\npub fn source_{number}() -> Source<Order>;\n")
            .expect("writing to a string cannot fail");
    }
    text
}

/// What the model of a number reads: an earlier one, or a source.
fn upstream(number: usize, step: usize) -> (String, String) {
    match number.checked_sub(step) {
        Some(earlier) if earlier % 7 != 0 => (format!("crate::model_{earlier}"), format!("model_{earlier}")),
        _ => ("crate::sources".into(), format!("source_{}", (number + step) % SOURCES)),
    }
}

fn model(number: usize, condition: &str) -> String {
    let (left_path, left) = upstream(number, 1);
    let (right_path, right) = upstream(number, 3);
    format!(
        "use lakehouse::prelude::*;

/// Row of model {number}.
#[derive(Row)]
pub struct Row{number} {{
{COLUMNS}}}

/// Model {number}.
#[model(schema = \"marts\", tags = [\"daily\"])]
pub fn model_{number}(o: Ref<{left_path}::{left}>, x: Ref<{right_path}::{right}>) -> Table<Row{number}> {{
    sql!(
        \"with totals as (
             select customer_id, count(*) as orders, sum(amount) as total, max(ordered_at) as last_order
             from {{x}}
             where amount > 0
             group by customer_id
         )
         select
             o.order_id,
             o.customer_id,
             o.amount,
             o.quantity,
             upper(o.country) as country,
             coalesce(o.channel, 'unknown') as channel,
             o.ordered_at,
             o.shipped_on,
             o.discount,
             o.weight * 1e0 as weight,
             o.is_gift or t.orders > 10 as is_gift,
             nullif(o.note, '') as note,
             row_number() over (partition by o.customer_id order by o.ordered_at desc, o.order_id) as position,
             sum(o.amount) over (partition by o.country order by o.ordered_at) as running,
             case when t.total > 1000 then 'high' when t.total > 100 then 'middle' else 'low' end as band
         from {{o}} o
         join totals t on t.customer_id = o.customer_id
         where o.ordered_at <= t.last_order{condition}\"
    )
}}
"
    )
}
