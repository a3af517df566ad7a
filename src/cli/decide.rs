//! `portcullis decide`: judge gathered facts, or those that an exporter states, without git and
//! without network.

use super::asserted::{gather, read_case, read_evidence};
use super::exit::{Failure, Result};
use super::output::ShownBeside;
use super::policy_file::{check_waivers, read_policy};
use super::prepare::named_reports;
use super::record::{decision_json, facts_json};
use super::seal::{Sealable, Sealing};
use super::{file_kind, names, output};
use clap::Args;
use portcullis_collect::reports::ReportFiles;
use portcullis_forge::{check_known, ci};
use portcullis_model::decision::{Decision, Judged};
use portcullis_model::fact::Gap;
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::reading::ReportReaders;
use portcullis_render::NoSources;
use portcullis_wire::evidence_file::is_evidence_file;
use portcullis_wire::facts::{FactsError, read_facts, stream_deployment};
use std::path::{Path, PathBuf};

/// Arguments of `decide`.
#[derive(Debug, Args)]
#[command(override_usage = "portcullis decide --facts FILE|--asserted FILE --policy FILE [OPTIONS]")]
pub struct DecideArguments {
    #[command(flatten)]
    given: GivenFacts,
    /// Policy to judge by.
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// Test report that the evidence file states, for the suites whose patterns match its path, or
    /// for SUITE. Repeatable.
    #[arg(long = "report", value_name = "[SUITE=][FORMAT:]FILE", conflicts_with = "facts")]
    reports: Vec<String>,
    #[command(flatten)]
    output: output::Shown,
    #[command(flatten)]
    sealing: Sealing,
}

/// Where the facts come from: one of the two.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct GivenFacts {
    /// Facts that `portcullis facts` wrote.
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,
    /// Evidence file in which an exporter states a change of another version control system.
    #[arg(long, value_name = "FILE")]
    asserted: Option<PathBuf>,
}

/// Judges gathered facts, of a change, of a batch or of a deployment.
///
/// # Errors
/// The facts cannot be read or are of another schema; the policy is not valid.
pub fn run(directory: &Path, arguments: &DecideArguments, readers: &dyn ReportReaders) -> Result {
    let output = arguments.output.plan()?;
    let reports = named_reports(directory, &arguments.reports)?;
    let GivenFacts { facts, asserted } = &arguments.given;
    let named = facts.iter().chain(asserted).chain([&arguments.policy]).map(PathBuf::as_path);
    let inputs: Vec<&Path> = named.chain(reports.iter().map(|report| report.file.as_path())).collect();
    output.files().try_for_each(|file| names::spare_files(file, inputs.iter().copied()))?;
    arguments.sealing.check(false, inputs.iter().copied(), output.files())?;
    let (policy, gathered, text) = match (facts, asserted) {
        (Some(facts), _) => {
            let (gathered, text) = read_file(facts)?;
            (read_policy(&arguments.policy, &gathered.whole().host.profile())?, gathered, text)
        }
        (None, Some(asserted)) => {
            let read = read_evidence(asserted)?;
            let case = read_case(&read, &arguments.policy)?;
            let gathered = gather(&read, &case, ReportFiles { directory, named: &reports, readers })?;
            let text = facts_json(gathered.clone())?;
            (case.policy, gathered, text)
        }
        (None, None) => return Err(Failure::usage("name the facts: --facts FILE, or --asserted FILE")),
    };
    let seal = |decision: &Decision, basis| {
        let decision = decision_json(decision, output.is_advisory())?;
        arguments.sealing.write(&Sealable { decision: &decision, basis })
    };
    if let Some((judged, gap)) = find_other_place(&gathered)? {
        let decision = portcullis_judge::decide::undetermined(judged, &gap);
        seal(&decision, None)?;
        return output.show(&decision, ShownBeside { sources: &NoSources, facts: None });
    }
    check_waivers(&policy, &gathered)?;
    let decision = portcullis_judge::decide::decide_facts(&policy, &gathered);
    seal(&decision, Some((&policy.text, &gathered, &text)))?;
    output.show(&decision, ShownBeside { sources: &NoSources, facts: Some(&gathered) })
}

/// In a job, facts of another commit than its check is shown on get no verdict.
fn find_other_place(gathered: &GatheredFacts) -> Result<Option<(Judged, Gap)>> {
    let Some(job) = ci::current_job().event()? else { return Ok(None) };
    let (head, environment) = match gathered {
        GatheredFacts::Change(facts) => (facts.change.value().map(|change| &change.head), None),
        GatheredFacts::Batch(facts) => (Some(&facts.head), None),
        GatheredFacts::Deployment(facts) => (Some(&facts.candidate), Some(facts.environment.clone())),
    };
    // Without a head nothing is allowed anyway, and the decision says why.
    let Some(head) = head else { return Ok(None) };
    let shown = job.verdict_place(None).and_then(|place| match &environment {
        Some(name) => {
            if let Ok(named) = name.parse() {
                place.check_environment(&named)?;
            }
            place.candidate(Some(head.clone()), || Ok(head.clone())).map(drop)
        }
        None => {
            place.check_batch(matches!(gathered, GatheredFacts::Batch(_)), None)?;
            place.check_head(head)
        }
    });
    let judged = Judged { environment, head: Some(head.clone()), ..Judged::default() };
    Ok(shown.err().map(|gap| (judged, gap)))
}

/// Facts that `portcullis facts` wrote to a file.
///
/// # Errors
/// They cannot be read.
pub fn read_facts_file(file: &Path) -> Result<GatheredFacts> {
    read_file(file).map(|(facts, _)| facts)
}

/// Facts of a deployment in a file that can be long: of a year of landings, for example. Their text
/// is never in memory whole.
///
/// # Errors
/// They cannot be read.
pub fn read_long_facts(file: &Path) -> Result<GatheredFacts> {
    match stream_deployment(|| std::fs::File::open(file).map(std::io::BufReader::new)) {
        Ok(Some(facts)) => {
            let facts = GatheredFacts::Deployment(Box::new(facts));
            check_known(facts.all_facts()).map_err(|error| {
                Failure::environment(format!("{}: {error}; gather them again", file.display()))
            })?;
            Ok(facts)
        }
        // What else they are, or what is wrong with them, is said where they are read whole.
        Ok(None) | Err(_) => read_facts_file(file),
    }
}

/// The facts, and their text.
fn read_file(file: &Path) -> Result<(GatheredFacts, String)> {
    let name = file.display();
    let text = std::fs::read(file)
        .map_err(|error| Failure::environment(format!("cannot read the facts {name}: {error}")))?;
    if is_evidence_file(&text) {
        return Err(Failure::environment(format!("{name}: this is an evidence file, not facts"))
            .hint("give it with --asserted: what it states was not observed"));
    }
    let facts = read_facts(&text).map_err(|error| {
        Failure::environment(match (file_kind::recognise_no_facts(&text), &error) {
            (Some(other), _) => format!("{name}: {other}"),
            (None, FactsError::Version(_)) => format!("{name}: {error}; gather them again"),
            (None, _) => {
                format!("{name}: these are no facts that this program reads: {error}; gather them again")
            }
        })
    })?;
    check_known(facts.all_facts())
        .map_err(|error| Failure::environment(format!("{name}: {error}; gather them again")))?;
    let text = String::from_utf8(text).map_err(|error| Failure::environment(format!("{name}: {error}")))?;
    Ok((facts, text))
}
