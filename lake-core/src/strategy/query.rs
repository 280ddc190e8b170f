//! A model's text as it is sent: bound once more against the declarations, with the binder's edits put in.

use std::collections::BTreeMap;
use std::sync::Arc;

use lake_sql::bind::{Helper, Names, Outcome, Reference, Relation, SiteKind, bind_for, contract_casts};
use lake_sql::finding::{Finding, Severity};
use lake_sql::render::{RelationName, RelationNames, RunValues};
use lake_sql::syntax::{Templates, parse_query, without_layout};
use lake_sql::types::TypeRules;

use super::{Context, PlanError};
use crate::graph::Graph;
use crate::model::spec::{Binding, HelperSpec, Id, ModelSpec};

/// What the placeholders of one statement stand for.
pub(super) struct QueryText<'a> {
    /// Relations by the name of their placeholder.
    pub(super) relations: &'a BTreeMap<String, RelationName>,
    /// `{now}`; None where the moment of the run may not be used.
    pub(super) now_micros: Option<i64>,
    /// `{first_run}`
    pub(super) first_run: bool,
}

impl RelationNames for QueryText<'_> {
    fn relation(&self, reference: &str) -> Option<RelationName> {
        self.relations.get(reference).cloned()
    }
}

/// The text with everything put in.
pub(super) fn render(context: &Context, model: &ModelSpec, text: &QueryText) -> Result<String, PlanError> {
    let outcome = bound(context, model, text.first_run)?;
    for site in &outcome.sites {
        match &site.kind {
            SiteKind::Now if text.now_micros.is_none() => {
                return Err(PlanError::NotAView("it uses the time of the run"));
            }
            SiteKind::Relation { reference, .. } if text.first_run && is_own(model, reference) => {
                return Err(PlanError::OwnTable(
                    "the query reads `{this}` on the first run, when there is no table yet",
                ));
            }
            _ => {}
        }
    }
    let run = RunValues { now_micros: text.now_micros.unwrap_or(0) };
    lake_sql::render::render(&model.query.template, &outcome.sites, text, context.dialect, run)
        .map_err(|error| failed(model, vec![Finding::error("render", Default::default(), error.to_string())]))
}

/// The query as plain SQL, for people: no pins, the tables as they are, any run but the first at the moment given.
pub fn plain_sql(context: &Context, model: &ModelSpec, now_micros: i64) -> Result<String, PlanError> {
    let named = |id: &Id| super::build::named(&context.project.physical(id), None);
    let relations = model.query.bindings.iter().filter_map(|(name, binding)| match binding {
        Binding::Ref(id) => Some((name.clone(), named(id))),
        Binding::This => Some((name.clone(), named(&model.id))),
        Binding::Now | Binding::FirstRun | Binding::Helper(_) => None,
    });
    let text = QueryText { relations: &relations.collect(), now_micros: Some(now_micros), first_run: false };
    render(context, model, &text)
}

fn bound(context: &Context, model: &ModelSpec, first_run: bool) -> Result<Outcome, PlanError> {
    let template = &model.query.template;
    let parsed = parse_query(template, Templates::Yes);
    let Some(tree) = parsed.tree.filter(|_| parsed.findings.is_empty()) else {
        return Err(failed(model, parsed.findings));
    };
    let names = Declared { graph: &context.project.graph, model, first_run };
    let mut outcome = bind_for(&tree, template, &names, TypeRules::default(), context.dialect.rules);
    let errors: Vec<Finding> =
        outcome.findings.iter().filter(|finding| finding.severity == Severity::Error).cloned().collect();
    if !errors.is_empty() {
        return Err(failed(model, errors));
    }
    if let Some(query) = &outcome.query {
        let declared = context.project.graph.relation(&model.id).map_or(&[][..], |declared| &declared.columns);
        // In front: a cast to the declared type goes around one that only keeps the checked type.
        outcome.sites.splice(0..0, contract_casts(&tree, query, declared));
    }
    Ok(outcome)
}

fn is_own(model: &ModelSpec, reference: &str) -> bool {
    model.query.bindings.iter().any(|(name, binding)| name == reference && *binding == Binding::This)
}

fn failed(model: &ModelSpec, findings: Vec<Finding>) -> PlanError {
    PlanError::Query { template: model.query.template.clone(), place: model.query.place, findings }
}

/// What the names of a model's query mean, from the declarations.
pub(super) struct Declared<'a> {
    pub(super) graph: &'a Graph,
    pub(super) model: &'a ModelSpec,
    pub(super) first_run: bool,
}

impl Names for Declared<'_> {
    fn reference(&self, name: &str) -> Option<Reference> {
        let (_, binding) = self.model.query.bindings.iter().find(|(bound, _)| bound == name)?;
        Some(match binding {
            Binding::Ref(id) => Reference::Relation(self.graph.relation(id)?.clone()),
            Binding::This => Reference::Relation(self.graph.relation(&self.model.id)?.clone()),
            Binding::Now => Reference::Now,
            Binding::FirstRun => Reference::FirstRun(Some(self.first_run)),
            Binding::Helper(spec) => Reference::Helper(Arc::new(helper(spec))),
        })
    }

    fn reference_names(&self) -> Vec<String> {
        self.model.query.bindings.iter().map(|(name, _)| name.clone()).collect()
    }

    fn table(&self, _parts: &[String]) -> Option<Arc<Relation>> {
        None
    }

    fn has_tables(&self) -> bool {
        false
    }
}

fn helper(spec: &HelperSpec) -> Helper {
    Helper {
        name: spec.name.clone(),
        parameters: spec.parameters.clone(),
        result: spec.result.clone(),
        template: spec.template.as_str().into(),
    }
}

/// The text without its layout.
pub(super) fn normalised(template: &str) -> String {
    without_layout(template, Templates::Yes)
}
