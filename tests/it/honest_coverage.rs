//! Changes in which nothing that could be executed changed: no coverage report names such a file, and none has to. Beside each the changes that
//! only look like it. Real repositories, real reports, the real program.

use crate::support::gate::{Verdict, judge};
use portcullis_testkit::history::Edit;
use portcullis_testkit::stage::{POLICY, Stage};

const CONTROL: &str = "changed-line-coverage";
/// No test has ever run it.
const IDLE: &str = "services/upload/idle.py";
const TEXT: &str = "def idle(rows):\n    first = rows[0]\n    last = rows[-1]\n    return first, last\n";
const OUTSIDE: &str = "lib/outside.py";
const OTHER_KIND: &str = "services/upload/off.txt";

/// The report names a file that did not change, as a suite that never loaded the changed one would write it.
const REPORT: &str = "TN:\nSF:lib/load.py\nDA:1,1\nend_of_record\n";

fn judged(edits: &[Edit<'_>]) -> Verdict {
    let policy = format!(
        "{POLICY}\n[controls.changed-line-coverage]\nminimum = 80\n\n\
         [controls.changed-line-coverage.reports.python]\nfiles = [\"coverage/lcov.info\"]\n"
    );
    let mut stage = Stage::with(&[
        Edit::Write("portcullis.toml", &policy),
        Edit::Write(".github/CODEOWNERS", "* @robin-example\n"),
        Edit::Write("lib/load.py", "load = 1\n"),
        Edit::Write(OUTSIDE, TEXT),
        Edit::Write(OTHER_KIND, TEXT),
        Edit::Write(IDLE, TEXT),
    ])
    .unwrap();
    stage.change(edits).unwrap();
    let file = stage.directory().join("coverage/lcov.info");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, REPORT).unwrap();
    judge(&stage)
}

fn fewer() -> String {
    TEXT.replace("    last = rows[-1]\n", "")
}

#[test]
fn nothing_executable_changed() {
    let (fewer, spaced) = (fewer(), TEXT.replace("    return", "\n\n    return"));
    let commented = TEXT.replace("    return", "    # The first and the last, in this order.\n    return");
    let rows: [(&str, &[Edit<'_>]); 13] = [
        ("its mode", &[Edit::Executable(IDLE, TEXT)]),
        ("its place", &[Edit::Remove(IDLE), Edit::Write("services/upload/batch/idle.py", TEXT)]),
        ("its name", &[Edit::Remove(IDLE), Edit::Write("services/upload/rest.py", TEXT)]),
        ("its name and mode", &[Edit::Remove(IDLE), Edit::Executable("services/upload/rest.py", TEXT)]),
        ("a line that is gone", &[Edit::Write(IDLE, &fewer)]),
        (
            "its place, and a line that is gone",
            &[Edit::Remove(IDLE), Edit::Write("services/upload/rest.py", &fewer)],
        ),
        ("an empty file", &[Edit::Write("services/upload/__init__.py", "")]),
        ("blank lines", &[Edit::Write(IDLE, &spaced)]),
        ("a comment", &[Edit::Write(IDLE, &commented)]),
        (
            "types of TypeScript",
            &[Edit::Write("services/upload/types.ts", "export interface Record {\n  id: number;\n}\n")],
        ),
        (
            "types of Go",
            &[Edit::Write(
                "services/upload/types.go",
                "package upload\n\ntype Record struct {\n\tID int\n}\n",
            )],
        ),
        (
            "an interface of Java",
            &[Edit::Write("services/upload/Load.java", "interface Load {\n  void load();\n}\n")],
        ),
        (
            "a stub of Python",
            &[Edit::Write("services/upload/idle.pyi", "def idle(rows: list) -> tuple: ...\n")],
        ),
    ];
    for (what, edits) in rows {
        eprintln!("-- {what}");
        let verdict = judged(edits);
        assert_eq!(verdict.exit, 0, "{}", verdict.text);
        assert_eq!(verdict.findings(CONTROL, "exempt").len(), 1, "{}", verdict.text);
    }
}

#[test]
fn something_executable_changed_that_only_looks_like_nothing() {
    let more = TEXT.replace("    return", "    rows.clear()\n    return");
    let trick = TEXT.replace("    return", "    \"\"\"\n# \"\"\"; rows.clear()\n    return");
    let coded = format!("# coding: utf-7\n{TEXT}");
    let rows: [(&str, &[Edit<'_>]); 15] = [
        ("a line", &[Edit::Write(IDLE, &more)]),
        ("its mode and a line", &[Edit::Executable(IDLE, &more)]),
        ("its place and a line", &[Edit::Remove(IDLE), Edit::Write("services/upload/rest.py", &more)]),
        (
            "it came from outside of the area",
            &[Edit::Remove(OUTSIDE), Edit::Write("services/upload/outside.py", TEXT)],
        ),
        ("it was no code before", &[Edit::Remove(OTHER_KIND), Edit::Write("services/upload/off.py", TEXT)]),
        (
            "it has no ending any more",
            &[Edit::Remove(OTHER_KIND), Edit::Executable("services/upload/off", TEXT)],
        ),
        ("a copy", &[Edit::Write(IDLE, &more), Edit::Write("services/upload/again.py", TEXT)]),
        ("a comment that ends a string", &[Edit::Write(IDLE, &trick)]),
        ("a comment that says how to read the file", &[Edit::Write(IDLE, &coded)]),
        (
            "an enum of TypeScript",
            &[Edit::Write("services/upload/types.ts", "export enum Record { A = load() }\n")],
        ),
        ("a call after a type", &[Edit::Write("services/upload/types.ts", "type A = B\nload();\n")]),
        ("an import that runs", &[Edit::Write("services/upload/types.ts", "import type from './load';\n")]),
        ("a value of Go", &[Edit::Write("services/upload/types.go", "package upload\n\nvar x = load()\n")]),
        (
            "a method with a body",
            &[Edit::Write(
                "services/upload/Load.java",
                "interface Load {\n  default void load() { x(); }\n}\n",
            )],
        ),
        ("a new file", &[Edit::Write("services/upload/new.py", "load()\n")]),
    ];
    for (what, edits) in rows {
        eprintln!("-- {what}");
        judged(edits).expect(1, CONTROL, "no coverage report names it");
    }
}
