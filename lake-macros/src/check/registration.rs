//! What the program finds of a model at run time.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::LitStr;

use super::State;
use crate::export::bare;
use crate::payload::escape;
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

/// What attributes know of a declaration, as `lake-core` reads it: one literal, because it costs the compiler least.
/// The first line is the file, the line in it and the keys, with tabs between them; the description follows.
pub(crate) fn declared(place: Span, keys: impl IntoIterator<Item = String>, description: &str) -> String {
    let (file, line, _) = place::of(place);
    // The file is read as it stands.
    let words: Vec<String> =
        [file, line.to_string()].into_iter().chain(keys.into_iter().map(|key| escape(&key))).collect();
    format!("{}\n{description}", words.join("\t"))
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
    let owner = state.owner.as_ref().map(LitStr::value).unwrap_or_default();
    let keys = [owner].into_iter().chain(state.tags.iter().map(LitStr::value));
    let (declared, krate) = (declared(name.span(), keys, &state.description), place::krate());
    let kind = match &state.names {
        Some(names) => quote!(history::<#name, #names>),
        None => quote!(model),
    };
    quote! {
        #private::inventory::submit! {
            {
                <#name as #private::Acyclic>::PROOF;
                #private::Registration::Model(#declared, #krate, |declaring| {
                    let built = #name(#(#arguments),*);
                    #(#helpers)*
                    declaring.#kind(built)
                })
            }
        }
    }
}
