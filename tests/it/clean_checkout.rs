//! Checkouts that are clean by git's own account, although their files are not the bytes of the commit; and work trees that only
//! look like one. What git writes otherwise is proved by content, or its cause is named.

use crate::support::checkout::{Checkout, REPORT};
use std::fs;

/// A policy that counts only runs of a clean checkout.
const CONTROLS: &str = r#"
[controls.regression-tests.suites.upload]
reports = ["out/*.xml"]
minimum = 1
trust = "local"
"#;

const PATH: &str = "services/upload/load.sql";

const GREEN: &str =
    r#"<testsuites><testsuite name="s"><testcase classname="c" name="a"/></testsuite></testsuites>"#;

const UNCLEAN: &str = "the work tree is not what the commit says";

/// A repository whose branch `change` holds this file and these attributes, written to the work tree as git writes it.
fn written(attributes: &str, text: &str) -> Checkout {
    let checkout =
        Checkout::with(CONTROLS, &[("README.md", "# Upload\n"), ("docs/a.md", "a\n"), ("docs/b.md", "b\n")]);
    checkout.change(PATH, text);
    checkout.write(".gitattributes", attributes);
    checkout.git(&["add", ".gitattributes"]);
    checkout.git(&["commit", "-qm", "Attributes"]);
    again(&checkout);
    checkout
}

/// Lets git write the file anew.
fn again(checkout: &Checkout) {
    fs::remove_file(checkout.path().join(PATH)).unwrap();
    checkout.git(&["checkout", "--", PATH]);
}

fn bytes(checkout: &Checkout) -> Vec<u8> {
    fs::read(checkout.path().join(PATH)).unwrap()
}

/// What recording says of the work tree; nothing when it is clean.
fn unclean(checkout: &Checkout) -> String {
    checkout.write(REPORT, GREEN);
    let said = checkout.record(&["-o", checkout.outside.path().join("upload.json").to_str().unwrap()]);
    said.split_once(UNCLEAN).map(|(_, said)| said.to_string()).unwrap_or_default()
}

fn assert_clean(checkout: &Checkout) {
    assert_eq!(checkout.git(&["status", "--porcelain"]), "", "git itself calls it clean");
    assert_eq!(unclean(checkout), "");
    let statement = checkout.outside.path().join("upload.json");
    let verdict = checkout.judge(&["--evidence", statement.to_str().unwrap()]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    // The reports beside it count as well.
    checkout.write(REPORT, GREEN);
    let verdict = checkout.judge(&[]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
}

fn assert_names(checkout: &Checkout, cause: &str) {
    let said = unclean(checkout);
    assert!(said.contains(cause), "it does not name `{cause}`: {said}");
    let verdict = checkout.judge(&[]);
    assert_eq!(verdict.exit, 1, "{}", verdict.text);
    assert!(verdict.text.contains(cause), "{}", verdict.text);
}

#[test]
fn ident_is_proved_by_the_name_of_the_blob() {
    let checkout = written("*.sql ident\n", "-- $Id$\nSELECT 1;\n");
    let text = String::from_utf8(bytes(&checkout)).unwrap();
    assert!(text.starts_with("-- $Id: "), "{text}");
    assert_clean(&checkout);
    // Anything else in its place is a change.
    checkout.write(PATH, &text.replacen("$Id: ", "$Id: DROP TABLE records; ", 1));
    assert_names(&checkout, "changed: services/upload/load.sql");
    checkout.write(PATH, &text.replace("SELECT 1", "SELECT 2"));
    assert_names(&checkout, "changed: services/upload/load.sql");
}

#[test]
fn ident_in_a_file_with_carriage_returns() {
    let checkout = written("*.sql ident text eol=crlf\n", "-- $Id$\nSELECT 1;\n");
    assert!(bytes(&checkout).ends_with(b" $\r\nSELECT 1;\r\n"));
    assert_clean(&checkout);
}

#[test]
fn line_ends_of_both_kinds_in_a_file_with_carriage_returns() {
    let checkout = Checkout::with(CONTROLS, &[]);
    checkout.change(PATH, "SELECT 1;\r\nSELECT 2;\n");
    checkout.git(&["config", "core.autocrlf", "true"]);
    again(&checkout);
    assert_clean(&checkout);
    checkout.write(PATH, "SELECT 1;\r\nSELECT 3;\n");
    assert_names(&checkout, "changed: services/upload/load.sql");
}

#[test]
fn an_encoding_of_the_work_tree_is_proved_by_its_text() {
    for (encoding, begins) in [
        ("UTF-16", &[][..]),
        ("UTF-16LE-BOM", &[0xff, 0xfe, b'-', 0]),
        ("UTF-16BE", &[0, b'-']),
        ("UTF-32LE", &[b'-', 0, 0, 0]),
        ("ISO-8859-1", b"-- \xe9"),
    ] {
        let checkout =
            written(&format!("*.sql text working-tree-encoding={encoding}\n"), "-- \u{e9}\nSELECT 1;\n");
        assert!(bytes(&checkout).starts_with(begins), "{encoding}");
        assert_ne!(bytes(&checkout), "-- \u{e9}\nSELECT 1;\n".as_bytes(), "{encoding}");
        assert_clean(&checkout);
    }
}

#[test]
fn an_encoding_with_other_line_ends() {
    let checkout =
        written("*.sql text eol=crlf working-tree-encoding=UTF-16LE-BOM\n", "SELECT 1;\nSELECT 2;\n");
    assert!(bytes(&checkout).ends_with(b"\r\0\n\0"));
    assert_clean(&checkout);
    let mut other = bytes(&checkout);
    let at = other.len() - 8;
    other[at] = b'7';
    fs::write(checkout.path().join(PATH), other).unwrap();
    assert_names(&checkout, "changed: services/upload/load.sql");
}

/// A program that reads UTF-8 finds no test in a file of UTF-16.
#[test]
fn an_encoding_that_no_attribute_of_the_commit_names_is_a_change() {
    let checkout = written("*.sql text\n", "SELECT 1;\n");
    assert_clean(&checkout);
    let text: Vec<u8> = "\u{feff}SELECT 1;\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(checkout.path().join(PATH), &text).unwrap();
    assert_names(&checkout, "changed: services/upload/load.sql");
    // Nor does it help to say so where no commit shows it.
    let attributes = checkout.path().join(".git/info/attributes");
    fs::create_dir_all(attributes.parent().unwrap()).unwrap();
    fs::write(attributes, "*.sql working-tree-encoding=UTF-16\n").unwrap();
    assert_names(&checkout, "working-tree-encoding=UTF-16");
    checkout.write("services/upload/.gitattributes", "*.sql working-tree-encoding=UTF-16\n");
    checkout.write("services/upload/.gitignore", ".gitattributes\n.gitignore\n");
    assert_names(&checkout, "not part of the commit: services/upload/.gitattributes");
}

#[test]
fn an_encoding_that_is_not_read_here_is_named() {
    let checkout = written("*.sql working-tree-encoding=SHIFT-JIS\n", "-- \u{65e5}\u{672c}\n");
    assert_names(&checkout, "working-tree-encoding=SHIFT-JIS");
}

#[cfg(unix)]
#[test]
fn a_link_may_be_a_file_where_git_makes_no_links() {
    let checkout = Checkout::with(CONTROLS, &[]);
    checkout.change(PATH, "SELECT 1;\n");
    let link = checkout.path().join("services/upload/latest.sql");
    std::os::unix::fs::symlink("load.sql", &link).unwrap();
    checkout.commit("Link");
    assert_clean(&checkout);
    checkout.git(&["config", "core.symlinks", "false"]);
    fs::remove_file(&link).unwrap();
    checkout.git(&["checkout", "--", "."]);
    assert!(fs::symlink_metadata(&link).unwrap().is_file());
    assert_clean(&checkout);
    // It holds where the link leads, and nothing else.
    fs::write(&link, "load.sql\n").unwrap();
    assert_names(&checkout, "changed: services/upload/latest.sql");
    fs::write(&link, "load.sql").unwrap();
    // Where git makes links, a file is a change.
    checkout.git(&["config", "core.symlinks", "true"]);
    assert_names(&checkout, "a file in place of a link");
}

#[test]
fn a_sparse_checkout_is_named_and_the_way_out_of_it_works() {
    for how in [
        &["--cone", "services"][..],
        &["--cone", "--sparse-index", "services"],
        &["--no-cone", "/*", "!/docs/"],
    ] {
        let checkout = written("*.sql text\n", "SELECT 1;\n");
        checkout.git(&[&["sparse-checkout", "set"], how].concat());
        assert!(!checkout.path().join("docs").exists());
        assert_eq!(checkout.git(&["status", "--porcelain"]), "");
        assert_names(&checkout, "missing: docs (this is a sparse checkout");
        checkout.git(&["sparse-checkout", "disable"]);
        assert_clean(&checkout);
        // A file that was deleted is missing for no such reason.
        fs::remove_file(checkout.path().join("docs/a.md")).unwrap();
        let said = unclean(&checkout);
        assert!(said.contains("missing: docs/a.md") && !said.contains("sparse"), "{said}");
    }
}

#[test]
fn a_filter_is_named_unless_the_file_is_the_blob() {
    let checkout = Checkout::with(CONTROLS, &[]);
    checkout.git(&["config", "filter.turn.clean", "tr b-z a-y"]);
    checkout.git(&["config", "filter.turn.smudge", "tr a-y b-z"]);
    checkout.change(PATH, "select 1;\n");
    checkout.write(".gitattributes", "*.sql filter=turn\n");
    checkout.git(&["add", ".gitattributes"]);
    checkout.git(&["commit", "-qm", "Attributes"]);
    // As it was written before there was a filter: the very blob.
    assert_eq!(unclean(&checkout), "");
    again(&checkout);
    assert_eq!(bytes(&checkout), b"tfmfdu 1;\n");
    assert_names(&checkout, "`filter=turn`");
}

#[test]
fn large_files_are_told_by_their_pointer_and_a_filter_of_lfs_excuses_nothing() {
    use sha2::Digest as _;
    let digest: String = sha2::Sha256::digest(b"large\n").iter().map(|byte| format!("{byte:02x}")).collect();
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 6\n");
    let checkout = written("*.sql filter=lfs diff=lfs merge=lfs -text\n", &pointer);
    assert_eq!(unclean(&checkout), "", "not fetched");
    checkout.write(PATH, "large\n");
    assert_eq!(unclean(&checkout), "", "fetched");
    checkout.write(PATH, "other\n");
    let said = unclean(&checkout);
    assert!(
        said.contains("changed: services/upload/load.sql\n") || said.trim_end().ends_with("load.sql"),
        "{said}"
    );
}

#[test]
fn what_only_this_clone_ignores_is_named_so() {
    let checkout = written("*.sql text\n", "SELECT 1;\n");
    fs::write(checkout.path().join(".git/info/exclude"), "/.idea/\n").unwrap();
    checkout.write(".idea/workspace.xml", "<x/>\n");
    assert_eq!(checkout.git(&["status", "--porcelain"]), "");
    assert_names(&checkout, "not part of the commit: .idea (ignored only by this clone");
    // The way out that it names.
    checkout.write(".gitignore", "/out/\n/.idea/\n");
    checkout.git(&["commit", "-qam", "Ignore"]);
    assert_clean(&checkout);
}

#[test]
fn a_policy_in_the_work_tree_may_have_other_line_ends_than_the_commit() {
    let checkout = Checkout::with(CONTROLS, &[]);
    checkout.change(PATH, "SELECT 1;\n");
    let policy = checkout.path().join("portcullis.toml");
    let text = fs::read_to_string(&policy).unwrap();
    fs::write(&policy, text.replace('\n', "\r\n")).unwrap();
    let judge = || checkout.judge(&["--policy", "portcullis.toml"]);
    assert_ne!(judge().exit, 4, "{}", judge().text);
    fs::write(&policy, text.replace("Record", "Other")).unwrap();
    assert_eq!(judge().exit, 4);
}
