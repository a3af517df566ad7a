//! The landings that tell most of what a policy would have done.

use portcullis_wire::decision::v1::{OutcomeV1, VerdictV1};
use portcullis_wire::rehearsal::v1::RehearsedLandingV1;
use std::collections::BTreeSet;

/// So many are chosen.
const TELLING: usize = 10;

/// The ids of those that tell most: what blocks before what could not be seen, a control or an area
/// that is not shown yet before one that is, the newest first.
pub fn choose_telling(landings: &[RehearsedLandingV1]) -> Vec<String> {
    let mut rest: Vec<(usize, &RehearsedLandingV1)> =
        landings.iter().enumerate().filter(|(_, one)| one.outcome != OutcomeV1::Allow).collect();
    let (mut chosen, mut shown) = (Vec::new(), BTreeSet::new());
    while chosen.len() < TELLING {
        let best = rest.iter().enumerate().max_by_key(|(_, (place, one))| weigh(one, *place, &shown));
        let Some(at) = best.map(|(at, _)| at) else { break };
        let (_, landing) = rest.remove(at);
        shown.extend(topics_of(landing));
        chosen.push(landing.id.clone());
    }
    chosen
}

fn weigh(landing: &RehearsedLandingV1, place: usize, shown: &BTreeSet<&str>) -> (bool, usize, usize, usize) {
    let new = topics_of(landing).filter(|topic| !shown.contains(topic)).count();
    let broken = landing.findings.iter().filter(|found| found.verdict == VerdictV1::Broken).count();
    (landing.outcome == OutcomeV1::Block, new, broken, place)
}

/// The controls that stop it, and the areas that it touches.
fn topics_of(landing: &RehearsedLandingV1) -> impl Iterator<Item = &str> {
    let stops = |verdict| matches!(verdict, VerdictV1::Broken | VerdictV1::Unproven);
    let controls = landing.verdicts.iter().filter(move |one| stops(one.verdict));
    let areas = landing.areas.iter().flatten().map(String::as_str);
    controls.map(|one| one.control.as_str()).chain(areas)
}
