//! What the program finds of a model at run time.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};

use super::State;
use crate::export::bare;
use crate::place;

/// The model's name, and the type of its rows.
pub(crate) fn relation_impl(marker: &Ident, schema: &str, table: &str, row: &impl ToTokens) -> TokenStream {
    quote! {
        #[diagnostic::do_not_recommend]
        impl ::lakehouse::__private::Relation for #marker {
            type Row = #row;
            const SCHEMA: &'static str = #schema;
            const NAME: &'static str = #table;
        }
    }
}

/// The model's entry in the registry.
pub(super) fn registration(state: &State) -> TokenStream {
    let private = quote!(::lakehouse::__private);
    let name = &state.name;
    let arguments = state.parameters.iter().map(|(_, role)| match role.to_string().as_str() {
        "reference" => quote!(#private::Ref::__new()),
        "this" => quote!(#private::This::__new()),
        "now" => quote!(#private::Now::__new()),
        _ => quote!(#private::FirstRun::__new()),
    });
    let tags = &state.tags;
    let owner = match &state.owner {
        Some(owner) => quote!(::core::option::Option::Some(#owner)),
        None => quote!(::core::option::Option::None),
    };
    let description = &state.description;
    let (_, line, _) = place::of(name.span());
    let bindings = bindings(state);
    let build = match &state.names {
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

fn bindings(state: &State) -> Vec<TokenStream> {
    let private = quote!(::lakehouse::__private);
    let mut upstreams = state.upstreams.iter();
    let parameters = state.parameters.iter().map(|(name, role)| {
        let name = bare(name);
        match role.to_string().as_str() {
            "reference" => {
                let upstream = upstreams.next();
                quote!((#name, #private::declare::reference::<#upstream>))
            }
            _ => quote!((#name, #private::declare::#role)),
        }
    });
    let helpers = state.helpers.iter().map(|helper| {
        let name = bare(helper);
        quote!((#name, #private::declare::helper::<#helper>))
    });
    let mut bindings: Vec<TokenStream> = parameters.collect();
    bindings.extend(helpers);
    bindings
}
