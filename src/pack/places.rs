//! Where a pack holds sealed decisions, snapshots, runs and incidents, by what its audit lists.

use crate::MOST_ITEMS;
use crate::item_path::{BadPath, ItemPath};
use portcullis_model::digest::Digest;
use portcullis_wire::audit::v1::{AuditV1, AuditedSealV1, ProtectedBranchV1};
use portcullis_wire::pack::v1::PackRoleV1;
use std::collections::BTreeMap;

/// Names that are longer than this in the name of a folder have a digest in their place.
const LONGEST_NAME: usize = 48;

/// The folder of the entries of the register of incidents.
pub const INCIDENTS: &str = "incidents";

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

/// The folder of the snapshots of a branch.
pub fn snapshot_folder(branch: &str) -> String {
    folder_of("snapshots", branch)
}

/// The folder of the runs of a dataset.
pub fn run_folder(dataset: &str) -> String {
    folder_of("runs", dataset)
}

/// A folder with the name of what is in it. Lower-case letters, digits, `-` and `_` are written as
/// they are, and every other byte as `.` and two digits, so that no two names meet.
fn folder_of(above: &str, named: &str) -> String {
    let mut name = String::new();
    for byte in named.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            _ => name.push_str(&format!(".{byte:02x}")),
        }
    }
    if name.len() > LONGEST_NAME {
        let digits = Digest::of(named.as_bytes());
        return format!("{above}/sha256-{}", digits.hex().get(..32).unwrap_or_default());
    }
    // No other name begins so, and none is a device.
    format!("{above}/of-{name}")
}

/// The path of a run of a dataset.
///
/// # Errors
/// Never, for a number that a pack has.
pub fn run_path(dataset: &str, number: u64) -> Result<ItemPath, BadPath> {
    ItemPath::new(&format!("{}/{number:06}.json", run_folder(dataset)))
}

/// The path of an entry of the register of incidents.
///
/// # Errors
/// Never, for a number that a pack has.
pub fn incident_path(number: u64) -> Result<ItemPath, BadPath> {
    ItemPath::new(&format!("{INCIDENTS}/{number:06}.json"))
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

/// The sealed decisions, snapshots, runs and entries that an audit lists, by path; `None` where
/// there are more than a pack holds.
pub fn listed_files(audit: &AuditV1) -> Option<BTreeMap<ItemPath, ListedFile>> {
    let snapshots = |branch: &ProtectedBranchV1| branch.snapshots.as_ref().map_or(0, |one| one.count);
    let entries = entries_of(audit);
    let runs = datasets_of(audit).map(|(_, count)| count);
    let counted = audit.protection.iter().map(snapshots).chain(runs).fold(entries, u64::saturating_add);
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
    for (dataset, count) in datasets_of(audit) {
        (1..=count).for_each(|number| list(run_path(dataset, number), PackRoleV1::Run, true));
    }
    (1..=entries).for_each(|number| list(incident_path(number), PackRoleV1::Incident, true));
    Some(files)
}

/// The datasets of an audit, each with the number of its runs.
fn datasets_of(audit: &AuditV1) -> impl Iterator<Item = (&str, u64)> {
    let datasets = audit.arrivals.iter().flat_map(|arrivals| &arrivals.datasets);
    datasets.filter_map(|one| Some((one.dataset.as_str(), one.chain.as_ref()?.count)))
}

/// How many entries of the register an audit has looked at.
fn entries_of(audit: &AuditV1) -> u64 {
    let register = audit.arrivals.as_ref().and_then(|arrivals| arrivals.register.as_ref());
    register.and_then(|register| register.chain.as_ref()).map_or(0, |chain| chain.count)
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
