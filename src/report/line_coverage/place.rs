//! The path in the repository that a name in a report stands for: exact, or none.
//!
//! A name that only *ends* like a path is not that path: `vendor/upload/load.py` is not `upload/load.py`.

use crate::model::line_coverage::CoverageSource;
use crate::model::path::RepoPath;

/// The path that a name stands for; `None` when it lies outside of the repository or nobody can say.
///
/// 1. A name that begins with the components of `strip` loses them.
/// 2. Otherwise, an absolute name in the work tree is what follows the work tree's root.
/// 3. Otherwise, a name that should have begun with `strip`, or is absolute, stands for nothing.
/// 4. What is left of 1, and a name that was relative, has `add` put before it.
///
/// Components `.` say nothing and are left out. A name that climbs (`..`) stands for nothing. Case and Unicode form count.
pub fn place(name: &str, source: &CoverageSource, root: Option<&str>) -> Option<RepoPath> {
    let stripped = source.strip.as_ref().and_then(|strip| below(name, strip));
    let rest = match (stripped, &source.strip) {
        (Some(rest), _) => rest,
        (None, None) if !is_absolute(name) => name,
        (None, _) => return plain(below(name, root?)?, None),
    };
    plain(rest, source.add.as_deref())
}

/// What follows the components of `directory`.
fn below<'n>(name: &'n str, directory: &str) -> Option<&'n str> {
    let directory = directory.strip_suffix('/').unwrap_or(directory);
    name.strip_prefix(directory)?.strip_prefix('/')
}

fn is_absolute(name: &str) -> bool {
    name.starts_with(['/', '\\']) || name.as_bytes().get(1) == Some(&b':')
}

fn plain(rest: &str, add: Option<&str>) -> Option<RepoPath> {
    if rest.is_empty() || rest.ends_with('/') || is_absolute(rest) {
        return None;
    }
    let parts = add.into_iter().chain([rest]).flat_map(|part| part.split('/'));
    let parts: Vec<&str> = parts.filter(|part| !matches!(*part, "" | ".")).collect();
    let path = RepoPath::from(parts.join("/").as_str());
    (!path.is_bent()).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(strip: Option<&str>, add: Option<&str>) -> CoverageSource {
        let text = |text: &str| text.to_string();
        CoverageSource { files: "x".into(), format: None, strip: strip.map(text), add: add.map(text) }
    }

    fn at(name: &str, strip: Option<&str>, add: Option<&str>) -> Option<String> {
        place(name, &source(strip, add), Some("/srv/tree")).map(|path| path.to_string())
    }

    #[test]
    fn names_are_mapped_by_what_the_policy_says() {
        for (name, strip, add, path) in [
            ("a/b.py", None, None, Some("a/b.py")),
            ("./a//b.py", None, None, Some("a/b.py")),
            ("b.py", None, Some("a"), Some("a/b.py")),
            ("/srv/tree/a/b.py", None, Some("x"), Some("a/b.py")),
            ("/build/a/b.py", Some("/build"), None, Some("a/b.py")),
            ("/build/a/b.py", Some("/build/"), Some("s"), Some("s/a/b.py")),
            ("example.test/upload/b.go", Some("example.test/upload"), Some("go/up"), Some("go/up/b.go")),
            ("/srv/tree/a.py", Some("/build"), None, Some("a.py")),
            ("/build/a.py", None, None, None),
            ("/builder/a.py", Some("/build"), None, None),
            ("other.test/upload/b.go", Some("example.test/upload"), None, None),
            ("/srv/treehouse/a.py", None, None, None),
            ("../a.py", None, None, None),
            ("a/../b.py", None, None, None),
            ("a/.git/b.py", None, None, None),
            ("a/", None, None, None),
            ("", None, None, None),
            ("/build//etc/a", Some("/build"), None, None),
            (r"C:\a\b.cs", None, None, None),
            (r"\\server\b.cs", None, None, None),
        ] {
            assert_eq!(at(name, strip, add).as_deref(), path, "{name} {strip:?} {add:?}");
        }
        assert_eq!(place("/srv/tree/a", &source(None, None), None), None);
    }

    #[test]
    fn case_and_unicode_form_count() {
        assert_ne!(at("A.py", None, None), at("a.py", None, None));
        assert_ne!(at("\u{e9}.py", None, None), at("e\u{301}.py", None, None));
    }
}
