//! What happened to an upload in 2020, in kind: test data went live with a deployment, files were
//! refused, amendments and deletions failed, and no automated check said so for half a year.
//!
//! Everything here is made up: the days, the records, the receiver. What a check says of them is
//! not: it is asked of the extraction, the comparison and the judgement that real systems get.
//!
//! | module | what it does |
//! | --- | --- |
//! | `world` | the days: what was sent, what the receiver holds |
//! | `values` | the same as rows of any dataset |
//! | `check` | the comparison at a moment of the story |

pub mod check;
pub mod values;
pub mod world;
