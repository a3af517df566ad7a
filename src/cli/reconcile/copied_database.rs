//! A copy of a SQLite database in WAL mode without its `-wal` lacks the newest rows, and nothing in
//! it says so.

use portcullis_model::reconciliation::ConnectorSettings;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// How a SQLite file begins.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// Where the header names the versions that write and read the file; 2 is WAL mode.
const VERSIONS: std::ops::Range<usize> = 18..20;

/// What to say of a database that may be half a copy; looked at before it is opened, because
/// opening makes a `-wal`.
pub(super) fn describe_lone_database(directory: &Path, connector: &ConnectorSettings) -> Option<String> {
    let ConnectorSettings::Sqlite(settings) = connector else { return None };
    let path = directory.join(&settings.file);
    let is_lone = is_in_wal_mode(&path)? && !beside(&path).exists();
    is_lone.then(|| {
        let file = &settings.file;
        format!(
            "{file} is in WAL mode, and there is no {file}-wal: if it is a copy of a database in use, the newest rows are \
             missing; make the copy with `sqlite3 DATABASE \".backup COPY\"`, or copy both files"
        )
    })
}

fn is_in_wal_mode(path: &Path) -> Option<bool> {
    let mut header = [0; 20];
    File::open(path).ok()?.read_exact(&mut header).ok()?;
    Some(header.starts_with(MAGIC) && header[VERSIONS].contains(&2))
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push("-wal");
    PathBuf::from(name)
}
