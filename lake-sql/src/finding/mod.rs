//! Findings: what is wrong (or doubtful) in a query, as values.
//!
//! One file a finding: its constructor, its documentation and its examples, which are its tests.

pub mod report;
pub mod syntax;

use crate::span::Span;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The query runs, but probably not as meant.
    Lint,
    /// The query cannot run, or cannot mean what its declaration promises.
    Error,
}

/// One thing that is wrong in a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Stable name in kebab-case, such as `unknown-column`.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Where in the text.
    pub span: Span,
    /// One line: lower case, no full stop, found versus expected.
    pub message: String,
    /// A few words for the place itself, shown behind the carets.
    pub label: String,
    /// Other places that explain it, such as the opening parenthesis, each with a few words.
    pub context: Vec<(Span, String)>,
    /// Further facts, such as the columns that exist.
    pub notes: Vec<String>,
    /// What to write instead.
    pub help: Option<String>,
    /// A replacement for a span that mends the finding, if it is certain.
    pub suggestion: Option<Suggestion>,
}

/// Text that would mend a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// What to replace.
    pub span: Span,
    /// With what.
    pub text: String,
}

impl Finding {
    /// An error with its headline; label, notes and help are added by the builder methods.
    pub fn error(id: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self {
            id,
            severity: Severity::Error,
            span,
            message: message.into(),
            label: String::new(),
            context: vec![],
            notes: vec![],
            help: None,
            suggestion: None,
        }
    }

    /// Sets the words shown at the place.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Points at another place that explains it.
    pub fn context(mut self, span: Span, label: impl Into<String>) -> Self {
        self.context.push((span, label.into()));
        self
    }

    /// Adds a fact.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Says what to write instead.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Gives the replacement as text.
    pub fn suggest(mut self, span: Span, text: impl Into<String>) -> Self {
        self.suggestion = Some(Suggestion { span, text: text.into() });
        self
    }
}
