//! `portcullis remedy`: the exact change of the host's settings that would satisfy the policy, and
//! nothing more. It is printed, and never applied.

use super::audit::asking::{HostChoice, open_asked};
use super::audit::unseen_failure;
use super::deploying::branch_named;
use super::exit::{Exit, Failure, Result};
use super::policy_file::{POLICY, read_policy};
use super::{HostName, opening, output};
use clap::Args;
use jiff::Timestamp;
use portcullis_forge::remedy::{HostRemedy, RemedyPart, RemedyRequest};
use portcullis_forge::{Forge, Question};
use portcullis_judge::policy::Policy;
use portcullis_model::change::BranchName;
use portcullis_model::decision::{Finding, Verdict};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::facts::{Facts, GateTexts, HostFacts};
use portcullis_model::inquiry::{Inquiry, Topic};
use portcullis_rehearse::action::describe_rule;
use portcullis_rehearse::remedy::{RulesToImpose, find_rules};
use portcullis_render::prose::wrap_text;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Columns to fill.
const WIDTH: usize = 80;

/// Arguments of `remedy`.
#[derive(Debug, Args)]
#[command(
    after_help = "Nothing is changed. Exit codes: 0 the host imposes everything that the policy asks for; 1 it does not, \
                        and a change is printed; 3 what protects the branch could not be seen whole, and a change is \
                        printed that settles it, where there is one; or no setting of the host suffices; 4 the policy \
                        is not valid; 5 no such branch."
)]
pub struct RemedyArguments {
    /// Host to ask.
    #[arg(long, value_enum)]
    host: Option<HostName>,
    /// Repository on the host; not needed for `bare`.
    #[arg(long, value_name = "OWNER/NAME")]
    repository: Option<String>,
    /// Branch to protect. Default: the policy's, if it names only one.
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// Policy that says what is required; it need not be committed.
    #[arg(long, value_name = "FILE", default_value = POLICY)]
    policy: PathBuf,
    /// Print only this text, to be written to a file: one of those that the remedy names.
    #[arg(long, value_name = "FILE")]
    print: Option<String>,
}

/// Prints a remedy.
///
/// # Errors
/// Usage, environment or policy errors.
pub fn run(directory: &Path, arguments: &RemedyArguments) -> Result {
    let repository = opening::open(directory)?;
    let choice = HostChoice {
        host: arguments.host,
        repository: arguments.repository.as_deref(),
        cache: None,
        requests: None,
    };
    let asked = open_asked(directory, &repository, choice)?.ok_or_else(|| {
        Failure::usage("name the host that protects the branch: --host github --repository OWNER/NAME")
    })?;
    let host = &*asked.forge;
    let policy = read_policy(&directory.join(&arguments.policy), &host.profile())?;
    let branch = branch_named(arguments.branch.as_deref(), &policy)
        .ok_or_else(|| Failure::usage("name the branch to protect: --branch NAME"))?;
    let facts = look_at(host, &policy, &branch)?;
    let protection = facts.host.protection.known().map_err(|gap| unseen_failure(&gap))?;
    let found = find_rules(&policy, &facts);
    let request = RemedyRequest {
        repository: &host.repository(),
        branch: &branch,
        missing: &found.rules,
        now: protection,
    };
    let remedy = host.remedy(&request).map_err(|gap| unseen_failure(&gap))?;
    match &arguments.print {
        Some(file) => print_part(&remedy, file)?,
        None => output::text(&describe(&found, &remedy, &branch))?,
    }
    Ok(exit_of(&found, &remedy))
}

fn exit_of(found: &RulesToImpose, remedy: &HostRemedy) -> Exit {
    match (found.findings.is_empty(), remedy.parts.is_empty() || is_unseen(found)) {
        (true, _) => Exit::Allowed,
        (false, false) => Exit::Blocked,
        (false, true) => Exit::Undetermined,
    }
}

/// Is nothing known to be missing, and something hidden?
fn is_unseen(found: &RulesToImpose) -> bool {
    found.findings.iter().all(|finding| finding.verdict == Verdict::Unproven)
}

/// What protects the branch, as the facts of a judgement; all else was not asked.
fn look_at(host: &dyn Forge, policy: &Policy, name: &BranchName) -> Result<Facts> {
    let not_asked = Gap::not_asked("this", "a remedy is about the protection of a branch");
    let branch = host.branch(name);
    let tip = branch.known().map_err(|gap| unseen_failure(&gap))?.tip.clone();
    let question = Question {
        request: Fact::Gap(not_asked.clone()),
        branch: branch.clone(),
        head: &tip,
        commits: &[],
        before_updates: &[],
        owner_teams: BTreeSet::new(),
    };
    let inquiry = policy.inquiry(None);
    let administration =
        inquiry.topics.contains(&Topic::Administration).then(|| host.administration()).flatten();
    let host_facts = HostFacts {
        repository: Some(host.repository()),
        conventions: host.conventions(),
        domains: host.domains().to_vec(),
        protection: host.protection(&question),
        administration,
        branch,
        ..HostFacts::unseen(host.kind(), &not_asked)
    };
    Ok(facts_of(host_facts, inquiry, &not_asked))
}

fn facts_of(host: HostFacts, inquiry: Inquiry, gap: &Gap) -> Facts {
    Facts {
        observed: Fact::Known(Timestamp::now()),
        inquiry,
        change: Fact::Gap(gap.clone()),
        gate: Fact::Known(GateTexts::default()),
        host,
        reports: Fact::Gap(gap.clone()),
        line_coverage: Fact::Gap(gap.clone()),
        evidence: Fact::Gap(gap.clone()),
        signed: Facts::no_signed_reviews(),
    }
}

fn print_part(remedy: &HostRemedy, file: &str) -> Result<()> {
    let part = remedy.parts.iter().find(|part| part.file == Some(file));
    let files: Vec<&str> = remedy.parts.iter().filter_map(|part| part.file).collect();
    match part {
        Some(part) => output::data(part.text.as_bytes()),
        None if files.is_empty() => Err(Failure::usage(format!(
            "there is no text `{file}`: this remedy has no file. Leave out --print to see what there is"
        ))),
        None => Err(Failure::usage(output::unknown("text", file, files.into_iter()))),
    }
}

fn describe(found: &RulesToImpose, remedy: &HostRemedy, branch: &BranchName) -> String {
    if found.findings.is_empty() {
        return format!("{branch}: the host imposes everything that the policy asks for\n");
    }
    let result = if is_unseen(found) {
        "it was not seen whether the host imposes this"
    } else {
        "not met by the host"
    };
    let mut page = format!("{branch}: {result}\n");
    found.findings.iter().for_each(|finding| page.push_str(&describe_finding(finding)));
    for part in &remedy.parts {
        page.push_str(&describe_part(part));
    }
    let notes = remedy.notes.iter().cloned().chain(describe_rest(found, remedy));
    notes.for_each(|note| page.push_str(&wrap(&format!("note: {note}"), 0)));
    let next = if remedy.parts.is_empty() {
        "Nothing was changed."
    } else {
        "Nothing was changed. Look at it, apply it, and run this again."
    };
    page.push_str(&format!("\n{next}\n"));
    page
}

/// What stays unmet after the change, rule by rule, and how much that is.
fn describe_rest(found: &RulesToImpose, remedy: &HostRemedy) -> Vec<String> {
    let impossible = remedy
        .impossible
        .iter()
        .map(|rule| format!("no setting of this host imposes {}", describe_rule(rule)));
    let unnamed =
        remedy.unnamed.iter().map(|(rule, why)| format!("{} is not in it: {why}", describe_rule(rule)));
    let left = found
        .left
        .iter()
        .map(|found| format!("no setting settles this: {}: {}", found.subject, found.reason));
    let mut rest: Vec<String> = impossible.chain(unnamed).collect();
    if !rest.is_empty() {
        rest.push(format!("missing rules that stay unmet: {} of {}", rest.len(), found.rules.len()));
    }
    rest.extend(left);
    rest
}

fn wrap(text: &str, margin: usize) -> String {
    let text = portcullis_render::plain(text);
    let start = " ".repeat(margin);
    wrap_text(&text, margin, margin + 2, WIDTH).iter().enumerate().fold(
        String::new(),
        |page, (number, line)| {
            let indent = if number == 0 { start.clone() } else { " ".repeat(margin + 2) };
            format!("{page}{indent}{line}\n")
        },
    )
}

fn describe_finding(finding: &Finding) -> String {
    wrap(&format!("- {}: {}", finding.subject, finding.reason), 2)
}

fn describe_part(part: &RemedyPart) -> String {
    let title = match part.file {
        Some(file) => format!("\n[{}] {}: {file}\n\n", part.way, part.title),
        None => format!("\n[{}] {}\n\n", part.way, part.title),
    };
    let lines: String =
        part.text.lines().map(|line| format!("    {}\n", portcullis_render::plain(line))).collect();
    title + &lines
}
