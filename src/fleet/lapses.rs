//! When a repository did not do well, by the rounds of a year.

use jiff::Timestamp;
use portcullis_model::fleet::{FleetItem, FleetStanding, FleetVerdict};

/// A time in which a column of a repository was not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetLapse {
    /// The column.
    pub column: String,
    /// Broken or unproven.
    pub verdict: FleetVerdict,
    /// The round since which it was.
    pub since: Timestamp,
    /// The first round that found something else; `None`: it lasts.
    pub until: Option<Timestamp>,
}

/// The lapses of a repository, by what the rounds found of it, oldest first; what lasts comes
/// first.
pub fn find_lapses(past: &[(Timestamp, FleetItem)]) -> Vec<FleetLapse> {
    let mut lapses: Vec<FleetLapse> = Vec::new();
    for (time, item) in past {
        for standing in &item.standings {
            let open = lapses.iter_mut().find(|one| one.until.is_none() && one.column == standing.column);
            match open {
                Some(open) if open.verdict == standing.verdict => {}
                open => {
                    if let Some(open) = open {
                        open.until = Some(*time);
                    }
                    lapses.extend(begin_lapse(standing));
                }
            }
        }
    }
    lapses.sort_by(|a, b| (a.until.is_some(), &a.since).cmp(&(b.until.is_some(), &b.since)));
    lapses
}

fn begin_lapse(standing: &FleetStanding) -> Option<FleetLapse> {
    (standing.verdict >= FleetVerdict::Unproven).then(|| FleetLapse {
        column: standing.column.clone(),
        verdict: standing.verdict,
        since: standing.since,
        until: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use FleetVerdict::{Broken, Exempt, Met, Unproven};

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3600).unwrap()
    }

    fn round(hour: i64, verdict: FleetVerdict, since: i64) -> (Timestamp, FleetItem) {
        let standing =
            FleetStanding { column: "policy".to_string(), verdict, since: at(since), findings: Vec::new() };
        let item = FleetItem {
            schema: 1,
            repository: "example-org/upload".to_string(),
            branch: None,
            looked: None,
            mark: None,
            policy: None,
            standings: vec![standing],
        };
        (at(hour), item)
    }

    fn told(past: &[(Timestamp, FleetItem)]) -> Vec<(FleetVerdict, i64, Option<i64>)> {
        let hour = |time: Timestamp| time.as_second() / 3600;
        find_lapses(past).iter().map(|one| (one.verdict, hour(one.since), one.until.map(hour))).collect()
    }

    #[test]
    fn a_lapse_lasts_from_round_to_round_and_ends_with_another_verdict() {
        let past = [round(1, Met, 1), round(2, Broken, 2), round(3, Broken, 2), round(4, Met, 4)];
        assert_eq!(told(&past), [(Broken, 2, Some(4))]);
        assert_eq!(told(&past[..3]), [(Broken, 2, None)]);
        assert_eq!(told(&past[..1]), []);
    }

    #[test]
    fn what_lasts_comes_first_and_what_could_not_be_seen_is_a_lapse_of_its_own() {
        let past = [round(1, Broken, 0), round(2, Unproven, 2), round(3, Exempt, 3), round(4, Broken, 4)];
        assert_eq!(told(&past), [(Broken, 4, None), (Broken, 0, Some(2)), (Unproven, 2, Some(3))]);
    }
}
