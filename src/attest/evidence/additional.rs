//! Statements that other programs make about a commit: read to be shown, with what vouches for
//! them. No control takes one in place of a report or a review, so none of them is in
//! [`predicate::TABLE`](super::predicate::TABLE).
//!
//! What such a statement says of itself (its issuer, its result) is a mere claim until a key that
//! the reader trusts has signed it. A commit is bound by its digest alone, never by a name.

use crate::statement::{PAYLOAD_TYPE, ResourceDescriptor, StatementHeader, read_predicate};
use crate::{AttestError, dsse, json};
use serde_json::Value;

/// The largest statement of another program that is read, in bytes.
pub const MOST_BYTES: usize = 16 << 20;

/// How many values of one member are shown.
const MOST_VALUES: usize = 20;

/// A type of predicate that other programs write.
pub struct AdditionalType {
    /// The `predicateType` of its statements.
    pub uri: &'static str,
    /// What a statement of this type is, for people: "a verification summary of SLSA".
    pub about: &'static str,
    /// Where the predicate names who made it, as a JSON pointer; `None` where it does not.
    issuer: Option<&'static str>,
    /// What is shown of the predicate: a name, and where it is.
    members: &'static [(&'static str, &'static str)],
}

/// Members of the provenance of sourcetool.
const PROVENANCE: &[(&str, &str)] = &[
    ("activity", "/activity_type"),
    ("actor", "/actor"),
    ("branch", "/branch"),
    ("before", "/prev_commit"),
    ("repository", "/repo_uri"),
    ("controls", "/controls/*/name"),
];

/// Every type that is known, sorted by URI. Another one is shown by its URI alone.
pub static ADDITIONAL: &[AdditionalType] = &[
    AdditionalType {
        uri: "https://drvelvetfog.github.io/source-review-coverage/v0.1",
        about: "review coverage, as proposed to in-toto",
        issuer: None,
        members: &[("result", "/reviewCoverage/result"), ("approvers", "/approvals/*/approver")],
    },
    AdditionalType {
        uri: "https://github.com/slsa-framework/slsa-source-poc/source-provenance/v1-draft",
        about: "source provenance of SLSA's sourcetool",
        issuer: None,
        members: PROVENANCE,
    },
    AdditionalType {
        uri: "https://github.com/slsa-framework/slsa-source-poc/tag-provenance/v1-draft",
        about: "tag provenance of SLSA's sourcetool",
        issuer: None,
        members: &[("actor", "/actor"), ("tag", "/tag"), ("repository", "/repo_uri")],
    },
    AdditionalType {
        uri: "https://in-toto.io/attestation/scai/v0.3",
        about: "attributes of in-toto (SCAI)",
        issuer: Some("/producer/uri"),
        members: &[("attributes", "/attributes/*/attribute")],
    },
    AdditionalType {
        uri: "https://in-toto.io/attestation/svr/v0.2",
        about: "a simple verification result of in-toto",
        issuer: Some("/verifier/id"),
        members: &[("properties", "/properties/*")],
    },
    AdditionalType {
        uri: "https://in-toto.io/attestation/test-result/v0.1",
        about: "a test result of in-toto",
        issuer: None,
        members: &[("result", "/result"), ("failed", "/failedTests/*")],
    },
    AdditionalType {
        uri: "https://slsa.dev/provenance/v1",
        about: "build provenance of SLSA",
        issuer: Some("/runDetails/builder/id"),
        members: &[("build type", "/buildDefinition/buildType")],
    },
    AdditionalType {
        uri: "https://slsa.dev/verification_summary/v1",
        about: "a verification summary of SLSA",
        issuer: Some("/verifier/id"),
        members: &[
            ("result", "/verificationResult"),
            ("levels", "/verifiedLevels/*"),
            ("resource", "/resourceUri"),
            ("verified", "/timeVerified"),
        ],
    },
];

/// A statement of another program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdditionalStatement {
    /// The `predicateType`.
    pub predicate_type: String,
    /// What it is; `None` for a type that is not known.
    pub about: Option<&'static str>,
    /// Who made it, by its own account.
    pub issuer: Option<String>,
    /// What it says, in its own words: a name, and the values.
    pub says: Vec<(&'static str, Vec<String>)>,
    /// What it is about.
    pub subjects: Vec<ResourceDescriptor>,
}

/// The bytes of a statement, and how they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementWrapping {
    /// As they are.
    Bare,
    /// In a DSSE envelope, whose signatures were not looked at.
    Envelope,
    /// In a bundle of Sigstore, whose certificate was not looked at.
    SigstoreBundle,
}

/// Takes a statement out of what it came in. No signature is verified.
///
/// # Errors
/// The envelope has another form, or holds something else than a statement.
pub fn unwrap_statement(bytes: &[u8]) -> Result<(Vec<u8>, StatementWrapping), AttestError> {
    if bytes.len() > MOST_BYTES {
        return Err(AttestError::Statement(format!("it is larger than {MOST_BYTES} bytes")));
    }
    let value: Value = json::read(bytes)?;
    let (envelope, wrapping) = match value.get("dsseEnvelope") {
        Some(envelope) => (envelope.to_string().into_bytes(), StatementWrapping::SigstoreBundle),
        None if value.get("payloadType").is_some() => (bytes.to_vec(), StatementWrapping::Envelope),
        None => return Ok((bytes.to_vec(), StatementWrapping::Bare)),
    };
    let (found, payload) = dsse::read_unverified(&envelope)?;
    match found == PAYLOAD_TYPE {
        true => Ok((payload, wrapping)),
        false => Err(AttestError::PayloadType { expected: PAYLOAD_TYPE, found }),
    }
}

/// Reads a statement of any type to show it.
///
/// # Errors
/// The bytes are not a statement with a usable subject.
pub fn read_additional(bytes: &[u8]) -> Result<AdditionalStatement, AttestError> {
    if bytes.len() > MOST_BYTES {
        return Err(AttestError::Statement(format!("it is larger than {MOST_BYTES} bytes")));
    }
    let StatementHeader { subjects, predicate_type, .. } = StatementHeader::read(bytes)?;
    let predicate: Value = read_predicate(bytes)?;
    let known = ADDITIONAL.iter().find(|known| known.uri == predicate_type);
    let issuer = known.and_then(|known| values_at(&predicate, known.issuer?).pop());
    let said = |(name, pointer): &(&'static str, &str)| (*name, values_at(&predicate, pointer));
    let says = known.map_or(&[][..], |known| known.members).iter().map(said);
    let says = says.filter(|(_, values)| !values.is_empty()).collect();
    Ok(AdditionalStatement { predicate_type, about: known.map(|known| known.about), issuer, says, subjects })
}

/// The texts at a JSON pointer in which `*` is every member of a list.
fn values_at(value: &Value, pointer: &str) -> Vec<String> {
    let mut found = vec![value];
    for part in pointer.split('/').skip(1) {
        found = match part {
            "*" => found.into_iter().filter_map(Value::as_array).flatten().collect(),
            name => found.into_iter().filter_map(|value| value.get(name)).collect(),
        };
    }
    found.into_iter().filter_map(Value::as_str).take(MOST_VALUES).map(str::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::predicate;

    #[test]
    fn the_table_is_sorted_and_no_type_of_it_is_evidence() {
        assert!(ADDITIONAL.windows(2).all(|pair| pair[0].uri < pair[1].uri));
        for known in ADDITIONAL {
            assert!(predicate::TABLE.iter().all(|one| one.uri != known.uri), "{}", known.uri);
        }
    }

    fn statement(kind: &str, predicate: &str) -> String {
        let digest = "c".repeat(40);
        format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"digest":{{"gitCommit":"{digest}"}}}}],"predicateType":"{kind}","predicate":{predicate}}}"#
        )
    }

    #[test]
    fn a_statement_is_shown_in_its_own_words() {
        let text = statement(
            "https://slsa.dev/verification_summary/v1",
            r#"{"verifier":{"id":"https://verifier.example.test"},"verificationResult":"PASSED","verifiedLevels":["SLSA_SOURCE_LEVEL_3",7]}"#,
        );
        let read = read_additional(text.as_bytes()).unwrap();
        assert_eq!(read.issuer.as_deref(), Some("https://verifier.example.test"));
        let levels = vec!["SLSA_SOURCE_LEVEL_3".to_string()];
        assert_eq!(read.says, [("result", vec!["PASSED".to_string()]), ("levels", levels)]);
    }

    #[test]
    fn another_type_is_shown_by_its_name_alone() {
        let read =
            read_additional(statement("urn:example:other", r#"{"result":"PASSED"}"#).as_bytes()).unwrap();
        assert_eq!((read.about, read.issuer, read.says), (None, None, Vec::new()));
    }

    #[test]
    fn attack_a_member_twice_says_nothing() {
        let text = statement(
            "https://slsa.dev/verification_summary/v1",
            r#"{"verificationResult":"FAILED","verificationResult":"PASSED"}"#,
        );
        assert!(read_additional(text.as_bytes()).is_err());
    }

    #[test]
    fn attack_no_type_of_the_table_is_read_as_evidence() {
        for known in ADDITIONAL {
            let text = statement(known.uri, r#"{"result":"PASSED","verificationResult":"PASSED"}"#);
            assert!(read_additional(text.as_bytes()).is_ok(), "{}", known.uri);
            assert!(predicate::read_any(text.as_bytes()).is_err(), "{}", known.uri);
        }
    }

    #[test]
    fn an_envelope_and_a_bundle_hold_the_statement_to_the_byte() {
        use base64::Engine as _;
        let text = statement("urn:example:other", "{}");
        let payload = base64::engine::general_purpose::STANDARD.encode(&text);
        let envelope = format!(r#"{{"payload":"{payload}","payloadType":"{PAYLOAD_TYPE}","signatures":[]}}"#);
        let bundle = format!(r#"{{"mediaType":"x","verificationMaterial":{{}},"dsseEnvelope":{envelope}}}"#);
        for (bytes, wrapping) in [
            (text.clone(), StatementWrapping::Bare),
            (envelope.clone(), StatementWrapping::Envelope),
            (bundle, StatementWrapping::SigstoreBundle),
        ] {
            assert_eq!(unwrap_statement(bytes.as_bytes()), Ok((text.clone().into_bytes(), wrapping)));
        }
        let other = envelope.replace(PAYLOAD_TYPE, "text/plain");
        assert!(unwrap_statement(other.as_bytes()).is_err());
    }
}
