//! Where a pack holds sealed decisions and snapshots, by what its audit lists.

use crate::MOST_ITEMS;
use crate::item_path::{BadPath, ItemPath};
use portcullis_model::digest::Digest;
use portcullis_wire::audit::v1::{AuditV1, AuditedSealV1, ProtectedBranchV1};
use portcullis_wire::pack::v1::PackRoleV1;
use std::collections::BTreeMap;

/// Names of branches that are longer than this in the name of a folder have a digest in their
/// place.
const LONGEST_BRANCH: usize = 48;

/// The path of a sealed decision.
///
/// # Errors
/// Never, for a number that a pack has.
pub fn seal_path(number: u64) -> Result<ItemPath, BadPath> {
    ItemPath::new(&format!("decisions/{number:06}.json"))
}

/// The path of the signature of a sealed decision.
///
/// # Errors
/// Never, for a number that a pack has.
pub fn seal_signature_path(number: u64) -> Result<ItemPath, BadPath> {
    ItemPath::new(&format!("decisions/{number:06}.sig"))
}

/// The folder of the snapshots of a branch. Lower-case letters, digits, `-` and `_` are written as
/// they are, and every other byte as `.` and two digits, so that no two branches meet.
pub fn snapshot_folder(branch: &str) -> String {
    let mut name = String::new();
    for byte in branch.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            _ => name.push_str(&format!(".{byte:02x}")),
        }
    }
    if name.len() > LONGEST_BRANCH {
        let digits = Digest::of(branch.as_bytes());
        return format!("snapshots/sha256-{}", digits.hex().get(..32).unwrap_or_default());
    }
    // No other name begins so, and none is a device.
    format!("snapshots/of-{name}")
}

/// The path of a snapshot of a branch.
///
/// # Errors
/// Never, for a number that a pack has.
pub fn snapshot_path(branch: &str, number: u64) -> Result<ItemPath, BadPath> {
    ItemPath::new(&format!("{}/{number:06}.json", snapshot_folder(branch)))
}

/// A file that a pack holds because its audit lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedFile {
    /// What it is for.
    pub role: PackRoleV1,
    /// Has the pack to hold it?
    pub required: bool,
}

/// The sealed decisions and snapshots that an audit lists, by path; `None` where there are more
/// than a pack holds.
pub fn listed_files(audit: &AuditV1) -> Option<BTreeMap<ItemPath, ListedFile>> {
    let snapshots = |branch: &ProtectedBranchV1| branch.snapshots.as_ref().map_or(0, |one| one.count);
    let counted = audit.protection.iter().map(snapshots).fold(0, u64::saturating_add);
    if counted > MOST_ITEMS as u64 {
        return None;
    }
    let mut files = BTreeMap::new();
    let mut list = |path: Result<ItemPath, BadPath>, role, required| {
        files.extend(path.ok().map(|path| (path, ListedFile { role, required })));
    };
    for AuditedSealV1 { number, signed, .. } in &audit.sealed {
        list(seal_path(*number), PackRoleV1::Decision, true);
        if *signed {
            list(seal_signature_path(*number), PackRoleV1::Decision, false);
        }
    }
    for branch in &audit.protection {
        for number in 1..=snapshots(branch) {
            list(snapshot_path(&branch.branch, number), PackRoleV1::Snapshot, true);
        }
    }
    Some(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_branches_share_a_folder_and_each_is_a_path() {
        let long = "a".repeat(60);
        let names = ["main", "release/2", "release.2f2", "Main", "con", "é", "sha256-1", "", ".", &long];
        let folders: std::collections::BTreeSet<String> =
            names.iter().map(|name| snapshot_folder(name)).collect();
        assert_eq!(folders.len(), names.len());
        for name in names {
            assert!(snapshot_path(name, 100_000).is_ok(), "{name}");
        }
    }
}
