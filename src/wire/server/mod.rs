//! What a server without a host writes down of itself, as JSON: who pushed what, and what guards
//! it.

pub mod v1;
