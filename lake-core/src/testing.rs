//! Short ways to declare things in this crate's own tests.

use lake_sql::types::Type;

use crate::model::spec::*;

/// `schema.name`
pub(crate) fn id(text: &str) -> Id {
    let (schema, name) = text.split_once('.').expect("schema.name");
    Id { schema: schema.into(), name: name.into() }
}

/// `name type [null]`
pub(crate) fn column(text: &str) -> ColumnSpec {
    let mut words = text.split(' ');
    let name = words.next().expect("a name").to_owned();
    let ty = match words.next().expect("a type") {
        "bigint" => Type::BigInt,
        "integer" => Type::Integer,
        "varchar" => Type::Varchar(None),
        "date" => Type::Date,
        "boolean" => Type::Boolean,
        "timestamp" => Type::Timestamp(6),
        other => panic!("no such type in tests: {other}"),
    };
    let nullable = words.next() == Some("null");
    ColumnSpec { name, ty, nullable, brand: None, description: String::new(), audits: vec![], content: Content::Value }
}

/// A source that is a table.
pub(crate) fn source(name: &str, columns: &[&str]) -> SourceSpec {
    SourceSpec {
        id: id(name),
        columns: columns.iter().map(|c| column(c)).collect(),
        origin: Origin::Table,
        description: String::new(),
        place: ("models.rs", 1),
        krate: "test",
    }
}

/// A model of any kind; each upstream is bound under its bare name.
pub(crate) fn model(name: &str, kind: Kind, columns: &[&str], template: &str, upstreams: &[&str]) -> ModelSpec {
    ModelSpec {
        id: id(name),
        columns: columns.iter().map(|c| column(c)).collect(),
        query: QuerySpec {
            template: template.into(),
            bindings: upstreams.iter().map(|u| (id(u).name, Binding::Ref(id(u)))).collect(),
            place: ("models.rs", 2, 10),
        },
        kind,
        publish: Publish::Audited,
        tags: vec![],
        owner: None,
        description: String::new(),
        place: ("models.rs", 1),
        krate: "test",
    }
}

/// A table with one column `x bigint`.
pub(crate) fn table(name: &str, template: &str, upstreams: &[&str]) -> ModelSpec {
    model(name, Kind::Table, &["x bigint"], template, upstreams)
}

/// A source of JSON lines.
pub(crate) fn files(name: &str, pattern: &str, columns: &[&str]) -> SourceSpec {
    SourceSpec {
        origin: Origin::Files { format: FileFormat::JsonLines, pattern: pattern.into(), bad_rows: BadRows::Refuse },
        ..source(name, columns)
    }
}
