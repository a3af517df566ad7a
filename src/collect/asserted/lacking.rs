//! What an evidence file leaves out of that which an inquiry asks for.

use super::change::{SINGLE_REVISIONS, read_change};
use super::{Names, known, never_stated, texts};
use portcullis_model::change::Change;
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::inquiry::{Inquiry, Topic};
use portcullis_wire::evidence_file::v1::EvidenceFileV1;

/// Something that is asked for and that the file does not state.
pub type Lack = Gap;

/// Every gap that leaves a question of an inquiry unproven, each once, in a fixed order. The
/// sources of tests are left out: nothing is judged by them.
pub fn find_lacks(file: &EvidenceFileV1, inquiry: &Inquiry) -> Vec<Lack> {
    let asks = |topic| inquiry.topics.contains(&topic);
    let mut lacks = Vec::new();
    match read_change(file, &Names::of(file), inquiry) {
        Ok(change) => lacks.extend(unread_lines(change)),
        Err(gap) => lacks.push(gap),
    }
    lacks.extend(texts::read_texts(file, inquiry).err());
    if asks(Topic::Reviews) {
        lacks.extend(known(file, "the reviews", &file.reviews).err());
    }
    if asks(Topic::Protection) {
        lacks.extend(super::host::protection_gaps(file));
    }
    if asks(Topic::Pushes) {
        lacks.extend(super::host::push_gap(file));
    }
    if asks(Topic::Reports) {
        lacks.extend(known(file, "the reports of test runs", &file.tests).err());
    }
    let never = [
        (asks(Topic::Checks), "the checks of a revision"),
        (asks(Topic::Evidence), "statements of test runs on a tree"),
        (!inquiry.teams.is_empty(), "who the members of teams are"),
        (!inquiry.line_coverage.is_empty(), "which changed lines the tests executed"),
        (inquiry.signed.is_some(), "signed reviews"),
        (inquiry.each_commit, SINGLE_REVISIONS),
    ];
    lacks.extend(never.iter().filter(|(is_asked, _)| *is_asked).map(|(_, what)| never_stated(file, what)));
    lacks.dedup();
    lacks
}

/// The files whose lines content patterns would be put to.
fn unread_lines(change: Change) -> Vec<Gap> {
    change
        .files
        .into_iter()
        .filter_map(|file| match file.content {
            Fact::Gap(gap) => Some(gap),
            Fact::Known(_) => None,
        })
        .collect()
}
