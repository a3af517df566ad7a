//! The classes in SQL: for each rule of [`RULES`] the conditions that say the same of the columns
//! of the text. A test holds both against each other for every combination of facts.

use crate::precedence::RULES;
#[cfg(test)]
use crate::record::{Clock, RecordFacts};
use portcullis_model::reconciliation::RecordClass;

/// A condition: a column of the text, and what it has to be.
#[derive(Clone, Copy, Debug)]
struct Condition(Column, Comparison, i64);

#[derive(Clone, Copy, Debug)]
enum Comparison {
    Is,
    Exceeds,
}

/// Columns of the text that conditions name; each is a fact of [`crate::record::RecordFacts`], or
/// what one of its methods says.
macro_rules! columns {
    ($($column:ident = $name:literal, $fact:expr;)+) => {
        #[derive(Clone, Copy, Debug)]
        enum Column { $($column,)+ }

        impl Column {
            const fn name(self) -> &'static str {
                match self { $(Self::$column => $name,)+ }
            }

            #[cfg(test)]
            fn of(self, facts: &RecordFacts, clock: &Clock) -> i64 {
                match self { $(Self::$column => {
                    let fact: fn(&RecordFacts, &Clock) -> i64 = $fact;
                    fact(facts, clock)
                })+ }
            }
        }
    };
}

columns! {
    Unkeyed = "unkeyed", |f, _| f.is_unkeyed().into();
    Incomparable = "incomparable", |f, _| f.is_incomparable().into();
    Operations = "operations", |f, _| f.operations.cast_signed();
    Marked = "marked", |f, _| f.is_test_data().into();
    Records = "records", |f, _| f.records.cast_signed();
    Expected = "expected", |f, _| f.is_expected().into();
    Answered = "answered", |f, _| f.answered.into();
    Accepted = "accepted", |f, _| f.accepted.into();
    Refused = "refused", |f, _| f.refused.into();
    Rejected = "rejected", |f, _| f.rejected.into();
    SeenGone = "seen_gone", |f, _| f.seen_gone.into();
    Operation = "op", |f, _| f.operation.into();
    Overdue = "overdue", |f, _| f.overdue.into();
    AnswerOverdue = "answer_overdue", |f, _| f.answer_overdue.into();
    LoadedLate = "loaded_late", |f, _| f.loaded_late.into();
    Settled = "settled", |f, _| f.settled.into();
    Right = "is_right", |f, clock| f.is_right(clock.target_sequenced).into();
    Ahead = "ahead", |f, clock| (clock.target_sequenced && f.target_sequence > f.sequence && !f.settled).into();
}

use Column::{
    Accepted, Ahead, AnswerOverdue, Answered, Expected, Incomparable, LoadedLate, Marked, Operation,
    Operations, Overdue, Records, Refused, Rejected, Right, SeenGone, Settled, Unkeyed,
};
use Comparison::{Exceeds, Is};

/// `D`, as the tables hold it.
const DELETION: i64 = b'D' as i64;

/// The conditions of a class: all of them have to hold.
const fn list_conditions(class: RecordClass) -> &'static [Condition] {
    match class {
        RecordClass::Unkeyed => &[Condition(Unkeyed, Is, 1)],
        RecordClass::Incomparable => &[Condition(Incomparable, Is, 1)],
        RecordClass::SourceDuplicate => &[Condition(Operations, Exceeds, 1)],
        RecordClass::TestData => &[Condition(Marked, Is, 1)],
        RecordClass::Duplicate => &[Condition(Records, Exceeds, 1)],
        RecordClass::AcknowledgedAbsent => {
            &[Condition(Expected, Is, 1), Condition(Records, Is, 0), Condition(Accepted, Is, 1)]
        }
        RecordClass::Resurrected => {
            &[Condition(Expected, Is, 0), Condition(Records, Exceeds, 0), Condition(SeenGone, Is, 1)]
        }
        RecordClass::Undeleted => {
            &[Condition(Operation, Is, DELETION), Condition(Records, Exceeds, 0), Condition(Overdue, Is, 1)]
        }
        RecordClass::Extra => {
            &[Condition(Operations, Is, 0), Condition(Records, Exceeds, 0), Condition(Settled, Is, 1)]
        }
        RecordClass::Rejected => &[Condition(Right, Is, 0), Condition(Rejected, Is, 1)],
        RecordClass::RejectedUnlogged => &[Condition(Right, Is, 0), Condition(Refused, Is, 1)],
        RecordClass::Missing => {
            &[Condition(Right, Is, 0), Condition(Records, Is, 0), Condition(Overdue, Is, 1)]
        }
        RecordClass::Stale => &[
            Condition(Records, Is, 1),
            Condition(Expected, Is, 1),
            Condition(Right, Is, 0),
            Condition(Overdue, Is, 1),
            Condition(Ahead, Is, 0),
        ],
        RecordClass::Unacknowledged => &[
            Condition(Right, Is, 1),
            Condition(AnswerOverdue, Is, 1),
            Condition(Answered, Is, 0),
            Condition(Rejected, Is, 0),
        ],
        RecordClass::Late => {
            &[Condition(Expected, Is, 1), Condition(Right, Is, 1), Condition(LoadedLate, Is, 1)]
        }
        RecordClass::Pending => &[Condition(Right, Is, 0)],
        RecordClass::Ok | RecordClass::Superseded => &[],
    }
}

/// The lines of the `CASE` that gives a record its class, in the order of [`RULES`].
pub(super) fn write_arms() -> String {
    let lines = RULES.iter().map(|rule| {
        let conditions = list_conditions(rule.class).iter().map(write_condition).collect::<Vec<_>>();
        let class = rule.class.as_str();
        match conditions.is_empty() {
            true => format!("      ELSE '{class}'"),
            false => format!("      WHEN {} THEN '{class}'", conditions.join(" AND ")),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn write_condition(Condition(column, comparison, value): &Condition) -> String {
    let sign = match comparison {
        Is => "=",
        Exceeds => ">",
    };
    format!("{} {sign} {value}", column.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::precedence::classify;
    use crate::record::Term;
    use crate::row::{INCOMPARABLE, MARKED, UNKEYED};
    use proptest::prelude::*;

    fn classify_by_conditions(facts: &RecordFacts, clock: &Clock) -> RecordClass {
        let holds = |Condition(column, comparison, value): &Condition| match comparison {
            Is => column.of(facts, clock) == *value,
            Exceeds => column.of(facts, clock) > *value,
        };
        RULES.iter().map(|rule| rule.class).find(|class| list_conditions(*class).iter().all(holds)).unwrap()
    }

    fn clock(target_sequenced: bool) -> Clock {
        let terms = vec![Term { share: 1_000_000, within: 60 }];
        Clock {
            target_as_of: 1000,
            source_as_of: 1000,
            skew: 0,
            deletion_terms: terms.clone(),
            terms,
            answer_term: Some(60),
            late_since: 0,
            target_timed: true,
            target_sequenced,
        }
    }

    fn mark() -> impl Strategy<Value = u8> {
        prop_oneof![6 => Just(0), 1 => Just(UNKEYED), 1 => Just(INCOMPARABLE), 1 => Just(MARKED), 1 => Just(7_u8)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn the_conditions_of_the_text_say_what_the_rules_say(
            (operations, records) in (0_u64..3, 0_u64..3),
            operation in prop_oneof![Just(b'U'), Just(b'A'), Just(b'D')],
            (sequence, target_sequence, digest, target_digest) in (0_i64..3, 0_i64..3, 0_u128..2, 0_u128..2),
            (source_marks, target_marks) in (mark(), mark()),
            flags in any::<[bool; 10]>(),
            sequenced: bool,
        ) {
            let [
                rejected,
                refused,
                accepted,
                answered,
                seen_gone,
                settled,
                overdue,
                answer_overdue,
                loaded_late,
                gone_early,
            ] = flags;
            let facts = RecordFacts {
                operations,
                operation: if operations == 0 { 0 } else { operation },
                sequence,
                digest,
                source_marks: if operations == 0 { 0 } else { source_marks },
                records,
                target_sequence,
                target_digest,
                target_marks: if records == 0 { 0 } else { target_marks },
                rejected,
                refused,
                accepted,
                answered,
                seen_gone,
                settled,
                overdue,
                answer_overdue,
                loaded_late,
                gone_early,
                ..RecordFacts::default()
            };
            let clock = clock(sequenced);
            prop_assert_eq!(classify_by_conditions(&facts, &clock), classify(&facts, &clock));
        }
    }

    #[test]
    fn every_class_has_an_arm_in_the_order_of_the_rules_and_the_last_has_no_condition() {
        let arms = write_arms();
        let found: Vec<_> = arms.lines().map(|line| line.rsplit('\'').nth(1).unwrap()).collect();
        let rules: Vec<_> = RULES.iter().map(|rule| rule.class.as_str()).collect();
        assert_eq!(found, rules);
        assert!(arms.lines().last().unwrap().trim().starts_with("ELSE"));
        assert_eq!(arms.matches("ELSE").count(), 1);
    }
}
