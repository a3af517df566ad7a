//! Against real repositories, built for each test.

mod against_git;
mod changed_lines;
mod content;
mod files;
pub(super) mod fixture;
mod history;
mod names;
mod object_directories;
mod test_sources;
mod trust;
