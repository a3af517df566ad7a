//! Writing a manifest: bucket by bucket, in whatever order and by several threads, then the header.

use super::parquet::write_parquet;
use super::store::{PARQUET_FILE, WorkFolder, create_file, replace_file};
use super::{
    FaultKind, HEADER_FILE, Manifest, ManifestFault, ManifestForm, name_bucket_file, name_columns_file,
};
use crate::canonical::CANONICAL_VERSION;
use crate::row::{INCOMPARABLE, MARKED, ManifestRow, ROW_BYTES, ROWS_FORM, UNKEYED, split_halves};
use jiff::Timestamp;
use portcullis_model::digest::{Digest, Digester};
use portcullis_wire::form::{Form as _, MomentText};
use portcullis_wire::interrupted::v1::SortedBucketV1;
use portcullis_wire::manifest::v1::{
    BUCKETS, ManifestBucketV1, ManifestContentV1, ManifestIsolationV1, ManifestScopeV1, ManifestV1,
    OperationCountsV1, VERSION, write_header,
};
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// What the header of a manifest says apart from its rows.
#[derive(Clone, Debug)]
pub struct ManifestTitle {
    /// The name of the dataset.
    pub dataset: String,
    /// What the rows are.
    pub content: ManifestContentV1,
    /// Which records were asked for.
    pub scope: ManifestScopeV1,
    /// The state that the rows show. Parts of a second are cut off.
    pub as_of: Timestamp,
    /// How the rows hold together in time.
    pub isolation: ManifestIsolationV1,
    /// The id of the key ([`crate::key::DatasetKey::id`]).
    pub key_id: String,
    /// The digest of fields and rules ([`crate::canonical::digest_definition`]).
    pub definition: Digest,
    /// The digest of how the system was read ([`Dataset::reading`]); `None` in what a comparison
    /// writes.
    ///
    /// [`Dataset::reading`]: portcullis_model::reconciliation::Dataset::reading
    pub settings: Option<Digest>,
    /// How many rows of the system were read; `None`: those that were written.
    pub read: Option<u64>,
    /// How many rows the system itself said there are to read.
    pub announced: Option<u64>,
    /// Whether the system tells a time of each row.
    pub timed: bool,
    /// Whether rows have a sequence.
    pub sequenced: bool,
    /// The fields that have a digest of their own.
    pub columns: Vec<String>,
    /// Reasons of a reject log.
    pub reasons: Vec<String>,
    /// The program, with its version.
    pub generator: String,
}

/// A manifest on its way.
pub struct ManifestWriter {
    folder: WorkFolder,
    content: ManifestContentV1,
    columns: usize,
}

/// What is known of a bucket after it was written.
#[derive(Clone, Debug)]
pub struct WrittenBucket(pub(crate) SortedBucketV1);

impl WrittenBucket {
    /// How many rows it has.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.0.header.rows
    }
}

impl ManifestTitle {
    /// The header without what is counted in buckets.
    #[must_use]
    pub fn header(self) -> ManifestV1 {
        let as_of = Timestamp::from_second(self.as_of.as_second()).unwrap_or(self.as_of);
        ManifestV1 {
            schema: VERSION,
            dataset: self.dataset,
            content: self.content,
            scope: self.scope,
            as_of: MomentText::of(as_of),
            isolation: self.isolation,
            key_id: self.key_id,
            canonical: CANONICAL_VERSION,
            definition: (&self.definition).into(),
            settings: self.settings.as_ref().map(Into::into),
            rows_form: ROWS_FORM,
            read: self.read.unwrap_or_default(),
            rows: 0,
            announced: self.announced,
            high_water: None,
            timed: self.timed,
            operations: OperationCountsV1::default(),
            columns: self.columns,
            reasons: self.reasons,
            generator: self.generator,
            buckets: Vec::new(),
        }
    }
}

impl ManifestWriter {
    /// Begins a manifest that will be at `path`, whose rows have so many digests of columns.
    ///
    /// # Errors
    /// Something is there, another process writes there, or the folder cannot be made.
    pub fn create(path: &Path, content: ManifestContentV1, columns: usize) -> Result<Self, ManifestFault> {
        Ok(Self { folder: WorkFolder::create(path)?, content, columns })
    }

    /// Goes on with a manifest whose rows were all read; `None`: there is none.
    pub(crate) fn reopen(
        path: &Path,
        content: ManifestContentV1,
        columns: usize,
    ) -> Result<Option<Self>, ManifestFault> {
        Ok(WorkFolder::reopen(path)?.map(|folder| Self { folder, content, columns }))
    }

    /// From now on its files stay if it is not finished.
    pub(crate) fn keep(&mut self) {
        self.folder.keep();
    }

    /// What its rows are.
    #[must_use]
    pub const fn content(&self) -> ManifestContentV1 {
        self.content
    }

    /// The folder in which the manifest comes into being, for files that go away with it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Begins a bucket.
    ///
    /// # Errors
    /// Its file is there already or cannot be made.
    pub fn begin_bucket(&self, bucket: u8) -> Result<BucketWriter, ManifestFault> {
        let path = self.folder.path().join(name_bucket_file(bucket));
        let rows = BufWriter::with_capacity(1 << 17, create_file(&path)?);
        let columns = match self.columns {
            0 => None,
            _ => {
                let path = self.folder.path().join(name_columns_file(bucket));
                Some((BufWriter::with_capacity(1 << 16, create_file(&path)?), path, Digester::default()))
            }
        };
        Ok(BucketWriter {
            bucket,
            content: self.content,
            width: self.columns,
            path,
            rows,
            columns,
            digest: Digester::default(),
            state: Digester::default(),
            last: None,
            sums: (0, 0),
            tally: Tally::default(),
        })
    }

    /// Writes the header of the buckets that were written, and gives the manifest its name.
    ///
    /// # Errors
    /// A bucket is missing, or the system cannot write.
    pub fn finish(
        self,
        title: ManifestTitle,
        buckets: Vec<WrittenBucket>,
    ) -> Result<ManifestV1, ManifestFault> {
        let read = title.read.unwrap_or_else(|| buckets.iter().map(WrittenBucket::rows).sum());
        let sequenced = title.sequenced;
        let header = ManifestV1 { read, ..title.header() };
        self.finish_header(header, sequenced, buckets, ManifestForm::Plain)
    }

    /// Writes this header with what is counted in the buckets, and gives the manifest its name.
    pub(crate) fn finish_header(
        self,
        header: ManifestV1,
        sequenced: bool,
        mut buckets: Vec<WrittenBucket>,
        form: ManifestForm,
    ) -> Result<ManifestV1, ManifestFault> {
        buckets.sort_by_key(|bucket| bucket.0.bucket);
        let complete =
            buckets.len() == BUCKETS && buckets.iter().zip(0_u8..=255).all(|(b, n)| b.0.bucket == n);
        if !complete {
            let problem = format!("{} of {BUCKETS} buckets were written", buckets.len());
            return Err(ManifestFault::damaged(FaultKind::WrongCount, self.folder.path(), problem));
        }
        let header = count_buckets(header, sequenced, buckets);
        let path = self.folder.path().join(HEADER_FILE);
        let bytes = write_header(&header).map_err(|error| ManifestFault::of_system(&path, &error.into()))?;
        let mut file = replace_file(&path)?;
        let written = file.write_all(&bytes).and_then(|()| file.sync_all());
        written.map_err(|error| ManifestFault::of_system(&path, &error))?;
        if form == ManifestForm::Parquet {
            let manifest = Manifest::open(self.folder.path())?;
            write_parquet(&manifest, &bytes, &self.folder.path().join(PARQUET_FILE))?;
        }
        self.folder.finish(form)?;
        Ok(header)
    }
}

/// The header with its buckets.
fn count_buckets(header: ManifestV1, sequenced: bool, buckets: Vec<WrittenBucket>) -> ManifestV1 {
    let add = |count: fn(&OperationCountsV1) -> u64| buckets.iter().map(|b| count(&b.0.operations)).sum();
    ManifestV1 {
        rows: buckets.iter().map(WrittenBucket::rows).sum(),
        high_water: buckets.iter().filter_map(|bucket| bucket.0.high_water).max().filter(|_| sequenced),
        operations: OperationCountsV1 {
            upload: add(|count| count.upload),
            amend: add(|count| count.amend),
            delete: add(|count| count.delete),
        },
        buckets: buckets.into_iter().map(|bucket| bucket.0.header).collect(),
        ..header
    }
}

/// Counts of a bucket on its way.
#[derive(Default)]
struct Tally {
    rows: u64,
    unkeyed: u64,
    incomparable: u64,
    marked: u64,
    living: u64,
    operations: OperationCountsV1,
    high_water: Option<i64>,
}

/// A bucket on its way. Rows come sorted ([`ManifestRow::order`]).
pub struct BucketWriter {
    bucket: u8,
    content: ManifestContentV1,
    width: usize,
    path: PathBuf,
    rows: BufWriter<File>,
    columns: Option<(BufWriter<File>, PathBuf, Digester)>,
    digest: Digester,
    state: Digester,
    last: Option<ManifestRow>,
    sums: (i128, i128),
    tally: Tally,
}

impl BucketWriter {
    /// Appends a row and the digests of its columns.
    ///
    /// # Errors
    /// The row is of another bucket or not in order, or the system cannot write.
    pub fn push(&mut self, row: ManifestRow, columns: &[u16]) -> Result<(), ManifestFault> {
        let in_order = self.last.is_none_or(|last| last.order() <= row.order());
        if row.bucket() != self.bucket || !in_order || columns.len() != self.width {
            let problem = "a row was to be written that is not of this place";
            return Err(ManifestFault::damaged(FaultKind::BadRow, &self.path, problem));
        }
        let bytes: [u8; ROW_BYTES] = row.to_bytes();
        self.digest.take(&bytes);
        self.rows.write_all(&bytes).map_err(|error| ManifestFault::of_system(&self.path, &error))?;
        if let Some((file, path, digest)) = &mut self.columns {
            for column in columns {
                digest.take(&column.to_be_bytes());
                let written = file.write_all(&column.to_be_bytes());
                written.map_err(|error| ManifestFault::of_system(path, &error))?;
            }
        }
        self.count(&row);
        self.take_living(Some(row));
        Ok(())
    }

    fn count(&mut self, row: &ManifestRow) {
        let tally = &mut self.tally;
        tally.rows += 1;
        tally.unkeyed += u64::from(row.has(UNKEYED));
        tally.incomparable += u64::from(row.has(INCOMPARABLE));
        tally.marked += u64::from(row.has(MARKED));
        tally.high_water = tally.high_water.max(Some(row.sequence));
        match row.operation {
            b'D' => tally.operations.delete += 1,
            b'A' => tally.operations.amend += 1,
            _ => tally.operations.upload += 1,
        }
        self.sums.0 += i128::from(split_halves(row.key).1);
        self.sums.1 += i128::from(split_halves(row.digest).1);
    }

    /// The row before the next one lives if no later operation of its key follows.
    fn take_living(&mut self, next: Option<ManifestRow>) {
        let row = match self.content {
            ManifestContentV1::Target => next,
            ManifestContentV1::Source => {
                let is_last = |last: &ManifestRow| next.is_none_or(|next| next.key != last.key);
                self.last.filter(|last| is_last(last) && last.operation != b'D')
            }
            _ => None,
        };
        self.last = next;
        let Some(row) = row.filter(|row| !row.has(UNKEYED)) else { return };
        self.tally.living += 1;
        self.state.take(&row.key.to_be_bytes());
        self.state.take(&row.digest.to_be_bytes());
    }

    /// Ends the bucket.
    ///
    /// # Errors
    /// The system cannot write.
    pub fn finish(mut self) -> Result<WrittenBucket, ManifestFault> {
        self.take_living(None);
        self.rows.flush().map_err(|error| ManifestFault::of_system(&self.path, &error))?;
        let mut columns = None;
        if let Some((mut file, path, digest)) = self.columns {
            file.flush().map_err(|error| ManifestFault::of_system(&path, &error))?;
            columns = Some((&digest.digest()).into());
        }
        let tally = self.tally;
        let header = ManifestBucketV1 {
            rows: tally.rows,
            unkeyed: tally.unkeyed,
            incomparable: tally.incomparable,
            marked: tally.marked,
            key_sum: self.sums.0.to_string(),
            digest_sum: self.sums.1.to_string(),
            living: tally.living,
            state: (&self.state.digest()).into(),
            digest: (&self.digest.digest()).into(),
            columns,
        };
        Ok(WrittenBucket(SortedBucketV1 {
            bucket: self.bucket,
            header,
            operations: tally.operations,
            high_water: tally.high_water,
        }))
    }
}
