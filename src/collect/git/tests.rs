//! Against real repositories, built for each test.

mod against_git;
mod content;
mod files;
mod fixture;
mod history;
mod names;
mod trust;
