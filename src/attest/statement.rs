//! in-toto statements, version 1 (github.com/in-toto/attestation, `spec/v1/statement.md`), whatever
//! their predicate.
//!
//! A reader ignores unknown keys, as the specification demands. The key of the type is `_type`; a
//! text with `type` in its place is not a statement.
//!
//! A statement is about all of its subjects. A digest says what a subject is: `gitCommit` and
//! `gitTree` name a commit and a tree; a name, an address, or a digest of another kind (`sha1`,
//! which may be of anything) proves nothing.

use super::{AttestError, json};
use portcullis_model::change::{ObjectName, Revision};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;

/// The `payloadType` of a statement in a DSSE envelope.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// The digest algorithms of known length, with the numbers of hexadecimal digits that they may
/// have.
const DIGITS: &[(&str, &[usize])] = &[
    ("gitBlob", &[40, 64]),
    ("gitCommit", &[40, 64]),
    ("gitTag", &[40, 64]),
    ("gitTree", &[40, 64]),
    ("sha1", &[40]),
    ("sha256", &[64]),
    ("sha384", &[96]),
    ("sha512", &[128]),
];

/// Names a thing by its digests (`spec/v1/resource_descriptor.md`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceDescriptor {
    /// A name for people. Nothing relies on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// An address. Nothing relies on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Digests in lower-case hexadecimal, by algorithm: `gitCommit`, `sha256`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub digest: BTreeMap<String, String>,
}

impl ResourceDescriptor {
    /// Describes a commit together with its tree.
    pub fn commit(commit: &Revision, tree: &ObjectName) -> Self {
        let digest = [("gitCommit", commit.as_str()), ("gitTree", tree.as_str())];
        let digest = digest.map(|(algorithm, digits)| (algorithm.to_string(), digits.to_string()));
        ResourceDescriptor { name: None, uri: None, digest: digest.into() }
    }

    /// # Errors
    /// A digest of the wrong form.
    fn check(&self) -> Result<(), AttestError> {
        let wrong = self.digest.iter().find(|(algorithm, digits)| !is_digest(algorithm, digits));
        wrong.map_or(Ok(()), |(algorithm, digits)| {
            Err(AttestError::Statement(format!("`{digits}` is not a digest of the kind `{algorithm}`")))
        })
    }
}

fn is_digest(algorithm: &str, digits: &str) -> bool {
    let hex = !digits.is_empty() && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let known = DIGITS.iter().find(|(name, _)| *name == algorithm);
    known.map_or(!digits.is_empty(), |(_, lengths)| hex && lengths.contains(&digits.len()))
}

/// A statement without its predicate.
#[derive(Deserialize)]
pub struct StatementHeader {
    #[serde(rename = "_type")]
    statement_type: String,
    /// What the statement is about: at least one thing.
    #[serde(rename = "subject")]
    pub subjects: Vec<ResourceDescriptor>,
    /// The URI that says what the predicate means.
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
}

impl StatementHeader {
    /// Reads the header, and checks that no object of the whole statement has a key twice.
    ///
    /// # Errors
    /// The bytes are not a statement, or one without a usable subject.
    pub fn read(bytes: &[u8]) -> Result<Self, AttestError> {
        let header: StatementHeader = json::read(bytes)?;
        let wrong = |problem: &str| Err(AttestError::Statement(problem.to_string()));
        if header.statement_type != STATEMENT_TYPE {
            let found = &header.statement_type;
            return Err(AttestError::Statement(format!("its type is `{found}` and not `{STATEMENT_TYPE}`")));
        }
        if header.subjects.is_empty() {
            return wrong("it has no subject");
        }
        if header.subjects.iter().any(|subject| subject.digest.is_empty()) {
            return wrong("one of its subjects has no digest, so that it may be anything");
        }
        header.subjects.iter().try_for_each(ResourceDescriptor::check)?;
        Ok(header)
    }
}

#[derive(Serialize)]
struct WrittenStatement<'a, P> {
    #[serde(rename = "_type")]
    statement_type: &'static str,
    subject: &'a [ResourceDescriptor],
    #[serde(rename = "predicateType")]
    predicate_type: &'a str,
    predicate: &'a P,
}

/// Writes a statement as JSON on one line, with the keys in the order of the specification. The
/// predicate is written as it is serialized; no tree of JSON values is built for it.
///
/// # Errors
/// Errors of `out`, and of the JSON writer, which has none with these types.
pub fn write_statement<P: Serialize>(
    out: impl Write,
    subject: &[ResourceDescriptor],
    predicate_type: &str,
    predicate: &P,
) -> Result<(), AttestError> {
    let written = WrittenStatement { statement_type: STATEMENT_TYPE, subject, predicate_type, predicate };
    serde_json::to_writer(out, &written).map_err(|error| AttestError::Json(error.to_string()))
}

/// Reads the predicate of a statement whose [`StatementHeader`] was read. A missing predicate is
/// read as `null`.
///
/// # Errors
/// The predicate is not of this type.
pub fn read_predicate<'t, P: Deserialize<'t>>(bytes: &'t [u8]) -> Result<P, AttestError> {
    #[derive(Deserialize)]
    struct PredicateOnly<P> {
        predicate: Option<P>,
    }
    let PredicateOnly { predicate } = json::read_unique(bytes)?;
    predicate.map_or_else(|| json::read_unique(b"null"), Ok)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn header(subject: &str) -> Result<StatementHeader, AttestError> {
        let text = format!(
            r#"{{"_type":"{STATEMENT_TYPE}","subject":{subject},"predicateType":"p","predicate":{{}}}}"#
        );
        StatementHeader::read(text.as_bytes())
    }

    #[test]
    fn what_is_written_is_read_again() {
        let commit = Revision::try_from("c".repeat(40)).unwrap();
        let tree = ObjectName::try_from("d".repeat(40)).unwrap();
        let subjects = [ResourceDescriptor::commit(&commit, &tree)];
        let mut bytes = Vec::new();
        write_statement(&mut bytes, &subjects, "p", &[1, 2]).unwrap();
        let header = StatementHeader::read(&bytes).unwrap();
        assert_eq!((header.subjects.as_slice(), header.predicate_type.as_str()), (&subjects[..], "p"));
        assert_eq!(read_predicate::<Value>(&bytes).unwrap(), serde_json::json!([1, 2]));
    }

    #[test]
    fn a_statement_without_a_usable_subject_is_refused() {
        for subject in ["[]", "{}", "null", "[{}]", r#"[{"name":"a"}]"#, r#"[{"digest":{}}]"#] {
            assert!(header(subject).is_err(), "{subject}");
        }
        let short = [r#"{"gitCommit":"cccc"}"#, r#"{"gitTree":""}"#, r#"{"sha256":"ABCD"}"#, r#"{"x":""}"#];
        short
            .iter()
            .for_each(|digest| assert!(header(&format!(r#"[{{"digest":{digest}}}]"#)).is_err(), "{digest}"));
        let capitals = format!(r#"[{{"digest":{{"gitCommit":"{}"}}}}]"#, "C".repeat(40));
        assert!(header(&capitals).is_err());
    }

    #[test]
    fn attack_69_type_in_place_of_its_right_name() {
        let subject =
            format!(r#""subject":[{{"digest":{{"gitCommit":"{}"}}}}],"predicateType":"p""#, "c".repeat(40));
        for kind in [
            format!(r#""type":"{STATEMENT_TYPE}""#),
            r#""_type":"https://in-toto.io/Statement/v0.1""#.to_string(),
            format!(r#""_type":"{STATEMENT_TYPE} ""#),
            format!(r#""_type":"{STATEMENT_TYPE}","_type":"{STATEMENT_TYPE}""#),
        ] {
            assert!(StatementHeader::read(format!("{{{kind},{subject}}}").as_bytes()).is_err(), "{kind}");
        }
        let more = format!(r#"{{"_type":"{STATEMENT_TYPE}",{subject},"more":[1]}}"#);
        assert!(StatementHeader::read(more.as_bytes()).is_ok(), "unknown keys are ignored");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = StatementHeader::read(&bytes);
        }
    }
}
