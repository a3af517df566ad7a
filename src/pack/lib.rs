//! Evidence packs: everything that an auditor of a period needs, in one folder or one archive, and
//! checked without trust in the program that wrote it.
//!
//! This room holds forms and rules: bytes in, bytes out. It reads and writes no file.
//!
//! **What shows that a pack is whole.** `manifest.json` names every other file with its size, its
//! SHA-256 and its role. The pages of the report follow from the other files to the last byte, and
//! so do the tables: verifying a pack writes them again and compares. Decisions are taken
//! again from the facts and policies that the pack holds.
//!
//! **What it cannot show.** Anyone who can write a pack can write a different one that verifies.
//! Keep the SHA-256 of `manifest.json` somewhere else, or verify against a clone of the repository.

pub mod archive;
mod arrival_tables;
pub mod contents;
pub mod csv;
pub mod derive;
pub mod fault;
pub mod item_path;
pub mod manifest;
pub mod places;
pub mod pseudonym;
pub mod redact;
pub mod report;
pub mod tables;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod verify;

pub use contents::{ItemSource, PackContents};
pub use fault::{PackFault, PackWrong};
pub use item_path::ItemPath;
pub use manifest::{MANIFEST, PackManifest};

/// The most files that a pack may hold.
pub const MOST_ITEMS: usize = 200_000;

/// The longest file of a pack in bytes: as long as the longest file of a deployment record.
pub const LONGEST_ITEM: u64 = 512 << 20;

/// The most bytes that the files of a pack may have together.
pub const MOST_BYTES: u64 = 8 << 30;
