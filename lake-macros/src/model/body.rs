//! The body of a function with SQL: its `sql!` literals, found and replaced.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::LitStr;
use syn::parse::Parser;

use crate::function::Function;
use crate::handle;
use crate::keys::Errors;
use crate::literal::text;
use crate::place;

/// What was found in a body.
pub(crate) struct Body {
    /// The statements as written.
    tokens: TokenStream,
    /// All SQL, in order.
    pub(crate) literals: Vec<LitStr>,
    /// The column in `.sequence_by(Row::column)`.
    pub(crate) sequence: Option<Ident>,
    /// The literal in `.delete_when("..")`.
    pub(crate) delete_when: Option<LitStr>,
    /// Columns in `function::column`, of an inferred row.
    pub(crate) handles: Vec<Ident>,
}

/// What a `sql!` becomes.
pub(crate) struct Target<'a> {
    /// `::lakehouse::__private::Sql::<Row>`
    pub(crate) constructor: TokenStream,
    /// Names that the SQL may use in braces.
    pub(crate) parameters: &'a [&'a Ident],
}

impl Body {
    pub(crate) fn read(item: &Function, errors: &mut Errors) -> Self {
        let tokens = item.statements();
        let mut body = Self { tokens, literals: vec![], sequence: None, delete_when: None, handles: vec![] };
        body.handles = handles(body.tokens.clone(), &item.name.to_string());
        body.scan(body.tokens.clone(), errors);
        if body.literals.is_empty() && errors.is_empty() {
            errors.at(item.name.span(), "there is no SQL in this function: write `sql!(\"select ..\")`");
        }
        body
    }

    fn scan(&mut self, tokens: TokenStream, errors: &mut Errors) {
        let mut before = [None, None];
        for tree in tokens {
            if let TokenTree::Group(group) = &tree {
                match before.each_ref().map(|tree: &Option<TokenTree>| tree.as_ref().map(ToString::to_string)) {
                    [Some(name), Some(bang)] if name == "sql" && bang == "!" => match literal(group) {
                        Some(literal) => self.literals.push(literal),
                        None => errors.at(group.span(), "`sql!` takes one string literal: `sql!(\"select ..\")`"),
                    },
                    [Some(dot), Some(method)] if dot == "." && method == "sequence_by" => {
                        self.sequence = last_ident(group.stream());
                        self.scan(group.stream(), errors);
                    }
                    [Some(dot), Some(method)] if dot == "." && method == "delete_when" => {
                        self.delete_when = literal(group);
                    }
                    _ => self.scan(group.stream(), errors),
                }
            }
            let [_, last] = before;
            before = [last, Some(tree)];
        }
    }

    /// The body with each `sql!` and each column in its final form.
    pub(crate) fn expand(&self, target: &Target) -> TokenStream {
        replace(self.tokens.clone(), target)
    }
}

fn replace(tokens: TokenStream, target: &Target) -> TokenStream {
    let mut done: Vec<TokenTree> = vec![];
    for tree in tokens {
        let TokenTree::Group(group) = tree else {
            done.push(tree);
            continue;
        };
        let is_sql = matches!(done.as_slice(), [.., TokenTree::Ident(name), TokenTree::Punct(bang)]
            if name == "sql" && bang.as_char() == '!');
        match literal(&group).filter(|_| is_sql) {
            Some(literal) => {
                let name = done.iter().nth_back(1).map_or_else(proc_macro2::Span::call_site, TokenTree::span);
                done.truncate(done.len() - 2);
                remove_path(&mut done);
                done.extend(target.call(&literal, name));
            }
            None => {
                let inside = replace(group.stream(), target);
                let inside = if handle::takes_columns(&done) { handle::columns(inside) } else { inside };
                let mut replaced = Group::new(group.delimiter(), inside);
                replaced.set_span(group.span());
                done.push(TokenTree::Group(replaced));
            }
        }
    }
    done.into_iter().collect()
}

/// Takes away the `lakehouse::` in front of `sql!`.
fn remove_path(done: &mut Vec<TokenTree>) {
    let colon = |tree: &TokenTree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ':');
    while let [.., first, second] = done.as_slice()
        && colon(first)
        && colon(second)
    {
        done.truncate(done.len() - 2);
        if matches!(done.last(), Some(TokenTree::Ident(_))) {
            done.pop();
        }
    }
}

fn literal(group: &Group) -> Option<LitStr> {
    let one = |input: syn::parse::ParseStream| {
        let literal = input.parse()?;
        input.parse::<Option<syn::Token![,]>>()?;
        Ok(literal)
    };
    // A literal that came through another macro is wrapped in invisible parentheses.
    let tokens = match group.stream().into_iter().next() {
        Some(TokenTree::Group(inner)) if inner.delimiter() == Delimiter::None => inner.stream(),
        _ => group.stream(),
    };
    one.parse2(tokens).ok()
}

fn last_ident(tokens: TokenStream) -> Option<Ident> {
    tokens.into_iter().filter_map(|tree| if let TokenTree::Ident(ident) = tree { Some(ident) } else { None }).last()
}

fn handles(tokens: TokenStream, function: &str) -> Vec<Ident> {
    let mut handles = vec![];
    let mut path = 0;
    for tree in tokens {
        path = match (&tree, path) {
            (TokenTree::Group(group), _) => {
                handles.extend(self::handles(group.stream(), function));
                0
            }
            (TokenTree::Punct(punct), 1 | 2) if punct.as_char() == ':' => path + 1,
            (TokenTree::Ident(ident), 3) => {
                handles.push(ident.clone());
                0
            }
            (TokenTree::Ident(ident), _) if *ident == *function => 1,
            _ => 0,
        };
    }
    handles
}

impl Target<'_> {
    fn call(&self, literal: &LitStr, sql: proc_macro2::Span) -> TokenStream {
        let constructor = &self.constructor;
        let (file, (_, line, column)) = (place::file(literal.span()), place::of(literal.span()));
        let names = self.names(literal);
        let expanded = proc_macro2::Span::call_site().located_at(sql);
        quote_spanned! {expanded=>
            { #names #constructor::__new(#literal, (#file, #line, #column)) }
        }
    }

    /// The names in braces are used. For editors they are so inside the user's own literal, in never-run code, where a
    /// name can be followed; the compiler is spared that, because it would cost as much as all else in the function.
    fn names(&self, literal: &LitStr) -> TokenStream {
        let found = placeholders(&text(literal));
        let plain = found.iter().all(|found| !found.called);
        // With an unknown name, which the checker reports, any parameter may have been meant: none is unused.
        let unknown = found.iter().any(|found| !found.called && !self.knows(&found.name));
        let meant = |name: &&&Ident| unknown || found.iter().any(|found| ***name == found.name);
        let used: Vec<_> = self.parameters.iter().filter(meant).collect();
        let mention = (!used.is_empty()).then(|| quote!(let _ = (#(&#used),*);));
        let format = if plain && !unknown {
            literal.clone()
        } else {
            LitStr::new(&used.iter().map(|name| format!("{{{name}}}")).collect::<String>(), literal.span())
        };
        quote! {
            #[cfg(rust_analyzer)]
            if false {
                let _ = ::core::format_args!(#format);
            }
            #mention
        }
    }

    fn knows(&self, name: &str) -> bool {
        self.parameters.iter().any(|parameter| *parameter == name)
    }
}

/// `{name}` or `{name(..)}` in a template.
pub(crate) struct Found {
    pub(crate) name: String,
    pub(crate) called: bool,
}

/// The placeholders of a template, in order, as far as they have a Rust name.
pub(crate) fn placeholders(template: &str) -> Vec<Found> {
    let mut found = vec![];
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('{') {
            rest = behind;
            continue;
        }
        let inside = rest.trim_start();
        let end = inside.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(inside.len());
        let (name, behind) = inside.split_at(end);
        if name.starts_with(|letter: char| letter.is_alphabetic() || letter == '_') {
            found.push(Found { name: name.to_owned(), called: !behind.trim_start().starts_with('}') });
        } else {
            found.push(Found { name: String::new(), called: true });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found() {
        let found = placeholders("select {tax(o.net)}, '{{x}}' from {orders} o where {first_run} or {1}");
        let found: Vec<_> = found.iter().map(|found| (found.name.as_str(), found.called)).collect();
        assert_eq!(found, [("tax", true), ("orders", false), ("first_run", false), ("", true)]);
    }
}
