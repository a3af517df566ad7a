//! Counts and sums that a header or trailer states, held against what was read.

use crate::failure::fail;
use portcullis_reconcile::source::{RawValue, SourceError};

/// A decimal number: digits as a whole number, and how many of them are after the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    digits: i128,
    scale: u8,
}

impl Number {
    pub(crate) const fn new(digits: i128, scale: u8) -> Self {
        Self { digits, scale }
    }

    /// A number as text writes it, with at most one point; blanks around it do not count.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim_matches(' ');
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = whole.strip_prefix(['-', '+']).unwrap_or(whole);
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if digits.is_empty() && fraction.is_empty() || !all_digits(digits) || !all_digits(fraction) {
            return None;
        }
        let sign = if whole.starts_with('-') { "-" } else { "" };
        let digits = format!("{sign}{digits}{fraction}").parse().ok()?;
        Some(Self { digits, scale: u8::try_from(fraction.len()).ok()? })
    }

    /// The sum, exactly. `None`: it has more digits than can be held.
    fn add(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let raise =
            |number: Self| 10_i128.checked_pow(u32::from(scale - number.scale))?.checked_mul(number.digits);
        Some(Self { digits: raise(self)?.checked_add(raise(other)?)?, scale })
    }

    /// Whether both are the same number.
    fn equals(self, other: Self) -> bool {
        let negative = Self { digits: -other.digits, scale: other.scale };
        self.add(negative).is_some_and(|difference| difference.digits == 0)
    }
}

/// The sum of a column as it grows.
pub(crate) struct RunningTotal {
    column: String,
    sum: Option<Number>,
}

impl RunningTotal {
    pub(crate) fn of_column(column: &str) -> Self {
        Self { column: column.to_string(), sum: Some(Number::new(0, 0)) }
    }

    /// Adds a value. NULL and empty text count as nothing; what is no number spoils the sum.
    pub(crate) fn add_value(&mut self, value: &RawValue) {
        let number = match value {
            RawValue::Null => return,
            RawValue::Text(text) if text.trim_matches(' ').is_empty() => return,
            RawValue::Text(text) | RawValue::Decimal(text) => Number::parse(text),
            RawValue::Integer(digits) => Some(Number::new(*digits, 0)),
            _ => None,
        };
        self.sum = self.sum.zip(number).and_then(|(sum, number)| sum.add(number));
    }

    /// Holds the sum against the stated one, which is `None` where it could not be read.
    pub(crate) fn hold_against(&self, stated: Option<Number>, place: &str) -> Result<(), SourceError> {
        let column = &self.column;
        match (self.sum, stated) {
            (Some(sum), Some(stated)) if sum.equals(stated) => Ok(()),
            (Some(_), Some(_)) => Err(fail(
                place,
                format!("The sum of the column `{column}` is not the one that is stated here."),
                "Fetch the file again: records are missing, doubled or changed.",
            )),
            (None, _) => Err(fail(
                place,
                format!("The column `{column}` cannot be summed: a value is no decimal number."),
                "Take the sum of this column out of the policy, or fetch the file again.",
            )),
            (_, None) => Err(fail(
                place,
                format!("The stated sum of the column `{column}` is no decimal number."),
                "Correct the place of the sum in the policy.",
            )),
        }
    }
}

/// Holds a stated count against the rows that were read; returns the rows that it announces.
pub(crate) fn check_count(
    stated: Option<u64>,
    also_counted: u32,
    rows: u64,
    place: &str,
) -> Result<u64, SourceError> {
    let announced = stated.and_then(|stated| stated.checked_sub(u64::from(also_counted)));
    let Some(announced) = announced else {
        let remedy = "Correct the place of the count in the policy, or fetch the file again.";
        return Err(fail(place, "The count of records is no whole number that fits.", remedy));
    };
    if announced == rows {
        return Ok(announced);
    }
    Err(fail(
        place,
        format!("{announced} records were announced here, and {rows} were read."),
        "Fetch the file again. If the count also holds the header or the trailer, say so in the policy.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_summed_exactly() {
        let mut total = RunningTotal::of_column("amount");
        for text in ["0.1", "0.2", "-7", "9007199254740993", " ", "+.5"] {
            total.add_value(&RawValue::Text(text.to_string()));
        }
        total.add_value(&RawValue::Null);
        assert!(total.hold_against(Number::parse("9007199254740986.800"), "f:1").is_ok());
        let error = total.hold_against(Number::parse("9007199254740986.8001"), "f:1").unwrap_err();
        assert!(error.problem.contains("`amount`"), "{error}");
    }

    #[test]
    fn what_is_no_number_is_never_a_sum() {
        for text in ["", "-", ".", "1e3", "1.2.3", "1,5", "0x1", "½", "--1"] {
            assert_eq!(Number::parse(text), None, "{text:?}");
        }
        let mut total = RunningTotal::of_column("amount");
        total.add_value(&RawValue::Float(1.0));
        assert!(total.hold_against(Number::parse("1"), "f:1").is_err());
    }

    #[test]
    fn a_count_is_the_rows_and_what_else_it_says_to_hold() {
        assert_eq!(check_count(Some(3), 1, 2, "f:4").unwrap(), 2);
        assert!(check_count(Some(3), 0, 2, "f:4").is_err());
        assert!(check_count(Some(0), 1, 0, "f:1").is_err());
        assert!(check_count(None, 0, 0, "f:1").is_err());
    }
}
