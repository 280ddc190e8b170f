//! The attributes and macros that check SQL models while the compiler runs.
//!
//! Thin over lake-sql: parse the item, check, expand. Generated code calls ordinary functions in
//! `lakehouse::__private`. How schemas travel between items is in `export`.

mod check;
mod export;
mod for_each;
mod function;
mod handle;
mod history_columns;
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
mod sql_fn;

use proc_macro::TokenStream;
use syn::parse::{Parse, ParseStream};
use syn::{DeriveInput, Error, LitStr, parse_macro_input};

/// Makes a struct a row: its fields are columns. `Struct::field` names one where a model's builder takes columns, such as
/// `.key(Struct::field)`; elsewhere it is `col!(Struct::field)`.
///
/// `Option` means that the column may be null. `#[col(..)]` takes `sql = "decimal(12,2)"`, `unique`,
/// `accepted("a", "b")`, `condition = "{column} > 0"`, and for sources of files `file` and `arrival`.
#[proc_macro_derive(Row, attributes(col))]
pub fn row(item: TokenStream) -> TokenStream {
    row::derive(&parse_macro_input!(item as DeriveInput)).into()
}

/// Makes a newtype such as `struct CustomerId(i64)` the type of a column.
#[proc_macro_derive(SqlType)]
pub fn sql_type(item: TokenStream) -> TokenStream {
    newtype::derive(&parse_macro_input!(item as DeriveInput)).into()
}

/// Names the columns that a history adds: `#[history(from)]`, `#[history(to)]` or `#[history(to, open = "2999-01-01")]`,
/// and `#[history(current)]` on the fields of a struct, which is the second parameter of `History`.
#[proc_macro_derive(HistoryColumns, attributes(history))]
pub fn history_columns(item: TokenStream) -> TokenStream {
    history_columns::derive(&parse_macro_input!(item as DeriveInput)).into()
}

/// Declares a helper for SQL: a function from expressions to an expression, called in braces: `{with_tax(o.net)}`.
#[proc_macro_attribute]
pub fn sql_fn(arguments: TokenStream, item: TokenStream) -> TokenStream {
    sql_fn::expand(arguments.into(), item.into()).into()
}

/// Repeats items for each line of a text file below the crate's root: `for_each!("groups.txt", { .. })`.
///
/// A line is `name` or `name: value`; `#` starts a comment. In the items, `__name__` and `__value__` stand for them, in
/// names and in literals.
#[proc_macro]
pub fn for_each(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as for_each::Input);
    for_each::expand(&input).unwrap_or_else(Error::into_compile_error).into()
}

/// Declares data that others write: `#[source(schema = "raw")] pub fn orders() -> Source<Order>;`
///
/// Keys: `schema`, `name`; for files `files = "orders/*.json"` and `format`, one of `json`, `jsonl`, `csv`, `parquet`.
/// A row that does not fit the columns refuses the load, unless `bad_rows = "keep"`: then such rows go to the table
/// `MODEL_bad_rows` of each model that reads the source, with file, line, text and reason, and the others are loaded.
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

/// Handles to columns, for functions that are no models: `col!(Order::order_id)`, `col!((Order::region, Order::day))`.
#[proc_macro]
pub fn col(columns: TokenStream) -> TokenStream {
    handle::columns(columns.into()).into()
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
    then: export::Call,
}

impl Parse for ModelState {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        Ok(Self { named: input.parse()?, sequence: input.parse::<LitStr>()?.value(), then: input.parse()? })
    }
}

#[doc(hidden)]
#[proc_macro]
pub fn __model(tokens: TokenStream) -> TokenStream {
    chained(tokens, |state: ModelState, answers| {
        let (literals, payloads): (Vec<_>, _) =
            answers.into_iter().map(|answer| (answer.literal, answer.payload)).unzip();
        let model = check::model(&state.named, &state.sequence, payloads);
        let then = state.then.tokens(&literals);
        Ok(quote::quote!(#model #then))
    })
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
    chained(tokens, |state, answers| then(state, answers.into_iter().map(|answer| answer.payload).collect()))
}

fn chained<S: Parse>(
    tokens: TokenStream,
    then: impl FnOnce(S, Vec<check::Answer>) -> syn::Result<proc_macro2::TokenStream>,
) -> TokenStream {
    let expanded = check::chained(tokens.into()).and_then(|(state, answers)| then(state, answers));
    expanded.unwrap_or_else(Error::into_compile_error).into()
}

#[doc(hidden)]
#[proc_macro]
pub fn __sql_fn(tokens: TokenStream) -> TokenStream {
    answered(tokens, |state: sql_fn::State, answers| sql_fn::check(&state, answers))
}
