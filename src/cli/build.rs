//! Tells the program which commit it is built from.
//!
//! A release build asks git, if this folder is the root of its repository; a package of Cargo holds
//! the commit in `.cargo_vcs_info.json`; `PORTCULLIS_COMMIT` names it where neither knows, as when
//! an archive is built. Where nothing does, the program says so. Other builds name none, so that a
//! commit does not build everything again.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a build script reads its environment, and talks to Cargo over stdout"
)]

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=PORTCULLIS_COMMIT");
    let commit = named_commit().or_else(packaged_commit).or_else(committed).unwrap_or_default();
    let about = if commit.is_empty() { "commit not known".to_string() } else { format!("commit {commit}") };
    println!("cargo:rustc-env=PORTCULLIS_BUILT_FROM={commit}");
    println!("cargo:rustc-env=PORTCULLIS_BUILT_FROM_TEXT={about}");
}

fn is_object_name(text: &str) -> bool {
    [40, 64].contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn named_commit() -> Option<String> {
    std::env::var("PORTCULLIS_COMMIT").ok().filter(|name| is_object_name(name))
}

fn packaged_commit() -> Option<String> {
    // Only named where it is there: Cargo runs the script each time for a file that is not.
    let text = std::fs::read_to_string(".cargo_vcs_info.json").ok()?;
    println!("cargo:rerun-if-changed=.cargo_vcs_info.json");
    let commit = text.split('"').find(|part| is_object_name(part))?.to_string();
    Some(if text.contains("\"dirty\": true") { commit + "-dirty" } else { commit })
}

fn committed() -> Option<String> {
    if std::env::var("PROFILE").ok()? != "release" {
        return None;
    }
    let root = std::env::var("CARGO_MANIFEST_DIR").ok()?;
    // An archive that was unpacked within another repository is not of that repository.
    let top = ask_git(&["rev-parse", "--show-toplevel"])?;
    if Path::new(&top).canonicalize().ok()? != Path::new(&root).join("../..").canonicalize().ok()? {
        return None;
    }
    for watched in ["HEAD", "index", "logs/HEAD"] {
        let path = ask_git(&["rev-parse", "--git-path", watched])?;
        if Path::new(&path).exists() {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    println!("cargo:rerun-if-changed=..");
    let commit = ask_git(&["rev-parse", "HEAD"]).filter(|name| is_object_name(name))?;
    let changes = ask_git(&["status", "--porcelain", "--untracked-files=no"])?;
    Some(if changes.is_empty() { commit } else { commit + "-dirty" })
}

fn ask_git(arguments: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    git.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").args(arguments);
    let output = git.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_string())
}
