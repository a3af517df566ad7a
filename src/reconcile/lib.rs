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
//! | `reason` | what is kept of the reason of a reject |
//! | `control` | invented records that have to come back in their class |
//! | `stream`, `join`, `compared`, `compare` | the comparison, bucket by bucket |
//! | `looks` | what a later look can still change of shares |
//! | `totals` | what each bucket counts |
//! | `engine` | the comparison as one SQL text, and what an engine's answer is worth |
//! | `spark_connect` | the text is run on a Spark that listens for clients |
//! | `exchange` | two parties find their differences, and show each other no other records |
//! | `result` | the document of a result |
//! | `judge` | what an answer is worth, ours or that of an engine |

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests damage files"))]

pub mod canonical;
pub mod compare;
mod compared;
pub mod control;
pub mod engine;
pub mod exchange;
pub mod extract;
pub mod join;
pub mod judge;
pub mod key;
pub mod looks;
pub mod manifest;
#[cfg(any(test, feature = "testing"))]
pub mod oracle;
pub mod precedence;
pub mod reason;
pub mod record;
pub mod result;
pub mod row;
pub mod source;
pub mod spark_connect;
mod stream;
pub mod totals;
