//! What protected a branch over time: what was seen at each look, and nothing between two looks
//! that disagree.
//!
//! A look is compared with the best that was seen before: fewer approvals or more ways round a rule
//! are *weaker* until they are what they were. A lapse lasts from the last look at which the
//! requirement held to the next at which it does again, because no one saw when it began or ended.

use jiff::Timestamp;
use portcullis_model::change::BranchName;
use portcullis_model::fact::Fact;
use portcullis_model::protection::{Bypass, Protection, Requirement, Rule};
use portcullis_wire::audit::v1::{
    AuditedLandingV1, HeldSpanV1, LapseV1, LookV1, ProtectedBranchV1, ProtectionStateV1,
    RequirementOverTimeV1,
};
use std::collections::{BTreeMap, BTreeSet};

/// What was seen of the protection of a branch at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// When.
    pub at: Timestamp,
    /// The branch.
    pub branch: BranchName,
    /// What was seen.
    pub protection: Fact<Protection>,
    /// Who looked: `production#3`, or the name of a snapshot.
    pub source: String,
}

/// What protected each branch, from looks in any order. `period` has the two ends, where there are
/// times; the landings are those of the audit.
pub fn protection_over_time(
    looks: impl IntoIterator<Item = Look>,
    period: Option<(Timestamp, Timestamp)>,
    landings: &[AuditedLandingV1],
) -> Vec<ProtectedBranchV1> {
    let mut by_branch: BTreeMap<BranchName, Vec<Look>> = BTreeMap::new();
    for look in looks {
        by_branch.entry(look.branch.clone()).or_default().push(look);
    }
    let of_branch = |(branch, mut looks): (BranchName, Vec<Look>)| {
        looks.sort_by(|one, other| (one.at, &one.source).cmp(&(other.at, &other.source)));
        let own: Vec<&AuditedLandingV1> =
            landings.iter().filter(|landing| landing.branch == branch.as_str()).collect();
        ProtectedBranchV1 {
            branch: branch.to_string(),
            looks: looks.iter().map(written_look).collect(),
            longest_unwatched: longest_unwatched(&looks, period),
            requirements: requirements_in(&looks)
                .into_iter()
                .map(|name| follow_requirement(name, &looks, &own))
                .collect(),
            snapshots: None,
        }
    };
    by_branch.into_iter().map(of_branch).collect()
}

fn written_look(look: &Look) -> LookV1 {
    let gaps = look.protection.value().map_or(&[][..], |protection| &protection.unseen);
    LookV1 {
        at: look.at.to_string(),
        source: look.source.clone(),
        unseen: look.protection.known().err().map(|gap| gap.to_string()),
        gaps: gaps.iter().map(ToString::to_string).collect(),
    }
}

fn longest_unwatched(looks: &[Look], period: Option<(Timestamp, Timestamp)>) -> Option<u64> {
    let (first, last) = (looks.first()?.at, looks.last()?.at);
    let (since, until) = period.unwrap_or((first, last));
    let mut moments: Vec<Timestamp> = looks.iter().map(|look| look.at).collect();
    moments.extend([since, until]);
    moments.retain(|moment| (since..=until).contains(moment));
    moments.sort();
    let between = moments.windows(2).filter_map(|pair| match pair {
        [one, other] => u64::try_from(other.as_second() - one.as_second()).ok(),
        _ => None,
    });
    between.max()
}

/// The name of a requirement: that of its rule, with the check where it is one.
fn requirement_name(rule: &Rule) -> String {
    match rule.check_name() {
        Some(check) => format!("{} {check}", rule.name()),
        None => rule.name().to_string(),
    }
}

fn requirements_in(looks: &[Look]) -> BTreeSet<String> {
    let seen = looks.iter().filter_map(|look| look.protection.value());
    seen.flat_map(|protection| &protection.requirements).map(|one| requirement_name(&one.rule)).collect()
}

/// How strong a requirement is at a look.
#[derive(Clone, PartialEq, Eq)]
struct Strength {
    count: u64,
    bypass: BTreeSet<Bypass>,
}

/// What one look says of a requirement.
enum Seen {
    Imposed(Strength),
    Hidden(String),
    Off,
}

fn look_at(look: &Look, name: &str) -> Seen {
    let protection = match &look.protection {
        Fact::Known(protection) => protection,
        Fact::Gap(gap) => return Seen::Hidden(gap.to_string()),
    };
    let imposing: Vec<&Requirement> =
        protection.requirements.iter().filter(|one| requirement_name(&one.rule) == name).collect();
    if imposing.is_empty() {
        return match protection.unseen.first() {
            Some(gap) => Seen::Hidden(gap.to_string()),
            None => Seen::Off,
        };
    }
    strength_of(&imposing)
}

/// All sources hold at once: who gets round a rule gets round each of them.
fn strength_of(imposing: &[&Requirement]) -> Seen {
    let count =
        imposing.iter().map(|one| if let Rule::Approvals(count) = one.rule { count } else { 1 }).max();
    let mut common: Option<BTreeSet<Bypass>> = None;
    for requirement in imposing {
        let Fact::Known(actors) = &requirement.bypass else { continue };
        let actors: BTreeSet<Bypass> = actors.iter().cloned().collect();
        common = Some(match common {
            Some(before) => before.intersection(&actors).cloned().collect(),
            None => actors,
        });
    }
    let hidden = imposing.iter().find_map(|one| one.bypass.known().err());
    match (common, hidden) {
        (Some(bypass), None) => Seen::Imposed(Strength { count: count.unwrap_or(1), bypass }),
        (Some(bypass), Some(_)) if bypass.is_empty() => {
            Seen::Imposed(Strength { count: count.unwrap_or(1), bypass })
        }
        (_, Some(gap)) => Seen::Hidden(gap.to_string()),
        (None, None) => Seen::Off,
    }
}

struct Observed {
    at: Timestamp,
    state: ProtectionStateV1,
    detail: String,
}

fn follow_requirement(name: String, looks: &[Look], landings: &[&AuditedLandingV1]) -> RequirementOverTimeV1 {
    let mut best: Option<Strength> = None;
    let observed: Vec<Observed> = looks.iter().map(|look| observe(look, &name, &mut best)).collect();
    let spans = join_spans(&observed);
    let last_lapse = observed.iter().rposition(|one| one.state != ProtectionStateV1::Held);
    let since = observed.get(last_lapse.map_or(0, |place| place + 1)).map(|one| one.at.to_string());
    let lapses = lapses_in(&observed, landings);
    RequirementOverTimeV1 { requirement: name, spans, since, lapses }
}

fn observe(look: &Look, name: &str, best: &mut Option<Strength>) -> Observed {
    let (state, detail) = match look_at(look, name) {
        Seen::Off => (ProtectionStateV1::Off, "nothing requires it".to_string()),
        Seen::Hidden(why) => (ProtectionStateV1::Hidden, why),
        Seen::Imposed(strength) => match best {
            Some(known) if is_weaker(&strength, known) => {
                (ProtectionStateV1::Weaker, describe_weaker(&strength, known))
            }
            _ => {
                let detail = describe_strength(&strength);
                *best = Some(strength);
                (ProtectionStateV1::Held, detail)
            }
        },
    };
    Observed { at: look.at, state, detail }
}

fn is_weaker(strength: &Strength, than: &Strength) -> bool {
    strength.count < than.count || !strength.bypass.is_subset(&than.bypass)
}

fn describe_weaker(strength: &Strength, than: &Strength) -> String {
    if strength.count < than.count {
        return format!("{} instead of {}", strength.count, than.count);
    }
    let more: Vec<String> = strength.bypass.difference(&than.bypass).map(describe_actor).collect();
    format!("also bypassed by {}", more.join(", "))
}

fn describe_strength(strength: &Strength) -> String {
    if strength.bypass.is_empty() {
        return "no one bypasses it".to_string();
    }
    let actors: Vec<String> = strength.bypass.iter().map(describe_actor).collect();
    format!("bypassed by {}", actors.join(", "))
}

/// An actor in a few words.
pub fn describe_actor(actor: &Bypass) -> String {
    let named = actor.name.clone().or_else(|| actor.id.as_ref().map(ToString::to_string));
    let kind = format!("{:?}", actor.kind).to_lowercase();
    named.map_or(kind.clone(), |name| format!("{kind} {name}"))
}

fn join_spans(observed: &[Observed]) -> Vec<HeldSpanV1> {
    let mut spans: Vec<HeldSpanV1> = Vec::new();
    for one in observed {
        match spans.last_mut() {
            Some(last) if last.state == one.state && last.detail == one.detail => {
                last.to = one.at.to_string()
            }
            _ => spans.push(HeldSpanV1 {
                from: one.at.to_string(),
                to: one.at.to_string(),
                state: one.state,
                detail: one.detail.clone(),
            }),
        }
    }
    spans
}

fn lapses_in(observed: &[Observed], landings: &[&AuditedLandingV1]) -> Vec<LapseV1> {
    let mut lapses = Vec::new();
    let mut place = 0;
    while place < observed.len() {
        let run = observed.iter().skip(place).take_while(|one| one.state != ProtectionStateV1::Held).count();
        if run > 0 {
            let worst = observed.iter().skip(place).take(run).map(|one| one.state).max();
            let after = place.checked_sub(1).and_then(|before| observed.get(before)).map(|one| one.at);
            let before = observed.get(place + run).map(|one| one.at);
            lapses.extend(worst.map(|state| lapse_of(state, after, before, landings)));
        }
        place += run + 1;
    }
    lapses
}

fn lapse_of(
    state: ProtectionStateV1,
    after: Option<Timestamp>,
    before: Option<Timestamp>,
    landings: &[&AuditedLandingV1],
) -> LapseV1 {
    let within = |landing: &&&AuditedLandingV1| {
        let at: Option<Timestamp> = landing.time.at.as_ref().and_then(|at| at.parse().ok());
        // The moments of the looks belong to it: a date that cannot be right is moved to one of
        // them.
        at.is_none_or(|at| after.is_none_or(|after| at >= after) && before.is_none_or(|before| at <= before))
    };
    let meanwhile: Vec<&&AuditedLandingV1> = landings.iter().filter(within).collect();
    let areas: BTreeSet<String> =
        meanwhile.iter().flat_map(|one| one.areas.iter().flatten()).map(|area| area.area.clone()).collect();
    LapseV1 {
        after: after.map(|at| at.to_string()),
        before: before.map(|at| at.to_string()),
        state,
        landings: meanwhile.iter().map(|landing| landing.id.clone()).collect(),
        areas: areas.into_iter().collect(),
    }
}
