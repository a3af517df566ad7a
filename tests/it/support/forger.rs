//! Somebody who may push to the refs of the records and knows the program: records that no honest
//! run of it wrote.
#![allow(dead_code, reason = "each test binary uses its own part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "test support: a failure here is a failed test"
)]

use super::gate::Verdict;
use super::recorder;
use super::release::{judge, subcommand};
use crate::support::clean::CleanEnvironment as _;
use git2::{ObjectType, Oid};
use portcullis_model::change::ObjectName;
use portcullis_model::decision::Outcome;
use portcullis_model::digest::Digest;
use portcullis_record::{
    KeptFile, PREFIX, RecordEntry, RecordedBaseline, RecordedOrigin, TOOL, commit_bytes,
};
use portcullis_testkit::lane::state::Op;
use portcullis_testkit::lane::{How, Lane, POLICY, ROBIN};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::{KIM, revision};
use portcullis_testkit::world::Deployed;
use portcullis_testkit::world::forge::Forge;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;

pub const REF: &str = "refs/portcullis/deployments/production";

/// A request by Kim that Robin and Alex approved, or that nobody did, squashed.
pub fn land(lane: &mut Lane, ops: Vec<Op>, approved: bool) -> Oid {
    let mut draft = lane.open(lane.tip());
    lane.push(&mut draft, KIM, ops);
    draft.approved();
    if !approved {
        draft.world.reviews.clear();
    }
    lane.land(vec![draft], How::Squash, &[], &[], "Land it");
    lane.tip()
}

/// An honest landing inside the area.
pub fn work(lane: &mut Lane, text: &str) -> Oid {
    land(lane, vec![Op::Slot(10, 1, format!("{text}\n"))], true)
}

/// A push to the branch that nobody reviewed.
pub fn push(lane: &mut Lane, text: &str) -> Oid {
    lane.direct(ROBIN, &[Op::Slot(11, 2, format!("{text}\n"))], "Nobody looked");
    lane.tip()
}

/// A branch with one deployment on record, of its newest landing.
pub fn deployed() -> Lane {
    let mut lane = Lane::begin();
    let tip = work(&mut lane, "the first");
    let base = lane.baseline().to_string();
    let verdict = judged(&lane, tip, &["--base", &base, "--record"]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    lane
}

/// The same host with these deployments, oldest first, one in each minute.
pub fn host(lane: &Lane, deployments: &[Oid]) -> Forge {
    let mut host = lane.host();
    let done =
        |(at, commit): (usize, &Oid)| Deployed::done(at as u64 + 5, revision(*commit).unwrap(), at as i64);
    host.worlds[0].deployments = deployments.iter().enumerate().map(done).collect();
    host
}

pub fn judged(lane: &Lane, head: Oid, more: &[&str]) -> Verdict {
    judge(lane, &Server::start(lane.host()), head, more)
}

/// Judged while the host has these deployments.
pub fn judged_with(lane: &Lane, deployments: &[Oid], head: Oid, more: &[&str]) -> Verdict {
    judge(lane, &Server::start(host(lane, deployments)), head, more)
}

/// `portcullis record …`: exit code and everything written.
pub fn said(lane: &Lane, arguments: &[&str]) -> (i32, String) {
    recorder::said(lane.directory(), arguments)
}

pub fn tip(lane: &Lane) -> Oid {
    lane.history.repository().refname_to_id(REF).unwrap()
}

pub fn count(lane: &Lane) -> usize {
    let (mut at, mut count) = (tip(lane), 1);
    while let Ok(parent) = lane.history.repository().find_commit(at).unwrap().parent_id(0) {
        (at, count) = (parent, count + 1);
    }
    count
}

/// The facts of a deployment as the program gathers them.
pub fn facts(lane: &Lane, head: Oid, more: &[&str]) -> Value {
    let server = Server::start(lane.host());
    let output = subcommand("facts", lane, &server.address(), head).args(more).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What the program itself decides of facts, as the bytes of `--format json`.
pub fn decided(facts: &Value, policy: &str) -> Vec<u8> {
    let elsewhere = tempfile::tempdir().unwrap();
    let (file, by) = (elsewhere.path().join("facts.json"), elsewhere.path().join("policy.toml"));
    std::fs::write(&file, facts.to_string()).unwrap();
    std::fs::write(&by, policy).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .clean_env()
        .args(["decide", "--format", "json", "--facts"])
        .arg(&file)
        .arg("--policy")
        .arg(&by)
        .output()
        .unwrap();
    assert!(!output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A record to be forged: what an honest one for this candidate would hold, as far as no test
/// alters it.
pub struct Forgery {
    pub entry: RecordEntry,
    pub decision: Vec<u8>,
    pub facts: Option<Vec<u8>>,
    pub policy: String,
}

impl Forgery {
    /// On top of the newest record, from facts (which may be invented) and the decision that they
    /// give.
    pub fn from(lane: &Lane, facts: &Value) -> Forgery {
        Forgery::by(lane, facts, POLICY)
    }

    /// The same by another policy.
    pub fn by(lane: &Lane, facts: &Value, policy: &str) -> Forgery {
        let previous = newest(lane);
        let text = |at: &str| facts.pointer(at).and_then(Value::as_str).unwrap().to_string();
        let candidate = text("/candidate").try_into().unwrap();
        let commit = text("/baseline/known/revision").try_into().unwrap();
        let origin = match &facts["baseline"]["known"]["origin"] {
            Value::String(_) => RecordedOrigin::Asserted,
            _ => RecordedOrigin::Recorded,
        };
        let entry = RecordEntry {
            schema: previous.schema,
            environment: previous.environment.clone(),
            number: previous.number + 1,
            previous: Some(Digest::of(&previous.bytes().unwrap())),
            repository: previous.repository.clone(),
            candidate,
            baseline: RecordedBaseline { commit, origin },
            outcome: Outcome::Allow,
            decision: Digest::of(b""),
            policy: None,
            facts: None,
            tool: TOOL.to_string(),
            recorder: "mallory".into(),
            time: jiff::Timestamp::from_second(jiff::Timestamp::now().as_second()).unwrap(),
        };
        let facts_bytes = serde_json::to_vec_pretty(facts).unwrap();
        Forgery { entry, decision: decided(facts, policy), facts: Some(facts_bytes), policy: policy.into() }
    }

    /// As the first record of the environment that the facts name.
    pub fn begin(lane: &Lane, facts: &Value) -> Forgery {
        let mut forgery = Forgery::from(lane, facts);
        let environment = facts["environment"].as_str().unwrap().parse().unwrap();
        let entry = RecordEntry { environment, number: 1, previous: None, ..forgery.entry };
        forgery.entry = entry;
        forgery
    }

    /// Changes the decision as text.
    pub fn decide(mut self, alter: impl FnOnce(&mut Value)) -> Forgery {
        let mut decision: Value = serde_json::from_slice(&self.decision).unwrap();
        alter(&mut decision);
        self.decision = serde_json::to_vec_pretty(&decision).unwrap();
        self
    }

    /// Stores it on top of the newest record and moves the ref; its commit.
    pub fn push(mut self, lane: &Lane) -> Oid {
        let previous = (self.entry.number > 1).then(|| revision(tip(lane)).unwrap());
        let kept = |bytes: &[u8]| Some(KeptFile { digest: Digest::of(bytes), kept: true });
        self.entry.decision = Digest::of(&self.decision);
        self.entry.policy = kept(self.policy.as_bytes());
        self.entry.facts = self.facts.as_deref().and_then(kept);
        let record = self.entry.bytes().unwrap();
        let mut files = BTreeMap::from([
            ("decision.json", self.decision),
            ("policy.toml", self.policy.into_bytes()),
            ("record.json", record.clone()),
        ]);
        files.extend(self.facts.map(|facts| ("facts.json", facts)));
        let git = lane.history.repository();
        let odb = git.odb().unwrap();
        let mut builder = git.treebuilder(None).unwrap();
        for (name, bytes) in files {
            builder.insert(name, odb.write(ObjectType::Blob, &bytes).unwrap(), 0o100_644).unwrap();
        }
        let tree = ObjectName::try_from(builder.write().unwrap().to_string()).unwrap();
        let commit = commit_bytes(&tree, previous.as_ref(), &self.entry, &Digest::of(&record));
        let id = odb.write(ObjectType::Commit, &commit).unwrap();
        git.reference(&format!("{PREFIX}{}", self.entry.environment), id, true, "").unwrap();
        id
    }
}

/// The entry of the newest record.
pub fn newest(lane: &Lane) -> RecordEntry {
    serde_json::from_slice(&file(lane, "record.json").unwrap()).unwrap()
}

/// A file of the newest record.
pub fn file(lane: &Lane, name: &str) -> Option<Vec<u8>> {
    let git = lane.history.repository();
    let tree = git.find_commit(tip(lane)).unwrap().tree().unwrap();
    let id = tree.get_name(name)?.id();
    Some(git.find_blob(id).unwrap().content().to_vec())
}

/// Everything that stands for one text in a JSON value, replaced.
pub fn replaced(value: &Value, from: &str, to: &str) -> Value {
    serde_json::from_str(&value.to_string().replace(from, to)).unwrap()
}

/// Makes the newest record one of the earlier form, without facts.
pub fn earlier_form(lane: &Lane) {
    let git = lane.history.repository();
    let record = git.find_commit(tip(lane)).unwrap();
    let mut entry = newest(lane);
    (entry.schema, entry.facts) = (portcullis_record::EARLIER, None);
    let bytes = entry.bytes().unwrap();
    let mut builder = git.treebuilder(Some(&record.tree().unwrap())).unwrap();
    builder.remove("facts.json").unwrap();
    let blob = git.odb().unwrap().write(ObjectType::Blob, &bytes).unwrap();
    builder.insert("record.json", blob, 0o100_644).unwrap();
    let tree = ObjectName::try_from(builder.write().unwrap().to_string()).unwrap();
    let parent = record.parent_id(0).ok().map(|id| revision(id).unwrap());
    let commit = commit_bytes(&tree, parent.as_ref(), &entry, &Digest::of(&bytes));
    let id = git.odb().unwrap().write(ObjectType::Commit, &commit).unwrap();
    git.reference(REF, id, true, "").unwrap();
}
