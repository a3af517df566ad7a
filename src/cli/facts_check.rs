//! `portcullis facts check`: is this an evidence file, what does it state, and what will its gaps
//! leave unproven?

use super::asserted::{AssertedCase, ReadEvidence, gather, read_case, read_evidence};
use super::exit::{Exit, Result};
use super::output;
use clap::Args;
use portcullis_collect::asserted::find_lacks;
use portcullis_collect::reports::ReportFiles;
use portcullis_judge::control::{gate_integrity, protected_branch, regression_tests, required_reviews};
use portcullis_judge::decide::decide_facts;
use portcullis_model::decision::{Finding, Verdict};
use portcullis_model::fact::Gap;
use portcullis_model::inquiry::{Inquiry, Topic};
use portcullis_model::plural::plural;
use portcullis_model::reading::ReportReaders;
use portcullis_wire::evidence_file::v1::{EvidenceFileV1, StatedV1};
use portcullis_wire::form::Form;
use std::path::{Path, PathBuf};

/// Arguments of `facts check`.
#[derive(Debug, Args)]
pub struct FactsCheckArguments {
    /// Evidence file of another version control system.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Policy that is to judge it: exit code 3 when the file leaves out what the policy needs.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

/// What a control lacks, and what to do.
struct Unproven {
    control: String,
    why: String,
    remedy: String,
}

/// Checks an evidence file, and says what it states and leaves out.
///
/// # Errors
/// It is not an evidence file, or the policy is not valid.
pub fn run(directory: &Path, arguments: &FactsCheckArguments, readers: &dyn ReportReaders) -> Result {
    let reports = ReportFiles { directory, named: &[], readers };
    let read = read_evidence(&arguments.file)?;
    let case = arguments.policy.as_ref().map(|policy| read_case(&read, policy)).transpose()?;
    let unproven = match &case {
        Some(case) => unproven_by(reports, &read, case)?,
        None => unproven_in_general(&read.file),
    };
    let page = [describe_file(&arguments.file, &read.file), describe_unproven(&unproven, case.is_some())];
    output::text(&page.concat())?;
    let is_needed = case.is_some() && !unproven.is_empty();
    Ok(if is_needed { Exit::Undetermined } else { Exit::Allowed })
}

/// By a policy: what the gate itself finds, and what each control asks for and the file lacks.
fn unproven_by(reports: ReportFiles<'_>, read: &ReadEvidence, case: &AssertedCase) -> Result<Vec<Unproven>> {
    let decision = decide_facts(&case.policy, &gather(read, case, reports)?);
    let of_gate = |finding: &Finding| {
        finding.verdict == Verdict::Unproven && finding.control == gate_integrity::KIND.name
    };
    let gate = decision.findings.into_iter().filter(of_gate).map(|finding| Unproven {
        control: finding.control,
        why: finding.reason,
        remedy: finding.remedy.unwrap_or_default(),
    });
    let mut unproven: Vec<Unproven> = gate.collect();
    let Inquiry { patterns, each_commit, teams, signed, .. } = case.inquiry.clone();
    let areas = Inquiry { patterns, each_commit, ..Inquiry::default() };
    unproven.extend(lacks_of("data-processing", &read.file, &areas));
    let reviewers = Inquiry { teams, signed, ..Inquiry::default() };
    unproven.extend(lacks_of(required_reviews::KIND.name, &read.file, &reviewers));
    for (name, control) in &case.policy.controls {
        if *name != gate_integrity::KIND.name && control.kind().stage.has_changes() {
            let mut inquiry = Inquiry::default();
            control.ask(&mut inquiry);
            unproven.extend(lacks_of(name, &read.file, &inquiry));
        }
    }
    Ok(unproven)
}

/// Without a policy: what the controls that fit another system ask for.
fn unproven_in_general(file: &EvidenceFileV1) -> Vec<Unproven> {
    let asked: [(&str, &[Topic]); 4] = [
        (gate_integrity::KIND.name, &[]),
        (protected_branch::KIND.name, &[Topic::Protection]),
        (regression_tests::KIND.name, &[Topic::Reports]),
        (required_reviews::KIND.name, &[Topic::Reviews, Topic::Pushes]),
    ];
    let lacks = |(name, topics): (&str, &[Topic])| {
        lacks_of(name, file, &Inquiry { topics: topics.iter().copied().collect(), ..Inquiry::default() })
    };
    asked.into_iter().flat_map(lacks).collect()
}

fn lacks_of(control: &str, file: &EvidenceFileV1, inquiry: &Inquiry) -> Vec<Unproven> {
    let unproven =
        |gap: Gap| Unproven { control: control.to_string(), why: gap.to_string(), remedy: gap.remedy };
    find_lacks(file, inquiry).into_iter().map(unproven).collect()
}

fn describe_file(path: &Path, file: &EvidenceFileV1) -> String {
    let program = |name: &str, version: &str| format!("{name} {version}");
    let exporter = program(&file.exporter.name, &file.exporter.version);
    let system = program(&file.system.name, &file.system.version);
    let exported = file.exported.model().unwrap_or_default();
    let change = topic(&file.change, |change| {
        format!(
            "{} ({}, {})",
            change.name,
            plural(change.revisions.len() as u64, "revision"),
            plural(change.files.len() as u64, "file")
        )
    });
    let texts = topic(&file.texts, |texts| plural(texts.entries().count() as u64, "file"));
    let reviews = topic(&file.reviews, |reviews| plural(reviews.len() as u64, "review"));
    let protection = topic(&file.protection, |protection| plural(protection.rules.len() as u64, "rule"));
    let tests = topic(&file.tests, |reports| plural(reports.len() as u64, "report"));
    format!(
        "{}: an evidence file, version {}: asserted by {exporter} from {system}\n\
         repository: {}\nexported:   {exported}\nbranch:     {} at {}\nchange:     {change}\n\
         texts:      {texts}\nreviews:    {reviews}\nprotection: {protection}\ntests:      {tests}\n",
        path.display(),
        file.schema,
        file.repository,
        file.branch.name,
        file.branch.tip
    )
}

fn topic<T>(stated: &Option<StatedV1<T>>, describe: impl Fn(&T) -> String) -> String {
    match stated {
        Some(StatedV1::Known(known)) => describe(known),
        Some(StatedV1::Gap(gap)) => format!("not known: {}", gap.why),
        None => "not stated".to_string(),
    }
}

fn describe_unproven(unproven: &[Unproven], by_policy: bool) -> String {
    if unproven.is_empty() {
        let whom = if by_policy { "the policy asks for" } else { "the gate can ask for" };
        return format!("\nIt states everything that {whom}.\n");
    }
    let lines: String = unproven
        .iter()
        .map(|one| format!("  {}: {}\n    help: {}\n", one.control, one.why, one.remedy))
        .collect();
    format!("\nThese stay unproven:\n{lines}")
}
