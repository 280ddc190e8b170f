//! How items tell each other their schemas: macros of the items' names, called one after the other.
//!
//! `orders! { [customers] [::lakehouse::__private::__check] {..} }` becomes
//! `customers! { [::lakehouse::__private::__check] {..} {"payload of orders"} }`, and so on until the last bracket, a
//! procedural macro, has them all. Names resolve where they are written, like types do.

use std::hash::{DefaultHasher, Hash, Hasher};

use proc_macro2::{Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{LitStr, Path, Visibility};

use crate::payload::Payload;

/// Names that are macros everywhere. A path of the one name would call that macro, so it gets `self::`.
const MACROS_OF_RUST: [&str; 37] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "cfg",
    "column",
    "compile_error",
    "concat",
    "dbg",
    "debug_assert",
    "env",
    "eprint",
    "eprintln",
    "file",
    "format",
    "format_args",
    "global_asm",
    "include",
    "include_bytes",
    "include_str",
    "is_x86_feature_detected",
    "line",
    "matches",
    "module_path",
    "option_env",
    "panic",
    "print",
    "println",
    "stringify",
    "thread_local",
    "todo",
    "try",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
    "pattern_type",
];

/// The macro of an item's name, which hands on the payload.
pub(crate) fn export(vis: &Visibility, name: &Ident, payload: &Payload) -> TokenStream {
    let literal = payload.literal();
    let unique = unique(name, &literal.to_string());
    let export = matches!(vis, Visibility::Public(_)).then(|| quote!(#[macro_export]));
    quote! {
        #[doc(hidden)]
        #export
        macro_rules! #unique {
            ([$($next:tt)*] $($state:tt)*) => { $($next)* ! { $($state)* {#literal} } };
        }
        #[doc(hidden)]
        #[allow(unused_imports)]
        #vis use #unique as #name;
    }
}

/// A name that no other item of the crate has: two items may have one name in two modules, or in one file's functions.
fn unique(name: &Ident, text: &str) -> Ident {
    let mut hasher = DefaultHasher::new();
    (crate::place::of(name.span()), text).hash(&mut hasher);
    Ident::new(&format!("__lake_{}_{:016x}", bare(name), hasher.finish()), Span::call_site())
}

/// A name without `r#`.
pub(crate) fn bare(name: &Ident) -> String {
    let text = name.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

/// Asks the items in order and gives their answers to a hidden procedural macro, behind `state`.
pub(crate) fn ask(items: &[Path], then: &str, state: TokenStream) -> TokenStream {
    Call::new(items, then, state).tokens(&[])
}

/// A chain of calls that asks items, and ends in a hidden procedural macro. As tokens it is `(first) ([next].. {state})`.
pub(crate) struct Call {
    first: TokenStream,
    rest: TokenStream,
}

impl Call {
    pub(crate) fn new(items: &[Path], then: &str, state: TokenStream) -> Self {
        let then = Ident::new(then, Span::call_site());
        let last = quote!(::lakehouse::__private::#then);
        let mut calls = items.iter().map(callable).chain([last]);
        let first = calls.next().expect("the last one is always there");
        Self { first, rest: quote!(#([#calls])* {#state}) }
    }

    /// The call, with answers that are there already.
    pub(crate) fn tokens(&self, answers: &[LitStr]) -> TokenStream {
        let Self { first, rest } = self;
        quote!(#first ! { #rest #({#answers})* })
    }
}

impl ToTokens for Call {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { first, rest } = self;
        tokens.extend(quote!((#first) (#rest)));
    }
}

impl Parse for Call {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let (first, rest): (Group, Group) = (input.parse()?, input.parse()?);
        Ok(Self { first: first.stream(), rest: rest.stream() })
    }
}

fn callable(path: &Path) -> TokenStream {
    match path.get_ident() {
        Some(name) if MACROS_OF_RUST.contains(&name.to_string().as_str()) => quote!(self::#name),
        _ => path.to_token_stream(),
    }
}
