//! Which class a record has: the first rule of [`RULES`] that applies to it.
//!
//! The table is documentation and code at once: [`write_table`] writes it as Markdown, and a test
//! holds the page against it.

use crate::record::{Clock, RecordFacts};
use portcullis_model::reconciliation::RecordClass;

/// When a class applies.
pub struct ClassRule {
    /// The class.
    pub class: RecordClass,
    /// When it applies, in words.
    pub when: &'static str,
    /// When it applies.
    pub applies: fn(&RecordFacts, &Clock) -> bool,
}

/// A line of the table.
macro_rules! rule {
    ($class:ident, $when:literal, $applies:expr) => {
        ClassRule { class: RecordClass::$class, when: $when, applies: $applies }
    };
}

/// The rules by falling precedence. Rows that a later operation of their key replaced are
/// [`RecordClass::Superseded`], and no rule is asked.
pub const RULES: [ClassRule; 17] = [
    rule!(Unkeyed, "a row has no whole key", |facts, _| facts.is_unkeyed()),
    rule!(
        Incomparable,
        "the record should be there and is, and a value of either side has no canonical form",
        |facts, _| facts.is_incomparable()
    ),
    rule!(
        SourceDuplicate,
        "the source has several different operations with the latest sequence",
        |facts, _| facts.operations > 1
    ),
    rule!(TestData, "the target has a reserved key or marker", |facts, _| facts.is_test_data()),
    rule!(Duplicate, "the target has the key more than once", |facts, _| facts.records > 1),
    rule!(
        AcknowledgedAbsent,
        "the record should be there and is not, and a receipt from before the target was read accepts it",
        |facts, _| facts.is_expected() && facts.records == 0 && facts.accepted
    ),
    rule!(
        Resurrected,
        "the record was deleted, an earlier run saw it gone, and it is there again",
        |facts, _| !facts.is_expected() && facts.records > 0 && facts.seen_gone
    ),
    rule!(Undeleted, "the record was deleted and is there after the deadline", |facts, _| facts.operation
        == b'D'
        && facts.records > 0
        && facts.overdue),
    rule!(
        Extra,
        "the source has no operation, and the record was loaded before the source was read",
        |facts, _| facts.operations == 0 && facts.records > 0 && facts.settled
    ),
    rule!(Rejected, "it is not as it should be, and the reject log has the operation", |facts, clock| {
        !facts.is_right(clock.target_sequenced) && facts.rejected
    }),
    rule!(
        RejectedUnlogged,
        "it is not as it should be, and a receipt refuses the operation",
        |facts, clock| !facts.is_right(clock.target_sequenced) && facts.refused
    ),
    rule!(
        Missing,
        "the record should be there and is not: after the deadline, or before its deletion takes effect",
        |facts, clock| !facts.is_right(clock.target_sequenced) && facts.records == 0 && facts.overdue
    ),
    rule!(
        Stale,
        "the record has an older version or other content after the deadline, and no later operation than those \
         that the source showed can have changed it",
        |facts, clock| {
            let is_newer = clock.target_sequenced && facts.target_sequence > facts.sequence && !facts.settled;
            let is_wrong = facts.is_expected() && !facts.is_right(clock.target_sequenced);
            facts.records == 1 && is_wrong && facts.overdue && !is_newer
        }
    ),
    rule!(
        Unacknowledged,
        "it is as it should be, and the receiver gave no answer in time",
        |facts, clock| {
            let is_answered = facts.answered || facts.rejected;
            facts.is_right(clock.target_sequenced) && facts.answer_overdue && !is_answered
        }
    ),
    rule!(Late, "it is as it should be, and was loaded after its deadline", |facts, clock| {
        facts.is_expected() && facts.is_right(clock.target_sequenced) && facts.loaded_late
    }),
    rule!(
        Pending,
        "it is not as it should be, and its deadline has not passed or the source was read too early to know",
        |facts, clock| !facts.is_right(clock.target_sequenced)
    ),
    rule!(Ok, "it is as it should be", |_, _| true),
];

/// The class of a record.
#[must_use]
pub fn classify(facts: &RecordFacts, clock: &Clock) -> RecordClass {
    let rule = RULES.iter().find(|rule| (rule.applies)(facts, clock));
    rule.map_or(RecordClass::Ok, |rule| rule.class)
}

/// What [`classify`] says, without asking rule by rule where everything is as it should be.
#[inline]
#[must_use]
pub fn classify_quickly(facts: &RecordFacts, clock: &Clock) -> RecordClass {
    let unmarked = facts.source_marks | facts.target_marks == 0;
    let plain = unmarked && facts.operations == 1 && !facts.answer_overdue && !facts.loaded_late;
    if plain && facts.is_right(clock.target_sequenced) { RecordClass::Ok } else { classify(facts, clock) }
}

/// The table as Markdown.
#[must_use]
pub fn write_table() -> String {
    let mut table = String::from("| class | a record has it if |\n| --- | --- |\n");
    for rule in &RULES {
        table.push_str(&format!("| `{}` | {} |\n", rule.class.as_str(), rule.when));
    }
    let superseded = RecordClass::Superseded.as_str();
    table.push_str(&format!(
        "| `{superseded}` | an operation that a later one of its key replaced, or a repetition of it |\n"
    ));
    table
}
