//! The checker's end of the chain: all schemas and the SQL are here; lake-sql does the rest.

mod circle;
pub(crate) mod condition;
mod names;
mod query;
mod registration;
mod row;
mod state;

use lake_sql::types::Type;
use proc_macro2::TokenStream;
use quote::quote;
use syn::Error;

use crate::payload::{Column, OwnColumn, Payload, Schema};
use crate::source::Named;
pub(crate) use names::{References, helper};
pub(crate) use registration::{declared, relation_impl};
pub(crate) use state::{Answer, Answers, RowOf, State, chained};

/// `__check!`: findings as errors, the guard against circles, and what an inferred row leads to.
pub(crate) fn check(state: &State, answers: Answers) -> TokenStream {
    let circle = circle::report(state, &answers);
    let proof = proof(state, circle.is_some());
    let clash = own_names(state, &answers);
    let (findings, row) = query::check(state, &answers);
    let deletes = deletes(state, &answers);
    let inferred = match &state.row {
        RowOf::Inferred(name) => row::generate(state, name, row, &answers),
        RowOf::Declared => TokenStream::new(),
    };
    let registration = registration::registration(state);
    let function = &state.function;
    quote!(#circle #clash #findings #deletes #inferred #function #proof #registration)
}

/// A circle that was not noticed ends here, in an error of the compiler's own.
fn proof(state: &State, cut: bool) -> TokenStream {
    let name = &state.name;
    let upstreams = if cut { &[][..] } else { state.upstreams.as_slice() };
    quote! {
        impl ::lakehouse::__private::Acyclic for #name {
            const PROOF: () = { #(<#upstreams as ::lakehouse::__private::Acyclic>::PROOF;)* };
        }
    }
}

/// The condition that marks deletes reads the query's columns.
fn deletes(state: &State, answers: &Answers) -> TokenStream {
    match (&state.delete_when, &answers.row) {
        (Some(when), Some(row)) if row.complete => condition::check(when, row, None),
        _ => TokenStream::new(),
    }
}

/// A history's own columns may not be called like columns of its row.
fn own_names(state: &State, answers: &Answers) -> TokenStream {
    let Some(row) = &answers.row else { return TokenStream::new() };
    let clashes = answers.own.iter().filter(|own| row.columns.iter().any(|column| same(&column.name, &own.name)));
    let errors = clashes.map(|own| {
        let message = format!(
            "the history's own column `{}` is also a column of `{}`: give it another name with \
             `History<{}, YourNames>`",
            own.name, row.name, row.name
        );
        Error::new(state.name.span(), message).to_compile_error()
    });
    errors.collect()
}

fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// `__model!`: the payload of a model with a declared row.
pub(crate) fn model(state: &Named, sequence: &str, answers: Vec<Payload>) -> TokenStream {
    let mut answers = answers.into_iter();
    let row = match answers.next() {
        Some(Payload::Relation(row)) => row,
        _ => Schema { name: String::new(), node: String::new(), complete: false, columns: vec![] },
    };
    let own = match answers.next() {
        Some(Payload::History(own)) => own,
        _ => vec![],
    };
    let columns = with_own(row.columns, &own, sequence);
    crate::source::named(state, columns, row.complete)
}

/// The columns that readers of a history see. Its own bounds have the sequence's type unless they are declared otherwise.
fn with_own(mut columns: Vec<Column>, own: &[OwnColumn], sequence: &str) -> Vec<Column> {
    let sequence = columns.iter().find(|column| column.name == sequence);
    let sequence = sequence.map_or(Type::Error, |column| column.ty.clone());
    columns.extend(own.iter().map(|own| Column {
        name: own.name.clone(),
        ty: own.ty.clone().unwrap_or_else(|| sequence.clone()),
        nullable: own.nullable,
        brand: None,
    }));
    columns
}
