//! Findings as SARIF 2.1.0 (OASIS standard), the form that code hosts and editors show beside the code.

use std::collections::BTreeSet;
use std::io::{self, Write};

use lake_sql::finding::doc;
use lake_sql::finding::report::Source;
use lake_sql::finding::{Finding, Severity};
use lake_sql::span::Span;
use serde_json::{Value, json};

use super::Checked;

/// Writes the document.
pub fn write(checked: &[Checked], out: &mut impl Write) -> io::Result<()> {
    let found: BTreeSet<&str> = checked.iter().flat_map(|file| &file.findings).map(|finding| finding.id).collect();
    let results: Vec<Value> = checked.iter().flat_map(results).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "lake",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": found.into_iter().map(rule).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn rule(id: &str) -> Value {
    let documented = doc::ALL.iter().find(|doc| doc.id == id);
    match documented {
        Some(doc) => json!({"id": id, "fullDescription": {"text": doc.text}}),
        None => json!({"id": id}),
    }
}

fn results(file: &Checked) -> Vec<Value> {
    let source = Source::new(&file.text, &file.name, 1, 1);
    file.findings.iter().map(|finding| result(finding, file, &source)).collect()
}

fn result(finding: &Finding, file: &Checked, source: &Source<'_>) -> Value {
    let artifact = json!({"uri": file.name.replace('\\', "/")});
    let location = |span, label: &str| {
        let mut location = json!({"physicalLocation": {"artifactLocation": artifact, "region": region(span, source)}});
        if !label.is_empty() {
            location["message"] = json!({"text": label});
        }
        location
    };
    let words: Vec<&str> = [finding.message.as_str()]
        .into_iter()
        .chain(finding.notes.iter().map(String::as_str))
        .chain(finding.help.as_deref())
        .collect();
    let mut result = json!({
        "ruleId": finding.id,
        "level": match finding.severity { Severity::Error => "error", Severity::Lint => "warning" },
        "message": {"text": words.join("\n")},
        "locations": [location(finding.span, &finding.label)],
    });
    if !finding.context.is_empty() {
        let related: Vec<Value> = finding.context.iter().map(|(span, label)| location(*span, label)).collect();
        result["relatedLocations"] = json!(related);
    }
    if let Some(suggestion) = &finding.suggestion {
        result["fixes"] = json!([{"artifactChanges": [{
            "artifactLocation": artifact,
            "replacements": [{
                "deletedRegion": region(suggestion.span, source),
                "insertedContent": {"text": suggestion.text},
            }],
        }]}]);
    }
    result
}

fn region(span: Span, source: &Source<'_>) -> Value {
    let (start, end) = (source.place(span.start), source.place(span.end));
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}
