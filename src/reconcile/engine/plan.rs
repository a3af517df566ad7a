//! A plan: a folder with the text, the tables that it reads and the statements around it. Somebody
//! takes it to an engine; nothing in it can be used to guess a record.
//!
//! ```text
//! PLAN/run.sql           what the engine runs: setup.sql and query.sql
//! PLAN/setup.sql         statements that make the tables from inputs/
//! PLAN/query.sql         the text
//! PLAN/inputs/source/    bucket-000.csv … bucket-255.csv, control.csv
//! PLAN/inputs/target/, rejects/, receipts/, gone/, control/
//! ```

use super::answer::AnswerMarks;
use super::dialect::EngineDialect;
use super::inputs::{InputTable, write_control_key, write_row, write_setup};
use super::judge::EngineDemand;
use super::reach::{clamp, reach};
use super::text::{MOST_TERMS, SqlText, TextSettings};
use crate::compare::ComparedManifests;
use crate::control::{ControlRecord, RunSeed, make_controls};
use crate::manifest::{FaultKind, Manifest, ManifestFault};
use crate::record::{Clock, Term};
use crate::row::ManifestRow;
use portcullis_model::digest::Digest;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// What a plan is made of.
#[derive(Clone, Debug)]
pub struct EnginePlan<'p> {
    /// The manifests that are compared.
    pub manifests: &'p ComparedManifests,
    /// The clock of the comparison.
    pub clock: Clock,
    /// What the control rows follow from.
    pub seed: RunSeed,
    /// The dialect.
    pub dialect: EngineDialect,
    /// Up to how many records of a bucket, class and band are listed.
    pub bound: u64,
}

impl EnginePlan<'_> {
    /// The name of the run, by which its answer is known.
    #[must_use]
    pub fn run(&self) -> String {
        Digest::of(self.seed.to_text().as_bytes()).hex().chars().take(32).collect()
    }

    /// The text of the plan.
    #[must_use]
    pub fn write_text(&self) -> SqlText {
        let (rejects_sequenced, receipts_sequenced) = self.answers_sequenced();
        let settings = TextSettings {
            dialect: self.dialect,
            run: self.run(),
            bound: self.bound,
            clock: self.clock.clone(),
            rejects_sequenced,
            receipts_sequenced,
        };
        settings.write_text()
    }

    /// Whether reject log and receipts tell sequences; those that are not there do.
    pub(super) fn answers_sequenced(&self) -> (bool, bool) {
        let sequenced = |manifest: &Option<Manifest>| {
            manifest.as_ref().is_none_or(|manifest| manifest.header().high_water.is_some())
        };
        (sequenced(&self.manifests.rejects), sequenced(&self.manifests.receipts))
    }

    /// What an answer is held against.
    #[must_use]
    pub fn demand(&self) -> EngineDemand<'_> {
        EngineDemand {
            source: self.manifests.source.header(),
            target: self.manifests.target.header(),
            clock: &self.clock,
            seed: &self.seed,
            bound: self.bound,
        }
    }

    /// What lines of an answer have to say of themselves.
    #[must_use]
    pub fn marks(&self) -> AnswerMarks {
        AnswerMarks { run: self.run(), text: self.write_text().digest, most_lines: self.count_most_lines() }
    }

    /// The most lines that an answer can have: every cell with every record that may be listed.
    fn count_most_lines(&self) -> u64 {
        let terms = self.clock.terms.len().max(self.clock.deletion_terms.len()) as u64 + 1;
        let cells = 256 * 18 * (1 + 2 * terms * terms);
        cells.saturating_mul(self.bound.saturating_add(3))
    }

    /// Writes the folder. `place` is where the engine sees the inputs.
    ///
    /// # Errors
    /// The terms of the dataset do not rise, a manifest is refused, or the system cannot write.
    pub fn write_folder(&self, folder: &Path, place: &str) -> Result<SqlText, ManifestFault> {
        check_terms(&self.clock, folder)?;
        let text = self.write_text();
        let setup = write_setup(self.dialect, place);
        make_folder(folder)?;
        write_file(&folder.join("query.sql"), &text.text)?;
        write_file(&folder.join("setup.sql"), &setup)?;
        write_file(&folder.join("run.sql"), &format!("{setup}{};\n", text.text.trim_end()))?;
        let inputs = folder.join("inputs");
        make_folder(&inputs)?;
        for table in InputTable::ALL {
            self.write_table(&inputs.join(table.as_str()), table)?;
        }
        Ok(text)
    }

    fn write_table(&self, folder: &Path, table: InputTable) -> Result<(), ManifestFault> {
        make_folder(folder)?;
        let manifests = self.manifests;
        let (manifest, rows): (_, fn(&ControlRecord) -> &[ManifestRow]) = match table {
            InputTable::Source => (Some(&manifests.source), |control| &control.source),
            InputTable::Target => (Some(&manifests.target), |control| &control.target),
            InputTable::Rejects => (manifests.rejects.as_ref(), |control| &control.rejects),
            InputTable::Receipts => (manifests.receipts.as_ref(), |control| &control.receipts),
            InputTable::Gone => (manifests.gone.as_ref(), |control| &control.gone),
            InputTable::Control => (None, |_| &[]),
        };
        let mut file = TableFile::create(folder.join("control.csv"))?;
        for control in (0..=255).flat_map(|bucket| make_controls(&self.seed, bucket, &self.clock)) {
            if table == InputTable::Control {
                file.write(|output| write_control_key(output, control.key))?;
            }
            rows(&control).iter().try_for_each(|row| file.write(|output| write_row(output, row)))?;
        }
        file.finish()?;
        manifest.map_or(Ok(()), |manifest| write_buckets(manifest, folder))
    }
}

fn write_buckets(manifest: &Manifest, folder: &Path) -> Result<(), ManifestFault> {
    for bucket in 0..=255 {
        let mut rows = manifest.open_bucket(bucket)?;
        let mut file = TableFile::create(folder.join(format!("bucket-{bucket:03}.csv")))?;
        while let Some(row) = rows.next_row()? {
            file.write(|output| write_row(output, &row))?;
        }
        file.finish()?;
    }
    Ok(())
}

/// Bands count terms, which is enough when they rise.
fn check_terms(clock: &Clock, folder: &Path) -> Result<(), ManifestFault> {
    let rise = |terms: &[Term]| {
        terms.len() <= MOST_TERMS
            && terms.is_sorted_by_key(|term| term.within)
            && terms
                .iter()
                .all(|term| clamp(term.within) == term.within && reach(term.within, clock.skew) >= 0)
    };
    if rise(&clock.terms) && rise(&clock.deletion_terms) {
        return Ok(());
    }
    let problem = "The deadlines of the dataset do not rise with their shares";
    let remedy = "Give each larger share the same or a longer term.";
    Err(ManifestFault::new(FaultKind::OtherDefinition, folder, problem, remedy))
}

fn make_folder(path: &Path) -> Result<(), ManifestFault> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| ManifestFault::of_system(path, &error))
}

fn write_file(path: &Path, text: &str) -> Result<(), ManifestFault> {
    let mut file = TableFile::create(path.to_path_buf())?;
    file.write(|output| output.write_all(text.as_bytes()))?;
    file.finish()
}

/// A file of a plan on its way.
struct TableFile {
    path: PathBuf,
    output: BufWriter<File>,
}

impl TableFile {
    fn create(path: PathBuf) -> Result<Self, ManifestFault> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|error| ManifestFault::of_system(&path, &error))?;
        Ok(Self { path, output: BufWriter::with_capacity(1 << 17, file) })
    }

    fn write(
        &mut self,
        write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
    ) -> Result<(), ManifestFault> {
        write(&mut self.output).map_err(|error| ManifestFault::of_system(&self.path, &error))
    }

    fn finish(mut self) -> Result<(), ManifestFault> {
        self.output.flush().map_err(|error| ManifestFault::of_system(&self.path, &error))
    }
}
