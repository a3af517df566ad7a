//! Why a text is no pattern.

use std::fmt;

/// What is wrong with a pattern, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// The rule that the pattern breaks; empty where the remedy implies it.
    problem: String,
    /// What to write instead; empty where a library found the mistake in the syntax.
    remedy: String,
}

impl PatternError {
    /// A pattern outside of the dialect.
    pub(crate) fn new(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        PatternError { problem: problem.into(), remedy: remedy.into() }
    }

    /// A pattern that its library refuses, in the words of the library.
    pub(crate) fn syntax(error: &dyn fmt::Display) -> Self {
        PatternError::new(error.to_string(), "")
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PatternError { problem, remedy } = self;
        let between = if problem.is_empty() || remedy.is_empty() { "" } else { "; " };
        write!(f, "{problem}{between}{remedy}")
    }
}

impl std::error::Error for PatternError {}
