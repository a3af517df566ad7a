//! Signed reviews, and reviews of other systems that are kept in the repository.

use super::fact::FactV4;
use super::request::ReviewV4;
use crate::form::{Form, Misshapen, SortedList, choices, objects};
use crate::text::{CommitText, DigestText};
use portcullis_model::fact::Fact;
use portcullis_model::facts::Facts;
use portcullis_model::review::ReviewSource;
use portcullis_model::signed::{
    ImportSource, ImportedReview, ReviewChain, SignedInquiry, SignedReview, SignedReviews, SigningPerson,
};
use serde::{Deserialize, Serialize};

/// Signed reviews, or why there are none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct SignedFactV4(FactV4<SignedReviewsV4>);

impl Default for SignedFactV4 {
    fn default() -> Self {
        SignedFactV4(FactV4::of(Facts::no_signed_reviews()))
    }
}

impl Form for SignedFactV4 {
    type Model = Fact<SignedReviews>;

    fn of(model: Self::Model) -> Self {
        SignedFactV4(FactV4::of(model))
    }

    fn model(self) -> Result<Self::Model, Misshapen> {
        self.0.model()
    }
}

objects! {
    /// What is asked of signed reviews.
    SignedInquiryV4 = SignedInquiry {
        /// The name of the project that statements have to name.
        project: String,
        /// Other systems whose reviews are read, too.
        imports: SortedList<ImportSourceV4>,
    }

    /// Signed reviews of a change.
    SignedReviewsV4 = SignedReviews {
        /// The people in the list of allowed signers at the base.
        signers: Vec<SigningPersonV4>,
        /// The chains, one for each reviewer.
        chains: Vec<ReviewChainV4>,
        /// Reviews of other systems.
        imported: FactV4<Vec<ReviewV4>>,
    }

    /// A person in a list of allowed signers.
    SigningPersonV4 = SigningPerson {
        /// Everything that the list calls them.
        principals: SortedList<String>,
    }

    /// The chain of statements of a reviewer.
    ReviewChainV4 = ReviewChain {
        /// The reviewer, as the ref names them.
        reviewer: String,
        /// The newest commit of the chain when it was read.
        tip: CommitText,
        /// The number of statements; 0 where they could not be counted.
        length: u64,
        /// True when an allowed signer of this name may sign at the moment of judgement.
        listed: bool,
        /// The opinions on the change, oldest first.
        reviews: FactV4<Vec<ReviewV4>>,
        /// Why statements on the head do not count.
        passed_over: Vec<String>,
    }

    /// What vouches for a signed review.
    SignedReviewV4 = SignedReview {
        /// The name of the chain.
        chain: String,
        /// The fingerprint of the key.
        key: String,
        /// The SHA-256 of the envelope.
        statement: DigestText,
        /// The capacities that the statement names; empty: all that the policy gives.
        roles: SortedList<String>,
        /// The owner of the key.
        signer: SigningPersonV4,
    }

    /// What vouches for a review of another system.
    ImportedReviewV4 = ImportedReview {
        /// The system.
        source: ImportSourceV4,
        /// What vouches for the review.
        vouched_by: String,
    }
}

choices! {
    /// Where a review comes from.
    ReviewSourceV4 = ReviewSource {
        /// The host.
        Host,
        /// A signed statement.
        Signed(review: SignedReviewV4),
        /// Another system.
        Imported(review: ImportedReviewV4),
    }

    /// Another system that keeps reviews in a repository.
    ImportSourceV4 = ImportSource {
        /// gittuf.
        Gittuf,
        /// git-appraise.
        GitAppraise,
        /// Gerrit.
        Gerrit,
    }
}

impl Default for ReviewSourceV4 {
    fn default() -> Self {
        ReviewSourceV4::of(ReviewSource::default())
    }
}
