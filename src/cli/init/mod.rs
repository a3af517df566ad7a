//! `portcullis init`: a policy proposed from what the repository holds.

use super::HostName;
use super::exit::{Exit, Failure, Result};
use super::filled;
use super::output;
use super::policy_file::{POLICY, houses_beside, parse_policy};
use clap::Args;
use new_files::{NewFile, write_all_or_none};
use portcullis_git::Repository;
use portcullis_init::ci_job;
use portcullis_init::git_reviews::SIGNERS;
use portcullis_init::policy_text::write_policy;
use portcullis_init::proposal::Proposal;
use portcullis_init::report::write_report;
use portcullis_init::update::update_policy;
use portcullis_judge::policy::house::HouseTexts;
use portcullis_model::host::HostProfile;
use portcullis_wire::schema;
use std::path::{Path, PathBuf};

mod line_ends;
mod look;
mod new_files;

/// Where the schema of policies is written, for editors.
const SCHEMA: &str = ".portcullis/policy-v1.json";

/// Arguments of `init`.
///
/// Looks at the files at HEAD, at branches, remotes and the latest authors, and writes
/// `portcullis.toml`, the CI job of the detected host and a schema for editors. Prints the evidence
/// for every line. `--host none` and `--host bare` write a policy for reviews that people sign and
/// git keeps, with a list for their keys. No file of the repository is replaced unless
/// `--overwrite` or `--update` says so.
///
/// Exit codes: 0 done; 2 invalid command line; 4 the policy that is to be updated is not valid; 5
/// no repository, or a file is there already or cannot be written.
#[derive(Debug, Args)]
pub struct InitArguments {
    /// Print what would be written, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Add what is new to the policy that is there; everything in it stays as it is.
    #[arg(long, conflicts_with = "overwrite")]
    update: bool,
    /// Replace the policy that is there.
    #[arg(long)]
    overwrite: bool,
    /// Policy file. Default: `portcullis.toml` in the root of the work tree.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Kind of host. Default: the one that the address of the remote tells.
    #[arg(long, value_name = "NAME", hide_possible_values = true)]
    host: Option<HostName>,
    /// Ask the host about this repository: which branches it protects, and what is deployed.
    #[arg(long, value_name = "OWNER/NAME")]
    repository: Option<String>,
    /// Write the e-mail addresses of authors, too.
    #[arg(long)]
    emails: bool,
    /// Write no CI job.
    #[arg(long)]
    no_ci: bool,
    /// Write no schema for editors.
    #[arg(long)]
    no_schema: bool,
}

/// Looks at the repository, and writes or prints what is proposed.
///
/// # Errors
/// There is no repository, or a file cannot be read or written.
pub fn run(directory: &Path, arguments: &InitArguments) -> Result {
    let repository = Repository::open(directory).map_err(|error| {
        Failure::from(error)
            .hint("`portcullis policy init` writes a sample policy where there is no repository")
    })?;
    let place = Place::of(&repository, arguments)?;
    let current = place.current_policy(arguments)?;
    let proposal = look::look_at(&repository, arguments)?;
    filled::tell_lines(&write_report(&proposal))?;
    match current {
        Some(text) if arguments.update => update(&place, &text, &proposal, arguments),
        _ => begin(&place, &proposal, arguments),
    }
}

/// Where files are written.
struct Place {
    /// The root of the work tree; `None`: there is none.
    root: Option<PathBuf>,
    policy: PathBuf,
}

impl Place {
    fn of(repository: &Repository, arguments: &InitArguments) -> Result<Place> {
        let root = repository.work_tree().map(Path::to_path_buf);
        if root.is_none() && !arguments.dry_run {
            return Err(Failure::environment("this repository has no work tree to write to")
                .hint("`--dry-run` prints what would be written"));
        }
        let usual = || root.as_deref().unwrap_or(Path::new(".")).join(POLICY);
        Ok(Place { policy: arguments.policy.clone().unwrap_or_else(usual), root })
    }

    /// The text of the policy that is there.
    fn current_policy(&self, arguments: &InitArguments) -> Result<Option<String>> {
        let name = self.policy.display();
        let text = match std::fs::read_to_string(&self.policy) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::environment(format!("cannot read {name}: {error}"))),
        };
        let is_meant = arguments.update || arguments.overwrite || arguments.dry_run;
        if !is_meant {
            return Err(Failure::environment(format!("{name} exists already; it was left as it is"))
                .hint("`--update` adds what is new to it, `--dry-run` shows what `init` would write"));
        }
        Ok(Some(text))
    }

    fn below_root(&self, path: &str) -> PathBuf {
        self.root.as_deref().unwrap_or(Path::new(".")).join(path)
    }
}

/// Writes the policy, the CI job and the schema.
fn begin(place: &Place, proposal: &Proposal, arguments: &InitArguments) -> Result {
    let schema_place = (!arguments.no_schema).then_some(SCHEMA);
    let policy = write_policy(proposal, schema_place);
    check_proposed(&policy, proposal)?;
    let mut files = Vec::new();
    if let Some(schema) = schema::find("policy").filter(|_| !arguments.no_schema) {
        files.push(NewFile::unless_there(place.below_root(SCHEMA), schema.text.to_string()));
    }
    files.extend(ci_file(place, proposal, arguments));
    let signers = proposal.facts.git_reviews.map(|reviews| reviews.write_signers());
    files.extend(signers.map(|text| NewFile::unless_there(place.below_root(SIGNERS), text)));
    let file = place.policy.clone();
    files.push(NewFile { path: file, text: policy, replaces: arguments.overwrite, is_needed: true });
    if arguments.dry_run {
        return print_files(&files);
    }
    let written = write_all_or_none(place.root.as_deref(), &files)?;
    for (path, is_written) in written {
        let path = path.display();
        let text = if is_written {
            format!("wrote {path}")
        } else {
            format!("{path} exists already; it was left as it is")
        };
        output::remark(&text);
    }
    filled::tell_lines(&next_steps(proposal, arguments))?;
    Ok(Exit::Allowed)
}

fn ci_file(place: &Place, proposal: &Proposal, arguments: &InitArguments) -> Option<NewFile> {
    let host = proposal.facts.host.filter(|_| !arguments.no_ci)?;
    let job = ci_job::find(host)?;
    Some(NewFile::unless_there(place.below_root((job.file)(host)), (job.write)(proposal, host)))
}

/// What is written always passes `policy check`, whatever the repository holds.
fn check_proposed(policy: &str, proposal: &Proposal) -> Result<()> {
    let own = look::kind_of(proposal.facts.host).map(|kind| HostProfile::of(&(kind.conventions)(), &[]));
    for profile in own.into_iter().chain([HostProfile::github_com()]) {
        parse_policy("the proposed policy", policy, &profile, &HouseTexts::none())?;
    }
    Ok(())
}

fn print_files(files: &[NewFile]) -> Result {
    let mut text = String::new();
    for file in files.iter().filter(|file| !file.path.ends_with(SCHEMA)) {
        text.push_str(&format!("\n==> {} <==\n{}", file.path.display(), file.text));
    }
    output::text(&text)?;
    output::remark("nothing was written");
    Ok(Exit::Allowed)
}

fn next_steps(proposal: &Proposal, arguments: &InitArguments) -> String {
    let job = proposal.facts.host.filter(|_| !arguments.no_ci).and_then(ci_job::find);
    let reviews = proposal.facts.git_reviews;
    let mut steps = vec![
        "Read the areas with people who know the code, and replace what `portcullis policy check` warns about.".to_string(),
    ];
    if reviews.is_some() {
        steps.push(format!("Write the public keys of those who review into `{SIGNERS}`, and two of their names under `[roles.gate-owners]`."));
    }
    steps.push(
        "Commit the policy to the deployment branch: the gate reads it at the base of a change.".to_string(),
    );
    if proposal.written_runners().any(|one| one.runner.reports.iter().any(|glob| glob.starts_with("out/"))) {
        steps.push("Add `/out/` to `.gitignore`: reports are written there.".to_string());
    }
    let left =
        job.map_or(&[][..], |job| job.left).iter().chain(reviews.map_or(&[][..], |reviews| reviews.left));
    steps.extend(left.map(|left| left.to_string()));
    let lines: Vec<String> =
        steps.iter().enumerate().map(|(at, step)| format!("  {}. {step}", at + 1)).collect();
    format!("\nNext\n{}\n", lines.join("\n"))
}

/// Adds what is new to a policy.
fn update(place: &Place, current: &str, proposal: &Proposal, arguments: &InitArguments) -> Result {
    let name = place.policy.display().to_string();
    let profile = look::kind_of(proposal.facts.host)
        .map_or_else(HostProfile::github_com, |kind| HostProfile::of(&(kind.conventions)(), &[]));
    let houses = houses_beside(&place.policy, current)?;
    parse_policy(&name, current, &profile, &houses)?;
    let updated =
        update_policy(current, proposal).map_err(|error| Failure::policy(format!("{name}: {error}")))?;
    parse_policy(&format!("{name}, updated"), &updated.text, &profile, &houses)?;
    let lines: Vec<String> = updated.added.iter().map(|line| format!("  added {line}")).collect();
    let left: Vec<String> = updated.left.iter().map(|line| format!("  not added: {line}")).collect();
    let is_nothing = lines.is_empty() && left.is_empty();
    let nothing = if is_nothing { "\nNothing is new.\n" } else { "\nUpdate\n" };
    filled::tell_lines(&format!("{nothing}{}", [lines, left].concat().join("\n")))?;
    let text = line_ends::keep_line_ends(current, &updated.text);
    if text == current {
        return Ok(Exit::Allowed);
    }
    if arguments.dry_run {
        output::text(&show_difference(&name, current, &text))?;
        output::remark("nothing was written");
        return Ok(Exit::Allowed);
    }
    let file = NewFile { path: place.policy.clone(), text, replaces: true, is_needed: true };
    write_all_or_none(place.root.as_deref(), &[file])?;
    output::remark(&format!("wrote {name}"));
    Ok(Exit::Allowed)
}

fn show_difference(name: &str, before: &str, after: &str) -> String {
    similar::TextDiff::from_lines(before, after)
        .unified_diff()
        .header(name, &format!("{name}, updated"))
        .to_string()
}
