//! A child policy with what it takes over from its house policy.

use super::compare::MERGED_BY_NAME;
use crate::policy::tree::TomlValue;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// What a child has to say itself. Signatures of waivers and reviews name the project, so that none
/// counts in another repository.
const OWN: [&str; 4] = ["schema", "project", "extends", "house"];

/// The child, and what it does not write as the house policy has it.
pub fn merge_policies<'i>(own: &TomlValue<'i>, house: &TomlValue<'i>) -> TomlValue<'i> {
    let mut merged = own.clone();
    if let (DeValue::Table(own), DeValue::Table(house)) = (merged.get_mut(), house.get_ref()) {
        let taken = house.iter().filter(|(key, _)| !OWN.contains(&key.get_ref().as_ref()));
        taken.for_each(|(key, value)| take_over(own, key, value, key.get_ref()));
    }
    merged
}

fn take_over<'i>(
    own: &mut DeTable<'i>,
    key: &Spanned<std::borrow::Cow<'i, str>>,
    house: &TomlValue<'i>,
    path: &str,
) {
    let Some(written) = own.get_mut(key.get_ref().as_ref()) else {
        own.insert(key.clone(), house.clone());
        return;
    };
    match (written.get_mut(), house.get_ref()) {
        (DeValue::Table(own), DeValue::Table(house)) => merge_tables(own, house, path),
        (DeValue::Array(own), DeValue::Array(house)) if MERGED_BY_NAME.contains(&path) => {
            *own = merge_named(own, house, path);
        }
        _ => {}
    }
}

fn merge_tables<'i>(own: &mut DeTable<'i>, house: &DeTable<'i>, path: &str) {
    for (key, value) in house {
        take_over(own, key, value, &format!("{path}.{}", key.get_ref()));
    }
}

/// The elements of the house policy, each with what the child adds to it, and those of the child
/// alone.
fn merge_named<'i>(own: &DeArray<'i>, house: &DeArray<'i>, path: &str) -> DeArray<'i> {
    let mut left: Vec<TomlValue<'i>> = own.iter().cloned().collect();
    let mut merged = Vec::new();
    for element in house {
        let place = left.iter().position(|one| name_of(one).is_some() && name_of(one) == name_of(element));
        let mut taken = place.map_or_else(|| element.clone(), |place| left.remove(place));
        if let (DeValue::Table(own), DeValue::Table(house)) = (taken.get_mut(), element.get_ref()) {
            merge_tables(own, house, path);
        }
        merged.push(taken);
    }
    merged.into_iter().chain(left).collect()
}

fn name_of<'a>(element: &'a TomlValue<'_>) -> Option<&'a str> {
    element.get_ref().get("name")?.get_ref().as_str()
}
