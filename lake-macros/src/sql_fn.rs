//! `#[sql_fn]`: an SQL expression with parameters, checked against its own signature.

use lake_sql::bind::bind_helper;
use lake_sql::syntax::{Templates, parse_expression};
use lake_sql::types::{Type, TypeRules};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, LitStr, Path, ReturnType, Token, Visibility, parenthesized};

use crate::check::{References, helper};
use crate::export;
use crate::function::{self, Function, Input};
use crate::keys::{Errors, kept};
use crate::literal::SqlLiteral;
use crate::model::{Body, Target};
use crate::payload::{HelperShape, Payload};
use crate::rust_type::{Seen, Shape, generic};

/// A helper as written.
struct Helper {
    item: Function,
    parameters: Vec<(Ident, syn::Type)>,
    result: Option<syn::Type>,
    body: Body,
}

/// What the attribute expands to.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let item = match function::with_body(item) {
        Ok(item) => item,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::default();
    if !arguments.is_empty() {
        errors.at(arguments.span(), "`#[sql_fn]` takes no keys");
    }
    let helper = read(item, &mut errors);
    let asked = match &helper.result {
        Some(result) => errors.take(asked(&helper, result)),
        None => None,
    };
    let errors = errors.tokens();
    let marker = marker(&helper);
    let rest = match asked {
        Some(ask) => {
            let function = function(&helper);
            quote!(#function #ask)
        }
        None => TokenStream::new(),
    };
    quote!(#errors #marker #rest)
}

fn read(item: Function, errors: &mut Errors) -> Helper {
    let parameters = item.inputs.iter().filter_map(|argument| errors.take(parameter(argument))).collect();
    let usage = "a helper returns an expression: `-> Expr<i64>`";
    let result = match &item.output {
        ReturnType::Type(_, ty) => match generic(ty, "Expr").as_deref() {
            Some([result]) => Some((*result).clone()),
            _ => {
                errors.at(ty.span(), usage);
                None
            }
        },
        ReturnType::Default => {
            errors.at(item.name.span(), usage);
            None
        }
    };
    let body = Body::read(&item, errors);
    if let [_, second, ..] = body.literals.as_slice() {
        errors.at(second.span(), "a helper has one `sql!`");
    }
    Helper { item, parameters, result, body }
}

fn parameter(argument: &Input) -> syn::Result<(Ident, syn::Type)> {
    let usage = "a parameter of a helper is an expression: `net: Expr<Decimal<12, 2>>`";
    match argument.simple.as_ref().map(|(name, ty)| (name, generic(ty, "Expr"))) {
        Some((name, Some(arguments))) if arguments.len() == 1 => Ok((name.clone(), arguments[0].clone())),
        _ => Err(Error::new(argument.span(), usage)),
    }
}

fn marker(helper: &Helper) -> TokenStream {
    let attributes = kept(&helper.item.attributes);
    let (vis, name) = (&helper.item.vis, &helper.item.name);
    quote! {
        #(#attributes)*
        #[allow(non_camel_case_types)]
        #vis struct #name {}
    }
}

fn function(helper: &Helper) -> TokenStream {
    let Some(result) = &helper.result else { return TokenStream::new() };
    let private = quote!(::lakehouse::__private);
    let attributes = kept(&helper.item.attributes);
    let (vis, name, signature) = (&helper.item.vis, &helper.item.name, helper.item.signature());
    let names: Vec<&Ident> = helper.parameters.iter().map(|(name, _)| name).collect();
    let body = helper.body.expand(&Target { constructor: quote!(#private::Expr::<#result>), parameters: &names });
    let arguments = names.iter().map(|_| quote!(#private::Expr::__parameter()));
    let text = export::bare(name);
    let parameters = helper.parameters.iter().map(|(name, ty)| {
        let name = export::bare(name);
        quote!((#name, <#ty as #private::SqlType>::TY, <#ty as #private::SqlType>::NULLABLE))
    });
    quote! {
        #(#attributes)*
        #[allow(unexpected_cfgs, unused_braces)]
        #vis #signature { #body }
        impl #private::SqlFn for #name {
            fn spec() -> #private::HelperSpec {
                #private::declare::helper_spec(#text, &[#(#parameters),*], #name(#(#arguments),*))
            }
        }
    }
}

/// The call that asks the newtypes of the signature and ends in `__sql_fn`.
fn asked(helper: &Helper, result: &syn::Type) -> syn::Result<TokenStream> {
    let mut named: Vec<Path> = vec![];
    for ty in helper.parameters.iter().map(|(_, ty)| ty).chain([result]) {
        named.extend(Seen::read(ty)?.shape.named().into_iter().cloned());
    }
    let (vis, name) = (&helper.item.vis, &helper.item.name);
    let parameters = helper.parameters.iter().map(|(name, ty)| quote!(#name #ty));
    let literal = helper.body.literals.first().map(ToTokens::to_token_stream);
    Ok(export::ask(&named, "__sql_fn", quote!(#vis #name (#(#parameters),*) (#result) (#literal))))
}

/// What `#[sql_fn]` tells `__sql_fn`.
pub(crate) struct State {
    vis: Visibility,
    name: Ident,
    parameters: Vec<(Ident, syn::Type)>,
    result: syn::Type,
    literal: Option<LitStr>,
}

impl Parse for State {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let (vis, name) = (input.parse()?, input.parse()?);
        let inside;
        parenthesized!(inside in input);
        let pair = |input: ParseStream| Ok((input.parse()?, input.parse()?));
        let parameters = Punctuated::<_, Token![,]>::parse_terminated_with(&inside, pair)?.into_iter().collect();
        let result;
        parenthesized!(result in input);
        let literal;
        parenthesized!(literal in input);
        let literal = if literal.is_empty() { None } else { Some(literal.parse()?) };
        Ok(Self { vis, name, parameters, result: result.parse()?, literal })
    }
}

/// `__sql_fn!`: findings and the payload.
pub(crate) fn check(state: &State, answers: Vec<Payload>) -> syn::Result<TokenStream> {
    let mut answers = answers.into_iter();
    let mut resolve = |ty: &syn::Type| -> syn::Result<(Type, bool)> {
        let seen = Seen::read(ty)?;
        let resolved = Shape::resolve(&seen.shape, &mut answers);
        Ok((resolved.map_or(Type::Error, |resolved| resolved.ty), seen.nullable))
    };
    let mut parameters = vec![];
    for (name, ty) in &state.parameters {
        let (ty, nullable) = resolve(ty)?;
        parameters.push((export::bare(name), ty, nullable));
    }
    let result = resolve(&state.result)?;
    let template = state.literal.as_ref().map(LitStr::value).unwrap_or_default();
    let shape = HelperShape { name: export::bare(&state.name), parameters, result, template };
    let errors = state.literal.iter().map(|literal| findings(literal, &shape));
    let errors: TokenStream = errors.collect();
    let export = export::export(&state.vis, &state.name, &Payload::Helper(shape));
    Ok(quote!(#errors #export))
}

fn findings(literal: &LitStr, shape: &HelperShape) -> TokenStream {
    let literal = SqlLiteral::new(literal.clone());
    let helper = helper(shape);
    let parsed = parse_expression(&literal.text, Templates::Yes);
    let mut findings = parsed.findings;
    if let Some(tree) = parsed.tree {
        findings.extend(bind_helper(&helper, &tree, &References::default(), TypeRules::default()));
    }
    findings.iter().map(|finding| literal.error(finding)).collect()
}
