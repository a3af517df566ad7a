//! Evidence packs as people get them: written over a made-up project with deployment records, verified by the program and
//! by the recipe of standard tools, and tampered with.

use crate::support::forger::{deployed, facts, judged, newest, work};
use crate::support::packed::{refused, seal_whole, verify};
use crate::support::{audited::AS_OF, clean::CleanEnvironment as _};
use portcullis_audit::deployment::kept_findings;
use portcullis_cli::pack::write::{PackOrder, write_pack};
use portcullis_git::Repository;
use portcullis_model::digest::Digest;
use portcullis_pack::pseudonym::PseudonymKey;
use portcullis_record::{DECISION, RECORD};
use portcullis_testkit::lane::Lane;
use portcullis_wire::audit::v1::{AuditV1, read_audit};
use portcullis_wire::pack::v1::PackRoleV1;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Two deployments on record.
fn lane() -> Lane {
    let mut lane = deployed();
    let tip = work(&mut lane, "the second");
    assert_eq!(judged(&lane, tip, &["--record"]).exit, 0);
    lane
}

/// What an audit says of the records of a lane, and nothing of its landings.
fn audit_of(lane: &Lane) -> AuditV1 {
    let mut audit = serde_json::to_value(portcullis_pack::testing::made_up_audit(0)).unwrap();
    let repository = lane.history.repository();
    let mut at = Some(repository.refname_to_id("refs/portcullis/deployments/production").unwrap());
    let mut deployments = Vec::new();
    let tip = at.unwrap().to_string();
    while let Some(id) = at {
        let commit = repository.find_commit(id).unwrap();
        let tree = commit.tree().unwrap();
        let blob = repository.find_blob(tree.get_name(RECORD).unwrap().id()).unwrap();
        let entry: Value = serde_json::from_slice(blob.content()).unwrap();
        let decision = repository.find_blob(tree.get_name(DECISION).unwrap().id()).unwrap();
        let findings = kept_findings(serde_json::from_slice(decision.content()).unwrap());
        deployments.insert(0, json!({
            "id": format!("production#{}", entry["number"]), "environment": "production", "number": entry["number"], "record": id.to_string(),
            "digest": Digest::of(blob.content()).to_string(), "time": { "at": entry["time"], "source": "record" }, "branch": "main",
            "baseline": entry["baseline"]["commit"], "baseline_origin": entry["baseline"]["origin"], "candidate": entry["candidate"], "rollback": false,
            "recorder": entry["recorder"], "deployer": null, "deployer_known": false, "landings": [], "other_landings": 1,
            "decision": { "outcome": "allow", "policy": entry["policy"]["digest"], "findings": findings }, "standing": "reproduced", "why": null
        }));
        at = commit.parent_id(0).ok();
    }
    for place in ["/environments/0/records", "/environments/0/last", "/counts/deployments"] {
        *audit.pointer_mut(place).unwrap() = json!(deployments.len());
    }
    audit["environments"][0]["tip"] = json!(tip);
    audit["deployments"] = json!(deployments);
    audit["title"]["policies"] = json!([]);
    // A month in which nothing landed.
    for (place, value) in [("since", "2024-01-01T00:00:00Z"), ("until", "2024-02-01T00:00:00Z")] {
        audit["title"]["period"][place] = json!(value);
    }
    for member in ["proof", "from", "to"] {
        audit["branches"][0][member] = Value::Null;
    }
    read_audit(audit.to_string().as_bytes()).unwrap()
}

/// A pack over a lane: its folder, with the archive beside it.
fn packed(lane: &Lane) -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("pack");
    let repository = Repository::open(lane.directory()).unwrap();
    let audit = audit_of(lane);
    let order = PackOrder {
        audit,
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

/// Puts the true digest and length of a file into the manifest, as an attacker would.
fn seal_again(folder: &Path, item: &str) {
    let place = folder.join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&std::fs::read(&place).unwrap()).unwrap();
    let bytes = std::fs::read(folder.join(item)).unwrap();
    let mut text = std::fs::read_to_string(&place).unwrap();
    let files = manifest["files"].as_array_mut().unwrap();
    let file = files.iter().find(|file| file["path"] == item).unwrap();
    let (old, new) = (file["digest"].as_str().unwrap(), Digest::of(&bytes).to_string());
    let said = |size: &Value, digest: &str| {
        format!("\"path\": \"{item}\",\n      \"size\": {size},\n      \"digest\": \"{digest}\"")
    };
    let old = said(&file["size"], old);
    assert!(text.contains(&old));
    text = text.replace(&old, &said(&json!(bytes.len()), &new));
    std::fs::write(place, text).unwrap();
}

#[test]
fn a_pack_verifies_as_a_folder_as_an_archive_and_against_the_clone() {
    let lane = lane();
    let (_place, folder) = packed(&lane);
    for pack in [folder.clone(), folder.with_extension("tar")] {
        let (exit, text) = verify(&pack, &["--repo", lane.directory().to_str().unwrap()]);
        assert_eq!(exit, 0, "{text}");
        assert!(text.contains("2 decisions taken again"), "{text}");
    }
}

#[test]
fn the_same_pack_has_the_same_bytes_wherever_and_whenever_it_is_written() {
    let lane = lane();
    let ((_a, first), (_b, second)) = (packed(&lane), packed(&lane));
    let bytes = |folder: &Path| std::fs::read(folder.with_extension("tar")).unwrap();
    assert!(bytes(&first) == bytes(&second));
}

#[test]
fn the_made_up_year_gives_the_same_pack_under_another_zone_and_verifies() {
    let place = tempfile::tempdir().unwrap();
    let demo = |folder: &str, zone: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.clean_env().env("TZ", zone).current_dir(place.path()).args(["demo", "--pack", folder]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::read(place.path().join(folder.trim_end_matches('/')).with_extension("tar")).unwrap()
    };
    let (first, second) = (demo("first", "UTC"), demo("second/", "Asia/Tokyo"));
    assert!(first == second);
    let (exit, text) = verify(&place.path().join("first"), &[]);
    assert_eq!(exit, 0, "{text}");
    let page = std::fs::read_to_string(place.path().join("first/index.html")).unwrap();
    let ended = "has training in `secure-review` that ended at 2025-07-02T00:00:00Z";
    for part in ["reviewed late", "rollback", "weaker", "E-1", "R-1", "T-1", ended] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn the_audit_of_a_clone_writes_a_pack_that_another_clone_contradicts() {
    let (lane, other) = (lane(), deployed());
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("pack");
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.clean_env().current_dir(lane.directory());
    command
        .args(["audit", "--since", "2026-01-01", "--until", "2027-12-31", "--as-of", AS_OF, "--pack"])
        .arg(&folder);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (exit, text) = verify(&folder, &["--repo", lane.directory().to_str().unwrap()]);
    assert_eq!(exit, 0, "{text}");
    let (exit, text) = verify(&folder, &["--repo", other.directory().to_str().unwrap()]);
    assert!(exit == 6 && text.contains("main: the repository does not hold the commits"), "{text}");
    let manifest = std::fs::read_to_string(folder.join("manifest.json")).unwrap();
    assert!(!manifest.contains(place.path().to_str().unwrap()), "the manifest names a place of this machine");
    let clone = lane.directory().to_str().unwrap();
    let output = Command::new("sh").arg(folder.join("verify.sh")).arg(clone).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn a_pack_holds_no_address_and_no_name_of_a_commit() {
    let lane = lane();
    let stored = facts(&lane, lane.tip(), &["--base", &lane.baseline().to_string()]).to_string();
    let people = ["kim@example.test", "robin@example.test", "Kim Example", "Robin Example"];
    assert!(people.iter().any(|person| stored.contains(person)), "the facts name nobody");
    let (_place, folder) = packed(&lane);
    let archive = std::fs::read(folder.with_extension("tar")).unwrap();
    let text = String::from_utf8_lossy(&archive);
    for person in people {
        assert!(!text.contains(person), "{person} is in the pack");
    }
    assert!(text.contains("address-0001@redacted.invalid"));
}

#[test]
fn a_pack_of_pseudonyms_verifies_names_nobody_and_is_mapped_back_with_the_key_alone() {
    let lane = lane();
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("pack");
    let (file, other) = (place.path().join("key"), place.path().join("other"));
    std::fs::write(&file, "0123456789abcdef0123456789abcdef\n").unwrap();
    std::fs::write(&other, "1123456789abcdef0123456789abcdef\n").unwrap();
    let key = PseudonymKey::read(&std::fs::read(&file).unwrap()).unwrap();
    let repository = Repository::open(lane.directory()).unwrap();
    let audit = audit_of(&lane);
    let command = vec!["audit".to_string()];
    let order = PackOrder {
        audit,
        repository: &repository,
        folder: &folder,
        command,
        key: Some(&key),
        seals: &[],
        people: Default::default(),
    };
    let written = write_pack(order).unwrap();
    let (exit, text) = verify(&folder.with_extension("tar"), &["--repo", lane.directory().to_str().unwrap()]);
    assert!(exit == 0 && text.contains("2 decisions taken again"), "{text}");
    let archive = std::fs::read(folder.with_extension("tar")).unwrap();
    let text = String::from_utf8_lossy(&archive);
    for person in
        ["kim-example", "robin-example", "alex-example", "Kim Example", "@example.test", "0123456789abcdef0"]
    {
        assert!(!text.contains(person), "{person} is in the pack");
    }
    let pseudonym = key.of_login("robin-example");
    assert!(text.contains(&pseudonym));
    let people = place.path().join("key.people.json");
    std::fs::write(&people, serde_json::to_string(&written.people).unwrap()).unwrap();
    std::fs::copy(&people, place.path().join("other.people.json")).unwrap();
    let reveal = |key: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.clean_env().args(["pack", "reveal", "--key"]).arg(key).arg(&pseudonym).output().unwrap()
    };
    assert_eq!(String::from_utf8(reveal(&file).stdout).unwrap(), format!("{pseudonym}  robin-example\n"));
    assert_eq!(reveal(&other).status.code(), Some(6));
}

#[test]
fn a_record_that_was_changed_is_named_even_when_the_manifest_is_mended() {
    let lane = lane();
    let (_place, folder) = packed(&lane);
    for item in ["decision.json", "facts.json", "policy.toml", "record.json"] {
        let item = format!("records/production/000001/{item}");
        let place = folder.join(&item);
        let honest = std::fs::read_to_string(&place).unwrap();
        let manifest = std::fs::read(folder.join("manifest.json")).unwrap();
        let changed = honest.replacen("upload", "upl0ad", 1);
        assert_ne!(honest, changed);
        std::fs::write(&place, changed).unwrap();
        refused(&folder, &item, "changed");
        seal_again(&folder, &item);
        refused(&folder, "records/production/000001", "");
        std::fs::write(&place, honest).unwrap();
        std::fs::write(folder.join("manifest.json"), manifest).unwrap();
    }
    assert_eq!(verify(&folder, &[]).0, 0);
}

#[test]
fn what_is_in_a_folder_and_no_file_of_a_pack_is_refused_by_name() {
    let lane = lane();
    let (_place, folder) = packed(&lane);
    std::os::unix::fs::symlink("/etc/hostname", folder.join("landings.txt")).unwrap();
    refused(&folder, "landings.txt", "symbolic link");
    std::fs::remove_file(folder.join("landings.txt")).unwrap();
    std::fs::write(folder.join("Index.html"), "x").unwrap();
    refused(&folder, "Index.html", "capital");
    std::fs::remove_file(folder.join("Index.html")).unwrap();
    std::fs::create_dir(folder.join("empty")).unwrap();
    refused(&folder, "empty", "empty folder");
    std::fs::remove_dir(folder.join("empty")).unwrap();
    std::fs::write(folder.join("extra.txt"), "x").unwrap();
    refused(&folder, "extra.txt", "extra");
}

#[test]
fn another_repository_and_another_pack_are_named() {
    let (lane, other) = (lane(), deployed());
    let (_place, folder) = packed(&lane);
    let (exit, text) = verify(&folder, &["--repo", other.directory().to_str().unwrap()]);
    assert!(exit == 6 && text.contains("production#2") && text.contains("does not hold"), "{text}");
    let (_elsewhere, another) = packed(&other);
    for item in ["record.json", "facts.json"] {
        let item = format!("records/production/000001/{item}");
        std::fs::copy(another.join(&item), folder.join(&item)).unwrap();
    }
    refused(&folder, "records/production/000001/record.json", "changed");
    let digest = Digest::of(&std::fs::read(another.join("manifest.json")).unwrap()).to_string();
    let (exit, text) = verify(&another, &["--expect", &digest]);
    assert_eq!(exit, 0, "{text}");
    let (exit, text) = verify(&another, &["--expect", &digest.replace(['0', '1'], "2")]);
    assert!(exit == 6 && text.contains("another pack"), "{text}");
}

#[test]
fn an_audit_that_leaves_an_environment_out_is_told_by_the_clone() {
    let lane = lane();
    let mut audit = audit_of(&lane);
    audit.environments.clear();
    audit.deployments.clear();
    audit.counts.deployments = 0;
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("pack");
    let repository = Repository::open(lane.directory()).unwrap();
    let order = PackOrder {
        audit,
        repository: &repository,
        folder: &folder,
        command: Vec::new(),
        key: None,
        seals: &[],
        people: Default::default(),
    };
    write_pack(order).unwrap();
    let (exit, text) = verify(&folder, &["--repo", lane.directory().to_str().unwrap()]);
    assert!(
        exit == 0 && text.contains("has records of production, which the audit does not cover"),
        "{text}"
    );
}

#[test]
fn what_cannot_be_read_is_no_statement_about_the_pack() {
    let (exit, text) = verify(Path::new("/nowhere/pack"), &[]);
    assert!(exit == 5 && text.contains("/nowhere/pack"), "{exit} {text}");
}

#[test]
fn the_recipe_of_standard_tools_agrees_and_names_what_differs() {
    if Command::new("jq").arg("--version").output().is_err() {
        println!("left out: jq is not here");
        return;
    }
    let lane = lane();
    let (_place, folder) = packed(&lane);
    let recipe = || {
        let output = Command::new("sh").arg(folder.join("verify.sh")).output().unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        (output.status.code().unwrap(), text)
    };
    let (exit, text) = recipe();
    assert_eq!(exit, 0, "{text}");
    let honest = std::fs::read_to_string(folder.join("index.html")).unwrap();
    std::fs::write(folder.join("index.html"), honest.replace("Summary", "Summery")).unwrap();
    let (exit, text) = recipe();
    assert!(exit == 6 && text.contains("index.html"), "{text}");
    std::fs::write(folder.join("index.html"), honest).unwrap();
    std::fs::write(folder.join("more.txt"), "x").unwrap();
    let (exit, text) = recipe();
    assert!(exit == 6 && text.contains("more.txt: extra"), "{text}");
    std::fs::remove_file(folder.join("more.txt")).unwrap();
    let item = "records/production/000002/facts.json";
    let honest = std::fs::read_to_string(folder.join(item)).unwrap();
    std::fs::write(folder.join(item), honest.replacen("main", "mein", 1)).unwrap();
    seal_again(&folder, item);
    let (exit, text) = recipe();
    assert!(exit == 6 && text.contains(item), "{text}");
}

#[test]
fn a_folder_that_holds_something_is_not_written_into() {
    let lane = lane();
    let (place, _folder) = packed(&lane);
    let repository = Repository::open(lane.directory()).unwrap();
    let audit = audit_of(&lane);
    let order = PackOrder {
        audit,
        repository: &repository,
        folder: place.path(),
        command: Vec::new(),
        key: None,
        seals: &[],
        people: Default::default(),
    };
    let failure = write_pack(order).err().unwrap();
    assert!(failure.to_string().contains("not empty"), "{failure}");
    assert_eq!(newest(&lane).number, 2);
}

/// The pack of the whole audit of a lane.
fn audited(lane: &Lane) -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("pack");
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.clean_env().current_dir(lane.directory());
    command
        .args(["audit", "--since", "2026-01-01", "--until", "2027-12-31", "--as-of", AS_OF, "--pack"])
        .arg(&folder);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (place, folder)
}

#[test]
fn results_procedure_and_waivers_are_written_again_and_compared() {
    let lane = lane();
    let (_place, folder) = audited(&lane);
    assert_eq!(verify(&folder, &[]).0, 0);
    let clause = "results/nist-800-53/cm-3_2026-01-01_2027-12-31";
    let record = "results/production/000002";
    let items = [
        format!("{clause}.csv"),
        format!("{clause}.html"),
        format!("{record}/codequality.json"),
        format!("{record}/findings.csv"),
        format!("{record}/findings.sarif"),
        format!("{record}/gemara-evaluation-log.json"),
        format!("{record}/junit.xml"),
        format!("{record}/oscal-assessment-results.json"),
        format!("{record}/oscal-poam.json"),
        format!("{record}/source-review-coverage.json"),
        format!("{record}/vsa.json"),
        "procedure/procedure.md".to_string(),
        "procedure/procedure.html".to_string(),
        "procedure/procedure-change.svg".to_string(),
        "waivers/waivers.csv".to_string(),
    ];
    for item in &items {
        let place = folder.join(item);
        let honest = std::fs::read(&place).unwrap_or_else(|error| panic!("{item}: {error}"));
        std::fs::write(&place, [&honest[..], b" "].concat()).unwrap();
        refused(&folder, item, "changed");
        seal_whole(&folder, PackRoleV1::Results);
        refused(&folder, item, "it is not what this program writes");
        // A folder without files is no part of a pack.
        if !item.starts_with("waivers") {
            std::fs::remove_file(&place).unwrap();
            seal_whole(&folder, PackRoleV1::Results);
            refused(&folder, item, "missing");
        }
        std::fs::write(&place, honest).unwrap();
        let role = match item.split('/').next().unwrap() {
            "procedure" => PackRoleV1::Procedure,
            "waivers" => PackRoleV1::Waiver,
            _ => PackRoleV1::Results,
        };
        seal_whole(&folder, role);
    }
    assert_eq!(verify(&folder, &[]).0, 0, "{}", verify(&folder, &[]).1);
}

#[test]
fn a_result_that_nothing_in_the_pack_gives_rise_to_is_named() {
    let lane = lane();
    let (_place, folder) = audited(&lane);
    let extra = [
        ("results/production/000003/junit.xml", PackRoleV1::Results),
        ("procedure/other.md", PackRoleV1::Procedure),
    ];
    for (item, role) in extra {
        let place = folder.join(item);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::copy(folder.join("results/production/000002/junit.xml"), &place).unwrap();
        seal_whole(&folder, role);
        refused(&folder, item, "nothing in the pack gives rise to this file");
        std::fs::remove_file(&place).unwrap();
        if item.starts_with("results") {
            std::fs::remove_dir(place.parent().unwrap()).unwrap();
        }
    }
}
