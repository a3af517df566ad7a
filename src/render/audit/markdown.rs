//! An audit as Markdown, for a ticket or a file.

use super::{
    arrivals, describe_passage, describe_period, follow_up_word, headline, outcome_word, request_name,
    short_item, standing_word, write_cells, write_table,
};
use crate::escape;
use portcullis_wire::audit::v1::{AuditV1, AuditedLandingV1};
use std::io::{self, Write};

/// Writes the report.
///
/// # Errors
/// Those of `out`.
pub fn write_report(audit: &AuditV1, out: &mut dyn Write) -> io::Result<()> {
    let title = &audit.title;
    writeln!(
        out,
        "# Audit of {}\n",
        escape::prose(title.project.as_deref().unwrap_or("an unknown project"))
    )?;
    writeln!(out, "**{}**\n", escape::prose(&headline(audit)))?;
    writeln!(out, "- Period: {}", escape::prose(&describe_period(&title.period)))?;
    writeln!(out, "- As of: {}", title.as_of)?;
    writeln!(out, "- Made by: {}", title.program)?;
    title.sources.iter().try_for_each(|source| writeln!(out, "- Source: {}", escape::prose(source)))?;
    writeln!(out, "\n{}\n", escape::prose(&title.period.rule))?;
    write_population(audit, out)?;
    write_exceptions(audit, out)?;
    write_gaps(audit, out)?;
    write_people(audit, out)?;
    write_waivers(audit, out)?;
    audit.arrivals.iter().try_for_each(|arrivals| arrivals::write_tables(arrivals, out))?;
    write_landings(audit, out)?;
    writeln!(out, "\n## What this does not show\n")?;
    audit.limits.iter().try_for_each(|limit| writeln!(out, "- {}", escape::prose(limit)))
}

fn write_population(audit: &AuditV1, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Population\n")?;
    write_table(out, &["Branch", "Landings", "Commits", "Range"])?;
    for branch in &audit.branches {
        let range = branch.proof.as_ref().map_or("not shown", |proof| proof.range.as_str());
        let cells = [
            branch.branch.clone(),
            branch.landings.to_string(),
            branch.commits.to_string(),
            range.to_string(),
        ];
        write_cells(out, &cells)?;
    }
    for proof in audit.branches.iter().filter_map(|branch| branch.proof.as_ref()) {
        writeln!(out, "\n    {}\n    {}", proof.first_parents_by, proof.first_parents)?;
        writeln!(out, "    {}\n    {}", proof.all_commits_by, proof.all_commits)?;
    }
    if !audit.environments.is_empty() {
        writeln!(out)?;
        write_table(out, &["Environment", "Records", "In the period", "Problems"])?;
    }
    for one in &audit.environments {
        let numbers =
            one.first.zip(one.last).map_or("none".to_string(), |(first, last)| format!("{first} to {last}"));
        let cells = [one.environment.to_string(), one.records.to_string(), numbers, one.problems.join("; ")];
        write_cells(out, &cells)?;
    }
    Ok(())
}

fn write_exceptions(audit: &AuditV1, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## Exceptions\n")?;
    if audit.exceptions.is_empty() {
        return writeln!(out, "None was found among what could be shown.");
    }
    write_table(out, &["Control", "Item", "Standing", "What was found", "Passed by", "Afterwards"])?;
    for one in &audit.exceptions {
        let passages: Vec<String> = one.let_through.iter().map(describe_passage).collect();
        let cells = [
            one.control.clone(),
            short_item(&one.item),
            standing_word(one).to_string(),
            format!("{}: {}", one.finding.subject.name, one.finding.reason),
            passages.join("; "),
            follow_up_word(one.follow_up).to_string(),
        ];
        write_cells(out, &cells)?;
    }
    Ok(())
}

fn write_gaps(audit: &AuditV1, out: &mut dyn Write) -> io::Result<()> {
    if audit.gaps.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## What could not be shown\n")?;
    write_table(out, &["What", "Items", "Why", "What to do"])?;
    for gap in &audit.gaps {
        let remedy = gap.remedy.clone().unwrap_or_default();
        write_cells(out, &[gap.what.clone(), gap.items.to_string(), gap.why.clone(), remedy])?;
    }
    Ok(())
}

fn write_people(audit: &AuditV1, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## Segregation of duties\n")?;
    write_table(out, &["Who", "Wrote", "Approved", "Deployed", "Administers", "Granted waivers"])?;
    for person in &audit.people {
        let administers = match person.administers {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not seen",
        };
        let cells = [
            person.who.clone(),
            person.wrote.to_string(),
            person.approved.to_string(),
            person.deployed.to_string(),
            administers.to_string(),
            person.waived.to_string(),
        ];
        write_cells(out, &cells)?;
    }
    if !audit.conflicts.is_empty() {
        writeln!(out, "\nTwo duties in one hand:\n")?;
        write_table(out, &["Who", "Item", "Duties"])?;
    }
    for conflict in &audit.conflicts {
        let duties: Vec<String> =
            conflict.duties.iter().map(|duty| format!("{duty:?}").to_lowercase()).collect();
        write_cells(out, &[conflict.who.clone(), short_item(&conflict.item), duties.join(", ")])?;
    }
    Ok(())
}

fn write_waivers(audit: &AuditV1, out: &mut dyn Write) -> io::Result<()> {
    if audit.waivers.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Waivers and rollbacks\n")?;
    write_table(out, &["Id", "Covers", "Reason", "Ticket", "Granted by", "Until", "Used by", "Review"])?;
    for waiver in &audit.waivers {
        let review = waiver.emergency.as_ref().map_or(String::new(), |emergency| {
            format!("{:?}, due {}", emergency.standing, emergency.due).to_lowercase()
        });
        let used: Vec<String> = waiver.used_by.iter().map(|item| short_item(item)).collect();
        let cells = [
            waiver.id.clone(),
            waiver.covers.clone(),
            waiver.reason.clone(),
            waiver.ticket.clone(),
            waiver.approver.clone(),
            waiver.expires.clone(),
            used.join(", "),
            review,
        ];
        write_cells(out, &cells)?;
    }
    Ok(())
}

fn write_landings(audit: &AuditV1, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## Landings\n")?;
    write_table(
        out,
        &["Item", "Time", "Subject", "Requests", "Authors", "Approved by", "Then", "Today", "Deployed"],
    )?;
    audit.landings.iter().try_for_each(|landing| write_cells(out, &landing_cells(landing)))
}

fn landing_cells(landing: &AuditedLandingV1) -> [String; 9] {
    let requests = landing.requests.as_ref().map_or("not seen".to_string(), |all| {
        all.iter().filter_map(|one| one.request.as_ref()).map(request_name).collect::<Vec<_>>().join(", ")
    });
    let counted = landing.approvals.iter().filter(|one| one.counts == Some(true));
    let approvers: Vec<String> = counted.filter_map(|one| one.approver.clone()).collect();
    let approvers = match &landing.approvals_unseen {
        Some(_) => "not seen".to_string(),
        None => approvers.join(", "),
    };
    let deployed: Vec<String> =
        landing.deployments.iter().map(|one| format!("{}#{}", one.environment, one.number)).collect();
    [
        short_item(&landing.id),
        landing.time.at.clone().unwrap_or_else(|| "unknown".to_string()),
        landing.subject.clone(),
        requests,
        landing.authors.join(", "),
        approvers,
        outcome_word(landing.then.outcome).to_string(),
        landing.today.as_ref().map_or(String::new(), |today| outcome_word(today.outcome).to_string()),
        deployed.join(", "),
    ]
}
