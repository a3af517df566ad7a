//! What the signature of a deployment record is worth: the policy that the record keeps says
//! whether it needs one, and the list of signers at its baseline says whose count.
//!
//! A key has to be valid at the moment that the record names, which is the recorder's word. The
//! records before it bound that moment from below, and the list at the baseline says which keys
//! there were then: a key that has left the list signs nothing on top of a later baseline.

use crate::gather::text_at;
use crate::policy_texts::houses_at;
use portcullis_attest::record::SignedRecord;
use portcullis_attest::signed_item::SignedItem as _;
use portcullis_attest::signers::AllowedSigners;
use portcullis_git::Repository;
use portcullis_judge::policy::Policy;
use portcullis_judge::policy::house::HouseTexts;
use portcullis_model::change::Revision;
use portcullis_model::deployment::Deployment;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::host::HostProfile;
use portcullis_model::path::RepoPath;
use portcullis_record::{POLICY, RecordLink, RecordSignature, SIGNATURE, StoredEntry};

/// What the signature of a record is worth.
pub fn check_record_signature(
    repository: &Repository,
    stored: &StoredEntry,
    link: &RecordLink,
    facts: Option<&Deployment>,
) -> RecordSignature {
    let envelope = stored.file(SIGNATURE);
    let text = stored.file(POLICY).map(String::from_utf8_lossy);
    let Some(policy) = text.and_then(|text| read_policy(repository, link, &text, facts)) else {
        return RecordSignature::Unseen(unread_policy());
    };
    match (envelope, policy.record_signers) {
        (None, None) => RecordSignature::Unsigned,
        (None, Some(_)) => RecordSignature::Missing,
        (Some(envelope), None) => match signed_record(link).signing_key(envelope) {
            Ok(key) => RecordSignature::Unlisted(key),
            Err(error) => RecordSignature::Invalid(error.to_string()),
        },
        (Some(envelope), Some(path)) => match signers_at(repository, &path, &link.entry.baseline.commit) {
            Ok(allowed) => verify(envelope, link, &allowed, path),
            Err(gap) => RecordSignature::Unseen(gap),
        },
    }
}

/// The policy, read for the host of the facts. A record without facts does not say for which; who
/// may sign is read alike for each.
fn read_policy(
    repository: &Repository,
    link: &RecordLink,
    text: &str,
    facts: Option<&Deployment>,
) -> Option<Policy> {
    let houses = match facts {
        Some(facts) => HouseTexts::in_facts(&facts.whole),
        None => houses_at(repository, &link.entry.baseline.commit, text).ok()?,
    };
    let parse = |profile: &HostProfile| Policy::parse_extending(text, profile, &houses).ok();
    match facts {
        Some(facts) => parse(&facts.whole.host.profile()),
        None => portcullis_forge::TABLE
            .iter()
            .find_map(|kind| parse(&HostProfile::of(&(kind.conventions)(), &[]))),
    }
}

fn unread_policy() -> Gap {
    Gap::new(
        "whether the record has to be signed",
        GapReason::Malformed,
        "it keeps no policy that can be read",
        "Verify the record with the version of the program that made it",
    )
}

fn verify(envelope: &[u8], link: &RecordLink, allowed: &AllowedSigners, list: RepoPath) -> RecordSignature {
    match signed_record(link).verify(envelope, allowed, link.entry.time) {
        Ok(signer) => {
            let signers = signer.principals.iter().map(|name| name.as_str().to_string()).collect();
            RecordSignature::Signed { key: signer.key, signers, list }
        }
        Err(error) => RecordSignature::Invalid(error.to_string()),
    }
}

fn signed_record(link: &RecordLink) -> SignedRecord<'_> {
    let entry = &link.entry;
    SignedRecord {
        record: &link.digest,
        environment: &entry.environment,
        number: entry.number,
        candidate: &entry.candidate,
    }
}

/// The list of signers of records at a commit.
///
/// # Errors
/// It is not there, or cannot be read.
pub fn signers_at(repository: &Repository, path: &RepoPath, at: &Revision) -> Result<AllowedSigners, Gap> {
    let what = || format!("who may sign deployment records, in {path} at {}", at.short());
    let Some(text) = text_at(repository, at, path)? else {
        let remedy =
            "Land the list of signers on the branch and deploy from there, before the policy names it";
        return Err(Gap::new(what(), GapReason::Untrusted, "there is no such file", remedy));
    };
    AllowedSigners::read(text.as_bytes()).map_err(|errors| {
        let all: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Gap::new(what(), GapReason::Malformed, all.join("; "), "Correct the list of signers on the branch")
    })
}
