//! Answers that were made elsewhere: they are read, judged, and become a run, or are refused by
//! name.

use super::compared::{JudgedComparison, headers_of, late_before, past_runs};
use super::comparing::{open_manifests, preview, show_result};
use super::inputs::{find_dataset, manifest_failure, read_dataset_policy};
use super::manifest_signing::check_signatures;
use super::plan::read_plan;
use super::storing::{Keeping, chain_of, keep_run};
use super::{KeepingArguments, ManifestArguments, PolicyArguments, RunFormat, exit_of};
use crate::exit::{Failure, Result};
use crate::{opening, output};
use clap::Args;
use portcullis_model::digest::{Digest, Digester};
use portcullis_model::reconciliation::{AcceptedDifference, Dataset};
use portcullis_reconcile::engine::{
    AnswerReader, EngineFault, EnginePlan, JudgedAnswer, compare_buckets_again, find_doubtful_buckets,
    judge_answer, make_comparison,
};
use portcullis_reconcile::judge::{PastRun, judge_comparison};
use portcullis_record::run::RunChain;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// How many faults of an answer are told.
const TOLD: usize = 20;

/// How many records of each class are named.
const LISTED: usize = 200;

/// An answer that was made elsewhere.
#[derive(Debug, Args)]
pub struct AnswerArguments {
    /// Folder with the answer of an engine, to be accepted or refused.
    #[arg(long, value_name = "DIR", requires = "plan")]
    engine_result: Option<PathBuf>,
    /// Folder of the plan that the answer is to.
    #[arg(long, value_name = "DIR", requires = "engine_result")]
    plan: Option<PathBuf>,
    /// Compare this many buckets again here, drawn at random, and all that have differences.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(0..=256), requires = "engine_result")]
    again: u16,
    /// Keep the run in the repository.
    #[arg(long, requires = "engine_result")]
    record: bool,
    #[command(flatten)]
    keeping: KeepingArguments,
    /// How to write the result of an engine.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: RunFormat,
}

impl AnswerArguments {
    /// Whether an answer is to be judged.
    pub(super) const fn is_given(&self) -> bool {
        self.engine_result.is_some()
    }
}

/// Accepts the answer of an engine or of many buckets, or says by name what is wrong with it.
pub(super) fn accept(
    directory: &Path,
    manifests: &ManifestArguments,
    policy: &PolicyArguments,
    arguments: &AnswerArguments,
) -> Result {
    let (Some(answer), Some(folder)) = (&arguments.engine_result, &arguments.plan) else {
        return Err(Failure::usage("the answer and its plan are needed: --engine-result DIR --plan DIR"));
    };
    let policy = read_dataset_policy(directory, policy)?;
    let manifests = open_manifests(directory, manifests)?;
    let dataset = find_dataset(&policy, &manifests.source.header().dataset)?;
    check_signatures(directory, dataset, &manifests)?;
    let plan = read_plan(&directory.join(folder), dataset, &manifests)?;
    let chain = match opening::open(directory) {
        Ok(_) => chain_of(directory, dataset)?,
        Err(_) => None,
    };
    let past = past_runs(chain.as_ref(), dataset);
    check_past(&plan, chain.as_ref(), dataset, &directory.join(folder))?;
    let judging = AnswerJudging { dataset, plan: &plan, past: &past, again: arguments.again, listed: LISTED };
    let JudgedEngine { compared, .. } = judging.judge(&directory.join(answer))?;
    let keeping = Keeping { directory, dataset, policy: &policy.digest, arguments: &arguments.keeping };
    let (run, kept) = if arguments.record {
        let (run, commit) = keep_run(&keeping, &compared)?;
        (run, Some(commit))
    } else {
        (preview(&compared, dataset, &policy.digest, None)?, None)
    };
    let kept = kept.as_ref().map(|commit| commit.short());
    show_result(&run, dataset, kept, &compared.judgement.notes, arguments.format)?;
    Ok(exit_of(run.outcome))
}

/// Which late arrivals were reported before follows from the runs that are kept here, whatever the
/// plan says of it.
fn check_past(
    plan: &EnginePlan<'_>,
    chain: Option<&RunChain>,
    dataset: &Dataset,
    folder: &Path,
) -> Result<()> {
    if plan.clock.late_since == late_before(chain, dataset, plan.manifests).unwrap_or(i64::MIN) {
        return Ok(());
    }
    let message = format!(
        "{}: when the plan was written, another run, or none, was the newest that counts",
        folder.display()
    );
    Err(Failure::unverified(message)
        .hint("fetch the runs, write the plan again with `portcullis reconcile plan`, and run its text"))
}

/// How an answer is judged.
pub(super) struct AnswerJudging<'j> {
    pub(super) dataset: &'j Dataset,
    pub(super) plan: &'j EnginePlan<'j>,
    pub(super) past: &'j [PastRun],
    /// How many buckets are compared again here.
    pub(super) again: u16,
    /// How many records of each class are named.
    pub(super) listed: usize,
}

/// An answer that was accepted.
pub(super) struct JudgedEngine {
    pub(super) compared: JudgedComparison,
    /// How many records are counted and not listed.
    pub(super) unlisted: u64,
}

impl AnswerJudging<'_> {
    /// The comparison that the answer in a folder is.
    ///
    /// # Errors
    /// The answer cannot be read, or does not add up: each fault is told by name.
    pub(super) fn judge(&self, folder: &Path) -> Result<JudgedEngine> {
        let name = &self.dataset.name;
        let (judged, digest) = read_answer(self.plan, folder)?.map_err(|faults| refuse(name, &faults))?;
        let accepted = self.plan.manifests.accepted_of(self.dataset);
        let mut again = draw_buckets(self.again)?;
        again.extend(accepted.iter().map(AcceptedDifference::bucket));
        again.extend(find_doubtful_buckets(self.plan, &judged));
        let faults = compare_buckets_again(self.plan, &judged, &again).map_err(manifest_failure)?;
        if !faults.is_empty() {
            return Err(refuse(name, &faults));
        }
        let unlisted: u64 = judged.unlisted.values().sum();
        let mut answer =
            make_comparison(self.plan, judged, &accepted, self.listed).map_err(manifest_failure)?;
        answer.breaks.opened = answer.breaks.opened.max(unlisted);
        let headers = headers_of(self.plan.manifests);
        let mut judgement = judge_comparison(self.dataset, headers, &answer, self.past);
        judgement.notes.push(format!(
            "An engine made this comparison by the text {}; its answer has the digest {}. All totals, control records \
             and lists add up. Buckets that were compared again here: {} of 256.",
            self.plan.write_text().digest.as_str(),
            digest.as_str(),
            again.len()
        ));
        if unlisted > 0 {
            let note = format!("{unlisted} records are counted and not listed, so they are unconfirmed.");
            judgement.notes.push(note);
        }
        let manifests = self.plan.manifests.clone();
        Ok(JudgedEngine { compared: JudgedComparison { manifests, answer, judgement }, unlisted })
    }
}

fn refuse(dataset: &str, faults: &[EngineFault]) -> Failure {
    for fault in faults.iter().take(TOLD) {
        output::complain(&format!("{dataset}: {}: {fault}", fault.name()));
    }
    let more = faults.len().saturating_sub(TOLD);
    if more > 0 {
        output::complain(&format!("{dataset}: {more} more"));
    }
    let remedy = faults.first().map_or("", EngineFault::remedy);
    Failure::unverified(format!("{dataset}: the answer is not accepted")).hint(remedy)
}

type AcceptedAnswer = std::result::Result<(JudgedAnswer, Digest), Vec<EngineFault>>;

/// Reads and judges every file of a folder. Hidden files and Spark's marks (`_SUCCESS`) are none of
/// the answer.
fn read_answer(plan: &EnginePlan<'_>, folder: &Path) -> Result<AcceptedAnswer> {
    let cannot =
        |error: std::io::Error| Failure::environment(format!("cannot read {}: {error}", folder.display()));
    let entries = std::fs::read_dir(folder).map_err(cannot)?;
    let files: std::io::Result<Vec<_>> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut files = files.map_err(cannot)?;
    files.sort();
    let mut reader = AnswerReader::new(plan.marks());
    let mut digest = Digester::default();
    for file in files.iter().filter(|file| is_of_answer(file)) {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let input = File::open(file).map_err(cannot)?;
        let mut input = DigestedInput { input, digest: &mut digest };
        reader.read_file(&name, BufReader::new(&mut input)).map_err(cannot)?;
    }
    let judged = reader.finish().and_then(|answer| judge_answer(&plan.demand(), &answer));
    Ok(judged.map(|judged| (judged, digest.digest())))
}

fn is_of_answer(file: &Path) -> bool {
    let name = file.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    file.is_file() && !name.starts_with(['.', '_'])
}

/// A file whose digest is taken while it is read.
struct DigestedInput<'d> {
    input: File,
    digest: &'d mut Digester,
}

impl Read for DigestedInput<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.digest.take(&buffer[..read]);
        Ok(read)
    }
}

/// Buckets that the maker of the answer can neither know nor choose.
fn draw_buckets(count: u16) -> Result<BTreeSet<u8>> {
    let mut drawn = BTreeSet::new();
    while drawn.len() < usize::from(count) {
        let mut bytes = [0; 64];
        getrandom::fill(&mut bytes)
            .map_err(|error| Failure::environment(format!("no random bytes can be read: {error}")))?;
        drawn.extend(bytes.into_iter().take(usize::from(count) - drawn.len()));
    }
    Ok(drawn)
}
