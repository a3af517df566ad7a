//! A simulation for people. That it is one is in its first line and in its last.

use super::prose::wrap_text;
use super::summary::word_of;
use super::{Style, escape};
use portcullis_wire::decision::v1::{FindingV1, OutcomeV1};
use portcullis_wire::simulation::v1::SimulationV1;
use std::io;

/// How many findings of each list are shown; JSON has all.
const SHOWN: usize = 20;

/// Writes it.
///
/// # Errors
/// Those of `out`.
pub fn write_simulation(simulation: &SimulationV1, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = SimulationPage { out, width: style.width };
    page.line(0, &format!("SIMULATION of {}: nothing is decided", simulation.name))?;
    page.line(2, &format!("as it is:  {}", name_outcome(simulation.as_it_is)))?;
    page.line(2, &format!("would be:  {}", name_outcome(simulation.would_be)))?;
    page.line(0, "")?;
    page.line(2, "if all of this were so, and none of it is:")?;
    simulation.assumed.iter().try_for_each(|assumed| page.line(4, &format!("- {assumed}")))?;
    page.findings("no longer in the way:", &simulation.resolved)?;
    page.findings("newly in the way:", &simulation.new)?;
    page.findings("still in the way:", &simulation.left)?;
    page.line(0, "")?;
    page.line(0, "This is a simulation and no decision: the exit code is 7, whatever would come of it.")
}

fn name_outcome(outcome: OutcomeV1) -> &'static str {
    match outcome {
        OutcomeV1::Allow => "allowed",
        OutcomeV1::Undetermined => "undetermined",
        OutcomeV1::Block => "blocked",
    }
}

struct SimulationPage<'a> {
    out: &'a mut dyn io::Write,
    width: usize,
}

impl SimulationPage<'_> {
    fn line(&mut self, margin: usize, text: &str) -> io::Result<()> {
        let mut start = " ".repeat(margin);
        for line in wrap_text(&escape::line(text), margin, margin + 2, self.width) {
            writeln!(self.out, "{}", format!("{start}{line}").trim_end())?;
            start = " ".repeat(margin + 2);
        }
        Ok(())
    }

    fn findings(&mut self, title: &str, findings: &[FindingV1]) -> io::Result<()> {
        if findings.is_empty() {
            return Ok(());
        }
        self.line(0, "")?;
        self.line(2, title)?;
        for found in findings.iter().take(SHOWN) {
            let FindingV1 { verdict, control, subject, reason, .. } = found;
            let subject = format!("{} {}", word_of(&subject.kind), subject.name);
            self.line(4, &format!("- {control}, {subject}: {}: {reason}", word_of(verdict)))?;
        }
        match findings.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => self.line(4, &format!("and {more} more; --format json has all")),
        }
    }
}
