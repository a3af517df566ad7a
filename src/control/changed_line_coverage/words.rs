//! What people read about the control.

/// What it requires.
pub const REQUIRES: &str = "\
In every data-processing area that a change touches, tests executed at least `minimum` percent of the changed lines that can \
be executed, by coverage reports that the suite wrote. This holds when:\n\
- for each name under `reports` that speaks of the area, every pattern found at least one report, and every report could be read to its end;\n\
- no report is a file of the repository, and none speaks against itself (claims lines that it does not show, or shows executed lines that it does not claim, where its format says what the numbers count);\n\
- where no report lies, a statement of `portcullis evidence record --coverage` that was handed over, or signed, holds one from a file that the \
pattern matches. Statements are bound as those of `regression-tests` are: of the tree that would land, from a clean work tree, and as `trust`, \
`check` and `max-age` ask; with `trust`, reports that lie here are bound to the checkout too: they were written, and \
began by their own account, after the work tree was what is judged. A run whose command failed shows of no line that it was executed. A statement that says something else of \
the executed lines than its own report, and two tellings of one run that differ, are findings;\n\
- every changed file of the area that is still there is named by a report, or by `without-lines`: a file that no report knows is \
never taken for a file without lines. Only where nothing changed in it that could be executed, no report has to name it: its mode \
changed, it moved within the area and kept the kind that the end of its name says (to or from a name by which tools find what they run, such as \
`conftest.py`, `migrations/` or another number of a migration, it has to be named), lines of it are gone, it is empty, or all that is new in it are blank lines, \
comments of plain words, or a file of nothing but types (TypeScript, Go, Java, stubs of Python);\n\
- names are mapped to paths exactly, and never because they end alike: two names for one file, or one name for two, are a finding;\n\
- no report is about another version of a file: it has no line behind the file's end and no checksum of another line, and the work tree \
in which it lies holds the text that is judged.\n\
A changed line is a line of the head that differs from the merge base, or that stayed and does something else since: it was within a string or a \
comment whose marks are gone, it is beside a part of its statement that is gone, or a guard before it is gone (a condition, an early end, an assertion, \
a decorator, a condition of the preprocessor). Of a file that moves into the area from outside, or is a \
copy, every line counts. A line counts as executed when any report says so. The lines that nobody executed are listed by file and \
line; they block only when the share is missed. For files that no tool measures (SQL, YAML), `without-lines` names a suite of \
`regression-tests` that judges the same area and so has to pass.";

/// Why.
pub const WHY: &str = "\
A suite can be green, complete and about something else. The mistake that once put test data into a live upload sat in code that \
no test executed before it ran on real records. A test that executes a line can miss its mistake; a line that no test executes \
has nobody looking at what it does. Only the changed lines are asked for, so that old code is no excuse and no hindrance.";

/// What it cannot show.
pub const CANNOT_SHOW: &str = "\
That a test would notice a mistake: a line that was executed and whose result nobody looked at counts like any other. That half of a line \
ran: with lines as the measure, `if failed { return }` on one line is covered by either way through it, and a report in Go's form \
counts every line from the first to the last of a block, comments too. That the report is of this commit, or was written by the tool at \
all: without `trust` it proves, like a JUnit file, nothing of its origin, and the tree may be changed between measuring and judging. Measure in the \
job of the suite, on a checkout of the head (`ref: ${{ github.event.pull_request.head.sha }}`), and hand a statement over to the gate's job; on the merge into the base, lines can have \
other numbers. That nothing was excluded: a `# pragma: no cover`, an `omit` or a filter makes lines look as if they could not be \
executed; name the tool's configuration in `test-configuration` of `gate-integrity`, and look at pragmas in review. What a preprocessor, a \
`#line` directive or a source map says about line numbers is believed. That no line was taken out of a report: \
only summaries show it, and those of istanbul's JSON, SonarQube's form, xccov and `.resultset.json` have none. A Go or LCOV file that was cut off exactly between two \
records cannot be told from a shorter one; nor can one report less where a pattern finds several. That whoever recorded a statement mapped names as \
the policy does: `--strip` and `--add` are the recorder's, and only names of files in the tree are kept.";

/// How to meet it.
pub const HOW_TO_MEET: &str = "\
Measure coverage with the suite, before the gate, and leave the report where `files` looks for it. The format is found by content: \
LCOV, Cobertura, Clover, JaCoCo, OpenCover, SonarQube's generic XML, the profile of `go test`, or the JSON of coverage.py, istanbul, \
SimpleCov, `xccov view --archive` or `llvm-cov export`. `format` says which, where you want to be sure: clover, cobertura, coverage-py, go-cover, \
istanbul, jacoco, lcov, llvm-cov, opencover, simplecov, sonarqube, xccov. Of other files the answer says what they are and what to hand over.\n\
\n\
```toml\n\
[controls.changed-line-coverage]\n\
minimum = 80                          # percent, in every touched area\n\
trust = \"local\"                       # or \"host\", \"signed\": as of a suite\n\
max-age = \"24h\"\n\
\n\
# coverage run -m pytest && coverage lcov -o coverage/python.info\n\
[controls.changed-line-coverage.reports.python]\n\
files = [\"coverage/python.info\"]\n\
\n\
# JaCoCo knows packages, not directories\n\
[controls.changed-line-coverage.reports.upload-java]\n\
files = [\"services/upload/target/site/jacoco/jacoco.xml\"]\n\
add = \"services/upload/src/main/java\"\n\
areas = [\"upload\"]                  # without it: for every area\n\
\n\
# go test -coverprofile=loader/cover.out ./...\n\
[controls.changed-line-coverage.reports.loader]\n\
files = [\"loader/cover.out\"]\n\
strip = \"example.test/loader\"                 # the path of the module\n\
add = \"loader\"                                # its directory\n\
# It names no test files: write **/*_test.go into `without-lines`.\n\
\n\
# node --test --experimental-test-coverage --test-reporter=lcov, in web/\n\
[controls.changed-line-coverage.reports.web]\n\
files = [\"web/lcov.info\"]\n\
add = \"web\"\n\
\n\
# phpunit --coverage-clover coverage/clover.xml; SimpleCov\n\
[controls.changed-line-coverage.reports.site]\n\
files = [\"coverage/clover.xml\", \"coverage/.resultset.json\"]\n\
\n\
# gcovr --cobertura coverage/native.xml; cargo llvm-cov --json\n\
[controls.changed-line-coverage.reports.native]\n\
files = [\"coverage/native.xml\", \"coverage/rust.json\"]\n\
strip = \"/build/src\"                  # where the sources were when built\n\
\n\
[controls.changed-line-coverage.areas.upload]\n\
minimum = 100\n\
without-lines = { paths = [\"**/*.sql\"], suite = \"upload-regression\" }\n\
```\n\
\n\
A name in a report is a path from the root of the repository, or an absolute path in the work tree. Otherwise say what it is: `strip` takes \
leading components away, `add` puts a directory before what is left. Components are compared to the byte. A name that Windows wrote may have backslashes, and so \
may `strip`: `'D:\\a\\records\\records'`, or `\"D:/a/records/records\"`. Where it could also be a file of that very name, it is a finding.\n\
\n\
Where another job measures, let it hand over a statement instead of the report: `portcullis evidence record --suite upload --report \
out/junit.xml --coverage coverage/python.info -o out/upload.json`, and `portcullis check --evidence out/upload.json`. With \
`trust = \"signed\"` only statements count that somebody signed whom the `signers` of `regression-tests` allow.";
