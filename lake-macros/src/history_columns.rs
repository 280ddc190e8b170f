//! `#[derive(HistoryColumns)]`: names of the columns that a history adds.

use lake_sql::types::Type;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields};

use crate::export;
use crate::keys::{Errors, Keys, Known, Takes, description};
use crate::payload::{OwnColumn, Payload};
use crate::rust_type::{Seen, Shape, ty_tokens};

const KEYS: [Known; 4] =
    [("from", Takes::Nothing), ("to", Takes::Nothing), ("current", Takes::Nothing), ("open", Takes::Text)];

const ROLES: [&str; 3] = ["from", "to", "current"];

/// A field with its role.
struct Field<'a> {
    ident: &'a Ident,
    field: &'a syn::Field,
    role: &'static str,
    ty: Type,
    nullable: bool,
    keys: Keys,
}

/// What the derive expands to.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let fields = fields(input, &mut errors);
    check(input, &fields, &mut errors);
    let sound = errors.is_empty();
    let errors = errors.tokens();
    let name = &input.ident;
    let private = quote!(::lakehouse::__private);
    let columns = fields.iter().map(column);
    let open = match fields.iter().find_map(|field| field.keys.text("open")) {
        Some(open) => quote!(::core::option::Option::Some(#open)),
        None => quote!(::core::option::Option::None),
    };
    let idents: Vec<_> = fields.iter().map(|field| field.ident).collect();
    let own = fields
        .iter()
        .map(|field| OwnColumn {
            name: export::bare(field.ident),
            ty: Some(field.ty.clone()),
            nullable: field.nullable,
        })
        .collect();
    let export = export::export(&input.vis, name, &Payload::History(own));
    let touch = sound.then(|| {
        quote! {
            #[allow(dead_code)]
            fn touch(names: #name) -> #name {
                let #name { #(#idents),* } = names;
                #name { #(#idents),* }
            }
        }
    });
    quote! {
        #errors
        impl #private::HistoryColumns for #name {
            const COLUMNS: &'static [#private::OwnColumn] = &[#(#columns),*];
            const OPEN_END: ::core::option::Option<&'static str> = #open;
        }
        const _: () = { #touch };
        #export
    }
}

fn fields<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Vec<Field<'a>> {
    let named = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) => named,
            _ => return wrong_shape(input, errors),
        },
        _ => return wrong_shape(input, errors),
    };
    named.named.iter().filter_map(|field| read(field, errors)).collect()
}

fn wrong_shape<T>(input: &DeriveInput, errors: &mut Errors) -> Vec<T> {
    errors.at(input.ident.span(), "the names of a history's own columns are a struct with named fields");
    vec![]
}

fn read<'a>(field: &'a syn::Field, errors: &mut Errors) -> Option<Field<'a>> {
    let ident = field.ident.as_ref()?;
    let mut keys = Keys::default();
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("history")) {
        if let Some(list) = errors.take(attribute.meta.require_list()) {
            keys.read(list.tokens.clone(), &KEYS, errors);
        }
    }
    let roles: Vec<&str> = ROLES.into_iter().filter(|role| keys.has(role)).collect();
    let [role] = roles.as_slice() else {
        let usage = "say what this column holds: `#[history(from)]`, `#[history(to)]` or `#[history(current)]`";
        errors.at(ident.span(), usage);
        return None;
    };
    if let (Some(open), true) = (keys.text("open"), *role != "to") {
        errors.at(open.span(), "`open` belongs to `#[history(to, open = \"..\")]`");
    }
    let seen = errors.take(Seen::read(&field.ty))?;
    let Shape::Known(ty) = seen.shape else {
        errors.at(field.ty.span(), "the type of a history's own column is a plain one, such as `Timestamp`");
        return None;
    };
    Some(Field { ident, field, role, ty, nullable: seen.nullable, keys })
}

fn check(input: &DeriveInput, fields: &[Field], errors: &mut Errors) {
    for role in ROLES {
        let mut with_role = fields.iter().filter(|field| field.role == role);
        match (with_role.next(), with_role.next()) {
            (_, Some(second)) => errors.at(second.ident.span(), format!("two columns are `#[history({role})]`")),
            (None, _) if fields.len() < ROLES.len() && errors.is_empty() => {
                errors.at(input.ident.span(), format!("no column is `#[history({role})]`"));
            }
            _ => {}
        }
    }
    for field in fields {
        check_type(field, fields, errors);
    }
}

fn check_type(field: &Field, fields: &[Field], errors: &mut Errors) {
    let place: Span = field.field.ty.span();
    match (field.role, field.nullable) {
        ("current", nullable) if field.ty != Type::Boolean || nullable => {
            errors.at(place, "whether a version is current is a `bool`");
        }
        ("from", true) => errors.at(place, "every version has a start: declare it without `Option`"),
        ("to", nullable) => {
            let open = field.keys.text("open");
            if !nullable && open.is_none() {
                errors.at(
                    place,
                    "the end of an open version is null: declare an `Option`, or say what it holds: \
                     `#[history(to, open = \"2999-01-01\")]`",
                );
            }
            if let (true, Some(open)) = (nullable, open) {
                errors.at(open.span(), "an open end that holds a value is never null: declare it without `Option`");
            }
            if let Some(from) = fields.iter().find(|other| other.role == "from" && other.ty != field.ty) {
                errors.at(place, format!("the end has type {}, but the start has {}", field.ty, from.ty));
            }
            if let Some(open) = open.filter(|open| !is_moment(&field.ty, &open.value())) {
                errors.at(open.span(), format!("`{}` is not a value of {}", open.value(), field.ty));
            }
        }
        _ => {}
    }
}

/// Whether a text looks like a value of the type; dates and timestamps alone have a form to check.
fn is_moment(ty: &Type, text: &str) -> bool {
    let (date, time) = text.split_once(' ').map_or((text, None), |(date, time)| (date, Some(time)));
    match ty {
        Type::Date => time.is_none() && is_date(date),
        Type::Timestamp(_) | Type::TimestampTz(_) => is_date(date),
        Type::TinyInt | Type::SmallInt | Type::Integer | Type::BigInt => text.parse::<i64>().is_ok(),
        _ => true,
    }
}

fn is_date(text: &str) -> bool {
    let parts: Vec<Option<u32>> = text.split('-').map(|part| part.parse().ok()).collect();
    matches!(parts.as_slice(), [Some(1..=9999), Some(1..=12), Some(1..=31)])
}

fn column(field: &Field) -> TokenStream {
    let private = quote!(::lakehouse::__private);
    let name = export::bare(field.ident);
    let role = match field.role {
        "from" => format_ident!("From"),
        "to" => format_ident!("To"),
        _ => format_ident!("Current"),
    };
    let ty = ty_tokens(&field.ty);
    let description = description(&field.field.attrs);
    quote! {
        #private::OwnColumn {
            name: #name,
            role: #private::Role::#role,
            ty: ::core::option::Option::Some(#ty),
            description: #description,
        }
    }
}
