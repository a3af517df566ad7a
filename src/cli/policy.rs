//! `portcullis policy`: check or begin a policy.

use super::exit::{Exit, Failure, Result};
use super::hosts::profile_of;
use super::policy_file::{POLICY, bad_waivers, read_policy};
use super::{HostName, output};
use clap::Subcommand;
use portcullis_judge::policy::{self, Policy, Problem};
use portcullis_model::waiver::{self, Approved, Rollback, Waiver};
use portcullis_render::prose::wrap_text;
use std::path::{Path, PathBuf};

mod acknowledgements;
mod explain_decision;
mod house;
mod idle;
mod procedure;
mod remark;
mod signers;
mod test;

/// Columns to fill.
const WIDTH: usize = 80;

/// How many of them labels take.
const LABEL: usize = 12;

/// How far the further lines of a warning are set in.
const HANG: usize = 2;

/// What to do with a policy.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// List every mistake in a policy and in the waivers beside it.
    Check {
        /// Policy file.
        #[arg(default_value = POLICY)]
        file: PathBuf,
        /// Kind of host whose names of teams and accounts the policy uses; the one of the job
        /// unless it is named.
        #[arg(long, value_name = "NAME", hide_possible_values = true)]
        host: Option<HostName>,
    },
    /// Print the text that the approver of a waiver or rollback signs, for `ssh-keygen -Y sign -n
    /// portcullis -f KEY`.
    Waiver {
        /// Id of the waiver or rollback.
        id: String,
        /// Policy; the waivers are read from the same directory.
        #[arg(long, value_name = "FILE", default_value = POLICY)]
        policy: PathBuf,
        /// Kind of host, as for `check`.
        #[arg(long, value_name = "NAME", hide_possible_values = true)]
        host: Option<HostName>,
    },
    /// Write how code is tested, reviewed and deployed by a policy, in plain words for staff.
    Procedure(procedure::ProcedureArguments),
    /// List who has acknowledged the procedure as it is now.
    Acknowledgements(acknowledgements::AcknowledgementArguments),
    /// Judge the cases in a file, and compare what comes of each with what is expected.
    Test(test::TestArguments),
    /// Explain why a saved decision came out as it did, control by control with the lines of the
    /// policy.
    ExplainDecision(explain_decision::ExplainDecisionArguments),
    /// Write a fixed sample of a policy, without looking at a repository; see `portcullis init`.
    Init {
        /// File to write; it must not exist yet.
        #[arg(default_value = POLICY)]
        file: PathBuf,
    },
}

/// Runs one of the commands.
///
/// # Errors
/// The file cannot be read or written, or the policy is not valid.
pub fn run(directory: &Path, command: &PolicyCommand) -> Result {
    match command {
        PolicyCommand::Check { file, host } => check_file(directory, file, *host),
        PolicyCommand::Waiver { id, policy, host } => print_statement(id, policy, *host),
        PolicyCommand::Procedure(arguments) => procedure::run(arguments),
        PolicyCommand::Acknowledgements(arguments) => acknowledgements::run(arguments),
        PolicyCommand::Test(arguments) => test::run(arguments),
        PolicyCommand::ExplainDecision(arguments) => explain_decision::run(arguments),
        PolicyCommand::Init { file } => write_starter(file),
    }
}

fn check_file(directory: &Path, file: &Path, host: Option<HostName>) -> Result {
    let policy = read_policy(file, &profile_of(host))?;
    let waivers = check_waivers(&policy, &file.with_file_name(waiver::PATH))?;
    for remark in idle::remarks(directory, file, &policy) {
        output::remark(&wrap_warning(&remark.at(file)));
    }
    output::text(&(describe_policy(file, &policy) + &waivers))?;
    Ok(Exit::Allowed)
}

/// A warning in lines that fit a terminal.
fn wrap_warning(text: &str) -> String {
    wrap_text(&format!("warning: {text}"), 0, HANG, WIDTH).join(&format!("\n{:HANG$}", ""))
}

fn describe_policy(file: &Path, policy: &Policy) -> String {
    let areas: Vec<_> = policy.scope.inventory.areas.iter().map(|area| area.name.as_str()).collect();
    let controls: Vec<_> = policy.controls.keys().copied().collect();
    format!(
        "{} is valid\n  project:  {}\n  areas:    {}\n  controls: {}\n  {}\n",
        file.display(),
        policy.project,
        wrap_names(&areas),
        wrap_names(&controls),
        policy.digest
    ) + &policy.house.as_ref().map(house::describe_house).unwrap_or_default()
}

fn wrap_names(names: &[&str]) -> String {
    wrap_text(&names.join(", "), LABEL, LABEL, WIDTH).join(&format!("\n{:LABEL$}", ""))
}

/// What is to be said of the waivers beside a policy; nothing where there are none.
fn check_waivers(policy: &Policy, file: &Path) -> Result<String> {
    let name = file.display();
    let Some(Leaves { waivers, rollbacks }) = read_waivers(policy, file)? else { return Ok(String::new()) };
    let named = waivers.iter().map(|one| (&one.grant.id, one as &dyn Approved));
    let named = named.chain(rollbacks.iter().map(|one| (&one.grant.id, one as &dyn Approved)));
    remark_expired(file, &waivers, &rollbacks);
    check_signatures(policy, file, named)?;
    let count = |number, thing: &str| format!("{number} {thing}{}", if number == 1 { "" } else { "s" });
    let also = match rollbacks.len() {
        0 => String::new(),
        number => format!(", {}", count(number, "rollback")),
    };
    Ok(format!("{name} is valid: {}{also}\n", count(waivers.len(), "waiver")))
}

/// Waivers and rollbacks that no longer do anything. One of an emergency does, until it is
/// reviewed.
fn remark_expired(file: &Path, waivers: &[Waiver], rollbacks: &[Rollback]) {
    let now = jiff::Timestamp::now();
    let is_open =
        |waiver: &&Waiver| waiver.emergency.as_ref().is_some_and(|emergency| emergency.review.is_none());
    let waivers = waivers.iter().filter(|waiver| !is_open(waiver)).map(|waiver| &waiver.grant);
    let grants = waivers.chain(rollbacks.iter().map(|rollback| &rollback.grant));
    for grant in grants.filter(|grant| grant.expires <= now) {
        let (file, id, expires) = (file.display(), &grant.id, grant.expires);
        let text = format!("{file}: {id} expired at {expires}, so it has no effect; take it out");
        output::remark(&wrap_warning(&text));
    }
}

/// The contents of the file of waivers.
struct Leaves {
    waivers: Vec<Waiver>,
    rollbacks: Vec<Rollback>,
}

/// `None` where there is no such file.
fn read_waivers(policy: &Policy, file: &Path) -> Result<Option<Leaves>> {
    let name = file.display();
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::policy(format!("cannot read the waivers {name}: {error}"))),
    };
    let bad = |problems: Vec<Problem>| bad_waivers(&name.to_string(), &text, &problems);
    let waivers = policy.waivers(&text).map_err(bad)?;
    let rollbacks = policy.rollbacks(&text).map_err(bad)?;
    Ok(Some(Leaves { waivers, rollbacks }))
}

/// Where the policy wants signatures: are the signers readable, and what would have no effect?
fn check_signatures<'a>(
    policy: &Policy,
    file: &Path,
    leaves: impl Iterator<Item = (&'a String, &'a dyn Approved)>,
) -> Result<()> {
    let Some(path) = &policy.waiver_signers else { return Ok(()) };
    let text = std::fs::read_to_string(file.with_file_name(path.to_string())).ok();
    let Some(signers) = policy.signers_of_waivers(text.as_deref()) else { return Ok(()) };
    let signers = signers.map_err(Failure::policy)?;
    for (id, leave) in leaves {
        if let Err(doubt) = policy.approval(leave, &signers, jiff::Timestamp::now()) {
            output::remark(&wrap_warning(&format!("{}: {id} has no effect: {doubt}", file.display())));
        }
    }
    Ok(())
}

fn print_statement(id: &str, file: &Path, host: Option<HostName>) -> Result {
    let policy = read_policy(file, &profile_of(host))?;
    let file = file.with_file_name(waiver::PATH);
    let unknown = || Failure::policy(format!("there is no waiver or rollback `{id}` in {}", file.display()));
    let Leaves { waivers, rollbacks } = read_waivers(&policy, &file)?.ok_or_else(unknown)?;
    let waiver = waivers.iter().find(|one| one.grant.id == id).map(|one| one as &dyn Approved);
    let rollback = || rollbacks.iter().find(|one| one.grant.id == id).map(|one| one as &dyn Approved);
    let leave = waiver.or_else(rollback).ok_or_else(unknown)?;
    // To the byte: it is going to be signed.
    output::data(leave.statement(&policy.project).as_bytes())?;
    Ok(Exit::Allowed)
}

fn write_starter(file: &Path) -> Result {
    if file.exists() {
        return Err(Failure::environment(format!("{} exists already; it was left as it is", file.display())));
    }
    output::write_file(file, policy::STARTER.as_bytes())?;
    output::remark(&format!(
        "wrote {}; change what it says to fit your project, then run `portcullis policy check`",
        file.display()
    ));
    Ok(Exit::Allowed)
}
