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

/// Files that this program writes or reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileKind {
    Sealed,
    Replay,
    RecordList,
    Status,
    Simulation,
    Rehearsal,
    Envelope,
    Statements,
    Facts,
    Decision,
    RecordEntry,
    PushLog,
    ServerState,
}

impl FileKind {
    /// What such a file is, as the end of a sentence.
    fn about(self) -> &'static str {
        match self {
            FileKind::Sealed => "this is a sealed decision; use `portcullis replay`",
            FileKind::Replay => "this is what a replay found; give the sealed file to `portcullis replay`",
            FileKind::RecordList => {
                "this is a list of records; give a name from it to `portcullis record show`"
            }
            FileKind::Status => "this is a status; `portcullis status` writes it anew",
            FileKind::Simulation => "this is a simulation, in which nothing was decided",
            FileKind::Rehearsal => "this is a rehearsal, in which nothing was decided",
            FileKind::Envelope => {
                "this is a signed envelope; use `portcullis evidence verify` for statements"
            }
            FileKind::Statements => {
                "these are statements of test runs; use `portcullis evidence verify` or `evidence diff`"
            }
            FileKind::Facts => "these are facts; use `portcullis decide --facts`",
            FileKind::Decision => {
                "this is a decision without its facts, so it cannot be taken again; `check --seal` keeps both"
            }
            FileKind::RecordEntry => {
                "this is the entry of a deployment record; use `portcullis record verify ENVIRONMENT`"
            }
            FileKind::PushLog => "this is an entry of the push log of a server",
            FileKind::ServerState => "this is the state of a server's hooks",
        }
    }
}

/// What a file is that a command for statements of test runs was given: `None` for what may be
/// some, and for files that this program does not know.
pub fn recognise_no_evidence(file: &Path) -> Option<&'static str> {
    let mut bytes = Vec::new();
    File::open(file).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
    let is_other = |kind: &FileKind| !matches!(kind, FileKind::Envelope | FileKind::Statements);
    recognise(&bytes).filter(is_other).map(FileKind::about)
}

/// What the bytes are that a command for facts was given: `None` for facts, and for what this
/// program does not know.
pub fn recognise_no_facts(bytes: &[u8]) -> Option<&'static str> {
    recognise(bytes).filter(|kind| *kind != FileKind::Facts).map(FileKind::about)
}

/// What the bytes are that a command for sealed decisions was given: `None` for one, and for what
/// this program does not know.
pub fn recognise_no_seal(bytes: &[u8]) -> Option<&'static str> {
    recognise(bytes).filter(|kind| *kind != FileKind::Sealed).map(FileKind::about)
}

/// Are the bytes facts?
pub fn is_facts(bytes: &[u8]) -> bool {
    recognise(bytes) == Some(FileKind::Facts)
}

/// Of several lines of JSON the first one tells.
fn recognise(bytes: &[u8]) -> Option<FileKind> {
    let whole = serde_json::from_slice::<Hallmarks>(bytes).ok();
    let first = || serde_json::from_slice(bytes.split(|byte| *byte == b'\n').next()?).ok();
    let marks: Hallmarks = whole.or_else(first)?;
    match marks.kind.as_deref() {
        Some("sealed-decision") => return Some(FileKind::Sealed),
        Some("replay") => return Some(FileKind::Replay),
        Some("record-list") => return Some(FileKind::RecordList),
        Some("status") => return Some(FileKind::Status),
        Some("simulation") => return Some(FileKind::Simulation),
        Some("rehearsal") => return Some(FileKind::Rehearsal),
        _ => {}
    }
    Some(match marks {
        Hallmarks { payload_type: Some(_), .. } => FileKind::Envelope,
        Hallmarks { predicate_type: Some(_), .. } => FileKind::Statements,
        Hallmarks { inquiry: Some(_), .. } | Hallmarks { whole: Some(_), .. } => FileKind::Facts,
        Hallmarks { outcome: Some(_), findings: Some(_), .. } => FileKind::Decision,
        Hallmarks { outcome: Some(_), candidate: Some(_), .. } => FileKind::RecordEntry,
        Hallmarks { updates: Some(_), .. } => FileKind::PushLog,
        Hallmarks { checks: Some(_), .. } => FileKind::ServerState,
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
            assert!(recognise(text.as_bytes()).unwrap().about().contains(said), "{text}");
        }
        for text in ["", "{}", "[1]", "<testsuites/>", "schema = 1\n", "{\"kind\": 5}"] {
            assert_eq!(recognise(text.as_bytes()), None, "{text}");
        }
    }
}
