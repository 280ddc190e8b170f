//! Findings for people and machines: one renderer for the terminal, for rustc's `compile_error!`, and as JSON.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};

use super::{Finding, Severity};
use crate::span::Span;

/// A text and where it stands, for rendering its findings.
#[derive(Clone, Debug)]
pub struct Source<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    /// The text behind as many blanks as stand in front of it in its file, so that columns come out right.
    padded: String,
}

/// Whether to use the terminal's colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// ANSI escape codes.
    Yes,
    /// Plain text.
    No,
}

/// A place in a file as people count: lines and characters from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

impl<'a> Source<'a> {
    /// `text`, whose first character stands in `file` at `line` and `column`, both counted from 1.
    pub fn new(text: &str, file: &'a str, line: usize, column: usize) -> Self {
        let column = column.max(1);
        Self { file, line: line.max(1), column, padded: " ".repeat(column - 1) + text }
    }

    /// Where an offset of the text is in the file.
    pub fn place(&self, offset: usize) -> Place {
        let end = self.floor(offset + self.column - 1);
        let before = &self.padded[..end];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Place { line: self.line + before.matches('\n').count(), column: before[line_start..].chars().count() + 1 }
    }

    /// The finding for a terminal.
    pub fn terminal(&self, finding: &Finding, colour: Colour) -> String {
        let renderer = match colour {
            Colour::Yes => Renderer::styled(),
            Colour::No => Renderer::plain(),
        };
        let level = match finding.severity {
            Severity::Error => Level::ERROR,
            Severity::Lint => Level::WARNING,
        };
        let title = level.primary_title(finding.message.as_str()).id(finding.id);
        let mut group = title.element(self.snippet(finding));
        group = group.elements(finding.notes.iter().map(|note| Level::NOTE.message(note.as_str())));
        let mut groups = vec![];
        match (&finding.help, self.suggestion(finding)) {
            (_, Some(suggestion)) => groups.push(suggestion),
            (Some(help), None) => group = group.element(Level::HELP.message(help.as_str())),
            (None, None) => {}
        }
        groups.insert(0, group);
        renderer.render(&groups)
    }

    /// The finding as the text of a `compile_error!`: rustc puts `error: ` in front of the first line.
    pub fn compile_error(&self, finding: &Finding) -> String {
        let mut group = Group::with_level(Level::ERROR).element(self.snippet(finding));
        group = group.elements(finding.notes.iter().map(|note| Level::NOTE.message(note.as_str())));
        if let Some(help) = help(finding) {
            group = group.element(Level::HELP.message(help));
        }
        let body = Renderer::plain().render(&[group]);
        format!("{} [{}]\n{body}", finding.message, finding.id)
    }

    /// The finding on one line: `file:line:column: error[id]: message`.
    pub fn one_line(&self, finding: &Finding) -> String {
        let Place { line, column } = self.place(finding.span.start);
        let severity = severity(finding);
        format!("{}:{line}:{column}: {severity}[{}]: {}", self.file, finding.id, finding.message)
    }

    /// The finding as one JSON object. Offsets are bytes of the text; lines and columns are those of the file.
    pub fn json(&self, finding: &Finding) -> String {
        let mut fields = vec![
            ("id", json_string(finding.id)),
            ("severity", json_string(severity(finding))),
            ("message", json_string(&finding.message)),
            ("label", json_string(&finding.label)),
            ("file", json_string(self.file)),
            ("place", self.json_span(finding.span)),
        ];
        let context = finding
            .context
            .iter()
            .map(|(span, label)| json_object(&[("place", self.json_span(*span)), ("label", json_string(label))]));
        fields.push(("context", json_array(context)));
        fields.push(("notes", json_array(finding.notes.iter().map(|note| json_string(note)))));
        fields.push(("help", finding.help.as_deref().map_or("null".to_owned(), json_string)));
        let suggestion = finding.suggestion.as_ref().map_or("null".to_owned(), |suggestion| {
            json_object(&[("place", self.json_span(suggestion.span)), ("text", json_string(&suggestion.text))])
        });
        fields.push(("suggestion", suggestion));
        json_object(&fields)
    }

    fn snippet(&self, finding: &'a Finding) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
        let primary = AnnotationKind::Primary.span(self.range(finding.span));
        let primary = if finding.label.is_empty() { primary } else { primary.label(finding.label.as_str()) };
        let context = finding
            .context
            .iter()
            .map(|(span, label)| AnnotationKind::Context.span(self.range(*span)).label(label.as_str()));
        Snippet::source(self.padded.as_str())
            .path(self.file)
            .line_start(self.line)
            .annotation(primary)
            .annotations(context)
    }

    /// The mended text, if the finding knows it.
    fn suggestion(&self, finding: &'a Finding) -> Option<Group<'_>> {
        let suggestion = finding.suggestion.as_ref()?;
        let title = Level::HELP.secondary_title(help(finding).unwrap_or_else(|| "remove it".to_owned()));
        let patch = Patch::new(self.range(suggestion.span), suggestion.text.as_str());
        Some(title.element(Snippet::source(self.padded.as_str()).line_start(self.line).patch(patch)))
    }

    /// A span as a range of the padded text, on borders of characters and inside the text.
    fn range(&self, span: Span) -> Range<usize> {
        let shift = self.column - 1;
        let start = self.floor(span.start + shift);
        start..self.floor(span.end + shift).max(start)
    }

    fn floor(&self, offset: usize) -> usize {
        self.padded.floor_char_boundary(offset)
    }

    fn json_span(&self, span: Span) -> String {
        let (start, end) = (self.place(span.start), self.place(span.end));
        let numbers = [
            ("start", span.start),
            ("end", span.end),
            ("line", start.line),
            ("column", start.column),
            ("end_line", end.line),
            ("end_column", end.column),
        ];
        json_object(&numbers.map(|(name, number)| (name, number.to_string())))
    }
}

fn severity(finding: &Finding) -> &'static str {
    match finding.severity {
        Severity::Error => "error",
        Severity::Lint => "warning",
    }
}

/// The help, or what the suggestion says by itself.
fn help(finding: &Finding) -> Option<String> {
    match (&finding.help, &finding.suggestion) {
        (Some(help), _) => Some(help.clone()),
        // The label already says so.
        (None, Some(suggestion)) if suggestion.text.trim().is_empty() => None,
        (None, Some(suggestion)) => Some(format!("write `{}`", suggestion.text)),
        (None, None) => None,
    }
}

fn json_object(fields: &[(&str, String)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{}:{value}", json_string(name))).collect();
    format!("{{{}}}", fields.join(","))
}

fn json_array(elements: impl Iterator<Item = String>) -> String {
    format!("[{}]", elements.collect::<Vec<_>>().join(","))
}

fn json_string(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if u32::from(c) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
