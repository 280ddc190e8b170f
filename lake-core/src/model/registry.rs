//! All sources and models that are linked into the program.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};

use super::declare::{Declared, Declaring};
use super::spec::{Id, ModelSpec, SourceSpec};

/// What a declaration leaves for the program to find.
#[doc(hidden)]
pub enum Registration {
    /// Of `#[source]`: what the attribute knows, and the crate or a module of it.
    Source(&'static str, &'static str, fn(Declared) -> SourceSpec),
    /// Of `#[model]`: the same.
    Model(&'static str, &'static str, fn(&mut Declaring) -> ModelSpec),
}

inventory::collect!(Registration);

/// Two declarations of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The name.
    pub id: Id,
    /// Where both are: crate, file, line.
    pub places: [(&'static str, &'static str, u32); 2],
}

impl Display for Duplicate {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let [(crate_a, file_a, line_a), (crate_b, file_b, line_b)] = self.places;
        write!(
            f,
            "`{}` is declared twice: in {crate_a} at {file_a}:{line_a} and in {crate_b} at {file_b}:{line_b}; \
             give one of them another `name` or `schema`",
            self.id
        )
    }
}

impl std::error::Error for Duplicate {}

/// All that is declared, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declarations {
    /// Sources in the order of their names.
    pub sources: Vec<SourceSpec>,
    /// Models in the order of their names.
    pub models: Vec<ModelSpec>,
}

/// The sources and models of the crates that this program links. A crate that no source file names is not linked:
/// `lakehouse::main!(crate_a, crate_b)` names them.
pub fn declarations() -> Result<Declarations, Box<Duplicate>> {
    let registered = inventory::iter::<Registration>.into_iter();
    let mut found = Declarations { sources: vec![], models: Vec::with_capacity(registered.clone().count()) };
    for registration in registered {
        match registration {
            Registration::Source(text, module, spec) => found.sources.push(spec(Declared::read(text, module))),
            Registration::Model(text, module, spec) => {
                found.models.push(spec(&mut Declaring::new(Declared::read(text, module))));
            }
        }
    }
    found.sources.sort_by(|a, b| (&a.id, a.place).cmp(&(&b.id, b.place)));
    found.models.sort_by(|a, b| (&a.id, a.place).cmp(&(&b.id, b.place)));
    refuse_duplicates(&found)?;
    Ok(found)
}

/// The sources in the order of their names.
pub fn sources() -> Result<Vec<SourceSpec>, Box<Duplicate>> {
    Ok(declarations()?.sources)
}

/// The models in the order of their names.
pub fn models() -> Result<Vec<ModelSpec>, Box<Duplicate>> {
    Ok(declarations()?.models)
}

fn refuse_duplicates(found: &Declarations) -> Result<(), Box<Duplicate>> {
    let sources = found.sources.iter().map(|source| (&source.id, source.krate, source.place));
    let models = found.models.iter().map(|model| (&model.id, model.krate, model.place));
    let mut seen = BTreeMap::new();
    for (id, krate, (file, line)) in sources.chain(models) {
        if let Some(first) = seen.insert(id, (krate, file, line)) {
            return Err(Box::new(Duplicate { id: id.clone(), places: [first, (krate, file, line)] }));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn two_of_one_name_are_refused_with_both_places() {
        let mut twice = Declarations::default();
        twice.sources.push(testing::source("raw.orders", &["id bigint"]));
        twice.sources.push(SourceSpec { place: ("other.rs", 7), ..testing::source("raw.orders", &["id bigint"]) });
        let error = refuse_duplicates(&twice).expect_err("declared twice");
        assert_eq!(
            error.to_string(),
            "`raw.orders` is declared twice: in test at models.rs:1 and in test at other.rs:7; \
             give one of them another `name` or `schema`"
        );
    }
}
