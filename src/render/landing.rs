//! One landing for a person who has to answer for it: how the commit came to the branch, whether its content is what was
//! approved, who approved it, and what nobody did.
//!
//! The answer stands in the second line. What it rests on follows: the unexplained lines with their text, the requests with
//! their reviews, what the controls find, and the data-processing areas.

use super::terminal::{BOLD, FAINT, Lead, Margin, PLAIN_LEAD, Page, of_verdict, write_area, write_finding};
use super::{Style, patch, summary};
use crate::model::change::{BranchName, Commit};
use crate::model::decision::{Finding, TouchedArea, Verdict};
use crate::model::deployment::LandingFacts;
use crate::model::fact::{Fact, Gap, GapReason};
use crate::model::facts::Facts;
use crate::model::landing::{Candidate, Coverage, Miss, Residual, Span};
use crate::model::patch::Patch;
use crate::model::review::{ChangeRequest, Review, ReviewState, ReviewedContent};
use std::collections::BTreeSet;
use std::io;

/// How many commits are named without `--verbose`.
const HANDFUL: usize = 5;

/// A landing, and everything that is known of it.
pub struct Story<'a> {
    /// The commit that was asked about: the landing's own, or one that it brought.
    pub asked: &'a Commit,
    /// Where it landed.
    pub on: On<'a>,
    /// Was a host asked? Otherwise candidates are the other parents of the commit, and their numbers those of parents.
    pub host: bool,
    /// The landing.
    pub landing: &'a LandingFacts,
    /// Its steps, with what they brought.
    pub span: &'a Fact<Span>,
    /// The unexplained lines with their text; `None` when there are none.
    pub left: Fact<Option<Patch>>,
    /// The areas that it touches.
    pub areas: &'a Fact<Vec<TouchedArea>>,
    /// What the controls find.
    pub findings: &'a [Finding],
}

/// Where a commit landed.
#[derive(Clone, Copy, Debug)]
pub enum On<'a> {
    /// On this branch.
    Branch(&'a BranchName),
    /// On none that we know of, for this reason.
    None(&'a str),
}

/// Tells it.
///
/// # Errors
/// Those of `out`.
pub fn write(story: &Story<'_>, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page { out, style, hidden: false };
    write_head(story, &mut page)?;
    write_content(story, &mut page)?;
    for facts in story.landing.requests.value().into_iter().flatten() {
        write_request(story, facts, &mut page)?;
    }
    write_findings(story, &mut page)?;
    write_areas(story, &mut page)?;
    if page.hidden {
        page.blank()?;
        page.paragraph(Margin(0, 0), PLAIN_LEAD, "`--verbose` shows everything")?;
    }
    Ok(())
}

fn write_head(story: &Story<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let landing = &story.landing.landing;
    let steps = steps(story);
    let subject = steps.last().map_or("", |(commit, _)| commit.subject.as_str());
    let short = landing.landed.short();
    match story.on {
        On::Branch(branch) => {
            page.paragraph(Margin(0, 4), Lead("landing", BOLD), &format!("{short} on {branch}: {subject}"))?;
        }
        On::None(_) => page.paragraph(Margin(0, 4), Lead("commit", BOLD), &format!("{short}: {subject}"))?,
    }
    let (lead, sentence) = verdict(story);
    page.paragraph(Margin(0, 4), lead, &sentence)?;
    page.blank()?;
    if !story.landing.steps.contains(&story.asked.id) {
        let text = format!("{}: {}; this landing brought it", story.asked.id.short(), story.asked.subject);
        row(page, "asked about", &text)?;
    }
    if let On::None(why) = story.on {
        row(page, "landed", &format!("nobody knows where: {why}"))?;
    }
    row(page, "before", landing.parent.short())?;
    if let Fact::Known(files) = &story.landing.files {
        row(page, "changes", &summary::plural(files.len() as u64, "file"))?;
    }
    if let Some((commit, _)) = steps.last() {
        row(page, "committed by", &format!("{} <{}>", commit.committer.name, commit.committer.email))?;
    }
    let brought: Vec<&Commit> = steps.iter().flat_map(|(_, brought)| brought.iter()).collect();
    write_commits(page, "on the branch", &steps.iter().map(|(commit, _)| *commit).collect::<Vec<_>>())?;
    write_commits(page, "brought", &brought)
}

fn row(page: &mut Page<'_>, name: &str, text: &str) -> io::Result<()> {
    page.paragraph(Margin(2, 18), Lead(&format!("{:<15}", format!("{name}:")), FAINT), text)
}

/// One line for each commit; a single one is named in the head already.
fn write_commits(page: &mut Page<'_>, name: &str, commits: &[&Commit]) -> io::Result<()> {
    if commits.is_empty() || (commits.len() == 1 && name == "on the branch") {
        return Ok(());
    }
    let all = page.style.verbose || commits.len() <= HANDFUL + 1;
    let shown = if all { commits.len() } else { HANDFUL };
    let mut name = name;
    for commit in commits.iter().take(shown) {
        let text = format!("{} {} ({})", commit.id.short(), commit.subject, commit.author.name);
        let label = if name.is_empty() { String::new() } else { format!("{name}:") };
        page.paragraph(Margin(2, 18), Lead(&format!("{label:<15}"), FAINT), &text)?;
        name = "";
    }
    if !all {
        page.hidden = true;
        page.paragraph(Margin(18, 18), PLAIN_LEAD, &format!("and {} more", commits.len() - shown))?;
    }
    Ok(())
}

/// The steps of the landing, oldest first, each with what it brought.
fn steps<'a>(story: &Story<'a>) -> Vec<(&'a Commit, &'a [Commit])> {
    match story.span {
        Fact::Known(Span::Steps(steps)) => {
            steps.iter().map(|step| (&step.commit, step.brought.as_slice())).collect()
        }
        Fact::Known(_) | Fact::Gap(_) => Vec::new(),
    }
}

/// The answer: a word, and a sentence that needs no knowledge of git.
fn verdict(story: &Story<'_>) -> (Lead<'static>, String) {
    let explained = Lead("explained:", of_verdict(Verdict::Met));
    let one = |one: &Candidate| named(story, one);
    match &story.landing.coverage {
        Coverage::Unchanged => {
            (explained, "it changed no content, so there was nothing to review".to_string())
        }
        Coverage::Identity(by) => (
            explained,
            format!(
                "its content is, byte for byte, that of {}, which was built on the branch as it was",
                one(by)
            ),
        ),
        Coverage::Replay(by) => (
            explained,
            format!("its content is, byte for byte, what merging {} into the branch gives", one(by)),
        ),
        Coverage::Rebase(by) => (
            explained,
            format!(
                "each of its {} commits has, byte for byte, the content that replaying {} onto the branch gives",
                story.landing.steps.len(),
                one(by)
            ),
        ),
        Coverage::Train(all) => (
            explained,
            format!(
                "its content is, byte for byte, what merging these into the branch one after the other gives: {}",
                all.iter().map(one).collect::<Vec<_>>().join(", then ")
            ),
        ),
        Coverage::Unverifiable(gap) => (Lead("cannot tell:", of_verdict(Verdict::Unproven)), gap.to_string()),
        Coverage::Residual(residual) => left_over(story, residual),
    }
}

fn left_over(story: &Story<'_>, residual: &Residual) -> (Lead<'static>, String) {
    let broken = Lead("not explained:", of_verdict(Verdict::Broken));
    if !residual.nearest.is_empty() {
        let nearest: Vec<_> = residual.nearest.iter().map(|one| named(story, one)).collect();
        let reviewed =
            if story.host { "nobody reviewed the lines below" } else { "the lines below came in besides" };
        let sentence =
            format!("merging {} into the branch gives something else; {reviewed}", nearest.join(", then "));
        return (broken, sentence);
    }
    match &story.landing.requests {
        Fact::Known(requests) if requests.is_empty() => (
            broken,
            "no change request brought it: it was pushed past them. All that it changed is below".into(),
        ),
        Fact::Known(_) => (
            broken,
            "its requests have no history in common with the branch. All that it changed is below".into(),
        ),
        Fact::Gap(gap) => unknown(gap),
    }
}

/// Nobody knows which request brought it, so nobody knows that none did.
fn unknown(gap: &Gap) -> (Lead<'static>, String) {
    let unproven = of_verdict(Verdict::Unproven);
    if gap.reason == GapReason::NotAsked {
        let sentence = "which request brought it. Git alone cannot tell a squash or a rebase from a push; all that it \
                        changed is below";
        return (Lead("not asked:", unproven), sentence.to_string());
    }
    (Lead("cannot tell:", unproven), format!("{gap}. All that it changed is below"))
}

fn named(story: &Story<'_>, candidate: &Candidate) -> String {
    let head = candidate.head.short();
    if story.host {
        format!("request {} at {head}", candidate.request)
    } else {
        format!("{head} (not asked: which request)")
    }
}

fn write_content(story: &Story<'_>, page: &mut Page<'_>) -> io::Result<()> {
    if let Coverage::Unverifiable(gap) = &story.landing.coverage {
        page.paragraph(Margin(4, 6), Lead("help:", BOLD), &gap.remedy)?;
    }
    let residual = matches!(story.landing.coverage, Coverage::Residual(_));
    if page.style.verbose || residual {
        story.landing.misses.iter().try_for_each(|miss| row(page, "tried", &missed(story, miss)))?;
    }
    match &story.left {
        // What cannot be told cannot be shown either, for the same reason.
        _ if matches!(story.landing.coverage, Coverage::Unverifiable(_)) => Ok(()),
        Fact::Known(None) => Ok(()),
        Fact::Known(Some(left)) => write_left(story, left, page),
        Fact::Gap(gap) => {
            page.blank()?;
            page.paragraph(
                Margin(0, 4),
                Lead("cannot show:", of_verdict(Verdict::Unproven)),
                &gap.to_string(),
            )
        }
    }
}

fn write_left(story: &Story<'_>, left: &Patch, page: &mut Page<'_>) -> io::Result<()> {
    page.blank()?;
    let (added, dropped) = left.lines();
    let sizes = format!(
        "{} added, {} dropped, in {}",
        summary::plural(added as u64, "line"),
        summary::plural(dropped as u64, "line"),
        summary::plural(left.files.len() as u64, "file")
    );
    page.paragraph(Margin(0, 4), Lead(&format!("{}:", heading(story)), BOLD), &sizes)?;
    patch::write(left, page)
}

fn heading(story: &Story<'_>) -> &'static str {
    match (&story.landing.requests, &story.landing.coverage) {
        (Fact::Known(_), _) => "reviewed by nobody",
        (Fact::Gap(_), Coverage::Residual(Residual { nearest, .. })) if !nearest.is_empty() => {
            "beside what was merged"
        }
        (Fact::Gap(_), _) => "all that it changed",
    }
}

/// What was tried in vain, in a line.
fn missed(story: &Story<'_>, miss: &Miss) -> String {
    let all: Vec<_> = miss.candidates.iter().map(|one| named(story, one)).collect();
    format!("{}: {}", all.join(", then "), miss.distance)
}

fn write_request(story: &Story<'_>, facts: &Facts, page: &mut Page<'_>) -> io::Result<()> {
    page.blank()?;
    let request = match &facts.host.request {
        Fact::Known(request) => request,
        Fact::Gap(gap) => {
            return page.paragraph(
                Margin(0, 4),
                Lead("request:", of_verdict(Verdict::Unproven)),
                &gap.to_string(),
            );
        }
    };
    let lead = format!("request {}:", request.id);
    page.paragraph(Margin(0, 4), Lead(&lead, BOLD), &request.title)?;
    row(page, "opened by", request.author.as_ref().map_or("a deleted account", |by| by.login.as_str()))?;
    row(page, "ended at", request.head.short())?;
    row(page, "landed", &landed(request))?;
    match &facts.host.reviews {
        Fact::Gap(gap) => row(page, "reviews", &gap.to_string()),
        Fact::Known(reviews) => write_reviews(story, reviews, page),
    }
}

fn landed(request: &ChangeRequest) -> String {
    request.merged.map_or("the host says that it has not".to_string(), |at| at.to_string())
}

fn write_reviews(story: &Story<'_>, reviews: &[Review], page: &mut Page<'_>) -> io::Result<()> {
    let opinions: Vec<_> = reviews
        .iter()
        .filter(|review| !matches!(review.state, ReviewState::Commented | ReviewState::Pending))
        .collect();
    if opinions.is_empty() {
        return row(page, "reviews", "none that approves or objects");
    }
    opinions.into_iter().try_for_each(|review| write_review(story, review, page))
}

fn write_review(story: &Story<'_>, review: &Review, page: &mut Page<'_>) -> io::Result<()> {
    let who = review.reviewer.as_ref().map_or("a deleted account", |account| account.login.as_str());
    let did = match review.state {
        ReviewState::Approved => "approved",
        ReviewState::ChangesRequested => "asked for changes of",
        ReviewState::Dismissed => "had an opinion, since dismissed, of",
        ReviewState::Commented | ReviewState::Pending => "looked at",
    };
    let what = match &review.reviewed {
        ReviewedContent::Stated(commit) => commit.short().to_string(),
        ReviewedContent::Derived { commit, from } => format!("{} (derived from {from})", commit.short()),
        ReviewedContent::Tree { tree, .. } => format!("tree {}", tree.short()),
        ReviewedContent::Unknown => "a commit that the host no longer knows".to_string(),
        ReviewedContent::Unseen(gap) => format!("a commit of which {gap}"),
    };
    let at = review.submitted.map_or(String::new(), |at| format!(", {at}"));
    let (mark, why) = standing(story.findings, review);
    let text = format!("{who} {did} {what}{at} (review {}){why}", review.id);
    page.paragraph(Margin(2, 18), mark, &text)
}

/// What became of a review, in the words of the controls: they name it in the details of their findings.
fn standing<'f>(findings: &'f [Finding], review: &Review) -> (Lead<'static>, String) {
    let counts = format!("review {} by ", review.id);
    let objects = format!("requested changes (review {})", review.id);
    let details = findings.iter().flat_map(|finding| &finding.details);
    let said = details.clone().filter(|detail| detail.starts_with(&counts));
    if said.clone().any(|detail: &'f String| detail.ends_with(" counts")) {
        return (Lead("counts         ", of_verdict(Verdict::Met)), String::new());
    }
    if let Some((_, why)) = said.filter_map(|detail| detail.split_once("does not count")).next() {
        return (Lead("does not count ", of_verdict(Verdict::Unproven)), why.to_string());
    }
    if details.into_iter().any(|detail| detail.contains(&objects)) {
        return (Lead("objects        ", of_verdict(Verdict::Broken)), String::new());
    }
    (Lead("not judged     ", FAINT), String::new())
}

fn write_findings(story: &Story<'_>, page: &mut Page<'_>) -> io::Result<()> {
    if !story.host {
        page.blank()?;
        let text =
            "which request it was, and who approved it; name the host: --host github --repository OWNER/NAME";
        return page.paragraph(Margin(0, 4), Lead("not asked:", of_verdict(Verdict::Unproven)), text);
    }
    page.blank()?;
    page.paragraph(
        Margin(0, 4),
        Lead("controls:", BOLD),
        "what they find of this landing, before any waiver",
    )?;
    if page.style.verbose {
        return story.findings.iter().try_for_each(|finding| write_finding(finding, page));
    }
    let quiet = |finding: &&Finding| summary::SUMMED.contains(&finding.verdict);
    for finding in story.findings.iter().filter(|finding| !quiet(finding)) {
        page.hidden |= !finding.details.is_empty();
        let lead = format!("{:<9}", summary::verdict(finding.verdict));
        let text = format!("{}: {}", finding.control, finding.reason);
        page.paragraph(Margin(2, 12), Lead(&lead, of_verdict(finding.verdict)), &text)?;
    }
    for verdict in summary::SUMMED {
        let of = story.findings.iter().filter(|finding| finding.verdict == verdict);
        let controls: BTreeSet<&str> = of.map(|finding| finding.control.as_str()).collect();
        if !controls.is_empty() {
            page.hidden = true;
            let lead = format!("{:<9}", summary::verdict(verdict));
            let text = controls.into_iter().collect::<Vec<_>>().join(", ");
            page.paragraph(Margin(2, 12), Lead(&lead, of_verdict(verdict)), &text)?;
        }
    }
    Ok(())
}

fn write_areas(story: &Story<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let areas = match story.areas {
        Fact::Known(areas) => areas,
        Fact::Gap(gap) => {
            page.blank()?;
            return page.paragraph(
                Margin(0, 4),
                Lead("areas:", of_verdict(Verdict::Unproven)),
                &gap.to_string(),
            );
        }
    };
    write_known_areas(areas, page)
}

/// The areas alone: of a commit that is no landing.
///
/// # Errors
/// Those of `out`.
pub fn areas(areas: &[TouchedArea], style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    write_known_areas(areas, &mut Page { out, style, hidden: false })
}

fn write_known_areas(areas: &[TouchedArea], page: &mut Page<'_>) -> io::Result<()> {
    if areas.is_empty() {
        page.blank()?;
        return page.paragraph(Margin(0, 4), PLAIN_LEAD, "It touches no data-processing area.");
    }
    areas.iter().try_for_each(|area| write_area(area, false, page))
}
