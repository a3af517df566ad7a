//! An example of every key, from files that the program reads: a key that has none fails a test.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Policies that hold every key of one.
pub const POLICIES: [&str; 5] = [
    include_str!("examples/controls.toml"),
    include_str!("examples/datasets.toml"),
    include_str!("../../../../policies/sensitive-data.toml"),
    include_str!("../../../../policies/baseline.toml"),
    include_str!("examples/child.toml"),
];

/// The house policy that one of them extends.
pub const HOUSE: &str = include_str!("examples/house.toml");

/// Files of waivers and rollbacks, and registers of people.
pub const WAIVERS: [&str; 1] = [include_str!("examples/waivers.toml")];
pub const PEOPLE: [&str; 1] = [include_str!("examples/people.toml")];

/// A longer example is not shown in a row.
const LONGEST: usize = 90;

/// The first example of each key, by the keys of its table: tables of one kind share them.
pub struct Examples(BTreeMap<(String, String), Value>);

impl Examples {
    /// The examples for a schema in these texts.
    pub fn of(schema: &Value, texts: &[&str]) -> Self {
        let mut found = BTreeMap::new();
        for text in texts {
            visit(schema, &toml::from_str(text).unwrap(), &mut found);
        }
        Examples(found)
    }

    fn find(&self, table: &Value, key: &str) -> Option<&Value> {
        self.0.get(&(table.to_string(), key.to_string()))
    }

    /// Writes each example into the schema, and returns the keys that have none.
    pub fn write_into(&self, schema: &mut Value) -> Vec<String> {
        let mut without = Vec::new();
        self.write_below("", schema, &mut without);
        without
    }

    fn write_below(&self, path: &str, schema: &mut Value, without: &mut Vec<String>) {
        let Value::Object(schema) = schema else { return };
        let table = schema.get("properties").cloned();
        if let (Some(table), Some(Value::Object(properties))) = (&table, schema.get_mut("properties")) {
            for (key, value) in properties {
                let path = format!("{path}.{key}");
                self.write_below(&path, value, without);
                match self.find(table, key) {
                    Some(example) => add_example(value, example),
                    None => without.push(path),
                }
            }
        }
        for key in ["items", "additionalProperties"] {
            if let Some(below) = schema.get_mut(key) {
                self.write_below(path, below, without);
            }
        }
        if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
            choices.iter_mut().for_each(|choice| self.write_below(path, choice, without));
        }
    }
}

fn add_example(schema: &mut Value, example: &Value) {
    if let Value::Object(schema) = schema {
        schema.insert("examples".to_string(), Value::Array(vec![example.clone()]));
    }
}

fn visit(schema: &Value, value: &Value, found: &mut BTreeMap<(String, String), Value>) {
    match value {
        Value::Object(entries) => {
            visit_table(schema, entries, found);
            entries.values().for_each(|below| visit(&schema["additionalProperties"], below, found));
        }
        Value::Array(list) => list.iter().for_each(|below| visit(&schema["items"], below, found)),
        _ => {}
    }
    schema["anyOf"].as_array().into_iter().flatten().for_each(|choice| visit(choice, value, found));
}

fn visit_table(schema: &Value, entries: &Map<String, Value>, found: &mut BTreeMap<(String, String), Value>) {
    let table = &schema["properties"];
    for (key, below) in entries.iter().filter(|(key, _)| table.get(key.as_str()).is_some()) {
        found.entry((table.to_string(), key.clone())).or_insert_with(|| below.clone());
        visit(&table[key.as_str()], below, found);
    }
}

/// The example of a key for the row of a table: as TOML writes it, or nothing where it is long and
/// its keys have tables of their own.
pub fn show_example(schema: &Value) -> String {
    let Some(example) = schema["examples"].get(0) else { return String::new() };
    let text = write_toml(example);
    let has_own_table = text.len() > LONGEST || text.contains('\n');
    match example {
        Value::Object(_) if has_own_table => "below".to_string(),
        Value::Array(list) if has_own_table => {
            let first = list.first().map(write_toml).filter(|first| first.len() <= LONGEST);
            first.map_or("below".to_string(), |first| in_code(&format!("[{first}, …]")))
        }
        _ => in_code(&text),
    }
}

fn in_code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|").replace('\n', " "))
}

fn write_toml(value: &Value) -> String {
    match value {
        Value::String(text) if text.contains(['\\', '"']) && !text.contains('\'') => format!("'{text}'"),
        Value::String(text) if text.contains('\n') => write_toml(&text.lines().next().into()),
        Value::Array(list) => {
            let inner: Vec<String> = list.iter().map(write_toml).collect();
            format!("[{}]", inner.join(", "))
        }
        Value::Object(entries) => {
            let pair =
                |(key, value): (&String, &Value)| format!("{} = {}", write_key(key), write_toml(value));
            let inner: Vec<String> = entries.iter().map(pair).collect();
            if inner.is_empty() { "{}".to_string() } else { format!("{{ {} }}", inner.join(", ")) }
        }
        other => other.to_string(),
    }
}

fn write_key(key: &str) -> String {
    let is_bare = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if is_bare { key.to_string() } else { format!("\"{key}\"") }
}
