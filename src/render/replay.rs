//! A replay for people. Everything from the file goes through `escape.rs`.

use super::prose::wrap_text;
use super::summary::word_of;
use super::{Style, escape};
use portcullis_wire::decision::v1::{FindingV1, OutcomeV1, RequestV1};
use portcullis_wire::replay::v1::{OtherPolicyV1, ReplayDifferenceV1, ReplayResultV1, ReplayV1};
use portcullis_wire::sealed::v1::{SealedJudgedV1, SealedProgramV1};
use std::io;

/// How many findings of each list are shown; JSON has all.
const SHOWN: usize = 20;

/// What no replay shows.
const CANNOT_SHOW: &str = "\
A decision that replays follows from the facts and the policy that are kept with
it. That does not show that the facts are true, because nothing here is signed.";

/// Writes it. `other` is the file of another policy, where one was named.
///
/// # Errors
/// Those of `out`.
pub fn write_replay(
    replay: &ReplayV1,
    other: Option<&str>,
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut page = ReplayPage { out, width: style.width };
    let result = match replay.result {
        ReplayResultV1::Identical => "identical",
        ReplayResultV1::Differs => "differs",
        ReplayResultV1::NotReproducible => "not reproducible",
    };
    page.line(0, &format!("{result}: {}", replay.name))?;
    replay.reasons.iter().try_for_each(|reason| page.line(2, &format!("- {reason}")))?;
    let advisory = if replay.advisory { ", advisory: the gate allowed it whatever the outcome" } else { "" };
    let outcome = replay.outcome.map_or("unknown", name_outcome);
    page.line(2, &format!("decision: {outcome}{advisory}"))?;
    page.line(2, &format!("judged:   {}", describe_judged(&replay.judged)))?;
    page.line(2, &format!("decided by {}", describe_program(&replay.program)))?;
    page.line(2, &format!("replayed by {}", describe_program(&replay.replayed_by)))?;
    if let Some(difference) = &replay.difference {
        page.line(0, "")?;
        page.line(0, "what is kept, and what the facts give now:")?;
        page.difference(difference)?;
    }
    if let (Some(file), Some(policy)) = (other, &replay.other_policy) {
        page.other_policy(file, policy)?;
    }
    page.line(0, "")?;
    writeln!(page.out, "{CANNOT_SHOW}")
}

fn name_outcome(outcome: OutcomeV1) -> &'static str {
    match outcome {
        OutcomeV1::Allow => "allowed",
        OutcomeV1::Undetermined => "undetermined",
        OutcomeV1::Block => "blocked",
    }
}

fn describe_judged(judged: &SealedJudgedV1) -> String {
    let SealedJudgedV1 { repository, environment, requests, base, head } = judged;
    let mut parts = vec![repository.clone().unwrap_or_else(|| "no repository on a host".to_string())];
    parts.extend(environment.as_ref().map(|environment| format!("environment {environment}")));
    parts.extend(requests.iter().map(|request| match request {
        RequestV1::Number(number) => format!("request {number}"),
        RequestV1::Name(name) => format!("request {name}"),
    }));
    parts.extend(head.as_ref().map(|head| format!("commit {}", word_of(head))));
    parts.extend(base.as_ref().map(|base| format!("compared with {}", word_of(base))));
    parts.join(", ")
}

/// A program in one line.
pub fn describe_program(program: &SealedProgramV1) -> String {
    let commit = format!("commit {}", program.commit.as_deref().unwrap_or("not known"));
    format!("{} ({commit})", program.version)
}

struct ReplayPage<'a> {
    out: &'a mut dyn io::Write,
    width: usize,
}

impl ReplayPage<'_> {
    fn line(&mut self, margin: usize, text: &str) -> io::Result<()> {
        let mut start = " ".repeat(margin);
        for line in wrap_text(&escape::line(text), margin, margin + 2, self.width) {
            writeln!(self.out, "{}", format!("{start}{line}").trim_end())?;
            start = " ".repeat(margin + 2);
        }
        Ok(())
    }

    fn difference(&mut self, difference: &ReplayDifferenceV1) -> io::Result<()> {
        let ReplayDifferenceV1 { outcome_before, outcome_after, added, removed, changed, members } =
            difference;
        match outcome_before == outcome_after {
            true => self.line(2, &format!("outcome: {outcome_before}, the same"))?,
            false => self.line(2, &format!("outcome: {outcome_before} before, {outcome_after} now"))?,
        }
        self.list("added", added.iter().map(describe_finding))?;
        self.list("removed", removed.iter().map(describe_finding))?;
        self.list("changed", changed.iter().map(|pair| describe_change(&pair.before, &pair.after)))?;
        self.list("other members that differ", members.iter().cloned())
    }

    fn list(&mut self, name: &str, items: impl ExactSizeIterator<Item = String>) -> io::Result<()> {
        let length = items.len();
        if length == 0 {
            return Ok(());
        }
        self.line(2, &format!("{name}: {length}"))?;
        items.take(SHOWN).try_for_each(|item| self.line(4, &item))?;
        if length > SHOWN { self.line(4, &format!("and {} more", length - SHOWN)) } else { Ok(()) }
    }

    fn other_policy(&mut self, file: &str, policy: &OtherPolicyV1) -> io::Result<()> {
        self.line(0, "")?;
        self.line(0, &format!("what {file} would have decided:"))?;
        self.line(2, &word_of(&policy.digest))?;
        if policy.asks_for_more {
            let about = "it asks for something that was not gathered, which is unproven here";
            self.line(2, about)?;
        }
        self.difference(&policy.difference)
    }
}

fn describe_finding(finding: &FindingV1) -> String {
    format!("{}: {}", head_of(finding), finding.reason)
}

fn head_of(finding: &FindingV1) -> String {
    let FindingV1 { verdict, control, subject, .. } = finding;
    format!("{control} is {} for {} {}", word_of(verdict), word_of(&subject.kind), subject.name)
}

fn describe_change(before: &FindingV1, after: &FindingV1) -> String {
    if before.verdict != after.verdict {
        return format!("{}, was {}: {}", head_of(after), word_of(&before.verdict), after.reason);
    }
    if before.reason != after.reason {
        return format!("{}: {} (was: {})", head_of(after), after.reason, before.reason);
    }
    format!("{}: its remedy, details or place are others", head_of(after))
}
