//! Sealed decisions in evidence packs: handed over, taken again, and tampered with.

use crate::support::clean::CleanEnvironment as _;
use crate::support::forger::{deployed, judged, work};
use crate::support::packed::{Packed, mended, pack_audit, packed, refused, seal_whole, verify};
use crate::support::reviewed::has_keygen;
use crate::support::sealing::{Shelf, forge, portcullis, seal_request};
use portcullis_cli::pack::verify::verify_files;
use portcullis_pack::{ItemPath, ItemSource as _, PackContents};
use portcullis_testkit::lane::Lane;
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::Stage;
use portcullis_wire::pack::v1::PackRoleV1;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

const KEY: &str = "0123456789abcdef0123456789abcdef\n";

/// A lane with two deployments on record, and the decisions on a request that was blocked, on one
/// that was allowed, and on the second deployment, sealed.
struct Scene {
    lane: Lane,
    shelf: Shelf,
}

fn sealed_request(file: &Path, alter: impl FnOnce(&mut Stage), more: &[&str]) {
    let mut stage = Stage::honest().unwrap();
    alter(&mut stage);
    let (exit, text) = seal_request(&stage, &Server::start(stage.world.clone()), file, more);
    assert!(exit < 2, "{exit} {text}");
}

fn scene() -> Scene {
    let mut lane = deployed();
    let shelf = Shelf::new();
    std::fs::create_dir_all(shelf.path("seals/nested")).unwrap();
    sealed_request(&shelf.path("seals/blocked.json"), |stage| stage.world.reviews.clear(), &[]);
    sealed_request(&shelf.path("seals/nested/allowed"), |_| (), &[]);
    let tip = work(&mut lane, "the second");
    let verdict = judged(&lane, tip, &["--record", "--seal", &shelf.text("seals/deployment.json")]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    Scene { lane, shelf }
}

impl Scene {
    fn packed(&self, more: &[&str]) -> Packed {
        packed(self.lane.directory(), &[&["--sealed", &self.shelf.text("seals")], more].concat())
    }

    /// The error of an audit that is given this file.
    fn fails(&self, file: &str, exit: i32, says: &str) {
        let (_, output) = pack_audit(self.lane.directory(), &["--sealed", &self.shelf.text(file)]);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(exit) && text.contains(says), "{:?} {text}", output.status);
    }
}

static PACK: LazyLock<PackContents> = LazyLock::new(|| scene().packed(&[]).contents());

fn path(text: &str) -> ItemPath {
    ItemPath::new(text).unwrap()
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

#[test]
fn sealed_decisions_are_in_the_pack_and_in_the_report_and_are_taken_again() {
    let scene = scene();
    let pack = scene.packed(&[]);
    let clone = scene.lane.directory().to_str().unwrap();
    for place in [pack.folder.clone(), pack.folder.with_extension("tar")] {
        let (exit, text) = verify(&place, &["--repo", clone]);
        assert!(exit == 0 && text.contains("5 decisions taken again"), "{exit} {text}");
    }
    let output = Command::new("sh").arg(pack.folder.join("verify.sh")).arg(clone).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let page = std::fs::read_to_string(pack.folder.join("index.html")).unwrap();
    for part in ["id=\"decision-3\"", "3 sealed decisions", "decisions/000001.json", "#7", "block"] {
        assert!(page.contains(part), "{part}");
    }
    let manifest: Value =
        serde_json::from_slice(&pack.contents().read(&path("manifest.json")).unwrap()).unwrap();
    let files = manifest["files"].as_array().unwrap();
    assert_eq!(files.iter().filter(|file| file["role"] == "decision").count(), 3);
    assert!(!manifest["command"].to_string().contains("seals"), "the manifest names a place of this machine");
    let text = pack.text();
    for address in ["kim@example.test", "robin@example.test"] {
        assert!(!text.contains(address), "{address} is in the pack");
    }
    let one = pack.folder.join("decisions/000002.json").display().to_string();
    let (exit, text) = portcullis(pack.place.path(), &["replay", &one]);
    assert_eq!(exit, 0, "each can be replayed by itself: {text}");
}

#[test]
fn a_pack_without_sealed_decisions_says_so() {
    let scene = scene();
    let pack = packed(scene.lane.directory(), &[]);
    assert!(!pack.names().iter().any(|name| name.starts_with("decisions/")));
    let page = std::fs::read_to_string(pack.folder.join("index.html")).unwrap();
    assert!(page.contains("No sealed decision was handed over"));
    assert_eq!(verify(&pack.folder, &[]).0, 0);
}

#[test]
fn one_decision_that_is_handed_over_twice_is_there_once_and_the_order_is_that_of_time() {
    let scene = scene();
    let twice = ["--sealed", &scene.shelf.text("seals/blocked.json")];
    let (one, other) = (scene.packed(&[]), scene.packed(&twice));
    assert_eq!(one.names(), other.names());
    assert_eq!(one.contents(), other.contents(), "places and their order change nothing");
}

#[test]
fn sealed_decisions_of_a_pack_of_pseudonyms_name_no_one_and_verify() {
    let scene = scene();
    let key = scene.shelf.path("key");
    std::fs::write(&key, KEY).unwrap();
    let pack = scene.packed(&["--pseudonymise", key.to_str().unwrap()]);
    let text = pack.text().to_lowercase();
    for person in ["kim-example", "robin-example", "alex-example", "kim example", "@example.test"] {
        assert!(!text.contains(person), "{person} is in the pack");
    }
    assert!(text.contains("person-"));
    let (exit, text) = verify(&pack.folder, &["--repo", scene.lane.directory().to_str().unwrap()]);
    assert!(exit == 0 && text.contains("5 decisions taken again"), "{exit} {text}");
}

#[test]
fn a_sealed_decision_without_facts_is_shown_as_such() {
    let scene = scene();
    let shelf = Shelf::new();
    sealed_request(&shelf.path("seal"), |_| (), &["--omit-facts"]);
    let pack = packed(scene.lane.directory(), &["--sealed", &shelf.text("seal")]);
    let (exit, text) = verify(&pack.folder, &[]);
    assert!(
        exit == 3
            && text.contains("decisions/000001.json cannot be taken again")
            && text.contains("facts omitted"),
        "{exit} {text}"
    );
    let page = std::fs::read_to_string(pack.folder.join("index.html")).unwrap();
    assert!(page.contains("facts omitted"));
}

#[test]
fn attack_a_forged_decision_is_handed_over() {
    let scene = scene();
    let shelf = &scene.shelf;
    let forged = forge(&shelf.read("seals/blocked.json"), |value| {
        let text = value["decision"]["text"].as_str().unwrap().replacen("\"block\"", "\"allow\"", 1);
        value["outcome"] = json!("allow");
        value["decision"]["text"] = json!(text);
    });
    shelf.put("forged", &forged);
    scene.fails("forged", 6, "does not hold together");
    let honest = shelf.read("seals/blocked.json");
    shelf.put("cut", &honest[..honest.len() - 40]);
    scene.fails("cut", 5, "not a sealed decision");
    shelf.put("letter", b"All is well.");
    scene.fails("letter", 5, "not a sealed decision");
    scene.fails("nowhere", 5, "cannot read");
}

#[test]
fn attack_a_decision_of_another_repository_is_handed_over() {
    let scene = scene();
    let mut lane = Lane::begin();
    let base = lane.baseline().to_string();
    let tip = work(&mut lane, "the first");
    let mut host = lane.host();
    host.worlds.iter_mut().for_each(|world| world.request.title = "elsewhere".into());
    let shelf = Shelf::new();
    let verdict = judged(&lane, tip, &["--base", &base, "--seal", &shelf.text("seal")]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    let moved = String::from_utf8(shelf.read("seal")).unwrap();
    let moved = moved.replace("example-org/data-upload", "example-org/elsewhere");
    let moved = forge(moved.as_bytes(), |_| ());
    scene.shelf.put("elsewhere", &moved);
    let replayed = scene.shelf.replay("elsewhere", &[]);
    assert_eq!(replayed.0, 0, "it holds together: {}", replayed.1);
    scene.fails("elsewhere", 6, "about example-org/elsewhere, and the audit is of example-org/data-upload");
}

#[test]
fn attack_each_sealed_decision_of_a_pack_is_changed_missing_swapped_or_cut() {
    for number in 1..=3 {
        let item = format!("decisions/{number:06}.json");
        let honest = PACK.read(&path(&item)).unwrap();
        let mut missing = PACK.clone();
        missing.remove(&path(&item));
        names(missing, &item, "missing");
        let mut cut = PACK.clone();
        cut.insert(path(&item), honest[..honest.len() - 2].to_vec());
        names(cut, &item, "");
        for (from, to) in [("\"advisory\": false", "\"advisory\": true"), ("upload", "upl0ad"), ("#", "+")] {
            let text = String::from_utf8(honest.clone()).unwrap();
            let changed = text.replacen(from, to, 1);
            if changed != text {
                let mut contents = PACK.clone();
                contents.insert(path(&item), changed.into_bytes());
                names(contents, &item, "");
            }
        }
    }
    let [first, second] = ["decisions/000001.json", "decisions/000002.json"];
    let mut swapped = PACK.clone();
    swapped.insert(path(first), PACK.read(&path(second)).unwrap());
    swapped.insert(path(second), PACK.read(&path(first)).unwrap());
    names(swapped, first, "audit.json says another");
    let mut extra = PACK.clone();
    extra.insert(path("decisions/000004.json"), PACK.read(&path(first)).unwrap());
    names(extra, "decisions/000004.json", "audit.json lists no such file");
    let mut letter = PACK.clone();
    letter.insert(path("decisions/letter.html"), b"All is well.".to_vec());
    names(letter, "decisions/letter.html", "audit.json lists no such file");
    assert_eq!(faults(&mended(PACK.clone())), Vec::<String>::new(), "twin");
}

#[test]
fn attack_a_sealed_decision_is_made_again_with_another_outcome() {
    let item = path("decisions/000001.json");
    let honest = PACK.read(&item).unwrap();
    let forged = forge(&honest, |value| {
        let text = value["decision"]["text"].as_str().unwrap().replacen("\"block\"", "\"allow\"", 1);
        value["outcome"] = json!("allow");
        value["decision"]["text"] = json!(text);
    });
    assert_ne!(forged, honest);
    let mut contents = PACK.clone();
    contents.insert(item, forged);
    names(contents, "decisions/000001.json", "audit.json says another outcome");
}

#[test]
fn attack_the_audit_lists_the_sealed_decisions_in_another_way() {
    let place = path("audit.json");
    let honest: Value = serde_json::from_slice(&PACK.read(&place).unwrap()).unwrap();
    let altered = |edit: &dyn Fn(&mut Value)| {
        let mut audit = honest.clone();
        edit(&mut audit);
        let audit = portcullis_wire::audit::v1::read_audit(audit.to_string().as_bytes()).unwrap();
        let mut contents = PACK.clone();
        let text = portcullis_wire::audit::v1::write_audit(&audit).unwrap();
        contents.insert(path("audit.json"), text.into_bytes());
        contents
    };
    names(altered(&|audit| audit["sealed"].as_array_mut().unwrap().swap(0, 1)), "audit.json", "out of order");
    names(
        altered(&|audit| audit["sealed"][1]["digest"] = audit["sealed"][0]["digest"].clone()),
        "audit.json",
        "there twice",
    );
    names(
        altered(&|audit| audit["sealed"][2]["judged"]["repository"] = json!("example-org/elsewhere")),
        "audit.json",
        "of another repository",
    );
    names(
        altered(&|audit| {
            audit["sealed"].as_array_mut().unwrap().pop();
        }),
        "decisions/000003.json",
        "audit.json lists no such file",
    );
}

/// A key, and a list of signers that names its owner.
fn make_key(shelf: &Shelf, name: &str) -> (String, String) {
    let key = shelf.text(name);
    let made =
        Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", &key]).status();
    assert!(made.unwrap().success());
    let public = std::fs::read_to_string(format!("{key}.pub")).unwrap();
    let signers = shelf.text(&format!("{name}-signers"));
    std::fs::write(&signers, format!("{name} {public}")).unwrap();
    (key, signers)
}

fn sign(shelf: &Shelf, key: &str, file: &str) {
    let arguments = ["signature", "make", file, "--key", key];
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.clean_env().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let output = command.current_dir(shelf.path("")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn signatures_are_verified_where_the_file_is_as_it_was_signed_and_left_out_where_it_is_not() {
    if !has_keygen() {
        return;
    }
    let scene = scene();
    let shelf = Shelf::new();
    let (key, signers) = make_key(&shelf, "robin");
    let (_, strangers) = make_key(&shelf, "mallory");
    std::fs::create_dir(shelf.path("seals")).unwrap();
    shelf.put("seals/with-addresses", &scene.shelf.read("seals/blocked.json"));
    // Without its facts there is no address in it.
    let (stage, gone) = (Stage::honest().unwrap(), shelf.path("seals/bare"));
    let server = Server::start(stage.world.clone());
    let (exit, text) = seal_request(&stage, &server, &gone, &["--omit-facts"]);
    assert!(gone.exists(), "{exit} {text}");
    sign(&shelf, &key, &shelf.text("seals/with-addresses"));
    sign(&shelf, &key, &shelf.text("seals/bare"));
    let pack = packed(scene.lane.directory(), &["--sealed", &shelf.text("seals")]);
    let kept: Vec<String> = pack.names().into_iter().filter(|name| name.ends_with(".sig")).collect();
    assert!(kept.len() < 2, "a signature of a file with addresses is in no pack: {kept:?}");
    let (_, text) = verify(&pack.folder, &["--signers", &signers]);
    assert!(text.contains("who signed the pack: there is no "), "{text}");
    let Some(item) = kept.first() else { return println!("left out: each decision holds an address") };
    assert!(text.contains("is signed: robin with SHA256:"), "{text}");
    let (exit, text) = verify(&pack.folder, &["--signers", &strangers]);
    assert!(exit == 6 && text.contains(item.as_str()) && text.contains("proves nothing"), "{exit} {text}");
    std::fs::remove_file(pack.folder.join(item)).unwrap();
    seal_whole(&pack.folder, PackRoleV1::Decision);
    refused(&pack.folder, item, "missing");
}

#[test]
fn the_signature_of_a_pack_is_verified_with_it() {
    if !has_keygen() {
        return;
    }
    let scene = scene();
    let shelf = Shelf::new();
    let (key, signers) = make_key(&shelf, "robin");
    let (_, strangers) = make_key(&shelf, "mallory");
    let pack = scene.packed(&[]);
    sign(&shelf, &key, pack.folder.to_str().unwrap());
    let (exit, text) = verify(&pack.folder, &["--signers", &signers]);
    assert!(exit == 0 && text.contains("the pack is signed: robin with SHA256:"), "{exit} {text}");
    let (exit, text) = verify(&pack.folder, &["--signers", &strangers]);
    assert!(exit == 6 && text.contains("pack.sig: proves nothing"), "{exit} {text}");
    let (exit, text) = verify(&pack.folder, &["--signers", &signers, "--at", "2020-01-01T00:00:00Z"]);
    assert!(exit == 0 && text.contains("is signed"), "the list names no times: {text}");
}

/// What a pack says is in these files; a policy without names is held to a clone alone, and what an
/// audit says is held to records and a clone.
fn is_bound(path: &ItemPath) -> bool {
    let text = path.as_str();
    !text.starts_with("policy/") && text != "audit.json" && text != "manifest.json"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever is done to one file or two, and however the manifest is mended afterwards: the pack is
    /// refused.
    #[test]
    fn no_random_edit_of_a_pack_with_sealed_decisions_is_accepted(
        which: prop::sample::Index, other: prop::sample::Index, at: prop::sample::Index, to: u8, kind in 0..6,
        seals: bool,
    ) {
        let bound = PACK.files().keys().filter(|path| is_bound(path));
        let items: Vec<ItemPath> =
            bound.filter(|path| !seals || path.as_str().starts_with("decisions/")).cloned().collect();
        let (item, second) = (which.get(&items).clone(), other.get(&items).clone());
        let mut bytes = PACK.read(&item).unwrap();
        let mut contents = PACK.clone();
        let place = at.index(bytes.len());
        match kind {
            0 => bytes[place] = to,
            1 => { bytes.remove(place); }
            2 => bytes.insert(place, to),
            3 => bytes.truncate(place),
            4 => {
                contents.insert(second.clone(), bytes.clone());
                bytes = PACK.read(&second).unwrap();
            }
            _ => { contents.remove(&item); }
        }
        if kind != 5 {
            contents.insert(item.clone(), bytes);
        }
        prop_assume!(contents != *PACK);
        prop_assert!(!faults(&mended(contents)).is_empty(), "{item} was accepted");
    }
}
