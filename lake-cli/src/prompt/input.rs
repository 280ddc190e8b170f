//! What a typed line is: SQL, or a command of the prompt.

use lake_sql::syntax::{pieces, token_spans};

/// What a typed line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Blanks, comments, semicolons.
    Nothing,
    /// Statements.
    Sql,
    /// `\?`
    Help,
    /// `\q`
    Quit,
    /// `\x`
    Expand,
    /// `\d`, with the parts of a name.
    Describe(Vec<String>),
    /// A command that there is not.
    Unknown(String),
}

impl Input {
    /// Reads a line.
    pub fn of(line: &str) -> Self {
        let line = line.trim();
        let bare = line.trim_end_matches(';').trim_end();
        match bare.to_lowercase().as_str() {
            "exit" | "quit" => return Self::Quit,
            "help" => return Self::Help,
            _ => {}
        }
        let Some(command) = bare.strip_prefix('\\') else {
            return if pieces(line).statements.is_empty() { Self::Nothing } else { Self::Sql };
        };
        match command.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["?" | "h"] => Self::Help,
            ["q"] => Self::Quit,
            ["x"] => Self::Expand,
            ["d"] => Self::Describe(vec![]),
            ["d", name] => Self::Describe(parts(name)),
            _ => Self::Unknown(bare.to_owned()),
        }
    }
}

/// Whether Enter ends a line; else it goes on in the next one.
pub fn is_complete(line: &str) -> bool {
    Input::of(line) != Input::Sql || pieces(line).ended
}

/// The parts of a name, those without quotes in lower case.
fn parts(name: &str) -> Vec<String> {
    let tokens = token_spans(name);
    let words = tokens.iter().map(|span| span.text(name)).filter(|word| *word != ".");
    words.map(unquoted).collect()
}

/// A name as the catalog has it.
pub fn unquoted(word: &str) -> String {
    match word.strip_prefix('"') {
        Some(inner) => inner.strip_suffix('"').unwrap_or(inner).replace("\"\"", "\""),
        None => word.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn describe(parts: &[&str]) -> Input {
        Input::Describe(parts.iter().map(|part| (*part).to_owned()).collect())
    }

    #[test]
    fn commands_are_told_from_statements() {
        for (line, input) in [
            ("", Input::Nothing),
            (" ; -- nothing", Input::Nothing),
            ("select 1", Input::Sql),
            ("exit_code", Input::Sql),
            ("exit", Input::Quit),
            ("QUIT ;", Input::Quit),
            (" \\q", Input::Quit),
            ("help;", Input::Help),
            ("\\?", Input::Help),
            ("\\x", Input::Expand),
            ("\\d", describe(&[])),
            ("\\d Shop;", describe(&["shop"])),
            ("\\d shop.\"Odd name\"", Input::Unknown("\\d shop.\"Odd name\"".into())),
            ("\\d shop.\"Odd\"", describe(&["shop", "Odd"])),
            ("\\dt", Input::Unknown("\\dt".into())),
        ] {
            assert_eq!(Input::of(line), input, "{line}");
        }
    }

    #[test]
    fn a_statement_goes_on_until_its_semicolon() {
        for line in ["", "\\d", "exit", "select 1;", "select ';';", "select 1; select 2; -- done", "-- nothing"] {
            assert!(is_complete(line), "{line}");
        }
        for line in ["select 1", "select 1 -- ;", "select '\n;", "select 1; select 2", "select 1 /* ;"] {
            assert!(!is_complete(line), "{line}");
        }
    }
}
