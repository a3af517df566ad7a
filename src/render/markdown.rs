//! The `markdown` format: a job summary in GitHub-flavoured Markdown, for `GITHUB_STEP_SUMMARY`.
//!
//! GitHub takes no more than 1 MiB of summary from one step (GitHub docs, "Workflow commands",
//! "Step isolation and limits"), so the text ends early and says so. Text from outside is in
//! code spans, where nothing is markup.

use super::groups::{self, FindingBlock};
use super::links::{HostPages, markdown_link};
use super::{Context, Format, Imprint, Style, escape, origin, summary};
use portcullis_model::change::Revision;
use portcullis_model::decision::{Decision, Finding, Judged, Place, TouchedArea, Verdict};
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

/// How many findings that say the same are named.
const ALIKE: usize = 200;

fn write_decision(decision: &Decision, context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let style = context.style;
    let pages = HostPages::of(decision, context);
    let mut sheet = Sheet { text: write_head(decision, style), left_out: 0, pages: pages.as_ref() };
    for verdict in summary::SHOWN {
        write_section(decision, verdict, &mut sheet);
    }
    write_areas(decision, &mut sheet);
    write_summed(decision, style, &mut sheet);
    sheet.text.push_str(&judged_table(decision, pages.as_ref()));
    sheet.end();
    sheet.text.push_str(&written_by(context));
    out.write_all(sheet.text.as_bytes())
}

/// The summary of a run that ended without a decision: what it is, and the message of the program.
fn failure_summary(what: &str, message: &str) -> String {
    let lines = message.trim().lines().map(str::trim_end).filter(|line| !line.is_empty());
    let lines: Vec<String> = lines.take(DETAILS).map(code_span).collect();
    format!("## Portcullis: {what}\n\n{}\n\n", lines.join("<br>"))
}

/// The text so far, how many rows it has no room for, and where links lead.
struct Sheet<'p> {
    text: String,
    left_out: usize,
    pages: Option<&'p HostPages<'p>>,
}

impl Sheet<'_> {
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
fn judged_table(decision: &Decision, pages: Option<&HostPages<'_>>) -> String {
    let rows: String =
        judged_rows(decision, pages).iter().map(|(name, value)| table_row(&[*name, value])).collect();
    format!("\n{}{}{rows}\n", table_row(&["Judged", ""]), table_row(&["---", "---"]))
}

fn judged_rows(decision: &Decision, pages: Option<&HostPages<'_>>) -> Vec<(&'static str, String)> {
    let commit = |commit: &Revision| {
        markdown_link(&code_span(commit.as_str()), pages.map(|pages| pages.commit(commit)))
    };
    let Judged { repository, request, requests, title, branch, base, head, asserted, .. } = &decision.judged;
    let source = decision.policy.as_ref().map(|policy| {
        let house =
            policy.house.iter().map(|house| format!("<br>extends {}", code_span(&summary::house(house))));
        format!(
            "{}, {}<br>{}{}",
            code_span(&policy.project),
            summary::origin(policy),
            code_span(policy.digest.as_str()),
            house.collect::<String>()
        )
    });
    let rows = [
        ("Not observed", asserted.as_ref().map(|asserted| code_span(&asserted.label()))),
        ("Repository", repository.as_deref().map(|name| repository_link(name, pages))),
        ("Request", request.as_ref().map(|request| request_link(request, pages))),
        ("Requests", (!requests.is_empty()).then(|| joined(requests, pages))),
        ("Title", title.as_deref().map(code_span)),
        ("Into branch", branch.as_ref().map(|branch| code_span(branch.as_str()))),
        ("Base", base.as_ref().map(commit)),
        ("Head", head.as_ref().map(commit)),
        ("Size", summary::size(&decision.judged)),
        ("Policy", source),
    ];
    rows.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn joined(requests: &[RequestId], pages: Option<&HostPages<'_>>) -> String {
    requests.iter().map(|request| request_link(request, pages)).collect::<Vec<_>>().join(", ")
}

fn repository_link(name: &str, pages: Option<&HostPages<'_>>) -> String {
    markdown_link(&code_span(name), pages.map(HostPages::repository))
}

fn request_link(request: &RequestId, pages: Option<&HostPages<'_>>) -> String {
    markdown_link(&prose_text(&request.to_string()), pages.map(|pages| pages.request(request)))
}

/// Which program judged, when, and in which run of a job.
fn written_by(context: &Context<'_>) -> String {
    context.imprint.map(|imprint| footer(imprint, origin::moment_text(context))).unwrap_or_default()
}

/// The last line of a summary. The moment is that of the facts, and of a run without any that of
/// its end.
pub fn footer(imprint: Imprint<'_>, moment: Option<String>) -> String {
    let version = format!("Portcullis {}", prose_text(imprint.version));
    let moment = moment.map(|moment| code_span(&moment));
    let run = imprint.run.map(|address| markdown_link("run", Some(escape::address(address))));
    let parts: Vec<String> = [Some(version), moment, run].into_iter().flatten().collect();
    format!("{}\n\n", parts.join(" · "))
}

fn write_areas(decision: &Decision, sheet: &mut Sheet<'_>) {
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

fn write_section(decision: &Decision, verdict: Verdict, sheet: &mut Sheet<'_>) {
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
    let pages = sheet.pages;
    let rows = groups::blocks(findings).into_iter().map(|block| block_row(&block, pages));
    sheet.table(title, &["Control", "Subject", "Why", "What to do"], rows);
}

fn block_row(block: &FindingBlock<'_>, pages: Option<&HostPages<'_>>) -> Vec<String> {
    let finding = block.finding;
    let remedy = finding.remedy.as_deref().map_or_else(String::new, prose_text);
    let subject = format!("{}{}", subject_of(finding, pages), alike_of(block, pages));
    vec![code_span(&finding.control), subject, why_of(finding), remedy]
}

fn subject_of(finding: &Finding, pages: Option<&HostPages<'_>>) -> String {
    let subject = format!("{} {}", finding.subject.kind.as_str(), code_span(&finding.subject.name));
    match &finding.place {
        Some(place) => format!("{subject}<br>at {}", place_link(place, pages)),
        None => subject,
    }
}

fn place_link(place: &Place, pages: Option<&HostPages<'_>>) -> String {
    markdown_link(&code_span(&summary::place(place)), pages.and_then(|pages| pages.file(place)))
}

/// The subjects of findings that say the same, folded away.
fn alike_of(block: &FindingBlock<'_>, pages: Option<&HostPages<'_>>) -> String {
    if block.alike.is_empty() {
        return String::new();
    }
    let name = |finding: &&Finding| match &finding.place {
        Some(place) => place_link(place, pages),
        None => code_span(&finding.subject.name),
    };
    let mut names: Vec<String> = block.alike.iter().take(ALIKE).map(name).collect();
    if block.alike.len() > ALIKE {
        names.push(format!("and {} more", block.alike.len() - ALIKE));
    }
    let count = block.alike.len();
    format!("<details><summary>and {count} more</summary>{}</details>", names.join("<br>"))
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
fn write_summed(decision: &Decision, style: Style, sheet: &mut Sheet<'_>) {
    let findings = || summary::SUMMED.iter().flat_map(|verdict| summary::of(decision, *verdict));
    if findings().next().is_none() {
        return;
    }
    let open = if style.verbose { " open" } else { "" };
    let summary = "<summary>What holds or need not hold</summary>";
    // The element is opened and closed whether its table has room or not.
    sheet.text.push_str(&format!("<details{open}>{summary}\n"));
    let pages = sheet.pages;
    sheet.table(
        "",
        &["Verdict", "Control", "Subject", "Why"],
        findings().map(|finding| summed_row(finding, pages)),
    );
    sheet.text.push_str("</details>\n");
}

fn summed_row(finding: &Finding, pages: Option<&HostPages<'_>>) -> Vec<String> {
    let verdict = summary::verdict(finding.verdict).to_string();
    vec![verdict, code_span(&finding.control), subject_of(finding, pages), why_of(finding)]
}

#[cfg(test)]
mod tests {
    use super::super::sample::{STYLE, allowed, blocked, different, many, render, undetermined};
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
        let mut decision = different(30_000);
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

    /// The reason of each names its own file, and so does the remedy.
    #[test]
    fn what_sixty_files_have_in_common_is_one_row_with_sixty_places() {
        let mut decision = many(60);
        for (index, finding) in decision.findings.iter_mut().enumerate() {
            let path = format!("services/upload/part_{index:02}.sql");
            finding.reason = format!("no owner approved {path}");
            finding.remedy = Some(format!("Ask an owner of {path}."));
            finding.place = Some(Place { path: path.as_str().into(), line: Some(7) });
            finding.subject.name = path;
        }
        let rendered = render(&FORMAT, &decision, STYLE);
        assert_eq!(rendered.matches("no owner approved").count(), 1, "{rendered}");
        assert!(rendered.contains("<details><summary>and 59 more</summary>"), "{rendered}");
        assert!((0..60).all(|index| rendered.contains(&format!("`services/upload/part_{index:02}.sql:7`"))));
        assert!(rendered.starts_with("## Portcullis: blocked\n\n60 broken: "), "{rendered}");
    }

    #[test]
    fn the_last_line_says_who_when_and_where() {
        let imprint =
            Imprint { version: "0.2.0 (commit not known)", run: Some("https://ci.example.test/runs/5") };
        assert_eq!(
            footer(imprint, Some("2026-03-01T10:00:00Z".into())),
            "Portcullis `0.2.0` (commit not known) · `2026-03-01T10:00:00Z` · [run](https://ci.example.test/runs/5)\n\n"
        );
        let hostile = Imprint { version: "1", run: Some("https://x/)[y](http://evil.test)") };
        assert_eq!(footer(hostile, None), "Portcullis 1 · [run](https://x/yhttp://evil.test)\n\n");
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
