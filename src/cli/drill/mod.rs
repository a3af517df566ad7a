//! `portcullis drill`: the story of 2020 against a team's own policy. Which control would have
//! stopped the change, which run would have found each fault, on which day, and what would never
//! have been found.

mod gate;
mod play;
mod settings;
mod text;
mod told;

use super::exit::{Exit, Failure, Result};
use super::policy_file::{POLICY, read_policy};
use super::progress::ProgressView;
use super::record::pretty_json;
use super::story::check::moment;
use super::story::world::{DAYS, StoryFault, day_of};
use super::{HostName, hosts, output};
use clap::{Args, ValueEnum};
use gate::StoppingControl;
use play::{Detection, DrillSubject, PlayedRuns};
use portcullis_forge::{self as host, HostKind};
use portcullis_judge::control::reconciled;
use portcullis_judge::policy::Policy;
use portcullis_model::reading::ReportReaders;
use portcullis_model::reconciliation::Dataset;
use portcullis_testkit::scene;
use portcullis_wire::drill::v1::{
    DetectionV1, DrillKindV1, DrillV1, DrilledFaultV1, DrilledGateV1, DrilledTellingV1, ExceededClassV1,
    StoppingControlV1, ToldPartyV1, VERSION,
};
use portcullis_wire::form::Form as _;
use portcullis_wire::form::MomentText;
use settings::{SettingAdvice, find_settings, plain_dataset};
use std::path::{Path, PathBuf};
use told::{Telling, find_told};

/// Arguments of `drill`.
#[derive(Debug, Args)]
#[command(
    after_help = "The story is made up and the policy is yours: test data goes live with a deployment, files are refused, \
                  amendments and deletions fail, and nobody looks unless the policy makes sure of it. Exit codes: 0 every fault \
                  is found, and everyone is told who relies on the records; 1 not so; 2 invalid command line, or the policy has \
                  several datasets and none is named; 3 the made-up records do not fit the dataset; 4 policy missing or not \
                  valid."
)]
pub struct DrillArguments {
    /// Policy to play it against.
    #[arg(long, value_name = "FILE", default_value = POLICY)]
    policy: PathBuf,
    /// Dataset of the policy, where it has several.
    #[arg(long, value_name = "NAME")]
    dataset: Option<String>,
    /// How to write it.
    #[arg(long, value_enum, default_value_t = DrillFormat::Text)]
    format: DrillFormat,
    /// Kind of host, as for `policy check`.
    #[arg(long, value_name = "NAME", hide_possible_values = true)]
    host: Option<HostName>,
}

/// How to write a drill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DrillFormat {
    /// For people.
    Text,
    /// For programs: see `portcullis schema drill`.
    Json,
}

/// Plays the story against a policy.
///
/// # Errors
/// The policy, or the temporary directory.
pub fn run(directory: &Path, arguments: &DrillArguments, readers: &dyn ReportReaders) -> Result {
    let policy = read_policy(&directory.join(&arguments.policy), &hosts::profile_of(arguments.host))?;
    let dataset = find_dataset(&policy, arguments.dataset.as_deref())?;
    let drill = play_drill(readers, &policy, dataset, find_host(arguments.host))?;
    match arguments.format {
        DrillFormat::Text => {
            let text = text::write_drill(&drill, output::for_columns());
            output::stdout(text.as_bytes())?;
        }
        DrillFormat::Json => output::stdout(pretty_json(&drill)?.as_bytes())?,
    }
    Ok(if drill.complete { Exit::Allowed } else { Exit::Blocked })
}

/// The dataset that is named, or the only one; `None` where the policy has none.
fn find_dataset<'p>(policy: &'p Policy, named: Option<&str>) -> Result<Option<&'p Dataset>> {
    let datasets = &policy.scope.datasets;
    let names = || datasets.keys().map(String::as_str);
    match named {
        Some(name) => match datasets.get(name) {
            Some(dataset) => Ok(Some(dataset)),
            None => Err(Failure::usage(output::unknown("dataset", name, names()))),
        },
        None if datasets.len() > 1 => {
            let names: Vec<&str> = names().collect();
            Err(Failure::usage(format!("the policy has several datasets: {}", names.join(", ")))
                .hint("name one with --dataset"))
        }
        None => Ok(datasets.values().next()),
    }
}

/// The made-up host that the change is pushed to: of the kind that is named, where there is one.
fn find_host(named: Option<HostName>) -> &'static HostKind {
    match named {
        Some(HostName::Kind(kind)) if scene::find_host(kind.name).is_some() => kind,
        _ => host::DEFAULT,
    }
}

/// The whole drill.
fn play_drill(
    readers: &dyn ReportReaders,
    policy: &Policy,
    dataset: Option<&Dataset>,
    kind: &'static HostKind,
) -> Result<DrillV1> {
    let reconciled = policy.controls.contains_key(reconciled::KIND.name);
    // A log holds the drill alone.
    let view = Some(ProgressView::of(false)).filter(|view| *view == ProgressView::Terminal);
    let played = PlayedRuns::begin(view.unwrap_or(ProgressView::Silent));
    let subject = dataset.map(|dataset| DrillSubject::of(dataset, reconciled, &played));
    subject.as_ref().map_or(Ok(()), DrillSubject::check_healthy)?;
    let mut faults = Vec::new();
    let mut aware = None;
    for fault in StoryFault::ALL {
        let found = subject.as_ref().map_or(Ok(None), |subject| subject.find_first(fault))?;
        let advice = if found.is_some() { None } else { advise(subject.as_ref(), fault, &played)? };
        aware = aware.into_iter().chain(found.as_ref().map(|found| found.time)).min();
        faults.push(write_fault(fault, found, advice));
    }
    // Where nothing is found, the terms are counted from the first fault: who would be told at all?
    let since = aware.unwrap_or_else(|| StoryFault::TestData.begins());
    let (name, recipients) = dataset.map_or(("NAME", &[][..]), |one| (one.name.as_str(), &one.recipients));
    let told = find_told(policy.scope.notification.as_ref(), name, recipients, since)?;
    let complete = faults.iter().all(|fault| fault.found.is_some()) && told.is_complete();
    let areas = dataset.map_or(&[][..], |dataset| &dataset.areas);
    let gates = gate::find_stopping(readers, policy, areas, kind)?;
    Ok(DrillV1 {
        schema: VERSION,
        kind: DrillKindV1::Drill,
        project: policy.project.clone(),
        policy: (&policy.digest).into(),
        dataset: dataset.map(|dataset| dataset.name.clone()),
        days: DAYS.unsigned_abs(),
        complete,
        merge: write_gate(gates.merge),
        deployment: write_gate(gates.deployment),
        run_every_seconds: subject
            .as_ref()
            .and_then(DrillSubject::every)
            .map(|every| every.as_secs().unsigned_abs()),
        run_after_deployment: reconciled && subject.is_some(),
        faults,
        told: write_told(told, aware.is_some()),
    })
}

/// What would find a fault. A policy without a dataset needs one.
fn advise(
    subject: Option<&DrillSubject<'_>>,
    fault: StoryFault,
    played: &PlayedRuns,
) -> Result<Option<SettingAdvice>> {
    if let Some(subject) = subject {
        return find_settings(subject, fault);
    }
    let then = DrillSubject::of(&plain_dataset(), false, played).find_first(fault)?;
    let setting = "a `[reconciliation.NAME]` whose deadlines are 24h".to_string();
    Ok(then.map(|then| SettingAdvice { settings: vec![setting], then }))
}

fn write_fault(fault: StoryFault, found: Option<Detection>, advice: Option<SettingAdvice>) -> DrilledFaultV1 {
    let then_on_day = advice.as_ref().map(|advice| advice.then.day().unsigned_abs());
    DrilledFaultV1 {
        fault: fault.as_str().to_string(),
        begins_on_day: fault.first_day().unsigned_abs(),
        found: found.map(|found| write_detection(&found)),
        settings: advice.map(|advice| advice.settings).unwrap_or_default(),
        then_on_day,
    }
}

fn write_detection(found: &Detection) -> DetectionV1 {
    let class = |one: &portcullis_model::reconciliation::run::ExceededBudget| ExceededClassV1 {
        class: one.class.as_str().to_string(),
        records: one.count,
        budget: one.budget,
    };
    DetectionV1 {
        day: found.day().unsigned_abs(),
        at: MomentText::of(moment(found.time)),
        outcome: found.outcome.as_str().to_string(),
        classes: found.exceeded.iter().map(class).collect(),
    }
}

fn write_gate(stopping: Option<Vec<StoppingControl>>) -> DrilledGateV1 {
    let played = stopping.is_some();
    let all = stopping.unwrap_or_default().into_iter();
    let stopped_by = all.map(|one| StoppingControlV1 { control: one.control, reason: one.reason }).collect();
    DrilledGateV1 { played, stopped_by }
}

/// Where nothing is found there is nothing to tell.
fn write_told(telling: Telling, is_found: bool) -> DrilledTellingV1 {
    let party = |told: told::ToldParty| ToldPartyV1 {
        party: told.name,
        title: told.title,
        day: day_of(told.due).unsigned_abs(),
        due: MomentText::of(moment(told.due)),
    };
    let parties = telling.parties.into_iter().filter(|_| is_found).map(party).collect();
    DrilledTellingV1 { parties, settings: telling.settings }
}
