//! Results of comparisons of the two sides of a dataset.

pub mod v1;
