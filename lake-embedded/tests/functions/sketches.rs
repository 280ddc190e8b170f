//! Sketches from bytes: their own give them back, and broken ones are an error, never a panic.

use serde_json::Value;

use crate::{answer, engine};

/// A type, a call that makes a value of it, and one that reads it.
const SKETCHES: [(&str, &str, &str); 5] = [
    ("hyperloglog", "approx_set(x)", "cardinality(s)"),
    ("hyperloglog", "cast(cast(approx_set(x) as p4hyperloglog) as hyperloglog)", "cardinality(s)"),
    ("setdigest", "make_set_digest(x)", "intersection_cardinality(s, s)"),
    ("qdigest(bigint)", "qdigest_agg(x)", "value_at_quantile(s, 0.5e0), quantile_at_value(s, 3)"),
    ("tdigest", "tdigest_agg(x)", "value_at_quantile(s, 0.5e0)"),
];

#[test]
fn broken_bytes_are_errors() {
    let (_folder, engine) = engine();
    for (ty, made, read) in SKETCHES {
        let hex = answer(&engine, &format!("to_hex(cast({made} as varbinary)) from unnest(sequence(1, 9)) t(x)"));
        let hex = hex.unwrap().as_str().unwrap().to_owned();
        let merged = if ty == "setdigest" { "merge_set_digest(s)" } else { "merge(s)" };
        let ask = |hex: &str, call: &str| {
            answer(&engine, &format!("{call} from (select cast(from_hex('{hex}') as {ty}) s) t"))
        };
        let same = ask(&hex, &format!("to_hex(cast({merged} as varbinary))"));
        assert_eq!(same, Ok(Value::from(hex.as_str())), "{ty}");
        assert!(ask(&hex, read).is_ok(), "{ty}");
        let step = (hex.len() / 24).max(1) * 2;
        for at in (0..hex.len()).step_by(step) {
            ask(&hex[..at], read).expect_err("a part of a sketch is none");
            let mut bent = hex.clone();
            bent.replace_range(at..at + 2, "ff");
            for call in [read, merged] {
                // An answer or an error, but no panic and nothing internal.
                let found = ask(&bent, &call.replace(merged, &format!("length(cast({merged} as varbinary))")));
                assert!(found.is_ok() || !found.clone().unwrap_err().contains("panic"), "{ty} {at}: {found:?}");
            }
        }
    }
}
