//! `portcullis explain`: what a control asks and why; to which areas a path belongs; how a commit
//! landed.

use super::exit::{Exit, Failure, Result};
use super::hosts::profile_of;
use super::output;
use super::output::{nearest, unknown};
use super::policy_file::{POLICY, parse_policy_at, read_policy};
use clap::Args;
use portcullis_collect::gather::text_at;
use portcullis_git::{Repository, spellings};
use portcullis_judge::control::{self, Kind};
use portcullis_judge::policy::Policy;
use portcullis_model::change::Revision;
use portcullis_model::decision::Touch;
use portcullis_model::fact::Gap;
use portcullis_model::inquiry::Inquiry;
use portcullis_model::inventory::{Area, Inventory, Ruled};
use portcullis_model::path::RepoPath;
use portcullis_render::prose::{wrap_prose, wrap_text};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

mod clauses;
mod landing;

pub use landing::branch_tip;

/// Columns to fill.
const WIDTH: usize = 80;

/// The column in which the list of controls says what each requires.
const LIST: usize = 23;

/// How many line numbers are listed.
const HANDFUL: usize = 10;

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// Control, path in the repository, or commit. Default: list the controls.
    what: Option<String>,
    /// Read the policy and files at this commit.
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    at: String,
    /// Policy outside the repository. Default: `portcullis.toml` at that commit.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// List the clauses of laws and standards that the evidence of controls serves: all frameworks,
    /// the clauses of one, or one clause.
    #[arg(long, value_name = "FRAMEWORK[:ID]", num_args = 0..=1, default_missing_value = "", conflicts_with = "what")]
    clause: Option<String>,
    /// Show everything: every unreviewed line, every commit, what every control rests on.
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    landing: landing::Where,
}

/// Explains.
///
/// # Errors
/// There is nothing of this name, or the policy or repository cannot be read.
pub fn run(directory: &Path, arguments: &ExplainArguments) -> Result {
    if let Some(clause) = &arguments.clause {
        output::text(&clauses::describe(clause)?)?;
        return Ok(Exit::Allowed);
    }
    match &arguments.what {
        None => output::text(&list_controls())?,
        Some(what) => match control::find_kind(what) {
            Some(kind) => output::text(&describe_control(kind))?,
            None => explain_code(directory, arguments, what)?,
        },
    }
    Ok(Exit::Allowed)
}

fn list_controls() -> String {
    let mut text = String::from("The controls; `portcullis explain NAME` says more about each.\n\n");
    for kind in control::TABLE {
        let lines = wrap_text(&first_sentence(kind.documentation.requires()), LIST, LIST, WIDTH);
        let _ = writeln!(text, "{:<LIST$}{}", kind.name, lines.join(&format!("\n{:LIST$}", "")));
    }
    text
}

/// The first sentence. A dot or a colon ends one where white space follows: `[reconciliation.NAME]`
/// goes on.
fn first_sentence(text: &str) -> String {
    let ends = |(at, _): &(usize, &str)| text[at + 1..].starts_with(char::is_whitespace);
    let end = text.match_indices(['.', ':']).find(ends).map_or(text.len(), |(at, _)| at);
    format!("{}.", text[..end].trim().trim_end_matches('.').replace('\n', " "))
}

fn describe_control(kind: &Kind) -> String {
    let mut text = format!("{}\n{}\n", kind.name, "=".repeat(kind.name.len()));
    for (title, section) in kind.documentation.sections() {
        let _ = write!(text, "\n{title}\n{}\n\n{}", "-".repeat(title.len()), wrap_prose(section, WIDTH));
    }
    text + &clauses::describe_control(kind.name)
}

fn explain_code(directory: &Path, arguments: &ExplainArguments, what: &str) -> Result<()> {
    let names = || control::TABLE.iter().map(|kind| kind.name);
    let repository = Repository::open(directory).map_err(|error| {
        let control = unknown("control", what, names());
        Failure::environment(control).hint(format!("for a path or commit: {error:#}"))
    })?;
    let at = repository.resolve_short(&arguments.at)?;
    let policy = policy_at(&repository, &at, directory, arguments)?;
    let code = Code { repository: &repository, at: &at, policy: &policy };
    let paths = repository.paths_at(&at).map_err(unseen_failure)?;
    let meant = paths_meant(&repository, directory, what)?;
    for path in &meant {
        if paths.contains(path) {
            return output::text(&code.path(path).map_err(unseen_failure)?);
        }
        let below: Vec<&RepoPath> = paths.iter().filter(|one| is_below(one, path)).collect();
        if !below.is_empty() {
            return output::text(&code.directory(path, &below));
        }
    }
    let path = meant.into_iter().next().unwrap_or_else(|| RepoPath::from(what));
    match repository.resolve_short(what) {
        Ok(commit) => {
            let asked =
                landing::Asked { repository: &repository, policy: &policy, directory, commit: &commit };
            landing::explain(&asked, &arguments.landing, arguments.verbose)
        }
        Err(_) if what.contains(['/', '.']) && nearest(what, names()).is_none() => {
            let nothing = format!("{path} is no file at {}; by its path alone:\n\n", at.short());
            output::text(&(nothing + &by_path(&policy.scope.inventory, &path)))
        }
        Err(error) => {
            let help = match nearest(what, names()) {
                Some(meant) => format!("did you mean the control `{meant}`?"),
                None => "`portcullis explain` lists the controls".to_string(),
            };
            let at = at.short();
            let message = format!("`{what}` is neither a control nor a path at {at}, and {error:#}");
            Err(Failure::usage(message).hint(help))
        }
    }
}

/// The paths that a name can mean, most likely first: from the directory that we are in, as with
/// git, and from the root. Only what stands at its beginning leads upward: anything else is part of
/// a path, however strange.
///
/// # Errors
/// It leads out of the work tree.
fn paths_meant(repository: &Repository, directory: &Path, what: &str) -> Result<Vec<RepoPath>> {
    let from_root = RepoPath::from(what.trim_start_matches("./").trim_end_matches('/'));
    let root = repository.work_tree().and_then(|root| root.canonicalize().ok());
    let (Some(root), Ok(here)) = (root, directory.canonicalize()) else { return Ok(vec![from_root]) };
    let outside = || Failure::usage(format!("`{what}` leads out of the work tree `{}`", root.display()));
    let (mut here, mut rest) = match what.strip_prefix('/') {
        Some(rest) => (PathBuf::from("/"), rest),
        None => (here, what),
    };
    let upward = loop {
        if let Some(below) = rest.strip_prefix("./").or((rest == ".").then_some("")) {
            rest = below;
        } else if let Some(below) = rest.strip_prefix("../").or((rest == "..").then_some("")) {
            here.pop();
            rest = below;
        } else {
            break what.starts_with("..") || what.starts_with('/');
        }
    };
    let whole = [here.as_os_str().as_encoded_bytes(), b"/", rest.trim_end_matches('/').as_bytes()].concat();
    let from_here = strip_directory(&whole, root.as_os_str().as_encoded_bytes());
    match from_here {
        None if upward => Err(outside()),
        from_here => Ok(from_here.into_iter().chain([from_root]).collect()),
    }
}

/// What is left of a path below a directory; the directory itself is `.`.
fn strip_directory(whole: &[u8], directory: &[u8]) -> Option<RepoPath> {
    let plain = |path: &[u8]| {
        let parts: Vec<&[u8]> = path.split(|b| *b == b'/').filter(|part| !part.is_empty()).collect();
        parts.join(&b'/')
    };
    let (whole, directory) = (plain(whole), plain(directory));
    match whole.strip_prefix(directory.as_slice())? {
        [] => Some(RepoPath::from(".")),
        [b'/', inside @ ..] => Some(RepoPath::new(inside)),
        _ => None,
    }
}

fn is_below(path: &RepoPath, directory: &RepoPath) -> bool {
    let rest = path.as_bytes().strip_prefix(directory.as_bytes());
    *directory == RepoPath::from(".") || rest.is_some_and(|rest| rest.starts_with(b"/"))
}

fn unseen_failure(gap: Gap) -> Failure {
    Failure::unseen(Exit::Undetermined, &gap)
}

fn policy_at(
    repository: &Repository,
    at: &Revision,
    directory: &Path,
    arguments: &ExplainArguments,
) -> Result<Policy> {
    if let Some(file) = &arguments.policy {
        return read_policy(&directory.join(file), &profile_of(None));
    }
    match text_at(repository, at, &POLICY.into()).map_err(unseen_failure)? {
        Some(text) => {
            let name = format!("{} at {}", POLICY, at.short());
            parse_policy_at((repository, at), &name, &text, &profile_of(None))
        }
        None => Err(Failure::policy(format!(
            "there is no {} at {}; name one with --policy FILE, or write one with `portcullis init` and commit it",
            POLICY,
            at.short()
        ))),
    }
}

/// By its path, an area's answer for what is or could be there.
fn by_path(inventory: &Inventory, path: &RepoPath) -> String {
    inventory.areas.iter().map(|area| format!("{}: {}\n", area.name, describe_place(area, path))).collect()
}

fn describe_place(area: &Area, path: &RepoPath) -> String {
    match (area.excluded_by(path), area.touch_by_path(path)) {
        (Some(rule), _) => format!("outside, excluded by `{}` (line {} of the policy)", rule.rule, rule.line),
        (None, Some(touch)) => {
            format!("inside, by {} (line {} of the policy)", touch.rule, touch.policy_line)
        }
        (None, None) => "outside by its path".to_string(),
    }
}

/// What is explained: paths and commits of a repository, by a policy.
struct Code<'a> {
    repository: &'a Repository,
    at: &'a Revision,
    policy: &'a Policy,
}

impl Code<'_> {
    fn areas(&self) -> &[Area] {
        &self.policy.scope.inventory.areas
    }

    fn inquiry(&self) -> Inquiry {
        Inquiry { each_commit: false, ..self.policy.inquiry(None) }
    }

    fn path(&self, path: &RepoPath) -> std::result::Result<String, Gap> {
        let mut text = format!("{path} at {}\n\n", self.at.short());
        let Some(file) = self.repository.file_as_added(self.at, path, &self.inquiry())? else {
            return Ok(text);
        };
        let bytes = self.repository.file_at(self.at, path)?.unwrap_or_default();
        for area in self.areas() {
            let _ =
                writeln!(text, "{}: {}", area.name, describe_file(area, path, area.touch(&file)?.as_ref()));
            if area.excluded_by(path).is_none() {
                by_content(area, &bytes).iter().for_each(|found| text.push_str(found));
            }
        }
        Ok(text)
    }

    fn directory(&self, path: &RepoPath, below: &[&RepoPath]) -> String {
        let mut text =
            format!("{path} at {}: a directory of {}\n\n", self.at.short(), count_files(below.len()));
        for area in self.areas() {
            let inside = below.iter().filter(|path| area.touch_by_path(path).is_some()).count();
            let _ = writeln!(text, "{}: {inside} of them inside by path", area.name);
        }
        text
    }
}

fn count_files(number: usize) -> String {
    format!("{number} file{}", if number == 1 { "" } else { "s" })
}

/// What an area says of a file by its path, or by what it is; no edited line is needed for that.
fn describe_file(area: &Area, path: &RepoPath, touch: Option<&Touch>) -> String {
    match touch {
        Some(touch) if touch.path != *path => {
            let Touch { path, rule, policy_line, .. } = touch;
            format!("inside, since it leads to {path}, by {rule} (line {policy_line} of the policy)")
        }
        Some(touch) if area.touch_by_path(path).is_none() && touch.line.is_none() => {
            format!("inside, by {} (line {} of the policy)", touch.rule, touch.policy_line)
        }
        _ => describe_place(area, path),
    }
}

/// Which lines of a text the content patterns of an area match.
fn by_content(area: &Area, bytes: &[u8]) -> Vec<String> {
    let found = area.content.iter().filter_map(|rule| {
        let regex = regex::bytes::Regex::new(&rule.rule).ok()?;
        let lines = bytes.split(|b| *b == b'\n').zip(1u64..);
        let matches =
            |line: &[u8]| regex.is_match(line) || spellings(line).any(|plain| regex.is_match(&plain));
        let matching = lines.filter(|(line, _)| matches(line));
        let numbers: Vec<String> = matching.map(|(_, number)| number.to_string()).collect();
        (!numbers.is_empty()).then(|| {
            let Ruled { rule, line } = rule;
            let lines = some_of(&numbers);
            format!("  a change to {lines} is inside, by content `{rule}` (line {line} of the policy)\n")
        })
    });
    found.collect()
}

/// No more line numbers than a reader wants to see.
fn some_of(numbers: &[String]) -> String {
    match numbers {
        [one] => format!("line {one}"),
        _ if numbers.len() <= HANDFUL => format!("any of the lines {}", numbers.join(", ")),
        _ => {
            let more = numbers.len() - HANDFUL;
            format!("any of the lines {} and {more} more", numbers[..HANDFUL].join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_ends_with_its_dot_and_not_within_a_name() {
        for (text, first) in [
            ("Nothing lands. Or does it?", "Nothing lands."),
            (
                "It touches `[reconciliation.NAME]`\nof a dataset. More.",
                "It touches `[reconciliation.NAME]` of a dataset.",
            ),
            ("It asks for these: one, two.", "It asks for these."),
            ("It ends here.", "It ends here."),
            ("", "."),
        ] {
            assert_eq!(first_sentence(text), first);
        }
    }

    #[test]
    fn what_is_said_of_controls_fits_a_terminal_and_leaves_no_markup() {
        let documents = control::TABLE.iter().map(|kind| describe_control(kind)).chain([list_controls()]);
        for text in documents {
            let wide: Vec<_> = text.lines().filter(|line| line.chars().count() > WIDTH).collect();
            assert!(wide.is_empty(), "{wide:#?}");
            assert!(!text.contains("```"), "{text}");
        }
    }

    #[test]
    fn examples_are_policies_that_can_be_read() {
        for kind in control::TABLE {
            let text = wrap_prose(kind.documentation.how_to_meet(), WIDTH);
            let code = text.lines().filter_map(|line| line.strip_prefix("    "));
            let code: String = code.map(|line| format!("{line}\n")).collect();
            assert!(code.contains(&format!("[controls.{}", kind.name)), "{}: {code}", kind.name);
            let read: std::result::Result<toml::Table, _> = toml::from_str(&code);
            assert!(read.is_ok(), "{}: {read:?}", kind.name);
        }
    }
}
