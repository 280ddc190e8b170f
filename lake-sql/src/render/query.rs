//! A query for an engine: the user's text with the binder's edits.

use std::fmt;

use super::dialect::Dialect;
use crate::bind::{Site, SiteKind};
use crate::span::Span;
use crate::syntax::{Templates, decimal_spans, placeholder_spans, trailing_line_comment};

/// What placeholders are called on a target.
pub trait RelationNames {
    /// What `{reference}` stands for; None if it is not known.
    fn relation(&self, reference: &str) -> Option<RelationName>;
}

/// A relation of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelationName {
    /// Schema.
    pub schema: String,
    /// Table or view.
    pub table: String,
    /// The snapshot to read, unless the query itself travels in time.
    pub snapshot: Option<i64>,
    /// What is selected of it, where its columns are not of the types that the query was checked against.
    pub columns: Option<String>,
}

/// What a run brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunValues {
    /// `{now}`, in microseconds since 1970-01-01 UTC.
    pub now_micros: i64,
}

/// Why a query cannot be written for an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RenderError {
    /// The target has no name for a reference.
    UnknownReference(String),
    /// A placeholder for which the binder gave no site: the text and the sites are not of one query.
    Unbound(String),
    /// Two sites cross each other.
    Crossing(Span, Span),
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RenderError::UnknownReference(name) => write!(f, "the target has no name for `{{{name}}}`"),
            RenderError::Unbound(text) => write!(f, "the placeholder `{text}` was not bound"),
            RenderError::Crossing(a, b) => write!(f, "the edits at {a:?} and {b:?} cross each other"),
        }
    }
}

impl std::error::Error for RenderError {}

/// Writes `text` for an engine: applies the edits at `sites`, and everything else stays, comments included.
///
/// The result may be put into parentheses: if it ends in a line comment, a line break follows.
pub fn render(
    text: &str,
    sites: &[Site],
    names: &dyn RelationNames,
    dialect: &Dialect,
    run: RunValues,
) -> Result<String, RenderError> {
    let mut sites: Vec<&Site> = sites.iter().collect();
    // Outer sites first; of two with one span the cast goes around the other.
    sites.sort_by_key(|site| (site.span.start, std::cmp::Reverse(site.span.end), !is_cast(site)));
    if let Some(span) = unbound(text, &sites) {
        return Err(RenderError::Unbound(span.text(text).to_owned()));
    }
    let renderer = Renderer { text, names, dialect, run };
    let mut out = String::with_capacity(text.len() * 2);
    renderer.region(Span::new(0, text.len()), &sites, &mut out)?;
    if trailing_line_comment(text, Templates::Yes) {
        out.push('\n');
    }
    Ok(out)
}

/// A placeholder that no site replaces.
fn unbound(text: &str, sites: &[&Site]) -> Option<Span> {
    let replaced = |span: &Span| {
        sites.iter().any(|site| !is_cast(site) && site.span.start <= span.start && span.end <= site.span.end)
    };
    // Most texts have braces in their sites alone, which is known without reading their tokens.
    let mut braces = text.match_indices('{').map(|(start, brace)| Span::new(start, start + brace.len()));
    if braces.all(|brace| replaced(&brace)) {
        return None;
    }
    placeholder_spans(text).into_iter().find(|span| !replaced(span))
}

fn is_cast(site: &Site) -> bool {
    matches!(site.kind, SiteKind::Cast(_))
}

struct Renderer<'a> {
    text: &'a str,
    names: &'a dyn RelationNames,
    dialect: &'a Dialect,
    run: RunValues,
}

impl Renderer<'_> {
    /// Writes a part of the text with the sites in it.
    fn region(&self, region: Span, sites: &[&Site], out: &mut String) -> Result<(), RenderError> {
        let mut at = region.start;
        let mut rest = sites;
        while let Some((site, others)) = rest.split_first() {
            let inner = others.iter().take_while(|inner| inner.span.start < site.span.end).count();
            let (inside, behind) = others.split_at(inner);
            if let Some(crossing) = inside.iter().find(|inner| inner.span.end > site.span.end) {
                return Err(RenderError::Crossing(site.span, crossing.span));
            }
            self.copy(Span::new(at, site.span.start), out);
            self.site(site, inside, out)?;
            at = site.span.end;
            rest = behind;
        }
        self.copy(Span::new(at, region.end), out);
        Ok(())
    }

    /// Text of the user; doubled braces become single.
    fn copy(&self, span: Span, out: &mut String) {
        let text = span.text(self.text);
        match text.contains(['{', '}']) {
            true => out.push_str(&text.replace("{{", "{").replace("}}", "}")),
            false => out.push_str(text),
        }
    }

    fn site(&self, site: &Site, inside: &[&Site], out: &mut String) -> Result<(), RenderError> {
        match &site.kind {
            SiteKind::Relation { reference, alias } => self.relation(site.span, reference, alias.as_deref(), out)?,
            SiteKind::Star(columns) => out.push_str(&columns.join(", ")),
            SiteKind::Now => out.push_str(&self.dialect.timestamp_tz(self.run.now_micros)),
            SiteKind::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
            SiteKind::Helper(sql) => out.push_str(&self.helper(sql)?),
            SiteKind::Cast(ty) => {
                let mut inner = String::new();
                self.region(site.span, inside, &mut inner)?;
                out.push_str(&self.dialect.cast(&inner, ty));
            }
            SiteKind::DecimalLiteral => out.push_str(&self.dialect.decimal_literal(site.span.text(self.text))),
        }
        Ok(())
    }

    /// The text of a helper has no sites of its own: it holds no names, so its tokens tell what to edit.
    fn helper(&self, sql: &str) -> Result<String, RenderError> {
        let now = placeholder_spans(sql).into_iter().map(|span| Site { span, kind: SiteKind::Now });
        let decimals = decimal_spans(sql).into_iter().map(|span| Site { span, kind: SiteKind::DecimalLiteral });
        let mut sites: Vec<Site> = now.chain(decimals).collect();
        sites.sort_by_key(|site| site.span.start);
        let name = |span: Span| span.text(sql).trim_matches(|c: char| c.is_whitespace() || matches!(c, '{' | '}'));
        let is_other = |site: &&Site| site.kind == SiteKind::Now && name(site.span) != "now";
        if let Some(other) = sites.iter().find(is_other) {
            return Err(RenderError::Unbound(other.span.text(sql).to_owned()));
        }
        let mut out = String::new();
        let sites: Vec<&Site> = sites.iter().collect();
        Renderer { text: sql, ..*self }.region(Span::new(0, sql.len()), &sites, &mut out)?;
        Ok(out)
    }

    fn relation(&self, span: Span, reference: &str, alias: Option<&str>, out: &mut String) -> Result<(), RenderError> {
        let Some(name) = self.names.relation(reference) else {
            return Err(RenderError::UnknownReference(reference.to_owned()));
        };
        if let Some(columns) = &name.columns {
            out.push_str(&format!("(select {columns} from "));
        }
        out.push_str(&self.dialect.table(&name.schema, &name.table));
        if let Some(snapshot) = name.snapshot.filter(|_| !self.travels_in_time(span)) {
            // A version must be a bigint, which a small literal alone is not.
            match i32::try_from(snapshot) {
                Ok(small) => out.push_str(&format!(" for version as of bigint '{small}'")),
                Err(_) => out.push_str(&format!(" for version as of {snapshot}")),
            }
        }
        if name.columns.is_some() {
            out.push(')');
        }
        if let Some(alias) = alias {
            out.push_str(" as ");
            out.push_str(&self.dialect.ident(alias));
        }
        Ok(())
    }

    /// Whether FOR VERSION or FOR TIMESTAMP stands behind a placeholder.
    fn travels_in_time(&self, span: Span) -> bool {
        let mut words = self.text[span.end..].split_whitespace();
        words.next().is_some_and(|word| word.eq_ignore_ascii_case("for"))
    }
}
