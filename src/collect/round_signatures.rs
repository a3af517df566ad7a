//! What the signature of a round over a fleet is worth. Whose signature counts is said by a list of
//! signers that is named from outside: a list in the repository of the rounds would be in the hands
//! of everyone who can write them.
//!
//! A key has to be valid at the moment at which the round says that it began. That is the word of
//! who wrote it; the rounds before it bound it from below.

use portcullis_attest::fleet_round::SignedRound;
use portcullis_attest::signed_item::SignedItem as _;
use portcullis_attest::signers::AllowedSigners;
use portcullis_fleet::round::KeptRound;

/// What the signature of a round is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoundSignature {
    /// There is none, and none was asked for.
    Unsigned,
    /// There is none, and one was asked for.
    Missing,
    /// It is of this key. No list said whose that is.
    Unlisted(String),
    /// These people, as the list calls the owner of the key, signed the round.
    Signed {
        /// What the list calls them.
        signers: Vec<String>,
        /// The fingerprint of the key.
        key: String,
    },
    /// It proves nothing, and why.
    Invalid(String),
}

impl RoundSignature {
    /// Looks at the signature of a round; `allowed`: whose signature it needs.
    pub fn of(kept: &KeptRound, allowed: Option<&AllowedSigners>) -> Self {
        let Some(envelope) = &kept.signature else {
            return if allowed.is_some() { RoundSignature::Missing } else { RoundSignature::Unsigned };
        };
        let signed = signed_round(kept);
        let found = match allowed {
            None => signed.signing_key(envelope).map(RoundSignature::Unlisted),
            Some(allowed) => signed.verify(envelope, allowed, kept.round.time).map(|signer| {
                let signers = signer.principals.iter().map(|name| name.as_str().to_string()).collect();
                RoundSignature::Signed { signers, key: signer.key }
            }),
        };
        found.unwrap_or_else(|error| RoundSignature::Invalid(error.to_string()))
    }

    /// Why the round cannot be believed, where that is so.
    pub fn refusal(&self) -> Option<String> {
        match self {
            RoundSignature::Missing => {
                Some("it is not signed, and --signers asks for a signature".to_string())
            }
            RoundSignature::Invalid(why) => Some(format!("its signature does not count: {why}")),
            RoundSignature::Unsigned | RoundSignature::Unlisted(_) | RoundSignature::Signed { .. } => None,
        }
    }
}

impl std::fmt::Display for RoundSignature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RoundSignature::Unsigned | RoundSignature::Missing => f.write_str("unsigned"),
            RoundSignature::Unlisted(key) => write!(f, "signed with {key}, whose owner was not looked up"),
            RoundSignature::Signed { signers, key } => write!(f, "signed by {} ({key})", signers.join(", ")),
            RoundSignature::Invalid(why) => write!(f, "signature invalid: {why}"),
        }
    }
}

fn signed_round(kept: &KeptRound) -> SignedRound<'_> {
    SignedRound { round: &kept.digest, host: &kept.round.scope.host, number: kept.round.number }
}
