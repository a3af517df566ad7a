//! The command line as a newcomer meets it: what it prints, what it says of mistakes, and how it ends.

use assert_cmd::Command;
use portcullis_testkit::history::Edit;
use portcullis_testkit::stage::{POLICY, Stage};
use std::path::Path;

/// The program in a directory, with an environment that says nothing.
fn portcullis(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(directory).args(arguments);
    command
}

/// What it wrote: stdout and stderr.
fn ends(mut command: Command, exit: i32) -> (String, String) {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(exit), "{out}{err}");
    (out, err)
}

/// What a command of a made-up project wrote. Its repository stands at the head of the change.
fn judged(arguments: &[&str], exit: i32) -> (String, String) {
    let stage = stage();
    ends(portcullis(stage.directory(), arguments), exit)
}

fn stage() -> Stage {
    let stage = Stage::honest().unwrap();
    stage.history.branch("change", stage.head()).unwrap();
    stage
}

fn fits(text: &str) {
    let wide: Vec<_> = text.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "wider than 80 columns: {wide:#?}");
}

const CHECK: [&str; 7] = ["check", "--host", "none", "--base", "main", "--head", "change"];

fn check_with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&CHECK[..], more].concat()
}

#[test]
fn the_demo_fits_a_terminal() {
    let (out, _) = ends(portcullis(Path::new("."), &["demo"]), 0);
    assert!(out.contains("allowed       honest-change\n"), "{out}");
    assert!(out.contains("undetermined  hidden-bypass-list\n"), "{out}");
    fits(&out);
    let (_, err) = ends(portcullis(Path::new("."), &["demo", "--show", "self-aproval"]), 2);
    assert_eq!(err, "error: there is no scenario `self-aproval`; did you mean `self-approval`?\n");
}

#[test]
fn help_of_every_command_fits_a_terminal() {
    for command in
        ["check", "facts", "decide", "explain", "policy", "schema", "demo", "completions", "man", "replay"]
    {
        let mut command = portcullis(Path::new("."), &[command, "--help"]);
        command.env("COLUMNS", "80");
        fits(&ends(command, 0).0);
    }
}

#[test]
fn colour_is_as_the_command_line_says_and_otherwise_as_the_environment_does() {
    let shown = ["demo", "--show", "stale-approval"];
    let run = |more: &[&str], variables: &[(&str, &str)]| {
        let mut command = portcullis(Path::new("."), &[&shown[..], more].concat());
        command.envs(variables.iter().copied());
        ends(command, 1).0.contains('\u{1b}')
    };
    assert!(!run(&[], &[]), "no terminal");
    assert!(run(&["--color", "always"], &[]));
    assert!(run(&["--color=always"], &[("NO_COLOR", "1")]));
    assert!(run(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!run(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!run(&["--color", "auto"], &[("NO_COLOR", "1"), ("TERM", "xterm")]));
    // Help and complaints obey, although they are written while the arguments are read.
    let (help, _) = ends(portcullis(Path::new("."), &["check", "--help", "--color", "always"]), 0);
    assert!(help.contains('\u{1b}'));
    let (_, err) = ends(portcullis(Path::new("."), &["--color=always", "demo", "--show", "self-aproval"]), 2);
    assert!(err.starts_with('\u{1b}') && err.contains("error:"), "{err:?}");
    let (_, err) = ends(portcullis(Path::new("."), &["--color", "blue", "demo"]), 2);
    assert!(err.contains("auto, always, never"), "{err}");
}

#[test]
fn text_is_as_wide_as_the_terminal() {
    let widest = |columns: &str| {
        let mut command = portcullis(Path::new("."), &["demo", "--show", "stale-approval"]);
        command.env("COLUMNS", columns);
        ends(command, 1).0.lines().map(|line| line.chars().count()).max().unwrap()
    };
    assert!((41..=60).contains(&widest("60")), "{}", widest("60"));
    assert!((81..=100).contains(&widest("100")), "{}", widest("100"));
    assert!(widest("400") <= 100);
}

#[test]
fn without_a_host_the_rest_is_still_judged() {
    let (out, err) = judged(&CHECK, 3);
    assert!(out.starts_with("undetermined: change (1 commit, 1 file) at "), "{out}");
    assert!(out.contains("unproven  required-reviews: change"), "{out}");
    assert_eq!(err, "");
    fits(&out);
}

#[test]
fn advice_ends_well_in_every_format() {
    for format in ["terminal", "json", "github", "markdown"] {
        let (out, _) = judged(&check_with(&["--format", format, "--advisory"]), 0);
        assert!(out.contains("undetermined") && out.contains("dvisory"), "{format}: {out}");
        judged(&check_with(&["--format", format]), 3);
    }
}

#[test]
fn formats_are_looked_at_before_anything_is_judged() {
    for (formats, said) in [
        (&["--format", "jsn"][..], "there is no format `jsn`; did you mean `json`?"),
        (&["--format", "xml"], "there is no format `xml`; there are codequality, csv, gemara, github, json"),
        (&["--format", "json="], "`--format json=` names no file; write --format json=FILE"),
        (&["--format", "json", "--format", "github"], "only one format can go to stdout"),
        (&["--format", "json=a", "--format", "github=a"], "two formats would be written to a"),
    ] {
        let nowhere = tempfile::tempdir().unwrap();
        let (out, err) = ends(portcullis(nowhere.path(), &check_with(formats)), 2);
        assert!(err.starts_with(&format!("error: {said}")), "{err}");
        assert_eq!(out, "");
    }
}

#[test]
fn what_cannot_be_read_or_written_is_named_and_ends_with_5() {
    for (arguments, said) in [
        (&check_with(&["--format", "json=no/such/place"])[..], "cannot write no/such/place: "),
        (&["facts", "--host", "none", "--base", "nowhere"], "`nowhere` names no commit here"),
        (
            &["decide", "--facts", "none.json", "--policy", "portcullis.toml"],
            "cannot read the facts none.json",
        ),
        (&["-C", "no/such/place", "demo"], "cannot enter the directory no/such/place"),
    ] {
        let stage = stage();
        std::fs::write(stage.directory().join("portcullis.toml"), POLICY).unwrap();
        let (out, err) = ends(portcullis(stage.directory(), arguments), 5);
        assert!(err.starts_with(&format!("error: {said}")), "{err}");
        assert!(!err.contains(".tmp"), "{err}");
        assert_eq!(out, "");
    }
}

#[test]
fn outside_a_repository_it_says_so() {
    let nowhere = tempfile::tempdir().unwrap();
    let (_, err) = ends(portcullis(nowhere.path(), &CHECK), 5);
    assert!(err.contains("there is no git repository") && err.contains("-C DIR"), "{err}");
    let (_, err) = ends(portcullis(nowhere.path(), &["explain", "required-review"]), 5);
    assert!(err.contains("did you mean `required-reviews`?"), "{err}");
}

#[test]
fn every_path_is_meant_from_the_directory_that_was_named() {
    let stage = stage();
    let (elsewhere, here) = (tempfile::tempdir().unwrap(), stage.directory().to_str().unwrap());
    // A policy in the work tree would have to stand at the base.
    let beside = tempfile::tempdir_in(stage.directory().parent().unwrap()).unwrap();
    std::fs::write(beside.path().join("mine.toml"), POLICY).unwrap();
    let mine = format!("../{}/mine.toml", beside.path().file_name().unwrap().to_str().unwrap());
    let run = |arguments: &[&str], exit| {
        ends(portcullis(elsewhere.path(), &[&["-C", here], arguments].concat()), exit)
    };
    let json = check_with(&["--policy", &mine, "--format", "json=decision.json"]);
    run(&json, 3);
    run(&["facts", "--host", "none", "--base", "main", "--head", "change", "-o", "facts.json"], 0);
    run(&["decide", "--facts", "facts.json", "--policy", &mine, "--format", "json=again.json"], 3);
    let read = |name: &str| std::fs::read_to_string(stage.directory().join(name)).unwrap();
    assert!(read("decision.json").contains("\"outcome\": \"undetermined\""));
    assert!(read("again.json").contains("\"outcome\": \"undetermined\""));
}

#[test]
fn a_report_of_a_suite_that_is_not_there_is_pointed_out() {
    let (out, err) = judged(&check_with(&["--report", "upload=report.xml"]), 2);
    assert!(err.contains("--report: the policy has no suite `upload`"), "{err}");
    assert!(err.contains("help: it has upload-regression") && out.is_empty(), "{err}");
}

#[test]
fn a_policy_is_begun_and_checked() {
    let directory = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], exit| ends(portcullis(directory.path(), arguments), exit);
    let (_, err) = run(&["policy", "check"], 4);
    assert!(err.contains("portcullis.toml") && err.contains("`portcullis init` proposes one"), "{err}");
    run(&["policy", "init"], 0);
    let (out, _) = run(&["policy", "check"], 0);
    assert!(out.starts_with("portcullis.toml is valid\n"), "{out}");
    fits(&out);
    let (_, err) = run(&["policy", "init"], 5);
    assert!(err.contains("portcullis.toml exists already"), "{err}");
}

#[test]
fn explain_lists_the_controls_and_knows_each() {
    let (list, _) = ends(portcullis(Path::new("."), &["explain"]), 0);
    fits(&list);
    for name in list.lines().skip(2).filter_map(|line| line.split(' ').next()).filter(|name| !name.is_empty())
    {
        let (out, _) = ends(portcullis(Path::new("."), &["explain", name]), 0);
        assert!(out.contains("What it cannot show\n----"), "{out}");
        fits(&out);
    }
}

#[test]
fn explain_places_files_directories_links_and_paths_to_come() {
    let policy = POLICY.replace("[[people]]", "exclude = [\"services/upload/docs/**\"]\n\n[[people]]");
    let files = [
        Edit::Write("portcullis.toml", &policy),
        Edit::Write("services/upload/load.sql", "INSERT INTO records SELECT 1;\n"),
        Edit::Write("services/upload/docs/a.md", "nominal_id\n"),
        Edit::Write("tools/fix.py", "a = 1\nnominal_id = 2\n"),
        Edit::Link("tools/upload", "../services/upload/load.sql"),
    ];
    let stage = Stage::with(&files).unwrap();
    for (what, said) in [
        ("services/upload/load.sql", "upload: inside, by path `services/upload/**` (line"),
        ("./services/upload/", "services/upload at"),
        ("services/upload", "upload: 1 of them inside by path"),
        ("services/upload/new.sql", "upload: inside, by path"),
        ("services/upload/docs/a.md", "upload: outside, excluded by `services/upload/docs/**`"),
        ("tools/fix.py", "a change to line 2 is inside, by content"),
        ("tools/upload", "upload: inside, since it leads to services/upload/load.sql, by path"),
    ] {
        let (out, _) = ends(portcullis(stage.directory(), &["explain", what, "--at", "main"]), 0);
        assert!(out.contains(said), "{what}: {out}");
        assert!(!out.contains("docs/a.md") || !out.contains("by content"), "{out}");
    }
}

#[test]
fn explain_knows_commits_the_first_one_too() {
    let (out, _) = judged(&["explain", "change", "--at", "change"], 0);
    assert!(out.contains("changes:        1 file\n"), "{out}");
    let (out, _) = judged(&["explain", "main", "--at", "main"], 0);
    assert!(out.contains("- services/upload/load.sql: path `services/upload/**`"), "{out}");
}

#[test]
fn explain_of_nothing_says_what_was_meant() {
    let (_, err) = judged(&["explain", "gate-integrty", "--at", "main"], 2);
    assert!(err.ends_with("help: did you mean the control `gate-integrity`?\n"), "{err}");
    let (_, err) = judged(&["explain", "abcdef1", "--at", "main"], 2);
    assert!(err.contains("`git rev-parse abcdef1`"), "{err}");
}
