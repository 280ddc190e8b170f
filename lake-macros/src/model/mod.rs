//! `#[model]`: parse the function, then expand to the marker, the function with its SQL, and the calls that bring the
//! schemas of its upstreams to the checker.

mod body;
mod expand;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::{Error, LitStr, Path, ReturnType, Type};

use crate::export;
use crate::function::{self, Function, Input};
use crate::keys::{Errors, Keys, Known, Takes};
use crate::nearest::nearest;
use crate::place::Id;
use crate::rust_type::{path_of, type_arguments};

pub(crate) use body::{Body, Target, placeholders};

const KEYS: [Known; 4] =
    [("schema", Takes::Text), ("name", Takes::Text), ("tags", Takes::List), ("owner", Takes::Text)];

const KINDS: [&str; 4] = ["View", "Table", "Incremental", "History"];

/// A model as written.
struct Model {
    item: Function,
    id: Id,
    keys: Keys,
    returned: Option<Returned>,
    parameters: Vec<Parameter>,
    body: Body,
    /// Whether signature and body can be expanded.
    sound: bool,
}

/// The declared kind.
struct Returned {
    ty: Type,
    row: RowOf,
    /// The type that names a history's own columns.
    names: Option<Path>,
}

/// The declared row.
enum RowOf {
    /// A struct.
    Declared(Path),
    /// `_`: a struct of this name is generated.
    Inferred(Ident),
}

/// A parameter of a model.
struct Parameter {
    name: Ident,
    role: Role,
}

/// What a parameter stands for.
enum Role {
    Ref(Path),
    This,
    Now,
    FirstRun,
}

impl Role {
    /// One word for the checker.
    fn word(&self) -> &'static str {
        match self {
            Role::Ref(_) => "reference",
            Role::This => "this",
            Role::Now => "now",
            Role::FirstRun => "first_run",
        }
    }
}

/// What the attribute expands to.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let item = match function::with_body(item) {
        Ok(item) => item,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::default();
    let model = read(arguments, item, &mut errors);
    let errors = errors.tokens();
    let expanded = expand::model(&model);
    quote!(#errors #expanded)
}

fn read(arguments: TokenStream, item: Function, errors: &mut Errors) -> Model {
    let mut keys = Keys::default();
    keys.read(arguments, &KEYS, errors);
    let name = &item.name;
    let mut wrong = Errors::default();
    let schema = crate::source::required_schema(&keys, name, "model", "marts", errors);
    let id = Id { schema, name: keys.text("name").map_or_else(|| export::bare(name), LitStr::value) };
    if !item.generics.params.is_empty() {
        let usage = "a model has no generic parameters; write a `macro_rules!` or `for_each!` that makes one for each";
        wrong.at(item.generics.span(), usage);
    }
    let returned = errors.take(returned(&item));
    let parameters: Vec<Parameter> =
        item.inputs.iter().filter_map(|argument| wrong.take(parameter(argument))).collect();
    if let Some(Returned { row: RowOf::Inferred(_), .. }) = &returned
        && let Some(this) = parameters.iter().find(|parameter| matches!(parameter.role, Role::This))
    {
        let usage = "a model that reads itself declares its row: with `_` its columns would depend on themselves";
        wrong.at(this.name.span(), usage);
    }
    let body = Body::read(&item, &mut wrong);
    let sound = wrong.is_empty();
    errors.append(wrong);
    Model { id, keys, returned, parameters, body, sound, item }
}

fn returned(item: &Function) -> syn::Result<Returned> {
    let usage = "a model returns `View<Row>`, `Table<Row>`, `Incremental<Row>` or `History<Row>`";
    let ReturnType::Type(_, ty) = &item.output else {
        return Err(Error::new(item.name.span(), usage));
    };
    let last = path_of(ty).and_then(|path| path.segments.last());
    let Some(last) = last else { return Err(Error::new(ty.span(), usage)) };
    let kind = last.ident.to_string();
    if !KINDS.contains(&kind.as_str()) {
        let hint = nearest(&kind, KINDS).map_or(String::new(), |near| format!(": did you mean `{near}`?"));
        let message = format!("`{kind}` is not a kind of model (View, Table, Incremental, History){hint}");
        return Err(Error::new(last.ident.span(), message));
    }
    let arguments = type_arguments(&last.arguments);
    let (row, names) = match (kind.as_str(), arguments.as_slice()) {
        ("History", [row]) => (row, Some(syn::parse_quote!(::lakehouse::prelude::Versions))),
        ("History", [row, names]) => (row, path_of(names).cloned()),
        (_, [row]) => (row, None),
        _ => return Err(Error::new(ty.span(), usage)),
    };
    let row = match row {
        Type::Infer(_) => RowOf::Inferred(struct_name(&item.name)),
        row => match path_of(row) {
            Some(path) => RowOf::Declared(path.clone()),
            None => return Err(Error::new(row.span(), "the row is a struct with `#[derive(Row)]`, or `_`")),
        },
    };
    Ok(Returned { ty: (**ty).clone(), row, names })
}

/// `per_customer` → `PerCustomer`
fn struct_name(name: &Ident) -> Ident {
    let camel: String = export::bare(name)
        .split('_')
        .flat_map(|word| {
            let mut letters = word.chars();
            letters.next().into_iter().flat_map(char::to_uppercase).chain(letters)
        })
        .collect();
    Ident::new(&camel, name.span())
}

fn parameter(argument: &Input) -> syn::Result<Parameter> {
    let usage = "a parameter is `Ref<model>`, `This`, `Now` or `FirstRun`";
    let Some((name, ty)) = &argument.simple else {
        let plain = "a parameter has a plain name, which the SQL uses in braces";
        return Err(Error::new(argument.span(), if argument.typed { plain } else { usage }));
    };
    let wrong = || Error::new(ty.span(), usage);
    let last = path_of(ty).and_then(|path| path.segments.last()).ok_or_else(wrong)?;
    let role = match (last.ident.to_string().as_str(), type_arguments(&last.arguments).as_slice()) {
        ("Ref", [upstream]) => Role::Ref(path_of(upstream).cloned().ok_or_else(wrong)?),
        ("This", []) => Role::This,
        ("Now", []) => Role::Now,
        ("FirstRun", []) => Role::FirstRun,
        _ => return Err(wrong()),
    };
    Ok(Parameter { name: name.clone(), role })
}
