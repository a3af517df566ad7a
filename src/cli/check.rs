//! `portcullis check`: gather and decide in one.

use super::deployment::{Deploying, Recording, record_deployment};
use super::exit::Result;
use super::prepare::{Preparation, prepare, read_files, spare_inputs};
use super::record::{decision_json, facts_json};
use super::seal::{Sealable, Sealing};
use super::sources::HeadSources;
use super::{SubjectArguments, output, trace, what_helps};
use clap::Args;
use portcullis_collect::request::JudgementRequest;
use portcullis_forge::ci;
use portcullis_forge::http::transport::count_sent;
use portcullis_model::decision::{Decision, Outcome};
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::reading::ReportReaders;
use std::path::{Path, PathBuf};

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    #[command(flatten)]
    subject: SubjectArguments,
    #[command(flatten)]
    deploying: Deploying,
    #[command(flatten)]
    output: output::Shown,
    #[command(flatten)]
    sealing: Sealing,
    /// Also print the smallest sets of actions that would lead to `allowed`, as the judge itself
    /// finds them. The outcome and the exit code stay what they are.
    #[arg(long, help_heading = "Output")]
    what_would_help: bool,
    /// Record an allowed decision in the repository, as the baseline of the next deployment.
    #[arg(long, requires = "environment", help_heading = "Deployment")]
    record: bool,
    /// SSH key to sign the record with: a file, of which the public part suffices where an agent
    /// holds the key. Default: none, or git's `user.signingKey` where the policy asks for signed
    /// records.
    #[arg(long, value_name = "FILE", requires = "record", help_heading = "Deployment")]
    record_key: Option<PathBuf>,
}

/// Judges one change request, or with `--environment` a deployment.
///
/// # Errors
/// Usage, environment or policy errors; a blocked change is no error.
pub fn run(directory: &Path, arguments: &CheckArguments, readers: &dyn ReportReaders) -> Result {
    let CheckArguments { subject, deploying, output, sealing, what_would_help, record, record_key } =
        arguments;
    let output = output.plan()?;
    output.files().try_for_each(|file| spare_inputs(file, subject))?;
    let read = read_files(subject)?;
    sealing.check(*record, read.iter().map(PathBuf::as_path), output.files())?;
    let request = deploying.request();
    let prepared = prepare(readers, directory, subject, &request)?;
    if output.is_verbose() {
        say_what_was_asked(&prepared);
    }
    let decision = prepared.decide(&ci::detours());
    seal_decision(sealing, &prepared, &decision, output.is_advisory())?;
    // The record comes first: an allowed decision that could not be recorded must not be acted on.
    if let JudgementRequest::Deployment { environment, .. } = &request
        && let (true, Outcome::Allow, Preparation::Ready(ready)) = (*record, decision.outcome, &prepared)
    {
        let how = Recording { omit_facts: sealing.omits_facts(), key: record_key.as_deref() };
        record_deployment(directory, environment, ready, &decision, how)?;
    }
    let sources = HeadSources::new(directory, decision.judged.head.as_ref());
    let exit =
        output.show(&decision, output::ShownBeside { sources: &sources, facts: facts_of(&prepared) })?;
    if *what_would_help {
        what_helps::say_what_helps(&prepared);
    }
    Ok(exit)
}

fn facts_of(prepared: &Preparation) -> Option<&GatheredFacts> {
    match prepared {
        Preparation::Ready(ready) => Some(&ready.facts),
        Preparation::Unseen(..) => None,
    }
}

/// What each control looked at, and how many requests it took.
fn say_what_was_asked(prepared: &Preparation) {
    if let Preparation::Ready(ready) = prepared
        && let GatheredFacts::Change(facts) = &ready.facts
    {
        output::remark(&trace::looked_at(&ready.policy, facts));
    }
    if let Some(count) = trace::count_requests(count_sent(), facts_of(prepared)) {
        output::remark(&count);
    }
}

/// An allowed deployment is sealed before it is recorded: a decision that could not be sealed has
/// no effect.
fn seal_decision(
    sealing: &Sealing,
    prepared: &Preparation,
    decision: &Decision,
    advisory: bool,
) -> Result<()> {
    if !sealing.is_asked() {
        return Ok(());
    }
    let json = decision_json(decision, advisory)?;
    match prepared {
        Preparation::Ready(ready) => {
            let text = facts_json(ready.facts.clone())?;
            let basis = Some((ready.policy.text.as_str(), &ready.facts, text.as_str()));
            sealing.write(&Sealable { decision: &json, basis })
        }
        Preparation::Unseen(..) => sealing.write(&Sealable { decision: &json, basis: None }),
    }
}
