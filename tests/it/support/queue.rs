//! A merge queue over the stage's branch: requests, the batch that the queue builds of them, and the job of that batch.
#![allow(dead_code, reason = "each test binary uses its own part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "test support: a failure here is a failed test"
)]

use super::gate::{Verdict, command};
use super::job::Event;
use git2::{Oid, Signature, Time};
use portcullis_model::change::BranchName;
use portcullis_testkit::history::Edit;
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::{KIM, Stage, revision};
use portcullis_testkit::world::forge::Forge;
use portcullis_testkit::world::{Queued, World};
use serde_json::json;
use std::process::Command;

/// How the queue lands a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A merge commit.
    Merge,
    /// One commit.
    Squash,
    /// Its commits, one by one.
    Rebase,
}

/// Every method.
pub const METHODS: [Method; 3] = [Method::Merge, Method::Squash, Method::Rebase];

/// The queue of a repository, and what it built.
pub struct Batch {
    /// The repository, with the first request.
    pub stage: Stage,
    /// The host: one world for each request.
    pub host: Forge,
    /// Every commit of each request, oldest first.
    pub commits: Vec<Vec<Oid>>,
    /// The tip of what the queue built.
    pub tip: Oid,
    /// The tip before the last entry.
    pub before: Oid,
}

/// The file that a request of this number changes, and its text. All are in the data-processing area.
fn file_of(number: usize) -> (String, String) {
    let name = ["load", "amend", "delete", "count"][number % 4];
    (format!("services/upload/{name}.sql"), format!("SELECT {number} FROM staging ORDER BY id;\n"))
}

impl Batch {
    /// Honest requests 7, 8 and so on, each approved and checked at its head; nothing is in the queue.
    pub fn of(count: usize) -> Batch {
        let mut stage = Stage::honest().unwrap();
        let mut worlds = vec![stage.world.clone()];
        let mut commits = vec![stage.commits.clone()];
        for number in 1..count {
            let own = open(&mut stage, number);
            worlds.push(world_of(&stage, number, &own));
            commits.push(own);
        }
        let host = Forge { worlds, landed: Vec::new(), silent: false };
        let base = stage.base;
        let mut batch = Batch { stage, host, commits, tip: base, before: base };
        batch.queue(Vec::new());
        batch
    }

    /// The same, with all of them in the queue in their order.
    pub fn built(count: usize, method: Method) -> Batch {
        let mut batch = Batch::of(count);
        (0..count).for_each(|at| batch.add(at, method));
        batch
    }

    /// The branch moves to another tip, and the queue begins there.
    pub fn move_to(&mut self, tip: Oid) {
        self.stage.base = tip;
        self.stage.history.branch("main", tip).unwrap();
        self.host.worlds.iter_mut().for_each(|world| world.branch.tip = revision(tip).unwrap());
        (self.tip, self.before) = (tip, tip);
        self.queue(Vec::new());
    }

    /// The entries of the queue.
    pub fn queue(&mut self, entries: Vec<Queued>) {
        self.host.worlds[0].queue = Some(entries);
    }

    /// The entries of the queue, to be changed.
    pub fn entries(&mut self) -> &mut Vec<Queued> {
        self.host.worlds[0].queue.as_mut().unwrap()
    }

    /// The queue takes a request and builds it on what it has.
    pub fn add(&mut self, at: usize, method: Method) {
        self.before = self.tip;
        self.tip = self.build(at, method, &[]);
        self.list(at, self.tip);
    }

    /// The queue lists a request at a commit.
    pub fn list(&mut self, at: usize, commit: Oid) {
        let request = &self.host.worlds[at].request;
        let (number, taken) = (request.id.number().unwrap(), request.head.clone());
        let entry = Queued { request: number, taken, commit: Some(revision(commit).unwrap()) };
        self.entries().push(entry);
    }

    /// What the queue builds of a request on its tip, with edits that no request has.
    pub fn build(&mut self, at: usize, method: Method, smuggled: &[Edit<'_>]) -> Oid {
        let own = self.commits[at].clone();
        let head = *own.last().unwrap();
        let tip = self.tip;
        let number = 7 + at;
        match method {
            Method::Merge => {
                let merged = self.join(tip, head, &[tip, head], &format!("Merge pull request #{number}"));
                self.amend(merged, smuggled)
            }
            Method::Squash => {
                let merged = self.join(tip, head, &[tip], &format!("Load more (#{number})"));
                self.amend(merged, smuggled)
            }
            Method::Rebase => {
                let picked = own.iter().fold(tip, |tip, commit| self.pick(tip, *commit));
                self.amend(picked, smuggled)
            }
        }
    }

    fn join(&self, ours: Oid, theirs: Oid, parents: &[Oid], message: &str) -> Oid {
        let repository = self.stage.history.repository();
        let find = |id: Oid| repository.find_commit(id).unwrap();
        let mut index = repository.merge_commits(&find(ours), &find(theirs), None).unwrap();
        let tree = repository.find_tree(index.write_tree_to(repository).unwrap()).unwrap();
        let parents: Vec<_> = parents.iter().map(|id| find(*id)).collect();
        let parents: Vec<_> = parents.iter().collect();
        repository.commit(None, &host(), &host(), message, &tree, &parents).unwrap()
    }

    fn pick(&self, tip: Oid, commit: Oid) -> Oid {
        let repository = self.stage.history.repository();
        let find = |id: Oid| repository.find_commit(id).unwrap();
        let (picked, onto) = (find(commit), find(tip));
        let mut index = repository.cherrypick_commit(&picked, &onto, 0, None).unwrap();
        let tree = repository.find_tree(index.write_tree_to(repository).unwrap()).unwrap();
        repository.commit(None, &picked.author(), &host(), "Load more", &tree, &[&onto]).unwrap()
    }

    /// The same commit with other content.
    fn amend(&mut self, commit: Oid, edits: &[Edit<'_>]) -> Oid {
        if edits.is_empty() {
            return commit;
        }
        let carrier = self.stage.history.commit(KIM, &[commit], "carrier", edits).unwrap();
        let repository = self.stage.history.repository();
        let (tree, old) = (
            repository.find_commit(carrier).unwrap().tree().unwrap(),
            repository.find_commit(commit).unwrap(),
        );
        let parents: Vec<_> = old.parents().collect();
        let parents: Vec<_> = parents.iter().collect();
        repository.commit(None, &host(), &host(), "Merge", &tree, &parents).unwrap()
    }

    /// The job of the batch: of its last entry, whose parent in the queue is the entry before it.
    pub fn event(&self) -> Event {
        let number =
            self.host.worlds[0].queue.as_ref().and_then(|all| all.last()).map_or(7, |last| last.request);
        let reference = format!("refs/heads/gh-readonly-queue/main/pr-{number}-{}", self.before);
        let payload = json!({
            "action": "checks_requested",
            "merge_group": {
                "head_sha": self.tip.to_string(), "head_ref": reference, "base_sha": self.before.to_string(),
                "base_ref": "refs/heads/main",
            },
            "repository": { "full_name": self.stage.world.repository, "id": 77, "default_branch": "main" },
        });
        Event::of("merge_group", self.tip, &reference, payload)
    }

    /// A command in the job of the batch.
    pub fn command(&self, server: &Server<Forge>, arguments: &[&str]) -> Command {
        let mut job = command(&self.stage, server, arguments);
        self.event().enter(&self.stage, &mut job);
        job
    }

    /// What `check` says in the job of the batch.
    pub fn judge(&self, more: &[&str]) -> Verdict {
        let server = Server::start(self.host.clone());
        let mut job = self.command(&server, &["check", "--format", "json"]);
        Verdict::of(&job.args(more).output().unwrap())
    }
}

/// Opens a request of two commits of Kim's.
fn open(stage: &mut Stage, number: usize) -> Vec<Oid> {
    let (path, text) = file_of(number);
    let first = Edit::Write(&path, "SELECT 0;\n");
    let base = stage.base;
    let first = stage.history.commit(KIM, &[base], "Load more", &[first]).unwrap();
    let second =
        stage.history.commit(KIM, &[first], "Load more in order", &[Edit::Write(&path, &text)]).unwrap();
    stage.history.branch(&format!("topic-{}", 7 + number), second).unwrap();
    vec![first, second]
}

/// An honest host for a request with these commits.
fn world_of(stage: &Stage, number: usize, commits: &[Oid]) -> World {
    let id = 7 + number;
    let own: Vec<_> = commits.iter().map(|commit| revision(*commit).unwrap()).collect();
    let mut world = World::honest(revision(stage.base).unwrap(), own[own.len() - 1].clone(), &own);
    let branch = BranchName::new(&format!("topic-{id}"));
    world.request.id = (id as u64).into();
    world.request.title = format!("Request {id}");
    world.request.head_branch = Some(branch.clone());
    world.activity.iter_mut().for_each(|entry| entry.branch = branch.clone());
    world
}

fn host() -> Signature<'static> {
    Signature::new("GitHub", "noreply@github.com", &Time::new(1_800_009_000, 0)).unwrap()
}
