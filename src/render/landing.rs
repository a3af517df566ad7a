//! A report on one landing, for a person who has to answer for it: how the commit came to the
//! branch, whether its content is what was approved, who approved it, and what was never reviewed.
//!
//! This file computes the report; `landing/page.rs` writes it for a terminal.

use portcullis_model::change::{BranchName, Commit, Revision};
use portcullis_model::decision::{Finding, TouchedArea, Verdict};
use portcullis_model::deployment::LandingFacts;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::facts::Facts;
use portcullis_model::landing::{Candidate, Coverage, Miss, Residual, Span};
use portcullis_model::patch::Patch;
use portcullis_model::review::{ChangeRequest, Review, ReviewState, ReviewedContent};

mod page;

pub use page::{write_areas, write_report};

/// Everything that is known of a landing.
pub struct KnownLanding<'a> {
    /// The commit that was asked about: the landing's own, or one that it brought.
    pub asked: &'a Commit,
    /// Where it landed.
    pub location: Location<'a>,
    /// Was a host asked? Otherwise candidates are the other parents of the commit, and their
    /// numbers those of parents.
    pub host: bool,
    /// The landing, with its requests.
    pub landing: &'a LandingFacts,
    /// The steps of the landing, with the commits that each brought.
    pub span: &'a Fact<Span>,
    /// The unexplained lines with their text; `None` when there are none.
    pub left: Fact<Option<Patch>>,
    /// The areas that it touches.
    pub areas: &'a Fact<Vec<TouchedArea>>,
    /// What the controls find, before any waiver.
    pub findings: &'a [Finding],
}

/// Where a commit landed.
#[derive(Clone, Copy, Debug)]
pub enum Location<'a> {
    /// On this branch.
    Branch(&'a BranchName),
    /// On no branch that is known, for this reason.
    Unknown(&'a str),
}

/// What a report on a landing shows, in the order in which it is shown.
pub struct LandingReport<'a> {
    /// The commit that the branch pointed to after the landing.
    pub landed: &'a Revision,
    /// Where it landed.
    pub location: Location<'a>,
    /// The first line of the message of the last commit.
    pub subject: &'a str,
    /// Whether its content is explained.
    pub answer: LandingAnswer,
    /// The commit that was asked about, where the landing brought it.
    pub asked: Option<&'a Commit>,
    /// The commit that the branch pointed to before the landing.
    pub before: &'a Revision,
    /// How many files it changes, where that could be seen.
    pub files: Option<u64>,
    /// The commits on the first-parent line, oldest first.
    pub steps: Vec<&'a Commit>,
    /// The commits that came with them.
    pub brought: Vec<&'a Commit>,
    /// Is some of its content left over after every explanation?
    pub is_residual: bool,
    /// Explanations that were tried and do not hold, one sentence each.
    pub attempts: Vec<String>,
    /// The content that nothing explains.
    pub unexplained: Unexplained<'a>,
    /// The change requests that brought it.
    pub requests: Vec<RequestReport<'a>>,
    /// What the controls find, before any waiver; `None` where no host was asked for requests.
    pub findings: Option<&'a [Finding]>,
    /// The areas that it touches.
    pub areas: &'a Fact<Vec<TouchedArea>>,
}

/// The answer in a word and a sentence that needs no knowledge of git.
pub struct LandingAnswer {
    /// Met: explained. Broken: not explained. Unproven: unknown.
    pub verdict: Verdict,
    /// The word that the sentence begins with.
    pub word: &'static str,
    /// What explains the content, or what is missing.
    pub sentence: String,
    /// What to do to get an answer.
    pub remedy: Option<String>,
}

/// Content that nothing explains.
pub enum Unexplained<'a> {
    /// There is none, or the answer says why it is not known.
    Nothing,
    /// These lines.
    Lines {
        /// What the lines are.
        heading: &'static str,
        /// The lines, with what surrounds them.
        patch: &'a Patch,
    },
    /// There is some, and it cannot be shown for this reason.
    Hidden(&'a Gap),
}

/// One change request of a landing.
pub enum RequestReport<'a> {
    /// Nothing is known of it, for this reason.
    Unseen(&'a Gap),
    /// A request that the host reported.
    Seen {
        /// The request.
        request: &'a ChangeRequest,
        /// The account that opened it.
        author: &'a str,
        /// When it landed, or that the host says that it has not.
        landed: String,
        /// Its reviews that approve or object.
        reviews: Result<Vec<ReviewReport<'a>>, &'a Gap>,
    },
}

/// One review of a request.
pub struct ReviewReport<'a> {
    /// What became of it.
    pub weight: ReviewWeight<'a>,
    /// Who reviewed what, and when.
    pub sentence: String,
}

/// What became of a review, by the findings of the controls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewWeight<'a> {
    /// It counts as an approval.
    Counts,
    /// It does not count, for the reason that follows.
    DoesNotCount(&'a str),
    /// It objects to the change.
    Objects,
    /// No control mentions it.
    NotJudged,
}

impl<'a> LandingReport<'a> {
    /// Computes the report.
    pub fn of(known: &'a KnownLanding<'a>) -> Self {
        let steps = steps_of(known.span);
        let facts = known.landing;
        let asked = Some(known.asked).filter(|asked| !facts.steps.contains(&asked.id));
        LandingReport {
            landed: &facts.landing.landed,
            location: known.location,
            subject: steps.last().map_or("", |(commit, _)| commit.subject.as_str()),
            answer: answer_of(known),
            asked,
            before: &facts.landing.parent,
            files: facts.files.value().map(|files| files.len() as u64),
            brought: steps.iter().flat_map(|(_, brought)| brought.iter()).collect(),
            steps: steps.into_iter().map(|(commit, _)| commit).collect(),
            is_residual: matches!(facts.coverage, Coverage::Residual(_)),
            attempts: facts.misses.iter().map(|miss| describe_attempt(known, miss)).collect(),
            unexplained: unexplained_in(known),
            requests: facts
                .requests
                .value()
                .into_iter()
                .flatten()
                .map(|facts| request_report(known, facts))
                .collect(),
            findings: known.host.then_some(known.findings),
            areas: known.areas,
        }
    }
}

/// The steps of the landing, oldest first, each with what it brought.
fn steps_of(span: &Fact<Span>) -> Vec<(&Commit, &[Commit])> {
    match span {
        Fact::Known(Span::Steps(steps)) => {
            steps.iter().map(|step| (&step.commit, step.brought.as_slice())).collect()
        }
        Fact::Known(_) | Fact::Gap(_) => Vec::new(),
    }
}

fn answer_of(known: &KnownLanding<'_>) -> LandingAnswer {
    let explained =
        |sentence| LandingAnswer { verdict: Verdict::Met, word: "explained:", sentence, remedy: None };
    let name = |one: &Candidate| name_candidate(known, one);
    match &known.landing.coverage {
        Coverage::Unchanged => explained("it changed no content, so there was nothing to review".to_string()),
        Coverage::Identity(by) => explained(format!(
            "its content is, byte for byte, that of {}, which was built on the branch as it was",
            name(by)
        )),
        Coverage::Replay(by) => explained(format!(
            "its content is, byte for byte, what merging {} into the branch gives",
            name(by)
        )),
        Coverage::Rebase(by) => explained(format!(
            "each of its {} commits has, byte for byte, the content that replaying {} onto the branch gives",
            known.landing.steps.len(),
            name(by)
        )),
        Coverage::Train(all) => explained(format!(
            "its content is, byte for byte, what merging these into the branch one after the other gives: {}",
            all.iter().map(name).collect::<Vec<_>>().join(", then ")
        )),
        Coverage::Unverifiable(gap) => {
            let remedy = Some(gap.remedy.clone());
            LandingAnswer { remedy, ..unknown_answer("cannot tell:", gap.to_string()) }
        }
        Coverage::Residual(residual) => unexplained_answer(known, residual),
    }
}

fn unknown_answer(word: &'static str, sentence: String) -> LandingAnswer {
    LandingAnswer { verdict: Verdict::Unproven, word, sentence, remedy: None }
}

fn unexplained_answer(known: &KnownLanding<'_>, residual: &Residual) -> LandingAnswer {
    let broken =
        |sentence| LandingAnswer { verdict: Verdict::Broken, word: "not explained:", sentence, remedy: None };
    if !residual.nearest.is_empty() {
        let nearest: Vec<_> = residual.nearest.iter().map(|one| name_candidate(known, one)).collect();
        let lines =
            if known.host { "no one reviewed the lines below" } else { "the lines below were added to it" };
        let merged = nearest.join(", then ");
        return broken(format!("merging {merged} into the branch gives other content; {lines}"));
    }
    match &known.landing.requests {
        Fact::Known(requests) if requests.is_empty() => broken(
            "no change request brought it: it was pushed directly. All that it changed is below".to_string(),
        ),
        Fact::Known(_) => broken(
            "its requests have no history in common with the branch. All that it changed is below"
                .to_string(),
        ),
        Fact::Gap(gap) if gap.reason == GapReason::NotAsked => unknown_answer(
            "not asked:",
            "which request brought it. Git alone cannot tell a squash or a rebase from a push; all that it \
             changed is below"
                .to_string(),
        ),
        Fact::Gap(gap) => unknown_answer("cannot tell:", format!("{gap}. All that it changed is below")),
    }
}

fn name_candidate(known: &KnownLanding<'_>, candidate: &Candidate) -> String {
    let head = candidate.head.short();
    if known.host {
        format!("request {} at {head}", candidate.request)
    } else {
        format!("{head} (not asked: which request)")
    }
}

fn describe_attempt(known: &KnownLanding<'_>, miss: &Miss) -> String {
    let all: Vec<_> = miss.candidates.iter().map(|one| name_candidate(known, one)).collect();
    format!("{}: {}", all.join(", then "), miss.distance)
}

fn unexplained_in<'a>(known: &'a KnownLanding<'a>) -> Unexplained<'a> {
    match &known.left {
        // What cannot be told cannot be shown either, for the same reason.
        _ if matches!(known.landing.coverage, Coverage::Unverifiable(_)) => Unexplained::Nothing,
        Fact::Known(None) => Unexplained::Nothing,
        Fact::Known(Some(patch)) => Unexplained::Lines { heading: heading_of(known.landing), patch },
        Fact::Gap(gap) => Unexplained::Hidden(gap),
    }
}

fn heading_of(landing: &LandingFacts) -> &'static str {
    match (&landing.requests, &landing.coverage) {
        (Fact::Known(_), _) => "not reviewed",
        (Fact::Gap(_), Coverage::Residual(Residual { nearest, .. })) if !nearest.is_empty() => {
            "in addition to what was merged"
        }
        (Fact::Gap(_), _) => "all that it changed",
    }
}

fn request_report<'a>(known: &KnownLanding<'a>, facts: &'a Facts) -> RequestReport<'a> {
    let request = match &facts.host.request {
        Fact::Known(request) => request,
        Fact::Gap(gap) => return RequestReport::Unseen(gap),
    };
    let landed = request.merged.map(|at| at.to_string());
    // A server without a host has no requests that someone opens or merges.
    let (author, unlanded) = match known.host && !facts.host.is_without_requests() {
        true => (DELETED, "the host says that it has not"),
        false => (NOT_ASKED, NOT_ASKED),
    };
    RequestReport::Seen {
        request,
        author: request.author.as_ref().map_or(author, |by| by.login.as_str()),
        landed: landed.unwrap_or_else(|| unlanded.to_string()),
        reviews: reviews_of(known.host, facts).map(|reviews| review_reports(reviews, known.findings)),
    }
}

const DELETED: &str = "a deleted account";

/// What only a host knows, where none was asked.
const NOT_ASKED: &str = "not known without a host";

/// The reviews on the host, and those in the repository. What could not be seen of either is the
/// answer. A host that was not asked hides nothing where something is signed.
fn reviews_of(is_host_asked: bool, facts: &Facts) -> Result<Vec<&Review>, &Gap> {
    let signed = signed_reviews(facts)?;
    match &facts.host.reviews {
        Fact::Gap(gap) if is_host_asked || signed.is_empty() => Err(gap),
        Fact::Gap(_) => Ok(signed),
        Fact::Known(on_host) => Ok(on_host.iter().chain(signed).collect()),
    }
}

/// The reviews in the repository: none where no policy asks for them.
fn signed_reviews(facts: &Facts) -> Result<Vec<&Review>, &Gap> {
    let signed = match &facts.signed {
        Fact::Known(signed) => signed,
        Fact::Gap(gap) if gap.reason == GapReason::NotAsked => return Ok(Vec::new()),
        Fact::Gap(gap) => return Err(gap),
    };
    let unseen = signed.chains.iter().find_map(|chain| match &chain.reviews {
        Fact::Gap(gap) => Some(gap),
        Fact::Known(_) => None,
    });
    unseen.map_or_else(|| Ok(signed.reviews().collect()), Err)
}

fn review_reports<'a>(reviews: Vec<&'a Review>, findings: &'a [Finding]) -> Vec<ReviewReport<'a>> {
    let is_silent = |review: &&Review| matches!(review.state, ReviewState::Commented | ReviewState::Pending);
    let opinions = reviews.into_iter().filter(|review| !is_silent(review));
    let report =
        |review| ReviewReport { weight: weigh_review(findings, review), sentence: describe_review(review) };
    opinions.map(report).collect()
}

fn describe_review(review: &Review) -> String {
    let who = review.reviewer.as_ref().map_or(DELETED, |account| account.login.as_str());
    let did = match review.state {
        ReviewState::Approved => "approved",
        ReviewState::ChangesRequested => "requested changes on",
        ReviewState::Dismissed => "gave a review, since dismissed, of",
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
    format!("{who} {did} {what}{at} (review {})", review.id)
}

/// What became of a review, in the words of the controls: they name it in the details of their
/// findings.
fn weigh_review<'f>(findings: &'f [Finding], review: &Review) -> ReviewWeight<'f> {
    let by = review.reviewer.as_ref().map_or("", |account| account.login.as_str());
    let counts = format!("review {} by {by} counts", review.id);
    let named = format!("review {} ", review.id);
    let objects = format!("requested changes (review {})", review.id);
    let details = || findings.iter().flat_map(|finding| &finding.details);
    let said = || details().filter(|detail| detail.starts_with(&named));
    let does_count = |detail: &String| matches!(detail.strip_prefix(&counts), Some(rest) if rest.is_empty() || rest.starts_with(": "));
    if said().any(does_count) {
        return ReviewWeight::Counts;
    }
    if let Some((_, why)) = said().filter_map(|detail| detail.split_once("does not count")).next() {
        return ReviewWeight::DoesNotCount(why);
    }
    if details().any(|detail| detail.contains(&objects)) {
        return ReviewWeight::Objects;
    }
    ReviewWeight::NotJudged
}

#[cfg(test)]
mod tests;
