//! `lake.toml`: where and how the models run.
//!
//! ```toml
//! target = "embedded"             # the default one
//!
//! [targets.embedded]
//! engine = "embedded"
//! warehouse = "warehouse"         # folder or object store of the tables
//! landing = "landing"             # where source files arrive
//! state = ".lake"                 # journal, results, leases
//! threads = 4
//!
//! [targets.embedded.schemas]      # logical to physical names
//! raw = "raw_prod"
//!
//! [targets.embedded.options]      # what the engine's own crate reads
//! ```
//!
//! `LAKE_TARGET`, `LAKE_ENGINE`, `LAKE_WAREHOUSE`, `LAKE_LANDING`, `LAKE_STATE`, `LAKE_THREADS` and
//! `LAKE_SCHEMA_PREFIX` stand above the file. Relative folders start at the file's own.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::nearest::nearest;

/// The settings of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The target that is meant when none is named.
    pub default_target: String,
    /// All targets by name.
    pub targets: BTreeMap<String, Target>,
}

/// One place to run at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// Kind of engine, such as `embedded`.
    pub engine: String,
    /// Where tables are: a folder or a location of an object store.
    pub warehouse: String,
    /// Folder below which source files arrive.
    pub landing: String,
    /// Folder of the journal.
    pub state: String,
    /// Most models at once.
    pub threads: usize,
    /// Stands before every physical schema, so that several people can share a catalog.
    pub schema_prefix: String,
    /// Physical schemas of logical ones; a schema that is not here keeps its name.
    pub schemas: BTreeMap<String, String>,
    /// What the engine's own crate reads.
    pub options: BTreeMap<String, String>,
}

const ROOT_KEYS: [&str; 2] = ["target", "targets"];
const TARGET_KEYS: [&str; 8] =
    ["engine", "warehouse", "landing", "state", "threads", "schema_prefix", "schemas", "options"];
const VARIABLES: [&str; 7] = [
    "LAKE_TARGET",
    "LAKE_ENGINE",
    "LAKE_WAREHOUSE",
    "LAKE_LANDING",
    "LAKE_STATE",
    "LAKE_THREADS",
    "LAKE_SCHEMA_PREFIX",
];

impl Target {
    /// A target with nothing but its defaults.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.into(),
            engine: "embedded".into(),
            warehouse: "warehouse".into(),
            landing: "landing".into(),
            state: ".lake".into(),
            threads: 4,
            schema_prefix: String::new(),
            schemas: BTreeMap::new(),
            options: BTreeMap::new(),
        }
    }

    /// The physical schema of a logical one.
    pub fn schema(&self, logical: &str) -> String {
        let mapped = self.schemas.get(logical).map_or(logical, String::as_str);
        format!("{}{mapped}", self.schema_prefix)
    }
}

impl Default for Settings {
    /// What holds where there is no file: one target, `embedded`.
    fn default() -> Self {
        let target = Target::named("embedded");
        Self { default_target: target.name.clone(), targets: [(target.name.clone(), target)].into() }
    }
}

impl Settings {
    /// Reads the text of a `lake.toml`; `path` is how messages call it. Every wrong key is reported.
    pub fn parse(text: &str, path: &str) -> Result<Self, Vec<SettingsError>> {
        let mut reader = Reader { text, path, errors: vec![] };
        let settings = reader.settings();
        match settings {
            Some(settings) if reader.errors.is_empty() => Ok(settings),
            _ => Err(reader.errors),
        }
    }

    /// The target of that name (or the default one), with the environment's variables on top.
    pub fn target(
        &self,
        name: Option<&str>,
        environment: &BTreeMap<String, String>,
    ) -> Result<Target, Vec<SettingsError>> {
        let mut errors = misspelt(environment);
        let name = name.or(environment.get("LAKE_TARGET").map(String::as_str)).unwrap_or(&self.default_target);
        let Some(target) = self.targets.get(name) else {
            errors.push(SettingsError::unplaced(
                format!("there is no target `{name}` (there is {})", list(self.targets.keys())),
                nearest(name, self.targets.keys()),
            ));
            return Err(errors);
        };
        let mut target = target.clone();
        for (variable, value) in environment {
            match variable.as_str() {
                "LAKE_ENGINE" => target.engine.clone_from(value),
                "LAKE_WAREHOUSE" => target.warehouse.clone_from(value),
                "LAKE_LANDING" => target.landing.clone_from(value),
                "LAKE_STATE" => target.state.clone_from(value),
                "LAKE_SCHEMA_PREFIX" => target.schema_prefix.clone_from(value),
                "LAKE_THREADS" => match value.parse() {
                    Ok(threads) if threads > 0 => target.threads = threads,
                    _ => errors.push(SettingsError::unplaced(
                        format!("LAKE_THREADS is `{value}`, expected a number from 1"),
                        None,
                    )),
                },
                _ => {}
            }
        }
        if errors.is_empty() { Ok(target) } else { Err(errors) }
    }
}

/// Variables that are close to one of ours and not it. Others may belong to somebody else.
fn misspelt(environment: &BTreeMap<String, String>) -> Vec<SettingsError> {
    environment
        .keys()
        .filter(|name| name.starts_with("LAKE_") && !VARIABLES.contains(&name.as_str()))
        .filter_map(|name| {
            let close = VARIABLES.iter().find(|known| strsim::damerau_levenshtein(known, name) <= 2)?;
            Some(SettingsError::unplaced(
                format!("the environment variable {name} is unknown"),
                Some(close.to_string()),
            ))
        })
        .collect()
}

fn list<S: fmt::Display>(names: impl IntoIterator<Item = S>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

type Table<'i> = DeTable<'i>;
type Value<'i> = Spanned<DeValue<'i>>;

struct Reader<'a> {
    text: &'a str,
    path: &'a str,
    errors: Vec<SettingsError>,
}

impl Reader<'_> {
    fn settings(&mut self) -> Option<Settings> {
        let root = match DeTable::parse(self.text) {
            Ok(root) => root.into_inner(),
            Err(error) => {
                let span = error.span().unwrap_or(0..0);
                self.error(span, error.message().lines().collect::<Vec<_>>().join(" "), None);
                return None;
            }
        };
        self.known(&root, &ROOT_KEYS, "");
        let mut targets = BTreeMap::new();
        for (key, value) in &root {
            if key.get_ref() == "targets" {
                for (name, table) in self.table(value, "targets").into_iter().flatten() {
                    let name: &str = name.get_ref();
                    targets.insert(name.to_owned(), self.target(name, table));
                }
            }
        }
        if targets.is_empty() {
            let target = Target::named("embedded");
            targets.insert(target.name.clone(), target);
        }
        let first = targets.keys().next().cloned().expect("there is at least one target");
        let mut default_target = if targets.contains_key("embedded") { "embedded".into() } else { first };
        for (key, value) in &root {
            if key.get_ref() == "target" {
                let name = self.string(value, "target");
                if !name.is_empty() && !targets.contains_key(&name) {
                    let close = nearest(&name, targets.keys());
                    self.error(value.span(), format!("there is no target `{name}`"), close);
                }
                default_target = name;
            }
        }
        Some(Settings { default_target, targets })
    }

    fn target(&mut self, name: &str, value: &Value) -> Target {
        let mut target = Target::named(name);
        let whole = format!("targets.{name}");
        let Some(table) = self.table(value, &whole) else { return target };
        self.known(table, &TARGET_KEYS, &whole);
        for (key, value) in table {
            let key: &str = key.get_ref();
            let full = format!("{whole}.{key}");
            match key {
                "engine" => target.engine = self.string(value, &full),
                "warehouse" => target.warehouse = self.string(value, &full),
                "landing" => target.landing = self.string(value, &full),
                "state" => target.state = self.string(value, &full),
                "schema_prefix" => target.schema_prefix = self.string(value, &full),
                "threads" => target.threads = self.count(value, &full),
                "schemas" => target.schemas = self.strings(value, &full),
                "options" => target.options = self.strings(value, &full),
                _ => {}
            }
        }
        target
    }

    fn known(&mut self, table: &Table, keys: &[&str], whole: &str) {
        for key in table.keys() {
            let name: &str = key.get_ref();
            if !keys.contains(&name) {
                let place = if whole.is_empty() { String::new() } else { format!(" in `{whole}`") };
                let close = nearest(name, keys);
                let known = if close.is_none() { format!(" (known: {})", list(keys)) } else { String::new() };
                self.error(key.span(), format!("unknown key `{name}`{place}{known}"), close);
            }
        }
    }

    fn table<'v, 'i>(&mut self, value: &'v Value<'i>, key: &str) -> Option<&'v Table<'i>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(table),
            other => {
                self.error(value.span(), format!("`{key}` is {}, expected a table", kind(other)), None);
                None
            }
        }
    }

    fn string(&mut self, value: &Value, key: &str) -> String {
        match value.get_ref() {
            DeValue::String(text) => text.clone().into_owned(),
            other => {
                self.error(value.span(), format!("`{key}` is {}, expected a string", kind(other)), None);
                String::new()
            }
        }
    }

    fn strings(&mut self, value: &Value, key: &str) -> BTreeMap<String, String> {
        let Some(table) = self.table(value, key) else { return BTreeMap::new() };
        let mut map = BTreeMap::new();
        for (name, value) in table {
            let name: &str = name.get_ref();
            map.insert(name.to_owned(), self.string(value, &format!("{key}.{name}")));
        }
        map
    }

    fn count(&mut self, value: &Value, key: &str) -> usize {
        if let DeValue::Integer(number) = value.get_ref()
            && let Ok(count @ 1..) = number.as_str().parse()
        {
            return count;
        }
        self.error(value.span(), format!("`{key}` must be a number from 1"), None);
        1
    }

    fn error(&mut self, span: Range<usize>, message: String, nearest: Option<String>) {
        let before = &self.text[..span.start.min(self.text.len())];
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        self.errors.push(SettingsError { place: Some((self.path.to_owned(), line)), message, nearest });
    }
}

fn kind(value: &DeValue) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// What is wrong in `lake.toml` or in the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    /// File and line, if it comes from the file.
    pub place: Option<(String, usize)>,
    /// What is wrong.
    pub message: String,
    /// What was probably meant.
    pub nearest: Option<String>,
}

impl SettingsError {
    fn unplaced(message: String, nearest: Option<String>) -> Self {
        Self { place: None, message, nearest }
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((file, line)) = &self.place {
            write!(f, "{file}:{line}: ")?;
        }
        write!(f, "{}", self.message)?;
        match &self.nearest {
            Some(name) => write!(f, "; did you mean `{name}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SettingsError {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn errors(text: &str) -> Vec<String> {
        Settings::parse(text, "lake.toml").unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_full_file() {
        let settings = Settings::parse(
            "target = 'dev'\n[targets.dev]\nengine = 'trino'\nthreads = 2\n[targets.dev.schemas]\nraw = 'raw_prod'\n\
             [targets.prod]\nengine = 'athena'\noptions = { workgroup = 'etl' }",
            "lake.toml",
        )
        .unwrap();
        let environment =
            [("LAKE_THREADS".to_owned(), "9".to_owned()), ("LAKE_SCHEMA_PREFIX".into(), "me_".into())].into();
        let target = settings.target(None, &environment).unwrap();
        assert_eq!((target.engine.as_str(), target.threads), ("trino", 9));
        assert_eq!(target.schema("raw"), "me_raw_prod");
        assert_eq!(target.schema("fx"), "me_fx");
        assert_eq!(settings.target(Some("prod"), &BTreeMap::new()).unwrap().options["workgroup"], "etl");
    }

    #[test]
    fn without_a_file_everything_is_embedded() {
        let target = Settings::default().target(None, &BTreeMap::new()).unwrap();
        assert_eq!((target.engine.as_str(), target.warehouse.as_str()), ("embedded", "warehouse"));
    }

    #[test]
    fn every_wrong_key_has_its_line() {
        assert_eq!(
            errors("targt = 'x'\n[targets.dev]\nengin = 'trino'\nthreads = 'two'\nzzz = 1\n"),
            [
                "lake.toml:1: unknown key `targt`; did you mean `target`?",
                "lake.toml:3: unknown key `engin` in `targets.dev`; did you mean `engine`?",
                "lake.toml:5: unknown key `zzz` in `targets.dev` (known: `engine`, `warehouse`, `landing`, `state`, \
                 `threads`, `schema_prefix`, `schemas`, `options`)",
                "lake.toml:4: `targets.dev.threads` must be a number from 1",
            ]
        );
        assert_eq!(
            errors("target = 'dve'\n[targets.dev]\n"),
            ["lake.toml:1: there is no target `dve`; did you mean `dev`?"]
        );
        assert_eq!(errors("target = \n").len(), 1);
    }

    #[test]
    fn misspelt_variables_and_targets() {
        let environment = [("LAKE_THREDS".to_owned(), "9".to_owned()), ("LAKE_LOG".into(), "x".into())].into();
        let errors = Settings::default().target(Some("embeded"), &environment).unwrap_err();
        let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "the environment variable LAKE_THREDS is unknown; did you mean `LAKE_THREADS`?",
                "there is no target `embeded` (there is `embedded`); did you mean `embedded`?",
            ]
        );
    }
}
