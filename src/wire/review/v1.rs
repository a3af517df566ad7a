//! Version 1 of a signed review: the predicate `urn:portcullis:review:v1`, the statement that holds
//! it, and the envelope that it is signed in.
//!
//! Unlike a statement of a test run, a review is read strictly as a whole: a member that is not
//! known here could take back what the others say.

use crate::form::{Form, Misshapen, MomentText, SortedList, choices, objects};
use crate::text::{CommitText, DigestText, ObjectText};
use portcullis_model::evidence::RunSubject;
use portcullis_model::signed::{ReviewStatement, ReviewVerdict};
use serde::{Deserialize, Serialize};

/// The number at the end of the predicate type.
pub const VERSION: u32 = 1;

/// The type of the predicate.
pub const PREDICATE: &str = "urn:portcullis:review:v1";

/// The type of the statement around it.
const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// An opinion of a reviewer on a commit that is to land on a branch: an in-toto Statement, version
/// 1, with exactly one subject.
///
/// A chain of reviews holds it as the payload of a DSSE envelope, in the file `statement.json` of a
/// commit. The envelope has the payload type `application/vnd.in-toto+json` and one signature: the
/// bytes that `ssh-keygen -Y sign -n portcullis` makes of the pre-authentication encoding of the
/// payload, without the armour. A member of another name, or one that is there twice, is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "A signed review, version 1"))]
#[serde(deny_unknown_fields)]
pub struct ReviewV1 {
    /// The type of an in-toto Statement.
    #[serde(rename = "_type")]
    #[cfg_attr(test, schemars(extend("const" = STATEMENT)))]
    kind: String,
    /// The head that was reviewed; of `withdraw-all`, the tip of the target branch.
    #[cfg_attr(test, schemars(extend("minItems" = 1, "maxItems" = 1)))]
    subject: Vec<ReviewedV1>,
    /// The type of the predicate.
    #[serde(rename = "predicateType")]
    #[cfg_attr(test, schemars(extend("const" = PREDICATE)))]
    predicate_type: String,
    /// The opinion.
    predicate: OpinionV1,
}

/// A resource descriptor of in-toto.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct ReviewedV1 {
    /// The digests.
    digest: CommitDigestsV1,
}

objects! {
    /// The names that git gives a commit and its tree.
    CommitDigestsV1 = RunSubject {
        /// The commit.
        #[serde(rename = "gitCommit")]
        commit: CommitText,
        /// The tree of the commit.
        #[serde(rename = "gitTree")]
        tree: ObjectText,
    }

    /// What a reviewer says.
    OpinionV1 = ReviewStatement {
        /// The tip of the target branch that the reviewer saw.
        base: CommitDigestsV1,
        /// Words for people; null where there are none.
        message: Option<String>,
        /// The SHA-256 of the policy at the base.
        policy: DigestText,
        /// The SHA-256 of the envelope before this one in the chain; null for the first.
        previous: Option<DigestText>,
        /// The project, as the policy names it: the review is of no use in another.
        project: String,
        /// The request, for people; null where there is none.
        request: Option<String>,
        /// The principal who reviewed: the name of the chain.
        reviewer: String,
        /// The roles that the review is given in; empty: in every role that the policy gives to the
        /// reviewer.
        roles: SortedList<String>,
        /// The full name of the branch that the head would land on: the review is of no use for
        /// another.
        target: String,
        /// When the review was signed, by the signer's word.
        time: MomentText,
        /// The opinion.
        verdict: VerdictV1,
    }
}

choices! {
    /// The opinion.
    VerdictV1 = ReviewVerdict {
        /// The head may land.
        Approve,
        /// The head may not land, and nothing that builds on it.
        Reject,
        /// Neither.
        Comment,
        /// The opinions on this head are taken back.
        Withdraw,
        /// Every opinion on changes to this target is taken back.
        WithdrawAll,
    }
}

/// A review and what it is of.
pub type Reviewed = (RunSubject, ReviewStatement);

impl ReviewV1 {
    /// A review as it is written.
    pub fn of((subject, statement): Reviewed) -> Self {
        ReviewV1 {
            kind: STATEMENT.to_string(),
            subject: vec![ReviewedV1 { digest: Form::of(subject) }],
            predicate_type: PREDICATE.to_string(),
            predicate: Form::of(statement),
        }
    }

    /// The review as it was written.
    ///
    /// # Errors
    /// It is a statement of something else, or a text of it is not of its shape.
    pub fn read(self) -> Result<Reviewed, Misshapen> {
        let ReviewV1 { kind, subject, predicate_type, predicate } = self;
        if kind != STATEMENT || predicate_type != PREDICATE {
            let found = if kind == STATEMENT { predicate_type } else { kind };
            return Err(Misshapen(format!("its type is `{found}`, and not that of a review")));
        }
        let count = subject.len();
        let [reviewed] = <[ReviewedV1; 1]>::try_from(subject)
            .map_err(|_| Misshapen(format!("it has {count} subjects instead of one")))?;
        Ok((reviewed.digest.model()?, predicate.model()?))
    }
}

/// The envelope in a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EnvelopeV1 {
    /// The statement, in base64.
    pub payload: String,
    /// As what it was signed.
    pub payload_type: String,
    /// Exactly one signature.
    pub signatures: Vec<SignatureV1>,
}

/// The signature of an envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureV1 {
    /// The fingerprint of the key: a hint that nothing relies on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyid: Option<String>,
    /// The SSH signature, in base64.
    pub sig: String,
}
