//! Tokens, and the words that Trino's grammar knows.

use crate::span::Span;

/// One token. Comments and blanks are between tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    pub span: Span,
}

/// Kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word without quotes.
    Word(Keyword),
    /// `"name"`
    Quoted,
    /// A name in back-ticks, which Trino reads and refuses.
    Backquoted,
    /// `1a`, which Trino reads and refuses.
    DigitName,
    Integer,
    Decimal,
    Double,
    /// `'text'`
    Text,
    /// `U&'text'`
    Unicode,
    /// `X'0A'`
    Binary,
    Symbol(Symbol),
    /// Something that was already reported.
    Bad,
    End,
}

/// Operators and punctuation; those that Trino lacks are here for better messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Symbol {
    LeftParen,
    RightParen,
    LeftBracket,
    RightBracket,
    Comma,
    Dot,
    Semicolon,
    Question,
    Colon,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Concat,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Arrow,
    FatArrow,
    Pipe,
    Caret,
    Dollar,
    /// `{` of a placeholder.
    PlaceholderOpen,
    /// `}` of a placeholder.
    PlaceholderClose,
    /// A brace that is meant: `{`, or `{{` in a template.
    LeftBrace,
    RightBrace,
    DoubleColon,
    DoubleEqual,
    NullSafeEqual,
    Bang,
    Ampersand,
    DoubleAmpersand,
    Tilde,
    LongArrow,
    At,
    Hash,
    Backslash,
}

macro_rules! keywords {
    ($($word:tt $name:ident),* $(,)?) => {
        /// A word of the grammar, or any other.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Keyword {
            /// Not a word of the grammar.
            Other,
            $($name),*
        }

        const WORDS: &[(&str, Keyword)] = &[$((stringify!($word), Keyword::$name)),*];
    };
}

// In order: looked up by bisection.
keywords! {
    absent Absent, add Add, after After, all All, alter Alter, analyze Analyze, and And, any Any, array Array, as As,
    asc Asc, asymmetric Asymmetric, at At, bernoulli Bernoulli, between Between, both Both, by By, cascade Cascade,
    case Case, cast Cast, column Column, columns Columns, comment Comment, conditional Conditional,
    constraint Constraint, copartition Copartition, count Count, create Create, cross Cross, cube Cube,
    current Current, current_catalog CurrentCatalog, current_date CurrentDate, current_path CurrentPath,
    current_role CurrentRole, current_schema CurrentSchema, current_time CurrentTime,
    current_timestamp CurrentTimestamp, current_user CurrentUser, data Data, day Day, deallocate Deallocate,
    default Default, definer Definer, delete Delete, desc Desc, describe Describe, descriptor Descriptor,
    distinct Distinct, double Double, drop Drop, else Else, empty Empty, encoding Encoding, end End, error Error,
    escape Escape, except Except, execute Execute, exists Exists, explain Explain, extract Extract, false False,
    fetch Fetch, filter Filter, final Final, first First, following Following, for For, format Format, from From,
    full Full, group Group, grouping Grouping, groups Groups, having Having, hour Hour, if If, ignore Ignore, in In,
    initial Initial, inner Inner, insert Insert, intersect Intersect, interval Interval, into Into, invoker Invoker,
    is Is, join Join, json Json, json_array JsonArray, json_exists JsonExists, json_object JsonObject,
    json_query JsonQuery, json_table JsonTable, json_value JsonValue, keep Keep, key Key, keys Keys, last Last,
    lateral Lateral, leading Leading, left Left, like Like, limit Limit, listagg Listagg, local Local,
    localtime Localtime, localtimestamp Localtimestamp, map Map, match Match, match_recognize MatchRecognize,
    matched Matched, materialized Materialized, measures Measures, merge Merge, minute Minute, month Month,
    natural Natural, next Next, nfc Nfc, nfd Nfd, nfkc Nfkc, nfkd Nfkd, no No, normalize Normalize, not Not,
    null Null, nulls Nulls, object Object, of Of, offset Offset, omit Omit, on On, only Only, or Or, order Order,
    ordinality Ordinality, outer Outer, over Over, overflow Overflow, partition Partition, passing Passing,
    pattern Pattern, position Position, preceding Preceding, precision Precision, prepare Prepare,
    properties Properties, prune Prune, quotes Quotes, range Range, recursive Recursive, rename Rename,
    replace Replace, respect Respect, restrict Restrict, returning Returning, right Right, rollup Rollup, row Row,
    rows Rows, running Running, scalar Scalar, schema Schema, second Second, security Security, seek Seek,
    select Select, set Set, sets Sets, show Show, skip Skip, some Some, string String, substring Substring,
    symmetric Symmetric, system System, table Table, tablesample Tablesample, then Then, ties Ties, time Time,
    timestamp Timestamp, to To, trailing Trailing, trim Trim, true True, truncate Truncate, try_cast TryCast,
    type Type, uescape Uescape, unbounded Unbounded, unconditional Unconditional, union Union, unique Unique,
    unknown Unknown, unnest Unnest, update Update, using Using, utf16 Utf16, utf32 Utf32, utf8 Utf8, value Value,
    values Values, version Version, view View, week Week, when When, where Where, window Window, with With,
    within Within, without Without, wrapper Wrapper, year Year, zone Zone,
}

impl Keyword {
    /// Finds the keyword that `word` spells, in any case.
    pub fn of(word: &str) -> Self {
        let order = |known: &str| known.bytes().cmp(word.bytes().map(|b| b.to_ascii_lowercase()));
        match WORDS.binary_search_by(|(known, _)| order(known)) {
            Ok(index) => WORDS[index].1,
            Err(_) => Keyword::Other,
        }
    }

    /// Whether the word can be a name only in double quotes.
    pub fn is_reserved(self) -> bool {
        use Keyword::*;
        matches!(
            self,
            Alter
                | And
                | As
                | Between
                | By
                | Case
                | Cast
                | Constraint
                | Create
                | Cross
                | Cube
                | CurrentCatalog
                | CurrentDate
                | CurrentPath
                | CurrentRole
                | CurrentSchema
                | CurrentTime
                | CurrentTimestamp
                | CurrentUser
                | Deallocate
                | Delete
                | Describe
                | Distinct
                | Drop
                | Else
                | End
                | Escape
                | Except
                | Execute
                | Exists
                | Extract
                | False
                | For
                | From
                | Full
                | Group
                | Grouping
                | Having
                | In
                | Inner
                | Insert
                | Intersect
                | Into
                | Is
                | Join
                | JsonArray
                | JsonExists
                | JsonObject
                | JsonQuery
                | JsonTable
                | JsonValue
                | Left
                | Like
                | Listagg
                | Localtime
                | Localtimestamp
                | Natural
                | Normalize
                | Not
                | Null
                | On
                | Or
                | Order
                | Outer
                | Prepare
                | Recursive
                | Right
                | Rollup
                | Select
                | Skip
                | Table
                | Then
                | Trim
                | True
                | Uescape
                | Union
                | Unnest
                | Using
                | Values
                | When
                | Where
                | With
        )
    }
}

impl Kind {
    /// Whether this is the given word.
    pub fn is(self, keyword: Keyword) -> bool {
        self == Kind::Word(keyword)
    }

    /// Whether this can be a name as it stands.
    pub fn is_name(self) -> bool {
        match self {
            Kind::Word(word) => !word.is_reserved(),
            Kind::Quoted | Kind::Backquoted | Kind::DigitName => true,
            _ => false,
        }
    }

    /// Whether this starts a query.
    pub fn starts_query(self) -> bool {
        use Keyword::{Select, Table, Values, With};
        matches!(self, Kind::Word(Select | With | Values | Table))
    }
}

#[cfg(test)]
mod tests {
    use super::{Keyword, WORDS};

    #[test]
    fn words_are_in_order() {
        assert!(WORDS.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(Keyword::of("SeLeCt"), Keyword::Select);
        assert_eq!(Keyword::of("selects"), Keyword::Other);
    }
}
