//! Snapshots of the protection in evidence packs: written, followed again, and tampered with.

use crate::support::audited::ALL;
use crate::support::clean::CleanEnvironment as _;
use crate::support::forger::{deployed, judged, work};
use crate::support::packed::{Packed, mended, packed, verify};
use portcullis_cli::pack::verify::verify_files;
use portcullis_cli::pack::write::{PackOrder, write_pack};
use portcullis_git::Repository;
use portcullis_model::id::ActorId;
use portcullis_model::protection::{ActorKind, Bypass, BypassMode};
use portcullis_pack::{ItemPath, ItemSource as _, PackContents};
use portcullis_testkit::lane::Lane;
use portcullis_testkit::server::Server;
use portcullis_testkit::world::World;
use portcullis_wire::audit::v1::read_audit;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

const MAIN: &str = "refs/portcullis/snapshots/main";
const KEY: &str = "0123456789abcdef0123456789abcdef\n";

/// Takes a snapshot of a host that was altered.
fn take(lane: &Lane, alter: impl Fn(&mut World)) {
    let mut host = lane.host();
    host.worlds.iter_mut().for_each(alter);
    let server = Server::start(host);
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command
        .clean_env()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .current_dir(lane.directory());
    command.env("GITHUB_API_URL", server.address()).env("GITHUB_TOKEN", "a-token-of-the-job");
    command.args(["snapshot", "--host", "github", "--repository", "example-org/data-upload"]);
    let output = command.output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 3)), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Someone whom nothing but the rulesets of the host names may go round every rule.
fn let_pass(world: &mut World) {
    let passer = Bypass {
        kind: ActorKind::User,
        id: Some(ActorId::from(471_147_u64)),
        name: Some("Quiet-Passer".to_string()),
        mode: BypassMode::Always,
    };
    world.rulesets.iter_mut().for_each(|ruleset| ruleset.bypass = Some(vec![passer.clone()]));
}

/// Two deployments on record, and five looks at the protection: whole, off, whole, weaker, the same.
fn lane() -> Lane {
    let mut lane = deployed();
    take(&lane, |_| ());
    take(&lane, |world| world.rulesets.clear());
    take(&lane, |_| ());
    take(&lane, let_pass);
    take(&lane, let_pass);
    let tip = work(&mut lane, "the second");
    assert_eq!(judged(&lane, tip, &["--record"]).exit, 0);
    lane
}

static PACK: LazyLock<PackContents> = LazyLock::new(|| packed(lane().directory(), &[]).contents());

fn path(text: &str) -> ItemPath {
    ItemPath::new(text).unwrap()
}

fn item(number: u64) -> ItemPath {
    path(&format!("snapshots/of-main/{number:06}.json"))
}

fn faults(contents: &PackContents) -> Vec<String> {
    verify_files(contents, None).faults.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn names(contents: PackContents, item: &str, why: &str) {
    let faults = faults(&mended(contents));
    let is_named = faults.iter().any(|fault| fault.starts_with(item) && fault.contains(why));
    assert!(is_named, "{item}, {why}: {faults:#?}");
}

fn clone_of(lane: &Lane) -> String {
    lane.directory().display().to_string()
}

#[test]
fn snapshots_are_in_the_pack_and_the_protection_is_followed_again() {
    let lane = lane();
    let pack = packed(lane.directory(), &[]);
    let contents = pack.contents();
    for number in 1..=5 {
        assert!(contents.files().contains_key(&item(number)), "{number}");
    }
    for place in [pack.folder.clone(), pack.folder.with_extension("tar")] {
        let (exit, text) = verify(&place, &["--repo", &clone_of(&lane)]);
        assert!(exit == 0 && !text.contains("not followed again"), "{exit} {text}");
    }
    let page = std::fs::read_to_string(pack.folder.join("index.html")).unwrap();
    assert!(page.contains("5 snapshots are below <code>snapshots/of-main</code>"));
    let manifest: Value = serde_json::from_slice(&contents.read(&path("manifest.json")).unwrap()).unwrap();
    let files = manifest["files"].as_array().unwrap();
    assert_eq!(files.iter().filter(|file| file["role"] == "snapshot").count(), 5);
    let output = Command::new("sh").arg(pack.folder.join("verify.sh")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn snapshots_of_a_pack_of_pseudonyms_name_no_one_and_verify() {
    let lane = lane();
    let place = tempfile::tempdir().unwrap();
    let key = place.path().join("key");
    std::fs::write(&key, KEY).unwrap();
    let pack = packed(lane.directory(), &["--pseudonymise", key.to_str().unwrap()]);
    let text = pack.text().to_lowercase();
    for person in ["quiet-passer", "471147", "kim-example", "robin-example", "@example.test"] {
        assert!(!text.contains(person), "{person} is in the pack");
    }
    let (exit, text) = verify(&pack.folder, &["--repo", &clone_of(&lane)]);
    assert!(exit == 0 && !text.contains("not followed again"), "{exit} {text}");
}

#[test]
fn attack_each_snapshot_of_a_pack_is_changed_missing_swapped_or_cut() {
    for number in 1..=5 {
        let name = item(number).to_string();
        let honest = PACK.read(&item(number)).unwrap();
        let mut missing = PACK.clone();
        missing.remove(&item(number));
        names(missing, &name, "missing");
        let mut cut = PACK.clone();
        cut.insert(item(number), honest[..honest.len() - 2].to_vec());
        names(cut, &name, "");
        let text = String::from_utf8(honest).unwrap();
        for (from, to) in
            [("\"schema\": 1", "\"schema\": 2"), ("data-upload", "elsewhere"), ("2026-", "2025-")]
        {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text);
            let mut contents = PACK.clone();
            contents.insert(item(number), changed.into_bytes());
            names(contents, "snapshots/of-main/", "");
        }
    }
    let mut swapped = PACK.clone();
    swapped.insert(item(1), PACK.read(&item(3)).unwrap());
    swapped.insert(item(3), PACK.read(&item(1)).unwrap());
    names(swapped, "snapshots/of-main/000001.json", "it says that it is number 3");
    let mut extra = PACK.clone();
    extra.insert(item(6), PACK.read(&item(5)).unwrap());
    names(extra, "snapshots/of-main/000006.json", "audit.json lists no such file");
    let mut other = PACK.clone();
    other.insert(path("snapshots/of-other/000001.json"), PACK.read(&item(1)).unwrap());
    names(other, "snapshots/of-other/000001.json", "audit.json lists no such file");
    assert_eq!(faults(&mended(PACK.clone())), Vec::<String>::new(), "twin");
}

#[test]
fn attack_the_snapshots_of_another_repository_are_put_into_a_pack() {
    let other = lane();
    let elsewhere = packed(other.directory(), &[]).contents();
    let mut contents = PACK.clone();
    contents.insert(item(2), elsewhere.read(&item(2)).unwrap());
    names(contents, "snapshots/of-main/000002.json", "made after another snapshot");
    let mut contents = PACK.clone();
    for number in 1..=5 {
        contents.insert(item(number), elsewhere.read(&item(number)).unwrap());
    }
    let all = faults(&mended(contents.clone()));
    // Two lanes are alike but for the moments at which they were looked at.
    assert!(contents.files() == PACK.files() || !all.is_empty(), "{all:?}");
}

/// Nothing follows the newest snapshot, so that no digest of the chain protects what it says beyond the
/// look that the audit tells of.
#[test]
fn attack_what_only_the_newest_snapshot_says_is_edited() {
    let edits: [fn(&mut Value); 2] = [
        |snapshot| snapshot["tip"] = json!({ "known": "f".repeat(40) }),
        |snapshot| snapshot["tool"] = json!("another program 1.0"),
    ];
    for edit in edits {
        let mut snapshot: Value = serde_json::from_slice(&PACK.read(&item(5)).unwrap()).unwrap();
        edit(&mut snapshot);
        let form = portcullis_wire::snapshot::v1::read_snapshot(snapshot.to_string().as_bytes()).unwrap();
        let mut contents = PACK.clone();
        contents.insert(item(5), portcullis_wire::snapshot::v1::write_snapshot(form).unwrap());
        names(contents, "snapshots/of-main/000005.json", "names another commit");
    }
}

/// The lapse is taken out of the chain by someone who makes every digest anew.
#[test]
fn attack_the_snapshot_that_saw_a_lapse_is_replaced_with_one_that_did_not() {
    let mut contents = PACK.clone();
    let mut previous = Value::Null;
    for number in 1..=5 {
        let bytes = PACK.read(&item(number)).unwrap();
        let mut snapshot: Value = serde_json::from_slice(&bytes).unwrap();
        if number == 2 {
            let first: Value = serde_json::from_slice(&PACK.read(&item(1)).unwrap()).unwrap();
            snapshot["look"] = first["look"].clone();
        }
        snapshot["previous"] = previous;
        let form = portcullis_wire::snapshot::v1::read_snapshot(snapshot.to_string().as_bytes()).unwrap();
        let bytes = portcullis_wire::snapshot::v1::write_snapshot(form).unwrap();
        previous = json!(portcullis_model::digest::Digest::of(&bytes).to_string());
        contents.insert(item(number), bytes);
    }
    names(contents, "audit.json", "is not the one that its snapshots and records show");
}

/// A pack of an audit that was edited, written by the program itself.
fn forged(lane: &Lane, edit: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.clean_env().current_dir(lane.directory()).arg("audit").args(ALL);
    let output =
        command.args(["--as-of", crate::support::audited::AS_OF, "--format", "json"]).output().unwrap();
    let mut audit: Value = serde_json::from_slice(&output.stdout).unwrap();
    edit(&mut audit);
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("pack");
    let repository = Repository::open(lane.directory()).unwrap();
    let order = PackOrder {
        audit: read_audit(audit.to_string().as_bytes()).unwrap(),
        repository: &repository,
        folder: &folder,
        command: Vec::new(),
        key: None,
        seals: &[],
        people: Default::default(),
    };
    if let Err(failure) = write_pack(order) {
        return vec![failure.to_string()];
    }
    faults(&Packed { place, folder }.contents())
}

#[test]
fn attack_an_audit_that_says_another_protection_than_its_snapshots() {
    let lane = lane();
    assert_eq!(forged(&lane, |_| ()), Vec::<String>::new(), "twin");
    type Edit = Box<dyn FnOnce(&mut Value)>;
    let edits: Vec<(&str, Edit)> = vec![
        (
            "not the one that its snapshots",
            Box::new(|audit| audit["protection"][0]["requirements"][0]["lapses"] = json!([])),
        ),
        (
            "not the one that its snapshots",
            Box::new(|audit| audit["protection"][0]["requirements"] = json!([])),
        ),
        (
            "not the one that its snapshots",
            Box::new(|audit| audit["protection"][0]["longest_unwatched"] = json!(1)),
        ),
        (
            "not the one that its snapshots",
            Box::new(|audit| {
                audit["protection"][0]["requirements"][0]["spans"][0]["from"] = json!("2020-01-01T00:00:00Z")
            }),
        ),
        (
            "its looks are not the snapshots",
            Box::new(|audit| audit["protection"][0]["snapshots"]["count"] = json!(4)),
        ),
        (
            "its looks are not the snapshots",
            Box::new(|audit| {
                audit["protection"][0].as_object_mut().unwrap().remove("snapshots");
            }),
        ),
        (
            "its looks are not the snapshots",
            Box::new(|audit| {
                audit["protection"][0]["looks"]
                    .as_array_mut()
                    .unwrap()
                    .retain(|look| look["source"] != "snapshot 2")
            }),
        ),
        (
            "says something else of it",
            Box::new(|audit| {
                let looks = audit["protection"][0]["looks"].as_array_mut().unwrap();
                let look = looks.iter_mut().find(|look| look["source"] == "snapshot 2").unwrap();
                look["unseen"] = json!("The host refused.");
            }),
        ),
    ];
    for (why, edit) in edits {
        let faults = forged(&lane, edit);
        let is_named =
            faults.iter().any(|fault| fault.contains(why) || fault.contains("changed during the audit"));
        assert!(is_named, "{why}: {faults:?}");
    }
}

/// Moves the ref of the snapshots of a copy of the lane.
fn with_ref(directory: &Path, back: usize) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.clean_env().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("GIT_CONFIG_NOSYSTEM", "1").current_dir(place.path()).args(arguments);
        assert!(command.status().unwrap().success(), "{arguments:?}");
    };
    git(&["init", "-q", "-b", "main", "."]);
    git(&[
        "fetch",
        "-q",
        directory.to_str().unwrap(),
        "refs/heads/main:refs/remotes/origin/main",
        "refs/portcullis/*:refs/portcullis/*",
    ]);
    if back > 0 {
        git(&["update-ref", MAIN, &format!("{MAIN}~{back}")]);
    }
    place
}

#[test]
fn a_clone_tells_snapshots_that_were_lost_and_those_that_an_audit_leaves_out() {
    let lane = lane();
    let pack = packed(lane.directory(), &[]);
    let whole = with_ref(lane.directory(), 0);
    let (exit, text) = verify(&pack.folder, &["--repo", whole.path().to_str().unwrap()]);
    assert_eq!(exit, 0, "twin: {text}");
    let cut = with_ref(lane.directory(), 1);
    let (exit, text) = verify(&pack.folder, &["--repo", cut.path().to_str().unwrap()]);
    assert!(exit == 6 && text.contains("does not hold the snapshot that was the newest"), "{exit} {text}");
    let shorter = packed(cut.path(), &["--branch", "main"]);
    assert_eq!(verify(&shorter.folder, &[]).0, 0, "a chain that was cut verifies by itself");
    let (exit, text) = verify(&shorter.folder, &["--repo", whole.path().to_str().unwrap()]);
    assert!(exit == 6 && text.contains("holds snapshot 5 of "), "{exit} {text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever is done to a snapshot or two, and however the manifest is mended afterwards: the pack
    /// is refused.
    #[test]
    fn no_random_edit_of_snapshots_is_accepted(
        which in 1..=5_u64, other in 1..=5_u64, at: prop::sample::Index, to: u8, kind in 0..6,
    ) {
        let mut bytes = PACK.read(&item(which)).unwrap();
        let mut contents = PACK.clone();
        let place = at.index(bytes.len());
        match kind {
            0 => bytes[place] = to,
            1 => { bytes.remove(place); }
            2 => bytes.insert(place, to),
            3 => bytes.truncate(place),
            4 => {
                contents.insert(item(other), bytes.clone());
                bytes = PACK.read(&item(other)).unwrap();
            }
            _ => { contents.remove(&item(which)); }
        }
        if kind != 5 {
            contents.insert(item(which), bytes);
        }
        prop_assume!(contents != *PACK);
        prop_assert!(!faults(&mended(contents)).is_empty(), "snapshot {which} was accepted");
    }
}
