//! What a change takes away from the sources of tests, on real repositories.

use crate::tests::fixture::{FILE, Files, Fixture, LINK, known, name};
use portcullis_model::fact::Fact;
use portcullis_model::inquiry::Inquiry;
use portcullis_model::test_source::{Loss, TestSources};

const OLD: &str = "def test_a():\n    assert a()\n    assert b()\n\n\ndef test_b():\n    assert c()\n";
const NEW: &str = "def test_a():\n    assert a()\n";

fn asking() -> Inquiry {
    Inquiry { tests: ["tests/**".to_string()].into(), ..Inquiry::default() }
}

fn sources(fixture: &Fixture, old: &Files, new: &Files) -> Fact<TestSources> {
    let base = fixture.commit(old, &[]);
    let head = fixture.commit(new, &[base]);
    known(fixture.open().change(&name(base), &name(head), &asking())).test_sources
}

fn losses(old: &[(&str, &str)], new: &[(&str, &str)]) -> Vec<(String, Option<u64>, Loss)> {
    let fixture = Fixture::new();
    let sources = known(sources(&fixture, &fixture.files(old), &fixture.files(new)));
    sources.weakened.into_iter().map(|loss| (loss.path.to_string(), loss.line, loss.loss)).collect()
}

#[test]
fn attack_62_assertions_and_tests_that_are_gone_are_told_with_their_file_and_line() {
    let expected = [
        ("tests/a.py".to_string(), None, Loss::Gone),
        ("tests/a.py".to_string(), Some(1), Loss::Assertions { before: 2, after: 1 }),
    ];
    assert_eq!(losses(&[("tests/a.py", OLD)], &[("tests/a.py", NEW)]), expected);
    assert_eq!(losses(&[("src/a.py", OLD)], &[("src/a.py", NEW)]), [], "no test source");
}

#[test]
fn a_file_that_moves_inside_the_suite_loses_nothing_and_one_that_leaves_it_does() {
    assert_eq!(losses(&[("tests/a.py", OLD)], &[("tests/deep/b.py", OLD)]), []);
    let left = losses(&[("tests/a.py", OLD)], &[("lib/a.py", OLD)]);
    assert_eq!(left.iter().map(|(_, _, loss)| loss.clone()).collect::<Vec<_>>(), [Loss::Gone, Loss::Gone]);
}

#[test]
fn what_cannot_be_read_is_not_said_to_have_been_read() {
    let fixture = Fixture::new();
    let files = |mode, text: &[u8], path: &str| Files::from([(path.into(), (mode, fixture.blob(text)))]);
    let old = files(FILE, OLD.as_bytes(), "tests/a.py");
    for new in [files(LINK, b"elsewhere", "tests/a.py"), files(FILE, b"def test_a\xff", "tests/a.py")] {
        assert_eq!(known(sources(&fixture, &old, &new)), TestSources::default());
    }
    let unknown = |text: &[u8]| files(FILE, text, "tests/a.zzz");
    assert_eq!(known(sources(&fixture, &unknown(b"1"), &unknown(b"2"))), TestSources::default());
    let prose = |text: &[u8]| files(FILE, text, "tests/a.py");
    let read = known(sources(&fixture, &prose(b"rows = 1\n"), &prose(b"rows = 2\n"))).read;
    assert_eq!(read, [].into(), "a file in which no test is recognised");
    let read = known(sources(&fixture, &old, &files(FILE, NEW.as_bytes(), "tests/a.py"))).read;
    assert_eq!(read, ["tests/a.py".into()].into());
}

#[test]
fn without_a_pattern_nothing_is_read() {
    let fixture = Fixture::new();
    let base = fixture.commit(&fixture.files(&[("tests/a.py", OLD)]), &[]);
    let head = fixture.commit(&fixture.files(&[("tests/a.py", NEW)]), &[base]);
    assert!(fixture.change(base, head).test_sources.value().is_none());
}
