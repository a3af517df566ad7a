//! What a reconciliation begins with: the dataset of the policy, its key, and its systems.

use super::copied_database::describe_lone_database;
use super::{KeyArguments, PolicyArguments, ReadSide};
use crate::exit::{Exit, Failure, Result};
use crate::output;
use crate::policy_file::{POLICY, read_policy};
use crate::progress::{Progress, ProgressView};
use portcullis_connect::{Opening, WatchedSource, open_source};
use portcullis_forge::ci;
use portcullis_judge::policy::Policy;
use portcullis_model::host::HostProfile;
use portcullis_model::reconciliation::{Dataset, SystemSettings};
use portcullis_reconcile::extract::{
    ExtractFault, ExtractSettings, RowCause, SORTED_AT_ONCE, extract_with_causes, list_columns,
    resume_extraction,
};
use portcullis_reconcile::key::{DatasetKey, read_key_file};
use portcullis_reconcile::manifest::{FaultKind, Manifest, ManifestFault, ManifestForm, can_be_reopened};
use portcullis_record::TOOL;
use portcullis_wire::manifest::v1::ManifestContentV1;
use std::path::Path;

/// The variable that holds the key of a dataset.
const KEY_VARIABLE: &str = "PORTCULLIS_DATASET_KEY";

/// After so many rows it is looked whether progress is to be told.
const EVERY: u64 = 5_000;

/// How many reasons why rows cannot be compared are told.
const TOLD: usize = 10;

/// The policy that defines datasets. Names of teams and accounts play no part in them.
pub(super) fn read_dataset_policy(directory: &Path, arguments: &PolicyArguments) -> Result<Policy> {
    let file = arguments.policy.as_deref().unwrap_or(Path::new(POLICY));
    let file = directory.join(file);
    let profiles = portcullis_forge::TABLE.iter().map(|kind| HostProfile::of(&(kind.conventions)(), &[]));
    let mut first = None;
    for profile in std::iter::once(HostProfile::github_com()).chain(profiles) {
        match read_policy(&file, &profile) {
            Ok(policy) => return Ok(policy),
            Err(failure) => drop(first.get_or_insert(failure)),
        }
    }
    Err(first.unwrap_or_else(|| Failure::policy("the policy cannot be read")))
}

/// The dataset of this name.
pub(super) fn find_dataset<'p>(policy: &'p Policy, name: &str) -> Result<&'p Dataset> {
    let datasets = &policy.scope.datasets;
    datasets.get(name).ok_or_else(|| match datasets.is_empty() {
        true => Failure::policy("the policy defines no dataset")
            .hint("write `[reconciliation.NAME]`; see docs/reconciliation.md"),
        false => Failure::usage(output::unknown("dataset", name, datasets.keys().map(String::as_str))),
    })
}

/// The key of the dataset. It is never shown.
pub(super) fn read_key(directory: &Path, arguments: &KeyArguments) -> Result<DatasetKey> {
    if let Some(file) = &arguments.key_file {
        return read_key_file(&directory.join(file)).map_err(|fault| Failure::environment(fault.to_string()));
    }
    let text = ci::variable(KEY_VARIABLE).ok_or_else(|| {
        Failure::usage("the key of the dataset is not known")
            .hint(format!("name its file with --key-file, or set {KEY_VARIABLE}"))
            .hint("make one: `(umask 077; openssl rand -hex 32 > dataset.key)`, and keep it where records may be seen")
    })?;
    DatasetKey::read(text.as_bytes())
        .map_err(|weak| Failure::environment(format!("the key of the dataset: {weak}")))
}

impl ReadSide {
    /// Its name in the policy.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            ReadSide::Source => "source",
            ReadSide::Target => "target",
            ReadSide::Rejects => "rejects",
            ReadSide::Receipts => "receipts",
        }
    }

    pub(super) fn content(self) -> ManifestContentV1 {
        match self {
            ReadSide::Source => ManifestContentV1::Source,
            ReadSide::Target => ManifestContentV1::Target,
            ReadSide::Rejects => ManifestContentV1::Rejects,
            ReadSide::Receipts => ManifestContentV1::Receipts,
        }
    }

    /// How the dataset reads it.
    pub(super) fn system(self, dataset: &Dataset) -> Option<&SystemSettings> {
        match self {
            ReadSide::Source => dataset.source.as_ref(),
            ReadSide::Target => dataset.target.as_ref(),
            ReadSide::Rejects => dataset.rejects.as_ref(),
            ReadSide::Receipts => dataset.receipts.as_ref(),
        }
    }
}

/// One extraction.
pub struct Extraction<'a> {
    /// Where paths of the policy begin.
    pub directory: &'a Path,
    /// The dataset.
    pub dataset: &'a Dataset,
    /// Its key.
    pub key: &'a DatasetKey,
    /// Only the records of these differences.
    pub only: Option<&'a Manifest>,
    /// Whether each field gets a digest of its own.
    pub columns: bool,
    /// Whether files stay where it fails after the last row was read.
    pub resumable: bool,
    /// How the manifest is written.
    pub form: ManifestForm,
}

impl Extraction<'_> {
    /// Reads a side into a new folder or file; `as_of` is the moment before its first row.
    ///
    /// # Errors
    /// The policy does not say how it is read, or it cannot be read or written.
    pub fn read(&self, side: ReadSide, output: &Path, as_of: jiff::Timestamp) -> Result<Manifest> {
        let name = side.as_str();
        let system = self.find_system(side)?;
        if let Some(doubt) = describe_lone_database(self.directory, &system.connector) {
            output::remark(&format!("{name}: {doubt}"));
        }
        let columns = list_columns(self.dataset, system, side.content());
        let environment = |variable: &str| ci::variable(variable);
        let opening = Opening { columns: &columns, directory: self.directory, environment: &environment };
        let opened =
            open_source(&system.connector, &opening).map_err(|error| extract_failure(error.into()))?;
        let progress = Progress::begin(ProgressView::of(false), format!("rows of the {name}"), None);
        let mut source = WatchedSource::new(opened, EVERY, |rows, share| progress.at_share(rows, share));
        let settings = self.settings(side, as_of);
        let (_, causes) = extract_with_causes(self.dataset, system, &mut source, self.key, output, &settings)
            .map_err(|fault| explain_rest(fault, output))?;
        progress.end();
        tell_causes(name, &causes);
        Manifest::open(output).map_err(manifest_failure)
    }

    /// Goes on with an extraction that was interrupted after its last row was read; `None`: there
    /// is none.
    ///
    /// # Errors
    /// The policy does not say how it is read, or its files are damaged or cannot be written.
    pub fn resume(&self, side: ReadSide, output: &Path) -> Result<Option<Manifest>> {
        let system = self.find_system(side)?;
        let settings = self.settings(side, jiff::Timestamp::now());
        let resumed = resume_extraction(self.dataset, system, self.key, output, &settings)
            .map_err(|fault| explain_rest(fault, output))?;
        resumed.map(|_| Manifest::open(output).map_err(manifest_failure)).transpose()
    }

    fn find_system(&self, side: ReadSide) -> Result<&SystemSettings> {
        let (name, dataset) = (side.as_str(), &self.dataset.name);
        side.system(self.dataset).ok_or_else(|| {
            Failure::policy(format!("the policy does not say how the {name} of `{dataset}` is read"))
                .hint(format!("write `[reconciliation.{dataset}.{name}]` with `connector`"))
        })
    }

    fn settings(&self, side: ReadSide, as_of: jiff::Timestamp) -> ExtractSettings<'_> {
        ExtractSettings {
            content: side.content(),
            as_of,
            columns: self.columns,
            only: self.only,
            threads: threads(),
            sorted_at_once: SORTED_AT_ONCE,
            generator: TOOL,
            resumable: self.resumable,
            form: self.form,
            place: self.directory,
        }
    }
}

/// The failure, with what to do about files that are left.
fn explain_rest(fault: ExtractFault, output: &Path) -> Failure {
    let is_full = matches!(&fault, ExtractFault::Manifest(fault) if fault.kind == FaultKind::DiskFull);
    let failure = extract_failure(fault);
    match (can_be_reopened(output), is_full) {
        (false, _) => failure,
        (true, true) => failure.hint("all rows were read: the same command with --resume goes on from here"),
        (true, false) => {
            failure.hint("the same command without --resume clears what is left and begins again")
        }
    }
}

/// Why rows cannot be compared.
fn tell_causes(side: &str, causes: &[RowCause]) {
    for RowCause { cause, rows, first } in causes.iter().take(TOLD) {
        let rows = portcullis_render::plural(*rows, "row");
        output::remark(&format!("{side}: {rows} cannot be compared, the first is {first}: {cause}"));
    }
    let more = causes.len().saturating_sub(TOLD);
    if more > 0 {
        output::remark(&format!("{side}: {}", portcullis_render::plural(more as u64, "other reason")));
    }
}

/// Threads for work that is divided by buckets.
pub(super) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}

/// A manifest that was named.
pub(super) fn open_manifest(directory: &Path, path: &Path) -> Result<Manifest> {
    Manifest::open(&directory.join(path)).map_err(manifest_failure)
}

pub(super) fn extract_failure(fault: ExtractFault) -> Failure {
    match fault {
        ExtractFault::Manifest(fault) => manifest_failure(fault),
        ExtractFault::Source(error) => {
            Failure::environment(format!("{}: {}", error.place, error.problem)).hint(error.remedy)
        }
        ExtractFault::Settings(why) => Failure::policy(why),
    }
}

/// A manifest of something else shows nothing; one that is not what it says does not verify.
pub(super) fn manifest_failure(fault: ManifestFault) -> Failure {
    let exit = match fault.kind {
        FaultKind::Absent | FaultKind::DiskFull | FaultKind::Occupied | FaultKind::Unreadable => {
            Exit::Environment
        }
        FaultKind::Swapped
        | FaultKind::OtherDataset
        | FaultKind::OtherKey
        | FaultKind::OtherVersion
        | FaultKind::OtherDefinition
        | FaultKind::OtherScope => Exit::Undetermined,
        _ => Exit::Unverified,
    };
    let message = format!("{}: {}", fault.place, fault.problem.trim_end_matches('.'));
    super::failure(exit, message).hint(fault.remedy)
}
