//! Packs as `portcullis audit --pack` writes them, and someone who alters one and knows its form.
#![allow(dead_code, reason = "each test uses its own part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "test support: a failure here is a failed test"
)]

use super::audited::AS_OF;
use crate::support::clean::CleanEnvironment as _;
use portcullis_model::digest::Digest;
use portcullis_pack::manifest::PackSubject;
use portcullis_pack::{ItemPath, ItemSource, MANIFEST, PackContents, PackManifest};
use portcullis_wire::pack::v1::PackRoleV1;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A pack: its folder, with the archive beside it.
pub struct Packed {
    pub place: TempDir,
    pub folder: PathBuf,
}

/// Runs the audit of a clone with `--pack`.
pub fn pack_audit(directory: &Path, more: &[&str]) -> (Packed, Output) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("pack");
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.clean_env().current_dir(directory);
    command.args(["audit", "--since", "2026-01-01", "--until", "2027-12-31", "--as-of", AS_OF, "--pack"]);
    let output = command.arg(&folder).args(more).output().unwrap();
    (Packed { place, folder }, output)
}

/// The pack of a clone, which has to be written.
#[track_caller]
pub fn packed(directory: &Path, more: &[&str]) -> Packed {
    let (packed, output) = pack_audit(directory, more);
    let is_there = packed.folder.join(MANIFEST).exists();
    assert!(is_there, "{}", String::from_utf8_lossy(&output.stderr));
    packed
}

impl Packed {
    /// Every file, in memory.
    pub fn contents(&self) -> PackContents {
        let mut contents = PackContents::default();
        for (name, path) in files_in(&self.folder) {
            contents.insert(name, std::fs::read(path).unwrap());
        }
        contents
    }

    /// The archive as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.folder.with_extension("tar")).unwrap()).into_owned()
    }

    /// The names of its files.
    pub fn names(&self) -> Vec<String> {
        files_in(&self.folder).into_keys().map(|name| name.to_string()).collect()
    }
}

fn files_in(folder: &Path) -> BTreeMap<ItemPath, PathBuf> {
    let (mut files, mut open) = (BTreeMap::new(), vec![folder.to_path_buf()]);
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
                files.insert(ItemPath::new(name).unwrap(), path);
            }
        }
    }
    files
}

/// The manifest of these files, as anyone who can write a pack could make it: the roles are those of
/// the old one, or that of the folder that a file is in.
pub fn mended(mut contents: PackContents) -> PackContents {
    let place = ItemPath::new(MANIFEST).unwrap();
    let old = PackManifest::read(&contents.read(&place).unwrap()).unwrap();
    let role = |path: &ItemPath| old.files().get(path).map_or_else(|| role_of(path), |file| file.role);
    let there = contents.files().iter().filter(|(path, _)| **path != place);
    let files = there
        .map(|(path, bytes)| (path.clone(), (bytes.len() as u64, Digest::of(bytes), role(path))))
        .collect();
    contents.insert(place, PackManifest::new(subject_of(&old), &files).bytes().unwrap());
    contents
}

fn role_of(path: &ItemPath) -> PackRoleV1 {
    match path.as_str().split('/').next() {
        Some("decisions") => PackRoleV1::Decision,
        Some("snapshots") => PackRoleV1::Snapshot,
        Some("records") => PackRoleV1::Record,
        Some("policy") => PackRoleV1::Policy,
        _ => PackRoleV1::Results,
    }
}

fn subject_of(manifest: &PackManifest) -> PackSubject {
    let form = manifest.form().clone();
    PackSubject {
        repository: form.repository,
        since: form.period.since,
        until: form.period.until,
        command: form.command,
        people: form.people,
    }
}

/// `portcullis pack verify`: exit code and everything written.
pub fn verify(pack: &Path, more: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.clean_env().args(["pack", "verify"]).arg(pack).args(more);
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.code().unwrap(), text)
}

#[track_caller]
pub fn refused(pack: &Path, item: &str, why: &str) {
    let (exit, text) = verify(pack, &[]);
    assert!(exit == 6 && text.contains(item) && text.contains(why), "{exit}: {text}");
}

/// Puts every file of the folder into a new manifest, as anyone who can write a pack could.
pub fn seal_whole(folder: &Path, role: PackRoleV1) {
    let place = folder.join("manifest.json");
    let old = PackManifest::read(&std::fs::read(&place).unwrap()).unwrap();
    let mut files = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path != place {
                let name = ItemPath::new(path.strip_prefix(folder).unwrap().to_str().unwrap()).unwrap();
                let bytes = std::fs::read(&path).unwrap();
                let role = old.files().get(&name).map_or(role, |file| file.role);
                files.insert(name, (bytes.len() as u64, Digest::of(&bytes), role));
            }
        }
    }
    let form = old.form().clone();
    let subject = PackSubject {
        repository: form.repository,
        since: form.period.since,
        until: form.period.until,
        command: form.command,
        people: form.people,
    };
    std::fs::write(place, PackManifest::new(subject, &files).bytes().unwrap()).unwrap();
}
