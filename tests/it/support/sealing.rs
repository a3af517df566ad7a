//! Sealed decisions: made by the real binary, and altered by someone who knows the form.
#![allow(dead_code, reason = "each test uses its own part of this")]

use super::gate::command;
use crate::support::clean::CleanEnvironment as _;
use portcullis_cli::replayed::judge_gathered;
use portcullis_model::digest::Digest;
use portcullis_record::{Compared, read_sealed};
use portcullis_testkit::server::{Server, Site};
use portcullis_testkit::stage::Stage;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Runs the program in a directory, in no job.
pub fn portcullis(directory: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    said(&command.clean_env().current_dir(directory).args(arguments).output().unwrap())
}

/// Exit code and everything written.
pub fn said(output: &Output) -> (i32, String) {
    let text = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8(bytes.clone()).unwrap());
    (output.status.code().unwrap(), text.concat())
}

/// A place for sealed files, outside of any repository.
pub struct Shelf(TempDir);

impl Shelf {
    pub fn new() -> Shelf {
        Shelf(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// Replays a file of it.
    pub fn replay(&self, name: &str, more: &[&str]) -> (i32, String) {
        let file = format!("./{name}");
        let arguments = [&["replay", &file], more].concat();
        portcullis(self.0.path(), &arguments)
    }

    /// The file with other bytes.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }
}

/// Judges the request of a stage in its job, and seals.
pub fn seal_request<S: Site>(stage: &Stage, server: &Server<S>, file: &Path, more: &[&str]) -> (i32, String) {
    let file = file.display().to_string();
    said(&command(stage, server, &[&["check", "--seal", &file], more].concat()).output().unwrap())
}

/// What becomes of a file whose bytes are these: 0 for the same decision, as `replay` exits.
pub fn exit_of(bytes: &[u8]) -> i32 {
    let Ok(sealed) = read_sealed(bytes) else { return 5 };
    if !sealed.faults().is_empty() {
        return 6;
    }
    match sealed.take_again(&judge_gathered) {
        Ok(Compared::Identical) => 0,
        Ok(_) if sealed.is_ours(None) => 6,
        Err(_) if sealed.is_ours(None) && !sealed.omits_facts() => 6,
        Ok(Compared::OtherWords(_)) | Err(_) => 3,
        Ok(_) => 6,
    }
}

/// The file, changed by someone who computes every digest anew.
pub fn forge(bytes: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(bytes).unwrap();
    change(&mut value);
    reseal(&mut value)
}

/// Every digest anew, and what the file repeats of its decision.
fn reseal(value: &mut Value) -> Vec<u8> {
    let digest = |text: &str| Value::from(Digest::of(text.as_bytes()).to_string());
    for member in ["policy", "facts", "decision"] {
        if let Some(text) = value[member]["text"].as_str().map(digest) {
            value[member]["digest"] = text.clone();
            for input in value["inputs"].as_array_mut().unwrap() {
                if input["kind"] == member {
                    input["digest"] = text.clone();
                }
            }
        }
    }
    for waivers in value["waivers"].as_array_mut().unwrap() {
        waivers["digest"] = digest(waivers["text"].as_str().unwrap());
    }
    let mut bytes = in_order(value);
    let at = bytes.rfind("\n  \"seal\": ").unwrap();
    let seal = Digest::of(&bytes.as_bytes()[..=at]).to_string();
    bytes.truncate(at);
    format!("{bytes}\n  \"seal\": \"{seal}\"\n}}\n").into_bytes()
}

/// The members in the order of the form: a `Value` has them sorted by name.
fn in_order(value: &Value) -> String {
    let form: portcullis_wire::sealed::v1::SealedV1 = serde_json::from_value(value.clone()).unwrap();
    serde_json::to_string_pretty(&form).unwrap() + "\n"
}
