//! Sealed decisions in a pack: handed over with `--sealed`, written without addresses of people,
//! and taken again when the pack is verified.

use super::super::exit::{Exit, Failure, Result};
use super::super::program::built_from;
use super::super::record::facts_json;
use super::super::replayed::{KeptWords, exit_of, judge_gathered};
use super::house_digests::HouseDigests;
use super::records::{self, RecordFiles, WrittenOmissions, outcome_of, redacted_decision, without_omitted};
use anyhow::bail;
use jiff::Timestamp;
use portcullis_model::digest::Digest;
use portcullis_pack::places::{seal_path, seal_signature_path};
use portcullis_pack::redact::{AddressFinder, Redactor};
use portcullis_pack::verify::VerifiedPack;
use portcullis_pack::{ItemSource, LONGEST_ITEM, MOST_ITEMS, PackFault, PackWrong};
use portcullis_record::{DECISION, FACTS, POLICY, SealedDecision, read_sealed, seal_again};
use portcullis_wire::audit::v1::{AuditV1, AuditedSealV1, SealStandingV1};
use portcullis_wire::facts::read_facts;
use portcullis_wire::replay::v1::ReplayV1;
use portcullis_wire::sealed::v1::SealedV1;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// What ends the name of the signature of a file.
const SIGNATURE: &str = ".sig";

/// The longest signature that is read, in bytes.
const LONGEST_SIGNATURE: u64 = 1 << 20;

/// A sealed decision that was handed over and holds together.
#[derive(Clone, Debug)]
pub struct GivenSeal {
    place: PathBuf,
    seal: AuditedSealV1,
}

/// Reads the sealed decisions in these files and folders, and takes each again. They come in the
/// order of their times.
///
/// # Errors
/// One cannot be read, is no sealed decision, does not hold together or gives another decision.
pub fn read_seals(places: &[PathBuf]) -> Result<Vec<GivenSeal>> {
    let mut files = Vec::new();
    places.iter().try_for_each(|place| list_files(place, &mut files))?;
    let mut seals: Vec<GivenSeal> = files.into_iter().map(|file| read_seal(&file)).collect::<Result<_>>()?;
    let moment = |seal: &GivenSeal| seal.seal.time.parse::<Timestamp>().ok();
    seals.sort_by(|one, other| {
        (moment(one), one.seal.digest.as_str()).cmp(&(moment(other), other.seal.digest.as_str()))
    });
    // One file can be named twice: by itself, and by its folder.
    seals.dedup_by(|one, other| one.seal.digest == other.seal.digest);
    for (seal, number) in seals.iter_mut().zip(1..) {
        seal.seal.number = number;
    }
    Ok(seals)
}

/// Writes into an audit what the sealed decisions say.
///
/// # Errors
/// One is of another repository than the audit.
pub fn list_seals(seals: &[GivenSeal], audit: &mut AuditV1) -> Result<()> {
    for given in seals {
        let repositories = given.seal.judged.repository.as_deref().zip(audit.title.repository.as_deref());
        if let Some((own, audited)) = repositories.filter(|(own, audited)| !own.eq_ignore_ascii_case(audited))
        {
            return Err(Failure::unverified(format!(
                "{}: it is a decision about {own}, and the audit is of {audited}",
                given.place.display()
            )));
        }
    }
    audit.sealed = seals.iter().map(|given| given.seal.clone()).collect();
    Ok(())
}

/// A file, or every file in a folder and those in it, but for signatures.
fn list_files(place: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let cannot =
        |why: &dyn std::fmt::Display| Failure::environment(format!("cannot read {}: {why}", place.display()));
    if files.len() > MOST_ITEMS {
        return Err(Failure::usage(format!("--sealed: more than {MOST_ITEMS} files")));
    }
    let metadata = std::fs::symlink_metadata(place).map_err(|error| cannot(&error))?;
    if !metadata.is_dir() {
        files.push(place.to_path_buf());
        return Ok(());
    }
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(place).map_err(|error| cannot(&error))? {
        entries.push(entry.map_err(|error| cannot(&error))?.path());
    }
    entries.sort();
    entries.retain(|entry| !is_signature(entry));
    entries.iter().try_for_each(|entry| list_files(entry, files))
}

fn is_signature(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name.to_string_lossy().ends_with(SIGNATURE))
}

fn read_limited(file: &Path, longest: u64) -> Result<Vec<u8>> {
    let cannot =
        |why: &dyn std::fmt::Display| Failure::environment(format!("cannot read {}: {why}", file.display()));
    // A pipe would be waited for, and a device never ends.
    if !std::fs::metadata(file).map_err(|error| cannot(&error))?.is_file() {
        return Err(cannot(&"it is not a regular file"));
    }
    let mut bytes = Vec::new();
    let opened = File::open(file).map_err(|error| cannot(&error))?;
    opened.take(longest + 1).read_to_end(&mut bytes).map_err(|error| cannot(&error))?;
    match bytes.len() as u64 > longest {
        true => Err(cannot(&format!("it is larger than {longest} bytes"))),
        false => Ok(bytes),
    }
}

fn read_seal(place: &Path) -> Result<GivenSeal> {
    let bytes = read_limited(place, LONGEST_ITEM)?;
    let name = place.display();
    let sealed = read_sealed(&bytes).map_err(|error| {
        Failure::environment(format!("--sealed: {name}: {error}"))
            .hint("hand over files that `--seal` wrote; a folder is read with everything in it")
    })?;
    let replay = take_again(&name.to_string(), &sealed)?;
    let standing = match exit_of(&replay) {
        Exit::Allowed => SealStandingV1::Reproduced,
        Exit::Undetermined => SealStandingV1::Irreproducible,
        _ => {
            return Err(Failure::unverified(format!(
                "--sealed: {name} does not hold together: {}",
                replay.reasons.join("; ")
            ))
            .hint(format!("see what differs: `portcullis replay {name}`")));
        }
    };
    let form = sealed.form;
    let seal = AuditedSealV1 {
        number: 0,
        digest: (&Digest::of(&bytes)).into(),
        time: form.time,
        sealer: form.sealer,
        program: form.program,
        outcome: form.outcome,
        advisory: form.advisory,
        judged: form.judged,
        standing,
        why: (standing == SealStandingV1::Irreproducible).then(|| replay.reasons.join("; ")),
        signed: signature_of(place).exists(),
    };
    Ok(GivenSeal { place: place.to_path_buf(), seal })
}

fn signature_of(place: &Path) -> PathBuf {
    let mut name = place.as_os_str().to_os_string();
    name.push(SIGNATURE);
    PathBuf::from(name)
}

fn take_again(name: &str, sealed: &SealedDecision) -> Result<ReplayV1> {
    let faults: Vec<String> = sealed.faults().iter().map(ToString::to_string).collect();
    let form = &sealed.form;
    let words = KeptWords {
        name: name.to_string(),
        outcome: Some(form.outcome),
        advisory: form.advisory,
        judged: form.judged.clone(),
        program: form.program.clone(),
        is_ours: sealed.is_ours(built_from()),
    };
    words.conclude(faults, sealed.take_again(&judge_gathered))
}

impl GivenSeal {
    /// Its number among those of the audit.
    pub(super) fn number(&self) -> u64 {
        self.seal.number
    }

    /// The file, which must be the one that was read before.
    ///
    /// # Errors
    /// It cannot be read, or was changed meanwhile.
    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        let bytes = read_limited(&self.place, LONGEST_ITEM)?;
        match Digest::of(&bytes).as_str() == self.seal.digest.as_str() {
            true => Ok(bytes),
            false => Err(Failure::environment(format!("{} was changed meanwhile", self.place.display()))),
        }
    }

    /// The signature beside it.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn signature(&self) -> Result<Option<Vec<u8>>> {
        self.seal.signed.then(|| read_limited(&signature_of(&self.place), LONGEST_SIGNATURE)).transpose()
    }
}

/// The files that a sealed decision consists of, as those of a record.
fn files_in(form: &SealedV1) -> RecordFiles {
    let mut files = RecordFiles::from([(DECISION, form.decision.text.clone().into_bytes())]);
    files.extend(form.policy.iter().map(|policy| (POLICY, policy.text.clone().into_bytes())));
    let facts = form.facts.as_ref().and_then(|facts| facts.text.clone());
    files.extend(facts.map(|facts| (FACTS, facts.into_bytes())));
    files
}

/// Looks for addresses in a sealed decision, and for accounts where these are not to be named.
///
/// # Errors
/// It is none.
pub(super) fn look_at_seal(
    finder: &mut AddressFinder,
    bytes: &[u8],
    with_accounts: bool,
) -> anyhow::Result<()> {
    let mut form = read_sealed(bytes).map_err(|error| anyhow::anyhow!("{error}"))?.form;
    let files = files_in(&form);
    records::look_for_addresses(finder, &files);
    form.decision.text.clear();
    form.policy = None;
    form.facts = None;
    let rest = serde_json::to_value(&form)?;
    finder.look_at(&rest);
    if with_accounts {
        records::learn_accounts(finder, &files);
        finder.learn_accounts(&rest);
    }
    Ok(())
}

/// A sealed decision without addresses: the decision is taken again from what is left of its facts,
/// and the file is sealed again.
///
/// # Errors
/// Why no such file can be made.
pub(super) fn without_addresses(
    bytes: &[u8],
    redactor: &Redactor,
    omitted: &WrittenOmissions,
) -> anyhow::Result<Vec<u8>> {
    let sealed = read_sealed(bytes).map_err(|error| anyhow::anyhow!("{error}"))?;
    let mut form = sealed.form.clone();
    form.sealer = redactor.text(&form.sealer);
    for link in [&mut form.links.request, &mut form.links.run].into_iter().flatten() {
        *link = redactor.text(link);
    }
    let kept = form.facts.as_ref().and_then(|facts| facts.text.as_deref());
    let houses = HouseDigests::of(kept.map(str::as_bytes), redactor);
    form.policy.iter_mut().for_each(|policy| policy.text = houses.renew(&redactor.text(&policy.text)));
    form.waivers.iter_mut().for_each(|waivers| waivers.text = redactor.text(&waivers.text));
    form.inputs.iter_mut().for_each(|input| input.name = redactor.text(&input.name));
    let policy = form.policy.as_ref().map(|policy| policy.text.clone().into_bytes());
    let stored = sealed.form.policy.as_ref().map(|policy| policy.text.clone().into_bytes());
    let as_said = redacted_decision(sealed.decision(), redactor, (stored.as_ref(), policy.as_ref()));
    form.decision.text = houses.renew(&String::from_utf8(as_said)?);
    let Some(text) = form.facts.as_mut().and_then(|facts| facts.text.as_mut()) else {
        return Ok(seal_again(form)?);
    };
    let facts = houses.renew(&serde_json::to_string(&redactor.value(&serde_json::from_str(text)?))?);
    let environment = form.judged.environment.as_deref().and_then(|name| omitted.get(name));
    let facts = without_omitted(read_facts(facts.as_bytes())?, environment.unwrap_or(&Default::default()));
    *text = facts_json(facts.clone())?;
    let policy = form.policy.as_ref().map(|policy| policy.text.as_str()).unwrap_or_default();
    let again = judge_gathered(policy, &facts, form.advisory).ok();
    match again.filter(|again| outcome_of(again) == outcome_of(sealed.decision())) {
        Some(again) => form.decision.text = String::from_utf8(again)?,
        // A signature of a text with an address, for example, is none of the text without it.
        None if follows(&sealed) => form.facts.iter_mut().for_each(|facts| facts.text = None),
        None => bail!("its decision does not follow from its facts"),
    }
    Ok(seal_again(form)?)
}

/// Does the decision follow from the facts as they were handed over, or can it not be taken again?
fn follows(sealed: &SealedDecision) -> bool {
    take_again("", sealed).is_ok_and(|replay| matches!(exit_of(&replay), Exit::Allowed | Exit::Undetermined))
}

/// A signature that is to be verified: the text, and the signature in its armour. What comes of it
/// is the name of the signer, or why it proves nothing.
pub type VerifySignature<'a> = dyn Fn(&[u8], &[u8]) -> std::result::Result<String, String> + 'a;

/// Takes every sealed decision of a pack again, and holds it against the audit.
pub(super) fn check_seals(
    source: &dyn ItemSource,
    audit: &AuditV1,
    signatures: Option<&VerifySignature<'_>>,
    verified: &mut VerifiedPack,
) {
    for said in &audit.sealed {
        let Ok(path) = seal_path(said.number) else { continue };
        let bytes = match source.read(&path) {
            Ok(bytes) => bytes,
            // That it is missing was said where the files were compared.
            Err(PackWrong::Missing) => continue,
            Err(wrong) => {
                verified.faults.push(PackFault::new(&path, wrong));
                continue;
            }
        };
        if let Err(wrong) = check_seal(&bytes, said, &path.to_string(), verified) {
            verified.faults.push(PackFault::new(&path, wrong));
            continue;
        }
        check_signature(source, &bytes, said, signatures, verified);
    }
}

fn check_seal(
    bytes: &[u8],
    said: &AuditedSealV1,
    name: &str,
    verified: &mut VerifiedPack,
) -> std::result::Result<(), PackWrong> {
    let unreadable = |why: String| PackWrong::Unreadable(why);
    let sealed = read_sealed(bytes).map_err(|error| unreadable(error.to_string()))?;
    let replay = take_again(name, &sealed).map_err(|failure| unreadable(failure.message))?;
    let form = &sealed.form;
    let agree = [
        ("time", form.time == said.time),
        ("sealer", form.sealer == said.sealer),
        ("program", form.program == said.program),
        ("outcome", form.outcome == said.outcome),
        ("gate", form.advisory == said.advisory),
        ("subject", form.judged == said.judged),
    ];
    if let Some((what, _)) = agree.iter().find(|(_, same)| !same) {
        return Err(PackWrong::Disagrees(format!("audit.json says another {what} of it")));
    }
    match exit_of(&replay) {
        Exit::Allowed => verified.records += 1,
        Exit::Undetermined => {
            verified.not_shown.push(format!("{name} cannot be taken again: {}", replay.reasons.join("; ")));
        }
        _ => return Err(PackWrong::Record(replay.reasons.join("; "))),
    }
    Ok(())
}

/// A signature is of the file as it was handed over. Where addresses were taken out of that, it is
/// not in the pack.
fn check_signature(
    source: &dyn ItemSource,
    bytes: &[u8],
    said: &AuditedSealV1,
    signatures: Option<&VerifySignature<'_>>,
    verified: &mut VerifiedPack,
) {
    let Ok(path) = seal_signature_path(said.number) else { return };
    let is_as_given = Digest::of(bytes).as_str() == said.digest.as_str();
    let wrong = match (source.read(&path), is_as_given, signatures) {
        (Err(PackWrong::Missing), true, _) if said.signed => Some(PackWrong::Missing),
        (Err(PackWrong::Missing), ..) => None,
        (Err(wrong), ..) => Some(wrong),
        (Ok(_), false, _) => {
            let why = "the decision beside it is another one than was signed".to_string();
            Some(PackWrong::Disagrees(why))
        }
        (Ok(_), true, None) => {
            verified.notes.push(format!("{path} was not verified: pass --signers"));
            None
        }
        (Ok(signature), true, Some(verify)) => match verify(bytes, &signature) {
            Ok(signer) => {
                verified
                    .notes
                    .push(format!("{} is signed: {signer}", path.as_str().replace(".sig", ".json")));
                None
            }
            Err(why) => Some(PackWrong::Record(format!("proves nothing: {why}"))),
        },
    };
    verified.faults.extend(wrong.map(|wrong| PackFault::new(&path, wrong)));
}
