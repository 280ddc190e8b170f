//! What a model is, as a short text: free of formatting, environment and place.

use std::fmt::{self, Write};

use sha2::{Digest, Sha256};

use crate::model::spec::ModelSpec;

/// Changes when the model's query, kind or columns change, and not when its text is laid out differently.
pub fn fingerprint(model: &ModelSpec) -> String {
    let mut hash = Sha256::new();
    let mut buffer = String::new();
    let mut add = |text: fmt::Arguments| {
        buffer.clear();
        buffer.write_fmt(text).expect("writing to a string cannot fail");
        hash.update(buffer.len().to_le_bytes());
        hash.update(buffer.as_bytes());
    };
    add(format_args!("{}", super::query::normalised(&model.query.template)));
    for (name, binding) in &model.query.bindings {
        add(format_args!("{name}"));
        add(format_args!("{binding:?}"));
    }
    add(format_args!("{:?} {:?}", model.kind, model.publish));
    for column in &model.columns {
        add(format_args!("{} {} {} {:?}", column.name, column.ty, column.nullable, column.audits));
    }
    hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}
