//! The manifest: every file of a pack with its size, digest and role.

use crate::contents::ItemSource;
use crate::fault::{PackFault, PackWrong};
use crate::item_path::ItemPath;
use portcullis_model::digest::Digest;
use portcullis_wire::pack::v1::{PackPeriodV1, PackRoleV1, PackV1, PackedFileV1, PeopleV1, VERSION};
use std::collections::BTreeMap;

/// The file that holds the manifest.
pub const MANIFEST: &str = "manifest.json";

/// The program that writes packs, with its version.
pub const PROGRAM: &str = concat!("portcullis ", env!("CARGO_PKG_VERSION"));

/// What a pack is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackSubject {
    /// The repository as its host names it.
    pub repository: Option<String>,
    /// The first moment of the period.
    pub since: Option<String>,
    /// The first moment after it.
    pub until: Option<String>,
    /// The arguments of the command that wrote the pack.
    pub command: Vec<String>,
    /// How people are named.
    pub people: PeopleV1,
}

/// A manifest that keeps its rules: paths are paths of a pack, sorted, and none is there twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackManifest {
    form: PackV1,
    files: BTreeMap<ItemPath, PackedFileV1>,
}

impl PackManifest {
    /// The manifest of these files, each with its length, digest and role.
    pub fn new(subject: PackSubject, files: &BTreeMap<ItemPath, (u64, Digest, PackRoleV1)>) -> PackManifest {
        let packed = |(path, (size, digest, role)): (&ItemPath, &(u64, Digest, PackRoleV1))| {
            let path_text = path.to_string();
            (path.clone(), PackedFileV1 { path: path_text, size: *size, digest: digest.into(), role: *role })
        };
        let files: BTreeMap<ItemPath, PackedFileV1> = files.iter().map(packed).collect();
        let form = PackV1 {
            schema: VERSION,
            program: PROGRAM.to_string(),
            repository: subject.repository,
            period: PackPeriodV1 { since: subject.since, until: subject.until },
            command: subject.command,
            people: subject.people,
            files: files.values().cloned().collect(),
        };
        PackManifest { form, files }
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// The bytes are not exactly those that [`PackManifest::bytes`] writes of a manifest.
    pub fn read(bytes: &[u8]) -> Result<PackManifest, PackWrong> {
        let unreadable = |why: String| PackWrong::Unreadable(format!("not a manifest of a pack: {why}"));
        let form: PackV1 = serde_json::from_slice(bytes).map_err(|error| unreadable(error.to_string()))?;
        if form.schema != VERSION {
            return Err(unreadable(format!("version {} of the form is not known here", form.schema)));
        }
        let mut files = BTreeMap::new();
        for file in &form.files {
            let path = ItemPath::new(&file.path).map_err(|error| unreadable(error.to_string()))?;
            if files.last_key_value().is_some_and(|(last, _)| *last >= path) || path.as_str() == MANIFEST {
                return Err(unreadable(format!("`{path}` is there twice or out of order")));
            }
            files.insert(path, file.clone());
        }
        let manifest = PackManifest { form, files };
        match manifest.bytes() {
            Ok(canonical) if canonical == bytes => Ok(manifest),
            _ => Err(unreadable("it is not written as this form is written".to_string())),
        }
    }

    /// The file.
    ///
    /// # Errors
    /// Never, for text.
    pub fn bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = serde_json::to_vec_pretty(&self.form)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// What it says.
    pub fn form(&self) -> &PackV1 {
        &self.form
    }

    /// The files that it names.
    pub fn files(&self) -> &BTreeMap<ItemPath, PackedFileV1> {
        &self.files
    }

    /// Everything in which the files differ from the manifest.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn compare(&self, source: &dyn ItemSource) -> Vec<PackFault> {
        let there = source.items();
        let extra = there.keys().filter(|path| path.as_str() != MANIFEST && !self.files.contains_key(path));
        let mut faults: Vec<PackFault> = extra.map(|path| PackFault::new(path, PackWrong::Extra)).collect();
        for (path, file) in &self.files {
            let wrong = match there.get(path) {
                None => Some(PackWrong::Missing),
                Some(_) => self.compare_file(file, source.read(path)),
            };
            faults.extend(wrong.map(|wrong| PackFault::new(path, wrong)));
        }
        faults
    }

    fn compare_file(&self, said: &PackedFileV1, found: Result<Vec<u8>, PackWrong>) -> Option<PackWrong> {
        let bytes = match found {
            Ok(bytes) => bytes,
            Err(wrong) => return Some(wrong),
        };
        let digest = (&Digest::of(&bytes)).into();
        if said.digest == digest && said.size == bytes.len() as u64 {
            return None;
        }
        if let Some(other) = self.files.values().find(|file| file.digest == digest) {
            return Some(PackWrong::Swapped(other.path.clone()));
        }
        Some(match bytes.len() as u64 {
            found if found != said.size => PackWrong::Length { said: said.size, found },
            _ => PackWrong::Changed,
        })
    }
}
