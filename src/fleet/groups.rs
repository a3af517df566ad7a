//! The same finding in many repositories is one finding with many places.

use portcullis_model::fleet::{FleetFinding, FleetItem, FleetVerdict};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A finding, and where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingGroup<'a> {
    /// The column.
    pub column: &'a str,
    /// How it is.
    pub verdict: FleetVerdict,
    /// Why.
    pub reason: &'a str,
    /// What to do.
    pub remedy: Option<&'a str>,
    /// The repositories, sorted.
    pub repositories: Vec<&'a str>,
}

impl FindingGroup<'_> {
    /// In how many repositories: "1 repository", "2 repositories".
    pub fn count(&self) -> String {
        count_repositories(self.repositories.len() as u64)
    }
}

/// "1 repository", "2 repositories".
pub fn count_repositories(count: u64) -> String {
    format!("{count} {}", if count == 1 { "repository" } else { "repositories" })
}

/// What is broken or could not be seen: the worst first, and of the same verdict what most
/// repositories have.
pub fn group_findings(items: &[FleetItem]) -> Vec<FindingGroup<'_>> {
    type Key<'a> = (FleetVerdict, &'a str, &'a str, Option<&'a str>);
    let mut found: BTreeMap<Key<'_>, Vec<&str>> = BTreeMap::new();
    for item in items {
        for standing in &item.standings {
            for finding in standing.findings.iter().filter(|one| one.verdict >= FleetVerdict::Unproven) {
                let FleetFinding { verdict, reason, remedy, .. } = finding;
                let key = (*verdict, standing.column.as_str(), reason.as_str(), remedy.as_deref());
                found.entry(key).or_default().push(&item.repository);
            }
        }
    }
    let mut groups: Vec<FindingGroup<'_>> = Vec::new();
    for ((verdict, column, reason, remedy), mut repositories) in found {
        repositories.sort_unstable();
        repositories.dedup();
        groups.push(FindingGroup { column, verdict, reason, remedy, repositories });
    }
    groups.sort_by_key(|group| (Reverse(group.verdict), Reverse(group.repositories.len())));
    groups
}
