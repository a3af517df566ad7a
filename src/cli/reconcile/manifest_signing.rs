//! Signatures of manifests: made where a system is read, and demanded where manifests are compared.

use super::storing::{allowed_signers, listed_name};
use crate::exit::{Failure, Result};
use crate::{output, signing};
use jiff::Timestamp;
use portcullis_attest::AttestError;
use portcullis_attest::manifest::SignedManifest;
use portcullis_attest::signed_item::{LONGEST, SignedItem as _};
use portcullis_attest::signers::AllowedSigners;
use portcullis_model::path::RepoPath;
use portcullis_model::reconciliation::Dataset;
use portcullis_reconcile::compare::ComparedManifests;
use portcullis_reconcile::manifest::Manifest;
use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// The file beside the header.
const SIGNATURE_FILE: &str = "signature.json";

/// Where the signature of a manifest is: in its folder, or beside the file that it is, as
/// `NAME.signature.json`.
fn signature_path(manifest: &Manifest) -> PathBuf {
    let path = manifest.path();
    if path.is_dir() {
        return path.join(SIGNATURE_FILE);
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(SIGNATURE_FILE);
    name.into()
}

/// Signs a manifest that was extracted, where a key was named.
pub(super) fn sign_manifest(
    directory: &Path,
    dataset: &Dataset,
    manifest: &Manifest,
    named: Option<&Path>,
) -> Result<()> {
    let list = dataset.manifest_signers.as_ref();
    let Some(named) = named else {
        if let Some(list) = list {
            output::remark(&format!(
                "unsigned; the policy demands a signature of {list}: extract with --sign"
            ));
        }
        return Ok(());
    };
    let key = signing::find_key(directory, Some(named).filter(|key| !key.as_os_str().is_empty()))?;
    let name = match list {
        Some(list) => {
            let allowed = allowed_signers(directory, list)?;
            listed_name(&allowed, &key).ok_or_else(|| refuse_key(&key.public.fingerprint(), list))?
        }
        None => key.email.clone().unwrap_or_default(),
    };
    let signed = name_manifest(manifest);
    let armoured = signing::sign(directory, &key, &signed.message(&name).map_err(failed)?)?;
    let envelope = signed.seal(&name, &armoured).map_err(failed)?;
    let file = signature_path(manifest);
    // One of an earlier manifest of this name counts for none.
    let written = File::create(&file).and_then(|mut file| file.write_all(&envelope));
    written.map_err(|error| Failure::environment(format!("cannot write {}: {error}", file.display())))?;
    output::remark(&format!("signed as {name}"));
    Ok(())
}

fn refuse_key(fingerprint: &str, list: &RepoPath) -> Failure {
    Failure::policy(format!("the key {fingerprint} is not in {list} at HEAD"))
        .hint("name a key of the list with --sign, or land this one there")
}

/// Checks that each manifest of a system has the signature that the policy demands.
///
/// # Errors
/// The first one that is unsigned, or whose signature does not count.
pub(super) fn check_signatures(
    directory: &Path,
    dataset: &Dataset,
    manifests: &ComparedManifests,
) -> Result<()> {
    let Some(list) = &dataset.manifest_signers else { return Ok(()) };
    let allowed = allowed_signers(directory, list)?;
    let sides = [Some(&manifests.source), Some(&manifests.target)];
    let answers = [manifests.rejects.as_ref(), manifests.receipts.as_ref()];
    sides.into_iter().chain(answers).flatten().try_for_each(|manifest| check_one(manifest, &allowed, list))
}

fn check_one(manifest: &Manifest, allowed: &AllowedSigners, list: &RepoPath) -> Result<()> {
    let (place, content) = (manifest.path().display(), manifest.header().content);
    let refuse = |why: String| {
        Failure::unverified(format!(
            "{place}: the {content} {why}, and the policy demands a signature of {list}"
        ))
        .hint("extract it again with `--sign KEY`, with a key of that list")
    };
    let envelope = read_signature(&signature_path(manifest))?;
    let envelope = envelope.ok_or_else(|| refuse("is not signed".to_string()))?;
    let at = Timestamp::from_second(manifest.header().as_of_second()).unwrap_or_default();
    let verified = name_manifest(manifest).verify(&envelope, allowed, at);
    verified.map(|_| ()).map_err(|error| refuse(format!("has a signature that does not count ({error})")))
}

/// The envelope in a file; `None` where there is none.
fn read_signature(file: &Path) -> Result<Option<Vec<u8>>> {
    let failed =
        |error: std::io::Error| Failure::environment(format!("cannot read {}: {error}", file.display()));
    let opened = match File::open(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    let mut bytes = Vec::new();
    opened.take(LONGEST as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    Ok(Some(bytes))
}

fn name_manifest(manifest: &Manifest) -> SignedManifest<'_> {
    let header = manifest.header();
    SignedManifest { header: manifest.digest(), dataset: &header.dataset, content: header.content }
}

fn failed(error: AttestError) -> Failure {
    Failure::environment(error.to_string())
}
