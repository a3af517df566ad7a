//! A sealed decision: what `check --seal` and `decide --seal` write.

pub mod v1;
