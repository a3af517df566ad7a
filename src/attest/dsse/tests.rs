//! Attacks, and honest twins of them.
