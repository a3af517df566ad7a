//! Listing, showing and verifying the register.

use super::seen::{all_incidents, find_incident, find_register, no_register};
use crate::exit::{Exit, Failure, Result};
use crate::record::unseen_failure;
use crate::{filled, opening, output};
use clap::Args;
use jiff::Timestamp;
use portcullis_attest::signers::AllowedSigners;
use portcullis_attest::sshsig;
use portcullis_collect::incidents::read_register;
use portcullis_incident::IncidentLink;
use portcullis_model::change::Revision;
use portcullis_wire::incident::v1::write_incident_entry;
use std::path::{Path, PathBuf};

/// What the register must hold.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 it verifies; 5 there is no register here; 6 it does not verify, or does not hold what it must."
)]
pub struct RegisterExpectations {
    /// Commit of an entry that you kept elsewhere, such as the newest one of last time. The
    /// register must still hold it.
    #[arg(long, value_name = "COMMIT")]
    expect_tip: Option<String>,
    /// Smallest number of entries that must exist.
    #[arg(long, value_name = "N")]
    at_least: Option<u64>,
    /// Allowed signers, in the format of ssh-keygen(1): every entry has to be signed with one of
    /// these keys. Take the list from where you trust it.
    #[arg(long, value_name = "FILE")]
    signers: Option<PathBuf>,
}

pub(super) fn list(directory: &Path) -> Result {
    let (register, files) = all_incidents(&opening::open(directory)?)?;
    let entries = portcullis_render::incident::count_entries(register.links.len() as u64);
    let incidents = portcullis_render::plural(files.len() as u64, "incident");
    let mut text = format!("{incidents} in {entries}\n");
    files
        .iter()
        .for_each(|file| text += &portcullis_render::incident::describe_in_line(file, filled::columns()));
    output::text(&text)?;
    Ok(Exit::Allowed)
}

pub(super) fn show(directory: &Path, id: &str) -> Result {
    let (_, files) = all_incidents(&opening::open(directory)?)?;
    let file = find_incident(files, id)?;
    output::text(&portcullis_render::incident::describe_whole(&file, filled::columns()))?;
    Ok(Exit::Allowed)
}

pub(super) fn verify(directory: &Path, expected: &RegisterExpectations) -> Result {
    let repository = opening::open(directory)?;
    let tip = expected.expect_tip.clone().map(Revision::try_from).transpose().map_err(Failure::usage)?;
    let remembers = tip.is_some() || expected.at_least.is_some_and(|least| least > 0);
    let register = read_register(&repository, Timestamp::now()).map_err(unseen_failure)?;
    let Some(register) = register else {
        return Err(no_register(if remembers { Exit::Unverified } else { Exit::Environment }));
    };
    register
        .problems
        .iter()
        .for_each(|problem| filled::complain(&format!("register of incidents: {problem}")));
    let mut lost = Vec::new();
    if let Some(tip) = tip.as_ref().filter(|tip| !register.commits.contains(tip)) {
        lost.push(format!(
            "it does not hold the entry {tip} any more: its ref was moved, or the register forked"
        ));
    }
    let count = register.commits.len() as u64;
    if let Some(least) = expected.at_least.filter(|least| count < *least) {
        lost.push(format!("there are {count} entries, and there should be at least {least}"));
    }
    if let Some(file) = &expected.signers {
        let allowed = read_signers(file)?;
        lost.extend(register.links.iter().filter_map(|link| object_to_signature(link, &allowed)));
    }
    lost.iter().for_each(|lost| filled::complain(&format!("register of incidents: {lost}")));
    if !register.problems.is_empty() || !lost.is_empty() {
        return Ok(Exit::Unverified);
    }
    find_register(&repository)?;
    let newest = register.tip().map(Revision::as_str).unwrap_or_default();
    let end = match remembers {
        true => "",
        false => "; unchecked: whether newer ones were removed (--expect-tip, --at-least)",
    };
    filled::tell(&format!("register of incidents: {count} verified, the newest is {newest}{end}"))?;
    Ok(Exit::Allowed)
}

fn read_signers(file: &Path) -> Result<AllowedSigners> {
    let name = file.display();
    let bytes =
        std::fs::read(file).map_err(|error| Failure::environment(format!("cannot read {name}: {error}")))?;
    AllowedSigners::read(&bytes).map_err(|errors| {
        let all: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::environment(format!("{name}: {}", all.join("; ")))
    })
}

/// Why the signature of an entry proves nothing.
fn object_to_signature(link: &IncidentLink, allowed: &AllowedSigners) -> Option<String> {
    let number = link.entry.number;
    let Some(signature) = &link.signature else { return Some(format!("entry {number} is not signed")) };
    let bytes = write_incident_entry(link.entry.clone()).unwrap_or_default();
    let verified = sshsig::verify(&bytes, signature.trim_ascii_end(), allowed, link.entry.time);
    verified.err().map(|error| format!("the signature of entry {number} proves nothing: {error}"))
}
