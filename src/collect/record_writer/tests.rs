//! The steps of the writer one by one.

use super::*;
use crate::records::{Closeness, DeploymentRecords};
use portcullis_git::commit_writer::store_objects;
use portcullis_git::{Repository, neutralise};
use portcullis_model::fact::Fact;
use portcullis_record::testing::{draft, judge};
use portcullis_record::{Chain, PendingRecord, RecordedBaseline, RecordedOrigin, prepare_record};
use tempfile::TempDir;

fn revision_of(start: &str) -> Revision {
    Revision::try_from(format!("{start:0<40}")).unwrap()
}

fn chain(directory: &TempDir) -> Option<Chain> {
    let repository = Repository::open(directory.path()).unwrap();
    match repository.deployments(&"production".parse().unwrap(), &judge, Closeness::Chain) {
        Fact::Known(chain) => chain,
        Fact::Gap(gap) => panic!("{gap}"),
    }
}

fn sealed(directory: &TempDir, candidate: &str) -> PendingRecord {
    let chain = chain(directory);
    let baseline = RecordedBaseline { commit: revision_of("ba5e"), origin: RecordedOrigin::Asserted };
    let links = chain.as_ref().map_or(&[][..], |chain| &chain.links);
    prepare_record(draft(&revision_of(candidate), baseline, links), chain.as_ref(), &judge).unwrap()
}

/// Writes the objects of a record, and moves no ref.
fn objects_of(directory: &TempDir, sealed: &PendingRecord) -> Revision {
    let commit = |tree: &ObjectName| sealed.commit(tree);
    store_objects(directory.path(), &new_commit(sealed, "refs/never/written", &commit)).unwrap()
}

fn empty() -> TempDir {
    neutralise().unwrap();
    let directory = TempDir::new().unwrap();
    git2::Repository::init_bare(directory.path()).unwrap();
    directory
}

#[test]
fn stopped_before_the_ref_moves_nothing_has_happened() {
    let directory = empty();
    for number in 1..=3 {
        let before = chain(&directory);
        let sealed = sealed(&directory, &format!("{number}"));
        let commit = objects_of(&directory, &sealed);
        assert_eq!(chain(&directory), before);
        let appended = append(directory.path(), &sealed).unwrap();
        assert_eq!((appended.commit.to_string(), appended.number), (commit.to_string(), number));
    }
    assert_eq!(chain(&directory).unwrap().problems, []);
}

#[test]
fn the_second_of_two_moves_nothing_and_learns_of_the_first() {
    let directory = empty();
    for round in ["1", "2"] {
        let (first, second) =
            (sealed(&directory, &format!("a{round}")), sealed(&directory, &format!("b{round}")));
        let appended = append(directory.path(), &first).unwrap();
        match append(directory.path(), &second) {
            Err(NotAppended::Moved { tip: Some(tip), .. }) => assert_eq!(tip, appended.commit),
            other => panic!("{other:?}"),
        }
        let again = append(directory.path(), &first);
        assert!(matches!(again, Err(NotAppended::Moved { .. })), "recorded twice: {again:?}");
        assert_eq!(chain(&directory).unwrap().tip(), Some(&appended.commit));
    }
}

#[test]
fn a_ref_that_vanished_or_became_symbolic_is_not_written() {
    let directory = empty();
    append(directory.path(), &sealed(&directory, "1")).unwrap();
    let next = sealed(&directory, "2");
    let git = git2::Repository::open(directory.path()).unwrap();
    git.find_reference("refs/portcullis/deployments/production").unwrap().delete().unwrap();
    assert!(matches!(append(directory.path(), &next), Err(NotAppended::Moved { tip: None, .. })));
    git.reference_symbolic("refs/portcullis/deployments/production", "refs/heads/main", true, "").unwrap();
    assert!(matches!(append(directory.path(), &next), Err(NotAppended::NotWritten(WriteError::Failed(_)))));
    assert!(git.find_reference("refs/heads/main").is_err());
}

#[test]
fn a_damaged_object_of_the_same_name_is_found_before_the_ref_moves() {
    let directory = empty();
    let sealed = sealed(&directory, "1");
    let id = objects_of(&directory, &sealed).to_string();
    let file = directory.path().join("objects").join(&id[..2]).join(&id[2..]);
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, b"").unwrap();
    assert!(matches!(append(directory.path(), &sealed), Err(NotAppended::NotWritten(WriteError::Failed(_)))));
    assert_eq!(chain(&directory), None);
}

#[test]
fn the_configuration_of_the_repository_stays_as_it_is() {
    let directory = empty();
    let before = std::fs::read(directory.path().join("config")).unwrap();
    append(directory.path(), &sealed(&directory, "1")).unwrap();
    assert_eq!(std::fs::read(directory.path().join("config")).unwrap(), before);
}
