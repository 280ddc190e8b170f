//! The attributes and macros that check SQL models while the compiler runs.
