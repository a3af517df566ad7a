//! Did the records arrive? Operations that a source meant, compared with what a target holds.
//!
//! | module | what it does |
//! | --- | --- |
//! | `source` | what a connector gives: raw values, row by row |
//! | `canonical` | what a value is, apart from how a system writes it |
//! | `key` | the key of a dataset; keyed keys and digests |
//! | `row` | a row of a manifest: keyed key, keyed digest, operation, sequence, times |
//! | `manifest` | rows in 256 buckets with their header: writing, reading, refusing |
//! | `extract` | rows of a connector to a manifest, in bounded memory |
//! | `record`, `precedence` | what is known of one key; the class that follows |
//! | `control` | invented records that have to come back in their class |
//! | `stream`, `join`, `compare` | the comparison, bucket by bucket |
//! | `totals` | what each bucket counts |
//! | `judge` | what an answer is worth, ours or that of an engine |

pub mod canonical;
pub mod compare;
pub mod control;
pub mod extract;
pub mod join;
pub mod judge;
pub mod key;
pub mod manifest;
#[cfg(any(test, feature = "testing"))]
pub mod oracle;
pub mod precedence;
pub mod record;
pub mod row;
pub mod source;
mod stream;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod totals;
