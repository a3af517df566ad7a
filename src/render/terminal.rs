//! The `terminal` format: for people.
//!
//! The outcome is in the first line, then what was judged and which data-processing code it
//! touches, then every finding that calls for a reader, worst first, and last the counts. Words
//! carry the meaning; colour only repeats it.

use super::groups::{self, FindingBlock};
use super::prose::wrap_text;
use super::{Context, Format, Style, escape, summary};
use anstyle::AnsiColor;
use portcullis_model::decision::{Decision, Finding, Outcome, TouchedArea, Verdict};
use std::io;
use unicode_width::UnicodeWidthStr as _;

/// The format.
pub static FORMAT: Format = Format {
    name: "terminal",
    about: "For people: the outcome first, then why and what to do",
    write: write_decision,
    failure: None,
    log_safe: false,
};

/// How many lines of a list are shown without `--verbose`.
const HANDFUL: usize = 5;

/// How many characters of one text are shown without `--verbose`.
const LONGEST: usize = 1000;

/// No terminal is taken to be narrower than this.
const NARROWEST: usize = 40;

fn write_decision(decision: &Decision, context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let style = context.style;
    let mut page = TerminalPage { out, style, hidden: false };
    write_head(decision, &mut page)?;
    write_areas(decision, &mut page)?;
    for verdict in summary::SHOWN {
        write_findings(summary::of(decision, verdict), &mut page)?;
    }
    if !is_brief(decision, style) {
        page.blank()?;
    }
    for verdict in summary::SUMMED {
        write_summed(decision, verdict, &mut page)?;
    }
    write_end(decision, &mut page)
}

fn write_head(decision: &Decision, page: &mut TerminalPage<'_>) -> io::Result<()> {
    let outcome = summary::outcome_and_advice(decision, page.style.advisory);
    // Only the first word is kept in one piece: with the advice it is wider than a narrow terminal.
    let line = format!("{outcome}: {}", summary::judged(&decision.judged));
    let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
    page.paragraph(Margin(0, 4), Lead(word, of_outcome(decision.outcome)), rest)?;
    let label =
        |page: &mut TerminalPage<'_>, name, text: &str| page.paragraph(Margin(2, 4), Lead(name, FAINT), text);
    if let Some(title) = &decision.judged.title {
        label(page, "title:", title)?;
    }
    if let Some(policy) = &decision.policy {
        label(page, "policy:", &format!("{}, {}", policy.project, summary::origin(policy)))?;
        let digest = page.style.verbose.then_some(policy.digest.as_str());
        digest.iter().try_for_each(|digest| label(page, "digest:", digest))?;
        let house = policy.house.as_ref().filter(|_| page.style.verbose).map(summary::house);
        house.iter().try_for_each(|house| label(page, "extends:", house))?;
    }
    if page.style.verbose {
        for (name, revision) in [("base:", &decision.judged.base), ("head:", &decision.judged.head)] {
            revision.iter().try_for_each(|revision| label(page, name, revision.as_str()))?;
        }
    }
    Ok(())
}

/// An allowed change about which there is nothing to read takes one block of a few lines.
fn is_brief(decision: &Decision, style: Style) -> bool {
    let quiet = summary::SHOWN.iter().all(|verdict| summary::of(decision, *verdict).next().is_none());
    decision.outcome == Outcome::Allow && quiet && !style.verbose
}

/// The areas: one line each where that is enough, otherwise with every reason.
fn write_areas(decision: &Decision, page: &mut TerminalPage<'_>) -> io::Result<()> {
    let brief = decision.outcome == Outcome::Allow && !page.style.verbose;
    decision.areas.iter().try_for_each(|area| write_area(area, brief, page))
}

pub(super) fn write_area(area: &TouchedArea, brief: bool, page: &mut TerminalPage<'_>) -> io::Result<()> {
    let files = summary::plural(area.touches.len() as u64, "file");
    if brief {
        page.hidden = true;
        return page.paragraph(Margin(2, 4), Lead("touches:", FAINT), &format!("{} ({files})", area.area));
    }
    page.blank()?;
    let text = format!("{} ({files}): {}", area.area, area.purpose);
    page.paragraph(Margin(0, 4), Lead("touches", BOLD), &text)?;
    page.list(&area.touches, |page, touch| {
        let text = format!("{}: {} (policy line {})", summary::touched(touch), touch.rule, touch.policy_line);
        page.paragraph(Margin(2, 6), Lead("-", FAINT), &text)
    })
}

/// One by one; many of one kind as a few blocks, unless everything is to be shown.
fn write_findings<'f>(
    findings: impl Iterator<Item = &'f Finding>,
    page: &mut TerminalPage<'_>,
) -> io::Result<()> {
    if page.style.verbose {
        return findings.into_iter().try_for_each(|finding| write_finding(finding, page));
    }
    for group in groups::groups(findings) {
        let all = group.blocks.len() <= groups::APART;
        let (shown, rest) = group.blocks.split_at(if all { group.blocks.len() } else { HANDFUL });
        shown.iter().try_for_each(|block| write_block(block, page))?;
        write_rest(rest, page)?;
    }
    Ok(())
}

fn write_block(block: &FindingBlock<'_>, page: &mut TerminalPage<'_>) -> io::Result<()> {
    write_finding(block.finding, page)?;
    if block.alike.is_empty() {
        return Ok(());
    }
    page.hidden = true;
    let text = format!("{} more: {}", block.alike.len(), groups::names(block.names_alike()));
    page.paragraph(Margin(4, 6), Lead("the same of", FAINT), &text)
}

/// Only by name.
fn write_rest(rest: &[FindingBlock<'_>], page: &mut TerminalPage<'_>) -> io::Result<()> {
    let Some(first) = rest.first() else { return Ok(()) };
    page.hidden = true;
    let names = rest
        .iter()
        .flat_map(|block| [block.finding.subject.name.as_str()].into_iter().chain(block.names_alike()));
    let names: Vec<&str> = names.collect();
    let Finding { verdict, control, subject, .. } = first.finding;
    let text = format!(
        " {control}: {} more of this kind ({}): {}",
        names.len(),
        subject.kind.as_str(),
        groups::names(names.iter().copied())
    );
    page.blank()?;
    page.paragraph(Margin(0, 4), Lead(summary::verdict(*verdict), of_verdict(*verdict)), &text)
}

pub(super) fn write_finding(finding: &Finding, page: &mut TerminalPage<'_>) -> io::Result<()> {
    page.blank()?;
    write_finding_line(finding, page)?;
    if let Some(place) = &finding.place {
        page.paragraph(Margin(2, 6), Lead("-->", FAINT), &summary::place(place))?;
    }
    page.paragraph(Margin(4, 4), PLAIN_LEAD, &finding.reason)?;
    page.list(&finding.details, |page, detail| page.paragraph(Margin(4, 6), Lead("-", FAINT), detail))?;
    match &finding.remedy {
        Some(remedy) => page.paragraph(Margin(4, 6), Lead("help:", BOLD), remedy),
        None => Ok(()),
    }
}

fn write_finding_line(finding: &Finding, page: &mut TerminalPage<'_>) -> io::Result<()> {
    let lead = Lead(summary::verdict(finding.verdict), of_verdict(finding.verdict));
    page.paragraph(Margin(0, 4), lead, &format!(" {}: {}", finding.control, finding.subject))
}

fn write_summed(decision: &Decision, verdict: Verdict, page: &mut TerminalPage<'_>) -> io::Result<()> {
    if summary::of(decision, verdict).next().is_none() {
        return Ok(());
    }
    if page.style.verbose {
        return summary::of(decision, verdict).try_for_each(|finding| write_finding(finding, page));
    }
    page.hidden = true;
    let lead = format!("{}:", summary::verdict(verdict));
    page.paragraph(Margin(2, 4), Lead(&lead, of_verdict(verdict)), &summary::by_control(decision, verdict))
}

/// Where to read on, and last the counts.
fn write_end(decision: &Decision, page: &mut TerminalPage<'_>) -> io::Result<()> {
    if let Some(finding) = summary::of(decision, Verdict::Broken).next() {
        let text = format!("`portcullis explain {}` explains why a control requires this", finding.control);
        page.paragraph(Margin(0, 4), PLAIN_LEAD, &text)?;
    }
    let more = if page.hidden { "; `--verbose` shows everything" } else { "" };
    page.paragraph(Margin(0, 4), PLAIN_LEAD, &format!("{}{more}", summary::counts(decision)))
}

const PLAIN: anstyle::Style = anstyle::Style::new();
pub(super) const BOLD: anstyle::Style = anstyle::Style::new().bold();
pub(super) const FAINT: anstyle::Style = anstyle::Style::new().dimmed();

pub(super) fn of_outcome(outcome: Outcome) -> anstyle::Style {
    match outcome {
        Outcome::Allow => AnsiColor::Green.on_default().bold(),
        Outcome::Undetermined => AnsiColor::Yellow.on_default().bold(),
        Outcome::Block => AnsiColor::Red.on_default().bold(),
    }
}

pub(super) fn of_verdict(verdict: Verdict) -> anstyle::Style {
    match verdict {
        Verdict::Broken => of_outcome(Outcome::Block),
        Verdict::Unproven => of_outcome(Outcome::Undetermined),
        Verdict::Waived => AnsiColor::Magenta.on_default().bold(),
        Verdict::Noted => AnsiColor::Cyan.on_default().bold(),
        Verdict::Met | Verdict::Exempt => AnsiColor::Green.on_default(),
    }
}

/// Columns left free: before the first line of a paragraph, and before its others.
pub(super) struct Margin(pub(super) usize, pub(super) usize);

/// The word that a paragraph starts with, and its colour.
pub(super) struct Lead<'a>(pub(super) &'a str, pub(super) anstyle::Style);

/// No word.
pub(super) const PLAIN_LEAD: Lead<'static> = Lead("", PLAIN);

/// Where paragraphs are written.
pub(super) struct TerminalPage<'a> {
    pub(super) out: &'a mut dyn io::Write,
    pub(super) style: Style,
    /// Has something been left out that `--verbose` would show?
    pub(super) hidden: bool,
}

impl TerminalPage<'_> {
    pub(super) fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// The items, or a handful of them and how many more there are.
    fn list<T>(
        &mut self,
        items: &[T],
        mut write: impl FnMut(&mut Self, &T) -> io::Result<()>,
    ) -> io::Result<()> {
        // "and 1 more" would take the line that the one could have had.
        let all = self.style.verbose || items.len() <= HANDFUL + 1;
        let shown = if all { items.len() } else { HANDFUL };
        items.iter().take(shown).try_for_each(|item| write(self, item))?;
        if all {
            return Ok(());
        }
        self.hidden = true;
        self.paragraph(Margin(4, 6), PLAIN_LEAD, &format!("and {} more", items.len() - shown))
    }

    /// A paragraph, escaped and wrapped. Words are never broken: a path stays one piece for
    /// copying.
    pub(super) fn paragraph(&mut self, margin: Margin, lead: Lead<'_>, text: &str) -> io::Result<()> {
        let text = self.cut(text);
        let gap = usize::from(!lead.0.is_empty());
        let first = margin.0 + lead.0.width() + gap;
        let lines = wrap_text(&escape::line(&text), first, margin.1, self.style.width.max(NARROWEST));
        let mut start = format!("{}{}{}", " ".repeat(margin.0), self.painted(&lead), " ".repeat(gap));
        for line in lines {
            writeln!(self.out, "{}", format!("{start}{line}").trim_end())?;
            start = " ".repeat(margin.1);
        }
        Ok(())
    }

    /// A text that is too long to read is cut, unless everything is to be shown.
    fn cut(&mut self, text: &str) -> String {
        if self.style.verbose {
            return text.to_string();
        }
        let cut = escape::clip(text, LONGEST);
        self.hidden |= cut != text;
        cut
    }

    pub(super) fn painted(&self, lead: &Lead<'_>) -> String {
        if self.style.colour {
            format!("{}{}{}", lead.1.render(), lead.0, lead.1.render_reset())
        } else {
            lead.0.to_string()
        }
    }
}

#[cfg(test)]
mod tests;
