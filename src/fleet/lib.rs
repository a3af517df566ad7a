//! A fleet: many repositories of one host, looked at in rounds. Values in, values out; no git, no
//! network, no clock.
//!
//! - `columns` holds what each repository is judged by, a file for each column;
//! - `assemble` makes a repository's item of that, with since when each verdict holds;
//! - `lapses` says when a repository did not do well;
//! - `round` puts a round together, and verifies rounds that were kept;
//! - `groups` puts the same finding of many repositories together; `csv` and `page` write a round.

pub mod assemble;
pub mod columns;
pub mod csv;
pub mod groups;
pub mod lapses;
pub mod page;
pub mod round;
