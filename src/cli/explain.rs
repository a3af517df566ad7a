//! `portcullis explain`: what a control asks and why; to which areas a path or a commit belongs.

use super::exit::{Exit, Failure, Result};
use super::{judged, output};
use crate::collect::gather::text_at;
use crate::collect::git::Repository;
use crate::control::{self, Documentation, Kind};
use crate::model::change::Revision;
use crate::model::decision::TouchedArea;
use crate::model::fact::Gap;
use crate::model::inventory::{Area, Inventory};
use crate::model::path::RepoPath;
use crate::policy::Policy;
use clap::Args;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A control, a path in the repository, or a commit. Without it: the list of controls.
    what: Option<String>,
    /// Read policy and files at this commit.
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    at: String,
    /// A policy kept elsewhere. Without it: `portcullis.toml` at that commit.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

/// Explains.
///
/// # Errors
/// There is nothing of this name, or the policy or repository cannot be read.
pub fn run(directory: &Path, arguments: &Arguments) -> Result {
    let text = match &arguments.what {
        None => list(),
        Some(what) => match control::TABLE.iter().find(|kind| kind.name == what) {
            Some(kind) => document(kind),
            None => explain_code(directory, arguments, what)?,
        },
    };
    output::stdout(text.as_bytes())?;
    Ok(Exit::Allowed)
}

fn list() -> String {
    let mut text = String::from("The controls; `portcullis explain NAME` says more about each.\n\n");
    for kind in control::TABLE {
        let first = kind.documentation.requires.split_inclusive(['.', ':']).next().unwrap_or_default();
        let _ =
            writeln!(text, "{:<18} {}", kind.name, first.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    text
}

fn document(kind: &Kind) -> String {
    let Documentation { requires, why, cannot_show, how_to_meet } = &kind.documentation;
    let sections = [
        ("What it requires", requires),
        ("Why", why),
        ("What it cannot show", cannot_show),
        ("How to meet it", how_to_meet),
    ];
    let mut text = format!("{}\n{}\n", kind.name, "=".repeat(kind.name.len()));
    for (title, section) in sections {
        let _ = write!(text, "\n{title}\n{}\n\n{}\n", "-".repeat(title.len()), section.trim());
    }
    text
}

fn explain_code(directory: &Path, arguments: &Arguments, what: &str) -> Result<String> {
    let repository = Repository::open(directory)?;
    let at = repository.resolve(&arguments.at)?;
    let policy = policy(&repository, &at, directory, arguments)?;
    let path = RepoPath::from(what);
    let paths = repository.paths_at(&at).map_err(unseen)?;
    if paths.contains(&path) {
        return explain_path(&repository, &at, &policy.scope.inventory, &path).map_err(unseen);
    }
    match repository.resolve(what) {
        Ok(commit) => {
            let parent = repository.resolve(&format!("{commit}~1"))?;
            explain_commit(&repository, &parent, &commit, &policy).map_err(unseen)
        }
        Err(error) if what.contains(['/', '.']) => Ok(format!(
            "{path} is not a file at {} ({error:#}); by its path alone:\n\n{}",
            at.short(),
            by_path(&policy.scope.inventory, &path)
        )),
        Err(error) => {
            Err(Failure::usage(format!("`{what}` is no control, no path at {}, and {error:#}", at.short())))
        }
    }
}

fn unseen(gap: Gap) -> Failure {
    Failure { exit: Exit::Undetermined, message: format!("{gap}\nhelp: {}", gap.remedy) }
}

fn policy(repository: &Repository, at: &Revision, directory: &Path, arguments: &Arguments) -> Result<Policy> {
    if let Some(file) = &arguments.policy {
        return super::policy::read(&directory.join(file));
    }
    match text_at(repository, at, &judged::POLICY.into()).map_err(unseen)? {
        Some(text) => super::policy::parse(&format!("{} at {}", judged::POLICY, at.short()), &text),
        None => Err(Failure::policy(format!(
            "there is no {} at {}; name one with --policy FILE, or write one with `portcullis policy init`",
            judged::POLICY,
            at.short()
        ))),
    }
}

fn by_path(inventory: &Inventory, path: &RepoPath) -> String {
    let mut text = String::new();
    for area in &inventory.areas {
        let _ = match area.touch_by_path(path) {
            Some(touch) => writeln!(
                text,
                "{}: inside, by {} (line {} of the policy)",
                area.name, touch.rule, touch.policy_line
            ),
            None => writeln!(text, "{}: outside by its path", area.name),
        };
    }
    text
}

fn explain_path(
    repository: &Repository,
    at: &Revision,
    inventory: &Inventory,
    path: &RepoPath,
) -> std::result::Result<String, Gap> {
    let bytes = repository.file_at(at, path)?.unwrap_or_default();
    let mut text = format!("{path} at {}\n\n{}", at.short(), by_path(inventory, path));
    for area in &inventory.areas {
        for (rule, line, lines) in by_content(area, &bytes) {
            let _ = writeln!(
                text,
                "{}: a change to line {} would be inside, by content `{rule}` (line {line} of the policy)",
                area.name,
                lines.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
            );
        }
    }
    Ok(text)
}

/// Each content pattern of an area with the lines of a text that it matches.
fn by_content<'a>(area: &'a Area, bytes: &[u8]) -> Vec<(&'a str, u64, Vec<u64>)> {
    let compiled = area.content.iter().filter_map(|rule| {
        let regex = regex::bytes::Regex::new(&rule.rule).ok()?;
        let lines = bytes.split(|b| *b == b'\n').zip(1..);
        let matching: Vec<u64> =
            lines.filter(|(line, _)| regex.is_match(line)).map(|(_, number)| number).collect();
        Some((rule.rule.as_str(), rule.line, matching))
    });
    compiled.filter(|(_, _, lines)| !lines.is_empty()).collect()
}

fn explain_commit(
    repository: &Repository,
    parent: &Revision,
    commit: &Revision,
    policy: &Policy,
) -> std::result::Result<String, Gap> {
    let mut inquiry = policy.inquiry(None);
    inquiry.each_commit = false;
    let change = repository.change(parent, commit, &inquiry);
    let change = change.known()?;
    let areas = policy.scope.inventory.touched(change.files.iter(), &inquiry)?;
    let mut text = format!(
        "commit {} changes {} paths against its first parent\n\n",
        commit.short(),
        change.files.len()
    );
    text.push_str(&show_areas(&areas));
    Ok(text)
}

fn show_areas(areas: &[TouchedArea]) -> String {
    let mut text = String::new();
    for area in areas {
        let _ = writeln!(text, "{} ({})", area.area, area.purpose);
        for touch in &area.touches {
            let line = touch.line.map(|line| format!(":{line}")).unwrap_or_default();
            let _ = writeln!(
                text,
                "  {}{line}  {} (line {} of the policy)",
                touch.path, touch.rule, touch.policy_line
            );
        }
    }
    if areas.is_empty() {
        text.push_str("It touches no data-processing area.\n");
    }
    text
}
