//! The dialect of CODEOWNERS that Gitea and Forgejo have in common (Gitea docs, "Code Owners").
//!
//! Each line is a pattern and owners, between spaces. All lines that match a path count, and one
//! owner of each has to approve; no line takes anything away. A pattern is a regular expression of
//! Go for the whole path, between `^` and `$` and without brackets around it; one that begins with
//! `!` means all other paths. `\` takes the meaning from what follows it before the expression is
//! read, so that a literal dot is written `\\.`, and `#` begins a comment wherever it stands.
//!
//! The host skips a line that it cannot read, and an owner whom it does not know, and goes on. Such
//! lines are kept, as in GitHub's dialect: whoever wrote one meant to say something about some
//! paths.

use super::{InvalidLine, Owner, OwnerDemand, OwnerRules, Ownership, SIZE_LIMIT};
use crate::path::RepoPath;
use crate::person::{Login, TeamName};
use portcullis_pattern::go_pattern::GoPattern;

/// A file as these hosts read it.
#[derive(Debug, Default)]
pub(super) struct GiteaOwners {
    invalid: Vec<InvalidLine>,
    /// For each invalid line the paths that it may have meant; `None`: any.
    meant: Vec<Option<GiteaPattern>>,
    rules: Vec<GiteaRule>,
}

#[derive(Debug)]
struct GiteaRule {
    line: u64,
    pattern: GiteaPattern,
    owners: Vec<Owner>,
}

#[derive(Clone, Debug)]
struct GiteaPattern {
    expression: GoPattern,
    /// Does it mean all other paths?
    is_negated: bool,
}

impl GiteaPattern {
    fn read(text: &str) -> Result<GiteaPattern, String> {
        let expression = text.strip_prefix('!').unwrap_or(text);
        let read = GoPattern::anchored(expression).map_err(|error| format!("`{expression}`: {error}"))?;
        Ok(GiteaPattern { expression: read, is_negated: text.starts_with('!') })
    }

    /// `None`: readers of such patterns differ on this path.
    fn matches(&self, path: &RepoPath) -> Option<bool> {
        let text = std::str::from_utf8(path.as_bytes()).ok()?;
        let is_certain = text.is_ascii() || !self.expression.is_ascii_only();
        is_certain.then(|| self.expression.matches(text) != self.is_negated)
    }

    fn may_match(&self, path: &RepoPath) -> bool {
        self.matches(path) != Some(false)
    }
}

impl GiteaOwners {
    /// Reads a whole file.
    pub(super) fn parse(text: &str) -> Self {
        let mut parsed = GiteaOwners::default();
        if text.len() >= SIZE_LIMIT {
            let reason = format!("the file has {} bytes; hosts do not read so much of it", text.len());
            parsed.skip(1, reason, None);
            return parsed;
        }
        text.split('\n').zip(1..).for_each(|(line, number)| parsed.add(number, line));
        parsed
    }

    fn add(&mut self, line: u64, text: &str) {
        let words = split_words(text);
        let Some((pattern, names)) = words.split_first() else { return };
        let pattern = match GiteaPattern::read(pattern) {
            Ok(pattern) => pattern,
            Err(reason) => return self.skip(line, reason, None),
        };
        if names.is_empty() {
            return self.skip(line, "it names no owner", Some(pattern));
        }
        let owners: Vec<Owner> = names.iter().filter_map(|name| read_owner(name)).collect();
        if let Some(odd) = names.iter().find(|name| read_owner(name).is_none()) {
            self.skip(line, format!("`{odd}` is no owner"), Some(pattern.clone()));
        }
        // One that begins with a byte order mark or the like matches nothing that was meant.
        if text.contains(['\u{feff}', '\0']) {
            self.skip(line, "it holds a character that cannot be seen", None);
        }
        if !owners.is_empty() {
            self.rules.push(GiteaRule { line, pattern, owners });
        }
    }

    fn skip(&mut self, line: u64, reason: impl Into<String>, meant: Option<GiteaPattern>) {
        self.invalid.push(InvalidLine { line, reason: reason.into() });
        self.meant.push(meant);
    }
}

impl OwnerRules for GiteaOwners {
    fn invalid(&self) -> &[InvalidLine] {
        &self.invalid
    }

    fn owners(&self, path: &RepoPath) -> Ownership<'_> {
        let matching = self.rules.iter().filter(|rule| rule.pattern.may_match(path));
        let demands: Vec<OwnerDemand<'_>> =
            matching.map(|rule| OwnerDemand::of_line(rule.line, &rule.owners)).collect();
        if demands.is_empty() { Ownership::Unmatched } else { Ownership::Owned(demands) }
    }

    fn doubt(&self, path: &RepoPath) -> Option<&InvalidLine> {
        let concerns = |meant: &Option<GiteaPattern>| meant.as_ref().is_none_or(|p| p.may_match(path));
        let mut lines = self.invalid.iter().zip(&self.meant);
        lines.find(|(_, meant)| concerns(meant)).map(|(invalid, _)| invalid)
    }
}

/// The words of a line, up to a comment, without the backslashes that take the meaning from what
/// follows.
fn split_words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut is_escaped) = (Vec::new(), String::new(), false);
    for letter in line.trim().chars() {
        match letter {
            _ if is_escaped => {
                word.push(letter);
                is_escaped = false;
            }
            '\\' => is_escaped = true,
            '#' => break,
            ' ' | '\t' if word.is_empty() => {}
            ' ' | '\t' => words.push(std::mem::take(&mut word)),
            plain => word.push(plain),
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

/// The `@` may be left out.
fn read_owner(word: &str) -> Option<Owner> {
    let name = word.strip_prefix('@').unwrap_or(word);
    match name.split_once('/') {
        Some((organisation, team)) => (is_name(organisation) && is_name(team))
            .then(|| Owner::Team(TeamName::of_host(&format!("{organisation}/{team}")))),
        None => is_name(name).then(|| Owner::User(Login::new(name))),
    }
}

/// Letters, digits, and `-`, `_` and `.` between them (Gitea, "username" of the sign-up form).
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The owners of each line that matches.
    fn owners(text: &str, path: &str) -> Vec<String> {
        let read = GiteaOwners::parse(text);
        let Ownership::Owned(demands) = read.owners(&RepoPath::from(path)) else { return Vec::new() };
        let names = |demand: &OwnerDemand<'_>| {
            let names: Vec<String> = demand.owners.iter().map(ToString::to_string).collect();
            format!("{}: {}", demand.lines, names.join(" "))
        };
        demands.iter().map(names).collect()
    }

    #[test]
    fn every_line_that_matches_has_to_be_met() {
        let text = ".* @robin\nservices/.* @org/data @alex\nservices/upload/.* kim\n";
        assert_eq!(owners(text, "README.md"), ["line 1: @robin"]);
        assert_eq!(
            owners(text, "services/upload/load.sql"),
            ["line 1: @robin", "line 2: @org/data @alex", "line 3: @kim"]
        );
    }

    #[test]
    fn patterns_are_expressions_for_the_whole_path() {
        assert_eq!(owners("src @kim", "src"), ["line 1: @kim"]);
        assert_eq!(owners("src @kim", "src/a.go"), [""; 0]);
        assert_eq!(owners(r".*\\.js @kim #comment", "a.js"), ["line 1: @kim"]);
        assert_eq!(owners(r".*\\.js @kim", "ajs"), [""; 0]);
        assert_eq!(
            owners(r".*\.js @kim", "axjs"),
            ["line 1: @kim"],
            "one backslash is gone before Go reads it"
        );
        assert_eq!(owners("docs|src @kim", "docs/a.md"), ["line 1: @kim"], "no brackets are around it");
        assert_eq!(owners(r"path\ with\ spaces/ @kim", "path with spaces/"), ["line 1: @kim"]);
        assert_eq!(owners(r"\#path @kim", "#path"), ["line 1: @kim"]);
        assert_eq!(
            owners("docs/(aws|google)/[^/]*\\\\.(md|txt) @org3 @org2/team2", "docs/aws/x.md"),
            ["line 1: @org3 @org2/team2"]
        );
    }

    #[test]
    fn a_negated_pattern_means_all_other_paths() {
        assert_eq!(owners("!docs/.* @kim", "src/a.go"), ["line 1: @kim"]);
        assert_eq!(owners("!docs/.* @kim", "docs/a.md"), [""; 0]);
        assert_eq!(owners("!.* @kim", "docs/a.md"), [""; 0]);
    }

    #[test]
    fn a_line_that_the_host_skips_leaves_what_it_may_have_meant_in_doubt() {
        let doubt = |text: &str, path: &str| {
            GiteaOwners::parse(text).doubt(&RepoPath::from(path)).map(|line| line.line)
        };
        assert_eq!(doubt(".* @kim\nsrc/.*\n", "src/a.go"), Some(2));
        assert_eq!(doubt(".* @kim\nsrc/.*\n", "docs/a.md"), None);
        assert_eq!(doubt("src/( @kim\n", "docs/a.md"), Some(1), "it may have meant anything");
        assert_eq!(doubt("src/(?!vendor).* @kim\n", "docs/a.md"), Some(1));
        assert_eq!(doubt("src/.* @a/b/c\n", "src/a.go"), Some(1));
        assert_eq!(doubt("src/.* kim@example.test @alex\n", "src/a.go"), Some(1));
        assert_eq!(doubt("\n# comment\n   \n.* @kim\r\n", "src/a.go"), None);
    }

    #[test]
    fn a_path_on_which_versions_of_the_host_differ_needs_the_owners() {
        assert_eq!(owners(r"src/\\w+ @kim", "src/é"), ["line 1: @kim"]);
        assert_eq!(owners("src/.+ @kim", "docs/é"), [""; 0]);
    }
}
