//! Evidence files of other version control systems: how they are read, and the policy that they are
//! judged by.

use super::exit::{Failure, Result};
use super::names;
use super::policy_file::{POLICY, check_waivers, houses_beside, parse_policy};
use portcullis_collect::asserted::{AssertedSources, gather_asserted, text_after, text_before};
use portcullis_collect::reports::ReportFiles;
use portcullis_judge::policy::Policy;
use portcullis_judge::policy::house::{HouseTexts, house_of};
use portcullis_model::assertion::asserted_conventions;
use portcullis_model::digest::Digest;
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::host::HostProfile;
use portcullis_model::inquiry::Inquiry;
use portcullis_model::path::RepoPath;
use portcullis_wire::evidence_file::v1::EvidenceFileV1;
use portcullis_wire::evidence_file::{EvidenceFileError, LARGEST, read_evidence_file};
use std::io::Read as _;
use std::path::Path;

/// An evidence file as it was read.
pub struct ReadEvidence {
    /// What it states.
    pub file: EvidenceFileV1,
    /// The digest of its bytes.
    pub digest: Digest,
}

/// Reads an evidence file.
///
/// # Errors
/// It cannot be read, is too large, or is not an evidence file; each mistake with its place.
pub fn read_evidence(file: &Path) -> Result<ReadEvidence> {
    let name = file.display();
    let bytes = read_bounded(file)
        .map_err(|error| Failure::environment(format!("cannot read the evidence file {name}: {error}")))?;
    if bytes.len() as u64 > LARGEST {
        let message = format!("{name}: an evidence file has at most {LARGEST} bytes, and this one has more");
        return Err(Failure::environment(message).hint(
            "have the exporter leave out the lines of files that no content pattern is about (`not-stated`)",
        ));
    }
    let file = read_evidence_file(&bytes).map_err(|error| refuse(&name.to_string(), &error))?;
    Ok(ReadEvidence { file, digest: Digest::of(&bytes) })
}

fn read_bounded(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(file)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn refuse(name: &str, error: &EvidenceFileError) -> Failure {
    let lines: Vec<String> = error.to_string().lines().map(|line| format!("{name}: {line}")).collect();
    let failure = Failure::environment(lines.join("\n"));
    match error {
        EvidenceFileError::OtherKind(Some(kind))
            if kind == "change" || kind == "deployment" || kind == "batch" =>
        {
            failure.hint("these are facts that `portcullis facts` gathered; give them with --facts")
        }
        EvidenceFileError::OtherKind(_) | EvidenceFileError::Json(_) | EvidenceFileError::Version(_) => {
            failure.hint(
                "`portcullis schema evidence-file` prints the form; correct the exporter and export again",
            )
        }
        EvidenceFileError::Faults(_) => {
            failure.hint("correct the exporter and export again; do not edit the file")
        }
    }
}

/// What an evidence file is judged by.
pub struct AssertedCase {
    /// The policy.
    pub policy: Policy,
    /// What it wants to know.
    pub inquiry: Inquiry,
}

/// The policy of a file. Where the repository keeps one, it has to be that of the base: another one
/// may be of the change that it would judge.
///
/// # Errors
/// It cannot be read, is not valid, or is not the one at the base.
pub fn read_case(read: &ReadEvidence, policy: &Path) -> Result<AssertedCase> {
    let name = policy.display().to_string();
    let text = std::fs::read_to_string(policy)
        .map_err(|error| Failure::policy(format!("cannot read the policy {name}: {error}")))?;
    let at_base = text_before(&read.file, POLICY);
    if at_base.is_some_and(|at_base| at_base != text) {
        let message = format!(
            "the policy {name} differs from {POLICY} at the base of the change, as the evidence file states it"
        );
        return Err(Failure::policy(message).hint(format!("give {POLICY} as it is at the base")));
    }
    let profile = HostProfile::of(&asserted_conventions(), &[]);
    let policy = parse_policy(&name, &text, &profile, &houses_beside(policy, &text)?)?;
    let Some(_) = at_base else {
        let inquiry = policy.inquiry(None);
        return Ok(AssertedCase { policy, inquiry });
    };
    let path = RepoPath::from(POLICY);
    let inquiry = policy.inquiry(Some(path.clone()));
    // The change may bring another policy: what that one asks for is asked, too.
    let after = text_after(&read.file, POLICY).filter(|after| *after != text);
    let altered = after.and_then(|after| parse_after(&read.file, after, &policy));
    let inquiry = match altered {
        Some(altered) => inquiry.union(altered.inquiry(Some(path))),
        None => inquiry,
    };
    Ok(AssertedCase { policy, inquiry })
}

/// The policy as the change would leave it, with the house policy that is stated for it.
fn parse_after(file: &EvidenceFileV1, text: &str, policy: &Policy) -> Option<Policy> {
    let stated = house_of(text).and_then(|house| text_after(file, &house.file.to_string()));
    let houses = HouseTexts::of(stated.map(str::to_string)).and(HouseTexts::in_policy(policy));
    Policy::parse_extending(text, &policy.host, &houses).ok()
}

/// The facts of an evidence file, by the questions of a policy.
///
/// # Errors
/// The waivers at the base are not valid.
pub fn gather(read: &ReadEvidence, case: &AssertedCase, reports: ReportFiles<'_>) -> Result<GatheredFacts> {
    let AssertedCase { policy, inquiry } = case;
    let brought = || parse_after(&read.file, text_after(&read.file, POLICY)?, policy);
    names::check_reports(policy, reports.named, brought)?;
    names::warn(reports.named, &[]);
    let sources = AssertedSources {
        file: &read.file,
        digest: read.digest.clone(),
        reports,
        observed: jiff::Timestamp::now(),
    };
    let facts = GatheredFacts::Change(Box::new(gather_asserted(inquiry.clone(), &sources)));
    check_waivers(policy, &facts)?;
    Ok(facts)
}
