//! What `#[model]` tells the checker, and the answers of the items that it asked.

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, LitStr, Path, Token, Visibility, braced, parenthesized};

use crate::literal::SqlLiteral;
use crate::payload::{HelperShape, OwnColumn, Payload, Schema};
use crate::place::Id;

/// A model as the checker sees it.
pub(crate) struct State {
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    /// `marts.totals`
    pub(crate) label: String,
    pub(crate) schema: String,
    pub(crate) table: String,
    /// Unique in one compilation.
    pub(crate) node: String,
    pub(crate) parameters: Vec<(Ident, Ident)>,
    pub(crate) upstreams: Vec<Path>,
    pub(crate) helpers: Vec<Ident>,
    pub(crate) literals: Vec<SqlLiteral>,
    pub(crate) row: RowOf,
    pub(crate) sequence: Option<Ident>,
    pub(crate) delete_when: Option<LitStr>,
    /// Columns of an inferred row that the body names.
    pub(crate) handles: Vec<Ident>,
    /// The type that names a history's own columns.
    pub(crate) names: Option<Path>,
    pub(crate) tags: Vec<LitStr>,
    pub(crate) owner: Option<LitStr>,
    pub(crate) description: String,
    /// The model's function, if it needs what the checker generates.
    pub(crate) function: TokenStream,
}

/// The row of a model.
pub(crate) enum RowOf {
    /// A struct of the user.
    Declared,
    /// The struct to generate.
    Inferred(Ident),
}

/// What the items handed on.
pub(crate) struct Answers {
    pub(crate) upstreams: Vec<Schema>,
    pub(crate) helpers: Vec<HelperShape>,
    /// None for an inferred row.
    pub(crate) row: Option<Schema>,
    /// Empty unless the model is a history.
    pub(crate) own: Vec<OwnColumn>,
}

impl Parse for State {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let vis = input.parse()?;
        let name = input.parse()?;
        let schema = input.parse::<LitStr>()?.value();
        let table = input.parse::<LitStr>()?.value();
        let id = Id { schema: schema.clone(), name: table.clone() };
        let parameters = list(input, |input| Ok((input.parse()?, input.parse()?)))?;
        let upstreams = list(input, Path::parse_mod_style)?;
        let helpers = list(input, Ident::parse)?;
        let literals = list(input, |input| Ok(SqlLiteral::new(input.parse()?)))?;
        let row;
        parenthesized!(row in input);
        let row = match row.parse::<Ident>()? {
            word if word == "declared" => RowOf::Declared,
            _ => RowOf::Inferred(row.parse()?),
        };
        let sequence = list(input, Ident::parse)?.into_iter().next();
        let delete_when = list(input, |input| input.parse::<LitStr>())?.into_iter().next();
        let handles = list(input, Ident::parse_any)?;
        let names = list(input, Path::parse_mod_style)?.into_iter().next();
        let tags = list(input, |input| input.parse::<LitStr>())?;
        let owner = list(input, |input| input.parse::<LitStr>())?.into_iter().next();
        let description = input.parse::<LitStr>()?.value();
        let function;
        parenthesized!(function in input);
        let function = function.parse()?;
        Ok(Self {
            vis,
            name,
            label: id.to_string(),
            node: id.node(),
            schema,
            table,
            parameters,
            upstreams,
            helpers,
            literals,
            row,
            sequence,
            delete_when,
            handles,
            names,
            tags,
            owner,
            description,
            function,
        })
    }
}

fn list<T>(input: ParseStream, item: fn(ParseStream) -> syn::Result<T>) -> syn::Result<Vec<T>> {
    let inside;
    parenthesized!(inside in input);
    Ok(Punctuated::<T, Token![,]>::parse_terminated_with(&inside, item)?.into_iter().collect())
}

/// What an item handed on, and the literal that says it.
pub(crate) struct Answer {
    pub(crate) payload: Payload,
    pub(crate) literal: LitStr,
}

/// `{state} {"payload"} {"payload"}`
pub(crate) fn chained<S: Parse>(tokens: TokenStream) -> syn::Result<(S, Vec<Answer>)> {
    let parse = |input: ParseStream| {
        let state;
        braced!(state in input);
        let state = state.parse()?;
        let mut answers = vec![];
        while !input.is_empty() {
            let answer;
            braced!(answer in input);
            let literal: LitStr = answer.parse()?;
            let payload = Payload::of(&literal).ok_or_else(|| other_version(&literal))?;
            answers.push(Answer { payload, literal });
        }
        Ok((state, answers))
    };
    syn::parse::Parser::parse2(parse, tokens)
}

fn other_version(text: &LitStr) -> Error {
    Error::new(text.span(), "this item was expanded by another version of lakehouse")
}

impl Answers {
    /// Sorts the answers to the questions: the row and a history's own columns come first.
    pub(crate) fn new(state: &State, answers: Vec<Payload>) -> syn::Result<Self> {
        let mut sorted = Self { upstreams: vec![], helpers: vec![], row: None, own: vec![] };
        let mut answers = answers.into_iter();
        let first = usize::from(matches!(state.row, RowOf::Declared)) + usize::from(state.names.is_some());
        for answer in answers.by_ref().take(first) {
            match answer {
                Payload::Relation(row) => sorted.row = Some(row),
                Payload::History(own) => sorted.own = own,
                Payload::Newtype(_) | Payload::Helper(_) => {
                    return Err(Error::new(state.name.span(), "the row is a struct with `#[derive(Row)]`"));
                }
            }
        }
        for (path, answer) in state.upstreams.iter().zip(answers.by_ref()) {
            match answer {
                Payload::Relation(schema) if !schema.node.is_empty() => sorted.upstreams.push(schema),
                Payload::Relation(row) => {
                    let message = format!("`{}` is a row, not a source or model", row.name);
                    return Err(Error::new_spanned(path, message));
                }
                _ => return Err(Error::new_spanned(path, "this is neither a source nor a model")),
            }
        }
        for (name, answer) in state.helpers.iter().zip(answers) {
            match answer {
                Payload::Helper(helper) => sorted.helpers.push(helper),
                _ => return Err(Error::new(name.span(), format!("`{name}` is not a `#[sql_fn]`"))),
            }
        }
        Ok(sorted)
    }
}
