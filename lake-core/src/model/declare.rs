//! From a declaration in source code to a spec. What the attributes expand to calls these functions and little else.

use std::marker::PhantomData;

use super::column::{self, Row};
use super::history_columns::{self, HistoryColumns};
use super::kind::{Finished, Parts};
use super::query::Parameter;
use super::spec::{
    BadRows, Binding, ColumnAudit, ColumnSpec, FileFormat, HelperSpec, Id, Kind, ModelSpec, Origin, QuerySpec,
    SourceSpec,
};
use super::sql_type::{SqlType, Ty};

/// A source or a model.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a source nor a model",
    label = "write the name of a `#[source]` or `#[model]` function"
)]
pub trait Relation {
    /// What one row of it is.
    type Row;
    /// Its logical schema.
    const SCHEMA: &'static str;
    /// Its name.
    const NAME: &'static str;

    /// Its logical name.
    fn id() -> Id {
        Id { schema: Self::SCHEMA.to_owned(), name: Self::NAME.to_owned() }
    }
}

/// A constant that depends on those of all upstreams, so that the compiler itself refuses a circle of models.
#[doc(hidden)]
pub trait Acyclic {
    /// Nothing, computed from the upstreams' nothing.
    const PROOF: ();
}

/// A `#[sql_fn]`.
pub trait SqlFn {
    /// What the planner reads.
    fn spec() -> HelperSpec;
}

/// What a source's declaration says.
pub struct Source<R>(PhantomData<fn() -> R>);

/// What a model's function returns: the model `M`, ready to be planned.
pub struct Built<M> {
    parts: Parts,
    of: PhantomData<fn() -> M>,
}

impl<M> Built<M> {
    #[doc(hidden)]
    pub fn __new<K: Finished>(kind: K) -> Self {
        Self { parts: kind.parts(), of: PhantomData }
    }
}

/// What attributes know of every declaration.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Declared {
    krate: &'static str,
    /// File and line.
    place: (&'static str, u32),
    /// Of a model: its owner or nothing, and its tags.
    keys: Vec<String>,
    description: &'static str,
}

impl Declared {
    /// Reads the literal of an attribute: file, line and keys with tabs between them, and from the second line on the
    /// description. `module` is the crate, or a module of it.
    pub(super) fn read(text: &'static str, module: &'static str) -> Self {
        let (head, description) = text.split_once('\n').expect("attributes write two parts");
        let mut words = head.split('\t');
        let mut word = || words.next().expect("attributes write a place");
        let place = (word(), word().parse().expect("attributes write the number of a line"));
        let krate = module.split("::").next().unwrap_or(module);
        Self { krate, place, keys: words.map(column::unescaped).collect(), description }
    }
}

/// A model while it is declared: it hands out what the model's function takes, and keeps what the names stand for.
pub struct Declaring {
    declared: Declared,
    bindings: Vec<(String, Binding)>,
}

impl Declaring {
    pub(super) fn new(declared: Declared) -> Self {
        Self { declared, bindings: vec![] }
    }

    /// The argument for a parameter.
    pub fn parameter<P: Parameter>(&mut self, name: &str) -> P {
        let (parameter, binding) = P::made();
        self.bindings.push((name.to_owned(), binding));
        parameter
    }

    /// A helper that the SQL calls.
    pub fn helper<F: SqlFn>(&mut self, name: &str) {
        self.bindings.push((name.to_owned(), Binding::Helper(F::spec())));
    }

    /// The spec of a model whose readers see the row's columns.
    pub fn model<M>(&mut self, built: Built<M>) -> ModelSpec
    where
        M: Relation,
        M::Row: Row,
    {
        self.assembled(built, column::specs::<M::Row>())
    }

    /// The spec of a history: readers see the row's columns and those that `N` names.
    pub fn history<M, N>(&mut self, built: Built<M>) -> ModelSpec
    where
        M: Relation,
        M::Row: Row,
        N: HistoryColumns,
    {
        let mut columns = column::specs::<M::Row>();
        if let Kind::History(spec) = &built.parts.kind {
            let sequence = columns.iter().find(|column| column.name == spec.sequence);
            let sequence = sequence.expect("a sequence is a handle to a column of the row").ty.clone();
            // A history holds each key once a version.
            columns.iter_mut().for_each(|column| column.audits.retain(|audit| *audit != ColumnAudit::Unique));
            columns.extend(history_columns::specs::<N>(&sequence));
        }
        self.assembled(built, columns)
    }

    fn assembled<M: Relation>(&mut self, built: Built<M>, columns: Vec<ColumnSpec>) -> ModelSpec {
        let Parts { query, kind, publish } = built.parts;
        let Declared { krate, place, keys, description } = &self.declared;
        let mut keys = keys.iter().cloned();
        let owner = keys.next().filter(|owner| !owner.is_empty());
        ModelSpec {
            id: M::id(),
            columns,
            query: QuerySpec {
                template: query.template.to_owned(),
                bindings: std::mem::take(&mut self.bindings),
                place: query.place,
            },
            kind,
            publish,
            owner,
            tags: keys.collect(),
            description: (*description).to_owned(),
            place: *place,
            krate,
        }
    }
}

/// The spec of a source; `files` are the format, the glob and what becomes of bad rows.
pub fn source<M>(files: Option<(FileFormat, &str, BadRows)>, declared: Declared) -> SourceSpec
where
    M: Relation,
    M::Row: Row,
{
    let origin = match files {
        None => Origin::Table,
        Some((format, pattern, bad_rows)) => Origin::Files { format, pattern: pattern.to_owned(), bad_rows },
    };
    SourceSpec {
        id: M::id(),
        columns: column::specs::<M::Row>(),
        origin,
        description: declared.description.to_owned(),
        place: declared.place,
        krate: declared.krate,
    }
}

/// The spec of a helper.
pub fn helper_spec<T: SqlType>(name: &str, parameters: &[(&str, Ty, bool)], body: super::query::Expr<T>) -> HelperSpec {
    let parameter = |(name, ty, nullable): &(&str, Ty, bool)| ((*name).to_owned(), ty.to_type(), *nullable);
    HelperSpec {
        name: name.to_owned(),
        parameters: parameters.iter().map(parameter).collect(),
        result: (T::TY.to_type(), T::NULLABLE),
        template: body.template.to_owned(),
    }
}
