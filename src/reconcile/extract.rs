//! Extraction: rows of a connector become a manifest. Memory does not grow with the rows: they go
//! to 256 files by their keyed key, each of which is then sorted.
//!
//! The files on the way hold keyed keys and digests alone. They are readable by their owner, lie in
//! the folder of the unfinished manifest, and go away with it. Once all rows were read, what is
//! left to do needs the system no more, and another process can go on with it.

mod causes;
mod columns;
mod explain;
mod reasons;
mod reserved;
mod resume;
mod sort;
mod spill;
#[cfg(test)]
mod tests;

pub use causes::RowCause;
use causes::RowCauses;
pub use columns::list_columns;
pub use explain::{ExplainedField, ExplainedRow, explain_row};
pub use reasons::{ReasonText, list_reasons};

use crate::canonical::{RuleFault, digest_definition};
use crate::key::DatasetKey;
use crate::manifest::{
    FaultKind, Manifest, ManifestFault, ManifestForm, ManifestTitle, ManifestWriter, WrittenBucket,
};
use crate::source::{RecordSource, SourceError};
use columns::RowReader;
use jiff::Timestamp;
use portcullis_model::digest::Digest;
use portcullis_model::reconciliation::{Dataset, DatasetSide, Isolation, SystemSettings};
use portcullis_wire::interrupted::v1::ReadRowsV1;
use portcullis_wire::manifest::v1::{ManifestContentV1, ManifestIsolationV1, ManifestScopeV1, ManifestV1};
use sort::SortJob;
use spill::{SpillFiles, Spills};
use std::fmt;
use std::path::Path;

/// The most keys that a confirming extraction may be asked for: 64 MB of them.
pub const MOST_ONLY: u64 = 4_000_000;

/// What an extraction is asked for, apart from the dataset and the system.
#[derive(Clone, Debug)]
pub struct ExtractSettings<'e> {
    /// What the rows are.
    pub content: ManifestContentV1,
    /// When the system is read, before its first row. Parts of a second are cut off.
    pub as_of: Timestamp,
    /// Whether each field gets a digest of 16 bits of its own.
    pub columns: bool,
    /// Only the records of these differences, to confirm them.
    pub only: Option<&'e Manifest>,
    /// How many threads sort.
    pub threads: usize,
    /// Rows that a thread sorts in memory at once: 80 bytes each.
    pub sorted_at_once: usize,
    /// The program, with its version.
    pub generator: &'e str,
    /// Whether files stay where the extraction fails after the last row was read, so that
    /// [`resume_extraction`] goes on with them.
    pub resumable: bool,
    /// How the manifest is written.
    pub form: ManifestForm,
    /// Where the system is looked for: what an interrupted extraction has to agree with, to be gone
    /// on with.
    pub place: &'e Path,
}

/// Rows that a thread sorts in memory at once, if nothing else is asked for: 60 MB.
pub const SORTED_AT_ONCE: usize = 750_000;

/// Why an extraction ended without a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtractFault {
    /// The system could not be read.
    Source(SourceError),
    /// The manifest could not be written, or the one with the differences not be read.
    Manifest(ManifestFault),
    /// The dataset or the settings cannot be followed: what, and what to do.
    Settings(RuleFault),
}

impl fmt::Display for ExtractFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(error) => error.fmt(f),
            Self::Manifest(fault) => fault.fmt(f),
            Self::Settings(why) => write!(f, "{why}"),
        }
    }
}

impl std::error::Error for ExtractFault {}

impl From<SourceError> for ExtractFault {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}

impl From<ManifestFault> for ExtractFault {
    fn from(fault: ManifestFault) -> Self {
        Self::Manifest(fault)
    }
}

/// Reads all rows of a source, which was opened with [`list_columns`], and writes the manifest to
/// `path`.
///
/// # Errors
/// The source, the settings or the disk. Nothing is then at `path`.
pub fn extract_rows(
    dataset: &Dataset,
    system: &SystemSettings,
    source: &mut dyn RecordSource,
    key: &DatasetKey,
    path: &Path,
    settings: &ExtractSettings<'_>,
) -> Result<ManifestV1, ExtractFault> {
    extract_with_causes(dataset, system, source, key, path, settings).map(|(header, _)| header)
}

/// As [`extract_rows`], with the reasons why rows cannot be compared. They hold no content.
///
/// # Errors
/// As of [`extract_rows`].
pub fn extract_with_causes(
    dataset: &Dataset,
    system: &SystemSettings,
    source: &mut dyn RecordSource,
    key: &DatasetKey,
    path: &Path,
    settings: &ExtractSettings<'_>,
) -> Result<(ManifestV1, Vec<RowCause>), ExtractFault> {
    let mut reader = RowReader::new(dataset, system, key, settings).map_err(ExtractFault::Settings)?;
    let mut title = make_title(dataset, system, key, settings, reader.columns());
    let mut writer = ManifestWriter::create(path, settings.content, title.columns.len())?;
    let mut spills = Spills::new(writer.folder());
    let mut causes = RowCauses::default();
    title.read = Some(read_rows(source, &mut reader, settings.only, &mut spills, &mut causes)?);
    title.isolation = name_isolation(source.isolation());
    title.announced = source.announced_rows();
    let (reasons, reason_places) = reader.reasons();
    title.reasons = reasons;
    let notes = ReadRowsV1 {
        schema: portcullis_wire::interrupted::v1::VERSION,
        sequenced: title.sequenced,
        header: title.header(),
        reason_places,
        place: key.hash_place(settings.place),
        files: spills.finish()?,
    };
    if settings.resumable {
        resume::write_notes(writer.folder(), &notes)?;
        writer.keep();
    }
    Ok((sort_rows(writer, notes, Vec::new(), settings)?, causes.list()))
}

/// Goes on with an extraction to `path` that was interrupted after its last row was read. `None`:
/// there is none, or it was another extraction.
///
/// # Errors
/// Another process writes there, the files of the extraction are damaged, or the disk is full.
pub fn resume_extraction(
    dataset: &Dataset,
    system: &SystemSettings,
    key: &DatasetKey,
    path: &Path,
    settings: &ExtractSettings<'_>,
) -> Result<Option<ManifestV1>, ExtractFault> {
    let reader = RowReader::new(dataset, system, key, settings).map_err(ExtractFault::Settings)?;
    let expected = make_title(dataset, system, key, settings, reader.columns()).header();
    let reopened = ManifestWriter::reopen(path, settings.content, expected.columns.len())?;
    let Some(writer) = reopened else { return Ok(None) };
    let Some(notes) = resume::read_notes(writer.folder(), &expected, &key.hash_place(settings.place)) else {
        return Ok(None);
    };
    let sorted = resume::read_sorted(writer.folder(), expected.columns.len())?;
    resume::clear_unfinished(writer.folder(), &sorted)?;
    Ok(Some(sort_rows(writer, notes, sorted, settings)?))
}

/// Reads every row into the files; returns how many there were.
fn read_rows(
    source: &mut dyn RecordSource,
    reader: &mut RowReader,
    only: Option<&Manifest>,
    spills: &mut Spills,
    causes: &mut RowCauses,
) -> Result<u64, ExtractFault> {
    let only = only.map(read_only).transpose()?;
    let (mut values, mut read) = (Vec::new(), 0);
    while source.read_row(&mut values)? {
        read += 1;
        let row = reader.read(&values).map_err(|problem| SourceError {
            place: source.place(),
            problem: problem.into(),
            remedy: "Correct the row or the settings of its column, and extract again.".to_string(),
        })?;
        if let Some(cause) = reader.cause() {
            causes.take(cause, || source.place());
        }
        if only.as_ref().is_none_or(|only| only.binary_search(&row.key).is_ok()) {
            spills.push(&row, reader.column_digests())?;
        }
    }
    Ok(read)
}

/// Sorts the files that are not sorted yet, and gives the manifest its name.
fn sort_rows(
    writer: ManifestWriter,
    notes: ReadRowsV1,
    sorted: Vec<WrittenBucket>,
    settings: &ExtractSettings<'_>,
) -> Result<ManifestV1, ManifestFault> {
    let files = SpillFiles::new(writer.folder(), notes.header.columns.len(), notes.files);
    let journal = if settings.resumable { Some(resume::open_journal(writer.folder())?) } else { None };
    let job = SortJob { writer: &writer, files: &files, places: &notes.reason_places, journal };
    let buckets = job.run(sorted, settings.threads, settings.sorted_at_once)?;
    writer.finish_header(notes.header, notes.sequenced, buckets, settings.form)
}

/// What the header says before a row was read.
fn make_title(
    dataset: &Dataset,
    system: &SystemSettings,
    key: &DatasetKey,
    settings: &ExtractSettings<'_>,
    columns: Vec<String>,
) -> ManifestTitle {
    ManifestTitle {
        dataset: dataset.name.clone(),
        content: settings.content,
        scope: scope_of(settings.only),
        as_of: settings.as_of,
        isolation: ManifestIsolationV1::None,
        key_id: key.id(),
        definition: digest_definition(dataset),
        settings: Some(dataset.reading(side_of(settings.content), system)),
        read: None,
        announced: None,
        timed: system.time.is_some(),
        sequenced: system.sequence.is_some(),
        columns,
        reasons: Vec::new(),
        generator: settings.generator.to_string(),
    }
}

/// Rejects and receipts come from the receiver, and name records by its columns.
fn side_of(content: ManifestContentV1) -> DatasetSide {
    if content == ManifestContentV1::Source { DatasetSide::Source } else { DatasetSide::Target }
}

fn scope_of(only: Option<&Manifest>) -> ManifestScopeV1 {
    only.map_or(ManifestScopeV1::Whole, |breaks| ManifestScopeV1::Only {
        breaks: name_digest(breaks.digest()),
    })
}

fn name_digest(digest: &Digest) -> portcullis_wire::text::DigestText {
    digest.into()
}

const fn name_isolation(isolation: Isolation) -> ManifestIsolationV1 {
    match isolation {
        Isolation::None => ManifestIsolationV1::None,
        Isolation::File => ManifestIsolationV1::File,
        Isolation::Repeatable => ManifestIsolationV1::Repeatable,
        Isolation::Snapshot => ManifestIsolationV1::Snapshot,
    }
}

/// The keys of some differences, sorted.
fn read_only(breaks: &Manifest) -> Result<Vec<u128>, ManifestFault> {
    if breaks.header().content != ManifestContentV1::Breaks {
        let problem =
            format!("a manifest of breaks is required, and this is one of {}", breaks.header().content);
        let remedy = "Give the one that the comparison wrote.";
        return Err(ManifestFault::new(FaultKind::Swapped, breaks.path(), problem, remedy));
    }
    if breaks.header().rows > MOST_ONLY {
        let problem = format!(
            "{} differences are more than the {MOST_ONLY} that can be confirmed",
            breaks.header().rows
        );
        let remedy = "Extract both sides whole, and compare again: what differs again is confirmed.";
        return Err(ManifestFault::new(FaultKind::WrongCount, breaks.path(), problem, remedy));
    }
    let mut keys = Vec::new();
    for bucket in 0..=255 {
        let mut rows = breaks.open_bucket(bucket)?;
        while let Some(row) = rows.next_row()? {
            keys.push(row.key);
        }
    }
    Ok(keys)
}
