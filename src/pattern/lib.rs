//! Patterns: the one glob dialect and the one dialect of line patterns of a policy, and the regular
//! expressions of Go, which some hosts read.

pub mod error;
pub mod fold;
pub mod folded_path;
pub mod glob;
pub mod go_pattern;
pub mod line_pattern;
