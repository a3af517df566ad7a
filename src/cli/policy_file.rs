//! Policies and waivers that the program judges by: where they are, how they are read, and what is
//! wrong with them.

use super::exit::{Failure, Result};
use portcullis_judge::policy::{self, Policy, Problem};
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

/// Reads a policy file.
///
/// # Errors
/// It cannot be read, or it is not valid.
pub fn read_policy(file: &Path, host: &HostProfile) -> Result<Policy> {
    let text = std::fs::read_to_string(file).map_err(|error| unreadable_policy(file, &error))?;
    parse_policy(&file.display().to_string(), &text, host)
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

/// Reads a policy text; `name` is for the messages.
///
/// # Errors
/// It is not valid.
pub fn parse_policy(name: &str, text: &str, host: &HostProfile) -> Result<Policy> {
    Policy::parse_for(text, host).map_err(|problems| Failure::policy(policy::show(name, text, &problems)))
}
