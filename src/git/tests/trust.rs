//! Nothing that lies beside the objects bends what they say.

use crate::Repository;
use crate::tests::fixture::{Fixture, ids, known, name, names, paths};
use git2::Oid;
use portcullis_model::fact::GapReason;
use portcullis_model::inquiry::Inquiry;
use portcullis_model::path::RepoPath;

/// Three commits in a row, of which each adds a line.
fn three() -> (Fixture, [Oid; 3]) {
    let fixture = Fixture::new();
    let one = fixture.text("1\n", &[]);
    let two = fixture.text("1\n2\n", &[one]);
    let three = fixture.text("1\n2\n3\n", &[two]);
    (fixture, [one, two, three])
}

fn put(fixture: &Fixture, file: &str, text: &str) {
    let path = fixture.git.path().join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn grafts_are_refused_and_named() {
    let (fixture, [one, _, three]) = three();
    put(&fixture, "info/grafts", &format!("{three} {one}\n"));
    let gap = fixture.gap(one, three);
    assert_eq!(gap.reason, GapReason::Untrusted);
    assert!(gap.detail.contains("info/grafts") && gap.remedy.contains("info/grafts"));
    assert_eq!(fixture.open().file_at(&name(three), &"f".into()).unwrap_err().reason, GapReason::Untrusted);
    assert_eq!(fixture.open().paths_at(&name(three)).unwrap_err().reason, GapReason::Untrusted);
    put(&fixture, "info/grafts", "neither grafts nor nothing\n");
    assert!(Repository::open(fixture.path()).err().unwrap().to_string().contains("info/grafts"));
    put(&fixture, "info/grafts", "");
    assert_eq!(fixture.change(one, three).commits.len(), 2);
}

#[test]
fn replace_refs_have_no_effect() {
    let (fixture, [one, two, three]) = three();
    let decoy = fixture.text("1\n2\n3\n", &[one]);
    fixture.set_ref(&format!("refs/replace/{three}"), decoy);
    fixture.set_ref(&format!("refs/replace/{two}"), one);
    assert_eq!(ids(&fixture.change(one, three)), names(&[two, three]));
}

#[test]
fn a_shallow_clone_is_a_gap_only_where_history_is_missing() {
    let (fixture, [one, two, three]) = three();
    put(&fixture, "shallow", &format!("{two}\n"));
    fixture.remove(one);
    assert_eq!(ids(&fixture.change(two, three)), names(&[three]));
    let side = fixture.text("side", &[two]);
    assert_eq!(fixture.change(side, three).merge_bases, names(&[two]));
    let unrelated = fixture.text("other", &[]);
    let gap = fixture.gap(unrelated, three);
    assert_eq!(gap.reason, GapReason::MissingObject);
    assert!(gap.detail.contains("shallow") && gap.remedy.contains("fetch-depth: 0"), "{gap:?}");
    assert_eq!(fixture.gap(one, three).reason, GapReason::MissingObject);
}

#[test]
fn a_shallow_file_shortens_nothing_that_is_here() {
    let (fixture, [one, two, three]) = three();
    put(&fixture, "shallow", &format!("{two}\n"));
    assert_eq!(ids(&fixture.change(one, three)), names(&[two, three]));
}

#[test]
fn damaged_and_missing_objects_are_gaps() {
    for damage in [true, false] {
        let (fixture, [one, two, three]) = three();
        fixture.remove(two);
        if damage {
            std::fs::copy(fixture.object_file(one), fixture.object_file(two)).unwrap();
        }
        let gap = fixture.gap(one, three);
        assert_eq!(gap.reason, GapReason::MissingObject);
        assert_eq!(gap.detail.contains("damaged"), damage, "{gap:?}");
        assert!(gap.what.contains(&two.to_string()));
    }
}

/// The commits, then their trees, then the blobs of `f`.
fn three_of_each_kind(fixture: &Fixture, commits: [Oid; 3]) -> [[Oid; 3]; 3] {
    let trees = commits.map(|id| fixture.git.find_commit(id).unwrap().tree_id());
    let blobs = trees.map(|id| fixture.git.find_tree(id).unwrap().get_name("f").unwrap().id());
    [commits, trees, blobs]
}

fn is_damaged(fixture: &Fixture, commit: Oid, object: Oid) {
    let gap = fixture.open().file_at(&name(commit), &"f".into()).unwrap_err();
    assert_eq!(gap.reason, GapReason::MissingObject);
    assert!(gap.detail.contains("damaged") && gap.what.contains(&object.to_string()), "{gap:?}");
}

#[test]
fn a_loose_object_of_any_kind_holds_what_its_name_says() {
    for kind in 0..3 {
        let (fixture, commits) = three();
        let [one, two, _] = three_of_each_kind(&fixture, commits)[kind];
        fixture.remove(two);
        std::fs::copy(fixture.object_file(one), fixture.object_file(two)).unwrap();
        is_damaged(&fixture, commits[1], two);
    }
}

#[test]
fn a_packed_object_of_any_kind_holds_what_its_name_says() {
    for kind in 0..3 {
        let (fixture, commits) = three();
        let [one, two, _] = three_of_each_kind(&fixture, commits)[kind];
        let index = pack(&fixture, &commits);
        assert!(fixture.open().file_at(&name(commits[1]), &"f".into()).is_ok());
        exchange(&index, one, two);
        is_damaged(&fixture, commits[1], two);
    }
}

/// Moves everything into one pack; the place of its index.
fn pack(fixture: &Fixture, commits: &[Oid; 3]) -> std::path::PathBuf {
    let mut builder = fixture.git.packbuilder().unwrap();
    commits.iter().for_each(|id| builder.insert_commit(*id).unwrap());
    let place = fixture.git.path().join("objects/pack");
    builder.write(&place, 0).unwrap();
    three_of_each_kind(fixture, *commits).as_flattened().iter().for_each(|id| fixture.remove(*id));
    place.join(format!("pack-{}.idx", builder.name().unwrap().unwrap()))
}

/// Lets each of two names of a pack index (gitformat-pack(5), version 2) lead to the object of the
/// other.
fn exchange(index: &std::path::Path, one: Oid, two: Oid) {
    const NAMES: usize = 8 + 256 * 4;
    let mut bytes = std::fs::read(index).unwrap();
    let count = u32::from_be_bytes(bytes[NAMES - 4..NAMES].try_into().unwrap()) as usize;
    let names: Vec<&[u8]> = bytes[NAMES..].chunks(20).take(count).collect();
    let place = |id: Oid| names.iter().position(|name| *name == id.as_bytes()).unwrap();
    let [one, two] = [one, two].map(|id| NAMES + count * 24 + place(id) * 4);
    (0..4).for_each(|at| bytes.swap(one + at, two + at));
    let mut permissions = std::fs::metadata(index).unwrap().permissions();
    #[allow(clippy::permissions_set_readonly_false, reason = "a file of a test")]
    permissions.set_readonly(false);
    std::fs::set_permissions(index, permissions).unwrap();
    std::fs::write(index, bytes).unwrap();
}

#[test]
fn a_commit_that_is_none_is_a_gap() {
    let (fixture, [one, _, three]) = three();
    let tree = fixture.git.find_commit(three).unwrap().tree_id();
    let bad = fixture.raw_commit(tree, &[three], "author R <r@example.test> 1 +0000\n", "m");
    assert_eq!(fixture.gap(one, bad).reason, GapReason::Malformed);
    assert_eq!(fixture.gap(one, fixture.blob(b"x")).reason, GapReason::Malformed);
}

#[test]
fn partial_clones_open_and_name_what_is_missing() {
    let (fixture, [one, _, three]) = three();
    put(
        &fixture,
        "config",
        "[core]\n\trepositoryformatversion = 1\n\tbare = false\n[extensions]\n\tpartialClone = origin\n",
    );
    let blob = fixture.blob(b"1\n2\n3\n");
    fixture.remove(blob);
    let repository = fixture.open();
    let change = known(repository.change(&name(one), &name(three), &crate::tests::fixture::asking(&["x"])));
    let gap = change.files[0].content.known().unwrap_err();
    assert_eq!(gap.reason, GapReason::MissingObject);
    assert!(gap.detail.contains("partial") && gap.remedy.contains("--filter"), "{gap:?}");
    assert!(repository.file_at(&name(three), &"f".into()).is_err());
    assert_eq!(paths(&fixture.change(one, three).files), ["f"]);
}

#[test]
fn formats_that_we_cannot_read_are_said_on_opening() {
    for extension in ["refStorage = reftable", "objectFormat = sha256", "unheardOf = true"] {
        let (fixture, _) = three();
        let text = format!("[core]\n\trepositoryformatversion = 1\n[extensions]\n\t{extension}\n");
        put(&fixture, "config", &text);
        let error = Repository::open(fixture.path()).err().unwrap().to_string();
        assert!(error.contains("format") && error.contains("sha1"), "{extension}: {error}");
    }
    let empty = tempfile::TempDir::new().unwrap();
    let error = Repository::open(empty.path()).err().unwrap().to_string();
    assert!(error.contains("no git repository"), "{error}");
}

#[test]
fn configuration_of_the_repository_does_not_lead_elsewhere() {
    let (fixture, [one, two, three]) = three();
    put(
        &fixture,
        "config",
        "[core]\n\trepositoryformatversion = 0\n\tworktree = /\n\tfsmonitor = /bin/false\n",
    );
    put(&fixture, "info/attributes", "* -diff linguist-generated binary\n");
    assert_eq!(ids(&fixture.change(one, three)), names(&[two, three]));
    let inside = fixture.path().join("a/b");
    std::fs::create_dir_all(&inside).unwrap();
    assert!(Repository::open(&inside).unwrap().has_commit(&name(one)));
}

#[test]
fn nothing_is_written() {
    let (fixture, [one, _, three]) = three();
    let listing = || {
        let mut found = Vec::new();
        let mut open = vec![fixture.path().to_path_buf()];
        while let Some(directory) = open.pop() {
            for entry in std::fs::read_dir(directory).unwrap().flatten() {
                found.push((entry.path(), entry.metadata().unwrap().modified().unwrap()));
                if entry.path().is_dir() {
                    open.push(entry.path());
                }
            }
        }
        found.sort();
        found
    };
    let before = listing();
    let repository = fixture.open();
    let inquiry = Inquiry { each_commit: true, ..crate::tests::fixture::asking(&["1"]) };
    known(repository.change(&name(one), &name(three), &inquiry));
    assert!(repository.paths_at(&name(three)).is_ok());
    assert_eq!(before, listing());
}

#[test]
fn files_are_read_by_their_whole_path() {
    let fixture = Fixture::new();
    let mut files = fixture.files(&[("a/b/f", "text"), ("a/g", "x")]);
    files.insert(b"a/link".to_vec(), (super::fixture::LINK, fixture.blob(b"g")));
    files.insert(b"a/\xff\n".to_vec(), (super::fixture::EXECUTABLE, fixture.blob(b"odd")));
    let at = name(fixture.commit(&files, &[]));
    let repository = fixture.open();
    let read = |path: &[u8]| repository.file_at(&at, &RepoPath::new(path)).unwrap();
    assert_eq!(read(b"a/b/f").as_deref(), Some(b"text".as_slice()));
    assert_eq!(read(b"a/\xff\n").as_deref(), Some(b"odd".as_slice()));
    for none in ["a", "a/b", "a/link", "a/g/x", "A/g", "", "a/", "/a/g", "a/../a/g", "a//g"] {
        assert_eq!(read(none.as_bytes()), None, "{none}");
    }
    let paths = repository.paths_at(&at).unwrap();
    assert_eq!(paths.len(), 4);
    assert!(paths.is_sorted());
}

#[test]
fn nobodys_configuration_is_read() {
    crate::neutralise().unwrap();
    assert!(git2::Config::find_system().is_err());
    assert!(git2::Config::find_global().is_err());
    assert!(git2::Config::find_xdg().is_err());
}

#[test]
fn a_linked_work_tree_has_the_history_and_the_grafts_of_its_repository() {
    let (fixture, [one, two, three]) = three();
    fixture.set_ref("refs/heads/main", three);
    std::fs::write(fixture.git.path().join("HEAD"), "ref: refs/heads/main\n").unwrap();
    let elsewhere = tempfile::TempDir::new().unwrap();
    let linked = elsewhere.path().join("linked");
    fixture.git.worktree("linked", &linked, None).unwrap();
    let look = || Repository::open(&linked).unwrap().change(&name(one), &name(three), &Inquiry::default());
    assert_eq!(ids(&known(look())), names(&[two, three]));
    assert_eq!(Repository::open(&linked).unwrap().resolve("HEAD").unwrap(), name(three));
    put(&fixture, "info/grafts", &format!("{three} {one}\n"));
    assert_eq!(look().known().unwrap_err().reason, GapReason::Untrusted);
}

#[test]
fn another_object_directory_cannot_lend_false_objects() {
    let (fixture, [one, two, three]) = three();
    let lender = tempfile::TempDir::new().unwrap();
    let hex = two.to_string();
    let place = lender.path().join(&hex[..2]).join(&hex[2..]);
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::fs::copy(fixture.object_file(one), place).unwrap();
    fixture.remove(two);
    put(&fixture, "objects/info/alternates", &format!("{}\n", lender.path().display()));
    let gap = fixture.gap(one, three);
    assert!(gap.detail.contains("damaged"), "{gap:?}");
}
