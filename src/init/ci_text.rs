//! What texts of CI files say: the names of jobs and of environments. Read line by line: it is a
//! proposal, and what cannot be read so is not proposed.

use regex::Regex;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Names found in CI files, with one of the files.
pub type NamedIn = BTreeMap<String, String>;

/// Jobs of GitHub's workflows on change requests whose check has a name that the text tells.
pub fn jobs_in(texts: &[(String, String)]) -> NamedIn {
    let workflows = texts
        .iter()
        .filter(|(path, text)| path.starts_with(".github/workflows/") && text.contains("pull_request"));
    let mut found = NamedIn::new();
    for (path, text) in workflows {
        for job in read_jobs(text).into_iter().filter(|job| is_name(job)) {
            found.entry(job).or_insert_with(|| path.clone());
        }
    }
    found
}

fn read_jobs(text: &str) -> Vec<String> {
    let lines = text.lines().skip_while(|line| !line.starts_with("jobs:")).skip(1);
    let lines = lines.take_while(|line| line.is_empty() || line.starts_with([' ', '#', '\t']));
    let lines: Vec<&str> =
        lines.filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')).collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let Some(depth) = lines.first().map(|line| indent(line)) else { return Vec::new() };
    let starts: Vec<usize> =
        lines.iter().enumerate().filter(|(_, line)| indent(line) == depth).map(|(at, _)| at).collect();
    let ends = starts.iter().skip(1).copied().chain([lines.len()]);
    starts.iter().zip(ends).filter_map(|(from, to)| read_job(lines.get(*from..to)?)).collect()
}

/// `None` where a matrix or a called workflow makes the name.
fn read_job(lines: &[&str]) -> Option<String> {
    let (first, rest) = lines.split_first()?;
    let id = first.trim().strip_suffix(':')?;
    let depth = rest.first().map(|line| line.len() - line.trim_start().len())?;
    let keys =
        || rest.iter().filter(|line| line.len() - line.trim_start().len() == depth).map(|line| line.trim());
    if keys().any(|line| line.starts_with("strategy:") || line.starts_with("uses:")) {
        return None;
    }
    let name = keys().find_map(|line| line.strip_prefix("name:"));
    let name = name.map_or(id, |name| name.trim().trim_matches(['"', '\'']));
    (!name.contains("${{")).then(|| name.to_string())
}

/// Environments that workflows and pipelines deploy to.
pub fn environments_in(texts: &[(String, String)]) -> NamedIn {
    static KEY: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"(?m)^\s*(?:-\s+)?environment:[ \t]*(?:\r?\n\s+name:)?[ \t]*["']?([A-Za-z0-9][A-Za-z0-9._-]*)["']?[ \t]*\r?$"#).ok()
    });
    let mut found = NamedIn::new();
    for (path, text) in texts {
        let all = KEY.iter().flat_map(|key| key.captures_iter(text)).filter_map(|captures| captures.get(1));
        for name in all.map(|name| name.as_str()).filter(|name| *name != "name" && is_name(name)) {
            found.entry(name.to_string()).or_insert_with(|| path.clone());
        }
    }
    found
}

/// Plain names only: they are written into files.
fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " -_./()".contains(c);
    !name.is_empty() && name.len() <= 80 && name.trim() == name && name.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_have_their_names_unless_a_matrix_makes_them() {
        let text = "on: [pull_request]\njobs:\n  build:\n    runs-on: x\n    steps:\n      - name: no\n  # c\n  tests:\n    name: \"All tests\"\n    runs-on: x\n  many:\n    strategy:\n      matrix: {a: [1]}\n    runs-on: x\n  made:\n    name: ${{ x }}\n    runs-on: x\n";
        let found = jobs_in(&[(".github/workflows/ci.yml".into(), text.into())]);
        assert_eq!(found.keys().collect::<Vec<_>>(), ["All tests", "build"]);
        assert!(
            jobs_in(&[(".github/workflows/ci.yml".into(), text.replace("pull_request", "push"))]).is_empty()
        );
    }

    #[test]
    fn environments_are_read_in_both_forms() {
        let text = "jobs:\n  a:\n    environment: production\n  b:\n    environment:\n      name: staging\n      url: x\n  c:\n    environment: ${{ x }}\n";
        let found = environments_in(&[("a.yml".into(), text.into())]);
        assert_eq!(found.keys().collect::<Vec<_>>(), ["production", "staging"]);
    }

    #[test]
    fn names_that_could_leave_a_line_are_left_out() {
        let text = "on: pull_request\njobs:\n  a\"b:\n    runs-on: x\n  c:\n    name: x'; [controls]\n    runs-on: x\n";
        assert!(jobs_in(&[(".github/workflows/ci.yml".into(), text.into())]).is_empty());
    }
}
