//! Where what was typed is kept: the user's folder for state.

use std::path::PathBuf;

/// The file, or None where the environment names no folder of the user.
pub fn file(variable: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let folder = |name: &str| variable(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    let state = folder("XDG_STATE_HOME").filter(|path| path.is_absolute());
    let state = state.or_else(|| folder("LOCALAPPDATA")).or_else(|| Some(folder("HOME")?.join(".local/state")))?;
    Some(state.join("lake").join("query-history"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(variables: &[(&str, &str)], expected: Option<&str>) {
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, path)| (*path).to_owned());
        assert_eq!(file(variable), expected.map(PathBuf::from), "{variables:?}");
    }

    #[test]
    fn the_users_folder_for_state() {
        check(&[("HOME", "/home/ann")], Some("/home/ann/.local/state/lake/query-history"));
        check(&[("HOME", "/home/ann"), ("XDG_STATE_HOME", "/state")], Some("/state/lake/query-history"));
        check(&[("HOME", "/home/ann"), ("XDG_STATE_HOME", "state")], Some("/home/ann/.local/state/lake/query-history"));
        check(&[("HOME", "")], None);
    }
}
