//! The name that a person probably meant.

/// The closest of the candidates, if it is close enough to be worth offering.
pub fn nearest<S: AsRef<str>>(name: &str, candidates: impl IntoIterator<Item = S>) -> Option<String> {
    candidates
        .into_iter()
        .filter(|candidate| close(name, candidate.as_ref()))
        .map(|candidate| (strsim::jaro_winkler(name, candidate.as_ref()), candidate))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.as_ref().to_owned())
}

/// Long names are compared as a whole, short ones by the number of slips.
fn close(a: &str, b: &str) -> bool {
    strsim::jaro_winkler(a, b) >= 0.8 || strsim::damerau_levenshtein(a, b) <= (a.chars().count() / 3).max(1)
}
