//! GitLab's dialect of CODEOWNERS (GitLab docs, "Code Owners syntax").
//!
//! | written | means |
//! | --- | --- |
//! | `pattern @owner` | the last line of a section that matches decides for that section |
//! | `[Name] @default` | a section: its owners have to approve beside those of other sections |
//! | `[Name][2]` | two of them |
//! | `^[Name]` | its approval is optional |
//! | `!pattern` | the section does not own these paths, whatever comes after |
//! | `name`, `docs/a` | at any depth; `/name` from the root |
//! | `docs/` | what is below; without the `/` only a file of that name |
//! | `*`, `?`, `[a-z]` | within one component; `**/` any number of directories |
//! | `@name` | an account or a group; `@group/sub` a group; `@@role` those with that role |
//!
//! Sections of one name are one, without regard to case, and required if any copy is. A line that
//! GitLab reads otherwise than it looks (a word that is no owner, a comment behind owners, no owner
//! at all, which approves by itself) leaves its paths in doubt.

use super::{InvalidLine, Owner, OwnerDemand, OwnerLines, OwnerRules, Ownership};
use crate::path::RepoPath;
use crate::person::TeamName;
use pattern::GitlabPattern;
use std::borrow::Cow;

mod pattern;

/// The roles that can own (GitLab docs, "Add a role as a Code Owner").
const ROLES: [&str; 6] = ["developer", "developers", "maintainer", "maintainers", "owner", "owners"];

/// A file as GitLab reads it.
#[derive(Debug, Default)]
pub(super) struct GitlabOwners {
    sections: Vec<OwnerSection>,
    invalid: Vec<InvalidLine>,
    /// For each invalid line the paths it may have meant; `None`: any.
    meant: Vec<Option<GitlabPattern>>,
}

#[derive(Debug)]
struct OwnerSection {
    /// Empty for what comes before the first heading.
    name: String,
    is_optional: bool,
    approvals: u64,
    entries: Vec<SectionEntry>,
    exclusions: Vec<(u64, GitlabPattern)>,
}

#[derive(Debug)]
struct SectionEntry {
    line: u64,
    pattern: GitlabPattern,
    owners: Vec<Owner>,
}

/// `^[Name][2] @default`
struct Heading<'t> {
    is_optional: bool,
    name: &'t str,
    approvals: u64,
    owners: &'t str,
}

impl GitlabOwners {
    /// Reads a whole file.
    pub(super) fn parse(text: &str) -> Self {
        let mut parsed = GitlabOwners::default();
        parsed.section("", false, 1);
        let (mut current, mut defaults) = (0, Vec::new());
        let lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines();
        for (line, number) in lines.zip(1..) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match read_heading(line) {
                Some(heading) => {
                    current = parsed.section(heading.name, heading.is_optional, heading.approvals);
                    defaults = parsed.read_owners(number, heading.owners, None);
                }
                None => parsed.add(current, number, line, &defaults),
            }
        }
        parsed
    }

    /// The place of a section; a new one where there is none of this name.
    fn section(&mut self, name: &str, is_optional: bool, approvals: u64) -> usize {
        let known = self.sections.iter().position(|section| section.name.eq_ignore_ascii_case(name));
        if let Some(section) = known.and_then(|at| self.sections.get_mut(at)) {
            section.is_optional &= is_optional;
            section.approvals = section.approvals.max(approvals);
        }
        known.unwrap_or_else(|| {
            let (entries, exclusions) = (Vec::new(), Vec::new());
            let name = name.to_string();
            self.sections.push(OwnerSection { name, is_optional, approvals, entries, exclusions });
            self.sections.len() - 1
        })
    }

    fn add(&mut self, section: usize, line: u64, text: &str, defaults: &[Owner]) {
        let (path, words) = split_pattern(text);
        if let Some(excluded) = path.strip_prefix('!') {
            let exclusion = (line, GitlabPattern::new(excluded));
            self.sections.get_mut(section).into_iter().for_each(|it| it.exclusions.push(exclusion.clone()));
            return;
        }
        let pattern = GitlabPattern::new(&path);
        if path.starts_with('[') && !path.contains(']') {
            self.skip(line, "it looks like the heading of a section and is none".to_string(), None);
        }
        let own = self.read_owners(line, words, Some(&pattern));
        let owners = if own.is_empty() { defaults.to_vec() } else { own };
        if owners.is_empty() {
            let reason = "it has no owners, so that GitLab asks for no approval";
            self.skip(line, reason.to_string(), Some(pattern.clone()));
        }
        if let Some(section) = self.sections.get_mut(section) {
            section.entries.push(SectionEntry { line, pattern, owners });
        }
    }

    /// The owners among the words of a line. GitLab passes over the others, whatever they were
    /// meant to say.
    fn read_owners(&mut self, line: u64, words: &str, pattern: Option<&GitlabPattern>) -> Vec<Owner> {
        let mut owners = Vec::new();
        let mut odd = None;
        for word in words.split_whitespace() {
            match read_owner(word) {
                Some(owner) => owners.push(owner),
                None => odd = odd.or(Some(word)),
            }
        }
        if let Some(word) = odd {
            self.skip(line, format!("GitLab passes over `{word}`, which is no owner"), pattern.cloned());
        }
        owners
    }

    fn skip(&mut self, line: u64, reason: String, meant: Option<GitlabPattern>) {
        self.invalid.push(InvalidLine { line, reason });
        self.meant.push(meant);
    }
}

impl OwnerSection {
    /// The entry that decides over a path, unless the section excludes it.
    fn deciding(&self, path: &str) -> Option<Result<&SectionEntry, u64>> {
        if let Some((line, _)) = self.exclusions.iter().find(|(_, pattern)| pattern.matches(path)) {
            return Some(Err(*line));
        }
        self.entries.iter().rfind(|entry| entry.pattern.matches(path)).map(Ok)
    }

    fn demand<'s>(&'s self, entry: &'s SectionEntry) -> OwnerDemand<'s> {
        OwnerDemand {
            lines: OwnerLines(vec![entry.line]),
            owners: Cow::Borrowed(&entry.owners),
            approvals: self.approvals,
            section: Some(self.name.as_str()).filter(|name| !name.is_empty()),
        }
    }
}

impl OwnerRules for GitlabOwners {
    fn invalid(&self) -> &[InvalidLine] {
        &self.invalid
    }

    fn owners(&self, path: &RepoPath) -> Ownership<'_> {
        let path = String::from_utf8_lossy(path.as_bytes());
        let (mut demands, mut unowned) = (Vec::new(), None);
        for section in &self.sections {
            match section.deciding(&path) {
                Some(Ok(entry)) if !section.is_optional && !entry.owners.is_empty() => {
                    demands.push(section.demand(entry));
                }
                Some(Ok(entry)) => unowned = unowned.or(Some(entry.line)),
                Some(Err(line)) => unowned = unowned.or(Some(line)),
                None => {}
            }
        }
        match (demands.is_empty(), unowned) {
            (false, _) => Ownership::Owned(demands),
            (true, Some(line)) => Ownership::Unowned { line },
            (true, None) => Ownership::Unmatched,
        }
    }

    fn doubt(&self, path: &RepoPath) -> Option<&InvalidLine> {
        let path = String::from_utf8_lossy(path.as_bytes());
        let concerns = |meant: &Option<GitlabPattern>| meant.as_ref().is_none_or(|it| it.matches(&path));
        let mut candidates = self.invalid.iter().zip(&self.meant).rev();
        candidates.find(|(_, meant)| concerns(meant)).map(|(invalid, _)| invalid)
    }
}

/// A number that is none, or 0, stands for 1.
fn read_heading(line: &str) -> Option<Heading<'_>> {
    let (is_optional, rest) = match line.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let (name, rest) = rest.strip_prefix('[')?.split_once(']')?;
    let counted = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (count, owners) = counted.map_or((None, rest), |(count, owners)| (count.parse().ok(), owners));
    Some(Heading { is_optional, name: name.trim(), approvals: count.unwrap_or(1).max(1), owners })
}

/// The pattern ends at the first space without a backslash before it; those with one are spaces.
fn split_pattern(text: &str) -> (String, &str) {
    let mut pattern = String::new();
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match (letter, letters.peek()) {
            ('\\', Some((_, space))) if space.is_whitespace() => {
                pattern.push(' ');
                letters.next();
            }
            (space, _) if space.is_whitespace() => return (pattern, &text[at..]),
            (plain, _) => pattern.push(plain),
        }
    }
    (pattern, "")
}

fn read_owner(word: &str) -> Option<Owner> {
    if let Some(role) = word.strip_prefix("@@") {
        return ROLES.contains(&role).then(|| Owner::Role(TeamName::of_host(word)));
    }
    match word.strip_prefix('@') {
        Some(name) if !name.split('/').all(is_name) => None,
        Some(name) if name.contains('/') => Some(Owner::Team(TeamName::of_host(name))),
        Some(name) => Some(Owner::UserOrTeam(TeamName::of_host(name))),
        None => is_address(word).then(|| Owner::Email(word.to_string())),
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

fn is_address(word: &str) -> bool {
    let parts = word.split_once('@').filter(|(local, domain)| !local.is_empty() && domain.contains('.'));
    parts.is_some_and(|(_, domain)| domain.split('.').all(|label| !label.is_empty()))
        && !word.contains(['`', '#', ',', ';', '<', '>', '(', ')'])
}

#[cfg(test)]
mod tests;
