//! Passwords and tokens: from an environment variable or a private file. They are in no policy, no
//! command line and no message.

use crate::failure::{fail, fail_reading};
use crate::opening::Opening;
use portcullis_model::reconciliation::connector::SecretPlace;
use portcullis_reconcile::source::SourceError;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::Path;

/// Longest secret in bytes.
const LONGEST: u64 = 1 << 16;

/// A password or token. It is not shown by `{:?}`.
#[derive(Clone)]
pub(crate) struct SecretText(String);

impl SecretText {
    /// The secret itself, to be sent and nothing else.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// A secret of a test.
    #[cfg(all(test, feature = "odbc"))]
    pub(crate) fn for_test(secret: &str) -> Self {
        Self(secret.to_string())
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

/// Reads a secret from its place.
pub(crate) fn read_secret(place: &SecretPlace, opening: &Opening<'_>) -> Result<SecretText, SourceError> {
    match place {
        SecretPlace::Environment(name) => match (opening.environment)(name) {
            Some(secret) if !secret.is_empty() => Ok(SecretText(secret)),
            _ => {
                let problem = format!("The environment variable {name} is not set, or is empty.");
                Err(fail("the password", problem, "Set it to the password or token."))
            }
        },
        SecretPlace::File(path) => read_private_file(&opening.resolve_path(path)),
    }
}

/// Reads a file that its owner alone may read.
fn read_private_file(path: &Path) -> Result<SecretText, SourceError> {
    let place = path.display().to_string();
    let file = open_without_waiting(path).map_err(|error| fail_reading(&place, &error))?;
    check_privacy(&file, &place)?;
    let mut text = String::new();
    file.take(LONGEST).read_to_string(&mut text).map_err(|error| fail_reading(&place, &error))?;
    if text.ends_with('\n') {
        text.truncate(text.len() - 1);
        if text.ends_with('\r') {
            text.truncate(text.len() - 1);
        }
    }
    if text.is_empty() {
        return Err(fail(place, "The file is empty.", "Write the password or token into it."));
    }
    Ok(SecretText(text))
}

fn open_without_waiting(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC);
    }
    options.open(path)
}

fn check_privacy(file: &File, place: &str) -> Result<(), SourceError> {
    let metadata = file.metadata().map_err(|error| fail_reading(place, &error))?;
    if !metadata.is_file() {
        return Err(fail(
            place,
            "This is no regular file.",
            "Name the file that holds the password or token.",
        ));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if metadata.mode() & 0o077 != 0 {
            let problem = format!("Other accounts may use this file (mode {:03o}).", metadata.mode() & 0o777);
            return Err(fail(place, problem, format!("Make it private: `chmod 600 {place}`.")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(place: &SecretPlace, directory: &Path) -> Result<SecretText, SourceError> {
        let environment = |name: &str| (name == "TOKEN").then(|| "s3cret".to_string());
        read_secret(place, &Opening { columns: &[], directory, environment: &environment })
    }

    #[test]
    fn a_secret_comes_from_the_environment() {
        let directory = Path::new("/");
        let secret = read(&SecretPlace::Environment("TOKEN".to_string()), directory).unwrap();
        assert_eq!(secret.reveal(), "s3cret");
        assert!(!format!("{secret:?}").contains("s3cret"));
        let error = read(&SecretPlace::Environment("OTHER".to_string()), directory).unwrap_err();
        assert!(error.problem.contains("OTHER"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_comes_from_a_private_file_alone() {
        use std::fs::{Permissions, set_permissions, write};
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        let place = SecretPlace::File("token".to_string());
        assert!(read(&place, directory.path()).is_err());
        write(&path, "s3cret\n").unwrap();
        for mode in [0o640, 0o604, 0o666, 0o610] {
            set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let error = read(&place, directory.path()).unwrap_err();
            assert!(error.remedy.contains("chmod 600"), "{error}");
            assert!(!error.to_string().contains("s3cret"));
        }
        set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
        assert_eq!(read(&place, directory.path()).unwrap().reveal(), "s3cret");
        set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        write(&path, "\n").unwrap();
        assert!(read(&place, directory.path()).is_err());
    }
}
