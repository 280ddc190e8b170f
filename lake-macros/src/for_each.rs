//! `for_each!`: one set of items for each line of a text file.

use std::path::{Path, PathBuf};

use proc_macro2::{Group, Ident, Literal, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Error, LitStr, Token, braced};

/// `"groups.txt", { .. }`
pub(crate) struct Input {
    path: LitStr,
    template: TokenStream,
}

impl Parse for Input {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let path = input.parse()?;
        input.parse::<Token![,]>()?;
        let template;
        braced!(template in input);
        let template = template.parse()?;
        input.parse::<Option<Token![,]>>()?;
        Ok(Self { path, template })
    }
}

/// A line: `name`, or `name: value`.
#[derive(Debug, PartialEq, Eq)]
struct Item<'a> {
    name: &'a str,
    value: &'a str,
}

/// What the macro expands to.
pub(crate) fn expand(input: &Input) -> syn::Result<TokenStream> {
    let root = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let path = root.join(input.path.value());
    let text = std::fs::read_to_string(&path).map_err(|error| {
        let message =
            format!("cannot read `{}`, which is looked for below the crate's root: {error}", input.path.value());
        Error::new(input.path.span(), message)
    })?;
    let items = items(&text)
        .map_err(|message| Error::new(input.path.span(), format!("`{}`, {message}", input.path.value())))?;
    let copies = items.iter().map(|item| substitute(input.template.clone(), item));
    let copies = copies.collect::<syn::Result<TokenStream>>()?;
    let tracked = tracked(&path);
    Ok(quote!(#tracked #copies))
}

/// Makes the compiler look at the file, so that an edit of it compiles the crate again.
fn tracked(path: &Path) -> TokenStream {
    let path = path.to_string_lossy();
    quote!(
        const _: &str = ::core::include_str!(#path);
    )
}

fn items(text: &str) -> Result<Vec<Item<'_>>, String> {
    let mut items: Vec<Item> = vec![];
    for (number, line) in text.lines().enumerate() {
        let line = line.split_once('#').map_or(line, |(line, _)| line).trim();
        if line.is_empty() {
            continue;
        }
        let (name, value) = line.split_once(':').map_or((line, line), |(name, value)| (name.trim(), value.trim()));
        let place = format!("line {}", number + 1);
        if syn::parse_str::<Ident>(&format!("_{name}")).is_err() {
            return Err(format!("{place}: `{name}` cannot be part of a Rust name; write `name: {name}`"));
        }
        if items.iter().any(|item| item.name == name) {
            return Err(format!("{place}: `{name}` is there twice"));
        }
        items.push(Item { name, value });
    }
    Ok(items)
}

/// `__name__` and `__value__` in names and literals become the item's.
fn substitute(tokens: TokenStream, item: &Item) -> syn::Result<TokenStream> {
    tokens.into_iter().map(|tree| substitute_tree(tree, item)).collect()
}

fn substitute_tree(tree: TokenTree, item: &Item) -> syn::Result<TokenTree> {
    Ok(match tree {
        TokenTree::Group(group) => {
            let mut copy = Group::new(group.delimiter(), substitute(group.stream(), item)?);
            copy.set_span(group.span());
            copy.into()
        }
        TokenTree::Ident(ident) => {
            let text = ident.to_string();
            let name = replace(&text, item);
            if name == text { ident.into() } else { named(&name, &ident)?.into() }
        }
        TokenTree::Literal(literal) => {
            let text = literal.to_string();
            let copy = replace(&text, item);
            if copy == text {
                return Ok(literal.into());
            }
            let error = || Error::new(literal.span(), format!("with `{}` this is not a literal: {copy}", item.value));
            let mut copy: Literal = copy.parse().map_err(|_| error())?;
            copy.set_span(literal.span());
            copy.into()
        }
        punct @ TokenTree::Punct(_) => punct,
    })
}

fn replace(text: &str, item: &Item) -> String {
    text.replace("__name__", item.name).replace("__value__", item.value)
}

fn named(name: &str, template: &Ident) -> syn::Result<Ident> {
    let mut ident = syn::parse_str::<Ident>(name)
        .map_err(|_| Error::new(template.span(), format!("`{name}` is not a Rust name")))?;
    ident.set_span(template.span());
    Ok(ident)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn lines_are_names_and_values() {
        let text = "# groups\nmajors: USD, GBP # the big ones\n\nnordic\n";
        assert_eq!(
            items(text).unwrap(),
            [Item { name: "majors", value: "USD, GBP" }, Item { name: "nordic", value: "nordic" }]
        );
        assert_eq!(items("a\na").unwrap_err(), "line 2: `a` is there twice");
        assert_eq!(items("a b").unwrap_err(), "line 1: `a b` cannot be part of a Rust name; write `name: a b`");
    }

    #[test]
    fn placeholders_become_the_item() {
        let tokens: TokenStream = r##"fn __name___rates() { sql!(r#"select '__value__'"#) }"##.parse().unwrap();
        let copy = substitute(tokens, &Item { name: "nordic", value: "SEK" }).unwrap();
        assert_eq!(copy.to_string(), r##"fn nordic_rates () { sql ! (r#"select 'SEK'"#) }"##);
    }
}
