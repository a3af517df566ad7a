//! Policies and waivers that the program judges by: where they are, how they are read, and what is
//! wrong with them.

use super::exit::{Exit, Failure, Result};
use portcullis_collect::policy_texts::{fetched_house, houses_at};
use portcullis_git::Repository;
use portcullis_judge::policy::house::{HouseTexts, house_of};
use portcullis_judge::policy::{self, Policy, Problem};
use portcullis_model::change::Revision;
use portcullis_model::fact::Gap;
use portcullis_model::facts::{GateTexts, POLICY_PATH};
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::host::HostProfile;
use portcullis_model::inquiry::TextPurpose;
use portcullis_model::waiver;
use std::path::Path;

/// The path of the policy in its repository.
pub const POLICY: &str = POLICY_PATH;

/// The error about waivers that cannot be read.
pub fn bad_waivers(name: &str, text: &str, problems: &[Problem]) -> Failure {
    Failure::policy(policy::show(name, text, problems))
}

/// The waivers that gathered facts hold have to be valid, as the policy has to be: of a change or a
/// batch those at its base; of a deployment those at the baseline or those at the candidate, which
/// may correct them.
///
/// # Errors
/// They are not.
pub fn check_waivers(policy: &Policy, facts: &GatheredFacts) -> Result<()> {
    let Some(gate) = facts.whole().gate.value() else { return Ok(()) };
    let is_corrected = || gate.after(TextPurpose::Waivers).is_none_or(|text| policy.waivers(text).is_ok());
    match facts {
        GatheredFacts::Deployment(_) if is_corrected() => Ok(()),
        GatheredFacts::Deployment(_) | GatheredFacts::Change(_) | GatheredFacts::Batch(_) => {
            check_waivers_before(policy, gate)
        }
    }
}

fn check_waivers_before(policy: &Policy, gate: &GateTexts) -> Result<()> {
    let Some(text) = gate.before(TextPurpose::Waivers) else { return Ok(()) };
    let name = format!("{} at the base", waiver::PATH);
    policy.waivers(text).map(drop).map_err(|problems| bad_waivers(&name, text, &problems))
}

fn unseen_failure(gap: &Gap) -> Failure {
    Failure::unseen(Exit::Undetermined, gap)
}

/// Reads a policy file.
///
/// # Errors
/// It cannot be read, or it is not valid.
pub fn read_policy(file: &Path, host: &HostProfile) -> Result<Policy> {
    let text = std::fs::read_to_string(file).map_err(|error| unreadable_policy(file, &error))?;
    let houses = houses_beside(file, &text)?;
    parse_policy(&file.display().to_string(), &text, host, &houses)
}

/// The house policy of a policy on the disk: in the root of its repository, or beside it, or in the
/// repository that it comes from, where the clone has that commit.
///
/// # Errors
/// A file cannot be read, or the clone does not have the commit.
pub fn houses_beside(file: &Path, text: &str) -> Result<HouseTexts> {
    let Some(house) = house_of(text) else { return Ok(HouseTexts::none()) };
    let folder = std::path::absolute(file).ok().and_then(|file| Some(file.parent()?.to_path_buf()));
    let Some(folder) = folder else { return Ok(HouseTexts::none()) };
    let root = folder.ancestors().find(|folder| folder.join(".git").exists());
    let name = house.file.to_string();
    let mut found = Vec::new();
    for place in root.into_iter().chain([folder.as_path()]).map(|folder| folder.join(&name)) {
        match std::fs::read_to_string(&place) {
            Ok(text) => found.push(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                let why = format!("cannot read the house policy {}: {error}", place.display());
                return Err(Failure::policy(why));
            }
        }
    }
    let found = HouseTexts::of(found);
    match root.and_then(|root| Repository::open(root).ok()) {
        Some(here) if !found.has(&house.digest) => {
            let fetched = fetched_house(&here, &house).map_err(|gap| unseen_failure(&gap))?;
            Ok(found.and(HouseTexts::of(fetched)))
        }
        Some(_) | None => Ok(found),
    }
}

fn unreadable_policy(file: &Path, error: &std::io::Error) -> Failure {
    let failure = Failure::policy(format!("cannot read the policy {}: {error}", file.display()));
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            failure.hint("`portcullis init` proposes one from what the repository holds")
        }
        _ => failure,
    }
}

/// Reads the text of a policy as it is at a commit; `name` is for the messages.
///
/// # Errors
/// It is not valid, or its house policy cannot be read.
pub fn parse_policy_at(
    (repository, at): (&Repository, &Revision),
    name: &str,
    text: &str,
    host: &HostProfile,
) -> Result<Policy> {
    let houses = houses_at(repository, at, text).map_err(|gap| unseen_failure(&gap))?;
    parse_policy(name, text, host, &houses)
}

/// Reads a policy text, which may extend one of these; `name` is for the messages.
///
/// # Errors
/// It is not valid.
pub fn parse_policy(name: &str, text: &str, host: &HostProfile, houses: &HouseTexts) -> Result<Policy> {
    Policy::parse_extending(text, host, houses)
        .map_err(|problems| Failure::policy(policy::show(name, text, &problems)))
}
