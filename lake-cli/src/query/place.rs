//! An engine's error shown in the statement that it is about.

use lake_core::engine::EngineError;

use crate::error::Error;

/// The error of a statement, with the line that its message names.
pub fn failure(error: EngineError, sql: &str) -> Error {
    let excerpt = position(&error.message).and_then(|(line, column)| excerpt(sql, line, column));
    let mut failure = Error::from(error);
    if let (Some(excerpt), Some(message)) = (excerpt, failure.messages.first_mut()) {
        message.push('\n');
        message.push_str(&excerpt);
    }
    failure
}

/// The first `line 3:14` of a message, as Trino and those like it write it; both count from 1.
fn position(message: &str) -> Option<(usize, usize)> {
    let (_, rest) = message.split_once("line ")?;
    let (line, rest) = rest.split_once(':')?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    Some((line.parse().ok()?, rest[..digits].parse().ok()?))
}

/// The line with a mark below the place.
fn excerpt(sql: &str, line: usize, column: usize) -> Option<String> {
    let text = sql.lines().nth(line.checked_sub(1)?)?;
    let before: String = text.chars().take(column.checked_sub(1)?).collect();
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    // Tabs stay what they are, so that the mark stands where the terminal puts the text.
    let blank: String = before
        .chars()
        .map(|c| if c == '\t' { "\t".to_owned() } else { " ".repeat(console::measure_text_width(&c.to_string())) })
        .collect();
    Some(format!("{margin} |\n{number} | {text}\n{margin} | {blank}^"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn places_are_found_in_messages() {
        assert_eq!(position("line 1:8: no column `x`"), Some((1, 8)));
        assert_eq!(position("SYNTAX_ERROR: line 12:3: Column 'x' cannot be resolved"), Some((12, 3)));
        for message in ["Division by zero", "the line is bad", "line x:1: no", "line 2"] {
            assert_eq!(position(message), None, "{message}");
        }
    }

    #[test]
    fn the_mark_stands_below_the_place() {
        assert_eq!(excerpt("select\n\té, 日本, x", 2, 9).unwrap(), "  |\n2 | \té, 日本, x\n  | \t         ^");
        assert_eq!(excerpt("select", 1, 7).unwrap(), "  |\n1 | select\n  |       ^");
        assert_eq!(excerpt("select", 3, 1), None);
    }
}
