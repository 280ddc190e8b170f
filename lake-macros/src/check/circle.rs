//! Circles of models, found in what this process has seen so far.
//!
//! That a process expands all macros of a crate is not promised, so this is for the words alone: a circle that it
//! misses ends in the compiler's own error about `PROOF`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use proc_macro2::TokenStream;
use syn::Error;

use super::{Answers, State};

static SEEN: Mutex<Seen> = Mutex::new(Seen { edges: BTreeMap::new(), read: BTreeSet::new() });

struct Seen {
    /// Node → label, and the nodes that it reads.
    edges: BTreeMap<String, (String, Vec<String>)>,
    /// The nodes that any of them reads.
    read: BTreeSet<String>,
}

/// An error if this model closes a circle.
pub(super) fn report(state: &State, answers: &Answers) -> Option<TokenStream> {
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let Seen { edges, read } = &mut *seen;
    let upstreams: Vec<String> = answers.upstreams.iter().map(|upstream| upstream.node.clone()).collect();
    read.extend(upstreams.iter().cloned());
    edges.insert(state.node.clone(), (state.label.clone(), upstreams));
    // A model that nobody reads so far, as most are, closes none: to search for each would be quadratic.
    if !read.contains(&state.node) {
        return None;
    }
    let circle = circle(edges, &state.node)?;
    let labels: Vec<String> = circle.iter().map(|node| format!("`{}`", label(edges, node))).collect();
    let message = match labels.as_slice() {
        [only, _] => format!("{only} reads from itself; its own table is a parameter `this: This`"),
        _ => format!("these models depend on each other in a circle: {}", labels.join(" reads from ")),
    };
    Some(Error::new(state.name.span(), message).to_compile_error())
}

/// The way from a node back to itself, both ends included.
fn circle(edges: &BTreeMap<String, (String, Vec<String>)>, start: &str) -> Option<Vec<String>> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut open = vec![start];
    while let Some(node) = open.pop() {
        for next in edges.get(node).map(|(_, upstreams)| upstreams.as_slice()).unwrap_or_default() {
            if next == start {
                return Some(way(&came_from, start, node));
            }
            if !came_from.contains_key(next.as_str()) {
                came_from.insert(next, node);
                open.push(next);
            }
        }
    }
    None
}

fn way(came_from: &BTreeMap<&str, &str>, start: &str, last: &str) -> Vec<String> {
    let mut way = vec![start.to_owned()];
    let mut at = last;
    while at != start {
        way.push(at.to_owned());
        at = came_from[at];
    }
    way.push(start.to_owned());
    way.reverse();
    way
}

fn label<'a>(edges: &'a BTreeMap<String, (String, Vec<String>)>, node: &'a str) -> &'a str {
    edges.get(node).map_or(node, |(label, _)| label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_round_is_told_in_reading_order() {
        let edge = |from: &str, to: &[&str]| {
            (from.to_owned(), (from.to_owned(), to.iter().map(|to| (*to).to_owned()).collect()))
        };
        let edges = BTreeMap::from([edge("a", &["b", "x"]), edge("b", &["c"]), edge("c", &["a"]), edge("d", &["a"])]);
        assert_eq!(circle(&edges, "a").expect("there is one"), ["a", "b", "c", "a"]);
        assert_eq!(circle(&edges, "d"), None);
    }
}
