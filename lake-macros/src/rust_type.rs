//! Which SQL type a Rust type's tokens stand for. What the tokens do not tell, the macro of the named type does.

use lake_sql::types::Type;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::{Error, GenericArgument, Path, PathArguments, Type as RustType};

use crate::payload::Payload;

/// The type of a field or parameter as far as its tokens tell.
pub(crate) struct Seen {
    pub(crate) shape: Shape,
    pub(crate) nullable: bool,
}

/// A type with holes for those that have a macro of their own.
pub(crate) enum Shape {
    /// Known from the tokens.
    Known(Type),
    /// A newtype or a nested row.
    Named(Path),
    /// `Vec<T>`
    Array(Box<Shape>),
    /// `BTreeMap<K, V>`
    Map(Box<Shape>, Box<Shape>),
}

/// A type with the newtype's name, if it is one.
pub(crate) struct Resolved {
    pub(crate) ty: Type,
    pub(crate) brand: Option<String>,
}

impl Seen {
    /// Reads a type's tokens.
    pub(crate) fn read(ty: &RustType) -> syn::Result<Self> {
        match generic(ty, "Option") {
            Some(arguments) => {
                let [inner] = arguments.as_slice() else { return Err(not_a_column(ty)) };
                Ok(Self { shape: Shape::read(inner)?, nullable: true })
            }
            None => Ok(Self { shape: Shape::read(ty)?, nullable: false }),
        }
    }
}

impl Shape {
    fn read(ty: &RustType) -> syn::Result<Self> {
        let path = path_of(ty).ok_or_else(|| not_a_column(ty))?;
        let last = path.segments.last().ok_or_else(|| not_a_column(ty))?;
        let arguments = type_arguments(&last.arguments);
        let known = match (last.ident.to_string().as_str(), arguments.as_slice()) {
            ("bool", []) => Type::Boolean,
            ("i8", []) => Type::TinyInt,
            ("i16", []) => Type::SmallInt,
            ("i32", []) => Type::Integer,
            ("i64", []) => Type::BigInt,
            ("f32", []) => Type::Real,
            ("f64", []) => Type::Double,
            ("String", []) => Type::Varchar(None),
            ("Date", []) => Type::Date,
            ("Time", []) => Type::Time(6),
            ("Timestamp", []) => Type::Timestamp(6),
            ("TimestampTz", []) => Type::TimestampTz(6),
            ("Uuid", []) => Type::Uuid,
            ("Decimal", _) => decimal(&last.arguments, ty)?,
            ("Vec", [element]) if is_byte(element) => Type::Varbinary,
            ("Vec", [element]) => return Ok(Shape::Array(Box::new(Shape::read(inner(element))?))),
            ("BTreeMap", [key, value]) => {
                return Ok(Shape::Map(Box::new(Shape::read(key)?), Box::new(Shape::read(inner(value))?)));
            }
            (name, []) => return instead(name, ty).map_or_else(|| Ok(Shape::Named(path.clone())), Err),
            _ => return Err(not_a_column(ty)),
        };
        Ok(Shape::Known(known))
    }

    /// The types that must be asked, in order.
    pub(crate) fn named(&self) -> Vec<&Path> {
        match self {
            Shape::Known(_) => vec![],
            Shape::Named(path) => vec![path],
            Shape::Array(element) => element.named(),
            Shape::Map(key, value) => [key.named(), value.named()].concat(),
        }
    }

    /// Fills the holes with the answers, in the same order.
    pub(crate) fn resolve(&self, answers: &mut impl Iterator<Item = Payload>) -> Option<Resolved> {
        let plain = |ty| Some(Resolved { ty, brand: None });
        match self {
            Shape::Known(ty) => plain(ty.clone()),
            Shape::Array(element) => plain(Type::Array(Box::new(element.resolve(answers)?.ty))),
            Shape::Map(key, value) => {
                let (key, value) = (key.resolve(answers)?.ty, value.resolve(answers)?.ty);
                plain(Type::Map(Box::new(key), Box::new(value)))
            }
            Shape::Named(_) => match answers.next()? {
                Payload::Newtype(newtype) => Some(Resolved { ty: newtype.ty, brand: Some(newtype.name) }),
                Payload::Relation(row) => plain(Type::Row(
                    row.columns
                        .into_iter()
                        .map(|column| lake_sql::types::Field { name: Some(column.name), ty: column.ty })
                        .collect(),
                )),
                Payload::History(_) | Payload::Helper(_) => None,
            },
        }
    }
}

/// The path of a type, also from inside a macro's invisible parentheses.
pub(crate) fn path_of(ty: &RustType) -> Option<&Path> {
    match ty {
        RustType::Path(path) if path.qself.is_none() => Some(&path.path),
        RustType::Group(group) => path_of(&group.elem),
        RustType::Paren(paren) => path_of(&paren.elem),
        _ => None,
    }
}

/// The type arguments of `name<..>`, if the type is that.
pub(crate) fn generic<'a>(ty: &'a RustType, name: &str) -> Option<Vec<&'a RustType>> {
    let last = path_of(ty)?.segments.last()?;
    (last.ident == name).then(|| type_arguments(&last.arguments))
}

/// All type arguments.
pub(crate) fn type_arguments(arguments: &PathArguments) -> Vec<&RustType> {
    let PathArguments::AngleBracketed(arguments) = arguments else { return vec![] };
    arguments
        .args
        .iter()
        .filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
        .collect()
}

/// Elements of arrays and values of maps may be null in SQL whatever we say.
fn inner(ty: &RustType) -> &RustType {
    match generic(ty, "Option").as_deref() {
        Some([element]) => element,
        _ => ty,
    }
}

fn is_byte(ty: &RustType) -> bool {
    path_of(ty).is_some_and(|path| path.is_ident("u8"))
}

fn decimal(arguments: &PathArguments, ty: &RustType) -> syn::Result<Type> {
    let usage = || Error::new(ty.span(), "a decimal has digits and digits behind the point: `Decimal<12, 2>`");
    let PathArguments::AngleBracketed(arguments) = arguments else { return Err(usage()) };
    let numbers: Vec<u8> = arguments.args.iter().filter_map(number).collect();
    let (2, [precision, scale]) = (arguments.args.len(), numbers.as_slice()) else { return Err(usage()) };
    if !(1..=38).contains(precision) || scale > precision {
        let rule = "a decimal has 1 to 38 digits, and at most as many behind the point";
        return Err(Error::new(ty.span(), format!("{rule}; found Decimal<{precision}, {scale}>")));
    }
    Ok(Type::Decimal { precision: *precision, scale: *scale })
}

fn number(argument: &GenericArgument) -> Option<u8> {
    let GenericArgument::Const(syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(number), .. })) = argument else {
        return None;
    };
    number.base10_parse().ok()
}

fn not_a_column(ty: &RustType) -> Error {
    Error::new(
        ty.span(),
        "not a type of a column: write `i64`, `String`, `Decimal<12, 2>`, `Date`, `Timestamp`, `Vec<..>`, \
         `BTreeMap<.., ..>`, an `Option` of one, or a newtype with `#[derive(SqlType)]`",
    )
}

/// What to write instead of a Rust type that SQL does not have.
fn instead(name: &str, ty: &RustType) -> Option<Error> {
    let other = match name {
        "u8" => "i16",
        "u16" => "i32",
        "u32" => "i64",
        "u64" | "u128" | "i128" => "Decimal<38, 0>",
        "usize" | "isize" => "i64",
        "str" | "char" => "String",
        _ => return None,
    };
    Some(Error::new(ty.span(), format!("SQL has no type for `{name}`: write `{other}`")))
}

/// The type as a constant in generated code.
pub(crate) fn ty_tokens(ty: &Type) -> TokenStream {
    let private = quote!(::lakehouse::__private);
    match ty {
        Type::Decimal { precision, scale } => quote!(#private::Ty::Decimal(#precision, #scale)),
        Type::Array(element) => {
            let element = ty_tokens(element);
            quote!(#private::Ty::Array(&#element))
        }
        Type::Map(key, value) => {
            let (key, value) = (ty_tokens(key), ty_tokens(value));
            quote!(#private::Ty::Map(&#key, &#value))
        }
        other => {
            let text = other.to_string();
            quote!(#private::Ty::Plain(#text))
        }
    }
}

/// The Rust type that a generated struct has for a column.
pub(crate) fn rust_tokens(ty: &Type, nullable: bool) -> TokenStream {
    let value = rust_value(ty);
    if nullable { quote!(::core::option::Option<#value>) } else { value }
}

fn rust_value(ty: &Type) -> TokenStream {
    let named = |name: &str| {
        let name = Ident::new(name, Span::call_site());
        quote!(::lakehouse::__private::#name)
    };
    match ty {
        Type::Boolean => quote!(::core::primitive::bool),
        Type::TinyInt => quote!(::core::primitive::i8),
        Type::SmallInt => quote!(::core::primitive::i16),
        Type::Integer => quote!(::core::primitive::i32),
        Type::BigInt => quote!(::core::primitive::i64),
        Type::Real => quote!(::core::primitive::f32),
        Type::Double => quote!(::core::primitive::f64),
        Type::Varchar(_) | Type::Char(_) | Type::Json => quote!(::std::string::String),
        Type::Varbinary => quote!(::std::vec::Vec<::core::primitive::u8>),
        Type::Decimal { precision, scale } => quote!(::lakehouse::__private::Decimal<#precision, #scale>),
        Type::Date => named("Date"),
        Type::Time(_) | Type::TimeTz(_) => named("Time"),
        Type::Timestamp(_) => named("Timestamp"),
        Type::TimestampTz(_) => named("TimestampTz"),
        Type::Uuid => named("Uuid"),
        Type::Array(element) => {
            let element = rust_value(element);
            quote!(::std::vec::Vec<#element>)
        }
        Type::Map(key, value) => {
            let (key, value) = (rust_value(key), rust_value(value));
            quote!(::std::collections::BTreeMap<#key, #value>)
        }
        _ => named("Other"),
    }
}
