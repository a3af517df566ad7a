//! What an audit says of its whole, held against the items that it lists: anyone who takes an item,
//! a finding or an exception out of it has to make all of this agree again.

use super::AUDIT;
use crate::fault::{PackFault, PackWrong};
use portcullis_model::digest::Digest;
use portcullis_wire::audit::v1::{
    AuditCountsV1, AuditOutcomeV1, AuditV1, AuditedLandingV1, BranchPopulationV1, EnvironmentPopulationV1,
    ExceptionStandingV1, ExceptionV1,
};
use portcullis_wire::decision::v1::{FindingV1, OutcomeV1, SubjectKindV1, VerdictV1};
use std::collections::{BTreeMap, BTreeSet};

/// So many differences are named.
const NAMED: usize = 20;

/// Everything in which an audit contradicts itself.
pub(super) fn contradictions(audit: &AuditV1) -> Vec<PackFault> {
    let mut found = Vec::new();
    found.extend(wrong_period(audit));
    found.extend(wrong_outcome(audit));
    found.extend(wrong_counts(audit));
    found.extend(missing_exceptions(audit));
    found.extend(missing_gaps(audit));
    found.extend(wrong_branches(audit));
    found.extend(audit.environments.iter().filter_map(|environment| wrong_environment(audit, environment)));
    found.extend(strange_environments(audit));
    found.extend(wrong_seals(audit));
    found.extend(wrong_looks(audit));
    found.truncate(NAMED);
    found.into_iter().map(|why| PackFault::new(AUDIT, PackWrong::Disagrees(why))).collect()
}

/// A period is two moments or a range of commits: by anything else no record and no commit can be
/// found to be missing.
fn wrong_period(audit: &AuditV1) -> Option<String> {
    let period = &audit.title.period;
    let moment = |text: &str| text.parse::<jiff::Timestamp>().ok();
    let is_period = match (period.since.as_deref(), period.until.as_deref(), &period.range) {
        (Some(since), Some(until), None) => {
            moment(since).zip(moment(until)).is_some_and(|(since, until)| since < until)
        }
        (None, None, Some(_)) => true,
        _ => false,
    };
    (!is_period).then(|| "its period is neither two moments nor a range of commits".to_string())
}

/// Is it a fault of the snapshots of a branch?
fn is_of_snapshots(one: &ExceptionV1) -> bool {
    one.control == "records" && one.finding.subject.kind == SubjectKindV1::Branch
}

fn wrong_outcome(audit: &AuditV1) -> Option<String> {
    let is_broken = |one: &EnvironmentPopulationV1| !one.problems.is_empty() || !one.holes.is_empty();
    let is_unverified = audit.environments.iter().any(is_broken)
        || audit.exceptions.iter().any(is_of_snapshots)
        || faults_of_arrivals(audit) > 0;
    let expected = if is_unverified {
        AuditOutcomeV1::Unverified
    } else if !audit.exceptions.is_empty() {
        AuditOutcomeV1::Exceptions
    } else if !audit.gaps.is_empty() {
        AuditOutcomeV1::Undetermined
    } else if audit.landings.is_empty() && audit.deployments.is_empty() {
        AuditOutcomeV1::Empty
    } else {
        AuditOutcomeV1::NoExceptions
    };
    (audit.outcome != expected).then(|| "its outcome is another one than follows from its items".to_string())
}

/// How many faults of runs and of the register an audit has.
fn faults_of_arrivals(audit: &AuditV1) -> usize {
    let arrivals = audit.arrivals.iter();
    let of_datasets = arrivals.clone().flat_map(|all| &all.datasets).map(|dataset| dataset.problems.len());
    let of_register = arrivals.flat_map(|all| &all.register).map(|register| register.problems.len());
    of_datasets.chain(of_register).sum()
}

fn wrong_counts(audit: &AuditV1) -> Option<String> {
    let expected = count_again(audit);
    (audit.counts != expected).then(|| "its counts are others than those of its items".to_string())
}

fn count_again(audit: &AuditV1) -> AuditCountsV1 {
    let is_waived = |landing: &AuditedLandingV1| has_verdict(&landing.then.findings, VerdictV1::Waived);
    let of = |outcome: OutcomeV1, waived: Option<bool>| {
        let same = |landing: &&AuditedLandingV1| {
            landing.then.outcome == outcome && waived.is_none_or(|waived| is_waived(landing) == waived)
        };
        audit.landings.iter().filter(same).count() as u64
    };
    let blocked_today = |landing: &&AuditedLandingV1| {
        landing.then.outcome != OutcomeV1::Block
            && landing.today.as_ref().is_some_and(|today| today.outcome == OutcomeV1::Block)
    };
    let open = audit.exceptions.iter().filter(|one| one.standing == ExceptionStandingV1::Open);
    AuditCountsV1 {
        landings: audit.landings.len() as u64,
        commits: audit.landings.iter().map(|landing| landing.commits).fold(0, u64::saturating_add),
        deployments: audit.deployments.len() as u64,
        allowed: of(OutcomeV1::Allow, Some(false)),
        undetermined: of(OutcomeV1::Undetermined, None),
        waived: of(OutcomeV1::Allow, Some(true)),
        blocked: of(OutcomeV1::Block, None),
        blocked_today: audit.landings.iter().filter(blocked_today).count() as u64,
        never_deployed: audit.landings.iter().filter(|landing| landing.deployments.is_empty()).count() as u64,
        exceptions: audit.exceptions.len() as u64,
        open_exceptions: open.count() as u64,
    }
}

fn has_verdict(findings: &[FindingV1], verdict: VerdictV1) -> bool {
    findings.iter().any(|found| found.verdict == verdict)
}

/// What is broken or waived in a landing is an exception; so is each fault of records and each
/// commit that a branch lost.
fn missing_exceptions(audit: &AuditV1) -> Vec<String> {
    let named: BTreeSet<(&str, &str, &str)> = audit.exceptions.iter().map(key_of).collect();
    let exceptional = |found: &&FindingV1| matches!(found.verdict, VerdictV1::Broken | VerdictV1::Waived);
    let mut missing = Vec::new();
    for landing in &audit.landings {
        for found in landing.then.findings.iter().filter(exceptional) {
            if !named.contains(&(landing.id.as_str(), found.control.as_str(), found.reason.as_str())) {
                missing.push(format!(
                    "{} of {} is not among its exceptions",
                    found.control.escape_debug(),
                    landing.id.escape_debug()
                ));
            }
        }
    }
    for deployment in &audit.deployments {
        for found in deployment.decision.findings.iter().filter(exceptional) {
            let of_landing = |one: &ExceptionV1| {
                one.finding.control == found.control && one.finding.subject == found.subject
            };
            if !audit.exceptions.iter().any(of_landing) {
                let control = found.control.escape_debug();
                missing.push(format!(
                    "{control} of {} is not among its exceptions",
                    deployment.id.escape_debug()
                ));
            }
        }
    }
    let faults = |one: &EnvironmentPopulationV1| {
        let unrecorded = one.on_host.iter().flatten().filter(|listed| listed.record.is_none()).count();
        one.problems.len() + one.holes.len() + unrecorded
    };
    let of_records: usize = audit.environments.iter().map(faults).sum::<usize>() + faults_of_arrivals(audit);
    let lost: usize = audit.branches.iter().map(|branch| branch.lost.len()).sum();
    for (control, expected) in [("records", of_records), ("population", lost)] {
        let found = audit.exceptions.iter().filter(|one| one.control == control).count();
        if found < expected {
            missing.push(format!("{expected} faults of the {control} are {found} exceptions"));
        }
    }
    missing
}

fn key_of(one: &ExceptionV1) -> (&str, &str, &str) {
    (&one.item, &one.finding.control, &one.finding.reason)
}

/// What is unproven in an item is a gap.
fn missing_gaps(audit: &AuditV1) -> Vec<String> {
    let named: BTreeSet<(&str, &str)> =
        audit.gaps.iter().map(|gap| (gap.what.as_str(), gap.why.as_str())).collect();
    let landings = audit.landings.iter().map(|one| (&one.id, &one.then.findings));
    let deployments = audit.deployments.iter().map(|one| (&one.id, &one.decision.findings));
    let unproven = |found: &&FindingV1| found.verdict == VerdictV1::Unproven;
    let mut missing = Vec::new();
    for (id, findings) in landings.chain(deployments) {
        for found in findings.iter().filter(unproven) {
            if !named.contains(&(found.control.as_str(), found.reason.as_str())) {
                let control = found.control.escape_debug();
                missing.push(format!("{control} of {} is not among its gaps", id.escape_debug()));
            }
        }
    }
    missing
}

fn wrong_branches(audit: &AuditV1) -> Vec<String> {
    let mut landings: BTreeMap<&str, Vec<&AuditedLandingV1>> = BTreeMap::new();
    for landing in &audit.landings {
        landings.entry(&landing.branch).or_default().push(landing);
    }
    let mut found = Vec::new();
    if audit.branches.is_empty() {
        found.push("it covers no branch".to_string());
    }
    for branch in &audit.branches {
        let of = landings.remove(branch.branch.as_str()).unwrap_or_default();
        let named = |why: &str| format!("{}: {why}", branch.branch.escape_debug());
        found.extend(wrong_line(branch, &of).map(named));
    }
    found.extend(
        landings.keys().map(|name| format!("{}: a branch without a population", name.escape_debug())),
    );
    found
}

/// The landings of a branch are its line from one end to the other, each on top of the one before.
fn wrong_line(branch: &BranchPopulationV1, landings: &[&AuditedLandingV1]) -> Option<&'static str> {
    let steps: Vec<&str> =
        landings.iter().flat_map(|landing| &landing.steps).map(|step| step.as_str()).collect();
    let commits = landings.iter().map(|landing| landing.commits).fold(0, u64::saturating_add);
    let counted = (landings.len() as u64, commits);
    if counted != (branch.landings, branch.commits) {
        return Some("its landings are not as many as it counts");
    }
    let Some(proof) = &branch.proof else {
        return (!landings.is_empty()).then_some("nothing shows that its landings are all");
    };
    let mut at = branch.from.as_ref();
    for landing in landings {
        if at != Some(&landing.parent) || landing.steps.last() != Some(&landing.landed) {
            return Some("a landing is missing: one is not on top of the one before it");
        }
        at = Some(&landing.landed);
    }
    let ends = branch.from.as_ref().zip(branch.to.as_ref());
    let is_range = ends.is_some_and(|(from, to)| proof.range == format!("{from}..{to}"));
    if at != branch.to.as_ref() || !is_range {
        return Some("its landings end elsewhere than its population");
    }
    let lines: String = steps.iter().map(|step| format!("{step}\n")).collect();
    let same = Digest::of(lines.as_bytes()).as_str() == proof.first_parents.as_str();
    (!same || steps.len() as u64 != branch.steps).then_some("its landings have other steps than its proof")
}

/// The deployments of a period begin and end with the records that it says. A range of commits has
/// only those that brought one of them.
fn wrong_environment(audit: &AuditV1, environment: &EnvironmentPopulationV1) -> Option<String> {
    let name = environment.environment.as_str();
    let of = audit.deployments.iter().filter(|one| one.environment.as_str() == name);
    let numbers: BTreeSet<u64> = of.map(|one| one.number).collect();
    let ends = (numbers.first().copied(), numbers.last().copied());
    let differs = audit.title.period.range.is_none() && ends != (environment.first, environment.last);
    differs.then(|| format!("{name}: its deployments are not those that it counts"))
}

/// Environments that deployments are to, and that the audit does not count: their records would not
/// be looked at.
fn strange_environments(audit: &AuditV1) -> Vec<String> {
    let counted: BTreeSet<&str> = audit.environments.iter().map(|one| one.environment.as_str()).collect();
    let deployed: BTreeSet<&str> = audit.deployments.iter().map(|one| one.environment.as_str()).collect();
    deployed.difference(&counted).map(|name| format!("{name}: an environment without a population")).collect()
}

/// Sealed decisions are numbered, in the order of their times, and of the audited repository.
fn wrong_seals(audit: &AuditV1) -> Vec<String> {
    let mut found = Vec::new();
    let mut before: Option<jiff::Timestamp> = None;
    let mut digests = BTreeSet::new();
    for (seal, number) in audit.sealed.iter().zip(1_u64..) {
        let time = seal.time.parse::<jiff::Timestamp>().ok();
        if seal.number != number || time.is_none() || time < before {
            found.push(format!("sealed decision {number} is out of order"));
        }
        if !digests.insert(seal.digest.as_str()) {
            found.push(format!("sealed decision {number} is there twice"));
        }
        before = time.or(before);
        let repositories = seal.judged.repository.as_deref().zip(audit.title.repository.as_deref());
        if repositories.is_some_and(|(one, other)| !one.eq_ignore_ascii_case(other)) {
            found.push(format!("sealed decision {number} is of another repository"));
        }
    }
    found
}

/// Each snapshot that is counted is a look, and no look is of another.
fn wrong_looks(audit: &AuditV1) -> Vec<String> {
    let mut found = Vec::new();
    for branch in &audit.protection {
        let numbers = branch.looks.iter().filter_map(|look| look.source.strip_prefix("snapshot "));
        let numbers: BTreeSet<u64> = numbers.filter_map(|number| number.parse().ok()).collect();
        let count = branch.snapshots.as_ref().map_or(0, |snapshots| snapshots.count);
        let ends = numbers.first().copied().zip(numbers.last().copied());
        let is_whole = ends.is_none_or(|ends| ends == (1, count)) && numbers.len() as u64 == count;
        if !is_whole {
            let name = branch.branch.escape_debug();
            found.push(format!("{name}: its looks are not the snapshots that it counts"));
        }
    }
    found
}
