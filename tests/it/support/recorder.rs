//! A repository that records deployments: each one a made-up commit on top of the one before.
#![allow(dead_code, reason = "each test binary uses its own part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "test support: a failure here is a failed test"
)]

use crate::support::clean::CleanEnvironment as _;
use portcullis_cli::record::{DeploymentRecording, Unrecorded, judge_text, record_decision};
use portcullis_collect::record_writer::Appended;
use portcullis_collect::records::{Closeness, DeploymentRecords};
use portcullis_git::Repository;
use portcullis_judge::decide::decide_deployment;
use portcullis_judge::policy::Policy;
use portcullis_model::change::{BranchName, Change, Commit, Revision, Updates};
use portcullis_model::decision::Decision;
use portcullis_model::deployment::{self, Deployment, LandingFacts, Recorded};
use portcullis_model::digest::Digest;
use portcullis_model::environment::Environment;
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::facts::{Facts, GateTexts, HostFacts};
use portcullis_model::landing::{Coverage, Landing, Span, Step};
use portcullis_model::person::Mailbox;
use portcullis_model::protection::Branch;
use portcullis_record::{Chain, RecordLink, RecordedBaseline, RecordedOrigin};
use std::path::Path;
use std::process::{Command, Output};

/// The policy of the made-up project.
pub const POLICY: &str = r#"schema = 1
[project]
name = "upload"
[branches]
deployment = ["main"]
[[data-processing]]
name = "upload"
purpose = "loads records"
paths = ["services/upload/**"]
[controls.required-reviews]
approvals = 1
"#;

/// The commits that there are in the repository, one on top of the other.
pub const LINE: &[&str] = &[
    "before",
    "candidate 1",
    "candidate 2",
    "candidate 3",
    "s",
    "next",
    "fork",
    "fork again",
    "newer",
    "after packing",
    "c",
];

pub fn environment(name: &str) -> Environment {
    name.parse().unwrap()
}

pub fn production() -> Environment {
    environment("production")
}

/// A repository with the commits of the line and nothing else at a path.
pub fn init(directory: &Path) -> git2::Repository {
    portcullis_git::neutralise().unwrap();
    let git = git2::Repository::init(directory).unwrap();
    {
        let odb = git.odb().unwrap();
        odb.write(git2::ObjectType::Tree, b"").unwrap();
        for (_, bytes) in line() {
            odb.write(git2::ObjectType::Commit, bytes.as_bytes()).unwrap();
        }
    }
    git
}

/// The commits of the line, each with its bytes.
fn line() -> Vec<(Revision, String)> {
    let mut all: Vec<(Revision, String)> = Vec::new();
    for word in LINE {
        let parent = all.last().map(|(id, _)| format!("parent {id}\n")).unwrap_or_default();
        let who = "Kim Example <kim@example.test> 1767000000 +0000";
        let tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        let bytes = format!("tree {tree}\n{parent}author {who}\ncommitter {who}\n\n{word}\n");
        let id = git2::Oid::hash_object(git2::ObjectType::Commit, bytes.as_bytes()).unwrap();
        all.push((Revision::try_from(id.to_string()).unwrap(), bytes));
    }
    all
}

/// The commit of a word: one of the line, or else a name that stands for nothing.
pub fn commit(word: &str) -> Revision {
    if let Some(at) = LINE.iter().position(|one| *one == word) {
        return line().swap_remove(at).0;
    }
    let digest = Digest::of(word.as_bytes()).to_string();
    Revision::try_from(digest["sha256:".len()..][..40].to_string()).unwrap()
}

fn chain_of(directory: &Path, environment: &Environment) -> Fact<Option<Chain>> {
    Repository::open(directory).unwrap().deployments(environment, &judge_text, Closeness::Chain)
}

pub fn try_chain(directory: &Path) -> Fact<Option<Chain>> {
    chain_of(directory, &production())
}

/// The chain of production; it must verify.
pub fn chain(directory: &Path) -> Option<Chain> {
    let Fact::Known(chain) = try_chain(directory) else { panic!("{:?}", try_chain(directory)) };
    assert_eq!(chain.iter().flat_map(|chain| &chain.problems).next(), None);
    chain
}

pub fn count(directory: &Path) -> usize {
    chain(directory).map_or(0, |chain| chain.commits.len())
}

/// The moment of every made-up decision.
pub const MOMENT: &str = "2026-01-02T03:04:05Z";

/// The facts of a deployment that changes nothing, on top of a chain.
pub fn facts(
    directory: &Path,
    environment: &Environment,
    chain: Option<&Chain>,
    candidate: &Revision,
    baseline: &RecordedBaseline,
) -> Deployment {
    let repository = Repository::open(directory).unwrap();
    let inquiry = Policy::parse(POLICY).unwrap().inquiry(None);
    let step = made_up(candidate, &baseline.commit);
    let span = match repository.span(&baseline.commit, candidate) {
        Fact::Known(span) => span,
        Fact::Gap(_) => Span::Steps(vec![Step { commit: step.clone(), brought: Vec::new() }]),
    };
    let change = match repository.change(&baseline.commit, candidate, &inquiry) {
        Fact::Known(change) => change,
        Fact::Gap(_) => unknown_change(candidate, &baseline.commit, step),
    };
    let steps = if let Span::Steps(steps) = &span { steps.as_slice() } else { &[] };
    let parents = std::iter::once(&baseline.commit).chain(steps.iter().map(|step| &step.commit.id));
    let landings = parents.zip(steps).map(|(parent, step)| unchanged(parent, &step.commit.id)).collect();
    let one = |link: &RecordLink| Recorded {
        number: link.entry.number,
        candidate: link.entry.candidate.clone(),
        taken_again: true,
        facts_omitted: false,
        signers: None,
    };
    let origin = match baseline.origin {
        RecordedOrigin::Asserted => deployment::BaselineOrigin::Asserted,
        _ => deployment::BaselineOrigin::Recorded(chain.unwrap().links.len() as u64),
    };
    let gap = Gap::not_asked("this", "ask");
    let branch = BranchName::new("main");
    let mut host = HostFacts::unseen("github", &gap);
    host.repository = Some("acme/upload".into());
    host.branch = Fact::Known(Branch { name: branch.clone(), tip: candidate.clone(), protected: true });
    let whole = Facts {
        observed: Fact::Known(MOMENT.parse().unwrap()),
        inquiry,
        change: Fact::Known(change),
        gate: Fact::Known(GateTexts::default()),
        host,
        reports: Fact::Gap(gap.clone()),
        line_coverage: Fact::Gap(gap.clone()),
        evidence: Fact::Gap(gap.clone()),
        signed: Facts::no_signed_reviews(),
    };
    Deployment {
        environment: environment.to_string(),
        branch,
        candidate: candidate.clone(),
        deployer: Fact::Gap(gap),
        baseline: Fact::Known(deployment::Baseline { revision: baseline.commit.clone(), origin }),
        by_host: Fact::Known(None),
        recorded: Fact::Known(chain.map_or_else(Vec::new, |chain| chain.links.iter().map(one).collect())),
        incidents: Deployment::no_incidents_asked(),
        elsewhere: Fact::Known(deployment::Elsewhere::nothing()),
        reconciliation: None,
        on_branch: Fact::Known(Span::Equal),
        span: Fact::Known(span),
        back: Fact::Known(None),
        landings: Fact::Known(landings),
        whole,
    }
}

fn unchanged(parent: &Revision, landed: &Revision) -> LandingFacts {
    LandingFacts {
        landing: Landing { parent: parent.clone(), landed: landed.clone(), candidates: Vec::new() },
        steps: vec![landed.clone()],
        files: Fact::Known(Vec::new()),
        coverage: Coverage::Unchanged,
        misses: Vec::new(),
        requests: Fact::Known(Vec::new()),
    }
}

fn made_up(id: &Revision, parent: &Revision) -> Commit {
    let kim = Mailbox { name: "Kim Example".into(), email: "kim@example.test".into() };
    Commit {
        id: id.clone(),
        tree: "4b825dc642cb6eb9a060e54bf8d69288fbee4904".to_string().try_into().unwrap(),
        parents: vec![parent.clone()],
        author: kim.clone(),
        committer: kim,
        co_authors: Vec::new(),
        subject: "made up".into(),
    }
}

fn unknown_change(head: &Revision, base: &Revision, commit: Commit) -> Change {
    let gap = Gap::not_asked("this", "ask");
    Change {
        base: base.clone(),
        head: head.clone(),
        merge_bases: vec![base.clone()],
        landing_tree: None,
        basis: Fact::Gap(gap.clone()),
        commits: vec![commit],
        files: Vec::new(),
        on_the_way: Fact::Gap(gap.clone()),
        test_sources: Fact::Gap(gap),
        updates: Updates::default(),
    }
}

/// The decision on facts by the made-up policy.
pub fn decided(facts: &Deployment) -> Decision {
    decide_deployment(&Policy::parse(POLICY).unwrap(), facts)
}

/// Takes and records one decision on the chain as it is now.
pub fn deploy(
    directory: &Path,
    environment: &Environment,
    candidate: &Revision,
    recorder: &str,
) -> Result<Appended, Unrecorded> {
    let Fact::Known(chain) = chain_of(directory, environment) else { panic!("the record cannot be read") };
    deploy_on(directory, environment, chain.as_ref(), candidate, recorder)
}

/// Records one decision that was taken on a chain.
pub fn deploy_on(
    directory: &Path,
    environment: &Environment,
    chain: Option<&Chain>,
    candidate: &Revision,
    recorder: &str,
) -> Result<Appended, Unrecorded> {
    let baseline = match chain {
        Some(chain) => RecordedBaseline {
            commit: chain.last().unwrap().entry.candidate.clone(),
            origin: RecordedOrigin::Recorded,
        },
        None => RecordedBaseline { commit: commit("before"), origin: RecordedOrigin::Asserted },
    };
    let facts = facts(directory, environment, chain, candidate, &baseline);
    let decision = decided(&facts);
    let recording = DeploymentRecording {
        environment,
        tip: chain.and_then(Chain::tip),
        candidate,
        baseline,
        decision: &decision,
        facts: &facts,
        policy: POLICY,
        omit_facts: false,
        recorder,
        time: MOMENT.parse().unwrap(),
        key: None,
    };
    record_decision(directory, &recording)
}

/// Records until it worked, judging again whenever somebody else was faster.
pub fn insist(directory: &Path, candidate: &Revision, recorder: &str) -> Appended {
    loop {
        match deploy(directory, &production(), candidate, recorder) {
            Ok(appended) => return appended,
            Err(Unrecorded::Moved(_)) => {}
            Err(Unrecorded::Failed(failure)) => panic!("{}", failure.message),
        }
    }
}

/// Records so many deployments to production.
pub fn deployed(directory: &Path, count: usize) -> Vec<Appended> {
    (1..=count).map(|n| insist(directory, &commit(&format!("candidate {n}")), "robin-example")).collect()
}

/// `portcullis record …`
pub fn record(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.clean_env().current_dir(directory).arg("record").args(arguments).output().unwrap()
}

/// Exit code and everything written.
pub fn said(directory: &Path, arguments: &[&str]) -> (i32, String) {
    let output = record(directory, arguments);
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.code().unwrap(), text)
}
