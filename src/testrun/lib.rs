//! What a run of tests comes to: its tests and their outcomes, its times, the lines that it
//! executed.
//!
//! Parsers of reports return these values, and know nothing else of the program.

pub mod line_coverage;
pub mod lines;
pub mod names;
pub mod own_times;
pub mod reading;
pub mod test_run;
