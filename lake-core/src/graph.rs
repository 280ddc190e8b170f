//! The graph of models and sources: what reads what, in which order, and what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use lake_sql::bind::{Relation, RelationColumn};

use crate::model::spec::{Binding, ColumnSpec, Id, ModelSpec, SourceSpec};
use crate::nearest::nearest;

/// A source or a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// Data that others write.
    Source(SourceSpec),
    /// A query and how its result is kept.
    Model(Box<ModelSpec>),
}

impl Node {
    /// Its logical name.
    pub fn id(&self) -> &Id {
        match self {
            Node::Source(source) => &source.id,
            Node::Model(model) => &model.id,
        }
    }

    /// Where it is declared: file, line.
    pub fn place(&self) -> (&'static str, u32) {
        match self {
            Node::Source(source) => source.place,
            Node::Model(model) => model.place,
        }
    }

    /// Its declared columns.
    pub fn columns(&self) -> &[ColumnSpec] {
        match self {
            Node::Source(source) => &source.columns,
            Node::Model(model) => &model.columns,
        }
    }

    fn relation(&self) -> Relation {
        let column = |c: &ColumnSpec| RelationColumn {
            name: c.name.clone(),
            ty: c.ty.clone(),
            nullable: c.nullable,
            brand: c.brand.as_deref().map(Arc::from),
        };
        Relation { name: self.id().to_string(), columns: self.columns().iter().map(column).collect(), complete: true }
    }
}

/// Models and sources without cycles, in an order in which each comes after what it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    nodes: BTreeMap<Id, Node>,
    upstreams: BTreeMap<Id, BTreeSet<Id>>,
    downstreams: BTreeMap<Id, BTreeSet<Id>>,
    order: Vec<Id>,
    relations: BTreeMap<Id, Arc<Relation>>,
}

impl Graph {
    /// Builds the graph; every fault of the declarations is reported.
    pub fn new(sources: Vec<SourceSpec>, models: Vec<ModelSpec>) -> Result<Self, Vec<GraphError>> {
        let mut errors = vec![];
        let all =
            sources.into_iter().map(Node::Source).chain(models.into_iter().map(|model| Node::Model(Box::new(model))));
        let nodes = unique(all, &mut errors);
        let upstreams = upstreams(&nodes, &mut errors);
        let order = order(&upstreams, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut downstreams: BTreeMap<Id, BTreeSet<Id>> =
            nodes.keys().map(|id| (id.clone(), BTreeSet::new())).collect();
        for (id, reads) in &upstreams {
            for upstream in reads {
                downstreams.entry(upstream.clone()).or_default().insert(id.clone());
            }
        }
        let relations = nodes.iter().map(|(id, node)| (id.clone(), Arc::new(node.relation()))).collect();
        Ok(Self { nodes, upstreams, downstreams, order, relations })
    }

    /// All nodes by name.
    pub fn nodes(&self) -> &BTreeMap<Id, Node> {
        &self.nodes
    }

    /// The model of a name.
    pub fn model(&self, id: &Id) -> Option<&ModelSpec> {
        match self.nodes.get(id) {
            Some(Node::Model(model)) => Some(model),
            _ => None,
        }
    }

    /// The source of a name.
    pub fn source(&self, id: &Id) -> Option<&SourceSpec> {
        match self.nodes.get(id) {
            Some(Node::Source(source)) => Some(source),
            _ => None,
        }
    }

    /// A node as queries see it.
    pub fn relation(&self, id: &Id) -> Option<&Arc<Relation>> {
        self.relations.get(id)
    }

    /// All models, each after what it reads.
    pub fn models(&self) -> impl Iterator<Item = &ModelSpec> {
        self.order.iter().filter_map(|id| self.model(id))
    }

    /// All sources by name.
    pub fn sources(&self) -> impl Iterator<Item = &SourceSpec> {
        self.nodes.keys().filter_map(|id| self.source(id))
    }

    /// What a node reads directly.
    pub fn upstreams(&self, id: &Id) -> &BTreeSet<Id> {
        self.upstreams.get(id).expect("every node has an entry")
    }

    /// What reads a node directly.
    pub fn downstreams(&self, id: &Id) -> &BTreeSet<Id> {
        self.downstreams.get(id).expect("every node has an entry")
    }

    /// All ids, each after what it reads; names decide where the graph leaves a choice.
    pub fn order(&self) -> &[Id] {
        &self.order
    }
}

/// What models and sources a query names directly.
fn references(model: &ModelSpec) -> impl Iterator<Item = &Id> {
    model.query.bindings.iter().filter_map(|(_, binding)| match binding {
        Binding::Ref(id) => Some(id),
        Binding::This | Binding::Now | Binding::FirstRun | Binding::Helper(_) => None,
    })
}

fn unique(all: impl Iterator<Item = Node>, errors: &mut Vec<GraphError>) -> BTreeMap<Id, Node> {
    let mut nodes: BTreeMap<Id, Node> = BTreeMap::new();
    for node in all {
        match nodes.get(node.id()) {
            Some(first) => {
                errors.push(GraphError::Duplicate {
                    id: node.id().clone(),
                    first: first.place(),
                    second: node.place(),
                });
            }
            None => {
                nodes.insert(node.id().clone(), node);
            }
        }
    }
    nodes
}

fn upstreams(nodes: &BTreeMap<Id, Node>, errors: &mut Vec<GraphError>) -> BTreeMap<Id, BTreeSet<Id>> {
    let mut upstreams = BTreeMap::new();
    for (id, node) in nodes {
        let mut reads = BTreeSet::new();
        if let Node::Model(model) = node {
            for upstream in references(model) {
                if nodes.contains_key(upstream) {
                    reads.insert(upstream.clone());
                } else {
                    errors.push(GraphError::MissingUpstream {
                        model: id.clone(),
                        upstream: upstream.clone(),
                        nearest: nearest(&upstream.to_string(), nodes.keys().map(Id::to_string)),
                        place: model.place,
                    });
                }
            }
        }
        upstreams.insert(id.clone(), reads);
    }
    upstreams
}

/// Kahn's algorithm with an ordered set of ready nodes; what is left over lies on or behind a cycle.
fn order(upstreams: &BTreeMap<Id, BTreeSet<Id>>, errors: &mut Vec<GraphError>) -> Vec<Id> {
    let mut waiting: BTreeMap<&Id, usize> = upstreams.iter().map(|(id, reads)| (id, reads.len())).collect();
    let mut readers: BTreeMap<&Id, Vec<&Id>> = BTreeMap::new();
    for (id, reads) in upstreams {
        for upstream in reads {
            readers.entry(upstream).or_default().push(id);
        }
    }
    let mut ready: BTreeSet<&Id> = waiting.iter().filter(|(_, n)| **n == 0).map(|(id, _)| *id).collect();
    let mut order = vec![];
    while let Some(id) = ready.pop_first() {
        waiting.remove(id);
        order.push(id.clone());
        for reader in readers.get(id).into_iter().flatten() {
            let left = waiting.get_mut(reader).expect("a reader waits until its last upstream is done");
            *left -= 1;
            if *left == 0 {
                ready.insert(reader);
            }
        }
    }
    if let Some(start) = waiting.keys().next() {
        errors.push(GraphError::Cycle { path: cycle(start, upstreams, &waiting) });
    }
    order
}

/// Walks upstream within the nodes that are left until one comes again.
fn cycle(start: &Id, upstreams: &BTreeMap<Id, BTreeSet<Id>>, left: &BTreeMap<&Id, usize>) -> Vec<Id> {
    let mut path: Vec<Id> = vec![start.clone()];
    loop {
        let last = path.last().expect("the path starts with one node");
        let next =
            upstreams[last].iter().find(|id| left.contains_key(id)).expect("a node that is left waits for another");
        if let Some(first) = path.iter().position(|id| id == next) {
            let mut round = path.split_off(first);
            round.push(next.clone());
            round.reverse();
            return round;
        }
        path.push(next.clone());
    }
}

/// What is wrong with the declarations taken together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GraphError {
    /// Two declarations of one name.
    Duplicate {
        /// The name.
        id: Id,
        /// Where the first one is.
        first: (&'static str, u32),
        /// Where the second one is.
        second: (&'static str, u32),
    },
    /// A model reads what nobody declares.
    MissingUpstream {
        /// The reader.
        model: Id,
        /// What it reads.
        upstream: Id,
        /// A declared name that is close.
        nearest: Option<String>,
        /// Where the reader is declared.
        place: (&'static str, u32),
    },
    /// Models that read each other.
    Cycle {
        /// From a model to itself, each read by the next.
        path: Vec<Id>,
    },
}

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GraphError::Duplicate { id, first, second } => {
                write!(f, "`{id}` is declared twice: {}:{} and {}:{}", first.0, first.1, second.0, second.1)
            }
            GraphError::MissingUpstream { model, upstream, nearest, place } => {
                write!(f, "{}:{}: `{model}` reads `{upstream}`, which is not declared", place.0, place.1)?;
                match nearest {
                    Some(name) => write!(f, "; did you mean `{name}`?"),
                    None => write!(f, " in any crate that `lakehouse::main!` names"),
                }
            }
            GraphError::Cycle { path } => {
                let names: Vec<String> = path.iter().map(|id| format!("`{id}`")).collect();
                write!(f, "models read each other in a circle: {}", names.join(" → "))
            }
        }
    }
}

impl std::error::Error for GraphError {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::testing::{id, source, table};

    fn names(graph: &Graph) -> Vec<String> {
        graph.order().iter().map(Id::to_string).collect()
    }

    #[test]
    fn each_model_comes_after_what_it_reads() {
        let graph = Graph::new(
            vec![source("raw.b", &["x bigint"])],
            vec![table("a.z", "select * from {b}", &["raw.b"]), table("a.a", "select * from {z}", &["a.z"])],
        )
        .unwrap();
        assert_eq!(names(&graph), ["raw.b", "a.z", "a.a"]);
        assert_eq!(graph.downstreams(&id("raw.b")).iter().map(Id::to_string).collect::<Vec<_>>(), ["a.z"]);
    }

    #[test]
    fn every_fault_is_reported() {
        let errors = Graph::new(
            vec![source("raw.orders", &["x bigint"])],
            vec![
                table("a.one", "select * from {ordres}", &["raw.ordres"]),
                table("a.two", "select * from {three}", &["a.three"]),
                table("a.three", "select * from {two}", &["a.two"]),
                table("a.one", "select 1 as x", &[]),
            ],
        )
        .unwrap_err();
        let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "`a.one` is declared twice: models.rs:1 and models.rs:1",
                "models.rs:1: `a.one` reads `raw.ordres`, which is not declared; did you mean `raw.orders`?",
                "models read each other in a circle: `a.three` → `a.two` → `a.three`",
            ]
        );
    }
}
