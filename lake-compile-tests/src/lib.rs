//! Only tests: models that must compile, and models that must not.
