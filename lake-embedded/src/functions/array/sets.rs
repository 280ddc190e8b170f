//! Arrays as sets. Elements are the same as IS NOT DISTINCT FROM says: null is null, NaN is NaN.

use std::collections::HashSet;

use arrow::array::{ArrayRef, AsArray, ListArray};

use super::{Classes, Lists, element, span};
use crate::error::Result;
use crate::eval::{Args, Kernel};
use crate::functions::columns::rows;
use crate::functions::compare::null_at;

pub(super) fn find(name: &str) -> Option<Kernel> {
    Some(match name {
        "array_distinct" => |args| chosen(args, |sets| sets.distinct(&[0])),
        "array_union" => |args| chosen(args, |sets| sets.distinct(&[0, 1])),
        "array_except" => |args| chosen(args, |sets| sets.except()),
        "array_intersect" => |args| chosen(args, |sets| sets.intersection()),
        "arrays_overlap" => arrays_overlap,
        _ => return None,
    })
}

/// The elements of a row's arrays with their classes.
struct Sets<'a> {
    classes: &'a Classes,
    spans: Vec<std::ops::Range<usize>>,
}

impl Sets<'_> {
    fn elements(&self, source: usize) -> impl Iterator<Item = (usize, u32)> {
        self.spans[source].clone().map(move |at| (at, self.classes.of(source, at)))
    }

    /// Each element of these arrays once, in order of first appearance.
    fn distinct(&self, sources: &[usize]) -> Vec<(usize, usize)> {
        let mut seen = HashSet::new();
        let all = sources.iter().flat_map(|source| self.elements(*source).map(move |(at, class)| (*source, at, class)));
        all.filter(|(_, _, class)| seen.insert(*class)).map(|(source, at, _)| (source, at)).collect()
    }

    /// Each element of one array once that is (or is not) in another.
    fn filtered(&self, source: usize, other: usize, inside: bool) -> Vec<(usize, usize)> {
        let others: HashSet<u32> = self.elements(other).map(|(_, class)| class).collect();
        let kept = |(source, at): &(usize, usize)| others.contains(&self.classes.of(*source, *at)) == inside;
        self.distinct(&[source]).into_iter().filter(kept).collect()
    }

    /// Without anything to leave out the array stays as it is.
    fn except(&self) -> Vec<(usize, usize)> {
        match self.spans[1].is_empty() {
            true => self.spans[0].clone().map(|at| (0, at)).collect(),
            false => self.filtered(0, 1, false),
        }
    }

    /// In the order of the longer array.
    fn intersection(&self) -> Vec<(usize, usize)> {
        match self.spans[0].len() < self.spans[1].len() {
            true => self.filtered(1, 0, true),
            false => self.filtered(0, 1, true),
        }
    }
}

fn lists<'a>(args: &'a Args<'_>) -> Vec<&'a ListArray> {
    args.values.iter().map(|value| value.as_list::<i32>()).collect()
}

fn classes(args: &Args<'_>, lists: &[&ListArray]) -> Result<Classes> {
    let values: Vec<&ArrayRef> = lists.iter().map(|list| list.values()).collect();
    Classes::new(&values, element(&args.types[0])?)
}

fn chosen(args: &Args<'_>, choose: fn(&Sets<'_>) -> Vec<(usize, usize)>) -> Result<ArrayRef> {
    let lists = lists(args);
    let classes = classes(args, &lists)?;
    let mut out = Lists::new(args.rows);
    for row in 0..args.rows {
        match lists.iter().map(|list| span(list, row)).collect::<Option<Vec<_>>>() {
            Some(spans) => out.push(choose(&Sets { classes: &classes, spans })),
            None => out.push_null(),
        }
    }
    let sources: Vec<&ArrayRef> = lists.iter().map(|list| list.values()).collect();
    out.finish(&sources, args.out)
}

/// Whether there is a common element; null if none is known and an element is null.
fn arrays_overlap(args: &Args<'_>) -> Result<ArrayRef> {
    let lists = lists(args);
    let classes = classes(args, &lists)?;
    rows(args, |row| {
        let spans = lists.iter().map(|list| span(list, row)).collect::<Option<Vec<_>>>()?;
        if spans.iter().any(|span| span.is_empty()) {
            return Some(false);
        }
        let known = |source: usize| {
            let values = lists[source].values();
            spans[source].clone().filter(move |at| !null_at(values, *at)).collect::<Vec<_>>()
        };
        let (left, right) = (known(0), known(1));
        let classes_of_left: HashSet<u32> = left.iter().map(|at| classes.of(0, *at)).collect();
        if right.iter().any(|at| classes_of_left.contains(&classes.of(1, *at))) {
            return Some(true);
        }
        let nulls = left.len() < spans[0].len() || right.len() < spans[1].len();
        (!nulls).then_some(false)
    })
}
