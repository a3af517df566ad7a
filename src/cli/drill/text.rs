//! A drill for people, in 80 columns or more.

use crate::story::world::StoryFault;
use anstyle::AnsiColor;
use portcullis_model::reconciliation::RunOutcome;
use portcullis_render::prose::wrap_text;
use portcullis_render::{Style, plural};
use portcullis_wire::drill::v1::{DetectionV1, DrillV1, DrilledFaultV1, DrilledGateV1, ExceededClassV1};
use std::fmt::Write as _;

/// Where the answer of a line begins.
const COLUMN: usize = 34;

/// No line is wider than this.
const WIDEST: usize = 110;

/// A text on its way.
struct DrillText {
    text: String,
    style: Style,
}

/// Writes a drill.
pub fn write_drill(drill: &DrillV1, style: Style) -> String {
    let style = Style { width: style.width.min(WIDEST), ..style };
    let mut page = DrillText { text: String::new(), style };
    page.open(drill);
    page.tell_gate("test data is merged", &drill.merge);
    page.tell_gate("it is deployed", &drill.deployment);
    for (fault, words) in drill.faults.iter().zip(StoryFault::ALL) {
        page.tell_fault(fault, words.words());
    }
    page.tell_told(drill);
    page.close(drill);
    page.text
}

impl DrillText {
    fn paint(&self, words: &str, colour: AnsiColor) -> String {
        let style = colour.on_default().bold();
        if self.style.colour { format!("{style}{words}{style:#}") } else { words.to_string() }
    }

    fn paragraph(&mut self, words: &str) {
        for line in wrap_text(words, 0, 0, self.style.width) {
            let _ = writeln!(self.text, "{}", line.trim_end());
        }
    }

    fn open(&mut self, drill: &DrillV1) {
        let dataset =
            drill.dataset.as_ref().map_or("no dataset".to_string(), |name| format!("dataset {name}"));
        let head = format!("DRILL  {}, {dataset}", portcullis_render::plain(&drill.project));
        self.paragraph(&head);
        self.text.push('\n');
        self.paragraph(&format!(
            "What happened to an upload in 2020, played with made-up records against this policy: {} days, and nobody looks \
             unless the policy makes sure of it. {}",
            drill.days,
            describe_runs(drill)
        ));
        self.text.push('\n');
        let title = format!("  {:<24}{:<8}found", "", "begins");
        let style = anstyle::Style::new().dimmed();
        let title = if self.style.colour { format!("{style}{title}{style:#}") } else { title };
        let _ = writeln!(self.text, "{title}");
    }

    /// A line of the table: what, since when, and the answer with its colour.
    fn line(&mut self, what: &str, day: &str, (word, colour): (&str, AnsiColor), words: &str) {
        let gap = usize::from(!words.is_empty()) * 2;
        let lines = wrap_text(words, COLUMN + word.len() + gap, COLUMN, self.style.width);
        let body = lines.join(&format!("\n{:COLUMN$}", ""));
        let painted = self.paint(word, colour);
        let line = format!("  {what:<24}{day:<8}{painted}{:gap$}{body}", "");
        let _ = writeln!(self.text, "{}", line.trim_end());
    }

    fn more(&mut self, words: &str) {
        for line in wrap_text(words, COLUMN, COLUMN, self.style.width) {
            let _ = writeln!(self.text, "{:COLUMN$}{line}", "");
        }
    }

    fn tell_gate(&mut self, what: &str, gate: &DrilledGateV1) {
        let names: Vec<&str> = gate.stopped_by.iter().map(|one| one.control.as_str()).collect();
        let by = format!("by {}", names.join(", "));
        let (word, words) = match (gate.played, names.is_empty()) {
            (false, _) => {
                (("not played", AnsiColor::Yellow), "no made-up file, branch or host fits the policy")
            }
            (true, true) => (("not stopped", AnsiColor::Red), "no control is against it"),
            (true, false) => (("stopped", AnsiColor::Green), by.as_str()),
        };
        self.line(what, "day 1", word, words);
    }

    fn tell_fault(&mut self, fault: &DrilledFaultV1, words: &str) {
        let begins = format!("day {}", fault.begins_on_day);
        match &fault.found {
            Some(found) => {
                let day = format!("day {}", found.day);
                self.line(words, &begins, (&day, AnsiColor::Green), &describe_detection(found));
            }
            None => {
                self.line(words, &begins, ("never", AnsiColor::Red), "");
                self.more(&describe_settings(fault));
            }
        }
    }

    fn tell_told(&mut self, drill: &DrillV1) {
        let what = "users are told";
        if drill.told.parties.is_empty() && drill.told.settings.is_empty() {
            return self.line(what, "", ("never", AnsiColor::Red), "the policy finds nothing to tell them");
        }
        for told in &drill.told.parties {
            let words = format!("at the latest: {}", portcullis_render::plain(&told.title));
            self.line(what, "", (&format!("day {}", told.day), AnsiColor::Green), &words);
        }
        for setting in &drill.told.settings {
            self.line(what, "", ("never", AnsiColor::Red), "");
            self.more(&format!("would change it: {}", portcullis_render::plain(setting)));
        }
    }

    fn close(&mut self, drill: &DrillV1) {
        let found = drill.faults.iter().filter(|fault| fault.found.is_some()).count();
        let told = match (drill.told.parties.is_empty(), drill.told.settings.is_empty()) {
            (false, true) => "Everyone who relies on the records is told.",
            (false, false) => "Not everyone who relies on the records is told.",
            (true, _) => "No one who relies on the records is told.",
        };
        self.text.push('\n');
        self.paragraph(&format!(
            "{found} of {} are found. {told}",
            plural(drill.faults.len() as u64, "fault")
        ));
    }
}

fn describe_runs(drill: &DrillV1) -> String {
    let every =
        drill.run_every_seconds.map(|seconds| format!("A run is due every {}", describe_span(seconds)));
    match (every, drill.run_after_deployment) {
        (Some(every), true) => format!("{every}, and after each deployment (every two weeks)."),
        (Some(every), false) => format!("{every}."),
        (None, true) => {
            "A run is due after each deployment (every two weeks) and before the next one.".to_string()
        }
        (None, false) => "No run is ever due.".to_string(),
    }
}

fn describe_span(seconds: u64) -> String {
    match seconds {
        0..3600 => plural(seconds / 60, "minute"),
        3600..172_800 => plural(seconds / 3600, "hour"),
        _ => plural(seconds / 86_400, "day"),
    }
}

/// The classes; how the run ends, where that is not that they are over their budgets.
fn describe_detection(found: &DetectionV1) -> String {
    let class = |one: &ExceededClassV1| format!("{} {}, budget {}", one.class, one.records, one.budget);
    let classes: Vec<String> = found.classes.iter().map(class).collect();
    let outcome = match found.outcome.as_str() {
        word if word == RunOutcome::OverBudget.as_str() && classes.is_empty() => {
            Some("fewer arrived within a deadline than its share".to_string())
        }
        word if word == RunOutcome::OverBudget.as_str() => None,
        word => Some(word.to_string()),
    };
    outcome.into_iter().chain(classes).collect::<Vec<_>>().join("; ")
}

fn describe_settings(fault: &DrilledFaultV1) -> String {
    match fault.then_on_day {
        Some(day) => format!("found on day {day} with {}", fault.settings.join(" and ")),
        None => "no setting that was tried finds it".to_string(),
    }
}
