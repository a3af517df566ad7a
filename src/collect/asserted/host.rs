//! What an evidence file states in place of a host: the request, the branch, its protection, the
//! reviews and whose revisions they are of.

use super::change::CHANGE;
use super::names::{Names, read_account};
use super::{contradiction, known, never_stated, not_stated};
use portcullis_model::assertion::{ASSERTED, Assertion, asserted_conventions};
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::facts::HostFacts;
use portcullis_model::id::RequestId;
use portcullis_model::inquiry::Inquiry;
use portcullis_model::person::{Account, fold_name};
use portcullis_model::protection::{ActorKind, Branch, Bypass, BypassMode, Protection, Requirement, Rule};
use portcullis_model::review::{
    ChangeRequest, CommitAccounts, Move, Push, Review, ReviewSource, ReviewState, ReviewedContent,
};
use portcullis_wire::evidence_file::v1::{
    EvidenceFileV1, StatedActorKindV1, StatedActorV1, StatedChangeV1, StatedProtectionV1, StatedReviewV1,
    StatedRevisionV1, StatedRuleNameV1, StatedRuleV1, StatedStateV1, StatedV1, StatedVerdictV1,
};
use portcullis_wire::form::Form;
use std::collections::BTreeMap;

/// Everything that a host would answer.
pub fn read_host(
    file: &EvidenceFileV1,
    names: &Names<'_>,
    inquiry: &Inquiry,
    asserted: Assertion,
) -> HostFacts {
    let change = known(file, CHANGE, &file.change);
    let of_change =
        |read: &dyn Fn(&StatedChangeV1) -> Result<Push, Gap>| Fact::from(change.clone().and_then(read));
    let push = of_change(&|change| read_push(file, names, change));
    let protection = Fact::from(read_protection(file));
    let is_protected = protection.value().is_some_and(|seen| !seen.requirements.is_empty());
    let request = change.clone().and_then(|change| read_request(file, names, change));
    let revisions = || change.clone().map(|change| &change.revisions);
    HostFacts {
        repository: Some(file.repository.clone()),
        conventions: asserted_conventions(),
        request: request.into(),
        branch: Fact::Known(Branch {
            name: BranchName::from(file.branch.name.clone()),
            tip: names.revision(&file.branch.tip),
            protected: is_protected,
        }),
        protection,
        reviews: read_reviews(file, names).into(),
        base_changed: Fact::Known(None),
        attribution: revisions().map(|revisions| attribute(names, revisions)).into(),
        last_push: push.clone(),
        content_push: push,
        moves: change.clone().map(|change| read_moves(names, change)).into(),
        co_authors: revisions().map(|revisions| read_others(revisions)).into(),
        members: inquiry
            .teams
            .iter()
            .map(|team| {
                (team.clone(), Fact::Gap(never_stated(file, &format!("who the members of {team} are"))))
            })
            .collect(),
        asserted: Some(asserted),
        ..HostFacts::unseen(ASSERTED, &never_stated(file, "the checks of a revision"))
    }
}

/// What is proposed. Where no one proposes anything, the committer of the last revision does.
fn read_request(
    file: &EvidenceFileV1,
    names: &Names<'_>,
    change: &StatedChangeV1,
) -> Result<ChangeRequest, Gap> {
    let last = change.revisions.last().and_then(|last| last.committer.as_ref());
    Ok(ChangeRequest {
        id: RequestId::Name(change.name.clone()),
        title: change.title.clone(),
        author: change.proposer.as_ref().or(last).map(read_account),
        open: true,
        merged: None,
        base_branch: BranchName::from(file.branch.name.clone()),
        head: names.revision(&change.head),
        head_branch: Some(BranchName::from(change.name.clone())),
        head_repository: Some(file.repository.clone()),
    })
}

fn read_push(file: &EvidenceFileV1, names: &Names<'_>, change: &StatedChangeV1) -> Result<Push, Gap> {
    let what = "from whom the repository received the head";
    let head = change.revisions.last().ok_or_else(|| not_stated(file, what))?;
    let actor = head.received_from.as_ref().ok_or_else(|| not_stated(file, what))?;
    Ok(Push { after: names.revision(&head.id), actor: Some(read_account(actor)) })
}

/// Each revision, and from whom it came. One of which that is not stated may be anyone's.
fn read_moves(names: &Names<'_>, change: &StatedChangeV1) -> Vec<Move> {
    let mut before = names.revision(&change.base);
    let mut moves = Vec::new();
    for revision in &change.revisions {
        let after = names.revision(&revision.id);
        moves.push(Move {
            before: Some(std::mem::replace(&mut before, after.clone())),
            after,
            actor: revision.received_from.as_ref().map(read_account),
            kept: Fact::Known(true),
        });
    }
    moves
}

fn attribute(names: &Names<'_>, revisions: &[StatedRevisionV1]) -> BTreeMap<Revision, CommitAccounts> {
    let accounts = |revision: &StatedRevisionV1| CommitAccounts {
        author: revision.author.as_ref().map(read_account),
        committer: revision.committer.as_ref().map(read_account),
    };
    revisions.iter().map(|revision| (names.revision(&revision.id), accounts(revision))).collect()
}

fn read_others(revisions: &[StatedRevisionV1]) -> BTreeMap<String, Account> {
    let others = revisions.iter().flat_map(|revision| &revision.others);
    others.map(|other| (fold_name(&other.name), read_account(other))).collect()
}

fn read_reviews(file: &EvidenceFileV1, names: &Names<'_>) -> Result<Vec<Review>, Gap> {
    let stated = known(file, "the reviews", &file.reviews)?;
    let numbered = (1..).zip(stated);
    Ok(numbered.map(|(number, review)| read_review(file, names, number, review)).collect())
}

fn read_review(file: &EvidenceFileV1, names: &Names<'_>, number: u64, stated: &StatedReviewV1) -> Review {
    Review {
        id: number.to_string().into(),
        position: number,
        reviewer: Some(read_account(&stated.account)),
        state: match stated.verdict {
            StatedVerdictV1::Approve => ReviewState::Approved,
            StatedVerdictV1::Reject => ReviewState::ChangesRequested,
            StatedVerdictV1::Comment => ReviewState::Commented,
            StatedVerdictV1::Withdraw => ReviewState::Dismissed,
        },
        reviewed: read_reviewed(file, names, stated),
        submitted: stated.time.model().ok(),
        source: ReviewSource::Host,
    }
}

/// No one reviews what is not there yet.
fn read_reviewed(file: &EvidenceFileV1, names: &Names<'_>, stated: &StatedReviewV1) -> ReviewedContent {
    let revisions = match &file.change {
        Some(StatedV1::Known(change)) => change.revisions.as_slice(),
        Some(StatedV1::Gap(_)) | None => &[],
    };
    let mut of_it = revisions.iter().filter(|revision| revision.id == stated.revision);
    let early = of_it.find(|revision| revision.time.model().ok() > stated.time.model().ok());
    match early {
        None => ReviewedContent::Stated(names.revision(&stated.revision)),
        Some(revision) => ReviewedContent::Unseen(contradiction(
            &format!("what {} reviewed", stated.account.name),
            format!("the review is older than the revision {} that it is said to be of", revision.id),
        )),
    }
}

/// What is not known of the protection of the branch.
pub fn protection_gaps(file: &EvidenceFileV1) -> Vec<Gap> {
    match read_protection(file) {
        Err(gap) => vec![gap],
        Ok(protection) => {
            let hidden = protection.requirements.into_iter().find_map(|one| match one.bypass {
                Fact::Gap(gap) => Some(gap),
                Fact::Known(_) => None,
            });
            protection.unseen.into_iter().chain(hidden).collect()
        }
    }
}

/// What is not known of who brought the head.
pub fn push_gap(file: &EvidenceFileV1) -> Option<Gap> {
    let change = known(file, CHANGE, &file.change).ok()?;
    read_push(file, &Names::of(file), change).err()
}

const PROTECTION: &str = "what protects the branch";

fn read_protection(file: &EvidenceFileV1) -> Result<Protection, Gap> {
    let stated = known(file, PROTECTION, &file.protection)?;
    let bypass: Fact<Vec<Bypass>> = match &stated.bypass {
        StatedV1::Known(actors) => Fact::Known(actors.iter().map(read_actor).collect()),
        StatedV1::Gap(gap) => {
            let detail = format!("the exporter {} says: {}", file.exporter.name, gap.why);
            Fact::Gap(Gap::new(
                "who gets round the rules",
                GapReason::Unsupported,
                detail,
                gap.remedy.clone(),
            ))
        }
    };
    let held = stated.rules.iter().filter(|rule| rule.state == StatedStateV1::Held);
    let requirement = |rule: &StatedRuleV1| {
        let source = format!("{} (stated by {})", rule.by, file.exporter.name);
        Some(Requirement { rule: read_rule(rule)?, source, bypass: bypass.clone() })
    };
    let requirements: Vec<Requirement> = held.filter_map(requirement).collect();
    let unseen: Vec<Gap> = unknown_rules(file, stated).into_iter().collect();
    match unseen.first() {
        // Of a branch that no rule is known of, no one knows that it is not protected.
        Some(gap) if requirements.is_empty() => Err(gap.clone()),
        _ => Ok(Protection { requirements, unseen }),
    }
}

/// Rules that the file does not state, or states as not known. One of checks has a name that only
/// the policy knows.
fn unknown_rules(file: &EvidenceFileV1, stated: &StatedProtectionV1) -> Option<Gap> {
    let is_known = |(name, _): &(StatedRuleNameV1, &str)| {
        stated.rules.iter().any(|rule| rule.rule == *name && rule.state != StatedStateV1::NotKnown)
    };
    let unknown: Vec<&str> = RULES.iter().filter(|rule| !is_known(rule)).map(|(_, name)| *name).collect();
    let what = format!("whether these rules hold on the branch: {}", unknown.join(", "));
    (!unknown.is_empty()).then(|| not_stated(file, &what))
}

/// Every rule but checks, whose names an exporter cannot know.
const RULES: [(StatedRuleNameV1, &str); 11] = [
    (StatedRuleNameV1::ChangeRequest, "change-request"),
    (StatedRuleNameV1::Approvals, "approvals"),
    (StatedRuleNameV1::DismissStale, "dismiss-stale"),
    (StatedRuleNameV1::CodeOwners, "code-owners"),
    (StatedRuleNameV1::LastPushApproval, "last-push-approval"),
    (StatedRuleNameV1::ConversationResolution, "conversation-resolution"),
    (StatedRuleNameV1::UpToDate, "up-to-date"),
    (StatedRuleNameV1::NoForcePush, "no-force-push"),
    (StatedRuleNameV1::NoDeletion, "no-deletion"),
    (StatedRuleNameV1::SignedCommits, "signed-commits"),
    (StatedRuleNameV1::LinearHistory, "linear-history"),
];

fn read_rule(stated: &StatedRuleV1) -> Option<Rule> {
    Some(match stated.rule {
        StatedRuleNameV1::ChangeRequest => Rule::ChangeRequest,
        StatedRuleNameV1::Approvals => Rule::Approvals(stated.count?),
        StatedRuleNameV1::DismissStale => Rule::DismissStale,
        StatedRuleNameV1::CodeOwners => Rule::CodeOwners,
        StatedRuleNameV1::LastPushApproval => Rule::LastPushApproval,
        StatedRuleNameV1::ConversationResolution => Rule::ConversationResolution,
        StatedRuleNameV1::Check => Rule::Check { name: stated.check.clone()?, app: None },
        StatedRuleNameV1::UpToDate => Rule::UpToDate,
        StatedRuleNameV1::NoForcePush => Rule::NoForcePush,
        StatedRuleNameV1::NoDeletion => Rule::NoDeletion,
        StatedRuleNameV1::SignedCommits => Rule::SignedCommits,
        StatedRuleNameV1::LinearHistory => Rule::LinearHistory,
    })
}

fn read_actor(stated: &StatedActorV1) -> Bypass {
    let kind = match stated.kind {
        StatedActorKindV1::Administrators => ActorKind::Administrators,
        StatedActorKindV1::ServerAccess => ActorKind::ServerAccess,
        StatedActorKindV1::User => ActorKind::User,
        StatedActorKindV1::Team => ActorKind::Team,
        StatedActorKindV1::Writers => ActorKind::Writers,
        StatedActorKindV1::Other => ActorKind::Other,
    };
    // Of an account or a group the name is all that tells it apart, so the policy names it by that.
    let is_named = matches!(kind, ActorKind::User | ActorKind::Team);
    let id = stated.name.as_ref().filter(|_| is_named).map(|name| fold_name(name).into());
    Bypass { kind, id, name: stated.name.clone(), mode: BypassMode::Always }
}
