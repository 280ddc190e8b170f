//! `#[derive(Row)]`: the columns of a struct, and its payload.

use std::collections::BTreeSet;

use lake_sql::types::Type;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Fields, Path};

use crate::check::condition;
use crate::export;
use crate::keys::{Errors, Keys, Known, Takes, description};
use crate::payload::{Column, Payload, Schema, escape};
use crate::rust_type::{Resolved, Seen, Shape, path_of, rust_tokens, type_arguments};

const KEYS: [Known; 6] = [
    ("sql", Takes::Text),
    ("unique", Takes::Nothing),
    ("accepted", Takes::Arguments),
    ("condition", Takes::Text),
    ("file", Takes::Nothing),
    ("arrival", Takes::Nothing),
];

/// Names of types that nobody gives another meaning, beside the primitive ones.
const OF_RUST: [&str; 3] = ["Option", "String", "Vec"];

/// A field as its tokens tell.
struct Field {
    ident: Ident,
    ty: syn::Type,
    seen: Seen,
    keys: Keys,
    attributes: Vec<Attribute>,
}

impl Field {
    fn name(&self) -> String {
        export::bare(&self.ident)
    }

    fn overridden(&self) -> bool {
        self.keys.has("sql")
    }
}

/// What the derive expands to.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let fields = fields(input, &mut errors);
    errors_of_names(&fields, &mut errors);
    let touch = errors.is_empty().then(|| touch(&input.ident, &fields));
    let errors = errors.tokens();
    let name = &input.ident;
    let columns = fields.iter().map(line).collect::<Vec<_>>().join("\n");
    let details: Vec<TokenStream> = fields.iter().enumerate().filter_map(detail).collect();
    let details = (!details.is_empty())
        .then(|| quote!(const DETAILS: &'static [::lakehouse::__private::Detail] = &[#(#details),*];));
    let payload = payload(input, &fields);
    quote! {
        #errors
        impl ::lakehouse::__private::Row for #name {
            const COLUMNS: &'static str = #columns;
            #details
        }
        const _: () = { #touch };
        #payload
    }
}

/// The payload of a row whose newtypes have answered.
pub(crate) fn resolved(input: &DeriveInput, answers: Vec<Payload>) -> TokenStream {
    let fields = fields(input, &mut Errors::default());
    let mut answers = answers.into_iter();
    let columns = fields.iter().map(|field| {
        let resolved = if field.overridden() { None } else { field.seen.shape.resolve(&mut answers) };
        seen_column(field, resolved)
    });
    let columns: Vec<Column> = columns.collect();
    let complete = columns.iter().all(|column| column.ty != Type::Error);
    let row = Schema { name: export::bare(&input.ident), node: String::new(), complete, columns };
    let conditions: TokenStream = if complete { conditions(&fields, &row) } else { TokenStream::new() };
    let export = export::export(&input.vis, &input.ident, &Payload::Relation(row));
    quote!(#conditions #export)
}

fn conditions(fields: &[Field], row: &Schema) -> TokenStream {
    let written = fields.iter().filter_map(|field| Some((field, field.keys.text("condition")?)));
    written
        .filter(|(_, condition)| condition.value().contains("{column}"))
        .map(|(field, condition)| condition::check(condition, row, Some(&field.name())))
        .collect()
}

fn payload(input: &DeriveInput, fields: &[Field]) -> TokenStream {
    let named: Vec<Path> =
        fields.iter().filter(|field| !field.overridden()).flat_map(|field| field.seen.shape.named()).cloned().collect();
    if named.is_empty() {
        return resolved(input, vec![]);
    }
    let (vis, name) = (&input.vis, &input.ident);
    let fields = fields.iter().map(|field| {
        let (ident, ty) = (&field.ident, &field.ty);
        let sql = field.keys.text("sql").map(|sql| quote!(#[col(sql = #sql)]));
        let condition = field.keys.text("condition").map(|condition| quote!(#[col(condition = #condition)]));
        quote!(#sql #condition #ident: #ty)
    });
    export::ask(&named, "__row", quote!(#vis struct #name { #(#fields),* }))
}

fn seen_column(field: &Field, resolved: Option<Resolved>) -> Column {
    let written = field.keys.text("sql").and_then(|text| text.value().parse().ok());
    let (ty, brand) = match (written, resolved) {
        (Some(ty), _) => (ty, None),
        (None, Some(resolved)) => (resolved.ty, resolved.brand),
        (None, None) => (Type::Error, None),
    };
    Column { name: field.name(), ty, nullable: field.seen.nullable, brand }
}

fn fields(input: &DeriveInput, errors: &mut Errors) -> Vec<Field> {
    let Data::Struct(data) = &input.data else {
        errors.at(input.ident.span(), "a row is a struct with named fields");
        return vec![];
    };
    let Fields::Named(named) = &data.fields else {
        let newtype = matches!(&data.fields, Fields::Unnamed(fields) if fields.unnamed.len() == 1);
        let help = if newtype { "; for a newtype write `#[derive(SqlType)]`" } else { "" };
        errors.at(input.ident.span(), format!("a row is a struct with named fields{help}"));
        return vec![];
    };
    if !input.generics.params.is_empty() {
        errors.at(input.generics.span(), "a row has no generic parameters");
    }
    named.named.iter().filter_map(|field| read_field(field, errors)).collect()
}

fn read_field(field: &syn::Field, errors: &mut Errors) -> Option<Field> {
    let mut keys = Keys::default();
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("col")) {
        if let Some(list) = errors.take(attribute.meta.require_list()) {
            keys.read(list.tokens.clone(), &KEYS, errors);
        }
    }
    let mut seen = Seen::read(&field.ty);
    if let Some(text) = keys.text("sql") {
        if let Err(error) = text.value().parse::<Type>() {
            errors.at(text.span(), error);
        }
        // The Rust type may be anything then, an alias for example; only its `Option` counts.
        let nullable = seen.as_ref().is_ok_and(|seen| seen.nullable);
        seen = Ok(Seen { shape: Shape::Known(Type::Error), nullable });
    }
    if let Some(text) = keys.text("condition")
        && !text.value().contains("{column}")
    {
        errors.at(text.span(), "a condition names its column: `{column} > 0`");
    }
    let seen = seen.unwrap_or_else(|error| {
        errors.push(error);
        Seen { shape: Shape::Known(Type::Error), nullable: false }
    });
    let ident = field.ident.clone()?;
    Some(Field { ident, ty: field.ty.clone(), seen, keys, attributes: field.attrs.clone() })
}

/// SQL does not tell capitals from small letters.
fn errors_of_names(fields: &[Field], errors: &mut Errors) {
    for (position, field) in fields.iter().enumerate() {
        let same = |other: &&Field| other.name().eq_ignore_ascii_case(&field.name());
        if let Some(other) = fields[..position].iter().find(same) {
            let message = format!("`{}` and `{}` are one column in SQL", other.name(), field.name());
            errors.at(field.ident.span(), message);
        }
    }
}

/// The type if the field's own tokens tell it.
fn known_type(field: &Field) -> Option<Type> {
    match (field.keys.text("sql"), &field.seen.shape) {
        (Some(text), _) => Some(text.value().parse().unwrap_or(Type::Error)),
        (None, Shape::Known(ty)) => Some(ty.clone()),
        (None, _) => None,
    }
}

/// What every column has: a line of `Row::COLUMNS`.
fn line(field: &Field) -> String {
    let ty = known_type(field).map(|ty| ty.to_string()).unwrap_or_default();
    column_line(&field.name(), &ty, field.seen.nullable, &description(&field.attributes))
}

/// Name, type, whether it may be null, and the description, which may have lines of its own.
pub(crate) fn column_line(name: &str, ty: &str, nullable: bool, description: &str) -> String {
    format!("{name}\t{ty}\t{}\t{}", if nullable { "?" } else { "" }, escape(description))
}

/// What only some have.
fn detail((position, field): (usize, &Field)) -> Option<TokenStream> {
    let private = quote!(::lakehouse::__private);
    let brand = match &field.seen.shape {
        Shape::Named(path) if !field.overridden() => {
            path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default()
        }
        _ => String::new(),
    };
    let audits = audits(&field.keys);
    let content = match (field.keys.has("file"), field.keys.has("arrival")) {
        (true, _) => Some(quote!(File)),
        (_, true) => Some(quote!(Arrival)),
        _ => None,
    };
    let known = known_type(field).is_some();
    if known && brand.is_empty() && audits.is_empty() && content.is_none() {
        return None;
    }
    let ty = &field.ty;
    let ty = match known {
        true => quote!(::core::option::Option::None),
        false => quote!(::core::option::Option::Some(<#ty as #private::SqlType>::TY)),
    };
    let content = content.unwrap_or_else(|| quote!(Value));
    Some(quote!(#private::Detail::__new(#position, #ty, #brand, &[#(#audits),*], #private::Content::#content)))
}

fn audits(keys: &Keys) -> Vec<TokenStream> {
    let mut audits = vec![];
    if keys.has("unique") {
        audits.push(quote!(::lakehouse::__private::Audit::Unique));
    }
    if let Some(values) = keys.list("accepted").filter(|values| !values.is_empty()) {
        audits.push(quote!(::lakehouse::__private::Audit::Accepted(&[#(#values),*])));
    }
    if let Some(condition) = keys.text("condition") {
        audits.push(quote!(::lakehouse::__private::Audit::Condition(#condition)));
    }
    audits
}

/// Takes a row apart and makes it again. So a struct that only describes a table is not called unused, and a type that
/// is called `Timestamp` but is not ours does not pass for it: one field of each name of ours is compared.
fn touch(name: &Ident, fields: &[Field]) -> TokenStream {
    let idents = fields.iter().map(|field| &field.ident);
    let mut seen = BTreeSet::new();
    let compared = fields.iter().filter_map(|field| match &field.seen.shape {
        Shape::Known(ty) if !field.overridden() && names_of(&field.ty, &mut seen) => {
            let (ident, ours) = (&field.ident, rust_tokens(ty, field.seen.nullable));
            Some(quote!(let _: &#ours = #ident;))
        }
        _ => None,
    });
    quote! {
        #[allow(dead_code, unused_variables)]
        fn touch(row: #name) -> #name {
            let #name { #(#idents),* } = &row;
            #(#compared)*
            #name { ..row }
        }
    }
}

/// Whether the type names anything of ours that was not there yet.
fn names_of(ty: &syn::Type, seen: &mut BTreeSet<String>) -> bool {
    let Some(path) = path_of(ty) else { return true };
    let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    let of_rust = names.last().is_none_or(|last| last.starts_with(char::is_lowercase) || OF_RUST.contains(&&**last));
    let mut new = !of_rust && seen.insert(names.join("::"));
    for argument in path.segments.last().map(|last| type_arguments(&last.arguments)).unwrap_or_default() {
        new |= names_of(argument, seen);
    }
    new
}
