//! Dialects as data. Nobody outside an engine's crate asks which engine it is.

use crate::types::TypeRules;

/// How an engine wants its SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Name for people and golden files: `embedded`, `athena`, `trino`.
    pub name: &'static str,
    /// Decimal and char rules.
    pub rules: TypeRules,
    /// Whether `1.5` is a double there, so that `decimal '1.5'` must be sent.
    pub decimal_literals_are_double: bool,
    /// Digits of a second that a table's timestamp keeps (Athena and Iceberg: 6; Hive tables on Athena: 3).
    pub timestamp_precision: u8,
    /// Most bytes of one statement (Athena: 262,144; Trino: 1,000,000 unless configured).
    pub max_statement_bytes: Option<usize>,
    /// Quote character of identifiers in Hive-path DDL (Athena: back-tick in DROP, ALTER, plain CREATE TABLE).
    pub ddl_quote: char,
    /// Whether `CREATE OR REPLACE TABLE` exists.
    pub create_or_replace_table: bool,
    /// Properties of an Iceberg CTAS; `{location}` stands for a fresh location if the engine needs one.
    pub ctas_properties: &'static [(&'static str, &'static str)],
}

impl Dialect {
    /// The embedded engine.
    pub const EMBEDDED: Dialect = Dialect {
        name: "embedded",
        rules: TypeRules::New,
        decimal_literals_are_double: false,
        timestamp_precision: 6,
        max_statement_bytes: None,
        ddl_quote: '"',
        create_or_replace_table: true,
        ctas_properties: &[],
    };
    /// A Trino server with Iceberg.
    pub const TRINO: Dialect = Dialect {
        name: "trino",
        // The default of `query.max-length`, which counts characters.
        max_statement_bytes: Some(1_000_000),
        ctas_properties: &[("format", "'PARQUET'")],
        ..Self::EMBEDDED
    };
    /// Amazon Athena, engine v3, Iceberg tables in Glue.
    pub const ATHENA: Dialect = Dialect {
        name: "athena",
        rules: TypeRules::Old,
        decimal_literals_are_double: true,
        max_statement_bytes: Some(262_144),
        ddl_quote: '`',
        create_or_replace_table: false,
        ctas_properties: &[
            ("table_type", "'ICEBERG'"),
            ("is_external", "false"),
            ("format", "'PARQUET'"),
            ("location", "'{location}'"),
        ],
        ..Self::EMBEDDED
    };
}

/// Spelling of names. The plain functions are for queries and DML, those with `ddl` for DROP TABLE, ALTER TABLE and
/// plain CREATE TABLE, which Athena gives to another parser.
impl Dialect {
    /// A name in double quotes.
    pub fn ident(&self, name: &str) -> String {
        quoted(name, '"')
    }

    /// `"schema"."table"`
    pub fn table(&self, schema: &str, table: &str) -> String {
        format!("{}.{}", self.ident(schema), self.ident(table))
    }

    /// A name as DDL wants it.
    pub fn ddl_ident(&self, name: &str) -> String {
        quoted(name, self.ddl_quote)
    }

    /// A table as DDL wants it.
    pub fn ddl_table(&self, schema: &str, table: &str) -> String {
        format!("{}.{}", self.ddl_ident(schema), self.ddl_ident(table))
    }

    /// Whether a statement is short enough to be sent.
    pub fn accepts_length_of(&self, statement: &str) -> bool {
        self.max_statement_bytes.is_none_or(|limit| statement.len() <= limit)
    }
}

fn quoted(name: &str, quote: char) -> String {
    let mut quoted = String::with_capacity(name.len() + 2);
    quoted.push(quote);
    for letter in name.chars() {
        if letter == quote {
            quoted.push(quote);
        }
        quoted.push(letter);
    }
    quoted.push(quote);
    quoted
}
