//! Deployment records for people. Programs read `record.json` itself.
//!
//! A record may hold what anybody who can push wrote into it, so every text goes through `escape.rs`.

use super::escape;
use crate::record::{Chain, Entry, Link, Problem};
use std::io;

/// The records of one environment, newest last, one line each.
///
/// # Errors
/// Those of `out`.
pub fn list(chain: &Chain, out: &mut dyn io::Write) -> io::Result<()> {
    let (environment, count) = (&chain.environment, chain.commits.len());
    let plural = if count == 1 { "record" } else { "records" };
    writeln!(out, "{environment}: {count} {plural}")?;
    chain.links.iter().try_for_each(|link| row(&link.entry, out))
}

fn row(entry: &Entry, out: &mut dyn io::Write) -> io::Result<()> {
    let Entry { number, time, candidate, baseline, recorder, .. } = entry;
    let (candidate, from) = (candidate.short(), baseline.commit.short());
    let origin = match baseline.origin.as_str() {
        "recorded" => String::new(),
        other => format!(" ({other})"),
    };
    writeln!(out, "{number:>5}  {time}  {candidate} after {from}{origin}  by {}", escape::line(recorder))
}

/// One record, whole.
///
/// # Errors
/// Those of `out`.
pub fn entry(link: &Link, out: &mut dyn io::Write) -> io::Result<()> {
    let entry = &link.entry;
    writeln!(out, "record {} of {}", entry.number, entry.environment)?;
    let given = |value: &Option<String>| value.as_deref().map_or("not named".to_string(), escape::line);
    let lines = [
        ("commit", link.commit.to_string()),
        ("candidate", entry.candidate.to_string()),
        ("baseline", format!("{} ({})", entry.baseline.commit, entry.baseline.origin.as_str())),
        ("repository", given(&entry.repository)),
        ("recorded", format!("{} by {}", entry.time, escape::line(&entry.recorder))),
        ("tool", escape::line(&entry.tool)),
        ("record", link.digest.to_string()),
        ("decision", entry.decision.to_string()),
        ("policy", evidence(entry.policy.as_ref())),
        ("facts", evidence(entry.facts.as_ref())),
    ];
    lines.iter().try_for_each(|(name, value)| writeln!(out, "  {:<11} {value}", format!("{name}:")))
}

fn evidence(evidence: Option<&crate::record::Evidence>) -> String {
    match evidence {
        None => "none".to_string(),
        Some(evidence) if evidence.kept => evidence.digest.to_string(),
        Some(evidence) => format!("{} (not kept)", evidence.digest),
    }
}

/// A problem on one line.
pub fn problem(problem: &Problem) -> String {
    escape::line(&problem.to_string())
}
