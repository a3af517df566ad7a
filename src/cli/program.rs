//! Which program this is: its version, and the commit that it was built from.

use portcullis_record::TOOL;
use portcullis_wire::sealed::v1::SealedProgramV1;

/// What `--version` prints after the name.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("PORTCULLIS_BUILT_FROM_TEXT"), ")");

/// The commit that it was built from; `None` where the build did not know it. It ends in `-dirty`
/// where files were changed since.
pub fn built_from() -> Option<&'static str> {
    Some(env!("PORTCULLIS_BUILT_FROM")).filter(|commit| !commit.is_empty())
}

/// This program, as files name it.
pub fn this_program() -> SealedProgramV1 {
    SealedProgramV1 { version: TOOL.to_string(), commit: built_from().map(str::to_string) }
}
