//! From a generator's lines to an Iceberg table.

use std::fmt::{Display, Write as _};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use arrow::csv::ReaderBuilder;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use lake_core::engine::{Submission, execute};
use lake_embedded::{Embedded, EmbeddedConfig};
use lake_iceberg::{Change, CommitOptions, Warehouse};

use crate::Arguments;

/// Rows that are read at once.
const BATCH: usize = 65_536;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Rows as the benchmark's own programs print them: fields end with `|`, nothing is null.
pub struct Rows(Box<dyn FnMut(&mut String) -> usize + Send>);

impl Rows {
    /// Of a generator.
    pub fn new<T: Display>(mut rows: impl Iterator<Item = T> + Send + 'static) -> Self {
        Self(Box::new(move |text| {
            let lines = rows.by_ref().take(BATCH).map(|row| writeln!(text, "{row}"));
            lines.filter(Result::is_ok).count()
        }))
    }

    /// Sends all rows, and stops early if nobody takes them.
    fn send(mut self, schema: &SchemaRef, to: &SyncSender<Result<RecordBatch, Error>>) {
        let mut text = String::new();
        while self.0(&mut text) > 0 {
            if to.send(batch(&text, schema)).is_err() {
                return;
            }
            text.clear();
        }
    }
}

/// Makes the tables of `schema` that are asked for, with the rows that `rows` has for them.
pub fn tables(
    namespace: &str,
    schema: &str,
    arguments: &Arguments,
    rows: fn(&str, f64) -> Option<Rows>,
) -> Result<(), Error> {
    let warehouse = Warehouse::open(&arguments.warehouse)?;
    warehouse.catalog().make_namespace(namespace)?;
    let config = EmbeddedConfig { warehouse: arguments.warehouse.clone(), threads: 2, memory_bytes: 256 << 20 };
    let engine = Embedded::open(config).map_err(|error| error.message)?;
    let writing = tokio::runtime::Runtime::new()?;

    let statements = schema.split_inclusive(");").filter_map(|statement| {
        let statement = &statement[statement.find("create table ")?..];
        let table = statement.split([' ', '.']).nth(3)?;
        Some((table, statement.trim_end_matches(';')))
    });
    for (table, statement) in statements {
        let wanted = arguments.tables.is_empty() || arguments.tables.iter().any(|name| name == table);
        let Some(rows) = rows(table, arguments.scale).filter(|_| wanted) else { continue };
        let create = Submission::once(plain_strings(statement));
        execute(&engine, &create, || false).map_err(|error| error.message)?;
        let written = writing.block_on(fill(&warehouse, namespace, table, rows))?;
        println!("{namespace}.{table}: {written} rows");
    }
    Ok(())
}

async fn fill(warehouse: &Warehouse, namespace: &str, name: &str, rows: Rows) -> Result<u64, Error> {
    let table = warehouse.table(namespace, name).await?;
    let schema = table.arrow_schema()?;
    let (sender, made): (_, Receiver<Result<RecordBatch, Error>>) = sync_channel(4);
    let making = std::thread::spawn({
        let schema = schema.clone();
        move || rows.send(&schema, &sender)
    });
    let mut writer = table.writer(Default::default())?;
    for batch in made {
        writer.write(batch?).await?;
    }
    making.join().map_err(|_| "the generator stopped")?;
    let files = writer.finish().await?;
    let written = files.rows();
    table.commit(Change::append(files), CommitOptions::default()).await?;
    Ok(written)
}

/// Iceberg has one type of strings.
fn plain_strings(statement: &str) -> String {
    let mut plain = String::new();
    for line in statement.lines() {
        match line.split_once(" char(").or_else(|| line.split_once(" varchar(")) {
            Some((column, length)) => {
                let comma = if length.ends_with(',') { "," } else { "" };
                plain.push_str(&format!("{column} varchar{comma}\n"));
            }
            None => plain.push_str(&format!("{line}\n")),
        }
    }
    plain
}

/// Reads lines. The last field is what follows the separator at the end of each line, which is nothing.
fn batch(text: &str, schema: &SchemaRef) -> Result<RecordBatch, Error> {
    let columns: Vec<usize> = (0..schema.fields().len()).collect();
    let fields = schema.fields().iter().map(|field| field.as_ref().clone());
    let line = Schema::new(fields.chain([Field::new("end", DataType::Utf8, true)]).collect::<Vec<_>>());
    let mut reader = ReaderBuilder::new(Arc::new(line))
        .with_delimiter(b'|')
        .with_quote(b'\0')
        .with_batch_size(BATCH)
        .with_projection(columns)
        .build(text.as_bytes())?;
    let read = reader.next().ok_or("no line")??;
    Ok(RecordBatch::try_new(schema.clone(), read.columns().to_vec())?)
}
