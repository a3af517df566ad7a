//! A repository that records deployments: each one a made-up commit on top of the one before.
#![allow(dead_code, reason = "each test binary uses its own part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "test support: a failure here is a failed test"
)]

use portcullis::cli::record::{Recording, Unrecorded, record_decision};
use portcullis::collect::git::Repository;
use portcullis::collect::git::record_writer::Appended;
use portcullis::model::change::Revision;
use portcullis::model::decision::{self, Decision, Judged, Outcome, PolicyOrigin, PolicyReference};
use portcullis::model::digest::Digest;
use portcullis::model::environment::Environment;
use portcullis::model::fact::Fact;
use portcullis::record::{Baseline, BaselineOrigin, Chain};
use std::path::Path;
use std::process::{Command, Output};

/// The policy of the made-up project.
pub const POLICY: &str = "schema = 1\n";

pub fn environment(name: &str) -> Environment {
    name.parse().unwrap()
}

pub fn production() -> Environment {
    environment("production")
}

/// An empty repository at a path.
pub fn init(directory: &Path) -> git2::Repository {
    portcullis::collect::git::neutralise().unwrap();
    git2::Repository::init(directory).unwrap()
}

/// A commit name that is made of a word.
pub fn commit(word: &str) -> Revision {
    let digest = Digest::of(word.as_bytes()).to_string();
    Revision::try_from(digest["sha256:".len()..][..40].to_string()).unwrap()
}

pub fn try_chain(directory: &Path) -> Fact<Option<Chain>> {
    Repository::open(directory).unwrap().deployments(&production())
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

pub fn allowing(candidate: &Revision, baseline: &Revision) -> Decision {
    let judged = Judged {
        repository: Some("acme/upload".into()),
        base: Some(baseline.clone()),
        head: Some(candidate.clone()),
        ..Judged::default()
    };
    let policy = PolicyReference {
        project: "upload".into(),
        digest: Digest::of(POLICY.as_bytes()),
        origin: PolicyOrigin::Base,
    };
    Decision {
        schema: decision::SCHEMA,
        outcome: Outcome::Allow,
        judged,
        policy: Some(policy),
        areas: Vec::new(),
        findings: Vec::new(),
    }
}

/// Takes and records one decision on the chain as it is now.
pub fn deploy(
    directory: &Path,
    environment: &Environment,
    candidate: &Revision,
    recorder: &str,
) -> Result<Appended, Unrecorded> {
    let Fact::Known(chain) = Repository::open(directory).unwrap().deployments(environment) else {
        panic!("the record cannot be read")
    };
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
        Some(chain) => Baseline {
            commit: chain.last().unwrap().entry.candidate.clone(),
            origin: BaselineOrigin::Recorded,
        },
        None => Baseline { commit: commit("before"), origin: BaselineOrigin::Asserted },
    };
    let decision = allowing(candidate, &baseline.commit);
    let recording = Recording {
        environment,
        tip: chain.and_then(Chain::tip),
        candidate,
        baseline,
        decision: &decision,
        facts: None,
        policy: Some(POLICY),
        recorder,
        time: "2026-01-02T03:04:05Z".parse().unwrap(),
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
    command.env_clear().current_dir(directory).arg("record").args(arguments).output().unwrap()
}

/// Exit code and everything written.
pub fn said(directory: &Path, arguments: &[&str]) -> (i32, String) {
    let output = record(directory, arguments);
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.code().unwrap(), text)
}
