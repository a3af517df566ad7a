//! `reconcile run`: both sides are read, compared, looked at again where they differ, and the run
//! is kept.

use super::by_engine::{RunEngine, check_all_listed};
use super::compared::{ComparisonFiles, JudgedComparison, compare, past_runs};
use super::comparing::{preview, show_result};
use super::inputs::{Extraction, find_dataset, manifest_failure, read_dataset_policy, read_key};
use super::run_folder::create_run_folder;
use super::storing::{Keeping, chain_of, keep_run};
use super::workplace::Workplace;
use super::{ReadSide, RunArguments, exit_of, incident, resend};
use crate::exit::{Exit, Failure, Result};
use crate::{opening, output};
use jiff::Timestamp;
use portcullis_model::reconciliation::{Dataset, Isolation};
use portcullis_reconcile::compare::ComparedManifests;
use portcullis_reconcile::judge::PastRun;
use portcullis_reconcile::key::DatasetKey;
use portcullis_reconcile::manifest::{Manifest, ManifestForm, remove_folder};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(super) fn run(directory: &Path, arguments: &RunArguments) -> Result {
    let policy = read_dataset_policy(directory, &arguments.dataset.policy)?;
    let dataset = find_dataset(&policy, &arguments.dataset.dataset)?;
    let key = read_key(directory, &arguments.key)?;
    if arguments.open_incident {
        incident::check_policy(&policy, &dataset.name)?;
    }
    // What cannot be kept is known before hours of reading.
    let chain = match arguments.dry_run {
        true => None,
        false => {
            opening::open(directory)?;
            chain_of(directory, dataset)?
        }
    };
    let engine = arguments.engine.find(directory)?;
    let temporary = Workplace::open(&std::env::temp_dir())
        .map_err(|error| Failure::environment(format!("no temporary folder can be made: {error}")))?;
    let folder = match &arguments.manifests {
        Some(parent) => make_folder(&directory.join(parent))?,
        None => temporary.path().to_path_buf(),
    };
    let state = StateFolder::open(directory, arguments.state.as_deref())?;
    state.check_key(&key.id())?;
    let scene = RunScene {
        directory,
        dataset,
        key: &key,
        folder: &folder,
        state: &state,
        all: arguments.replay.is_some(),
    };
    let past = past_runs(chain.as_ref(), dataset);
    let (mut compared, unlisted) = scene.compare_all(engine, &past)?;
    if compared.has_unconfirmed() && unlisted == 0 {
        scene.confirm(&mut compared, arguments.confirm_after)?;
    }
    let keeping = Keeping { directory, dataset, policy: &policy.digest, arguments: &arguments.keeping };
    let (run, kept) = if arguments.dry_run {
        (preview(&compared, dataset, &policy.digest, None)?, None)
    } else {
        let (run, commit) = keep_run(&keeping, &compared)?;
        (run, Some(commit))
    };
    state.keep()?;
    let kept = kept.as_ref().map(|commit| commit.short());
    show_result(&run, dataset, kept, &compared.judgement.notes, arguments.format)?;
    if let Some(file) = &arguments.replay {
        check_all_listed(unlisted)?;
        resend::write_list(directory, dataset, &key, &compared.answer.seen, &directory.join(file))?;
    }
    if arguments.open_incident {
        let push = arguments.keeping.push.as_deref();
        incident::open_draft(directory, &policy, dataset, &run, chain.as_ref(), push)?;
    }
    Ok(exit_of(run.outcome))
}

/// A folder of this run in the one that was named.
fn make_folder(parent: &Path) -> Result<PathBuf> {
    let folder = create_run_folder(parent)?;
    let shown = folder.strip_prefix(".").unwrap_or(&folder);
    output::remark(&format!("the manifests stay in {}", shown.display()));
    Ok(folder)
}

/// One run.
struct RunScene<'a> {
    directory: &'a Path,
    dataset: &'a Dataset,
    key: &'a DatasetKey,
    folder: &'a Path,
    state: &'a StateFolder,
    /// Whether every record that differs has to be named.
    all: bool,
}

impl RunScene<'_> {
    fn extraction<'e>(&'e self, only: Option<&'e Manifest>) -> Extraction<'e> {
        let (directory, dataset, key) = (self.directory, self.dataset, self.key);
        let form = ManifestForm::Plain;
        Extraction { directory, dataset, key, only, columns: false, resumable: false, form }
    }

    /// Where this run writes what the next one needs.
    fn files(&self) -> ComparisonFiles<'_> {
        ComparisonFiles {
            breaks: Some(&self.state.new_breaks),
            again: Some(&self.state.again),
            gone: self.state.is_kept().then_some(&self.state.new_gone),
            all: self.all,
        }
    }

    fn read_all(&self) -> Result<ComparedManifests> {
        let extraction = self.extraction(None);
        let read = |side: ReadSide| extraction.read(side, &self.folder.join(side.as_str()), Timestamp::now());
        let answers = |side: ReadSide| side.system(self.dataset).map(|_| read(side)).transpose();
        Ok(ComparedManifests {
            source: read(ReadSide::Source)?,
            target: read(ReadSide::Target)?,
            rejects: answers(ReadSide::Rejects)?,
            receipts: answers(ReadSide::Receipts)?,
            gone: self.state.gone()?,
            breaks: self.state.breaks()?,
        })
    }

    /// Reads both sides and compares them, here or by an engine. Also: how many records an engine
    /// counted and did not list, which no second look can confirm.
    fn compare_all(
        &self,
        engine: Option<RunEngine<'_>>,
        past: &[PastRun],
    ) -> Result<(JudgedComparison, u64)> {
        let manifests = self.read_all()?;
        match engine {
            None => Ok((compare(self.dataset, manifests, past, self.files())?, 0)),
            Some(engine) => {
                let judged = engine.compare(self.dataset, &manifests, past, &self.state.new_breaks)?;
                Ok((judged.compared, judged.unlisted))
            }
        }
    }

    /// Looks at the records that differ once more: rows in motion have arrived by then.
    fn confirm(&self, compared: &mut JudgedComparison, seconds: u64) -> Result<()> {
        let sides = [&compared.manifests.source, &compared.manifests.target];
        if sides.iter().any(|manifest| manifest.isolation() == Isolation::None) {
            output::remark("nothing holds the rows of one side together, so no difference can be confirmed");
            return Ok(());
        }
        output::remark(&format!("looking at the differences again in {seconds} s"));
        std::thread::sleep(Duration::from_secs(seconds));
        // An engine lists no records that wait, so its shares stay as they were seen.
        let of_shares = compared.has_shares_in_doubt() && self.state.again.exists();
        let listed = if of_shares { &self.state.again } else { &self.state.new_breaks };
        let breaks = Manifest::open(listed).map_err(manifest_failure)?;
        let extraction = self.extraction(Some(&breaks));
        let read = |side: ReadSide| {
            extraction.read(side, &self.folder.join(format!("{}-again", side.as_str())), Timestamp::now())
        };
        let manifests = ComparedManifests {
            source: read(ReadSide::Source)?,
            target: read(ReadSide::Target)?,
            rejects: compared.manifests.rejects.clone(),
            receipts: compared.manifests.receipts.clone(),
            gone: compared.manifests.gone.clone(),
            breaks: Some(breaks.clone()),
        };
        let files = ComparisonFiles { all: self.all, ..ComparisonFiles::default() };
        let later = compare(self.dataset, manifests, &[], files)?;
        compared.confirm(later, of_shares);
        Ok(())
    }
}

/// What a state folder holds.
const STATES: [&str; 2] = ["breaks", "gone"];

/// Where the earlier state is while a newer one takes its place.
fn before(path: &Path) -> PathBuf {
    path.with_extension("before")
}

/// A run that was killed while it kept its state left the earlier one aside.
fn restore(path: &Path) -> std::io::Result<()> {
    let aside = before(path);
    match (aside.exists(), path.exists()) {
        (true, false) => std::fs::rename(&aside, path),
        (true, true) => std::fs::remove_dir_all(&aside),
        (false, _) => Ok(()),
    }
}

/// What one run leaves for the next.
struct StateFolder {
    folder: Option<PathBuf>,
    /// Where this run writes its differences.
    new_breaks: PathBuf,
    /// Where this run writes what its second look reads, where a share is missed.
    again: PathBuf,
    /// Where this run writes the deleted records that are gone.
    new_gone: PathBuf,
    _temporary: Workplace,
}

impl StateFolder {
    fn open(directory: &Path, named: Option<&Path>) -> Result<Self> {
        let folder = named.map(|folder| directory.join(folder));
        let unusable =
            |error: std::io::Error| Failure::environment(format!("the state cannot be kept: {error}"));
        if let Some(folder) = &folder {
            std::fs::create_dir_all(folder).map_err(unusable)?;
        }
        let parent = folder.clone().unwrap_or_else(std::env::temp_dir);
        let temporary = Workplace::open(&parent).map_err(unusable)?;
        if let Some(folder) = &folder {
            STATES.iter().try_for_each(|name| restore(&folder.join(name))).map_err(unusable)?;
        }
        let path = |name: &str| temporary.path().join(name);
        let (new_breaks, again, new_gone) = (path("breaks"), path("again"), path("gone"));
        Ok(StateFolder { folder, new_breaks, again, new_gone, _temporary: temporary })
    }

    fn is_kept(&self) -> bool {
        self.folder.is_some()
    }

    /// What earlier runs left is under the key of this one; known before hours of reading.
    fn check_key(&self, key_id: &str) -> Result<()> {
        let earlier = [self.breaks()?, self.gone()?];
        let Some(other) = earlier.iter().flatten().find(|one| one.header().key_id != key_id) else {
            return Ok(());
        };
        let (place, found) = (other.path().display(), &other.header().key_id);
        let message =
            format!("{place}: earlier runs had the dataset key `{found}`, and this one has `{key_id}`");
        let hint = "Give the key of the earlier runs. After a change of keys begin with a new folder: no record is equal \
                    under both, so the ages of differences and what was seen gone are lost.";
        Err(super::failure(Exit::Undetermined, message).hint(hint))
    }

    fn breaks(&self) -> Result<Option<Manifest>> {
        self.earlier("breaks")
    }

    fn gone(&self) -> Result<Option<Manifest>> {
        self.earlier("gone")
    }

    fn earlier(&self, name: &str) -> Result<Option<Manifest>> {
        let Some(path) = self.folder.as_ref().map(|folder| folder.join(name)).filter(|path| path.exists())
        else {
            return Ok(None);
        };
        Manifest::open(&path).map(Some).map_err(manifest_failure)
    }

    /// Puts what this run wrote into the place of what the run before wrote.
    fn keep(&self) -> Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        for (new, name) in [&self.new_breaks, &self.new_gone].into_iter().zip(STATES) {
            let old = folder.join(name);
            if !new.exists() {
                continue;
            }
            let cannot = |error: std::io::Error| {
                Failure::environment(format!("cannot keep {}: {error}", old.display()))
            };
            if old.exists() {
                std::fs::rename(&old, before(&old)).map_err(cannot)?;
            }
            std::fs::rename(new, &old).map_err(cannot)?;
            remove_folder(&before(&old)).map_err(manifest_failure)?;
        }
        Ok(())
    }
}
