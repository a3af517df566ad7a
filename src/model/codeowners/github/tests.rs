//! The dialect of CODEOWNERS as tables of patterns, lines and paths.

use super::*;
use crate::codeowners::CodeOwners;
use crate::host::CodeOwnersDialect;
use proptest::prelude::*;

fn matches(pattern: &str, path: &str) -> bool {
    let file = GithubOwners::parse(&format!("{pattern} @robin\n"));
    assert_eq!(file.invalid, [], "{pattern}");
    file.owners(&path.into()) != Ownership::Unmatched
}

/// Pattern, paths it owns, paths it does not own (separated by blanks).
const PATTERNS: &[(&str, &str, &str)] = &[
    ("foo", "foo foo/bar bar/foo bar/foo/baz", "foo.txt bar/foo.txt bar/baz"),
    ("/foo", "foo foo/bar foo/bar/baz", "fool.txt bar/foo bar/baz bar/foo/baz"),
    ("foo/", "foo/bar foo/bar/baz bar/foo/baz bar/foo/baz/qux", "foo bar/foo bar/baz"),
    ("/foo/", "foo/bar foo/bar/baz", "foo bar/foo bar/baz bar/foo/baz bar/foo/baz/qux"),
    ("foo/bar", "foo/bar foo/bar/baz", "foo/bart baz/foo/bar baz/foo/bar/qux"),
    ("/foo/bar", "foo/bar foo/bar/baz", "foo/bart baz/foo/bar baz/foo/bar/qux"),
    ("foo/bar/", "foo/bar/baz", "foo/bar foo/bart baz/foo/bar baz/foo/bar/qux"),
    ("/foo/bar/", "foo/bar/baz foo/bar/baz/qux", "foo/bar foo/bart baz/foo/bar baz/foo/bar/qux"),
    ("*", "foo foo/bar bar/foo bar/foo/baz bar/baz xfoo", ""),
    ("f*", "foo foo/bar foo/bar/baz bar/foo bar/foo/baz", "bar/baz xfoo"),
    ("/*", "foo bar", "foo/bar foo/bar/baz"),
    ("/f*", "foo foo/bar foo/bar/baz", "bar/foo bar/foo/baz bar/baz xfoo"),
    ("f*/", "foo/bar bar/foo/baz", "foo bar/foo bar/baz xfoo"),
    ("/*/", "foo/bar bar/foo bar/foo/baz", "foo"),
    ("/f*/", "foo/bar", "foo bar/foo bar/foo/baz bar/baz xfoo"),
    (r"f\*o", "f*o", "foo"),
    ("foo/*", "foo/bar", "foo foo/bar/baz bar/foo bar/foo/baz bar/baz xfoo"),
    ("foo/*.txt", "foo/bar.txt", "foo foo/bar/baz.txt qux/foo/bar.txt qux/foo/bar/baz.txt"),
    ("foo/*/baz", "foo/bar/baz foo/bar/baz/qux", "foo foo/bar foo/baz"),
    ("f?o", "foo", "fo fooo"),
    (r"f\?o", "f?o", "foo"),
    ("**/foo/bar", "foo/bar qux/foo/bar qux/foo/bar/baz", "foo/baz/bar qux/foo/baz/bar"),
    ("**/*bar*", "bar foo/bar foo/rebar foo/barrio foo/qux/bar", ""),
    ("foo/bar/**", "foo/bar/baz foo/bar/baz/qux", "foo/bar qux/foo/bar qux/foo/bar/baz"),
    (
        "foo/**/bar",
        "foo/bar foo/bar/baz foo/qux/bar/baz foo/qux/quux/bar/baz foo/bar/baz/qux",
        "qux/foo/bar qux/foo/bar/baz",
    ),
    ("foo/**/", "foo/bar foo/bar/ foo/bar/baz", "foo"),
    ("foo/**/bar/b*", "foo/bar/baz foo/qux/bar/baz", "foo/bar foo/bar/qux foo/qux/bar foo/qux/bar/qux"),
    (
        "/apps/[param]/file.ts",
        "apps/[param]/file.ts",
        "apps/other/file.ts apps/[other]/file.ts apps/param/file.ts",
    ),
    ("services/foo:bar/**/*", "services/foo:bar/baz.json", "services/foo-bar/baz.json"),
    ("vllm/v1/worker/^cpu", "vllm/v1/worker/^cpu", "vllm/v1/worker/cpu"),
    ("src/**/*.go", "src/foo.go src/foo/bar.go", "src src/foo.rs"),
    ("/", "", "foo foo/bar"),
    ("**", "foo foo/bar", ""),
    ("a*b*c", "abc axbxc abbcc", "ab acb abcx"),
    ("f?r", "f\u{fc}r x/f\u{fc}r/y", "f\u{fc}\u{fc}r"),
];

#[test]
fn the_pattern_table() {
    for (pattern, yes, no) in PATTERNS {
        for path in yes.split_ascii_whitespace() {
            assert!(matches(pattern, path), "{pattern} should own {path}");
        }
        for path in no.split_ascii_whitespace() {
            assert!(!matches(pattern, path), "{pattern} should not own {path}");
        }
    }
}

/// The example file of GitHub's documentation, in its order.
const DOCUMENTED: &str = "\
* @global-owner1 @global-owner2
*.js @js-owner #This is an inline comment.
*.go docs@example.com
*.txt @octo-org/octocats
/build/logs/ @doctocat
docs/* docs@example.com
apps/ @octocat
/docs/ @doctocat
/scripts/ @doctocat @octocat
**/logs @octocat
/apps/ @octocat
/apps/github
";

#[test]
fn the_documented_example_file() {
    let file = GithubOwners::parse(DOCUMENTED);
    assert_eq!(file.invalid, []);
    for (path, line, owners) in [
        ("README.md", 1, "@global-owner1 @global-owner2"),
        ("src/app.js", 2, "@js-owner"),
        ("lib/main.go", 3, "docs@example.com"),
        ("a/b/c.txt", 4, "@octo-org/octocats"),
        ("build/logs/x.log", 10, "@octocat"),
        ("build/logs/deep/x.js", 10, "@octocat"),
        ("docs/getting-started.md", 8, "@doctocat"),
        ("docs/build-app/troubleshooting.md", 8, "@doctocat"),
        ("packages/docs/x.md", 1, "@global-owner1 @global-owner2"),
        ("apps/x.js", 11, "@octocat"),
        ("packages/apps/x.js", 7, "@octocat"),
        ("scripts/run.sh", 9, "@doctocat @octocat"),
        ("scripts/logs/today", 10, "@octocat"),
        ("deeply/nested/logs/x", 10, "@octocat"),
        ("apps/github", 12, ""),
        ("apps/github/x.js", 12, ""),
        ("apps/githubber/x.js", 11, "@octocat"),
        ("README.TXT", 1, "@global-owner1 @global-owner2"),
        ("Apps/x", 1, "@global-owner1 @global-owner2"),
        (".js", 2, "@js-owner"),
        ("x.js/y", 2, "@js-owner"),
        ("logs", 10, "@octocat"),
    ] {
        assert_eq!(seen(&file, path), (line, owners.to_string()), "{path}");
    }
}

/// The line that decides, and its owners; line 0 where there is none.
fn seen(file: &GithubOwners, path: &str) -> (u64, String) {
    match file.owners(&path.into()) {
        Ownership::Owned(demands) => {
            let [demand] = &demands[..] else { panic!("{path}: {demands:?}") };
            assert_eq!((demand.approvals, demand.section, demand.lines.0.len()), (1, None, 1), "{path}");
            (demand.lines.0[0], show(&demand.owners))
        }
        Ownership::Unowned { line } => (line, String::new()),
        Ownership::Unmatched => (0, "unmatched".to_string()),
    }
}

fn show(owners: &[Owner]) -> String {
    owners.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_later_line_replaces_owners_and_never_adds() {
    let file = GithubOwners::parse("/apps/ @octocat\n/apps/github @doctocat\n");
    assert_eq!(seen(&file, "apps/github/x.js"), (2, "@doctocat".to_string()));
}

#[test]
fn three_states_are_three() {
    let file = GithubOwners::parse("/a @robin\n/a/b\n");
    assert_eq!(seen(&file, "a/x"), (1, "@robin".to_string()));
    assert_eq!(file.owners(&"a/b/x".into()), Ownership::Unowned { line: 2 });
    assert_eq!(file.owners(&"c".into()), Ownership::Unmatched);
}

/// The owners of the one line, by the pattern's own path.
fn line(text: &str, path: &str) -> Option<String> {
    let file = GithubOwners::parse(text);
    assert_eq!(file.invalid, [], "{text}");
    Some(seen(&file, path)).filter(|(line, _)| *line > 0).map(|(_, owners)| owners)
}

#[test]
fn lines_that_can_be_read() {
    for (text, path, owners) in [
        ("file.txt @user", "file.txt", "@user"),
        ("file.txt @org/team", "file.txt", "@org/team"),
        ("file.txt @Org/Team", "file.txt", "@org/team"),
        ("file.txt foo@example.com", "file.txt", "foo@example.com"),
        ("file.txt @user @org/team foo@example.com", "file.txt", "@user @org/team foo@example.com"),
        ("file.txt\t@user_corp", "file.txt", "@user_corp"),
        ("file(1).txt @org/team", "file(1).txt", "@org/team"),
        ("file(1.txt @org/team", "file(1.txt", "@org/team"),
        ("file1).txt @org/team", "file1).txt", "@org/team"),
        ("(folder)/file.txt @org/team", "(folder)/file.txt", "@org/team"),
        ("d?r/* @user", "dir/x", "@user"),
        ("services/foo:bar/**/* @org/team", "services/foo:bar/x/y", "@org/team"),
        (r"foo\ bar @user", "foo bar", "@user"),
        (r"foo\  @user", "foo ", "@user"),
        ("file.txt @user # some comment", "file.txt", "@user"),
        ("file.txt @user #some @comment", "file.txt", "@user"),
        ("pattern", "pattern", ""),
        ("pattern # but no more", "pattern", ""),
        (" pattern ", "pattern", ""),
        ("pattern @user\r\n", "pattern", "@user"),
        ("\u{feff}pattern @user", "pattern", "@user"),
        ("foo|bar|baz @user", "foo|bar|baz", "@user"),
        ("foo{bar.txt @user", "foo{bar.txt", "@user"),
        ("foo}bar.txt @user", "foo}bar.txt", "@user"),
        ("foo{bar}.txt @user", "foo{bar}.txt", "@user"),
        ("foobar~.txt @user", "foobar~.txt", "@user"),
        ("vllm/v1/worker/^cpu @user", "vllm/v1/worker/^cpu", "@user"),
        (r"nameWith\[brackets\] @org/team", "nameWith[brackets]", "@org/team"),
    ] {
        assert_eq!(line(text, path).as_deref(), Some(owners), "{text}");
    }
    assert_eq!(line("f[0-9].txt @user", "f1.txt"), None, "GitHub knows no ranges");
    assert_eq!(line("foo{a,b} @user", "fooa"), None, "GitHub knows no alternatives");
}

#[test]
fn lines_that_cannot_be_read_own_nothing_and_leave_a_doubt() {
    for text in [
        "file.txt missing-at-sign",
        "file.txt @user something_weird",
        "!file.txt @pico",
        "file.txt @-",
        "file.txt @bad+org",
        "file.txt @org/+not+a+good+name",
        "file.txt @org/-a-team",
        "file.txt @org/",
        "file.txt @org/a/b",
        "file.txt @",
        "file.txt @user#comment",
        "file.txt user@host",
        r"file.txt\ @user#comment",
        r"\#x @user",
        "***/file.txt @user",
        "file.txt#x @user",
        r"file.txt\",
        "file.txt\u{a0}@user",
        "file.txt\u{200b} @user",
        "file\u{fffd}.txt @user",
    ] {
        let file = GithubOwners::parse(&format!("# one\n\n* @first\n{text}\n"));
        assert_eq!(file.invalid.len(), 1, "{text}: {:?}", file.invalid);
        assert_eq!(file.invalid[0].line, 4, "{text}");
        assert_eq!(seen(&file, "file.txt").0, 3, "{text}");
        let concerned = if text.starts_with(r"\#") { "#x" } else { "file.txt" };
        assert_eq!(file.doubt(&concerned.into()).map(|invalid| invalid.line), Some(4), "{text}");
    }
}

#[test]
fn a_doubt_ends_where_a_later_line_decides_and_spares_other_paths() {
    let file = GithubOwners::parse("/a/ nobody\n/b/ nobody\n/a/ @robin\n");
    assert_eq!(file.doubt(&"a/x".into()), None);
    assert_eq!(file.doubt(&"b/x".into()).map(|invalid| invalid.line), Some(2));
    assert_eq!(file.doubt(&"c/x".into()), None);
}

#[test]
fn empty_lines_and_comments_count_as_lines() {
    let file = GithubOwners::parse("# c\n\n   \n\t# c\nfoo @robin");
    assert_eq!(seen(&file, "foo").0, 5);
}

#[test]
fn an_oversized_file_owns_nothing_and_leaves_everything_in_doubt() {
    let text = format!("* @robin\n#{}", "x".repeat(SIZE_LIMIT));
    let file = GithubOwners::parse(&text);
    assert_eq!(file.owners(&"foo".into()), Ownership::Unmatched);
    assert!(file.doubt(&"foo".into()).is_some());
    assert_eq!(GithubOwners::parse(&text[..SIZE_LIMIT - 1]).invalid, []);
}

#[test]
fn teams_are_listed_once_and_by_path() {
    let text = "* @o/z @o/a\n/db/ @o/db @kim\n/db/x @O/Z\n/free\n";
    let file = CodeOwners::parse(text, CodeOwnersDialect::Github);
    let (all, db, free) = (RepoPath::from("x"), RepoPath::from("db/m"), RepoPath::from("free"));
    let teams_of = |paths: &[&RepoPath]| {
        let teams = file.teams_of(paths.iter().copied());
        teams.iter().map(|team| team.as_str().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(teams_of(&[&db, &free]), ["o/db"]);
    assert_eq!(teams_of(&[&db, &all, &db]), ["o/a", "o/db", "o/z"]);
}

#[test]
fn a_hostile_pattern_is_not_slow() {
    let pattern = "a*".repeat(200) + "b";
    assert!(!matches(&pattern, &"a".repeat(2000)));
    let deep = "**/a/".repeat(100) + "b";
    assert!(!matches(&deep, &"a/".repeat(300)));
}

proptest! {
    #[test]
    fn any_text_can_be_parsed_and_asked(text in "\\PC*[\n\\\\*?/@#! a-c]{0,60}", path in proptest::collection::vec(any::<u8>(), 0..20)) {
        let file = GithubOwners::parse(&text);
        let path = RepoPath::new(path);
        let _ = (file.owners(&path), file.doubt(&path));
    }

    #[test]
    fn a_literal_path_owns_itself_and_what_is_below(path in "[a-z.]{1,5}(/[a-z.]{1,5}){0,3}") {
        let pattern = format!("/{path}");
        prop_assert!(matches(&pattern, &path));
        let below = format!("{path}/x");
        prop_assert!(matches(&pattern, &below));
        let beside = format!("{path}x");
        prop_assert!(!matches(&pattern, &beside));
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_line_that_decides_is_the_last_that_matches(
        lines in proptest::collection::vec(r"/?(a|b|\*|a\*|\*\*|a/b|b/\*|\\a)/?", 0..8),
        path in "[ab](/[ab]){0,2}",
    ) {
        let text: String = lines.iter().map(|line| format!("{line} @kim\n")).collect();
        let (parsed, path) = (GithubOwners::parse(&text), RepoPath::from(path.as_str()));
        let last = parsed.rules.iter().rev().find(|rule| rule.pattern.matches(path.as_bytes()));
        proptest::prop_assert_eq!(parsed.deciding(&path).map(|rule| rule.line), last.map(|rule| rule.line));
    }
}
