//! The parts of an audit against made-up values.
