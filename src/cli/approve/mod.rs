//! `portcullis approve`: signs an opinion on a commit, and adds it to the reviewer's chain.
//!
//! It shows what is signed and asks; then `ssh-keygen` signs, so that keys in agents and on
//! hardware work. The chain is extended with compare-and-swap, and pushed where that is asked for.

use super::exit::{Exit, Failure, Result};
use super::hook::in_force::bare_profile;
use super::policy_file::{POLICY, parse_policy_at};
use super::{opening, output, signing};
use clap::Args;
use jiff::Timestamp;
use portcullis_attest::review::{LONGEST_MESSAGE, SignableReview, UnverifiedReview};
use portcullis_attest::signers::AllowedSigners;
use portcullis_collect::gather::text_at;
use portcullis_collect::naming::resolve_named;
use portcullis_collect::signed_reviews::{STATEMENT_FILE, check_chain, read_signers};
use portcullis_git::Repository;
use portcullis_git::commit_writer::{NewCommit, WriteError, store_commit};
use portcullis_judge::policy::Policy;
use portcullis_model::change::{BranchName, ObjectName, Revision};
use portcullis_model::digest::Digest;
use portcullis_model::evidence::RunSubject;
use portcullis_model::fact::Gap;
use portcullis_model::shell::quote_word;
use portcullis_model::signed::{REVIEWS_PREFIX, ReviewStatement, ReviewVerdict};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};

mod shown;

/// Arguments of `approve`.
#[derive(Debug, Args)]
pub struct ApproveArguments {
    /// Commit that was reviewed. `--withdraw` without one takes back every opinion on changes to
    /// the branch.
    #[arg(required_unless_present = "withdraw")]
    revision: Option<String>,
    /// Branch that the commit would land on.
    #[arg(long, value_name = "BRANCH")]
    onto: String,
    /// Role of the policy that the review is given in. Repeatable. Default: every role that the
    /// policy gives you.
    #[arg(long = "as", value_name = "ROLE")]
    roles: Vec<String>,
    /// Object to the commit, and to whatever builds on it, until you approve.
    #[arg(long, conflicts_with_all = ["withdraw", "comment"])]
    reject: bool,
    /// Take back your opinions on the commit.
    #[arg(long, conflicts_with = "comment")]
    withdraw: bool,
    /// Say something without an opinion.
    #[arg(long, requires = "message")]
    comment: bool,
    /// Words for people, kept in the statement.
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    /// Name of the request, for people.
    #[arg(long, value_name = "TEXT")]
    request: Option<String>,
    /// Principal to review as. Default: what the allowed signers call the owner of the key.
    #[arg(long, value_name = "PRINCIPAL")]
    reviewer: Option<String>,
    /// SSH key to sign with: a file, of which the public part suffices where an agent holds the
    /// key. Default: git's `user.signingKey`.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Do not ask before signing.
    #[arg(short, long)]
    yes: bool,
    /// Push the chain to this remote.
    #[arg(long, value_name = "REMOTE")]
    push: Option<String>,
}

impl ApproveArguments {
    fn verdict(&self) -> ReviewVerdict {
        match (self.reject, self.withdraw, self.comment) {
            (true, _, _) => ReviewVerdict::Reject,
            (_, true, _) if self.revision.is_none() => ReviewVerdict::WithdrawAll,
            (_, true, _) => ReviewVerdict::Withdraw,
            (_, _, true) => ReviewVerdict::Comment,
            _ => ReviewVerdict::Approve,
        }
    }
}

/// What is reviewed, where.
struct Reviewing {
    repository: Repository,
    policy: Policy,
    signers: AllowedSigners,
    target: BranchName,
    base: RunSubject,
    subject: RunSubject,
}

/// Signs an opinion.
///
/// # Errors
/// The commit, the branch, the policy or the key cannot be used, or the chain cannot be extended.
pub fn run(directory: &Path, arguments: &ApproveArguments) -> Result {
    let reviewing = Reviewing::read(directory, arguments)?;
    let key = signing::find_key(directory, arguments.key.as_deref())?;
    let reviewer = reviewing.reviewer(arguments, &key)?;
    reviewing.check_roles(arguments)?;
    let names = reviewing.signers.names_of_key(&key.public);
    let names = names.iter().map(|name| name.as_str().to_string()).collect();
    output::text(&shown::describe(&reviewing, arguments, &reviewer, names)?)?;
    if !arguments.yes && !is_confirmed()? {
        output::remark("nothing was signed");
        // A script that goes on after this command would take the approval for given.
        return Ok(Exit::Blocked);
    }
    let reference = format!("{REVIEWS_PREFIX}{reviewer}");
    let (tip, previous) = reviewing.newest(&reference)?;
    let statement = reviewing.statement(arguments, &reviewer, previous);
    let envelope = reviewing.seal(directory, statement, &key)?;
    let commit = store_statement(directory, &reference, tip.as_ref(), envelope, &reviewer)?;
    output::text(&format!("{reference} is now at {commit}"))?;
    match &arguments.push {
        Some(remote) => {
            signing::push(directory, remote, &reference, "the review is signed and").map(|()| Exit::Allowed)
        }
        None => {
            output::remark(&format!("publish it: git push REMOTE {reference}"));
            Ok(Exit::Allowed)
        }
    }
}

pub(super) fn unseen(gap: Gap) -> Failure {
    Failure::unseen(Exit::Environment, &gap)
}

impl Reviewing {
    fn read(directory: &Path, arguments: &ApproveArguments) -> Result<Self> {
        let repository = opening::open(directory)?;
        let onto = repository.resolve(&arguments.onto)?;
        let target = repository.branch_named(&arguments.onto).ok_or_else(|| {
            Failure::usage(format!(
                "`{}` is not a branch: name the one that would receive the change",
                arguments.onto
            ))
        })?;
        let head = arguments.revision.as_deref().map(|name| resolve_named(&repository, name)).transpose()?;
        let head = head.unwrap_or_else(|| onto.clone());
        let opinion = matches!(arguments.verdict(), ReviewVerdict::Approve | ReviewVerdict::Reject);
        if opinion && repository.brought(&[&onto], &head).map_err(unseen)?.is_empty() {
            let message = format!("{target} holds {} already: there is nothing to review", head.short());
            return Err(
                Failure::environment(message).hint("fetch the branch, and name the head of the change")
            );
        }
        let policy = policy_at(&repository, &onto)?;
        let signers = read_signers(&repository, policy.scope.reviews.signers.as_ref(), &onto)
            .map_err(|gap| Failure::unseen(Exit::Policy, &gap))?;
        let describe = |commit: &Revision| repository.subject(commit).map_err(unseen);
        let (base, subject) = (describe(&onto)?, describe(&head)?);
        Ok(Reviewing { repository, policy, signers, target, base, subject })
    }

    /// The principal to review as.
    fn reviewer(&self, arguments: &ApproveArguments, key: &signing::FoundKey) -> Result<String> {
        let named = self.signers.names_of_key(&key.public);
        let names: Vec<&str> = named.iter().map(|name| name.as_str()).collect();
        let chosen = match &arguments.reviewer {
            Some(wanted) => names.iter().find(|name| name.eq_ignore_ascii_case(wanted)),
            None => names.iter().find(|name| Some(**name) == key.email.as_deref()).or(names.first()),
        };
        chosen.map(|name| (*name).to_string()).ok_or_else(|| {
            let list =
                self.policy.scope.reviews.signers.as_ref().map(ToString::to_string).unwrap_or_default();
            let land = || format!("land the key in {list} on {} first, in a change of its own", self.target);
            let (failure, hint) = match (&arguments.reviewer, names.as_slice()) {
                (Some(wanted), [first, ..]) => {
                    let names = names.join(", ");
                    let failure =
                        format!("{list} does not call the owner of the key `{wanted}`, but {names}");
                    (
                        failure,
                        format!(
                            "review as that: `--reviewer {}`, or leave --reviewer out",
                            quote_word(first)
                        ),
                    )
                }
                _ => {
                    let (key, base) = (key.public.fingerprint(), self.base.commit.short());
                    (format!("the key {key} is not in {list} at {base}"), land())
                }
            };
            Failure::policy(failure).hint(hint)
        })
    }

    fn check_roles(&self, arguments: &ApproveArguments) -> Result<()> {
        let roles = &self.policy.scope.roles;
        match arguments.roles.iter().find(|name| !roles.contains_key(*name)) {
            None => Ok(()),
            Some(name) => {
                Err(Failure::usage(output::unknown("role", name, roles.keys().map(String::as_str))))
            }
        }
    }

    /// The tip of the chain and the digest of its newest statement.
    fn newest(&self, reference: &str) -> Result<(Option<Revision>, Option<Digest>)> {
        let Some(tip) = self.repository.ref_tip(reference).map_err(unseen)? else { return Ok((None, None)) };
        let chain = check_chain(&self.repository, reference, &tip, &self.signers, Timestamp::now());
        let chain = chain.map_err(|gap| Failure::unseen(Exit::Unverified, &gap))?;
        let digest = chain.newest().map(|newest| newest.review.digest.clone());
        Ok((Some(tip), digest))
    }

    fn statement(
        &self,
        arguments: &ApproveArguments,
        reviewer: &str,
        previous: Option<Digest>,
    ) -> ReviewStatement {
        let now = Timestamp::now();
        ReviewStatement {
            base: self.base.clone(),
            message: arguments.message.clone(),
            policy: self.policy.digest.clone(),
            previous,
            project: self.policy.project.clone(),
            request: arguments.request.clone(),
            reviewer: reviewer.to_string(),
            roles: arguments.roles.iter().cloned().collect::<BTreeSet<_>>(),
            target: format!("refs/heads/{}", self.target),
            time: Timestamp::from_second(now.as_second()).unwrap_or(now),
            verdict: arguments.verdict(),
        }
    }

    /// Signs a statement, and checks that the gate will believe it.
    fn seal(&self, directory: &Path, statement: ReviewStatement, key: &signing::FoundKey) -> Result<Vec<u8>> {
        let failed = |error: portcullis_attest::AttestError| Failure::environment(error.to_string());
        if statement.message.as_ref().is_some_and(|text| text.len() > LONGEST_MESSAGE) {
            return Err(Failure::usage(format!("--message has more than {LONGEST_MESSAGE} bytes")));
        }
        let signable = SignableReview::new(self.subject.clone(), statement).map_err(failed)?;
        let armoured = signing::sign(directory, key, &signable.message())?;
        let envelope = signable.seal(&armoured).map_err(failed)?;
        let verified = UnverifiedReview::read(&envelope)
            .and_then(|review| review.verify(&self.signers, Timestamp::now()));
        match verified {
            Ok(_) => Ok(envelope),
            Err(error) => Err(Failure::unverified(format!("the signature would not count: {error}"))
                .hint("sign with a key that the list of allowed signers allows now")),
        }
    }
}

/// The policy at a commit.
///
/// # Errors
/// There is none, or it is not valid.
pub(super) fn policy_at(repository: &Repository, at: &Revision) -> Result<Policy> {
    let text = text_at(repository, at, &POLICY.into()).map_err(unseen)?;
    let text = text.ok_or_else(|| Failure::policy(format!("there is no {POLICY} at {}", at.short())))?;
    // A team of any form is a team here: whose member someone is, only the gate asks.
    parse_policy_at((repository, at), &format!("{POLICY} at {}", at.short()), &text, &bare_profile())
}

/// Asks on the terminal.
fn is_confirmed() -> Result<bool> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        let message = "there is no terminal to ask on, and nothing was signed";
        return Err(Failure::usage(message).hint("read what is shown, and add --yes to sign it"));
    }
    output::remark("Is this what you sign? [y/N]");
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer).map_err(|error| Failure::environment(error.to_string()))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn store_statement(
    directory: &Path,
    reference: &str,
    previous: Option<&Revision>,
    envelope: Vec<u8>,
    reviewer: &str,
) -> Result<Revision> {
    let files = BTreeMap::from([(STATEMENT_FILE, envelope)]);
    let commit = |tree: &ObjectName| commit_text(tree, previous, reviewer).into_bytes();
    let log = "portcullis: review signed";
    let new = NewCommit { reference, previous, files: &files, commit: &commit, log };
    store_commit(directory, &new).map_err(|error| match error {
        WriteError::Moved { reference, .. } => {
            Failure::environment(format!("`{reference}` has changed meanwhile"))
                .hint("fetch it, and sign again on top of what is there")
        }
        other => Failure::environment(other.to_string()),
    })
}

fn commit_text(tree: &ObjectName, previous: Option<&Revision>, reviewer: &str) -> String {
    let parent = previous.map(|previous| format!("parent {previous}\n")).unwrap_or_default();
    let name = reviewer.replace(['<', '>', '\n'], "");
    let by = format!("{name} <{name}> {} +0000", Timestamp::now().as_second());
    format!("tree {}\n{parent}author {by}\ncommitter {by}\n\nSigned review\n", tree.as_str())
}

/// Text from outside, on one line.
pub(super) fn one_line(text: &str) -> String {
    portcullis_render::plain(&text.split_whitespace().collect::<Vec<_>>().join(" ")).to_string()
}
