//! Words that the findings of several controls share.

pub use portcullis_model::plural::plural;

/// How many tests, files or reports a finding names before it only counts the rest.
pub const NAMED: usize = 10;

/// The first [`NAMED`] entries, and how many more there are.
pub fn first_few(mut all: Vec<String>) -> Vec<String> {
    let more = all.len().saturating_sub(NAMED);
    if more > 0 {
        all.truncate(NAMED);
        all.push(format!("and {more} more"));
    }
    all
}

/// The form of a verb that agrees with a [`plural`].
pub fn agree(number: u64, singular: &'static str, plural: &'static str) -> &'static str {
    if number == 1 { singular } else { plural }
}

/// Why a setting is invalid and what to write instead, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSetting(String);

impl From<String> for InvalidSetting {
    fn from(sentence: String) -> Self {
        InvalidSetting(sentence)
    }
}

impl From<&str> for InvalidSetting {
    fn from(sentence: &str) -> Self {
        InvalidSetting(sentence.to_string())
    }
}

impl std::fmt::Display for InvalidSetting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
