//! The facts of a deployment of many landings, each an honest request, as a host would tell of them.

use portcullis_model::change::{
    BranchName, Change, Commit, Content, Entry, EntryKind, FileChange, FileStatus, Nature, ObjectName,
    Revision, Updates,
};
use portcullis_model::check::{Check, Conclusion, Producer};
use portcullis_model::deployment::{
    Baseline, BaselineOrigin, Deployer, DeployerOrigin, Deployment, Elsewhere, LandingFacts, Recorded,
};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::facts::{Facts, GateTexts, HostFacts, POLICY_PATH};
use portcullis_model::inquiry::{Inquiry, TextPurpose, Topic};
use portcullis_model::landing::{Candidate, Coverage, Landing, Span, Step};
use portcullis_model::path::RepoPath;
use portcullis_model::person::{Account, AccountKind, Login, Mailbox};
use portcullis_model::protection::Branch;
use portcullis_model::review::{
    ChangeRequest, CommitAccounts, Move, Permission, Push, Review, ReviewSource, ReviewState, ReviewedContent,
};
use std::collections::{BTreeMap, BTreeSet};

/// One step of the branch: its parent, itself, and the paths that it changed.
pub struct Landed {
    pub parent: Revision,
    pub landed: Revision,
    pub paths: Vec<RepoPath>,
}

/// A policy that guards these paths.
pub fn policy(globs: &[&str]) -> String {
    format!(
        "schema = 1\n[project]\nname = \"Records\"\n[branches]\ndeployment = [\"main\"]\n\
         [[data-processing]]\nname = \"records\"\npurpose = \"Loads records\"\npaths = {globs:?}\n\
         [roles.gate-owners]\nusers = [\"kim\"]\n\
         [controls.required-reviews]\napprovals = 1\n\
         [controls.required-checks]\nchecks = [{{ name = \"build\", app = \"github-actions\" }}]\n\
         [controls.gate-integrity]\nrole = \"gate-owners\"\napprovals = 1\n\
         [controls.reviewed-landings]\n"
    )
}

/// A deployment of all of these, oldest first, under a policy.
pub fn deployment(landed: &[Landed], policy: &str) -> Deployment {
    let (first, last) = (&landed[0], &landed[landed.len() - 1]);
    let steps =
        landed.iter().map(|one| Step { commit: commit(&one.landed, &one.parent), brought: Vec::new() });
    Deployment {
        environment: "production".into(),
        branch: BranchName::new("main"),
        candidate: last.landed.clone(),
        deployer: Fact::Known(Deployer { login: Login::new("sam"), origin: DeployerOrigin::Job }),
        baseline: Fact::Known(Baseline {
            revision: first.parent.clone(),
            origin: BaselineOrigin::Recorded(1),
        }),
        by_host: Fact::Known(None),
        elsewhere: Fact::Known(Elsewhere::nothing()),
        reconciliation: None,
        incidents: Deployment::no_incidents_asked(),
        recorded: Fact::Known(vec![Recorded {
            number: 1,
            candidate: first.parent.clone(),
            taken_again: true,
            facts_omitted: false,
            signers: None,
        }]),
        on_branch: Fact::Known(Span::Equal),
        span: Fact::Known(Span::Steps(steps.collect())),
        back: Fact::Known(None),
        landings: Fact::Known(
            landed.iter().enumerate().map(|(at, one)| landing(at as u64, one, policy)).collect(),
        ),
        whole: Facts {
            host: HostFacts { request: Fact::Gap(gap()), ..host(0, &last.landed) },
            ..facts(0, &first.parent, &last.landed, Vec::new(), policy)
        },
    }
}

fn landing(number: u64, one: &Landed, policy: &str) -> LandingFacts {
    let candidate = Candidate { request: number.into(), head: one.landed.clone() };
    let files: Vec<FileChange> = one.paths.iter().map(file).collect();
    let request = facts(number, &one.parent, &one.landed, files.clone(), policy);
    LandingFacts {
        landing: Landing {
            parent: one.parent.clone(),
            landed: one.landed.clone(),
            candidates: vec![candidate.clone()],
        },
        steps: vec![one.landed.clone()],
        files: Fact::Known(files),
        coverage: Coverage::Identity(candidate),
        misses: Vec::new(),
        requests: Fact::Known(vec![request]),
    }
}

/// Of a request that Robin opened and pushed, and that Kim approved.
fn facts(number: u64, base: &Revision, head: &Revision, files: Vec<FileChange>, policy: &str) -> Facts {
    use Topic::{Checks, CodeOwners, Protection, Pushes, Reports, Reviews};
    Facts {
        observed: Fact::Known(at(1_797_768_000)),
        inquiry: Inquiry {
            topics: BTreeSet::from([Checks, CodeOwners, Protection, Pushes, Reports, Reviews]),
            texts: BTreeMap::from([(POLICY_PATH.into(), BTreeSet::from([TextPurpose::Policy]))]),
            ..Inquiry::default()
        },
        change: Fact::Known(Change {
            base: base.clone(),
            head: head.clone(),
            merge_bases: vec![base.clone()],
            commits: vec![commit(head, base)],
            files,
            on_the_way: Fact::Gap(gap()),
            test_sources: Fact::Gap(gap()),
            updates: Updates::default(),
            landing_tree: None,
            basis: Fact::Known(portcullis_model::change::Basis::FirstParent),
        }),
        gate: Fact::Known(texts(policy)),
        host: host(number, head),
        reports: Fact::Known(Vec::new()),
        line_coverage: Fact::Gap(gap()),
        evidence: Fact::Gap(gap()),
        signed: Facts::no_signed_reviews(),
    }
}

/// The policy, which nobody changed.
fn texts(policy: &str) -> GateTexts {
    let mut gate = GateTexts::default();
    let text = gate.entry(POLICY_PATH, TextPurpose::Policy);
    (text.before, text.after) = (Some(policy.into()), Some(policy.into()));
    gate
}

fn host(number: u64, head: &Revision) -> HostFacts {
    let review = Review {
        id: number.into(),
        position: number,
        reviewer: Some(account("kim")),
        state: ReviewState::Approved,
        reviewed: ReviewedContent::Stated(head.clone()),
        submitted: Some(at(1_700_000_000)),
        source: ReviewSource::Host,
    };
    let write = |login: &str| (Login::new(login), Fact::Known(Permission::Write));
    HostFacts {
        repository: Some("example/records".into()),
        request: Fact::Known(ChangeRequest {
            id: number.into(),
            title: "Load amended records".into(),
            author: Some(account("robin")),
            open: false,
            merged: Some(at(1_700_000_100)),
            base_branch: BranchName::new("main"),
            head: head.clone(),
            head_branch: Some(BranchName::new("amended-records")),
            head_repository: Some("example/records".into()),
        }),
        branch: Fact::Known(Branch { name: BranchName::new("main"), tip: head.clone(), protected: true }),
        reviews: Fact::Known(vec![review]),
        base_changed: Fact::Known(None),
        attribution: Fact::Known(BTreeMap::from([(
            head.clone(),
            CommitAccounts { author: Some(account("robin")), committer: Some(account("robin")) },
        )])),
        last_push: Fact::Known(Push { after: head.clone(), actor: Some(account("robin")) }),
        checks: Fact::Known(vec![check(head)]),
        permissions: ["robin", "kim"].map(write).into(),
        domains: vec!["github.com".into()],
        moves: Fact::Known(vec![Move {
            before: None,
            after: head.clone(),
            actor: Some(account("robin")),
            kept: Fact::Known(true),
        }]),
        ..HostFacts::unseen("github", &gap())
    }
}

fn check(head: &Revision) -> Check {
    Check {
        name: "build".into(),
        id: 1.into(),
        head: head.clone(),
        producer: Producer::App { id: 15368.into(), slug: "github-actions".into() },
        conclusion: Conclusion::Success,
    }
}

fn file(path: &RepoPath) -> FileChange {
    let entry = |digit: &str| Entry { path: path.clone(), kind: EntryKind::File, id: object(digit) };
    FileChange {
        status: FileStatus::Modified,
        old: Some(entry("e")),
        new: Some(entry("f")),
        content: Fact::Known(Content { nature: Nature::Text, matches: Vec::new(), added: 1, removed: 1 }),
        governs: None,
    }
}

fn commit(id: &Revision, parent: &Revision) -> Commit {
    let robin = Mailbox { name: "Robin Example".into(), email: "robin@example.test".into() };
    Commit {
        id: id.clone(),
        tree: object("d"),
        parents: vec![parent.clone()],
        author: robin.clone(),
        committer: robin,
        co_authors: Vec::new(),
        subject: "Load amended records".into(),
    }
}

fn object(digit: &str) -> ObjectName {
    ObjectName::try_from(digit.repeat(40)).expect("a hexadecimal digit")
}

fn account(login: &str) -> Account {
    Account { login: Login::new(login), id: (login.len() as u64).into(), kind: AccountKind::Human }
}

fn at(second: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(second).expect("a moment")
}

fn gap() -> Gap {
    Gap::new("this", GapReason::NotVisible, "the benchmark does not need it", "Leave it.")
}
