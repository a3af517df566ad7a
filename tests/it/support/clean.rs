//! Programs that are started without what is set around the tests.

use std::process::Command;

/// A command whose environment is empty, but for where temporary files go: a test of the program
/// makes thousands of them, and in memory they cost a fifth.
pub trait CleanEnvironment {
    /// Empties it.
    fn clean_env(&mut self) -> &mut Self;
}

impl CleanEnvironment for Command {
    fn clean_env(&mut self) -> &mut Self {
        self.env_clear().env("TMPDIR", std::env::temp_dir())
    }
}
