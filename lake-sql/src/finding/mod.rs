//! Findings: what is wrong (or doubtful) in a query, as values.
//!
//! One file a finding: its constructor, its documentation and its examples, which are its tests.

pub mod alias_columns;
pub mod alias_not_visible;
pub mod allow;
pub mod ambiguous_column;
pub mod assignment;
pub mod brand_mismatch;
pub mod comparison_mismatch;
pub mod contract_extra_column;
pub mod contract_missing_column;
pub mod contract_null;
pub mod contract_type;
pub mod correlated_subquery;
pub mod distinct_order_by;
pub mod doc;
pub mod double_literal;
pub mod duplicate_column;
pub mod duplicate_cte;
pub mod engine_dependent_type;
pub mod engine_rules;
pub mod filtered_extract;
pub mod frame;
pub mod grouping_argument;
pub mod helper_arguments;
pub mod helper_result;
pub mod integer_division;
pub mod invalid_cast;
pub mod invalid_literal;
pub mod invalid_type;
pub mod join_fan_out;
pub mod json_path;
pub mod json_table;
pub mod lossy_assignment;
pub mod misplaced_aggregate;
pub mod misplaced_lambda;
pub mod misplaced_window;
pub mod missing_group_by;
pub mod missing_over;
pub mod nested_aggregate;
pub mod no_common_type;
pub mod not_a_relation;
pub mod not_a_row;
pub mod not_a_value;
pub mod not_an_aggregate;
pub mod not_boolean;
pub mod not_comparable;
#[cfg(feature = "query")]
pub mod not_deterministic;
pub mod not_in_null;
pub mod not_orderable;
pub mod not_unnestable;
pub mod null_comparison;
pub mod operand_type;
pub mod operator_mismatch;
pub mod ordinal_out_of_range;
pub mod recursive_cte;
pub mod report;
pub mod row_pattern;
pub mod set_operation_types;
pub mod set_operation_width;
pub mod star;
pub mod star_argument;
pub mod subquery_columns;
pub mod subscript;
pub mod syntax;
pub mod table_function;
mod text;
pub mod ties_without_order;
pub mod ungrouped_column;
pub mod unknown_column;
pub mod unknown_field;
pub mod unknown_function;
pub mod unknown_qualifier;
pub mod unknown_reference;
pub mod unknown_table;
pub mod unknown_time_zone;
pub mod unknown_type;
pub mod unknown_window;
pub mod unnamed_column;
pub mod unsupported;
pub mod unused_cte;
pub mod using_column;
pub mod values_width;
pub mod window_needs_order;
pub mod window_override;
pub mod wrong_arguments;

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

    /// A lint with its headline.
    pub fn lint(id: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Lint, ..Self::error(id, span, message) }
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
