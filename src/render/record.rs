//! Deployment records for people. Programs read `record.json` itself.
//!
//! A record may hold what anyone who can push wrote into it, so every text goes through
//! `escape.rs`.

use super::{escape, summary};
use portcullis_model::change::Revision;
use portcullis_record::{Chain, ChainProblem, RecordEntry, RecordLink, RecordSignature, RecordStanding};
use std::io;

/// What no verification of records shows, where not all of them are signed.
const CANNOT_SHOW: &str = "\
Records that verify are consistent: each decision follows from the facts and the
policy stored beside it. That does not show that the facts are true: records
that are not signed can be made up by anyone who can write the ref, with answers
that a host never gave. Nor does it show that there were no other records: all
of them can be replaced, or the newest removed.
";

/// The same, where a person who may sign records signed each of them.
const CANNOT_SHOW_SIGNED: &str = "\
Records that verify are consistent: each decision follows from the facts and the
policy stored beside it, and someone who may sign records vouches for it. That
does not show that the facts are true: it rests on the people who signed, and on
their machines. Nor does it show that there were no other records: the newest
can be removed by anyone who can write the ref.
";

/// What is known beside the chain, from outside of the repository.
#[derive(Clone, Copy, Debug, Default)]
pub struct Remembered<'a> {
    /// A record that is known from elsewhere.
    pub tip: Option<&'a Revision>,
    /// Was it checked, against anything from outside, that the end of the chain is still there?
    pub is_end_checked: bool,
}
/// What a record proves whose facts were left out.
const OMITTED: &str = "its decision is not reproducible: facts omitted";

/// The records of one environment, newest last, one line each.
///
/// # Errors
/// Those of `out`.
pub fn list(chain: &Chain, out: &mut dyn io::Write) -> io::Result<()> {
    let (environment, count) = (&chain.environment, chain.commits.len());
    writeln!(out, "{environment}: {}", summary::plural(count as u64, "record"))?;
    chain.links.iter().try_for_each(|link| write_row(chain, link, out))
}

fn write_row(chain: &Chain, link: &RecordLink, out: &mut dyn io::Write) -> io::Result<()> {
    let entry = &link.entry;
    // By its place, which is how commands find it: a record that says another number is a problem.
    let place = chain.commits.iter().position(|commit| *commit == link.commit).map_or(0, |at| at + 1);
    let name = format!("{}#{place}", chain.environment);
    let RecordEntry { time, candidate, baseline, recorder, .. } = entry;
    let (candidate, from) = (candidate.short(), baseline.commit.short());
    let origin = match baseline.origin.as_str() {
        "recorded" => String::new(),
        other => format!(" ({other})"),
    };
    let doubt = match &link.standing {
        RecordStanding::Irreproducible(_) => "  (cannot be reproduced)",
        RecordStanding::Omitted => "  (not reproducible: facts omitted)",
        RecordStanding::Unseen(_) => "  (not all of it could be seen here)",
        RecordStanding::Reproduced | RecordStanding::Broken => "",
    };
    writeln!(out, "  {name}  {time}  {candidate} after {from}{origin}  by {}{doubt}", escape::line(recorder))
}

/// What was seen of each record, or of one only, and what no one can see. What is wrong is told
/// elsewhere; see [`problem`].
///
/// # Errors
/// Those of `out`.
pub fn verified(
    chain: &Chain,
    only: Option<&Revision>,
    remembered: Remembered<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let Chain { environment, commits, links, problems } = chain;
    for (place, commit) in (1..).zip(commits).filter(|(_, commit)| only.is_none_or(|only| only == *commit)) {
        let is_broken = problems.iter().any(|problem| problem.place == place);
        let link = links.iter().find(|link| link.commit == *commit);
        writeln!(
            out,
            "record {place} of {environment} ({}): {}; {}",
            commit.short(),
            describe_seen(link, is_broken),
            describe_signature(link)
        )?;
    }
    let newer = remembered.tip.and_then(|tip| commits.iter().position(|commit| commit == tip));
    for commit in newer.and_then(|at| commits.get(at + 1..)).into_iter().flatten() {
        writeln!(out, "{commit} is newer than the record that was handed over")?;
    }
    writeln!(out, "{}", describe_chain(chain))?;
    let is_signed = |link: &RecordLink| matches!(link.signature, RecordSignature::Signed { .. });
    let all_signed = links.len() == commits.len() && links.iter().all(is_signed);
    out.write_all(if all_signed { CANNOT_SHOW_SIGNED } else { CANNOT_SHOW }.as_bytes())?;
    match remembered.is_end_checked {
        true => writeln!(out, "The end of the chain was compared with what you kept elsewhere."),
        false => out.write_all(END_UNCHECKED.as_bytes()),
    }
}

/// Said where nothing from outside was handed over.
const END_UNCHECKED: &str = "\
Whether newer records were removed was not checked. Keep the newest record's
commit elsewhere and pass it to --expect-tip, or a file of `record anchor` to
--anchor.
";

/// Who vouches for a record, as the end of a sentence.
fn describe_signature(link: Option<&RecordLink>) -> String {
    let text = match link.map(|link| &link.signature) {
        None => "its signature was not looked at".to_string(),
        Some(RecordSignature::Unsigned) => "not signed".to_string(),
        Some(RecordSignature::Missing) => "not signed, although its policy asks for it".to_string(),
        Some(RecordSignature::Signed { key, signers, .. }) => {
            format!("signed by {} with {key}", signers.join(", "))
        }
        Some(RecordSignature::Unlisted(key)) => {
            format!("signed with {key}; its policy does not say who may sign records")
        }
        Some(RecordSignature::Invalid(why)) => format!("its signature proves nothing: {why}"),
        Some(RecordSignature::Unseen(gap)) => format!("its signature was not verified: {gap}"),
    };
    escape::line(&text)
}

/// What the records of an environment come to, in one line.
fn describe_chain(Chain { environment, commits, links, problems }: &Chain) -> String {
    let tip = commits.last().map(ToString::to_string).unwrap_or_default();
    let proved = links.iter().filter(|link| link.standing == RecordStanding::Reproduced).count();
    let records = |number: usize| summary::plural(number as u64, "record");
    let verify = if proved == 1 { "verifies" } else { "verify" };
    match (problems.is_empty(), commits.len() - proved) {
        (true, 0) => format!("{environment}: {} {verify}; the newest is {tip}", records(proved)),
        (true, rest) => format!(
            "{environment}: {rest} of {} cannot be verified; the newest is {tip}",
            records(commits.len())
        ),
        (false, _) => format!("{environment}: the records do not verify; the newest is {tip}"),
    }
}

fn describe_seen(link: Option<&RecordLink>, is_broken: bool) -> String {
    match link.map(|link| &link.standing) {
        _ if is_broken => "it does not verify".to_string(),
        None | Some(RecordStanding::Broken) => "it does not verify".to_string(),
        Some(RecordStanding::Reproduced) => {
            "its decision was reproduced, and the repository agrees with its facts".to_string()
        }
        Some(RecordStanding::Irreproducible(why)) => {
            escape::line(&format!("its decision cannot be reproduced: {why}"))
        }
        Some(RecordStanding::Omitted) => OMITTED.to_string(),
        Some(RecordStanding::Unseen(gap)) => escape::line(&format!(
            "its decision was reproduced, but not compared with the repository: {gap}; {}",
            gap.remedy
        )),
    }
}

/// One record, whole.
///
/// # Errors
/// Those of `out`.
pub fn entry(link: &RecordLink, out: &mut dyn io::Write) -> io::Result<()> {
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
        ("policy", describe_evidence(entry.policy.as_ref())),
        ("facts", describe_evidence(entry.facts.as_ref())),
        ("recomputed", describe_standing(&link.standing)),
        ("signature", describe_signature(Some(link))),
    ];
    lines.iter().try_for_each(|(name, value)| writeln!(out, "  {:<11} {value}", format!("{name}:")))
}

fn describe_standing(standing: &RecordStanding) -> String {
    match standing {
        RecordStanding::Reproduced | RecordStanding::Unseen(_) => {
            "its facts give the same decision".to_string()
        }
        RecordStanding::Irreproducible(why) => {
            escape::line(&format!("its decision cannot be reproduced: {why}"))
        }
        RecordStanding::Omitted => OMITTED.to_string(),
        RecordStanding::Broken => "it does not verify".to_string(),
    }
}

fn describe_evidence(evidence: Option<&portcullis_record::KeptFile>) -> String {
    match evidence {
        None => "none".to_string(),
        Some(evidence) if evidence.kept => evidence.digest.to_string(),
        Some(evidence) => format!("{} (not kept)", evidence.digest),
    }
}

/// A problem on one line.
pub fn problem(problem: &ChainProblem) -> String {
    escape::line(&problem.to_string())
}
