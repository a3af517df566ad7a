//! Facts, decisions and records, made up for tests.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends where it cannot go on"
)]

use super::{Draft, RecordLink, RecordedBaseline, RecordedOrigin};
use portcullis_judge::control::testing::{World, deployment};
use portcullis_model::change::Revision;
use portcullis_model::deployment::{self, Deployment, Recorded};
use portcullis_model::digest::Digest;
use portcullis_model::fact::Fact;
use portcullis_model::landing::Span;
use portcullis_wire::facts::write_facts;
use serde_json::json;

/// The text of the policy. Nobody reads it: see [`judge`].
pub const POLICY: &str = "policy";

/// The moment of everything.
pub const MOMENT: &str = "2026-01-02T03:04:05Z";

/// A judge who allows whatever there is facts of.
pub fn judge(policy: &str, facts: &Deployment) -> Result<Vec<u8>, String> {
    let base = facts.baseline.value().map(|baseline| &baseline.revision);
    let judged = json!({
        "repository": facts.whole.host.repository, "base": base, "head": facts.candidate, "files": 5
    });
    let policy = json!({ "project": "upload", "digest": Digest::of(policy.as_bytes()), "origin": "base" });
    let decision =
        json!({ "schema": 1, "outcome": "allow", "judged": judged, "policy": policy, "findings": [] });
    serde_json::to_vec(&decision).map_err(|error| error.to_string())
}

/// The facts of a deployment on top of these records.
pub fn facts(candidate: &Revision, baseline: &RecordedBaseline, earlier: &[RecordLink]) -> Deployment {
    let mut facts = deployment(&World::honest());
    let origin = match baseline.origin {
        RecordedOrigin::Recorded | RecordedOrigin::Rollback => {
            deployment::BaselineOrigin::Recorded(earlier.len() as u64)
        }
        RecordedOrigin::Asserted => deployment::BaselineOrigin::Asserted,
        RecordedOrigin::Host => deployment::BaselineOrigin::Host(5.into()),
    };
    if baseline.origin == RecordedOrigin::Rollback {
        facts.span = Fact::Known(Span::Behind);
    }
    facts.candidate = candidate.clone();
    facts.baseline = Fact::Known(deployment::Baseline { revision: baseline.commit.clone(), origin });
    facts.whole.host.repository = Some("acme/upload".into());
    facts.whole.observed = Fact::Known(MOMENT.parse().unwrap());
    let one = |link: &RecordLink| Recorded {
        number: link.entry.number,
        candidate: link.entry.candidate.clone(),
        taken_again: true,
        facts_omitted: false,
        signers: None,
    };
    facts.recorded = Fact::Known(earlier.iter().map(one).collect());
    facts
}

/// A record to be sealed on top of others.
pub fn draft(candidate: &Revision, baseline: RecordedBaseline, earlier: &[RecordLink]) -> Draft {
    let facts = facts(candidate, &baseline, earlier);
    Draft {
        environment: "production".parse().unwrap(),
        repository: Some("acme/upload".into()),
        decision: judge(POLICY, &facts).unwrap(),
        candidate: candidate.clone(),
        baseline,
        policy: POLICY.as_bytes().to_vec(),
        facts: write_facts(facts).unwrap().into_bytes(),
        omit_facts: false,
        recorder: "robin-example".into(),
        time: MOMENT.parse().unwrap(),
    }
}
