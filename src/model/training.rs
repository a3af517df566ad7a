//! Who was trained in what, and until when: the register of people beside the policy, and the
//! courses that the policy knows.
//!
//! Three answers never look alike: a person was trained at a moment
//! ([`TrainingStanding::Trained`]), the register has the person and no valid training
//! ([`TrainingStanding::Untrained`]), or the register does not have the person at all, which its
//! reader sees before it asks here.

use crate::path::RepoPath;
use crate::person::Login;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Where a register is, unless the policy names another place.
pub const REGISTER_PATH: &str = "portcullis-people.toml";

/// What the policy says of training.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainingSettings {
    /// The register, in the repository.
    pub register: RepoPath,
    /// The courses, by name.
    pub courses: BTreeMap<String, Course>,
    /// Who may vouch for training with a badge, by name.
    pub issuers: BTreeMap<String, BadgeIssuer>,
}

/// A course that the policy knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// What people call it.
    pub title: String,
    /// How long a completion lasts that the register gives no end; `None`: without end.
    pub valid_for: Option<SignedDuration>,
    /// What badges call it: the identifiers of achievements.
    pub achievements: BTreeSet<String>,
    /// What learning records call it: the identifiers of activities.
    pub activities: BTreeSet<String>,
}

/// An issuer of badges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadgeIssuer {
    /// The identifier that credentials of this issuer name.
    pub id: String,
    /// The keys that it signs with.
    pub keys: Vec<BadgeKey>,
}

/// A public key of an issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadgeKey {
    /// The identifier by which a signature names it.
    pub id: String,
    /// The key as OpenSSH writes it: Ed25519 or ECDSA over P-256. Its kind decides how a signature
    /// is verified, whatever the signature says of itself.
    pub openssh: String,
}

/// The register of people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register {
    /// The people, in the order of the text.
    pub people: Vec<RegisteredPerson>,
}

/// A person of the register.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegisteredPerson {
    /// The name to show.
    pub name: String,
    /// Logins on the host of this repository.
    pub logins: Vec<Login>,
    /// Logins on other hosts, by the host's name.
    pub accounts: BTreeMap<String, Vec<Login>>,
    /// All addresses.
    pub emails: Vec<String>,
    /// Fingerprints of keys that the person signs with, `SHA256:…`.
    pub keys: BTreeSet<String>,
    /// The roles of the policy that the person is meant to fill. They grant nothing.
    pub roles: BTreeSet<String>,
    /// From this moment on nothing of the person counts; `None`: they have not left.
    pub left: Option<Timestamp>,
    /// What they were trained in, in the order of the text.
    pub training: Vec<TrainingEntry>,
    /// The line of the entry, counted from 1.
    pub line: u64,
}

/// One completed course of one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainingEntry {
    /// The course, by its name in the policy.
    pub course: String,
    /// Who gave it.
    pub provider: Option<String>,
    /// The first moment at which it counts.
    pub completed: Timestamp,
    /// The first moment at which it no longer counts, where the entry says one.
    pub expires: Option<Timestamp>,
    /// Where the evidence is.
    pub evidence: Option<String>,
    /// Why the course was waived, where it was not completed but waived.
    pub waived: Option<String>,
    /// The line of the entry, counted from 1.
    pub line: u64,
}

/// How strictly training is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrainingRules {
    /// How long training still counts after its end.
    pub grace: SignedDuration,
    /// Do courses that were waived count for nothing?
    pub refuse_waived: bool,
}

/// Whether a person was trained in a course at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrainingStanding {
    /// They were.
    Trained(ValidTraining),
    /// They were not; why, as the end of a sentence about the person.
    Untrained(String),
}

/// Training that was valid at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidTraining {
    /// The first moment at which it no longer counts, grace not included; `None`: no end.
    pub until: Option<Timestamp>,
    /// Why the course was waived, where it was.
    pub waived: Option<String>,
    /// It has ended, and counts only by the grace of the policy.
    pub in_grace: bool,
}

impl RegisteredPerson {
    /// The logins on the host with one of these names, beside those of the repository's own host.
    pub fn logins_on<'a>(&'a self, hosts: &'a [String]) -> impl Iterator<Item = &'a Login> {
        let is_here = |host: &str| hosts.iter().any(|name| name.eq_ignore_ascii_case(host));
        let here = self.accounts.iter().filter(move |(host, _)| is_here(host));
        self.logins.iter().chain(here.flat_map(|(_, logins)| logins))
    }
}

impl TrainingEntry {
    /// The first moment at which it no longer counts; `None`: it has no end.
    pub fn end(&self, course: &Course) -> Option<Timestamp> {
        let by_course = || course.valid_for.map(|time| self.completed.saturating_add(time));
        // A moment beyond the calendar is no end that anyone will see.
        self.expires.or_else(|| by_course()?.ok())
    }
}

/// Whether people, who are entries of the register about one person, were trained in a course at a
/// moment. Of several entries the one that lasts longest decides.
pub fn judge_training(
    entries: &[&RegisteredPerson],
    (name, course): (&str, &Course),
    at: Timestamp,
    rules: TrainingRules,
) -> TrainingStanding {
    if let Some(left) = entries.iter().filter_map(|person| person.left).min().filter(|left| *left <= at) {
        return TrainingStanding::Untrained(format!("left at {left}"));
    }
    let all = entries.iter().flat_map(|person| &person.training).filter(|entry| entry.course == name);
    let (mut best, mut flaw): (Option<ValidTraining>, Option<(Timestamp, String)>) = (None, None);
    for entry in all {
        match judge_entry(entry, (name, course), at, rules) {
            TrainingStanding::Trained(valid)
                if best.as_ref().is_none_or(|best| valid.is_better_than(best)) =>
            {
                best = Some(valid)
            }
            TrainingStanding::Trained(_) => {}
            TrainingStanding::Untrained(why)
                if flaw.as_ref().is_none_or(|(before, _)| *before <= entry.completed) =>
            {
                flaw = Some((entry.completed, why));
            }
            TrainingStanding::Untrained(_) => {}
        }
    }
    let never = || format!("has no training in `{name}`");
    best.map_or_else(
        || TrainingStanding::Untrained(flaw.map_or_else(never, |(_, why)| why)),
        TrainingStanding::Trained,
    )
}

impl ValidTraining {
    /// Completed before waived, not ended before ended, later end before earlier end.
    fn is_better_than(&self, other: &ValidTraining) -> bool {
        let rank =
            |one: &ValidTraining| (!one.in_grace, one.waived.is_none(), one.until.unwrap_or(Timestamp::MAX));
        rank(self) > rank(other)
    }
}

fn judge_entry(
    entry: &TrainingEntry,
    (name, course): (&str, &Course),
    at: Timestamp,
    rules: TrainingRules,
) -> TrainingStanding {
    if rules.refuse_waived && entry.waived.is_some() {
        return TrainingStanding::Untrained(format!("has `{name}` waived, which the policy does not count"));
    }
    if at < entry.completed {
        return TrainingStanding::Untrained(format!("completed `{name}` only by {}", entry.completed));
    }
    let until = entry.end(course);
    let waived = entry.waived.clone();
    match until {
        Some(end) if end <= at => {
            let last = end.saturating_add(rules.grace).unwrap_or(end);
            let is_over = last <= at;
            if is_over {
                TrainingStanding::Untrained(format!("has training in `{name}` that ended at {end}"))
            } else {
                TrainingStanding::Trained(ValidTraining { until, waived, in_grace: true })
            }
        }
        _ => TrainingStanding::Trained(ValidTraining { until, waived, in_grace: false }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn entry(completed: &str, expires: Option<&str>) -> TrainingEntry {
        TrainingEntry {
            course: "review".into(),
            provider: None,
            completed: moment(completed),
            expires: expires.map(moment),
            evidence: None,
            waived: None,
            line: 1,
        }
    }

    fn course(days: Option<i64>) -> Course {
        Course {
            title: "Reviewing".into(),
            valid_for: days.map(|days| SignedDuration::from_hours(24 * days)),
            achievements: BTreeSet::new(),
            activities: BTreeSet::new(),
        }
    }

    fn standing(
        entries: Vec<TrainingEntry>,
        days: Option<i64>,
        at: &str,
        rules: TrainingRules,
    ) -> TrainingStanding {
        let person = RegisteredPerson { training: entries, ..RegisteredPerson::default() };
        judge_training(&[&person], ("review", &course(days)), moment(at), rules)
    }

    fn is_trained(entries: Vec<TrainingEntry>, days: Option<i64>, at: &str) -> bool {
        matches!(standing(entries, days, at, TrainingRules::default()), TrainingStanding::Trained(_))
    }

    #[test]
    fn training_counts_from_its_completion_to_the_second_before_its_end() {
        let one = || vec![entry("2026-01-10T09:00:00Z", Some("2027-01-10T09:00:00+02:00"))];
        assert!(!is_trained(one(), None, "2026-01-10T08:59:59Z"), "completed after the moment");
        assert!(is_trained(one(), None, "2026-01-10T09:00:00Z"));
        assert!(is_trained(one(), None, "2027-01-10T06:59:59Z"));
        assert!(!is_trained(one(), None, "2027-01-10T07:00:00Z"), "ended, in the time zone of the entry");
    }

    #[test]
    fn the_course_gives_the_end_that_the_entry_lacks() {
        let one = || vec![entry("2026-01-10T00:00:00Z", None)];
        assert!(is_trained(one(), Some(10), "2026-01-19T23:59:59Z"));
        assert!(!is_trained(one(), Some(10), "2026-01-20T00:00:00Z"));
        assert!(is_trained(one(), None, "2099-01-01T00:00:00Z"), "a course without end");
    }

    #[test]
    fn of_several_entries_the_longest_decides_and_a_renewal_closes_no_gap() {
        let old = || entry("2025-01-01T00:00:00Z", Some("2026-01-01T00:00:00Z"));
        let new = || entry("2026-03-01T00:00:00Z", Some("2027-03-01T00:00:00Z"));
        for entries in [vec![old(), new()], vec![new(), old()]] {
            assert!(is_trained(entries.clone(), None, "2025-06-01T00:00:00Z"));
            assert!(!is_trained(entries.clone(), None, "2026-02-01T00:00:00Z"), "between the two");
            assert!(is_trained(entries, None, "2026-03-01T00:00:00Z"));
        }
    }

    #[test]
    fn grace_and_waivers_are_visible_and_can_be_refused() {
        let rules = TrainingRules { grace: SignedDuration::from_hours(24), refuse_waived: false };
        let one = || vec![entry("2025-01-01T00:00:00Z", Some("2026-01-01T00:00:00Z"))];
        let TrainingStanding::Trained(valid) = standing(one(), None, "2026-01-01T23:59:59Z", rules) else {
            panic!()
        };
        assert!(valid.in_grace);
        let over = standing(one(), None, "2026-01-02T00:00:00Z", rules);
        assert!(matches!(over, TrainingStanding::Untrained(why) if why.contains("ended at 2026-01-01")));
        let waived = || vec![TrainingEntry { waived: Some("tested out".into()), ..one().remove(0) }];
        assert!(is_trained(waived(), None, "2025-06-01T00:00:00Z"));
        let strict = TrainingRules { refuse_waived: true, ..rules };
        let refused = standing(waived(), None, "2025-06-01T00:00:00Z", strict);
        assert!(matches!(refused, TrainingStanding::Untrained(why) if why.contains("waived")));
    }

    #[test]
    fn who_has_left_counts_until_that_moment() {
        let person = RegisteredPerson {
            training: vec![entry("2025-01-01T00:00:00Z", None)],
            left: Some(moment("2026-01-01T00:00:00Z")),
            ..RegisteredPerson::default()
        };
        let at =
            |at| judge_training(&[&person], ("review", &course(None)), moment(at), TrainingRules::default());
        assert!(matches!(at("2025-12-31T23:59:59Z"), TrainingStanding::Trained(_)));
        assert!(matches!(at("2026-01-01T00:00:00Z"), TrainingStanding::Untrained(_)));
    }
}
