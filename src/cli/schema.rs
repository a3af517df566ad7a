//! `portcullis schema`: the JSON Schema of the files that Portcullis writes.

use super::exit::{Exit, Failure, Result};
use super::output;
use clap::Args;
use portcullis_wire::schema::{self, Schema};

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArguments {
    /// Kind of file, such as `decision`. Default: list all kinds.
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Prints the schema of one kind of file, or lists them all.
///
/// # Errors
/// There is no schema of this name.
pub fn run(arguments: &SchemaArguments) -> Result {
    match &arguments.name {
        Some(name) => output::stdout(find_schema(name)?.text.as_bytes())?,
        None => output::text(&list_schemas(schema::TABLE))?,
    }
    Ok(Exit::Allowed)
}

fn find_schema(name: &str) -> Result<&'static Schema> {
    let names = schema::TABLE.iter().map(|schema| schema.name);
    schema::find(name).ok_or_else(|| Failure::usage(output::unknown("schema", name, names)))
}

fn list_schemas(schemas: &[Schema]) -> String {
    let line = |schema: &Schema| {
        let Schema { name, version, about, .. } = schema;
        format!("{name} (version {version})\n    {about}\n")
    };
    schemas.iter().map(line).collect()
}
