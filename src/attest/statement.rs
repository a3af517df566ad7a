//! in-toto statements, version 1 (github.com/in-toto/attestation, `spec/v1/statement.md`): what a claim is about.
//!
//! Unknown keys are passed over, as the specification demands. The key of the type is `_type`; a text with `type` in
//! its place is no statement.
//!
//! **Subjects.** A statement speaks of each of its subjects, so all are looked at, not only the first. It is about a
//! commit or a tree when one subject names it as `gitCommit` or `gitTree`; a name, an address, or a digest of another
//! kind (`sha1`, which may be of anything) proves nothing. A subject that names the right commit with another tree, or the
//! other way about, speaks against itself, and so does the whole statement.

use super::dsse::Opened;
use super::{AttestError, json};
use crate::model::change::{ObjectName, Revision};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;

/// As what a statement is signed in an envelope.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

const TYPE: &str = "https://in-toto.io/Statement/v1";

/// The algorithms of a digest whose length we know, with the numbers of digits that they may have.
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

/// A claim about something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What it is about: at least one.
    pub subjects: Vec<Resource>,
    /// What kind of claim it is.
    pub predicate_type: String,
    /// The claim.
    pub predicate: Value,
}

/// A thing by its digests (`spec/v1/resource_descriptor.md`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Its digests, by algorithm.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub digest: BTreeMap<String, String>,
}

impl Resource {
    /// A commit with its tree.
    pub fn commit(name: Option<String>, commit: &Revision, tree: &ObjectName) -> Self {
        let digest = [("gitCommit", commit.as_str()), ("gitTree", tree.as_str())];
        let digest = digest.map(|(algorithm, digits)| (algorithm.to_string(), digits.to_string()));
        Resource { name, uri: None, digest: digest.into() }
    }

    /// # Errors
    /// A digest that cannot be one.
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

/// A statement without its claim.
#[derive(Deserialize)]
pub struct Frame {
    #[serde(rename = "_type")]
    kind: String,
    /// What it is about: at least one.
    #[serde(rename = "subject")]
    pub subjects: Vec<Resource>,
    /// What kind of claim it is.
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
}

impl Frame {
    /// Reads it. No object of the whole statement holds a key twice.
    ///
    /// # Errors
    /// Why it is no statement, or none that says anything.
    pub fn read(bytes: &[u8]) -> Result<Self, AttestError> {
        let frame: Frame = json::read(bytes)?;
        let wrong = |problem: &str| Err(AttestError::Statement(problem.to_string()));
        if frame.kind != TYPE {
            return Err(AttestError::Statement(format!("its type is `{}` and not `{TYPE}`", frame.kind)));
        }
        if frame.subjects.is_empty() {
            return wrong("it is about nothing");
        }
        if frame.subjects.iter().any(|subject| subject.digest.is_empty()) {
            return wrong("one of its subjects has no digest, so that it may be anything");
        }
        frame.subjects.iter().try_for_each(Resource::check)?;
        Ok(frame)
    }
}

#[derive(Serialize)]
struct Written<'a, P> {
    #[serde(rename = "_type")]
    kind: &'static str,
    subject: &'a [Resource],
    #[serde(rename = "predicateType")]
    predicate_type: &'a str,
    predicate: &'a P,
}

/// Writes a statement: JSON on one line, the keys in the order of the specification. The claim is written as it is, and no tree of
/// values is made of it.
///
/// # Errors
/// Those of `out`, and of the JSON writer, which has none with these types.
pub fn write_to<P: Serialize>(
    out: impl Write,
    subjects: &[Resource],
    predicate_type: &str,
    predicate: &P,
) -> Result<(), AttestError> {
    let written = Written { kind: TYPE, subject: subjects, predicate_type, predicate };
    serde_json::to_writer(out, &written).map_err(|error| AttestError::Json(error.to_string()))
}

/// Reads the claim of a statement whose [`Frame`] was read, as what its type says that it is. One that is not there is `null`.
///
/// # Errors
/// Why it is none.
pub fn claim<'t, P: Deserialize<'t>>(bytes: &'t [u8]) -> Result<P, String> {
    #[derive(Deserialize)]
    struct Claim<P> {
        predicate: Option<P>,
    }
    let Claim { predicate } = json::typed(bytes)?;
    predicate.map_or_else(|| json::typed(b"null"), Ok)
}

impl Statement {
    /// Reads a statement.
    ///
    /// # Errors
    /// Why it is none, or none that says anything.
    pub fn read(bytes: &[u8]) -> Result<Self, AttestError> {
        let Frame { subjects, predicate_type, .. } = Frame::read(bytes)?;
        let predicate = claim(bytes).map_err(AttestError::Json)?;
        Ok(Statement { subjects, predicate_type, predicate })
    }

    /// Reads the statement in an opened envelope.
    ///
    /// # Errors
    /// That it was signed as something else, or what [`Statement::read`] finds.
    pub fn opened(envelope: &Opened) -> Result<Self, AttestError> {
        Statement::read(envelope.payload_of(PAYLOAD_TYPE)?)
    }

    /// The one way to write it: JSON on one line, the keys in the order of the specification.
    ///
    /// # Errors
    /// Those of the JSON writer; with these types there are none.
    pub fn write(&self) -> Result<Vec<u8>, AttestError> {
        let mut bytes = Vec::new();
        write_to(&mut bytes, &self.subjects, &self.predicate_type, &self.predicate)?;
        Ok(bytes)
    }

    /// Is it about this commit, whose tree is this?
    ///
    /// # Errors
    /// That a subject names one of both together with something else.
    pub fn is_about(&self, commit: &Revision, tree: &ObjectName) -> Result<bool, AttestError> {
        let about = self.subjects.iter().map(|subject| names(subject, commit, tree));
        Ok(about.collect::<Result<Vec<bool>, _>>()?.contains(&true))
    }

    /// Is it about this tree, whichever commit it was then? A commit that a subject names besides is not looked at.
    pub fn is_about_tree(&self, tree: &ObjectName) -> bool {
        self.subjects
            .iter()
            .any(|subject| subject.digest.get("gitTree").is_some_and(|it| it == tree.as_str()))
    }
}

fn names(subject: &Resource, commit: &Revision, tree: &ObjectName) -> Result<bool, AttestError> {
    let is = |algorithm: &str, name: &str| subject.digest.get(algorithm).map(|digits| digits == name);
    match (is("gitCommit", commit.as_str()), is("gitTree", tree.as_str())) {
        // Another commit of the same tree is no contradiction; the same commit with another tree is one.
        (Some(true), Some(false)) => {
            Err(AttestError::Contradiction(format!("a subject names the commit {commit} with another tree")))
        }
        (commit, tree) => Ok(commit == Some(true) || tree == Some(true)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn commit(digit: &str) -> Revision {
        Revision::try_from(digit.repeat(40)).unwrap()
    }

    fn tree(digit: &str) -> ObjectName {
        ObjectName::try_from(digit.repeat(40)).unwrap()
    }

    fn statement(subject: &str) -> Result<Statement, AttestError> {
        let text =
            format!(r#"{{"_type":"{TYPE}","subject":{subject},"predicateType":"p","predicate":{{}}}}"#);
        Statement::read(text.as_bytes())
    }

    fn is_about(subject: &str) -> Result<bool, AttestError> {
        statement(
            &subject
                .replace("%C", &"c".repeat(40))
                .replace("%T", &"d".repeat(40))
                .replace("%X", &"e".repeat(40)),
        )?
        .is_about(&commit("c"), &tree("d"))
    }

    #[test]
    fn what_is_written_is_read_again() {
        let subject = Resource::commit(Some("refs/heads/main".into()), &commit("c"), &tree("d"));
        let one = Statement { subjects: vec![subject], predicate_type: "p".into(), predicate: Value::Null };
        assert_eq!(Statement::read(&one.write().unwrap()), Ok(one));
    }

    #[test]
    fn attack_70_any_subject_counts_and_not_only_the_first() {
        let about =
            r#"[{"digest":{"sha256":"%S"}},{"digest":{"gitTree":"%T"}}]"#.replace("%S", &"a".repeat(64));
        assert_eq!(is_about(&about), Ok(true));
        assert_eq!(is_about(r#"[{"digest":{"gitCommit":"%X"}},{"digest":{"gitCommit":"%C"}}]"#), Ok(true));
        assert_eq!(is_about(r#"[{"digest":{"gitCommit":"%X"}}]"#), Ok(false));
    }

    #[test]
    fn attack_70_another_kind_of_digest_is_no_commit() {
        for algorithm in ["sha1", "gitBlob", "gitTag", "gitcommit", "git_commit"] {
            assert_eq!(
                is_about(&format!(r#"[{{"digest":{{"{algorithm}":"%C"}}}}]"#)),
                Ok(false),
                "{algorithm}"
            );
        }
        assert_eq!(is_about(r#"[{"digest":{"gitTree":"%C"}}]"#), Ok(false));
        assert_eq!(is_about(r#"[{"digest":{"gitCommit":"%T"}}]"#), Ok(false));
        assert_eq!(is_about(r#"[{"name":"%C","uri":"%C","digest":{"gitCommit":"%X"}}]"#), Ok(false));
    }

    #[test]
    fn attack_70_a_subject_that_speaks_against_itself() {
        let against =
            is_about(r#"[{"digest":{"gitTree":"%T"}},{"digest":{"gitCommit":"%C","gitTree":"%X"}}]"#);
        assert!(matches!(against, Err(AttestError::Contradiction(_))));
        assert_eq!(is_about(r#"[{"digest":{"gitCommit":"%X","gitTree":"%T"}}]"#), Ok(true), "another commit");
    }

    #[test]
    fn a_statement_about_nothing_is_none() {
        for subject in ["[]", "{}", "null", "[{}]", r#"[{"name":"a"}]"#, r#"[{"digest":{}}]"#] {
            assert!(statement(subject).is_err(), "{subject}");
        }
        let short = [r#"{"gitCommit":"cccc"}"#, r#"{"gitTree":""}"#, r#"{"sha256":"ABCD"}"#, r#"{"x":""}"#];
        short.iter().for_each(|digest| {
            assert!(statement(&format!(r#"[{{"digest":{digest}}}]"#)).is_err(), "{digest}")
        });
        let capitals = format!(r#"[{{"digest":{{"gitCommit":"{}"}}}}]"#, "C".repeat(40));
        assert!(statement(&capitals).is_err());
    }

    #[test]
    fn attack_69_type_in_place_of_its_right_name() {
        let subject =
            format!(r#""subject":[{{"digest":{{"gitCommit":"{}"}}}}],"predicateType":"p""#, "c".repeat(40));
        for kind in [
            format!(r#""type":"{TYPE}""#),
            r#""_type":"https://in-toto.io/Statement/v0.1""#.to_string(),
            format!(r#""_type":"{TYPE} ""#),
            format!(r#""_type":"{TYPE}","_type":"{TYPE}""#),
        ] {
            assert!(Statement::read(format!("{{{kind},{subject}}}").as_bytes()).is_err(), "{kind}");
        }
        let more = format!(r#"{{"_type":"{TYPE}",{subject},"more":[1]}}"#);
        assert!(Statement::read(more.as_bytes()).is_ok(), "unknown keys are passed over");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Statement::read(&bytes);
        }
    }
}
