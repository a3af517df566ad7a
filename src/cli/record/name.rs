//! The name of a record: `production`, the newest, or `production#3`.

use crate::exit::{Failure, Result};
use portcullis_model::environment::Environment;
use std::str::FromStr;

/// The name of a record, as `record list` prints it and other commands take it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordName {
    /// The environment.
    pub environment: Environment,
    /// The number; `None` for the newest.
    pub number: Option<u64>,
}

impl FromStr for RecordName {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self> {
        let Some((environment, number)) = text.split_once('#') else {
            return Ok(RecordName { environment: read_environment(text)?, number: None });
        };
        let is_number = !number.starts_with(['0', '+']) && number.bytes().all(|byte| byte.is_ascii_digit());
        match number.parse() {
            Ok(parsed) if is_number => {
                Ok(RecordName { environment: read_environment(environment)?, number: Some(parsed) })
            }
            _ => Err(Failure::usage(format!("`{text}` names no record: write ENVIRONMENT#N, N from 1 on"))),
        }
    }
}

fn read_environment(text: &str) -> Result<Environment> {
    text.parse().map_err(|why: String| Failure::usage(why))
}

impl RecordName {
    /// The name with a number that is given apart.
    ///
    /// # Errors
    /// It says another number.
    pub fn with_number(&self, number: Option<u64>) -> Result<RecordName> {
        match (self.number, number) {
            (Some(one), Some(other)) if one != other => {
                Err(Failure::usage(format!("two records are named: {one} and {other}")))
            }
            (one, other) => Ok(RecordName { environment: self.environment.clone(), number: one.or(other) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_an_environment_and_maybe_a_number() {
        let read = |text: &str| text.parse::<RecordName>().map(|name| name.number);
        assert_eq!((read("production"), read("production#12")), (Ok(None), Ok(Some(12))));
        for text in [
            "production#",
            "production#0",
            "production#01",
            "production#+1",
            "#1",
            "a#b",
            "a.json",
            "a/b",
            "",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        let name: RecordName = "production#2".parse().unwrap();
        assert!(name.with_number(Some(3)).is_err() && name.with_number(Some(2)).is_ok());
    }
}
