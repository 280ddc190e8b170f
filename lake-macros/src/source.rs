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

const KEYS: [Known; 5] = [
    ("schema", Takes::Text),
    ("name", Takes::Text),
    ("files", Takes::Text),
    ("format", Takes::Text),
    ("bad_rows", Takes::Text),
];

const FORMATS: [(&str, &str); 4] =
    [("json", "JsonDocument"), ("jsonl", "JsonLines"), ("csv", "Csv"), ("parquet", "Parquet")];

const BAD_ROWS: [(&str, &str); 2] = [("refuse", "Refuse"), ("keep", "Keep")];

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

/// What a source of files says of them.
struct Files {
    pattern: LitStr,
    /// The variants.
    format: Ident,
    bad_rows: Ident,
}

fn files(keys: &Keys, errors: &mut Errors) -> Option<Files> {
    let bad_rows = match keys.text("bad_rows") {
        None => Some(Ident::new("Refuse", proc_macro2::Span::call_site())),
        Some(written) => variant(written, &BAD_ROWS, ("choice for bad rows", "choices"), errors),
    };
    let Some(format) = keys.text("format") else {
        if keys.has("files") {
            errors.at(keys.span("files"), "say how the files are written: `format = \"json\"`");
        } else if keys.has("bad_rows") {
            errors.at(keys.span("bad_rows"), "`bad_rows` belongs to `files = \"folder/*.json\"`");
        }
        return None;
    };
    let Some(files) = keys.text("files") else {
        errors.at(keys.span("format"), "`format` belongs to `files = \"folder/*.json\"`");
        return None;
    };
    let format = variant(format, &FORMATS, ("format", "formats"), errors);
    Some(Files { pattern: files.clone(), format: format?, bad_rows: bad_rows? })
}

/// The variant that a word stands for; `what` is that in words, one and several.
fn variant(written: &LitStr, known: &[(&str, &str)], what: (&str, &str), errors: &mut Errors) -> Option<Ident> {
    let text = written.value();
    if let Some((_, variant)) = known.iter().find(|(name, _)| *name == text) {
        return Some(Ident::new(variant, written.span()));
    }
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let hint = match nearest(&text, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("the {} are {}", what.1, names.join(", "))
        }
    };
    errors.at(written.span(), format!("unknown {} `{text}`: {hint}", what.0));
    None
}

fn marker(declaration: &Function, row: &Path, id: &crate::place::Id, files: &Option<Files>) -> TokenStream {
    let private = quote!(::lakehouse::__private);
    let attributes = kept(&declaration.attributes);
    let (vis, name) = (&declaration.vis, &declaration.name);
    let relation = crate::check::relation_impl(name, &id.schema, &id.name, row);
    let declared = crate::check::declared(name.span(), [], &description(&declaration.attributes));
    let krate = crate::place::krate();
    let origin = match files {
        Some(Files { pattern, format, bad_rows }) => {
            let kinds = quote!(#private::FileFormat::#format, #pattern, #private::BadRows::#bad_rows);
            quote!(::core::option::Option::Some((#kinds)))
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
