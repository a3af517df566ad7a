//! Refs that are kept: deployment records, snapshots, reviews, notes of evidence. They only grow.
//!
//! git's own `receive.denyNonFastForwards` and `receive.denyDeletes` protect branches only.

use super::receiving::Receiving;
use super::updates::RefUpdate;
use portcullis_attest::signers::Principal;
use portcullis_collect::bare::SERVER_REF;
use portcullis_collect::bare::push_log::PUSHES_REF;
use portcullis_collect::signed_reviews::check_chain;
use portcullis_model::change::Revision;
use portcullis_model::fact::Gap;
use portcullis_record::PREFIX as RECORDS;
use portcullis_record::snapshot::SNAPSHOTS_PREFIX as SNAPSHOTS;

/// Everything of ours.
const OURS: &str = "refs/portcullis/";
/// Notes of evidence.
const NOTES: &str = "refs/notes/portcullis";
/// One chain for each reviewer.
const REVIEWS: &str = "refs/portcullis/reviews/";
/// git shows another object in the place of one that is named here (git-replace(1)).
const REPLACE: &str = "refs/replace/";

/// Branches.
const BRANCHES: &str = "refs/heads/";

/// So many commits may a push add to a chain.
const LONGEST: usize = 100_000;

/// Why a ref may not be moved so, and what to do.
pub type Refusal = (String, String);

/// Is this ref one of ours, or one that changes what git shows?
pub fn is_guarded(name: &str) -> bool {
    name.starts_with(OURS) || is_notes(name) || name.starts_with(REPLACE)
}

/// The place below which a ref would be if capitals made no difference, where they make one.
pub fn misspelt(name: &str) -> Option<&'static str> {
    [BRANCHES, OURS, NOTES, REPLACE].into_iter().find(|place| {
        let start = name.as_bytes().get(..place.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(place.as_bytes())) && !name.starts_with(place)
    })
}

fn is_notes(name: &str) -> bool {
    name.strip_prefix(NOTES).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '-']))
}

/// Judges the update of such a ref.
///
/// # Errors
/// The objects cannot be read.
pub fn judge_update(receiving: &Receiving, name: &str, update: &RefUpdate) -> Result<Option<Refusal>, Gap> {
    if name.starts_with(REPLACE) {
        return Ok(Some(make_refusal(
            format!("`{name}` would make git show another object than the one that is named"),
            "Leave replacements in your own clone.",
        )));
    }
    if [PUSHES_REF, SERVER_REF].contains(&name) {
        return Ok(Some(make_refusal(
            format!("`{name}` is written by the hook of the server alone"),
            "Leave it out of the push.",
        )));
    }
    let Some(new) = &update.new else {
        return Ok(Some(make_refusal(
            format!("`{name}` is kept and may not be deleted"),
            "Leave it out of the push.",
        )));
    };
    if let Some(old) = &update.old {
        let repository = &receiving.repository;
        // A chain is read over first parents. A merge can keep the old tip and leave it out there.
        let grows = match is_notes(name) {
            true => repository.reaches(new, old)?,
            false => repository.is_on_line(new, old, LONGEST)?,
        };
        if !grows {
            return Ok(Some(make_refusal(
                format!("`{name}` may only grow, and the push would leave out what it holds"),
                "Fetch it (`git fetch origin '+refs/portcullis/*:refs/portcullis/*'`), make your entry again on top of \
                 it, and push without force.",
            )));
        }
    }
    match name.strip_prefix(REVIEWS) {
        Some(reviewer) => match judge_owner(receiving, name, reviewer) {
            Some(refusal) => Ok(Some(refusal)),
            None => Ok(judge_chain(receiving, name, update.old.as_ref(), new)),
        },
        None => Ok(judge_place(name)),
    }
}

fn make_refusal(what: String, remedy: &str) -> Refusal {
    (what, remedy.to_string())
}

/// The chain of a reviewer is moved by no one else, where it is known who pushes.
fn judge_owner(receiving: &Receiving, name: &str, reviewer: &str) -> Option<Refusal> {
    let pusher = receiving.entry.principal.as_deref()?;
    let person = |name: &str| {
        let known = receiving.signers.person(name);
        known.as_ref().map_or(name, Principal::as_str).to_ascii_lowercase()
    };
    if person(pusher) == person(reviewer) {
        return None;
    }
    Some(make_refusal(
        format!("`{name}` is the chain of {reviewer}, and {pusher} pushes it"),
        "Let each reviewer push the own reviews.",
    ))
}

/// Each statement that the push brings has to verify, and the chain has to hold together. Those
/// before may be of keys that are retired by now.
fn judge_chain(receiving: &Receiving, name: &str, old: Option<&Revision>, new: &Revision) -> Option<Refusal> {
    let (signers, at) = (&receiving.signers, receiving.entry.time);
    let chain = match check_chain(&receiving.repository, name, new, signers, at) {
        Ok(chain) => chain,
        Err(gap) => return Some((gap.to_string(), gap.remedy)),
    };
    let known = chain.statements.iter().position(|statement| Some(&statement.commit) == old);
    let brought = chain.statements.iter().skip(known.map_or(0, |at| at + 1));
    let refused = brought.filter_map(|statement| statement.signer.as_ref().err()).next()?;
    Some(make_refusal(
        format!("a statement that the push brings to `{name}` does not count: {refused}"),
        "Sign with a key that the list of allowed signers on the default branch has for you.",
    ))
}

/// What is below our own prefix and has no meaning could be given one later.
fn judge_place(name: &str) -> Option<Refusal> {
    let is_known = name.starts_with(RECORDS) || name.starts_with(SNAPSHOTS) || is_notes(name);
    (!is_known)
        .then(|| make_refusal(format!("`{name}` is below `{OURS}` and means nothing"), "Use another name."))
}
