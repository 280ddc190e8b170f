//! A project: its declarations as a graph, and the target that they run on.

pub mod settings;

use crate::engine::PhysicalName;
use crate::graph::{Graph, GraphError};
use crate::model::spec::{Id, ModelSpec, SourceSpec};
use settings::Target;

/// Declarations and a target: all that planning knows beforehand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Models and sources.
    pub graph: Graph,
    /// Where they run.
    pub target: Target,
}

impl Project {
    /// Checks the declarations against each other.
    pub fn load(models: Vec<ModelSpec>, sources: Vec<SourceSpec>, target: Target) -> Result<Self, Vec<GraphError>> {
        Ok(Self { graph: Graph::new(sources, models)?, target })
    }

    /// The name of a source or model in the target's catalog.
    pub fn physical(&self, id: &Id) -> PhysicalName {
        PhysicalName { schema: self.target.schema(&id.schema), table: id.name.clone() }
    }
}
