//! The files of a repository as `init` sees them: paths, and what a path tells of a file.

use portcullis_model::path::RepoPath;

/// What a path tells of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileRole {
    /// Source text: code or SQL.
    Source,
    /// A test, or what tests read.
    Test,
    /// Text for people.
    Document,
    /// Code of others, kept in the repository.
    Vendored,
    /// Written by a program.
    Generated,
    /// No text.
    Binary,
    /// Anything else, such as configuration.
    Other,
}

/// A file that may be part of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyedFile {
    /// Its path.
    pub path: String,
    /// What its path tells.
    pub role: FileRole,
    /// Its number in the list that the listing was made of.
    pub number: usize,
}

impl SurveyedFile {
    /// The name without folders.
    pub fn name(&self) -> &str {
        name_of(&self.path)
    }

    /// May it be part of what processes data?
    pub fn is_code(&self) -> bool {
        matches!(self.role, FileRole::Source | FileRole::Other)
    }
}

/// All files of a repository.
#[derive(Clone, Debug, Default)]
pub struct FileListing {
    /// Sorted by path.
    pub files: Vec<SurveyedFile>,
    /// How many paths hold characters that no pattern of a policy can name.
    pub unnameable: usize,
    /// How many of the files before this one are code.
    code_before: Vec<usize>,
}

impl FileListing {
    /// The listing of these paths.
    pub fn of<'p>(paths: impl Iterator<Item = &'p RepoPath>) -> Self {
        let (mut files, mut unnameable) = (Vec::new(), 0);
        for (number, path) in paths.enumerate() {
            match readable_path(path) {
                Some(path) => files.push(SurveyedFile { role: role_of(&path), path, number }),
                None => unnameable += 1,
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let mut code_before = vec![0];
        for file in &files {
            let so_far = code_before.last().copied().unwrap_or(0);
            code_before.push(so_far + usize::from(file.is_code()));
        }
        FileListing { files, unnameable, code_before }
    }

    /// How many files have this role.
    pub fn count(&self, role: FileRole) -> usize {
        self.files.iter().filter(|file| file.role == role).count()
    }

    /// How many files of code are below a folder, at any depth.
    pub fn code_below(&self, folder: &str) -> usize {
        let (from, to) = (format!("{folder}/"), format!("{folder}0"));
        let place = |text: &str| self.files.partition_point(|file| file.path.as_str() < text);
        let before = |text: &str| self.code_before.get(place(text)).copied().unwrap_or(0);
        before(&to) - before(&from)
    }

    /// Is a file of this path here?
    pub fn has(&self, path: &str) -> bool {
        self.files.binary_search_by(|file| file.path.as_str().cmp(path)).is_ok()
    }
}

/// `None` where a policy cannot hold the path, or a comment of it would end before its line does.
fn readable_path(path: &RepoPath) -> Option<String> {
    let text = std::str::from_utf8(path.as_bytes()).ok()?;
    let is_odd = |c: char| c.is_whitespace() && c != ' ';
    (path.to_string() == text && !text.contains(is_odd) && text.len() <= 1024).then(|| text.to_string())
}

/// The last component of a path.
pub fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The folder that a path is in; empty for the root.
pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// What follows the last dot of the name, in lower case.
pub fn ending_of(path: &str) -> String {
    name_of(path).rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default()
}

const VENDORED: &[&str] = &[
    "vendor",
    "node_modules",
    "third_party",
    "third-party",
    "thirdparty",
    "bower_components",
    "site-packages",
    "jspm_packages",
    "pods",
    ".yarn",
    "venv",
    ".venv",
];
const GENERATED: &[&str] = &["__generated__", "generated", "dist", "_site", ".next", "__snapshots__"];
const GENERATED_ENDS: &[&str] = &[
    ".min.js",
    ".min.css",
    ".bundle.js",
    ".pb.go",
    "_pb2.py",
    "_pb2_grpc.py",
    ".g.cs",
    ".g.dart",
    ".lock",
    "-lock.json",
    "-lock.yaml",
    ".sum",
    ".map",
    ".snap",
];
const TESTS: &[&str] = &[
    "test",
    "tests",
    "spec",
    "specs",
    "__tests__",
    "testdata",
    "test-data",
    "test_data",
    "testing",
    "fixtures",
    "__fixtures__",
    "playwright",
    "__mocks__",
    "mocks",
    "e2e",
    "cypress",
    "testutil",
    "testutils",
    "unittests",
    "integrationtests",
    "functionaltests",
];
/// Texts for people, those that a program shows included.
const DOCUMENTS: &[&str] =
    &["docs", "doc", "documentation", "lang", "locale", "locales", "i18n", "translations"];
const DOCUMENT_ENDINGS: &[&str] = &["md", "markdown", "mdx", "rst", "txt", "adoc", "org", "tex"];
const BINARY: &[&str] = &[
    "png", "jpg", "jpeg", "gif", "ico", "svg", "webp", "bmp", "pdf", "zip", "gz", "bz2", "xz", "tgz", "tar",
    "7z", "jar", "war", "class", "pyc", "so", "dll", "exe", "dylib", "a", "o", "woff", "woff2", "ttf", "otf",
    "eot", "mp3", "mp4", "webm", "mov", "wav", "ogg", "parquet", "avro", "orc", "sqlite", "sqlite3", "db",
    "doc", "docx", "xls", "xlsx", "ppt", "pptx", "keystore", "jks", "p12", "bin", "wasm", "psd", "ai",
];

/// The endings of source text, with the language.
pub const LANGUAGES: &[(&str, &[&str])] = &[
    ("C", &["c", "h"]),
    ("C#", &["cs", "vb", "fs"]),
    ("C++", &["cc", "cpp", "cxx", "hpp", "hh"]),
    ("Clojure", &["clj", "cljs"]),
    ("Dart", &["dart"]),
    ("Elixir", &["ex", "exs"]),
    ("Erlang", &["erl"]),
    ("Go", &["go"]),
    ("Groovy", &["groovy"]),
    ("Haskell", &["hs"]),
    ("Java", &["java"]),
    ("JavaScript", &["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "vue", "svelte"]),
    ("Kotlin", &["kt", "kts"]),
    ("Lua", &["lua"]),
    ("Perl", &["pl", "pm"]),
    ("PHP", &["php"]),
    ("Python", &["py", "ipynb"]),
    ("R", &["r"]),
    ("Ruby", &["rb", "rake"]),
    ("Rust", &["rs"]),
    ("Scala", &["scala"]),
    ("Shell", &["sh", "bash"]),
    ("SQL", &["sql", "ddl", "dml", "hql", "cql", "pls", "pks", "pkb", "prisma"]),
    ("Swift", &["swift"]),
];

/// The language of a path; `None` where its ending is that of none.
pub fn language_of(path: &str) -> Option<&'static str> {
    let ending = ending_of(path);
    LANGUAGES.iter().find(|(_, endings)| endings.contains(&ending.as_str())).map(|(name, _)| *name)
}

fn role_of(path: &str) -> FileRole {
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let is_in = |names: &[&str]| folders.split('/').any(|folder| names.contains(&folder));
    let ending = ending_of(name);
    if is_in(VENDORED) {
        FileRole::Vendored
    } else if BINARY.contains(&ending.as_str()) {
        FileRole::Binary
    } else if is_in(GENERATED) || GENERATED_ENDS.iter().any(|end| name.ends_with(end)) {
        FileRole::Generated
    } else if is_in(TESTS) || is_test_project(folders) || is_test_name(name_of(path)) {
        FileRole::Test
    } else if is_in(DOCUMENTS) || DOCUMENT_ENDINGS.contains(&ending.as_str()) {
        FileRole::Document
    } else if language_of(name).is_some() {
        FileRole::Source
    } else {
        FileRole::Other
    }
}

/// `Catalog.UnitTests/`, `loader-tests/`
fn is_test_project(folders: &str) -> bool {
    let ends = [".tests", ".test", "tests", "-test", "_test", "_tests"];
    folders.split('/').any(|folder| {
        ends.iter().any(|end| folder.len() > end.len() && folder.ends_with(end)) && folder != "contests"
    })
}

fn is_test_name(name: &str) -> bool {
    let (stem, _) = name.split_once('.').unwrap_or((name, ""));
    let lower = name.to_ascii_lowercase();
    stem.starts_with("test_")
        || ["_test", "_tests", "_spec", "Test", "Tests", "IT", "Spec"]
            .iter()
            .any(|end| stem.ends_with(end) && stem.len() > end.len())
        || [".test.", ".spec.", ".cy.", ".e2e."].iter().any(|part| lower.contains(part))
        || lower.ends_with(".feature")
        || lower.ends_with(".bats")
        || lower == "conftest.py"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_tells_what_a_file_is() {
        use FileRole::{Binary, Document, Generated, Other, Source, Test, Vendored};
        for (path, role) in [
            ("src/load.py", Source),
            ("db/migrate/1_a.rb", Source),
            ("vendor/x/y.go", Vendored),
            ("web/node_modules/a/index.js", Vendored),
            ("a/b_test.go", Test),
            ("tests/load.py", Test),
            ("src/LoaderTest.java", Test),
            ("Catalog.UnitTests/A.cs", Test),
            ("docs/conf.py", Document),
            ("README.md", Document),
            ("app.min.js", Generated),
            ("yarn.lock", Generated),
            ("logo.png", Binary),
            ("dbt_project.yml", Other),
            ("Dockerfile", Other),
        ] {
            assert_eq!(role_of(path), role, "{path}");
        }
    }

    #[test]
    fn paths_that_no_policy_can_hold_are_counted_and_left_out() {
        let paths = [
            &b"a\nb.py"[..],
            b"\xff.py",
            b"a\"b.py",
            "a\u{202e}b.py".as_bytes(),
            "a\u{a0}.py".as_bytes(),
            b"a b.py",
        ];
        let paths: Vec<RepoPath> = paths.into_iter().map(RepoPath::new).collect();
        let listing = FileListing::of(paths.iter());
        assert_eq!((listing.unnameable, listing.files.len(), listing.files[0].number), (5, 1, 5));
    }

    #[test]
    fn code_below_a_folder_is_counted_without_its_neighbours() {
        let paths = ["a/b.py", "a/c/d.py", "a/c/README.md", "a.py", "a0/b.py", "a-b/c.py"];
        let paths: Vec<RepoPath> = paths.into_iter().map(RepoPath::from).collect();
        let listing = FileListing::of(paths.iter());
        assert_eq!((listing.code_below("a"), listing.code_below("a/c"), listing.code_below("x")), (2, 1, 0));
    }
}
