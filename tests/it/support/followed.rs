//! What tests of remedies ask of a verdict, and clones that they repair.
#![allow(dead_code, reason = "each test binary uses its own part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "test support: a failure here is a failed test"
)]

use super::gate::Verdict;
use crate::support::clean::CleanEnvironment as _;
use std::path::Path;
use std::process::{Command, Output};

/// Everything that a program wrote.
pub fn text(output: &Output) -> String {
    [&output.stdout[..], &output.stderr].iter().map(|part| String::from_utf8_lossy(part)).collect()
}

/// Everything that a verdict tells to do, one remedy on each line.
pub fn remedies(verdict: &Verdict) -> String {
    let all = verdict.json["findings"].as_array().map_or(&[][..], Vec::as_slice);
    all.iter().filter_map(|one| one["remedy"].as_str()).collect::<Vec<_>>().join("\n")
}

/// It stops the change, and tells to do this. Sentences begin with a capital letter, wherever their words stand in the code.
pub fn says(verdict: &Verdict, text: &str) {
    assert_ne!(verdict.exit, 0, "{}", verdict.text);
    notes(verdict, text);
}

/// It tells to do this, whatever it comes to.
pub fn notes(verdict: &Verdict, text: &str) {
    let all = remedies(verdict);
    assert!(
        all.to_lowercase().contains(&text.to_lowercase()),
        "no remedy says `{text}`: {all}\n{}",
        verdict.text
    );
}

/// Nothing speaks against it any more.
pub fn allowed(verdict: &Verdict) {
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
}

/// Runs git in a directory, whatever comes of it.
pub fn git(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("git");
    command.current_dir(directory).env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", directory);
    command.args(["-c", "user.name=Kim Example", "-c", "user.email=kim@example.test"]).args(arguments);
    command.output().unwrap()
}

/// Judges a range of a clone, without a host.
pub fn judged(place: &Path, base: &str, head: &str, more: &[&str]) -> Verdict {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.clean_env().current_dir(place);
    command.args(["check", "--host", "none", "--base", base, "--head", head, "--format", "json"]);
    Verdict::of(&command.args(more).output().unwrap())
}
