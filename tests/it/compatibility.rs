//! What a release promised is still there: names of commands and options, exit codes, controls, formats, members of JSON forms, and
//! policies of that time. Each release keeps its list in `tests/compatibility`; more may come, and nothing may leave.

use portcullis_cli::exit::MEANINGS;
use portcullis_judge::control;
use portcullis_judge::policy::Policy;
use portcullis_render as render;
use portcullis_wire::schema;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compatibility")
}

/// Every command with its options and the number of its other arguments.
fn commands(command: &clap::Command, path: &str, lines: &mut BTreeSet<String>) {
    lines.insert(format!("command {path}"));
    for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
        let long = argument.get_long().map(|long| format!("--{long}"));
        let short = argument.get_short().map(|short| format!("-{short}"));
        lines.extend(long.into_iter().chain(short).map(|option| format!("option {path} {option}")));
    }
    for below in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        commands(below, &format!("{path} {}", below.get_name()), lines);
    }
}

/// The members of a form that its schema names, at any depth.
fn members(value: &Value, at: &str, lines: &mut BTreeSet<String>) {
    match value {
        Value::Object(parts) => {
            let named = parts.get("properties").and_then(Value::as_object);
            for (name, part) in named.into_iter().flatten() {
                lines.insert(format!("member {at} {name}"));
                members(part, at, lines);
            }
            parts
                .iter()
                .filter(|(key, _)| *key != "properties")
                .for_each(|(_, part)| members(part, at, lines));
        }
        Value::Array(parts) => parts.iter().for_each(|part| members(part, at, lines)),
        _ => {}
    }
}

fn interface() -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    commands(&portcullis_cli::command(), "portcullis", &mut lines);
    lines.extend(MEANINGS.iter().map(|(exit, meaning)| format!("exit {} {meaning}", *exit as u8)));
    lines.extend(control::TABLE.iter().map(|kind| format!("control {}", kind.name)));
    lines.extend(render::TABLE.iter().map(|format| format!("format {}", format.name)));
    for schema in schema::TABLE {
        let at = format!("{}-v{}", schema.name, schema.version);
        lines.insert(format!("schema {at}"));
        members(&serde_json::from_str(schema.text).unwrap(), &at, &mut lines);
    }
    lines
}

/// The version up to its minor part.
fn minor() -> &'static str {
    env!("CARGO_PKG_VERSION").rsplit_once('.').unwrap().0
}

#[test]
fn nothing_that_a_release_promised_has_left() {
    let now = interface();
    assert!(now.len() > 800, "the interface is not found any more: {}", now.len());
    let own = kept().join(format!("interface-{}.txt", minor()));
    if std::env::var("SNAPSHOTS").is_ok_and(|value| value == "overwrite") {
        let text: String = now.iter().map(|line| format!("{line}\n")).collect();
        fs::write(&own, text).unwrap();
    }
    assert!(own.is_file(), "{} is missing: write it with the release", own.display());
    for entry in fs::read_dir(kept()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let gone: Vec<&str> = text.lines().filter(|line| !now.contains(*line)).collect();
        assert!(gone.is_empty(), "{} promised: {gone:#?}", path.display());
    }
}

#[test]
fn policies_of_earlier_releases_are_still_read() {
    let folders = fs::read_dir(kept()).unwrap().map(|entry| entry.unwrap().path());
    let folders: Vec<PathBuf> = folders.filter(|path| path.is_dir()).collect();
    assert!(!folders.is_empty());
    for policy in folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap()) {
        let path = policy.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        assert!(Policy::parse(&text).is_ok(), "{}: {:?}", path.display(), Policy::parse(&text).err());
    }
}

/// The page of the book names every exit code with its number.
#[test]
fn the_page_of_exit_codes_names_each() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/exit-codes.md")).unwrap();
    for (exit, _) in MEANINGS {
        assert!(page.contains(&format!("\n| {} |", exit as u8)), "{exit:?}");
    }
    assert!(!page.contains(&format!("\n| {} |", MEANINGS.len())));
}
