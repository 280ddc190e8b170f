//! Models that compile, and what the program knows of them.
#![allow(missing_docs, clippy::unwrap_used)]

mod daily;
mod names;
mod shapes;

use lake_upstream_models as _;
use lakehouse::model::registry::declarations;
use lakehouse::model::spec::{
    BadRows, Binding, Content, Deletes, FileFormat, HistoryInput, Kind, ModelSpec, Origin, Publish, SourceSpec, Ties,
    Write,
};

fn model(name: &str) -> ModelSpec {
    let mut models = declarations().unwrap().models;
    let position = models.iter().position(|model| model.id.to_string() == name);
    models.swap_remove(position.unwrap_or_else(|| panic!("no model {name}")))
}

fn source(name: &str) -> SourceSpec {
    let sources = declarations().unwrap().sources;
    sources.into_iter().find(|source| source.id.to_string() == name).unwrap()
}

/// Columns as `name type`, with a `?` for those that may be null.
fn columns(columns: &[lakehouse::model::spec::ColumnSpec]) -> Vec<String> {
    let nullable = |column: &lakehouse::model::spec::ColumnSpec| if column.nullable { "?" } else { "" };
    columns.iter().map(|column| format!("{} {}{}", column.name, column.ty, nullable(column))).collect()
}

#[test]
fn models_of_all_crates_are_found_in_order() {
    let found = declarations().unwrap();
    let names: Vec<_> = found.models.iter().map(|model| model.id.to_string()).collect();
    let mut sorted = names.clone();
    sorted.sort();
    assert_eq!(names, sorted);
    assert_eq!(model("shop.customer_totals").krate, "lake_upstream_models");
    assert_eq!(model("daily.customer_history").krate, "models");
}

#[test]
fn columns_are_named_in_functions_that_are_no_models() {
    let _: fn(&daily::Customer) -> Option<&str> = daily::Customer::country;
    let key = vec!["customer_id".into(), "extracted_on".into()];
    assert_eq!(model("daily.versions").kind, Kind::Incremental(Write::Merge { key }));
}

#[test]
fn a_row_becomes_columns() {
    assert_eq!(
        columns(&source("raw.orders").columns),
        [
            "order_id bigint",
            "customer_id bigint",
            "amount decimal(12,2)",
            "channel varchar",
            "address row(street varchar, town varchar)",
            "rates map(varchar, decimal(18,6))",
            "parcels array(bigint)",
            "ordered_at timestamp(6)",
        ]
    );
    let spec = source("raw.landing");
    assert_eq!(spec.description, "Documents as they land.\nOne a day.");
    assert_eq!(
        spec.origin,
        Origin::Files { format: FileFormat::JsonDocument, pattern: "fx/*.json".into(), bad_rows: BadRows::Refuse }
    );
    let contents: Vec<_> = spec.columns.iter().map(|column| column.content).collect();
    assert_eq!(contents, [Content::Value, Content::Value, Content::Value, Content::File, Content::Arrival]);
    assert_eq!(columns(&spec.columns)[..3], ["type varchar?", "price decimal(9,3)", "blob varbinary?"]);
    assert_eq!(spec.columns[0].audits.len(), 2);
    assert!(spec.place.0.ends_with("daily.rs"));
}

#[test]
fn a_template_and_its_bindings_are_untouched() {
    let spec = model("daily.recent_orders");
    assert_eq!(
        spec.query.template,
        "select o.* from {orders} o where {first_run} or o.ordered_at > (select max(ordered_at) from {this} t) \
         and o.ordered_at < {now}"
    );
    let names: Vec<_> = spec.query.bindings.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["orders", "this", "first_run", "now"]);
    assert!(matches!(&spec.query.bindings[0].1, Binding::Ref(id) if id.to_string() == "raw.orders"));
    assert_eq!(spec.query.bindings[1].1, Binding::This);
    assert_eq!(spec.kind, Kind::Incremental(Write::Merge { key: vec!["order_id".into(), "ordered_at".into()] }));
    assert_eq!((spec.tags.as_slice(), spec.owner.as_deref()), (&["daily".to_owned()][..], Some("sales")));
    assert_eq!(spec.publish, Publish::Direct);
}

#[test]
fn a_history_has_its_own_columns_behind_those_of_its_row() {
    let spec = model("daily.customer_history");
    assert_eq!(
        columns(&spec.columns),
        [
            "customer_id bigint",
            "country varchar?",
            "extracted_on date",
            "valid_from date",
            "valid_to date?",
            "is_current boolean",
        ]
    );
    let Kind::History(history) = spec.kind else { panic!("not a history") };
    assert_eq!((history.key, history.sequence.as_str()), (vec!["customer_id".to_owned()], "extracted_on"));
    assert_eq!(history.tracked, Some(vec!["country".to_owned()]));
    assert_eq!(history.ties, Ties::LastBy("country".into()));
    assert_eq!(history.input, HistoryInput::FullExtract(Deletes::Close { max_percent: 10, allow_empty: true }));
}

#[test]
fn a_history_with_names_of_the_user() {
    let spec = model("daily.order_history");
    assert_eq!(columns(&spec.columns)[8..], ["start_ts timestamp(6)", "end_ts timestamp(6)", "current_row boolean"]);
    let Kind::History(history) = spec.kind else { panic!("not a history") };
    assert_eq!(history.names.open_end.as_deref(), Some("2999-01-01"));
    assert_eq!((history.names.from.as_str(), history.names.current.as_str()), ("start_ts", "current_row"));
    assert_eq!(history.input, HistoryInput::Events { delete_when: Some("amount < 0".into()) });
}

#[test]
fn inferred_rows_are_typed_and_keep_newtypes() {
    let spec = model("daily.per_customer");
    assert_eq!(
        columns(&spec.columns),
        ["customer_id bigint", "last_order timestamp(6)", "orders bigint", "gross decimal(38,4)"]
    );
    assert_eq!(spec.columns[0].brand.as_deref(), Some("CustomerId"));
    assert_eq!(spec.kind, Kind::Incremental(Write::Merge { key: vec!["customer_id".into(), "last_order".into()] }));
    let helper = spec.query.bindings.iter().find(|(name, _)| name == "with_tax").map(|(_, binding)| binding);
    let Some(Binding::Helper(helper)) = helper else { panic!("no helper") };
    assert_eq!(helper.template, "{net} * decimal '1.22'");
}

#[test]
fn a_family_has_one_model_for_each_line() {
    let croatia = model("daily.croatia_customers");
    assert_eq!(croatia.query.template, "select * from {customers} where country = 'HR'");
    assert_eq!(croatia.description, "The customers of croatia.");
    assert_eq!(model("daily.slovenia_customers").id.name, "slovenia_customers");
}
