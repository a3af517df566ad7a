//! What an extraction notes on its way, in a folder that goes away with it. Only the version that
//! wrote it reads it: an extraction by another version starts again.

pub mod v1;
