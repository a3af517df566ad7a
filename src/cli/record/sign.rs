//! Signing a deployment record before it is stored.

use super::DeploymentRecording;
use crate::exit::{Exit, Failure, Result};
use crate::{opening, signing};
use portcullis_attest::AttestError;
use portcullis_attest::record::SignedRecord;
use portcullis_attest::signed_item::SignedItem as _;
use portcullis_attest::signers::AllowedSigners;
use portcullis_collect::record_signatures::signers_at;
use portcullis_judge::policy::Policy;
use portcullis_judge::policy::house::HouseTexts;
use portcullis_model::path::RepoPath;
use portcullis_record::PendingRecord;
use std::path::Path;

/// The record with a signature, where the policy asks for one or a key was named.
///
/// # Errors
/// The key cannot be used, or its signature would not count.
pub(super) fn sign_record(
    directory: &Path,
    recording: &DeploymentRecording<'_>,
    pending: PendingRecord,
) -> Result<PendingRecord> {
    // A policy that cannot be read must not look like one that asks for no signature.
    let houses = HouseTexts::in_facts(&recording.facts.whole);
    let profile = recording.facts.whole.host.profile();
    let policy = Policy::parse_extending(recording.policy, &profile, &houses)
        .map_err(|_| Failure::policy("the policy of the record cannot be read"))?;
    let signers = policy.record_signers;
    if signers.is_none() && recording.key.is_none() {
        return Ok(pending);
    }
    let key = signing::find_key(directory, recording.key)?;
    let name = match &signers {
        Some(path) => listed_name(directory, recording, &key, path)?,
        None => key.email.clone().unwrap_or_else(|| recording.recorder.to_string()),
    };
    let digest = pending.digest();
    let entry = pending.entry();
    let signed = SignedRecord {
        record: &digest,
        environment: &entry.environment,
        number: entry.number,
        candidate: &entry.candidate,
    };
    let armoured = signing::sign(directory, &key, &signed.message(&name).map_err(failed)?)?;
    let envelope = signed.seal(&name, &armoured).map_err(failed)?;
    if let Some(path) = &signers {
        let allowed = signers_of(directory, recording, path)?;
        signed.verify(&envelope, &allowed, entry.time).map_err(|error| {
            Failure::unverified(format!("the signature of the record would not count: {error}"))
                .hint("sign with a key that the list of signers allows now")
        })?;
    }
    Ok(pending.with_signature(envelope))
}

fn failed(error: AttestError) -> Failure {
    Failure::environment(error.to_string())
}

fn signers_of(
    directory: &Path,
    recording: &DeploymentRecording<'_>,
    path: &RepoPath,
) -> Result<AllowedSigners> {
    let repository = opening::open(directory)?;
    signers_at(&repository, path, &recording.baseline.commit)
        .map_err(|gap| Failure::unseen(Exit::Policy, &gap))
}

/// What the list of signers calls the owner of the key; of several names the address that git
/// commits with.
fn listed_name(
    directory: &Path,
    recording: &DeploymentRecording<'_>,
    key: &signing::FoundKey,
    path: &RepoPath,
) -> Result<String> {
    let allowed = signers_of(directory, recording, path)?;
    let names = allowed.names_of_key(&key.public);
    let by_address = names.iter().find(|name| Some(name.as_str()) == key.email.as_deref());
    by_address.or_else(|| names.first()).map(|name| name.as_str().to_string()).ok_or_else(|| {
        let at = recording.baseline.commit.short();
        Failure::policy(format!("the key {} is not in {path} at {at}", key.public.fingerprint()))
            .hint("name a key of the list with --record-key, or land this one there and deploy it first")
    })
}
