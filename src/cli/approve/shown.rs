//! What is shown before it is signed.

use super::{ApproveArguments, Reviewing, one_line, unseen};
use crate::exit::Result;
use crate::hook::in_force::bare_profile;
use crate::policy_file::POLICY;
use portcullis_judge::policy::Policy;
use portcullis_model::change::Commit;
use portcullis_model::person::{Mailbox, Who};
use portcullis_model::signed::{ReviewVerdict, SigningPerson};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// So many files are named; the rest are counted.
const NAMED: usize = 40;

/// Everything that a reviewer has to know of what they sign.
pub(super) fn describe(
    reviewing: &Reviewing,
    arguments: &ApproveArguments,
    reviewer: &str,
    names: BTreeSet<String>,
) -> Result<String> {
    let Reviewing { policy, target, base, subject, .. } = reviewing;
    let verdict = arguments.verdict();
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<9} {value}");
    };
    line("verdict", verdict.as_str());
    line("reviewer", reviewer);
    if !arguments.roles.is_empty() {
        line("as", &arguments.roles.join(", "));
    }
    line("project", &policy.project);
    line("onto", target.as_str());
    line("base", &format!("{} (tree {})", base.commit, base.tree));
    if verdict == ReviewVerdict::WithdrawAll {
        line("of", "every opinion on changes to this branch");
        return Ok(text);
    }
    line("head", &format!("{} (tree {})", subject.commit, subject.tree));
    if let Some(message) = &arguments.message {
        line("message", &one_line(message));
    }
    text.push_str(&describe_change(reviewing, verdict, &SigningPerson { principals: names })?);
    Ok(text)
}

/// The areas and files that the change touches.
fn describe_change(reviewing: &Reviewing, verdict: ReviewVerdict, signer: &SigningPerson) -> Result<String> {
    let Reviewing { repository, policy, base, subject, .. } = reviewing;
    let inquiry = policy.inquiry(Some(POLICY.into()));
    let change = repository.change(&base.commit, &subject.commit, &inquiry);
    let change = change.known().map_err(unseen)?;
    let touched = policy.scope.inventory.touched(change.files.iter(), &inquiry).map_err(unseen)?;
    let areas: Vec<&str> = touched.iter().map(|area| area.area.as_str()).collect();
    let mut text = String::new();
    let areas = if areas.is_empty() { "none".to_string() } else { areas.join(", ") };
    let _ = writeln!(text, "areas     {areas}");
    let _ = writeln!(text, "commits   {}", change.commits.len());
    let _ = writeln!(text, "files     {}", change.files.len());
    // A file has the path that it had, and the one that it gets.
    let entries = change.files.iter().flat_map(|file| file.entries());
    let paths: BTreeSet<String> = entries.map(|entry| entry.path.to_string()).collect();
    for path in paths.iter().take(NAMED) {
        let _ = writeln!(text, "  {}", one_line(path));
    }
    if paths.len() > NAMED {
        let _ = writeln!(text, "  and {} more", paths.len() - NAMED);
    }
    let own = find_own_commits(&change.commits, policy, signer);
    if verdict == ReviewVerdict::Approve && !own.is_empty() {
        let ids: Vec<_> = own.iter().take(NAMED).map(|commit| commit.id.short()).collect();
        let _ = writeln!(text, "note      you are named in {}: where the policy asks for an", ids.join(", "));
        let _ = writeln!(text, "          independent review, yours does not count");
    }
    Ok(text)
}

/// The commits that name the owner of a key as author, committer or co-author: by a name that the
/// list of signers has for them, or by an address of theirs in the policy.
fn find_own_commits<'c>(commits: &'c [Commit], policy: &Policy, signer: &SigningPerson) -> Vec<&'c Commit> {
    let people = &policy.scope.people;
    let profile = bare_profile();
    let who = people.by_signer(signer, profile.own_addresses()).filter(|who| matches!(who, Who::Known(_)));
    let is_theirs = |mailbox: &Mailbox| {
        signer.has(&mailbox.email) || (who.is_some() && people.by_email(&mailbox.email) == who)
    };
    let names_them = |commit: &&Commit| {
        is_theirs(&commit.author) || is_theirs(&commit.committer) || commit.co_authors.iter().any(is_theirs)
    };
    commits.iter().filter(names_them).collect()
}
