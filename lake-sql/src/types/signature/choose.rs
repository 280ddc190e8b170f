//! The choice among overloads, as Trino makes it.
//!
//! First an overload without type variables that takes exactly the arguments' types, then one with variables, then those
//! that take them with implicit casts, of which the most specific wins. Null literals have no type of their own: if some
//! overloads cast nothing but them, only those count, and if all that remain would give null of one type, any will do.

use super::bind::{Bound, Unfit, bind};
use super::{Arg, BindLambda, Signature};
use crate::types::{Type, TypeRules};

/// The overload that was chosen.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// Its position among the signatures.
    pub index: usize,
    /// The type that each argument must be cast to; for lambdas a [`Type::Function`].
    pub args: Vec<Type>,
    /// Type of the result.
    pub result: Type,
}

/// Why none was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// None accepts the arguments.
    None,
    /// Several accept them equally well.
    Ambiguous,
    /// The body of a lambda was refused.
    Lambda,
}

/// Chooses among signatures. `null_on_null` says that the function returns null for a null argument.
pub fn choose(
    signatures: &[Signature],
    args: &[Arg],
    null_on_null: bool,
    rules: TypeRules,
    lambda: &mut BindLambda<'_>,
) -> Result<Chosen, Refusal> {
    if args.iter().any(|arg| matches!(arg, Arg::Typed(ty) if ty.has_error())) {
        return Ok(despite_error(signatures, args, rules, lambda));
    }
    let mut choice = Choice { signatures, args, rules, lambda_refused: false };
    let exact = choice.applicable(false, |signature| signature.variables.is_empty(), lambda);
    if let Some(chosen) = only(exact)? {
        return Ok(chosen);
    }
    let generic = choice.applicable(false, |signature| !signature.variables.is_empty(), lambda);
    if let Some(chosen) = only(generic)? {
        return Ok(chosen);
    }
    let coerced = choice.applicable(true, |_| true, lambda);
    let best = choice.most_specific(coerced, null_on_null);
    match only(best)? {
        Some(chosen) => Ok(chosen),
        None if choice.lambda_refused => Err(Refusal::Lambda),
        None => Err(Refusal::None),
    }
}

type Candidate = (usize, Bound);

fn only(candidates: Vec<Candidate>) -> Result<Option<Chosen>, Refusal> {
    match <[Candidate; 1]>::try_from(candidates) {
        Ok([(index, bound)]) => Ok(Some(Chosen { index, args: bound.args, result: bound.result })),
        Err(candidates) if candidates.is_empty() => Ok(None),
        Err(_) => Err(Refusal::Ambiguous),
    }
}

struct Choice<'a> {
    signatures: &'a [Signature],
    args: &'a [Arg],
    rules: TypeRules,
    lambda_refused: bool,
}

impl Choice<'_> {
    fn applicable(
        &mut self,
        coerce: bool,
        eligible: impl Fn(&Signature) -> bool,
        lambda: &mut BindLambda<'_>,
    ) -> Vec<Candidate> {
        let mut candidates = vec![];
        for (index, signature) in self.signatures.iter().enumerate() {
            if !signature.exists(self.rules) || !eligible(signature) {
                continue;
            }
            match bind(signature, self.args, coerce, self.rules, lambda) {
                Ok(bound) => candidates.push((index, bound)),
                Err(unfit) => self.lambda_refused |= unfit == Unfit::Lambda,
            }
        }
        candidates
    }

    fn most_specific(&self, applicable: Vec<Candidate>, null_on_null: bool) -> Vec<Candidate> {
        let best = self.representatives(&applicable);
        let Some(types) = self.types().filter(|types| best.len() > 1 && types.contains(&Type::Unknown)) else {
            return best;
        };
        let only_nulls_cast: Vec<_> = applicable
            .into_iter()
            .filter(|(_, bound)| types.iter().zip(&bound.args).all(|(ty, arg)| *ty == Type::Unknown || ty == arg))
            .collect();
        let mut best = if only_nulls_cast.is_empty() { best } else { only_nulls_cast };
        let one_result = best.windows(2).all(|pair| pair[0].1.result == pair[1].1.result);
        if one_result && null_on_null {
            best.truncate(1);
        }
        best
    }

    /// One candidate of each group in which one is more specific than the others.
    fn representatives(&self, applicable: &[Candidate]) -> Vec<Candidate> {
        let mut representatives: Vec<Candidate> = vec![];
        for current in applicable {
            let related = representatives.iter_mut().find_map(|known| {
                let better = self.more_specific(current, known);
                (better || self.more_specific(known, current)).then_some((known, better))
            });
            match related {
                Some((known, true)) => *known = current.clone(),
                Some((_, false)) => {}
                None => representatives.push(current.clone()),
            }
        }
        representatives
    }

    /// Whether what `left` takes could also be given to `right`.
    fn more_specific(&self, left: &Candidate, right: &Candidate) -> bool {
        let args: Vec<_> = left.1.args.iter().cloned().map(Arg::Typed).collect();
        bind(&self.signatures[right.0], &args, true, self.rules, &mut |_, _| None).is_ok()
    }

    /// The arguments' types, if all are known without an overload.
    fn types(&self) -> Option<Vec<Type>> {
        self.args
            .iter()
            .map(|arg| match arg {
                Arg::Typed(ty) => Some(ty.clone()),
                Arg::Lambda(_) => None,
            })
            .collect()
    }
}

/// With an argument that is already wrong: keeps the arguments as they are, and the result where all overloads agree.
fn despite_error(signatures: &[Signature], args: &[Arg], rules: TypeRules, lambda: &mut BindLambda<'_>) -> Chosen {
    let mut fitting = signatures.iter().enumerate().filter_map(|(index, signature)| {
        Some((index, bind(signature, args, true, rules, &mut |_, _| Some(Type::Error)).ok()?))
    });
    let first = fitting.next();
    let agreed = first.as_ref().map(|(_, bound)| &bound.result).filter(|result| !result.has_error());
    let agreed = agreed.filter(|result| fitting.all(|(_, bound)| bound.result == **result)).cloned();
    let kept = args.iter().enumerate().map(|(index, arg)| match arg {
        Arg::Typed(ty) => ty.clone(),
        Arg::Lambda(count) => {
            let parameters = vec![Type::Error; *count];
            let result = lambda(index, &parameters).unwrap_or(Type::Error);
            Type::Function(parameters, Box::new(result))
        }
    });
    Chosen { index: first.map_or(0, |(index, _)| index), args: kept.collect(), result: agreed.unwrap_or(Type::Error) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn ty(text: &str) -> Type {
        if text == "?" { Type::Error } else { text.parse().unwrap() }
    }

    /// Chooses with lambdas whose results are given by a function of their parameters.
    fn chosen(signature: &'static str, args: &[&str], result: impl Fn(&[Type]) -> Type) -> Result<String, Refusal> {
        let args: Vec<_> = args
            .iter()
            .map(|arg| match arg.strip_prefix("->") {
                Some(count) => Arg::Lambda(count.parse().unwrap()),
                None => Arg::Typed(ty(arg)),
            })
            .collect();
        let signatures = [Signature::parse(signature).unwrap()];
        let found = choose(&signatures, &args, true, TypeRules::New, &mut |_, parameters| Some(result(parameters)))?;
        let args: Vec<_> = found.args.iter().map(Type::to_string).collect();
        Ok(format!("({}) -> {}", args.join(", "), found.result))
    }

    #[test]
    fn lambdas_are_typed_from_the_other_arguments() {
        let transform = "(array(T), function(T, U)) -> array(U)";
        assert_eq!(
            chosen(transform, &["array(integer)", "->1"], |_| Type::Double).unwrap(),
            "(array(integer), function(integer, double)) -> array(double)"
        );
        assert_eq!(chosen(transform, &["array(integer)", "->2"], |_| Type::Double), Err(Refusal::None));
    }

    #[test]
    fn a_state_grows_to_what_its_lambda_returns() {
        let reduce = "(array(T), S, function(S, T, S), function(S, R)) -> R";
        let args = ["array(bigint)", "integer", "->2", "->1"];
        assert_eq!(
            chosen(reduce, &args, |parameters| parameters.last().unwrap().clone()).unwrap(),
            "(array(bigint), bigint, function(bigint, bigint, bigint), function(bigint, bigint)) -> bigint"
        );
    }

    #[test]
    fn a_variable_may_demand_an_order() {
        let max = "(T) -> T where T orderable";
        assert_eq!(chosen(max, &["bigint"], |_| Type::Error).unwrap(), "(bigint) -> bigint");
        assert_eq!(chosen(max, &["map(bigint, bigint)"], |_| Type::Error), Err(Refusal::None));
    }

    #[test]
    fn an_error_spreads_silently() {
        let pick = "(array(T), bigint) -> T";
        assert_eq!(chosen(pick, &["?", "varchar"], |_| Type::Error), Ok("(?, varchar) -> ?".to_owned()));
    }
}
