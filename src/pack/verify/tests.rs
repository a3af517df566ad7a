//! Packs that were tampered with, and an honest one.

use super::*;
use crate::contents::PackContents;
use crate::manifest::PackSubject;
use crate::testing::made_up_audit;
use portcullis_wire::pack::v1::PeopleV1;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn path(text: &str) -> ItemPath {
    ItemPath::new(text).unwrap()
}

/// A pack of a made-up audit, as its files.
fn pack_of(audit: &AuditV1) -> PackContents {
    let mut contents = PackContents::default();
    let mut files = BTreeMap::new();
    let input = ReportInput { audit, people: PeopleV1::Logins, procedure: None };
    derive_files::<BadPath>(&input, &mut |path, bytes, role| {
        files.insert(path.clone(), (bytes.len() as u64, Digest::of(&bytes), role));
        contents.insert(path, bytes);
        Ok(())
    })
    .unwrap();
    let period = &audit.title.period;
    let subject = PackSubject {
        repository: audit.title.repository.clone(),
        since: period.since.clone(),
        until: period.until.clone(),
        command: vec!["audit".to_string()],
        people: PeopleV1::Logins,
    };
    contents.insert(path(MANIFEST), PackManifest::new(subject, &files).bytes().unwrap());
    contents
}

/// The manifest written again for the files as they are: what an attacker would do.
fn sealed_again(mut contents: PackContents) -> PackContents {
    let old = PackManifest::read(&contents.read(&path(MANIFEST)).unwrap()).unwrap();
    let form = old.form();
    let subject = PackSubject {
        repository: form.repository.clone(),
        since: form.period.since.clone(),
        until: form.period.until.clone(),
        command: form.command.clone(),
        people: form.people,
    };
    let role = |path: &ItemPath| old.files().get(path).map_or(PackRoleV1::Results, |file| file.role);
    let there = contents.files().iter().filter(|(path, _)| path.as_str() != MANIFEST);
    let files = there
        .map(|(path, bytes)| (path.clone(), (bytes.len() as u64, Digest::of(bytes), role(path))))
        .collect();
    contents.insert(path(MANIFEST), PackManifest::new(subject, &files).bytes().unwrap());
    contents
}

fn faults(contents: &PackContents) -> Vec<String> {
    verify_pack(contents, &|_, _, _, _| {}).faults.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn names(contents: &PackContents, item: &str, why: &str) {
    let faults = faults(contents);
    assert!(
        faults.iter().any(|fault| fault.starts_with(item) && fault.contains(why)),
        "{item}, {why}: {faults:#?}"
    );
}

#[test]
fn an_honest_pack_holds_together() {
    let verified = verify_pack(&pack_of(&made_up_audit(12)), &|_, _, _, _| {});
    assert_eq!(verified.faults, []);
    assert_eq!((verified.files, verified.not_shown.len()), (verified.derived, 0));
}

#[test]
fn the_files_of_another_version_are_not_written_again_and_not_refused() {
    let mut audit = made_up_audit(4);
    audit.title.program = "portcullis 0.0.1".to_string();
    let mut contents = pack_of(&audit);
    let text = String::from_utf8(contents.read(&path(MANIFEST)).unwrap()).unwrap();
    contents.insert(path(MANIFEST), text.replace(PROGRAM, "portcullis 0.0.1").into_bytes());
    let verified = verify_pack(&contents, &|_, _, _, _| {});
    assert_eq!((verified.faults, verified.not_shown.len(), verified.derived), (Vec::new(), 1, 0));
}

#[test]
fn each_file_that_is_changed_missing_extra_swapped_or_cut_is_named() {
    let honest = pack_of(&made_up_audit(4));
    let all: Vec<ItemPath> = honest.files().keys().cloned().collect();
    for item in &all {
        let name = item.as_str();
        let mut missing = honest.clone();
        let bytes = missing.remove(item).unwrap();
        names(&missing, name, "missing");
        for (at, how) in [(0, "first"), (bytes.len() / 2, "middle"), (bytes.len() - 1, "last")] {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let mut contents = honest.clone();
            contents.insert(item.clone(), changed);
            let faults = faults(&contents);
            // A digest in the manifest that is another one names the file that it is of.
            let is_named = |fault: &String| fault.starts_with(name) || name == MANIFEST;
            assert!(faults.iter().any(is_named), "{name} {how}: {faults:?}");
        }
        let mut cut = honest.clone();
        cut.insert(item.clone(), bytes[..bytes.len() - 1].to_vec());
        names(&cut, name, "");
    }
    let mut extra = honest.clone();
    extra.insert(path("landings/more.html"), b"x".to_vec());
    names(&extra, "landings/more.html", "extra");
    let pages: Vec<&ItemPath> = all.iter().filter(|path| path.as_str().starts_with("landings/")).collect();
    let mut swapped = honest.clone();
    swapped.insert(pages[0].clone(), honest.read(pages[1]).unwrap());
    names(&swapped, pages[0].as_str(), "swapped");
}

#[test]
fn a_page_that_was_edited_and_sealed_again_is_named() {
    let honest = pack_of(&made_up_audit(4));
    let mut contents = honest.clone();
    let page = String::from_utf8(honest.read(&path("index.html")).unwrap()).unwrap();
    contents.insert(path("index.html"), page.replace("Open exceptions", "No exceptions").into_bytes());
    names(&sealed_again(contents), "index.html", "not what this program writes");
    let mut more = honest.clone();
    more.insert(path("letter.html"), b"All is well.".to_vec());
    names(&sealed_again(more), "letter.html", "no pack holds");
    for folder in ["statements", "waivers"] {
        let mut more = honest.clone();
        let letter = format!("{folder}/letter.html");
        more.insert(path(&letter), b"All is well.".to_vec());
        names(&sealed_again(more), &letter, "no pack holds");
    }
}

#[test]
fn the_manifest_of_another_pack_is_named() {
    let (honest, other) = (pack_of(&made_up_audit(4)), pack_of(&made_up_audit(5)));
    let mut contents = honest.clone();
    contents.insert(path(MANIFEST), other.read(&path(MANIFEST)).unwrap());
    names(&contents, "audit.json", "changed");
    let mut audit = made_up_audit(4);
    audit.title.repository = Some("example-org/elsewhere".to_string());
    let mut moved = pack_of(&audit);
    let text = String::from_utf8(moved.read(&path(MANIFEST)).unwrap()).unwrap();
    moved.insert(
        path(MANIFEST),
        text.replace("example-org/elsewhere", "example-org/data-upload").into_bytes(),
    );
    names(&moved, MANIFEST, "repository");
}

#[test]
fn a_manifest_in_another_order_or_spelling_is_refused() {
    let honest = pack_of(&made_up_audit(2));
    let text = String::from_utf8(honest.read(&path(MANIFEST)).unwrap()).unwrap();
    for other in [
        text.replace("  \"schema\"", " \"schema\""),
        text.replacen("\"schema\": 1", "\"schema\": 2", 1),
        text.replacen("\"command\"", "\"more\": 1, \"command\"", 1),
        text.replacen("audit.json", "../audit.json", 1),
        text.replacen("audit.json", "zaudit.json", 1),
    ] {
        let mut contents = honest.clone();
        contents.insert(path(MANIFEST), other.into_bytes());
        names(&contents, MANIFEST, "");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Whatever is done to a file, and however the manifest is mended afterwards, the pack is
    /// refused, or it says what it said.
    #[test]
    fn no_random_edit_changes_what_an_accepted_pack_says(
        which: prop::sample::Index, at: prop::sample::Index, to: u8, kind in 0..4, seal: bool,
    ) {
        let honest = pack_of(&made_up_audit(3));
        let item = which.get(&honest.files().keys().cloned().collect::<Vec<_>>()).clone();
        let mut bytes = honest.read(&item).unwrap();
        let place = at.index(bytes.len());
        match kind {
            0 => bytes[place] = to,
            1 => { bytes.remove(place); }
            2 => bytes.insert(place, to),
            _ => bytes.truncate(place),
        }
        prop_assume!(bytes != honest.read(&item).unwrap());
        let mut contents = honest.clone();
        contents.insert(item.clone(), bytes);
        // An audit that says something else is caught by records and a clone, not by itself.
        let contents = if seal && item.as_str() != MANIFEST && item.as_str() != AUDIT { sealed_again(contents) } else { contents };
        prop_assert!(!faults(&contents).is_empty(), "{item} was accepted");
    }
}

/// A pack of an audit after something was done to its JSON, sealed as an attacker would.
#[track_caller]
fn contradicts(edit: impl FnOnce(&mut serde_json::Value), why: &str) {
    let mut audit = serde_json::to_value(made_up_audit(12)).unwrap();
    edit(&mut audit);
    let audit = portcullis_wire::audit::v1::read_audit(audit.to_string().as_bytes()).unwrap();
    names(&pack_of(&audit), "audit.json", why);
}

#[test]
fn an_exception_that_was_taken_out_of_the_audit_is_missed() {
    contradicts(
        |audit| {
            audit["exceptions"] = serde_json::json!([]);
            audit["outcome"] = "undetermined".into();
            audit["counts"]["exceptions"] = 0.into();
            audit["counts"]["open_exceptions"] = 0.into();
        },
        "reviewed-landings of main@",
    );
    contradicts(|audit| audit["outcome"] = "no-exceptions".into(), "its outcome");
    contradicts(|audit| audit["counts"]["open_exceptions"] = 0.into(), "its counts");
    contradicts(
        |audit| {
            audit["gaps"].as_array_mut().unwrap().pop();
        },
        "required-checks of main@",
    );
    contradicts(|audit| audit["environments"][0]["holes"] = serde_json::json!([3]), "its outcome");
}

#[test]
fn a_landing_that_was_taken_out_of_the_audit_is_missed() {
    let taken = |at: usize| {
        move |audit: &mut serde_json::Value| {
            let gone = audit["landings"].as_array_mut().unwrap().remove(at);
            for (place, member) in
                [("/counts/landings", 1), ("/counts/allowed", 1), ("/branches/0/landings", 1)]
            {
                let count = audit.pointer_mut(place).unwrap();
                *count = (count.as_u64().unwrap() - member).into();
            }
            for place in ["/counts/commits", "/branches/0/commits"] {
                let count = audit.pointer_mut(place).unwrap();
                *count = (count.as_u64().unwrap() - gone["commits"].as_u64().unwrap()).into();
            }
        }
    };
    for at in [0, 4, 11] {
        contradicts(taken(at), if at == 11 { "end elsewhere" } else { "a landing is missing" });
    }
    contradicts(
        |audit| {
            let last = audit["landings"][11]["landed"].clone();
            audit["landings"][4]["steps"] = serde_json::json!([last, audit["landings"][4]["landed"]]);
            audit["branches"][0]["steps"] = 13.into();
        },
        "other steps than its proof",
    );
    contradicts(|audit| audit["branches"] = serde_json::json!([]), "without a population");
    contradicts(|audit| audit["branches"][0]["proof"] = serde_json::Value::Null, "nothing shows");
}

#[test]
fn a_period_that_no_record_can_be_in_is_named() {
    contradicts(|audit| audit["title"]["period"]["since"] = "2025-10-01".into(), "its period");
    contradicts(|audit| audit["title"]["period"]["until"] = serde_json::Value::Null, "its period");
}

#[test]
fn snapshots_that_do_not_verify_leave_the_audit_unverified() {
    let faults_with = |outcome: &str| {
        let mut audit = serde_json::to_value(made_up_audit(12)).unwrap();
        let mut broken = audit["exceptions"][0].clone();
        broken["control"] = "records".into();
        broken["standing"] = "open".into();
        broken["finding"]["control"] = "records".into();
        broken["finding"]["subject"] = serde_json::json!({ "kind": "branch", "name": "main" });
        audit["exceptions"].as_array_mut().unwrap().push(broken);
        for member in ["exceptions", "open_exceptions"] {
            audit["counts"][member] = (audit["counts"][member].as_u64().unwrap() + 1).into();
        }
        audit["outcome"] = outcome.into();
        let audit = portcullis_wire::audit::v1::read_audit(audit.to_string().as_bytes()).unwrap();
        faults(&pack_of(&audit))
    };
    assert_eq!(faults_with("unverified"), Vec::<String>::new());
    assert!(faults_with("exceptions").iter().any(|fault| fault.contains("its outcome")));
}

#[test]
fn a_deployment_that_was_taken_out_of_the_audit_is_missed() {
    contradicts(|audit| audit["environments"] = serde_json::json!([]), "without a population");
    contradicts(
        |audit| {
            audit["deployments"].as_array_mut().unwrap().pop();
            audit["counts"]["deployments"] = 11.into();
        },
        "production: its deployments",
    );
    contradicts(
        |audit| {
            let mut finding = audit["landings"][3]["then"]["findings"][0].clone();
            finding["control"] = "required-checks".into();
            audit["deployments"][2]["decision"]["findings"] = serde_json::json!([finding]);
        },
        "required-checks of production#3 is not among its exceptions",
    );
}
