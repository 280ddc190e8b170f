//! Both systems over one folder.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::compute::cast;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use lake_behaviour::{Lab, prefix, server};
use lake_core::values::types;
use lake_embedded::{Embedded, EmbeddedConfig};
use lake_iceberg::Warehouse;
use lake_sql::types::Type;
use lake_trino::{Trino, TrinoConfig};
use tempfile::TempDir;

/// The embedded engine and a Trino server, each with a schema of its own in the server's folder.
pub struct Shared {
    /// The embedded engine.
    pub ours: Lab,
    /// The server.
    pub theirs: Lab,
    warehouse: Warehouse,
    runtime: tokio::runtime::Runtime,
    _folder: TempDir,
}

impl Shared {
    /// None where there is no server that shares its folder, with words on standard error.
    pub fn new() -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("shared-").tempdir_in(server::folder()?).unwrap();
        let lake = folder.path().join("lake");
        let config = EmbeddedConfig { warehouse: lake.clone(), threads: 2, memory_bytes: 1 << 30 };
        let ours = Lab::new(Arc::new(Embedded::open(config).unwrap()));
        let trino = Trino::open(TrinoConfig::new(&server::trino()?, "iceberg")).unwrap();
        let theirs = Lab { engine: Arc::new(trino), schema: prefix() };
        let location = folder.path().join("theirs");
        let location = location.display();
        theirs.run(&format!("create schema {} with (location = 'file://{location}')", theirs.schema));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
        let warehouse = Warehouse::open(lake).unwrap();
        Some(Self { ours, theirs, warehouse, runtime, _folder: folder })
    }

    /// Our table as our library sees it.
    pub fn table(&self, name: &str) -> lake_iceberg::Table {
        self.wait(self.warehouse.table(&self.ours.schema, name)).unwrap()
    }

    /// Waits for what our library does.
    pub fn wait<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// Lets the server see our table as it is now.
    pub fn show(&self, name: &str) {
        let table = self.table(name);
        let metadata = table.metadata_location().rsplit('/').next().unwrap().to_owned();
        let location = table.metadata().location().to_owned();
        let schema = &self.theirs.schema;
        let _ = self.theirs.try_run(&format!("call iceberg.system.unregister_table('{schema}', '{name}')"));
        self.theirs
            .run(&format!("call iceberg.system.register_table('{schema}', '{name}', '{location}', '{metadata}')"));
    }

    /// Lets us see the server's table as it is now.
    pub fn adopt(&self, name: &str) {
        let created = self.theirs.rows(&format!("show create table @{name}")).remove(0);
        let location = created.split_once("location = '").unwrap().1.split_once('\'').unwrap().0.to_owned();
        let schema = &self.ours.schema;
        let _ = self.ours.try_run(&format!("call system.unregister_table('{schema}', '{name}')"));
        self.ours.run(&format!(
            "call system.register_table(schema_name => '{schema}', table_name => '{name}', table_location => '{location}')"
        ));
    }

    /// The rows of a query, which are the same for both.
    pub fn same(&self, sql: &str) -> Vec<String> {
        let (ours, theirs) = (sorted(&self.ours, sql), sorted(&self.theirs, sql));
        assert!(ours.len() == theirs.len(), "{sql}\nours:   {ours:?}\ntheirs: {theirs:?}");
        for (ours, theirs) in ours.iter().zip(&theirs) {
            let differing = |at: &usize| ours.get(*at) != theirs.get(*at);
            if let Some(at) = (0..ours.len().max(theirs.len())).find(differing) {
                panic!("{sql}\ncolumn {}\nours:   {:?}\ntheirs: {:?}", at + 1, ours.get(at), theirs.get(at));
            }
        }
        let ours: Vec<String> = ours.iter().map(|row| row.join(" | ")).collect();
        ours
    }

    /// The rows of a table, and all that the tables about it tell.
    pub fn same_table(&self, name: &str) -> Vec<String> {
        // Maps have no order: they are compared as JSON.
        let counts = ["column_sizes", "value_counts", "null_value_counts", "nan_value_counts"]
            .map(|counts| format!("cast({counts} as json)"))
            .join(", ");
        let files = format!(
            "content, file_path, file_format, spec_id, record_count, file_size_in_bytes, {counts}, lower_bounds,
             upper_bounds, key_metadata, split_offsets, equality_ids, sort_order_id, readable_metrics, added_snapshot_id,
             file_sequence_number, data_sequence_number, referenced_data_file, pos, manifest_location, first_row_id,
             content_offset, content_size_in_bytes"
        );
        for (about, columns) in [
            ("snapshots", "committed_at, snapshot_id, parent_id, operation, manifest_list, cast(summary as json)"),
            ("history", "*"),
            ("refs", "*"),
            ("manifests", "*"),
            ("files", &files),
            ("partitions", "*"),
        ] {
            self.same(&format!("select {columns} from @\"{name}${about}\""));
        }
        self.same(&format!("describe @{name}"));
        self.same(&format!("select * from @{name}"))
    }

    /// Shows our table and compares.
    pub fn shown(&self, name: &str) -> Vec<String> {
        self.show(name);
        self.same_table(name)
    }

    /// Adopts the server's table and compares.
    pub fn adopted(&self, name: &str) -> Vec<String> {
        self.adopt(name);
        self.same_table(name)
    }
}

/// The rows of a query, each as the texts of its columns, in one order.
fn sorted(lab: &Lab, sql: &str) -> Vec<Vec<String>> {
    let (_, rows) = lab.try_run(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let options = FormatOptions::new().with_null("null");
    let mut texts = vec![];
    for batch in &rows.batches {
        let arrays: Vec<ArrayRef> =
            batch.columns().iter().zip(&rows.columns).map(|(array, (_, ty))| held(array, ty)).collect();
        let columns: Vec<_> = arrays.iter().map(|array| ArrayFormatter::try_new(array, &options).unwrap()).collect();
        for row in 0..batch.num_rows() {
            let text = |(column, (_, ty)): (&ArrayFormatter<'_>, &(String, Type))| {
                let text = column.value(row).to_string();
                if *ty == Type::Json { canonical(&text) } else { text }
            };
            texts.push(columns.iter().zip(&rows.columns).map(text).collect::<Vec<_>>());
        }
    }
    texts.sort();
    texts
}

/// JSON without what its text is free to choose.
fn canonical(json: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(json) {
        Ok(mut value) => {
            value.sort_all_objects();
            value.to_string()
        }
        Err(_) => json.to_owned(),
    }
}

/// An array in the one form that both systems' have.
fn held(array: &ArrayRef, ty: &Type) -> ArrayRef {
    cast(array, &types::arrow(ty).unwrap()).unwrap()
}
