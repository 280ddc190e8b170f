//! The attributes and macros that check SQL models while the compiler runs.
//!
//! Thin over lake-sql: parse the item, check, expand. Generated code calls ordinary functions in
//! `lakehouse::__private`. How schemas travel between items is in `export`.

mod check;
mod export;
mod keys;
mod literal;
mod model;
mod nearest;
mod newtype;
mod payload;
mod place;
mod row;
mod rust_type;
mod source;

use proc_macro::TokenStream;
use syn::parse::{Parse, ParseStream};
use syn::{DeriveInput, Error, LitStr, parse_macro_input};

/// Makes a struct a row: its fields are columns, and `Struct::field` is a handle to each.
///
/// `Option` means that the column may be null. `#[col(..)]` takes `sql = "decimal(12,2)"`, `unique`,
/// `accepted("a", "b")`, `condition = "{column} > 0"`, `handle = "name_of_the_const"`, and for sources of files `file`
/// and `arrival`.
#[proc_macro_derive(Row, attributes(col))]
pub fn row(item: TokenStream) -> TokenStream {
    row::derive(&parse_macro_input!(item as DeriveInput)).into()
}

/// Makes a newtype such as `struct CustomerId(i64)` the type of a column.
#[proc_macro_derive(SqlType)]
pub fn sql_type(item: TokenStream) -> TokenStream {
    newtype::derive(&parse_macro_input!(item as DeriveInput)).into()
}

/// Declares data that others write: `#[source(schema = "raw")] pub fn orders() -> Source<Order>;`
///
/// Keys: `schema`, `name`; for files `files = "orders/*.json"` and `format`, one of `json`, `jsonl`, `csv`, `parquet`.
#[proc_macro_attribute]
pub fn source(arguments: TokenStream, item: TokenStream) -> TokenStream {
    source::expand(arguments.into(), item.into()).into()
}

/// Declares a model: a function from its upstreams to a query and how its result is kept.
///
/// Keys: `schema`, `name`, `tags = ["daily"]`, `owner`. The return type is the kind: `View<R>`, `Table<R>`,
/// `Incremental<R>`, `History<R>`; `_` infers the row.
#[proc_macro_attribute]
pub fn model(arguments: TokenStream, item: TokenStream) -> TokenStream {
    model::expand(arguments.into(), item.into()).into()
}

/// The SQL of a model. Upstreams and run parameters stand in braces: `sql!("select * from {orders}")`.
#[proc_macro]
pub fn sql(_: TokenStream) -> TokenStream {
    let message = "`sql!` stands in the body of a `#[model]` or `#[sql_fn]`, which check it";
    Error::new(proc_macro2::Span::call_site(), message).to_compile_error().into()
}

#[doc(hidden)]
#[proc_macro]
pub fn __row(tokens: TokenStream) -> TokenStream {
    answered(tokens, |state: DeriveInput, answers| Ok(row::resolved(&state, answers)))
}

#[doc(hidden)]
#[proc_macro]
pub fn __source(tokens: TokenStream) -> TokenStream {
    answered(tokens, |state: source::Named, answers| {
        let row = match answers.into_iter().next() {
            Some(payload::Payload::Relation(row)) => row,
            _ => {
                return Err(Error::new(
                    state.name.span(),
                    "a source returns `Source<Row>` of a `#[derive(Row)]` struct",
                ));
            }
        };
        Ok(source::named(&state, row.columns, row.complete))
    })
}

/// What `#[model]` says of a model with a declared row.
struct ModelState {
    named: source::Named,
    sequence: String,
}

impl Parse for ModelState {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        Ok(Self { named: input.parse()?, sequence: input.parse::<LitStr>()?.value() })
    }
}

#[doc(hidden)]
#[proc_macro]
pub fn __model(tokens: TokenStream) -> TokenStream {
    answered(tokens, |state: ModelState, answers| Ok(check::model(&state.named, &state.sequence, answers)))
}

#[doc(hidden)]
#[proc_macro]
pub fn __check(tokens: TokenStream) -> TokenStream {
    answered(tokens, |state: check::State, answers| {
        let answers = check::Answers::new(&state, answers)?;
        Ok(check::check(&state, answers))
    })
}

fn answered<S: Parse>(
    tokens: TokenStream,
    then: impl FnOnce(S, Vec<payload::Payload>) -> syn::Result<proc_macro2::TokenStream>,
) -> TokenStream {
    let expanded = check::chained(tokens.into()).and_then(|(state, answers)| then(state, answers));
    expanded.unwrap_or_else(Error::into_compile_error).into()
}
