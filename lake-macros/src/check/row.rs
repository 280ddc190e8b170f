//! The struct of an inferred row, and the payload that depends on it.

use lake_sql::types::Type;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::query::Found;
use super::{Answers, State, relation_impl, with_own};
use crate::export::{self, bare};
use crate::payload::{Column, Payload, Schema};
use crate::row::column_line;
use crate::rust_type::rust_tokens;

/// What `Table<_>` leads to. After an error the columns are those that are known, and whatever the body names.
pub(super) fn generate(state: &State, row: &Ident, found: Found, answers: &Answers) -> TokenStream {
    let columns = columns(state, &found);
    let payload = payload(state, columns.clone(), found.complete, answers);
    let structure = structure(state, row, &columns);
    let relation = relation_impl(&state.name, &state.schema, &state.table, row);
    quote!(#structure #relation #payload)
}

fn columns(state: &State, found: &Found) -> Vec<Column> {
    let mut columns: Vec<Column> = vec![];
    for column in found.query.iter().flat_map(|query| &query.columns) {
        let Some(name) = &column.name else { continue };
        if columns.iter().any(|known| known.name == *name) {
            continue;
        }
        columns.push(Column {
            name: name.clone(),
            ty: column.ty.clone(),
            nullable: column.nullable,
            brand: column.brand.as_deref().map(str::to_owned),
        });
    }
    if !found.complete {
        for name in state.handles.iter().map(bare) {
            if !columns.iter().any(|known| known.name == name) {
                columns.push(Column { name, ty: Type::Error, nullable: false, brand: None });
            }
        }
    }
    columns
}

fn payload(state: &State, columns: Vec<Column>, complete: bool, answers: &Answers) -> TokenStream {
    let sequence = state.sequence.as_ref().map(bare).unwrap_or_default();
    let columns = with_own(columns, &answers.own, &sequence);
    let schema = Schema { name: state.label.clone(), node: state.node.clone(), complete, columns };
    export::export(&state.vis, &state.name, &Payload::Relation(schema))
}

/// The name of a column in Rust: its own if Rust can spell it.
fn rust_name(column: &Column) -> Option<Ident> {
    let plain = syn::parse_str::<Ident>(&column.name);
    plain.or_else(|_| syn::parse_str::<Ident>(&format!("r#{}", column.name))).ok()
}

fn structure(state: &State, row: &Ident, columns: &[Column]) -> TokenStream {
    let private = quote!(::lakehouse::__private);
    let vis = &state.vis;
    let doc = format!("Row of `{}`, inferred from its SQL.", state.name);
    let fields = columns.iter().filter_map(|column| {
        let name = rust_name(column)?;
        let ty = rust_tokens(&column.ty, column.nullable);
        let doc = format!("`{}`", column.ty);
        Some(quote!(#[doc = #doc] pub #name: #ty))
    });
    let lines = columns.iter().map(|column| column_line(&column.name, &column.ty.to_string(), column.nullable, ""));
    let lines = lines.collect::<Vec<_>>().join("\n");
    let branded =
        columns.iter().enumerate().filter_map(|(position, column)| Some((position, column.brand.as_deref()?)));
    let details = branded.map(|(position, brand)| {
        quote!(#private::Detail::__new(#position, ::core::option::Option::None, #brand, &[], #private::Content::Value))
    });
    quote! {
        #[doc = #doc]
        #[allow(dead_code)]
        #vis struct #row { #(#fields),* }
        impl #private::Row for #row {
            const COLUMNS: &'static str = #lines;
            const DETAILS: &'static [#private::Detail] = &[#(#details),*];
        }
    }
}
