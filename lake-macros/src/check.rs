//! The checker's end of the chain: all schemas and the SQL are here; lake-sql does the rest.

mod circle;
mod state;

use lake_sql::types::Type;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::export;
use crate::payload::{Column, OwnColumn, Payload, Schema};
use crate::rust_type::{rust_tokens, ty_tokens};
use crate::source::Named;
pub(crate) use state::{Answers, State, chained};

/// `__check!`: findings as errors, the guard against circles, and what an inferred row leads to.
pub(crate) fn check(state: &State, answers: Answers) -> TokenStream {
    let circle = circle::report(state, &answers);
    let depth = depth(state, circle.is_some());
    quote!(#circle #depth)
}

/// A circle that was not noticed ends here, in an error of the compiler's own.
fn depth(state: &State, cut: bool) -> TokenStream {
    let name = &state.name;
    let upstreams = if cut { &[][..] } else { state.upstreams.as_slice() };
    quote! {
        impl ::lakehouse::__private::Depth for #name {
            const DEPTH: usize =
                ::lakehouse::__private::deepest(&[#(<#upstreams as ::lakehouse::__private::Depth>::DEPTH),*]);
        }
        const _: usize = <#name as ::lakehouse::__private::Depth>::DEPTH;
    }
}

/// `__model!`: the payload of a model with a declared row.
pub(crate) fn model(state: &Named, sequence: &str, answers: Vec<Payload>) -> TokenStream {
    let mut answers = answers.into_iter();
    let row = match answers.next() {
        Some(Payload::Relation(row)) => row,
        _ => Schema { name: String::new(), node: String::new(), complete: false, columns: vec![] },
    };
    let mut columns = row.columns;
    if let Some(Payload::History(own)) = answers.next() {
        columns.extend(own_columns(&own, &columns, sequence));
    }
    crate::source::named(state, columns, row.complete)
}

/// A history's own columns; the bounds have the sequence's type unless they are declared otherwise.
fn own_columns(own: &[OwnColumn], columns: &[Column], sequence: &str) -> Vec<Column> {
    let sequence = columns.iter().find(|column| column.name == sequence);
    let sequence = sequence.map_or(Type::Error, |column| column.ty.clone());
    own.iter()
        .map(|own| Column {
            name: own.name.clone(),
            ty: own.ty.clone().unwrap_or_else(|| sequence.clone()),
            nullable: own.nullable,
            brand: None,
        })
        .collect()
}
