//! `portcullis policy acknowledgements`: who has read the procedure as it is now.

use crate::HostName;
use crate::exit::{Exit, Failure, Result};
use crate::hosts::profile_of;
use crate::output;
use crate::policy_file::{POLICY, read_policy};
use clap::Args;
use jiff::Timestamp;
use portcullis_attest::signers::AllowedSigners;
use portcullis_judge::policy::Policy;
use portcullis_judge::policy::acknowledged::{Acknowledgement, AcknowledgementRow, read_list, write_note};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Is this row one of a group?
type RowTest = fn(&AcknowledgementRow) -> bool;

/// Arguments of `policy acknowledgements`.
///
/// Exit codes: 0 everyone whom the policy names has acknowledged the procedure as it is now; 1
/// someone has not; 2 invalid command line; 4 policy missing or not valid; 5 a file cannot be read.
#[derive(Debug, Args)]
pub struct AcknowledgementArguments {
    /// List of acknowledgements, as CSV with the columns `login`, `digest` and `time`. Repeatable.
    #[arg(long = "list", value_name = "FILE")]
    lists: Vec<PathBuf>,
    /// Signed note: the text of `--note`, with its signature in the file of the same name and the
    /// ending `.sig`. Repeatable.
    #[arg(long = "signed", value_name = "FILE", requires = "signers")]
    notes: Vec<PathBuf>,
    /// Allowed signers of notes, in the format of ssh-keygen(1).
    #[arg(long, value_name = "FILE")]
    signers: Option<PathBuf>,
    /// Print the note that this person signs, for `ssh-keygen -Y sign -n portcullis -f KEY`.
    #[arg(long, value_name = "LOGIN", conflicts_with_all = ["lists", "notes", "signers"])]
    note: Option<String>,
    /// Policy file.
    #[arg(long, value_name = "FILE", default_value = POLICY)]
    policy: PathBuf,
    /// Kind of host, as for `policy check`.
    #[arg(long, value_name = "NAME", hide_possible_values = true)]
    host: Option<HostName>,
}

/// Lists who has acknowledged what, or prints a note to sign.
///
/// # Errors
/// A file cannot be read, or the policy is not valid.
pub fn run(arguments: &AcknowledgementArguments) -> Result {
    let policy = read_policy(&arguments.policy, &profile_of(arguments.host))?;
    let (digest, now) = (policy.procedure().digest().to_string(), Timestamp::now());
    if let Some(login) = &arguments.note {
        let whole = Timestamp::from_second(now.as_second()).unwrap_or(now);
        output::data(write_note(&policy.project, login, &digest, whole).as_bytes())?;
        return Ok(Exit::Allowed);
    }
    let mut all = Vec::new();
    for file in &arguments.lists {
        let text = read_file(file)?;
        all.extend(read_list(&text, now).map_err(|why| invalid(file, &why.to_string()))?);
    }
    all.extend(read_notes(&policy, arguments, now)?);
    let rows = policy.acknowledgement_rows(&all, &digest);
    output::text(&show_rows(&policy, &digest, &rows))?;
    let lacking = rows.iter().any(|row| row.expected && !row.current);
    Ok(if lacking { Exit::Blocked } else { Exit::Allowed })
}

fn read_notes(
    policy: &Policy,
    arguments: &AcknowledgementArguments,
    now: Timestamp,
) -> Result<Vec<Acknowledgement>> {
    let Some(file) = &arguments.signers else { return Ok(Vec::new()) };
    let signers = AllowedSigners::read(read_file(file)?.as_bytes()).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        invalid(file, &lines.join("; "))
    })?;
    let mut found = Vec::new();
    for file in &arguments.notes {
        let mut signature = file.clone().into_os_string();
        signature.push(".sig");
        let (note, signature) = (read_file(file)?, read_file(Path::new(&signature))?);
        match policy.read_note(&note, &signature, &signers, now) {
            Ok(one) => found.push(one),
            Err(why) => output::remark(&format!("warning: {} does not count: {why}", file.display())),
        }
    }
    Ok(found)
}

fn show_rows(policy: &Policy, digest: &str, rows: &[AcknowledgementRow]) -> String {
    let mut text = format!("{}: procedure {digest}\n", policy.project);
    let groups: [(&str, RowTest); 4] = [
        ("acknowledged this text", |row| row.current && row.expected),
        ("acknowledged another text", |row| row.expected && !row.current && row.newest.is_some()),
        ("acknowledged nothing", |row| row.expected && row.newest.is_none()),
        ("are in a list, and the policy does not name them", |row| !row.expected),
    ];
    for (title, is_of) in groups {
        let of_group: Vec<_> = rows.iter().filter(|row| is_of(row)).collect();
        let _ = writeln!(text, "\n{} {title}{}", of_group.len(), if of_group.is_empty() { "" } else { ":" });
        of_group.iter().for_each(|row| text.push_str(&show_row(row)));
    }
    let teams = policy.scope.roles.values().flat_map(|role| &role.teams).map(|team| team.as_str());
    let teams: Vec<&str> = teams.collect::<BTreeSet<_>>().into_iter().collect();
    if !teams.is_empty() {
        let _ = writeln!(text, "\nNot shown: the members of {}, which their host knows.", teams.join(", "));
    }
    text
}

fn show_row(row: &AcknowledgementRow) -> String {
    match &row.newest {
        None => format!("  {}\n", row.name),
        Some(one) => {
            let how = one.key.as_ref().map_or("listed".to_string(), |key| format!("signed with {key}"));
            let other = if row.current { String::new() } else { format!(", {}", one.digest) };
            format!("  {} on {} ({how}{other})\n", row.name, one.time)
        }
    }
}

fn read_file(file: &Path) -> Result<String> {
    std::fs::read_to_string(file)
        .map_err(|error| Failure::environment(format!("cannot read {}: {error}", file.display())))
}

fn invalid(file: &Path, why: &str) -> Failure {
    Failure::environment(format!("{}: {why}", file.display()))
}
