//! What a name alone says to the tools that look for files to run.
//!
//! A file that was moved holds no new line. Where its old or its new name is one by which a tool
//! finds what it runs, in which order, or whether at all, then the move itself is what has to be
//! tested.

use std::collections::BTreeSet;

/// Files that a tool looks for by name, without what follows the first dot.
const FILES: [&str; 30] = [
    "__init__",
    "__main__",
    "app",
    "asgi",
    "autoload",
    "bootstrap",
    "build",
    "conftest",
    "dodo",
    "fabfile",
    "index",
    "init",
    "lib",
    "main",
    "manage",
    "mod",
    "module-info",
    "noxfile",
    "package-info",
    "program",
    "server",
    "settings",
    "setup",
    "sitecustomize",
    "startup",
    "tasks",
    "urls",
    "usercustomize",
    "worker",
    "wsgi",
];

/// Modules of the standard library of Python that a file of the same name is in for.
const MODULES: [&str; 40] = [
    "abc",
    "argparse",
    "ast",
    "base64",
    "bisect",
    "calendar",
    "code",
    "collections",
    "copy",
    "csv",
    "datetime",
    "decimal",
    "email",
    "enum",
    "functools",
    "glob",
    "hashlib",
    "hmac",
    "http",
    "inspect",
    "io",
    "json",
    "logging",
    "math",
    "numbers",
    "os",
    "pathlib",
    "pickle",
    "queue",
    "random",
    "re",
    "secrets",
    "shutil",
    "signal",
    "site",
    "socket",
    "string",
    "struct",
    "types",
    "typing",
];

/// Directories of which a tool runs or loads whatever lies in them, or leaves it alone.
const DIRECTORIES: [&str; 38] = [
    "api",
    "archive",
    "attic",
    "autoload",
    "bin",
    "commands",
    "cron",
    "crontabs",
    "dags",
    "disabled",
    "enabled",
    "examples",
    "extensions",
    "functions",
    "handlers",
    "hooks",
    "initializers",
    "jobs",
    "listeners",
    "macros",
    "middleware",
    "migrate",
    "migrations",
    "models",
    "node_modules",
    "old",
    "pages",
    "plugins",
    "routes",
    "sbin",
    "seeds",
    "snapshots",
    "steps",
    "tasks",
    "test",
    "testdata",
    "tests",
    "vendor",
];

/// Systems and processors: Go builds a file whose name ends with another one's not at all.
const PLATFORMS: [&str; 20] = [
    "aix", "amd64", "android", "arm", "arm64", "darwin", "freebsd", "illumos", "ios", "js", "linux",
    "netbsd", "openbsd", "plan9", "ppc64", "riscv64", "s390x", "solaris", "wasm", "windows",
];

/// What tools read from a path; two paths of which they read the same represent the same.
pub fn path_meaning(path: &str) -> BTreeSet<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut all = directory_meaning(path);
    let stem = name.trim_start_matches(['.', '_']).split('.').next().unwrap_or_default();
    let whole = name.split('.').next().unwrap_or_default();
    if name.starts_with(['.', '_']) {
        all.insert("hidden".to_string());
    }
    for table in [&FILES[..], &MODULES[..]] {
        all.extend(
            table.iter().filter(|one| **one == whole || **one == stem).map(|one| format!("file {one}")),
        );
    }
    all.extend(migration_order(stem).map(|order| format!("order {order}")));
    let small = name.to_ascii_lowercase();
    let parts: Vec<&str> = small.split(['_', '.', '-']).collect();
    if parts.iter().any(|part| matches!(*part, "test" | "tests" | "spec"))
        || stem.ends_with("Test")
        || stem.ends_with("Spec")
    {
        all.insert("test".to_string());
    }
    if let Some(name) = name.strip_suffix(".go") {
        all.extend(
            name.split('_').skip(1).filter(|part| PLATFORMS.contains(part)).map(|part| format!("on {part}")),
        );
    }
    all
}

/// What the directories of a path say alone.
pub fn directory_meaning(path: &str) -> BTreeSet<String> {
    let above = path.rsplit_once('/').map_or("", |(above, _)| above);
    let says = |name: &&str| {
        let small = name.to_ascii_lowercase();
        DIRECTORIES.contains(&small.as_str())
            || name.starts_with(['.', '_'])
            || small.contains('.')
            || small.contains("disabled")
    };
    above.split('/').filter(says).map(|name| format!("below {name}")).collect()
}

/// The number by which a tool puts it in order: `0007_clear`, `V7__clear`, `20260101-clear`.
fn migration_order(stem: &str) -> Option<String> {
    let kind = stem.chars().next().filter(|first| "VURB".contains(*first)).map_or("", |_| &stem[..1]);
    let number: String =
        stem[kind.len()..].chars().take_while(|letter| letter.is_ascii_digit() || *letter == '_').collect();
    number
        .starts_with(|first: char| first.is_ascii_digit())
        .then(|| format!("{kind}{}", number.trim_end_matches('_')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_something_to_a_tool() {
        for (one, other) in [
            ("a/helper.py", "a/conftest.py"),
            ("a/_helper.go", "a/helper.go"),
            ("a/0007_b.sql", "a/0008_b.sql"),
            ("a/V7__b.sql", "a/R7__b.sql"),
            ("a/b_linux.go", "a/b_windows.go"),
            ("a/plugins/b.py", "a/b.py"),
            ("a/HelperTest.java", "a/Helper.java"),
            ("a/old.d/b", "a/b"),
        ] {
            assert_ne!(path_meaning(one), path_meaning(other), "{one} {other}");
        }
        for (one, other) in [
            ("a/helper.py", "a/rest.py"),
            ("a/helper.py", "a/b/helper.py"),
            ("a/0007_b.sql", "a/0007_c.sql"),
            ("a/b_linux.go", "a/c_linux.go"),
            ("a/\u{e9}.py", "a/\u{fc}.py"),
            ("", "b"),
        ] {
            assert_eq!(path_meaning(one), path_meaning(other), "{one} {other}");
        }
    }
}
