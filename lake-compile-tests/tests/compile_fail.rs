//! What does not compile, and the exact words that the compiler says.
//!
//! `TRYBUILD=overwrite cargo test -p lake-compile-tests --test compile_fail` writes the words anew.

#[test]
fn wrong_models_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/fail/*.rs");
}
