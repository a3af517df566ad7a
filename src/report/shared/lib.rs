//! What the parsers of reports share: XML, JSON and lines, whole or in pieces, in any of a few
//! encodings; what words and totals say of a test; attempts at one test.
//!
//! What one format alone needs lies with it.

pub mod attempts;
pub mod dotnet;
pub mod encoding;
pub mod error;
pub mod identity;
pub mod input;
pub mod json;
pub mod members;
pub mod said;
pub mod strict;
pub mod summary;
pub mod xml;

/// How far into a file detection looks, in bytes.
pub const HEAD_BYTES: usize = 64 << 10;
