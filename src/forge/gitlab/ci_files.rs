//! The files that define the pipelines of a project: the one that its settings name ("CI/CD
//! configuration file", `ci_config_path`), and the files of the project that this one includes
//! (GitLab docs, "Use CI/CD configuration from other files").
//!
//! The text is not read as YAML. Whatever below an `include` may be the name of a file of the
//! project is taken for one: a file too many asks for one more approval. To write it
//! otherwise, one has to change a file that is of the gate already.

use super::{GitLab, TOKEN_ADVICE};
use crate::ReadTexts;
use crate::http::gaps::{malformed, truncated};
use portcullis_model::fact::Gap;
use portcullis_model::path::RepoPath;
use portcullis_pattern::glob::Glob;
use std::collections::BTreeSet;

/// What a project is defined by where it does not say otherwise.
pub(super) const DEFAULT_CONFIG: &str = ".gitlab-ci.yml";

/// GitLab reads no more files for one pipeline.
const MOST: usize = 150;

impl GitLab {
    pub(super) fn ci_files(&self, read: ReadTexts<'_>) -> Result<Vec<Glob>, Gap> {
        let what = "which files define the pipelines of the project";
        let named = self.settings()?.ci_config_path.clone().ok_or_else(|| {
            let gap = malformed(what, "`ci_config_path` is missing");
            Gap { remedy: TOKEN_ADVICE.to_string(), ..gap }
        })?;
        let Some(first) = own_file(named.as_deref().unwrap_or_default(), self.project.as_str()) else {
            return Ok(Vec::new());
        };
        let mut found = BTreeSet::from([first.clone()]);
        let mut unread = vec![first];
        while let Some(path) = unread.pop() {
            let texts = read(&RepoPath::from(path.as_str()))?;
            let names = texts.iter().flat_map(|text| included(text));
            unread.extend(names.filter(|name| found.insert(name.clone())));
            if found.len() > MOST {
                return Err(truncated(what, format!("there are more than {MOST} of them")));
            }
        }
        Ok(found.iter().flat_map(|name| patterns_of(name)).collect())
    }
}

/// The file in this project that the setting names; `None`: it is elsewhere, at an address or in
/// another project (`FILE.yml@group/project:REF`).
fn own_file(setting: &str, project: &str) -> Option<String> {
    let ends = [".yml@", ".yaml@"].iter().find_map(|end| Some(setting.find(end)? + end.len()));
    let (file, of) = match ends {
        Some(at) => (&setting[..at - 1], setting[at..].split(':').next()),
        None => (setting, None),
    };
    match of {
        _ if setting.contains("://") => None,
        Some(of) if !of.eq_ignore_ascii_case(project) => None,
        _ if file.is_empty() => Some(DEFAULT_CONFIG.to_string()),
        _ => Some(from_root(file)),
    }
}

fn from_root(name: &str) -> String {
    name.trim_start_matches("./").trim_start_matches('/').to_string()
}

/// What a text includes of its own project. Children are deeper than their `include`, or the items
/// of a list at the same depth.
fn included(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut block = None;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let rest = line.trim_start();
        let depth = line.len() - rest.len();
        let is_below = |above: usize| depth > above || depth == above && rest.starts_with('-');
        let below = match after_include(rest) {
            Some(below) => {
                block = block.filter(|above| is_below(*above)).or(Some(depth));
                below
            }
            None if block.is_some_and(is_below) => rest,
            None => {
                block = None;
                continue;
            }
        };
        names.extend(below.split([',', '[', ']', '{', '}']).filter_map(file_of));
    }
    names
}

/// What follows the key `include` in a line.
fn after_include(line: &str) -> Option<&str> {
    const KEY: &str = "include";
    let at = line.find(KEY)?;
    let is_key = line[..at].chars().next_back().is_none_or(|before| " -{,\"'".contains(before));
    let after = line[at + KEY.len()..].trim_start_matches(['"', '\'', ' ']);
    after.strip_prefix(':').filter(|_| is_key)
}

/// The file that one item names: alone, or as `local`.
fn file_of(item: &str) -> Option<String> {
    let item = item.trim().trim_start_matches('-').trim();
    let item = item.split(" #").next().unwrap_or_default();
    let name = match item.split_once(':') {
        Some((key, value)) if key.trim_matches(['"', '\'', ' ']) == "local" => value,
        Some(_) => return None,
        None => item,
    };
    let name = name.trim().trim_matches(['"', '\'']);
    let is_file = [".yml", ".yaml"].iter().any(|end| name.ends_with(end));
    is_file.then(|| from_root(name))
}

/// The patterns of a name, which may hold `*`, `**` and variables.
fn patterns_of(name: &str) -> Vec<Glob> {
    let directory = |end: usize| name[..end].rsplit_once('/').map_or("", |(directory, _)| directory);
    let below = |end: usize| match directory(end) {
        "" => ["**/*.yml", "**/*.yaml"].iter().filter_map(|text| Glob::new(text).ok()).collect(),
        directory => [".yml", ".yaml"]
            .iter()
            .filter_map(|end| Glob::new(&format!("{directory}/**/*{end}")).ok())
            .collect(),
    };
    match (name.find('$'), name.find('*')) {
        (Some(at), _) => below(at),
        (None, Some(at)) => match Glob::new(&name.replace("**.", "**/*.")) {
            Ok(glob) => vec![glob],
            Err(_) => below(at),
        },
        (None, None) => Glob::of_path(name.as_bytes()).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_names_a_file_here_or_elsewhere() {
        let of = |setting| own_file(setting, "group/project");
        for (setting, file) in [
            ("", ".gitlab-ci.yml"),
            ("ci/gate.yml", "ci/gate.yml"),
            ("/ci/gate.yml", "ci/gate.yml"),
            ("ci/gate.yml@Group/Project", "ci/gate.yml"),
            ("ci/gate.yaml@group/project:main", "ci/gate.yaml"),
            ("ci/mail@home.yml", "ci/mail@home.yml"),
        ] {
            assert_eq!(of(setting).as_deref(), Some(file), "{setting}");
        }
        for setting in ["https://example.test/gate.yml", "gate.yml@group/gate", "gate.yml@group/gate:v1"] {
            assert_eq!(of(setting), None, "{setting}");
        }
    }

    #[test]
    fn what_is_included_of_the_project_is_found_in_every_form() {
        for (text, names) in [
            ("include: /ci/a.yml", &["ci/a.yml"][..]),
            ("include: 'ci/a.yml' # the tests\ntest:\n  script: run b.yml", &["ci/a.yml"]),
            ("include: [ci/a.yml, {local: ci/b.yaml}]", &["ci/a.yml", "ci/b.yaml"]),
            ("include:\n- local: ./ci/a.yml\n- ci/b.yml\nx: c.yml", &["ci/a.yml", "ci/b.yml"]),
            ("include:\n  - \"local\": \"ci/a.yml\"\n    rules: []\n", &["ci/a.yml"]),
            ("include:\n  local: ci/a.yml", &["ci/a.yml"]),
            ("child:\n  trigger:\n    include: ci/child.yml", &["ci/child.yml"]),
            ("child:\n  trigger: {include: [{local: ci/child.yml}]}", &["ci/child.yml"]),
            ("include:\n  - remote: https://example.test/a.yml\n  - template: Jobs.gitlab-ci.yml", &[]),
            ("include:\n  - project: group/gate\n    file: /gate.yml", &[]),
            ("includes: a.yml\nx_include: b.yml", &[]),
        ] {
            assert_eq!(included(text), names, "{text}");
        }
    }

    #[test]
    fn patterns_of_names_with_stars_and_variables() {
        let is_meant = |name: &str, path: &str| {
            patterns_of(name).iter().any(|glob| glob.matches_folded(path.as_bytes()))
        };
        for (name, path) in [
            ("ci/a.yml", "ci/a.yml"),
            ("ci/*.yml", "ci/a.yml"),
            ("ci/**.yml", "ci/x/a.yml"),
            ("ci/**/*.yml", "ci/x/y/a.yml"),
            ("ci/$KIND/a.yml", "ci/x/a.yml"),
            ("$FILE.yml", "x/a.yml"),
            ("ci/a[1].yml", "ci/a[1].yml"),
        ] {
            assert!(is_meant(name, path), "{name} {path}");
        }
        for (name, path) in [("ci/*.yml", "ci/x/a.yml"), ("ci/$X.yml", "ci/guide.md"), ("ci/a.yml", "a.yml")]
        {
            assert!(!is_meant(name, path), "{name} {path}");
        }
    }
}
