//! A string literal of the user: its text, and where each byte of that text stands in the file.

use proc_macro2::Span;
use syn::LitStr;

use crate::place;

/// A literal with SQL.
pub(crate) struct SqlLiteral {
    pub(crate) literal: LitStr,
    pub(crate) text: String,
}

impl SqlLiteral {
    pub(crate) fn new(literal: LitStr) -> Self {
        let text = literal.value();
        Self { literal, text }
    }

    /// Where a finding is put: the literal's start, since a place inside it cannot be named.
    pub(crate) fn span(&self) -> Span {
        place::start(self.literal.span())
    }

    /// File, line and column of the byte at an offset of the text.
    pub(crate) fn place(&self, offset: usize) -> (String, u32, u32) {
        let (file, line, column) = place::of(self.literal.span());
        let (lines, columns) = advance(&self.literal.token().to_string(), offset);
        if lines == 0 { (file, line, column + columns) } else { (file, line + lines, columns + 1) }
    }
}

/// Lines, and columns of the last line, from a literal's start in the source to an offset in its text.
fn advance(source: &str, offset: usize) -> (u32, u32) {
    let raw = source.starts_with('r');
    let opening = source.find('"').map_or(0, |quote| quote + 1);
    let mut rest = source[opening..].chars().peekable();
    let (mut lines, mut columns, mut reached) = (0, source[..opening].chars().count() as u32, 0);
    while reached < offset {
        let Some(letter) = rest.next() else { break };
        step(letter, &mut lines, &mut columns);
        if raw || letter != '\\' {
            reached += letter.len_utf8();
            continue;
        }
        let Some(escaped) = rest.next() else { break };
        step(escaped, &mut lines, &mut columns);
        match escaped {
            'x' => (0..2).for_each(|_| columns += u32::from(rest.next().is_some())),
            'u' => {
                let digits: String = rest.by_ref().take_while(|letter| *letter != '}').collect();
                columns += digits.len() as u32 + 1;
                let code = u32::from_str_radix(digits.trim_start_matches('{'), 16).ok();
                reached += code.and_then(char::from_u32).map_or(1, char::len_utf8);
                continue;
            }
            '\n' => {
                while let Some(blank) = rest.next_if(|letter| letter.is_whitespace()) {
                    step(blank, &mut lines, &mut columns);
                }
                continue;
            }
            _ => {}
        }
        reached += 1;
    }
    (lines, columns)
}

fn step(letter: char, lines: &mut u32, columns: &mut u32) {
    if letter == '\n' {
        *lines += 1;
        *columns = 0;
    } else {
        *columns += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_of_the_text_are_found_in_the_source() {
        assert_eq!(advance(r#""select a""#, 7), (0, 8));
        assert_eq!(advance("r#\"select\n  a\"#", 9), (1, 2));
        assert_eq!(advance(r#""a\tb\"c""#, 4), (0, 7));
        assert_eq!(advance(r#""\u{e9}x""#, 2), (0, 7));
        assert_eq!(advance("\"a \\\n   b\"", 3), (1, 4));
    }
}
