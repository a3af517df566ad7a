//! A description to facts, with honest defaults: what is not described is not there. Everything
//! that the policy asks for was asked, and the answer was "none".

use super::text::{ChangeText, DescribedProtection};
use crate::action::AssumedAction;
use jiff::Timestamp;
use portcullis_judge::policy::Policy;
use portcullis_model::change::{
    Basis, BranchName, Change, Commit, Content, Entry, EntryKind, FileChange, FileStatus, Match, Nature,
    ObjectName, Revision, Side, Updates,
};
use portcullis_model::digest::Digest;
use portcullis_model::evidence::{EvidenceFacts, Trees};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::facts::{Facts, GateText, GateTexts, HostFacts, POLICY_PATH};
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::inquiry::{Inquiry, TextPurpose, Topic};
use portcullis_model::path::RepoPath;
use portcullis_model::person::{Account, AccountKind, Login, Mailbox};
use portcullis_model::protection::{Branch, Protection};
use portcullis_model::review::{
    ChangeRequest, CommitAccounts, Move, Permission, Push, Review, ReviewSource, ReviewState, ReviewedContent,
};
use portcullis_model::signed::SignedReviews;
use portcullis_pattern::line_pattern::LinePattern;
use std::collections::{BTreeMap, BTreeSet};

/// What a description is filled up with.
pub struct CaseGround<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The kind of host.
    pub host: &'a str,
    /// The moment of judgement.
    pub now: Timestamp,
    /// The text of a file beside the policy; `None` where there is none.
    pub text: &'a dyn Fn(&RepoPath) -> Option<String>,
}

/// Why a description makes no facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotComposed {
    /// The policy names several branches, and the description none.
    NoBranch,
}

impl std::fmt::Display for NotComposed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the policy names several branches; say which one receives the change: `onto = \"…\"`")
    }
}

/// Makes facts of a description.
///
/// # Errors
/// Something has to be said that has no honest default.
pub fn compose_facts(ground: &CaseGround<'_>, described: &ChangeText) -> Result<GatheredFacts, NotComposed> {
    let branch = branch_of(ground.policy, described).ok_or(NotComposed::NoBranch)?;
    let inquiry = ground.policy.inquiry(Some(RepoPath::from(POLICY_PATH)));
    let change = compose_change(ground.policy, &inquiry, described);
    let facts = Facts {
        observed: Fact::Known(ground.now),
        gate: Fact::Known(compose_texts(ground, &inquiry)),
        host: compose_host(ground, &inquiry, described, branch),
        reports: Fact::Known(Vec::new()),
        line_coverage: Fact::Gap(Gap::not_asked("the changed lines", "Give a case of facts that hold them.")),
        evidence: compose_evidence(&inquiry),
        signed: compose_signed(&inquiry),
        change: Fact::Known(change),
        inquiry,
    };
    let mut facts = GatheredFacts::from(facts);
    actions_of(ground.policy, described).iter().for_each(|action| action.apply(ground.policy, &mut facts));
    Ok(facts)
}

fn branch_of(policy: &Policy, described: &ChangeText) -> Option<BranchName> {
    let only = match policy.scope.deployment.as_slice() {
        [only] if !only.as_str().contains(['*', '?', '[', '{', '\\']) => Some(only.as_str()),
        _ => None,
    };
    described.onto.as_deref().or(only).map(BranchName::new)
}

/// What others did about the change, by the very actions that simulations apply.
fn actions_of(policy: &Policy, described: &ChangeText) -> Vec<AssumedAction> {
    let mut actions: Vec<AssumedAction> =
        described.approved_by.iter().map(|login| AssumedAction::Approve(Login::new(login))).collect();
    actions.extend(described.suites.iter().map(|suite| AssumedAction::PassSuite(suite.get_ref().clone())));
    actions.extend(described.checks.iter().map(|check| AssumedAction::PassCheck(check.get_ref().clone())));
    if described.protection == DescribedProtection::AsRequired {
        let rules = policy.controls.values().flat_map(|control| control.wanted_rules());
        actions.extend(rules.cloned().map(AssumedAction::Protect));
    }
    actions
}

/// A name of an object for something made up.
fn revision(what: &str) -> Revision {
    Digest::of(what.as_bytes()).into()
}

fn object(what: &str) -> ObjectName {
    Digest::of(what.as_bytes()).into()
}

fn base() -> Revision {
    revision("base")
}

fn head() -> Revision {
    revision("head")
}

fn account(login: &str) -> Account {
    Account { login: Login::new(login), id: format!("made-up {login}").into(), kind: AccountKind::Human }
}

fn compose_change(policy: &Policy, inquiry: &Inquiry, described: &ChangeText) -> Change {
    let files: Vec<FileChange> =
        described.files.iter().map(|file| compose_file(policy, file, described)).collect();
    let mailbox =
        || Mailbox { name: described.author.clone(), email: format!("{}@example.test", described.author) };
    let commit = Commit {
        id: head(),
        tree: object("head"),
        parents: vec![base()],
        author: mailbox(),
        committer: mailbox(),
        co_authors: Vec::new(),
        subject: "A described change".to_string(),
    };
    let on_the_way = match inquiry.each_commit {
        true => Fact::Known(files.clone()),
        false => Fact::Gap(Gap::not_asked("the paths on the way", "nothing depends on them")),
    };
    Change {
        base: base(),
        head: head(),
        merge_bases: vec![base()],
        commits: vec![commit],
        files,
        on_the_way,
        test_sources: Fact::Known(portcullis_model::test_source::TestSources::default()),
        updates: Updates::default(),
        landing_tree: None,
        basis: Fact::Known(Basis::FirstParent),
    }
}

fn compose_file(policy: &Policy, file: &str, described: &ChangeText) -> FileChange {
    let added = described.added.get(file).map_or("", String::as_str);
    let entry =
        |content: &str| Entry { path: RepoPath::new(file), kind: EntryKind::File, id: object(content) };
    let content = Content {
        nature: Nature::Text,
        matches: match_lines(policy, added),
        added: added.lines().count().max(1) as u64,
        removed: 0,
    };
    FileChange {
        status: FileStatus::Modified,
        old: Some(entry(&format!("{file} before"))),
        new: Some(entry(&format!("{file} after"))),
        content: Fact::Known(content),
        governs: None,
    }
}

/// The content patterns of the policy that a line matches.
fn match_lines(policy: &Policy, added: &str) -> Vec<Match> {
    let rules = policy.scope.inventory.areas.iter().flat_map(|area| &area.content);
    let patterns: BTreeSet<&String> = rules.map(|rule| &rule.rule).collect();
    let first = |pattern: &&String| {
        let regex = LinePattern::parse(pattern).ok()?.compile().ok()?;
        let at = added.lines().position(|line| regex.is_match(line.as_bytes()))?;
        Some(Match { pattern: (*pattern).clone(), side: Side::Added, line: Some(at as u64 + 1) })
    };
    patterns.iter().filter_map(first).collect()
}

/// The policy is in the repository, and beside it what lies there now: CODEOWNERS, the register of
/// people, documents. Waivers do not count in a test.
fn compose_texts(ground: &CaseGround<'_>, inquiry: &Inquiry) -> GateTexts {
    let mut texts = GateTexts::default();
    for (path, purposes) in &inquiry.texts {
        for purpose in purposes.iter().filter(|purpose| !purpose.is_read_by_collector()) {
            let found = match purpose {
                TextPurpose::Policy => Some(ground.policy.text.clone()),
                TextPurpose::House => ground.policy.house.as_ref().map(|house| house.text.clone()),
                TextPurpose::Waivers => None,
                _ => (ground.text)(path),
            };
            fill_text(texts.entry(path.clone(), *purpose), found, *purpose);
        }
    }
    if inquiry.topics.contains(&Topic::CodeOwners) {
        let places = ground.policy.host.conventions.code_owners.places.iter();
        let found = places
            .map(|place| RepoPath::new(place.as_str()))
            .find_map(|path| Some((path.clone(), (ground.text)(&path)?)));
        if let Some((path, text)) = found {
            fill_text(texts.entry(path, TextPurpose::CodeOwners), Some(text), TextPurpose::CodeOwners);
        }
    }
    texts
}

fn fill_text(entry: &mut GateText, text: Option<String>, purpose: TextPurpose) {
    entry.before.clone_from(&text);
    if purpose.is_read_after() {
        entry.after = text;
    }
}

fn compose_host(
    ground: &CaseGround<'_>,
    inquiry: &Inquiry,
    described: &ChangeText,
    branch: BranchName,
) -> HostFacts {
    let author = account(&described.author);
    let accounts = CommitAccounts { author: Some(author.clone()), committer: Some(author.clone()) };
    let push = Push { after: head(), actor: Some(author.clone()) };
    let moved = Move { before: None, after: head(), actor: Some(author.clone()), kept: Fact::Known(true) };
    let profile = &ground.policy.host;
    let not_asked = Gap::not_asked("what the host says", "nothing depends on it");
    HostFacts {
        repository: Some("example/described".to_string()),
        conventions: std::sync::Arc::clone(&profile.conventions),
        domains: profile.domains.clone(),
        request: Fact::Known(compose_request(&author, &branch)),
        branch: Fact::Known(Branch { name: branch, tip: base(), protected: false }),
        protection: Fact::Known(Protection { requirements: Vec::new(), unseen: Vec::new() }),
        reviews: Fact::Known(compose_objections(described)),
        base_changed: Fact::Known(None),
        attribution: Fact::Known(BTreeMap::from([(head(), accounts)])),
        last_push: Fact::Known(push.clone()),
        content_push: Fact::Known(push),
        moves: Fact::Known(vec![moved]),
        checks: Fact::Known(Vec::new()),
        members: compose_members(inquiry, described),
        permissions: compose_permissions(described),
        ..HostFacts::unseen(ground.host, &not_asked)
    }
}

fn compose_request(author: &Account, branch: &BranchName) -> ChangeRequest {
    ChangeRequest {
        id: 1.into(),
        title: "A described change".to_string(),
        author: Some(author.clone()),
        open: true,
        merged: None,
        base_branch: branch.clone(),
        head: head(),
        head_branch: Some(BranchName::new("described")),
        head_repository: Some("example/described".to_string()),
    }
}

fn compose_objections(described: &ChangeText) -> Vec<Review> {
    let objection = |(place, login): (usize, &String)| Review {
        id: format!("objection-{place}").into(),
        position: place as u64 + 1,
        reviewer: Some(account(login)),
        state: ReviewState::ChangesRequested,
        reviewed: ReviewedContent::Stated(head()),
        submitted: None,
        source: ReviewSource::Host,
    };
    described.objected_by.iter().enumerate().map(objection).collect()
}

/// Every team that the policy or the description names; one that has no members there has none.
fn compose_members(
    inquiry: &Inquiry,
    described: &ChangeText,
) -> BTreeMap<portcullis_model::person::TeamName, Fact<Vec<Account>>> {
    use portcullis_model::person::TeamName;
    let asked = inquiry.teams.iter().map(|team| (team.clone(), Fact::Known(Vec::new())));
    let named = described.teams.iter().map(|(team, logins)| {
        let name = TeamName::of_host(team.trim_start_matches('@'));
        (name, Fact::Known(logins.iter().map(|login| account(login)).collect()))
    });
    asked.chain(named).collect()
}

fn compose_permissions(described: &ChangeText) -> BTreeMap<Login, Fact<Permission>> {
    let may = |permission| move |login: &String| (Login::new(login), Fact::Known(permission));
    let others = described.approved_by.iter().chain(&described.objected_by).chain([&described.author]);
    others.map(may(Permission::Write)).chain(described.readers.iter().map(may(Permission::Read))).collect()
}

fn compose_evidence(inquiry: &Inquiry) -> Fact<EvidenceFacts> {
    if !inquiry.topics.contains(&Topic::Evidence) {
        return Fact::Gap(Gap::not_asked("test evidence", "nothing depends on it"));
    }
    let trees = Trees {
        head: object("head"),
        head_lands: true,
        merged: BTreeSet::new(),
        base: object("base"),
        merge_bases: BTreeSet::from([object("base")]),
    };
    let checkout = Fact::Gap(Gap::not_asked("what is checked out", "a described change is nowhere"));
    Fact::Known(EvidenceFacts { checkout, trees, newest: None, notes: false, statements: Vec::new() })
}

fn compose_signed(inquiry: &Inquiry) -> Fact<SignedReviews> {
    match inquiry.signed {
        None => Facts::no_signed_reviews(),
        Some(_) => Fact::Known(SignedReviews {
            signers: Vec::new(),
            chains: Vec::new(),
            imported: Fact::Known(Vec::new()),
        }),
    }
}
