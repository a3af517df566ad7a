//! What a person sees, line by line.

use super::*;
use crate::sample::{STYLE, allowed, blocked, many, render, undetermined};
use snapbox::{IntoData as _, assert_data_eq, str};

fn shown(decision: &Decision, style: Style) -> String {
    render(&FORMAT, decision, style)
}

#[test]
fn an_allowed_change_takes_a_few_lines() {
    assert_data_eq!(
        shown(&allowed(), STYLE),
        str![[r#"
allowed: acme/upload request 7 into main (3 commits, 5 files) at 1a2b3c4d5e
  title: Load the January file twice
  policy: Intelligence upload, from the base of the change
  touches: upload (2 files)
  met: protected-branch 5, required-reviews 1
  exempt: gate-integrity 1
6 met, 1 exempt; `--verbose` shows everything

"#]]
        .raw()
    );
}

#[test]
fn an_undetermined_change_says_what_could_not_be_seen() {
    assert_data_eq!(
        shown(&undetermined(), STYLE),
        str![[r#"
undetermined: acme/upload request 7 into main (3 commits, 5 files) at 1a2b3c4d5e
  title: Load the January file twice
  policy: Intelligence upload, from the base of the change

unproven  protected-branch: branch main: bypass
    the bypass list of ruleset "main" (17) could not be seen: the token may not
    read it
    help: Give the token the permission `administration: read` on the
      repository.

  met: protected-branch 5, required-reviews 1
1 unproven, 6 met; `--verbose` shows everything

"#]]
        .raw()
    );
}

#[test]
fn a_blocked_change_says_why_and_what_to_do() {
    assert_data_eq!(
        shown(&blocked(), STYLE),
        str![[r#"
blocked: acme/upload request 7 into main (3 commits, 5 files) at 1a2b3c4d5e
  title: a\u{1b}[2J\r\n::set-output name=x::y ##\u{5b}add-path]/tmp
    \u{202e}cod\u{200b}e <script>alert(1)</script> [x](https://example.test)
    ![i](https://example.test/i.png) @robin #1 `b | c`
  policy: Intelligence upload, from the base of the change

touches upload (2 files): Loads, amends and deletes records on the national
    database
  - lib/ids.py:14: content `(?i)\b(nominal|pnc)_id\b` in an added line (policy
      line 14)
  - services/upload/load.py: path `services/upload/**` (policy line 12)

broken  regression-tests: suite upload-regression
    8 of 52 tests failed
    - upload > load > twice_1 failed
    - upload > load > twice_2 failed
    - upload > load > twice_3 failed
    - upload > load > twice_4 failed
    - upload > load > twice_5 failed
    and 3 more
    help: Make the failing tests pass and run the suite on the head again.

broken  required-reviews: area upload
  --> services/upload/load.py:14
    1 of 2 required approvals counts, and none is by the role data-protection
    - the approval by @robin was given on 5e4d3c2b1a, which is not the head
    - the approval by kim does not count: kim is an author of commit 1a2b3c4d5e
    help: Ask two people who wrote none of the commits, one of them with the
      role data-protection, to approve 1a2b3c4d5e.

unproven  protected-branch: branch main: bypass
    the bypass list of ruleset "main" (17) could not be seen: the token may not
    read it
    help: Give the token the permission `administration: read` on the
      repository.

waived  required-checks: check unit
    the check "unit" of the app 15368 failed; waived until 2031-02-28 by alex:
    the runner is being replaced

noted  gate-integrity: file a\u{1b}[2J\r\n::set-output name=x::y
    ##\u{5b}add-path]/tmp \u{202e}cod\u{200b}e <script>alert(1)</script>
    [x](https://example.test) ![i](https://example.test/i.png) @robin #1 `b | c`
  --> "a\033[2J\r\n::set-output name=x::y ##\u{5b}add-path]/tmp
      \342\200\256cod\342\200\213e <script>alert(1)</script>
      [x](https://example.test) ![i](https://example.test/i.png) @robin #1 `b |
      c`":3
    a\u{1b}[2J\r\n::set-output name=x::y ##\u{5b}add-path]/tmp
    \u{202e}cod\u{200b}e <script>alert(1)</script> [x](https://example.test)
    ![i](https://example.test/i.png) @robin #1 `b | c`
    - a\u{1b}[2J\r\n::set-output name=x::y ##\u{5b}add-path]/tmp
      \u{202e}cod\u{200b}e <script>alert(1)</script> [x](https://example.test)
      ![i](https://example.test/i.png) @robin #1 `b | c`
    help: A\u{1b}[2J\r\n::set-output name=x::y ##\u{5b}add-path]/tmp
      \u{202e}cod\u{200b}e <script>alert(1)</script> [x](https://example.test)
      ![i](https://example.test/i.png) @robin #1 `b | c`.

  met: protected-branch 5, required-reviews 1
  exempt: gate-integrity 1
`portcullis explain regression-tests` explains why a control requires this
2 broken, 1 unproven, 1 waived, 1 noted, 6 met, 1 exempt; `--verbose` shows
    everything

"#]]
        .raw()
    );
}

#[test]
fn forty_columns_are_enough() {
    assert_data_eq!(
        shown(&blocked(), Style { width: 1, ..STYLE }),
        str![[r#"
blocked: acme/upload request 7 into main
    (3 commits, 5 files) at 1a2b3c4d5e
  title: a\u{1b}[2J\r\n::set-output
    name=x::y ##\u{5b}add-path]/tmp
    \u{202e}cod\u{200b}e
    <script>alert(1)</script>
    [x](https://example.test)
    ![i](https://example.test/i.png)
    @robin #1 `b | c`
  policy: Intelligence upload, from the
    base of the change

touches upload (2 files): Loads, amends
    and deletes records on the national
    database
  - lib/ids.py:14: content
      `(?i)\b(nominal|pnc)_id\b` in an
      added line (policy line 14)
  - services/upload/load.py: path
      `services/upload/**` (policy line
      12)

broken  regression-tests: suite
    upload-regression
    8 of 52 tests failed
    - upload > load > twice_1 failed
    - upload > load > twice_2 failed
    - upload > load > twice_3 failed
    - upload > load > twice_4 failed
    - upload > load > twice_5 failed
    and 3 more
    help: Make the failing tests pass
      and run the suite on the head
      again.

broken  required-reviews: area upload
  --> services/upload/load.py:14
    1 of 2 required approvals counts,
    and none is by the role
    data-protection
    - the approval by @robin was given
      on 5e4d3c2b1a, which is not the
      head
    - the approval by kim does not
      count: kim is an author of commit
      1a2b3c4d5e
    help: Ask two people who wrote none
      of the commits, one of them with
      the role data-protection, to
      approve 1a2b3c4d5e.

unproven  protected-branch: branch main:
    bypass
    the bypass list of ruleset "main"
    (17) could not be seen: the token
    may not read it
    help: Give the token the permission
      `administration: read` on the
      repository.

waived  required-checks: check unit
    the check "unit" of the app 15368
    failed; waived until 2031-02-28 by
    alex: the runner is being replaced

noted  gate-integrity: file
    a\u{1b}[2J\r\n::set-output name=x::y
    ##\u{5b}add-path]/tmp
    \u{202e}cod\u{200b}e
    <script>alert(1)</script>
    [x](https://example.test)
    ![i](https://example.test/i.png)
    @robin #1 `b | c`
  --> "a\033[2J\r\n::set-output
      name=x::y ##\u{5b}add-path]/tmp
      \342\200\256cod\342\200\213e
      <script>alert(1)</script>
      [x](https://example.test)
      ![i](https://example.test/i.png)
      @robin #1 `b | c`":3
    a\u{1b}[2J\r\n::set-output name=x::y
    ##\u{5b}add-path]/tmp
    \u{202e}cod\u{200b}e
    <script>alert(1)</script>
    [x](https://example.test)
    ![i](https://example.test/i.png)
    @robin #1 `b | c`
    - a\u{1b}[2J\r\n::set-output
      name=x::y ##\u{5b}add-path]/tmp
      \u{202e}cod\u{200b}e
      <script>alert(1)</script>
      [x](https://example.test)
      ![i](https://example.test/i.png)
      @robin #1 `b | c`
    help: A\u{1b}[2J\r\n::set-output
      name=x::y ##\u{5b}add-path]/tmp
      \u{202e}cod\u{200b}e
      <script>alert(1)</script>
      [x](https://example.test)
      ![i](https://example.test/i.png)
      @robin #1 `b | c`.

  met: protected-branch 5,
    required-reviews 1
  exempt: gate-integrity 1
`portcullis explain regression-tests`
    explains why a control requires this
2 broken, 1 unproven, 1 waived, 1 noted,
    6 met, 1 exempt; `--verbose` shows
    everything

"#]]
        .raw()
    );
}

#[test]
fn verbose_leaves_nothing_out() {
    assert_data_eq!(
        shown(&blocked(), Style { verbose: true, ..STYLE }),
        str![[r#"
blocked: acme/upload request 7 into main (3 commits, 5 files) at 1a2b3c4d5e
  title: a\u{1b}[2J\r\n::set-output name=x::y ##\u{5b}add-path]/tmp
    \u{202e}cod\u{200b}e <script>alert(1)</script> [x](https://example.test)
    ![i](https://example.test/i.png) @robin #1 `b | c`
  policy: Intelligence upload, from the base of the change
  digest:
    sha256:823412d1eacb67956220e532959f0104603057c88704863ca38e7cd188fda812
  base: 5e4d3c2b1a000000000000000000000000000000
  head: 1a2b3c4d5e000000000000000000000000000000

touches upload (2 files): Loads, amends and deletes records on the national
    database
  - lib/ids.py:14: content `(?i)\b(nominal|pnc)_id\b` in an added line (policy
      line 14)
  - services/upload/load.py: path `services/upload/**` (policy line 12)

broken  regression-tests: suite upload-regression
    8 of 52 tests failed
    - upload > load > twice_1 failed
    - upload > load > twice_2 failed
    - upload > load > twice_3 failed
    - upload > load > twice_4 failed
    - upload > load > twice_5 failed
    - upload > load > twice_6 failed
    - upload > load > twice_7 failed
    - upload > load > twice_8 failed
    help: Make the failing tests pass and run the suite on the head again.

broken  required-reviews: area upload
  --> services/upload/load.py:14
    1 of 2 required approvals counts, and none is by the role data-protection
    - the approval by @robin was given on 5e4d3c2b1a, which is not the head
    - the approval by kim does not count: kim is an author of commit 1a2b3c4d5e
    help: Ask two people who wrote none of the commits, one of them with the
      role data-protection, to approve 1a2b3c4d5e.

unproven  protected-branch: branch main: bypass
    the bypass list of ruleset "main" (17) could not be seen: the token may not
    read it
    help: Give the token the permission `administration: read` on the
      repository.

waived  required-checks: check unit
    the check "unit" of the app 15368 failed; waived until 2031-02-28 by alex:
    the runner is being replaced

noted  gate-integrity: file a\u{1b}[2J\r\n::set-output name=x::y
    ##\u{5b}add-path]/tmp \u{202e}cod\u{200b}e <script>alert(1)</script>
    [x](https://example.test) ![i](https://example.test/i.png) @robin #1 `b | c`
  --> "a\033[2J\r\n::set-output name=x::y ##\u{5b}add-path]/tmp
      \342\200\256cod\342\200\213e <script>alert(1)</script>
      [x](https://example.test) ![i](https://example.test/i.png) @robin #1 `b |
      c`":3
    a\u{1b}[2J\r\n::set-output name=x::y ##\u{5b}add-path]/tmp
    \u{202e}cod\u{200b}e <script>alert(1)</script> [x](https://example.test)
    ![i](https://example.test/i.png) @robin #1 `b | c`
    - a\u{1b}[2J\r\n::set-output name=x::y ##\u{5b}add-path]/tmp
      \u{202e}cod\u{200b}e <script>alert(1)</script> [x](https://example.test)
      ![i](https://example.test/i.png) @robin #1 `b | c`
    help: A\u{1b}[2J\r\n::set-output name=x::y ##\u{5b}add-path]/tmp
      \u{202e}cod\u{200b}e <script>alert(1)</script> [x](https://example.test)
      ![i](https://example.test/i.png) @robin #1 `b | c`.


met  protected-branch: branch main: approvals
    classic protection requires it, and nobody gets round it

met  protected-branch: branch main: change-request
    classic protection requires it, and nobody gets round it

met  protected-branch: branch main: deletion
    classic protection requires it, and nobody gets round it

met  protected-branch: branch main: force-push
    classic protection requires it, and nobody gets round it

met  protected-branch: branch main: last-push-approval
    classic protection requires it, and nobody gets round it

met  required-reviews: request 7
    2 of 2 required approvals count: robin, kim

exempt  gate-integrity: change 1a2b3c4d5e
    nothing that steers the gate is touched
`portcullis explain regression-tests` explains why a control requires this
2 broken, 1 unproven, 1 waived, 1 noted, 6 met, 1 exempt

"#]]
        .raw()
    );
}

#[test]
fn advice_says_so_in_the_first_line() {
    let shown = shown(&undetermined(), Style { advisory: true, ..STYLE });
    let first = "undetermined (advisory: the exit code is 0): acme/upload request 7 into main (3";
    assert!(shown.starts_with(first), "{shown}");
}

#[test]
fn colour_changes_nothing_but_colour() {
    let plain = shown(&blocked(), STYLE);
    let coloured = shown(&blocked(), Style { colour: true, ..STYLE });
    assert_ne!(plain, coloured);
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
}

#[test]
fn nothing_known_of_the_change_leaves_no_hole() {
    let mut decision = many(0);
    decision.outcome = Outcome::Undetermined;
    decision.judged = portcullis_model::decision::Judged {
        environment: None,
        repository: None,
        request: None,
        requests: Vec::new(),
        title: None,
        branch: None,
        base: None,
        head: None,
        commits: None,
        files: None,
        asserted: None,
    };
    assert_data_eq!(
        shown(&decision, STYLE),
        str![[r#"
undetermined: a change of which nothing else is known
  policy: Intelligence upload, from the base of the change

no findings, so nothing was shown to hold

"#]]
        .raw()
    );
}

#[test]
fn lines_are_measured_in_columns_and_broken_at_spaces_only() {
    assert_eq!(wrap_text("日本 日本 ab", 0, 2, 9), ["日本 日本", "ab"]);
    assert_eq!(wrap_text("a  b", 0, 0, 9), ["a  b"]);
    assert_eq!(wrap_text("aa  bb", 0, 0, 4), ["aa", "bb"]);
    assert_eq!(wrap_text("toolongaword b", 0, 0, 4), ["toolongaword", "b"]);
    assert_eq!(wrap_text("", 0, 0, 4), [""]);
}
