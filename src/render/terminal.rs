//! The `terminal` format: for people.
//!
//! The outcome stands in the first line, then what was judged and which data-processing code it touches, then every
//! finding that calls for a reader, worst first, and last the counts. Words carry the meaning; colour only repeats it.

use super::{Format, Style, escape, summary};
use crate::model::decision::{Decision, Finding, Outcome, TouchedArea, Verdict};
use anstyle::AnsiColor;
use std::io;
use unicode_width::UnicodeWidthStr;

/// The format.
pub static FORMAT: Format =
    Format { name: "terminal", about: "For people: the outcome first, then why and what to do", write };

/// How many lines of a list are shown without `--verbose`.
const HANDFUL: usize = 5;

/// How many characters of one text are shown without `--verbose`.
const LONGEST: usize = 1000;

/// No terminal is taken to be narrower than this.
const NARROWEST: usize = 40;

fn write(decision: &Decision, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page { out, style, hidden: false };
    write_head(decision, &mut page)?;
    write_areas(decision, &mut page)?;
    for verdict in summary::SHOWN {
        summary::of(decision, verdict).try_for_each(|finding| write_finding(finding, &mut page))?;
    }
    if !is_brief(decision, style) {
        page.blank()?;
    }
    for verdict in summary::SUMMED {
        write_summed(decision, verdict, &mut page)?;
    }
    write_end(decision, &mut page)
}

fn write_head(decision: &Decision, page: &mut Page<'_>) -> io::Result<()> {
    let outcome = summary::verdict_line(decision, page.style.advisory);
    // Only the first word is kept in one piece: with the advice it is wider than a narrow terminal.
    let line = format!("{outcome}: {}", summary::judged(&decision.judged));
    let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
    page.paragraph(Margin(0, 4), Lead(word, of_outcome(decision.outcome)), rest)?;
    let label = |page: &mut Page<'_>, name, text: &str| page.paragraph(Margin(2, 4), Lead(name, FAINT), text);
    if let Some(title) = &decision.judged.title {
        label(page, "title:", title)?;
    }
    let policy = &decision.policy;
    label(page, "policy:", &format!("{}, {}", policy.project, summary::origin(policy)))?;
    if page.style.verbose {
        label(page, "digest:", policy.digest.as_str())?;
        for (name, revision) in [("base:", &decision.judged.base), ("head:", &decision.judged.head)] {
            revision.iter().try_for_each(|revision| label(page, name, revision.as_str()))?;
        }
    }
    Ok(())
}

/// An allowed change about which there is nothing to read takes one block of a few lines.
fn is_brief(decision: &Decision, style: Style) -> bool {
    let quiet = summary::SHOWN.iter().all(|verdict| summary::of(decision, *verdict).next().is_none());
    decision.outcome == Outcome::Allow && quiet && !style.verbose
}

/// The areas: one line each where that is enough, otherwise with every reason.
fn write_areas(decision: &Decision, page: &mut Page<'_>) -> io::Result<()> {
    let brief = decision.outcome == Outcome::Allow && !page.style.verbose;
    decision.areas.iter().try_for_each(|area| write_area(area, brief, page))
}

fn write_area(area: &TouchedArea, brief: bool, page: &mut Page<'_>) -> io::Result<()> {
    let files = summary::plural(area.touches.len() as u64, "file");
    if brief {
        page.hidden = true;
        return page.paragraph(Margin(2, 4), Lead("touches:", FAINT), &format!("{} ({files})", area.area));
    }
    page.blank()?;
    let text = format!("{} ({files}): {}", area.area, area.purpose);
    page.paragraph(Margin(0, 4), Lead("touches", BOLD), &text)?;
    page.list(&area.touches, |page, touch| {
        let text = format!("{}: {} (policy line {})", summary::touched(touch), touch.rule, touch.policy_line);
        page.paragraph(Margin(2, 6), Lead("-", FAINT), &text)
    })
}

fn write_finding(finding: &Finding, page: &mut Page<'_>) -> io::Result<()> {
    page.blank()?;
    write_finding_line(finding, page)?;
    if let Some(place) = &finding.place {
        page.paragraph(Margin(2, 6), Lead("-->", FAINT), &summary::place(place))?;
    }
    page.paragraph(Margin(4, 4), PLAIN_LEAD, &finding.reason)?;
    page.list(&finding.details, |page, detail| page.paragraph(Margin(4, 6), Lead("-", FAINT), detail))?;
    match &finding.remedy {
        Some(remedy) => page.paragraph(Margin(4, 6), Lead("help:", BOLD), remedy),
        None => Ok(()),
    }
}

fn write_finding_line(finding: &Finding, page: &mut Page<'_>) -> io::Result<()> {
    let lead = Lead(summary::verdict(finding.verdict), of_verdict(finding.verdict));
    page.paragraph(Margin(0, 4), lead, &format!(" {}: {}", finding.control, finding.subject))
}

fn write_summed(decision: &Decision, verdict: Verdict, page: &mut Page<'_>) -> io::Result<()> {
    if summary::of(decision, verdict).next().is_none() {
        return Ok(());
    }
    if page.style.verbose {
        return summary::of(decision, verdict).try_for_each(|finding| write_finding(finding, page));
    }
    page.hidden = true;
    let lead = format!("{}:", summary::verdict(verdict));
    page.paragraph(Margin(2, 4), Lead(&lead, of_verdict(verdict)), &summary::by_control(decision, verdict))
}

/// Where to read on, and last the counts.
fn write_end(decision: &Decision, page: &mut Page<'_>) -> io::Result<()> {
    if let Some(finding) = summary::of(decision, Verdict::Broken).next() {
        let text = format!("`portcullis explain {}` says why a control asks this", finding.control);
        page.paragraph(Margin(0, 4), PLAIN_LEAD, &text)?;
    }
    let more = if page.hidden { "; `--verbose` shows everything" } else { "" };
    page.paragraph(Margin(0, 4), PLAIN_LEAD, &format!("{}{more}", summary::counts(decision)))
}

const PLAIN: anstyle::Style = anstyle::Style::new();
const BOLD: anstyle::Style = anstyle::Style::new().bold();
const FAINT: anstyle::Style = anstyle::Style::new().dimmed();

fn of_outcome(outcome: Outcome) -> anstyle::Style {
    match outcome {
        Outcome::Allow => AnsiColor::Green.on_default().bold(),
        Outcome::Undetermined => AnsiColor::Yellow.on_default().bold(),
        Outcome::Block => AnsiColor::Red.on_default().bold(),
    }
}

fn of_verdict(verdict: Verdict) -> anstyle::Style {
    match verdict {
        Verdict::Broken => of_outcome(Outcome::Block),
        Verdict::Unproven => of_outcome(Outcome::Undetermined),
        Verdict::Waived => AnsiColor::Magenta.on_default().bold(),
        Verdict::Noted => AnsiColor::Cyan.on_default().bold(),
        Verdict::Met | Verdict::Exempt => AnsiColor::Green.on_default(),
    }
}

/// Columns left free: before the first line of a paragraph, and before its others.
struct Margin(usize, usize);

/// The word that a paragraph starts with, and its colour.
struct Lead<'a>(&'a str, anstyle::Style);

/// No word.
const PLAIN_LEAD: Lead<'static> = Lead("", PLAIN);

/// Where paragraphs are written.
struct Page<'a> {
    out: &'a mut dyn io::Write,
    style: Style,
    /// Has something been left out that `--verbose` would show?
    hidden: bool,
}

impl Page<'_> {
    fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// The items, or a handful of them and how many more there are.
    fn list<T>(
        &mut self,
        items: &[T],
        mut write: impl FnMut(&mut Self, &T) -> io::Result<()>,
    ) -> io::Result<()> {
        // "and 1 more" would take the line that the one could have had.
        let all = self.style.verbose || items.len() <= HANDFUL + 1;
        let shown = if all { items.len() } else { HANDFUL };
        items.iter().take(shown).try_for_each(|item| write(self, item))?;
        if all {
            return Ok(());
        }
        self.hidden = true;
        self.paragraph(Margin(4, 6), PLAIN_LEAD, &format!("and {} more", items.len() - shown))
    }

    /// A paragraph, escaped and wrapped. Words are never broken: a path stays one piece for copying.
    fn paragraph(&mut self, margin: Margin, lead: Lead<'_>, text: &str) -> io::Result<()> {
        let text = self.cut(text);
        let gap = usize::from(!lead.0.is_empty());
        let first = margin.0 + lead.0.width() + gap;
        let lines = wrap(&escape::line(&text), first, margin.1, self.style.width.max(NARROWEST));
        let mut start = format!("{}{}{}", " ".repeat(margin.0), self.painted(&lead), " ".repeat(gap));
        for line in lines {
            writeln!(self.out, "{}", format!("{start}{line}").trim_end())?;
            start = " ".repeat(margin.1);
        }
        Ok(())
    }

    /// A text that is too long to read is cut, unless everything is to be shown.
    fn cut(&mut self, text: &str) -> String {
        if self.style.verbose {
            return text.to_string();
        }
        let cut = escape::clip(text, LONGEST);
        self.hidden |= cut != text;
        cut
    }

    fn painted(&self, lead: &Lead<'_>) -> String {
        if self.style.colour {
            format!("{}{}{}", lead.1.render(), lead.0, lead.1.render_reset())
        } else {
            lead.0.to_string()
        }
    }
}

/// The lines of a text: the first starts in column `first`, the others in column `hang`, none passes `width`
/// unless it is a single word. There is always a first line, if only an empty one.
fn wrap(text: &str, first: usize, hang: usize, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let (mut column, mut gap) = (first, 0);
    for word in text.split(' ') {
        if !word.is_empty() {
            if column + gap + word.width() > width && column + gap > hang {
                lines.push(String::new());
                (column, gap) = (hang, 0);
            }
            let line = lines.last_mut();
            line.into_iter().for_each(|line| line.extend([&" ".repeat(gap), word]));
            column += gap + word.width();
            gap = 0;
        }
        gap += 1;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::sample::{STYLE, allowed, blocked, many, render, undetermined};
    use super::*;
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
    help: a\u{1b}[2J\r\n::set-output name=x::y ##\u{5b}add-path]/tmp
      \u{202e}cod\u{200b}e <script>alert(1)</script> [x](https://example.test)
      ![i](https://example.test/i.png) @robin #1 `b | c`

  met: protected-branch 5, required-reviews 1
  exempt: gate-integrity 1
`portcullis explain regression-tests` says why a control asks this
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
    help: a\u{1b}[2J\r\n::set-output
      name=x::y ##\u{5b}add-path]/tmp
      \u{202e}cod\u{200b}e
      <script>alert(1)</script>
      [x](https://example.test)
      ![i](https://example.test/i.png)
      @robin #1 `b | c`

  met: protected-branch 5,
    required-reviews 1
  exempt: gate-integrity 1
`portcullis explain regression-tests`
    says why a control asks this
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
    help: a\u{1b}[2J\r\n::set-output name=x::y ##\u{5b}add-path]/tmp
      \u{202e}cod\u{200b}e <script>alert(1)</script> [x](https://example.test)
      ![i](https://example.test/i.png) @robin #1 `b | c`


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
`portcullis explain regression-tests` says why a control asks this
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
        decision.judged = crate::model::decision::Judged {
            repository: None,
            request: None,
            title: None,
            branch: None,
            base: None,
            head: None,
            commits: None,
            files: None,
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
        assert_eq!(wrap("日本 日本 ab", 0, 2, 9), ["日本 日本", "ab"]);
        assert_eq!(wrap("a  b", 0, 0, 9), ["a  b"]);
        assert_eq!(wrap("aa  bb", 0, 0, 4), ["aa", "bb"]);
        assert_eq!(wrap("toolongaword b", 0, 0, 4), ["toolongaword", "b"]);
        assert_eq!(wrap("", 0, 0, 4), [""]);
    }
}
