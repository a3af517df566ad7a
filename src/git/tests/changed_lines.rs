//! Which lines of the new texts changed.

use crate::tests::fixture::{EXECUTABLE, FILE, Files, Fixture, LINK, SUBMODULE, known, name};
use git2::Oid;
use portcullis_model::fact::{Fact, GapReason};
use portcullis_model::inquiry::Inquiry;
use portcullis_model::line_coverage::ChangedLines;
use portcullis_model::path::RepoPath;
use std::collections::BTreeMap;

const TEN: &str = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n";

fn lines(fixture: &Fixture, base: Oid, head: Oid) -> BTreeMap<RepoPath, Fact<ChangedLines>> {
    let repository = fixture.open();
    let change = known(repository.change(&name(base), &name(head), &Inquiry::default()));
    repository.changed_lines(&change).unwrap()
}

fn told(old: &Files, new: &Files, fixture: &Fixture) -> Vec<String> {
    let base = fixture.commit(old, &[]);
    let head = fixture.commit(new, &[base]);
    let shown = |(path, lines): (RepoPath, Fact<ChangedLines>)| match lines {
        Fact::Known(changed) => format!("{path}: {} of {}", changed.lines, changed.total),
        Fact::Gap(gap) => format!("{path}: {:?}", gap.reason),
    };
    lines(fixture, base, head).into_iter().map(shown).collect()
}

fn compare(old: &[(&str, &str)], new: &[(&str, &str)]) -> Vec<String> {
    let fixture = Fixture::new();
    told(&fixture.files(old), &fixture.files(new), &fixture)
}

#[test]
fn lines_of_each_kind_of_change() {
    let edited = TEN.replace("3\n", "three\n").replace("8\n9\n", "") + "eleven";
    let found = compare(
        &[("a", TEN), ("gone", "x\nz\n"), ("less", "1\n2\n")],
        &[("a", &edited), ("less", "1\n"), ("new", "p\nq")],
    );
    assert_eq!(found, ["a: 3, 9 of 9", "less:  of 1", "new: 1-2 of 2"]);
    assert_eq!(compare(&[("a", "x")], &[("a", "x"), ("empty", "")]), ["empty:  of 0"]);
}

#[test]
fn a_move_changes_what_differs_and_a_copy_is_new() {
    let edited = TEN.replace("3\n", "three\n");
    assert_eq!(compare(&[("a", TEN)], &[("b", &edited)]), ["b: 3 of 10"]);
    let copied = compare(&[("a", TEN)], &[("a", &edited), ("b", TEN)]);
    assert_eq!(copied, ["a: 3 of 10", "b: 1-10 of 10"]);
}

#[test]
fn another_mode_changes_no_line_and_a_link_or_submodule_has_none() {
    let fixture = Fixture::new();
    let text = fixture.blob(TEN.as_bytes());
    let at = |mode: u32, id: Oid| Files::from([(b"f".to_vec(), (mode, id))]);
    assert_eq!(told(&at(FILE, text), &at(EXECUTABLE, text), &fixture), ["f:  of 10"]);
    let link = fixture.blob(b"x");
    assert_eq!(told(&at(FILE, text), &at(LINK, link), &fixture), ["f: Unsupported"]);
    assert_eq!(told(&at(LINK, link), &at(FILE, text), &fixture), ["f: 1-10 of 10"]);
    let commit = fixture.text("x", &[]);
    assert_eq!(told(&at(FILE, text), &at(SUBMODULE, commit), &fixture), ["f: Unsupported"]);
}

#[test]
fn texts_whose_lines_tools_count_differently_are_gaps() {
    for text in ["# a\r# b\nx\n", "x\r", "a\u{2028}b\n", "a\u{2029}b\n", "a\u{85}b\n"] {
        assert_eq!(compare(&[("f", "y\n")], &[("f", text)]), ["f: Unsupported"], "{text:?}");
    }
    assert_eq!(compare(&[("f", "y\n")], &[("f", "y\n\r\nx\r\n")]), ["f: 2-3 of 3"]);
    let fixture = Fixture::new();
    let utf16 = fixture.blob(b"\xff\xfex\0\n\0");
    let found = told(&Files::new(), &Files::from([(b"f".to_vec(), (FILE, utf16))]), &fixture);
    assert_eq!(found, ["f: Unsupported"]);
}

#[test]
fn over_several_merge_bases_every_line_counts_that_differs_from_any() {
    let fixture = Fixture::new();
    let root = fixture.text(TEN, &[]);
    let (two, nine) = (TEN.replace("2\n", "two\n"), TEN.replace("9\n", "nine\n"));
    let (left, right) = (fixture.text(&two, &[root]), fixture.text(&nine, &[root]));
    let both = two.replace("9\n", "nine\n");
    let base = fixture.text(&both, &[left, right]);
    let head = fixture.text(&both.replace("5\n", "five\n"), &[right, left]);
    let found = known(lines(&fixture, base, head).remove(&RepoPath::from("f")).unwrap());
    assert_eq!(found.lines.to_string(), "2, 5, 9");
}

#[test]
fn a_missing_object_is_a_gap_of_its_file_alone() {
    let fixture = Fixture::new();
    let base = fixture.commit(&fixture.files(&[("a", "1\n"), ("b", "1\n")]), &[]);
    let head = fixture.commit(&fixture.files(&[("a", "2\n"), ("b", "3\n")]), &[base]);
    fixture.remove(fixture.blob(b"2\n"));
    let mut found = lines(&fixture, base, head);
    let Some(Fact::Gap(gap)) = found.remove(&RepoPath::from("a")) else { panic!("no gap") };
    assert_eq!(gap.reason, GapReason::MissingObject);
    assert_eq!(known(found.remove(&RepoPath::from("b")).unwrap()).lines.to_string(), "1");
}
