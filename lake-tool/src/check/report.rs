//! Findings for people, and as JSON lines.

use std::io::{self, Write};

use lake_sql::finding::Severity;
use lake_sql::finding::report::{Colour, Source};

use super::Checked;

/// Each finding in its text, then how many there are.
pub fn text(checked: &[Checked], colour: Colour, out: &mut impl Write) -> io::Result<()> {
    for file in checked {
        let source = Source::new(&file.text, &file.name, 1, 1);
        for finding in &file.findings {
            writeln!(out, "{}\n", source.terminal(finding, colour))?;
        }
    }
    let count = |severity| {
        checked.iter().flat_map(|file| &file.findings).filter(|finding| finding.severity == severity).count()
    };
    let counted = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let (errors, lints) = (count(Severity::Error), count(Severity::Lint));
    writeln!(out, "{}: {}, {}", counted(checked.len(), "file"), counted(errors, "error"), counted(lints, "warning"))
}

/// One object a finding.
pub fn json(checked: &[Checked], out: &mut impl Write) -> io::Result<()> {
    for file in checked {
        let source = Source::new(&file.text, &file.name, 1, 1);
        for finding in &file.findings {
            writeln!(out, "{}", source.json(finding))?;
        }
    }
    Ok(())
}
