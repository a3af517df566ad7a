//! Changes that only look as if nothing executable had changed, so that no coverage report has to name the file: text that becomes code because
//! what stands around it goes, lines that a reader of the file takes for more than nothing, and names by which a tool finds what it runs.
//! Beside each the honest change that it looks like.

use crate::support::gate::{Verdict, judge};
use portcullis_testkit::history::Edit;
use portcullis_testkit::stage::{POLICY, Stage};

const CONTROL: &str = "changed-line-coverage";

/// A report that names none of the files; or one that does, and says that their lines never ran.
fn judged(before: &[(&str, &str)], edits: &[Edit<'_>], report: &str) -> Verdict {
    let policy = format!(
        "{POLICY}\n[controls.changed-line-coverage]\nminimum = 80\n\n\
         [controls.changed-line-coverage.reports.python]\nfiles = [\"coverage/lcov.info\"]\n"
    );
    let mut edited = vec![
        Edit::Write("portcullis.toml", &policy),
        Edit::Write(".github/CODEOWNERS", "* @robin-example\n"),
        Edit::Write("lib/load.py", "load = 1\n"),
    ];
    edited.extend(before.iter().map(|(path, text)| Edit::Write(path, text)));
    let mut stage = Stage::with(&edited).unwrap();
    stage.change(edits).unwrap();
    let file = stage.directory().join("coverage/lcov.info");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, report).unwrap();
    judge(&stage)
}

const REPORT: &str = "TN:\nSF:lib/load.py\nDA:1,1\nend_of_record\n";

/// What, the name below the area, the text before and after.
type Row<'a> = (&'a str, &'a str, &'a str, &'a str);

fn edited(row: &Row<'_>) -> Verdict {
    eprintln!("-- {}", row.0);
    let path = format!("services/upload/{}", row.1);
    judged(&[(&path, row.2)], &[Edit::Write(&path, row.3)], REPORT)
}

fn moved(from: &str, to: &str) -> Verdict {
    eprintln!("-- {from} to {to}");
    let (from, to) = (format!("services/upload/{from}"), format!("services/upload/{to}"));
    let text = "first = 1\nsecond = 2\nthird = 3\nfourth = 4\n";
    judged(&[(&from, text)], &[Edit::Remove(&from), Edit::Write(&to, text)], REPORT)
}

fn all_stop(rows: &[Row<'_>]) {
    let through: Vec<&str> = rows.iter().filter(|row| edited(row).exit == 0).map(|row| row.0).collect();
    assert!(through.is_empty(), "{through:#?} got through");
}

fn all_pass(rows: &[Row<'_>]) {
    let stopped: Vec<&str> = rows.iter().filter(|row| edited(row).exit != 0).map(|row| row.0).collect();
    assert!(stopped.is_empty(), "{stopped:#?} was stopped");
}

#[test]
fn text_that_becomes_code() {
    all_stop(&[
        ("quotes that are gone", "a.py", "x = 1\n\"\"\"\nwipe()\n\"\"\"\n", "x = 1\nwipe()\n"),
        ("a comment's marks that are gone", "a.js", "f()\n/*\nwipe()\n*/\n", "f()\nwipe()\n"),
        ("a heredoc that is gone", "a.sh", "f\n: <<'END'\nwipe\nEND\n", "f\nwipe\n"),
        ("a template that is gone", "a.js", "f()\nconst t = `\nwipe()\n`\n", "f()\nwipe()\n"),
        (
            "a condition of the preprocessor",
            "a.c",
            "int a;\n#if 0\nint b = wipe();\n#endif\n",
            "int a;\nint b = wipe();\n",
        ),
        (
            "a condition of the preprocessor, with spaces",
            "a.c",
            "int a;\n#  ifdef X\nint b = wipe();\n#  endif\n",
            "int a;\nint b = wipe();\n",
        ),
        ("a comment of SQL", "a.sql", "SELECT 1;\n/*\nDELETE FROM a;\n*/\n", "SELECT 1;\nDELETE FROM a;\n"),
        ("a block comment of Ruby", "a.rb", "f\n=begin\nwipe\n=end\n", "f\nwipe\n"),
        ("the end of a script", "a.rb", "f\n__END__\nwipe\n", "f\nwipe\n"),
        (
            "a build constraint",
            "a.go",
            "//go:build ignore\n\npackage a\n\nfunc init() { wipe() }\n",
            "package a\n\nfunc init() { wipe() }\n",
        ),
    ]);
}

#[test]
fn text_that_becomes_code_in_a_file_that_a_report_names() {
    let path = "services/upload/a.py";
    let report = format!("{REPORT}TN:\nSF:{path}\nDA:1,1\nDA:2,0\nDA:3,0\nend_of_record\n");
    let (before, after) = ("x = 1\n\"\"\"\nwipe()\nwipe()\n\"\"\"\n", "x = 1\nwipe()\nwipe()\n");
    judged(&[(path, before)], &[Edit::Write(path, after)], &report).expect(1, CONTROL, "no test executed");
    let honest = judged(&[(path, "x = 1\ny = 2\nwipe()\nwipe()\n")], &[Edit::Write(path, after)], &report);
    assert_eq!(honest.exit, 0, "{}", honest.text);
}

#[test]
fn a_guard_that_is_gone() {
    all_stop(&[
        (
            "a condition",
            "a.py",
            "def f(a):\n    if not a:\n        return\n    wipe(a)\n",
            "def f(a):\n    wipe(a)\n",
        ),
        (
            "a condition without braces",
            "a.js",
            "function f(a) {\n  if (a.ok)\n  wipe(a);\n}\n",
            "function f(a) {\n  wipe(a);\n}\n",
        ),
        ("an early end", "a.sh", "f\nexit 0\nwipe\n", "f\nwipe\n"),
        ("a test of a shell", "a.sh", "[ -n \"$A\" ] || exit 1\nwipe\n", "wipe\n"),
        ("an assertion", "a.py", "def f(a):\n    assert a\n    wipe(a)\n", "def f(a):\n    wipe(a)\n"),
        ("a decorator", "a.py", "@only_admins\ndef f(a):\n    wipe(a)\n", "def f(a):\n    wipe(a)\n"),
        ("an attribute", "a.rs", "#[cfg(test)]\nfn f() {\n    wipe();\n}\n", "fn f() {\n    wipe();\n}\n"),
        (
            "a part of a condition of SQL",
            "a.sql",
            "DELETE FROM a\nWHERE b = 1\n  AND c = 2;\n",
            "DELETE FROM a\n  AND c = 2;\n",
        ),
        ("an argument", "a.py", "wipe(\n    rows,\n    dry=True,\n)\n", "wipe(\n    rows,\n)\n"),
        ("an option", "a.sh", "wipe all \\\n  --dry \\\n  --log x\n", "wipe all \\\n  --log x\n"),
    ]);
}

#[test]
fn lines_that_are_gone_and_leave_the_rest_as_it_was() {
    all_pass(&[
        ("a statement", "a.py", "def f(a):\n    b = 1\n    wipe(a)\n", "def f(a):\n    wipe(a)\n"),
        (
            "a function",
            "a.py",
            "def g(a):\n    if a:\n        return 1\n    return 2\n\n\ndef f(a):\n    wipe(a)\n",
            "def f(a):\n    wipe(a)\n",
        ),
        (
            "a function with its decorator",
            "a.py",
            "x = 1\n\n\n@one\ndef g(a):\n    return 2\n\n\ndef f(a):\n    wipe(a)\n",
            "x = 1\n\n\ndef f(a):\n    wipe(a)\n",
        ),
        (
            "a method",
            "a.js",
            "class A {\n  f(a) {\n    if (a) { return 1; }\n  }\n  g(a) { return a; }\n}\n",
            "class A {\n  g(a) { return a; }\n}\n",
        ),
        (
            "a docstring",
            "a.py",
            "def f(a):\n    \"\"\"Wipes.\n\n    All.\n    \"\"\"\n    wipe(a)\n",
            "def f(a):\n    wipe(a)\n",
        ),
        ("a comment", "a.js", "f()\n/*\n * wipe()\n */\ng()\n", "f()\ng()\n"),
        ("a comment with an apostrophe", "a.py", "f()\n# It doesn't.\ng()\n", "f()\ng()\n"),
        ("a statement of SQL", "a.sql", "SELECT 1;\nDELETE FROM a;\nSELECT 2;\n", "SELECT 1;\nSELECT 2;\n"),
        ("everything", "a.py", "f()\ng()\n", ""),
    ]);
}

#[test]
fn blank_lines_and_comments_that_a_reader_takes_for_more() {
    all_stop(&[
        ("a blank line within a command", "a.sh", "wipe all \\\n  --dry\n", "wipe all \\\n\n  --dry\n"),
        (
            "a comment within a command",
            "a.sh",
            "f\ng\nwipe all \\\n  --dry\n",
            "f\ng\nwipe all \\\n# The rest.\n  --dry\n",
        ),
        (
            "a blank line within a macro",
            "a.c",
            "#define F(a) \\\n  if (a) wipe(a)\n",
            "#define F(a) \\\n\n  if (a) wipe(a)\n",
        ),
        (
            "a blank line before a shebang",
            "a.py",
            "#!/usr/bin/env python3\nf()\n",
            "\n#!/usr/bin/env python3\nf()\n",
        ),
        (
            "a blank line before an encoding",
            "a.py",
            "#!/bin/x\n# coding: utf-7\nf()\n",
            "#!/bin/x\n\n# coding: utf-7\nf()\n",
        ),
        ("a blank line in a string", "a.py", "f()\nq = \"\"\"a\nb\"\"\"\n", "f()\nq = \"\"\"a\n\nb\"\"\"\n"),
        (
            "a comment in a string",
            "a.py",
            "f()\ng()\nq = \"\"\"DELETE FROM a\nWHERE b\"\"\"\n",
            "f()\ng()\nq = \"\"\"DELETE FROM a\n# Only.\nWHERE b\"\"\"\n",
        ),
        (
            "a comment in a heredoc",
            "a.sh",
            "f\ng\nwipe <<END\nrows\nEND\n",
            "f\ng\nwipe <<END\nrows\n# all\nEND\n",
        ),
        (
            "a comment in a string of a shell",
            "a.sh",
            "f\ng\nwipe 'rows\nmore'\n",
            "f\ng\nwipe 'rows\n# all\nmore'\n",
        ),
        (
            "a comment in a template",
            "a.js",
            "f()\ng()\nconst q = `a\nb`\n",
            "f()\ng()\nconst q = `a\n// all\nb`\n",
        ),
        ("a blank line in data", "a.csv", "a,b\nc,d\n", "a,b\n\nc,d\n"),
        (
            "a blank line in a statement of SQL",
            "a.sql",
            "DELETE FROM a\nWHERE b = 1;\n",
            "DELETE FROM a\n\nWHERE b = 1;\n",
        ),
        ("a blank line before the opening of PHP", "a.php", "<?php\nf();\n", "\n<?php\nf();\n"),
        ("an order to a batch system", "a.sh", "f\ng\nwipe\n", "f\ng\n#SBATCH --array 1-9999\nwipe\n"),
        ("another order", "a.sh", "f\ng\nwipe\n", "f\ng\n#PBS -J 1-9999\nwipe\n"),
        (
            "a trigraph",
            "a.c",
            "f();\ng();\nguard();\nwipe();\n",
            "f();\ng();\n// Really??/\nguard();\nwipe();\n",
        ),
        (
            "a mark for a tool of coverage",
            "a.dart",
            "f();\ng();\nh();\n",
            "f();\ng();\n// coverage:ignore-start\nh();\n",
        ),
        ("a mark for another tool", "a.c", "f();\ng();\nh();\n", "f();\ng();\n// LCOV_EXCL_START\nh();\n"),
        ("a mark of a third", "a.py", "f()\ng()\nh()\n", "f()\ng()\n# pragma: no cover\nh()\n"),
        ("the words that a scheduler looks for", "a.py", "f()\ng()\nh()\n", "f()\ng()\n# airflow dag\nh()\n"),
        (
            "a comment that documents",
            "a.rs",
            "f();\ng();\nfn h() {}\n",
            "f();\ng();\n///     wipe();\nfn h() {}\n",
        ),
        (
            "text between tags",
            "a.jsx",
            "f()\ng()\nh(<p>\n</p>)\n",
            "f()\ng()\nh(<p>\n// All is well\n</p>)\n",
        ),
    ]);
}

#[test]
fn blank_lines_and_comments_that_are_nothing() {
    all_pass(&[
        (
            "between statements of a shell",
            "a.sh",
            "#!/bin/sh\nf\ng \"$A\" 'b'\nh\n",
            "#!/bin/sh\nf\n# Then the rest.\ng \"$A\" 'b'\n\nh\n",
        ),
        (
            "beside a docstring",
            "a.py",
            "def f(a):\n    \"\"\"Wipes.\n\n    It's all.\n    \"\"\"\n    wipe(a)\n",
            "def f(a):\n    \"\"\"Wipes.\n\n    It's all.\n    \"\"\"\n    # Of this one, only.\n\n    wipe(a)\n",
        ),
        (
            "within brackets",
            "a.js",
            "f()\ng(\n  a,\n  b,\n)\n",
            "f()\ng(\n  a,\n  // The other.\n  b,\n\n)\n",
        ),
        (
            "within a comment",
            "a.c",
            "int a;\n/* It's one.\n */\nint b;\n",
            "int a;\n/* It's one.\n\n */\nint b;\n",
        ),
        ("between statements of SQL", "a.sql", "SELECT 1;\nSELECT 2;\n", "SELECT 1;\n\nSELECT 2;\n"),
        (
            "in Rust",
            "a.rs",
            "use g;\n\nfn f<'a>(a: &'a str) {\n    g('\"', a);\n}\n",
            "use g;\n\nfn f<'a>(a: &'a str) {\n    // The first of all.\n    g('\"', a);\n}\n",
        ),
        ("in Go", "a.go", "package a\n\nfunc f() {\n\tg()\n}\n", "package a\n\nfunc f() {\n\n\tg()\n}\n"),
    ]);
}

#[test]
fn a_name_by_which_a_tool_finds_what_it_runs() {
    let rows = [
        ("helper.py", "conftest.py"),
        ("helper.py", "__init__.py"),
        ("helper.py", "sitecustomize.py"),
        ("helper.py", "json.py"),
        ("_helper.go", "helper.go"),
        ("helper_windows.go", "helper_linux.go"),
        ("helper_test.go", "helper.go"),
        ("testdata/helper.go", "helper.go"),
        ("0007_clear.sql", "0001_clear.sql"),
        ("V7__clear.sql", "V8__clear.sql"),
        ("old/clear.sql", "migrations/clear.sql"),
        ("helper.py", "plugins/helper.py"),
        ("hooks-disabled/clear.sh", "hooks/clear.sh"),
        ("clear.sh", "cron.d/clear.sh"),
        ("test_helper.py", "helper.py"),
        (".helper.py", "helper.py"),
    ];
    let through: Vec<_> = rows.iter().filter(|(from, to)| moved(from, to).exit == 0).collect();
    assert!(through.is_empty(), "{through:#?} got through");
}

#[test]
fn a_name_that_means_nothing() {
    let rows = [
        ("helper.py", "rest.py"),
        ("helper.py", "batch/helper.py"),
        ("plugins/helper.py", "plugins/rest.py"),
        ("migrations/0001_clear.sql", "migrations/0001_clear_rows.sql"),
        ("helper_linux.go", "rest_linux.go"),
        ("test_helper.py", "test_rest.py"),
    ];
    let stopped: Vec<_> = rows.iter().filter(|(from, to)| moved(from, to).exit != 0).collect();
    assert!(stopped.is_empty(), "{stopped:#?} was stopped");
}

#[test]
fn a_file_that_can_be_executed_where_a_directory_is_run() {
    let judged_in = |directory: &str| {
        let path = format!("services/upload/{directory}clear.sh");
        judged(&[(&path, "wipe\n")], &[Edit::Executable(&path, "wipe\n")], REPORT).exit
    };
    for directory in ["cron.d/", "hooks/", "plugins/", ".githooks/"] {
        assert_eq!(judged_in(directory), 1, "{directory}");
    }
    assert_eq!(judged_in(""), 0);
    assert_eq!(judged_in("batch/"), 0);
}

#[test]
fn declarations_that_do_something() {
    let one = |name: &str, text: &str| {
        let path = format!("services/upload/{name}");
        judged(&[], &[Edit::Write(&path, text)], REPORT).exit
    };
    let mut through = Vec::new();
    for (name, text) in [
        ("A.java", "interface A {\n  @Delete(\"DELETE FROM a\") void clear();\n}\n"),
        ("A.java", "interface A extends CrudRepository<Row, Long> {\n  void deleteByAge(int age);\n}\n"),
        ("package-info.java", "@NamedQuery(name = \"a\", query = \"DELETE FROM a\") package a;\n"),
        ("module-info.java", "module a { provides b.Codec with c.Wiper; }\n"),
        ("a.go", "package a\n\nimport \"upload.test/internal/wiper\"\n\ntype A wiper.T\n"),
        ("a.pyi", "#!/usr/bin/env python3\nx: int\n"),
        ("a.pyi", "import load\nload.wipe()\n"),
        ("a.pyi", "x = load()\n"),
        ("a.pyi", "def f(x: int = load()) -> None: ...\n"),
        ("a.pyi", "@load\nclass A: ...\n"),
    ] {
        if one(name, text) == 0 {
            through.push(text);
        }
    }
    assert!(through.is_empty(), "{through:#?} got through");
    for (name, text) in [
        (
            "A.java",
            "import java.util.List;\n@FunctionalInterface\ninterface A<T> extends B<T> {\n  List<T> load(int[] a);\n}\n",
        ),
        ("module-info.java", "module a { requires b; exports c; }\n"),
        (
            "a.go",
            "package a\n\nimport (\n\t\"database/sql\"\n\t\"time\"\n)\n\ntype A struct {\n\tat time.Time\n\tb sql.NullString\n}\n",
        ),
        (
            "a.pyi",
            "from typing import overload, TypeVar\n\nT = TypeVar(\"T\")\nx: int\n\nclass A(B):\n    @property\n    def y(self) -> int: ...\n    @overload\n    def f(\n        self,\n        a: str = ...,\n    ) -> T: ...\n",
        ),
    ] {
        assert_eq!(one(name, text), 0, "{text}");
    }
}
