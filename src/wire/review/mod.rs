//! Signed reviews as JSON: the envelope in a chain, and the statement in it.

pub mod v1;
