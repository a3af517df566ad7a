//! Names that stay the same from run to run, so that a consumer knows a finding again: fingerprints
//! and UUIDs. They are made of what was judged, never of a clock or of chance.

use portcullis_model::decision::{Decision, Finding, SubjectKind};
use portcullis_model::digest::Digester;
use sha1::{Digest as _, Sha1};
use std::collections::BTreeMap;

/// The namespace of our UUIDs: one that was drawn once.
const NAMESPACE: [u8; 16] =
    [0x5d, 0x0e, 0x3f, 0x5a, 0x9b, 0x64, 0x4c, 0x1f, 0x8e, 0x27, 0x61, 0xc4, 0x0b, 0x7d, 0x92, 0xa3];

/// A UUID of version 5 (RFC 9562, 5.5) whose name is these parts, each with its length before it.
pub(super) fn uuid_of(parts: &[&str]) -> String {
    let mut hash = Sha1::new();
    hash.update(NAMESPACE);
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    let mut text = String::with_capacity(36);
    for (index, byte) in digest.iter().take(16).enumerate() {
        let byte = match index {
            6 => byte & 0x0f | 0x50,
            8 => byte & 0x3f | 0x80,
            _ => *byte,
        };
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

/// What was judged, as the beginning of the name of a UUID: the repository and the range.
fn range_of(decision: &Decision) -> Vec<String> {
    let judged = &decision.judged;
    let texts = [
        judged.repository.clone(),
        judged.environment.clone(),
        judged.request.as_ref().map(ToString::to_string),
        judged.branch.as_ref().map(ToString::to_string),
        judged.base.as_ref().map(ToString::to_string),
        judged.head.as_ref().map(ToString::to_string),
    ];
    texts.into_iter().map(Option::unwrap_or_default).collect()
}

/// A UUID of one thing of a decision.
pub(super) fn uuid_in(decision: &Decision, parts: &[&str]) -> String {
    let range = range_of(decision);
    uuid_of(&range.iter().map(String::as_str).chain(parts.iter().copied()).collect::<Vec<_>>())
}

/// A fingerprint for each finding, in their order: the same for the next commit of a change, and
/// different from every other in the list. Neither the verdict nor a line is in it, so that a
/// finding stays the one that it was when a line moves.
pub(super) fn fingerprints<'f>(findings: impl Iterator<Item = &'f Finding>) -> Vec<String> {
    let mut seen = BTreeMap::<String, u64>::new();
    let number = |finding: &Finding| {
        let digits = fingerprint_of(finding);
        let count = seen.entry(digits.clone()).or_default();
        *count += 1;
        format!("{digits}:{count}")
    };
    findings.map(number).collect()
}

fn fingerprint_of(finding: &Finding) -> String {
    let subject = &finding.subject;
    // The name of a change is its head: another one with every push.
    let name = if subject.kind == SubjectKind::Change { "" } else { subject.name.as_str() };
    let path = finding.place.as_ref().map_or(&[][..], |place| place.path.as_bytes());
    let parts = [finding.control.as_bytes(), subject.kind.as_str().as_bytes(), name.as_bytes(), path];
    let mut digester = Digester::default();
    for part in parts {
        digester.take(&(part.len() as u64).to_be_bytes());
        digester.take(part);
    }
    digester.digest().as_str().trim_start_matches("sha256:")[..32].to_string()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{blocked, many};
    use super::*;
    use portcullis_model::decision::Place;

    #[test]
    fn a_uuid_is_of_version_5_and_says_which_parts_it_is_of() {
        let uuid = uuid_of(&["a", "b"]);
        assert_eq!((uuid.len(), &uuid[14..15]), (36, "5"));
        assert!(matches!(&uuid[19..20], "8" | "9" | "a" | "b"), "{uuid}");
        assert!(uuid != uuid_of(&["ab", ""]) && uuid != uuid_of(&["", "ab"]) && uuid == uuid_of(&["a", "b"]));
    }

    #[test]
    fn fingerprints_are_unique_and_outlive_a_push_and_a_moved_line() {
        let decision = blocked();
        let all = fingerprints(decision.findings.iter());
        let mut unique = all.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), all.len());
        let mut pushed = decision.clone();
        for finding in &mut pushed.findings {
            if finding.subject.kind == SubjectKind::Change {
                finding.subject.name = "another".into();
            }
            finding.place = finding.place.take().map(|place| Place { line: Some(99), ..place });
        }
        assert_eq!(fingerprints(pushed.findings.iter()), all);
    }

    #[test]
    fn two_findings_of_one_name_have_two_fingerprints() {
        let mut findings = many(2).findings;
        findings[1] = findings[0].clone();
        let all = fingerprints(findings.iter());
        assert!(all[0].ends_with(":1") && all[1].ends_with(":2") && all[0][..32] == all[1][..32]);
    }
}
