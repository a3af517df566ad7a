//! Checks that several parts of a policy and of its waivers share.

use super::recover::RemovedKeys;
use super::tree::TomlValue;
use super::{Problem, SCHEMA};
use portcullis_model::host::HostProfile;
use portcullis_model::person::TeamName;
use portcullis_pattern::glob::Glob;
use std::ops::Range;
use toml::Spanned;
use toml::de::DeValue;

/// What checks look at beside the value itself.
pub struct PolicySource<'s, 'i> {
    /// The text.
    pub text: &'s str,
    /// The tree, with everything that was written.
    pub root: &'s TomlValue<'i>,
    /// What had to be left out of the value.
    pub removed: &'s RemovedKeys,
    /// The host that the policy is for.
    pub host: &'s HostProfile,
    /// Where the text names the house policy that it extends. What comes from there has places
    /// beyond the end of the text.
    pub extends: Option<Range<usize>>,
}

impl PolicySource<'_, '_> {
    /// The line of a place in the text: of what comes from the house policy, the line that names
    /// it.
    pub fn line(&self, place: &Range<usize>) -> u64 {
        let extends = self.extends.as_ref().filter(|_| place.start > self.text.len());
        line_at(self.text, extends.unwrap_or(place))
    }
}

/// Another version of the form has other keys: nothing else can be said of it.
pub fn check_schema(root: &TomlValue<'_>) -> Option<Problem> {
    let schema = root.get_ref().get("schema")?;
    let version = schema.get_ref().as_integer()?.to_string();
    (version != SCHEMA.to_string()).then(|| {
        Problem::new(schema.span(), format!("schema {version} is not known to this version of portcullis"))
            .help(format!("it reads schema {SCHEMA}"))
    })
}

/// Text for people must hold something to read.
pub fn check_text(text: &Spanned<String>, what: &str, problems: &mut Vec<Problem>) {
    if text.get_ref().trim().is_empty() {
        problems.push(Problem::new(text.span(), format!("{what} is empty")));
    }
}

/// Names by which one part of the policy is about another.
pub fn check_name(name: &Spanned<String>, what: &str, problems: &mut Vec<Problem>) {
    if !is_plain_name(name.get_ref()) {
        let message = format!("`{}` cannot be the name of {what}", name.get_ref());
        problems.push(Problem::new(name.span(), message).help("use lower-case letters, digits and `-`"));
    }
}

/// Whether a policy may give this name to something of its own.
pub fn is_plain_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !name.is_empty() && name.bytes().all(plain)
}

/// A list that is written must hold something.
pub fn check_filled<T>(list: &Spanned<Vec<T>>, consequence: &str, problems: &mut Vec<Problem>) {
    if list.get_ref().is_empty() {
        problems.push(Problem::new(list.span(), format!("an empty list: {consequence}")));
    }
}

/// Does the narrowing pattern take away everything that the widening one brings? Answers only where
/// that is plain.
pub fn leaves_nothing(narrowing: &Glob, widening: &Glob) -> bool {
    let is_literal = |text: &str| !text.contains(['*', '?', '[', '{', '\\']);
    let (narrow, wide) = (narrowing.as_str(), widening.as_str());
    let above = narrow.strip_suffix("/**").filter(|above| is_literal(above));
    narrowing == widening
        || matches!(narrow, "**" | "**/*")
        || above.and_then(|above| wide.strip_prefix(above)).is_some_and(|rest| rest.starts_with('/'))
        || (is_literal(wide) && narrowing.matches(wide.as_bytes()))
}

/// The names that the keys of a table give, as far as it is one.
pub fn keys_of<'s>(table: Option<&'s TomlValue<'_>>) -> Vec<&'s str> {
    match table.map(Spanned::get_ref) {
        Some(DeValue::Table(table)) => table.keys().map(|key| key.get_ref().as_ref()).collect(),
        _ => Vec::new(),
    }
}

/// The line of a place in the text, counted from 1.
pub fn line_at(text: &str, place: &Range<usize>) -> u64 {
    let before = text.as_bytes().iter().take(place.start);
    1 + before.filter(|byte| **byte == b'\n').count() as u64
}

/// The name of a team, as the host writes it.
pub fn check_team(team: &TeamName, host: &HostProfile, span: Range<usize>, problems: &mut Vec<Problem>) {
    let form = host.conventions.teams;
    if !form.fits(team) {
        let message = format!("`{team}` is not a team; write `{}`", form.example());
        problems.push(Problem::new(span, message));
    }
}

/// An account's name, which a team's is not.
pub fn check_login(login: &str, span: Range<usize>, problems: &mut Vec<Problem>) {
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || c == '@' || c == '/';
    if login.is_empty() || login.contains(is_odd) {
        let message = format!("`{login}` is not a login");
        let help = "write the account's name without `@`; a team (`organisation/team`) belongs under `teams` of a role";
        problems.push(Problem::new(span, message).help(help));
    }
}
