//! The `source-review-coverage` format: the in-toto predicate of this name as it is proposed
//! (in-toto/attestation, pull request 581, v0.1), one unsigned statement on each line.
//!
//! A deployment gives a statement for each landing, anything else one about the judged commit. The
//! predicate knows three ways in which a reviewed state becomes the one that shipped. What came in
//! another way (a rebased series, several requests at once), what is left unexplained without a
//! tree to measure it against, and what no listed approval covers is `unverifiable`: never more
//! than a reader could recompute.

use super::statement::{annotations_of, commit_subject, judged_subject, write_statement};
use super::{Context, Format, escape, origin};
use portcullis_model::change::{Commit, ObjectName, Revision};
use portcullis_model::check::{Check, Conclusion};
use portcullis_model::decision::Decision;
use portcullis_model::deployment::{Deployment, LandingFacts};
use portcullis_model::fact::{Fact, GapReason};
use portcullis_model::facts::Facts;
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::id::AccountId;
use portcullis_model::landing::{Candidate, Coverage, Span};
use portcullis_model::person::AccountKind;
use portcullis_model::review::{Review, ReviewSource, ReviewState, ReviewedContent};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// The format.
pub static FORMAT: Format = Format {
    name: "source-review-coverage",
    about: "What each approval covered, as in-toto proposes to state it: unsigned statements",
    write: write_decision,
    failure: None,
    log_safe: true,
};

/// The type of the predicate, as its proposal has it today.
const PREDICATE: &str = "https://drvelvetfog.github.io/source-review-coverage/v0.1";

/// Nothing can be recomputed.
const UNVERIFIABLE: &str = "unverifiable";

fn write_decision(decision: &Decision, context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    if let Some(GatheredFacts::Deployment(deployment)) = context.facts
        && let Some(landings) = deployment.landings.value()
        && landings.iter().any(has_content)
    {
        let mut write = |landing: &LandingFacts| write_landing(landing, deployment, decision, context, out);
        return landings.iter().filter(|landing| has_content(landing)).try_for_each(&mut write);
    }
    let facts = context.facts.map(GatheredFacts::whole);
    write_statement(judged_subject(decision, context)?, PREDICATE, predicate_of_head(decision, facts), out)
}

fn has_content(landing: &LandingFacts) -> bool {
    landing.coverage != Coverage::Unchanged
}

/// An approval with the tree that it is of.
struct TreeApproval {
    tree: ObjectName,
    approver: String,
}

/// Of a commit that has not landed no transform is recorded: the approval covers its tree or not.
fn predicate_of_head(decision: &Decision, facts: Option<&Facts>) -> Value {
    let head = decision.judged.head.as_ref();
    let tree = facts.zip(head).and_then(|(facts, head)| origin::tree_of(facts, head));
    let approvals = facts.map(list_approvals).unwrap_or_default();
    let covers = tree.is_some_and(|tree| approvals.iter().any(|approval| approval.tree == *tree));
    let result = if covers { "identity" } else { UNVERIFIABLE };
    let checks = facts.zip(head).zip(tree).map(|((facts, head), tree)| list_checks(facts, head, tree));
    predicate(result, &approvals, checks.unwrap_or_default(), head)
}

fn predicate(
    result: &str,
    approvals: &[TreeApproval],
    checks: Vec<Value>,
    commit: Option<&Revision>,
) -> Value {
    let approvals: Vec<Value> = approvals
        .iter()
        .map(|one| json!({ "overTree": tree_digest(&one.tree), "approver": one.approver }))
        .collect();
    let mut predicate = json!({ "reviewCoverage": { "result": result }, "approvals": approvals });
    if !checks.is_empty() {
        predicate["checks"] = Value::Array(checks);
    }
    if let Some(commit) = commit {
        predicate["objectFormat"] = json!(if commit.as_str().len() == 64 { "sha256" } else { "sha1" });
    }
    predicate
}

fn tree_digest(tree: &ObjectName) -> Value {
    json!({ "digest": { "gitTree": tree.as_str() } })
}

fn commit_digest(commit: &Revision) -> Value {
    json!({ "digest": { "gitCommit": commit.as_str() } })
}

fn write_landing(
    landing: &LandingFacts,
    deployment: &Deployment,
    decision: &Decision,
    context: &Context<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let landed = &landing.landing.landed;
    let commit = find_commit(deployment, landed);
    let mut subject = commit_subject(landed, commit.map(|commit| &commit.tree));
    subject["name"] = json!(format!("refs/heads/{}", escape::line(deployment.branch.as_str())));
    subject["annotations"] = annotations_of(decision, context.style.advisory);
    let requests = landing.requests.value().map(Vec::as_slice).unwrap_or_default();
    let approvals: Vec<TreeApproval> = requests.iter().flat_map(list_approvals).collect();
    let transform = commit.and_then(|commit| transform_of(landing, commit, requests, &approvals));
    let unexplained = unexplained_since(landing, deployment);
    let result = match (&transform, unexplained) {
        (Some((result, _)), _) => result,
        (None, Some(_)) => "residual",
        (None, None) => UNVERIFIABLE,
    };
    let mut predicate = predicate(result, &approvals, Vec::new(), Some(landed));
    if let Some((_, transform)) = transform {
        predicate["mergeTransform"] = transform;
    } else if let Some(tree) = unexplained {
        predicate["reviewCoverage"]["residualBase"] = tree_digest(tree);
    }
    write_statement(subject, PREDICATE, predicate, out)
}

/// The tree that what no request explains is measured against: that of the landing's parent, where
/// no request comes near. Of a request that does, the tree that it would have given is not kept.
fn unexplained_since<'d>(landing: &LandingFacts, deployment: &'d Deployment) -> Option<&'d ObjectName> {
    match &landing.coverage {
        Coverage::Residual(residual) if residual.nearest.is_empty() => {
            find_commit(deployment, &landing.landing.parent).map(|commit| &commit.tree)
        }
        _ => None,
    }
}

/// The commit on the branch that a landing ended at.
fn find_commit<'d>(deployment: &'d Deployment, landed: &Revision) -> Option<&'d Commit> {
    let Span::Steps(steps) = deployment.span.value()? else { return None };
    steps.iter().map(|step| &step.commit).find(|commit| commit.id == *landed)
}

/// What the predicate says of a landing that one approved request explains: the result, and how the
/// reviewed state became the one that shipped.
fn transform_of(
    landing: &LandingFacts,
    commit: &Commit,
    requests: &[Facts],
    approvals: &[TreeApproval],
) -> Option<(&'static str, Value)> {
    let (candidate, result) = match &landing.coverage {
        Coverage::Identity(candidate) => (candidate, "identity"),
        Coverage::Replay(candidate) => (candidate, "replay"),
        Coverage::Unchanged
        | Coverage::Rebase(_)
        | Coverage::Train(_)
        | Coverage::Residual(_)
        | Coverage::Unverifiable(_) => return None,
    };
    let reviewed = requests.iter().find_map(|facts| origin::tree_of(facts, &candidate.head))?;
    approvals.iter().any(|approval| approval.tree == *reviewed).then_some(())?;
    let kind = match (result, commit.parents.len()) {
        ("identity", 1) => "identity",
        (_, 1) => "squash",
        (_, 2) => "mergeCommit",
        _ => return None,
    };
    Some((result, transform(kind, candidate, landing, commit)))
}

fn transform(kind: &str, candidate: &Candidate, landing: &LandingFacts, commit: &Commit) -> Value {
    let mut transform = json!({
        "kind": kind,
        "reviewedHead": commit_digest(&candidate.head),
        "baseAtMerge": commit_digest(&landing.landing.parent),
        "expectedTree": tree_digest(&commit.tree),
        "replayClean": true,
    });
    if kind == "mergeCommit" {
        transform["parents"] = commit.parents.iter().map(commit_digest).collect();
    }
    transform
}

/// The newest approvals, by people who had no part in the request, with the trees that they were
/// given on; those that were imported from another system are left out. Whether they suffice is
/// for the policy to say, not for this list.
fn list_approvals(facts: &Facts) -> Vec<TreeApproval> {
    // Who took part and could not be seen may be any approver.
    if has_hidden_participants(facts) {
        return Vec::new();
    }
    let took_part = list_participants(facts);
    let newest = newest_opinions(facts).into_values();
    let approvals = newest.filter(|review| review.state == ReviewState::Approved).filter_map(|review| {
        let reviewer = review.reviewer.as_ref()?;
        let counts = reviewer.kind == AccountKind::Human && !took_part.contains(&reviewer.id);
        let tree = match &review.reviewed {
            ReviewedContent::Stated(commit) => origin::tree_of(facts, commit),
            ReviewedContent::Tree { tree, .. } => Some(tree),
            ReviewedContent::Derived { .. } | ReviewedContent::Unknown | ReviewedContent::Unseen(_) => None,
        }?;
        let approver = escape::line(reviewer.login.as_str());
        counts.then(|| TreeApproval { tree: tree.clone(), approver })
    });
    approvals.collect()
}

/// The newest opinion of each account: one that was given later takes an earlier one with it.
fn newest_opinions(facts: &Facts) -> BTreeMap<&AccountId, &Review> {
    let mut newest = BTreeMap::<&AccountId, &Review>::new();
    let of_host = facts.host.reviews.value().into_iter().flatten();
    let signed = facts.signed.value().into_iter().flat_map(|signed| signed.reviews());
    let signed = signed.filter(|review| !matches!(review.source, ReviewSource::Imported(_)));
    for review in of_host.chain(signed) {
        let says_something = !matches!(review.state, ReviewState::Commented | ReviewState::Pending);
        if let (true, Some(reviewer)) = (says_something, &review.reviewer) {
            let known = newest.entry(&reviewer.id).or_insert(review);
            if review.position >= known.position {
                *known = review;
            }
        }
    }
    newest
}

/// Could it not be seen who opened, wrote or pushed the request? What no one asked for, because the
/// policy does not exclude pushers, hides no one.
fn has_hidden_participants(facts: &Facts) -> bool {
    fn is_hidden<T>(fact: &Fact<T>) -> bool {
        matches!(fact, Fact::Gap(gap) if gap.reason != GapReason::NotAsked)
    }
    let host = &facts.host;
    let hides_opener = !host.is_without_requests() && host.request.value().is_none();
    hides_opener
        || host.attribution.value().is_none()
        || is_hidden(&host.last_push)
        || is_hidden(&host.content_push)
        || is_hidden(&host.moves)
}

/// The accounts that opened, wrote or pushed the request.
fn list_participants(facts: &Facts) -> BTreeSet<&AccountId> {
    let host = &facts.host;
    let opener = host.request.value().and_then(|request| request.author.as_ref());
    let written = host.attribution.value().into_iter().flat_map(BTreeMap::values);
    let written = written.flat_map(|accounts| accounts.author.iter().chain(&accounts.committer));
    let pushes = [host.last_push.value(), host.content_push.value()];
    let pushed = pushes.into_iter().flatten().filter_map(|push| push.actor.as_ref());
    let moved = host.moves.value().into_iter().flatten().filter_map(|step| step.actor.as_ref());
    let together = host.co_authors.value().into_iter().flat_map(BTreeMap::values);
    opener.into_iter().chain(written).chain(pushed).chain(moved).chain(together).map(|who| &who.id).collect()
}

fn list_checks(facts: &Facts, head: &Revision, tree: &ObjectName) -> Vec<Value> {
    let of_head = facts.host.checks.value().into_iter().flatten().filter(|check| check.head == *head);
    of_head.filter_map(|check| Some(check_value(check, outcome_of(check)?, tree))).collect()
}

fn check_value(check: &Check, outcome: &str, tree: &ObjectName) -> Value {
    json!({ "name": escape::line(&check.name), "overTree": tree_digest(tree), "outcome": outcome })
}

/// The predicate knows two outcomes; a check that has neither is left out.
fn outcome_of(check: &Check) -> Option<&'static str> {
    match check.conclusion {
        Conclusion::Success => Some("pass"),
        Conclusion::Failure | Conclusion::Error | Conclusion::TimedOut | Conclusion::StartupFailure => {
            Some("fail")
        }
        _ => None,
    }
}
