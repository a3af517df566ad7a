//! Sample values of the ready policies that still are in a policy.

use super::checks::line_at;
use super::syntax;
use super::tree::TomlValue;
use std::collections::BTreeSet;
use toml::Spanned;
use toml::de::DeValue;

/// The ready policies, and what only a proposed one has. What has to be replaced in them says so in
/// the line above.
const READY: [&str; 3] = [
    include_str!("../../../policies/baseline.toml"),
    include_str!("../../../policies/sensitive-data.toml"),
    "# Replace them.\nusers = [\"first-gate-owner\", \"second-gate-owner\"]\n",
];

/// The word by which a comment tells that the value below is only a sample.
const REPLACE: &str = "Replace";

/// Keys whose samples fit no one, whether or not the comment above is still there.
const NEVER_RIGHT: [&str; 5] = ["accountable", "name", "purpose", "teams", "users"];

/// A setting that still has the value of a ready policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Its line, counted from 1.
    pub line: u64,
    /// The setting as it is written, with its key.
    pub setting: String,
    /// May a project mean just this value, so that only the comment above says that it is a sample?
    pub may_be_meant: bool,
}

/// The sample values in a policy, in the order of the text. A setting whose comment no longer says
/// "Replace" is taken for meant, unless no project can mean it.
pub fn samples_in(text: &str) -> Vec<Sample> {
    let samples: BTreeSet<String> = READY
        .iter()
        .flat_map(|ready| read_settings(ready))
        .filter(|one| one.is_sample)
        .map(|one| one.written)
        .collect();
    let never_right = |one: &Setting| NEVER_RIGHT.contains(&one.key.as_str());
    let standing = |one: &Setting| samples.contains(&one.written) && (one.is_sample || never_right(one));
    let mut all: Vec<_> = read_settings(text).into_iter().filter(standing).collect();
    all.sort_by_key(|one| one.line);
    all.into_iter()
        .map(|one| Sample { line: one.line, may_be_meant: !never_right(&one), setting: one.written })
        .collect()
}

struct Setting {
    key: String,
    /// Key and value as they are written, white space aside.
    written: String,
    line: u64,
    /// Does the comment above say that the value has to be replaced?
    is_sample: bool,
}

fn read_settings(text: &str) -> Vec<Setting> {
    let mut found = Vec::new();
    if let Some(root) = syntax::parse(text, &mut Vec::new()) {
        visit_value(text, &root, &mut found);
    }
    found
}

fn visit_value(text: &str, value: &TomlValue<'_>, found: &mut Vec<Setting>) {
    match value.get_ref() {
        DeValue::Table(table) => table.iter().for_each(|(key, value)| {
            found.extend(read_setting(text, key, value));
            visit_value(text, value, found);
        }),
        DeValue::Array(list) => list.iter().for_each(|element| visit_value(text, element, found)),
        _ => {}
    }
}

/// `None` for what is written as a table of its own.
fn read_setting(
    text: &str,
    key: &Spanned<std::borrow::Cow<'_, str>>,
    value: &TomlValue<'_>,
) -> Option<Setting> {
    let key_span = key.span();
    let between = text.get(key_span.end..value.span().start)?;
    let written = text.get(value.span())?;
    if between.trim() != "=" {
        return None;
    }
    let above = text.get(..key_span.start)?.lines().rev().find(|line| !line.trim().is_empty());
    let written: Vec<&str> = written.split_whitespace().collect();
    Some(Setting {
        key: key.get_ref().to_string(),
        written: format!("{} = {}", key.get_ref(), written.join(" ")),
        line: line_at(text, &key_span),
        is_sample: above.is_some_and(|above| above.trim_start().starts_with('#') && above.contains(REPLACE)),
    })
}
