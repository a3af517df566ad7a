//! A report on a landing for a terminal: the answer in the second line, and below it what it rests
//! on.

use super::{KnownLanding, LandingReport, Location, RequestReport, ReviewReport, ReviewWeight, Unexplained};
use crate::terminal::{
    BOLD, FAINT, Lead, Margin, PLAIN_LEAD, TerminalPage, of_verdict, write_area, write_finding,
};
use crate::{Style, patch, summary};
use portcullis_model::change::Commit;
use portcullis_model::decision::{Finding, TouchedArea, Verdict};
use portcullis_model::fact::Fact;
use portcullis_model::patch::Patch;
use std::collections::BTreeSet;
use std::io;

/// How many commits are named without `--verbose`.
const HANDFUL: usize = 5;

/// Writes the report on a landing.
///
/// # Errors
/// Those of `out`.
pub fn write_report(known: &KnownLanding<'_>, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    let report = LandingReport::of(known);
    let mut page = TerminalPage { out, style, hidden: false };
    write_head(&report, &mut page)?;
    write_content(&report, &mut page)?;
    report.requests.iter().try_for_each(|request| write_request(request, &mut page))?;
    write_findings(&report, &mut page)?;
    match report.areas {
        Fact::Known(areas) => write_known_areas(areas, &mut page)?,
        Fact::Gap(gap) => write_gap(&mut page, "areas:", &gap.to_string())?,
    }
    if page.hidden {
        page.blank()?;
        page.paragraph(Margin(0, 0), PLAIN_LEAD, "`--verbose` shows everything")?;
    }
    Ok(())
}

/// Writes only the areas: of a commit that is no landing.
///
/// # Errors
/// Those of `out`.
pub fn write_areas(areas: &[TouchedArea], style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    write_known_areas(areas, &mut TerminalPage { out, style, hidden: false })
}

fn write_head(report: &LandingReport<'_>, page: &mut TerminalPage<'_>) -> io::Result<()> {
    let (short, subject, answer) = (report.landed.short(), report.subject, &report.answer);
    let (word, line) = match report.location {
        Location::Branch(branch) => ("landing", format!("{short} on {branch}: {subject}")),
        Location::Unknown(_) => ("commit", format!("{short}: {subject}")),
    };
    page.paragraph(Margin(0, 4), Lead(word, BOLD), &line)?;
    page.paragraph(Margin(0, 4), Lead(answer.word, of_verdict(answer.verdict)), &answer.sentence)?;
    page.blank()?;
    write_origin(report, page)
}

/// Where the landing came from: what it follows, who committed it, which commits it brought.
fn write_origin(report: &LandingReport<'_>, page: &mut TerminalPage<'_>) -> io::Result<()> {
    if let Some(asked) = report.asked {
        let text = format!("{}: {}; this landing brought it", asked.id.short(), asked.subject);
        write_row(page, "asked about", &text)?;
    }
    if let Location::Unknown(why) = report.location {
        write_row(page, "landed", &format!("on an unknown branch: {why}"))?;
    }
    write_row(page, "before", report.before.short())?;
    if let Some(files) = report.files {
        write_row(page, "changes", &summary::plural(files, "file"))?;
    }
    if let Some(commit) = report.steps.last() {
        let by = format!("{} <{}>", commit.committer.name, commit.committer.email);
        write_row(page, "committed by", &by)?;
    }
    // A single one is named in the head already.
    if report.steps.len() > 1 {
        write_commits(page, "on the branch", &report.steps)?;
    }
    write_commits(page, "brought", &report.brought)
}

fn write_row(page: &mut TerminalPage<'_>, name: &str, text: &str) -> io::Result<()> {
    page.paragraph(Margin(2, 18), Lead(&format!("{:<15}", format!("{name}:")), FAINT), text)
}

fn write_gap(page: &mut TerminalPage<'_>, word: &str, gap: &str) -> io::Result<()> {
    page.blank()?;
    page.paragraph(Margin(0, 4), Lead(word, of_verdict(Verdict::Unproven)), gap)
}

/// One line for each commit.
fn write_commits(page: &mut TerminalPage<'_>, name: &str, commits: &[&Commit]) -> io::Result<()> {
    let all = page.style.verbose || commits.len() <= HANDFUL + 1;
    let shown = if all { commits.len() } else { HANDFUL };
    let mut label = format!("{name}:");
    for commit in commits.iter().take(shown) {
        let text = format!("{} {} ({})", commit.id.short(), commit.subject, commit.author.name);
        page.paragraph(Margin(2, 18), Lead(&format!("{label:<15}"), FAINT), &text)?;
        label.clear();
    }
    if !all {
        page.hidden = true;
        page.paragraph(Margin(18, 18), PLAIN_LEAD, &format!("and {} more", commits.len() - shown))?;
    }
    Ok(())
}

fn write_content(report: &LandingReport<'_>, page: &mut TerminalPage<'_>) -> io::Result<()> {
    if let Some(remedy) = &report.answer.remedy {
        page.paragraph(Margin(4, 6), Lead("help:", BOLD), remedy)?;
    }
    if page.style.verbose || report.is_residual {
        report.attempts.iter().try_for_each(|attempt| write_row(page, "tried", attempt))?;
    }
    match &report.unexplained {
        Unexplained::Nothing => Ok(()),
        Unexplained::Lines { heading, patch } => write_patch(heading, patch, page),
        Unexplained::Hidden(gap) => write_gap(page, "cannot show:", &gap.to_string()),
    }
}

fn write_patch(heading: &str, left: &Patch, page: &mut TerminalPage<'_>) -> io::Result<()> {
    page.blank()?;
    let (added, dropped) = left.lines();
    let sizes = format!(
        "{} added, {} dropped, in {}",
        summary::plural(added as u64, "line"),
        summary::plural(dropped as u64, "line"),
        summary::plural(left.files.len() as u64, "file")
    );
    page.paragraph(Margin(0, 4), Lead(&format!("{heading}:"), BOLD), &sizes)?;
    patch::write(left, page)
}

fn write_request(report: &RequestReport<'_>, page: &mut TerminalPage<'_>) -> io::Result<()> {
    let (request, author, landed, reviews) = match report {
        RequestReport::Unseen(gap) => return write_gap(page, "request:", &gap.to_string()),
        RequestReport::Seen { request, author, landed, reviews } => (request, author, landed, reviews),
    };
    page.blank()?;
    let lead = format!("request {}:", request.id);
    page.paragraph(Margin(0, 4), Lead(&lead, BOLD), &request.title)?;
    write_row(page, "opened by", author)?;
    write_row(page, "ended at", request.head.short())?;
    write_row(page, "landed", landed)?;
    match reviews {
        Err(gap) => write_row(page, "reviews", &gap.to_string()),
        Ok(reviews) if reviews.is_empty() => write_row(page, "reviews", "none that approves or objects"),
        Ok(reviews) => reviews.iter().try_for_each(|review| write_review(review, page)),
    }
}

fn write_review(review: &ReviewReport<'_>, page: &mut TerminalPage<'_>) -> io::Result<()> {
    let (word, style, why) = match review.weight {
        ReviewWeight::Counts => ("counts", of_verdict(Verdict::Met), ""),
        ReviewWeight::DoesNotCount(why) => ("does not count", of_verdict(Verdict::Unproven), why),
        ReviewWeight::Objects => ("objects", of_verdict(Verdict::Broken), ""),
        ReviewWeight::NotJudged => ("not judged", FAINT, ""),
    };
    let text = format!("{}{why}", review.sentence);
    page.paragraph(Margin(2, 18), Lead(&format!("{word:<15}"), style), &text)
}

fn write_findings(report: &LandingReport<'_>, page: &mut TerminalPage<'_>) -> io::Result<()> {
    let Some(findings) = report.findings else {
        let text =
            "which request it was, and who approved it; name the host: --host github --repository OWNER/NAME";
        return write_gap(page, "not asked:", text);
    };
    page.blank()?;
    let heading = "what they find of this landing, before any waiver";
    page.paragraph(Margin(0, 4), Lead("controls:", BOLD), heading)?;
    if page.style.verbose {
        return findings.iter().try_for_each(|finding| write_finding(finding, page));
    }
    let is_summed = |finding: &&Finding| summary::SUMMED.contains(&finding.verdict);
    for finding in findings.iter().filter(|finding| !is_summed(finding)) {
        page.hidden |= !finding.details.is_empty();
        let text = format!("{}: {}", finding.control, finding.reason);
        write_verdict(page, finding.verdict, &text)?;
    }
    for verdict in summary::SUMMED {
        let of = findings.iter().filter(|finding| finding.verdict == verdict);
        let controls: BTreeSet<&str> = of.map(|finding| finding.control.as_str()).collect();
        if !controls.is_empty() {
            page.hidden = true;
            write_verdict(page, verdict, &controls.into_iter().collect::<Vec<_>>().join(", "))?;
        }
    }
    Ok(())
}

fn write_verdict(page: &mut TerminalPage<'_>, verdict: Verdict, text: &str) -> io::Result<()> {
    let lead = format!("{:<9}", summary::verdict(verdict));
    page.paragraph(Margin(2, 12), Lead(&lead, of_verdict(verdict)), text)
}

fn write_known_areas(areas: &[TouchedArea], page: &mut TerminalPage<'_>) -> io::Result<()> {
    if areas.is_empty() {
        page.blank()?;
        return page.paragraph(Margin(0, 4), PLAIN_LEAD, "It touches no data-processing area.");
    }
    areas.iter().try_for_each(|area| write_area(area, false, page))
}
