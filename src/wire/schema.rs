//! The JSON Schema (draft 2020-12) of each form, for everybody who reads or checks a file without
//! this program.
//!
//! The files are generated from the types and committed: a test holds them equal.
//! `SNAPSHOTS=overwrite cargo test --lib wire` writes them again after a change that the rules of
//! [the module above](super) allow.

use super::{audit, decision, facts, pack, record, review, server, statement};

/// What makes a schema from the types, and the file that holds it.
#[cfg(test)]
pub(super) type Generated = (fn() -> schemars::Schema, &'static str);

/// A form and its schema.
pub struct Schema {
    /// The name on the command line.
    pub name: &'static str,
    /// The version of the form: the number in its member `schema`; of a statement, the one at the
    /// end of its predicate type.
    pub version: u32,
    /// What is written in this form, in one line.
    pub about: &'static str,
    /// The schema, as JSON.
    pub text: &'static str,
    /// The schema that follows from the types, and the file that holds it, as seen from this one;
    /// `None` for the policy, whose types are in the room `policy`, which holds it equal itself.
    #[cfg(test)]
    pub(super) generated: Option<Generated>,
}

/// A line of the table: name, version, what is written so, the file, the type.
macro_rules! schema {
    ($name:literal, $version:expr, $about:literal, $file:literal, $($form:tt)+) => {
        Schema {
            name: $name,
            version: $version,
            about: $about,
            text: include_str!(concat!("../../docs/schema/", $file)),
            #[cfg(test)]
            generated: Some((super::tests::schema_of::<$($form)+>, concat!("docs/schema/", $file))),
        }
    };
}

/// Every form, sorted by name: the version of each that is written today.
pub static TABLE: &[Schema] = &[
    schema!(
        "audit",
        audit::v1::VERSION,
        "An audit of a period, as `portcullis audit --format json` writes it",
        "audit-v1.json",
        audit::v1::AuditV1
    ),
    schema!(
        "decision",
        decision::v1::VERSION,
        "A decision, as `--format json` writes it and a deployment record keeps it",
        "decision-v1.json",
        decision::v1::DecisionV1
    ),
    schema!(
        "facts",
        facts::v4::VERSION,
        "Facts of a change, a batch or a deployment, as `portcullis facts` writes them and a deployment record keeps them",
        "facts-v4.json",
        facts::v4::FactsV4
    ),
    schema!(
        "pack",
        pack::v1::VERSION,
        "The manifest of an evidence pack: its file `manifest.json`",
        "pack-v1.json",
        pack::v1::PackV1
    ),
    Schema {
        name: "policy",
        version: 1,
        about: "A policy: the TOML of `portcullis.toml`, as JSON",
        text: include_str!("../../docs/schema/policy-v1.json"),
        #[cfg(test)]
        generated: None,
    },
    schema!(
        "push",
        server::v1::VERSION,
        "An entry of the push log of a server: its file `push.json`",
        "push-v1.json",
        server::v1::PushV1
    ),
    schema!(
        "record",
        record::v2::VERSION,
        "The entry of a deployment record: its file `record.json`",
        "record-v2.json",
        record::v2::RecordV2
    ),
    schema!(
        "review",
        review::v1::VERSION,
        "A signed review, as `portcullis approve` writes it: the payload of the envelope in a chain",
        "review-v1.json",
        review::v1::ReviewV1
    ),
    schema!(
        "server",
        server::v1::VERSION,
        "The state of a server's hooks: its file `server.json`",
        "server-v1.json",
        server::v1::ServerV1
    ),
    schema!(
        "statement",
        statement::v1::VERSION,
        "A statement of a test run, as `portcullis evidence record` writes it: one line, or the payload of an envelope",
        "statement-v1.json",
        statement::v1::StatementV1
    ),
];

/// The schema of the form of this name.
pub fn find(name: &str) -> Option<&'static Schema> {
    TABLE.iter().find(|schema| schema.name == name)
}
