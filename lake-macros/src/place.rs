//! Places in source files and logical names.

use proc_macro2::{Span, TokenStream};
use quote::quote;

/// A logical name.
pub(crate) struct Id {
    pub(crate) schema: String,
    pub(crate) name: String,
}

impl Id {
    /// A name that is unique in one compilation, also across crates.
    pub(crate) fn node(&self) -> String {
        // Only tells apart; nothing that is generated depends on it.
        let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
        format!("{package}:{self}")
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

/// File, line and column (from 1) of a span's start. Some editors give an empty file and the first line of it.
pub(crate) fn of(span: Span) -> (String, u32, u32) {
    if !proc_macro::is_available() {
        return (String::new(), 1, 1);
    }
    let span = span.unwrap();
    (span.file(), span.line() as u32, span.column() as u32)
}

/// The zero-width place at which a span starts.
pub(crate) fn start(span: Span) -> Span {
    if proc_macro::is_available() { span.unwrap().start().into() } else { span }
}

/// The file of a span as a literal, or what stands for it where the span does not know it.
pub(crate) fn file(span: Span) -> TokenStream {
    match of(span).0 {
        file if file.is_empty() => quote!(::core::file!()),
        file => quote!(#file),
    }
}

/// The crate that is compiled, or a module of it if the environment does not tell.
pub(crate) fn krate() -> TokenStream {
    match std::env::var("CARGO_CRATE_NAME") {
        Ok(name) => quote!(#name),
        Err(_) => quote!(::core::module_path!()),
    }
}
