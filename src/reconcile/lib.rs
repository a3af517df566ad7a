//! Did the records arrive? Operations that a source meant, compared with what a target holds.
//!
//! | module | what it does |
//! | --- | --- |
//! | `source` | what a connector gives: raw values, row by row |
//! | `canonical` | what a value is, apart from how a system writes it |
//! | `key` | the key of a dataset; keyed keys and digests |
//! | `row` | a row of a manifest: keyed key, keyed digest, operation, sequence, times |
//! | `manifest` | rows in 256 buckets with their header: writing, reading, refusing |

pub mod canonical;
pub mod key;
pub mod manifest;
pub mod row;
pub mod source;
