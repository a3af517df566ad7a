//! Audits and packs that say less than the repository and its records hold, each with its honest
//! twin.

use crate::audit::deployed_twice;
use crate::support::audited::{ALL, AS_OF, audit, audit_with_host, begun, land_at};
use crate::support::clean::CleanEnvironment as _;
use crate::support::forger::{deployed, judged, work};
use portcullis_cli::audit::audit_period;
use portcullis_cli::pack::write::{PackOrder, write_pack};
use portcullis_git::Repository;
use portcullis_testkit::lane::state::{Body, File, Op};
use portcullis_testkit::lane::{How, Lane};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::KIM;
use portcullis_wire::audit::v1::read_audit;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const RECORDS: &str = "refs/portcullis/deployments/production";

/// What the audit of a repository says.
fn audited(directory: &Path) -> Value {
    let audit = audit_period(directory, ALL[1], ALL[3], AS_OF.parse().unwrap()).unwrap();
    serde_json::to_value(audit).unwrap()
}

/// A pack of an audit, which may have been edited.
fn pack(directory: &Path, audit: &Value) -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("pack");
    let repository = Repository::open(directory).unwrap();
    let order = PackOrder {
        audit: read_audit(audit.to_string().as_bytes()).unwrap(),
        repository: &repository,
        folder: &folder,
        command: vec!["audit".into()],
        key: None,
        seals: &[],
        people: Default::default(),
    };
    write_pack(order).unwrap();
    (place, folder)
}

/// `portcullis pack verify`: exit code and everything written.
fn verify(pack: &Path, clone: Option<&Path>) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.clean_env().args(["pack", "verify"]).arg(pack);
    clone.map(|clone| command.arg("--repo").arg(clone));
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.code().unwrap(), text)
}

/// Two deployments on record.
fn lane() -> Lane {
    let mut lane = deployed();
    let tip = work(&mut lane, "the second");
    assert_eq!(judged(&lane, tip, &["--record"]).exit, 0);
    lane
}

#[test]
fn a_record_of_the_period_that_the_audit_does_not_mention_is_named() {
    let lane = lane();
    let honest = audited(lane.directory());
    let (_place, folder) = pack(lane.directory(), &honest);
    let (exit, text) = verify(&folder, Some(lane.directory()));
    assert_eq!(exit, 0, "twin: {text}");
    let mut less = honest.clone();
    less["deployments"].as_array_mut().unwrap().pop();
    less["counts"]["deployments"] = json!(1);
    less["environments"][0]["last"] = json!(1);
    let (_place, folder) = pack(lane.directory(), &less);
    let (exit, text) = verify(&folder, None);
    let why = "records/production/000002: audit.json says nothing of this record";
    assert!(exit == 6 && text.contains(why), "{exit}: {text}");
}

#[test]
fn another_decision_than_that_of_the_record_is_named() {
    let lane = lane();
    let honest = audited(lane.directory());
    let findings = honest["deployments"][0]["decision"]["findings"].as_array().unwrap();
    assert!(!findings.is_empty());
    for (member, other) in [("findings", json!([])), ("outcome", json!("undetermined"))] {
        let mut edited = honest.clone();
        edited["deployments"][0]["decision"][member] = other;
        let (_place, folder) = pack(lane.directory(), &edited);
        let (exit, text) = verify(&folder, None);
        assert!(exit == 6 && text.contains("another decision"), "{member}: {exit}: {text}");
    }
}

#[test]
fn an_audit_of_a_chain_that_was_cut_is_contradicted_by_the_clone() {
    let lane = lane();
    let git = lane.history.repository();
    let tip = git.find_reference(RECORDS).unwrap().peel_to_commit().unwrap();
    git.reference(RECORDS, tip.parent_id(0).unwrap(), true, "cut").unwrap();
    let (_place, folder) = pack(lane.directory(), &audited(lane.directory()));
    assert_eq!(verify(&folder, Some(lane.directory())).0, 0, "the clone was cut too");
    git.reference(RECORDS, tip.id(), true, "whole").unwrap();
    let (exit, text) = verify(&folder, Some(lane.directory()));
    assert!(exit == 6 && text.contains("production: the repository holds record 2"), "{exit}: {text}");
    git.find_reference(RECORDS).unwrap().delete().unwrap();
    let (exit, text) = verify(&folder, Some(lane.directory()));
    assert!(exit == 3 && text.contains("the clone has none; fetch them"), "{exit}: {text}");
}

#[test]
fn landings_that_the_audit_leaves_out_are_told_by_the_clone() {
    let checkout = begun();
    for (month, name) in [("01", "first"), ("02", "second"), ("03", "third")] {
        land_at(&checkout, &format!("2026-{month}-01T12:00:00Z"), name);
    }
    let (_place, whole) = pack(checkout.path(), &audited(checkout.path()));
    let (exit, text) = verify(&whole, Some(checkout.path()));
    assert_eq!(exit, 0, "twin: {text}");
    let last = checkout.git(&["rev-parse", "HEAD"]);
    checkout.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let (_place, less) = pack(checkout.path(), &audited(checkout.path()));
    checkout.git(&["reset", "-q", "--hard", &last]);
    let (exit, text) = verify(&less, Some(checkout.path()));
    assert!(exit == 3 && text.contains(&format!("leaves out {last}")), "{exit}: {text}");
    checkout.git(&["reset", "-q", "--hard", "HEAD~2"]);
    let (exit, text) = verify(&whole, Some(checkout.path()));
    assert!(exit == 6 && text.contains("is not on the first-parent line"), "rewound: {exit}: {text}");
}

#[test]
fn a_pack_of_git_alone_holds_no_digits_of_an_address_and_no_name() {
    let checkout = begun();
    land_at(&checkout, "2026-01-01T12:00:00Z", "first");
    let audit = audited(checkout.path());
    assert!(audit["landings"][0]["authors"].to_string().contains("mailbox:"), "{audit}");
    let (_place, folder) = pack(checkout.path(), &audit);
    assert_eq!(verify(&folder, Some(checkout.path())).0, 0);
    let archive = std::fs::read(folder.with_extension("tar")).unwrap();
    let text = String::from_utf8_lossy(&archive);
    assert!(!text.contains("mailbox:") && text.contains("mailbox-0001"));
}

#[test]
fn a_range_has_the_deployments_whose_records_keep_no_facts() {
    let mut lane = deployed();
    let first = lane.tip();
    let tip = work(&mut lane, "the second");
    assert_eq!(judged(&lane, tip, &["--record", "--omit-facts"]).exit, 0);
    let found = audit(lane.directory(), &[&format!("{first}..{tip}")]);
    let deployments = found.json["deployments"].as_array().unwrap();
    assert_eq!(deployments.len(), 1, "{}", found.text);
    assert_eq!((found.exit, deployments[0]["number"].as_u64()), (3, Some(2)), "{}", found.text);
    let before = audit(lane.directory(), &[&format!("{}..{first}", lane.baseline())]);
    assert_eq!(before.json["deployments"][0]["number"], 1, "twin: {}", before.text);
}

/// A waiver that this person granted.
fn waiver(approver: &str) -> Op {
    let text = format!(
        "schema = 1\n\n[[waivers]]\nid = \"W-7\"\ncontrol = \"required-reviews\"\narea = \"upload\"\nreason = \"the register was down\"\n\
         ticket = \"OPS-31\"\nrequester = \"kim-example\"\napprover = \"{approver}\"\ncreated = \"2026-01-01\"\n\
         expires = \"2026-01-09\"\n"
    );
    Op::Put(700, File::new("portcullis-waivers.toml", Body::Text(text)))
}

fn land(lane: &mut Lane, ops: Vec<Op>, approved: bool) -> String {
    let mut draft = lane.open(lane.tip());
    lane.push(&mut draft, KIM, ops);
    draft.approved();
    if !approved {
        draft.world.reviews.clear();
    }
    lane.land(vec![draft], How::Squash, &[], &[], "Land it");
    lane.tip().to_string()
}

#[test]
fn a_waiver_whose_approver_is_rewritten_later_is_shown_with_who_granted_it_then() {
    let mut lane = Lane::begin();
    land(&mut lane, vec![waiver("robin-example")], true);
    land(&mut lane, vec![Op::Slot(10, 2, "no one looked\n".into())], false);
    land(&mut lane, vec![waiver("alex-example")], true);
    let server = Server::start(lane.host());
    let found = audit_with_host(&lane, &server.address(), &[&ALL[..], &["--no-deployments"]].concat());
    let exceptions = found.exceptions("required-reviews");
    assert_eq!(exceptions[0]["let_through"][0]["who"], "robin-example", "{exceptions:?}");
    assert_eq!(found.json["waivers"][0]["approver"], "alex-example", "twin: its newest text");
}

#[test]
fn an_audit_of_a_lane_packs_and_verifies() {
    let (lane, _) = deployed_twice();
    let (_place, folder) = pack(lane.directory(), &audited(lane.directory()));
    let (exit, text) = verify(&folder, Some(lane.directory()));
    assert_eq!(exit, 0, "{text}");
}
