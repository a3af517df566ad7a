//! `portcullis policy procedure`: how code is tested, reviewed and deployed here, for staff.

use crate::HostName;
use crate::exit::{Exit, Failure, Result};
use crate::hosts::profile_of;
use crate::output;
use crate::policy_file::{POLICY, read_policy};
use clap::Args;
use jiff::civil::Date;
use jiff::tz::Offset;
use portcullis_judge::control::procedure::diagram::BOTH;
use portcullis_judge::control::procedure::markdown::write_page;
use portcullis_judge::control::procedure::published::approval::{read_approval, write_approval};
use portcullis_judge::control::procedure::published::update::update_page;
use portcullis_judge::control::procedure::published::{PublishedPage, is_same_text};
use portcullis_judge::control::procedure::{Procedure, words};
use portcullis_judge::policy::Policy;
use portcullis_render::procedure::{ProcedureStyle, write_html};
use std::path::{Path, PathBuf};

/// The page that is meant where neither the command line nor the policy names one.
const PAGE: &str = "PROCEDURE.md";

/// Arguments of `policy procedure`.
///
/// Exit codes: 0 written, or the copy is current; 2 invalid command line; 4 policy missing or not
/// valid; 5 a file cannot be read or written; 6 with `--check`: the copy differs.
#[derive(Debug, Args)]
pub struct ProcedureArguments {
    /// Policy file.
    #[arg(default_value = POLICY)]
    policy: PathBuf,
    /// Write a new page here, and the pictures of a Markdown page beside it. Default: the page to
    /// stdout.
    #[arg(short, long, value_name = "FILE", conflicts_with_all = ["update", "check", "sources"])]
    output: Option<PathBuf>,
    /// Format of the page. HTML is one file that holds its pictures.
    #[arg(long, value_enum, default_value = "markdown", conflicts_with_all = ["update", "check", "sources"])]
    format: PageFormat,
    /// Write a published Markdown page again: added text and approvals are kept.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["check", "sources"])]
    update: Option<PathBuf>,
    /// With `--update`: add the approval of this person, for the text as it is written now.
    #[arg(long, value_name = "LOGIN", requires = "update")]
    approved_by: Option<String>,
    /// With `--approved-by`: the day of the approval. Default: today, in UTC.
    #[arg(long, value_name = "YYYY-MM-DD", requires = "approved_by")]
    on: Option<Date>,
    /// Compare a published Markdown page with the policy, and write nothing.
    #[arg(long, value_name = "FILE", conflicts_with = "sources")]
    check: Option<PathBuf>,
    /// List each sentence with the line of the policy that it comes from.
    #[arg(long)]
    sources: bool,
    /// Kind of host, as for `policy check`.
    #[arg(long, value_name = "NAME", hide_possible_values = true)]
    host: Option<HostName>,
}

/// A format of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum PageFormat {
    /// One sentence on each line, for the repository.
    Markdown,
    /// For a browser.
    Html,
}

/// Writes, compares or explains the procedure.
///
/// # Errors
/// The policy is not valid, or a file cannot be read or written.
pub fn run(arguments: &ProcedureArguments) -> Result {
    let policy = read_policy(&arguments.policy, &profile_of(arguments.host))?;
    let procedure = policy.procedure();
    if arguments.sources {
        output::text(&list_sources(&procedure))?;
        return Ok(Exit::Allowed);
    }
    match (&arguments.check, &arguments.update) {
        (Some(file), _) => check_page(&procedure, file),
        (None, Some(file)) => update_file(&procedure, file, arguments),
        (None, None) => write_new(&policy, &procedure, arguments),
    }
}

fn list_sources(procedure: &Procedure) -> String {
    let mut text = String::new();
    for (chapter, sentences) in &procedure.chapters {
        text.push_str(&format!("{}\n", chapter.title()));
        for sentence in sentences {
            text.push_str(&format!("  {}\n    {}\n", words::plain(&sentence.text), sentence.origin));
        }
    }
    text
}

fn write_new(policy: &Policy, procedure: &Procedure, arguments: &ProcedureArguments) -> Result {
    let published = policy.controls.values().find_map(|control| control.published_page());
    let Some(file) = &arguments.output else {
        let page = match arguments.format {
            PageFormat::Markdown => write_page(procedure, published.unwrap_or(PAGE)),
            PageFormat::Html => write_html(procedure, ProcedureStyle::Page),
        };
        output::text(&page)?;
        return Ok(Exit::Allowed);
    };
    match arguments.format {
        PageFormat::Html => output::write_file(file, write_html(procedure, ProcedureStyle::Page).as_bytes())?,
        PageFormat::Markdown if file.exists() => {
            return Err(Failure::environment(format!(
                "{} exists already; it was left as it is",
                file.display()
            ))
            .hint(format!(
                "`--update {}` writes it again and keeps added text and approvals",
                file.display()
            )));
        }
        PageFormat::Markdown => write_files(procedure, file, &write_page(procedure, &name_of(file)))?,
    }
    output::remark(&format!("wrote {}", file.display()));
    Ok(Exit::Allowed)
}

fn name_of(file: &Path) -> String {
    file.display().to_string()
}

/// The page and its pictures.
fn write_files(procedure: &Procedure, file: &Path, page: &str) -> Result<()> {
    output::write_file(file, page.as_bytes())?;
    for drawing in &BOTH {
        output::write_file(Path::new(&drawing.file(&name_of(file))), drawing.draw(procedure).as_bytes())?;
    }
    Ok(())
}

fn update_file(procedure: &Procedure, file: &Path, arguments: &ProcedureArguments) -> Result {
    let old = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(unreadable(file, &error)),
    };
    let copy = read_page(file, &old)?;
    if let Some(fault) = copy.faults.iter().find(|fault| !fault.is_repaired) {
        return Err(Failure::environment(format!("{}: {fault}", file.display())).hint(
            "added text is what is between a line that begins it and one that ends it; correct the markers",
        ));
    }
    let updated = update_page(&copy, procedure, &name_of(file));
    for line in &updated.moved {
        output::remark(&format!(
            "{}:{line}: this added text followed a sentence that is gone; it is at the end of the page now",
            file.display()
        ));
    }
    let mut approvals: Vec<String> = copy
        .approvals
        .iter()
        .map(|one| write_approval(one.approver.as_str(), one.date, &one.digest))
        .collect();
    approvals.extend(new_approval(procedure, arguments)?);
    let list = if approvals.is_empty() { String::new() } else { format!("\n{}\n", approvals.join("\n")) };
    write_files(procedure, file, &format!("{}{list}", updated.text))?;
    output::remark(&format!("wrote {}", file.display()));
    Ok(Exit::Allowed)
}

fn new_approval(procedure: &Procedure, arguments: &ProcedureArguments) -> Result<Option<String>> {
    let Some(login) = &arguments.approved_by else { return Ok(None) };
    let today = || Offset::UTC.to_datetime(jiff::Timestamp::now()).date();
    let line = write_approval(login, arguments.on.unwrap_or_else(today), &procedure.digest());
    match read_approval(&line) {
        Some(_) => Ok(Some(line)),
        None => Err(Failure::usage(format!("`{login}` is not a login"))),
    }
}

fn check_page(procedure: &Procedure, file: &Path) -> Result {
    let text = std::fs::read_to_string(file).map_err(|error| unreadable(file, &error))?;
    let page = read_page(file, &text)?;
    let mut lines: Vec<String> = page.faults.iter().map(ToString::to_string).collect();
    lines.extend(page.differences(procedure, &name_of(file)).iter().map(ToString::to_string));
    for drawing in &BOTH {
        let picture = drawing.file(&name_of(file));
        let found = std::fs::read_to_string(&picture).unwrap_or_default();
        if !is_same_text(&found, &drawing.draw(procedure)) {
            lines.push(format!("{picture} is not the picture that belongs to the policy"));
        }
    }
    if lines.is_empty() {
        output::text(&format!("{} says what the policy says\n  {}\n", file.display(), procedure.digest()))?;
        return Ok(Exit::Allowed);
    }
    output::text(&format!("{} is not what the policy says\n  {}\n", file.display(), lines.join("\n  ")))?;
    Ok(Exit::Unverified)
}

fn read_page<'t>(file: &Path, text: &'t str) -> Result<PublishedPage<'t>> {
    PublishedPage::read(text).map_err(|fault| Failure::environment(format!("{}: {fault}", file.display())))
}

fn unreadable(file: &Path, error: &std::io::Error) -> Failure {
    Failure::environment(format!("cannot read {}: {error}", file.display()))
}
