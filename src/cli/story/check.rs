//! The comparison at a moment of the story: both sides are extracted, compared, looked at again
//! where they differ, and judged, as `reconcile run` does it. Only the clock is made up.

use crate::exit::{Failure, Result};
use crate::reconcile::compared::{ComparisonFiles, JudgedComparison, compare};
use jiff::Timestamp;
use portcullis_model::reconciliation::{Dataset, SystemSettings};
use portcullis_reconcile::compare::ComparedManifests;
use portcullis_reconcile::extract::{ExtractSettings, SORTED_AT_ONCE, extract_rows, list_columns};
use portcullis_reconcile::judge::PastRun;
use portcullis_reconcile::key::DatasetKey;
use portcullis_reconcile::manifest::{Manifest, ManifestForm};
use portcullis_reconcile::source::{RecordSource, SourceError};
use portcullis_record::TOOL;
use portcullis_wire::manifest::v1::ManifestContentV1;
use std::path::PathBuf;
use tempfile::TempDir;

/// Seconds until differences are looked at again.
pub const LOOK_AGAIN: i64 = 600;

/// A system to be opened: how it is read, what its rows are, its columns, and the moment.
#[derive(Clone, Copy)]
pub struct StorySystem<'s> {
    /// How it is read.
    pub system: &'s SystemSettings,
    /// What its rows are.
    pub content: ManifestContentV1,
    /// The columns.
    pub columns: &'s [String],
    /// The moment, in seconds since 1970.
    pub now: i64,
}

/// Opens a system as it is at a moment.
pub type OpenStory<'o> =
    &'o dyn Fn(StorySystem<'_>) -> std::result::Result<Box<dyn RecordSource>, SourceError>;

/// What a run of the story found.
pub struct StoryRun {
    /// What was compared, what came of it, and what that is worth.
    pub compared: JudgedComparison,
    /// When the last look was.
    pub time: i64,
}

/// Runs of a dataset, one after the other. What one leaves for the next is kept.
pub struct StoryCheck<'c> {
    dataset: &'c Dataset,
    key: DatasetKey,
    folder: TempDir,
    looks: u32,
    breaks: Option<Manifest>,
    gone: Option<Manifest>,
}

impl<'c> StoryCheck<'c> {
    /// Before the first run of a dataset.
    ///
    /// # Errors
    /// The temporary directory cannot be made.
    pub fn begin(dataset: &'c Dataset) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("portcullis-").tempdir().map_err(failed)?;
        let key = DatasetKey::read(b"made-up key of the story of 2020, kept from no one").map_err(failed)?;
        Ok(Self { dataset, key, folder, looks: 0, breaks: None, gone: None })
    }

    /// The made-up key.
    pub const fn key(&self) -> &DatasetKey {
        &self.key
    }

    /// A run at a moment, after earlier ones, the newest first. Differences that were never seen
    /// before are looked at again.
    ///
    /// # Errors
    /// A system cannot be read, or the temporary directory not be written.
    pub fn run(&mut self, open: OpenStory<'_>, at: i64, past: &[PastRun]) -> Result<StoryRun> {
        let mut run = self.look(open, at, self.breaks.clone(), past)?;
        if run.compared.has_unconfirmed() {
            let seen = Manifest::open(&self.path("breaks")).map_err(failed)?;
            run = self.look(open, at + LOOK_AGAIN, Some(seen), past)?;
        }
        self.breaks = Some(Manifest::open(&self.path("breaks")).map_err(failed)?);
        self.gone = Some(Manifest::open(&self.path("gone")).map_err(failed)?);
        Ok(run)
    }

    /// One extraction of everything, and its comparison.
    fn look(
        &mut self,
        open: OpenStory<'_>,
        now: i64,
        breaks: Option<Manifest>,
        past: &[PastRun],
    ) -> Result<StoryRun> {
        self.looks += 1;
        let dataset = self.dataset;
        let read = |system: &SystemSettings, content| self.extract(open, system, content, now);
        let answers = |system: &Option<SystemSettings>, content| {
            system.as_ref().map(|system| read(system, content)).transpose()
        };
        let side = |system: &Option<SystemSettings>, content| {
            system.as_ref().map_or_else(|| Err(unread(content)), |system| read(system, content))
        };
        let manifests = ComparedManifests {
            source: side(&dataset.source, ManifestContentV1::Source)?,
            target: side(&dataset.target, ManifestContentV1::Target)?,
            rejects: answers(&dataset.rejects, ManifestContentV1::Rejects)?,
            receipts: answers(&dataset.receipts, ManifestContentV1::Receipts)?,
            gone: self.gone.clone(),
            breaks,
        };
        let (breaks, gone) = (self.path("breaks"), self.path("gone"));
        let files = ComparisonFiles { again: Some(&breaks), gone: Some(&gone), ..ComparisonFiles::default() };
        let compared = compare(dataset, manifests, past, files)?;
        Ok(StoryRun { compared, time: now })
    }

    fn extract(
        &self,
        open: OpenStory<'_>,
        system: &SystemSettings,
        content: ManifestContentV1,
        now: i64,
    ) -> Result<Manifest> {
        let columns = list_columns(self.dataset, system, content);
        let mut source = open(StorySystem { system, content, columns: &columns, now }).map_err(failed)?;
        let settings = ExtractSettings {
            content,
            as_of: moment(now),
            columns: false,
            only: None,
            threads: 1,
            sorted_at_once: SORTED_AT_ONCE,
            generator: TOOL,
            resumable: false,
            form: ManifestForm::Plain,
            place: std::path::Path::new(""),
        };
        let path = self.path(&content.to_string());
        extract_rows(self.dataset, system, source.as_mut(), &self.key, &path, &settings).map_err(failed)?;
        Manifest::open(&path).map_err(failed)
    }

    /// Where the present look writes.
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{}-{name}", self.looks))
    }
}

/// A moment of the story.
#[must_use]
pub fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or_default()
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::environment(format!("the story cannot be played: {error}"))
}

fn unread(content: ManifestContentV1) -> Failure {
    failed(format!("the dataset does not say how its {content} is read"))
}
