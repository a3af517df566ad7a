//! Reading a manifest: its header against what is expected, its rows against the header.

use super::parquet::{ParquetManifest, ParquetRows};
use super::store::open_file;
use super::{FaultKind, HEADER_FILE, ManifestFault, count_rows, name_bucket_file, name_columns_file};
use crate::canonical::CANONICAL_VERSION;
use crate::row::{ManifestRow, ROW_BYTES, ROWS_FORM};
use portcullis_model::digest::{Digest, Digester};
use portcullis_model::reconciliation::Isolation;
use portcullis_wire::manifest::v1::{
    BUCKETS, ManifestBucketV1, ManifestContentV1, ManifestIsolationV1, ManifestScopeV1, ManifestV1, VERSION,
    read_header,
};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

/// The longest header: about ten times that of a manifest with many columns and reasons.
const LONGEST_HEADER: u64 = 8 << 20;

/// Rows that are read at once.
const CHUNK_ROWS: usize = 4096;

/// What a manifest has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The name of the dataset.
    pub dataset: String,
    /// The digest of fields and rules.
    pub definition: Digest,
    /// The id of the key; `None` where the first manifest of a comparison says it.
    pub key_id: Option<String>,
}

/// A manifest whose header was read.
#[derive(Clone, Debug)]
pub struct Manifest {
    path: PathBuf,
    header: ManifestV1,
    digest: Digest,
    /// Where the rows are, if they are not in the folder.
    parquet: Option<ParquetManifest>,
}

impl Manifest {
    /// Reads the header of the manifest in a folder, or in a file of the Parquet form, and checks
    /// that it does not contradict itself.
    ///
    /// # Errors
    /// There is none, or it is of a version that this program does not know, or it contradicts
    /// itself.
    pub fn open(path: &Path) -> Result<Self, ManifestFault> {
        let (file, bytes, mut parquet) = if path.is_file() {
            let (parquet, bytes) = ParquetManifest::open(path)?;
            (path.to_path_buf(), bytes, Some(parquet))
        } else {
            let file = path.join(HEADER_FILE);
            let mut bytes = Vec::new();
            let read = open_file(&file)?.take(LONGEST_HEADER).read_to_end(&mut bytes);
            read.map_err(|error| ManifestFault::of_system(&file, &error))?;
            (file, bytes, None)
        };
        let header = read_header(&bytes).map_err(|error| {
            ManifestFault::damaged(
                FaultKind::BadHeader,
                &file,
                format!("this is no header of a manifest: {error}"),
            )
        })?;
        check_versions(&header, &file)?;
        check_counts(&header, &file)?;
        if let Some(parquet) = &mut parquet {
            parquet.place_buckets(&header)?;
        }
        Ok(Self { path: path.to_path_buf(), header, digest: Digest::of(&bytes), parquet })
    }

    /// The header.
    #[must_use]
    pub const fn header(&self) -> &ManifestV1 {
        &self.header
    }

    /// The folder or file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How the rows hold together in time.
    #[must_use]
    pub const fn isolation(&self) -> Isolation {
        match self.header.isolation {
            ManifestIsolationV1::None => Isolation::None,
            ManifestIsolationV1::File => Isolation::File,
            ManifestIsolationV1::Repeatable => Isolation::Repeatable,
            ManifestIsolationV1::Snapshot => Isolation::Snapshot,
        }
    }

    /// The SHA-256 of the header's bytes: the name of the manifest in results.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Checks that the manifest has these rows of this dataset.
    ///
    /// # Errors
    /// It is of another side, dataset, key or definition.
    pub fn check(&self, content: ManifestContentV1, expected: &Expected) -> Result<(), ManifestFault> {
        let header = &self.header;
        let fault = |kind, what: &str, required: &str, found: &str, remedy: &str| {
            let problem = format!("{what} `{required}` is required, and the manifest is of `{found}`");
            Err(ManifestFault::new(kind, &self.path, problem, remedy))
        };
        if header.content != content {
            let remedy = "Give the manifests in the order source, target.";
            return fault(
                FaultKind::Swapped,
                "content",
                &content.to_string(),
                &header.content.to_string(),
                remedy,
            );
        }
        if header.dataset != expected.dataset {
            let remedy = "Name the dataset that was extracted, or extract this one.";
            return fault(FaultKind::OtherDataset, "dataset", &expected.dataset, &header.dataset, remedy);
        }
        if header.definition.as_str() != expected.definition.as_str() {
            let remedy = "Extract both sides by the same fields and rules of the policy.";
            let (required, found) = (expected.definition.as_str(), header.definition.as_str());
            return fault(FaultKind::OtherDefinition, "definition", required, found, remedy);
        }
        if let Some(key_id) = expected.key_id.as_ref().filter(|id| **id != header.key_id) {
            return Err(self.refuse_key(key_id));
        }
        Ok(())
    }

    fn refuse_key(&self, required: &str) -> ManifestFault {
        let ManifestV1 { key_id: found, content, .. } = &self.header;
        let problem = format!(
            "the source was made under the dataset key `{required}`, and this manifest of the {content} under `{found}`: no \
             record would be equal"
        );
        let remedy = match content {
            ManifestContentV1::Breaks | ManifestContentV1::Gone => {
                "Give the key of the earlier runs. After a change of keys begin with a new folder, without ages and without \
                 what was seen gone."
            }
            _ => "Extract one of them again under the key of the other (`--key-file`).",
        };
        ManifestFault::new(FaultKind::OtherKey, &self.path, problem, remedy)
    }

    /// Opens the rows of a bucket.
    ///
    /// # Errors
    /// The file is missing, or has another length than the header says.
    pub fn open_bucket(&self, bucket: u8) -> Result<BucketRows, ManifestFault> {
        // `open` saw that there are 256.
        let header = &self.header.buckets[usize::from(bucket)];
        let (path, file) = if let Some(parquet) = &self.parquet {
            (self.path.clone(), RowFile::Parquet(parquet.open_rows(bucket)?))
        } else {
            let path = self.path.join(name_bucket_file(bucket));
            let file = open_sized(&path, header.rows, ROW_BYTES)?;
            (path, RowFile::Plain(file))
        };
        Ok(BucketRows {
            bucket,
            expected: header.clone(),
            path,
            file,
            chunk: Vec::new(),
            at: 0,
            read: 0,
            last: None,
            digest: Digester::default(),
        })
    }

    /// The digests of columns of one row of a bucket; empty where the manifest has none.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read_columns(&self, bucket: u8, row: u64) -> Result<Vec<u16>, ManifestFault> {
        let width = self.header.columns.len() * 2;
        if width == 0 {
            return Ok(Vec::new());
        }
        if let Some(parquet) = &self.parquet {
            return parquet.read_columns(bucket, row);
        }
        let path = self.path.join(name_columns_file(bucket));
        let mut file = open_sized(&path, self.header.buckets[usize::from(bucket)].rows, width)?;
        let mut bytes = vec![0; width];
        let read = file.seek(SeekFrom::Start(row * width as u64)).and_then(|_| file.read_exact(&mut bytes));
        read.map_err(|error| ManifestFault::of_system(&path, &error))?;
        let (pairs, _) = bytes.as_chunks::<2>();
        Ok(pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect())
    }
}

fn open_sized(path: &Path, rows: u64, width: usize) -> Result<File, ManifestFault> {
    let file = open_file(path)?;
    let length = file.metadata().map_err(|error| ManifestFault::of_system(path, &error))?.len();
    let required = rows.saturating_mul(width as u64);
    if length == required {
        return Ok(file);
    }
    let problem = format!("the file has {length} bytes, and the header says {required}");
    Err(ManifestFault::damaged(FaultKind::Truncated, path, problem))
}

fn check_versions(header: &ManifestV1, file: &Path) -> Result<(), ManifestFault> {
    for (what, found, known) in [
        ("header", header.schema, VERSION),
        ("rows", header.rows_form, ROWS_FORM),
        ("canonical form", header.canonical, CANONICAL_VERSION),
    ] {
        if found != known {
            let problem = format!("the {what} has version {found}, and this program knows version {known}");
            let remedy = "Extract and compare both sides with the same version of the program.";
            return Err(ManifestFault::new(FaultKind::OtherVersion, file, problem, remedy));
        }
    }
    Ok(())
}

fn check_counts(header: &ManifestV1, file: &Path) -> Result<(), ManifestFault> {
    let wrong = |problem: String| Err(ManifestFault::damaged(FaultKind::WrongCount, file, problem));
    if header.buckets.len() != BUCKETS {
        return wrong(format!("the header has {} buckets, and there are {BUCKETS}", header.buckets.len()));
    }
    let (rows, operations) = (count_rows(header), header.operations);
    if rows != header.rows || operations.upload + operations.amend + operations.delete != rows {
        return wrong(format!(
            "the header says {} rows, its buckets {rows} and its operations {} + {} + {}",
            header.rows, operations.upload, operations.amend, operations.delete
        ));
    }
    let is_whole = header.scope == ManifestScopeV1::Whole;
    if header.read < rows || is_whole && header.read != rows {
        return wrong(format!("{} rows were read, and the header has {rows}", header.read));
    }
    let has_columns = !header.columns.is_empty();
    let within = |bucket: &ManifestBucketV1| {
        bucket.unkeyed.max(bucket.incomparable).max(bucket.marked).max(bucket.living) <= bucket.rows
            && bucket.columns.is_some() == has_columns
    };
    match header.buckets.iter().position(|bucket| !within(bucket)) {
        Some(bucket) => wrong(format!("numbers of bucket {bucket} contradict each other")),
        None => Ok(()),
    }
}

/// Where rows come from in their plain form.
enum RowFile {
    Plain(File),
    Parquet(ParquetRows),
}

impl RowFile {
    fn read_exact(&mut self, chunk: &mut [u8], path: &Path) -> Result<(), ManifestFault> {
        match self {
            Self::Plain(file) => file.read_exact(chunk).map_err(|error| match error.kind() {
                std::io::ErrorKind::UnexpectedEof => {
                    ManifestFault::damaged(FaultKind::Truncated, path, "the file ends before its last row")
                }
                _ => ManifestFault::of_system(path, &error),
            }),
            Self::Parquet(rows) => rows.read_exact(chunk),
        }
    }
}

/// Rows of a bucket, one after the other. Memory does not grow with the bucket.
pub struct BucketRows {
    bucket: u8,
    expected: ManifestBucketV1,
    path: PathBuf,
    file: RowFile,
    chunk: Vec<u8>,
    at: usize,
    read: u64,
    last: Option<ManifestRow>,
    digest: Digester,
}

impl BucketRows {
    /// The next row. `None` comes after the last one, when the bucket is exactly what its header
    /// says.
    ///
    /// # Errors
    /// A row is not of the plain form, not of this bucket or not in order, or the rows are not
    /// those of the header.
    #[inline]
    pub fn next_row(&mut self) -> Result<Option<ManifestRow>, ManifestFault> {
        if self.at == self.chunk.len() && !self.fill()? {
            return Ok(None);
        }
        let bytes = self.chunk.get(self.at..).and_then(|rest| rest.first_chunk::<ROW_BYTES>());
        let row = bytes.and_then(ManifestRow::from_bytes);
        let Some(row) = row else { return Err(self.bad_row("is not of the plain form")) };
        if row.bucket() != self.bucket {
            return Err(self.swapped(row.bucket()));
        }
        if self.last.is_some_and(|last| last.order() > row.order()) {
            return Err(self.bad_row("is not in order"));
        }
        self.at += ROW_BYTES;
        self.read += 1;
        self.last = Some(row);
        Ok(Some(row))
    }

    /// How many rows were read.
    #[must_use]
    pub const fn read_rows(&self) -> u64 {
        self.read
    }

    fn fill(&mut self) -> Result<bool, ManifestFault> {
        let left = self.expected.rows - self.read;
        let rows = usize::try_from(left).unwrap_or(CHUNK_ROWS).min(CHUNK_ROWS);
        self.chunk.resize(rows * ROW_BYTES, 0);
        self.at = 0;
        if rows == 0 {
            return self.check_digest().map(|()| false);
        }
        self.file.read_exact(&mut self.chunk, &self.path)?;
        self.digest.take(&self.chunk);
        Ok(true)
    }

    fn check_digest(&self) -> Result<(), ManifestFault> {
        let found = self.digest.clone().digest();
        if found.as_str() == self.expected.digest.as_str() {
            return Ok(());
        }
        let problem = format!(
            "the rows have the digest {}, and the header says {}",
            found.as_str(),
            self.expected.digest
        );
        Err(ManifestFault::damaged(FaultKind::WrongDigest, &self.path, problem))
    }

    fn bad_row(&self, why: &str) -> ManifestFault {
        ManifestFault::damaged(FaultKind::BadRow, &self.path, format!("row {} {why}", self.read + 1))
    }

    fn swapped(&self, found: u8) -> ManifestFault {
        let problem =
            format!("row {} is of bucket {found}, and the file is of bucket {}", self.read + 1, self.bucket);
        ManifestFault::damaged(FaultKind::Swapped, &self.path, problem)
    }
}
