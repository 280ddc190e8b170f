//! What a command can fail with.

use lake_core::engine::EngineError;

/// A failure with its exit code.
#[derive(Debug)]
pub struct Error {
    /// 1 for what went wrong outside, 2 for wrong use.
    pub code: u8,
    /// What is wrong; None if nobody is left to read it.
    pub message: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Error {
    /// The command was used wrongly.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { code: 2, message: Some(message.into()), help: None }
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl From<EngineError> for Error {
    fn from(error: EngineError) -> Self {
        Self { code: 1, message: Some(error.message), help: error.help }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        // Whoever has read enough, such as `head`, closes the pipe and wants no word about it.
        let gone = error.kind() == std::io::ErrorKind::BrokenPipe;
        Self { code: 1, message: (!gone).then(|| format!("writing the output: {error}")), help: None }
    }
}
