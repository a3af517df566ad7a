//! `reconcile compare` and `reconcile judge`: two manifests, without a connection to either system.

use super::compared::{ComparisonFiles, JudgedComparison, compare, past_runs};
use super::inputs::{find_dataset, manifest_failure, open_manifest, read_dataset_policy};
use super::manifest_signing::check_signatures;
use super::storing::{Keeping, chain_of, keep_run};
use super::{CompareArguments, JudgeArguments, ManifestArguments, RunFormat, exit_of};
use crate::exit::{Exit, Failure, Result};
use crate::{opening, output};
use jiff::Timestamp;
use portcullis_model::reconciliation::run::{RecordBreak, RunOutcome};
use portcullis_model::reconciliation::{AcceptedDifference, Dataset, ReconciliationRun, RunPopulation};
use portcullis_reconcile::compare::ComparedManifests;
use portcullis_reconcile::manifest::{Manifest, remove_folder};
use portcullis_record::run::{RunChain, RunLink, prepare_run};
use portcullis_render::reconciliation::{RunShown, write_run_text};
use portcullis_wire::run::v1::{read_run, write_run};
use std::path::Path;

pub(super) fn run(directory: &Path, arguments: &CompareArguments) -> Result {
    let policy = read_dataset_policy(directory, &arguments.policy)?;
    let manifests = open_manifests(directory, &arguments.manifests)?;
    let dataset = find_dataset(&policy, &manifests.source.header().dataset)?;
    check_signatures(directory, dataset, &manifests)?;
    let chain = if arguments.record { chain_of(directory, dataset)? } else { None };
    let (breaks, gone) = (arguments.breaks.as_deref(), arguments.still_gone.as_deref());
    let (breaks, gone) = (breaks.map(|path| directory.join(path)), gone.map(|path| directory.join(path)));
    let again = breaks.as_ref().map(|path| path.with_added_extension("again"));
    let (breaks, again) = (breaks.as_deref(), again.as_deref());
    let files = ComparisonFiles { breaks, again, gone: gone.as_deref(), all: false };
    let compared = compare(dataset, manifests, &past_runs(chain.as_ref(), dataset), files)?;
    if let (Some(breaks), Some(again)) = (breaks, again) {
        keep_for_second_look(&compared, breaks, again)?;
    }
    let keeping = Keeping { directory, dataset, policy: &policy.digest, arguments: &arguments.keeping };
    let (run, kept) = if arguments.record {
        let (run, commit) = keep_run(&keeping, &compared)?;
        (run, Some(commit))
    } else {
        (preview(&compared, dataset, &policy.digest, None)?, None)
    };
    show_result(
        &run,
        dataset,
        kept.as_ref().map(|commit| commit.short()),
        &compared.judgement.notes,
        arguments.format,
    )?;
    Ok(exit_of(run.outcome))
}

/// Where a share is in doubt, a second look reads those that missed it as well.
fn keep_for_second_look(compared: &JudgedComparison, breaks: &Path, again: &Path) -> Result<()> {
    let superfluous = if compared.has_shares_in_doubt() { breaks } else { again };
    remove_folder(superfluous).map_err(manifest_failure)?;
    if superfluous == breaks {
        std::fs::rename(again, breaks)
            .map_err(|error| Failure::environment(format!("cannot write {}: {error}", breaks.display())))?;
    }
    Ok(())
}

/// The run that a comparison would become.
pub(super) fn preview(
    compared: &JudgedComparison,
    dataset: &Dataset,
    policy: &portcullis_model::digest::Digest,
    chain: Option<&RunChain>,
) -> Result<ReconciliationRun> {
    let last = chain.and_then(RunChain::newest);
    let draft = compared.draft(policy, last, Timestamp::now());
    let pending = prepare_run(draft, dataset, chain)
        .map_err(|fault| Failure::environment(format!("the run cannot be written: {fault}")))?;
    Ok(pending.run)
}

/// Writes the result.
pub(super) fn show_result(
    run: &ReconciliationRun,
    dataset: &Dataset,
    kept: Option<&str>,
    notes: &[String],
    format: RunFormat,
) -> Result<()> {
    match format {
        RunFormat::Json => {
            let bytes = write_run(run.clone()).map_err(|error| Failure::environment(error.to_string()))?;
            output::data(&bytes)
        }
        RunFormat::Text => output::text(&write_run_text(&RunShown {
            run,
            budgets: Some(&dataset.budgets),
            kept,
            notes,
            exposure: &[],
            accepted: &describe_accepted(dataset, run),
        })),
    }
}

/// What the policy accepts, and whether it still has to.
fn describe_accepted(dataset: &Dataset, run: &ReconciliationRun) -> Vec<String> {
    let at = run.manifests.target.as_of;
    let describe = |one: &AcceptedDifference| {
        let key = format!("{:032x}", one.key);
        let is_open = |open: &&RecordBreak| open.key == key && one.is_of(one.key, open.class, open.sequence);
        let state = match run.breaks.iter().find(is_open) {
            _ if !one.is_in_force(at) => "ended, it counts again",
            Some(_) => "open",
            None if run.breaks.iter().any(|open| open.key == key) => {
                "the record differs otherwise now; see its line above"
            }
            None if run.population != RunPopulation::Full => "not among the records that were compared",
            None => {
                "no difference of this key and class; remove it from the policy if the key of the dataset is the same"
            }
        };
        let AcceptedDifference { class, until, by, reason, .. } = one;
        format!("{key}\n    {}, by {by} until {until}: {state}\n    {reason}", class.as_str())
    };
    dataset.accepted.iter().map(describe).collect()
}

pub(super) fn open_manifests(directory: &Path, arguments: &ManifestArguments) -> Result<ComparedManifests> {
    let optional = |path: &Option<std::path::PathBuf>| -> Result<Option<Manifest>> {
        path.as_ref().map(|path| open_manifest(directory, path)).transpose()
    };
    Ok(ComparedManifests {
        source: open_manifest(directory, &arguments.source)?,
        target: open_manifest(directory, &arguments.target)?,
        rejects: optional(&arguments.rejects)?,
        receipts: optional(&arguments.receipts)?,
        gone: optional(&arguments.gone)?,
        breaks: optional(&arguments.previous)?,
    })
}

/// Compares kept manifests again, at the moment of a kept run and on top of the run before it: the
/// bytes have to be the same.
pub(super) fn judge(directory: &Path, arguments: &JudgeArguments) -> Result {
    let named = arguments.run.as_deref().unwrap_or_default();
    let policy = read_dataset_policy(directory, &arguments.policy)?;
    let manifests = open_manifests(directory, &arguments.manifests)?;
    let dataset = find_dataset(&policy, &manifests.source.header().dataset)?;
    check_signatures(directory, dataset, &manifests)?;
    manifests.check(dataset).map_err(manifest_failure)?;
    let (kept, before) = find_kept(directory, dataset, named)?;
    let compared =
        compare(dataset, manifests, &past_runs(before.as_ref(), dataset), ComparisonFiles::default())?;
    let last = before.as_ref().and_then(RunChain::newest);
    let draft = compared.draft(&policy.digest, last, kept.time);
    let mut again = prepare_run(draft, dataset, before.as_ref())
        .map_err(|fault| Failure::unverified(format!("the manifests give no such run: {fault}")))?
        .run;
    if dataset.is_defined_by(&kept.definition) {
        // Earlier versions wrote the same definition in another form.
        again.definition = kept.definition.clone();
    }
    let differences = differences_of(&kept, &again);
    if differences.is_empty() {
        output::text(&format!(
            "{}: run {} follows from these manifests to the byte",
            dataset.name, kept.number
        ))?;
        return Ok(Exit::Allowed);
    }
    if needs_second_look(&kept, &again) {
        output::complain(&format!(
            "{}: run {} was concluded by a second look, whose manifests are not these: it cannot be judged again from them",
            dataset.name, kept.number
        ));
        return Ok(Exit::Undetermined);
    }
    for difference in &differences {
        output::complain(&format!("{}: run {}: {difference}", dataset.name, kept.number));
    }
    Ok(Exit::Unverified)
}

/// The manifests leave open what the kept run concludes, and differ from it in nothing that they
/// show themselves.
fn needs_second_look(kept: &ReconciliationRun, again: &ReconciliationRun) -> bool {
    again.outcome == RunOutcome::Unconfirmed
        && kept.outcome != RunOutcome::Unconfirmed
        && (&kept.manifests, &kept.definition, &kept.policy)
            == (&again.manifests, &again.definition, &again.policy)
}

/// The kept run, and the chain as it was before it.
fn find_kept(
    directory: &Path,
    dataset: &Dataset,
    named: &str,
) -> Result<(ReconciliationRun, Option<RunChain>)> {
    let chain = match opening::open(directory) {
        Ok(_) => chain_of(directory, dataset)?,
        Err(_) => None,
    };
    let kept = match named.parse::<u64>() {
        Ok(number) => {
            let links = chain.as_ref().map_or(&[][..], |chain| &chain.links);
            let link = links.iter().find(|link| link.run.number == number);
            link.map(|link| link.run.clone()).ok_or_else(|| {
                Failure::usage(format!("there is no run {number} of `{}` here", dataset.name))
            })?
        }
        Err(_) => {
            let file = directory.join(named);
            let bytes = std::fs::read(&file)
                .map_err(|error| Failure::environment(format!("cannot read {}: {error}", file.display())))?;
            read_run(&bytes).map_err(|why| Failure::environment(format!("{}: {why}", file.display())))?
        }
    };
    let before = chain.map(|chain| cut_before(chain, kept.number)).filter(|chain| !chain.links.is_empty());
    Ok((kept, before))
}

fn cut_before(mut chain: RunChain, number: u64) -> RunChain {
    chain.links.retain(|link: &RunLink| link.run.number < number);
    chain.commits.truncate(chain.links.len());
    chain
}

/// In what two runs differ.
fn differences_of(kept: &ReconciliationRun, again: &ReconciliationRun) -> Vec<String> {
    let mut found = Vec::new();
    let mut hold = |what: &str, same: bool, kept: String, again: String| {
        if !same {
            found.push(format!("its {what} is {kept}, and the manifests give {again}"));
        }
    };
    let short =
        |digest: &portcullis_model::digest::Digest| digest.hex().get(..12).unwrap_or_default().to_string();
    let (a, b) = (&kept.manifests, &again.manifests);
    hold("source", a.source == b.source, short(&a.source.header), short(&b.source.header));
    hold("target", a.target == b.target, short(&a.target.header), short(&b.target.header));
    hold("reject log", a.rejects == b.rejects, given(a.rejects.is_some()), given(b.rejects.is_some()));
    hold(
        "list of receipts",
        a.receipts == b.receipts,
        given(a.receipts.is_some()),
        given(b.receipts.is_some()),
    );
    hold(
        "definition",
        kept.definition == again.definition,
        short(&kept.definition),
        short(&again.definition),
    );
    hold("policy", kept.policy == again.policy, short(&kept.policy), short(&again.policy));
    hold(
        "outcome",
        kept.outcome == again.outcome,
        kept.outcome.as_str().into(),
        again.outcome.as_str().into(),
    );
    for class in portcullis_model::reconciliation::RecordClass::ALL {
        let (a, b) = (kept.classes.get(&class), again.classes.get(&class));
        let count = |count: Option<&portcullis_model::reconciliation::ClassCount>| {
            count.map_or("none".to_string(), |one| format!("{} seen, {} confirmed", one.seen, one.confirmed))
        };
        hold(&format!("count of {}", class.as_str()), a == b, count(a), count(b));
    }
    let same = ReconciliationRun { tool: kept.tool.clone(), ..again.clone() } == *kept;
    if found.is_empty() && !same {
        found.push("other parts of it do not follow from these manifests".to_string());
    }
    found
}

fn given(is_given: bool) -> String {
    if is_given { "given" } else { "not given" }.to_string()
}
