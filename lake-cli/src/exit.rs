//! Exit codes, part of the interface.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: everything asked for was done, or there was nothing to do.
    Success,
    /// 1: something failed: a model, an audit, a query.
    Failure,
    /// 2: the command was used wrongly: unknown option, model, target or key of `lake.toml`.
    Usage,
    /// 130: interrupted by Ctrl-C; `retry` continues.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Success => 0,
            Exit::Failure => 1,
            Exit::Usage => 2,
            Exit::Interrupted => 130,
        })
    }
}
