//! The part of a decision that a deployment record repeats.

use super::v1::OutcomeV1;
use portcullis_model::change::Revision;
use portcullis_model::decision::Outcome;
use portcullis_model::digest::Digest;
use serde::Deserialize;

/// What the JSON of a decision says of things that its record says too, whatever version of the
/// program wrote it. All other members are ignored, because they may be of a later version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// How the judgement ended.
    pub outcome: Outcome,
    /// The repository on its host.
    pub repository: Option<String>,
    /// The commit that the head was compared with.
    pub base: Option<Revision>,
    /// The commit that was judged.
    pub head: Option<Revision>,
    /// The SHA-256 of the policy's text; `None` when no policy could be seen.
    pub policy: Option<Digest>,
}

impl Repeated {
    /// Reads it from the bytes of a decision.
    ///
    /// # Errors
    /// The bytes are no JSON, or one of these members is missing or of another form.
    pub fn read(decision: &[u8]) -> serde_json::Result<Self> {
        let Document { outcome, judged, policy } = serde_json::from_slice(decision)?;
        let RepeatedCommits { repository, base, head } = judged;
        Ok(Repeated {
            outcome: outcome.into(),
            repository,
            base,
            head,
            policy: policy.map(|policy| policy.digest),
        })
    }
}

#[derive(Deserialize)]
struct Document {
    outcome: OutcomeV1,
    judged: RepeatedCommits,
    policy: Option<RepeatedPolicy>,
}

#[derive(Deserialize)]
struct RepeatedCommits {
    repository: Option<String>,
    base: Option<Revision>,
    head: Option<Revision>,
}

#[derive(Deserialize)]
struct RepeatedPolicy {
    digest: Digest,
}
