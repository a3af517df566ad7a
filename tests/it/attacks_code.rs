//! Attacks through code and git: ways to bring data-processing code past the gate without its seeing it.
//!
//! The numbers are those of a list of ways round such a gate. Each test alters an honest project, runs the real program in a
//! job's environment, and looks at the exit code, the control that speaks and a part of what it says. An honest
//! twin, which the gate lets through, stands beside each attack.

use crate::support::gate::{Verdict, judge, judge_by};
use git2::{FileMode, ObjectType, Oid, Signature, Time, build::TreeUpdateBuilder};
use portcullis_model::check::Check;
use portcullis_testkit::history::Edit;
use portcullis_testkit::stage::{GREEN, KIM, POLICY, REPORT, Stage, revision};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const LOAD: &str = "services/upload/load.sql";
const LOADED: &str = "INSERT INTO records SELECT * FROM staging;\n";
const EVIL: &str = "DELETE FROM records WHERE 1 = 1;\n";
const ONE_IS_TOO_FEW: &str = "rule for every data-processing area";

/// An honest project with another policy.
fn project(policy: &str) -> Stage {
    project_with(policy, &[])
}

fn project_with(policy: &str, more: &[Edit<'_>]) -> Stage {
    let mut files = vec![
        Edit::Write("portcullis.toml", policy),
        Edit::Write(".github/CODEOWNERS", "* @robin-example\n"),
        Edit::Write("docs/guide.md", "How to upload records.\n"),
        Edit::Write(LOAD, LOADED),
        Edit::Write("tests/upload/load_test.sql", "SELECT count(*) FROM records;\n"),
    ];
    files.extend_from_slice(more);
    Stage::with(&files).unwrap()
}

/// A policy whose area has no content patterns.
fn by_path_alone() -> String {
    POLICY.lines().filter(|line| !line.starts_with("content")).map(|line| format!("{line}\n")).collect()
}

/// The change is data-processing code and the gate knows why: one approval is too few, two are enough.
fn assert_inside(form: &str, mut stage: Stage, path: &str) {
    let allowed = judge(&stage);
    assert_eq!(allowed.exit, 0, "{form}, approved by two: {}", allowed.text);
    assert!(allowed.touched().contains(&path), "{form} does not touch {path}: {:?}", allowed.touched());
    stage.world.reviews.truncate(1);
    let verdict = judge(&stage);
    assert_eq!(verdict.exit, 1, "{form}: {}", verdict.text);
    verdict.expect(1, "required-reviews", ONE_IS_TOO_FEW);
}

/// The change is no data-processing code: one approval will do, and no report is needed.
fn assert_outside(form: &str, mut stage: Stage) {
    stage.world.reviews.truncate(1);
    std::fs::remove_file(stage.report_file()).unwrap();
    let verdict = judge(&stage);
    assert_eq!((verdict.exit, verdict.touched()), (0, vec![]), "{form}: {}", verdict.text);
}

fn changed(edits: &[Edit<'_>]) -> Stage {
    let mut stage = Stage::honest().unwrap();
    stage.change(edits).unwrap();
    stage
}

/// Replaces the change by commits on top of each other, each with its edits.
fn series(mut stage: Stage, steps: &[&[Edit<'_>]]) -> Stage {
    stage.commits.clear();
    for edits in steps {
        let id = stage.history.commit(KIM, &[stage.head()], "A step", edits).unwrap();
        stage.commits.push(id);
    }
    stage.honest_world().unwrap();
    stage
}

/// Replaces the change by one commit of a tree that no `Edit` can write.
fn with_tree(mut stage: Stage, tree: Oid) -> Stage {
    let head = {
        let repository = stage.history.repository();
        let by = Signature::new(KIM.0, KIM.1, &Time::new(1_800_009_000, 0)).unwrap();
        let tree = repository.find_tree(tree).unwrap();
        let base = repository.find_commit(stage.base).unwrap();
        repository.commit(None, &by, &by, "By hand", &tree, &[&base]).unwrap()
    };
    stage.commits = vec![head];
    stage.honest_world().unwrap();
    stage
}

fn base_tree(stage: &Stage) -> Oid {
    stage.history.repository().find_commit(stage.base).unwrap().tree_id()
}

fn blob(stage: &Stage, bytes: &[u8]) -> Oid {
    stage.history.repository().blob(bytes).unwrap()
}

/// A change that adds a file whose path is any bytes.
fn with_file_at(path: &[u8]) -> Stage {
    let stage = Stage::honest().unwrap();
    let id = blob(&stage, EVIL.as_bytes());
    let tree = {
        let repository = stage.history.repository();
        let baseline = repository.find_tree(base_tree(&stage)).unwrap();
        let mut update = TreeUpdateBuilder::new();
        update.upsert(path, id, FileMode::Blob);
        update.create_updated(repository, &baseline).unwrap()
    };
    with_tree(stage, tree)
}

/// A change that puts a link in the place of a directory.
fn with_link_over(directory: &str) -> Stage {
    let stage = Stage::honest().unwrap();
    let target = blob(&stage, b"../docs");
    let tree = {
        let repository = stage.history.repository();
        let (mut tree, mut mode) = (target, FileMode::Link);
        for path in Path::new(directory).ancestors().filter(|path| path.file_name().is_some()) {
            let root = repository.find_tree(base_tree(&stage)).unwrap();
            let above = path.parent().filter(|above| above.file_name().is_some());
            let above = above.map(|above| root.get_path(above).unwrap().id());
            let above = above.map_or(root, |id| repository.find_tree(id).unwrap());
            let mut builder = repository.treebuilder(Some(&above)).unwrap();
            builder.insert(path.file_name().unwrap(), tree, mode.into()).unwrap();
            (tree, mode) = (builder.write().unwrap(), FileMode::Tree);
        }
        tree
    };
    with_tree(stage, tree)
}

fn git_file(stage: &Stage, name: &str) -> PathBuf {
    stage.directory().join(".git").join(name)
}

fn write(file: &Path, text: impl AsRef<[u8]>) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

fn object_file(stage: &Stage, id: Oid) -> PathBuf {
    let hex = id.to_string();
    git_file(stage, &format!("objects/{}/{}", &hex[..2], &hex[2..]))
}

fn lose(stage: &Stage, id: Oid) {
    std::fs::remove_file(object_file(stage, id)).unwrap();
}

fn object_at(stage: &Stage, commit: Oid, path: &str) -> Oid {
    let tree = stage.history.repository().find_commit(commit).unwrap().tree().unwrap();
    tree.get_path(Path::new(path)).unwrap().id()
}

/// The change forks off before the tip of `main`.
fn behind() -> (Stage, Oid) {
    let mut stage = Stage::honest().unwrap();
    let fork = stage.base;
    stage.base = stage.history.commit(KIM, &[fork], "On main", &[Edit::Write("docs/b.md", "b\n")]).unwrap();
    stage.honest_world().unwrap();
    (stage, fork)
}

fn remedies(verdict: &Verdict) -> String {
    let findings = verdict.json["findings"].as_array().unwrap();
    findings.iter().filter_map(|finding| finding["remedy"].as_str()).collect::<Vec<_>>().join("\n")
}

// 14: a baseline that makes the range empty or another one.

#[test]
fn attack_14_an_empty_or_foreign_range_proves_nothing() {
    let (mut stage, fork) = behind();
    assert_eq!(judge(&stage).exit, 0);
    let checks = stage.world.checks.clone();
    for other in [stage.base, fork] {
        let head = revision(other).unwrap();
        stage.world.checks.extend(checks.iter().map(|check| Check { head: head.clone(), ..check.clone() }));
    }
    let range = |base: String, head: String| {
        judge_by(&stage, |command| {
            outside_of_a_job(command).args(["--base", &base, "--head", &head]);
        })
    };
    let (base, head) = (stage.base.to_string(), stage.head().to_string());
    range(head.clone(), head.clone()).expect(3, "gate-integrity", "has no commit that");
    range(base.clone(), base.clone()).expect(3, "gate-integrity", "has no commit that");
    range(base.clone(), fork.to_string()).expect(3, "gate-integrity", "has no commit that");
    range(fork.to_string(), head.clone()).expect(3, "gate-integrity", "the change was judged against");
    assert_eq!(range(base, head).exit, 0);
}

/// The same command as a person gives it: within a job only the commit of the job would be judged.
fn outside_of_a_job(command: &mut Command) -> &mut Command {
    for name in ["GITHUB_ACTIONS", "GITHUB_EVENT_PATH", "GITHUB_REPOSITORY"] {
        command.env_remove(name);
    }
    command.args(["--host", "github", "--repository", "example-org/data-upload", "--request", "7"])
}

// 15: what is missing is never taken for "no change".

#[test]
fn attack_15_a_shallow_clone_ends_undetermined_and_says_fetch_depth() {
    let (stage, fork) = behind();
    write(&git_file(&stage, "shallow"), format!("{}\n{}\n", stage.base, stage.head()));
    assert_eq!(judge(&stage).exit, 0, "a file named shallow shortens nothing that is here");
    lose(&stage, fork);
    let verdict = judge(&stage);
    verdict.expect(3, "required-reviews", "which is shallow");
    assert!(remedies(&verdict).contains("fetch-depth: 0"), "{}", verdict.text);
}

#[test]
fn attack_15_a_base_tip_or_head_that_is_not_here_ends_undetermined() {
    for which in ["base", "head"] {
        let stage = Stage::honest().unwrap();
        let id = if which == "base" { stage.base } else { stage.head() };
        lose(&stage, id);
        judge(&stage).expect(3, "gate-integrity", &id.to_string());
        write(&git_file(&stage, "shallow"), "");
        let verdict = judge(&stage);
        verdict.expect(3, "gate-integrity", "which is shallow");
        assert!(remedies(&verdict).contains("fetch-depth: 0"), "{which}: {}", verdict.text);
    }
}

#[test]
fn attack_15_a_missing_damaged_or_swapped_object_is_named() {
    let stage = || changed(&[Edit::Write("tools/cleanup.sql", EVIL), Edit::Write(LOAD, EVIL)]);
    for (what, commit) in [("tools/cleanup.sql", "head"), ("tools", "head"), ("services/upload", "base")] {
        for damage in ["lost", "garbage", "another object"] {
            let stage = stage();
            let id = object_at(&stage, if commit == "head" { stage.head() } else { stage.base }, what);
            let other = std::fs::read(object_file(&stage, object_at(&stage, stage.base, "docs"))).unwrap();
            lose(&stage, id);
            match damage {
                "garbage" => write(&object_file(&stage, id), "garbage"),
                "another object" => write(&object_file(&stage, id), other),
                _ => {}
            }
            let verdict = judge(&stage);
            assert_eq!(verdict.exit, 3, "{what} {damage}: {}", verdict.text);
            verdict.expect(3, "required-reviews", &id.to_string());
        }
    }
    assert_eq!(judge(&stage()).exit, 0);
}

#[test]
fn attack_15_clones_made_by_git_itself() {
    let Ok(version) = Command::new("git").arg("--version").output() else { return };
    assert!(version.status.success());
    let (stage, _) = behind();
    write(&git_file(&stage, "config"), "[core]\nbare = false\n[uploadpack]\nallowFilter = true\n");
    let source = format!("file://{}", stage.directory().display());
    for (arguments, exit, text) in [
        (&["--no-checkout"][..], 0, ""),
        (&["--no-checkout", "--depth=1", "--no-single-branch"], 3, "which is shallow"),
        (&["--no-checkout", "--filter=blob:none"], 3, "which is partial"),
        (&["--no-checkout", "--filter=tree:0"], 3, "which is partial"),
    ] {
        let place = tempfile::tempdir().unwrap();
        let clone = place.path().join("clone");
        let made =
            Command::new("git").arg("clone").args(arguments).arg(&source).arg(&clone).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        write(&clone.join(REPORT), GREEN);
        let verdict = judge_by(&stage, |command| {
            command.current_dir(&clone);
        });
        assert_eq!(verdict.exit, exit, "{arguments:?}: {}", verdict.text);
        assert!(verdict.text.contains(text), "{arguments:?}: {}", verdict.text);
        assert_eq!(exit == 3 && text.contains("shallow"), verdict.text.contains("fetch-depth: 0"));
    }
}

// 17: code that leaves its area.

#[test]
fn attack_17_code_that_moves_counts_under_both_names() {
    let moved = "tools/load.sql";
    let forms: [(&str, &[Edit<'_>], &str); 5] = [
        ("moved out", &[Edit::Remove(LOAD), Edit::Write(moved, LOADED)], LOAD),
        ("moved out and edited", &[Edit::Remove(LOAD), Edit::Write(moved, EVIL)], LOAD),
        ("deleted", &[Edit::Remove(LOAD)], LOAD),
        (
            "moved in",
            &[
                Edit::Remove("docs/guide.md"),
                Edit::Write("services/upload/guide.md", "How to upload records.\n"),
            ],
            "services/upload/guide.md",
        ),
        (
            "copied out with an edit of the original",
            &[Edit::Write(moved, LOADED), Edit::Write(LOAD, EVIL)],
            LOAD,
        ),
    ];
    for (form, edits, path) in forms {
        assert_inside(form, changed(edits), path);
    }
    let twin = [Edit::Remove("docs/guide.md"), Edit::Write("manual/guide.md", "How to upload records.\n")];
    assert_outside("moved elsewhere", changed(&twin));
}

#[test]
fn attack_17_out_edited_and_back_again_counts() {
    let steps: [&[Edit<'_>]; 3] = [
        &[Edit::Remove(LOAD), Edit::Write("tools/load.sql", LOADED)],
        &[Edit::Write("tools/load.sql", EVIL)],
        &[Edit::Remove("tools/load.sql"), Edit::Write(LOAD, EVIL)],
    ];
    assert_inside("out, edited, back", series(Stage::honest().unwrap(), &steps), LOAD);
    // The same over three requests: the first leaves the area and the last enters it; each is stopped by itself.
    assert_inside("the first of three", series(Stage::honest().unwrap(), &steps[..1]), LOAD);
}

#[test]
fn attack_17_a_copy_of_untouched_code_is_known_by_its_content_only() {
    let copy = [Edit::Write("tools/copy.sql", "UPDATE records SET nominal_id = 1;\n")];
    assert_inside("a copy with a telling name in it", changed(&copy), "tools/copy.sql");
    assert_outside("a copy without", changed(&[Edit::Write("tools/copy.sql", LOADED)]));
}

// 18: files that are not what they seem.

#[test]
fn attack_18_links_into_over_and_above_an_area() {
    let forms: [(&str, &[Edit<'_>], &str); 6] = [
        (
            "a link into the area",
            &[Edit::Link("tools/x", "../services/upload/load.sql")],
            "services/upload/load.sql",
        ),
        ("a link to the area", &[Edit::Link("x", "services/upload")], "services/upload"),
        ("a link with detours", &[Edit::Link("tools/x", ".././services//x/../upload/")], "services/upload"),
        ("a link out of the area", &[Edit::Link("services/upload/x", "/etc/passwd")], "services/upload/x"),
        ("in place of a file", &[Edit::Link(LOAD, "../../docs/guide.md")], LOAD),
        ("where a directory above would be", &[Edit::Link("db", "docs")], "db"),
    ];
    for (form, edits, path) in forms {
        assert_inside(form, changed(edits), path);
    }
    assert_inside("in place of the directory", with_link_over("services/upload"), LOAD);
    assert_inside("in place of a directory above", with_link_over("services"), LOAD);
    assert_inside("a link to a directory above", changed(&[Edit::Link("x", "services")]), "services");
    assert_outside("a link elsewhere", changed(&[Edit::Link("tools/x", "../docs/guide.md")]));
    assert_outside("a link outside", changed(&[Edit::Link("tools/x", "/etc/passwd")]));
}

#[test]
fn attack_18_a_link_in_place_of_the_policy_removes_it() {
    let stage = changed(&[Edit::Link("portcullis.toml", "docs/guide.md")]);
    judge(&stage).expect(1, "gate-integrity", "the change removes the policy");
    // As long as somebody else's policy stands at the base, a link is none.
    let linked =
        Stage::with(&[Edit::Write("policy", POLICY), Edit::Link("portcullis.toml", "policy")]).unwrap();
    assert_eq!(judge(&linked).exit, 4);
}

#[test]
fn attack_18_submodules_are_opaque() {
    let at = |n: u8| Oid::from_bytes(&[n; 20]).unwrap();
    let bump = |policy: &str, path: &'static str| {
        let mut stage = project_with(policy, &[Edit::Submodule(path, at(1))]);
        stage.change(&[Edit::Submodule(path, at(2))]).unwrap();
        stage
    };
    let path_alone = by_path_alone();
    for policy in [POLICY, &path_alone] {
        assert_inside("inside", bump(policy, "services/upload/vendor"), "services/upload/vendor");
        assert_inside("in its place", bump(policy, "db/migrations"), "db/migrations");
        assert_inside("above it", bump(policy, "db"), "db");
    }
    assert_inside("outside, with content patterns", bump(POLICY, "vendor/lib"), "vendor/lib");
    assert_outside("outside, by path alone", bump(&path_alone, "vendor/lib"));
    let floating = path_alone.replace("\"db/migrations/**\"", "\"**/*.sql\"");
    assert_inside(
        "a submodule may hold what a floating path names",
        bump(&floating, "vendor/lib"),
        "vendor/lib",
    );
}

#[test]
fn attack_18_pointers_to_large_files_are_opaque() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";
    assert_inside("inside", changed(&[Edit::Write("services/upload/dump", pointer)]), "services/upload/dump");
    assert_inside(
        "outside, with content patterns",
        changed(&[Edit::Write("data/dump", pointer)]),
        "data/dump",
    );
    let mut stage = project(&by_path_alone());
    stage.change(&[Edit::Write("data/dump", pointer)]).unwrap();
    assert_outside("outside, by path alone", stage);
}

#[test]
fn attack_18_a_mode_is_a_change() {
    assert_inside("executable", changed(&[Edit::Executable(LOAD, LOADED)]), LOAD);
    assert_outside(
        "executable outside",
        changed(&[Edit::Executable("docs/guide.md", "How to upload records.\n")]),
    );
}

#[test]
fn attack_18_spellings_of_one_path() {
    for path in [
        "Services/UPLOAD/x.sql",
        "services/up\u{200b}load/x.sql",
        "services/upload\u{feff}/x.sql",
        "\u{17f}ervices/upload/x.sql",
    ] {
        let stage = with_file_at(path.as_bytes());
        let shown = portcullis_model::path::RepoPath::from(path).to_string();
        assert_inside(path, stage, &shown);
    }
    let policy = by_path_alone().replace("db/migrations/**", "db/migr\u{e9}/**");
    let mut stage = project(&policy);
    stage.change(&[Edit::Write("db/migre\u{301}/x.sql", EVIL)]).unwrap();
    assert_inside("decomposed", stage, "db/migre\u{301}/x.sql");
    assert_outside("another directory", with_file_at(b"services/uploads/x.sql"));
}

#[test]
fn attack_18_names_of_any_bytes() {
    let names: [(&[u8], &str); 6] = [
        (b"a\nb.sql", r#""services/upload/a\nb.sql""#),
        (b"a\tb.sql", r#""services/upload/a\tb.sql""#),
        (b"a\"b.sql", r#""services/upload/a\"b.sql""#),
        (b"a\\b.sql", r#""services/upload/a\\b.sql""#),
        (b"\xff\xfe.sql", r#""services/upload/\377\376.sql""#),
        (b"-x; rm -rf .sql", "services/upload/-x; rm -rf .sql"),
    ];
    for (name, shown) in names {
        assert_inside(shown, with_file_at(&[b"services/upload/", name].concat()), shown);
        assert_outside(shown, with_file_at(&[b"docs/", name].concat()));
    }
    // Directories too.
    assert_inside("a directory", with_file_at(b"services/upload/\xff\n/x"), r#""services/upload/\377\n/x""#);
}

#[test]
fn attack_18_trees_that_git_would_not_write_are_not_interpreted() {
    let entry = |mode: &str, name: &str, id: Oid| {
        [mode.as_bytes(), b" ", name.as_bytes(), b"\0", id.as_bytes()].concat()
    };
    let forms: [(&str, &[&str]); 4] = [
        ("a doubled name", &["a", "a"]),
        ("out of order", &["b", "a"]),
        ("dots", &[".."]),
        ("a git directory", &[".GIT"]),
    ];
    for (form, names) in forms {
        let stage = Stage::honest().unwrap();
        let id = blob(&stage, EVIL.as_bytes());
        let data: Vec<u8> = names.iter().flat_map(|name| entry("100644", name, id)).collect();
        let repository = stage.history.repository();
        let inner = repository.odb().unwrap().write(ObjectType::Tree, &data).unwrap();
        let mut root: Vec<u8> = entry("40000", "docs", inner);
        root.extend(entry("100644", "portcullis.toml", object_at(&stage, stage.base, "portcullis.toml")));
        let tree = repository.odb().unwrap().write(ObjectType::Tree, &root).unwrap();
        let verdict = judge(&with_tree(stage, tree));
        assert_eq!(verdict.exit, 3, "{form}: {}", verdict.text);
        verdict.expect(3, "required-reviews", "it holds");
    }
}

// 19 and 40: attributes.

/// A decision without the names of commits, which differ where trees do.
fn anonymous(stage: &Stage, verdict: &Verdict) -> String {
    let (base, head) = (stage.base.to_string(), stage.head().to_string());
    let text = verdict.json.to_string();
    let text = text.replace(&base, "BASE").replace(&head, "HEAD");
    text.replace(&base[..10], "BASE").replace(&head[..10], "HEAD")
}

#[test]
fn attack_19_attributes_in_the_tree_hide_nothing() {
    let judged = |attributes: &str| {
        let mut stage = project_with(POLICY, &[Edit::Write(".gitattributes", attributes)]);
        let evil = "UPDATE records SET nominal_id = 0;\n";
        stage.change(&[Edit::Write(LOAD, EVIL), Edit::Write("tools/generated.sql", evil)]).unwrap();
        stage.world.reviews.truncate(1);
        let verdict = judge(&stage);
        verdict.expect(1, "required-reviews", ONE_IS_TOO_FEW);
        assert_eq!(verdict.touched(), [LOAD, "tools/generated.sql"]);
        anonymous(&stage, &verdict)
    };
    let plain = judged("# nothing\n");
    for attributes in [
        "* linguist-generated\n",
        "* -diff\n",
        "* binary\n",
        "* -text -diff -merge linguist-vendored export-ignore\n",
        "* merge=union\n",
        "* filter=lfs diff=lfs merge=lfs\n",
        "* working-tree-encoding=UTF-16 diff=hide ident\n",
    ] {
        assert_eq!(judged(attributes), plain, "{attributes}");
    }
}

#[test]
fn attack_19_attributes_brought_by_the_change_hide_nothing() {
    let attributes = Edit::Write(".gitattributes", "* binary linguist-generated\n");
    let evil = Edit::Write("tools/x.sql", "UPDATE records SET nominal_id = 0;\n");
    assert_inside("with the code", changed(&[attributes.clone(), evil]), "tools/x.sql");
    // It decides what a checkout of the area holds: see `attacks_transform`.
    assert_inside("alone", changed(&[attributes]), ".gitattributes");
}

#[test]
fn attack_19_attributes_outside_the_tree_hide_nothing() {
    let stage = Stage::honest().unwrap();
    let plain = judge(&stage).json;
    write(&git_file(&stage, "info/attributes"), "* -diff linguist-generated\n");
    assert_eq!(judge(&stage).json, plain);
    let file = git_file(&stage, "attributes");
    write(&file, "* binary\n");
    write(
        &git_file(&stage, "config"),
        format!("[core]\nbare = false\nattributesFile = {}\n", file.display()),
    );
    assert_eq!(judge(&stage).json, plain);
}

// 20: bad code and its revert in one request.

#[test]
fn attack_20_a_bad_commit_and_its_revert() {
    let each =
        POLICY.replace("deployment = [\"main\"]", "deployment = [\"main\"]\nhistory = \"each-commit\"");
    let forms: [(&str, [&[Edit<'_>]; 2], &str); 3] = [
        (
            "put in and taken out",
            [&[Edit::Write(LOAD, EVIL)], &[Edit::Write(LOAD, LOADED), Edit::Write("docs/guide.md", "x\n")]],
            LOAD,
        ),
        (
            "a file that comes and goes",
            [
                &[Edit::Write("services/upload/x", EVIL)],
                &[Edit::Remove("services/upload/x"), Edit::Write("docs/guide.md", "x\n")],
            ],
            "services/upload/x",
        ),
        (
            "known by its content",
            [
                &[Edit::Write("tools/x", "nominal_id\n")],
                &[Edit::Remove("tools/x"), Edit::Write("docs/guide.md", "x\n")],
            ],
            "tools/x",
        ),
    ];
    for (form, steps, path) in forms {
        assert_inside(form, series(project(&each), &steps), path);
        // "net" looks at what would land, as the documentation of the policy says.
        assert_outside(form, series(project(POLICY), &steps));
    }
    let honest: [&[Edit<'_>]; 2] =
        [&[Edit::Write("docs/guide.md", "y\n")], &[Edit::Write("docs/guide.md", "x\n")]];
    assert_outside("harmless steps", series(project(&each), &honest));
}

#[test]
fn attack_20_a_policy_that_is_weakened_for_a_while() {
    let each =
        POLICY.replace("deployment = [\"main\"]", "deployment = [\"main\"]\nhistory = \"each-commit\"");
    let weak = each.replace("minimum = 3", "minimum = 1");
    let steps: [&[Edit<'_>]; 2] = [
        &[Edit::Write("portcullis.toml", &weak)],
        &[Edit::Write("portcullis.toml", &each), Edit::Write("docs/guide.md", "x\n")],
    ];
    let mut stage = series(project(&each), &steps);
    assert_eq!(judge(&stage).exit, 0, "the gate's owner approved it");
    stage.world.reviews.truncate(1);
    judge(&stage).expect(1, "gate-integrity", "the change touches the policy");
}

// 37, 38 and 39: merges inside the request.

/// A request that forks at the honest base, while `main` goes on; it merges `main` with a tree of these edits on top of its own.
fn merging(own: &[Edit<'_>], main: &[Edit<'_>], merge: &[Edit<'_>]) -> Stage {
    let mut stage = Stage::honest().unwrap();
    let fork = stage.base;
    let first = stage.history.commit(KIM, &[fork], "Own work", own).unwrap();
    stage.base = stage.history.commit(KIM, &[fork], "Work on main", main).unwrap();
    let merge = stage.history.commit(KIM, &[first, stage.base], "Merge main", merge).unwrap();
    stage.commits = vec![first, merge];
    stage.honest_world().unwrap();
    stage
}

#[test]
fn attack_37_a_merge_that_adds_bytes_of_its_own() {
    let own = [Edit::Write("docs/guide.md", "x\n")];
    let main = [Edit::Write("docs/b.md", "b\n")];
    let evil = [Edit::Write("docs/b.md", "b\n"), Edit::Write(LOAD, EVIL)];
    assert_inside("an evil merge", merging(&own, &main, &evil), LOAD);
    let content = [Edit::Write("docs/b.md", "b\n"), Edit::Write("tools/x", "nominal_id\n")];
    assert_inside("an evil merge outside the paths", merging(&own, &main, &content), "tools/x");
    assert_outside("an honest merge", merging(&own, &main, &[Edit::Write("docs/b.md", "b\n")]));
}

#[test]
fn attack_38_a_merge_that_drops_the_work_of_main() {
    let own = [Edit::Write("docs/guide.md", "x\n")];
    let fix = [Edit::Write(LOAD, "INSERT INTO records SELECT * FROM staging WHERE valid;\n")];
    assert_inside("ours", merging(&own, &fix, &[]), LOAD);
    assert_outside("honest", merging(&own, &fix, &fix));
}

#[test]
fn attack_39_two_merge_bases_hide_nothing() {
    let mut stage = Stage::honest().unwrap();
    let root = stage.base;
    let edit = |text: &'static str| [Edit::Write("docs/guide.md", text)];
    let left = stage.history.commit(KIM, &[root], "Left", &edit("l\n")).unwrap();
    let right = stage.history.commit(KIM, &[root], "Right", &[Edit::Write(LOAD, EVIL)]).unwrap();
    stage.base = stage.history.commit(KIM, &[left, right], "Main without", &[]).unwrap();
    let head = stage.history.commit(KIM, &[right, left], "Head with", &edit("l\n")).unwrap();
    stage.commits = vec![head];
    stage.honest_world().unwrap();
    // The branch took one side without its content, so nobody can say what was approved (class 91).
    let verdict = judge(&stage);
    verdict.expect(3, "required-reviews", "without its content");
    assert!(verdict.touched().contains(&LOAD), "{:?}", verdict.touched());
}

#[test]
fn attack_39_two_merge_bases_that_both_came_with_their_content_hide_nothing() {
    let mut stage = Stage::honest().unwrap();
    let root = stage.base;
    let edit = |text: &'static str| Edit::Write("docs/guide.md", text);
    let left = stage.history.commit(KIM, &[root], "Left", &[edit("l\n")]).unwrap();
    let right = stage.history.commit(KIM, &[root], "Right", &[Edit::Write(LOAD, "SELECT 1;\n")]).unwrap();
    stage.base =
        stage.history.commit(KIM, &[left, right], "Main", &[Edit::Write(LOAD, "SELECT 1;\n")]).unwrap();
    let both = stage.history.commit(KIM, &[right, left], "Both", &[edit("l\n")]).unwrap();
    let head = stage.history.commit(KIM, &[both], "More", &[Edit::Write(LOAD, EVIL)]).unwrap();
    stage.commits = vec![both, head];
    stage.honest_world().unwrap();
    assert_inside("criss-cross", stage, LOAD);
}

#[test]
fn attack_39_an_unrelated_history_adds_everything() {
    let mut stage = Stage::honest().unwrap();
    let files = [Edit::Write("portcullis.toml", POLICY), Edit::Write(LOAD, EVIL)];
    stage.commits = vec![stage.history.commit(KIM, &[], "From nowhere", &files).unwrap()];
    stage.honest_world().unwrap();
    stage.world.reviews.truncate(1);
    let verdict = judge(&stage);
    verdict.expect(1, "required-reviews", ONE_IS_TOO_FEW);
    assert!(verdict.touched().contains(&LOAD));
}

// 42: what lies around the objects.

/// A form of an attack and how to bring it about.
type Bent = (&'static str, fn(&Stage));

fn with_config(stage: &Stage, text: &str) {
    write(&git_file(stage, "config"), format!("[core]\nrepositoryformatversion = 0\nbare = false\n{text}"));
}

#[test]
fn attack_42_what_lies_around_the_objects_changes_no_byte() {
    let forms: [Bent; 12] = [
        ("a replaced head", |stage| {
            let name = format!("refs/replace/{}", stage.head());
            stage.history.repository().reference(&name, stage.base, true, "x").map(drop).unwrap();
        }),
        ("a replaced blob", |stage| {
            let name = format!("refs/replace/{}", object_at(stage, stage.head(), LOAD));
            let other = object_at(stage, stage.base, LOAD);
            write(&git_file(stage, &name), format!("{other}\n"));
        }),
        ("a blank graft file", |stage| write(&git_file(stage, "info/grafts"), "")),
        ("a shallow file", |stage| write(&git_file(stage, "shallow"), format!("{}\n", stage.head()))),
        ("a forged commit graph", |stage| {
            write(&git_file(stage, "objects/info/commit-graph"), "CGPH\x01\x01\x00\x00")
        }),
        ("a broken pack index", |stage| write(&git_file(stage, "objects/pack/multi-pack-index"), "MIDX")),
        ("an alternate that is not there", |stage| {
            write(&git_file(stage, "objects/info/alternates"), "/nowhere/objects\n")
        }),
        ("branches that moved here", |stage| {
            stage.history.branch("main", stage.head()).unwrap();
            stage.history.branch("batches", stage.base).unwrap();
        }),
        ("settings of diff", |stage| {
            with_config(
                stage,
                "quotepath = true\nfsmonitor = /bin/false\n[diff]\nrenames = false\nexternal = /bin/false\nnoprefix = true\nalgorithm = histogram\n[diff \"sql\"]\ntextconv = /bin/true\n",
            );
        }),
        ("another work tree", |stage| with_config(stage, "worktree = ../docs\n")),
        ("case is ignored", |stage| {
            with_config(
                stage,
                "ignorecase = true\nprecomposeunicode = true\nfilemode = false\nsymlinks = false\n",
            )
        }),
        ("an included file", |stage| {
            with_config(stage, "[include]\npath = more\n");
            write(&git_file(stage, "more"), "[core]\nattributesFile = /nowhere\n");
        }),
    ];
    let plain = judge(&Stage::honest().unwrap());
    assert_eq!(plain.exit, 0);
    for (form, alter) in forms {
        let stage = Stage::honest().unwrap();
        write(&stage.directory().join("docs/x"), "");
        alter(&stage);
        let verdict = judge(&stage);
        assert_eq!(verdict.json.to_string(), plain.json.to_string(), "{form}: {}", verdict.text);
    }
}

#[test]
fn attack_42_replaced_commits_do_not_shorten_a_bad_change() {
    let mut stage = Stage::honest().unwrap();
    stage.world.reviews.truncate(1);
    for target in [stage.head(), object_at(&stage, stage.head(), "services")] {
        let other =
            if target == stage.head() { stage.base } else { object_at(&stage, stage.base, "services") };
        write(&git_file(&stage, &format!("refs/replace/{target}")), format!("{other}\n"));
    }
    judge(&stage).expect(1, "required-reviews", ONE_IS_TOO_FEW);
}

#[test]
fn attack_42_grafts_are_refused() {
    let stage = Stage::honest().unwrap();
    write(&git_file(&stage, "info/grafts"), format!("{} {}\n", stage.head(), stage.base));
    let verdict = judge(&stage);
    verdict.expect(3, "gate-integrity", "info/grafts");
    assert!(remedies(&verdict).contains("Remove the file `info/grafts`"), "{}", verdict.text);
}

#[test]
fn attack_42_an_alternate_gives_objects_and_no_more() {
    let (stage, other) = (Stage::honest().unwrap(), Stage::honest().unwrap());
    let plain = judge(&stage).json;
    lose(&stage, stage.head());
    judge(&stage).expect(3, "gate-integrity", &stage.head().to_string());
    let objects = other.directory().join(".git/objects");
    write(&git_file(&stage, "objects/info/alternates"), format!("{}\n", objects.display()));
    assert_eq!(judge(&stage).json, plain, "the same objects, wherever they lie");
    // What lies under a name and does not have it is not believed, whichever place it lies in.
    let wrong = std::fs::read(object_file(&stage, stage.base)).unwrap();
    write(&object_file(&stage, stage.head()), &wrong);
    assert_eq!(judge(&stage).json, plain);
    lose(&other, other.head());
    write(&object_file(&other, stage.head()), &wrong);
    judge(&stage).expect(3, "gate-integrity", &stage.head().to_string());
}

#[test]
fn attack_42_the_environment_and_the_users_configuration_change_no_byte() {
    let stage = Stage::honest().unwrap();
    let decoy = changed(&[Edit::Write("docs/guide.md", "decoy\n")]);
    let at = |path: &str| decoy.directory().join(path).display().to_string();
    let config = "[diff]\nrenames = copies\n[core]\nworktree = /nowhere\nbare = true\n[include]\npath = /nowhere\n[safe]\ndirectory = /nowhere\n";
    for file in ["home/.gitconfig", "home/.config/git/config", "system"] {
        write(&decoy.directory().join(file), config);
    }
    write(&decoy.directory().join("grafts"), format!("{}\n", stage.head()));
    let variables = [
        ("GIT_DIR", at(".git")),
        ("GIT_COMMON_DIR", at(".git")),
        ("GIT_WORK_TREE", at("")),
        ("GIT_INDEX_FILE", at("index")),
        ("GIT_OBJECT_DIRECTORY", at(".git/objects")),
        ("GIT_ALTERNATE_OBJECT_DIRECTORIES", at(".git/objects")),
        ("GIT_REPLACE_REF_BASE", "refs/heads/".to_string()),
        ("GIT_GRAFT_FILE", at("grafts")),
        ("GIT_SHALLOW_FILE", at("grafts")),
        ("GIT_NAMESPACE", "decoy".to_string()),
        ("GIT_CEILING_DIRECTORIES", stage.directory().display().to_string()),
        ("GIT_DISCOVERY_ACROSS_FILESYSTEM", "0".to_string()),
        ("GIT_CONFIG", at("system")),
        ("GIT_CONFIG_GLOBAL", at("system")),
        ("GIT_CONFIG_SYSTEM", at("system")),
        ("GIT_CONFIG_PARAMETERS", "'core.worktree=/nowhere'".to_string()),
        ("GIT_CONFIG_COUNT", "1".to_string()),
        ("GIT_CONFIG_KEY_0", "core.worktree".to_string()),
        ("GIT_CONFIG_VALUE_0", "/nowhere".to_string()),
        ("GIT_ATTR_SOURCE", decoy.head().to_string()),
        ("GIT_EXTERNAL_DIFF", "/bin/false".to_string()),
        ("GIT_DEFAULT_HASH", "sha256".to_string()),
        ("HOME", at("home")),
        ("XDG_CONFIG_HOME", at("home/.config")),
        ("LC_ALL", "tr_TR.UTF-8".to_string()),
        ("TZ", "Pacific/Kiritimati".to_string()),
    ];
    let plain = judge(&stage);
    assert_eq!(plain.exit, 0, "{}", plain.text);
    for (name, value) in &variables {
        let verdict = judge_by(&stage, |command| {
            command.env(name, value);
        });
        assert_eq!(verdict.json.to_string(), plain.json.to_string(), "{name}: {}", verdict.text);
    }
    let all = judge_by(&stage, |command| {
        command.envs(variables.iter().map(|(name, value)| (name, value)));
    });
    assert_eq!(all.json, plain.json, "{}", all.text);
}

// 84: names that mean two things.

#[test]
fn attack_84_a_name_that_could_mean_two_commits_is_not_guessed() {
    let stage = Stage::honest().unwrap();
    let repository = stage.history.repository();
    let by = |arguments: &[&str]| {
        judge_by(&stage, |command| {
            command.args(arguments);
        })
    };
    assert_eq!(by(&["--base", "main", "--head", "batches"]).exit, 0);
    let tag = |name: &str, target: Oid| {
        repository.reference(&format!("refs/tags/{name}"), target, true, "x").map(drop).unwrap();
    };
    tag("main", stage.base);
    assert_eq!(by(&["--base", "main"]).exit, 0, "one commit under two names");
    tag("main", stage.head());
    let verdict = by(&["--base", "main"]);
    assert_eq!((verdict.exit, &verdict.json), (5, &Value::Null), "{}", verdict.text);
    for part in ["ambiguous", "refs/heads/main", "refs/tags/main", "full name"] {
        assert!(verdict.text.contains(part), "{part}: {}", verdict.text);
    }
    assert_eq!(by(&["--base", "refs/heads/main"]).exit, 0);
    assert_eq!(judge(&stage).exit, 0, "a job's commits come from the host by their full names");
}

#[test]
fn attack_84_a_branch_or_tag_named_like_a_commit() {
    let stage = Stage::honest().unwrap();
    let plain = judge(&stage).json;
    let head = stage.head().to_string();
    for place in ["refs/heads", "refs/tags"] {
        write(&git_file(&stage, &format!("{place}/{head}")), format!("{}\n", stage.base));
        let verdict = judge_by(&stage, |command| {
            command.args(["--head", &head]);
        });
        assert_eq!((verdict.exit, &verdict.json), (5, &Value::Null), "{place}: {}", verdict.text);
        assert!(verdict.text.contains("ambiguous"), "{}", verdict.text);
        assert_eq!(judge(&stage).json, plain, "{place}");
        std::fs::remove_file(git_file(&stage, &format!("{place}/{head}"))).unwrap();
    }
    let verdict = judge_by(&stage, |command| {
        command.args(["--head", &head[..12]]);
    });
    assert_eq!(verdict.exit, 5, "{}", verdict.text);
    assert!(verdict.text.contains("abbreviated"), "{}", verdict.text);
}

#[test]
fn attack_84_annotated_tags_lead_to_their_commit_and_nothing_else_does() {
    let stage = Stage::honest().unwrap();
    let repository = stage.history.repository();
    let by = Signature::new(KIM.0, KIM.1, &Time::new(1_800_009_000, 0)).unwrap();
    let tag = |name: &str, id: Oid| {
        let target = repository.find_object(id, None).unwrap();
        repository.tag(name, &target, &by, "x", true).unwrap()
    };
    tag("nested", tag("annotated", stage.head()));
    tag("tree", base_tree(&stage));
    let at = |name: &str| {
        judge_by(&stage, |command| {
            outside_of_a_job(command).args(["--head", name]);
        })
    };
    for name in ["annotated", "refs/tags/annotated", "nested"] {
        let verdict = at(name);
        assert_eq!(
            (verdict.exit, &verdict.json["judged"]["head"]),
            (0, &Value::String(stage.head().to_string())),
            "{name}: {}",
            verdict.text
        );
    }
    assert_eq!(at("tree").exit, 5);
    // A tag that was moved to another commit is judged as that commit, and not as the request's head.
    tag("annotated", stage.base);
    let verdict = at("annotated");
    assert_eq!(verdict.exit, 1, "{}", verdict.text);
    verdict.expect(1, "required-checks", "wrote no check of this name");
    assert!(verdict.text.contains("has no commit that"), "{}", verdict.text);
}
