//! A rehearsal for the terminal, in 80 columns or more. Everything from outside goes through
//! `escape.rs`.

use super::{
    GIT_ALONE, NO_DECISION, day_of, describe_change, describe_effect, describe_facts, describe_past,
    describe_policy, find_landing, headline, is_git_alone, outcome_word, short_id, verdict_word,
};
use crate::prose::wrap_text;
use crate::{Style, escape, plural};
use anstyle::AnsiColor;
use portcullis_wire::decision::v1::{FindingV1, OutcomeV1};
use portcullis_wire::rehearsal::v1::{RehearsalV1, RehearsedChangeV1, RehearsedCountsV1, RehearsedLandingV1};
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr as _;

/// Findings of one landing that are shown; JSON has all.
const HANDFUL: usize = 2;

/// Settings that are shown.
const SETTINGS: usize = 5;

/// Changes that are shown; JSON and HTML have all.
const CHANGES: usize = 40;

/// The columns of numbers.
const NUMBER: usize = 14;

/// Writes the report.
///
/// # Errors
/// Those of `out`.
pub fn write_report(rehearsal: &RehearsalV1, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = RehearsalPage { out, style };
    page.title(rehearsal)?;
    page.outcomes(rehearsal)?;
    page.controls(rehearsal)?;
    page.areas(rehearsal)?;
    page.telling(rehearsal)?;
    page.settings(rehearsal)?;
    page.changes(rehearsal)?;
    page.unseen(rehearsal)
}

struct RehearsalPage<'a> {
    out: &'a mut dyn Write,
    style: Style,
}

impl RehearsalPage<'_> {
    fn line(&mut self, margin: usize, hang: usize, text: &str) -> io::Result<()> {
        let mut start = " ".repeat(margin);
        for line in wrap_text(&escape::line(text), margin, hang, self.style.width) {
            writeln!(self.out, "{}", format!("{start}{line}").trim_end())?;
            start = " ".repeat(hang);
        }
        Ok(())
    }

    fn heading(&mut self, text: &str) -> io::Result<()> {
        match self.style.colour {
            true => {
                let bold = anstyle::Style::new().bold();
                writeln!(self.out, "\n{bold}{text}{bold:#}")
            }
            false => writeln!(self.out, "\n{text}"),
        }
    }

    fn title(&mut self, rehearsal: &RehearsalV1) -> io::Result<()> {
        self.line(0, 2, &format!("{}: {}", rehearsal.project, headline(rehearsal)))?;
        self.line(0, 2, NO_DECISION)?;
        writeln!(self.out)?;
        self.line(2, 12, &format!("policy:   {}", describe_policy(&rehearsal.policy)))?;
        if let Some(other) = &rehearsal.other {
            self.line(2, 12, &format!("compared: {}", describe_policy(other)))?;
        }
        self.line(2, 12, &format!("past:     {}", describe_past(rehearsal)))?;
        self.line(2, 12, &format!("facts:    {}", describe_facts(rehearsal)))
    }

    fn outcomes(&mut self, rehearsal: &RehearsalV1) -> io::Result<()> {
        self.heading("Outcomes")?;
        self.bars(rehearsal.counts, "")?;
        rehearsal.other_counts.map_or(Ok(()), |counts| self.bars(counts, " then"))
    }

    fn bars(&mut self, counts: RehearsedCountsV1, suffix: &str) -> io::Result<()> {
        let room = self.style.width.saturating_sub(30).min(60);
        let rows = [
            ("allowed", counts.allowed, AnsiColor::Green),
            ("undetermined", counts.undetermined, AnsiColor::Yellow),
            ("blocked", counts.blocked, AnsiColor::Red),
        ];
        for (word, count, colour) in rows {
            let bar = "#".repeat(bar_length(count, counts.landings, room));
            let bar = match self.style.colour {
                true => {
                    let paint = colour.on_default();
                    format!("{paint}{bar}{paint:#}")
                }
                false => bar,
            };
            let word = format!("{word}{suffix}");
            writeln!(self.out, "{}", format!("  {word:<17} {count:>6}  {bar}").trim_end())?;
        }
        Ok(())
    }

    /// A name and its numbers; a name that is too long has a line of its own.
    fn row(&mut self, name: &str, numbers: &[String]) -> io::Result<()> {
        let room = self.style.width.saturating_sub(2 + NUMBER * numbers.len());
        let cells: String = numbers.iter().map(|number| format!("{number:>NUMBER$}")).collect();
        let name = escape::line(name);
        if name.width() <= room {
            let gap = " ".repeat(room - name.width());
            return writeln!(self.out, "  {name}{gap}{cells}");
        }
        self.line(2, 4, &name)?;
        writeln!(self.out, "  {}{cells}", " ".repeat(room))
    }

    fn head(&mut self, name: &str, columns: &[&str]) -> io::Result<()> {
        writeln!(self.out)?;
        let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
        self.row(name, &columns)
    }

    fn controls(&mut self, rehearsal: &RehearsalV1) -> io::Result<()> {
        if is_git_alone(rehearsal) {
            writeln!(self.out)?;
            return self.line(2, 4, GIT_ALONE);
        }
        self.head("By control", &["broken", "unproven", "waived", "met"])?;
        for one in rehearsal.controls.iter().filter(|one| one.asked) {
            let numbers = [one.broken, one.unproven, one.waived, one.met].map(|number| number.to_string());
            self.row(&one.control, &numbers)?;
        }
        let other: Vec<&str> =
            rehearsal.controls.iter().filter(|one| !one.asked).map(|one| one.control.as_str()).collect();
        match other.is_empty() {
            true => Ok(()),
            false => self.line(2, 4, &format!("not asked of single landings: {}", other.join(", "))),
        }
    }

    fn areas(&mut self, rehearsal: &RehearsalV1) -> io::Result<()> {
        self.head("By area", &["landings", "blocked", "undetermined", "allowed"])?;
        rehearsal.areas.iter().try_for_each(|area| {
            let counts = area.counts;
            let numbers = [counts.landings, counts.blocked, counts.undetermined, counts.allowed];
            self.row(&area.area, &numbers.map(|number| number.to_string()))
        })
    }

    fn telling(&mut self, rehearsal: &RehearsalV1) -> io::Result<()> {
        if rehearsal.telling.is_empty() || is_git_alone(rehearsal) {
            return Ok(());
        }
        self.heading("Most telling")?;
        rehearsal
            .telling
            .iter()
            .filter_map(|id| find_landing(rehearsal, id))
            .try_for_each(|landing| self.landing(landing))
    }

    fn landing(&mut self, landing: &RehearsedLandingV1) -> io::Result<()> {
        let request = match landing.requests.as_deref() {
            Some([]) => " (no request)".to_string(),
            Some(requests) => format!(" (request {})", requests.join(", ")),
            None => String::new(),
        };
        let (id, outcome) = (short_id(&landing.id), outcome_word(landing.outcome));
        let subject = &landing.subject;
        self.line(2, 4, &format!("{id} {} {outcome}: {subject}{request}", day_of(landing)))?;
        if landing.findings.is_empty() && landing.outcome == OutcomeV1::Undetermined {
            return self.line(6, 8, "- no control of the policy is asked of it: no request brought it");
        }
        self.findings(&landing.findings)
    }

    fn findings(&mut self, findings: &[FindingV1]) -> io::Result<()> {
        for found in findings.iter().take(HANDFUL) {
            let verdict = verdict_word(found.verdict);
            self.line(6, 8, &format!("- {}: {verdict}: {}", found.control, found.reason))?;
        }
        match findings.len().saturating_sub(HANDFUL) {
            0 => Ok(()),
            more => self.line(6, 8, &format!("and {more} more")),
        }
    }

    fn settings(&mut self, rehearsal: &RehearsalV1) -> io::Result<()> {
        self.heading("What one other setting would change")?;
        if rehearsal.settings.is_empty() {
            let tried = plural(rehearsal.settings_tried, "setting");
            return self.line(
                2,
                4,
                &format!("nothing: {tried} tried, one at a time, and every outcome stayed"),
            );
        }
        for one in rehearsal.settings.iter().take(SETTINGS) {
            let line = one.line.map(|line| format!(" (line {line})")).unwrap_or_default();
            let changed = plural(one.changed, "landing");
            self.line(2, 4, &format!("{changed} otherwise: {}{line}", describe_change(one)))?;
            self.line(6, 8, &format!("then {}", describe_effect(one)))?;
        }
        let tried = plural(rehearsal.settings_tried, "setting");
        self.line(2, 4, &format!("{tried} tried, one at a time; every landing was judged again with each"))
    }

    fn changes(&mut self, rehearsal: &RehearsalV1) -> io::Result<()> {
        let Some(other) = &rehearsal.other else { return Ok(()) };
        self.heading(&escape::line(&format!("What {} changes", other.file)))?;
        if rehearsal.changes.is_empty() {
            return self.line(2, 4, "nothing: every landing has the same outcome by both");
        }
        for change in rehearsal.changes.iter().take(CHANGES) {
            self.change(rehearsal, change)?;
        }
        match rehearsal.changes.len().saturating_sub(CHANGES) {
            0 => Ok(()),
            more => self.line(2, 4, &format!("and {more} more; --format json and html have all")),
        }
    }

    fn change(&mut self, rehearsal: &RehearsalV1, change: &RehearsedChangeV1) -> io::Result<()> {
        let landing = find_landing(rehearsal, &change.id);
        let subject = landing.map_or("", |landing| landing.subject.as_str());
        let (id, before) = (short_id(&change.id), outcome_word(change.before));
        self.line(2, 4, &format!("{id} {before}, then {}: {subject}", outcome_word(change.after)))?;
        self.findings(if change.added.is_empty() { &change.removed } else { &change.added })
    }

    fn unseen(&mut self, rehearsal: &RehearsalV1) -> io::Result<()> {
        if !rehearsal.gaps.is_empty() {
            self.heading("Could not be seen")?;
        }
        for gap in &rehearsal.gaps {
            let of =
                if gap.items > 0 { format!(" ({})", plural(gap.items, "landing")) } else { String::new() };
            self.line(2, 4, &format!("{}{of}: {}", gap.what, gap.why))?;
            gap.remedy.iter().try_for_each(|remedy| self.line(6, 6, remedy))?;
        }
        self.heading("What this does not show")?;
        rehearsal.limits.iter().try_for_each(|limit| self.line(2, 4, limit))
    }
}

/// Something is shown of whatever there is.
fn bar_length(count: u64, whole: u64, room: usize) -> usize {
    let room = room as u64;
    let length = (count * room).checked_div(whole).unwrap_or(0);
    usize::try_from(length.max(u64::from(count > 0))).unwrap_or(0)
}
