//! The status of an environment for people. Everything from outside goes through `escape.rs`.

use super::prose::wrap_text;
use super::summary::word_of;
use super::{Style, escape, plural};
use portcullis_wire::decision::v1::{FindingV1, OutcomeV1, VerdictV1};
use portcullis_wire::record_list::v1::{KeptFactsV1, ListedRecordV1, StandingV1};
use portcullis_wire::status::v1::{LandingStateV1, StatusV1, WaitingLandingV1};
use portcullis_wire::text::CommitText;
use std::io;

/// How many findings of one landing are shown; JSON has all.
const HANDFUL: usize = 3;

/// How many landings are shown.
const LANDINGS: usize = 40;

/// Writes it.
///
/// # Errors
/// Those of `out`.
pub fn write_status(status: &StatusV1, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = StatusPage { out, width: style.width };
    let ListedRecordV1 { name, time, recorder, candidate, .. } = &status.deployed;
    page.line(0, 2, &format!("{}: {}", word_of(&status.environment), headline(status)))?;
    let subject = status.subject.as_deref().unwrap_or("the clone does not hold this commit");
    page.line(2, 14, &format!("deployed:   {} {subject}", short(candidate)))?;
    page.line(
        14,
        14,
        &format!("{name} of {}, {time}, by {recorder} (as recorded)", plural(status.records, "record")),
    )?;
    page.line(14, 14, &describe_proof(&status.deployed))?;
    let (branch, tip, name) = (&status.branch, short(&status.tip), &status.tip_name);
    page.line(2, 14, &format!("branch:     {branch} at {tip} ({name}); host: {}", status.host))?;
    match &status.waiting {
        None => page.line(2, 14, "waiting:    could not be seen")?,
        Some(waiting) => page.waiting(waiting)?,
    }
    if !status.blocks.is_empty() {
        page.line(2, 14, &format!("besides:    {}", plural(status.blocks.len() as u64, "finding")))?;
        page.findings(&status.blocks)?;
    }
    Ok(())
}

fn headline(status: &StatusV1) -> String {
    let waiting = status.waiting.as_ref().map(Vec::len);
    let landings = |count: usize| plural(count as u64, "landing");
    match (waiting, status.outcome) {
        (_, None) => "nothing waits".to_string(),
        (None, Some(_)) => "what waits could not be seen".to_string(),
        (Some(count), Some(OutcomeV1::Allow)) => format!("{} may be deployed", landings(count)),
        (Some(count), Some(OutcomeV1::Undetermined)) => {
            format!("{} cannot be deployed: undetermined", landings(count))
        }
        (Some(count), Some(OutcomeV1::Block)) => format!("{} cannot be deployed: blocked", landings(count)),
    }
}

fn describe_proof(record: &ListedRecordV1) -> String {
    match (record.standing, record.facts) {
        (StandingV1::Reproduced, _) => {
            "the chain of records is whole, and its facts give its decision".to_string()
        }
        (StandingV1::Unseen, _) => format!(
            "its facts give its decision; not all of it could be seen here: {}",
            record.reason.as_deref().unwrap_or("its signature")
        ),
        (_, KeptFactsV1::Omitted) => {
            "the chain of records is whole; not reproducible: facts omitted".to_string()
        }
        _ => format!("not reproducible: {}", record.reason.as_deref().unwrap_or("it does not verify")),
    }
}

struct StatusPage<'a> {
    out: &'a mut dyn io::Write,
    width: usize,
}

impl StatusPage<'_> {
    fn line(&mut self, margin: usize, hang: usize, text: &str) -> io::Result<()> {
        let mut start = " ".repeat(margin);
        for line in wrap_text(&escape::line(text), margin, hang, self.width) {
            writeln!(self.out, "{}", format!("{start}{line}").trim_end())?;
            start = " ".repeat(hang);
        }
        Ok(())
    }

    fn waiting(&mut self, waiting: &[WaitingLandingV1]) -> io::Result<()> {
        if waiting.is_empty() {
            return self.line(2, 14, "waiting:    none");
        }
        let count = plural(waiting.len() as u64, "landing");
        self.line(2, 14, &format!("waiting:    {count}, oldest first"))?;
        waiting.iter().take(LANDINGS).try_for_each(|landing| self.landing(landing))?;
        let more = waiting.len().saturating_sub(LANDINGS);
        if more > 0 { self.line(4, 6, &format!("and {more} more")) } else { Ok(()) }
    }

    fn landing(&mut self, landing: &WaitingLandingV1) -> io::Result<()> {
        let state = match landing.state {
            LandingStateV1::Allowed => "allowed",
            LandingStateV1::Waived => "waived",
            LandingStateV1::Undetermined => "undetermined",
            LandingStateV1::Blocked => "blocked",
        };
        let requests = match landing.requests.as_slice() {
            [] => String::new(),
            requests => format!(" (request {})", requests.join(", ")),
        };
        let subject = landing.subject.as_deref().unwrap_or("");
        let landed = short(&landing.landed);
        self.line(4, 6, &format!("{landed} {state}: {subject}{requests}"))?;
        self.findings(&landing.findings)
    }

    fn findings(&mut self, findings: &[FindingV1]) -> io::Result<()> {
        for finding in findings.iter().take(HANDFUL) {
            let FindingV1 { verdict, control, subject, reason, .. } = finding;
            let verdict = if *verdict == VerdictV1::Broken { "broken" } else { "unproven" };
            let subject = format!("{} {}", word_of(&subject.kind), subject.name);
            self.line(6, 8, &format!("- {control}, {subject}: {verdict}: {reason}"))?;
        }
        let more = findings.len().saturating_sub(HANDFUL);
        if more > 0 { self.line(6, 8, &format!("and {more} more; --json has all")) } else { Ok(()) }
    }
}

fn short(commit: &CommitText) -> String {
    word_of(commit).chars().take(10).collect()
}
