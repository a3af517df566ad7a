//! `portcullis pack verify`.

use super::super::exit::{Exit, Failure, Result};
use super::super::output;
use super::super::progress::{Progress, ProgressView};
use super::archive_file::ArchiveFile;
use super::arrivals::check_arrivals;
use super::clone;
use super::folder::FolderOfPack;
use super::records::check_records;
use super::results::check_results;
use super::sealed::{VerifySignature, check_seals};
use super::snapshots::check_snapshots;
use crate::signature::{beside, read_file, read_signers, signed_file, signer_of};
use clap::Args;
use jiff::Timestamp;
use portcullis_model::digest::Digest;
use portcullis_pack::verify::{VerifiedPack, verify_pack};
use portcullis_pack::{ItemPath, ItemSource, PackFault, PackWrong};
use portcullis_render::plural;
use portcullis_wire::audit::v1::{AuditV1, AuditedDeploymentV1, SignatureStandingV1};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What to verify.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// The pack: its folder or its archive.
    #[arg(value_name = "DIR|ARCHIVE")]
    pack: PathBuf,
    /// Clone of the repository: the records that the audit names are looked up in it, and the
    /// commits of the period are counted again.
    #[arg(long, value_name = "DIR")]
    repo: Option<PathBuf>,
    /// SHA-256 of manifest.json that you received separately from the pack.
    #[arg(long, value_name = "SHA256", value_parser = parse_digest)]
    expect: Option<Digest>,
    /// Allowed signers, in the format of ssh-keygen(1), from where you trust the list: verify the
    /// signature of the pack (DIR.sig or ARCHIVE.sig beside it) and those of sealed decisions too.
    #[arg(long, value_name = "FILE")]
    signers: Option<PathBuf>,
    /// Moment at which the keys have to be valid. Default: now.
    #[arg(long, value_name = "TIME", requires = "signers")]
    at: Option<Timestamp>,
    /// Do not show on stderr how far the work has come.
    #[arg(short, long)]
    quiet: bool,
}

/// A pack that shows how many of its files were read.
struct ShownSource<'s> {
    source: &'s dyn ItemSource,
    progress: Progress,
    read: Cell<usize>,
}

impl<'s> ShownSource<'s> {
    fn of(source: &'s dyn ItemSource, quiet: bool) -> Self {
        let progress = Progress::begin(ProgressView::of(quiet), "files read of the pack", None);
        ShownSource { source, progress, read: Cell::new(0) }
    }
}

impl ItemSource for ShownSource<'_> {
    fn items(&self) -> &BTreeMap<ItemPath, u64> {
        self.source.items()
    }

    fn read(&self, path: &ItemPath) -> std::result::Result<Vec<u8>, PackWrong> {
        self.read.set(self.read.get() + 1);
        self.progress.at(self.read.get());
        self.source.read(path)
    }
}

fn parse_digest(text: &str) -> Result<Digest> {
    // Some programs print the digits in capitals.
    let digits = text.trim_start_matches("sha256:").to_ascii_lowercase();
    Digest::try_from(format!("sha256:{digits}")).map_err(Failure::usage)
}

pub(super) fn run(_: &Path, arguments: &VerifyArguments) -> Result {
    let source = match open_pack(&arguments.pack) {
        Ok(source) => source,
        Err(faults) => return report_faults(&faults),
    };
    let signers = arguments.signers.as_deref().map(read_signers).transpose()?;
    let at = arguments.at.unwrap_or_else(Timestamp::now);
    let verify_one = signers.as_ref().map(|allowed| {
        move |text: &[u8], signature: &[u8]| {
            signer_of(text, signature, allowed, at).map_err(|error| error.to_string())
        }
    });
    let shown = ShownSource::of(source.as_ref(), arguments.quiet);
    let mut verified = verify_files(&shown, verify_one.as_ref().map(|verify| verify as &VerifySignature<'_>));
    drop(shown);
    if let Some(verify) = &verify_one {
        check_own_signature(&arguments.pack, verify, &mut verified)?;
    }
    if let (Some(expected), Some(found)) = (&arguments.expect, &verified.manifest)
        && expected != found
    {
        let why = PackWrong::Disagrees(format!("another pack: its SHA-256 is {found}, not {expected}"));
        verified.faults.insert(0, PackFault::new(portcullis_pack::MANIFEST, why));
    }
    verified.notes.extend(verified.audit.as_ref().and_then(signed_elsewhere));
    if let (Some(place), Some(audit)) = (&arguments.repo, verified.audit.take()) {
        clone::hold_against(place, &audit, &mut verified)?;
    }
    if !verified.faults.is_empty() {
        return report_faults(&verified.faults);
    }
    output::text(&summary(&verified, arguments))?;
    Ok(if verified.not_shown.is_empty() { Exit::Allowed } else { Exit::Undetermined })
}

fn open_pack(place: &Path) -> std::result::Result<Box<dyn ItemSource>, Vec<PackFault>> {
    match std::fs::metadata(place) {
        Err(error) => Err(vec![PackFault::new(place.display(), PackWrong::Io(error.to_string()))]),
        Ok(metadata) if metadata.is_dir() => Ok(Box::new(FolderOfPack::open(place)?)),
        Ok(_) => Ok(Box::new(ArchiveFile::open(place).map_err(|fault| vec![fault])?)),
    }
}

/// Verifies the files of a pack: everything but what only a clone or the holder of a list of
/// signers knows.
pub fn verify_files(source: &dyn ItemSource, signatures: Option<&VerifySignature<'_>>) -> VerifiedPack {
    verify_pack(source, &|source, manifest, audit, verified| {
        check_records(source, audit, verified);
        check_snapshots(source, audit, manifest.form().people, verified);
        check_arrivals(source, audit, manifest.form().people, verified);
        check_seals(source, audit, signatures, verified);
        check_results(source, audit, verified);
    })
}

/// Verifies the signature beside the pack: of its manifest, or of its archive.
fn check_own_signature(pack: &Path, verify: &VerifySignature<'_>, verified: &mut VerifiedPack) -> Result<()> {
    let kept = beside(pack);
    if !kept.exists() {
        verified.not_shown.push(format!("who signed the pack: there is no {}", kept.display()));
        return Ok(());
    }
    match verify(&read_file(&signed_file(pack))?, &read_file(&kept)?) {
        Ok(signer) => verified.notes.push(format!("the pack is signed: {signer}")),
        Err(why) => {
            let why = PackWrong::Record(format!("proves nothing: {why}"));
            verified.faults.push(PackFault::new(kept.display(), why));
        }
    }
    Ok(())
}

/// Names everything that is wrong. What cannot be read is no statement about the pack.
fn report_faults(faults: &[PackFault]) -> Result {
    if let [PackFault { item, wrong: PackWrong::Io(why) }] = faults {
        return Err(Failure::environment(format!("cannot read {item}: {why}")));
    }
    faults.iter().for_each(|fault| output::complain(&fault.to_string()));
    Ok(Exit::Unverified)
}

/// What the pack cannot hold of signed records, for people.
fn signed_elsewhere(audit: &AuditV1) -> Option<String> {
    let is_signed = |one: &&AuditedDeploymentV1| {
        one.signature.as_ref().is_some_and(|signature| signature.standing == SignatureStandingV1::Signed)
    };
    let signed: Vec<&str> =
        audit.deployments.iter().filter(is_signed).map(|deployment| deployment.id.as_str()).collect();
    let (first, count) = (signed.first()?, signed.len());
    let signed = plural(count as u64, "signed record");
    Some(format!(
        "{signed} ({first} the first): a pack holds no signature of a record; `portcullis record verify` checks it in the repository"
    ))
}

fn summary(verified: &VerifiedPack, arguments: &VerifyArguments) -> String {
    let mut text = format!(
        "everything agrees: {} with the manifest, {} written again, {} taken again\n",
        plural(verified.files, "file"),
        plural(verified.derived, "file"),
        plural(verified.records, "decision")
    );
    for why in &verified.not_shown {
        let _ = writeln!(text, "not checked: {why}");
    }
    for note in &verified.notes {
        let _ = writeln!(text, "note: {note}");
    }
    if verified.has_landings {
        text.push_str(
            "note: what audit.json says of single landings was not judged again: run the command of manifest.json in a clone, with --pack, and compare\n",
        );
    }
    if arguments.repo.is_none() {
        text.push_str("not compared with a repository: pass --repo with a clone that you fetched yourself\n");
    }
    if arguments.expect.is_none() {
        text.push_str("Anyone who can write a pack can write a different one that verifies. Compare this with the SHA-256 that you received separately from the pack:\n");
    }
    if let Some(manifest) = &verified.manifest {
        let _ = writeln!(text, "manifest.json {manifest}");
    }
    text
}
