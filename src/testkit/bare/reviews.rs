//! Reviews as signed statements, in one chain for each reviewer.

use super::signers::{key_of, principal_of};
use super::{MAIN, append_file};
use crate::scene::{Fault, Part, Scene};
use crate::stage::revision;
use crate::world::minutes;
use anyhow::{Result, anyhow};
use git2::{Oid, Repository};
use jiff::Timestamp;
use portcullis_attest::review::SignableReview;
use portcullis_attest::sshsig;
use portcullis_model::change::ObjectName;
use portcullis_model::digest::Digest;
use portcullis_model::evidence::RunSubject;
use portcullis_model::review::{Review, ReviewState, ReviewedContent};
use portcullis_model::signed::{REVIEWS_PREFIX, ReviewStatement, ReviewVerdict};
use std::collections::BTreeMap;

/// The name of the project in the policy.
const PROJECT: &str = "Record upload (demonstration)";

/// The branch that a request was for before it was turned to another one.
const ELSEWHERE: &str = "refs/heads/release";

/// Who signed where the scene names no one: their key is in no list.
const GHOST: &str = "ghost";

/// The file of a statement in its commit.
pub(super) const STATEMENT_FILE: &str = "statement.json";

/// A statement to be signed.
struct Draft {
    reviewer: String,
    commit: Oid,
    target: &'static str,
    time: Timestamp,
    verdict: ReviewVerdict,
}

/// Signs the reviews of the scene, in their order.
pub(super) fn sign_reviews(repository: &Repository, scene: &Scene, main: Oid) -> Result<()> {
    let mut reviews: Vec<&Review> = scene.stage.world.reviews.iter().collect();
    reviews.sort_by_key(|review| review.submitted);
    let mut newest: BTreeMap<String, Digest> = BTreeMap::new();
    let is_cut = scene.faults.contains(&(Part::Reviews, Fault::Cut));
    let mut drafts = Vec::new();
    for review in reviews {
        drafts.extend(draft_review(scene, review)?);
    }
    for draft in drafts {
        if is_cut && !newest.contains_key(&draft.reviewer) {
            // A chain of one statement cannot be cut.
            let first = Draft { reviewer: draft.reviewer.clone(), verdict: ReviewVerdict::Comment, ..draft };
            append_statement(repository, scene, (&first, main), &mut newest)?;
        }
        append_statement(repository, scene, (&draft, main), &mut newest)?;
    }
    Ok(())
}

/// The statements that a review is: two where it was withdrawn.
fn draft_review(scene: &Scene, review: &Review) -> Result<Vec<Draft>> {
    let ReviewedContent::Stated(commit) = &review.reviewed else { return Ok(Vec::new()) };
    let commit = Oid::from_str(commit.as_str())?;
    let time = review.submitted.unwrap_or(minutes(30));
    let turned = scene.stage.world.events.iter().filter(|event| event.kind == "base_ref_changed");
    let target = if turned.map(|event| event.at).any(|at| at > time) { ELSEWHERE } else { MAIN };
    let reviewer = review.reviewer.as_ref().map_or_else(|| GHOST.to_string(), principal_of);
    let verdicts: &[ReviewVerdict] = match review.state {
        ReviewState::Approved => &[ReviewVerdict::Approve],
        ReviewState::ChangesRequested => &[ReviewVerdict::Reject],
        ReviewState::Commented => &[ReviewVerdict::Comment],
        ReviewState::Dismissed => &[ReviewVerdict::Approve, ReviewVerdict::Withdraw],
        ReviewState::Pending => &[],
    };
    let draft = |verdict: &ReviewVerdict| Draft {
        reviewer: reviewer.clone(),
        commit,
        target,
        time,
        verdict: *verdict,
    };
    Ok(verdicts.iter().map(draft).collect())
}

fn append_statement(
    repository: &Repository,
    scene: &Scene,
    (draft, main): (&Draft, Oid),
    newest: &mut BTreeMap<String, Digest>,
) -> Result<()> {
    let statement = ReviewStatement {
        base: describe_commit(repository, main)?,
        message: Some("As it was shown to me.".to_string()),
        policy: Digest::of(scene.policy.as_bytes()),
        previous: newest.get(&draft.reviewer).cloned(),
        project: PROJECT.to_string(),
        request: None,
        reviewer: draft.reviewer.clone(),
        roles: [].into(),
        target: draft.target.to_string(),
        time: draft.time,
        verdict: draft.verdict,
    };
    let signable = SignableReview::new(describe_commit(repository, draft.commit)?, statement)?;
    let armoured = sshsig::sign(&signable.message(), &key_of(&draft.reviewer))?;
    let envelope = signable.seal(armoured.trim_end().as_bytes())?;
    newest.insert(draft.reviewer.clone(), Digest::of(&envelope));
    let reference = format!("{REVIEWS_PREFIX}{}", draft.reviewer);
    append_file(repository, &reference, (STATEMENT_FILE, &envelope), draft.time).map(drop)
}

fn describe_commit(repository: &Repository, commit: Oid) -> Result<RunSubject> {
    let tree = repository.find_commit(commit)?.tree_id().to_string();
    let tree = ObjectName::try_from(tree).map_err(|error| anyhow!(error))?;
    Ok(RunSubject { commit: revision(commit)?, tree })
}
