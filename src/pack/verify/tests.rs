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
    verify_pack(contents, &|_, _, _| {}).faults.iter().map(ToString::to_string).collect()
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
    let verified = verify_pack(&pack_of(&made_up_audit(12)), &|_, _, _| {});
    assert_eq!(verified.faults, []);
    assert_eq!((verified.files, verified.not_shown.len()), (verified.derived, 0));
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
