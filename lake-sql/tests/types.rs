//! Types of operators, casts, assignments and calls against what a server answered, under both rule sets.
//!
//! The tables hold types in Trino's spelling. `!` is a refusal, `?` an ambiguous call, `-` was not observed.
#![allow(clippy::unwrap_used)]

use lake_sql::functions::{self, Arg, NoMatch};
use lake_sql::syntax::tree::BinaryOp;
use lake_sql::types::operators::{OperatorError, binary};
use lake_sql::types::{Assignment, Type, TypeRules, can_assign, can_cast, common_super_type};

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
