//! Why a rule cannot be followed, or a value has no canonical form by it.

use std::fmt;

/// What was required and what was found, as a part of a sentence. Never with the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFault(String);

impl From<RuleFault> for String {
    fn from(fault: RuleFault) -> Self {
        fault.0
    }
}

impl From<String> for RuleFault {
    fn from(why: String) -> Self {
        Self(why)
    }
}

impl From<&str> for RuleFault {
    fn from(why: &str) -> Self {
        Self(why.to_string())
    }
}

impl fmt::Display for RuleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RuleFault {}
