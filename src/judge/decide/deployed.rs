//! What is deployed, by whose word, and whether anyone says something else.
//!
//! 1. Records and host have a word on what is deployed. The command line (`--base`) may repeat one,
//!    and adds a word of its own only where neither has any: the first time.
//! 2. A record has a word of its own when its decision was reproduced from the facts that it keeps,
//!    and it is signed where the policy asks for signatures. One of the earlier form keeps none;
//!    where there is no better record, the command line has to say the same. Where there is a
//!    better one before it, its candidate is what to go by.
//! 3. The host alone is no word to go by: that there is no record may mean the first time, or that
//!    someone took the chain away.
//! 4. Where the host still has what an earlier record let through, that commit may be said: from
//!    there more is judged, and nothing is skipped.
//! 5. Any other contradiction stops, unless two people said what to go by: a rollback in force from
//!    what is contradicted to the baseline, which a record let through. See `super::rollback` for
//!    which text of it counts.
//! 6. The first deployment to an environment skips nothing that no record of another environment
//!    let through (`first`).
//! 7. A deployment that failed is tried again from where it began, as long as the host has nothing
//!    newer.

use super::GATE;
use super::rollback::{self, Transition, unsigned};
use super::waivers::{self, ScopedFinding};
use crate::control::{finding, unproven};
use crate::policy::Policy;
use portcullis_model::change::Revision;
use portcullis_model::decision::{Finding, SubjectKind, Verdict};
use portcullis_model::deployment::{BaselineOrigin, Deployment, HostDeployment, Recorded};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::id::DeploymentId;
use portcullis_model::path::RepoPath;
use portcullis_model::waiver::{self, Grant, Rollback};

/// Everything that is to be said of the baseline's origin. `found` is what was found in the
/// landings.
pub(super) fn judge_baseline(policy: &Policy, facts: &Deployment, found: &[ScopedFinding]) -> Vec<Finding> {
    let Some(baseline) = facts.baseline.value() else { return Vec::new() };
    let records = match facts.recorded.known() {
        Ok(records) => records.as_slice(),
        Err(gap) => return vec![unproven(GATE, SubjectKind::Environment, facts.environment.as_str(), &gap)],
    };
    let words = BaselineWords { policy, facts, found, records, said: &baseline.revision };
    let mut findings = match baseline.origin {
        BaselineOrigin::Recorded(number) => words.recorded(number),
        BaselineOrigin::Asserted => words.asserted(),
        BaselineOrigin::Host(ref id) => vec![words.host_alone(id)],
        BaselineOrigin::Retry(number) => vec![words.retry(number)],
    };
    findings.extend(words.unseen_host());
    findings
}

/// What everyone says.
struct BaselineWords<'a> {
    policy: &'a Policy,
    facts: &'a Deployment,
    found: &'a [ScopedFinding],
    records: &'a [Recorded],
    /// The baseline.
    said: &'a Revision,
}

impl<'a> BaselineWords<'a> {
    fn of(&self, verdict: Verdict, reason: impl Into<String>) -> Finding {
        finding(GATE, verdict, SubjectKind::Environment, self.facts.environment.as_str(), reason)
    }

    fn noted(&self, reason: String) -> Finding {
        finding(GATE, Verdict::Noted, SubjectKind::Change, self.facts.candidate.short(), reason)
    }

    fn newest(&self) -> Option<&'a Recorded> {
        self.records.last()
    }

    /// The newest record whose decision was reproduced, and that is signed where the policy asks
    /// for signatures.
    fn proved(&self) -> Option<&'a Recorded> {
        self.records.iter().rev().find(|record| self.is_proof(record))
    }

    fn is_proof(&self, record: &Recorded) -> bool {
        record.is_proof(self.signers())
    }

    /// Those who may sign records, by the policy.
    fn signers(&self) -> Option<&RepoPath> {
        self.policy.record_signers.as_ref()
    }

    fn host(&self) -> Option<&'a HostDeployment> {
        self.facts.by_host.value()?.as_ref()
    }

    /// A host that takes part and does not show its deployments.
    fn unseen_host(&self) -> Option<Finding> {
        match &self.facts.by_host {
            Fact::Gap(gap) if gap.reason != GapReason::NotAsked => {
                Some(unproven(GATE, SubjectKind::Environment, self.facts.environment.as_str(), gap))
            }
            _ => None,
        }
    }

    /// Did a record let this commit through?
    fn let_through(&self, commit: &Revision) -> Option<&'a Recorded> {
        self.records.iter().find(|record| record.candidate == *commit)
    }

    /// The newest record says so.
    fn recorded(&self, number: u64) -> Vec<Finding> {
        let Some(newest) = self.newest().filter(|one| one.number == number && one.candidate == *self.said)
        else {
            let reason = format!(
                "the facts do not contain record {number}, which is said to have allowed {}",
                self.said.short()
            );
            return vec![self.of(Verdict::Unproven, reason).remedy("gather the facts again")];
        };
        let mut findings = Vec::from_iter((!self.is_proof(newest)).then(|| self.not_proved(newest)));
        findings.extend(self.agreement(newest));
        findings
    }

    /// Why a record may be invented, in the middle of a sentence.
    fn doubt(&self, record: &Recorded) -> Option<String> {
        let omitted = if record.facts_omitted { " (not reproducible: facts omitted)" } else { "" };
        let taken = (!record.taken_again).then(|| format!("its decision cannot be reproduced{omitted}"));
        let signers = self.signers().filter(|_| !record.is_signed_by(self.signers()));
        taken.or_else(|| signers.map(|signers| format!("it is not signed by anyone in {signers}")))
    }

    fn not_proved(&self, newest: &Recorded) -> Finding {
        let reason = format!(
            "record {} allowed {}, but {}, so the record may be invented",
            newest.number,
            newest.candidate.short(),
            self.doubt(newest).unwrap_or_default()
        );
        let name = self.proved().unwrap_or(newest);
        let remedy = format!(
            "see `portcullis record verify {}`; if the records are genuine, confirm it with --base {}",
            self.facts.environment, name.candidate
        );
        self.of(Verdict::Unproven, reason).remedy(remedy)
    }

    /// Where a host takes part, what it lists as deployed is what the record let through: something
    /// else went round the gate.
    fn agreement(&self, record: &Recorded) -> Option<Finding> {
        let (said, number) = (self.said.short(), record.number);
        let host = match &self.facts.by_host {
            Fact::Gap(_) => return None,
            Fact::Known(None) => {
                let reason = "the host lists no deployment that the record could be compared with";
                return Some(self.of(Verdict::Met, reason));
            }
            Fact::Known(Some(host)) => host,
        };
        if host.revision == *self.said {
            let reason = format!("record {number} and the host agree that {said} is deployed");
            return Some(self.of(Verdict::Met, reason));
        }
        let deployed = host.revision.short();
        let finding = match self.let_through(&host.revision) {
            Some(earlier) => self.of(
                Verdict::Unproven,
                format!(
                    "record {number} allowed {said}, but the host has {deployed} deployed, which record {} allowed: the newer one was never deployed, or someone rolled back",
                    earlier.number
                ),
            )
            .remedy(format!(
                "find out which; if it was never deployed, deploy it again or judge from what is deployed: --base {}",
                host.revision
            )),
            None => self.of(
                Verdict::Broken,
                format!("the host has {deployed} deployed since {}, which no record allowed", host.since),
            )
            .remedy(format!(
                "find out who deployed it without the gate; then have a rollback from {} to {} approved in {}, and judge again",
                host.revision,
                self.said,
                waiver::PATH
            )),
        };
        Some(self.settled(finding, &host.revision))
    }

    /// The command line says so.
    fn asserted(&self) -> Vec<Finding> {
        let repeats = self.newest().filter(|newest| newest.candidate == *self.said);
        let mut findings = vec![self.on_the_command_line(repeats)];
        if let Some(newest) = repeats {
            findings
                .extend((!self.is_proof(newest) && self.proved().is_some()).then(|| self.not_proved(newest)));
            findings.extend(self.agreement(newest));
            return findings;
        }
        if self.records.is_empty() {
            findings.extend(self.first());
        }
        findings.extend(self.newest().and_then(|newest| self.against_record(newest)));
        findings.extend(self.host().and_then(|host| self.against_host(host)));
        findings
    }

    fn on_the_command_line(&self, repeats: Option<&Recorded>) -> Finding {
        let said = self.said.short();
        let reason = match repeats {
            Some(record) if self.is_proof(record) => {
                format!("the command line says that {said} is deployed, as does record {}", record.number)
            }
            Some(record) if record.taken_again => format!(
                "the command line says that {said} is deployed, as does record {}, which is not signed",
                record.number
            ),
            Some(record) => format!(
                "the command line says that {said} is deployed, as does record {}, which cannot be reproduced{}",
                record.number,
                if record.facts_omitted { " (facts omitted)" } else { "" }
            ),
            None => format!("the command line says that {said} is deployed; no record does"),
        };
        self.noted(reason).details(self.others())
    }

    /// What record and host say, where they say something else than the command line.
    fn others(&self) -> Vec<String> {
        let last = self.newest().filter(|last| last.candidate != *self.said);
        let record = last.map(|last| format!("record {} allowed {}", last.number, last.candidate.short()));
        let host = self.host().map(|host| match host.revision == *self.said {
            true => format!("the host says so too (deployment {})", host.id),
            false => format!("the host says that {} is deployed", host.revision.short()),
        });
        record.into_iter().chain(host).collect()
    }

    /// The record says something else.
    fn against_record(&self, newest: &Recorded) -> Option<Finding> {
        let earlier = self.let_through(self.said);
        let host_has_it = self.host().is_some_and(|host| host.revision == *self.said);
        let falls_back =
            !self.is_proof(newest) && self.proved().is_some_and(|one| one.candidate == *self.said);
        if (earlier.is_some() && host_has_it) || falls_back {
            return None;
        }
        let (said, other) = (self.said.short(), newest.candidate.short());
        let reason = format!(
            "the command line says that {said} is deployed, but record {} allowed {other}: one of them is wrong",
            newest.number
        );
        let finding = self.of(Verdict::Unproven, reason).remedy(format!(
            "leave out --base; if {said} really is deployed, have a rollback from {} to {} approved in {}",
            newest.candidate,
            self.said,
            waiver::PATH
        ));
        Some(self.settled(finding, &newest.candidate))
    }

    /// The host says something else.
    fn against_host(&self, host: &HostDeployment) -> Option<Finding> {
        let (said, deployed) = (self.said.short(), host.revision.short());
        if host.revision == *self.said
            || self.newest().is_some_and(|newest| newest.candidate == host.revision)
            || self.judges_what_the_host_has(host)
        {
            return None;
        }
        let reason = format!(
            "the command line says that {said} is deployed, but the host has {deployed} deployed since {} (deployment {})",
            host.since, host.id
        );
        let finding = self.of(Verdict::Unproven, reason).remedy(format!(
            "find out which is right, and name that one with --base; if the host is wrong, set the status of deployment {} to \
             inactive there",
            host.id
        ));
        Some(self.settled(finding, &host.revision))
    }

    /// Only the host says so.
    fn host_alone(&self, deployment: &DeploymentId) -> Finding {
        let reason = format!(
            "only the host says that {} is deployed (deployment {deployment}); no record does: this is the first deployment, or the records were not fetched, or someone deleted them",
            self.said.short()
        );
        self.of(Verdict::Unproven, reason).remedy(format!(
            "fetch the records (`git fetch origin 'refs/portcullis/*:refs/portcullis/*'`); if this is the first deployment, say so with --base {}",
            self.said
        ))
    }

    /// The same candidate over the same baseline as the newest record.
    fn retry(&self, number: u64) -> Finding {
        let newest =
            self.newest().filter(|one| one.number == number && one.candidate == self.facts.candidate);
        let not_deployed = match &self.facts.by_host {
            Fact::Known(Some(host)) => host.revision == *self.said,
            Fact::Known(None) => true,
            Fact::Gap(_) => false,
        };
        if newest.is_none_or(|one| !self.is_proof(one)) || !not_deployed {
            let reason = format!("it is not known whether the deployment of record {number} failed");
            return self
                .of(Verdict::Unproven, reason)
                .remedy("find out what is deployed, and judge what is to follow it");
        }
        let said = self.said.short();
        self.noted(format!(
            "record {number} allowed it after {said}, and it is not deployed: it is judged again, and that record remains valid"
        ))
    }

    /// Two people may say what to go by instead of this commit.
    fn settled(&self, mut finding: Finding, instead_of: &Revision) -> Finding {
        match self.leave(instead_of) {
            Ok(Ok(rollback)) => {
                let Grant { id, approver, expires, reason, .. } = &rollback.grant;
                finding
                    .details
                    .push(format!("waived by {id}, granted by {approver} until {expires}: {reason}"));
                finding.verdict = Verdict::Waived;
            }
            Ok(Err(refused)) => finding.details.extend(refused),
            Err(gap) => finding.details.push(gap.to_string()),
        }
        finding
    }

    fn leave(&self, instead_of: &Revision) -> Result<Result<Rollback, Vec<String>>, Gap> {
        let moment = *self.facts.whole.observed.known()?;
        let Some((text, signers)) = self.text()? else { return Ok(Err(Vec::new())) };
        let Ok(rollbacks) = self.policy.rollbacks(text) else { return Ok(Err(Vec::new())) };
        let transition = Transition { environment: &self.facts.environment, from: instead_of, to: self.said };
        let mut refused = Vec::new();
        for rollback in rollbacks {
            let flaw = transition
                .flaw(&rollback, moment)
                .or_else(|| unsigned(self.policy, signers, &rollback, moment));
            let never = || {
                self.let_through(self.said)
                    .is_none()
                    .then(|| format!("no record allowed {}", self.said.short()))
            };
            match flaw.or_else(never) {
                None => return Ok(Ok(rollback)),
                Some(flaw) => refused.push(format!("{} does not settle it: {flaw}", rollback.grant.id)),
            }
        }
        Ok(Err(refused))
    }

    /// The text of the rollbacks that counts, and the signers.
    fn text(&self) -> Result<Option<(&'a str, Option<&'a str>)>, Gap> {
        if let Some(back) = self.facts.back.known()? {
            let text = rollback::counting(self.policy, self.facts, back)?;
            return Ok(text.map(|text| {
                (text.as_str(), back.gate.value().and_then(|gate| waivers::signers(self.policy, gate)))
            }));
        }
        let gate = self.facts.whole.gate.known()?;
        let text = waivers::counting(self.policy, self.facts, gate, self.found);
        Ok(text.map(|text| (text, waivers::signers(self.policy, gate))))
    }
}

mod first;

pub(super) use first::unlisted_environment;

#[cfg(test)]
mod tests;
