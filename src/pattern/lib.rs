//! Patterns of a policy: the one glob dialect, and the one dialect of line patterns.

pub mod error;
pub mod folded_path;
pub mod glob;
pub mod line_pattern;
