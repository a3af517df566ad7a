//! The JSON Schema (draft 2020-12) of each form, for everybody who reads or checks a file without
//! this program.
//!
//! The files are generated from the types and committed: a test holds them equal.
//! `SNAPSHOTS=overwrite cargo test --lib wire` writes them again after a change that the rules of
//! [the module above](super) allow.

use super::{
    anchor, audit, decision, drill, due, engine_plan, evidence_file, exchange, facts, fleet, incident,
    incident_status, look_failure, manifest, pack, reconciliation, record, record_list, rehearsal, replay,
    review, run, sealed, server, simulation, snapshot, statement, status,
};

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
    /// `None` for the policy and the register of people, whose types are in the room `policy`,
    /// which holds them equal itself.
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
        "anchor",
        anchor::v2::VERSION,
        "The newest deployment record of each environment and snapshot of each branch, as `portcullis record anchor` writes it",
        "anchor-v2.json",
        anchor::v2::AnchorV2
    ),
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
        "drill",
        drill::v1::VERSION,
        "What a policy would have found of the story of 2020, as `portcullis drill --format json` writes it",
        "drill-v1.json",
        drill::v1::DrillV1
    ),
    schema!(
        "due",
        due::v1::VERSION,
        "What should have happened and did not, as `portcullis due --format json` writes it",
        "due-v1.json",
        due::v1::DueV1
    ),
    schema!(
        "engine-plan",
        engine_plan::v1::VERSION,
        "A plan for an engine, as `portcullis reconcile plan` writes it beside the SQL text: its file `plan.json`",
        "engine-plan-v1.json",
        engine_plan::v1::EnginePlanV1
    ),
    schema!(
        "evidence-file",
        evidence_file::v1::VERSION,
        "What an exporter of another version control system states of a change, for `portcullis decide --asserted`",
        "evidence-file-v1.json",
        evidence_file::v1::EvidenceFileV1
    ),
    schema!(
        "exchange",
        exchange::v1::VERSION,
        "A message of two parties who look for their differences, as `portcullis reconcile exchange` writes it",
        "exchange-v1.json",
        exchange::v1::ExchangeV1
    ),
    schema!(
        "facts",
        facts::v4::VERSION,
        "Facts of a change, a batch or a deployment, as `portcullis facts` writes them and a deployment record keeps them",
        "facts-v4.json",
        facts::v4::FactsV4
    ),
    schema!(
        "fleet",
        fleet::v1::VERSION,
        "A round over a fleet of repositories, as `portcullis fleet --format json` writes it",
        "fleet-v1.json",
        fleet::v1::FleetV1
    ),
    schema!(
        "fleet-repository",
        fleet::repository_v1::VERSION,
        "What the newest round knows of one repository, as `portcullis fleet show --json` writes it",
        "fleet-repository-v1.json",
        fleet::repository_v1::FleetRepositoryV1
    ),
    schema!(
        "fleet-signature",
        fleet::signature_v1::VERSION,
        "The signature of a round over a fleet: the payload of the envelope in its file `signature.json`",
        "fleet-signature-v1.json",
        fleet::signature_v1::RoundSignatureV1
    ),
    schema!(
        "incident",
        incident::v1::VERSION,
        "An entry of the register of incidents: `incident.json` in the chain that `portcullis incident` writes",
        "incident-v1.json",
        incident::v1::IncidentEntryV1
    ),
    schema!(
        "incident-status",
        incident_status::v1::VERSION,
        "The incidents of a register and their clocks, as `portcullis incident status --format json` writes them",
        "incident-status-v1.json",
        incident_status::v1::IncidentStatusV1
    ),
    schema!(
        "look-failure",
        look_failure::v1::VERSION,
        "That a look at clocks failed, as `--exec` of `portcullis due` and `portcullis incident status` tells a command",
        "look-failure-v1.json",
        look_failure::v1::LookFailureV1
    ),
    schema!(
        "manifest",
        manifest::v1::VERSION,
        "The header of a manifest of one side of a dataset: `manifest.json` beside its buckets",
        "manifest-v1.json",
        manifest::v1::ManifestV1
    ),
    schema!(
        "manifest-signature",
        manifest::signature_v1::VERSION,
        "The signature of a manifest: the payload of the envelope in its file `signature.json`",
        "manifest-signature-v1.json",
        manifest::signature_v1::ManifestSignatureV1
    ),
    schema!(
        "pack",
        pack::v1::VERSION,
        "The manifest of an evidence pack: its file `manifest.json`",
        "pack-v1.json",
        pack::v1::PackV1
    ),
    Schema {
        name: "people",
        version: 1,
        about: "A register of people and their training: the TOML of `portcullis-people.toml`, as JSON",
        text: include_str!("../../docs/schema/people-v1.json"),
        #[cfg(test)]
        generated: None,
    },
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
        "reconciliation",
        reconciliation::v1::VERSION,
        "What came of a comparison of both sides of a dataset, as `portcullis reconcile` writes it",
        "reconciliation-v1.json",
        reconciliation::v1::ReconciliationV1
    ),
    schema!(
        "record",
        record::v2::VERSION,
        "The entry of a deployment record: its file `record.json`",
        "record-v2.json",
        record::v2::RecordV2
    ),
    schema!(
        "record-list",
        record_list::v1::VERSION,
        "Deployment records, as `portcullis record list --json` lists them",
        "record-list-v1.json",
        record_list::v1::RecordListV1
    ),
    schema!(
        "record-signature",
        record::signature_v1::VERSION,
        "The signature of a deployment record: the payload of the envelope in its file `signature.json`",
        "record-signature-v1.json",
        record::signature_v1::RecordSignatureV1
    ),
    schema!(
        "rehearsal",
        rehearsal::v1::VERSION,
        "What a policy would have said of landings of the past, as `portcullis rehearse --format json` writes it",
        "rehearsal-v1.json",
        rehearsal::v1::RehearsalV1
    ),
    schema!(
        "replay",
        replay::v1::VERSION,
        "What `portcullis replay --json` found when it took a decision again",
        "replay-v1.json",
        replay::v1::ReplayV1
    ),
    schema!(
        "review",
        review::v1::VERSION,
        "A signed review, as `portcullis approve` writes it: the payload of the envelope in a chain",
        "review-v1.json",
        review::v1::ReviewV1
    ),
    schema!(
        "run",
        run::v1::VERSION,
        "A run of a reconciliation: `run.json` in a chain that `portcullis reconcile` writes",
        "run-v1.json",
        run::v1::RunV1
    ),
    schema!(
        "run-signature",
        run::signature_v1::VERSION,
        "The signature of a run: the payload of the envelope in its file `signature.json`",
        "run-signature-v1.json",
        run::signature_v1::RunSignatureV1
    ),
    schema!(
        "sealed",
        sealed::v1::VERSION,
        "A sealed decision, as `portcullis check --seal` and `portcullis decide --seal` write it",
        "sealed-v1.json",
        sealed::v1::SealedV1
    ),
    schema!(
        "server",
        server::v1::VERSION,
        "The state of a server's hooks: its file `server.json`",
        "server-v1.json",
        server::v1::ServerV1
    ),
    schema!(
        "simulation",
        simulation::v1::VERSION,
        "What the judge would say if something were so that is not, as `portcullis simulate --format json` writes it",
        "simulation-v1.json",
        simulation::v1::SimulationV1
    ),
    schema!(
        "snapshot",
        snapshot::v1::VERSION,
        "A snapshot of the protection of a branch: `snapshot.json` in a chain that `portcullis snapshot` writes",
        "snapshot-v1.json",
        snapshot::v1::SnapshotV1
    ),
    schema!(
        "statement",
        statement::v1::VERSION,
        "A statement of a test run, as `portcullis evidence record` writes it: one line, or the payload of an envelope",
        "statement-v1.json",
        statement::v1::StatementV1
    ),
    schema!(
        "status",
        status::v1::VERSION,
        "What is deployed to an environment and what waits, as `portcullis status --json` writes it",
        "status-v1.json",
        status::v1::StatusV1
    ),
    Schema {
        name: "waivers",
        version: 1,
        about: "Waivers and rollbacks: the TOML of `portcullis-waivers.toml`, as JSON",
        text: include_str!("../../docs/schema/waivers-v1.json"),
        #[cfg(test)]
        generated: None,
    },
];

/// The schema of the form of this name.
pub fn find(name: &str) -> Option<&'static Schema> {
    TABLE.iter().find(|schema| schema.name == name)
}
