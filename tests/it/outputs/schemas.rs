//! JSON Schemas of those who wrote the formats, from `tests/schemas`.

use serde_json::Value;
use std::path::Path;

/// A schema to hold documents against.
pub struct Schema(boon::Schemas, boon::SchemaIndex);

impl Schema {
    /// A file of `tests/schemas`.
    pub fn read(file: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas").join(file);
        Schema::of(file, serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
    }

    /// A schema of our own, of what a consumer documents without one.
    pub fn of(name: &str, schema: Value) -> Self {
        let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
        compiler.enable_format_assertions();
        let id = ["$id", "id"].iter().find_map(|key| schema[*key].as_str()).map(str::to_string);
        let place = id.unwrap_or_else(|| format!("https://schemas.example.test/{name}"));
        compiler.add_resource(&place, schema).unwrap();
        let index =
            compiler.compile(&place, &mut schemas).unwrap_or_else(|error| panic!("{name}: {error:#}"));
        Schema(schemas, index)
    }

    /// Why the document does not conform.
    pub fn objection(&self, document: &Value) -> Option<String> {
        self.0.validate(document, self.1).err().map(|error| format!("{error:#}"))
    }
}

/// A schema that takes anything would hold nothing.
#[test]
fn the_schemas_refuse_what_is_wrong() {
    for file in ["sarif-schema-2.1.0.json", "oscal-assessment-results-1.2.3.json", "oscal-poam-1.2.3.json"] {
        let schema = Schema::read(file);
        for wrong in [serde_json::json!({}), serde_json::json!([]), serde_json::json!({ "version": "2.1.0" })]
        {
            assert!(schema.objection(&wrong).is_some(), "{file}: {wrong}");
        }
    }
}
