//! The `markdown` format: a job summary in GitHub-flavoured Markdown, for `GITHUB_STEP_SUMMARY`.
//!
//! GitHub takes no more than 1 MiB of summary from one step (GitHub docs, "Workflow commands",
//! "Step isolation and limits"), so the text ends early and says so. Text from outside is in
//! code spans, where nothing is markup.

use super::{Context, Format, Style, escape, summary};
use portcullis_model::decision::{Decision, Finding, Judged, TouchedArea, Verdict};
use portcullis_model::id::RequestId;
use std::io;

/// The format.
pub static FORMAT: Format = Format {
    name: "markdown",
    about: "A job summary in GitHub-flavoured Markdown",
    write: write_decision,
    failure: Some(failure_summary),
    log_safe: false,
};

/// Bytes after which nothing more is listed. What is still written then is our own and short.
const LIMIT: usize = 900_000;

/// Characters of a single text.
const TEXT: usize = 2_000;

/// How many details one finding shows.
const DETAILS: usize = 20;

fn write_decision(decision: &Decision, context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let style = context.style;
    let mut sheet = Sheet { text: write_head(decision, style), left_out: 0 };
    for verdict in summary::SHOWN {
        write_section(decision, verdict, &mut sheet);
    }
    write_areas(decision, &mut sheet);
    write_summed(decision, style, &mut sheet);
    sheet.text.push_str(&judged_table(decision));
    sheet.end();
    out.write_all(sheet.text.as_bytes())
}

/// The summary of a run that ended without a decision: what it is, and the message of the program.
fn failure_summary(what: &str, message: &str) -> String {
    let lines = message.trim().lines().map(str::trim_end).filter(|line| !line.is_empty());
    let lines: Vec<String> = lines.take(DETAILS).map(code_span).collect();
    format!("## Portcullis: {what}\n\n{}\n\n", lines.join("<br>"))
}

/// The text so far, and how many rows it has no room for.
struct Sheet {
    text: String,
    left_out: usize,
}

impl Sheet {
    /// A table under its heading, as far as there is room.
    fn table(&mut self, heading: &str, titles: &[&str], rows: impl Iterator<Item = Vec<String>>) {
        if self.left_out > 0 {
            self.left_out += rows.count();
            return;
        }
        self.text.push_str(&format!(
            "{heading}\n\n{}{}",
            table_row(titles),
            table_row(&vec!["---"; titles.len()])
        ));
        rows.for_each(|cells| self.row(&table_row(&cells)));
        self.text.push('\n');
    }

    /// Once a row has no room, none after it is shown: what is left out is the end, not the middle.
    fn row(&mut self, row: &str) {
        if self.left_out == 0 && self.text.len() + row.len() <= LIMIT {
            self.text.push_str(row);
        } else {
            self.left_out += 1;
        }
    }

    fn end(&mut self) {
        if self.left_out > 0 {
            let rows = summary::plural(self.left_out as u64, "more row");
            self.text.push_str(&format!("… {rows} had no room here and are in the JSON output.\n"));
        }
    }
}

fn table_row<T: AsRef<str>>(cells: &[T]) -> String {
    let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
    format!("| {} |\n", cells.join(" | "))
}

fn code_span(text: &str) -> String {
    escape::code(&escape::clip(text, TEXT))
}

fn prose_text(text: &str) -> String {
    escape::prose(&escape::clip(text, TEXT))
}

fn write_head(decision: &Decision, style: Style) -> String {
    let advice = if style.advisory { " (advisory)" } else { "" };
    let heading = format!("## Portcullis: {}{advice}\n\n", summary::outcome(decision.outcome));
    let advice = if style.advisory { " The gate only advises here: the exit code is 0." } else { "" };
    let judged = prose_text(&summary::judged(&decision.judged));
    format!("{heading}{}: {judged}.{advice}\n\n", summary::counts(decision))
}

/// What was judged, to the last digit; after the findings, because those are what a reader came
/// for.
fn judged_table(decision: &Decision) -> String {
    let rows: String = judged_rows(decision).iter().map(|(name, value)| table_row(&[*name, value])).collect();
    format!("\n{}{}{rows}\n", table_row(&["Judged", ""]), table_row(&["---", "---"]))
}

fn judged_rows(decision: &Decision) -> Vec<(&'static str, String)> {
    let Judged { repository, request, requests, title, branch, base, head, asserted, .. } = &decision.judged;
    let source = decision.policy.as_ref().map(|policy| {
        format!(
            "{}, {}<br>{}",
            code_span(&policy.project),
            summary::origin(policy),
            code_span(policy.digest.as_str())
        )
    });
    let rows = [
        ("Not observed", asserted.as_ref().map(|asserted| code_span(&asserted.label()))),
        ("Repository", repository.as_deref().map(code_span)),
        ("Request", request.as_ref().map(|request| prose_text(&request.to_string()))),
        ("Requests", (!requests.is_empty()).then(|| joined(requests))),
        ("Title", title.as_deref().map(code_span)),
        ("Into branch", branch.as_ref().map(|branch| code_span(branch.as_str()))),
        ("Base", base.as_ref().map(|base| code_span(base.as_str()))),
        ("Head", head.as_ref().map(|head| code_span(head.as_str()))),
        ("Size", summary::size(&decision.judged)),
        ("Policy", source),
    ];
    rows.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn joined(requests: &[RequestId]) -> String {
    let names: Vec<String> = requests.iter().map(ToString::to_string).collect();
    prose_text(&names.join(", "))
}

fn write_areas(decision: &Decision, sheet: &mut Sheet) {
    if decision.areas.is_empty() {
        return;
    }
    let titles = ["Area", "File", "Because of", "Policy line"];
    let rows = decision.areas.iter().flat_map(area_rows);
    sheet.table("### Data-processing code that is touched", &titles, rows);
}

fn area_rows(area: &TouchedArea) -> impl Iterator<Item = Vec<String>> {
    let name = format!("{}<br>{}", code_span(&area.area), prose_text(&area.purpose));
    area.touches.iter().enumerate().map(move |(index, touch)| {
        let name = if index == 0 { name.clone() } else { String::new() };
        vec![
            name,
            code_span(&summary::touched(touch)),
            prose_text(&touch.rule),
            touch.policy_line.to_string(),
        ]
    })
}

fn write_section(decision: &Decision, verdict: Verdict, sheet: &mut Sheet) {
    let mut findings = summary::of(decision, verdict).peekable();
    if findings.peek().is_none() {
        return;
    }
    let title = match verdict {
        Verdict::Broken => "### Broken: these do not hold",
        Verdict::Unproven => "### Unproven: it could not be seen whether these hold",
        Verdict::Waived => "### Waived: these do not hold, and a waiver covers them",
        Verdict::Noted | Verdict::Met | Verdict::Exempt => "### Noted: for a reviewer to look at",
    };
    sheet.table(title, &["Control", "Subject", "Why", "What to do"], findings.map(finding_row));
}

fn finding_row(finding: &Finding) -> Vec<String> {
    let remedy = finding.remedy.as_deref().map_or_else(String::new, prose_text);
    vec![code_span(&finding.control), subject_of(finding), why_of(finding), remedy]
}

fn subject_of(finding: &Finding) -> String {
    let subject = format!("{} {}", finding.subject.kind.as_str(), code_span(&finding.subject.name));
    match &finding.place {
        Some(place) => format!("{subject}<br>at {}", code_span(&summary::place(place))),
        None => subject,
    }
}

fn why_of(finding: &Finding) -> String {
    let mut lines = vec![prose_text(&finding.reason)];
    lines.extend(finding.details.iter().take(DETAILS).map(|detail| format!("&bull; {}", prose_text(detail))));
    if finding.details.len() > DETAILS {
        lines.push(format!("and {} more", finding.details.len() - DETAILS));
    }
    lines.join("<br>")
}

/// What holds, folded away unless everything was asked for.
fn write_summed(decision: &Decision, style: Style, sheet: &mut Sheet) {
    let findings = || summary::SUMMED.iter().flat_map(|verdict| summary::of(decision, *verdict));
    if findings().next().is_none() {
        return;
    }
    let open = if style.verbose { " open" } else { "" };
    let summary = "<summary>What holds or need not hold</summary>";
    // The element is opened and closed whether its table has room or not.
    sheet.text.push_str(&format!("<details{open}>{summary}\n"));
    sheet.table("", &["Verdict", "Control", "Subject", "Why"], findings().map(summed_row));
    sheet.text.push_str("</details>\n");
}

fn summed_row(finding: &Finding) -> Vec<String> {
    let verdict = summary::verdict(finding.verdict).to_string();
    vec![verdict, code_span(&finding.control), subject_of(finding), why_of(finding)]
}

#[cfg(test)]
mod tests {
    use super::super::sample::{STYLE, allowed, blocked, many, render, undetermined};
    use super::*;
    use snapbox::{IntoData as _, assert_data_eq, str};

    #[test]
    fn an_allowed_change() {
        assert_data_eq!(render(&FORMAT, &allowed(), STYLE), str![[r#"
## Portcullis: allowed

6 met, 1 exempt: `acme/upload` request 7 into main (3 commits, 5 files) at `1a2b3c4d5e`.

### Data-processing code that is touched

| Area | File | Because of | Policy line |
| --- | --- | --- | --- |
| `upload`<br>Loads, amends and deletes records on the national database | `lib/ids.py:14` | content `(?i)\b(nominal`<code>&#124;</code>`pnc)_id\b` in an added line | 14 |
|  | `services/upload/load.py` | path `services/upload/**` | 12 |

<details><summary>What holds or need not hold</summary>


| Verdict | Control | Subject | Why |
| --- | --- | --- | --- |
| met | `protected-branch` | branch `main: approvals` | classic protection requires it, and nobody gets round it |
| met | `protected-branch` | branch `main: change-request` | classic protection requires it, and nobody gets round it |
| met | `protected-branch` | branch `main: deletion` | classic protection requires it, and nobody gets round it |
| met | `protected-branch` | branch `main: force-push` | classic protection requires it, and nobody gets round it |
| met | `protected-branch` | branch `main: last-push-approval` | classic protection requires it, and nobody gets round it |
| met | `required-reviews` | request `7` | 2 of 2 required approvals count: robin, kim |
| exempt | `gate-integrity` | change `1a2b3c4d5e` | nothing that steers the gate is touched |

</details>

| Judged |  |
| --- | --- |
| Repository | `acme/upload` |
| Request | 7 |
| Title | `Load the January file twice` |
| Into branch | `main` |
| Base | `5e4d3c2b1a000000000000000000000000000000` |
| Head | `1a2b3c4d5e000000000000000000000000000000` |
| Size | 3 commits, 5 files |
| Policy | `Intelligence upload`, from the base of the change<br>`sha256:823412d1eacb67956220e532959f0104603057c88704863ca38e7cd188fda812` |


"#]].raw());
    }

    #[test]
    fn a_blocked_change() {
        assert_data_eq!(render(&FORMAT, &blocked(), STYLE), str![[r###"
## Portcullis: blocked

2 broken, 1 unproven, 1 waived, 1 noted, 6 met, 1 exempt: `acme/upload` request 7 into main (3 commits, 5 files) at `1a2b3c4d5e`.

### Broken: these do not hold

| Control | Subject | Why | What to do |
| --- | --- | --- | --- |
| `regression-tests` | suite `upload-regression` | 8 of 52 tests failed<br>&bull; upload > load > `twice_1` failed<br>&bull; upload > load > `twice_2` failed<br>&bull; upload > load > `twice_3` failed<br>&bull; upload > load > `twice_4` failed<br>&bull; upload > load > `twice_5` failed<br>&bull; upload > load > `twice_6` failed<br>&bull; upload > load > `twice_7` failed<br>&bull; upload > load > `twice_8` failed | Make the failing tests pass and run the suite on the head again. |
| `required-reviews` | area `upload`<br>at `services/upload/load.py:14` | 1 of 2 required approvals counts, and none is by the role data-protection<br>&bull; the approval by `@robin` was given on `5e4d3c2b1a`, which is not the head<br>&bull; the approval by kim does not count: kim is an author of commit `1a2b3c4d5e` | Ask two people who wrote none of the commits, one of them with the role data-protection, to approve `1a2b3c4d5e`. |

### Unproven: it could not be seen whether these hold

| Control | Subject | Why | What to do |
| --- | --- | --- | --- |
| `protected-branch` | branch `main: bypass` | the bypass list of ruleset "main" (17) could not be seen: the token may not read it | Give the token the permission `administration: read` on the repository. |

### Waived: these do not hold, and a waiver covers them

| Control | Subject | Why | What to do |
| --- | --- | --- | --- |
| `required-checks` | check `unit` | the check "unit" of the app 15368 failed; waived until `2031-02-28` by alex: the runner is being replaced |  |

### Noted: for a reviewer to look at

| Control | Subject | Why | What to do |
| --- | --- | --- | --- |
| `gate-integrity` | file `` a\u{1b}[2J\r\n::set-output name=x::y ##\u{5b}add-path]/tmp \u{202e}cod\u{200b}e <script>alert(1)</script> [x](https://example.test) ![i](https://example.test/i.png) @robin #1 `b  ``<code>&#124;</code>``  c` ``<br>at `` "a\033[2J\r\n::set-output name=x::y ##\u{5b}add-path]/tmp \342\200\256cod\342\200\213e <script>alert(1)</script> [x](https://example.test) ![i](https://example.test/i.png) @robin #1 `b  ``<code>&#124;</code>``  c`":3 `` | `a\u{1b}[2J\r\n::set-output` `name=x::y` `##\u{5b}add-path]/tmp` `\u{202e}cod\u{200b}e` `<script>alert(1)</script>` `[x](https://example.test`) `![i](https://example.test/i.png`) `@robin` `#1` ` b  `<code>&#124;</code>`  c `<br>&bull; `a\u{1b}[2J\r\n::set-output` `name=x::y` `##\u{5b}add-path]/tmp` `\u{202e}cod\u{200b}e` `<script>alert(1)</script>` `[x](https://example.test`) `![i](https://example.test/i.png`) `@robin` `#1` ` b  `<code>&#124;</code>`  c ` | `A\u{1b}[2J\r\n::set-output` `name=x::y` `##\u{5b}add-path]/tmp` `\u{202e}cod\u{200b}e` `<script>alert(1)</script>` `[x](https://example.test`) `![i](https://example.test/i.png`) `@robin` `#1` ` b  `<code>&#124;</code>`  c `. |

### Data-processing code that is touched

| Area | File | Because of | Policy line |
| --- | --- | --- | --- |
| `upload`<br>Loads, amends and deletes records on the national database | `lib/ids.py:14` | content `(?i)\b(nominal`<code>&#124;</code>`pnc)_id\b` in an added line | 14 |
|  | `services/upload/load.py` | path `services/upload/**` | 12 |

<details><summary>What holds or need not hold</summary>


| Verdict | Control | Subject | Why |
| --- | --- | --- | --- |
| met | `protected-branch` | branch `main: approvals` | classic protection requires it, and nobody gets round it |
| met | `protected-branch` | branch `main: change-request` | classic protection requires it, and nobody gets round it |
| met | `protected-branch` | branch `main: deletion` | classic protection requires it, and nobody gets round it |
| met | `protected-branch` | branch `main: force-push` | classic protection requires it, and nobody gets round it |
| met | `protected-branch` | branch `main: last-push-approval` | classic protection requires it, and nobody gets round it |
| met | `required-reviews` | request `7` | 2 of 2 required approvals count: robin, kim |
| exempt | `gate-integrity` | change `1a2b3c4d5e` | nothing that steers the gate is touched |

</details>

| Judged |  |
| --- | --- |
| Repository | `acme/upload` |
| Request | 7 |
| Title | `` a\u{1b}[2J\r\n::set-output name=x::y ##\u{5b}add-path]/tmp \u{202e}cod\u{200b}e <script>alert(1)</script> [x](https://example.test) ![i](https://example.test/i.png) @robin #1 `b  ``<code>&#124;</code>``  c` `` |
| Into branch | `main` |
| Base | `5e4d3c2b1a000000000000000000000000000000` |
| Head | `1a2b3c4d5e000000000000000000000000000000` |
| Size | 3 commits, 5 files |
| Policy | `Intelligence upload`, from the base of the change<br>`sha256:823412d1eacb67956220e532959f0104603057c88704863ca38e7cd188fda812` |


"###]].raw());
    }

    #[test]
    fn advice_says_so_in_the_heading() {
        let rendered = render(&FORMAT, &undetermined(), Style { advisory: true, ..STYLE });
        assert!(rendered.starts_with("## Portcullis: undetermined (advisory)\n\n1 unproven, 6 met: "));
        assert!(rendered.contains(". The gate only advises here: the exit code is 0.\n"), "{rendered}");
    }

    #[test]
    fn a_summary_that_github_would_refuse_is_cut_at_its_end() {
        let mut decision = many(30_000);
        decision.findings.extend(allowed().findings);
        let rendered = render(&FORMAT, &decision, STYLE);
        assert!(rendered.len() < 1 << 20, "{}", rendered.len());
        assert!(rendered.contains("check 000000") && rendered.contains("</details>"));
        let rows = rendered.matches("| check `check ").count();
        assert!(rendered.ends_with(&format!(
            "… {} more rows had no room here and are in the JSON output.\n",
            30_007 - rows
        )));
    }

    #[test]
    fn a_single_long_text_does_not_use_up_the_room() {
        let mut decision = many(2);
        decision.findings[0].reason = "x".repeat(1 << 21);
        decision.judged.title = Some("`".repeat(1 << 21));
        let rendered = render(&FORMAT, &decision, STYLE);
        assert!(rendered.len() < 20_000, "{}", rendered.len());
        assert!(rendered.contains("check 000001"));
    }
}
