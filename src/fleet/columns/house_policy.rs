//! `house-policy`: the repository's policy extends the house policy, or has everything that it has,
//! as strictly.

use super::{Column, ColumnCase, GivenHouse, SeenPolicy, advise, finding};
use portcullis_judge::policy::house::{Deviation, DeviationKind, HeldPolicy, House, hold_against};
use portcullis_model::decision::HouseReference;
use portcullis_model::fleet::{FleetFinding, FleetVerdict};

pub(super) static COLUMN: Column =
    Column { name: "house-policy", about: "the policy is as strict as the house policy", judge };

const EXTEND: &str =
    "Extend the house policy (`[extends]`, see docs/house-policy.md), or set it as the house policy has it.";

fn judge(case: &ColumnCase<'_>) -> Vec<FleetFinding> {
    let SeenPolicy::Valid(own) = case.policy else { return Vec::new() };
    if let Some(parent) = &own.house {
        return extended(parent, case.house);
    }
    let Some(house) = case.house else { return Vec::new() };
    if own.digest == house.digest {
        return vec![finding(FleetVerdict::Met, "policy", "the policy is the house policy")];
    }
    match hold_against(&own.text, &house.text) {
        Some(held) => describe_held(&held),
        None => vec![advise(
            FleetVerdict::Unproven,
            "policy",
            "it cannot be held against the house policy",
            EXTEND,
        )],
    }
}

/// A policy that extends nothing takes nothing over: what it does not write is not there.
fn describe_held(held: &HeldPolicy) -> Vec<FleetFinding> {
    let looser = held.looser.iter().map(|what| advise(FleetVerdict::Broken, "policy", what, EXTEND));
    let missing = held.missing.iter().map(|(key, value)| describe_missing(key, value));
    let differing = held.deviations.iter().map(|one| finding(FleetVerdict::Met, &one.key, describe(one)));
    let mut found: Vec<FleetFinding> = looser.chain(missing).chain(differing).collect();
    if found.is_empty() {
        found.push(finding(FleetVerdict::Met, "policy", "it has everything that the house policy has"));
    }
    found
}

/// A control that is not there asks for nothing; of another key the default may be as strict.
fn describe_missing(key: &str, value: &str) -> FleetFinding {
    let is_control = key.starts_with("controls.") && key.matches('.').count() == 1;
    let verdict = if is_control { FleetVerdict::Broken } else { FleetVerdict::Unproven };
    advise(verdict, key, format!("it is not set, and in the house policy it is {value}"), EXTEND)
}

/// A policy that extends another is at least as strict. Which one it extends and where it differs
/// is what there is to say.
fn extended(parent: &House, house: Option<&GivenHouse>) -> Vec<FleetFinding> {
    let HouseReference { file, digest, .. } = &parent.reference;
    let of_house = match house {
        Some(house) if house.digest != *digest => advise(
            FleetVerdict::Broken,
            "extends",
            format!("it extends {file} with the digest {digest}, and the house policy has {}", house.digest),
            format!(
                "Replace {file}, and write `digest = \"{}\"` into `[extends]` of the policy.",
                house.digest
            ),
        ),
        Some(_) => finding(FleetVerdict::Met, "extends", format!("it extends the house policy, {digest}")),
        None => finding(FleetVerdict::Met, "extends", format!("it extends {file} with the digest {digest}")),
    };
    let differing = parent.deviations.iter().map(|one| finding(FleetVerdict::Met, &one.key, describe(one)));
    [of_house].into_iter().chain(differing).collect()
}

fn describe(deviation: &Deviation) -> String {
    let Deviation { own, house, kind, .. } = deviation;
    let house = house.as_deref().unwrap_or("not set");
    let how = match kind {
        DeviationKind::Stricter => "stricter than",
        DeviationKind::Added => "added to",
        DeviationKind::Loosened => "less strict than",
    };
    format!("it is {own}, {how} the house policy, where it is {house}")
}
