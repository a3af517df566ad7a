//! What "stricter" means: which of two values of a key of the policy asks for more.
//!
//! Each control has a table of its keys, `strictness.rs`; the other keys of the policy have theirs
//! in `policy::house::rules`. A policy that extends another is held against it by these rows.

use std::cmp::Ordering;
use toml::{Table, Value};

/// A key, and what stricter means for it. `*` is a name, or what tells an element of a list from
/// others. The row is about the key and everything below it that has no row of its own.
#[derive(Debug)]
pub struct StrictnessRule {
    /// The key: of a control from its table, `""` for that; of others from the root of the policy.
    pub key: &'static str,
    /// Which of two values is the stricter one.
    pub order: Strictness,
    /// What may be written where the policy that is extended has nothing.
    pub unset: Unset,
}

/// A row.
pub const fn row(key: &'static str, order: Strictness, unset: Unset) -> StrictnessRule {
    StrictnessRule { key, order, unset }
}

/// What may be written where the policy that is extended has nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unset {
    /// Anything: it only adds to what is required.
    Adds,
    /// Nothing: it would allow something.
    Refused,
    /// What is as strict as this value, which the key has by default.
    Default(&'static str),
    /// What is as strict as the value of another key of the table of rows, which counts by default.
    DefaultOf(&'static str),
}

/// Which evidence counts. Neither of `host` and `signed` is the stricter one.
pub const TRUST: Strictness = Strictness::Ranked(&["local", "host"]);

/// What becomes of people whom no one knows.
pub const UNKNOWN: Strictness = Strictness::Ranked(&["unproven", "refuse"]);

/// Whether courses count that were waived.
pub const WAIVED: Strictness = Strictness::Ranked(&["accept", "refuse"]);

/// A requirement that `true` switches on.
pub const SWITCH: Strictness = Strictness::Ranked(&["false", "true"]);

/// How the values of a key compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// Not at all: the key says nothing of what is required.
    Any,
    /// Two values that differ cannot be compared.
    Same,
    /// The larger number is the stricter one.
    More,
    /// The smaller number is the stricter one.
    Less,
    /// The shorter time is the stricter one.
    Shorter,
    /// The later word is the stricter one. Words that are not listed cannot be compared.
    Ranked(&'static [&'static str]),
    /// A list is stricter when it holds more.
    Superset,
    /// A list is stricter when it holds less.
    Subset,
    /// A list of tables that this key tells apart. The keys of each have rows of their own.
    Each(&'static str),
    /// A table whose keys have rows of their own.
    Table,
}

/// How a value compares with that of the house policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueStanding {
    /// They are the same.
    Equal,
    /// It is stricter.
    Stricter,
    /// It is not stricter, or cannot be compared.
    Looser,
}

impl Strictness {
    /// Compares a value with that of the house policy.
    pub fn compare(self, own: &Value, house: &Value) -> ValueStanding {
        if own == house {
            return ValueStanding::Equal;
        }
        let stricter = match self {
            Strictness::Any => true,
            Strictness::Same | Strictness::Each(_) | Strictness::Table => false,
            Strictness::More => number_of(own).zip(number_of(house)).is_some_and(|(own, house)| own >= house),
            Strictness::Less => number_of(own).zip(number_of(house)).is_some_and(|(own, house)| own <= house),
            Strictness::Shorter => is_shorter(own, house),
            Strictness::Ranked(words) => {
                rank(words, own).zip(rank(words, house)).is_some_and(|(own, house)| own > house)
            }
            Strictness::Superset => holds_all(own, house),
            Strictness::Subset => holds_all(house, own),
        };
        if stricter { ValueStanding::Stricter } else { ValueStanding::Looser }
    }

    /// What may be written in place of a looser value.
    pub fn advice(self, house: &str) -> String {
        match self {
            Strictness::More => format!("Write {house} or more"),
            Strictness::Less => format!("Write {house} or less"),
            Strictness::Shorter => format!("Write {house} or a shorter time"),
            Strictness::Superset => format!("Write a list that holds everything of {house}"),
            Strictness::Subset => format!("Write a list that holds nothing beside {house}"),
            Strictness::Ranked(words) => format!("Write {house}{}", stricter_words(words, house)),
            Strictness::Any | Strictness::Same | Strictness::Each(_) | Strictness::Table => {
                format!("Write {house}")
            }
        }
    }
}

fn stricter_words(words: &[&str], house: &str) -> String {
    let at = words.iter().position(|word| house.trim_matches('"') == *word);
    let later = at.and_then(|at| words.get(at + 1..)).unwrap_or_default();
    later.iter().map(|word| format!(" or `{word}`")).collect()
}

fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

fn rank(words: &[&str], value: &Value) -> Option<usize> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Boolean(set) => set.to_string(),
        _ => return None,
    };
    words.iter().position(|word| *word == text)
}

fn holds_all(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Array(whole), Value::Array(part)) => part.iter().all(|one| whole.contains(one)),
        _ => false,
    }
}

/// Is this time the shorter one? Of shares of records, each with its time, every share of the
/// longer one has to be there in no more time.
fn is_shorter(own: &Value, house: &Value) -> bool {
    match (own, house) {
        (Value::String(own), Value::String(house)) => compare_times(own, house).is_some_and(Ordering::is_le),
        (Value::Array(own), Value::Array(house)) => {
            house.iter().all(|wanted| own.iter().any(|share| is_earlier_share(share, wanted)))
        }
        _ => false,
    }
}

fn is_earlier_share(own: &Value, house: &Value) -> bool {
    let share = |value: &Value| value.get("share").and_then(number_of);
    let within = |value: &Value| Some(value.get("within")?.as_str()?.to_string());
    let larger = share(own).zip(share(house)).is_some_and(|(own, house)| own >= house);
    let sooner = within(own).zip(within(house));
    larger && sooner.is_some_and(|(own, house)| compare_times(&own, &house).is_some_and(Ordering::is_le))
}

/// Of two times in one kind of hours. A working hour is no part of a day.
fn compare_times(one: &str, other: &str) -> Option<Ordering> {
    let (one, other) = (Time::read(one)?, Time::read(other)?);
    (one.working == other.working).then(|| one.seconds.cmp(&other.seconds))
}

struct Time {
    seconds: u64,
    working: bool,
}

impl Time {
    fn read(text: &str) -> Option<Time> {
        if text == "unlimited" {
            return Some(Time { seconds: u64::MAX, working: false });
        }
        if let Some(hours) =
            text.strip_suffix(" working hours").or_else(|| text.strip_suffix(" working hour"))
        {
            return Some(Time { seconds: hours.parse().ok()?, working: true });
        }
        let unit = text.chars().last()?;
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 60 * 60,
            'd' => 24 * 60 * 60,
            _ => return None,
        };
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        Some(Time { seconds: number.checked_mul(seconds)?, working: false })
    }
}

/// The value as a policy writes it, on one line.
pub fn written(value: &Value) -> String {
    match value {
        Value::Table(table) => format!("{{ {} }}", entries(table)),
        Value::Array(list) => format!("[{}]", list.iter().map(written).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

fn entries(table: &Table) -> String {
    table.iter().map(|(key, value)| format!("{key} = {}", written(value))).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        format!("x = {text}").parse::<Table>().unwrap().remove("x").unwrap()
    }

    fn is_stricter(order: Strictness, own: &str, house: &str) -> bool {
        order.compare(&value(own), &value(house)) == ValueStanding::Stricter
    }

    #[test]
    fn times_compare_in_their_own_kind_of_hours() {
        for (own, house) in [("'90s'", "'2m'"), ("'23h'", "'1d'"), ("'365d'", "'unlimited'")] {
            assert!(is_stricter(Strictness::Shorter, own, house), "{own} {house}");
            assert!(!is_stricter(Strictness::Shorter, house, own), "{house} {own}");
        }
        assert!(is_stricter(Strictness::Shorter, "'4 working hours'", "'8 working hours'"));
        assert!(!is_stricter(Strictness::Shorter, "'1 working hour'", "'30d'"));
        assert!(!is_stricter(Strictness::Shorter, "'soon'", "'1d'"));
    }

    #[test]
    fn shares_of_records_come_no_later() {
        let house = "[{ share = 0.9, within = '24h' }, { share = 1.0, within = '72h' }]";
        let sooner = "[{ share = 0.95, within = '24h' }, { share = 1.0, within = '48h' }]";
        assert!(is_stricter(Strictness::Shorter, sooner, house));
        assert!(!is_stricter(Strictness::Shorter, house, sooner));
        assert!(!is_stricter(Strictness::Shorter, "[{ share = 0.9, within = '24h' }]", house));
    }

    #[test]
    fn words_that_are_not_listed_cannot_be_compared() {
        let trust = Strictness::Ranked(&["local", "host"]);
        assert!(is_stricter(trust, "'host'", "'local'"));
        for (own, house) in [("'local'", "'host'"), ("'signed'", "'local'"), ("'host'", "'signed'")] {
            assert!(!is_stricter(trust, own, house), "{own} {house}");
        }
    }

    #[test]
    fn lists_and_numbers() {
        assert!(is_stricter(Strictness::Superset, "['a', 'b']", "['b']"));
        assert!(!is_stricter(Strictness::Superset, "[]", "['b']"));
        assert!(is_stricter(Strictness::Subset, "[]", "['b']"));
        assert!(!is_stricter(Strictness::Subset, "['a', 'b']", "['b']"));
        assert!(is_stricter(Strictness::More, "3", "2") && !is_stricter(Strictness::More, "1", "2"));
        assert!(is_stricter(Strictness::Less, "0.1", "0.2") && !is_stricter(Strictness::Less, "1", "0"));
        assert!(!is_stricter(Strictness::Same, "1", "2") && is_stricter(Strictness::Any, "1", "2"));
    }
}
