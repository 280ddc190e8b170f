//! Column handles: `Order::order_id` in the arguments of a builder, or in `col!(..)`.
//!
//! A handle is the projection of a field, written where it is named. Constants on each row would cost the compiler more
//! than all else about a row, at each run, and could clash with methods of the user's.

use proc_macro2::{Group, Ident, Punct, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

use crate::export::bare;
use crate::nearest::nearest;

/// The methods and functions of lake-core's builders that take columns.
const TAKE_COLUMNS: [&str; 5] = ["key", "last_by", "merge_on", "sequence_by", "tracked"];

/// Whether the group behind these tokens has columns in it: `.key(..)` or `ties::last_by(..)`. A misspelt name counts, so
/// that it is the only error.
pub(crate) fn takes_columns(before: &[TokenTree]) -> bool {
    matches!(before, [.., TokenTree::Punct(mark), TokenTree::Ident(name)]
        if matches!(mark.as_char(), '.' | ':') && nearest(&name.to_string(), TAKE_COLUMNS).is_some())
}

/// Each `Row::column` as a handle; all else stays.
pub(crate) fn columns(tokens: TokenStream) -> TokenStream {
    let mut done = TokenStream::new();
    let mut path = Path::default();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(tree) = tokens.next() {
        if path.take(&tree) {
            if tokens.peek().is_none_or(|next| !path.goes_on(next)) {
                done.extend(std::mem::take(&mut path).tokens(tokens.peek()));
            }
            continue;
        }
        done.extend([match tree {
            TokenTree::Group(group) => {
                let mut inside = Group::new(group.delimiter(), columns(group.stream()));
                inside.set_span(group.span());
                TokenTree::Group(inside)
            }
            other => other,
        }]);
    }
    done
}

/// `a::b::c`, as far as it was read.
#[derive(Default)]
struct Path {
    trees: Vec<TokenTree>,
}

impl Path {
    fn take(&mut self, tree: &TokenTree) -> bool {
        let belongs = self.goes_on(tree);
        if belongs {
            self.trees.push(tree.clone());
        }
        belongs
    }

    /// Whether the tree can follow: a name or a colon, but no two names.
    fn goes_on(&self, tree: &TokenTree) -> bool {
        match tree {
            TokenTree::Ident(_) => !matches!(self.trees.last(), Some(TokenTree::Ident(_))),
            TokenTree::Punct(punct) => punct.as_char() == ':',
            _ => false,
        }
    }

    /// The handle, if it is one: a type and a name of it that is not called.
    fn tokens(self, next: Option<&TokenTree>) -> TokenStream {
        let called = match next {
            Some(TokenTree::Group(_)) => true,
            Some(TokenTree::Punct(punct)) => punct.as_char() == '!',
            _ => false,
        };
        match self.trees.as_slice() {
            [row @ .., TokenTree::Punct(colon), TokenTree::Punct(_), TokenTree::Ident(column)]
                if !row.is_empty() && !called =>
            {
                handle(row, colon, column)
            }
            _ => self.trees.into_iter().collect(),
        }
    }
}

/// Written at the places of the path, so that errors point at it. The row is named apart from the closure, so that a
/// column of another row is an error of the whole.
fn handle(row: &[TokenTree], colon: &Punct, column: &Ident) -> TokenStream {
    let (first, last) = (row.first().map_or_else(|| colon.span(), TokenTree::span), column.span());
    let of_model = row.iter().rev().find_map(|tree| match tree {
        TokenTree::Ident(ident) => Some(bare(ident).starts_with(char::is_lowercase)),
        _ => None,
    });
    let row: TokenStream = row.iter().cloned().collect();
    let row = match of_model {
        Some(true) => quote!(<#row as ::lakehouse::__private::Relation>::Row),
        _ => row,
    };
    let name = bare(column);
    let function = quote_spanned!(first=> ::lakehouse::__private::column::<#row, _>);
    let arguments = quote_spanned!(last=> (|row| &row.#column, #name));
    quote!(#function #arguments)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn written(tokens: &str) -> String {
        columns(tokens.parse().unwrap()).to_string()
    }

    #[test]
    fn paths_are_handles() {
        let column = |row: &str, column: &str, name: &str| {
            format!(":: lakehouse :: __private :: column :: < {row} , _ > (| row | & row . {column} , \"{name}\")")
        };
        let row = column("crate :: rows :: Order", "r#type", "type");
        let model = column("< totals as :: lakehouse :: __private :: Relation > :: Row", "b", "b");
        assert_eq!(written("(crate::rows::Order::r#type, totals::b)"), format!("({row} , {model})"));
    }

    #[test]
    fn calls_and_single_names_are_not() {
        for tokens in ["keys , f (x)", "Order :: key ()", "rows :: all ! ()", "keys :: < Order > ()"] {
            assert_eq!(written(tokens), tokens);
        }
    }
}
