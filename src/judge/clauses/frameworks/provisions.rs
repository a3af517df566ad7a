//! The provisions, by framework.

pub use nist::*;
pub use open_source::*;
pub use standards::*;
pub use uk_law::*;

mod nist;
mod open_source;
mod standards;
mod uk_law;
