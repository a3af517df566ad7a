//! The deployments that a host lists, held against the records of an environment.
//!
//! 1. A deployment of a commit that no record allowed is one past the gate.
//! 2. A record allows to deploy its commit once. When another commit was deployed since, going back
//!    needs a record of its own.
//! 3. A record that is newer than its deployment is one, and it is said that it came later.

use jiff::{SignedDuration, Timestamp};
use portcullis_model::change::Revision;
use portcullis_model::deployment::HostDeployment;
use portcullis_wire::audit::v1::{AuditedTimeV1, ListedDeploymentV1, TimeSourceV1};

/// The clocks of the host and of the machine that recorded may be so far apart.
const CLOCKS: SignedDuration = SignedDuration::from_mins(5);

/// A commit that a record allowed to deploy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedCommit {
    /// The number of the record.
    pub record: u64,
    /// The commit.
    pub commit: Revision,
    /// When it was recorded.
    pub time: Timestamp,
}

/// What a host lists, and what the records say of it.
#[derive(Debug, Default)]
pub struct MatchedDeployments {
    /// The deployments, oldest first.
    pub listed: Vec<ListedDeploymentV1>,
    /// What was not shown of them, one sentence each.
    pub unchecked: Vec<String>,
}

/// Holds deployments against the records of the environment, oldest first.
pub fn match_deployments(mut listed: Vec<HostDeployment>, records: &[AllowedCommit]) -> MatchedDeployments {
    listed.sort_by(|one, other| (one.since, &one.id).cmp(&(other.since, &other.id)));
    listed.dedup();
    let mut matched = MatchedDeployments::default();
    for (place, one) in listed.iter().enumerate() {
        let before = listed.get(..place).unwrap_or_default();
        let (found, why) = find_record(one, before, records);
        let late = found.filter(|record| record.time > one.since + CLOCKS);
        matched.unchecked.extend(late.map(|record| came_later(one, record)));
        matched.listed.push(ListedDeploymentV1 {
            id: one.id.to_string(),
            commit: (&one.revision).into(),
            time: AuditedTimeV1 { at: Some(one.since.to_string()), source: TimeSourceV1::Host },
            record: found.map(|record| record.record),
            why,
        });
    }
    matched
}

/// The record that allowed a deployment; `None`: none did, with the reason where there are records
/// of this commit.
fn find_record<'r>(
    one: &HostDeployment,
    before: &[HostDeployment],
    records: &'r [AllowedCommit],
) -> (Option<&'r AllowedCommit>, Option<String>) {
    let own = || records.iter().filter(|record| record.commit == one.revision);
    let Some(last) = own().next_back() else { return (None, None) };
    let timely = own().rfind(|record| record.time <= one.since + CLOCKS);
    let found = timely.unwrap_or(last);
    match gone_back_since(one, before, found.time) {
        Some(between) if timely.is_some() => {
            let newer = own().find(|record| record.time + CLOCKS >= between.since);
            (newer, newer.is_none().then(|| went_back(found, between)))
        }
        _ => (Some(found), None),
    }
}

/// The other commit that was deployed last since the record of this one was used for the first
/// time.
fn gone_back_since<'d>(
    one: &HostDeployment,
    before: &'d [HostDeployment],
    recorded: Timestamp,
) -> Option<&'d HostDeployment> {
    let used = before
        .iter()
        .position(|earlier| earlier.revision == one.revision && earlier.since + CLOCKS >= recorded)?;
    before.iter().skip(used).rfind(|earlier| earlier.revision != one.revision)
}

fn went_back(record: &AllowedCommit, between: &HostDeployment) -> String {
    format!(
        "record {} allowed it before {} was deployed (deployment {}), and none allowed to go back to it",
        record.record,
        between.revision.short(),
        between.id
    )
}

fn came_later(one: &HostDeployment, record: &AllowedCommit) -> String {
    format!(
        "whether the gate came before deployment {}: the host had it deployed at {}, and record {} is from {}",
        one.id, one.since, record.record, record.time
    )
}

#[cfg(test)]
mod tests;
