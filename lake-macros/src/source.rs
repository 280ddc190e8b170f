//! `#[source]`: data that others write.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Error, LitStr, Path, ReturnType, Visibility};

use crate::export;
use crate::function::Function;
use crate::keys::{Errors, Keys, Known, Takes, description, kept};
use crate::nearest::nearest;
use crate::payload::{Payload, Schema};
use crate::rust_type::{generic, path_of};

const KEYS: [Known; 4] =
    [("schema", Takes::Text), ("name", Takes::Text), ("files", Takes::Text), ("format", Takes::Text)];

const FORMATS: [(&str, &str); 4] =
    [("json", "JsonDocument"), ("jsonl", "JsonLines"), ("csv", "Csv"), ("parquet", "Parquet")];

/// What the attribute expands to.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let declaration: Function = match syn::parse2(item) {
        Ok(declaration) => declaration,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::default();
    let mut keys = Keys::default();
    keys.read(arguments, &KEYS, &mut errors);
    let name = &declaration.name;
    let row = errors.take(row(&declaration));
    let schema = required_schema(&keys, name, "source", "raw", &mut errors);
    let table = keys.text("name").map_or_else(|| export::bare(name), LitStr::value);
    let files = files(&keys, &mut errors);
    let id = crate::place::Id { schema, name: table };
    let rest = match &row {
        Some(row) => {
            let marker = marker(&declaration, row, &id, &files);
            let vis = &declaration.vis;
            let (label, node) = (id.to_string(), id.node());
            let payload = export::ask(std::slice::from_ref(row), "__source", quote!(#vis #name #label #node));
            quote!(#marker #payload)
        }
        None => {
            let vis = &declaration.vis;
            let schema = Schema { name: id.to_string(), node: id.node(), complete: false, columns: vec![] };
            let export = export::export(vis, name, &Payload::Relation(schema));
            quote!(#[allow(non_camel_case_types)] #vis struct #name {} #export)
        }
    };
    let errors = errors.tokens();
    quote!(#errors #rest)
}

/// The logical schema, which both attributes demand.
pub(crate) fn required_schema(keys: &Keys, name: &Ident, what: &str, example: &str, errors: &mut Errors) -> String {
    match keys.text("schema") {
        Some(schema) => schema.value(),
        None => {
            if !keys.has("schema") {
                let usage = format!("say which schema it is in: `#[{what}(schema = \"{example}\")]`");
                errors.at(name.span(), usage);
            }
            String::new()
        }
    }
}

fn row(declaration: &Function) -> syn::Result<Path> {
    if let Some(body) = &declaration.body {
        return Err(Error::new(body.span(), "a source has no body: end it with `;`"));
    }
    if !declaration.inputs.is_empty() {
        return Err(Error::new(declaration.inputs.span(), "a source has no parameters"));
    }
    let usage = "a source returns `Source<Row>`";
    let ReturnType::Type(_, ty) = &declaration.output else {
        return Err(Error::new(declaration.name.span(), usage));
    };
    match generic(ty, "Source").as_deref() {
        Some([row]) => path_of(row).cloned().ok_or_else(|| Error::new(row.span(), usage)),
        _ => Err(Error::new(ty.span(), usage)),
    }
}

/// The glob and the format's variant.
fn files(keys: &Keys, errors: &mut Errors) -> Option<(LitStr, Ident)> {
    let Some(format) = keys.text("format") else {
        if keys.has("files") {
            errors.at(keys.span("files"), "say how the files are written: `format = \"json\"`");
        }
        return None;
    };
    let Some(files) = keys.text("files") else {
        errors.at(keys.span("format"), "`format` belongs to `files = \"folder/*.json\"`");
        return None;
    };
    let text = format.value();
    match FORMATS.iter().find(|(name, _)| *name == text) {
        Some((_, variant)) => Some((files.clone(), Ident::new(variant, format.span()))),
        None => {
            let names = FORMATS.map(|(name, _)| name);
            let hint = match nearest(&text, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the formats are {}", names.map(|name| format!("`{name}`")).join(", ")),
            };
            errors.at(format.span(), format!("unknown format `{text}`: {hint}"));
            None
        }
    }
}

fn marker(declaration: &Function, row: &Path, id: &crate::place::Id, files: &Option<(LitStr, Ident)>) -> TokenStream {
    let private = quote!(::lakehouse::__private);
    let attributes = kept(&declaration.attributes);
    let (vis, name) = (&declaration.vis, &declaration.name);
    let relation = crate::check::relation_impl(name, &id.schema, &id.name, row);
    let declared = crate::check::declared(name.span(), [], &description(&declaration.attributes));
    let krate = crate::place::krate();
    let origin = match files {
        Some((pattern, format)) => {
            quote!(::core::option::Option::Some((#private::FileFormat::#format, #pattern)))
        }
        None => quote!(::core::option::Option::None),
    };
    quote! {
        #(#attributes)*
        #[allow(non_camel_case_types)]
        #vis struct #name {}
        #relation
        impl #private::Acyclic for #name { const PROOF: () = (); }
        #private::inventory::submit! {
            #private::Registration::Source(#declared, #krate, |declared| {
                #private::declare::source::<#name>(#origin, declared)
            })
        }
    }
}

/// `vis name "label" "node"`: what the row's macro hands on.
pub(crate) struct Named {
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    pub(crate) label: LitStr,
    pub(crate) node: LitStr,
}

impl Parse for Named {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        Ok(Self { vis: input.parse()?, name: input.parse()?, label: input.parse()?, node: input.parse()? })
    }
}

/// The payload of a source or model whose row has answered; a history's own columns come second.
pub(crate) fn named(state: &Named, columns: Vec<crate::payload::Column>, complete: bool) -> TokenStream {
    let schema = Schema { name: state.label.value(), node: state.node.value(), complete, columns };
    export::export(&state.vis, &state.name, &Payload::Relation(schema))
}
