//! GitHub's dialect of CODEOWNERS (GitHub docs, "About code owners").
//!
//! The last line that matches a path decides, and decides alone: owners of several lines never add
//! up. A line without owners takes the ownership away again, so a path can be owned, explicitly
//! unowned, or matched by no line. GitHub skips a line that it cannot read and goes on as if it
//! were not there. That is why such lines are kept: whoever wrote one meant to say something about
//! some paths ([`OwnerRules::doubt`]).
//!
//! | written | owns |
//! | --- | --- |
//! | `foo` | everything called `foo` at any depth, and what is below it |
//! | `/foo`, `foo/bar` | the same, from the root: a `/` at the start or in the middle anchors |
//! | `foo/` | only what is below a directory `foo` |
//! | `foo/*` | direct children only; here GitHub differs from gitignore |
//! | `foo*`, `foo?` | `*` any run, `?` one character, both inside one component |
//! | `**/`, `/**/`, `/**` | any number of components |
//! | `\ ` | a space; otherwise `\` takes the meaning from `*`, `?` and itself |
//! | `[ ]`, `{ }`, `^`, `(`, `:` | themselves |
//!
//! Paths are compared to the byte, with regard to case, as GitHub does.

use super::{InvalidLine, Owner, OwnerDemand, OwnerRules, Ownership};
use crate::path::RepoPath;
use crate::person::{Login, TeamName};
use pattern::{InvalidOwnerPattern, OwnerPattern};
use portcullis_pattern::fold::is_invisible;
use std::collections::BTreeMap;

mod pattern;

/// A file of this many bytes or more is ignored by GitHub ("must be under 3 MB"; we take the
/// smaller megabyte). Here it owns nothing and leaves every path in doubt.
pub const SIZE_LIMIT: usize = 3_000_000;

/// A file as GitHub reads it.
#[derive(Debug, Default)]
pub(super) struct GithubOwners {
    /// Lines that GitHub would skip, with the reason.
    invalid: Vec<InvalidLine>,
    /// For each invalid line the paths it may have meant; `None`: any.
    meant: Vec<Option<OwnerPattern>>,
    rules: Vec<OwnerRule>,
    /// The places in `rules` of those that match only below a directory of this name, or a file of
    /// it, in the root.
    by_first_name: BTreeMap<Vec<u8>, Vec<usize>>,
    /// The places of all others.
    others: Vec<usize>,
}

#[derive(Debug)]
struct OwnerRule {
    line: u64,
    pattern: OwnerPattern,
    owners: Vec<Owner>,
}

impl GithubOwners {
    /// Reads a whole file.
    pub(super) fn parse(text: &str) -> Self {
        let mut parsed = GithubOwners::default();
        if text.len() >= SIZE_LIMIT {
            let reason = format!("the file has {} bytes; GitHub ignores it from {SIZE_LIMIT} on", text.len());
            parsed.skip(1, reason, None);
            return parsed;
        }
        // Some editors put a byte order mark before the first pattern.
        let lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines();
        lines.zip(1..).for_each(|(line, number)| parsed.add(number, line));
        parsed
    }

    fn add(&mut self, line: u64, text: &str) {
        match read_line(text) {
            Ok(Some((pattern, owners))) => self.add_rule(OwnerRule { line, pattern, owners }),
            Ok(None) => {}
            Err(Unreadable { reason, meant }) => self.skip(line, reason, meant),
        }
    }

    fn add_rule(&mut self, rule: OwnerRule) {
        let place = self.rules.len();
        match rule.pattern.first_name() {
            Some(name) => self.by_first_name.entry(name).or_default().push(place),
            None => self.others.push(place),
        }
        self.rules.push(rule);
    }

    fn skip(&mut self, line: u64, reason: String, meant: Option<OwnerPattern>) {
        self.invalid.push(InvalidLine { line, reason });
        self.meant.push(meant);
    }

    /// The last line that matches. Large files mostly name directories of the root, of which one
    /// comes into question.
    fn deciding(&self, path: &RepoPath) -> Option<&OwnerRule> {
        let bytes = path.as_bytes();
        let first = bytes.split(|byte| *byte == b'/').next()?;
        let named = self.by_first_name.get(first).map_or(&[][..], Vec::as_slice);
        let rules = |places: &[usize]| {
            let matching = |place: &&usize| self.rules[**place].pattern.matches(bytes);
            places.iter().rev().find(matching).copied()
        };
        let place = rules(named).max(rules(&self.others))?;
        self.rules.get(place)
    }
}

impl OwnerRules for GithubOwners {
    fn invalid(&self) -> &[InvalidLine] {
        &self.invalid
    }

    fn owners(&self, path: &RepoPath) -> Ownership<'_> {
        match self.deciding(path) {
            None => Ownership::Unmatched,
            Some(rule) if rule.owners.is_empty() => Ownership::Unowned { line: rule.line },
            Some(rule) => Ownership::Owned(vec![OwnerDemand::of_line(rule.line, &rule.owners)]),
        }
    }

    /// The last line that cannot be read, may have meant this path, and would have decided.
    fn doubt(&self, path: &RepoPath) -> Option<&InvalidLine> {
        let decided = self.deciding(path).map_or(0, |rule| rule.line);
        let concerns =
            |meant: &Option<OwnerPattern>| meant.as_ref().is_none_or(|p| p.matches(path.as_bytes()));
        let mut candidates = self.invalid.iter().zip(&self.meant).rev();
        candidates
            .find(|(invalid, meant)| invalid.line > decided && concerns(meant))
            .map(|(invalid, _)| invalid)
    }
}

/// Why a line cannot be read, and the paths that it may have meant (`None`: any).
struct Unreadable {
    reason: String,
    meant: Option<OwnerPattern>,
}

fn unreadable_line(reason: impl Into<String>, meant: Option<OwnerPattern>) -> Unreadable {
    Unreadable { reason: reason.into(), meant }
}

fn read_line(text: &str) -> Result<Option<(OwnerPattern, Vec<Owner>)>, Unreadable> {
    let text = text.trim_ascii_start();
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    let (pattern, rest) = split_pattern(text);
    let pattern = read_pattern(pattern)?;
    match read_owners(rest) {
        Ok(owners) => Ok(Some((pattern, owners))),
        Err(word) => Err(unreadable_line(format!("`{word}` is no owner"), Some(pattern))),
    }
}

/// The pattern ends at the first space or tab without a backslash before it.
fn split_pattern(text: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = text.bytes().position(|byte| {
        let ends = byte.is_ascii_whitespace() && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    text.split_at(end.unwrap_or(text.len()))
}

fn read_pattern(text: &str) -> Result<OwnerPattern, Unreadable> {
    if let Some(rest) = text.strip_prefix('!') {
        return Err(unreadable_line("GitHub knows no negation with `!`", OwnerPattern::new(rest).ok()));
    }
    if let Some(rest) = text.strip_prefix('\\').filter(|rest| rest.starts_with('#')) {
        return Err(unreadable_line("GitHub cannot escape `#`", OwnerPattern::new(rest).ok()));
    }
    // Tools differ on whether a comment may start in the middle of a word, so we say neither.
    if text.contains('#') {
        return Err(unreadable_line(
            "a `#` inside a pattern is read as part of it by some and as a comment by others",
            None,
        ));
    }
    if let Some(c) = text.chars().find(|c| is_unexpected(*c)) {
        return Err(unreadable_line(format!("the pattern holds the character {}", c.escape_unicode()), None));
    }
    OwnerPattern::new(text).map_err(|InvalidOwnerPattern(reason)| unreadable_line(reason, None))
}

/// Looks like the gap between pattern and owners, or like nothing, and is neither to GitHub; or
/// stands for bytes that are no UTF-8.
fn is_unexpected(c: char) -> bool {
    let plain = c == ' ' || c == '\t';
    !plain && (c.is_whitespace() || c.is_control() || is_invisible(c) || c == char::REPLACEMENT_CHARACTER)
}

/// The owners behind a pattern; the error is the first word that names none.
fn read_owners(text: &str) -> Result<Vec<Owner>, &str> {
    let words = text.split_ascii_whitespace().take_while(|word| !word.starts_with('#'));
    words.map(|word| read_owner(word).ok_or(word)).collect()
}

fn read_owner(word: &str) -> Option<Owner> {
    match word.strip_prefix('@') {
        Some(name) if name.contains('/') => read_team(name).map(Owner::Team),
        Some(name) => is_name(name).then(|| Owner::User(Login::new(name))),
        None => is_address(word).then(|| Owner::Email(word.to_string())),
    }
}

fn read_team(name: &str) -> Option<TeamName> {
    let (organisation, slug) = name.split_once('/')?;
    let plain = is_name(organisation) && slug.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    Some(TeamName::of_host(name)).filter(|team| plain && team.parts().is_some())
}

/// Logins are letters, digits and hyphens; those of managed users also have an underscore (GitHub
/// docs, "Usernames for managed user accounts").
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn is_address(word: &str) -> bool {
    let domain = |d: &str| {
        let label = |l: &str| !l.is_empty() && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        d.contains('.') && d.split('.').all(label)
    };
    let local =
        |l: &str| !l.is_empty() && l.bytes().all(|b| b.is_ascii_alphanumeric() || b"._%+-".contains(&b));
    word.split_once('@').is_some_and(|(l, d)| local(l) && domain(d))
}

#[cfg(test)]
mod tests;
