//! What a file is that was handed to the wrong command, and which command reads it.

use serde::Deserialize;
use serde::de::IgnoredAny;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Larger files are not looked into.
const LARGEST: u64 = 512 << 20;

/// The members that tell one file of this program from another.
#[derive(Default, Deserialize)]
struct Hallmarks {
    kind: Option<String>,
    outcome: Option<IgnoredAny>,
    findings: Option<IgnoredAny>,
    inquiry: Option<IgnoredAny>,
    candidate: Option<IgnoredAny>,
    whole: Option<IgnoredAny>,
    updates: Option<IgnoredAny>,
    checks: Option<IgnoredAny>,
    #[serde(rename = "payloadType")]
    payload_type: Option<IgnoredAny>,
    #[serde(rename = "predicateType")]
    predicate_type: Option<IgnoredAny>,
}

/// What the file is, as the end of a sentence; `None` where this program knows no such file.
pub fn recognise_file(file: &Path) -> Option<&'static str> {
    let mut bytes = Vec::new();
    File::open(file).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
    recognise(&bytes)
}

/// The same for commands that read statements of test runs: `None` for what may be some.
pub fn recognise_no_evidence(file: &Path) -> Option<&'static str> {
    recognise_file(file).filter(|said| !said.contains("portcullis evidence"))
}

/// The same of bytes, for a command that reads facts.
pub fn recognise_no_facts(bytes: &[u8]) -> Option<&'static str> {
    recognise(bytes).filter(|said| !said.contains("decide --facts"))
}

/// The same of bytes. Of several lines of JSON the first one tells.
pub fn recognise(bytes: &[u8]) -> Option<&'static str> {
    let whole = serde_json::from_slice::<Hallmarks>(bytes).ok();
    let first = || serde_json::from_slice(bytes.split(|byte| *byte == b'\n').next()?).ok();
    let marks: Hallmarks = whole.or_else(first)?;
    match marks.kind.as_deref() {
        Some("sealed-decision") => return Some("this is a sealed decision; use `portcullis replay`"),
        Some("replay") => {
            return Some("this is what a replay found; give the sealed file to `portcullis replay`");
        }
        Some("record-list") => {
            return Some("this is a list of records; give a name from it to `portcullis record show`");
        }
        Some("status") => return Some("this is a status; `portcullis status` writes it anew"),
        _ => {}
    }
    Some(match marks {
        Hallmarks { payload_type: Some(_), .. } => {
            "this is a signed envelope; use `portcullis evidence verify` for statements"
        }
        Hallmarks { predicate_type: Some(_), .. } => {
            "these are statements of test runs; use `portcullis evidence verify` or `evidence diff`"
        }
        Hallmarks { inquiry: Some(_), .. } | Hallmarks { whole: Some(_), .. } => {
            "these are facts; use `portcullis decide --facts`"
        }
        Hallmarks { outcome: Some(_), findings: Some(_), .. } => {
            "this is a decision without its facts, so it cannot be taken again; `check --seal` keeps both"
        }
        Hallmarks { outcome: Some(_), candidate: Some(_), .. } => {
            "this is the entry of a deployment record; use `portcullis record verify ENVIRONMENT`"
        }
        Hallmarks { updates: Some(_), .. } => "this is an entry of the push log of a server",
        Hallmarks { checks: Some(_), .. } => "this is the state of a server's hooks",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_names_the_command_that_reads_it() {
        for (text, said) in [
            (r#"{"schema": 1, "kind": "sealed-decision"}"#, "portcullis replay"),
            (r#"{"schema": 1, "outcome": "allow", "findings": []}"#, "check --seal"),
            (r#"{"schema": 4, "kind": "change", "inquiry": {}}"#, "decide --facts"),
            (r#"{"schema": 2, "outcome": "allow", "candidate": "a"}"#, "record verify"),
            ("{\"_type\": \"x\", \"predicateType\": \"y\"}\n{\"_type\": \"x\"}\n", "evidence"),
            (r#"{"payload": "", "payloadType": "x"}"#, "envelope"),
        ] {
            assert!(recognise(text.as_bytes()).unwrap().contains(said), "{text}");
        }
        for text in ["", "{}", "[1]", "<testsuites/>", "schema = 1\n", "{\"kind\": 5}"] {
            assert_eq!(recognise(text.as_bytes()), None, "{text}");
        }
    }
}
