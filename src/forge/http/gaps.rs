//! The gaps of answers that cannot be used.

use portcullis_model::fact::{Gap, GapReason};

/// What to do about an answer that does not have its documented form.
pub(super) const CHECK_HOST: &str = "Check the address of the API and the version of the host.";

/// An answer does not have its documented form.
pub fn malformed(what: &str, detail: impl Into<String>) -> Gap {
    Gap::new(what, GapReason::Malformed, detail, CHECK_HOST)
}

/// A list stops early.
pub fn truncated(what: &str, detail: impl Into<String>) -> Gap {
    Gap::new(what, GapReason::Truncated, detail, "Run again; if it stays, look at the list by hand.")
}

/// Two answers cannot both be true.
pub fn contradiction(what: &str, detail: impl Into<String>) -> Gap {
    let remedy = "Run again: something may have changed while it was read.";
    Gap::new(what, GapReason::Contradiction, detail, remedy)
}
