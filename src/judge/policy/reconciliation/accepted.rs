//! `accepted` of a dataset: differences that a person accepts until a day.

use super::super::Problem;
use super::super::checks::check_text;
use super::super::serde_messages::suggest_name;
use portcullis_model::moment::Moment;
use portcullis_model::reconciliation::{AcceptedDifference, RecordClass};
use serde::Deserialize;
use toml::Spanned;

/// Hexadecimal digits of a keyed key.
const DIGITS: usize = 32;

/// A difference of one record that is accepted until a day.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AcceptedText {
    /// The keyed key of the record, as runs list it: 32 hexadecimal digits.
    #[cfg_attr(test, schemars(with = "String", extend("pattern" = "^[0-9a-f]{32}$")))]
    key: Spanned<String>,
    /// The class that it may have.
    #[cfg_attr(test, schemars(with = "String"))]
    class: Spanned<String>,
    /// The sequence of the operation. Default: any.
    sequence: Option<i64>,
    /// From when on it counts again: a day, `"2026-12-31"`, which is its first moment in UTC, or a
    /// time with its offset.
    #[cfg_attr(test, schemars(with = "String"))]
    until: Moment,
    /// Who accepts it.
    #[cfg_attr(test, schemars(with = "String"))]
    by: Spanned<String>,
    /// Why. Without what the record says.
    #[cfg_attr(test, schemars(with = "String"))]
    reason: Spanned<String>,
}

/// The differences that are written.
pub fn build_accepted(
    written: &[Spanned<AcceptedText>],
    problems: &mut Vec<Problem>,
) -> Vec<AcceptedDifference> {
    let mut accepted: Vec<AcceptedDifference> = Vec::new();
    for text in written {
        let Some(one) = build_one(text.get_ref(), problems) else { continue };
        let is_same = |other: &AcceptedDifference| {
            (other.key, other.class, other.sequence) == (one.key, one.class, one.sequence)
        };
        if accepted.iter().any(is_same) {
            let message = "this difference is accepted already";
            problems.push(Problem::new(text.span(), message).help("write it once"));
        }
        accepted.push(one);
    }
    accepted
}

fn build_one(text: &AcceptedText, problems: &mut Vec<Problem>) -> Option<AcceptedDifference> {
    check_text(&text.by, "the name of the person", problems);
    check_text(&text.reason, "the reason", problems);
    let key = read_key(&text.key, problems);
    let class = read_class(&text.class, problems);
    Some(AcceptedDifference {
        key: key?,
        class: class?,
        sequence: text.sequence,
        until: text.until.0,
        by: text.by.get_ref().clone(),
        reason: text.reason.get_ref().clone(),
    })
}

fn read_key(text: &Spanned<String>, problems: &mut Vec<Problem>) -> Option<u128> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let digits = text.get_ref();
    let key = u128::from_str_radix(digits, 16).ok();
    let key = key.filter(|_| digits.len() == DIGITS && digits.bytes().all(is_digit));
    if key.is_none() {
        let message = format!("`{digits}` is no keyed key of {DIGITS} hexadecimal digits");
        let help = "copy it from what `portcullis reconcile show NAME` lists as open";
        problems.push(Problem::new(text.span(), message).help(help));
    }
    key
}

fn read_class(text: &Spanned<String>, problems: &mut Vec<Problem>) -> Option<RecordClass> {
    let class = RecordClass::from_name(text.get_ref()).filter(|class| class.needs_budget());
    if class.is_none() {
        let all = RecordClass::ALL.into_iter().filter(|class| class.needs_budget());
        let known: Vec<&str> = all.map(RecordClass::as_str).collect();
        let message = format!("there is no class `{}` of differences", text.get_ref());
        problems.push(Problem::new(text.span(), message).help(suggest_name(text.get_ref(), &known)));
    }
    class
}
