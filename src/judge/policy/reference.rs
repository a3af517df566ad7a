//! The JSON Schema of a policy, and the reference page `docs/policy.md`: both follow from the types
//! that policies are read into, from their doc comments, and from the documentation of the
//! controls.
//!
//! `SNAPSHOTS=overwrite cargo test --lib reference` writes both files again.

use super::Policy;
use super::document::PolicyDocument;
use super::house::HouseTexts;
use super::register::RegisterDocument;
use super::waivers::WaiverFile;
use crate::control::{Kind, Stage, TABLE, Waivable};
use examples::{Examples, show_example};
use portcullis_model::host::HostProfile;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use snapbox::data::DataFormat;
use snapbox::{Data, assert_data_eq};
use std::fmt::Write as _;
use std::path::Path;

#[cfg(test)]
mod examples;

/// What the page says before the first table.
const HEAD: &str = include_str!("reference/head.md");

pub(super) fn policy_schema() -> Value {
    // The reader looks for these itself, so that one mistake hides no other.
    let required = ["branches", "controls", "data-processing", "project", "schema"];
    let texts = [&examples::POLICIES[..], &[examples::HOUSE]].concat();
    schema_of::<PolicyDocument>("A policy of Portcullis", "portcullis.toml", &required, &texts)
}

/// The schema for editors: a policy that extends another, and one that others extend, need not be
/// whole.
fn committed_schema() -> Value {
    let mut schema = policy_schema();
    schema["required"] = json!(["schema"]);
    schema["anyOf"] = json!([
        { "required": ["branches", "controls", "data-processing", "project"] },
        { "required": ["extends", "project"] },
        { "required": ["house"] },
    ]);
    schema
}

fn people_schema() -> Value {
    let file = "portcullis-people.toml";
    schema_of::<RegisterDocument>("A register of people of Portcullis", file, &["schema"], &examples::PEOPLE)
}

fn waivers_schema() -> Value {
    let file = "portcullis-waivers.toml";
    schema_of::<WaiverFile>("Waivers and rollbacks of Portcullis", file, &["schema"], &examples::WAIVERS)
}

/// The schema of a file, with an example for each key.
fn schema_of<T: schemars::JsonSchema>(title: &str, file: &str, required: &[&str], texts: &[&str]) -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    schema["title"] = title.into();
    schema["description"] = format!("The file `{file}`, as JSON.").into();
    schema["required"] = json!(required);
    tidy(&mut schema);
    let without = Examples::of(&schema, texts).write_into(&mut schema);
    assert!(without.is_empty(), "write an example into src/judge/policy/reference/examples: {without:#?}");
    schema
}

/// TOML has no null, and no text here needs a note on the width of an integer.
fn tidy(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(tidy),
        Value::Object(object) => {
            tidy_object(object);
            object.values_mut().for_each(tidy);
        }
        _ => {}
    }
}

fn tidy_object(object: &mut Map<String, Value>) {
    // What a type is to the program says nothing to the writer of a policy.
    for key in ["items", "additionalProperties"] {
        if let Some(Value::Object(one)) = object.get_mut(key) {
            one.remove("description");
        }
    }
    if let Some(Value::String(text)) = object.get_mut("description") {
        *text = text.replace('\n', " ");
    }
    let is_integer = |format: &Value| format.as_str().is_some_and(|format| format.starts_with("uint"));
    if object.get("format").is_some_and(is_integer) {
        object.remove("format");
    }
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [one] = types.as_slice() {
            object["type"] = one.clone();
        }
    }
    if let Some(Value::Array(words)) = object.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|choice| choice["type"] != "null");
        if let [Value::Object(one)] = choices.as_slice() {
            let one = one.clone();
            object.remove("anyOf");
            one.into_iter().for_each(|(key, value)| {
                object.entry(key).or_insert(value);
            });
        }
    }
}

fn held_equal(text: &str, file: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
    assert_data_eq!(text, Data::read_from(&file, Some(DataFormat::Text)).raw());
}

#[test]
fn the_committed_schema_of_the_register_follows_from_the_types() {
    held_equal(
        &(serde_json::to_string_pretty(&people_schema()).unwrap() + "\n"),
        "docs/schema/people-v1.json",
    );
}

#[test]
fn the_committed_schema_of_waivers_follows_from_the_types() {
    held_equal(
        &(serde_json::to_string_pretty(&waivers_schema()).unwrap() + "\n"),
        "docs/schema/waivers-v1.json",
    );
}

/// What the page and the schemas show as examples is what the program takes.
#[test]
fn every_file_of_examples_is_valid() {
    let houses = HouseTexts::of([examples::HOUSE.to_string()]);
    for text in examples::POLICIES {
        Policy::parse_extending(text, &HostProfile::github_com(), &houses).unwrap();
    }
    let policy = Policy::parse(examples::POLICIES[0]).unwrap();
    for text in examples::WAIVERS {
        assert_eq!((policy.waivers(text).unwrap().len(), policy.rollbacks(text).unwrap().len()), (1, 1));
    }
    examples::PEOPLE.iter().for_each(|text| drop(super::read_register(text).unwrap()));
}

#[test]
fn the_committed_schema_follows_from_the_types() {
    held_equal(
        &(serde_json::to_string_pretty(&committed_schema()).unwrap() + "\n"),
        "docs/schema/policy-v1.json",
    );
}

#[test]
fn the_reference_page_follows_from_the_types_and_the_controls() {
    held_equal(&page(&policy_schema()), "docs/policy.md");
}

fn page(schema: &Value) -> String {
    let mut page = HEAD.to_string();
    page.push_str("\n## The document\n\n");
    page.push_str(&table(schema));
    for (key, value) in properties(schema).filter(|(key, _)| *key != "controls") {
        sections(&mut page, key, value);
    }
    page.push_str("\n## The controls\n\n| control | judges | waivers |\n| --- | --- | --- |\n");
    for kind in TABLE {
        let _ = writeln!(page, "| [`{0}`](#{0}) | {1} | {2} |", kind.name, judges(kind), waivers(kind));
    }
    for kind in TABLE {
        control(&mut page, kind, &schema["properties"]["controls"]["properties"][kind.name]);
    }
    file_beside(
        &mut page,
        "Waivers and rollbacks",
        "portcullis-waivers.toml",
        "waivers.md",
        &waivers_schema(),
    );
    file_beside(&mut page, "The register of people", "portcullis-people.toml", "people.md", &people_schema());
    page
}

/// A file that lies beside the policy.
fn file_beside(page: &mut String, title: &str, file: &str, about: &str, schema: &Value) {
    let _ = write!(
        page,
        "\n## {title}\n\nThe file `{file}` beside the policy; [its page]({about}) explains it.\n\n"
    );
    page.push_str(&table(schema));
    for (key, value) in properties(schema) {
        sections(page, key, value);
    }
}

fn judges(kind: &Kind) -> String {
    let stage = match kind.stage {
        Stage::Change => "changes",
        Stage::Deployment => "deployments",
        Stage::Both => "changes and deployments",
    };
    format!("{stage}{}", if kind.always_on { "; always on" } else { "" })
}

fn waivers(kind: &Kind) -> String {
    match kind.waivable {
        Waivable::Freely => "yes".into(),
        Waivable::ByCommit => "only by commit".into(),
        Waivable::Never { because, .. } => format!("no: {because}"),
    }
}

/// A control: what it requires and why, its settings, and how to meet it.
fn control(page: &mut String, kind: &Kind, settings: &Value) {
    let _ = writeln!(page, "\n## {}", kind.name);
    let mut texts = kind.documentation.sections().collect::<Vec<_>>();
    let last = texts.pop();
    for (title, text) in texts {
        let _ = writeln!(page, "\n**{title}.**\n\n{text}");
    }
    sections(page, &format!("controls.{}", kind.name), settings);
    if let Some((title, text)) = last {
        let _ = writeln!(page, "\n**{title}.**\n\n{text}");
    }
}

/// The section of a table of the policy, and of each table below it.
fn sections(page: &mut String, path: &str, value: &Value) {
    let (path, value, brackets) = match (&value["items"], &value["additionalProperties"]) {
        (item @ Value::Object(_), _) if item["properties"].is_object() => {
            (path.to_string(), item, ("[[", "]]"))
        }
        (_, one @ Value::Object(_)) if one["properties"].is_object() => {
            (format!("{path}.NAME"), one, ("[", "]"))
        }
        _ if value["properties"].is_object() => (path.to_string(), value, ("[", "]")),
        _ => return,
    };
    let _ = write!(page, "\n### `{}{path}{}`\n\n{}", brackets.0, brackets.1, table(value));
    let mut shown: Vec<(&str, Value)> = Vec::new();
    for (key, value) in properties(value) {
        let keys = keys_below(value);
        match shown.iter().find(|(_, other)| keys.is_object() && *other == keys) {
            Some((other, _)) => {
                let _ = write!(page, "\n### `{path}.{key}`\n\nThe keys of `{path}.{other}`.\n");
            }
            None => sections(page, &format!("{path}.{key}"), value),
        }
        shown.push((key, keys));
    }
}

/// The keys of a table or of each table of a list.
fn keys_below(value: &Value) -> Value {
    let table = if value["items"].is_object() { &value["items"] } else { value };
    table["properties"].clone()
}

fn properties(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    schema["properties"].as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

fn table(schema: &Value) -> String {
    let mut text = String::from("| key | value | example | meaning |\n| --- | --- | --- | --- |\n");
    let is_needed =
        |key: &str| schema["required"].as_array().is_some_and(|keys| keys.iter().any(|name| name == key));
    let mut rows: Vec<_> = properties(schema).collect();
    rows.sort_by_key(|(key, _)| !is_needed(key));
    for (key, value) in rows {
        let needed = if is_needed(key) { ", **required**" } else { "" };
        let (kind, example) = (kind_of(value), show_example(value));
        let _ = writeln!(text, "| `{key}`{needed} | {kind} | {example} | {} |", meaning(value));
    }
    text
}

/// What may be written as the value.
fn kind_of(value: &Value) -> String {
    if let Some(one) = value.get("const") {
        return format!("`{one}`");
    }
    let words = value["enum"].as_array().or(value["oneOf"].as_array());
    if let Some(words) = words {
        let word = |word: &Value| format!("`{}`", word.get("const").unwrap_or(word));
        return words.iter().map(word).collect::<Vec<_>>().join(", ");
    }
    let bounds = match (value["minimum"].as_u64(), value["maximum"].as_u64()) {
        (Some(from), Some(to)) => format!(" from {from} to {to}"),
        (Some(from), None) if from > 0 => format!(" from {from}"),
        _ => String::new(),
    };
    match (&value["type"], &value["items"]) {
        (Value::String(name), item) if name == "array" && item["properties"].is_object() => {
            "array of tables".into()
        }
        (Value::String(name), item) if name == "array" && item["type"] == "integer" => {
            "list of integers".into()
        }
        (Value::String(name), _) if name == "array" => "list of strings".into(),
        (Value::String(name), _) => match name.as_str() {
            "object" => if value["properties"].is_object() { "table" } else { "tables, by name" }.into(),
            "boolean" => "`true`, `false`".into(),
            "integer" => format!("integer{bounds}"),
            "number" => "number".into(),
            _ => "string".into(),
        },
        _ if value["anyOf"].is_array() => "string or array of tables".into(),
        _ => "string or integer".into(),
    }
}

/// The description, on one line, with the meaning of each word that may be written.
fn meaning(value: &Value) -> String {
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
    let mut text = line(value["description"].as_str().unwrap_or_default());
    for word in value["oneOf"].as_array().into_iter().flatten() {
        let about = line(word["description"].as_str().unwrap_or_default());
        let _ = write!(text, " `{}`: {about}", word["const"]);
    }
    text
}

#[test]
fn every_setting_says_what_it_means() {
    fn silent(value: &Value, path: &str, all: &mut Vec<String>) {
        for (key, value) in properties(value) {
            let path = format!("{path}.{key}");
            let is_control = path.matches('.').count() == 2 && path.starts_with(".controls.");
            if value["description"].as_str().is_none_or(str::is_empty) && !is_control {
                all.push(path.clone());
            }
            for value in [value, &value["items"], &value["additionalProperties"]] {
                silent(value, &path, all);
            }
        }
    }
    let mut all = Vec::new();
    silent(&policy_schema(), "", &mut all);
    assert!(all.is_empty(), "{all:#?}");
}
