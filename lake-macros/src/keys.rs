//! The keys of our attributes: `#[model(schema = "marts", tags = ["daily"])]`. One parser for all of them, which
//! reports every wrong key at once, at its place, with the nearest name.

use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Error, LitStr, Token, bracketed, parenthesized, token};

use crate::nearest::nearest;

/// What a key takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    /// `schema = "marts"`
    Text,
    /// `tags = ["daily", "finance"]`
    List,
    /// `unique`
    Nothing,
    /// `accepted("a", "b")`
    Arguments,
}

/// A key that an attribute knows.
pub(crate) type Known = (&'static str, Takes);

/// The keys that were written.
#[derive(Default)]
pub(crate) struct Keys(Vec<(Ident, Vec<LitStr>)>);

/// Errors that gather.
#[derive(Default)]
pub(crate) struct Errors(Option<Error>);

impl Errors {
    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// Adds an error at a place.
    pub(crate) fn at(&mut self, span: Span, message: impl std::fmt::Display) {
        self.push(Error::new(span, message));
    }

    /// Keeps the value or the error.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Adds others.
    pub(crate) fn append(&mut self, others: Errors) {
        if let Some(error) = others.0 {
            self.push(error);
        }
    }

    /// One `compile_error!` each.
    pub(crate) fn tokens(&self) -> TokenStream {
        self.0.as_ref().map(Error::to_compile_error).unwrap_or_default()
    }
}

impl Keys {
    /// Whether a key is there.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.iter().any(|(name, _)| name == key)
    }

    /// The value of a text key.
    pub(crate) fn text(&self, key: &str) -> Option<&LitStr> {
        self.list(key).and_then(|values| values.first())
    }

    /// The values of a list key or of arguments.
    pub(crate) fn list(&self, key: &str) -> Option<&[LitStr]> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, values)| values.as_slice())
    }

    /// Where a key stands.
    pub(crate) fn span(&self, key: &str) -> Span {
        self.0.iter().find(|(name, _)| name == key).map_or_else(Span::call_site, |(name, _)| name.span())
    }

    /// Reads the keys of one attribute.
    pub(crate) fn read(&mut self, tokens: TokenStream, known: &[Known], errors: &mut Errors) {
        let parsed = (|input: ParseStream| self.read_all(input, known, errors)).parse2(tokens);
        if let Err(error) = parsed {
            errors.push(error);
        }
    }

    fn read_all(&mut self, input: ParseStream, known: &[Known], errors: &mut Errors) -> syn::Result<()> {
        while !input.is_empty() {
            let key = input.call(Ident::parse_any)?;
            let takes = known.iter().find(|(name, _)| key == name).map(|(_, takes)| *takes);
            match takes {
                Some(takes) => {
                    let values = value(input, &key, takes, errors)?;
                    if self.has(&key.to_string()) {
                        errors.at(key.span(), format!("`{key}` is given twice"));
                    }
                    self.0.push((key, values));
                }
                None => {
                    errors.at(key.span(), unknown(&key.to_string(), known));
                    skip_value(input)?;
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    }
}

fn unknown(key: &str, known: &[Known]) -> String {
    match nearest(key, known.iter().map(|(name, _)| *name)) {
        Some(near) => format!("unknown key `{key}`: did you mean `{near}`?"),
        None => {
            let names: Vec<_> = known.iter().map(|(name, _)| format!("`{name}`")).collect();
            format!("unknown key `{key}`: the keys are {}", names.join(", "))
        }
    }
}

fn value(input: ParseStream, key: &Ident, takes: Takes, errors: &mut Errors) -> syn::Result<Vec<LitStr>> {
    let usage = match takes {
        Takes::Text => format!("`{key}` takes a text: `{key} = \"...\"`"),
        Takes::List => format!("`{key}` takes a list: `{key} = [\"...\"]`"),
        Takes::Nothing => format!("`{key}` takes no value"),
        Takes::Arguments => format!("`{key}` takes texts: `{key}(\"...\", \"...\")`"),
    };
    let fork = input.fork();
    match well_formed(&fork, takes) {
        Some(_) => Ok(well_formed(input, takes).unwrap_or_default()),
        None => {
            let place = if input.is_empty() || input.peek(Token![,]) { key.span() } else { after_equals(&fork, input) };
            errors.at(place, usage);
            skip_value(input)?;
            Ok(vec![])
        }
    }
}

/// The span of what stands where the value should be.
fn after_equals(_tried: ParseStream, input: ParseStream) -> Span {
    let ahead = input.fork();
    let _ = ahead.parse::<Option<Token![=]>>();
    ahead.span()
}

fn well_formed(input: ParseStream, takes: Takes) -> Option<Vec<LitStr>> {
    let values = match takes {
        Takes::Nothing => vec![],
        Takes::Text => {
            input.parse::<Token![=]>().ok()?;
            vec![input.parse().ok()?]
        }
        Takes::List => {
            input.parse::<Token![=]>().ok()?;
            let list = || -> syn::Result<_> {
                let inside;
                bracketed!(inside in input);
                Punctuated::<LitStr, Token![,]>::parse_terminated(&inside)
            };
            list().ok()?.into_iter().collect()
        }
        Takes::Arguments => {
            let list = || -> syn::Result<_> {
                let inside;
                parenthesized!(inside in input);
                Punctuated::<LitStr, Token![,]>::parse_terminated(&inside)
            };
            list().ok()?.into_iter().collect()
        }
    };
    let ends = input.is_empty() || input.peek(Token![,]);
    let empty = takes == Takes::Arguments && values.is_empty();
    (ends && !empty).then_some(values)
}

fn skip_value(input: ParseStream) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.peek(token::Paren) || input.peek(token::Bracket) || input.peek(token::Brace) {
            input.parse::<proc_macro2::Group>()?;
        } else {
            input.parse::<proc_macro2::TokenTree>()?;
        }
    }
    Ok(())
}

/// The doc comment of an item, its lines joined.
pub(crate) fn description(attributes: &[syn::Attribute]) -> String {
    let mut lines = vec![];
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        if let syn::Meta::NameValue(meta) = &attribute.meta
            && let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &meta.value
        {
            lines.push(text.value().trim().to_owned());
        }
    }
    lines.join("\n").trim().to_owned()
}

/// The attributes that go to the items made from an item: its doc comment and conditions.
pub(crate) fn kept(attributes: &[syn::Attribute]) -> impl Iterator<Item = &syn::Attribute> {
    attributes.iter().filter(|attribute| {
        ["doc", "cfg", "allow", "expect", "warn", "deprecated"].iter().any(|kept| attribute.path().is_ident(kept))
    })
}
