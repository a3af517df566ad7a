//! Objects in a directory that the caller names: a server keeps those of a push in quarantine.

use crate::Repository;
use crate::tests::fixture::{FILE, Files, Fixture, known, name};
use git2::Oid;
use portcullis_model::change::Change;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::inquiry::Inquiry;
use portcullis_model::landing::{Candidate, Coverage, Landing};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// So many files that a second thread helps to read them.
const FILES: usize = 12;

/// A repository with a base, and a directory with what a push brings: a commit of new files, and a
/// merge of it.
struct Quarantine {
    fixture: Fixture,
    directory: TempDir,
    base: Oid,
    head: Oid,
    merge: Oid,
    blobs: Vec<Oid>,
    pushed: Vec<Oid>,
}

impl Quarantine {
    fn new() -> Self {
        let fixture = Fixture::new();
        let kept = fixture.files(&[("kept", "kept\n")]);
        let base = fixture.commit(&kept, &[]);
        let blobs: Vec<Oid> =
            (0..FILES).map(|n| fixture.blob(format!("nominal_id {n}\n").as_bytes())).collect();
        let new = blobs.iter().enumerate().map(|(n, id)| (format!("file{n}").into_bytes(), (FILE, *id)));
        let files: Files = kept.clone().into_iter().chain(new).collect();
        let head = fixture.commit(&files, &[base]);
        let merge = fixture.commit(&files, &[base, head]);
        let pushed = blobs.iter().copied().chain([fixture.tree(&files), head, merge]).collect();
        Quarantine { fixture, directory: TempDir::new().unwrap(), base, head, merge, blobs, pushed }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn place(&self, id: Oid) -> PathBuf {
        let hex = id.to_string();
        fs::create_dir_all(self.path().join(&hex[..2])).unwrap();
        self.path().join(&hex[..2]).join(&hex[2..])
    }

    /// Moves what was pushed there, object by object.
    fn loose() -> Self {
        let quarantine = Quarantine::new();
        for id in &quarantine.pushed {
            fs::rename(quarantine.fixture.object_file(*id), quarantine.place(*id)).unwrap();
        }
        quarantine
    }

    /// Moves what was pushed there, in a pack.
    fn packed() -> Self {
        let quarantine = Quarantine::new();
        let directory = quarantine.path().join("pack");
        fs::create_dir(&directory).unwrap();
        let mut builder = quarantine.fixture.git.packbuilder().unwrap();
        for id in &quarantine.pushed {
            builder.insert_object(*id, None).unwrap();
        }
        builder.write(&directory, 0o644).unwrap();
        drop(builder);
        quarantine.pushed.iter().for_each(|id| quarantine.fixture.remove(*id));
        quarantine
    }

    fn opened(&self) -> Repository {
        self.fixture.open().with_object_directory(self.path()).unwrap()
    }

    fn change_in(&self, repository: &Repository) -> Fact<Change> {
        let inquiry = Inquiry { patterns: ["nominal_id".parse().unwrap()].into(), ..Inquiry::default() };
        repository.change(&name(self.base), &name(self.head), &inquiry)
    }

    fn proof_in(&self, repository: &Repository) -> Coverage {
        let candidates = vec![Candidate { request: 1.into(), head: name(self.head) }];
        let landing = Landing { parent: name(self.base), landed: name(self.merge), candidates };
        let mut found = Vec::new();
        repository.prove_landings(&[landing], |_, coverage, _| found.push(coverage));
        found.remove(0)
    }
}

fn gap(fact: Fact<Change>) -> Gap {
    match fact {
        Fact::Gap(gap) => gap,
        Fact::Known(change) => panic!("no gap: {change:?}"),
    }
}

#[test]
fn what_is_only_in_a_further_directory_is_found_when_it_is_given_and_missing_when_not() {
    for quarantine in [Quarantine::loose(), Quarantine::packed()] {
        let without = quarantine.fixture.open();
        assert_eq!(gap(quarantine.change_in(&without)).reason, GapReason::MissingObject);
        assert!(!without.has_commit(&name(quarantine.head)));
        assert!(without.lacks_commit(&name(quarantine.head)));
        assert!(matches!(quarantine.proof_in(&without), Coverage::Unverifiable(_)));

        let with = quarantine.opened();
        let change = known(quarantine.change_in(&with));
        assert_eq!(change.files.len(), FILES);
        assert!(change.files.iter().all(|file| file.content.value().is_some()));
        assert!(with.has_commit(&name(quarantine.head)));
        assert_eq!(with.resolve(&quarantine.head.to_string()).unwrap(), name(quarantine.head));
        assert!(matches!(quarantine.proof_in(&with), Coverage::Identity(_)));
        assert!(with.has_commit(&name(quarantine.base)), "the repository's own objects are read as before");
    }
}

/// A directory that one reader was given means nothing to the next one.
#[test]
fn a_further_directory_is_no_one_elses() {
    let quarantine = Quarantine::loose();
    let with = quarantine.opened();
    assert!(with.has_commit(&name(quarantine.head)));
    assert!(!quarantine.fixture.open().has_commit(&name(quarantine.head)));
    assert!(!quarantine.path().join("info").exists(), "nothing is written there");
    assert!(!quarantine.fixture.git.path().join("objects/info/alternates").exists());
}

#[test]
fn an_object_of_a_further_directory_is_hashed_as_any_other() {
    let quarantine = Quarantine::loose();
    let [one, other] = [quarantine.blobs[0], quarantine.blobs[1]];
    fs::copy(quarantine.place(other), quarantine.place(one)).unwrap();
    let change = known(quarantine.change_in(&quarantine.opened()));
    let unread = change.files.iter().filter(|file| file.content.value().is_none());
    assert_eq!(unread.count(), 1);
}

#[test]
fn a_further_directory_that_cannot_be_read_is_an_error() {
    let quarantine = Quarantine::loose();
    let nowhere = quarantine.path().join("nowhere");
    let file = quarantine.place(quarantine.head);
    for path in [nowhere, file] {
        let error = quarantine.fixture.open().with_object_directory(&path).err().unwrap();
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
}
