//! GitLab's dialect, against the examples of its documentation.

use super::*;

/// The owners of each demand, `-` where a line names nobody, nothing where none matches.
fn owners(file: &str, path: &str) -> Vec<String> {
    let parsed = GitlabOwners::parse(file);
    match OwnerRules::owners(&parsed, &path.into()) {
        Ownership::Unmatched => Vec::new(),
        Ownership::Unowned { .. } => vec!["-".to_string()],
        Ownership::Owned(demands) => {
            let list = |demand: &OwnerDemand<'_>| {
                let owners: Vec<String> = demand.owners.iter().map(ToString::to_string).collect();
                match demand.approvals {
                    1 => owners.join(" "),
                    count => format!("{count} of {}", owners.join(" ")),
                }
            };
            demands.iter().map(list).collect()
        }
    }
}

fn is_owned(pattern: &str, path: &str) -> bool {
    !owners(&format!("{pattern} @kim\n"), path).is_empty()
}

fn is_in_doubt(file: &str, path: &str) -> bool {
    GitlabOwners::parse(file).doubt(&path.into()).is_some()
}

#[test]
fn patterns_match_as_gitlab_documents() {
    for (pattern, path) in [
        ("*", ".gitignore"),
        ("*", "a/b/c.rb"),
        ("README.md", "internal/README.md"),
        ("internal/README.md", "docs/api/internal/README.md"),
        ("/docs/", "docs/x/y.md"),
        ("lib/", "app/lib/a.rb"),
        ("/docs/*", "docs/a.md"),
        ("/docs/index.*", "docs/index.html"),
        ("/docs/*spec*", "docs/qa_specs.rb"),
        ("/docs/*/README.md", "docs/api/README.md"),
        ("/docs/**/index.md", "docs/index.md"),
        ("/docs/**/index.md", "docs/api/graphql/index.md"),
        ("path\\ with\\ spaces/", "path with spaces/x.md"),
        ("\\#file_with_pound.rb", "#file_with_pound.rb"),
        ("file[0-9].txt", "file1.txt"),
        ("file[!a].txt", "file1.txt"),
        ("f?o", "füo"),
    ] {
        assert!(is_owned(pattern, path), "{pattern} {path}");
    }
    for (pattern, path) in [
        ("/README.md", "docs/README.md"),
        ("/docs/", "x/docs/a.md"),
        ("docs", "docs/a.md"),
        ("/docs", "docs/a.md"),
        ("/docs/*", "docs/x/a.md"),
        ("/docs/*.md", "docs/x/a.md"),
        ("/docs/*/README.md", "docs/README.md"),
        ("/docs/*/README.md", "docs/a/b/README.md"),
        ("/DOCS/", "docs/a.md"),
        ("file[!0-9].txt", "file1.txt"),
    ] {
        assert!(!is_owned(pattern, path), "{pattern} {path}");
    }
}

#[test]
fn the_last_line_of_each_section_decides() {
    assert_eq!(owners("*.md @doc-team\nterms.md @legal-team\n", "terms.md"), ["@legal-team"]);
    let file = "* @admin\n[README Owners]\nREADME.md @user1 @user2\ninternal/README.md @user4\n[README other owners]\nREADME.md @user3\n";
    assert_eq!(owners(file, "README.md"), ["@admin", "@user1 @user2", "@user3"]);
    assert_eq!(owners(file, "internal/README.md"), ["@admin", "@user4", "@user3"]);
    let defaults = "[Documentation] @docs-team\ndocs/\nREADME.md\n\n[Database] @database-team @agarcia\nmodel/db/\nconfig/db/setup.md @docs-team\n";
    assert_eq!(owners(defaults, "config/db/setup.md"), ["@docs-team"]);
    assert_eq!(owners(defaults, "model/db/x"), ["@database-team @agarcia"]);
}

#[test]
fn sections_count_and_may_be_optional() {
    assert_eq!(owners("[Documentation][2]\n*.md @a @b\n", "x.md"), ["2 of @a @b"]);
    for count in ["[0]", "[abc]", "[]"] {
        assert_eq!(owners(&format!("[X]{count}\n*.md @a\n"), "x.md"), ["@a"], "{count}");
    }
    assert_eq!(owners("^[Go]\n*.go @a\n", "x.go"), ["-"]);
    assert_eq!(owners("^[A]\n*.go @a\n[a]\n*.go @b\n", "x.go"), ["@b"], "required if any copy is");
    let merged = "[Documentation]\n*.md @a\n[Other]\n*.rs @b\n[DOCUMENTATION]\nx.md @c\n";
    assert_eq!(owners(merged, "x.md"), ["@c"]);
}

#[test]
fn an_exclusion_is_final_within_its_section() {
    let file = "* @default-owner\n!*.rb\n/special/*.rb @ruby-owner\n";
    assert_eq!(owners(file, "special/x.rb"), ["-"]);
    assert_eq!(owners(file, "special/x.py"), ["@default-owner"]);
    let file = "[Ruby]\n*.rb @ruby-team\n!/config/**/*.rb\n[Config]\n/config/ @ops-team\n";
    assert_eq!(owners(file, "config/routes.rb"), ["@ops-team"]);
    assert_eq!(owners("!pom.xml\n[Build]\npom.xml @a\n", "pom.xml"), ["@a"]);
}

#[test]
fn owners_are_accounts_groups_roles_and_addresses() {
    let file = "file.md @kim @group/sub @@developer kim@example.test\n";
    assert_eq!(owners(file, "file.md"), ["@kim @group/sub @@developer kim@example.test"]);
    let parsed = GitlabOwners::parse(file);
    let Ownership::Owned(demands) = OwnerRules::owners(&parsed, &"file.md".into()) else { panic!("owned") };
    let kinds: Vec<bool> = demands[0].owners.iter().map(|owner| owner.team().is_some()).collect();
    assert_eq!(kinds, [true, true, true, false]);
    assert!(!is_in_doubt(file, "file.md"));
}

#[test]
fn what_gitlab_reads_otherwise_than_it_looks_is_in_doubt() {
    for (file, path) in [
        ("*.rb @ruby-owner # cc @alice\n", "x.rb"),
        ("/path/* @group user_without_at_symbol @user\n", "path/x"),
        ("folder with spaces/*.md @group\n", "folder"),
        ("*.md\n", "x.md"),
        ("* @group\n[Section name\ndocs/ @a\n", "x"),
        ("*.md @@guest\n", "x.md"),
    ] {
        assert!(is_in_doubt(file, path), "{file}");
    }
    assert_eq!(owners("*.rb @ruby-owner # cc @alice\n", "x.rb"), ["@ruby-owner @alice"]);
    assert!(!is_in_doubt("*.rb @a # note\n", "x.md"), "the twin: another path");
    assert!(!is_in_doubt("[Docs] @a\n*.md\n", "x.md"), "the twin: owners of the section");
}
