//! The deployment branches: the default branch, branches by their names, and those that CI files
//! name beside words of deployment.

use portcullis_pattern::glob::Glob;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// What is known of the branches.
#[derive(Clone, Debug, Default)]
pub struct BranchFacts {
    /// The branch that the remote calls its default, or the one that is checked out.
    pub default: Option<(String, &'static str)>,
    /// All branches that the clone knows.
    pub names: BTreeSet<String>,
    /// What the host says of branches, by name: `protected`, `deployed from`.
    pub by_host: BTreeMap<String, String>,
}

/// A pattern of branches, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposedBranch {
    /// As the policy writes it.
    pub pattern: String,
    /// Why.
    pub reasons: Vec<String>,
}

/// Patterns of names from which software is usually deployed.
const USUAL: &[&str] = &[
    "production",
    "prod",
    "live",
    "release",
    "release/*",
    "releases/*",
    "release-[0-9]*",
    "release-v[0-9]*",
    "stable",
    "stable/*",
    "deploy",
    "deploy/*",
];

/// The deployment branches that are proposed.
pub fn propose_branches(facts: &BranchFacts, ci: &[(String, String)]) -> Vec<ProposedBranch> {
    let mut found = FoundBranches::default();
    if let Some((name, why)) = &facts.default {
        found.add(name, why.to_string());
    }
    for pattern in USUAL {
        if let Some(name) = facts.find_fitting(pattern) {
            found.add(pattern, format!("by name: `{name}`"));
        }
    }
    for (path, text) in ci.iter().filter(|(_, text)| speaks_of_deployment(text)) {
        let named = branches_in(text).into_iter().filter(|pattern| facts.find_fitting(pattern).is_some());
        named.for_each(|pattern| found.add(&pattern, format!("named in `{path}`, which deploys")));
    }
    facts.by_host.iter().for_each(|(name, why)| found.add(name, why.clone()));
    found.in_order(facts.default.as_ref().map(|(name, _)| name.as_str()))
}

impl BranchFacts {
    /// A branch that fits a pattern.
    fn find_fitting(&self, pattern: &str) -> Option<&String> {
        let glob = Glob::new(pattern).ok()?;
        self.names.iter().find(|name| glob.matches(name.as_bytes()))
    }
}

/// Patterns with their reasons.
#[derive(Default)]
struct FoundBranches(BTreeMap<String, Vec<String>>);

impl FoundBranches {
    fn add(&mut self, pattern: &str, reason: String) {
        if !is_writable(pattern) {
            return;
        }
        let reasons = self.0.entry(pattern.to_string()).or_default();
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }

    /// The default branch first.
    fn in_order(self, default: Option<&str>) -> Vec<ProposedBranch> {
        let all = self.0.into_iter().map(|(pattern, reasons)| ProposedBranch { pattern, reasons });
        let mut all: Vec<ProposedBranch> = all.collect();
        all.sort_by_key(|one| default != Some(one.pattern.as_str()));
        all
    }
}

/// Names and patterns that every host and every CI file takes as they are.
pub(crate) fn is_writable(pattern: &str) -> bool {
    // Every host and every CI file knows this class.
    let pattern = &pattern.replace("[0-9]", "0");
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./*+".contains(&b);
    let is_component = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    pattern.bytes().all(is_plain)
        && pattern.split('/').all(is_component)
        && !pattern.contains("..")
        && !pattern.starts_with('-')
        && !pattern.ends_with('.')
        && !pattern.starts_with("refs/")
        && !matches!(pattern.as_str(), "*" | "**" | "**/*" | "HEAD")
        && Glob::new(pattern).is_ok()
}

fn speaks_of_deployment(text: &str) -> bool {
    static WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?im)\bdeploy|^\s*environment:|\bkubectl\b|\bhelm\b|\bterraform\b|\brelease\b|\bpublish")
            .ok()
    });
    WORDS.as_ref().is_some_and(|words| words.is_match(text))
}

/// The names in `branches: [a, b]`, in lists below it, and in conditions of GitLab and Jenkins.
fn branches_in(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut list_below: Option<usize> = None;
    for line in text.lines() {
        let (indent, trimmed) = (line.len() - line.trim_start().len(), line.trim_start());
        match (trimmed.strip_prefix("branches:"), trimmed.strip_prefix("- "), list_below) {
            (Some(rest), _, _) => {
                let inline = inline_items(rest);
                list_below = inline.is_empty().then_some(indent);
                found.extend(inline);
            }
            (None, Some(item), Some(least)) if indent >= least => found.push(plain_item(item)),
            (None, None, Some(_)) if ends_list(trimmed) => list_below = None,
            _ => {}
        }
        found.extend(branch_of_condition(line));
    }
    found.retain(|name| !name.is_empty() && !name.starts_with('!'));
    found
}

fn ends_list(trimmed: &str) -> bool {
    !trimmed.is_empty() && !trimmed.starts_with('#')
}

fn inline_items(rest: &str) -> Vec<String> {
    let inline = rest.trim().trim_start_matches('[').trim_end_matches(']');
    inline.split(',').map(plain_item).filter(|item| !item.is_empty()).collect()
}

fn branch_of_condition(line: &str) -> Option<String> {
    static CONDITION: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"(?:CI_COMMIT_(?:BRANCH|REF_NAME)\s*==|^\s*branch(?:\s+|\())\s*["']([^"'\s]+)["']"#).ok()
    });
    let captured = CONDITION.as_ref()?.captures(line)?.get(1)?;
    Some(captured.as_str().to_string())
}

fn plain_item(item: &str) -> String {
    item.split(" #").next().unwrap_or(item).trim().trim_matches(['"', '\'']).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(default: &str, names: &[&str], ci: &str) -> Vec<String> {
        let names = names.iter().map(|name| name.to_string()).collect();
        let default = Some((default.to_string(), "the default branch")).filter(|(name, _)| !name.is_empty());
        let facts = BranchFacts { default, names, by_host: BTreeMap::new() };
        let ci = [(".github/workflows/a.yml".to_string(), ci.to_string())];
        propose_branches(&facts, &ci).into_iter().map(|one| one.pattern).collect()
    }

    #[test]
    fn the_default_comes_first_and_names_tell_the_others() {
        assert_eq!(
            patterns("main", &["main", "a-fix", "release/1.2", "production"], ""),
            ["main", "production", "release/*"]
        );
    }

    #[test]
    fn a_branch_about_releases_is_no_release_branch() {
        assert_eq!(patterns("main", &["main", "release-script", "release-notes-1"], ""), ["main"]);
        assert_eq!(
            patterns("main", &["main", "release-script", "release-1.2", "release-v3"], ""),
            ["main", "release-[0-9]*", "release-v[0-9]*"]
        );
    }

    #[test]
    fn a_file_that_deploys_names_branches() {
        let inline = "on:\n  push:\n    branches: [main, 'staging', '!x']\njobs:\n  deploy:\n";
        assert_eq!(patterns("main", &["main", "staging"], inline), ["main", "staging"]);
        let list = "on:\n  push:\n    branches:\n      - main\n      # no\n      - \"hotfix/*\" # yes\njobs:\n  deploy:\n    needs:\n      - x\n";
        assert_eq!(patterns("main", &["main", "hotfix/a", "x"], list), ["main", "hotfix/*"]);
        assert_eq!(
            patterns("", &["main", "live2"], "deploy:\n  if: $CI_COMMIT_BRANCH == \"live2\""),
            ["live2"]
        );
        assert_eq!(patterns("", &["live2"], "tests:\n  branches: [live2]"), [""; 0]);
    }

    #[test]
    fn odd_names_are_no_patterns() {
        for name in [
            "*",
            "a b",
            "-x",
            "a..b",
            "a.lock",
            ".a",
            "refs/heads/a",
            "HEAD",
            "a\nb",
            "a\"b",
            "a\u{202e}",
            "a/",
        ] {
            assert!(patterns(name, &[name], "").is_empty(), "{name}");
        }
    }
}
