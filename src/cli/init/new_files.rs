//! Several files, written whole or not at all. No link is followed: a repository can bring one that
//! leads elsewhere.

use crate::exit::{Failure, Result};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A file that is to be written.
pub struct NewFile {
    /// Its path.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// May it take the place of one that is there?
    pub replaces: bool,
    /// Is it an error that one is there which it may not replace?
    pub is_needed: bool,
}

impl NewFile {
    /// A file that is written only where none is.
    pub fn unless_there(path: PathBuf, text: String) -> Self {
        NewFile { path, text, replaces: false, is_needed: false }
    }
}

/// What was done so far, taken back when it is dropped before the end.
#[derive(Default)]
struct Undo {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
    is_done: bool,
}

impl Drop for Undo {
    fn drop(&mut self) {
        if !self.is_done {
            self.files.iter().for_each(|file| drop(std::fs::remove_file(file)));
            self.folders.iter().rev().for_each(|folder| drop(std::fs::remove_dir(folder)));
        }
    }
}

/// Writes the files; those that replace others come last. Says of each whether it was written.
///
/// # Errors
/// One cannot be written, or leads elsewhere. Then none is.
pub fn write_all_or_none(root: Option<&Path>, files: &[NewFile]) -> Result<Vec<(PathBuf, bool)>> {
    let mut undo = Undo::default();
    let (mut staged, mut said) = (Vec::new(), Vec::new());
    for file in files {
        refuse_links(root, &file.path)?;
        let is_there = file.path.symlink_metadata().is_ok();
        if is_there && !file.replaces {
            if file.is_needed {
                return Err(cannot(&file.path, &"it exists already"));
            }
            said.push((file.path.clone(), false));
            continue;
        }
        let folder = make_folders(&file.path, &mut undo)?;
        let staged_text = stage_text(&folder, &file.text, is_there.then_some(&file.path));
        let beside = staged_text.map_err(|error| cannot(&file.path, &error))?;
        staged.push((beside, file, is_there));
        said.push((file.path.clone(), true));
    }
    staged.sort_by_key(|(_, _, is_there)| *is_there);
    for (beside, file, is_there) in staged {
        let kept = if is_there { beside.persist(&file.path) } else { beside.persist_noclobber(&file.path) };
        kept.map_err(|error| cannot(&file.path, &error.error))?;
        if !is_there {
            undo.files.push(file.path.clone());
        }
    }
    undo.is_done = true;
    Ok(said)
}

fn cannot(path: &Path, why: &dyn std::fmt::Display) -> Failure {
    Failure::environment(format!("cannot write {}: {why}; nothing was written", path.display()))
}

/// Below the root of the work tree, neither the file nor a folder above it may be a link.
fn refuse_links(root: Option<&Path>, path: &Path) -> Result<()> {
    let above = path.ancestors().take_while(|above| Some(*above) != root && !above.as_os_str().is_empty());
    for part in above {
        if part.symlink_metadata().is_ok_and(|found| found.file_type().is_symlink()) {
            return Err(cannot(path, &format!("`{}` is a symbolic link", part.display())));
        }
    }
    Ok(())
}

/// Makes the folders above a file, and remembers those that were not there.
fn make_folders(path: &Path, undo: &mut Undo) -> Result<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let missing: Vec<&Path> =
        folder.ancestors().take_while(|above| !above.as_os_str().is_empty() && !above.exists()).collect();
    for one in missing.into_iter().rev() {
        std::fs::create_dir(one).map_err(|error| cannot(path, &error))?;
        undo.folders.push(one.to_path_buf());
    }
    Ok(folder.to_path_buf())
}

/// The text in a file of the folder, with the permissions of the file that it replaces.
fn stage_text(folder: &Path, text: &str, replaced: Option<&PathBuf>) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut beside = builder.tempfile_in(folder)?;
    if let Some(replaced) = replaced {
        beside.as_file().set_permissions(replaced.metadata()?.permissions())?;
    }
    beside.write_all(text.as_bytes())?;
    beside.as_file().sync_all()?;
    Ok(beside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_leaves_nothing_behind() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("taken"), "kept").unwrap();
        let new = |path: &str, is_needed| NewFile {
            path: root.path().join(path),
            text: "text".into(),
            replaces: false,
            is_needed,
        };
        let files = [new("a/b/c.yml", false), new("taken", true)];
        let error = write_all_or_none(Some(root.path()), &files).unwrap_err();
        assert!(error.message.ends_with("it exists already; nothing was written"), "{error}");
        let left: Vec<_> =
            std::fs::read_dir(root.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["taken"]);
        assert_eq!(std::fs::read_to_string(root.path().join("taken")).unwrap(), "kept");
    }

    #[test]
    fn no_link_is_followed() {
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(outside.path(), root.path().join(".github")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("x"), root.path().join("portcullis.toml")).unwrap();
        for path in [".github/workflows/a.yml", "portcullis.toml"] {
            for replaces in [true, false] {
                let file =
                    NewFile { path: root.path().join(path), text: "x".into(), replaces, is_needed: true };
                let error = write_all_or_none(Some(root.path()), &[file]).unwrap_err();
                assert!(error.message.contains("is a symbolic link"), "{error}");
            }
        }
        assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
    }
}
