//! What a model expands to. Nothing here can fail.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericArgument, LitStr, Path, PathArguments, Type};

use super::{Model, Role, RowOf, Target, placeholders};
use crate::export;
use crate::keys::{description, kept};
use crate::payload::{Payload, Schema};
use crate::place;

pub(super) fn model(model: &Model) -> TokenStream {
    let marker = marker(model);
    match &model.returned {
        Some(_) => {
            let (function, registration) = (function(model), registration(model));
            let (schema, check) = (schema(model), check(model));
            quote!(#marker #function #registration #schema #check)
        }
        None => {
            let unknown = unknown_schema(model);
            quote!(#marker #unknown)
        }
    }
}

/// The type that stands for the model in `Ref<..>`.
fn marker(model: &Model) -> TokenStream {
    let (vis, name) = (&model.item.vis, &model.item.sig.ident);
    let attributes = kept(&model.item.attrs);
    let (schema, table) = (&model.id.schema, &model.id.name);
    let row = match model.returned.as_ref().map(|returned| &returned.row) {
        Some(RowOf::Declared(path)) => path.to_token_stream(),
        Some(RowOf::Inferred(name)) => name.to_token_stream(),
        None => quote!(()),
    };
    quote! {
        #(#attributes)*
        #[allow(non_camel_case_types)]
        #vis struct #name {}
        impl ::lakehouse::__private::Relation for #name {
            type Row = #row;
            const SCHEMA: &'static str = #schema;
            const NAME: &'static str = #table;
        }
    }
}

/// The user's function, its SQL in the final form and its result tagged with the model.
fn function(model: &Model) -> TokenStream {
    let Some(returned) = &model.returned else { return TokenStream::new() };
    let (vis, name, inputs) = (&model.item.vis, &model.item.sig.ident, &model.item.sig.inputs);
    let attributes = kept(&model.item.attrs);
    let row = match &returned.row {
        RowOf::Declared(path) => path.to_token_stream(),
        RowOf::Inferred(name) => name.to_token_stream(),
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
        #[allow(unused_braces)]
        #vis fn #name(#inputs) -> ::lakehouse::__private::Built<#name> {
            let #value = { #body };
            let __kind: #kind = #finish;
            ::lakehouse::__private::Built::__new(__kind)
        }
    }
}

/// The place at which an unfinished chain is reported: its last name.
fn end_of(item: &syn::ItemFn) -> Span {
    let tokens = item.block.stmts.iter().map(ToTokens::to_token_stream).collect::<TokenStream>();
    let idents = tokens.into_iter().filter_map(|tree| match tree {
        proc_macro2::TokenTree::Ident(ident) => Some(ident.span()),
        _ => None,
    });
    idents.last().unwrap_or_else(|| item.block.span())
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

/// What the program finds at run time.
fn registration(model: &Model) -> TokenStream {
    let Some(returned) = &model.returned else { return TokenStream::new() };
    let private = quote!(::lakehouse::__private);
    let name = &model.item.sig.ident;
    let arguments = model.parameters.iter().map(|parameter| match &parameter.role {
        Role::Ref(_) => quote!(#private::Ref::__new()),
        Role::This => quote!(#private::This::__new()),
        Role::Now => quote!(#private::Now::__new()),
        Role::FirstRun => quote!(#private::FirstRun::__new()),
    });
    let tags = model.keys.list("tags").unwrap_or_default();
    let owner = match model.keys.text("owner") {
        Some(owner) => quote!(::core::option::Option::Some(#owner)),
        None => quote!(::core::option::Option::None),
    };
    let description = description(&model.item.attrs);
    let (_, line, _) = place::of(name.span());
    let bindings = bindings(model);
    let build = match &returned.names {
        Some(names) => quote!(history::<#name, #names>),
        None => quote!(model::<#name>),
    };
    quote! {
        #private::inventory::submit! {
            #private::Registration::Model(|| {
                #private::declare::#build(
                    #name(#(#arguments),*),
                    &#private::ModelKeys { tags: &[#(#tags),*], owner: #owner },
                    &#private::Declared {
                        description: #description,
                        place: (::core::file!(), #line),
                        module: ::core::module_path!(),
                    },
                    &[#(#bindings),*],
                )
            })
        }
    }
}

fn bindings(model: &Model) -> Vec<TokenStream> {
    let private = quote!(::lakehouse::__private);
    let parameters = model.parameters.iter().map(|parameter| {
        let name = export::bare(&parameter.name);
        match &parameter.role {
            Role::Ref(upstream) => quote!((#name, #private::declare::reference::<#upstream>)),
            Role::This => quote!((#name, #private::declare::this)),
            Role::Now => quote!((#name, #private::declare::now)),
            Role::FirstRun => quote!((#name, #private::declare::first_run)),
        }
    });
    let helpers = helpers(&model.body.literals);
    let helpers = helpers.iter().map(|helper| {
        let name = export::bare(helper);
        quote!((#name, #private::declare::helper::<#helper>))
    });
    parameters.chain(helpers).collect()
}

/// The helpers that any of the literals calls, each once.
pub(crate) fn helpers(literals: &[LitStr]) -> Vec<Ident> {
    let mut helpers: Vec<Ident> = vec![];
    for literal in literals {
        for found in placeholders(&literal.value()) {
            if !found.called || found.name.is_empty() || helpers.iter().any(|helper| *helper == found.name) {
                continue;
            }
            // Any other word is no helper, and the checker says so.
            if let Ok(ident) = syn::parse_str::<Ident>(&found.name) {
                helpers.push(Ident::new(&ident.to_string(), literal.span()));
            }
        }
    }
    helpers
}

/// The model's payload. With a declared row it does not depend on upstreams, so that order and circles do not matter.
fn schema(model: &Model) -> TokenStream {
    let Some(returned) = &model.returned else { return TokenStream::new() };
    match &returned.row {
        RowOf::Declared(row) => {
            let answers: Vec<Path> = [row.clone()].into_iter().chain(returned.names.clone()).collect();
            let (vis, name) = (&model.item.vis, &model.item.sig.ident);
            let (label, node) = (model.id.to_string(), model.id.node());
            let sequence = model.body.sequence.as_ref().map(export::bare).unwrap_or_default();
            export::ask(&answers, "__model", quote!(#vis #name #label #node #sequence))
        }
        RowOf::Inferred(_) => TokenStream::new(),
    }
}

fn unknown_schema(model: &Model) -> TokenStream {
    let schema = Schema { name: model.id.to_string(), node: model.id.node(), complete: false, columns: vec![] };
    let export = export::export(&model.item.vis, &model.item.sig.ident, &Payload::Relation(schema));
    let name = &model.item.sig.ident;
    quote!(#export impl ::lakehouse::__private::Depth for #name { const DEPTH: usize = 0; })
}

/// The call of the checker, which gets what all others handed on.
fn check(model: &Model) -> TokenStream {
    let Some(returned) = &model.returned else { return TokenStream::new() };
    let upstreams: Vec<&Path> = model
        .parameters
        .iter()
        .filter_map(|parameter| match &parameter.role {
            Role::Ref(path) => Some(path),
            _ => None,
        })
        .collect();
    let helpers = helpers(&model.body.literals);
    let mut answers: Vec<Path> = upstreams.iter().map(|path| (*path).clone()).collect();
    answers.extend(helpers.iter().cloned().map(Path::from));
    let row = match &returned.row {
        RowOf::Declared(path) => {
            answers.push(path.clone());
            let name = path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
            quote!(declared #name)
        }
        RowOf::Inferred(name) => quote!(inferred #name),
    };
    answers.extend(returned.names.clone());
    let history = returned.names.is_some();
    let parameters = model.parameters.iter().map(|parameter| {
        let (name, role) = (&parameter.name, Ident::new(parameter.role.word(), Span::call_site()));
        quote!(#name #role)
    });
    let (vis, name) = (&model.item.vis, &model.item.sig.ident);
    let (label, node) = (model.id.to_string(), model.id.node());
    let sequence = model.body.sequence.iter();
    let conditions = model.body.delete_when.iter();
    let literals = &model.body.literals;
    let handles = &model.body.handles;
    let state = quote! {
        #vis #name #label #node
        (#(#parameters),*) (#(#upstreams),*) (#(#helpers),*) (#(#literals),*)
        (#row) #history (#(#sequence)*) (#(#conditions)*) (#(#handles),*)
    };
    export::ask(&answers, "__check", state)
}
