//! What can be planted in a landing.

use super::plan::Plan;
use super::rng::Rng;
use super::state::{Body, File, Op, SLOTS, line_of};
use super::{ATTRIBUTES_FILE, Draft, How, KIM, Lane, POLICY_FILE, ROBIN};
use crate::answer_faults::AnswerFault;
use crate::stage::revision;
use crate::world::{Endpoint, minutes, person};
use portcullis_model::change::BranchName;
use portcullis_model::review::{Review, ReviewSource, ReviewState, ReviewedContent};

/// Ways round the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plant {
    /// Commits pushed to the branch, without a request.
    DirectPush,
    /// A branch that nobody looked at, merged by hand.
    DirectMerge,
    /// A fix taken back, without a request.
    DirectRevert,
    /// A commit after the approvals.
    LatePush,
    /// A commit after the approvals, which the host's request does not know.
    HiddenPush,
    /// A landing with more than the request.
    EvilMerge,
    /// A landing that loses a fix of the branch.
    DroppedFix,
    /// A landing with a commit of another request.
    ForeignCommit,
    /// A landing without a part of the request.
    LostPart,
    /// A landing of several requests that loses one of them.
    LostRequest,
    /// Approvals of another request's head.
    ReusedApproval,
    /// Approvals given when it had landed.
    LateApproval,
    /// Turned to the branch after the approvals.
    Retargeted,
    /// One of the approvers is its author.
    SelfApproval,
    /// One of the approvers committed to it.
    CommitterApproves,
    /// A request that was merged into another branch.
    OtherBranch,
    /// No review at all.
    Unapproved,
    /// Somebody who may write asked for changes.
    ChangesRequested,
    /// A required check failed.
    FailedCheck,
    /// It weakens the policy, and no owner of the gate approved.
    WeakenedPolicy,
    /// A file that two requests moved or deleted, settled by hand as git would not.
    SettledConflict,
    /// Attributes that keep data-processing code out of archives, with the approval of one person.
    Attributes,
    /// The head is in no clone: undetermined.
    MissingHead,
    /// The host does not show the reviews: undetermined.
    HiddenReviews,
    /// Its first commits became ancestors of the branch without their content: undetermined.
    LeftOut,
}

impl Plant {
    pub const ALL: [Plant; 25] = [
        Plant::DirectPush,
        Plant::DirectMerge,
        Plant::DirectRevert,
        Plant::LatePush,
        Plant::HiddenPush,
        Plant::EvilMerge,
        Plant::DroppedFix,
        Plant::ForeignCommit,
        Plant::LostPart,
        Plant::LostRequest,
        Plant::ReusedApproval,
        Plant::LateApproval,
        Plant::Retargeted,
        Plant::SelfApproval,
        Plant::CommitterApproves,
        Plant::OtherBranch,
        Plant::Unapproved,
        Plant::ChangesRequested,
        Plant::FailedCheck,
        Plant::WeakenedPolicy,
        Plant::SettledConflict,
        Plant::Attributes,
        Plant::MissingHead,
        Plant::HiddenReviews,
        Plant::LeftOut,
    ];

    /// Does it keep the gate from seeing, rather than break a rule?
    pub fn withholds(self) -> bool {
        matches!(self, Plant::MissingHead | Plant::HiddenReviews | Plant::LeftOut)
    }

    /// The control that has to say so.
    pub fn control(self) -> &'static str {
        match self {
            Plant::DirectPush
            | Plant::DirectMerge
            | Plant::DirectRevert
            | Plant::HiddenPush
            | Plant::EvilMerge
            | Plant::DroppedFix
            | Plant::ForeignCommit
            | Plant::LostPart
            | Plant::LostRequest
            | Plant::OtherBranch
            | Plant::SettledConflict
            | Plant::MissingHead
            | Plant::LeftOut => "reviewed-landings",
            Plant::WeakenedPolicy => "gate-integrity",
            Plant::FailedCheck => "required-checks",
            _ => "required-reviews",
        }
    }

    /// Is it there without any request?
    pub fn is_direct(self) -> bool {
        matches!(self, Plant::DirectPush | Plant::DirectMerge | Plant::DirectRevert)
    }

    /// Is it there with requests of its own?
    pub fn is_a_story(self) -> bool {
        self == Plant::SettledConflict
    }
}

/// What a landing has too much, and what it lacks.
#[derive(Default)]
pub struct Tampering {
    pub added: Vec<Op>,
    pub lost: Vec<Op>,
}

/// Moves the branch without any request.
pub fn direct(lane: &mut Lane, plant: Plant, rng: &mut Rng) {
    match plant {
        Plant::DirectRevert => {
            let (fix, revert) = fix(lane, rng, &[]);
            land_fix(lane, fix);
            let at = lane.direct(KIM, std::slice::from_ref(&revert), "Revert it");
            mark(lane, at, plant, &[revert]);
        }
        Plant::DirectMerge => {
            let op = foreign(lane, rng, &[]);
            let after = super::apply(lane.state(lane.tip()), [&op]);
            let side = lane.commit(KIM, &[lane.tip()], "Aside", after.clone());
            let id = lane.commit(KIM, &[lane.tip(), side], "Merge it", after);
            let at = lane.landed(&[id], "direct merge");
            mark(lane, at, plant, &[op]);
        }
        _ => {
            for _ in 0..=rng.below(3) {
                let op = foreign(lane, rng, &[]);
                let at = lane.direct(KIM, std::slice::from_ref(&op), "Quickly");
                mark(lane, at, plant, &[op]);
            }
        }
    }
}

/// Two requests move or delete one file, each approved for itself. The second lands as a person
/// settles it, where git leaves a conflict.
pub fn settled_conflict(lane: &mut Lane, rng: &mut Rng) {
    let at = lane.tip();
    let slotted = |(number, file): (&u32, &File)| {
        (*number >= 10 && matches!(file.body, Body::Slots(_))).then(|| (*number, file.clone()))
    };
    let files: Vec<(u32, File)> = lane.state(at).iter().filter_map(slotted).collect();
    if files.is_empty() {
        return direct(lane, Plant::DirectPush, rng);
    }
    let (number, (file, before)) = (lane.fresh(), rng.pick(&files).clone());
    let moved = |to: &str| Op::Rename(file, format!("docs/{to}-{number}.sql"));
    let there = Op::Put(number, File { path: format!("docs/there-{number}.sql"), ..before });
    let (theirs, ours, settled) = match rng.below(3) {
        0 => (moved("here"), moved("there"), Vec::new()),
        1 => (moved("here"), Op::Remove(file), Vec::new()),
        _ => (Op::Remove(file), moved("there"), vec![there]),
    };
    let mut first = lane.open(at);
    lane.push(&mut first, KIM, vec![ours]);
    first.approved();
    let mut other = lane.open(at);
    lane.push(&mut other, KIM, vec![theirs]);
    other.approved();
    lane.land(vec![other], How::Merge, &[], &[], "one side of a conflict");
    let landed = lane.land(vec![first], How::Merge, &settled, &[], "a conflict, settled");
    mark(lane, landed[0], Plant::SettledConflict, &[]);
}

/// Says what was planted in a landing, and where.
pub fn mark(lane: &mut Lane, landing: usize, plant: Plant, ops: &[Op]) {
    let state = lane.state(lane.landings[landing].commit).clone();
    let place = |op: &Op| match (op, state.get(&op.file())) {
        (Op::Slot(_, slot, text), Some(File { path, body: Body::Slots(slots), .. }))
            if slots[*slot] == *text =>
        {
            let (first, count) = (line_of(slots, *slot), text.lines().count() as u64);
            Some(match count {
                1 => format!("{path}: line {first} added"),
                _ => format!("{path}: lines {first} to {} added", first + count - 1),
            })
        }
        (_, Some(file)) => Some(format!("{}: ", file.path)),
        (Op::Put(_, file), None) => Some(format!("{}: ", file.path)),
        (_, None) => None,
    };
    let places = ops.iter().filter_map(place).collect();
    lane.landings[landing].plant = Some(plant);
    lane.landings[landing].places = places;
}

/// A change that belongs to no approved request.
pub fn foreign(lane: &mut Lane, rng: &mut Rng, taken: &[Op]) -> Op {
    let number = lane.fresh();
    let state = lane.state(lane.tip()).clone();
    let slotted: Vec<(&u32, usize)> = state
        .iter()
        .filter(|(_, file)| matches!(file.body, Body::Slots(_)))
        .flat_map(|(number, _)| (0..SLOTS).map(move |slot| (number, slot)))
        .collect();
    let wish = match rng.below(4) {
        0 | 1 if !slotted.is_empty() => {
            let (file, slot) = *rng.pick(&slotted);
            Op::Slot(*file, slot, format!("smuggled {number}\n"))
        }
        2 if !slotted.is_empty() => Op::Executable(*rng.pick(&slotted).0, number.is_multiple_of(2)),
        _ => Op::Put(number, File::new(format!("docs/smuggled-{number}"), Body::Text("smuggled\n".into()))),
    };
    let changes = super::apply(&state, [&wish]) != state;
    if changes && taken.iter().all(|op| op.file() != wish.file()) {
        return wish;
    }
    Op::Put(number, File::new(format!("services/upload/smuggled-{number}"), Body::Text("smuggled\n".into())))
}

/// A fix of one place, and what takes it back.
fn fix(lane: &mut Lane, rng: &mut Rng, taken: &[Op]) -> (Op, Op) {
    let number = lane.fresh();
    let state = lane.state(lane.tip()).clone();
    for _ in 0..50 {
        let file = 10 + rng.below(6) as u32;
        let slot = rng.below(SLOTS);
        if let Some(File { body: Body::Slots(slots), .. }) = state.get(&file)
            && taken.iter().all(|op| op.file() != file)
        {
            let was = Op::Slot(file, slot, slots[slot].clone());
            return (Op::Slot(file, slot, format!("fix {number}\n")), was);
        }
    }
    let body = |text: &str| Body::Text(text.to_string());
    (Op::Body(3, body(&format!("fix {number}\n"))), Op::Body(3, state[&3].body.clone()))
}

fn land_fix(lane: &mut Lane, fix: Op) {
    let mut draft = lane.open(lane.tip());
    lane.push(&mut draft, KIM, vec![fix]);
    draft.approved();
    lane.land(vec![draft], How::Merge, &[], &[], "fix");
}

/// Alters a request and its landing. The request has been approved as it is.
pub fn alter(lane: &mut Lane, plan: &Plan, draft: &mut Draft, rng: &mut Rng) -> Tampering {
    let mut tampering = Tampering::default();
    let Some(plant) = plan.plant else { return tampering };
    match plant {
        Plant::EvilMerge => tampering.added.push(foreign(lane, rng, &draft.ops)),
        Plant::ForeignCommit => {
            let op = foreign(lane, rng, &draft.ops);
            let mut other = lane.open(lane.tip());
            lane.push(&mut other, KIM, vec![op.clone()]);
            other.approved();
            lane.forge.worlds.push(other.world);
            tampering.added.push(op);
        }
        Plant::DroppedFix => {
            let (fix, revert) = fix(lane, rng, &draft.ops);
            land_fix(lane, fix);
            tampering.added.push(revert);
        }
        // The last commit lands alone: see `leave_out`.
        Plant::LeftOut => {
            let (_, last) = draft.commits.last().unwrap();
            tampering.lost.extend(draft.ops.iter().filter(|op| !last.contains(op)).cloned());
        }
        Plant::LostPart => tampering.lost.push(draft.ops.last().unwrap().clone()),
        Plant::LatePush | Plant::HiddenPush => {
            let op = foreign(lane, rng, &draft.ops);
            let known = draft.world.clone();
            lane.push(draft, KIM, vec![op.clone()]);
            if plant == Plant::LatePush {
                draft.pushed();
            } else {
                draft.world = known;
                tampering.added.push(op);
            }
        }
        _ => alter_host(lane, plant, draft),
    }
    tampering
}

/// All commits of a request but the last become ancestors of the branch without their content: by a
/// push, by a request with an empty diff, or by one that holds them and their revert.
pub fn leave_out(lane: &mut Lane, draft: &Draft, rng: &mut Rng) {
    let (tip, below) = (lane.tip(), draft.commits[draft.commits.len() - 2].0);
    let kept = lane.state(tip).clone();
    let way = rng.below(3);
    if way == 0 {
        let pushed = lane.push_merge(below, "a merge that leaves everything out");
        return mark(lane, pushed, Plant::LeftOut, &[]);
    }
    let mut other = lane.open(tip);
    // The host tells of a commit what the first request says that knows it: so this one knows no
    // more than it brings.
    let brought = 1 + draft.world.commits.iter().position(|(id, _)| *id == revision(below).unwrap()).unwrap();
    other.world.commits.extend_from_slice(&draft.world.commits[..brought]);
    other.head = if way == 1 {
        lane.commit(KIM, &[tip, below], "Leave it out", kept)
    } else {
        let before = lane.state(draft.base).clone();
        lane.commit(KIM, &[below], "Take it back", before)
    };
    other.knows(other.head, KIM);
    other.approved();
    lane.land(vec![other], super::How::Merge, &[], &[], "a request that shows nothing");
}

fn alter_host(lane: &Lane, plant: Plant, draft: &mut Draft) {
    let world = &mut draft.world;
    let reviews = &mut world.reviews;
    match plant {
        Plant::ReusedApproval => {
            let elsewhere = revision(lane.tip()).unwrap();
            reviews
                .iter_mut()
                .for_each(|review| review.reviewed = ReviewedContent::Stated(elsewhere.clone()));
        }
        Plant::LateApproval => reviews.iter_mut().for_each(|review| review.submitted = Some(minutes(120))),
        Plant::Unapproved => reviews.clear(),
        Plant::ChangesRequested => {
            let reviewer = Some(person("sam-example", 15));
            let (reviewed, submitted) = (reviews[0].reviewed.clone(), Some(minutes(60)));
            let state = ReviewState::ChangesRequested;
            reviews.push(Review {
                id: 90.into(),
                position: 90,
                reviewer,
                state,
                reviewed,
                submitted,
                source: ReviewSource::Host,
            });
        }
        Plant::SelfApproval => {
            let author = person("kim-example-admin", 14);
            reviews.truncate(1);
            reviews[0].reviewer = Some(author);
        }
        Plant::CommitterApproves => reviews.truncate(1),
        Plant::WeakenedPolicy | Plant::Attributes => reviews.truncate(1),
        Plant::Retargeted => draft.event("base_ref_changed", 60),
        Plant::FailedCheck => world.checks.iter_mut().for_each(|check| {
            check.conclusion = portcullis_model::check::Conclusion::Failure;
        }),
        Plant::OtherBranch => world.request.base_branch = BranchName::new("develop"),
        Plant::HiddenReviews => {
            world.faults.push((Endpoint::Reviews, AnswerFault::Refuse(403, "Forbidden".into())))
        }
        _ => (),
    }
}

/// Operations that a planted request must have, beside its own.
pub fn extra_commits(lane: &mut Lane, plant: Plant, draft: &mut Draft) {
    let number = lane.fresh();
    let file = |path: String| File::new(path, Body::Text(format!("{number}\n")));
    match plant {
        // Robin commits, so that Robin's approval cannot count.
        Plant::CommitterApproves => {
            let op = Op::Put(number, file(format!("docs/by-robin-{number}")));
            lane.push(draft, ROBIN, vec![op]);
        }
        // A landing without content would be nobody's business.
        Plant::LostPart | Plant::OtherBranch | Plant::LeftOut => {
            let op = Op::Put(number, file(format!("services/upload/part-{number}")));
            lane.push(draft, KIM, vec![op]);
        }
        Plant::Attributes => {
            let File { body: Body::Text(text), .. } = &lane.state(draft.head)[&ATTRIBUTES_FILE] else {
                return;
            };
            let text = format!("{text}services/upload/*.sql export-ignore\nservices/upload/{number} -text\n");
            lane.push(draft, KIM, vec![Op::Body(ATTRIBUTES_FILE, Body::Text(text))]);
        }
        Plant::WeakenedPolicy => {
            let text = super::POLICY.replace("approvals = 2", "approvals = 1") + &format!("# {number}\n");
            lane.push(draft, KIM, vec![Op::Body(POLICY_FILE, Body::Text(text))]);
        }
        _ => (),
    }
}
