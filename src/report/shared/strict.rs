//! What a report of a format with one writer contains beside what that writer writes.
//!
//! Each such format lists the elements and attributes, or fields, of its writer. What is on no list
//! can say that something failed, in an unknown version or by a tool that adds to the report;
//! `said.rs` knows what its name and value mean.
//!
//! | where | what it is about | means |
//! | --- | --- | --- |
//! | in a test | failure, in an attribute or a field | the test failed, and a contradiction |
//! | in a test | unknown, or failure in an element | the test is an error, and a contradiction |
//! | outside of tests | failure | an error outside of the tests |
//! | outside of tests | unknown, and it is an element or says an outcome | a contradiction |
//! | anywhere | who, what, where, when, how long | nothing |

use crate::said::{self, Hint};
use crate::summary::add_sentences;
use crate::xml::Element;
use portcullis_testrun::test_run::{TestOutcome, TestRun};
use serde_core::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The elements of a writer with their attributes, all in lower case.
pub type KnownElements = [(&'static str, &'static [&'static str])];

/// A part of a report that its writer does not define, and that may say that something failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPart {
    /// It names a failure; otherwise its meaning is unknown.
    bad: bool,
    element: bool,
    /// Its name ends with a word for outcomes.
    outcome: bool,
    part: String,
}

impl UnknownPart {
    fn of(hint: Hint, what: &str, name: &str) -> Option<UnknownPart> {
        let bad = match hint {
            Hint::Harmless => return None,
            Hint::Bad | Hint::Failures(_) => true,
            Hint::Unknown => false,
        };
        let outcome = said::says_outcome(name);
        Some(UnknownPart {
            bad,
            element: what == ELEMENT,
            outcome,
            part: format!("{what} `{}`", said::shown(name)),
        })
    }

    /// A field that says that something failed by standing there.
    pub fn failure(field: &str) -> UnknownPart {
        UnknownPart { bad: true, element: false, outcome: false, part: format!("field `{field}`") }
    }

    /// What a test that holds it comes to.
    pub fn outcome(&self) -> TestOutcome {
        if self.bad && !self.element { TestOutcome::Failed } else { TestOutcome::Error }
    }

    /// The sentence about a test that holds it.
    pub fn of_test(&self) -> String {
        format!("a test has the {}, which is not known here: it may say that the test failed", self.part)
    }

    /// Notes what it says of the run, where it is in no test. `place` begins the sentence.
    pub fn against(&self, place: &str, run: &mut TestRun) {
        let part = &self.part;
        if self.bad {
            add_sentences(
                &mut run.errors,
                [format!("{place} has the {part}, which says that something failed")],
            );
        } else if self.element || self.outcome {
            add_sentences(
                &mut run.contradictions,
                [format!("{place} has the {part}, which is not known here")],
            );
        }
    }
}

const ELEMENT: &str = "element";

/// What an element says that its writer does not define, by its name or by its attributes.
pub fn part(element: &Element<'_>, known: &KnownElements) -> Option<UnknownPart> {
    match known.iter().find(|(name, _)| *name == element.name) {
        Some((_, attributes)) => attribute(element, attributes),
        None => named(element.name).or_else(|| attribute(element, &[]).filter(|foreign| foreign.bad)),
    }
}

/// What the name of an element says that its writer does not define.
pub fn named(name: &str) -> Option<UnknownPart> {
    UnknownPart::of(said::element(name), ELEMENT, name)
}

/// What the type of an event says that its writer does not define. Writers may add types; one that
/// says an outcome is not passed over.
pub fn event(kind: &str) -> Option<UnknownPart> {
    let hint = said::element(&kind.to_ascii_lowercase());
    UnknownPart::of(hint, "event", kind).filter(|foreign| foreign.bad || foreign.outcome)
}

/// What an attribute of an element says that its writer does not define.
pub fn attribute(element: &Element<'_>, known: &[&str]) -> Option<UnknownPart> {
    let others = element.attributes.iter().filter(|(name, _)| !known.contains(name));
    let all =
        others.filter_map(|(name, value)| UnknownPart::of(said::attribute(name, value), "attribute", name));
    worst(all)
}

/// The worst of all, and of equal ones the first.
pub fn worst(all: impl Iterator<Item = UnknownPart>) -> Option<UnknownPart> {
    all.reduce(|first, next| if next.bad && !first.bad { next } else { first })
}

/// Keeps the worse of two.
pub fn keep(kept: &mut Option<UnknownPart>, found: Option<UnknownPart>) {
    *kept = worst(kept.take().into_iter().chain(found));
}

/// What is in the members of a JSON object beside those that its writer defines.
#[derive(Clone, Debug, Default)]
pub struct UnknownFields(pub Option<UnknownPart>);

impl UnknownFields {
    /// Notes what they say of the run, where they are in no test.
    pub fn against(&self, place: &str, run: &mut TestRun) {
        self.0.iter().for_each(|foreign| foreign.against(place, run));
    }
}

/// The members of an object that are not read, while the object is.
pub struct OtherMembers {
    /// Those that its writer defines.
    known: &'static [&'static str],
    /// Which of them were there: a bit for each.
    seen: u64,
    found: Option<UnknownPart>,
}

impl OtherMembers {
    /// How many can be known.
    pub const MOST: usize = u64::BITS as usize;

    /// None yet, and which are known: not more than [`OtherMembers::MOST`].
    pub fn beside(known: &'static [&'static str]) -> Self {
        OtherMembers { known, seen: 0, found: None }
    }

    /// Takes one more. One that is known says nothing.
    ///
    /// # Errors
    /// Its value is no JSON, or it is known and there a second time.
    pub fn read_member<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        members: &mut A,
    ) -> Result<(), A::Error> {
        let Some(at) = self.known.iter().position(|known| *known == name) else {
            let ShownValue(value) = members.next_value()?;
            let hint = field_hint(&name.to_ascii_lowercase(), &value);
            keep(&mut self.found, UnknownPart::of(hint, "field", name));
            return Ok(());
        };
        if self.seen & (1 << at) != 0 {
            return Err(de::Error::duplicate_field(self.known[at]));
        }
        self.seen |= 1 << at;
        members.next_value::<IgnoredAny>().map(drop)
    }

    /// What those say that are not known.
    pub fn found(self) -> UnknownFields {
        UnknownFields(self.found)
    }
}

/// What a field says by its value, or, where that holds others, by its name as an element does.
fn field_hint(name: &str, value: &str) -> Hint {
    match said::attribute(name, value) {
        Hint::Unknown if value == THINGS => said::element(name),
        hint => hint,
    }
}

/// A value as an attribute would show it; of what holds others only whether it holds any.
struct ShownValue(String);

impl<'de> Deserialize<'de> for ShownValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Values)
    }
}

struct Values;

/// How a list or an object that holds something is shown.
const THINGS: &str = "[...]";

fn show_list(any: bool) -> ShownValue {
    ShownValue(if any { THINGS.into() } else { String::new() })
}

impl<'de> Visitor<'de> for Values {
    type Value = ShownValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<ShownValue, E> {
        Ok(show_list(false))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<ShownValue, E> {
        Ok(ShownValue(value.to_string()))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<ShownValue, E> {
        Ok(ShownValue(value.to_string()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<ShownValue, E> {
        Ok(ShownValue(value.to_string()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<ShownValue, E> {
        Ok(ShownValue(value.to_string()))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<ShownValue, E> {
        Ok(ShownValue(value.to_string()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<ShownValue, A::Error> {
        let mut any = false;
        while items.next_element::<IgnoredAny>()?.is_some() {
            any = true;
        }
        Ok(show_list(any))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<ShownValue, A::Error> {
        let mut any = false;
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            any = true;
        }
        Ok(show_list(any))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::members::json_objects;

    json_objects! {
        struct Nothing {
            .. unread []
        }
    }

    fn of(text: &str) -> Option<(bool, bool)> {
        let Nothing { others } = serde_json::from_str(text).unwrap();
        others.0.map(|foreign| (foreign.bad, foreign.outcome))
    }

    #[test]
    fn fields_are_taken_at_their_word() {
        for (text, found) in [
            ("{}", None),
            (r#"{"failures": [], "errors": null, "crashed": false, "exitCode": 0, "duration": 3}"#, None),
            (r#"{"failures": [1]}"#, Some((true, false))),
            (r#"{"errors": {"a": 1}}"#, Some((true, false))),
            (r#"{"exitCode": -11}"#, Some((true, false))),
            (r#"{"isOk": false}"#, Some((true, false))),
            (r#"{"finalStatus": "odd"}"#, Some((false, true))),
            (r#"{"mood": 1.5}"#, Some((false, false))),
            (r#"{"mood": "sour", "outcome": "failed"}"#, Some((true, true))),
            (r#"{"shards": [{"status": "failed"}]}"#, None),
            (r#"{"meta": {"a": 1}, "properties": [1]}"#, None),
            (r#"{"verdicts": [1]}"#, Some((false, false))),
        ] {
            assert_eq!(of(text), found, "{text}");
        }
    }

    #[test]
    fn what_speaks_of_failure_is_an_error_and_what_nobody_knows_a_contradiction() {
        let element = |name: &'static str, attributes: &'static [(&str, &str)]| Element { name, attributes };
        let known: &KnownElements = &[("suite", &["name"])];
        for (element, errors, contradictions) in [
            (element("suite", &[("name", "failed")]), 0, 0),
            (element("suite", &[("crashed", "true")]), 1, 0),
            (element("suite", &[("result", "odd")]), 0, 1),
            (element("suite", &[("mood", "sour")]), 0, 0),
            (element("crash", &[]), 1, 0),
            (element("verdict", &[]), 0, 1),
            (element("properties", &[("mood", "sour")]), 0, 0),
            (element("properties", &[("result", "failed")]), 1, 0),
        ] {
            let mut run = TestRun::default();
            part(&element, known).iter().for_each(|foreign| foreign.against("it", &mut run));
            assert_eq!((run.errors.len(), run.contradictions.len()), (errors, contradictions));
        }
    }
}
