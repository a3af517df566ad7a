//! `portcullis decide`: judge gathered facts, without git and without network.

use super::exit::{Failure, Result};
use super::policy_file::{check_waivers, read_policy};
use super::{names, output};
use crate::render::NoSources;
use clap::Args;
use portcullis_forge::{check_known, ci};
use portcullis_model::decision::Judged;
use portcullis_model::fact::Gap;
use portcullis_model::gathered::GatheredFacts;
use portcullis_wire::facts::{FactsError, read_facts};
use std::path::{Path, PathBuf};

/// Arguments of `decide`.
#[derive(Debug, Args)]
pub struct DecideArguments {
    /// Facts that `portcullis facts` wrote.
    #[arg(long, value_name = "FILE")]
    facts: PathBuf,
    /// Policy to judge by.
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    #[command(flatten)]
    output: output::Shown,
}

/// Judges gathered facts, of a change, of a batch or of a deployment.
///
/// # Errors
/// The facts cannot be read or are of another schema; the policy is not valid.
pub fn run(arguments: &DecideArguments) -> Result {
    let output = arguments.output.plan()?;
    let inputs = [arguments.facts.as_path(), &arguments.policy];
    output.files().try_for_each(|file| names::spare_files(file, inputs))?;
    let gathered = read_facts_file(&arguments.facts)?;
    let policy = read_policy(&arguments.policy, &gathered.whole().host.profile())?;
    if let Some((judged, gap)) = find_other_place(&gathered)? {
        return output.show(&portcullis_judge::decide::undetermined(judged, &gap), &NoSources);
    }
    check_waivers(&policy, &gathered)?;
    output.show(&portcullis_judge::decide::decide_facts(&policy, &gathered), &NoSources)
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

/// Facts that somebody saved.
///
/// # Errors
/// They cannot be read.
pub fn read_facts_file(file: &Path) -> Result<GatheredFacts> {
    let name = file.display();
    let text = std::fs::read(file)
        .map_err(|error| Failure::environment(format!("cannot read the facts {name}: {error}")))?;
    let facts = read_facts(&text).map_err(|error| {
        Failure::environment(match error {
            FactsError::Version(_) => format!("{name}: {error}; gather them again"),
            _ => format!("{name}: these are no facts that this program reads: {error}; gather them again"),
        })
    })?;
    check_known(facts.all_facts())
        .map_err(|error| Failure::environment(format!("{name}: {error}; gather them again")))?;
    Ok(facts)
}
