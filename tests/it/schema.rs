//! `portcullis schema`, and that what the program writes conforms to what it prints.

use crate::support::recorder::{deployed, init};
use portcullis_cli::demo;
use portcullis_render::Style;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

fn portcullis(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_portcullis")).env_clear().args(arguments).output().unwrap()
}

/// What the command prints, when it ends well.
fn printed(arguments: &[&str]) -> String {
    let output = portcullis(arguments);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A printed schema, to hold documents against.
pub struct Printed(boon::Schemas, boon::SchemaIndex);

impl Printed {
    pub fn new(name: &str) -> Self {
        Printed::of(name, serde_json::from_str(&printed(&["schema", name])).unwrap())
    }

    /// The schema of a policy without what must be there: for a part of one.
    pub fn part_of_policy() -> Self {
        let mut schema: Value = serde_json::from_str(&printed(&["schema", "policy"])).unwrap();
        schema.as_object_mut().unwrap().remove("required").unwrap();
        // A part need not be whole in any of the ways in which a policy can be.
        schema.as_object_mut().unwrap().remove("anyOf").unwrap();
        Printed::of("part-of-policy", schema)
    }

    fn of(name: &str, schema: Value) -> Self {
        let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
        let place = format!("https://schemas.example.test/{name}.json");
        compiler.add_resource(&place, schema).unwrap();
        let index = compiler.compile(&place, &mut schemas).unwrap();
        Printed(schemas, index)
    }

    fn check(&self, document: &[u8]) {
        let document: Value = serde_json::from_slice(document).unwrap();
        assert_eq!(self.objection(&document), None, "{document:#}");
    }

    /// Why the document does not conform.
    pub fn objection(&self, document: &Value) -> Option<String> {
        self.0.validate(document, self.1).err().map(|error| format!("{error:#}"))
    }
}

#[test]
fn what_is_printed_is_the_committed_file() {
    let list = printed(&["schema"]);
    let files = [
        ("anchor", "anchor-v2.json"),
        ("audit", "audit-v1.json"),
        ("decision", "decision-v1.json"),
        ("drill", "drill-v1.json"),
        ("due", "due-v1.json"),
        ("engine-plan", "engine-plan-v1.json"),
        ("evidence-file", "evidence-file-v1.json"),
        ("exchange", "exchange-v1.json"),
        ("facts", "facts-v4.json"),
        ("fleet", "fleet-v1.json"),
        ("fleet-repository", "fleet-repository-v1.json"),
        ("fleet-signature", "fleet-signature-v1.json"),
        ("incident", "incident-v1.json"),
        ("incident-status", "incident-status-v1.json"),
        ("look-failure", "look-failure-v1.json"),
        ("manifest", "manifest-v1.json"),
        ("manifest-signature", "manifest-signature-v1.json"),
        ("pack", "pack-v1.json"),
        ("people", "people-v1.json"),
        ("policy", "policy-v1.json"),
        ("push", "push-v1.json"),
        ("reconciliation", "reconciliation-v1.json"),
        ("record", "record-v2.json"),
        ("record-list", "record-list-v1.json"),
        ("record-signature", "record-signature-v1.json"),
        ("rehearsal", "rehearsal-v1.json"),
        ("replay", "replay-v1.json"),
        ("review", "review-v1.json"),
        ("run", "run-v1.json"),
        ("run-signature", "run-signature-v1.json"),
        ("sealed", "sealed-v1.json"),
        ("server", "server-v1.json"),
        ("simulation", "simulation-v1.json"),
        ("snapshot", "snapshot-v1.json"),
        ("statement", "statement-v1.json"),
        ("status", "status-v1.json"),
        ("waivers", "waivers-v1.json"),
    ];
    for (name, file) in files {
        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema").join(file);
        assert_eq!(printed(&["schema", name]), std::fs::read_to_string(committed).unwrap());
        assert!(list.lines().any(|line| line.starts_with(&format!("{name} (version "))), "{list}");
    }
    assert_eq!(list.lines().filter(|line| !line.starts_with(' ')).count(), files.len(), "{list}");
}

#[test]
fn a_schema_that_there_is_not_is_a_usage_error() {
    let output = portcullis(&["schema", "decisions"]);
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    assert_eq!(complaint, "error: there is no schema `decisions`; did you mean `decision`?\n");
}

#[test]
fn every_decision_of_the_demo_conforms() {
    let schema = Printed::new("decision");
    let json = portcullis_render::find("json").unwrap();
    for scenario in demo::scenarios::SCENARIOS {
        let decision = demo::judge(portcullis_report::READERS, portcullis_forge::DEFAULT, scenario)
            .map_err(|failure| failure.message)
            .unwrap();
        let style = Style { colour: false, width: 80, verbose: false, advisory: false };
        let mut bytes = Vec::new();
        (json.write)(&decision, &portcullis_render::Context::plain(style), &mut bytes).unwrap();
        schema.check(&bytes);
    }
}

#[test]
fn recorded_deployments_conform() {
    let directory = TempDir::new().unwrap();
    let git = init(directory.path());
    deployed(directory.path(), 2);
    let (decision, record) = (Printed::new("decision"), Printed::new("record"));
    let newest =
        git.find_reference("refs/portcullis/deployments/production").unwrap().peel_to_commit().unwrap();
    let first = newest.parent(0).unwrap();
    for commit in [newest, first] {
        let tree = commit.tree().unwrap();
        let file = |name| git.find_blob(tree.get_name(name).unwrap().id()).unwrap().content().to_vec();
        decision.check(&file("decision.json"));
        record.check(&file("record.json"));
    }
}

/// Facts that an earlier program gathered give the decision that it took, and so do those that they become.
#[test]
fn kept_facts_give_the_decision_that_was_taken_of_them() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/wire/facts/kept");
    let cases = [
        ("change", ["change-v3.json", "change-v4.json"]),
        ("deployment", ["deployment-v2.json", "deployment-v4.json"]),
        ("evidence", ["evidence-v3.json", "evidence-v4.json"]),
    ];
    for (name, files) in cases {
        let taken = std::fs::read(kept.join(format!("{name}.decision.json"))).unwrap();
        let taken: Value = serde_json::from_slice(&taken).unwrap();
        for file in files {
            let (facts, policy) = (kept.join(file), kept.join(format!("{name}.policy.toml")));
            let words = ["decide", "--format", "json", "--facts", facts.to_str().unwrap(), "--policy"];
            let output = portcullis(&[&words[..], &[policy.to_str().unwrap()]].concat());
            let again: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(outcome_and_findings(&again), outcome_and_findings(&taken), "{file}");
        }
    }
}

/// What every version has to agree upon: the outcome, and which control finds what of what.
fn outcome_and_findings(decision: &Value) -> (String, Vec<[String; 4]>) {
    let text = |value: &Value| value.as_str().unwrap().to_string();
    let finding = |found: &Value| {
        ["/verdict", "/control", "/subject/kind", "/subject/name"].map(|at| text(found.pointer(at).unwrap()))
    };
    (text(&decision["outcome"]), decision["findings"].as_array().unwrap().iter().map(finding).collect())
}

/// Facts of a host that no adapter of this program can have asked: they could say that no file is a
/// workflow.
#[test]
fn facts_of_a_host_that_this_program_does_not_know_are_refused() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/wire/facts/kept");
    let text = std::fs::read(kept.join("change-v4.json")).unwrap();
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("facts.json");
    let decide = |kind: &str, no_workflows: bool| {
        let mut facts = portcullis_wire::facts::read_facts(&text).unwrap();
        let host = &mut facts.whole_mut().host;
        host.kind = kind.to_string();
        if no_workflows {
            std::sync::Arc::make_mut(&mut host.conventions).workflow_files.clear();
        }
        std::fs::write(&file, portcullis_wire::facts::write_facts(facts).unwrap()).unwrap();
        let policy = kept.join("change.policy.toml");
        let output =
            portcullis(&["decide", "--facts", file.to_str().unwrap(), "--policy", policy.to_str().unwrap()]);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (honest, _) = decide("github", false);
    assert!(matches!(honest, Some(0 | 1 | 3)), "{honest:?}");
    for (kind, no_workflows) in [
        ("sourcebin", true),
        ("sourcebin", false),
        ("gitlab", true),
        ("gitlab", false),
        ("github", true),
        ("none", true),
    ] {
        let (exit, told) = decide(kind, no_workflows);
        assert_eq!(exit, Some(5), "{kind} {no_workflows}: {told}");
    }
    assert!(decide("sourcebin", true).1.contains("there is no host `sourcebin`"));
}
