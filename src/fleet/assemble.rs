//! From what was seen of a repository to its item in a round.

use crate::columns::{ColumnCase, PROTECTION, TABLE, unseen};
use jiff::Timestamp;
use portcullis_model::decision::{Finding, Verdict};
use portcullis_model::digest::Digest;
use portcullis_model::fact::Fact;
use portcullis_model::fleet::{
    FleetFinding, FleetItem, FleetStanding, FleetVerdict, ProtectionMark, RepositorySurvey,
};
use portcullis_wire::fleet::v1::VERSION;

/// A look at the protection of a default branch, of this round or of an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtectionFindings {
    /// When.
    pub at: Timestamp,
    /// What was found.
    pub findings: Vec<FleetFinding>,
    /// The mark at that time.
    pub mark: Option<Digest>,
}

/// The look of an earlier round, where it still holds: the mark and the policy are the same,
/// everything was seen, and it is not older than `oldest`.
pub fn carry_look(
    previous: Option<&FleetItem>,
    mark: Option<&ProtectionMark>,
    policy: Option<&Digest>,
    oldest: Timestamp,
) -> Option<ProtectionFindings> {
    let (previous, mark) = (previous?, mark?);
    let at = previous.looked.filter(|at| *at >= oldest)?;
    let standing = previous.standing(PROTECTION)?;
    let is_same = previous.mark.as_ref() == Some(&mark.digest) && previous.policy.as_ref() == policy;
    // What could not be seen then may be seen now.
    let was_seen = matches!(standing.verdict, FleetVerdict::Met | FleetVerdict::Broken);
    let is_whole = standing.findings.iter().all(|one| one.verdict != FleetVerdict::Unproven);
    (is_same && was_seen && is_whole).then(|| ProtectionFindings {
        at,
        findings: standing.findings.clone(),
        mark: previous.mark.clone(),
    })
}

/// The judge's findings in the words of a fleet. Notes are left out.
pub fn fleet_findings(findings: Vec<Finding>) -> Vec<FleetFinding> {
    findings.into_iter().filter_map(fleet_finding).collect()
}

fn fleet_finding(finding: Finding) -> Option<FleetFinding> {
    let verdict = match finding.verdict {
        Verdict::Noted => return None,
        Verdict::Met => FleetVerdict::Met,
        Verdict::Exempt => FleetVerdict::Exempt,
        // Nothing is waived here: no waiver was asked about.
        Verdict::Unproven | Verdict::Waived => FleetVerdict::Unproven,
        Verdict::Broken => FleetVerdict::Broken,
    };
    let Finding { subject, reason, remedy, .. } = finding;
    Some(FleetFinding { verdict, subject: subject.name, reason, remedy })
}

/// The item of a repository.
pub fn assemble_item(
    repository: &str,
    case: &ColumnCase<'_>,
    look: Option<&ProtectionFindings>,
    previous: Option<&FleetItem>,
) -> FleetItem {
    let standings = TABLE.iter().map(|column| {
        let findings = match case.survey {
            Fact::Known(_) => (column.judge)(case),
            Fact::Gap(gap) => vec![unseen(repository, gap)],
        };
        stand(column.name, findings, previous, case.now)
    });
    FleetItem {
        schema: VERSION,
        repository: repository.to_string(),
        branch: case.survey.value().and_then(|survey: &RepositorySurvey| survey.branch.clone()),
        looked: look.map(|look| look.at),
        mark: look.and_then(|look| look.mark.clone()),
        policy: case.judged_by().map(|policy| policy.digest.clone()),
        standings: standings.collect(),
    }
}

fn stand(
    column: &str,
    findings: Vec<FleetFinding>,
    previous: Option<&FleetItem>,
    now: Timestamp,
) -> FleetStanding {
    let verdict = findings.iter().map(|one| one.verdict).max().unwrap_or(FleetVerdict::Exempt);
    let before = previous.and_then(|item| item.standing(column)).filter(|one| one.verdict == verdict);
    let since = before.map_or(now, |one| one.since);
    FleetStanding { column: column.to_string(), verdict, since, findings }
}

#[cfg(test)]
mod tests;
