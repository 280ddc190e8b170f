//! Documentation of findings: text and examples, which are tests.

/// What is known about a kind of finding.
#[derive(Clone, Copy, Debug)]
pub struct FindingDoc {
    /// Stable id.
    pub id: &'static str,
    /// What it means and why it is one.
    pub text: &'static str,
    /// Gives the finding.
    pub wrong: Example,
    /// Does not.
    pub right: Example,
}

/// An example over the relations `{orders}` and `{customers}`.
#[derive(Clone, Copy, Debug)]
pub enum Example {
    /// A query.
    Query(&'static str),
    /// A model's query with its declared columns: name, type, nullable.
    Model {
        /// Declared columns.
        columns: &'static [(&'static str, &'static str, bool)],
        /// Its query.
        sql: &'static str,
    },
    /// A helper with one parameter: name, type, nullable; type and nullability of the result.
    Helper {
        /// The parameter.
        parameter: (&'static str, &'static str, bool),
        /// The result.
        result: (&'static str, bool),
        /// Its SQL.
        sql: &'static str,
    },
    /// A statement over the tables `orders` and `customers`.
    Statement(&'static str),
    /// A query that should give every key.
    FullExtract(&'static str),
    /// A query that is looked at with an engine of other rules in mind.
    Portable(&'static str),
}

#[cfg(feature = "query")]
/// Lints, which a comment may allow.
pub const LINTS: &[&str] = &[
    super::double_literal::DOC.id,
    super::engine_dependent_type::DOC.id,
    super::filtered_extract::DOC.id,
    super::integer_division::DOC.id,
    super::join_fan_out::DOC.id,
    super::lossy_assignment::DOC.id,
    super::not_deterministic::DOC.id,
    super::not_in_null::DOC.id,
    super::null_comparison::DOC.id,
    super::unused_cte::DOC.id,
];

#[cfg(feature = "query")]
/// All findings about queries.
pub const ALL: &[FindingDoc] = &[
    super::alias_columns::DOC,
    super::contract_null::DOC,
    super::contract_type::DOC,
    super::contract_extra_column::DOC,
    super::contract_missing_column::DOC,
    super::unknown_type::DOC,
    super::duplicate_column::DOC,
    super::unnamed_column::DOC,
    super::assignment::DOC,
    super::alias_not_visible::DOC,
    super::ambiguous_column::DOC,
    super::brand_mismatch::DOC,
    super::comparison_mismatch::DOC,
    super::correlated_subquery::DOC,
    super::distinct_order_by::DOC,
    super::duplicate_cte::DOC,
    super::frame::DOC,
    super::grouping_argument::DOC,
    super::helper_arguments::DOC,
    super::helper_result::DOC,
    super::invalid_cast::DOC,
    super::invalid_literal::DOC,
    super::unknown_time_zone::DOC,
    super::invalid_type::DOC,
    super::misplaced_aggregate::DOC,
    super::misplaced_lambda::DOC,
    super::misplaced_window::DOC,
    super::missing_group_by::DOC,
    super::missing_over::DOC,
    super::nested_aggregate::DOC,
    super::no_common_type::DOC,
    super::not_a_relation::DOC,
    super::not_a_row::DOC,
    super::not_a_value::DOC,
    super::not_an_aggregate::DOC,
    super::not_boolean::DOC,
    super::not_comparable::DOC,
    super::not_orderable::DOC,
    super::not_unnestable::DOC,
    super::operand_type::DOC,
    super::operator_mismatch::DOC,
    super::ordinal_out_of_range::DOC,
    super::recursive_cte::DOC,
    super::row_pattern::DOC,
    super::json_path::DOC,
    super::json_table::DOC,
    super::table_function::DOC,
    super::set_operation_types::DOC,
    super::set_operation_width::DOC,
    super::star::DOC,
    super::star_argument::DOC,
    super::subquery_columns::DOC,
    super::subscript::DOC,
    super::syntax::DOC,
    super::syntax::TOO_DEEP,
    super::ties_without_order::DOC,
    super::ungrouped_column::DOC,
    super::unknown_column::DOC,
    super::unknown_field::DOC,
    super::unknown_function::DOC,
    super::unknown_qualifier::DOC,
    super::unknown_reference::DOC,
    super::unknown_table::DOC,
    super::unknown_window::DOC,
    super::unsupported::DOC,
    super::using_column::DOC,
    super::values_width::DOC,
    super::window_needs_order::DOC,
    super::window_override::DOC,
    super::wrong_arguments::DOC,
    super::double_literal::DOC,
    super::engine_dependent_type::DOC,
    super::integer_division::DOC,
    super::lossy_assignment::DOC,
    super::not_deterministic::DOC,
    super::not_in_null::DOC,
    super::unused_cte::DOC,
    super::allow::DOC,
    super::filtered_extract::DOC,
    super::join_fan_out::DOC,
    super::null_comparison::DOC,
];
