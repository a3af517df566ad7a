//! Attacks on coverage, numbered as in the threat list of the project.

use crate::landing::tests::fixture::{Files, Fixture, landing, lines};
use crate::tests::fixture::{EXECUTABLE, FILE, LINK, SUBMODULE};
use git2::Oid;
use portcullis_model::landing::Coverage;

fn main_and_request(fixture: &Fixture) -> [Oid; 3] {
    let root = fixture.edited(&[], &[]);
    let parent = fixture.edited(&[(2, "branch")], &[root]);
    let head = fixture.edited(&[(18, "request")], &[root]);
    [root, parent, head]
}

/// 1
#[test]
fn a_direct_push() {
    let fixture = Fixture::new();
    let [_, parent, _] = main_and_request(&fixture);
    let pushed = fixture.edited(&[(2, "branch"), (7, "pushed"), (8, "")], &[parent]);
    assert_eq!(fixture.covered(parent, pushed, &[]), "residual: -f:7,2 +f:7");
}

/// 8
#[test]
fn a_train_with_one_request_more_than_was_approved() {
    let fixture = Fixture::new();
    let root = fixture.edited(&[], &[]);
    let parent = fixture.edited(&[(2, "branch")], &[root]);
    let (one, two) = (fixture.edited(&[(6, "one")], &[root]), fixture.edited(&[(10, "two")], &[root]));
    let batch = fixture.edited(&[(2, "branch"), (6, "one"), (10, "two"), (15, "slipped in")], &[parent]);
    assert_eq!(fixture.covered(parent, batch, &[one, two]), "residual 1 2: -f:15 +f:15");
    assert_eq!(fixture.covered(parent, batch, &[one]), "residual 1: -f:10 -f:15 +f:10 +f:15");
}

/// 10
#[test]
fn an_approval_on_another_branch() {
    let fixture = Fixture::new();
    let root = fixture.edited(&[], &[]);
    let released = fixture.edited(&[(1, "release")], &[root]);
    let unreleased = fixture.edited(&[(9, "main only")], &[root]);
    let head = fixture.edited(&[(9, "main only"), (18, "fix")], &[unreleased]);
    let picked = fixture.edited(&[(1, "release"), (18, "fix")], &[released]);
    assert_eq!(fixture.covered(released, picked, &[head]), "residual 1: -f:9 +f:9");
}

/// 28
#[test]
fn a_push_after_the_approval() {
    let fixture = Fixture::new();
    let [_, parent, head] = main_and_request(&fixture);
    let late = fixture.edited(&[(18, "request"), (12, "late")], &[head]);
    let merge = fixture.edited(&[(2, "branch"), (18, "request"), (12, "late")], &[parent, late]);
    assert_eq!(fixture.covered(parent, merge, &[head]), "residual 1: -f:12 +f:12");
    assert_eq!(fixture.covered(parent, merge, &[late]), "replay 1");
}

/// 29: approved, swapped, landed, and the head put back. The landing is what counts.
#[test]
fn a_head_that_was_swapped_while_it_landed() {
    let fixture = Fixture::new();
    let [root, parent, head] = main_and_request(&fixture);
    let swapped = fixture.edited(&[(18, "swapped")], &[root]);
    let merge = fixture.edited(&[(2, "branch"), (18, "swapped")], &[parent, swapped]);
    assert_eq!(fixture.covered(parent, merge, &[head]), "residual 1: -f:18 +f:18");
}

/// 30: the merge that a host computed earlier is stale when the branch has moved on.
#[test]
fn a_stale_merge_takes_the_branch_back() {
    let fixture = Fixture::new();
    let [_, parent, head] = main_and_request(&fixture);
    let moved_on = fixture.edited(&[(2, "branch"), (5, "security fix")], &[parent]);
    let stale = fixture.edited(&[(2, "branch"), (18, "request")], &[moved_on, head]);
    assert_eq!(fixture.covered(moved_on, stale, &[head]), "residual 1: -f:5 +f:5");
}

/// 31
#[test]
fn an_approval_that_landed_before_explains_nothing_new() {
    let fixture = Fixture::new();
    let [_, parent, head] = main_and_request(&fixture);
    let merge = fixture.edited(&[(2, "branch"), (18, "request")], &[parent, head]);
    let again = fixture.edited(&[(2, "branch"), (18, "request"), (9, "more")], &[merge, head]);
    assert_eq!(fixture.covered(merge, again, &[head]), "residual 1: -f:9 +f:9");
}

/// 32
#[test]
fn an_old_approved_tree_that_comes_back() {
    let fixture = Fixture::new();
    let root = fixture.edited(&[], &[]);
    let approved = fixture.edited(&[(3, "feature")], &[root]);
    let fixed = fixture.edited(&[(3, "feature"), (11, "security fix")], &[approved]);
    let restored = fixture.edited(&[(3, "feature")], &[fixed]);
    assert_eq!(fixture.covered(fixed, restored, &[approved]), "residual 1: -f:11 +f:11");
    let merged = fixture.edited(&[(3, "feature")], &[fixed, approved]);
    assert_eq!(fixture.covered(fixed, merged, &[approved]), "residual 1: -f:11 +f:11");
}

/// 34: the same patch, put where it means something else.
#[test]
fn the_same_patch_at_another_place() {
    let fixture = Fixture::new();
    let block = |name: &str, check: &str| format!("fn {name}() {{\n    begin\n{check}    end\n}}\n\n");
    let file = |one: &str, two: &str| block("load", one) + &block("purge", two);
    let root = fixture.text(&file("", ""), &[]);
    let parent = fixture.holding(&[("f", &file("", "")), ("g", "g")], &[root]);
    let head = fixture.text(&file("    check\n", ""), &[root]);
    let landed = fixture.holding(&[("f", &file("", "    check\n")), ("g", "g")], &[parent]);
    assert_eq!(fixture.covered(parent, landed, &[head]), "residual 1: -f:3 +f:8");
}

/// 35
#[test]
fn a_conflict_that_was_resolved_by_hand() {
    let fixture = Fixture::new();
    let root = fixture.edited(&[], &[]);
    let parent = fixture.edited(&[(10, "branch"), (2, "apart")], &[root]);
    let head = fixture.edited(&[(10, "request"), (18, "apart too")], &[root]);
    let resolved = |text| {
        let edits = [(2, "apart"), (10, text), (18, "apart too")];
        fixture.covered(parent, fixture.edited(&edits, &[parent, head]), &[head])
    };
    assert_eq!(resolved("by hand"), "residual 1: -f:10,2 +f:10");
    assert_eq!(resolved("branch"), "residual 1: -f:11");
    assert_eq!(resolved("request"), "residual 1: -f:10");
    // Even if a person kept both sides, it was a person.
    assert_eq!(resolved("branch\nrequest"), "residual 1: +f:*");
}

/// 35: changed here, deleted there.
#[test]
fn a_deletion_against_a_change_is_a_decision() {
    let fixture = Fixture::new();
    let root = fixture.holding(&[("f", "1\n"), ("g", "1\n")], &[]);
    let parent = fixture.holding(&[("g", "1\n")], &[root]);
    let head = fixture.holding(&[("f", "2\n"), ("g", "1\n")], &[root]);
    let kept = fixture.holding(&[("f", "2\n"), ("g", "1\n")], &[parent, head]);
    assert_eq!(fixture.covered(parent, kept, &[head]), "residual 1: +f:1");
    let dropped = fixture.holding(&[("g", "1\n")], &[parent, head]);
    assert_eq!(fixture.covered(parent, dropped, &[head]), "residual 1: -f:1");
}

/// 36
#[test]
fn a_squash_with_more_in_it() {
    let fixture = Fixture::new();
    let [_, parent, head] = main_and_request(&fixture);
    let files = [("f", lines(&[(2, "branch"), (18, "request")])), ("extra", "1\n2\n".to_string())];
    let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let squash = fixture.holding(&files, &[parent]);
    assert_eq!(fixture.covered(parent, squash, &[head]), "residual 1: +extra:1,2");
}

/// 37
#[test]
fn an_evil_merge() {
    let fixture = Fixture::new();
    let [_, parent, head] = main_and_request(&fixture);
    let evil = fixture.edited(&[(2, "branch"), (9, "evil"), (18, "request")], &[parent, head]);
    assert_eq!(fixture.covered(parent, evil, &[head]), "residual 1: -f:9 +f:9");
}

/// 38
#[test]
fn a_merge_that_drops_one_side() {
    let fixture = Fixture::new();
    let [_, parent, head] = main_and_request(&fixture);
    let theirs = fixture.edited(&[(18, "request")], &[parent, head]);
    assert_eq!(fixture.covered(parent, theirs, &[head]), "residual 1: -f:2 +f:2");
    let ours = fixture.edited(&[(2, "branch")], &[parent, head]);
    assert_eq!(fixture.covered(parent, ours, &[head]), "residual 1: -f:18 +f:18");
}

/// 38: the request's own merge of the branch lost the branch's fix; later it lands as a
/// fast-forward.
#[test]
fn an_update_that_lost_the_branchs_work() {
    let fixture = Fixture::new();
    let [_, parent, head] = main_and_request(&fixture);
    let lossy = fixture.edited(&[(18, "request")], &[head, parent]);
    let merge = fixture.edited(&[(18, "request")], &[parent, lossy]);
    assert_eq!(fixture.covered(parent, merge, &[head]), "residual 1: -f:2 +f:2");
    assert_eq!(fixture.covered(parent, lossy, &[head]), "residual 1: -f:2 +f:2");
}

/// 39
#[test]
fn unrelated_histories_are_not_covered() {
    let fixture = Fixture::new();
    let parent = fixture.holding(&[("f", "1\n")], &[]);
    let alien = fixture.holding(&[("lib/a", "1\n2\n")], &[]);
    let joined = fixture.holding(&[("f", "1\n"), ("lib/a", "1\n2\n")], &[parent, alien]);
    assert_eq!(fixture.covered(parent, joined, &[alien]), "residual: +lib/a:1,2");
    // A request that itself shows the join covers it.
    assert_eq!(fixture.covered(parent, joined, &[joined]), "identity 1");
}

/// 39
#[test]
fn an_evil_octopus() {
    let fixture = Fixture::new();
    let root = fixture.edited(&[], &[]);
    let heads: Vec<Oid> = [4, 8, 12].iter().map(|at| fixture.edited(&[(*at, "request")], &[root])).collect();
    let parents = [&[root][..], &heads].concat();
    let all = [(4, "request"), (8, "request"), (12, "request")];
    assert_eq!(fixture.covered(root, fixture.edited(&all, &parents), &heads), "train 1 2 3");
    let evil = fixture.edited(&[&all[..], &[(16, "evil")]].concat(), &parents);
    assert_eq!(fixture.covered(root, evil, &heads), "residual 1 2 3: -f:16 +f:16");
}

/// 40, 41: attributes in the request and configuration in the repository do not bend the
/// recomputation.
#[test]
fn merge_drivers_and_attributes_do_nothing() {
    let fixture = Fixture::new();
    let mut config = fixture.git.config().unwrap();
    for (key, value) in [
        ("merge.evil.driver", "cp %B %A"),
        ("merge.renames", "false"),
        ("merge.directoryRenames", "true"),
        ("merge.default", "union"),
        ("diff.algorithm", "patience"),
    ] {
        config.set_str(key, value).unwrap();
    }
    std::fs::create_dir_all(fixture.git.path().join("info")).unwrap();
    std::fs::write(fixture.git.path().join("info/attributes"), "* merge=union\n").unwrap();
    let attributes = (".gitattributes", "* merge=union\n");
    let file = |edits: &[(usize, &str)]| lines(edits);
    let commit = |text: &str, parents: &[Oid]| fixture.holding(&[attributes, ("f", text)], parents);
    let root = commit(&file(&[]), &[]);
    let parent = commit(&file(&[(10, "branch")]), &[root]);
    let head = commit(&file(&[(10, "request")]), &[root]);
    let union = commit(&file(&[(10, "branch\nrequest")]), &[parent, head]);
    assert_eq!(fixture.covered(parent, union, &[head]), "residual 1: +f:*");
}

/// 42
#[test]
fn replace_refs_and_grafts() {
    let fixture = Fixture::new();
    let [_, parent, head] = main_and_request(&fixture);
    let evil = fixture.edited(&[(2, "branch"), (9, "evil"), (18, "request")], &[parent, head]);
    let honest = fixture.edited(&[(2, "branch"), (18, "request")], &[parent, head]);
    fixture.set_ref(&format!("refs/replace/{evil}"), honest);
    assert_eq!(fixture.covered(parent, evil, &[head]), "residual 1: -f:9 +f:9");
    std::fs::create_dir_all(fixture.git.path().join("info")).unwrap();
    std::fs::write(fixture.git.path().join("info/grafts"), format!("{evil} {parent}\n")).unwrap();
    // libgit2 may refuse to open such a repository; if it does not, we refuse to believe it.
    if let Ok(repository) = crate::Repository::open(fixture.path()) {
        repository.prove_landings(&[landing(parent, evil, &[head])], |_, coverage, _| {
            assert!(matches!(coverage, Coverage::Unverifiable(_)), "{coverage:?}");
        });
    }
}

/// 15: what is not here explains nothing, and is no reason to call anything unexplained.
#[test]
fn a_missing_object_makes_it_unverifiable() {
    for missing in 0..4 {
        let fixture = Fixture::new();
        let [root, parent, head] = main_and_request(&fixture);
        let merge = fixture.edited(&[(2, "branch"), (18, "request")], &[parent, head]);
        let blob = fixture.git.find_commit(head).unwrap().tree().unwrap().get_name("f").unwrap().id();
        let tree = fixture.git.find_commit(root).unwrap().tree_id();
        fixture.remove([head, blob, tree, root][missing]);
        assert_eq!(fixture.covered(parent, merge, &[head]), "unverifiable: MissingObject", "{missing}");
    }
}

/// 18: modes, links, submodules and binaries have no lines, and count all the same.
#[test]
fn what_has_no_lines_counts_as_a_whole() {
    let fixture = Fixture::new();
    let file = |mode, id| -> Files { Files::from([(b"f".to_vec(), (mode, id))]) };
    let (text, other) = (fixture.blob(b"target"), fixture.blob(b"x\0y"));
    let parent = fixture.commit(&file(FILE, text), &[]);
    let head = fixture.commit(&fixture.files(&[("f", "target"), ("g", "g\n")]), &[parent]);
    for (mode, id) in [(EXECUTABLE, text), (LINK, text), (FILE, other), (SUBMODULE, parent)] {
        let mut files = file(mode, id);
        files.extend(fixture.files(&[("g", "g\n")]));
        let landed = fixture.commit(&files, &[parent, head]);
        assert_eq!(fixture.covered(parent, landed, &[head]), "residual 1: -f:* +f:*", "{mode:o}");
    }
}

/// Nothing is written into the judged repository, whichever engine is asked.
#[test]
fn the_repository_stays_as_it_is() {
    let fixture = Fixture::new();
    let root = fixture.edited(&[], &[]);
    let parent = fixture.edited(&[(10, "branch"), (2, "apart")], &[root]);
    let head = fixture.edited(&[(10, "request"), (18, "apart too")], &[root]);
    let merge = fixture.edited(&[(2, "apart"), (10, "mine"), (18, "apart too")], &[parent, head]);
    let before = listing(fixture.path());
    assert!(fixture.covered(parent, merge, &[head]).starts_with("residual"));
    assert_eq!(listing(fixture.path()), before);
}

/// Every file with its size and the time of its last change.
fn listing(directory: &std::path::Path) -> Vec<(std::path::PathBuf, u64, std::time::SystemTime)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let (path, data) = entry.map(|entry| (entry.path(), entry.metadata().unwrap())).unwrap();
        if data.is_dir() {
            found.extend(listing(&path));
        }
        found.push((path, data.len(), data.modified().unwrap()));
    }
    found.sort();
    found
}
