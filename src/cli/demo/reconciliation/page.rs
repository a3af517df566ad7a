//! How the story is told: days, times and what happened, in 80 columns or more.

use anstyle::AnsiColor;
use portcullis_model::reconciliation::RunOutcome;
use portcullis_render::Style;
use portcullis_render::prose::wrap_text;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr as _;

/// Where a day begins.
const DAY_COLUMN: usize = 2;

/// Where what happened is told, after the time.
const COLUMN: usize = 9;

/// No text is wider than this: longer lines are hard to read.
const WIDEST: usize = 110;

/// The columns that letters fill.
const FILLED: usize = 76;

/// The story on its way.
pub struct StoryPage {
    text: String,
    width: usize,
    colour: bool,
}

impl StoryPage {
    /// An empty page.
    pub fn new(style: Style) -> Self {
        Self { text: String::new(), width: style.width.min(WIDEST), colour: style.colour }
    }

    /// What was told since the last time.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    /// An empty line.
    pub fn blank(&mut self) {
        self.text.push('\n');
    }

    fn paint(&self, words: &str, style: anstyle::Style) -> String {
        if self.colour { format!("{style}{words}{style:#}") } else { words.to_string() }
    }

    /// A paragraph from the left edge.
    pub fn paragraph(&mut self, words: &str) {
        self.lines("", 0, words);
    }

    /// The beginning of a day: its date to the left, its number to the right.
    pub fn day(&mut self, date: &str, number: i64) {
        let right = format!("day {number}");
        let gap = self.width.saturating_sub(date.width() + right.width() + 2);
        let line = self.paint(&"-".repeat(gap), anstyle::Style::new().dimmed());
        let date = self.paint(date, anstyle::Style::new().bold());
        let _ = writeln!(self.text, "\n{date} {line} {right}");
    }

    /// Something that happened at a time of the day.
    pub fn event(&mut self, time: &str, words: &str) {
        let lead = format!("{:DAY_COLUMN$}{time:<1$}", "", COLUMN - DAY_COLUMN);
        self.lines(&lead, COLUMN, words);
    }

    /// More of it.
    pub fn more(&mut self, words: &str) {
        self.event("", words);
    }

    /// A verdict of the check, and what it says.
    pub fn verdict(&mut self, time: &str, outcome: RunOutcome, words: &str) {
        let (word, colour) = match outcome {
            RunOutcome::Green => ("GREEN", AnsiColor::Green),
            RunOutcome::Unconfirmed => ("UNCONFIRMED", AnsiColor::Yellow),
            RunOutcome::OverBudget => ("OVER BUDGET", AnsiColor::Red),
            RunOutcome::Broken => ("BROKEN", AnsiColor::Red),
        };
        let painted = self.paint(word, colour.on_default().bold());
        let lead = format!("{:DAY_COLUMN$}{time:<1$}", "", COLUMN - DAY_COLUMN);
        let lines = wrap_text(words, COLUMN + word.width() + 2, COLUMN, self.width);
        let _ = writeln!(self.text, "{lead}{painted}  {}", lines.join(&format!("\n{:COLUMN$}", "")));
    }

    /// A line of a list below a verdict: a name, a number, what it means.
    pub fn item(&mut self, name: &str, number: u64, words: &str) {
        let start = COLUMN + 2 + 14 + 6 + 2;
        let lines = wrap_text(words, start, start, self.width);
        let name = self.paint(&format!("{name:<14}"), anstyle::Style::new().bold());
        let body = lines.join(&format!("\n{:start$}", ""));
        let _ = writeln!(self.text, "{:1$}{name}{number:>6}  {body}", "", COLUMN + 2);
    }

    /// A text as it is, set off by a line at its left.
    pub fn quote(&mut self, text: &str) {
        let bar = self.paint("|", anstyle::Style::new().dimmed());
        for line in join_lines(text) {
            let line = line.as_str();
            let is_item = line.starts_with("- ");
            let hang = if is_item { 2 } else { 0 };
            for (place, part) in wrap_text(line, COLUMN + 2, COLUMN + 2 + hang, self.width).iter().enumerate()
            {
                let hang = if place == 0 { 0 } else { hang };
                let filled = format!("{:COLUMN$}{bar} {:hang$}{part}", "", "");
                let _ = writeln!(self.text, "{}", filled.trim_end());
            }
        }
    }

    fn lines(&mut self, lead: &str, column: usize, words: &str) {
        let lines = wrap_text(words, column, column, self.width);
        let body = lines.join(&format!("\n{:column$}", ""));
        let _ = writeln!(self.text, "{}", format!("{lead}{body}").trim_end());
    }
}

/// Lines that a letter filled by itself go on in the next one: here they have another width. A line
/// was filled where the first word of the next one had no place in it.
fn join_lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut room = 0;
    for line in text.lines() {
        let first = line.trim_start().split(' ').next().unwrap_or_default();
        let is_new = first.is_empty() || first == "-" || first.ends_with(':');
        let goes_on = !is_new && first.width() >= room;
        match lines.last_mut().filter(|last| goes_on && !last.is_empty()) {
            Some(last) => last.extend([" ", line.trim_start()]),
            None => lines.push(line.to_string()),
        }
        room = FILLED.saturating_sub(line.width());
    }
    lines
}
