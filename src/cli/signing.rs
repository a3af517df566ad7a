//! Signing by people, with git's settings for signatures. `ssh-keygen` and `git push` are the only
//! programs that take part, and only where a person signs, never where something is judged.

use crate::exit::{Failure, Result};
use portcullis_attest::NAMESPACE;
use portcullis_attest::key::PublicKey;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A key to sign with.
pub(super) struct FoundKey {
    /// Where the key is, or its public part.
    file: KeyPlace,
    /// The public part.
    pub public: PublicKey,
    /// The program that signs.
    program: String,
    /// The address that git commits with.
    pub email: Option<String>,
}

/// How git's settings name a key.
enum KeyPlace {
    File(PathBuf),
    /// The public part itself; an agent holds the key.
    Literal(String),
}

/// The key that is named, else the one that git signs with.
///
/// # Errors
/// There is none, or it is not an SSH key.
pub(super) fn find_key(directory: &Path, named: Option<&Path>) -> Result<FoundKey> {
    let file = match named {
        Some(file) => KeyPlace::File(directory.join(file)),
        None => configured_key(directory)?,
    };
    let text = match &file {
        KeyPlace::Literal(text) => text.clone(),
        KeyPlace::File(file) => read_public(file)?,
    };
    let public = PublicKey::from_openssh(&text)
        .map_err(|error| Failure::environment(format!("the signing key cannot be used: {error}")))?;
    let program = setting(directory, "gpg.ssh.program").unwrap_or_else(|| "ssh-keygen".to_string());
    Ok(FoundKey { file, public, program, email: setting(directory, "user.email") })
}

fn configured_key(directory: &Path) -> Result<KeyPlace> {
    let Some(key) = setting(directory, "user.signingKey") else {
        let message = "git has no `user.signingKey` to sign with";
        return Err(Failure::environment(message)
            .hint("set it to your public key, `git config user.signingKey ~/.ssh/id_ed25519.pub`, or name one with --key, of `check` with --record-key"));
    };
    let literal = key.strip_prefix("key::").or_else(|| key.starts_with("ssh-").then_some(key.as_str()));
    if let Some(text) = literal {
        return Ok(KeyPlace::Literal(text.to_string()));
    }
    let file = directory.join(&key);
    if file.exists() {
        return Ok(KeyPlace::File(file));
    }
    let message = format!("git's `user.signingKey` is `{key}`, which is not the file of an SSH key");
    Err(Failure::environment(message)
        .hint("name an SSH key with --key, of `check` with --record-key; keys of OpenPGP do not count"))
}

/// The public part of a key: beside a private one, in a file that ends in `.pub`.
fn read_public(file: &Path) -> Result<String> {
    let mut beside = file.as_os_str().to_os_string();
    beside.push(".pub");
    let beside = PathBuf::from(beside);
    let place = if beside.exists() { beside.as_path() } else { file };
    std::fs::read_to_string(place).map_err(|error| {
        Failure::environment(format!("cannot read the public key {}: {error}", place.display()))
    })
}

/// A setting of git, with `~` resolved.
fn setting(directory: &Path, name: &str) -> Option<String> {
    let output = program("git")
        .current_dir(directory)
        .args(["config", "--type=path", "--get", name])
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    Some(text.trim_end().to_string()).filter(|text| !text.is_empty())
}

fn program(name: &str) -> Command {
    Command::new(name)
}

/// Has `ssh-keygen` sign: it asks for a passphrase, an agent or a touch itself.
///
/// # Errors
/// It is not there, or did not sign.
pub(super) fn sign(directory: &Path, key: &FoundKey, message: &[u8]) -> Result<Vec<u8>> {
    let failed = |error: std::io::Error| {
        Failure::environment(format!("`{}` cannot be run: {error}", key.program))
            .hint("install OpenSSH, or name the program in git's `gpg.ssh.program`")
    };
    let mut literal = None;
    let (file, in_agent) = match &key.file {
        KeyPlace::File(file) => (file.clone(), false),
        KeyPlace::Literal(text) => {
            let mut kept = tempfile::NamedTempFile::new().map_err(failed)?;
            kept.write_all(text.as_bytes()).map_err(failed)?;
            (literal.insert(kept).path().to_path_buf(), true)
        }
    };
    let mut command = program(&key.program);
    command.current_dir(directory).args(["-Y", "sign", "-n", NAMESPACE, "-f"]).arg(&file);
    if in_agent {
        command.arg("-U");
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(message).map_err(failed)?;
    }
    let output = child.wait_with_output().map_err(failed)?;
    match output.status.success() {
        true => Ok(output.stdout.trim_ascii_end().to_vec()),
        false => Err(Failure::environment(format!("`{}` did not sign", key.program))),
    }
}

/// Publishes a chain.
///
/// # Errors
/// `git push` did not succeed; what `kept` says is kept here.
pub(super) fn push(directory: &Path, remote: &str, reference: &str, kept: &str) -> Result<()> {
    let status = program("git")
        .current_dir(directory)
        .args(["push", "--", remote, &format!("{reference}:{reference}")])
        .status()
        .map_err(|error| Failure::environment(format!("`git push` cannot be run: {error}")))?;
    match status.success() {
        true => Ok(()),
        false => Err(Failure::environment(format!(
            "`git push {remote} {reference}` did not succeed; {kept} kept here"
        ))
        .hint("fetch the chain, sign again if it has moved, and push it")),
    }
}
