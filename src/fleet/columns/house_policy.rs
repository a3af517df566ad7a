//! `house-policy`: the repository's policy has every control of the house policy, with the same
//! settings.
//!
//! A setting that differs is not called weaker: which of two values is the stricter one is for
//! people to say, but for the number of approvals.

use super::{Column, ColumnCase, GivenHouse, SeenPolicy, advise, finding};
use portcullis_judge::policy::house::{Deviation, DeviationKind, House};
use portcullis_model::decision::HouseReference;
use portcullis_model::fleet::{FleetFinding, FleetVerdict};
use toml::{Table, Value};

pub(super) static COLUMN: Column =
    Column { name: "house-policy", about: "the policy has every control of the house policy", judge };

/// A setting of which more is stricter.
const APPROVALS: &str = "approvals";

fn judge(case: &ColumnCase<'_>) -> Vec<FleetFinding> {
    let SeenPolicy::Valid(own) = case.policy else { return Vec::new() };
    if let Some(parent) = &own.house {
        return extended(parent, case.house);
    }
    let Some(house) = case.house else { return Vec::new() };
    if own.digest == house.digest {
        return vec![finding(FleetVerdict::Met, "controls", "the policy is the house policy")];
    }
    let (own, house) = (controls_of(&own.text), controls_of(&house.text));
    let mut found = Vec::new();
    for (name, wanted) in &house {
        match own.get(name) {
            None => found.push(missing_control(name)),
            Some(seen) => compare(&format!("controls.{name}"), seen, wanted, &mut found),
        }
    }
    if found.is_empty() {
        found.push(finding(FleetVerdict::Met, "controls", "every control is set as in the house policy"));
    }
    found
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

fn controls_of(policy: &str) -> Table {
    // The text was read as a policy before: it is TOML.
    let root: Table = policy.parse().unwrap_or_default();
    match root.get("controls") {
        Some(Value::Table(controls)) => controls.clone(),
        _ => Table::new(),
    }
}

fn missing_control(name: &str) -> FleetFinding {
    advise(
        FleetVerdict::Broken,
        &format!("controls.{name}"),
        "the house policy has this control, and the policy does not",
        format!("Add `[controls.{name}]` to the policy, as the house policy has it."),
    )
}

fn compare(path: &str, seen: &Value, wanted: &Value, found: &mut Vec<FleetFinding>) {
    match (seen, wanted) {
        _ if seen == wanted => {}
        (Value::Table(seen), Value::Table(wanted)) => {
            for (name, wanted) in wanted {
                let path = format!("{path}.{name}");
                match seen.get(name) {
                    Some(seen) => compare(&path, seen, wanted, found),
                    None => found.push(differing(&path, "not set", wanted)),
                }
            }
            for name in seen.keys().filter(|name| !wanted.contains_key(*name)) {
                found.push(added(&format!("{path}.{name}")));
            }
        }
        (Value::Integer(count), Value::Integer(least)) if path.ends_with(APPROVALS) => {
            found.push(compare_approvals(path, *count, *least));
        }
        _ => found.push(differing(path, &format!("`{seen}`"), wanted)),
    }
}

fn compare_approvals(path: &str, count: i64, least: i64) -> FleetFinding {
    if count > least {
        return finding(
            FleetVerdict::Met,
            path,
            format!("it is {count}, stricter than {least} of the house policy"),
        );
    }
    let remedy = format!("Set `{path}` to {least} or more.");
    advise(FleetVerdict::Broken, path, format!("it is {count}, and {least} in the house policy"), remedy)
}

fn differing(path: &str, seen: &str, wanted: &Value) -> FleetFinding {
    let remedy = "Compare the two settings: this program does not know which one is stricter.";
    advise(FleetVerdict::Unproven, path, format!("it is {seen}, and `{wanted}` in the house policy"), remedy)
}

fn added(path: &str) -> FleetFinding {
    let remedy = "Check that it only makes the policy stricter: this program does not know.";
    advise(FleetVerdict::Unproven, path, "it is set, and not in the house policy", remedy)
}
