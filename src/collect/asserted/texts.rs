//! The texts that steer the gate, as an evidence file states them.

use super::{contradiction, known, not_stated, touches};
use portcullis_model::assertion::asserted_conventions;
use portcullis_model::fact::Gap;
use portcullis_model::facts::{GateTexts, POLICY_PATH};
use portcullis_model::inquiry::{Inquiry, TextPurpose, Topic};
use portcullis_model::path::RepoPath;
use portcullis_wire::evidence_file::v1::{EvidenceFileV1, StatedTextV1};
use std::collections::BTreeMap;

const TEXTS: &str = "the files that steer the gate";

/// The texts that the inquiry asks for. Each has to be stated, also that there is no such file.
pub fn read_texts(file: &EvidenceFileV1, inquiry: &Inquiry) -> Result<GateTexts, Gap> {
    let stated = known(file, TEXTS, &file.texts)?;
    let stated: BTreeMap<RepoPath, &StatedTextV1> =
        stated.entries().map(|(path, text)| (RepoPath::from(path.as_str()), text)).collect();
    for (path, text) in &stated {
        if text.before != text.after && !touches(file, path) {
            let what = format!("the text of {path}");
            return Err(contradiction(&what, "it differs, and the change does not touch the file"));
        }
    }
    let policy = RepoPath::from(POLICY_PATH);
    if inquiry.path_of(TextPurpose::Policy).is_none()
        && touches(file, &policy)
        && !stated.contains_key(&policy)
    {
        return Err(not_stated(file, &format!("the text of {policy}, which the change touches,")));
    }
    let mut gate = GateTexts::default();
    for (path, purposes) in &inquiry.texts {
        for purpose in purposes.iter().filter(|purpose| !purpose.is_read_by_collector()) {
            let Some(text) = stated.get(path) else {
                return Err(not_stated(file, &format!("the text of {path}")));
            };
            let entry = gate.entry(path.clone(), *purpose);
            entry.before = text.before.clone();
            entry.after = text.after.clone().filter(|_| purpose.is_read_after());
        }
    }
    add_owners(file, inquiry, &stated, &mut gate)?;
    Ok(gate)
}

/// CODEOWNERS is the first of its places that is there.
fn add_owners(
    file: &EvidenceFileV1,
    inquiry: &Inquiry,
    stated: &BTreeMap<RepoPath, &StatedTextV1>,
    gate: &mut GateTexts,
) -> Result<(), Gap> {
    for place in &asserted_conventions().code_owners.places {
        let path = RepoPath::from(place.as_str());
        match stated.get(&path).map(|text| &text.before) {
            Some(Some(text)) => {
                gate.entry(path, TextPurpose::CodeOwners).before = Some(text.clone());
                return Ok(());
            }
            None if inquiry.topics.contains(&Topic::CodeOwners) => {
                return Err(not_stated(file, &format!("whether there is a file {path}")));
            }
            Some(None) | None => {}
        }
    }
    Ok(())
}
