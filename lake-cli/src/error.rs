//! What a command can fail with, and how it is printed.

use crate::exit::Exit;

/// A failure with its exit code.
#[derive(Debug)]
pub struct Error {
    /// How the command ends.
    pub exit: Exit,
    /// What is wrong, one message each.
    pub messages: Vec<String>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Error {
    /// The command was used wrongly.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, messages: vec![message.into()], help: None }
    }

    /// Several mistakes at once.
    pub fn usages<M: ToString>(messages: impl IntoIterator<Item = M>) -> Self {
        let messages = messages.into_iter().map(|message| message.to_string()).collect();
        Self { exit: Exit::Usage, messages, help: None }
    }

    /// Something failed.
    pub fn failure(message: impl Into<String>) -> Self {
        Self { exit: Exit::Failure, messages: vec![message.into()], help: None }
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Prints it to standard error.
    pub fn print(&self) {
        for message in &self.messages {
            eprintln!("error: {message}");
        }
        if let Some(help) = &self.help {
            eprintln!("  = help: {help}");
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        // Whoever has read enough, such as `head`, closes the pipe and wants no word about it.
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self { exit: Exit::Failure, messages: vec![], help: None };
        }
        Self::failure(format!("writing the output: {error}"))
    }
}

impl From<lake_core::engine::EngineError> for Error {
    fn from(error: lake_core::engine::EngineError) -> Self {
        Self { exit: Exit::Failure, messages: vec![error.to_string()], help: error.help }
    }
}
