//! What a policy would have found of the story of 2020, as `portcullis drill` writes it.

pub mod v1;
