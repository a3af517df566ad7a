//! `portcullis policy explain-decision`: why a saved decision came out as it did, control by
//! control with the lines of the policy.

use crate::exit::{Exit, Failure, Result};
use crate::record::decision_json;
use crate::saved_case::SavedCase;
use crate::{output, trace};
use clap::Args;
use portcullis_judge::decide::decide_facts;
use portcullis_judge::policy::{Policy, line_of};
use portcullis_model::decision::{Decision, Finding, Outcome, TouchedArea, Verdict};
use portcullis_model::gathered::GatheredFacts;
use portcullis_render::plural;
use portcullis_render::prose::wrap_text;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Columns to fill.
const WIDTH: usize = 80;

/// So many lines of the policy are quoted for a control.
const QUOTED: usize = 12;

/// So many touched files are told for an area.
const TOUCHES: usize = 5;

/// Arguments of `explain-decision`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 the decision is explained, whatever it is; 4 the policy is not valid; 5 the file cannot be \
                        read; 6 the sealed decision does not hold together, or its facts do not give its decision."
)]
pub struct ExplainDecisionArguments {
    /// Facts that `portcullis facts` wrote, or a sealed decision.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Policy to judge by. Default: the one in the sealed decision.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Also say which facts each control looked at.
    #[arg(short, long)]
    verbose: bool,
}

/// Explains.
///
/// # Errors
/// The file or the policy cannot be read, or the facts do not give the decision.
pub fn run(arguments: &ExplainDecisionArguments) -> Result {
    let case = SavedCase::read(&arguments.file, arguments.policy.as_deref())?;
    let decision = decide_facts(&case.policy, &case.facts);
    check_agreement(&case, &decision, arguments)?;
    let mut page = format!("{}: {}\n", arguments.file.display(), describe_outcome(&decision));
    let _ = writeln!(page, "by {}\n", case.policy_name);
    page.push_str(&describe_areas(&case.policy, &decision.areas));
    for name in control_names(&case.policy, &decision) {
        page.push_str(&describe_control(&case.policy, &decision, name));
    }
    if let (true, GatheredFacts::Change(facts)) = (arguments.verbose, &case.facts) {
        let _ = writeln!(page, "{}", trace::looked_at(&case.policy, facts));
    }
    output::text(&page)?;
    Ok(Exit::Allowed)
}

/// A sealed decision is explained only if it is the one that its facts give.
fn check_agreement(
    case: &SavedCase,
    decision: &Decision,
    arguments: &ExplainDecisionArguments,
) -> Result<()> {
    let Some(kept) = case.decision.as_ref().filter(|_| arguments.policy.is_none()) else { return Ok(()) };
    let advisory = [false, true].into_iter();
    let mut again = advisory.filter_map(|advisory| decision_json(decision, advisory).ok());
    if again.any(|again| again == *kept) {
        return Ok(());
    }
    let name = arguments.file.display();
    Err(Failure::unverified(format!("{name}: its facts, judged by this program, do not give its decision"))
        .hint(format!("`portcullis replay {name}` says how they differ")))
}

fn describe_outcome(decision: &Decision) -> String {
    let word = match decision.outcome {
        Outcome::Allow => "allowed",
        Outcome::Undetermined => "undetermined",
        Outcome::Block => "blocked",
    };
    let count = |verdict| decision.findings.iter().filter(|found| found.verdict == verdict).count() as u64;
    let (broken, unproven) = (count(Verdict::Broken), count(Verdict::Unproven));
    let why = match decision.outcome {
        Outcome::Block => format!("{} broken, and one is enough", plural(broken, "finding")),
        Outcome::Undetermined => format!("nothing is broken, and {} unproven", plural(unproven, "finding")),
        Outcome::Allow => "no finding is broken or unproven".to_string(),
    };
    format!("{word}: {why}")
}

fn lines(margin: usize, hang: usize, text: &str) -> String {
    let text = portcullis_render::plain(text);
    let lines = wrap_text(&text, margin, hang, WIDTH);
    let mut start = " ".repeat(margin);
    lines.iter().fold(String::new(), |mut page, line| {
        let _ = writeln!(page, "{}", format!("{start}{line}").trim_end());
        start = " ".repeat(hang);
        page
    })
}

fn describe_areas(policy: &Policy, areas: &[TouchedArea]) -> String {
    if areas.is_empty() {
        return "It touches no data-processing area.\n\n".to_string();
    }
    let mut page = String::new();
    for area in areas {
        page.push_str(&lines(0, 2, &format!("It touches `{}` ({}):", area.area, area.purpose)));
        for touch in area.touches.iter().take(TOUCHES) {
            let line = touch.policy_line;
            page.push_str(&lines(
                2,
                4,
                &format!("{}: {}, line {line} of the policy:", touch.path, touch.rule),
            ));
            page.push_str(&quote_line(policy, line));
        }
        let more = area.touches.len().saturating_sub(TOUCHES);
        if more > 0 {
            let _ = writeln!(page, "  and {}", plural(more as u64, "other file"));
        }
    }
    page + "\n"
}

fn quote_line(policy: &Policy, number: u64) -> String {
    let at = usize::try_from(number).unwrap_or(0).saturating_sub(1);
    policy
        .text
        .lines()
        .nth(at)
        .map_or_else(String::new, |line| format!("{number:>6} | {}\n", portcullis_render::plain(line)))
}

/// Those of the policy, and those that spoke without it.
fn control_names<'a>(policy: &'a Policy, decision: &'a Decision) -> Vec<&'a str> {
    let own = policy.controls.keys().copied();
    let mut names: Vec<&str> =
        own.chain(decision.findings.iter().map(|found| found.control.as_str())).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn describe_control(policy: &Policy, decision: &Decision, name: &str) -> String {
    let findings: Vec<&Finding> = decision.findings.iter().filter(|found| found.control == name).collect();
    let mut page = quote_settings(policy, name);
    if findings.is_empty() {
        page.push_str("  is not asked of this\n");
    }
    for found in findings {
        let text = format!("{}: {}: {}", verdict_word(found.verdict), found.subject, found.reason);
        page.push_str(&lines(2, 4, &text));
        found.details.iter().for_each(|detail| page.push_str(&lines(6, 8, &format!("- {detail}"))));
        found.remedy.iter().for_each(|remedy| page.push_str(&lines(6, 8, &format!("help: {remedy}"))));
    }
    page + "\n"
}

/// The settings of a control, in the policy and in the one that it extends.
fn quote_settings(policy: &Policy, name: &str) -> String {
    let house = policy.house.as_ref();
    let house = house.map(|house| (&house.text, house.reference.file.to_string()));
    let texts = [(&policy.text, "the policy".to_string())].into_iter().chain(house);
    let quoted = texts.filter_map(|(text, of)| {
        let line = line_of(text, &["controls"], name)?;
        let below = tables_below(text, name).into_iter().filter(|below| *below != line);
        let below: String = below.map(|below| quote_table(text, below)).collect();
        Some(format!("[controls.{name}], line {line} of {of}\n{}{below}", quote_table(text, line)))
    });
    match quoted.collect::<String>() {
        none if none.is_empty() => format!("{name}, which every policy has\n"),
        quoted => quoted,
    }
}

/// The lines on which tables of a control begin, such as those for its areas.
fn tables_below(policy: &str, control: &str) -> Vec<u64> {
    let begins = |line: &str| {
        let path = line.trim_start().trim_start_matches('[').split(']').next().unwrap_or_default();
        let keys: Vec<&str> =
            path.split('.').map(|key| key.trim().trim_matches(['"', '\''])).take(3).collect();
        line.trim_start().starts_with('[') && keys.len() == 3 && keys[..2] == ["controls", control]
    };
    (1..).zip(policy.lines()).filter(|(_, line)| begins(line)).map(|(number, _)| number).collect()
}

/// The lines of a table, up to the next one or an empty line.
fn quote_table(policy: &str, from: u64) -> String {
    let at = usize::try_from(from).unwrap_or(0).saturating_sub(1);
    let own = policy.lines().enumerate().skip(at);
    let is_end = |place: usize, line: &str| place > at && (line.trim().is_empty() || line.starts_with('['));
    own.take_while(|(place, line)| !is_end(*place, line))
        .take(QUOTED)
        .map(|(place, line)| format!("{:>6} | {}\n", place + 1, portcullis_render::plain(line)))
        .collect()
}

fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Broken => "broken",
        Verdict::Unproven => "unproven",
        Verdict::Waived => "waived",
        Verdict::Noted => "noted",
        Verdict::Met => "met",
        Verdict::Exempt => "exempt",
    }
}
