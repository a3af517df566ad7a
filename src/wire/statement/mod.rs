//! Statements of test runs as JSON: the predicate of an in-toto statement, in a file, a note or an
//! envelope.

pub mod v1;
