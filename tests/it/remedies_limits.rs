//! Remedies of limits, of machines, and of facts that nobody asked for, followed literally.

use crate::support::checkout::{Checkout, REPORT};
use crate::support::followed::{allowed, git, notes, remedies, says, text};
use crate::support::gate::{Verdict, judge};
use crate::support::people::{honest, robin};
use crate::support::project::{OWNERS, approve_anew, policy, project, review};
use git2::{Oid, Repository, Signature};
use portcullis_model::person::{Account, AccountKind, Login};
use portcullis_model::review::CommitAccounts;
use portcullis_model::review::{Permission, ReviewState, ReviewedContent};
use portcullis_testkit::history::Edit;
use portcullis_testkit::stage::{KIM, Stage, revision};
use portcullis_testkit::world::{Activity, minutes, person};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const LOAD: &str = "services/upload/load.sql";
const GREEN: &str = "<testsuite name='s'><testcase classname='c' name='a'/></testsuite>";
const REVIEWED: &str = "[controls.required-reviews]\napprovals = 1\n";
const SUITE: &str = "[controls.regression-tests.suites.upload]\nminimum = 1\ntests = [\"services/upload/*_test.sql\"]\nreports = [\"out/*.xml\"]\n";
const LINES: &str = "[controls.changed-line-coverage]\nminimum = 100\n[controls.changed-line-coverage.reports.sql]\nfiles = [\"out/*.info\"]\n";

fn portcullis(place: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(place).args(arguments).output().unwrap()
}

/// All gaps of a JSON value that nobody asked about, by what they tell to do.
fn not_asked(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if fields.get("reason").is_some_and(|reason| reason == "not-asked") {
                found.push(fields["remedy"].as_str().unwrap().to_string());
            }
            fields.values().for_each(|value| not_asked(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| not_asked(value, found)),
        _ => {}
    }
}

#[test]
fn what_the_facts_say_that_nobody_asked_for_is_asked_by_the_policy_that_they_name() {
    let gathered = |controls: &str| {
        let checkout = Checkout::with(controls, &[(LOAD, "SELECT 1;\n")]);
        checkout.change(LOAD, "SELECT 2;\n");
        checkout.write(REPORT, GREEN);
        let output =
            portcullis(checkout.path(), &["facts", "--host", "none", "--base", "main", "--head", "change"]);
        let mut found = Vec::new();
        not_asked(&serde_json::from_slice(&output.stdout).unwrap(), &mut found);
        // A host is none of the policy's.
        found.retain(|remedy| !remedy.starts_with("name the host"));
        found
    };
    let (tests, history) = (
        "Name the `tests` of a suite in the policy",
        "Set `history = \"each-commit\"` in the `[branches]` of the policy",
    );
    let (reports, lines) = ("use a policy that asks for them", "use a policy that asks for line coverage");
    let evidence = "Use a policy that asks for it";
    let sorted = |mut list: Vec<String>| {
        list.sort();
        list
    };
    assert_eq!(sorted(gathered(REVIEWED)), [tests, history, evidence, lines, reports].map(String::from));
    // Each is followed.
    assert_eq!(sorted(gathered(&format!("{REVIEWED}{SUITE}"))), [history, evidence, lines].map(String::from));
    let signed = format!("{REVIEWED}{SUITE}trust = \"local\"\n");
    let left = gathered(&signed);
    assert!(!left.iter().any(|remedy| remedy == evidence), "{left:?}");
    let left = gathered(&format!("{REVIEWED}{LINES}"));
    assert!(!left.iter().any(|remedy| remedy == lines), "{left:?}");
    let checkout = Checkout::with(SUITE, &[(LOAD, "SELECT 1;\n")]);
    let policy = fs::read_to_string(checkout.path().join("portcullis.toml")).unwrap();
    checkout
        .write("portcullis.toml", &policy.replace("[branches]\n", "[branches]\nhistory = \"each-commit\"\n"));
    checkout.commit("Each commit");
    checkout.change(LOAD, "SELECT 2;\n");
    let output =
        portcullis(checkout.path(), &["facts", "--host", "none", "--base", "main", "--head", "change"]);
    let mut found = Vec::new();
    not_asked(&serde_json::from_slice(&output.stdout).unwrap(), &mut found);
    assert!(!found.iter().any(|remedy| remedy == history || remedy == tests), "{found:?}");
}

// What is too much for the gate.

/// A tree with this many files whose paths have more than 3,000 bytes each.
fn long_names(repository: &Repository, files: std::ops::Range<usize>) -> Oid {
    let blob = repository.blob(b"SELECT 1;\n").unwrap();
    let mut builder = repository.treebuilder(None).unwrap();
    for number in files {
        builder.insert(format!("{number:07}.sql"), blob, 0o100_644).unwrap();
    }
    let mut tree = builder.write().unwrap();
    for _ in 0..13 {
        let mut builder = repository.treebuilder(None).unwrap();
        builder.insert("d".repeat(250), tree, 0o040_000).unwrap();
        tree = builder.write().unwrap();
    }
    tree
}

/// A commit on a branch that adds a tree to that of `onto`, under a name.
fn adding(repository: &Repository, branch: &str, onto: &str, name: &str, tree: Oid) {
    let parent = repository.revparse_single(onto).unwrap().peel_to_commit().unwrap();
    let mut builder = repository.treebuilder(Some(&parent.tree().unwrap())).unwrap();
    builder.insert(name, tree, 0o040_000).unwrap();
    let tree = repository.find_tree(builder.write().unwrap()).unwrap();
    let kim = Signature::now("Kim Example", "kim@example.test").unwrap();
    let id = repository.commit(None, &kim, &kim, "Add files", &tree, &[&parent]).unwrap();
    repository.reference(&format!("refs/heads/{branch}"), id, true, "test").unwrap();
}

fn between(checkout: &Checkout, base: &str, head: &str) -> Verdict {
    crate::support::followed::judged(checkout.path(), base, head, &[])
}

#[test]
fn a_change_of_too_many_paths_is_split_into_smaller_ones() {
    let checkout = Checkout::with(SUITE, &[]);
    let repository = Repository::open(checkout.path()).unwrap();
    let (whole, half) = (long_names(&repository, 0..44_000), long_names(&repository, 0..22_000));
    adding(&repository, "whole", "main", "tables", whole);
    says(&between(&checkout, "main", "whole"), "Split the change into smaller ones");
    adding(&repository, "first", "main", "tables", half);
    allowed(&between(&checkout, "main", "first"));
    adding(&repository, "second", "first", "tables", whole);
    allowed(&between(&checkout, "first", "second"));
}

#[test]
fn a_change_with_too_many_merge_bases_is_rebased_and_has_one() {
    let checkout = Checkout::with(
        SUITE,
        &[(
            "docs/a.md",
            "1
",
        )],
    );
    let repository = Repository::open(checkout.path()).unwrap();
    let root = repository.head().unwrap().peel_to_commit().unwrap();
    let kim = Signature::now("Kim Example", "kim@example.test").unwrap();
    let commit = |message: &str, parents: &[Oid]| {
        let parents: Vec<_> = parents.iter().map(|id| repository.find_commit(*id).unwrap()).collect();
        let tree = root.tree().unwrap();
        repository.commit(None, &kim, &kim, message, &tree, &parents.iter().collect::<Vec<_>>()).unwrap()
    };
    let bases: Vec<Oid> = (0..130).map(|number| commit(&format!("Base {number}"), &[root.id()])).collect();
    for branch in ["main-2", "criss"] {
        let id = commit(&format!("Merge all into {branch}"), &bases);
        repository.reference(&format!("refs/heads/{branch}"), id, true, "test").unwrap();
    }
    checkout.git(&["checkout", "-q", "-B", "change", "criss"]);
    checkout.write("docs/a.md", "2\n");
    checkout.commit("Change");
    says(
        &between(&checkout, "main-2", "change"),
        "Rebase the change onto its base branch, so that it has one merge base",
    );
    checkout.git(&["rebase", "-q", "main-2"]);
    allowed(&between(&checkout, "main-2", "change"));
}

#[test]
fn a_file_that_is_too_large_to_be_measured_is_made_smaller() {
    let checkout = Checkout::with(LINES, &[(LOAD, "SELECT 1;\n")]);
    checkout.change(LOAD, &"SELECT 2; -- words and more words\n".repeat(2_000_000));
    checkout.write("out/lcov.info", &format!("SF:{LOAD}\nDA:1,1\nend_of_record\n"));
    says(&checkout.judge(&[]), "Make the file smaller");
    checkout.write(LOAD, "SELECT 2;\n");
    checkout.commit("Smaller");
    allowed(&checkout.judge(&[]));
}

#[test]
fn a_report_beyond_the_largest_becomes_several() {
    let checkout = Checkout::with(SUITE, &[(LOAD, "SELECT 1;\n")]);
    checkout.change(LOAD, "SELECT 2;\n");
    checkout.write(REPORT, GREEN);
    fs::File::options().write(true).open(checkout.path().join(REPORT)).unwrap().set_len(3 << 30).unwrap();
    says(&checkout.judge(&[]), "Split the suite into several reports.");
    checkout.write(REPORT, GREEN);
    checkout.write("out/more.xml", &GREEN.replace("'a'", "'b'"));
    allowed(&checkout.judge(&[]));
}

#[test]
fn a_report_whose_names_are_too_long_together_becomes_several() {
    let checkout = Checkout::with(SUITE, &[(LOAD, "SELECT 1;\n")]);
    checkout.change(LOAD, "SELECT 2;\n");
    let report = |tests: std::ops::Range<usize>| {
        let cases: String = tests.map(|number| format!("<testcase name='{number}'/>")).collect();
        format!("<testsuite name='{}'>{cases}</testsuite>", "s".repeat(30_000))
    };
    checkout.write(REPORT, &report(0..10_000));
    let verdict = checkout.judge(&[]);
    assert_ne!(verdict.exit, 0);
    assert!(verdict.text.contains("split the suite into several reports"), "{}", verdict.text);
    checkout.write(REPORT, &report(0..5_000));
    checkout.write("out/more.xml", &report(5_000..10_000));
    allowed(&checkout.judge(&[]));
}

#[test]
fn a_policy_that_is_too_long_says_it_with_fewer_and_wider_patterns() {
    let with = |paths: &str| {
        let checkout = Checkout::with(REVIEWED, &[]);
        let policy = fs::read_to_string(checkout.path().join("portcullis.toml")).unwrap();
        checkout.write("portcullis.toml", &policy.replace("[\"services/upload/**\"]", paths));
        text(&portcullis(checkout.path(), &["policy", "check", "portcullis.toml"]))
    };
    let many: String =
        (0..9000).map(|number| format!("\"services/upload/part-{number:05}/**\",\n")).collect();
    let said = with(&format!("[{many}]"));
    assert!(said.contains("use fewer and wider patterns"), "{said}");
    let said = with("[\"services/upload/part-*/**\"]");
    assert!(said.contains("is valid"), "{said}");
}

#[test]
fn roles_that_share_too_many_people_share_fewer() {
    let stage = |shared: usize| {
        let name = |number: usize| format!("dev-{number:02}");
        let users = |from: usize, to: usize| {
            (from..to).map(|number| format!("\"{}\"", name(number))).collect::<Vec<_>>().join(", ")
        };
        let roles = format!(
            "[controls.required-reviews.data-processing]\napprovals = 14\nroles = [{{ role = \"one\", approvals = 7 }}, \
             {{ role = \"other\", approvals = 8 }}]\n[roles.one]\nusers = [{}]\n[roles.other]\nusers = [{}]\n",
            users(0, 7 + shared / 2),
            users(7 - shared.div_ceil(2), 14),
        );
        let policy = policy("[controls.required-reviews.data-processing]\napprovals = 2\n", &roles);
        let mut stage = project(&policy, OWNERS);
        for number in 0..14 {
            let one = person(&name(number), 100 + number as u64);
            stage.world.permissions.push((one.clone(), Permission::Write));
            review(&mut stage, &one, ReviewState::Approved, 60);
        }
        stage
    };
    says(&judge(&stage(14)), "Give the roles fewer people in common.");
    // One person is missing in any case; with fewer in common that can be told, and is no matter of trials any more.
    says(&judge(&stage(4)), "Ask different people to approve for each role.");
}

#[test]
fn a_head_that_merged_the_base_too_often_is_approved_itself() {
    let mut stage = honest();
    stage.honest_world().unwrap();
    let approved = stage.world.reviews.clone();
    for _ in 0..201 {
        let parents = [stage.head(), stage.base];
        let id = stage.history.commit(KIM, &parents, "Merge branch 'main'", &[]).unwrap();
        stage.commits.push(id);
    }
    stage.honest_world().unwrap();
    stage.world.reviews = approved;
    says(&judge(&stage), "Have the head itself approved");
    let head = stage.world.request.head.clone();
    stage.world.reviews.iter_mut().for_each(|review| review.reviewed = ReviewedContent::Stated(head.clone()));
    allowed(&judge(&stage));
}

#[test]
fn a_run_whose_report_broke_off_is_run_by_the_command_that_records_it() {
    let checkout = Checkout::with(SUITE, &[(LOAD, "SELECT 1;\n")]);
    checkout.write(REPORT, &GREEN[..30]);
    let record = |more: &[&str]| {
        let arguments = ["evidence", "record", "--suite", "upload", "--report", REPORT];
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.env_clear().env("PATH", std::env::var("PATH").unwrap()).current_dir(checkout.path());
        let output = command.args(arguments).args(more).output().unwrap();
        (output.status.code(), text(&output))
    };
    let (code, said) = record(&["--exit-status", "1"]);
    let remedy = "Let this command run the suite, behind `--`, or hand over a report that can be read";
    assert!(code == Some(5) && said.contains(remedy), "{code:?} {said}");
    let breaks_off = format!("mkdir -p out; printf %s \"{}\" > {REPORT}; exit 1", &GREEN[..30]);
    let (code, said) = record(&["-o", "out/run.json", "--", "sh", "-c", &breaks_off]);
    assert!(code == Some(1) && said.contains("recorded"), "{code:?} {said}");
    checkout.write(REPORT, GREEN);
    let (code, said) = record(&["--exit-status", "1"]);
    assert!(code == Some(0) && said.contains("recorded"), "{code:?} {said}");
}

// What the gate runs in.

#[test]
fn rules_of_the_repository_alone_are_emptied_where_there_is_no_place_to_look_without_them() {
    let checkout = Checkout::with(&format!("{SUITE}trust = \"local\"\n"), &[(LOAD, "SELECT 1;\n")]);
    checkout.change(LOAD, "SELECT 2;\n");
    checkout.write(REPORT, GREEN);
    fs::write(checkout.path().join(".git/info/exclude"), "*.tmp\n").unwrap();
    checkout.write("notes.tmp", "beside\n");
    let judged = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.env_clear().env("TMPDIR", "/nowhere/at/all").current_dir(checkout.path());
        command.args(["check", "--host", "none", "--base", "main", "--head", "change", "--format", "json"]);
        Verdict::of(&command.output().unwrap())
    };
    says(&judged(), "Empty `info/exclude` in the directory of git, and unset `core.excludesFile`");
    fs::write(checkout.path().join(".git/info/exclude"), "").unwrap();
    fs::remove_file(checkout.path().join("notes.tmp")).unwrap();
    allowed(&judged());
}

// What people look at.

#[test]
fn what_the_tests_no_longer_test_is_where_the_finding_says() {
    let test = "services/upload/load_test.py";
    let suite = SUITE.replace("*_test.sql", "*_test.py");
    let before = "def test_load():\n    assert load() == 1\n    assert load(2) == 2\n";
    let checkout = Checkout::with(&suite, &[(LOAD, "SELECT 1;\n"), (test, before)]);
    checkout.git(&["checkout", "-q", "-b", "change"]);
    checkout.write(LOAD, "SELECT 2;\n");
    checkout.write(test, "def test_load():\n    assert load() == 1\n");
    checkout.commit("Change");
    checkout.write(REPORT, GREEN);
    let verdict = checkout.judge(&[]);
    allowed(&verdict);
    notes(&verdict, "Check in review what the tests no longer test.");
    let noted = verdict.findings("regression-tests", "noted");
    let details = noted.iter().map(ToString::to_string).collect::<String>();
    assert!(details.contains(test) && details.contains("test_load"), "{details}");
    assert!(checkout.git(&["diff", "main...change", "--", test]).contains("-    assert load(2) == 2"));
}

#[test]
fn who_set_a_machine_to_work_did_not_approve_where_somebody_else_did() {
    let mut stage = Stage::honest().unwrap();
    let bot =
        Account { login: Login::new("github-actions[bot]"), id: 41_898_282.into(), kind: AccountKind::Bot };
    let address = "41898282+github-actions[bot]@users.noreply.github.com";
    let edit = Edit::Write(LOAD, "SELECT 1;\n");
    let head = stage.history.commit(("github-actions[bot]", address), &[stage.base], "x", &[edit]).unwrap();
    stage.commits = vec![head];
    stage.honest_world().unwrap();
    stage.world.request.author = Some(bot.clone());
    stage.world.activity.iter_mut().for_each(|push| push.actor = Some(bot.clone()));
    let accounts = CommitAccounts { author: Some(bot.clone()), committer: Some(bot) };
    stage.world.commits.iter_mut().for_each(|(_, of)| *of = accounts.clone());
    notes(&judge(&stage), "Find out who told the bot to write it, and have another person approve.");
    // It was Robin, whose approval is taken back; Sam approves.
    stage.world.reviews.retain(|review| review.reviewer.as_ref().is_none_or(|one| *one != robin()));
    assert_eq!(judge(&stage).exit, 1);
    stage.world.permissions.push((person("sam-example", 15), Permission::Write));
    review(&mut stage, &person("sam-example", 15), ReviewState::Approved, 60);
    allowed(&judge(&stage));
}

#[test]
fn two_modules_that_name_their_files_alike_write_reports_of_their_own() {
    let (one, other) = ("services/upload/one/load.py", "services/upload/two/load.py");
    let with = |reports: &str| {
        let controls = format!("[controls.changed-line-coverage]\nminimum = 100\n{reports}");
        let checkout = Checkout::with(&controls, &[(one, "a = 1\n"), (other, "b = 1\n")]);
        checkout.change(one, "a = 2\n");
        checkout
    };
    let entry = "SF:load.py\nDA:1,1\nend_of_record\n";
    let mapped = |name: &str, directory: &str| {
        format!(
            "[controls.changed-line-coverage.reports.{name}]\nfiles = [\"out/{name}.info\"]\nadd = \"services/upload/{directory}\"\n"
        )
    };
    let checkout = with("[controls.changed-line-coverage.reports.all]\nfiles = [\"out/all.xml\"]\n");
    let class = "<class filename='load.py'><lines><line number='1' hits='1'/></lines></class>";
    let sources = "<source>services/upload/one</source><source>services/upload/two</source>";
    checkout.write(
        "out/all.xml",
        &format!("<coverage><sources>{sources}</sources><packages><package><classes>{class}</classes></package></packages></coverage>"),
    );
    says(&checkout.judge(&[]), "Have each module write its own report, and map it with `strip` and `add`");
    let checkout = with(&(mapped("one", "one") + &mapped("two", "two")));
    checkout.write("out/one.info", entry);
    checkout.write("out/two.info", &entry.replace("1,1", "1,0"));
    allowed(&checkout.judge(&[]));
}

#[test]
fn a_push_that_nobody_can_look_at_is_fetched_by_the_command_that_is_named() {
    let mut stage = honest();
    stage.push(KIM, &crate::support::people::kim(), &[Edit::Write("docs/guide.md", "More.\n")]).unwrap();
    approve_anew(&mut stage, 70);
    // Robin pushed a commit more, of which nothing is left on the branch, nor in this clone.
    let elsewhere = tempfile::tempdir().unwrap();
    let from = stage.directory().display().to_string();
    assert!(git(elsewhere.path(), &["clone", "-q", "--bare", &from, "origin"]).status.success());
    let origin = elsewhere.path().join("origin");
    let made = git(
        &origin,
        &[
            "commit-tree",
            "-m",
            "Lost",
            "-p",
            &stage.commits[0].to_string(),
            &format!("{}^{{tree}}", stage.commits[0]),
        ],
    );
    let lost: Oid = text(&made).trim().parse().unwrap();
    git(&origin, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let branch = stage.world.request.head_branch.clone().unwrap();
    stage.world.activity.push(Activity {
        branch,
        after: revision(lost).unwrap(),
        actor: Some(robin()),
        at: minutes(20),
    });
    let verdict = judge(&stage);
    says(
        &verdict,
        &format!("Fetch it (`git fetch origin {lost}`), or ask someone who did not push to approve."),
    );
    git(stage.directory(), &["remote", "add", "origin", origin.to_str().unwrap()]);
    let all = remedies(&verdict);
    let named = all.split('`').find(|part| part.starts_with("git fetch")).unwrap();
    let done = Command::new("sh").current_dir(stage.directory()).args(["-c", named]).output().unwrap();
    assert!(done.status.success(), "{}", text(&done));
    allowed(&judge(&stage));
}
