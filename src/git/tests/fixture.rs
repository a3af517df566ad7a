//! Repositories made object by object, so that they can hold what git would not write.

use crate::{Repository, neutralise};
use git2::{ObjectType, Oid};
use portcullis_model::change::{Change, FileChange, Revision};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::inquiry::Inquiry;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub const FILE: u32 = 0o100_644;
pub const EXECUTABLE: u32 = 0o100_755;
pub const LINK: u32 = 0o120_000;
pub const SUBMODULE: u32 = 0o160_000;

/// A repository that goes away with the test.
pub struct Fixture {
    directory: TempDir,
    pub git: git2::Repository,
}

/// What a tree holds: mode and object by path.
pub type Files = BTreeMap<Vec<u8>, (u32, Oid)>;

impl Fixture {
    pub fn new() -> Self {
        neutralise().unwrap();
        let directory = TempDir::new().unwrap();
        let git = git2::Repository::init(directory.path()).unwrap();
        Fixture { directory, git }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn open(&self) -> Repository {
        Repository::open(self.path()).unwrap()
    }

    pub fn write(&self, kind: ObjectType, bytes: &[u8]) -> Oid {
        self.git.odb().unwrap().write(kind, bytes).unwrap()
    }

    pub fn blob(&self, bytes: &[u8]) -> Oid {
        self.write(ObjectType::Blob, bytes)
    }

    /// Files of mode 644 with these contents.
    pub fn files(&self, files: &[(&str, &str)]) -> Files {
        let file =
            |(path, text): &(&str, &str)| (path.as_bytes().to_vec(), (FILE, self.blob(text.as_bytes())));
        files.iter().map(file).collect()
    }

    pub fn tree(&self, files: &Files) -> Oid {
        let mut entries: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        let mut directories: BTreeMap<Vec<u8>, Files> = BTreeMap::new();
        for (path, item) in files {
            match path.iter().position(|b| *b == b'/') {
                Some(at) => {
                    let inner = directories.entry(path[..at].to_vec()).or_default();
                    inner.insert(path[at + 1..].to_vec(), *item);
                }
                None => {
                    entries.insert(path.clone(), raw_entry(item.0, path, item.1));
                }
            }
        }
        for (name, inner) in directories {
            let id = self.tree(&inner);
            entries.insert([&name[..], b"/"].concat(), raw_entry(0o040_000, &name, id));
        }
        self.write(ObjectType::Tree, &entries.into_values().collect::<Vec<_>>().concat())
    }

    pub fn commit(&self, files: &Files, parents: &[Oid]) -> Oid {
        self.commit_at(files, parents, parents.len() as i64 + 1_000)
    }

    pub fn commit_at(&self, files: &Files, parents: &[Oid], date: i64) -> Oid {
        let headers = format!(
            "author Robin Example <robin@example.test> {date} +0000\n\
             committer Robin Example <robin@example.test> {date} +0000\n"
        );
        self.raw_commit(self.tree(files), parents, &headers, "change")
    }

    pub fn raw_commit(&self, tree: Oid, parents: &[Oid], headers: &str, message: &str) -> Oid {
        let parents: String = parents.iter().map(|id| format!("parent {id}\n")).collect();
        self.write(ObjectType::Commit, format!("tree {tree}\n{parents}{headers}\n{message}\n").as_bytes())
    }

    /// A commit whose only file, `f`, holds this text.
    pub fn text(&self, text: &str, parents: &[Oid]) -> Oid {
        self.commit(&self.files(&[("f", text)]), parents)
    }

    pub fn set_ref(&self, name: &str, target: Oid) {
        let path = self.git.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, format!("{target}\n")).unwrap();
    }

    pub fn object_file(&self, id: Oid) -> PathBuf {
        let hex = id.to_string();
        self.git.path().join("objects").join(&hex[..2]).join(&hex[2..])
    }

    pub fn remove(&self, id: Oid) {
        std::fs::remove_file(self.object_file(id)).unwrap();
    }

    pub fn change(&self, base: Oid, head: Oid) -> Change {
        known(self.open().change(&name(base), &name(head), &Inquiry::default()))
    }

    pub fn gap(&self, base: Oid, head: Oid) -> Gap {
        match self.open().change(&name(base), &name(head), &Inquiry::default()) {
            Fact::Gap(gap) => gap,
            Fact::Known(change) => panic!("no gap: {change:?}"),
        }
    }

    /// The change from one tree to another, searched for patterns.
    pub fn between(&self, old: &Files, new: &Files, patterns: &[&str]) -> Vec<FileChange> {
        let base = self.commit(old, &[]);
        let head = self.commit(new, &[base]);
        known(self.open().change(&name(base), &name(head), &asking(patterns))).files
    }
}

impl Fixture {
    /// One file in, one file changed.
    pub fn edit(&self, old: &[u8], new: &[u8], patterns: &[&str]) -> FileChange {
        let file = |text: &[u8]| Files::from([(b"f".to_vec(), (FILE, self.blob(text)))]);
        let mut files = self.between(&file(old), &file(new), patterns);
        assert_eq!(files.len(), 1);
        files.remove(0)
    }
}

fn raw_entry(mode: u32, name: &[u8], id: Oid) -> Vec<u8> {
    [format!("{mode:o} ").as_bytes(), name, b"\0", id.as_bytes()].concat()
}

pub fn asking(patterns: &[&str]) -> Inquiry {
    Inquiry { patterns: patterns.iter().map(ToString::to_string).collect(), ..Inquiry::default() }
}

pub fn name(id: Oid) -> Revision {
    Revision::try_from(id.to_string()).unwrap()
}

pub fn names(ids: &[Oid]) -> Vec<Revision> {
    let mut names: Vec<_> = ids.iter().map(|id| name(*id)).collect();
    names.sort();
    names
}

pub fn known<T>(fact: Fact<T>) -> T {
    match fact {
        Fact::Known(value) => value,
        Fact::Gap(gap) => panic!("{gap}"),
    }
}

pub fn ids(change: &Change) -> Vec<Revision> {
    change.commits.iter().map(|commit| commit.id.clone()).collect()
}

pub fn paths(files: &[FileChange]) -> Vec<String> {
    files.iter().map(|file| file.path().unwrap().to_string()).collect()
}
