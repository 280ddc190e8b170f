//! What a model expands to. Nothing here can fail.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{GenericArgument, LitStr, Path, PathArguments, Type};

use super::{Model, Returned, Role, RowOf, Target, placeholders};
use crate::export::{self, Call};
use crate::function::Function;
use crate::keys::{description, kept};
use crate::literal::text;
use crate::payload::{Payload, Schema};

pub(super) fn model(model: &Model) -> TokenStream {
    let marker = marker(model);
    let rest = match &model.returned {
        Some(returned) if model.sound => {
            let function = function(model, returned);
            match &returned.row {
                RowOf::Declared(row) => {
                    let relation = relation(model, row);
                    let then = check(model, returned, TokenStream::new());
                    let schema = schema(model, returned, row, &then);
                    quote!(#relation #function #schema)
                }
                // A misspelt helper breaks the chain of calls. The function needs the row that its end generates.
                RowOf::Inferred(_) if !helpers(&model.body.literals).is_empty() => {
                    check(model, returned, function).tokens(&[])
                }
                RowOf::Inferred(_) => {
                    let check = check(model, returned, TokenStream::new()).tokens(&[]);
                    quote!(#function #check)
                }
            }
        }
        Some(Returned { row: RowOf::Declared(row), .. }) => {
            let (relation, schema) = (relation(model, row), unknown_schema(model));
            quote!(#relation #schema)
        }
        _ => {
            let (relation, schema) = (relation(model, &quote!(())), unknown_schema(model));
            quote!(#relation #schema)
        }
    };
    quote!(#marker #rest)
}

/// The type that stands for the model in `Ref<..>`.
fn marker(model: &Model) -> TokenStream {
    let (vis, name) = (&model.item.vis, &model.item.name);
    let attributes = kept(&model.item.attributes);
    quote! {
        #(#attributes)*
        #[allow(non_camel_case_types)]
        #vis struct #name {}
    }
}

fn relation(model: &Model, row: &impl ToTokens) -> TokenStream {
    crate::check::relation_impl(&model.item.name, &model.id.schema, &model.id.name, row)
}

/// The user's function, its SQL in the final form and its result tagged with the model.
fn function(model: &Model, returned: &Returned) -> TokenStream {
    let (vis, name, inputs) = (&model.item.vis, &model.item.name, &model.item.inputs);
    let attributes = kept(&model.item.attributes);
    let row = match &returned.row {
        RowOf::Declared(path) => path.to_token_stream(),
        // The struct is named by what the checker emits alone: if it cannot run, its absence is no second error.
        RowOf::Inferred(_) => quote!(<#name as ::lakehouse::__private::Relation>::Row),
    };
    let names: Vec<&Ident> = model.parameters.iter().map(|parameter| &parameter.name).collect();
    let target = Target { constructor: quote!(::lakehouse::__private::Sql::<#row>), parameters: &names };
    let body = model.body.expand(&target);
    let kind = with_row(&returned.ty, &row);
    let end = end_of(&model.item);
    let value = Ident::new("__model", end);
    let finish = quote_spanned!(end=> #value.__finish());
    quote! {
        #(#attributes)*
        #[allow(unexpected_cfgs, unused_braces)]
        #vis fn #name(#inputs) -> ::lakehouse::__private::Built<#name> {
            let #value = { #body };
            let __kind: #kind = #finish;
            ::lakehouse::__private::Built::__new(__kind)
        }
    }
}

/// The place at which an unfinished chain is reported: its last name.
fn end_of(item: &Function) -> Span {
    let idents = item.statements().into_iter().filter_map(|tree| match tree {
        proc_macro2::TokenTree::Ident(ident) => Some(ident.span()),
        _ => None,
    });
    idents.last().unwrap_or_else(|| item.name.span())
}

/// The declared type with the row in the place of `_`.
fn with_row(ty: &Type, row: &TokenStream) -> TokenStream {
    let mut ty = ty.clone();
    let mut inner = &mut ty;
    while let Type::Group(syn::TypeGroup { elem, .. }) | Type::Paren(syn::TypeParen { elem, .. }) = inner {
        inner = &mut **elem;
    }
    if let Type::Path(path) = inner
        && let Some(last) = path.path.segments.last_mut()
        && let PathArguments::AngleBracketed(arguments) = &mut last.arguments
        && let Some(first @ GenericArgument::Type(Type::Infer(_))) = arguments.args.first_mut()
    {
        *first = GenericArgument::Type(Type::Verbatim(row.clone()));
    }
    ty.into_token_stream()
}

/// The helpers that any of the literals calls, each once.
pub(crate) fn helpers(literals: &[LitStr]) -> Vec<Ident> {
    let mut helpers: Vec<Ident> = vec![];
    for literal in literals {
        for found in placeholders(&text(literal)) {
            if !found.called || found.name.is_empty() || helpers.iter().any(|helper| *helper == found.name) {
                continue;
            }
            // Any other word is no helper, and the checker says so.
            if let Ok(ident) = syn::parse_str::<Ident>(&found.name) {
                let span = Span::call_site().located_at(literal.span());
                helpers.push(Ident::new(&ident.to_string(), span));
            }
        }
    }
    helpers
}

/// The model's payload, and then the check. With a declared row the payload does not depend on upstreams, so that order
/// and circles do not matter; the check gets the row from here, so that it is asked once.
fn schema(model: &Model, returned: &Returned, row: &Path, then: &Call) -> TokenStream {
    let answers: Vec<Path> = [row.clone()].into_iter().chain(returned.names.clone()).collect();
    let (vis, name) = (&model.item.vis, &model.item.name);
    let (label, node) = (model.id.to_string(), model.id.node());
    let sequence = model.body.sequence.as_ref().map(export::bare).unwrap_or_default();
    export::ask(&answers, "__model", quote!(#vis #name #label #node #sequence #then))
}

fn unknown_schema(model: &Model) -> TokenStream {
    let schema = Schema { name: model.id.to_string(), node: model.id.node(), complete: false, columns: vec![] };
    let export = export::export(&model.item.vis, &model.item.name, &Payload::Relation(schema));
    let name = &model.item.name;
    quote!(#export impl ::lakehouse::__private::Acyclic for #name { const PROOF: () = (); })
}

/// The call of the checker, which gets what all others handed on.
fn check(model: &Model, returned: &Returned, function: TokenStream) -> Call {
    let upstreams: Vec<&Path> = model
        .parameters
        .iter()
        .filter_map(|parameter| match &parameter.role {
            Role::Ref(path) => Some(path),
            _ => None,
        })
        .collect();
    let helpers = helpers(&model.body.literals);
    let (row, first) = match &returned.row {
        RowOf::Declared(_) => (quote!(declared), None),
        RowOf::Inferred(name) => (quote!(inferred #name), returned.names.clone()),
    };
    let upstream_paths = upstreams.iter().map(|path| (*path).clone());
    let answers: Vec<Path> =
        first.into_iter().chain(upstream_paths).chain(helpers.iter().cloned().map(Path::from)).collect();
    let parameters = model.parameters.iter().map(|parameter| {
        let (name, role) = (&parameter.name, Ident::new(parameter.role.word(), Span::call_site()));
        quote!(#name #role)
    });
    let (vis, name) = (&model.item.vis, &model.item.name);
    let (schema, table) = (&model.id.schema, &model.id.name);
    let sequence = model.body.sequence.iter();
    let names = returned.names.iter();
    let tags = model.keys.list("tags").unwrap_or_default();
    let owner = model.keys.text("owner").into_iter();
    let description = description(&model.item.attributes);
    let conditions = model.body.delete_when.iter();
    let literals = &model.body.literals;
    let handles = &model.body.handles;
    let state = quote! {
        #vis #name #schema #table
        (#(#parameters),*) (#(#upstreams),*) (#(#helpers),*) (#(#literals),*)
        (#row) (#(#sequence)*) (#(#conditions)*) (#(#handles),*)
        (#(#names)*) (#(#tags),*) (#(#owner)*) #description (#function)
    };
    Call::new(&answers, "__check", state)
}
