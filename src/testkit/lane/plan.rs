//! What lands, one plan for each landing, and how a plan is carried out.

use super::plant::{self, Plant};
use super::rng::Rng;
use super::state::{Body, File, Op, SLOTS, apply};
use super::{ATTRIBUTES_FILE, Draft, How, KIM, Lane, POLICY_FILE, ROBIN, SAM};
use crate::stage::revision;
use crate::world::{minutes, person};
use git2::Oid;
use portcullis_model::person::{Account, AccountKind};
use portcullis_model::review::{Review, ReviewSource, ReviewState};

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    Amend,
    Outside,
    Add,
    Delete,
    Rename,
    RenameAndAmend,
    Binary,
    Link,
    Mode,
    Submodule,
    Revert,
    Pick,
    Join,
    Empty,
    Policy,
    Attributes,
}

/// How its commits lie to the branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Plain,
    Series,
    OldBase,
    Updated,
    /// The branch was merged into it after it had been approved, by one of the approvers or by its
    /// author.
    UpdatedLate,
    CrissCross,
    /// On another request that lands with it; nobody looked at that one alone.
    Stacked,
    /// On another request that landed before it; since then the branch has changed the same lines
    /// again.
    OnLanded,
}

pub const HOWS: [How; 7] =
    [How::Merge, How::Squash, How::Rebase, How::FastForward, How::Octopus, How::QueueSquash, How::QueueMerge];
pub const FLAVOURS: [Flavour; 16] = [
    Flavour::Amend,
    Flavour::Outside,
    Flavour::Add,
    Flavour::Delete,
    Flavour::Rename,
    Flavour::RenameAndAmend,
    Flavour::Binary,
    Flavour::Link,
    Flavour::Mode,
    Flavour::Submodule,
    Flavour::Revert,
    Flavour::Pick,
    Flavour::Join,
    Flavour::Empty,
    Flavour::Policy,
    Flavour::Attributes,
];
pub const SHAPES: [Shape; 8] = [
    Shape::Plain,
    Shape::Series,
    Shape::OldBase,
    Shape::Updated,
    Shape::CrissCross,
    Shape::Stacked,
    Shape::UpdatedLate,
    Shape::OnLanded,
];

/// What a request does whose first commits are left out.
const LEFT_OUT: [Flavour; 7] = [
    Flavour::Amend,
    Flavour::Outside,
    Flavour::Add,
    Flavour::Delete,
    Flavour::Rename,
    Flavour::Link,
    Flavour::Mode,
];

/// One landing to be made. Everything that is left to chance follows from its own seed, so that a
/// plan can be left out of a story without changing what the others mean.
#[derive(Clone, Debug)]
pub struct Plan {
    pub how: How,
    pub flavour: Flavour,
    pub shape: Shape,
    pub plant: Option<Plant>,
    pub seed: u64,
}

impl Plan {
    pub fn any(rng: &mut Rng, plant: Option<Plant>) -> Plan {
        let (how, flavour, shape) = (*rng.pick(&HOWS), *rng.pick(&FLAVOURS), *rng.pick(&SHAPES));
        Plan { how, flavour, shape, plant, seed: rng.next_number() }
    }

    pub fn play(&self, lane: &mut Lane) {
        let mut rng = Rng(self.seed);
        match self.plant {
            Some(plant) if plant.is_direct() => plant::direct(lane, plant, &mut rng),
            Some(plant) if plant.is_a_story() => plant::settled_conflict(lane, &mut rng),
            _ => self.fitting().requests(lane, &mut rng),
        }
    }

    /// Some plants need a request that nothing else betrays, or one that fits them.
    fn fitting(&self) -> Plan {
        match self.plant {
            Some(Plant::Attributes) => {
                Plan { flavour: Flavour::Outside, shape: Shape::Plain, ..self.clone() }
            }
            Some(Plant::LeftOut) => {
                let flavour = if LEFT_OUT.contains(&self.flavour) { self.flavour } else { Flavour::Amend };
                Plan { flavour, shape: Shape::OldBase, ..self.clone() }
            }
            _ => self.clone(),
        }
    }

    /// Some plants need a way to land that can carry them.
    fn how(&self) -> How {
        match (self.plant, self.how) {
            (Some(Plant::MissingHead), _) => How::Squash,
            (Some(Plant::LostRequest), _) => How::Octopus,
            (Some(Plant::LeftOut), How::FastForward | How::Octopus | How::Rebase) => How::Merge,
            (Some(Plant::ForeignCommit), How::FastForward | How::QueueMerge | How::QueueSquash) => {
                How::Squash
            }
            (Some(Plant::EvilMerge | Plant::DroppedFix | Plant::LostPart | Plant::HiddenPush), how) => {
                match how {
                    How::FastForward | How::QueueMerge => How::Merge,
                    How::QueueSquash => How::Squash,
                    other => other,
                }
            }
            (_, how) => how,
        }
    }

    fn requests(&self, lane: &mut Lane, rng: &mut Rng) {
        let how = self.how();
        let label = format!("{how:?} of {:?}, {:?}", self.flavour, self.shape);
        let base = self.base(lane, how, rng);
        let mut first = lane.open(base);
        if self.shape == Shape::CrissCross && how != How::FastForward {
            criss_cross(lane, &mut first, rng);
        }
        if self.shape == Shape::OnLanded && how != How::FastForward {
            on_landed(lane, &mut first, rng);
        }
        self.write(lane, &mut first, how, rng);
        if let Some(plant) = self.plant {
            plant::extra_commits(lane, plant, &mut first);
        }
        first.approved();
        if self.shape == Shape::UpdatedLate && how != How::FastForward {
            lane.update(&mut first, lane.tip(), if rng.one_in(2) { ROBIN } else { KIM });
            first.pushed();
        }
        noise(lane, &mut first, self.plant, rng);
        let mut tampering = plant::alter(lane, self, &mut first, rng);
        let below = (self.shape == Shape::Stacked && how == How::Merge && first.commits.len() > 1)
            .then(|| below(lane, &first));
        if self.plant == Some(Plant::LeftOut) {
            plant::leave_out(lane, &first, rng);
        }
        let mut drafts = vec![first];
        if matches!(how, How::Octopus | How::QueueMerge | How::QueueSquash) {
            for _ in 0..=rng.below(2) {
                drafts.push(companion(lane, &drafts, rng));
            }
        }
        if self.plant == Some(Plant::LostRequest) {
            tampering.lost.clone_from(&drafts[1].ops);
        }
        let head = drafts[0].head;
        let landed = lane.land(drafts, how, &tampering.added, &tampering.lost, &label);
        if let Some(below) = below {
            let landed = revision(lane.landings[landed[0]].commit).unwrap();
            lane.forge.landed.push((landed, below.number));
            lane.forge.worlds.push(below.world);
        }
        if let Some(plant) = self.plant {
            let places = [tampering.added, tampering.lost].concat();
            let places = if plant == Plant::LeftOut { Vec::new() } else { places };
            plant::mark(lane, landed[0], plant, &places);
            if plant == Plant::MissingHead {
                lane.lose(head);
            }
        }
    }

    fn base(&self, lane: &Lane, how: How, rng: &mut Rng) -> Oid {
        let old = matches!(self.shape, Shape::OldBase | Shape::Updated | Shape::UpdatedLate)
            || self.flavour == Flavour::Pick;
        let back = if old && how != How::FastForward { rng.below(6) } else { 0 };
        lane.former_tip(back)
    }

    fn write(&self, lane: &mut Lane, draft: &mut Draft, how: How, rng: &mut Rng) {
        let commits = if self.shape == Shape::Series { 2 + rng.below(3) } else { 1 + rng.below(2) };
        for number in 0..commits {
            let by = if rng.one_in(4) { SAM } else { KIM };
            if self.flavour == Flavour::Join && number == 0 && how != How::FastForward {
                lane.join(draft, by);
                continue;
            }
            let ops =
                if number == 0 { self.first_ops(lane, draft, rng) } else { vec![amend(lane, draft, rng)] };
            lane.push(draft, by, ops);
            if number == 0 && self.shape == Shape::Updated && how != How::FastForward {
                lane.update(draft, lane.tip(), KIM);
            }
        }
    }

    fn first_ops(&self, lane: &mut Lane, draft: &Draft, rng: &mut Rng) -> Vec<Op> {
        match self.flavour {
            Flavour::Empty => Vec::new(),
            Flavour::RenameAndAmend => {
                let rename = wished(lane, draft, Flavour::Rename, rng);
                let number = lane.fresh();
                let amend = Op::Slot(rename.file(), rng.below(SLOTS), format!("in passing {number}\n"));
                let free = amend.is_free(lane.state(draft.base), lane.state(lane.tip()));
                if free { vec![rename, amend] } else { vec![rename] }
            }
            Flavour::Pick => pick(lane, draft, rng).into_iter().chain([amend(lane, draft, rng)]).collect(),
            flavour => vec![wished(lane, draft, flavour, rng)],
        }
    }
}

/// One more honest request of the same batch.
fn companion(lane: &mut Lane, others: &[Draft], rng: &mut Rng) -> Draft {
    let mut draft = lane.open(lane.tip());
    let taken: Vec<Op> = others.iter().flat_map(|other| other.ops.clone()).collect();
    draft.ops = taken.clone();
    let op = amend(lane, &draft, rng);
    draft.ops.clear();
    lane.push(&mut draft, SAM, vec![op]);
    draft.approved();
    draft
}

/// A request of the first commits of another. The host takes it for merged when they have landed.
fn below(lane: &mut Lane, above: &Draft) -> Draft {
    let mut draft = lane.open(above.base);
    draft.head = above.commits[0].0;
    let head = revision(draft.head).unwrap();
    draft.world.commits = above.world.commits.clone();
    draft.world.commits.truncate(1 + above.world.commits.iter().position(|(id, _)| *id == head).unwrap());
    draft.approved();
    draft.world.reviews.clear();
    draft.world.request.open = false;
    draft.world.request.merged = Some(minutes(100));
    draft
}

/// The branch takes in a request while another takes in both: two merge bases for what comes next.
fn criss_cross(lane: &mut Lane, draft: &mut Draft, rng: &mut Rng) {
    let before = lane.tip();
    let mut other = lane.open(lane.former_tip(1));
    let op = amend(lane, &other, rng);
    lane.push(&mut other, SAM, vec![op]);
    other.approved();
    let (head, ops) = (other.head, other.ops.clone());
    lane.land(vec![other], How::Merge, &[], &[], "one side of a criss-cross");
    let after = apply(lane.state(before), &ops);
    draft.base = head;
    draft.head = lane.commit(KIM, &[head, before], "Take both", after);
    draft.knows(draft.head, KIM);
}

/// Another request lands, and the branch changes the same lines once more; this one goes on from
/// the other.
fn on_landed(lane: &mut Lane, draft: &mut Draft, rng: &mut Rng) {
    let mut other = lane.open(lane.tip());
    let op = amend(lane, &other, rng);
    lane.push(&mut other, SAM, vec![op.clone()]);
    other.approved();
    (draft.base, draft.head) = (other.head, other.head);
    lane.land(vec![other], How::Merge, &[], &[], "what the next is built on");
    let Op::Slot(file, slot, _) = op else { return };
    let again = format!("again {}\n", lane.fresh());
    let mut edit = lane.open(lane.tip());
    lane.push(&mut edit, KIM, vec![Op::Slot(file, slot, again)]);
    edit.approved();
    lane.land(vec![edit], How::Merge, &[], &[], "the same lines again");
}

fn amend(lane: &mut Lane, draft: &Draft, rng: &mut Rng) -> Op {
    wished(lane, draft, Flavour::Amend, rng)
}

/// An operation of this flavour that has nothing to do with what landed since the base or with the
/// rest of the request.
fn wished(lane: &mut Lane, draft: &Draft, flavour: Flavour, rng: &mut Rng) -> Op {
    let number = lane.fresh();
    let (before, after) = (lane.state(draft.base).clone(), lane.state(lane.tip()).clone());
    for _ in 0..30 {
        let Some(op) = attempt(lane, flavour, number, rng) else { break };
        let apart = draft.ops.iter().all(|other| other.is_apart(&op));
        if apart && op.is_free(&before, &after) && apply(&after, [&op]) != after {
            return op;
        }
    }
    new_file(number, rng)
}

fn attempt(lane: &Lane, flavour: Flavour, number: u32, rng: &mut Rng) -> Option<Op> {
    let state = lane.state(lane.tip());
    let of = |wanted: fn(&Body) -> bool| -> Vec<u32> {
        let fits = |(number, file): &(&u32, &File)| **number >= 10 && wanted(&file.body);
        state.iter().filter(fits).map(|(number, _)| *number).collect()
    };
    let any = |from: Vec<u32>, rng: &mut Rng| (!from.is_empty()).then(|| *rng.pick(&from));
    let slots = |rng: &mut Rng| any(of(|body| matches!(body, Body::Slots(_))), rng);
    let lines =
        |rng: &mut Rng| (0..=rng.below(3)).map(|line| format!("change {number}, line {line}\n")).collect();
    Some(match flavour {
        Flavour::Amend => Op::Slot(slots(rng)?, rng.below(SLOTS), lines(rng)),
        Flavour::Outside => {
            let docs = |file: &u32| state[file].path.starts_with("docs/");
            let outside = of(|body| matches!(body, Body::Slots(_))).into_iter().filter(docs).collect();
            Op::Slot(any(outside, rng)?, rng.below(SLOTS), lines(rng))
        }
        Flavour::Delete => Op::Remove(any(of(|body| matches!(body, Body::Text(_) | Body::Slots(_))), rng)?),
        Flavour::Rename | Flavour::RenameAndAmend => {
            let folder = if rng.one_in(2) { "docs" } else { "services/upload" };
            Op::Rename(slots(rng)?, format!("{folder}/moved-{number}.sql"))
        }
        Flavour::Binary => {
            let bytes = (0..64).map(|_| rng.next_number() as u8).chain([0]).collect();
            Op::Body(any(of(|body| matches!(body, Body::Bytes(_))), rng)?, Body::Bytes(bytes))
        }
        Flavour::Link => {
            let target = format!("file-{number}.sql");
            Op::Body(any(of(|body| matches!(body, Body::Link(_))), rng)?, Body::Link(target))
        }
        Flavour::Submodule => {
            let commit = Oid::from_str(&format!("{:040x}", rng.next_number() | 1)).unwrap();
            Op::Body(any(of(|body| matches!(body, Body::Submodule(_))), rng)?, Body::Submodule(commit))
        }
        Flavour::Mode => {
            let file = slots(rng)?;
            Op::Executable(file, !state[&file].executable)
        }
        Flavour::Revert => {
            let (length, op) = rng.pick(landed(lane)?).clone();
            let Op::Slot(file, slot, _) = op else { return None };
            let File { body: Body::Slots(old), .. } = lane.state(lane.line[length - 1]).get(&file)? else {
                return None;
            };
            Op::Slot(file, slot, old[slot].clone())
        }
        Flavour::Attributes => {
            let File { body: Body::Text(text), .. } = &state[&ATTRIBUTES_FILE] else { return None };
            Op::Body(ATTRIBUTES_FILE, Body::Text(format!("{text}docs/new-{number}.sql text eol=lf\n")))
        }
        Flavour::Policy => Op::Body(POLICY_FILE, Body::Text(format!("{}# {number}\n", super::POLICY))),
        Flavour::Add | Flavour::Pick | Flavour::Join | Flavour::Empty => new_file(number, rng),
    })
}

fn landed(lane: &Lane) -> Option<&[(usize, Op)]> {
    (!lane.landed_ops.is_empty()).then_some(lane.landed_ops.as_slice())
}

fn new_file(number: u32, rng: &mut Rng) -> Op {
    let folder = if rng.one_in(2) { "docs" } else { "services/upload" };
    let body = match rng.below(3) {
        0 => Body::Text(format!("new {number}\n")),
        _ => Body::Slots((0..SLOTS).map(|slot| format!("new {number}, {slot}\n")).collect()),
    };
    Op::Put(number, File::new(format!("{folder}/new-{number}.sql"), body))
}

/// Something that landed since the base, brought once more: both sides made the same change.
fn pick(lane: &Lane, draft: &Draft, rng: &mut Rng) -> Option<Op> {
    let since = lane.line.iter().position(|id| *id == draft.base)?;
    let (before, after) = (lane.state(draft.base), lane.state(lane.tip()));
    let fits = |op: &&Op| match op {
        Op::Slot(file, slot, text) => {
            before.contains_key(file)
                && matches!(after.get(file), Some(File { body: Body::Slots(slots), .. }) if slots[*slot] == *text)
        }
        _ => false,
    };
    let picked: Vec<&Op> =
        lane.landed_ops.iter().filter(|(at, _)| *at > since).map(|(_, op)| op).filter(fits).collect();
    (!picked.is_empty()).then(|| (*rng.pick(&picked)).clone())
}

/// Things that happen to honest requests, and that change nothing.
fn noise(lane: &Lane, draft: &mut Draft, plant: Option<Plant>, rng: &mut Rng) {
    let first = draft.commits.first().map(|(id, _)| revision(*id).unwrap());
    let head = Some(revision(draft.head).unwrap());
    let robot = Account { kind: AccountKind::Bot, ..person("helper[bot]", 77) };
    let (robin, alex, sam) =
        (person("robin-example", 12), person("alex-example", 13), person("sam-example", 15));
    let review = |id: u64, who, state, commit: Option<portcullis_model::change::Revision>, minute| Review {
        id: id.into(),
        position: id,
        reviewer: Some(who),
        state,
        reviewed: commit.into(),
        submitted: Some(minutes(minute)),
        source: ReviewSource::Host,
    };
    // With several merge bases the whole of both sides counts as touched.
    let crossed = lane.landings.iter().any(|landed| landed.label.starts_with("one side"));
    let one_is_enough = plant.is_none() && !crossed && !in_area(lane, draft);
    let reviews = &mut draft.world.reviews;
    match rng.below(12) {
        0 => reviews.insert(0, review(20, robin, ReviewState::Approved, first, 15)),
        1 => reviews.push(review(60, sam, ReviewState::Commented, head, 60)),
        2 => reviews.insert(0, review(21, alex, ReviewState::ChangesRequested, first, 30)),
        3 => draft.event("base_ref_changed", 25),
        4 => reviews.push(review(61, robot, ReviewState::Approved, head, 45)),
        5 => reviews.insert(0, review(22, alex, ReviewState::Dismissed, first, 20)),
        6 if one_is_enough => reviews.truncate(1),
        _ => (),
    }
}

/// Does a request touch the data-processing area or the gate?
fn in_area(lane: &Lane, draft: &Draft) -> bool {
    // Whose lines cannot be read counts to every area that has patterns of content.
    let opaque = |body: &Body| matches!(body, Body::Bytes(_) | Body::Submodule(_) | Body::Link(_));
    let inside = |file: &File| file.path.starts_with("services/upload/") || opaque(&file.body);
    let states = [draft.base, draft.head, lane.tip()];
    draft.ops.iter().any(|op| {
        op.file() == POLICY_FILE || states.iter().filter_map(|id| lane.state(*id).get(&op.file())).any(inside)
    })
}
