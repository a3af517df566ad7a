//! Which deployments lie between the last good run and the first bad load.

use crate::calendar::write_local;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use portcullis_model::incident::{ExposedDeployment, IncidentExposure};
use std::collections::BTreeMap;

/// The exposure, from all deployments that were recorded. A deployment at the very time of the last
/// good run is one that the run may not have seen, so it counts as one between the two.
pub fn find_exposure(
    deployments: &[ExposedDeployment],
    last_good: Timestamp,
    first_bad: Timestamp,
) -> IncidentExposure {
    let mut newest: BTreeMap<_, &ExposedDeployment> = BTreeMap::new();
    for one in deployments.iter().filter(|one| one.time < last_good) {
        let before = newest.entry(&one.environment).or_insert(one);
        if (before.time, before.number) < (one.time, one.number) {
            *before = one;
        }
    }
    let is_between = |one: &&ExposedDeployment| last_good <= one.time && one.time <= first_bad;
    let mut between: Vec<_> = deployments.iter().filter(is_between).cloned().collect();
    between.sort();
    IncidentExposure { before: newest.into_values().cloned().collect(), between }
}

/// What an exposure says, in one sentence. It accuses no one: a deployment in between is a place to
/// look first.
pub fn describe_exposure(exposure: &IncidentExposure, zone: &TimeZone) -> String {
    let name = |one: &ExposedDeployment| {
        format!(
            "deployment {} to {} ({}, {})",
            one.number,
            one.environment,
            one.candidate.short(),
            write_local(one.time, zone)
        )
    };
    match exposure.between.as_slice() {
        [] => match exposure.before.as_slice() {
            [] => "no deployment was recorded before the first bad load".to_string(),
            all => {
                let all: Vec<String> = all.iter().map(name).collect();
                format!(
                    "no deployment between the last good run and the first bad load; deployed was {}",
                    all.join(", ")
                )
            }
        },
        [one] => format!("the first bad load came after {}, the only one since the last good run", name(one)),
        all => {
            let all: Vec<String> = all.iter().map(name).collect();
            format!(
                "{} deployments between the last good run and the first bad load: {}",
                all.len(),
                all.join(", ")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::moment;
    use portcullis_model::change::Revision;

    fn deployment(number: u64, environment: &str, time: &str) -> ExposedDeployment {
        ExposedDeployment {
            time: moment(time),
            environment: environment.parse().unwrap(),
            number,
            candidate: Revision::try_from(format!("{number:040x}")).unwrap(),
        }
    }

    fn numbers(all: &[ExposedDeployment]) -> Vec<u64> {
        all.iter().map(|one| one.number).collect()
    }

    #[test]
    fn the_first_bad_run_points_to_the_deployment_before_it() {
        let all = [
            deployment(39, "production", "2026-02-01T00:00:00Z"),
            deployment(40, "production", "2026-02-20T00:00:00Z"),
            deployment(41, "production", "2026-02-27T20:00:00Z"),
            deployment(42, "production", "2026-03-01T00:00:00Z"),
            deployment(7, "staging", "2026-02-10T00:00:00Z"),
        ];
        let find = |good: &str, bad: &str| find_exposure(&all, moment(good), moment(bad));
        let exposure = find("2026-02-27T09:30:00Z", "2026-02-28T03:00:00Z");
        assert_eq!((numbers(&exposure.between), numbers(&exposure.before)), (vec![41], vec![40, 7]));
        let text = describe_exposure(&exposure, &TimeZone::UTC);
        assert!(text.contains("came after deployment 41 to production"), "{text}");
        // At the very time of the good run or of the bad load: it may have been in between.
        let edges = find("2026-02-27T20:00:00Z", "2026-03-01T00:00:00Z");
        assert_eq!(numbers(&edges.between), [41, 42]);
        let none = find("2026-02-27T20:00:01Z", "2026-02-28T03:00:00Z");
        assert_eq!((numbers(&none.between), numbers(&none.before)), (vec![], vec![41, 7]));
        assert!(describe_exposure(&none, &TimeZone::UTC).starts_with("no deployment between"));
        assert_eq!(
            find_exposure(&[], Timestamp::MIN, Timestamp::MAX),
            IncidentExposure { before: vec![], between: vec![] }
        );
    }
}
