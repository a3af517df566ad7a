//! A sample that anyone can draw again, on every machine and from a list in any order.

use portcullis_model::digest::Digest;
use portcullis_wire::audit::v1::{AuditedLandingV1, SampleV1, SampledItemV1, StratumV1};
use std::collections::BTreeMap;

/// The stratum of landings that touch no area.
const OUTSIDE: &str = "outside every area";

/// The stratum of landings of which it is not known what they touch.
const UNKNOWN: &str = "areas unknown";

/// The stratum of everything.
const ALL: &str = "all";

/// What is to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleRequest {
    /// How many: of all, or of each stratum.
    pub size: usize,
    /// The seed.
    pub seed: String,
    /// Is one drawn from each area?
    pub by_area: bool,
}

/// Draws a sample of landings.
pub fn draw_sample(landings: &[AuditedLandingV1], request: &SampleRequest) -> SampleV1 {
    let mut strata: BTreeMap<String, Vec<&AuditedLandingV1>> = BTreeMap::new();
    for landing in landings {
        for stratum in strata_of(landing, request.by_area) {
            strata.entry(stratum).or_default().push(landing);
        }
    }
    let strata = strata.into_iter().map(|(name, items)| draw_stratum(name, &items, request)).collect();
    SampleV1 {
        size: request.size as u64,
        seed: request.seed.clone(),
        method: describe_method(request),
        strata,
    }
}

fn strata_of(landing: &AuditedLandingV1, by_area: bool) -> Vec<String> {
    match &landing.areas {
        _ if !by_area => vec![ALL.to_string()],
        None => vec![UNKNOWN.to_string()],
        Some(areas) if areas.is_empty() => vec![OUTSIDE.to_string()],
        Some(areas) => areas.iter().map(|area| area.area.clone()).collect(),
    }
}

fn draw_stratum(name: String, items: &[&AuditedLandingV1], request: &SampleRequest) -> StratumV1 {
    let mut drawn: Vec<SampledItemV1> = items
        .iter()
        .map(|item| SampledItemV1 { item: item.id.clone(), draw: draw_number(&request.seed, &item.id) })
        .collect();
    drawn.sort_by(|one, other| (&one.draw, &one.item).cmp(&(&other.draw, &other.item)));
    drawn.truncate(request.size);
    StratumV1 { name, population: items.len() as u64, drawn }
}

/// The draw number of an item.
pub fn draw_number(seed: &str, item: &str) -> String {
    Digest::of(format!("{seed}\n{item}").as_bytes()).hex().to_string()
}

fn describe_method(request: &SampleRequest) -> String {
    let of = if request.by_area {
        "From the landings that touch each data-processing area, and from those that touch none, these many are drawn; a landing that touches two areas is in both lists."
    } else {
        "From all landings of the period these many are drawn."
    };
    format!(
        "{of} The draw number of an item is the SHA-256, in hexadecimal digits, of the seed, a line feed and the id of the item, \
         in UTF-8; those with the smallest draw numbers are the sample. For one item: printf '%s\\n%s' SEED ID | sha256sum"
    )
}
