//! A deployment branch that is built landing by landing, with the host that tells of its requests.
//! What each landing must hold follows from the requests' own operations; see [`state`]. What was
//! planted is known by construction.
#![allow(missing_docs, reason = "names of the moves that a history is made of; see `state`")]

use crate::history::{History, Person};
use crate::stage::{GREEN, KIM, REPORT, revision};
use git2::Oid;
use plant::Plant;

pub use crate::stage::POLICY;
use crate::world::forge::Forge;
use crate::world::{Event, World, minutes, person};
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::person::Account;
use portcullis_model::review::{CommitAccounts, Permission};
use state::{Body, File, Op, SLOTS, State, apply, with_edits};
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::TempDir;

pub mod hosts;
pub mod plan;
pub mod plant;
pub mod rng;
pub mod state;

pub const HOST: Person<'static> = ("GitHub", "noreply@github.com");
pub const SAM: Person<'static> = ("Sam Example", "sam@example.test");
pub const ROBIN: Person<'static> = ("Robin Example", "robin@example.test");

/// The policy's number in the table of files.
pub const POLICY_FILE: u32 = 0;

/// The number of the attributes of the root.
pub const ATTRIBUTES_FILE: u32 = 6;

/// The account behind a person's commits.
pub fn account(of: Person<'_>) -> Account {
    match of.0 {
        "Kim Example" => person("kim-example", 11),
        "Robin Example" => person("robin-example", 12),
        "Sam Example" => person("sam-example", 15),
        _ => person("web-flow", 19_864_447),
    }
}

/// How a request lands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Merge,
    Squash,
    Rebase,
    FastForward,
    Octopus,
    QueueSquash,
    QueueMerge,
    /// A squash, and a merge of it: GitLab squashes so where its merges are merge commits.
    SquashMerge,
}

/// A request on its way.
#[derive(Clone, Debug)]
pub struct Draft {
    pub number: u64,
    pub base: Oid,
    pub head: Oid,
    /// Its commits with their operations; none for a merge of the branch into it.
    pub commits: Vec<(Oid, Vec<Op>)>,
    /// Everything that it does.
    pub ops: Vec<Op>,
    pub world: World,
}

/// A landing, and what the gate must say of it.
#[derive(Clone, Debug)]
pub struct Landed {
    pub commit: Oid,
    /// The commits of the branch that it consists of.
    pub steps: Vec<Oid>,
    pub label: String,
    pub plant: Option<Plant>,
    /// What the finding must name: the beginnings of its details.
    pub places: Vec<String>,
}

/// A branch under construction.
pub struct Lane {
    directory: TempDir,
    pub history: History,
    pub states: BTreeMap<Oid, State>,
    /// The commits of the branch's first-parent line, oldest first.
    pub line: Vec<Oid>,
    pub landings: Vec<Landed>,
    pub forge: Forge,
    /// Operations that landed, with the length of the line before them.
    pub landed_ops: Vec<(usize, Op)>,
    numbers: u64,
    fresh: u32,
}

impl Lane {
    /// The first commit of the branch: what is deployed.
    pub fn begin() -> Lane {
        Lane::with(POLICY)
    }

    /// The same under another policy.
    pub fn with(policy: &str) -> Lane {
        Lane::with_clock(policy, None)
    }

    /// The same, begun a minute after this second.
    pub fn with_clock(policy: &str, second: Option<i64>) -> Lane {
        let directory = tempfile::Builder::new().prefix("portcullis-").tempdir().unwrap();
        let mut history = History::begin(directory.path()).unwrap();
        second.into_iter().for_each(|second| history.set_clock(second));
        let first = first_state(policy);
        let base =
            with_edits(&State::new(), &first, |edits| history.commit(KIM, &[], "Begin", edits)).unwrap();
        let id = revision(base).unwrap();
        let forge = Forge { worlds: vec![background(&id)], landed: Vec::new(), silent: false };
        let report = directory.path().join(REPORT);
        std::fs::create_dir_all(report.parent().unwrap()).unwrap();
        std::fs::write(report, GREEN).unwrap();
        Lane {
            directory,
            history,
            states: BTreeMap::from([(base, first)]),
            line: vec![base],
            landings: Vec::new(),
            forge,
            landed_ops: Vec::new(),
            numbers: 100,
            fresh: 1000,
        }
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub fn tip(&self) -> Oid {
        *self.line.last().unwrap()
    }

    /// The tip so many landings ago, or the first. Commits inside of a landing never were the tip:
    /// nobody who takes the branch begins on one.
    pub fn former_tip(&self, landings: usize) -> Oid {
        let left = self.landings.len().saturating_sub(landings);
        left.checked_sub(1).map_or(self.baseline(), |last| self.landings[last].commit)
    }

    pub fn baseline(&self) -> Oid {
        self.line[0]
    }

    /// A number that nothing else has.
    pub fn fresh(&mut self) -> u32 {
        self.fresh += 1;
        self.fresh
    }

    pub fn state(&self, at: Oid) -> &State {
        &self.states[&at]
    }

    /// A commit whose tree is this table.
    pub fn commit(&mut self, by: Person<'_>, parents: &[Oid], message: &str, after: State) -> Oid {
        let before = parents.first().map(|id| self.states[id].clone()).unwrap_or_default();
        let history = &mut self.history;
        let id = with_edits(&before, &after, |edits| history.commit(by, parents, message, edits)).unwrap();
        self.states.insert(id, after);
        id
    }

    /// Opens a request on a commit.
    pub fn open(&mut self, base: Oid) -> Draft {
        self.numbers += 1;
        let id = revision(base).unwrap();
        let mut world = World::honest(id.clone(), id, &[]);
        world.request.id = self.numbers.into();
        world.request.title = format!("Request {}", self.numbers);
        world.request.head_branch = Some(BranchName::new(&format!("topic-{}", self.numbers)));
        Draft { number: self.numbers, base, head: base, commits: Vec::new(), ops: Vec::new(), world }
    }

    /// Adds a commit to a request.
    pub fn push(&mut self, draft: &mut Draft, by: Person<'_>, ops: Vec<Op>) {
        let after = apply(self.state(draft.head), &ops);
        draft.head = self.commit(by, &[draft.head], "Work on it", after);
        draft.ops.extend(ops.iter().cloned());
        draft.commits.push((draft.head, ops));
        draft.knows(draft.head, by);
    }

    /// Merges a commit of the branch into a request.
    pub fn update(&mut self, draft: &mut Draft, from: Oid, by: Person<'_>) {
        let after = apply(self.state(from), &draft.ops);
        draft.head = self.commit(by, &[draft.head, from], "Merge branch 'main'", after);
        draft.knows(draft.head, by);
    }

    /// Joins a history of its own into a request, as a folder.
    pub fn join(&mut self, draft: &mut Draft, by: Person<'_>) {
        let number = self.fresh();
        let part = |name: &str| File::new(name, Body::Text(format!("part {number}\n")));
        let root = self.commit(by, &[], "Another project", State::from([(number, part("lib.txt"))]));
        let op = Op::Put(number, part(&format!("vendor/part-{number}/lib.txt")));
        let after = apply(self.state(draft.head), [&op]);
        draft.head = self.commit(by, &[draft.head, root], "Join it", after);
        draft.knows(root, by);
        draft.knows(draft.head, by);
        draft.ops.push(op.clone());
        draft.commits.push((draft.head, vec![op]));
    }

    /// Lands requests; `added` is what nobody asked for, and `lost` what does not arrive.
    pub fn land(
        &mut self,
        drafts: Vec<Draft>,
        how: How,
        added: &[Op],
        lost: &[Op],
        label: &str,
    ) -> Vec<usize> {
        let ops = |draft: &Draft| -> Vec<Op> {
            draft.ops.iter().filter(|op| !lost.contains(op)).cloned().collect()
        };
        let before = self.line.len();
        let mut indices = Vec::new();
        if how == How::Octopus {
            let all: Vec<Op> = drafts.iter().flat_map(ops).chain(added.iter().cloned()).collect();
            let after = apply(self.state(self.tip()), &all);
            let parents: Vec<Oid> =
                std::iter::once(self.tip()).chain(drafts.iter().map(|draft| draft.head)).collect();
            let id = self.commit(HOST, &parents, label, after);
            drafts.iter().for_each(|draft| self.forge.landed.push((revision(id).unwrap(), draft.number)));
            indices.push(self.landed(&[id], label));
        } else {
            for draft in &drafts {
                let steps = match how {
                    How::FastForward => self.forward(draft),
                    How::Rebase => self.rebase(draft, added, lost),
                    How::SquashMerge => {
                        vec![self.merge_squash(ops(draft).iter().chain(added), draft.number, label)]
                    }
                    _ => {
                        let after = apply(self.state(self.tip()), ops(draft).iter().chain(added));
                        let merges = matches!(how, How::Merge | How::QueueMerge);
                        let mut parents = vec![self.tip()];
                        parents.extend(merges.then_some(draft.head));
                        let title = format!("{label} (#{})", draft.number);
                        vec![self.commit(HOST, &parents, &title, after)]
                    }
                };
                steps.iter().for_each(|id| self.forge.landed.push((revision(*id).unwrap(), draft.number)));
                indices.push(self.landed(&steps, label));
            }
        }
        for mut draft in drafts {
            self.landed_ops.extend(draft.ops.iter().map(|op| (before, op.clone())));
            draft.world.request.open = false;
            draft.world.request.merged = Some(minutes(100));
            self.forge.worlds.push(draft.world);
        }
        indices
    }

    /// The merge of a squash; the host names the request at both.
    fn merge_squash<'o>(&mut self, ops: impl Iterator<Item = &'o Op>, number: u64, label: &str) -> Oid {
        let tip = self.tip();
        let after = apply(self.state(tip), ops);
        let squash = self.commit(HOST, &[tip], label, after.clone());
        self.forge.landed.push((revision(squash).unwrap(), number));
        self.commit(HOST, &[tip, squash], &format!("Merge {label}"), after)
    }

    /// Lands one more file, by a request that was approved or not; the tip after that.
    pub fn land_file(&mut self, how: How, approved: bool) -> Oid {
        let mut draft = self.open(self.tip());
        let number = self.fresh();
        let file = File::new(format!("services/upload/step-{number}.sql"), Body::Text("SELECT 1;\n".into()));
        self.push(&mut draft, KIM, vec![Op::Put(number, file)]);
        if approved {
            draft.approved();
        }
        self.land(vec![draft], how, &[], &[], "Load records");
        self.tip()
    }

    /// Moves the branch without any request.
    pub fn direct(&mut self, by: Person<'_>, ops: &[Op], label: &str) -> usize {
        let after = apply(self.state(self.tip()), ops);
        let id = self.commit(by, &[self.tip()], label, after);
        self.landed(&[id], label)
    }

    /// Moves the branch to a merge of its own tree, without any request.
    pub fn push_merge(&mut self, other: Oid, label: &str) -> usize {
        let state = self.state(self.tip()).clone();
        let id = self.commit(KIM, &[self.tip(), other], label, state);
        self.landed(&[id], label)
    }

    fn forward(&self, draft: &Draft) -> Vec<Oid> {
        assert_eq!(draft.base, self.tip(), "a branch moves forward only to what is built on it");
        draft.commits.iter().map(|(id, _)| *id).collect()
    }

    fn rebase(&mut self, draft: &Draft, added: &[Op], lost: &[Op]) -> Vec<Oid> {
        let (mut tip, mut steps) = (self.tip(), Vec::new());
        for (number, (id, ops)) in draft.commits.iter().enumerate() {
            let is_last = number + 1 == draft.commits.len();
            let kept = ops.iter().filter(|op| !lost.contains(op));
            let after = apply(self.state(tip), kept.chain(added.iter().filter(|_| is_last)));
            tip = self.copy(*id, tip, after);
            steps.push(tip);
        }
        steps
    }

    /// The host commits anew what a person wrote.
    fn copy(&mut self, written: Oid, parent: Oid, after: State) -> Oid {
        let author = {
            let commit = self.history.repository().find_commit(written).unwrap();
            let author = commit.author();
            (author.name().unwrap().to_string(), author.email().unwrap().to_string())
        };
        let before = self.states[&parent].clone();
        let (history, author) = (&mut self.history, (author.0.as_str(), author.1.as_str()));
        let id = with_edits(&before, &after, |edits| {
            history.commit_as(author, HOST, &[parent], "Work on it", edits)
        })
        .unwrap();
        self.states.insert(id, after);
        id
    }

    fn landed(&mut self, steps: &[Oid], label: &str) -> usize {
        self.line.extend(steps);
        let commit = self.tip();
        let (label, places) = (label.to_string(), Vec::new());
        self.landings.push(Landed { commit, steps: steps.to_vec(), label, plant: None, places });
        self.landings.len() - 1
    }

    /// The host as it is when everything has landed.
    pub fn host(&self) -> Forge {
        let mut forge = self.forge.clone();
        let tip = revision(self.tip()).unwrap();
        forge.worlds.iter_mut().for_each(|world| world.branch.tip = tip.clone());
        self.history.branch("main", self.tip()).unwrap();
        forge
    }

    /// Takes a loose object away.
    pub fn lose(&self, id: Oid) {
        let name = id.to_string();
        let objects = self.history.repository().path().join("objects");
        std::fs::remove_file(objects.join(&name[..2]).join(&name[2..])).unwrap();
    }

    /// The landings that something was planted in, by short name and what it was.
    pub fn planted(&self) -> BTreeMap<String, Plant> {
        let mut planted = BTreeMap::new();
        for landed in &self.landings {
            let Some(plant) = landed.plant else { continue };
            // Without a request that explains them, steps are not taken together.
            let steps = if plant == Plant::OtherBranch {
                self.with_content(&landed.steps)
            } else {
                vec![landed.commit]
            };
            planted.extend(steps.iter().map(|id| (revision(*id).unwrap().short().to_string(), plant)));
        }
        planted
    }

    fn with_content(&self, steps: &[Oid]) -> Vec<Oid> {
        let before = |id: &Oid| self.line[self.line.iter().position(|at| at == id).unwrap() - 1];
        steps.iter().filter(|id| self.state(**id) != self.state(before(id))).copied().collect()
    }
}

impl Draft {
    fn knows(&mut self, id: Oid, by: Person<'_>) {
        let accounts = CommitAccounts { author: Some(account(by)), committer: Some(account(by)) };
        self.world.commits.push((revision(id).unwrap(), accounts));
    }

    /// Its host at the present head: pushed by its author, checked, approved by Robin and Alex.
    pub fn approved(&mut self) {
        let head = revision(self.head).unwrap();
        let honest = World::honest(head.clone(), head.clone(), &[]);
        self.world.request.head = head.clone();
        self.world.reviews = honest.reviews;
        self.world.checks = honest.checks;
        self.world.activity = honest.activity;
        let branch = self.world.request.head_branch.clone().unwrap();
        self.world.activity.iter_mut().for_each(|entry| entry.branch = branch.clone());
        self.world.events = honest.events;
    }

    /// What the host shows after a push that nobody has looked at.
    pub fn pushed(&mut self) {
        let (reviews, events) = (self.world.reviews.clone(), self.world.events.clone());
        self.approved();
        (self.world.reviews, self.world.events) = (reviews, events);
    }

    pub fn event(&mut self, kind: &str, minute: i64) {
        self.world.events.push(Event { kind: kind.to_string(), at: minutes(minute) });
    }
}

/// The request that speaks for the branch: open, and never landed.
fn background(base: &Revision) -> World {
    let mut world = World::honest(base.clone(), base.clone(), &[]);
    world.request.id = 1.into();
    world.deployments.clear();
    world.request.head_branch = Some(BranchName::new("another"));
    for (login, id) in [("kim-example", 11), ("kim-example-admin", 14), ("sam-example", 15)] {
        world.permissions.push((person(login, id), Permission::Write));
    }
    world
}

/// What the branch begins with.
fn first_state(policy: &str) -> State {
    let mut state = State::new();
    let fixed = [
        ("portcullis.toml", policy),
        (".github/CODEOWNERS", "* @robin-example\n/services/upload/ @robin-example @alex-example\n"),
        (".github/workflows/gate.yml", "on: pull_request\n"),
        ("README.md", "# Record upload\n"),
        ("services/upload/README.md", "Loads records.\n"),
        ("docs/README.md", "How to load records.\n"),
        (".gitattributes", "docs/README.md text\n"),
    ];
    for (number, (path, text)) in fixed.into_iter().enumerate() {
        state.insert(number as u32, File::new(path, Body::Text(text.to_string())));
    }
    for number in 10..16 {
        let folder = if number < 13 { "services/upload" } else { "docs" };
        let slots = (0..SLOTS).map(|slot| format!("file {number} begins with {slot}\n")).collect();
        state.insert(number, File::new(format!("{folder}/file-{number}.sql"), Body::Slots(slots)));
    }
    state.insert(20, File::new("services/upload/codes.bin", Body::Bytes(vec![0, 1, 2, 3])));
    state.insert(21, File::new("docs/latest", Body::Link("file-13.sql".to_string())));
    let commit = Oid::from_str("1234567890123456789012345678901234567890").unwrap();
    state.insert(22, File::new("vendor/parser", Body::Submodule(commit)));
    state
}
