//! The judge: facts and a policy in, a decision out. Pure: it opens no repository, no connection
//! and no file, and has no clock.

pub mod clauses;
pub mod control;
pub mod decide;
pub mod policy;
