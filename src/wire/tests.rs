//! The committed schemas follow from the types, and what was written once is still read and still
//! conforms.

use super::decision::v1::{DecisionV1, NotVersion1};
use super::schema::{Schema, TABLE, find};
use portcullis_model::decision::Decision;
use portcullis_record::RecordEntry;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};
use snapbox::data::DataFormat;
use snapbox::{Data, assert_data_eq};
use std::path::Path;

/// Decisions as they were written before this form had a module of its own.
const KEPT: &[&str] = &[
    include_str!("decision/v1/kept/advisory.json"),
    include_str!("decision/v1/kept/allow.json"),
    include_str!("decision/v1/kept/block.json"),
    include_str!("decision/v1/kept/every-word.json"),
    include_str!("decision/v1/kept/nothing.json"),
    include_str!("decision/v1/kept/undetermined.json"),
];

/// Entries of records, likewise.
const KEPT_RECORDS: &[&str] =
    &[include_str!("record/kept/v2-first.json"), include_str!("record/kept/v2-second.json")];

/// An entry of the version before.
const RECORD_V1: &str = include_str!("record/kept/v1.json");

mod anchor;
mod audit;
mod evidence_file;
mod exchange;
mod facts;
mod incident;
mod manifest;
mod pack;
mod reconciliation;
mod review;
mod run;
mod sealed;
mod snapshot;
mod statement;

/// The schema of what is written of `T`.
pub(super) fn schema_of<T: JsonSchema>() -> schemars::Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}

/// Takes the line breaks of the source code out of descriptions; paragraphs stay.
fn unwrap_descriptions(schema: &str) -> String {
    let unwrapped = |line: &str| match line.trim_start().starts_with("\"description\": \"") {
        true => line.split(r"\n\n").map(|part| part.replace(r"\n", " ")).collect::<Vec<_>>().join(r"\n\n"),
        false => line.to_string(),
    };
    schema.lines().map(|line| unwrapped(line) + "\n").collect()
}

/// A schema that documents can be held against. To compile it holds it against the schema of
/// schemas, too.
struct Validator(boon::Schemas, boon::SchemaIndex);

impl Validator {
    fn new(schema: &Schema) -> Self {
        let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
        let place = format!("https://schemas.example.test/{}.json", schema.name);
        compiler.add_resource(&place, json(schema.text)).unwrap();
        let index = compiler.compile(&place, &mut schemas).unwrap();
        Validator(schemas, index)
    }

    fn accepts(&self, document: &Value) -> bool {
        self.0.validate(document, self.1).is_ok()
    }
}

fn decision() -> Validator {
    Validator::new(find("decision").unwrap())
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn every_word() -> Value {
    json(include_str!("decision/v1/kept/every-word.json"))
}

/// Every place in a document, as a JSON pointer, and every member of an object among them.
fn places(value: &Value, at: &str, all: &mut Vec<String>, members: &mut Vec<String>) {
    all.push(at.to_string());
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                members.push(format!("{at}/{name}"));
                places(value, &format!("{at}/{name}"), all, members);
            }
        }
        Value::Array(list) => {
            for (number, value) in list.iter().enumerate() {
                places(value, &format!("{at}/{number}"), all, members);
            }
        }
        _ => {}
    }
}

fn places_of(value: &Value) -> Vec<String> {
    let (mut all, mut members) = (Vec::new(), Vec::new());
    places(value, "", &mut all, &mut members);
    all
}

fn members_of(value: &Value) -> Vec<String> {
    let (mut all, mut members) = (Vec::new(), Vec::new());
    places(value, "", &mut all, &mut members);
    members
}

/// The document with the member there taken away.
fn without(document: &Value, member: &str) -> Value {
    let (object, name) = member.rsplit_once('/').unwrap();
    let mut document = document.clone();
    document.pointer_mut(object).unwrap().as_object_mut().unwrap().remove(name).unwrap();
    document
}

/// The document with another value there.
fn with(document: &Value, at: &str, value: Value) -> Value {
    let mut document = document.clone();
    *document.pointer_mut(at).unwrap() = value;
    document
}

#[test]
fn the_table_is_sorted_and_names_the_version_that_is_written() {
    assert!(TABLE.windows(2).all(|pair| pair[0].name < pair[1].name));
    for schema in TABLE {
        let text = json(schema.text);
        assert_eq!(text["$schema"], "https://json-schema.org/draft/2020-12/schema", "{}", schema.name);
        let version = match schema.name {
            "facts" => &text["$defs"]["ChangeFactsV4"]["properties"]["schema"]["const"],
            "fleet-signature" | "manifest-signature" | "record-signature" | "review" | "run-signature"
            | "statement" => &json!(schema.version),
            _ => &text["properties"]["schema"]["const"],
        };
        assert_eq!(*version, schema.version, "{}", schema.name);
        let file = schema.generated.map(|(_, file)| file);
        let expected = format!("/{}-v{}.json", schema.name, schema.version);
        assert!(file.is_none_or(|file| file.ends_with(&expected)));
    }
    assert!(find("decisions").is_none());
}

#[test]
fn the_committed_schemas_follow_from_the_types() {
    for (generate, file) in TABLE.iter().filter_map(|schema| schema.generated) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
        let text = unwrap_descriptions(&serde_json::to_string_pretty(&generate()).unwrap());
        assert_data_eq!(text, Data::read_from(&file, Some(DataFormat::Text)).raw());
    }
}

#[test]
fn decisions_that_were_written_once_conform_and_are_read_whole() {
    let schema = decision();
    for text in KEPT {
        let value = json(text);
        assert!(schema.accepts(&value), "{text}");
        let form: DecisionV1 = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_value(&form).unwrap(), value);
        let advisory = form.advisory;
        let model = Decision::try_from(form.clone()).unwrap();
        assert_eq!(DecisionV1::new(&model, advisory), form);
    }
}

#[test]
fn records_that_were_written_once_conform_and_are_read_and_written_to_the_byte() {
    let schema = Validator::new(find("record").unwrap());
    assert!(KEPT_RECORDS.iter().all(|text| schema.accepts(&json(text))));
    for text in KEPT_RECORDS.iter().chain([&RECORD_V1]) {
        let entry: RecordEntry = serde_json::from_str(text).unwrap();
        assert_eq!(String::from_utf8(entry.bytes().unwrap()).unwrap(), *text);
    }
}

/// What a change of the program by accident would do: a member goes or is renamed, or a value is of
/// another type.
fn refuses_every_change(schema: &Validator, document: &Value, may_lack: impl Fn(&str) -> bool) {
    assert!(schema.accepts(document));
    let members = members_of(document);
    assert!(members.len() > 15, "{}", members.len());
    for member in members {
        assert_eq!(schema.accepts(&without(document, &member)), may_lack(&member), "without {member}");
    }
    for at in places_of(document) {
        assert!(!schema.accepts(&with(document, &at, json!([[]]))), "another type at {at:?}");
    }
}

#[test]
fn a_record_that_was_changed_does_not_conform() {
    let (schema, document) = (Validator::new(find("record").unwrap()), json(KEPT_RECORDS[1]));
    refuses_every_change(&schema, &document, |_| false);
    let mut more = document.clone();
    more["signature"] = json!("none");
    assert!(!schema.accepts(&more) && serde_json::from_value::<RecordEntry>(more).is_err());
    let words = [
        ("/baseline/origin", json!("guessed")),
        ("/outcome", json!("Allow")),
        ("/environment", json!("Production")),
        ("/previous", json!("sha1:da39a3ee")),
        ("/schema", json!(3)),
        ("/number", json!("1")),
    ];
    for (at, value) in words {
        assert!(!schema.accepts(&with(&document, at, value.clone())), "{value} at {at}");
    }
}

#[test]
fn a_decision_that_was_changed_does_not_conform() {
    let (schema, document) = (decision(), every_word());
    refuses_every_change(&schema, &document, |_| false);
    let words = [
        ("/outcome", json!("allowed")),
        ("/findings/0/verdict", json!("Broken")),
        ("/findings/0/subject/kind", json!("pull-request")),
        ("/findings/0/place/line", json!(-1)),
        ("/policy/origin", json!("head")),
        ("/policy/digest", json!("sha1:da39a3ee")),
        ("/judged/head", json!("1a2b3c4d5e")),
        ("/judged/commits", json!(1.5)),
        ("/areas/0/touches/0/path", json!("\"half")),
        ("/schema", json!(2)),
        ("/advisory", json!("no")),
    ];
    for (at, value) in words {
        assert!(!schema.accepts(&with(&document, at, value.clone())), "{value} at {at}");
    }
}

/// Version 1 may gain members, and a host whose requests have no numbers needs no version of its
/// own.
#[test]
fn what_version_1_leaves_room_for_conforms() {
    let schema = decision();
    let mut more = every_word();
    more["findings"][0]["rule"] = json!("a member that a later release adds");
    assert!(schema.accepts(&more));
    assert!(serde_json::from_value::<DecisionV1>(more).is_ok());
    let named = with(&every_word(), "/judged/request", json!("I8473b95934b5732ac55d26311a706c9c2bde9940"));
    assert!(schema.accepts(&named));
    let form: DecisionV1 = serde_json::from_value(named).unwrap();
    let decision = Decision::try_from(form.clone()).unwrap();
    assert_eq!(DecisionV1::new(&decision, form.advisory), form);
}

#[test]
fn a_decision_of_another_version_or_with_texts_of_another_shape_is_refused() {
    let read = |at: &str, value: Value| {
        let document = with(&every_word(), at, value);
        serde_json::from_value::<DecisionV1>(document).map(Decision::try_from)
    };
    assert_eq!(read("/schema", json!(2)).unwrap(), Err(NotVersion1::Version(2)));
    for at in ["/judged/head", "/policy/digest", "/areas/0/touches/0/path"] {
        assert!(matches!(read(at, json!("\"x")).unwrap(), Err(NotVersion1::Text(_))), "{at}");
    }
    assert!(read("/outcome", json!("allowed")).is_err());
}
