//! Selectors: which models a command means.
//!
//! ```text
//! fx.rates  rates  fx.*  *_rates  tag:daily  kind:history  crate:shop
//! +rates        and all it reads          rates+        and all that read it
//! 2+rates       and two steps of it       @rates        all that read it, and all that those read
//! tag:daily,fx.*     models that meet both
//! ```
//!
//! Several selectors add up; exclusions are taken away at the end.

use std::collections::BTreeSet;
use std::fmt;

use crate::graph::{Graph, Node};
use crate::model::spec::{Id, Kind, ModelSpec};
use crate::nearest::nearest;

/// Resolves selectors to models. No selector means all models.
pub fn select(graph: &Graph, include: &[String], exclude: &[String]) -> Result<BTreeSet<Id>, SelectError> {
    let mut selected = BTreeSet::new();
    if include.is_empty() {
        selected.extend(graph.models().map(|model| model.id.clone()));
    }
    for text in include {
        selected.extend(union(graph, text)?);
    }
    for text in exclude {
        for id in union(graph, text)? {
            selected.remove(&id);
        }
    }
    Ok(selected)
}

/// Selectors between blanks add up; those between commas must all hold.
fn union(graph: &Graph, text: &str) -> Result<BTreeSet<Id>, SelectError> {
    let mut all = BTreeSet::new();
    for word in text.split_whitespace() {
        let mut common: Option<BTreeSet<Id>> = None;
        for part in word.split(',') {
            let ids = single(graph, part)?;
            common = Some(match common {
                Some(before) => before.intersection(&ids).cloned().collect(),
                None => ids,
            });
        }
        all.extend(common.unwrap_or_default());
    }
    Ok(all)
}

fn single(graph: &Graph, text: &str) -> Result<BTreeSet<Id>, SelectError> {
    let selector = Selector::parse(text)?;
    let start = matching(graph, &selector, text)?;
    let mut found = start.clone();
    if let Some(depth) = selector.upstream {
        found.extend(walk(&start, depth, |id| graph.upstreams(id)));
    }
    if let Some(depth) = selector.downstream {
        let readers = walk(&start, depth, |id| graph.downstreams(id));
        if selector.closed {
            found.extend(walk(&readers, None, |id| graph.upstreams(id)));
        }
        found.extend(readers);
    }
    found.retain(|id| graph.model(id).is_some());
    Ok(found)
}

/// Steps from a set along edges, at most `depth` of them if there is a bound.
fn walk<'a>(start: &BTreeSet<Id>, depth: Option<usize>, next: impl Fn(&Id) -> &'a BTreeSet<Id>) -> BTreeSet<Id> {
    let mut seen = start.clone();
    let mut edge = start.clone();
    let mut step = 0;
    while !edge.is_empty() && depth.is_none_or(|most| step < most) {
        edge = edge.iter().flat_map(|id| next(id).iter().cloned()).filter(|id| !seen.contains(id)).collect();
        seen.extend(edge.iter().cloned());
        step += 1;
    }
    seen
}

/// One selector, taken apart.
struct Selector<'a> {
    /// `Some(None)` has no bound.
    upstream: Option<Option<usize>>,
    downstream: Option<Option<usize>>,
    closed: bool,
    method: Method<'a>,
}

enum Method<'a> {
    Name(&'a str),
    Tag(&'a str),
    Kind(&'a str),
    Crate(&'a str),
}

const METHODS: [&str; 3] = ["tag", "kind", "crate"];
const KINDS: [&str; 4] = ["view", "table", "incremental", "history"];

impl<'a> Selector<'a> {
    fn parse(text: &'a str) -> Result<Self, SelectError> {
        let (closed, rest) = match text.strip_prefix('@') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (upstream, rest) = match rest.split_once('+') {
            Some((digits, rest)) if digits.bytes().all(|b| b.is_ascii_digit()) && !rest.is_empty() => {
                (Some(steps(text, digits)?), rest)
            }
            _ => (None, rest),
        };
        let (rest, mut downstream) = match rest.rsplit_once('+') {
            Some((rest, digits)) if digits.bytes().all(|b| b.is_ascii_digit()) => (rest, Some(steps(text, digits)?)),
            _ => (rest, None),
        };
        if closed {
            downstream = Some(None);
        }
        if rest.is_empty() || rest.contains(['+', '@']) {
            return Err(SelectError::Syntax { selector: text.into() });
        }
        Ok(Self { upstream, downstream, closed, method: Method::parse(text, rest)? })
    }
}

fn steps(selector: &str, digits: &str) -> Result<Option<usize>, SelectError> {
    if digits.is_empty() {
        return Ok(None);
    }
    digits.parse().map(Some).map_err(|_| SelectError::Syntax { selector: selector.into() })
}

impl<'a> Method<'a> {
    fn parse(selector: &str, text: &'a str) -> Result<Self, SelectError> {
        match text.split_once(':') {
            None => Ok(Method::Name(text)),
            Some(("tag", value)) => Ok(Method::Tag(value)),
            Some(("kind", value)) => Ok(Method::Kind(value)),
            Some(("crate", value)) => Ok(Method::Crate(value)),
            Some((method, _)) => Err(SelectError::Method {
                selector: selector.into(),
                method: method.into(),
                nearest: nearest(method, METHODS),
            }),
        }
    }

    fn matches(&self, node: &Node) -> bool {
        match (self, node) {
            (Method::Name(pattern), _) => named(pattern, node.id()),
            (Method::Tag(tag), Node::Model(model)) => model.tags.iter().any(|t| t == tag),
            (Method::Kind(kind), Node::Model(model)) => kind_name(model) == *kind,
            (Method::Crate(krate), Node::Model(model)) => model.krate == *krate,
            (Method::Tag(_) | Method::Kind(_) | Method::Crate(_), Node::Source(_)) => false,
        }
    }
}

fn kind_name(model: &ModelSpec) -> &'static str {
    match model.kind {
        Kind::View => "view",
        Kind::Table => "table",
        Kind::Incremental(_) => "incremental",
        Kind::History(_) => "history",
    }
}

/// A pattern with a dot is for `schema.name`, one without for the name alone.
fn named(pattern: &str, id: &Id) -> bool {
    if pattern.contains('.') { glob(pattern, &id.to_string()) } else { glob(pattern, &id.name) }
}

/// `*` stands for any characters, also none; `?` for one.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = &pattern[1..];
            text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| glob(rest, &text[at..]))
        }
        Some(wanted) => match text.chars().next() {
            Some(found) if wanted == '?' || wanted == found => {
                glob(&pattern[wanted.len_utf8()..], &text[found.len_utf8()..])
            }
            _ => false,
        },
    }
}

fn matching(graph: &Graph, selector: &Selector, text: &str) -> Result<BTreeSet<Id>, SelectError> {
    let found: BTreeSet<Id> =
        graph.nodes().values().filter(|node| selector.method.matches(node)).map(|node| node.id().clone()).collect();
    if found.is_empty() {
        return Err(nothing(graph, &selector.method, text));
    }
    Ok(found)
}

fn nothing(graph: &Graph, method: &Method, selector: &str) -> SelectError {
    let nearest = match method {
        Method::Name(name) => {
            let full = name.contains('.');
            nearest(name, graph.nodes().keys().map(|id| if full { id.to_string() } else { id.name.clone() }))
        }
        Method::Tag(tag) => {
            nearest(tag, graph.models().flat_map(|model| model.tags.clone())).map(|tag| format!("tag:{tag}"))
        }
        Method::Kind(kind) => nearest(kind, KINDS).map(|kind| format!("kind:{kind}")),
        Method::Crate(krate) => nearest(krate, graph.models().map(|m| m.krate)).map(|krate| format!("crate:{krate}")),
    };
    SelectError::Nothing { selector: selector.into(), nearest }
}

/// Why a selector means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SelectError {
    /// It cannot be read.
    Syntax {
        /// The selector.
        selector: String,
    },
    /// `word:value` with an unknown word.
    Method {
        /// The selector.
        selector: String,
        /// The word.
        method: String,
        /// A known word that is close.
        nearest: Option<String>,
    },
    /// No model meets it.
    Nothing {
        /// The selector.
        selector: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
}

impl fmt::Display for SelectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SelectError::Syntax { selector } => {
                write!(
                    f,
                    "cannot read the selector `{selector}`: expected a form such as `+fx.rates`, `2+rates+1`, `tag:daily`"
                )
            }
            SelectError::Method { selector, method, nearest } => {
                write!(f, "`{method}` in the selector `{selector}` is not one of `tag`, `kind`, `crate`")?;
                hint(f, nearest)
            }
            SelectError::Nothing { selector, nearest } => {
                write!(f, "no model is selected by `{selector}`")?;
                hint(f, nearest)
            }
        }
    }
}

fn hint(f: &mut fmt::Formatter<'_>, nearest: &Option<String>) -> fmt::Result {
    match nearest {
        Some(name) => write!(f, "; did you mean `{name}`?"),
        None => Ok(()),
    }
}

impl std::error::Error for SelectError {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::testing::{source, table};

    fn graph() -> Graph {
        let mut daily = table("fx.rates", "select * from {docs}", &["raw.docs"]);
        daily.tags = vec!["daily".into()];
        Graph::new(
            vec![source("raw.docs", &["x bigint"]), source("raw.other", &["x bigint"])],
            vec![
                daily,
                table("fx.months", "select * from {rates}", &["fx.rates"]),
                table("fx.years", "select * from {months} m, {extra} e", &["fx.months", "shop.extra"]),
                table("shop.extra", "select * from {other}", &["raw.other"]),
            ],
        )
        .unwrap()
    }

    fn check(include: &[&str], exclude: &[&str], expected: &[&str]) {
        let words = |list: &[&str]| list.iter().map(|s| s.to_string()).collect::<Vec<_>>();
        let found = select(&graph(), &words(include), &words(exclude)).unwrap();
        assert_eq!(found.iter().map(Id::to_string).collect::<Vec<_>>(), expected, "{include:?}");
    }

    #[test]
    fn selectors() {
        check(&[], &[], &["fx.months", "fx.rates", "fx.years", "shop.extra"]);
        check(&["rates"], &[], &["fx.rates"]);
        check(&["fx.rates", "extra"], &[], &["fx.rates", "shop.extra"]);
        check(&["fx.*"], &["fx.y*"], &["fx.months", "fx.rates"]);
        check(&["tag:daily+"], &[], &["fx.months", "fx.rates", "fx.years"]);
        check(&["+months"], &[], &["fx.months", "fx.rates"]);
        check(&["1+years"], &[], &["fx.months", "fx.years", "shop.extra"]);
        check(&["rates+1"], &[], &["fx.months", "fx.rates"]);
        check(&["+months+"], &[], &["fx.months", "fx.rates", "fx.years"]);
        check(&["@rates"], &[], &["fx.months", "fx.rates", "fx.years", "shop.extra"]);
        check(&["raw.docs+"], &[], &["fx.months", "fx.rates", "fx.years"]);
        check(&["fx.*,tag:daily"], &[], &["fx.rates"]);
        check(&["kind:table"], &["rates+"], &["shop.extra"]);
    }

    #[test]
    fn errors_offer_what_was_meant() {
        let error = |text: &str| select(&graph(), &[text.to_owned()], &[]).unwrap_err().to_string();
        assert_eq!(error("fx.rate"), "no model is selected by `fx.rate`; did you mean `fx.rates`?");
        assert_eq!(error("tag:dayly"), "no model is selected by `tag:dayly`; did you mean `tag:daily`?");
        assert_eq!(
            error("tags:daily"),
            "`tags` in the selector `tags:daily` is not one of `tag`, `kind`, `crate`; did you mean `tag`?"
        );
        assert_eq!(
            error("+"),
            "cannot read the selector `+`: expected a form such as `+fx.rates`, `2+rates+1`, `tag:daily`"
        );
    }
}
