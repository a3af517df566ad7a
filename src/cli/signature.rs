//! `portcullis signature`: a detached signature of any file that is kept: a sealed decision, an
//! audit, an anchor, an archive; of a folder that is a pack, of its manifest.
//!
//! The signature is what `ssh-keygen -Y sign -n portcullis` makes, in its armour, so `ssh-keygen -Y
//! verify` verifies it without this program.

use super::exit::{Exit, Failure, Result};
use super::{names, output, signing};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use portcullis_attest::AttestError;
use portcullis_attest::signers::AllowedSigners;
use portcullis_attest::sshsig;
use portcullis_pack::MANIFEST;
use std::path::{Path, PathBuf};

/// A longer file is not signed: every use has to read it whole.
const LONGEST: u64 = 1 << 30;

/// What to do with a signature.
#[derive(Debug, Subcommand)]
pub enum SignatureCommand {
    /// Sign a file; of the folder of a pack, its manifest. `ssh-keygen` signs, so keys in agents
    /// and in hardware work.
    Make(SignatureMaking),
    /// Verify who signed a file. Exit codes: 0 someone whom the list allows did, 6 the signature
    /// proves nothing, 5 a file cannot be read.
    Verify(SignatureQuestion),
}

/// What to sign.
#[derive(Debug, Args)]
pub struct SignatureMaking {
    /// File, or folder of a pack.
    file: PathBuf,
    /// SSH key to sign with: a file, of which the public part suffices where an agent holds the
    /// key. Default: git's `user.signingKey`.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Where to write the signature. Default: beside the file, with `.sig` at its end.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// What to verify.
#[derive(Debug, Args)]
pub struct SignatureQuestion {
    /// File, or folder of a pack.
    file: PathBuf,
    /// The allowed signers, in the format of ssh-keygen(1). Take the list from where you trust it,
    /// and never from beside the file.
    #[arg(long, value_name = "FILE")]
    signers: PathBuf,
    /// The signature. Default: beside the file, with `.sig` at its end.
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// Moment at which the key has to be valid: when you received the file, for example. Default:
    /// now.
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

/// Runs one of the commands.
///
/// # Errors
/// A file cannot be read or written, the key cannot be used, or the signature proves nothing.
pub fn run(directory: &Path, command: &SignatureCommand) -> Result {
    match command {
        SignatureCommand::Make(arguments) => make(directory, arguments),
        SignatureCommand::Verify(arguments) => verify(arguments),
    }
}

fn make(directory: &Path, arguments: &SignatureMaking) -> Result {
    let place = signed_file(&arguments.file);
    let bytes = read_file(&place)?;
    let target = arguments.output.clone().unwrap_or_else(|| beside(&arguments.file));
    names::spare_files(&target, [place.as_path()])?;
    let key = signing::find_key(directory, arguments.key.as_deref())?;
    let signature = signing::sign(directory, &key, &bytes)?;
    output::write_file(&target, &[&signature[..], b"\n"].concat())?;
    output::remark(&format!(
        "{} is signed with {} in {}",
        place.display(),
        key.public.fingerprint(),
        target.display()
    ));
    Ok(Exit::Allowed)
}

fn verify(arguments: &SignatureQuestion) -> Result {
    let place = signed_file(&arguments.file);
    let bytes = read_file(&place)?;
    let kept = arguments.signature.clone().unwrap_or_else(|| beside(&arguments.file));
    let signature = read_file(&kept)?;
    let allowed = read_signers(&arguments.signers)?;
    let at = arguments.at.unwrap_or_else(Timestamp::now);
    let signer = signer_of(&bytes, &signature, &allowed, at).map_err(|error| {
        Failure::unverified(format!("the signature of {} proves nothing: {error}", place.display()))
    })?;
    output::text(&format!("{} was signed by {signer}", place.display()))?;
    if place != arguments.file {
        output::remark("the manifest is signed: `portcullis pack verify` holds every other file to it");
    }
    Ok(Exit::Allowed)
}

/// Reads a list of allowed signers.
///
/// # Errors
/// It cannot be read, or is not of the format of ssh-keygen(1).
pub fn read_signers(file: &Path) -> Result<AllowedSigners> {
    AllowedSigners::read(&read_file(file)?).map_err(|errors| {
        let all: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::environment(format!("{}: {}", file.display(), all.join("; ")))
    })
}

/// Who signed a text, by name and key.
///
/// # Errors
/// Why the signature proves nothing.
pub fn signer_of(
    text: &[u8],
    signature: &[u8],
    allowed: &AllowedSigners,
    at: Timestamp,
) -> std::result::Result<String, AttestError> {
    let signer = sshsig::verify(text, signature.trim_ascii_end(), allowed, at)?;
    let names: Vec<&str> = signer.principals.iter().map(|name| name.as_str()).collect();
    Ok(format!("{} with {}", names.join(", "), signer.key))
}

/// The file that is signed: of a folder the manifest in it.
pub fn signed_file(file: &Path) -> PathBuf {
    if file.is_dir() { file.join(MANIFEST) } else { file.to_path_buf() }
}

/// The signature beside a file or folder.
pub fn beside(file: &Path) -> PathBuf {
    let mut name = file.components().as_path().as_os_str().to_os_string();
    name.push(".sig");
    PathBuf::from(name)
}

/// Reads a file that is signed, or a signature.
///
/// # Errors
/// It cannot be read, or is too large.
pub fn read_file(file: &Path) -> Result<Vec<u8>> {
    let unreadable =
        |error: std::io::Error| Failure::environment(format!("cannot read {}: {error}", file.display()));
    let length = std::fs::metadata(file).map_err(unreadable)?.len();
    if length > LONGEST {
        return Err(Failure::environment(format!("{} is larger than {} GiB", file.display(), LONGEST >> 30)));
    }
    std::fs::read(file).map_err(unreadable)
}
