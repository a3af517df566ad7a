//! `portcullis reviews`: who said what of which commit, and who vouches for it.

use super::approve::{one_line, policy_at, unseen};
use super::exit::{Exit, Failure, Result};
use super::{opening, output};
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use portcullis_attest::signers::AllowedSigners;
use portcullis_collect::imports::ForeignReview;
use portcullis_collect::imports::appraise::AppraiseHistory;
use portcullis_collect::imports::gerrit::{self, ChangeNotes};
use portcullis_collect::imports::gittuf::GittufHistory;
use portcullis_collect::naming::resolve_named;
use portcullis_collect::signed_reviews::{
    CheckedChain, CheckedStatement, FETCH, ReviewQuestion, check_chain, read_signed_reviews, read_signers,
    review_refs,
};
use portcullis_collect::sources::NO_REVIEW_REFS;
use portcullis_git::Repository;
use portcullis_judge::policy::Policy;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::plural::plural;
use portcullis_model::review::{Review, ReviewState};
use portcullis_model::signed::{REVIEWS_PREFIX, ReviewChain, SignedInquiry};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

/// What to do with signed reviews.
#[derive(Debug, Subcommand)]
pub enum ReviewsCommand {
    /// List the signed reviews in the repository.
    List(ListArguments),
    /// Verify every chain: its links, and the signature of each statement.
    Verify(ReviewsArguments),
}

/// Which reviews.
#[derive(Debug, Args)]
pub struct ReviewsArguments {
    /// Only reviews of this commit, and of the commits that it would bring to the branch.
    revision: Option<String>,
    /// Branch whose policy and allowed signers count. Default: what is checked out.
    #[arg(long, value_name = "BRANCH")]
    onto: Option<String>,
}

/// Which reviews to list.
#[derive(Debug, Args)]
pub struct ListArguments {
    #[command(flatten)]
    asked: ReviewsArguments,
    /// List the reviews that another system keeps in the repository, and what vouches for them.
    #[arg(long, value_enum, value_name = "SYSTEM")]
    from: Option<OtherSystem>,
}

/// Another system that keeps reviews in a repository.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum OtherSystem {
    /// Notes of Gerrit's changes.
    Gerrit,
    /// Attestations of gittuf.
    Gittuf,
    /// Notes of git-appraise.
    GitAppraise,
}

/// Runs the command.
///
/// # Errors
/// The repository, the policy or the list of signers cannot be read.
pub fn run(directory: &Path, command: &ReviewsCommand) -> Result {
    match command {
        ReviewsCommand::List(ListArguments { asked, from: Some(system) }) => {
            list_foreign(&opening::open(directory)?, *system, asked.onto.as_deref())
        }
        ReviewsCommand::List(ListArguments { asked, from: None }) => Asked::read(directory, asked)?.list(),
        ReviewsCommand::Verify(arguments) => Asked::read(directory, arguments)?.verify(),
    }
}

/// What is asked, and by what it is answered.
struct Asked {
    repository: Repository,
    policy: Policy,
    signers: AllowedSigners,
    base: Revision,
    target: Option<BranchName>,
    head: Option<Revision>,
}

impl Asked {
    fn read(directory: &Path, arguments: &ReviewsArguments) -> Result<Self> {
        let repository = opening::open(directory)?;
        let name = arguments.onto.as_deref().unwrap_or("HEAD");
        let base = repository.resolve(name)?;
        let target = match arguments.onto.as_deref() {
            Some(name) => repository.branch_named(name),
            None => repository.default_branches().1.map(|checked_out| BranchName::new(&checked_out)),
        };
        let head = arguments.revision.as_deref().map(|name| resolve_named(&repository, name)).transpose()?;
        let policy = policy_at(&repository, &base)?;
        let signers = read_signers(&repository, policy.scope.reviews.signers.as_ref(), &base)
            .map_err(|gap| Failure::unseen(Exit::Policy, &gap))?;
        Ok(Asked { repository, policy, signers, base, target, head })
    }

    /// The commits that an opinion may be about; `None`: all.
    fn commits(&self) -> Result<Option<BTreeSet<Revision>>> {
        let Some(head) = &self.head else { return Ok(None) };
        let mut commits = self.repository.brought(&[&self.base], head).map_err(unseen)?;
        commits.insert(head.clone());
        Ok(Some(commits))
    }

    fn chains(&self) -> Result<BTreeMap<String, std::result::Result<CheckedChain, Gap>>> {
        let refs = review_refs(&self.repository, &BTreeMap::new()).map_err(unseen)?;
        let now = Timestamp::now();
        let read = |(name, tip): (String, Revision)| {
            let chain = check_chain(&self.repository, &name, &tip, &self.signers, now);
            (name.strip_prefix(REVIEWS_PREFIX).unwrap_or_default().to_string(), chain)
        };
        Ok(refs.into_iter().map(read).collect())
    }

    fn list(&self) -> Result {
        let commits = self.commits()?;
        let mut text = String::new();
        for (reviewer, chain) in self.chains()? {
            match chain {
                Ok(chain) => list_chain(&mut text, &chain, commits.as_ref()),
                Err(gap) => {
                    let _ = writeln!(text, "{}: {gap}", one_line(&reviewer));
                }
            }
        }
        output::text(&self.or_none(text)).map(|()| Exit::Allowed)
    }

    /// A list that holds nothing says so.
    fn or_none(&self, list: String) -> String {
        match (list.is_empty(), self.repository.remote_address()) {
            (false, _) => list,
            (true, Some(_)) => format!("there are no signed reviews here; fetch them: {FETCH}"),
            (true, None) => "there are no signed reviews here, and no remote to fetch them from".to_string(),
        }
    }

    fn verify(&self) -> Result {
        self.check_target()?;
        let (mut text, mut exit) = (String::new(), Exit::Allowed);
        for (reviewer, chain) in self.chains()? {
            let faults = chain.as_ref().map_or_else(|gap| vec![gap.to_string()], faults_of);
            let length = chain.as_ref().map_or(0, |chain| chain.statements.len() as u64);
            if faults.is_empty() {
                let _ =
                    writeln!(text, "{}: {}, all verify", one_line(&reviewer), plural(length, "statement"));
                continue;
            }
            exit = Exit::Unverified;
            for fault in faults {
                let _ = writeln!(text, "{}: {}", one_line(&reviewer), one_line(&fault));
            }
        }
        text.push_str(&self.judged()?);
        output::text(&self.or_none(text)).map(|()| exit)
    }

    /// Reviews of a change count for a branch, which has to be known before anything is said.
    fn check_target(&self) -> Result<()> {
        if self.target.is_some() || self.head.is_none() {
            return Ok(());
        }
        let message = "signed reviews are for a branch, and none is named";
        Err(Failure::usage(message).hint("name it, and not a commit: `--onto main`"))
    }

    /// What the gate makes of the opinions on one change, before it asks who had a part in it.
    fn judged(&self) -> Result<String> {
        let (Some(head), Some(commits)) = (&self.head, self.commits()?) else { return Ok(String::new()) };
        let asked = SignedInquiry { project: self.policy.project.clone(), imports: BTreeSet::new() };
        let question = ReviewQuestion {
            asked: &asked,
            signers: self.policy.scope.reviews.signers.as_ref(),
            base: &self.base,
            target: self.target.as_ref(),
            head,
            commits: &commits,
            at: Timestamp::now(),
            refs: &NO_REVIEW_REFS,
        };
        match read_signed_reviews(&self.repository, &question) {
            Fact::Known(signed) => {
                Ok(signed.chains.iter().map(|chain| describe_chain(chain, head)).collect())
            }
            Fact::Gap(gap) => Err(Failure::unseen(Exit::Environment, &gap)),
        }
    }
}

fn faults_of(chain: &CheckedChain) -> Vec<String> {
    let fault = |(index, statement): (usize, &CheckedStatement)| {
        let error = statement.signer.as_ref().err()?;
        Some(format!("statement {} does not verify: {error}", index + 1))
    };
    chain.statements.iter().enumerate().filter_map(fault).collect()
}

fn list_chain(text: &mut String, chain: &CheckedChain, commits: Option<&BTreeSet<Revision>>) {
    let is_asked =
        |one: &CheckedStatement| commits.is_none_or(|all| all.contains(&one.review.subject.commit));
    for (index, one) in chain.statements.iter().enumerate().filter(|(_, one)| is_asked(one)) {
        let statement = &one.review.statement;
        let signer = match &one.signer {
            Ok(signer) => format!("signed with {}", signer.key),
            Err(error) => format!("not verified: {error}"),
        };
        let _ = writeln!(
            text,
            "{}#{} {} {}\n    for {} in {}, {}\n    {signer}",
            one_line(&chain.reviewer),
            index + 1,
            statement.verdict.as_str(),
            one.review.subject.commit,
            one_line(&statement.target),
            one_line(&statement.project),
            statement.time,
        );
        if let Some(message) = &statement.message {
            let _ = writeln!(text, "    {}", one_line(message));
        }
    }
}

/// The opinions of one chain on the change.
fn describe_chain(chain: &ReviewChain, head: &Revision) -> String {
    let mut text = String::new();
    match &chain.reviews {
        Fact::Known(reviews) => reviews.iter().for_each(|review| {
            let _ = writeln!(text, "{}: {}", review.id, describe_review(review, head));
        }),
        Fact::Gap(gap) => {
            let _ = writeln!(text, "{gap}\n  {}", gap.remedy);
        }
    }
    for reason in &chain.passed_over {
        let _ = writeln!(text, "{reason}");
    }
    text
}

fn describe_review(review: &Review, head: &Revision) -> String {
    let on = match review.reviewed.stated() {
        Some(commit) if commit == head => "on the commit itself".to_string(),
        Some(commit) => format!("on {}, which it builds on", commit.short()),
        None => String::new(),
    };
    match review.state {
        ReviewState::Approved => {
            format!("approves, {on}; it counts if the reviewer had no part in the change")
        }
        ReviewState::ChangesRequested => format!("objects, {on}"),
        ReviewState::Dismissed => format!("was withdrawn, {on}"),
        ReviewState::Commented | ReviewState::Pending => format!("says nothing for or against, {on}"),
    }
}

/// The reviews of another system, and how many of them anything vouches for.
fn list_foreign(repository: &Repository, system: OtherSystem, onto: Option<&str>) -> Result {
    let mut text = String::new();
    match system {
        OtherSystem::Gerrit => {
            let changes = gerrit::all_changes(repository).map_err(unseen)?;
            let votes: Vec<String> = changes.iter().flat_map(ChangeNotes::describe).collect();
            votes.iter().for_each(|vote| text.push_str(&format!("{}\n", one_line(vote))));
            let _ = writeln!(
                text,
                "{}, {}; none is signed",
                plural(changes.len() as u64, "change"),
                plural(votes.len() as u64, "vote")
            );
        }
        OtherSystem::Gittuf => describe_gittuf(&mut text, repository, onto)?,
        OtherSystem::GitAppraise => {
            let history = AppraiseHistory::read(repository).map_err(unseen)?;
            history.reviews.iter().for_each(|review| describe_foreign(&mut text, review));
            let stated = history.reviews.iter().filter(|review| review.on.is_some()).count();
            let _ = writeln!(
                text,
                "{} comments, {} signed, {} lines not read; {} opinions, {stated} on a stated commit, 0 verify",
                history.comments,
                history.signed,
                history.unread,
                history.reviews.len()
            );
        }
    }
    output::text(&text).map(|()| Exit::Allowed)
}

fn describe_gittuf(text: &mut String, repository: &Repository, onto: Option<&str>) -> Result<()> {
    let history = GittufHistory::read(repository).map_err(unseen)?;
    history.reviews().iter().for_each(|review| describe_foreign(text, review));
    for unread in &history.unread {
        let _ = writeln!(text, "not read: {}", one_line(unread));
    }
    for (kind, number) in &history.statements {
        let _ = writeln!(text, "{} of {}", plural(*number, "statement"), one_line(kind));
    }
    let all: u64 = history.statements.values().sum();
    let _ = writeln!(
        text,
        "{}, {} verify with a key of gittuf's app",
        plural(all, "statement"),
        history.verified
    );
    let branch = BranchName::new(onto.unwrap_or("main"));
    let (explained, steps) = history.explained(repository, &branch).map_err(unseen)?;
    let _ = writeln!(
        text,
        "{explained} of {steps} steps of {branch} lead to a tree that was approved over the step before"
    );
    Ok(())
}

fn describe_foreign(text: &mut String, review: &ForeignReview) {
    let verdict = if review.approves { "approves" } else { "objects to" };
    let on = review.on.as_deref().unwrap_or("a commit that is not stated");
    let vouched = match &review.vouched_by {
        Ok(by) => format!("{by} vouches for it"),
        Err(why) => format!("nothing vouches for it: {why}"),
    };
    let _ =
        writeln!(text, "{} {verdict} {} ({})", one_line(&review.reviewer), one_line(on), one_line(&vouched));
}
