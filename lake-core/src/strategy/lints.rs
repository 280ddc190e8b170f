//! Lints of a model: those of its query, and what its kind makes of the query.

use lake_sql::bind::bind;
use lake_sql::bound::TableName;
use lake_sql::finding::{Finding, Severity};
use lake_sql::lint;
use lake_sql::syntax::{Templates, parse_query};
use lake_sql::types::TypeRules;

use super::query::Declared;
use crate::graph::{Graph, Node};
use crate::model::spec::{Binding, ColumnAudit, ColumnSpec, HistoryInput, Id, Kind, ModelSpec, Write};

/// What is doubtful in a model's query; the errors if there are any. Spans are those of its template.
pub fn lints(graph: &Graph, model: &ModelSpec) -> Vec<Finding> {
    let template = &model.query.template;
    let parsed = parse_query(template, Templates::Yes);
    let Some(tree) = parsed.tree.filter(|_| parsed.findings.is_empty()) else { return parsed.findings };
    let names = Declared { graph, model, first_run: false };
    let outcome = bind(&tree, template, &names, TypeRules::default());
    let failed = outcome.findings.iter().any(|finding| finding.severity == Severity::Error);
    let Some(query) = outcome.query.filter(|_| !failed) else { return outcome.findings };
    let mut findings = lint::query(&query, template, &|table| keys(graph, model, table));
    if let Kind::History(history) = &model.kind
        && matches!(history.input, HistoryInput::FullExtract(_))
    {
        findings.extend(lint::full_extract(&query));
    }
    lint::without_allowed(template, findings)
}

/// What is unique in the table that a placeholder of the model stands for.
fn keys(graph: &Graph, model: &ModelSpec, table: &TableName) -> Vec<Vec<String>> {
    let TableName::Reference(name) = table else { return vec![] };
    let binding = model.query.bindings.iter().find(|(bound, _)| bound == name);
    match binding {
        Some((_, Binding::Ref(id))) => keys_of(graph, id),
        Some((_, Binding::This)) => keys_of(graph, &model.id),
        _ => vec![],
    }
}

fn keys_of(graph: &Graph, id: &Id) -> Vec<Vec<String>> {
    match graph.nodes().get(id) {
        Some(Node::Source(source)) => unique(&source.columns),
        Some(Node::Model(model)) => {
            let mut keys = unique(&model.columns);
            match &model.kind {
                Kind::Incremental(Write::Merge { key }) => keys.push(key.clone()),
                Kind::History(history) => {
                    keys.push(history.key.iter().chain([&history.names.from]).cloned().collect());
                }
                Kind::View | Kind::Table | Kind::Incremental(Write::Append) => {}
            }
            keys
        }
        None => vec![],
    }
}

fn unique(columns: &[ColumnSpec]) -> Vec<Vec<String>> {
    let is_unique = |column: &&ColumnSpec| column.audits.contains(&ColumnAudit::Unique);
    columns.iter().filter(is_unique).map(|column| vec![column.name.clone()]).collect()
}
