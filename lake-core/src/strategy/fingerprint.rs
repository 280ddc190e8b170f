//! What a model is, as a short text: free of formatting, environment and place.

use sha2::{Digest, Sha256};

use crate::model::spec::ModelSpec;

/// Changes when the model's query, kind or columns change, and not when its text is laid out differently.
pub fn fingerprint(model: &ModelSpec) -> String {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        hash.update(text.len().to_le_bytes());
        hash.update(text.as_bytes());
    };
    add(&super::query::normalised(&model.query.template));
    for (name, binding) in &model.query.bindings {
        add(name);
        add(&format!("{binding:?}"));
    }
    add(&format!("{:?} {:?}", model.kind, model.publish));
    for column in &model.columns {
        add(&format!("{} {} {} {:?}", column.name, column.ty, column.nullable, column.audits));
    }
    hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}
