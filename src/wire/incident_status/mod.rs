//! The incidents of a register and their clocks, as `portcullis incident status` writes them.

pub mod v1;
