//! A child policy against its house policy: where it differs, and where it is not allowed to.

use super::rules::ROWS;
use crate::control::TABLE;
use crate::control::strictness::{Strictness, StrictnessRule, Unset, ValueStanding, written};
use crate::policy::Problem;
use crate::policy::tree::TomlValue;
use std::ops::Range;
use toml::de::DeValue;
use toml::{Table, Value};

const CONTROLS: &str = "controls";

/// The longest value that a message shows, in characters.
const SHOWN: usize = 120;

/// The lists that the child adds to: what it does not name comes from the house policy.
pub const MERGED_BY_NAME: [&str; 2] = ["data-processing", "people"];

/// A setting that is not as in the house policy, and may be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The key, from the root of the policy.
    pub key: String,
    /// The value of the child.
    pub own: String,
    /// The value of the house policy; `None` where it has none.
    pub house: Option<String>,
    /// How they differ.
    pub kind: DeviationKind,
}

/// How a setting differs from the house policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviationKind {
    /// It asks for more.
    Stricter,
    /// The house policy has nothing of it.
    Added,
    /// The house policy allows it to ask for less.
    Loosened,
}

/// The comparison of one child.
pub struct HouseComparison<'a> {
    /// The house policy.
    pub house: &'a Table,
    /// The keys that a child may loosen, as the house policy writes them.
    pub may_loosen: &'a [String],
    /// What differs.
    pub deviations: Vec<Deviation>,
    /// What may not differ.
    pub problems: Vec<Problem>,
}

/// A value of the child, and that of the house policy.
struct Pair<'p, 'a, 'i> {
    key: &'p [String],
    own: &'a TomlValue<'i>,
    house: Option<&'a Value>,
    rule: &'static StrictnessRule,
}

impl<'a> HouseComparison<'a> {
    /// Compares everything that the child writes.
    pub fn run(&mut self, root: &'a TomlValue<'_>) {
        let DeValue::Table(table) = root.get_ref() else { return };
        for (name, value) in table {
            let house = self.house.get(name.get_ref().as_ref());
            self.visit(&mut vec![name.get_ref().to_string()], value, house);
        }
    }

    fn visit(&mut self, key: &mut Vec<String>, own: &'a TomlValue<'_>, house: Option<&'a Value>) {
        match (row_at(key), own.get_ref()) {
            (Some(rule), DeValue::Table(_)) if rule.order == Strictness::Table => {
                if house.is_some() {
                    self.visit_table(key, own, house)
                } else {
                    self.judge_new(&Pair { key, own, house, rule })
                }
            }
            (Some(StrictnessRule { order: Strictness::Each(id), .. }), DeValue::Array(_)) => {
                self.visit_list(key, own, house, id)
            }
            (Some(rule), _) => self.judge(&Pair { key, own, house, rule }),
            (None, DeValue::Table(_)) => self.visit_table(key, own, house),
            (None, _) => self.refuse_unknown(key, own),
        }
    }

    fn visit_table(&mut self, key: &mut Vec<String>, own: &'a TomlValue<'_>, house: Option<&'a Value>) {
        let DeValue::Table(table) = own.get_ref() else { return };
        for (name, value) in table {
            key.push(name.get_ref().to_string());
            self.visit(key, value, house.and_then(|house| house.get(name.get_ref().as_ref())));
            key.pop();
        }
    }

    /// A list of tables that one of their keys tells apart.
    fn visit_list(
        &mut self,
        key: &mut Vec<String>,
        own: &'a TomlValue<'_>,
        house: Option<&'a Value>,
        id: &str,
    ) {
        let elements = own.get_ref().as_array().into_iter().flatten();
        let wanted = house.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let find = |name: &str| wanted.iter().find(|one| one.get(id).and_then(Value::as_str) == Some(name));
        let mut named = Vec::new();
        for element in elements {
            let name = element.get_ref().get(id).and_then(|name| name.get_ref().as_str()).unwrap_or_default();
            named.push(name);
            key.push(name.to_string());
            self.visit_element(key, element, find(name));
            key.pop();
        }
        if !MERGED_BY_NAME.contains(&key.join(".").as_str()) {
            let names = wanted.iter().filter_map(|one| one.get(id)?.as_str());
            names
                .filter(|name| !named.contains(name))
                .for_each(|name| self.refuse_missing(key, own.span(), name));
        }
    }

    fn visit_element(&mut self, key: &mut Vec<String>, own: &'a TomlValue<'_>, house: Option<&'a Value>) {
        let list = key.split_last().and_then(|(_, list)| row_at(list));
        match (house, row_at(key), list) {
            (None, _, Some(rule)) => self.judge_new(&Pair { key, own, house, rule }),
            (Some(_), Some(rule), _) => self.judge(&Pair { key, own, house, rule }),
            _ => self.visit_table(key, own, house),
        }
    }

    fn judge(&mut self, pair: &Pair<'_, 'a, '_>) {
        let Some(house) = pair.house else { return self.judge_new(pair) };
        match pair.rule.order.compare(&plain_value(pair.own), house) {
            _ if pair.rule.order == Strictness::Any => {}
            ValueStanding::Equal => {}
            ValueStanding::Stricter => self.note(pair, DeviationKind::Stricter),
            ValueStanding::Looser => self.refuse(pair, house, "and the house policy has"),
        }
    }

    /// The house policy has nothing at this key.
    fn judge_new(&mut self, pair: &Pair<'_, 'a, '_>) {
        let default = match pair.rule.unset {
            Unset::Adds => None,
            Unset::Refused => return self.refuse_new(pair),
            Unset::Default(text) => default_value(text),
            Unset::DefaultOf(key) => self.value_at(key, pair.key).cloned(),
        };
        match default {
            Some(default) => match pair.rule.order.compare(&plain_value(pair.own), &default) {
                ValueStanding::Equal => {}
                ValueStanding::Stricter => self.note(pair, DeviationKind::Added),
                ValueStanding::Looser => self.refuse(pair, &default, "and by the house policy it is"),
            },
            None if pair.rule.order == Strictness::Any => {}
            None => self.note(pair, DeviationKind::Added),
        }
    }

    /// The value of the house policy at the key of a row of the same table, with the names of this
    /// key.
    fn value_at(&self, row: &str, key: &[String]) -> Option<&'a Value> {
        let (_, below) = rows_for(key)?;
        let table = key.get(..key.len() - below.len())?;
        let named = |(place, step): (usize, &str)| match (step, below.get(place)) {
            ("*", Some(own)) => own.clone(),
            _ => step.to_string(),
        };
        let way = table.iter().cloned().chain(steps_of(row).enumerate().map(named));
        let mut way = way.collect::<Vec<_>>().into_iter();
        let first = self.house.get(&way.next()?)?;
        way.try_fold(first, |value, step| value.get(&step))
    }

    fn note(&mut self, pair: &Pair<'_, '_, '_>, kind: DeviationKind) {
        self.deviations.push(Deviation {
            key: pair.key.join("."),
            own: shown(&plain_value(pair.own)),
            house: pair.house.map(shown),
            kind,
        });
    }

    fn refuse(&mut self, pair: &Pair<'_, '_, '_>, house: &Value, how: &str) {
        if self.may_loosen(pair.key) {
            return self.note(pair, DeviationKind::Loosened);
        }
        let (key, house) = (pair.key.join("."), shown(house));
        let message = format!("`{key}` is {}, {how} {house}", shown(&plain_value(pair.own)));
        let advice = pair.rule.order.advice(&house);
        let help =
            format!("{advice}, or remove the key; only the house policy can allow less: {}", allowing(&key));
        self.problems.push(Problem::new(pair.own.span(), message).help(help));
    }

    fn refuse_new(&mut self, pair: &Pair<'_, '_, '_>) {
        if self.may_loosen(pair.key) {
            return self.note(pair, DeviationKind::Loosened);
        }
        let key = pair.key.join(".");
        let message = format!("`{key}` is set, and the house policy, which has none, does not allow it");
        let help = format!("remove it; only the house policy can allow it: {}", allowing(&key));
        self.problems.push(Problem::new(pair.own.span(), message).help(help));
    }

    fn refuse_missing(&mut self, key: &[String], span: Range<usize>, name: &str) {
        let key = key.join(".");
        if self.may_loosen(&key.split('.').map(String::from).collect::<Vec<_>>()) {
            return;
        }
        let message = format!("`{key}` leaves out `{name}`, which the house policy has");
        let help = format!("add it; only the house policy can allow less: {}", allowing(&key));
        self.problems.push(Problem::new(span, message).help(help));
    }

    fn refuse_unknown(&mut self, key: &[String], own: &TomlValue<'_>) {
        let key = key.join(".");
        let message =
            format!("this version of portcullis does not know whether `{key}` makes a policy stricter");
        self.problems.push(Problem::new(own.span(), message).help("write it into the house policy"));
    }

    fn may_loosen(&self, key: &[String]) -> bool {
        self.may_loosen.iter().any(|allowed| covers(allowed, key))
    }
}

/// What a house policy has and a policy that takes nothing over from it does not write: each key,
/// with the value of the house policy.
pub fn list_missing(own: &Value, house: &Table, may_loosen: &[String]) -> Vec<(String, String)> {
    let mut missing = Vec::new();
    let own_parts = ["schema", "project", "extends", "house"];
    for (name, wanted) in house.iter().filter(|(name, _)| !own_parts.contains(&name.as_str())) {
        find_missing(&mut vec![name.clone()], own.get(name), wanted, &mut missing);
    }
    let may_loosen = |key: &[String]| may_loosen.iter().any(|allowed| covers(allowed, key));
    missing.retain(|(key, _)| !may_loosen(key));
    missing.into_iter().map(|(key, value)| (key.join("."), value)).collect()
}

fn find_missing(
    key: &mut Vec<String>,
    own: Option<&Value>,
    house: &Value,
    missing: &mut Vec<(Vec<String>, String)>,
) {
    let order = row_at(key).map(|row| row.order);
    if order == Some(Strictness::Any) {
        return;
    }
    let below: Vec<(&str, Option<&Value>, &Value)> = match (own, house, order) {
        (None, _, _) => return missing.push((key.clone(), shown(house))),
        (Some(own), Value::Table(house), _) => {
            house.iter().map(|(name, wanted)| (name.as_str(), own.get(name), wanted)).collect()
        }
        (Some(Value::Array(own)), Value::Array(house), Some(Strictness::Each(id))) => {
            let find = |name: &str| own.iter().find(|one| one_name(one, id) == name);
            let named = |wanted| (one_name(wanted, id), find(one_name(wanted, id)), wanted);
            house.iter().map(named).collect()
        }
        _ => return,
    };
    for (name, own, wanted) in below {
        key.push(name.to_string());
        find_missing(key, own, wanted, missing);
        key.pop();
    }
}

/// How an element of a list is called by one of its keys.
fn one_name<'v>(element: &'v Value, id: &str) -> &'v str {
    element.get(id).and_then(Value::as_str).unwrap_or_default()
}

/// A default of the table of rows.
fn default_value(text: &str) -> Option<Value> {
    format!("value = {text}").parse::<Table>().ok()?.remove("value")
}

fn allowing(key: &str) -> String {
    format!("`[house] may-loosen = [\"{key}\"]`")
}

/// Is this the key of a row or of a permission, or below it?
fn covers(pattern: &str, key: &[String]) -> bool {
    let mut steps = key.iter();
    steps_of(pattern).all(|step| steps.next().is_some_and(|own| step == "*" || step == own))
}

/// The row of exactly this key.
fn row_at(key: &[String]) -> Option<&'static StrictnessRule> {
    let (rows, below) = rows_for(key)?;
    rows.iter().find(|row| steps_of(row.key).count() == below.len() && covers(row.key, below))
}

/// The rows that a key is among, and the rest of it, which these are about.
fn rows_for(key: &[String]) -> Option<(&'static [StrictnessRule], &[String])> {
    match key {
        [first, name, below @ ..] if first == CONTROLS => {
            let kind = TABLE.iter().find(|kind| kind.name == name)?;
            Some((kind.strictness, below))
        }
        _ => Some((ROWS, key)),
    }
}

fn steps_of(key: &str) -> impl Iterator<Item = &str> {
    key.split('.').filter(|step| !step.is_empty())
}

/// The key of a row of a control, from the root of the policy.
fn key_in(control: &str, row: &StrictnessRule) -> String {
    format!("{CONTROLS}.{control}.{}", row.key).trim_end_matches('.').to_string()
}

/// Every row, with the table that it is about.
pub fn all_rows() -> impl Iterator<Item = (String, &'static StrictnessRule)> {
    let controls =
        TABLE.iter().flat_map(|kind| kind.strictness.iter().map(move |row| (key_in(kind.name, row), row)));
    ROWS.iter().map(|row| (row.key.to_string(), row)).chain(controls)
}

/// Could a child write something at this key that a row is about?
pub fn is_known_key(pattern: &str) -> bool {
    let given: Vec<&str> = pattern.split('.').collect();
    all_rows().any(|(key, row)| {
        let steps: Vec<&str> = key.split('.').collect();
        steps.iter().zip(&given).all(|(row, given)| row == given || *row == "*" || *given == "*")
            && (given.len() <= steps.len() || row.order != Strictness::Table)
    })
}

fn shown(value: &Value) -> String {
    let text = written(value);
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{} …", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

/// A value without its places.
pub fn plain_value(value: &TomlValue<'_>) -> Value {
    match value.get_ref() {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Value::Float(f64::NAN), Value::Integer),
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(set) => Value::Boolean(*set),
        DeValue::Datetime(time) => Value::Datetime(*time),
        DeValue::Array(list) => Value::Array(list.iter().map(plain_value).collect()),
        DeValue::Table(table) => {
            let entries = table.iter().map(|(key, value)| (key.get_ref().to_string(), plain_value(value)));
            Value::Table(entries.collect())
        }
    }
}
