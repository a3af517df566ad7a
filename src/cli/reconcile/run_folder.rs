//! What runs leave in a folder of the user's: a folder for each run, named by its time, and files
//! that only their owner can read.

use crate::exit::{Failure, Result};
use jiff::Timestamp;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// How many runs of one second find a name.
const NAMES: u32 = 1000;

/// Makes a folder for this run in `parent`: `20260131T174500Z`, or `20260131T174500Z-2` where
/// another run has that name.
///
/// # Errors
/// No folder can be made there.
pub(super) fn create_run_folder(parent: &Path) -> Result<PathBuf> {
    let cannot =
        |error: std::io::Error| Failure::environment(format!("cannot make {}: {error}", parent.display()));
    private().recursive(true).create(parent).map_err(cannot)?;
    let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    for number in 1..=NAMES {
        let folder = parent.join(if number == 1 { time.clone() } else { format!("{time}-{number}") });
        match create_private_folder(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(cannot(error)),
        }
    }
    Err(cannot(ErrorKind::AlreadyExists.into()))
}

/// Makes a folder that its owner alone can look into.
pub(super) fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    private().create(folder)
}

/// Makes a file that its owner alone can read.
pub(super) fn create_private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The owner alone may look at keyed keys.
fn private() -> DirBuilder {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}
