//! Did the records arrive? Operations that a source meant, compared with what a target holds.
//!
//! | module | what it does |
//! | --- | --- |
//! | `source` | what a connector gives: raw values, row by row |
//! | `row` | a row of a manifest: keyed key, keyed digest, operation, sequence, times |

pub mod row;
pub mod source;
