//! Signing a round before it is kept.

use crate::exit::{Failure, Result};
use crate::signing::{self, FoundKey};
use clap::Args;
use portcullis_attest::AttestError;
use portcullis_attest::fleet_round::SignedRound;
use portcullis_attest::signed_item::SignedItem as _;
use portcullis_attest::signers::AllowedSigners;
use portcullis_fleet::round::PendingRound;
use portcullis_forge::ci;
use std::path::{Path, PathBuf};

/// Whether a round is signed, and with which key.
#[derive(Debug, Args)]
pub struct SigningArguments {
    /// Sign the round with the SSH key that git signs with.
    #[arg(long, requires = "record", help_heading = "Signatures")]
    sign: bool,
    /// Sign the round with this SSH key.
    #[arg(long, value_name = "FILE", requires = "record", help_heading = "Signatures")]
    key: Option<PathBuf>,
}

/// The round with a signature, where one is asked for.
///
/// # Errors
/// The key cannot be used, or its signature would not count.
pub fn sign_round(
    directory: &Path,
    arguments: &SigningArguments,
    pending: PendingRound,
    allowed: Option<&AllowedSigners>,
) -> Result<PendingRound> {
    if !arguments.sign && arguments.key.is_none() {
        return match allowed {
            None => Ok(pending),
            Some(_) => Err(Failure::usage("a round that --signers asks a signature of has to be signed")
                .hint("sign it with --sign or --key FILE, or leave out --record")),
        };
    }
    let key = signing::find_key(directory, arguments.key.as_deref())?;
    let name = signer_name(&key, allowed)?;
    let round = &pending.round;
    let signed = SignedRound { round: pending.digest(), host: &round.scope.host, number: round.number };
    let armoured = signing::sign(directory, &key, &signed.message(&name).map_err(failed)?)?;
    let envelope = signed.seal(&name, &armoured).map_err(failed)?;
    if let Some(allowed) = allowed {
        signed.verify(&envelope, allowed, round.time).map_err(|error| {
            Failure::unverified(format!("the signature of the round would not count: {error}"))
                .hint("sign with a key that the list of signers allows now")
        })?;
    }
    Ok(pending.with_signature(envelope))
}

/// What the list of signers calls the owner of the key; of several names the address that git
/// commits with.
fn signer_name(key: &FoundKey, allowed: Option<&AllowedSigners>) -> Result<String> {
    let Some(allowed) = allowed else { return Ok(key.email.clone().unwrap_or_else(ci::recorder)) };
    let names = allowed.names_of_key(&key.public);
    let by_address = names.iter().find(|name| Some(name.as_str()) == key.email.as_deref());
    by_address.or_else(|| names.first()).map(|name| name.as_str().to_string()).ok_or_else(|| {
        Failure::unverified(format!("the key {} is not in the list of signers", key.public.fingerprint()))
            .hint("name a key of the list with --key, or add this one to the list")
    })
}

fn failed(error: AttestError) -> Failure {
    Failure::environment(error.to_string())
}
