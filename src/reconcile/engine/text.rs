//! The SQL text: one template, in which a dialect, a clock and a run are written as numbers.

use super::arms::write_arms;
use super::band::{DELETION, UPLOAD};
use super::dialect::EngineDialect;
use super::reach::{clamp, reach};
use crate::record::{Clock, Term};
use portcullis_model::digest::Digest;
use portcullis_model::reconciliation::RecordClass;

/// The text with gaps in braces.
const TEMPLATE: &str = include_str!("query.sql");

/// The most terms of a dataset: a band has two digits for them.
pub(super) const MOST_TERMS: usize = 99;

/// What a text is written for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextSettings {
    /// The dialect.
    pub dialect: EngineDialect,
    /// The run, which the answer has to name: hexadecimal digits.
    pub run: String,
    /// Up to how many records of a bucket, class and band are listed; of more, only the first is.
    pub bound: u64,
    /// The clock of the comparison.
    pub clock: Clock,
    /// Whether the reject log tells sequences; true where there is none.
    pub rejects_sequenced: bool,
    /// Whether the receipts tell sequences; true where there are none.
    pub receipts_sequenced: bool,
}

/// A text and what answers name it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlText {
    /// The statement, without a semicolon.
    pub text: String,
    /// The SHA-256 of the statement with a gap where it names itself.
    pub digest: Digest,
}

impl TextSettings {
    /// Writes the text.
    #[must_use]
    pub fn write_text(&self) -> SqlText {
        let open =
            self.gaps().iter().fold(TEMPLATE.to_string(), |text, (gap, value)| text.replace(gap, value));
        let open = format!("{}\n", open.trim_end());
        let digest = Digest::of(open.as_bytes());
        SqlText { text: open.replace("{text}", digest.hex()), digest }
    }

    /// The gaps and what is written into them, apart from the digest of the text itself.
    fn gaps(&self) -> Vec<(&'static str, String)> {
        let mut gaps = vec![
            ("{wide}", self.dialect.wide().to_string()),
            ("{ending}", self.dialect.ending().to_string()),
            ("{run}", self.run.clone()),
            ("{bound}", self.bound.to_string()),
            ("{arms}", write_arms()),
            ("{unlisted}", list_unlisted()),
        ];
        gaps.extend(self.clock_gaps());
        gaps.extend(self.answer_gaps());
        gaps
    }

    fn clock_gaps(&self) -> Vec<(&'static str, String)> {
        let clock = &self.clock;
        let (upload, deletion) = (last_reach(clock, b'U'), last_reach(clock, b'D'));
        let never = || "1 = 0".to_string();
        let timed = |condition: String| if clock.target_timed { condition } else { never() };
        let sequenced = |condition: &str, otherwise: &str| {
            if clock.target_sequenced { condition.to_string() } else { otherwise.to_string() }
        };
        let before = |reach: i64| clock.target_as_of.saturating_sub(reach);
        let is_before = |time: &str| {
            let (deletion, upload) = (before(deletion), before(upload));
            format!("(op = 68 AND {time} < {deletion}) OR (op <> 68 AND {time} < {upload})")
        };
        let is_after_reading =
            |time: &str| format!("{time} > {}", clock.target_as_of.saturating_add(clock.skew));
        let settled = clock.source_as_of.saturating_sub(clock.skew);
        let is_settled = match clock.target_timed {
            true => format!("coalesce(h_time, 0) < {settled}"),
            false => "1 = 1".to_string(),
        };
        let answer_due = clock.answer_term.map(|term| before(reach(term, clock.skew)));
        let is_late =
            |reach: i64| format!("h_time > s_time + {reach} AND h_time > {}", clamp(clock.late_since));
        vec![
            ("{is_no_older}", sequenced("h_seq >= m_seq", "1 = 1")),
            ("{is_ahead}", sequenced(&format!("h_seq > m_seq AND NOT ({is_settled})"), "1 = 0")),
            ("{is_settled}", is_settled),
            ("{is_no_older_than_operation}", sequenced("h_seq >= seq", "1 = 1")),
            ("{is_early}", is_after_reading("s_time")),
            ("{is_early_operation}", is_after_reading("time")),
            ("{is_overdue}", is_before("s_time")),
            ("{is_due}", is_before("time")),
            ("{is_answer_overdue}", answer_due.map_or_else(never, |due| format!("s_time < {due}"))),
            (
                "{is_loaded_late}",
                timed(format!("(op = 68 AND {}) OR (op <> 68 AND {})", is_late(deletion), is_late(upload))),
            ),
            ("{is_future}", timed(format!("h_time > {}", clock.target_as_of.saturating_add(clock.skew)))),
            (
                "{is_scheduled}",
                format!("operations = 1 AND s_time > {}", clock.source_as_of.saturating_add(clock.skew)),
            ),
            ("{deletion_band}", write_band(clock, b'D')),
            ("{upload_band}", write_band(clock, b'U')),
        ]
    }

    /// An answer is to the latest operation by its sequence, or, where answers have none, by its
    /// time.
    fn answer_gaps(&self) -> Vec<(&'static str, String)> {
        let skew = clamp(self.clock.skew);
        let column = |sequenced: bool| if sequenced { "seq" } else { "0" }.to_string();
        let group = |sequenced: bool| if sequenced { ", seq" } else { "" }.to_string();
        let join = |sequenced: bool, name: &str| {
            if sequenced { format!(" AND m_seq = {name}") } else { String::new() }
        };
        let answers = |sequenced: bool, time: &str| match sequenced {
            true => format!("{time} IS NOT NULL"),
            false => format!("{time} + {skew} >= s_time"),
        };
        let until = self.clock.target_as_of.saturating_sub(self.clock.skew);
        let (rejects, receipts) = (self.rejects_sequenced, self.receipts_sequenced);
        vec![
            ("{rejects_seq}", column(rejects)),
            ("{rejects_group}", group(rejects)),
            ("{rejects_join}", join(rejects, "r_seq")),
            ("{receipts_seq}", column(receipts)),
            ("{receipts_group}", group(receipts)),
            ("{receipts_join}", join(receipts, "a_seq")),
            ("{answers_until}", until.to_string()),
            ("{is_rejected}", answers(rejects, "r_time")),
            ("{is_answered}", answers(receipts, "a_time")),
            ("{is_accepted}", answers(receipts, "yes_time")),
            ("{is_refused}", answers(receipts, "no_time")),
        ]
    }
}

fn last_reach(clock: &Clock, operation: u8) -> i64 {
    reach(clock.terms_of(operation).last().map_or(0, |term| term.within), clock.skew)
}

/// The classes whose records are not listed: those that need no budget.
fn list_unlisted() -> String {
    let unlisted = RecordClass::ALL.into_iter().filter(|class| !class.needs_budget());
    unlisted.map(|class| format!("'{}'", class.as_str())).collect::<Vec<_>>().join(", ")
}

/// The number that says which terms have passed and which were met ([`super::band`]).
fn write_band(clock: &Clock, operation: u8) -> String {
    let terms = clock.terms_of(operation);
    let reaches = || terms.iter().map(|term: &Term| reach(term.within, clock.skew));
    let sum = |parts: Vec<String>| if parts.is_empty() { "0".to_string() } else { parts.join(" + ") };
    let passed = sum(reaches()
        .map(|reach| {
            format!("CASE WHEN s_time < {} THEN 1 ELSE 0 END", clock.target_as_of.saturating_sub(reach))
        })
        .collect());
    let is_timed = clock.target_timed && operation != b'D';
    let missed = match is_timed {
        true => sum(reaches()
            .map(|reach| format!("CASE WHEN h_time > s_time + {reach} THEN 1 ELSE 0 END"))
            .collect()),
        false => "0".to_string(),
    };
    let base = if operation == b'D' { DELETION } else { UPLOAD };
    let none = terms.len();
    format!("{base} + 100 * ({passed}) + CASE WHEN is_right = 1 THEN {missed} ELSE {none} END")
}
