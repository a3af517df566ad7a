//! One deployment: what its record says, and how far that is proved.

use crate::people::PeopleNames;
use portcullis_judge::policy::Policy;
use portcullis_model::change::Revision;
use portcullis_model::decision::Verdict;
use portcullis_model::deployment::{Deployer, DeployerOrigin, Deployment};
use portcullis_record::{RecordLink, RecordSignature, RecordStanding, RecordedOrigin};
use portcullis_wire::audit::v1::{
    AuditedDeploymentV1, AuditedSignatureV1, AuditedTimeV1, ItemVerdictV1, RecordStandingV1,
    SignatureStandingV1, TimeSourceV1,
};
use portcullis_wire::decision::v1::{DecisionV1, FindingV1, SubjectKindV1};
use std::collections::BTreeSet;

/// A record as it was seen.
pub struct SeenRecord<'a> {
    /// The record.
    pub link: &'a RecordLink,
    /// Its facts, where it keeps them.
    pub facts: Option<&'a Deployment>,
    /// Its decision, where that can be read.
    pub decision: Option<DecisionV1>,
    /// The newest policy, which says who is who.
    pub policy: Option<&'a Policy>,
}

/// A deployment, without the landings that it brought.
pub fn audit_deployment(seen: SeenRecord<'_>) -> AuditedDeploymentV1 {
    let SeenRecord { link, facts, decision, policy } = seen;
    let entry = &link.entry;
    let names = PeopleNames::by(policy);
    let deployer = facts.and_then(|facts| facts.deployer.value());
    let (standing, why) = standing_of(&link.standing);
    AuditedDeploymentV1 {
        id: format!("{}#{}", entry.environment, entry.number),
        environment: (&entry.environment).into(),
        number: entry.number,
        record: (&link.commit).into(),
        digest: (&link.digest).into(),
        time: AuditedTimeV1 { at: Some(entry.time.to_string()), source: TimeSourceV1::Record },
        branch: facts.map(|facts| facts.branch.to_string()),
        baseline: (&entry.baseline.commit).into(),
        baseline_origin: entry.baseline.origin.as_str().to_string(),
        candidate: (&entry.candidate).into(),
        rollback: entry.baseline.origin == RecordedOrigin::Rollback,
        recorder: entry.recorder.clone(),
        deployer: deployer.map(|deployer| names.of_login(&deployer.login)),
        deployer_known: deployer.is_some_and(|Deployer { origin, .. }| *origin == DeployerOrigin::Job),
        landings: Vec::new(),
        other_landings: 0,
        decision: decided(decision, link),
        standing,
        why,
        signature: signature_of(&link.signature),
    }
}

fn signature_of(signature: &RecordSignature) -> Option<AuditedSignatureV1> {
    let (standing, key, signers) = match signature {
        RecordSignature::Unsigned => return None,
        RecordSignature::Missing => (SignatureStandingV1::Missing, None, Vec::new()),
        RecordSignature::Signed { key, signers, .. } => {
            (SignatureStandingV1::Signed, Some(key.clone()), signers.clone())
        }
        RecordSignature::Unlisted(key) => (SignatureStandingV1::Unlisted, Some(key.clone()), Vec::new()),
        RecordSignature::Invalid(_) => (SignatureStandingV1::Invalid, None, Vec::new()),
        RecordSignature::Unseen(_) => (SignatureStandingV1::Unseen, None, Vec::new()),
    };
    Some(AuditedSignatureV1 { standing, key, signers })
}

/// The landings that a record says it brought, by the tips that they left.
pub fn tips_in(facts: &Deployment) -> BTreeSet<Revision> {
    let landings = facts.landings.value().into_iter().flatten();
    landings.map(|landing| landing.landing.landed.clone()).collect()
}

/// What is met of single landings is left out: each of them is an item of its own.
fn decided(decision: Option<DecisionV1>, link: &RecordLink) -> ItemVerdictV1 {
    let Some(decision) = decision else {
        return ItemVerdictV1 { outcome: link.entry.outcome.into(), policy: None, findings: Vec::new() };
    };
    ItemVerdictV1 {
        outcome: decision.outcome,
        policy: decision.policy.as_ref().map(|policy| policy.digest.clone()),
        findings: kept_findings(decision),
    }
}

/// The findings of a decision that an audit says of the deployment.
pub fn kept_findings(decision: DecisionV1) -> Vec<FindingV1> {
    let is_kept = |found: &FindingV1| {
        let of_landing =
            found.subject.kind == SubjectKindV1::Landing || found.subject.name.contains(" in landing ");
        Verdict::from(found.verdict) != Verdict::Met || !of_landing
    };
    decision.findings.into_iter().filter(is_kept).collect()
}

fn standing_of(standing: &RecordStanding) -> (RecordStandingV1, Option<String>) {
    match standing {
        RecordStanding::Reproduced => (RecordStandingV1::Reproduced, None),
        RecordStanding::Irreproducible(why) => (RecordStandingV1::Irreproducible, Some(why.clone())),
        RecordStanding::Omitted => (RecordStandingV1::Irreproducible, Some("facts omitted".to_string())),
        RecordStanding::Unseen(gap) => (RecordStandingV1::Unseen, Some(gap.to_string())),
        RecordStanding::Broken => (RecordStandingV1::Broken, Some("it does not hold together".to_string())),
    }
}
