//! Types of operators, casts, assignments and calls against what a server answered, under both rule sets.
//!
//! The tables hold types in Trino's spelling. `!` is a refusal, `?` an ambiguous call, `-` was not observed.
#![allow(clippy::unwrap_used)]

use lake_sql::functions::{self, Arg, NoMatch};
use lake_sql::syntax::tree::BinaryOp;
use lake_sql::types::operators::{OperatorError, binary};
use lake_sql::types::{Assignment, Field, Type, TypeRules, can_assign, can_cast, can_coerce, common_super_type};
use proptest::prelude::*;

const RULES: [TypeRules; 2] = [TypeRules::New, TypeRules::Old];

fn ty(text: &str) -> Type {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Compares each observed answer of a table with ours and lists all that differ.
fn check(table: &str, inputs: usize, ours: impl Fn(&[&str], TypeRules) -> String) {
    let mut differing = vec![];
    let mut seen = 0;
    for line in table.lines().skip(1) {
        let cells: Vec<_> = line.split('\t').collect();
        for (rules, expected) in RULES.into_iter().zip(&cells[inputs..]).filter(|(_, expected)| **expected != "-") {
            seen += 1;
            let expected = match ["!", "?", "yes", "no"].contains(expected) {
                true => (*expected).to_owned(),
                false => ty(expected).to_string(),
            };
            let found = ours(&cells[..inputs], rules);
            if found != expected {
                differing.push(format!(
                    "{:?} {}: expected {expected}, found {found}",
                    rules,
                    cells[..inputs].join(" ; ")
                ));
            }
        }
    }
    assert!(seen > 100, "only {seen} answers in the table");
    assert!(differing.is_empty(), "{} of {seen} differ:\n{}", differing.len(), differing.join("\n"));
}

fn operator(sign: &str) -> BinaryOp {
    match sign {
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Subtract,
        "*" => BinaryOp::Multiply,
        "/" => BinaryOp::Divide,
        "%" => BinaryOp::Modulus,
        "||" => BinaryOp::Concat,
        "=" => BinaryOp::Equal,
        "<" => BinaryOp::Less,
        _ => panic!("no operator {sign}"),
    }
}

#[test]
fn operators_have_the_servers_types() {
    check(include_str!("data/types/operators.tsv"), 3, |cells, rules| {
        let [sign, left, right] = cells else { unreachable!("three inputs") };
        let (left, right) = (ty(left), ty(right));
        if *sign == "common" {
            return common_super_type(&left, &right, rules).map_or("!".to_owned(), |common| common.to_string());
        }
        match binary(operator(sign), &left, &right, rules) {
            Ok(found) => found.result.to_string(),
            Err(OperatorError::Ambiguous) => "?".to_owned(),
            Err(_) => "!".to_owned(),
        }
    });
}

#[test]
fn casts_are_allowed_as_on_the_server() {
    check(include_str!("data/types/casts.tsv"), 2, |cells, rules| {
        (if can_cast(&ty(cells[0]), &ty(cells[1]), rules) { "yes" } else { "no" }).to_owned()
    });
}

#[test]
fn assignments_are_accepted_as_on_the_server() {
    check(include_str!("data/types/assignments.tsv"), 2, |cells, _| {
        (if can_assign(&ty(cells[0]), &ty(cells[1])) == Assignment::Refused { "no" } else { "yes" }).to_owned()
    });
}

#[test]
fn calls_have_the_servers_types() {
    check(include_str!("data/types/calls.tsv"), 2, |cells, rules| {
        let args: Vec<_> =
            cells[1].split(" | ").filter(|cell| !cell.is_empty()).map(|cell| Arg::Typed(ty(cell))).collect();
        match functions::resolve(cells[0], &args, rules, &mut |_, _| None) {
            Ok(resolved) => resolved.result.to_string(),
            Err(NoMatch::Ambiguous(_)) => "?".to_owned(),
            Err(_) => "!".to_owned(),
        }
    });
}

fn scalar() -> impl Strategy<Value = Type> {
    prop_oneof![
        Just(Type::Boolean),
        Just(Type::TinyInt),
        Just(Type::BigInt),
        Just(Type::Real),
        Just(Type::Double),
        (1_u8..=38)
            .prop_flat_map(|precision| (0..=precision).prop_map(move |scale| Type::Decimal { precision, scale })),
        proptest::option::of(0_u32..300).prop_map(Type::Varchar),
        (0_u32..300).prop_map(Type::Char),
        Just(Type::Json),
        Just(Type::Date),
        (0_u8..=12).prop_map(Type::Time),
        (0_u8..=12).prop_map(Type::TimeTz),
        (0_u8..=12).prop_map(Type::Timestamp),
        (0_u8..=12).prop_map(Type::TimestampTz),
        Just(Type::IntervalYearToMonth),
        Just(Type::IntervalDayToSecond),
        Just(Type::Unknown),
        Just(Type::Opaque("tdigest".to_owned())),
    ]
}

fn any_type() -> impl Strategy<Value = Type> {
    let name = proptest::option::of(prop_oneof!["[a-z][a-z0-9_]{0,5}", "[ -~é]{1,6}", Just("timestamp".to_owned())]);
    scalar().prop_recursive(3, 12, 3, move |inner| {
        let field = (name.clone(), inner.clone()).prop_map(|(name, ty)| Field { name, ty });
        prop_oneof![
            inner.clone().prop_map(|element| Type::Array(Box::new(element))),
            (inner.clone(), inner).prop_map(|(key, value)| Type::Map(Box::new(key), Box::new(value))),
            proptest::collection::vec(field, 1..4).prop_map(Type::Row),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_as_the_same_type(ty in any_type()) {
        prop_assert_eq!(ty.to_string().parse::<Type>(), Ok(ty));
    }

    #[test]
    fn a_common_type_takes_both_whatever_their_order(a in any_type(), b in any_type()) {
        for rules in RULES {
            let common = common_super_type(&a, &b, rules);
            prop_assert_eq!(&common, &common_super_type(&b, &a, rules));
            if let Some(common) = common {
                prop_assert!(can_coerce(&a, &common, rules) && can_coerce(&b, &common, rules), "{} {} {}", a, b, common);
                prop_assert!(can_cast(&a, &common, rules), "{} as {}", a, common);
            }
        }
    }
}
