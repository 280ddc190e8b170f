//! What the program finds of a model at run time.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::LitStr;

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

/// The model's entry in the registry, which also makes the compiler follow the proof that no circle leads to it.
pub(super) fn registration(state: &State) -> TokenStream {
    let private = quote!(::lakehouse::__private);
    let name = &state.name;
    let arguments = state.parameters.iter().map(|(parameter, _)| {
        let parameter = bare(parameter);
        quote!(declaring.parameter(#parameter))
    });
    let helpers = state.helpers.iter().map(|helper| {
        let text = bare(helper);
        quote!(declaring.helper::<#helper>(#text);)
    });
    let (tags, description) = (&state.tags, &state.description);
    let owner = state.owner.as_ref().map(LitStr::value).unwrap_or_default();
    let (file, module) = (place::file(name.span()), place::module());
    let (_, line, _) = place::of(name.span());
    let kind = match &state.names {
        Some(names) => quote!(history::<#name, #names>),
        None => quote!(model),
    };
    quote! {
        #private::inventory::submit! {
            {
                <#name as #private::Acyclic>::PROOF;
                #private::Registration::Model(|declaring| {
                    let built = #name(#(#arguments),*);
                    #(#helpers)*
                    declaring.#kind(
                        built,
                        &#private::ModelKeys { tags: &[#(#tags),*], owner: #owner },
                        &#private::Declared { description: #description, place: (#file, #line), module: #module },
                    )
                })
            }
        }
    }
}
