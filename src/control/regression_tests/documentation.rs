//! What people read about the control.

use crate::control::Documentation;

/// The four sections.
pub const DOCUMENTATION: Documentation =
    Documentation { requires: REQUIRES, why: WHY, cannot_show: CANNOT_SHOW, how_to_meet: HOW_TO_MEET };

const REQUIRES: &str = "\
Every data-processing area that a change touches is covered by at least one regression suite, and each \
of these suites has handed over a report of its run. A suite is proved when all of this holds:
- at least one report was found, and every report that was found could be read to its end;
- no report is a file of the repository itself;
- no test failed or broke, and nothing failed outside a test;
- no test passed only after it had failed (unless `flaky = \"note\"`);
- at least `minimum` tests ran and passed; a skipped test is not a passed test, and a test that appears in \
several reports counts once, by its worst result;
- every pattern in `required` matches a test, and every test that it matches passed;
- with `skipped = \"block\"`, no test was skipped;
- no report contradicts itself, for example by claiming more tests or failures than it shows, and none tells \
again what an earlier run found (a cached result);
- merging the head brings all that it holds beyond the base branch; otherwise a report that is bound to no tree shows nothing.
A suite may ask for more, and then it holds too:
- with `trust`, the run is of the tree that would land: that of the head, or of the head merged into the base, which is \
recomputed. The base may have moved on since: the head merged into an earlier tip of the base branch (a commit of its first-parent line that the head \
does not hold) counts as its own tree does. Its own tree does not count where the base branch holds some of its commits without their content, because then merging it \
gives something else. The work tree was what the commit says, apart from what is ignored, or what git writes for it: line ends of CRLF, the \
blob's own name in `$Id$`, the encoding that `working-tree-encoding` names (UTF-8, UTF-16, UTF-32, ISO-8859-1, ASCII), the content of an \
LFS pointer, a file in place of a link where `core.symlinks` is false. A file that another `filter` wrote, another encoding and a sparse \
checkout are named. And it was so before the suite began: a report \
that lies here was written after HEAD came to the commit and after each of the commit's files was written, and names no earlier time \
itself. Nothing is forgiven, because one machine has one clock. Where a report names no time, the times of files alone \
speak for it, and the decision says so. `local`: reports that lie in this \
job's clean checkout, and statements of `portcullis evidence record` that were handed over with `--evidence`. `host`: the \
same, and the check of the head that `check` names succeeded. `signed`: only statements signed by an allowed signer;
- with `baseline`, every test that ran on what the change began from is there, and every one that passed there \
passes, unless `removed` in the policy at the base names it. A baseline that cannot be seen leaves the suite \
unproven; `first-run` declares that there may be none yet;
- with `configurations`, each of them handed over a run of its own;
- with `max-age`, no run is older or of the future (a statement may come from a clock that is ten minutes ahead). Where nothing tells \
since when the work tree was what is judged, no run is older than the newest commit of the change either;
- with `exit-status = \"required\"`, the statement of the run says how its command ended. A run whose command did not end with 0 \
has failed, asked or not, however green its report is. Many reports cannot say that a file of tests did not load, that something went \
wrong between tests, or that a program died after its last test: there only the exit status does;
- no recorded run of the same tree failed. A run that its CI system started again is pointed out where nothing shows what \
came of the attempts before it.";

const WHY: &str = "\
A coding mistake once put test data into a live national upload. Records were rejected unnoticed and others were \
not deleted for months. The regulator named regression testing before deployment among the measures that would have \
prevented it. A pipeline that is merely green does not show that those tests ran: a suite that found no tests, that was skipped, or that \
crashed before its first test looks the same from afar; a deleted test passes, and so does yesterday's report. So the results \
themselves are read, test by test, held against the tree and against what ran before, and the \
absence of evidence is never taken for success.";

const CANNOT_SHOW: &str = "\
That the tests are good: a test without assertions passes. That the report was \
written by the test runner at all: it carries no proof of its origin, and whoever controls the job that runs the suite, which \
runs the change's own code, can write one; a signature shows who ran it and not that the tests are honest. \
Without `trust`, not even that the report is of this commit. \
Run the suite in a job of its own, without secrets, and hand its statement over to the job of the gate, which runs no code of the \
change; demand the suite's job with `required-checks`, and protect its definition with `gate-integrity`. Nor can it see tests that a runner leaves out of its report without a trace (nextest does so with ignored \
tests): `baseline` notices when they go, `required` when they never were. Several tests of one name in one report are one, and the worst of them decides; attempts are only what the runner marks as such. \
`baseline` notices when there are fewer of them in it, and not when each stands in a report of its own. A test that is gone, and a new one \
whose name differs only in a version, port, UUID, time, address or temporary directory, are taken for the same one. \
Who may push `refs/notes/portcullis` can take a baseline or a failed run away, and without `trust = \"signed\"` write another \
one; a missing baseline is noticed, a missing failure is not. What is ignored in the work tree is not compared, nor who may execute a file. \
What a change takes away from the sources of tests (`tests`) is told by heuristics from the look of the text: assertions that \
are gone, tests that are removed, emptied or newly skipped. They know the common languages and runners, can be wrong both ways, see \
neither fewer parameters nor weaker assertions, and only point out. \
When a report was written is what the file system or the recorder says, and times that it names are its own; a file that lay in the work \
tree while the suite ran and was removed afterwards is seen by neither. `evidence record -- COMMAND` looks before and after. A report \
without a time zone is read in UTC and in the zone of the machine, and the later counts. For a deployment, `host` asks for \
a check of the deployed commit itself, not of the requests that brought it.";

const HOW_TO_MEET: &str = "\
Run the suite before the gate, let its runner write a report (JUnit XML, TAP, TRX, NUnit, xUnit, CTRF, \
`go test -json`, libtest or nextest JSON, Playwright JSON, Dart and Flutter JSON, Open Test Reporting, or the XML of TestNG, Robot Framework, \
Catch2, Boost.Test, Qt Test or SonarQube), and leave the file where `reports` looks for it, or \
hand it over with `--report upload-regression=target/nextest/ci/junit.xml`.

```toml
[controls.regression-tests]
signers = \".portcullis/allowed_signers\" # for `signed`; that of the base

[controls.regression-tests.suites.upload-regression]
areas = [\"upload\"]                     # without it: every touched area
reports = [\"target/junit/*.xml\"]       # without it: what is handed over
format = \"junit\"                       # without it: told by the content
minimum = 40                           # this many ran and passed
required = [\"upload::*\", \"*deletion*\"] # these exist and passed
skipped = \"allow\"                      # or \"block\"
flaky = \"block\"                        # or \"note\"
trust = \"local\"                        # or \"host\", \"signed\"
# check = { name = \"regression\", app = \"github-actions\" }
baseline = \"required\"                  # or \"first-run\"
removed = [\"upload::old_*\"]            # these may vanish or be skipped
configurations = [\"linux\", \"windows\"] # each hands over its own run
max-age = \"24h\"                        # or \"30m\", \"7d\"
exit-status = \"required\"               # only runs whose end is known count
tests = [\"tests/upload/**\"]            # noted when changed with the area
```

Best let the gate's own program run the suite: `portcullis evidence record --suite upload-regression --report \
target/junit/junit.xml -o upload.json -- ./run-suite`, then `portcullis check --evidence upload.json`. It demands a clean work tree before and \
after, removes reports of an earlier run, takes only what the command wrote, and records how it ended. Where a runner ran \
elsewhere, `--exit-status N` says how.

For a baseline, let the deployment branch record each run, also a failed one, with `portcullis evidence record \
--suite upload-regression --report FILE --note`, and push the notes with `git push origin refs/notes/portcullis`. \
In the gate's job fetch them first: `git fetch origin '+refs/notes/portcullis:refs/notes/portcullis'`. \
A test that is to go is named in `removed` first, in a change of its own that the gate's owners approve.

A test is known by its suites, class and name, joined with ` > `, for example `upload > loader > rejects_test_data`. In \
`required` and `removed`, `*` stands for any run of characters and everything else for itself. A pattern is held against the whole name and \
against each part of it that begins after a ` > `.";
