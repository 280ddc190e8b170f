//! Short ways to declare sources and models.

use lake_core::model::spec::*;

/// The id of `schema.name`.
pub fn id(text: &str) -> Id {
    let (schema, name) = text.split_once('.').unwrap();
    Id { schema: schema.into(), name: name.into() }
}

/// `name type`, with `?` behind a type that may be null, such as `rate decimal(18,6)?`.
pub fn column(text: &str) -> ColumnSpec {
    let (name, ty) = text.split_once(' ').unwrap();
    let (ty, nullable) = ty.strip_suffix('?').map_or((ty, false), |ty| (ty, true));
    ColumnSpec {
        name: name.into(),
        ty: ty.parse().unwrap(),
        nullable,
        brand: None,
        description: String::new(),
        audits: vec![],
        content: Content::Value,
    }
}

/// Columns between commas that stand outside parentheses.
pub fn columns(text: &str) -> Vec<ColumnSpec> {
    text.split(", ").filter(|part| !part.is_empty()).map(column).collect()
}

/// A source of JSON lines.
pub fn files(name: &str, text: &str) -> SourceSpec {
    SourceSpec {
        origin: Origin::Files { format: FileFormat::JsonLines, pattern: "*.json".into(), bad_rows: BadRows::Refuse },
        ..table_source(name, text)
    }
}

/// A source that is a table of the catalog, its columns as [`columns`] reads them.
pub fn table_source(name: &str, text: &str) -> SourceSpec {
    SourceSpec {
        id: id(name),
        columns: columns(text),
        origin: Origin::Table,
        description: String::new(),
        place: ("models.rs", 1),
        krate: "test",
    }
}

/// A model; `{schema.name}` references in the template are bound to what they name.
pub fn model(name: &str, kind: Kind, text: &str, template: &str, upstreams: &[&str]) -> ModelSpec {
    ModelSpec {
        id: id(name),
        columns: columns(text),
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

/// Rows are added.
pub fn append() -> Kind {
    Kind::Incremental(Write::Append)
}

/// Rows replace those of the same key.
pub fn merge(key: &[&str]) -> Kind {
    Kind::Incremental(Write::Merge { key: key.iter().map(|k| k.to_string()).collect() })
}

/// A history by `id` and `at`, with the default names of its own columns.
pub fn history(input: HistoryInput) -> HistorySpec {
    HistorySpec {
        key: vec!["id".into()],
        sequence: "at".into(),
        input,
        tracked: None,
        ties: Ties::Error,
        names: HistoryNames {
            from: "valid_from".into(),
            to: "valid_to".into(),
            open_end: None,
            current: "is_current".into(),
        },
    }
}

/// All rows at each moment; absent keys are closed.
pub fn full_extract() -> HistoryInput {
    HistoryInput::FullExtract(Deletes::Close { max_percent: 100, allow_empty: false })
}
