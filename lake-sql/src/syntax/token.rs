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
    ($($word:tt $name:ident $($reserved:ident)?),* $(,)?) => {
        /// A word of the grammar, or any other.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Keyword {
            /// Not a word of the grammar.
            Other,
            $($name),*
        }

        /// The words, and whether they are reserved.
        const WORDS: &[(&str, Keyword, bool)] =
            &[$((stringify!($word), Keyword::$name, $(is_marked(stringify!($reserved)) ||)? false)),*];
    };
}

const fn is_marked(mark: &str) -> bool {
    matches!(mark.as_bytes(), b"reserved")
}

// In order: looked up by the first letter.
keywords! {
    absent Absent, add Add, after After, all All, alter Alter reserved, analyze Analyze, and And reserved, any Any,
    array Array, as As reserved, asc Asc, asymmetric Asymmetric, at At, bernoulli Bernoulli, between Between reserved,
    both Both, by By reserved, cascade Cascade, case Case reserved, cast Cast reserved, column Column,
    columns Columns, comment Comment, conditional Conditional, constraint Constraint reserved,
    copartition Copartition, count Count, create Create reserved, cross Cross reserved, cube Cube reserved,
    current Current, current_catalog CurrentCatalog reserved, current_date CurrentDate reserved,
    current_path CurrentPath reserved, current_role CurrentRole reserved, current_schema CurrentSchema reserved,
    current_time CurrentTime reserved, current_timestamp CurrentTimestamp reserved, current_user CurrentUser reserved,
    data Data, day Day, deallocate Deallocate reserved, default Default, definer Definer, delete Delete reserved,
    desc Desc, describe Describe reserved, descriptor Descriptor, distinct Distinct reserved, double Double,
    drop Drop reserved, else Else reserved, empty Empty, encoding Encoding, end End reserved, error Error,
    escape Escape reserved, except Except reserved, execute Execute reserved, exists Exists reserved, explain Explain,
    extract Extract reserved, false False reserved, fetch Fetch, filter Filter, final Final, first First,
    following Following, for For reserved, format Format, from From reserved, full Full reserved,
    group Group reserved, grouping Grouping reserved, groups Groups, having Having reserved, hour Hour, if If,
    ignore Ignore, in In reserved, initial Initial, inner Inner reserved, insert Insert reserved,
    intersect Intersect reserved, interval Interval, into Into reserved, invoker Invoker, is Is reserved,
    join Join reserved, json Json, json_array JsonArray reserved, json_exists JsonExists reserved,
    json_object JsonObject reserved, json_query JsonQuery reserved, json_table JsonTable reserved,
    json_value JsonValue reserved, keep Keep, key Key, keys Keys, last Last, lateral Lateral, leading Leading,
    left Left reserved, like Like reserved, limit Limit, listagg Listagg reserved, local Local,
    localtime Localtime reserved, localtimestamp Localtimestamp reserved, map Map, match Match,
    match_recognize MatchRecognize, matched Matched, materialized Materialized, measures Measures, merge Merge,
    minute Minute, month Month, natural Natural reserved, next Next, nfc Nfc, nfd Nfd, nfkc Nfkc, nfkd Nfkd, no No,
    normalize Normalize reserved, not Not reserved, null Null reserved, nulls Nulls, object Object, of Of,
    offset Offset, omit Omit, on On reserved, only Only, or Or reserved, order Order reserved, ordinality Ordinality,
    outer Outer reserved, over Over, overflow Overflow, partition Partition, passing Passing, pattern Pattern,
    position Position, preceding Preceding, precision Precision, prepare Prepare reserved, properties Properties,
    prune Prune, quotes Quotes, range Range, recursive Recursive reserved, rename Rename, replace Replace,
    respect Respect, restrict Restrict, returning Returning, right Right reserved, rollup Rollup reserved, row Row,
    rows Rows, running Running, scalar Scalar, schema Schema, second Second, security Security, seek Seek,
    select Select reserved, set Set, sets Sets, show Show, skip Skip reserved, some Some, string String,
    substring Substring, symmetric Symmetric, system System, table Table reserved, tablesample Tablesample,
    then Then reserved, ties Ties, time Time, timestamp Timestamp, to To, trailing Trailing, trim Trim reserved,
    true True reserved, truncate Truncate, try_cast TryCast, type Type, uescape Uescape reserved, unbounded Unbounded,
    unconditional Unconditional, union Union reserved, unique Unique, unknown Unknown, unnest Unnest reserved,
    update Update, using Using reserved, utf16 Utf16, utf32 Utf32, utf8 Utf8, value Value, values Values reserved,
    version Version, view View, week Week, when When reserved, where Where reserved, window Window,
    with With reserved, within Within, without Without, wrapper Wrapper, year Year, zone Zone,
}

/// The words of the grammar in order.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    WORDS.iter().map(|word| word.0)
}

/// Where in the table the words of each letter begin, and its end.
const FIRST: [usize; 27] = {
    let (mut first, mut letter, mut at) = ([0; 27], 0, 0);
    while letter < first.len() {
        while at < WORDS.len() && WORDS[at].0.as_bytes()[0] < b'a' + letter as u8 {
            at += 1;
        }
        first[letter] = at;
        letter += 1;
    }
    first
};

impl Keyword {
    /// Finds the keyword that `word` spells, in any case.
    pub fn of(word: &str) -> Self {
        let first = word.bytes().next().unwrap_or_default().to_ascii_lowercase();
        if !first.is_ascii_lowercase() {
            return Keyword::Other;
        }
        let letter = usize::from(first - b'a');
        let known = WORDS[FIRST[letter]..FIRST[letter + 1]].iter().find(|(known, ..)| known.eq_ignore_ascii_case(word));
        known.map_or(Keyword::Other, |known| known.1)
    }

    /// Whether the word can be a name only in double quotes.
    pub fn is_reserved(self) -> bool {
        // The table has the order of the enum, whose first word is no keyword.
        (self as usize).checked_sub(1).is_some_and(|index| WORDS[index].2)
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
        assert!(WORDS.iter().enumerate().all(|(index, word)| word.1 as usize == index + 1));
    }

    #[test]
    fn reserved_words_are_names_in_quotes_only() {
        assert!(Keyword::Select.is_reserved() && Keyword::With.is_reserved() && Keyword::Alter.is_reserved());
        assert!(!Keyword::Day.is_reserved() && !Keyword::Other.is_reserved() && !Keyword::Zone.is_reserved());
    }
}
