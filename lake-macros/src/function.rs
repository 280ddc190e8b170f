//! A function as our attributes read it. Its body stays tokens, because the compiler has parsed it before it called us.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Generics, ReturnType, Token, Type, Visibility, parenthesized, token};

/// `pub fn totals(orders: Ref<orders>) -> Table<Total> { .. }`
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) vis: Visibility,
    /// `fn`, and what stands in front of it.
    keywords: TokenStream,
    pub(crate) name: Ident,
    pub(crate) generics: Generics,
    pub(crate) inputs: Punctuated<Input, Token![,]>,
    pub(crate) output: ReturnType,
    /// None if it ends in a semicolon.
    pub(crate) body: Option<Group>,
}

/// A parameter.
pub(crate) struct Input {
    tokens: TokenStream,
    /// Name and type, if it is that simple.
    pub(crate) simple: Option<(Ident, Type)>,
    /// Whether it is a pattern with a type.
    pub(crate) typed: bool,
}

impl Function {
    /// All up to the body.
    pub(crate) fn signature(&self) -> TokenStream {
        let Self { keywords, name, generics, inputs, output, .. } = self;
        let bounds = &generics.where_clause;
        quote::quote!(#keywords #name #generics (#inputs) #output #bounds)
    }

    /// The tokens inside the body.
    pub(crate) fn statements(&self) -> TokenStream {
        self.body.as_ref().map(Group::stream).unwrap_or_default()
    }
}

impl Parse for Function {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let mut keywords = TokenStream::new();
        while !input.peek(Token![fn]) {
            input.parse::<TokenTree>()?.to_tokens(&mut keywords);
        }
        input.parse::<Token![fn]>()?.to_tokens(&mut keywords);
        let name = input.parse()?;
        let mut generics: Generics = input.parse()?;
        let inside;
        parenthesized!(inside in input);
        let inputs = Punctuated::parse_terminated(&inside)?;
        let output = input.parse()?;
        generics.where_clause = input.parse()?;
        let body = if input.peek(token::Brace) {
            Some(input.parse()?)
        } else {
            input.parse::<Token![;]>()?;
            None
        };
        Ok(Self { attributes, vis, keywords, name, generics, inputs, output, body })
    }
}

impl Parse for Input {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let mut tokens = TokenStream::new();
        for attribute in input.call(Attribute::parse_outer)? {
            attribute.to_tokens(&mut tokens);
        }
        input.parse::<Option<Token![mut]>>()?.to_tokens(&mut tokens);
        let name = if input.peek2(Token![:]) { input.parse::<Option<Ident>>()? } else { None };
        name.to_tokens(&mut tokens);
        while !input.is_empty() && !input.peek(Token![,]) && !input.peek(Token![:]) {
            input.parse::<TokenTree>()?.to_tokens(&mut tokens);
        }
        let colon: Option<Token![:]> = input.parse()?;
        colon.to_tokens(&mut tokens);
        let ty: Option<Type> = if colon.is_some() { Some(input.parse()?) } else { None };
        ty.to_tokens(&mut tokens);
        Ok(Self { tokens, typed: colon.is_some(), simple: name.zip(ty) })
    }
}

impl ToTokens for Input {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.tokens.clone());
    }
}

/// A function that must have a body.
pub(crate) fn with_body(item: TokenStream) -> syn::Result<Function> {
    let function: Function = syn::parse2(item)?;
    match function.body {
        Some(_) => Ok(function),
        None => Err(Error::new(function.name.span(), "this function has no body: write `{ sql!(\"select ..\") }`")),
    }
}
