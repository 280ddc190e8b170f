//! `#[derive(SqlType)]`: a newtype over a column's type, such as `struct CustomerId(i64)`.

use lake_sql::types::Type;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields};

use crate::export;
use crate::keys::Errors;
use crate::payload::{Newtype, Payload};
use crate::rust_type::{Seen, Shape};

/// What the derive expands to.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let field = field(input, &mut errors);
    let ty = field.as_ref().map_or(Type::Error, |(_, ty)| ty.clone());
    let errors = errors.tokens();
    let payload = Payload::Newtype(Newtype { name: export::bare(&input.ident), ty });
    let export = export::export(&input.vis, &input.ident, &payload);
    let impls = field.map(|(field, ty)| impls(input, field, &ty));
    quote!(#errors #impls #export)
}

fn field<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Option<(&'a syn::Type, Type)> {
    let field = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => fields.unnamed.first(),
            _ => None,
        },
        _ => None,
    };
    let Some(field) = field.filter(|_| input.generics.params.is_empty()) else {
        errors.at(input.ident.span(), "a newtype has one field and no parameters: `struct CustomerId(i64);`");
        return None;
    };
    match errors.take(Seen::read(&field.ty))? {
        Seen { shape: Shape::Known(ty), nullable: false } => Some((&field.ty, ty)),
        Seen { nullable: true, .. } => {
            errors.at(input.ident.span(), "a newtype is never null; write `Option<..>` where it is a column");
            None
        }
        Seen { .. } => {
            errors.at(input.ident.span(), "a newtype stands for a plain type such as `i64` or `String`");
            None
        }
    }
}

fn impls(input: &DeriveInput, field: &syn::Type, ty: &Type) -> TokenStream {
    let name = &input.ident;
    let seen = crate::rust_type::rust_tokens(ty, false);
    let ordered = matches!(
        ty,
        Type::TinyInt
            | Type::SmallInt
            | Type::Integer
            | Type::BigInt
            | Type::Date
            | Type::Timestamp(_)
            | Type::TimestampTz(_)
            | Type::Decimal { .. }
    );
    let sequence = ordered.then(|| {
        quote! {
            #[diagnostic::do_not_recommend]
            impl ::lakehouse::__private::Sequence for #name {}
        }
    });
    quote! {
        #[diagnostic::do_not_recommend]
        impl ::lakehouse::__private::SqlType for #name {
            const TY: ::lakehouse::__private::Ty = <#field as ::lakehouse::__private::SqlType>::TY;
        }
        #[diagnostic::do_not_recommend]
        impl ::lakehouse::__private::NotNull for #name {}
        #sequence
        const _: () = {
            #[allow(dead_code)]
            fn touch(value: #name) -> #name {
                let #name(field) = value;
                let field: #seen = field;
                #name(field)
            }
        };
    }
}
