//! That a look at clocks failed, as a command of the user's own is told.

pub mod v1;
