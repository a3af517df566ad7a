//! The JSON Schema of the settings of each control, and of those types of the model that settings
//! are made of.
//!
//! The model knows nothing of schemas, so a field of such a type says `schema_with` and a function
//! of this file, or `with` and the type of its text.

use super::TABLE;
use portcullis_model::inventory::Opaque;
use portcullis_model::line_coverage::CoverageFormat;
use portcullis_model::protection::ActorKind;
use portcullis_model::test_run::ReportFormat;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Describes the settings of a control.
pub type Describe = fn(&mut SchemaGenerator) -> Schema;

/// Kinds of actors that settings may name: all but those that the program does not know.
const ACTORS: [&str; 10] = [
    "administrators",
    "repository-role",
    "organization-admin",
    "enterprise",
    "team",
    "user",
    "app",
    "deploy-key",
    "writers",
    "server-access",
];

const OPAQUE: [&str; 3] = ["inside", "inside-with-media", "outside"];

/// The schema of settings of this type.
pub fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// `[controls]`: the settings of each control of the table, and no others.
pub fn controls(generator: &mut SchemaGenerator) -> Schema {
    let settings = |kind: &&super::Kind| {
        let mut settings = (kind.schema)(generator).to_value();
        settings["description"] = format!("See `portcullis explain {}`.", kind.name).into();
        (kind.name.to_string(), settings)
    };
    let properties: Map<String, Value> = TABLE.iter().map(settings).collect();
    json_schema!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// The version of the policy format.
pub fn version(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "const": 1 })
}

/// [`Opaque`].
pub fn opaque(_: &mut SchemaGenerator) -> Schema {
    words(&OPAQUE)
}

/// [`ActorKind`].
pub fn actor(_: &mut SchemaGenerator) -> Schema {
    words(&ACTORS)
}

/// [`ReportFormat`].
pub fn report_format(_: &mut SchemaGenerator) -> Schema {
    words(&ReportFormat::ALL.iter().map(|format| format.name()).collect::<Vec<_>>())
}

/// [`CoverageFormat`].
pub fn coverage_format(_: &mut SchemaGenerator) -> Schema {
    words(&CoverageFormat::ALL.iter().map(|format| format.as_str()).collect::<Vec<_>>())
}

/// A name or a number.
pub fn text_or_number(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "integer"], "minimum": 0 })
}

fn words(words: &[&str]) -> Schema {
    json_schema!({ "type": "string", "enum": words })
}

fn reads<T: DeserializeOwned>(word: &str) -> bool {
    serde_json::from_value::<T>(json!(word)).is_ok()
}

#[test]
fn words_of_the_model_are_words_that_it_reads() {
    assert!(ACTORS.iter().all(|word| reads::<ActorKind>(word)));
    assert!(OPAQUE.iter().all(|word| reads::<Opaque>(word)));
}
