//! Landings that git never gives, and the ones beside them that it does give. What git says is
//! asked of git itself.

use crate::landing::tests::fixture::Fixture;
use crate::landing::tests::oracle::ask;
use crate::tests::fixture::{FILE, LINK, SUBMODULE};
use git2::Oid;

/// Lines, each so many times.
fn runs(runs: &[(&str, usize)]) -> String {
    runs.iter().map(|(line, times)| format!("{line}\n").repeat(*times)).collect()
}

/// A commit of this file and of one that is always there.
fn with_file(fixture: &Fixture, item: Option<(u32, Oid)>, parents: &[Oid], date: i64) -> Oid {
    let mut files = fixture.files(&[("always", "always\n")]);
    files.extend(item.map(|item| (b"f".to_vec(), item)));
    fixture.commit_at(&files, parents, date)
}

/// How a landing of this file is covered, and whether it is what git gives.
fn landed(fixture: &Fixture, sides: [Oid; 2], item: Option<(u32, Oid)>) -> (bool, String) {
    let landed = with_file(fixture, item, &sides, 9_000);
    let tree = fixture.git.find_commit(landed).unwrap().tree_id();
    let answer = ask(fixture.path(), &[format!("{} {}", sides[0], sides[1])]).remove(0);
    let covered = fixture.covered_by_result(sides[0], landed, &sides[1..]);
    (answer.clean && answer.tree == tree, covered.split(':').next().unwrap_or_default().to_string())
}

fn given() -> (bool, String) {
    (true, "replay 1".to_string())
}

fn not_given() -> (bool, String) {
    (false, "residual 1".to_string())
}

/// Base, ours, theirs, and what landed.
fn texts_landed(texts: [&str; 4]) -> (bool, String) {
    let fixture = Fixture::new();
    let item = |text: &str| Some((FILE, fixture.blob(text.as_bytes())));
    let base = with_file(&fixture, item(texts[0]), &[], 1_000);
    let sides = [1, 2].map(|side| with_file(&fixture, item(texts[side]), &[base], 2_000));
    landed(&fixture, sides, item(texts[3]))
}

/// Every common line comes more than 64 times, so git compares by another algorithm.
const RUNS: [&[(&str, usize)]; 3] = [
    &[("white", 83), ("spring", 1)],
    &[("white", 41), ("spring", 1), ("white", 22), ("summer", 28), ("white", 22)],
    &[
        ("white", 24),
        ("zulu", 13),
        ("white", 2),
        ("zulu", 1),
        ("white", 16),
        ("zulu", 21),
        ("white", 17),
        ("spring", 1),
        ("white", 22),
        ("summer", 28),
        ("white", 2),
    ],
];

/// What becomes of them, with a run of five that stands in one of two places.
fn runs_landed(before: usize, behind: usize) -> (bool, String) {
    let [base, ours, theirs] = RUNS.map(runs);
    let base = base.trim_end();
    let landed = runs(&[
        ("white", 24),
        ("zulu", 13),
        ("white", 2),
        ("zulu", 1),
        ("white", 15),
        ("spring", 1),
        ("white", before),
        ("zulu", 21),
        ("white", 17),
        ("spring", 1),
        ("white", behind),
        ("summer", 28),
        ("white", 20),
        ("summer", 28),
        ("white", 2),
    ]);
    texts_landed([base, &ours, &theirs, &landed])
}

#[test]
fn runs_of_more_than_64_equal_lines_that_both_sides_edit() {
    assert_eq!(runs_landed(2, 3), not_given());
    assert_eq!(runs_landed(0, 5), not_given());
}

#[test]
fn runs_of_more_than_64_equal_lines_as_git_merges_them() {
    assert_eq!(runs_landed(1, 4), given());
}

/// Base, ours, theirs and what landed, as runs.
fn equal_lines_landed(texts: [&[(&str, usize)]; 4]) -> (bool, String) {
    let texts = texts.map(runs);
    texts_landed(texts.each_ref().map(String::as_str))
}

/// Another comparison than git's finds edits here that do not touch.
#[test]
fn a_line_that_one_side_takes_out_and_the_other_moves() {
    let base: &[_] = &[("south", 5), ("west", 1), ("south", 2)];
    let ours: &[_] = &[("south", 7)];
    let theirs: &[_] = &[("south", 7), ("west", 1)];
    assert_eq!(equal_lines_landed([base, ours, theirs, theirs]), not_given());
    assert_eq!(equal_lines_landed([base, theirs, ours, theirs]), not_given());
}

#[test]
fn a_line_that_one_side_takes_out_while_the_other_adds_one_elsewhere() {
    let base: &[_] = &[("south", 5), ("west", 1), ("south", 2)];
    let theirs: &[_] = &[("south", 5), ("west", 1), ("south", 2), ("east", 1)];
    let landed: &[_] = &[("south", 7), ("east", 1)];
    assert_eq!(equal_lines_landed([base, &[("south", 7)], theirs, landed]), given());
}

/// git up to version 2.53 finds a conflict here, git since 2.54 does not: what a version of git
/// gives is explained.
#[test]
fn two_insertions_into_a_run_of_equal_lines_are_explained_as_newer_versions_merge_them() {
    let base: &[_] = &[("echo", 8)];
    let ours: &[_] = &[("echo", 1), ("papa", 4), ("echo", 12)];
    let theirs: &[_] = &[("echo", 2), ("sierra", 1), ("echo", 6)];
    let landed: &[_] = &[("echo", 1), ("papa", 4), ("echo", 6), ("sierra", 1), ("echo", 6)];
    assert_eq!(equal_lines_landed([base, ours, theirs, landed]).1, "replay 1");
    let other: &[_] = &[("echo", 1), ("papa", 4), ("echo", 5), ("sierra", 1), ("echo", 7)];
    assert_eq!(equal_lines_landed([base, ours, theirs, other]), not_given());
}

#[test]
fn an_insertion_before_and_one_behind_a_run_of_equal_lines() {
    let base: &[_] = &[("echo", 8)];
    let ours: &[_] = &[("papa", 4), ("echo", 8)];
    let theirs: &[_] = &[("echo", 8), ("sierra", 1)];
    assert_eq!(equal_lines_landed([base, ours, theirs, &[("papa", 4), ("echo", 8), ("sierra", 1)]]), given());
}

/// The same lines in turn: where they were edited is a matter of the comparison.
#[test]
fn lines_that_come_back_in_turn() {
    let base: &[_] = &[("black", 1), ("tango", 5), ("black", 1)];
    let ours: &[_] = &[("black", 1), ("tango", 1), ("black", 1), ("tango", 2), ("black", 1)];
    let theirs: &[_] = &[("black", 1), ("tango", 4), ("black", 2)];
    let landed: &[_] = &[("black", 1), ("tango", 1), ("black", 1), ("tango", 1), ("black", 2)];
    assert_eq!(equal_lines_landed([base, ours, theirs, landed]), not_given());
}

#[test]
fn lines_that_come_back_in_turn_edited_at_either_end() {
    let base: &[_] = &[("black", 1), ("tango", 5), ("black", 1)];
    let ours: &[_] = &[("start", 1), ("black", 1), ("tango", 5), ("black", 1)];
    let theirs: &[_] = &[("black", 1), ("tango", 5), ("black", 2)];
    let landed: &[_] = &[("start", 1), ("black", 1), ("tango", 5), ("black", 2)];
    assert_eq!(equal_lines_landed([base, ours, theirs, landed]), given());
}

/// What each of these commits has at the path: the common root, two merge bases, and the two sides
/// that merge them.
struct Crossed {
    root: Option<(u32, Oid)>,
    bases: [Option<(u32, Oid)>; 2],
    sides: [Option<(u32, Oid)>; 2],
}

impl Crossed {
    fn landed(self, fixture: &Fixture, item: Option<(u32, Oid)>) -> (bool, String) {
        let root = with_file(fixture, self.root, &[], 1_000);
        let one = with_file(fixture, self.bases[0], &[root], 2_000);
        let other = with_file(fixture, self.bases[1], &[root], 2_001);
        let ours = with_file(fixture, self.sides[0], &[one, other], 3_000);
        let theirs = with_file(fixture, self.sides[1], &[other, one], 3_001);
        landed(fixture, [ours, theirs], item)
    }
}

/// Content of one line among others.
fn line(fixture: &Fixture, text: &str) -> Option<(u32, Oid)> {
    Some((FILE, fixture.blob(format!("before\nabove\n{text}\nbelow\nbehind\n").as_bytes())))
}

/// The merge base holds both sides between marks; nobody has that any more, so a change on one side
/// alone is none.
#[test]
fn a_conflict_of_lines_between_merge_bases() {
    let fixture = &Fixture::new();
    let at = |text| line(fixture, text);
    let crossed = |sides| Crossed { root: at("old"), bases: [at("a"), at("b")], sides };
    assert_eq!(crossed([at("a\nb"), at("x")]).landed(fixture, at("x")), not_given());
    assert_eq!(crossed([at("x"), at("a\nb")]).landed(fixture, at("x")), not_given());
    assert_eq!(crossed([at("b\na"), at("x")]).landed(fixture, at("x")), not_given());
}

#[test]
fn a_conflict_of_lines_between_merge_bases_that_both_sides_settled() {
    let fixture = &Fixture::new();
    let at = |text| line(fixture, text);
    let crossed = |sides| Crossed { root: at("old"), bases: [at("a"), at("b")], sides };
    assert_eq!(crossed([at("a"), at("a")]).landed(fixture, at("a")), given());
    let below = Some((FILE, fixture.blob(b"before\nabove\na\nbelow\nanew\n")));
    assert_eq!(crossed([at("a"), below]).landed(fixture, below), given());
}

/// Of what one merge base deleted and the other changed git keeps what was there before.
#[test]
fn a_deletion_against_a_change_between_merge_bases() {
    let fixture = &Fixture::new();
    let at = |text| line(fixture, text);
    let crossed = |sides| Crossed { root: at("old"), bases: [None, at("changed")], sides };
    assert_eq!(crossed([at("changed"), at("x")]).landed(fixture, at("x")), not_given());
    assert_eq!(crossed([at("x"), at("changed")]).landed(fixture, at("x")), not_given());
    assert_eq!(crossed([at("changed"), None]).landed(fixture, None), not_given());
}

#[test]
fn a_deletion_against_a_change_between_merge_bases_that_a_side_took_back() {
    let fixture = &Fixture::new();
    let at = |text| line(fixture, text);
    let crossed = |sides| Crossed { root: at("old"), bases: [None, at("changed")], sides };
    assert_eq!(crossed([at("old"), at("x")]).landed(fixture, at("x")), given());
    assert_eq!(crossed([at("old"), None]).landed(fixture, None), given());
    assert_eq!(crossed([None, None]).landed(fixture, None), given());
}

/// Of files that both merge bases added git keeps both, between marks.
#[test]
fn two_additions_between_merge_bases() {
    let fixture = &Fixture::new();
    let at = |text| line(fixture, text);
    let crossed = |sides| Crossed { root: None, bases: [at("a"), at("b")], sides };
    assert_eq!(crossed([at("a\nb"), at("x")]).landed(fixture, at("x")), not_given());
    assert_eq!(crossed([at("b"), None]).landed(fixture, None), not_given());
}

#[test]
fn two_additions_between_merge_bases_that_both_sides_settled() {
    let fixture = &Fixture::new();
    let at = |text| line(fixture, text);
    let crossed = |sides| Crossed { root: None, bases: [at("a"), at("b")], sides };
    assert_eq!(crossed([at("b"), at("b")]).landed(fixture, at("b")), given());
    let above = Some((FILE, fixture.blob(b"anew\nabove\nb\nbelow\nbehind\n")));
    assert_eq!(crossed([at("b"), above]).landed(fixture, above), given());
}

/// A binary file, a link or a submodule.
fn without_lines(fixture: &Fixture, mode: u32, text: &str) -> Option<(u32, Oid)> {
    let end = if mode == FILE { "\0" } else { "" };
    Some((mode, fixture.blob(format!("{text}{end}").as_bytes())))
}

/// Of binary files, links and submodules git keeps what was there before, and so a side that has
/// that has changed nothing.
#[test]
fn what_has_no_lines_between_merge_bases() {
    let fixture = &Fixture::new();
    for mode in [FILE, LINK, SUBMODULE] {
        let at = |text| without_lines(fixture, mode, text);
        let crossed = |sides| Crossed { root: at("old"), bases: [at("a"), at("b")], sides };
        assert_eq!(crossed([at("a"), at("x")]).landed(fixture, at("x")), not_given());
        assert_eq!(crossed([at("b"), at("x")]).landed(fixture, at("x")), not_given());
        assert_eq!(crossed([at("x"), at("a")]).landed(fixture, at("x")), not_given());
    }
}

#[test]
fn what_has_no_lines_between_merge_bases_and_a_side_took_back() {
    let fixture = &Fixture::new();
    for mode in [FILE, LINK, SUBMODULE] {
        let at = |text| without_lines(fixture, mode, text);
        let crossed = |sides| Crossed { root: at("old"), bases: [at("a"), at("b")], sides };
        assert_eq!(crossed([at("old"), at("x")]).landed(fixture, at("x")), given());
        assert_eq!(crossed([at("x"), at("old")]).landed(fixture, at("x")), given());
    }
}
