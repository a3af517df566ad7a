//! An audit for the terminal: the outcome, the population, the exceptions, and what could not be
//! shown.

use super::{
    arrivals, describe_passage, describe_period, describe_seconds, follow_up_word, headline, outcome_word,
    short_item, standing_word,
};
use crate::{escape, plural};
use portcullis_wire::audit::v1::{
    AuditV1, BranchPopulationV1, EnvironmentPopulationV1, ExceptionV1, LapseV1, ProtectedBranchV1, SampleV1,
};
use std::io::{self, Write};

/// So many exceptions of one control are listed; all are in the other forms.
const LISTED: usize = 20;

/// Writes the report.
///
/// # Errors
/// Those of `out`.
pub fn write_report(audit: &AuditV1, verbose: bool, out: &mut dyn Write) -> io::Result<()> {
    let title = &audit.title;
    let project = title.project.as_deref().unwrap_or("unknown project");
    writeln!(out, "AUDIT  {}", escape::line(project))?;
    writeln!(out, "{}", headline(audit))?;
    writeln!(out, "\nPeriod: {}", escape::line(&describe_period(&title.period)))?;
    title.sources.iter().try_for_each(|source| writeln!(out, "Source: {}", escape::line(source)))?;
    for policy in &title.policies {
        let digest = policy.digest.as_ref().map_or("none", |digest| digest.as_str());
        let problem =
            policy.problem.as_ref().map(|why| format!(" ({})", escape::line(why))).unwrap_or_default();
        let count = plural(policy.landings, "landing");
        writeln!(out, "Policy in force on {}: {digest}, for {count}{problem}", escape::line(&policy.branch))?;
    }
    writeln!(out, "\nPopulation")?;
    audit.branches.iter().try_for_each(|branch| write_branch(branch, out))?;
    audit.environments.iter().try_for_each(|one| write_environment(one, out))?;
    let counts = &audit.counts;
    writeln!(
        out,
        "  by the policy in force: {} allowed, {} waived, {} undetermined, {} blocked; by that of today {} more blocked",
        counts.allowed, counts.waived, counts.undetermined, counts.blocked, counts.blocked_today
    )?;
    writeln!(
        out,
        "  {} of {} never deployed by a record here",
        counts.never_deployed,
        plural(counts.landings, "landing")
    )?;
    write_exceptions(&audit.exceptions, out)?;
    write_conflicts(audit, out)?;
    audit.protection.iter().try_for_each(|branch| write_protection(branch, out))?;
    audit.arrivals.iter().try_for_each(|arrivals| arrivals::write_lines(arrivals, out))?;
    write_gaps(audit, out)?;
    audit.sample.iter().try_for_each(|sample| write_sample(sample, out))?;
    if verbose {
        writeln!(out, "\nLandings")?;
        for landing in &audit.landings {
            let time = landing.time.at.as_deref().unwrap_or("unknown time");
            let item = escape::line(&short_item(&landing.id));
            let subject = escape::line(&landing.subject);
            writeln!(out, "  {item}  {time}  {}  {subject}", outcome_word(landing.then.outcome))?;
        }
    }
    writeln!(out, "\nWhat this does not show")?;
    audit.limits.iter().try_for_each(|limit| writeln!(out, "  {limit}"))
}

fn write_conflicts(audit: &AuditV1, out: &mut dyn Write) -> io::Result<()> {
    if audit.conflicts.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nTwo duties in one hand")?;
    for conflict in audit.conflicts.iter().take(LISTED) {
        let duties: Vec<String> =
            conflict.duties.iter().map(|duty| format!("{duty:?}").to_lowercase()).collect();
        let item = escape::line(&short_item(&conflict.item));
        writeln!(out, "  {item}: {} {}", escape::line(&conflict.who), duties.join(" and "))?;
    }
    write_rest(audit.conflicts.len(), out)
}

fn write_gaps(audit: &AuditV1, out: &mut dyn Write) -> io::Result<()> {
    if audit.gaps.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nCould not be shown")?;
    for gap in audit.gaps.iter().take(LISTED) {
        let of = if gap.items > 0 { format!(" ({})", plural(gap.items, "item")) } else { String::new() };
        writeln!(out, "  {}{of}: {}", escape::line(&gap.what), escape::line(&gap.why))?;
        gap.remedy.iter().try_for_each(|remedy| writeln!(out, "    {}", escape::line(remedy)))?;
    }
    write_rest(audit.gaps.len(), out)
}

fn write_branch(branch: &BranchPopulationV1, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "  {}: {} of {} ({} of the first-parent line)",
        escape::line(&branch.branch),
        plural(branch.landings, "landing"),
        plural(branch.commits, "commit"),
        branch.steps
    )?;
    match &branch.proof {
        Some(proof) => {
            writeln!(out, "    {}", proof.first_parents_by)?;
            writeln!(out, "      {}", proof.first_parents)?;
            writeln!(out, "    {}", proof.all_commits_by)?;
            writeln!(out, "      {}", proof.all_commits)?;
            if !proof.each_in_one_landing {
                writeln!(out, "    some commits belong to no landing or to two")?;
            }
        }
        None if branch.landings == 0 => writeln!(out, "    nothing to count")?,
        None => writeln!(out, "    that it is complete could not be shown")?,
    }
    for excluded in &branch.excluded {
        writeln!(out, "    left out: {}: {}", plural(excluded.steps, "commit"), excluded.why)?;
    }
    for odd in branch.anomalies.iter().take(LISTED) {
        let said = odd.said.as_deref().unwrap_or("no date");
        let commit = odd.commit.as_str();
        writeln!(
            out,
            "    counted in spite of its date: {} ({said}): {}",
            commit.get(..10).unwrap_or(commit),
            odd.why
        )?;
    }
    write_rest(branch.anomalies.len(), out)
}

fn write_environment(one: &EnvironmentPopulationV1, out: &mut dyn Write) -> io::Result<()> {
    let of_period = match (one.first, one.last) {
        (Some(first), Some(last)) => format!("numbers {first} to {last} in the period"),
        _ => "none in the period".to_string(),
    };
    writeln!(out, "  {}: {}, {of_period}", one.environment, plural(one.records, "record"))?;
    one.unchecked.iter().try_for_each(|what| writeln!(out, "    not checked: {}", escape::line(what)))
}

fn write_exceptions(exceptions: &[ExceptionV1], out: &mut dyn Write) -> io::Result<()> {
    if exceptions.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nExceptions")?;
    let mut rest = exceptions;
    while let Some(first) = rest.first() {
        let count = rest.iter().take_while(|one| one.control == first.control).count();
        let (own, others) = rest.split_at(count);
        writeln!(out, "  {}: {}", escape::line(&first.control), plural(count as u64, "exception"))?;
        for one in own.iter().take(LISTED) {
            let item = escape::line(&short_item(&one.item));
            let subject = escape::line(&one.finding.subject.name);
            writeln!(
                out,
                "    {} {item}: {subject}: {}",
                standing_word(one),
                escape::line(&one.finding.reason)
            )?;
            for passage in one.let_through.iter().take(3) {
                writeln!(out, "      passed by: {}", escape::line(&describe_passage(passage)))?;
            }
            if one.follow_up != portcullis_wire::audit::v1::FollowUpV1::None {
                writeln!(out, "      afterwards: {}", follow_up_word(one.follow_up))?;
            }
        }
        write_rest(count, out)?;
        rest = others;
    }
    Ok(())
}

fn write_protection(branch: &ProtectedBranchV1, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "\nProtection of {}, by {}",
        escape::line(&branch.branch),
        plural(branch.looks.len() as u64, "look")
    )?;
    if let Some(seconds) = branch.longest_unwatched {
        writeln!(out, "  longest time without a look: {}", describe_seconds(seconds))?;
    }
    for requirement in &branch.requirements {
        let since = requirement
            .since
            .as_deref()
            .map_or("not at the last look".to_string(), |at| format!("since {at}"));
        let lapses = match requirement.lapses.len() {
            0 => String::new(),
            count => format!(", {}", plural(count as u64, "lapse")),
        };
        writeln!(out, "  {}: {since}{lapses}", escape::line(&requirement.requirement))?;
        for lapse in &requirement.lapses {
            let after = lapse.after.as_deref().unwrap_or("the first look");
            let before = lapse.before.as_deref().unwrap_or("the last look");
            let landings = plural(lapse.landings.len() as u64, "landing");
            let state = format!("{:?}", lapse.state).to_lowercase();
            writeln!(out, "    {state} between {after} and {before}: {landings} may have come in")?;
            write_meanwhile(lapse, out)?;
        }
    }
    Ok(())
}

/// The landings of a lapse, and what they touch.
fn write_meanwhile(lapse: &LapseV1, out: &mut dyn Write) -> io::Result<()> {
    for landing in lapse.landings.iter().take(LISTED) {
        writeln!(out, "      {}", escape::line(&short_item(landing)))?;
    }
    if lapse.landings.len() > LISTED {
        writeln!(out, "      and {} more", lapse.landings.len() - LISTED)?;
    }
    if !lapse.areas.is_empty() {
        writeln!(out, "      which touch {}", escape::line(&lapse.areas.join(", ")))?;
    }
    Ok(())
}

fn write_sample(sample: &SampleV1, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\nSample of {} with the seed {}", sample.size, escape::line(&sample.seed))?;
    writeln!(out, "  {}", sample.method)?;
    for stratum in &sample.strata {
        writeln!(
            out,
            "  {}: {} of {}",
            escape::line(&stratum.name),
            stratum.drawn.len(),
            stratum.population
        )?;
        for drawn in &stratum.drawn {
            writeln!(
                out,
                "    {}  {}",
                drawn.draw.get(..12).unwrap_or(&drawn.draw),
                escape::line(&drawn.item)
            )?;
        }
    }
    Ok(())
}

fn write_rest(count: usize, out: &mut dyn Write) -> io::Result<()> {
    match count.checked_sub(LISTED) {
        None | Some(0) => Ok(()),
        Some(more) => writeln!(out, "    and {more} more: see --format json"),
    }
}
