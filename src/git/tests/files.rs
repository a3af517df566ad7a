//! Which paths change, and what happens to each.

use crate::tests::fixture::{EXECUTABLE, FILE, Files, Fixture, LINK, SUBMODULE, known, name, paths};
use git2::{ObjectType, Oid};
use portcullis_model::change::{EntryKind, FileChange, FileStatus};
use portcullis_model::fact::{Fact, GapReason};
use portcullis_model::inquiry::Inquiry;

const TEN: &str = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n";

fn described(files: &[FileChange]) -> Vec<String> {
    let path = |entry: &Option<portcullis_model::change::Entry>| {
        entry.as_ref().map_or("-".to_string(), |entry| entry.path.to_string())
    };
    files.iter().map(|file| format!("{:?} {} {}", file.status, path(&file.old), path(&file.new))).collect()
}

fn compare(fixture: &Fixture, old: &[(&str, &str)], new: &[(&str, &str)]) -> Vec<String> {
    described(&fixture.between(&fixture.files(old), &fixture.files(new), &[]))
}

#[test]
fn plain_changes() {
    let fixture = Fixture::new();
    let found = compare(
        &fixture,
        &[("a", "1"), ("b/c", "2"), ("b/d", "3"), ("same/x", "4")],
        &[("a", "9"), ("b/d", "3"), ("e", "5"), ("same/x", "4")],
    );
    assert_eq!(found, ["Modified a a", "Deleted b/c -", "Added - e"]);
}

#[test]
fn a_file_that_becomes_a_directory_is_gone() {
    let fixture = Fixture::new();
    let found = compare(&fixture, &[("a", "1"), ("a.b", "1")], &[("a.b", "1"), ("a/c", "x"), ("a/d", "y")]);
    assert_eq!(found, ["Deleted a -", "Added - a/c", "Added - a/d"]);
    let back = compare(&fixture, &[("a/c", "x"), ("a0", "1")], &[("a", "z"), ("a0", "1")]);
    assert_eq!(back, ["Added - a", "Deleted a/c -"]);
}

#[test]
fn moves_are_found_and_hide_neither_path() {
    let fixture = Fixture::new();
    let edited = TEN.replace("5\n", "five\n");
    let found = compare(&fixture, &[("old/x", TEN), ("p", "a\nb\n")], &[("new/x", &edited), ("q", "a\nb\n")]);
    assert_eq!(found, ["Renamed old/x new/x", "Renamed p q"]);
    let unlike = compare(&fixture, &[("old/x", TEN)], &[("new/x", "something\nelse\n")]);
    assert_eq!(unlike, ["Added - new/x", "Deleted old/x -"]);
}

#[test]
fn of_equal_files_the_one_of_the_same_name_moved() {
    let fixture = Fixture::new();
    let found = compare(&fixture, &[("a/x", TEN), ("b/y", TEN)], &[("c/y", TEN), ("d/x", TEN)]);
    assert_eq!(found, ["Renamed b/y c/y", "Renamed a/x d/x"]);
}

#[test]
fn copies_of_what_changed_are_told() {
    let fixture = Fixture::new();
    let found = compare(&fixture, &[("a", TEN)], &[("a", "other\n"), ("b", TEN)]);
    assert_eq!(found, ["Modified a a", "Copied a b"]);
    let twice = compare(&fixture, &[("a", TEN)], &[("b", TEN), ("c", TEN)]);
    assert_eq!(twice, ["Renamed a b", "Copied a c"]);
}

#[test]
fn too_many_candidates_stay_deletions_and_additions() {
    let fixture = Fixture::new();
    let side = |prefix: &str| -> Files {
        let file = |n: usize| {
            (format!("{prefix}{n}").into_bytes(), (FILE, fixture.blob(format!("{prefix}\n{n}\n").as_bytes())))
        };
        (0..1_001).map(file).collect()
    };
    let files = fixture.between(&side("a"), &side("b"), &[]);
    assert_eq!(files.len(), 2_002);
}

#[test]
fn modes_and_kinds() {
    let fixture = Fixture::new();
    let blob = fixture.blob(b"target/x");
    let commit = Oid::from_bytes(&[3; 20]).unwrap();
    let one = |mode: u32, id: Oid| Files::from([(b"d/f".to_vec(), (mode, id))]);
    let status = |old: (u32, Oid), new: (u32, Oid)| {
        let files = fixture.between(&one(old.0, old.1), &one(new.0, new.1), &[]);
        assert_eq!(files.len(), 1);
        files[0].status
    };
    let other = fixture.blob(b"other");
    assert_eq!(status((FILE, blob), (EXECUTABLE, blob)), FileStatus::ModeChanged);
    assert_eq!(status((FILE, blob), (EXECUTABLE, other)), FileStatus::Modified);
    assert_eq!(status((FILE, blob), (LINK, blob)), FileStatus::TypeChanged);
    assert_eq!(status((LINK, blob), (LINK, other)), FileStatus::Modified);
    assert_eq!(status((FILE, blob), (SUBMODULE, commit)), FileStatus::TypeChanged);
    assert_eq!(status((SUBMODULE, blob), (SUBMODULE, commit)), FileStatus::Modified);
}

#[test]
fn links_carry_their_target() {
    let fixture = Fixture::new();
    let link = |target: &[u8]| Files::from([(b"d/l".to_vec(), (LINK, fixture.blob(target)))]);
    let kind = |target: &[u8]| {
        let files = fixture.between(&Files::new(), &link(target), &[]);
        files[0].new.as_ref().unwrap().kind.clone()
    };
    assert_eq!(kind(b"../services/upload"), EntryKind::Symlink(Some("services/upload".into())));
    assert_eq!(kind(b"../../outside"), EntryKind::Symlink(None));
    assert_eq!(kind(b"/etc"), EntryKind::Symlink(None));
}

#[test]
fn a_link_whose_target_is_missing_is_a_gap() {
    let fixture = Fixture::new();
    let blob = fixture.blob(b"services/upload");
    let base = fixture.text("1", &[]);
    let head = fixture.commit(&Files::from([(b"l".to_vec(), (LINK, blob))]), &[base]);
    fixture.remove(blob);
    assert_eq!(fixture.gap(base, head).reason, GapReason::MissingObject);
}

#[test]
fn odd_bytes_in_paths_come_as_they_are() {
    let fixture = Fixture::new();
    let odd: [&[u8]; 4] = [b"a\nb", b"\xff\xfe", b"tab\there/\"q\"", "e\u{301}".as_bytes()];
    let files: Files = odd.iter().map(|path| (path.to_vec(), (FILE, fixture.blob(path)))).collect();
    let found = fixture.between(&Files::new(), &files, &[]);
    let mut got: Vec<&[u8]> = found.iter().map(|file| file.path().unwrap().as_bytes()).collect();
    let mut wanted = odd.to_vec();
    got.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(got, wanted);
}

#[test]
fn trees_made_by_hand_are_not_interpreted() {
    let fixture = Fixture::new();
    let base = fixture.text("1", &[]);
    let blob = fixture.blob(b"x");
    let entry =
        |mode: &str, name: &str| [mode.as_bytes(), b" ", name.as_bytes(), b"\0", blob.as_bytes()].concat();
    for (entries, reason) in [
        (vec![entry("100644", "..")], GapReason::Untrusted),
        (vec![entry("100644", ".GIT")], GapReason::Untrusted),
        (vec![entry("100644", "a"), entry("100644", "a")], GapReason::Untrusted),
        (vec![entry("100644", "b"), entry("100644", "a")], GapReason::Untrusted),
        (vec![entry("100600", "a")], GapReason::Untrusted),
        (vec![entry("100644", "a"), b"100644 b".to_vec()], GapReason::Malformed),
    ] {
        let tree = fixture.write(ObjectType::Tree, &entries.concat());
        let headers = "author R <r@example.test> 1 +0000\ncommitter R <r@example.test> 1 +0000\n";
        let head = fixture.raw_commit(tree, &[base], headers, "m");
        assert_eq!(fixture.gap(base, head).reason, reason, "{entries:?}");
    }
}

#[test]
fn a_tree_without_end_is_cut_off() {
    let fixture = Fixture::new();
    let base = fixture.text("1", &[]);
    let mut tree = fixture.tree(&fixture.files(&[("f", "1")]));
    for _ in 0..300 {
        let entry = [b"40000 d\0", tree.as_bytes()].concat();
        tree = fixture.write(ObjectType::Tree, &entry);
    }
    let headers = "author R <r@example.test> 1 +0000\ncommitter R <r@example.test> 1 +0000\n";
    let head = fixture.raw_commit(tree, &[base], headers, "m");
    assert_eq!(fixture.gap(base, head).reason, GapReason::Truncated);
}

#[test]
fn a_missing_file_is_no_matter_where_only_paths_are_asked() {
    let fixture = Fixture::new();
    let base = fixture.commit(&fixture.files(&[("a", TEN)]), &[]);
    let head = fixture.commit(&fixture.files(&[("b", "2\n3\n4\n5\n6\n7\n8\n9\n10\n")]), &[base]);
    fixture.remove(fixture.blob(TEN.as_bytes()));
    let fact = fixture.open().change(&name(base), &name(head), &Inquiry::default());
    assert!(matches!(fact, Fact::Known(_)));
    assert_eq!(paths(&known(fact).files), ["a", "b"]);
}
