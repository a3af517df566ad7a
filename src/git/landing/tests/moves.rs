//! Files that one side moved, and what git leaves to a person then: whatever a person made of it is
//! unexplained. Beside each stands what looks like it and merges.

use crate::landing::tests::fixture::{Files, Fixture, lines};
use crate::landing::tests::oracle::ask;
use crate::tests::fixture::{EXECUTABLE, FILE, LINK, SUBMODULE};
use git2::Oid;

type Texts<'t> = [(&'t str, &'t str)];

/// The branch and the request, both from one base.
struct Merge {
    fixture: Fixture,
    parent: Oid,
    head: Oid,
}

impl Merge {
    fn of(base: &Texts<'_>, ours: &Texts<'_>, theirs: &Texts<'_>) -> Self {
        Merge::of_any(|fixture| [base, ours, theirs].map(|files| fixture.files(files)))
    }

    fn of_any(sides: impl Fn(&Fixture) -> [Files; 3]) -> Self {
        let fixture = Fixture::new();
        let [base, ours, theirs] = sides(&fixture);
        let root = fixture.commit(&base, &[]);
        let (parent, head) = (fixture.commit_at(&ours, &[root], 7), fixture.commit_at(&theirs, &[root], 9));
        Merge { fixture, parent, head }
    }

    fn landed(&self, files: &Texts<'_>) -> String {
        self.landed_any(&self.fixture.files(files))
    }

    /// What git merges to.
    fn landed_any(&self, files: &Files) -> String {
        assert_eq!(self.by_git(), Some(self.fixture.tree(files)), "git gives another tree");
        let landed = self.fixture.commit(files, &[self.parent, self.head]);
        self.fixture.covered(self.parent, landed, &[self.head])
    }

    fn by_git(&self) -> Option<Oid> {
        let question = format!("{} {}", self.parent, self.head);
        ask(self.fixture.path(), &[question])[0].clean_tree()
    }

    /// Whatever a person makes of it, it stays a person's decision; so it does when the sides are
    /// swapped.
    fn is_left_to_a_person(&self, outcomes: &[&Texts<'_>]) {
        assert_eq!(self.by_git(), None, "git merges it");
        self.gives_none_of(outcomes);
    }

    fn gives_none_of(&self, outcomes: &[&Texts<'_>]) {
        for files in outcomes {
            self.is_unexplained(&self.fixture.files(files));
        }
    }

    fn is_unexplained(&self, files: &Files) {
        for (parent, head) in [(self.parent, self.head), (self.head, self.parent)] {
            let landed = self.fixture.commit_at(files, &[parent, head], 11);
            let said = self.fixture.covered(parent, landed, &[head]);
            assert!(said.starts_with("residual 1") || said == "unchanged", "{said}");
        }
    }
}

fn text() -> String {
    lines(&[])
}

fn first() -> String {
    lines(&[(2, "first")])
}

fn last() -> String {
    lines(&[(18, "last")])
}

fn both() -> String {
    lines(&[(2, "first"), (18, "last")])
}

#[test]
fn a_file_that_one_side_moved_and_the_other_deleted() {
    let (f, g) = (("f", &*text()), ("g", &*text()));
    Merge::of(&[f], &[g], &[]).is_left_to_a_person(&[&[g], &[], &[f]]);
}

#[test]
fn a_file_that_one_side_moved_and_the_other_left_alone() {
    let (f, g, new) = (("f", &*text()), ("g", &*text()), ("new", "new\n"));
    assert_eq!(Merge::of(&[f], &[g], &[f, new]).landed(&[g, new]), "replay 1");
    assert_eq!(Merge::of(&[f], &[f, new], &[g]).landed(&[g, new]), "replay 1");
    // Both deleted it, and nothing is like it.
    assert_eq!(Merge::of(&[f, new], &[new], &[("g", "g\n"), new]).landed(&[("g", "g\n"), new]), "replay 1");
}

#[test]
fn a_file_that_one_side_moved_and_edited_and_the_other_deleted() {
    let (f, g, other) = (("f", &*text()), ("d/g", &*first()), ("other", "1\n"));
    Merge::of(&[f, other], &[g, other], &[other]).is_left_to_a_person(&[&[g, other], &[other]]);
}

#[test]
fn a_file_that_both_moved_to_different_places() {
    let (f, one, two) = (("f", &*text()), ("one", &*text()), ("two", &*text()));
    Merge::of(&[f], &[one], &[two]).is_left_to_a_person(&[&[one, two], &[one], &[two], &[f], &[]]);
}

#[test]
fn a_file_that_both_moved_and_edited_to_different_places() {
    let (f, one, two) = (("f", &*text()), ("one", &*first()), ("two", &*last()));
    let (both_one, both_two) = (("one", &*both()), ("two", &*both()));
    let outcomes: [&Texts<'_>; 4] = [&[one, two], &[both_one, both_two], &[both_one], &[two]];
    Merge::of(&[f], &[one], &[two]).is_left_to_a_person(&outcomes);
}

#[test]
fn a_file_that_both_moved_to_one_place_is_merged_there() {
    let (f, one, two, both) = (("f", &*text()), ("g", &*first()), ("g", &*last()), ("g", &*both()));
    let merge = Merge::of(&[f], &[one], &[two]);
    assert_eq!(merge.landed(&[both]), "replay 1");
    merge.gives_none_of(&[&[one], &[two]]);
}

#[test]
fn two_files_that_come_to_one_place() {
    let (f, g) = (("f", &*text()), ("g", "other\nlines\nof\nanother\nfile\n"));
    let (from_f, from_g) = (("t", f.1), ("t", g.1));
    Merge::of(&[f, g], &[from_f, g], &[f, from_g]).is_left_to_a_person(&[&[from_f], &[from_g], &[from_f, g]]);
    // To two places.
    assert_eq!(Merge::of(&[f, g], &[from_f, g], &[f, ("u", g.1)]).landed(&[from_f, ("u", g.1)]), "replay 1");
}

#[test]
fn a_file_that_comes_to_where_the_other_side_added_one() {
    let (f, moved, edited, added) = (("f", &*text()), ("g", &*text()), ("f", &*last()), ("g", "added\n"));
    let outcomes: [&Texts<'_>; 4] = [&[("g", &*last())], &[added], &[moved], &[moved, added]];
    Merge::of(&[f], &[moved], &[edited, added]).is_left_to_a_person(&outcomes[..3]);
    // At another place.
    let (merged, other) = (("g", &*last()), ("h", "added\n"));
    assert_eq!(Merge::of(&[f], &[moved], &[edited, other]).landed(&[merged, other]), "replay 1");
}

#[test]
fn a_directory_that_both_deleted_and_one_moved() {
    let (f, g) = (text(), lines(&[(5, "g"), (9, "g"), (13, "g")]));
    let base = [("d/e/f", &*f), ("d/e/g", &*g), ("other", "1\n")];
    let moved = [("n/f", &*f), ("n/g", &*g), ("other", "1\n")];
    Merge::of(&base, &moved, &[("other", "1\n")]).is_left_to_a_person(&[
        &moved,
        &[("other", "1\n")],
        &moved[..1],
    ]);
    assert_eq!(Merge::of(&base, &moved, &[base[0], base[1]]).landed(&moved[..2]), "replay 1");
}

/// Both sides took the same commit, which deleted a file. One of them has it elsewhere, and the
/// other somewhere else.
#[test]
fn a_file_that_left_a_directory_in_which_both_did_the_same() {
    let (f, kept) = (text(), ("d/kept", "1\n"));
    let base = [("d/f", &*f), kept];
    let (ours, theirs) = ([kept, ("one/x", &*f)], [kept, ("two/y", &*f)]);
    Merge::of(&base, &ours, &theirs).is_left_to_a_person(&[
        &ours,
        &theirs,
        &[kept, ours[1], theirs[1]],
        &[kept],
    ]);
    // Both have it at one place.
    let same = [kept, ours[1], ("new", "1\n")];
    assert_eq!(Merge::of(&base, &ours, &same).landed(&same), "replay 1");
}

#[test]
fn a_file_that_was_added_to_a_directory_that_moved() {
    let (f, g, new) = (text(), lines(&[(5, "g"), (9, "g"), (13, "g")]), ("d/new", "1\n"));
    let (base, moved) = ([("d/f", &*f), ("d/g", &*g)], [("e/f", &*f), ("e/g", &*g)]);
    let theirs = [base[0], base[1], new];
    let outcomes: [&Texts<'_>; 2] = [&[moved[0], moved[1], new], &[moved[0], moved[1], ("e/new", "1\n")]];
    Merge::of(&base, &moved, &theirs).is_left_to_a_person(&outcomes);
    // Added beside it.
    let beside = ("new", "1\n");
    let merge = Merge::of(&base, &moved, &[base[0], base[1], beside]);
    assert_eq!(merge.landed(&[moved[0], moved[1], beside]), "replay 1");
}

#[test]
fn a_file_that_moved_into_a_directory_that_moved() {
    let (f, g, x) = (text(), lines(&[(5, "g"), (9, "g"), (13, "g")]), ("x", "some\nother\nlines\nhere\n"));
    let (base, moved) = ([("d/f", &*f), ("d/g", &*g), x], [("e/f", &*f), ("e/g", &*g), x]);
    let theirs = [base[0], base[1], ("d/x", x.1)];
    let outcomes: [&Texts<'_>; 3] =
        [&[moved[0], moved[1], ("d/x", x.1)], &[moved[0], moved[1], ("e/x", x.1)], &moved];
    Merge::of(&base, &moved, &theirs).is_left_to_a_person(&outcomes);
}

#[test]
fn a_directory_that_went_to_two_places() {
    let (f, g, new) = (text(), lines(&[(5, "g"), (9, "g"), (13, "g")]), ("d/new", "1\n"));
    let (base, split) = ([("d/f", &*f), ("d/g", &*g)], [("e/f", &*f), ("h/g", &*g)]);
    Merge::of(&base, &split, &[base[0], base[1], new]).is_left_to_a_person(&[&[split[0], split[1], new]]);
    // A directory that still has something has not gone.
    let base = [base[0], base[1], ("d/kept", "1\n")];
    let split = [split[0], split[1], base[2]];
    let merge = Merge::of(&base, &split, &[base[0], base[1], base[2], new]);
    assert_eq!(merge.landed(&[split[0], split[1], base[2], new]), "replay 1");
}

#[test]
fn a_file_that_moved_to_where_the_other_side_has_a_directory() {
    let (f, moved) = (("f", &*text()), ("g", &*last()));
    let (edited, below) = (("f", &*first()), ("g/x", "1\n"));
    let merge = Merge::of(&[f], &[moved], &[edited, below]);
    merge.is_left_to_a_person(&[&[("g", &*both())], &[below], &[("h", &*both()), below], &[edited, below]]);
    // The directory is elsewhere.
    let (both, beside) = (("g", &*both()), ("h/x", "1\n"));
    assert_eq!(Merge::of(&[f], &[moved], &[edited, beside]).landed(&[both, beside]), "replay 1");
}

#[test]
fn files_that_swapped_their_names_and_one_that_was_deleted() {
    let (f, g) = (text(), lines(&[(5, "g"), (9, "g"), (13, "g")]));
    let (base, swapped) = ([("f", &*f), ("g", &*g)], [("f", &*g), ("g", &*f)]);
    Merge::of(&base, &swapped, &base[1..]).is_left_to_a_person(&[&swapped[1..], &swapped, &swapped[..1]]);
    let new = [base[0], base[1], ("new", "1\n")];
    assert_eq!(Merge::of(&base, &swapped, &new).landed(&[swapped[0], swapped[1], new[2]]), "replay 1");
}

#[test]
fn a_file_that_moved_and_became_something_else() {
    let of = |kept: u32| {
        Merge::of_any(|fixture| {
            let file =
                |path: &str, mode: u32, text: &str| (path.into(), (mode, fixture.blob(text.as_bytes())));
            let base = Files::from([file("f", FILE, &text())]);
            let moved = Files::from([file("g", FILE, &text())]);
            let target = if kept == LINK { "elsewhere".to_string() } else { last() };
            [base, moved, Files::from([file("f", kept, &target)])]
        })
    };
    let merge = of(LINK);
    assert_eq!(merge.by_git(), None);
    let link = (b"f".to_vec(), (LINK, merge.fixture.blob(b"elsewhere")));
    let moved = (b"g".to_vec(), (FILE, merge.fixture.blob(text().as_bytes())));
    for files in [Files::from([link.clone()]), Files::from([link, moved.clone()]), Files::from([moved])] {
        merge.is_unexplained(&files);
    }
    // Executable is still a file.
    let merge = of(EXECUTABLE);
    let merged = (b"g".to_vec(), (EXECUTABLE, merge.fixture.blob(last().as_bytes())));
    assert_eq!(merge.landed_any(&Files::from([merged])), "replay 1");
}

#[test]
fn a_submodule_that_one_side_moved_and_the_other_deleted() {
    let of = |theirs: Option<Oid>| {
        Merge::of_any(|fixture| {
            let module = |path: &str, id: Oid| (path.into(), (SUBMODULE, id));
            let (one, other) = (fixture.blob(b"one"), (b"f".to_vec(), (FILE, fixture.blob(b"f\n"))));
            let base = Files::from([module("m", one), other.clone()]);
            let moved = Files::from([module("lib/m", one), other.clone()]);
            let theirs = theirs.map(|id| module("m", id)).into_iter().chain([other]);
            [base, moved, theirs.collect()]
        })
    };
    let merge = of(None);
    assert_eq!(merge.by_git(), None);
    let files = |id: Option<Oid>| -> Files {
        let module = id.map(|id| (b"lib/m".to_vec(), (SUBMODULE, id)));
        module.into_iter().chain(merge.fixture.files(&[("f", "f\n")])).collect()
    };
    merge.is_unexplained(&files(None));
    merge.is_unexplained(&files(Some(merge.fixture.blob(b"one"))));
    // The other side has another commit of it.
    let two = merge.fixture.blob(b"two");
    assert_eq!(of(Some(two)).landed_any(&files(Some(two))), "replay 1");
}

/// What counts as moved is what git counts: half of the larger file, to the byte.
#[test]
fn a_file_of_which_half_is_left_has_moved_and_one_of_which_less_is_left_has_not() {
    let moved = |lines: usize| {
        (0..20).map(|n| format!("{} {n:02}\n", if n < lines { "old" } else { "new" })).collect::<String>()
    };
    let (base, half, less) = (moved(20), moved(10), moved(9));
    Merge::of(&[("f", &base)], &[("g", &half)], &[]).is_left_to_a_person(&[&[("g", &half)], &[]]);
    assert_eq!(Merge::of(&[("f", &base)], &[("g", &less)], &[]).landed(&[("g", &less)]), "replay 1");
}

/// An empty file has nothing by which anybody would know it again.
#[test]
fn an_empty_file_never_moves() {
    assert_eq!(Merge::of(&[("f", "")], &[("g", "")], &[]).landed(&[("g", "")]), "replay 1");
    Merge::of(&[("f", "1\n")], &[("g", "1\n")], &[]).is_left_to_a_person(&[&[("g", "1\n")]]);
}

/// git asks where a file belongs that was added to a directory that moved, but not where a whole
/// new directory does.
#[test]
fn a_directory_that_was_added_to_one_that_moved_stays_where_it_is() {
    let (moved, base) =
        ([("lib/f", &*text()), ("lib/g", &*first())], [("src/f", &*text()), ("src/g", &*first())]);
    let added = ("src/sub/new", "1\n");
    let merge = Merge::of(&base, &moved, &[base[0], base[1], added]);
    assert_eq!(merge.landed(&[moved[0], moved[1], added]), "replay 1");
    merge.gives_none_of(&[&[moved[0], moved[1], ("lib/sub/new", "1\n")]]);
}

/// A train, a rebase and an update of a request ask the same question.
#[test]
fn no_way_to_land_makes_anything_else_of_it() {
    let (f, g, other) = (("f", &*text()), ("g", &*text()), ("other", "1\n"));
    let fixture = Fixture::new();
    let root = fixture.holding(&[f], &[]);
    let parent = fixture.holding(&[g], &[root]);
    let (one, two) = (fixture.holding(&[f, other], &[root]), fixture.commit_at(&Files::new(), &[root], 5));
    let train = fixture.holding(&[g, other], &[parent]);
    assert_eq!(fixture.covered(parent, train, &[one]), "replay 1");
    let said = fixture.covered(parent, train, &[one, two]);
    assert_eq!(said, "replay 1");
    let dropped = fixture.holding(&[other], &[parent]);
    assert!(fixture.covered(parent, dropped, &[one, two]).starts_with("residual"));
    // A series of which one commit deletes what the branch moved.
    let deleting = fixture.commit_at(&fixture.files(&[other]), &[one], 6);
    let (landed_one, gone) = (fixture.holding(&[g, other], &[parent]), [other]);
    let landed = fixture.holding(&gone, &[landed_one]);
    assert!(fixture.covered(parent, landed, &[deleting]).starts_with("residual"));
    let update = fixture.holding(&gone, &[deleting, parent]);
    assert_eq!(fixture.change(parent, update).updates.before, []);
}

/// A text of a mebibyte, whose lines stand in no text of another seed.
fn large(seed: u32) -> String {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut line = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        format!("{:05x}\n", state >> 12)
    };
    (0..170_000).map(|_| line()).collect()
}

#[test]
#[ignore = "it compares fifty large files with fifty others, which takes minutes"]
fn files_that_may_have_moved_are_too_many_until_they_move_in_a_request_of_their_own() {
    const FILES: u32 = 50;
    let texts = |from: u32| -> Vec<String> { (from..from + FILES).map(large).collect() };
    let (before, other) = (texts(1), texts(1000));
    let named = |directory: &str, texts: &[String]| -> Vec<(String, String)> {
        texts.iter().enumerate().map(|(at, text)| (format!("{directory}/{at}"), text.clone())).collect()
    };
    let edited: Vec<String> = before.iter().map(|text| format!("{text}more\n")).collect();
    let merged = |ours: &[String], theirs: &[String], landed: &[String]| {
        let sides = [named("f", &before), named("f", ours), named("g", theirs), named("g", landed)];
        let sides: Vec<Vec<(&str, &str)>> =
            sides.iter().map(|side| side.iter().map(|(name, text)| (&**name, &**text)).collect()).collect();
        let merge = Merge::of(&sides[0], &sides[1], &sides[2]);
        let landed = merge.fixture.commit(&merge.fixture.files(&sides[3]), &[merge.parent, merge.head]);
        merge.fixture.covered(merge.parent, landed, &[merge.head])
    };
    // They were moved and written anew in one request.
    assert_eq!(merged(&edited, &other, &other), "unverifiable: Truncated");
    // They move in a request of their own, and main goes on with them.
    assert_eq!(merged(&edited, &before, &edited), "replay 1");
}
