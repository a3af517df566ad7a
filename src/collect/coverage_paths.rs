//! The path in the repository that a name in a report means: exact, or none.
//!
//! A name that only *ends* like a path is not that path: `vendor/upload/load.py` is not
//! `upload/load.py`.

use portcullis_model::line_coverage::{CoverageSource, has_drive, is_absolute};
use portcullis_model::path::RepoPath;

/// The paths that a name may mean; none when it is outside of the repository or unclear.
///
/// 1. A name that begins with the components of `strip` loses them.
/// 2. Otherwise, an absolute name in the work tree is what follows the work tree's root.
/// 3. Otherwise, a name that should have begun with `strip`, or is absolute, means nothing.
/// 4. What is left of 1, and a name that was relative, has `add` put before it.
///
/// Components `.` say nothing and are left out. A name that climbs (`..`) means nothing. Case and
/// Unicode form count.
///
/// A backslash separates components where Windows wrote the report, and is part of a name
/// elsewhere. A report does not say where it was written, so a name with one is read in both ways;
/// who looks for the files sees whether that leaves a choice.
pub fn resolve_name(name: &str, source: &CoverageSource, root: Option<&str>) -> Vec<RepoPath> {
    let as_written = resolve_path(name, source.strip.as_deref(), source.add.as_deref(), root);
    let of_windows = from_windows(name).and_then(|name| {
        let [strip, root] = [source.strip.as_deref(), root].map(|text| text.map(with_slashes));
        resolve_path(&name, strip.as_deref(), source.add.as_deref(), root.as_deref())
    });
    as_written.into_iter().chain(of_windows).collect()
}

fn resolve_path(name: &str, strip: Option<&str>, add: Option<&str>, root: Option<&str>) -> Option<RepoPath> {
    let stripped = strip.and_then(|strip| strip_directory(name, strip));
    let rest = match (stripped, strip) {
        (Some(rest), _) => rest,
        (None, None) if !is_absolute(name) => name,
        (None, _) => return join_path(strip_directory(name, root?)?, None),
    };
    join_path(rest, add)
}

/// What follows the components of `directory`.
fn strip_directory<'n>(name: &'n str, directory: &str) -> Option<&'n str> {
    let directory = directory.strip_suffix('/').unwrap_or(directory);
    name.strip_prefix(directory)?.strip_prefix('/')
}

/// The name as Windows reads it; `None` where that changes nothing.
fn from_windows(name: &str) -> Option<String> {
    (name.contains('\\') || has_drive(name)).then(|| with_slashes(name))
}

/// A path of Windows with the separator of the repository. `\\?\` before it says nothing, and
/// drives have no case.
fn with_slashes(text: &str) -> String {
    let mut path = text.strip_prefix(r"\\?\").unwrap_or(text).replace('\\', "/");
    if has_drive(&path) {
        path[..1].make_ascii_uppercase();
    }
    path
}

fn join_path(rest: &str, add: Option<&str>) -> Option<RepoPath> {
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

    fn text(path: &RepoPath) -> String {
        String::from_utf8_lossy(path.as_bytes()).into_owned()
    }

    fn all(name: &str, strip: Option<&str>, add: Option<&str>) -> Vec<String> {
        resolve_name(name, &source(strip, add), Some("/srv/tree")).iter().map(text).collect()
    }

    fn at(name: &str, strip: Option<&str>, add: Option<&str>) -> Option<String> {
        let mut all = all(name, strip, add);
        assert!(all.len() < 2, "{name}: {all:?}");
        all.pop()
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
        assert_eq!(resolve_name("/srv/tree/a", &source(None, None), None), []);
    }

    #[test]
    fn case_and_unicode_form_count() {
        assert_ne!(at("A.py", None, None), at("a.py", None, None));
        assert_ne!(at("\u{e9}.py", None, None), at("e\u{301}.py", None, None));
    }

    #[test]
    fn names_of_windows_are_read_in_both_ways() {
        assert_eq!(all(r"src\load.cs", None, None), [r"src\load.cs", "src/load.cs"]);
        assert_eq!(all(r".\src\load.cs", None, Some("a")), [r"a/.\src\load.cs", "a/src/load.cs"]);
        for (name, strip, path) in [
            (r"D:\a\x\src\load.cs", r"D:\a\x", Some("src/load.cs")),
            (r"D:\a\x\src\load.cs", r"D:\a\x\", Some("src/load.cs")),
            (r"D:\a\x\src\load.cs", "d:/a/x", Some("src/load.cs")),
            ("d:/a/x/src/load.cs", r"D:\a\x", Some("src/load.cs")),
            (r"D:\a\x/src\load.cs", r"D:\a\x", Some("src/load.cs")),
            (r"\\?\D:\a\x\src\load.cs", r"D:\a\x", Some("src/load.cs")),
            (r"\\build\x\src\load.cs", r"\\build\x", Some("src/load.cs")),
            (r"D:\a\xy\src\load.cs", r"D:\a\x", None),
            (r"E:\a\x\src\load.cs", r"D:\a\x", None),
            (r"D:\A\x\src\load.cs", r"D:\a\x", None),
            (r"D:\a\x\..\y\load.cs", r"D:\a\x", None),
            (r"D:\a\x\.git\load.cs", r"D:\a\x", None),
            (r"D:\a\x\C:\load.cs", r"D:\a\x", None),
        ] {
            let all = all(name, Some(strip), None);
            assert_eq!(all.last().map(String::as_str), path, "{name} {strip}: {all:?}");
        }
        // Without a setting, only the work tree says where a drive ends.
        let of = |name: &str| resolve_name(name, &source(None, None), Some(r"D:\a\x"));
        assert_eq!(of(r"D:\a\x\src\load.cs"), [RepoPath::from("src/load.cs")]);
        assert_eq!(of(r"D:\a\y\src\load.cs"), []);
    }
}
