//! Attacks through files that decide what a checkout or an archive holds of other files.
//!
//! A change touches no file of the area, but a line of `.gitattributes` leaves one of them out of every archive, or writes it in another
//! encoding; or `.gitmodules` fetches a submodule of the area from elsewhere. Each test has an honest twin beside it.

use crate::support::gate::judge;
use crate::support::inside::{
    assert_inside, assert_outside, by_path_alone, changed, changed_by, changed_from,
};
use git2::Oid;
use portcullis_testkit::history::Edit;
use portcullis_testkit::stage::POLICY;

const ROOT: &str = ".gitattributes";

fn inside_line(line: &str) {
    assert_inside(line, changed(&[Edit::Write(ROOT, &format!("{line}\n"))]), ROOT);
}

fn outside_line(line: &str) {
    assert_outside(line, changed(&[Edit::Write(ROOT, &format!("# said\n{line}\n"))]));
}

#[test]
fn attack_93_a_file_of_the_area_is_left_out_of_archives() {
    for line in [
        "services/upload/load.sql export-ignore",
        "/services/upload/load.sql export-ignore",
        "load.sql export-ignore",
        "*.sql export-ignore",
        "services export-ignore",
        "services/ export-ignore",
        "/serv* export-ignore",
        "upload export-ignore",
        "**/upload/** export-ignore",
        "\"services/upload/load.sql\" export-ignore",
        "services/upload/l[o]ad.sql -export-ignore",
        "SERVICES/upload/** export-ignore",
    ] {
        inside_line(line);
    }
}

#[test]
fn attack_93_a_checkout_writes_other_bytes() {
    for line in [
        "services/upload/** working-tree-encoding=UTF-16",
        "* text=auto",
        "*.sql text eol=crlf",
        "*.sql filter=swap",
        "*.sql ident export-subst",
        "services/upload/*.sql merge=union",
        "services/upload/load.sql binary",
        "services/** -text",
        "services/upload/load.sql linguist-generated -diff",
    ] {
        inside_line(line);
    }
}

/// git reads classes, stars and backslashes as `wildmatch.c` does.
#[test]
fn attack_93_a_pattern_in_a_spelling_that_only_git_reads() {
    for line in [
        "services/uploa[!]x]/load.sql export-ignore",
        r"services/uploa[\]d]/** filter=swap",
        "services/uploa[x[:alpha:]]/** -text",
        r"services\/upload/** filter=swap",
        "services/*** text eol=crlf",
    ] {
        inside_line(line);
    }
    outside_line("docs/[!]x]*.md text");
    outside_line(r"docs\/*.md text");
}

#[test]
fn attack_93_a_pattern_counts_before_there_is_such_a_file() {
    inside_line("services/upload/new_*.sql export-ignore");
    inside_line("db/migrations/** export-ignore");
    inside_line("db/** working-tree-encoding=UTF-16");
}

#[test]
fn attack_93_a_macro_may_stand_in_any_line() {
    inside_line("[attr]source export-ignore");
    let before = [Edit::Write(ROOT, "[attr]source -text\nservices/** source\n")];
    let edit = Edit::Write(ROOT, "[attr]source export-ignore\nservices/** source\n");
    assert_inside("a macro that is in use", changed_from(&before, &[edit]), ROOT);
}

#[test]
fn attack_93_a_line_that_goes_counts_as_one_that_comes() {
    let text = "docs/** linguist-documentation\nservices/** -export-subst eol=lf\n";
    let before = [Edit::Write(ROOT, text)];
    let shorter = Edit::Write(ROOT, "docs/** linguist-documentation\n");
    assert_inside("a line removed", changed_from(&before, &[shorter]), ROOT);
    assert_inside("the file removed", changed_from(&before, &[Edit::Remove(ROOT)]), ROOT);
    let moved = [Edit::Remove(ROOT), Edit::Write("docs/.gitattributes", text)];
    assert_inside("the file moved", changed_from(&before, &moved), ROOT);
    assert_inside("a link in its place", changed_from(&before, &[Edit::Link(ROOT, "docs/guide.md")]), ROOT);
}

#[test]
fn attack_93_a_file_above_the_area_governs_it() {
    let above = "services/.gitattributes";
    assert_inside("nested", changed(&[Edit::Write(above, "*.sql export-ignore\n")]), above);
    assert_inside("nested, by a directory", changed(&[Edit::Write(above, "upload export-ignore\n")]), above);
    let other = "services/.GitAttributes";
    assert_inside("of another case", changed(&[Edit::Write(other, "*.sql export-ignore\n")]), other);
}

#[test]
fn attack_93_what_the_area_holds_by_content_is_governed_too() {
    let more = [Edit::Write("tools/clean.sql", "UPDATE records SET nominal_id = 0;\n")];
    let edit = [Edit::Write(ROOT, "tools/clean.sql export-ignore\n")];
    assert_inside("by content", changed_from(&more, &edit), ROOT);
    assert_outside(
        "by content, line ends",
        changed_from(&more, &[Edit::Write(ROOT, "tools/clean.sql text\n")]),
    );
}

#[test]
fn attack_93_ignored_files_of_the_area_make_no_work_tree_another() {
    let ignore = ".gitignore";
    let lines = "services/upload/patch.sql\n";
    assert_inside("named", changed(&[Edit::Write(ignore, lines)]), ignore);
    assert_inside("all", changed(&[Edit::Write("services/.gitignore", "*.sql\n")]), "services/.gitignore");
    for honest in ["/out/\n", "__pycache__/\n*.log\n", "# *.sql\n"] {
        assert_outside(honest, changed(&[Edit::Write(ignore, honest)]));
    }
}

#[test]
fn twin_93_attributes_of_other_files_stay_outside() {
    for line in [
        "docs/** linguist-documentation",
        "docs/** export-ignore",
        "*.png binary",
        "*.psd filter=lfs diff=lfs merge=lfs -text",
        "/README.md text",
        "*.md text eol=lf",
        "/docs export-ignore",
        "vendor/** linguist-vendored",
        "services/*.md export-ignore",
    ] {
        outside_line(line);
    }
    for line in ["* text=auto", "*.md export-ignore", "[attr]page -diff"] {
        let edit = [Edit::Write("docs/.gitattributes", &format!("{line}\n"))];
        assert_outside(line, changed_by(&by_path_alone(), &[], &edit));
    }
    let elsewhere = "*.md text\n";
    assert_outside("nested", changed(&[Edit::Write("docs/.gitattributes", elsewhere)]));
    let text = "services/** -text\n# a comment\ndocs/** text\n";
    let before = [Edit::Write(ROOT, text)];
    let edit = Edit::Write(ROOT, &text.replace("# a comment", "# another\n*.svg text"));
    assert_outside("another line of a file that governs the area", changed_from(&before, &[edit]));
    let excluded = by_path_alone()
        .replace("paths = [\"services", "exclude = [\"services/upload/docs/**\"]\npaths = [\"services");
    let edit = [Edit::Write(ROOT, "services/upload/docs/** text\n")];
    assert_outside("what the area excludes", changed_by(&excluded, &[], &edit));
}

// Submodules.

const MODULES: &str = ".gitmodules";

fn modules(path: &str, url: &str) -> String {
    format!(
        "[submodule \"lib\"]\n\tpath = {path}\n\turl = {url}\n[submodule \"theme\"]\n\tpath = docs/theme\n\turl = https://a.test/theme\n"
    )
}

fn with_submodules<'a>(path: &'a str, text: &'a str) -> Vec<Edit<'a>> {
    let at = |n: u8| Oid::from_bytes(&[n; 20]).unwrap();
    vec![Edit::Submodule(path, at(1)), Edit::Submodule("docs/theme", at(2)), Edit::Write(MODULES, text)]
}

#[test]
fn attack_93_a_submodule_of_the_area_comes_from_elsewhere() {
    for path in ["services/upload/vendor", "db/migrations", "db"] {
        let text = modules(path, "https://a.test/lib");
        let before = with_submodules(path, &text);
        for (form, changed) in [
            ("its address", text.replace("a.test/lib", "b.test/lib")),
            ("its branch", text.replace("a.test/lib", "a.test/lib\n\tbranch = evil")),
            ("its update", text.replace("a.test/lib", "a.test/lib\n\tupdate = none")),
            ("its path", text.replace(&format!("path = {path}\n"), "path = docs/lib\n")),
            ("a text that git may read otherwise", text.replace("a.test/lib", "a.test/lib\\\nx")),
        ] {
            let stage = changed_from(&before, &[Edit::Write(MODULES, &changed)]);
            assert_inside(&format!("{form}, at {path}"), stage, MODULES);
        }
        assert_inside("removed", changed_from(&before, &[Edit::Remove(MODULES)]), MODULES);
    }
}

#[test]
fn attack_93_a_submodule_may_hold_what_a_floating_path_names() {
    let floating = by_path_alone().replace("\"db/migrations/**\"", "\"**/*.sql\"");
    let text = modules("vendor/lib", "https://a.test/lib");
    let edit = [Edit::Write(MODULES, &text.replace("a.test/lib", "b.test/lib"))];
    assert_inside("floating", changed_by(&floating, &with_submodules("vendor/lib", &text), &edit), MODULES);
}

#[test]
fn twin_93_a_submodule_elsewhere_stays_outside() {
    let text = modules("services/upload/vendor", "https://a.test/lib");
    let before = with_submodules("services/upload/vendor", &text);
    let edit = Edit::Write(MODULES, &text.replace("a.test/theme", "b.test/theme"));
    assert_outside("the other submodule", changed_from(&before, &[edit]));
    let edit = Edit::Write(MODULES, &format!("# said\n{text}"));
    assert_outside("a comment", changed_from(&before, &[edit]));
}

// Large files.

#[test]
fn attack_93_pointers_of_the_area_are_fetched_from_elsewhere() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    let edit = [Edit::Write(".lfsconfig", "[lfs]\n\turl = https://b.test/lfs\n")];
    let inside = [Edit::Write("services/upload/dump", pointer)];
    assert_inside("in the area", changed_from(&inside, &edit), ".lfsconfig");
    let elsewhere = [Edit::Write("docs/film", pointer)];
    assert_outside("elsewhere", changed_from(&elsewhere, &edit));
}

// The gate.

#[test]
fn attack_93_attributes_of_the_gate_need_its_owners() {
    let policy = POLICY.replace(
        "role = \"gate-owners\"",
        "role = \"gate-owners\"\ntest-configuration = [\"**/conftest.py\"]",
    );
    let conftest = [Edit::Write("tests/conftest.py", "x = 1\n")];
    for (path, line) in [
        (ROOT, "portcullis.toml working-tree-encoding=UTF-16"),
        (ROOT, "*.toml filter=swap"),
        (ROOT, ".github/** export-ignore"),
        (ROOT, "CODEOWNERS text eol=crlf"),
        (".github/.gitattributes", "*.yml ident"),
        (ROOT, "conftest.py filter=swap"),
        ("tests/.gitattributes", "* text"),
    ] {
        let mut stage = changed_by(&policy, &conftest, &[Edit::Write(path, &format!("{line}\n"))]);
        assert_eq!(judge(&stage).exit, 0, "{line}, approved by an owner of the gate");
        stage.world.reviews.truncate(1);
        judge(&stage).expect(1, "gate-integrity", "lines that decide how files of the gate are checked out");
    }
}

#[test]
fn twin_93_attributes_beside_the_gate_need_no_owner_of_it() {
    for (path, line) in
        [(ROOT, "docs/** text"), (ROOT, "*.png binary"), ("docs/.gitattributes", "* text=auto")]
    {
        assert_outside(line, changed(&[Edit::Write(path, &format!("{line}\n"))]));
    }
}

#[test]
fn explain_says_what_such_a_file_governs() {
    let text = "docs/** text\n*.sql export-ignore\n";
    let stage = changed(&[Edit::Write(ROOT, text), Edit::Write("docs/.gitattributes", "*.md text\n")]);
    let explained = |path: &str| {
        let server = portcullis_testkit::server::Server::start(stage.world.clone());
        let head = stage.head().to_string();
        let mut command = crate::support::gate::command(&stage, &server, &["explain", path, "--at", &head]);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let said = explained(ROOT);
    assert!(
        said.contains("inside, by path `services/upload/**`, since it governs services/upload/load.sql"),
        "{said}"
    );
    let said = explained("docs/.gitattributes");
    assert!(said.contains("upload: outside by its path"), "{said}");
}

/// Facts of the earlier form do not say what such a file governs: then it may be anything below.
#[test]
fn earlier_facts_of_such_a_file_count_for_its_directory() {
    use portcullis_model::change::{Content, Entry, EntryKind, FileChange, FileStatus, Nature};
    use portcullis_model::fact::Fact;
    let file = |path: &str| FileChange {
        status: FileStatus::Added,
        old: None,
        new: Some(Entry { path: path.into(), kind: EntryKind::File, id: "a".repeat(40).try_into().unwrap() }),
        content: Fact::Known(Content { nature: Nature::Text, matches: Vec::new(), added: 1, removed: 0 }),
        governs: None,
    };
    let area =
        portcullis_judge::policy::Policy::parse(&by_path_alone()).unwrap().scope.inventory.areas[0].clone();
    assert!(area.touch(&file(ROOT)).unwrap().is_some());
    assert!(area.touch(&file("services/.gitattributes")).unwrap().is_some());
    assert!(area.touch(&file("docs/.gitattributes")).unwrap().is_none());
}
