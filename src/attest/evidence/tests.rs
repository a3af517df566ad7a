//! Statements that are read, and texts that only look like one.

use super::predicate::{read_any, read_as, summarize};
use super::predicate_type::AnyStatement;
use super::test_run::{TEST_RUN, write, write_test_result};
use super::*;
use crate::key::SigningKey;
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::digest::Digest;
use portcullis_model::evidence::coverage::{Doubt, RecordedCoverage, RecordedFile};
use portcullis_model::evidence::inventory::TestInventory;
use portcullis_model::evidence::{
    ExitStatus, Material, RecordedRun, ReportName, RunProducer, RunSubject, Statement, WorkTree,
};
use portcullis_model::line_coverage::CoverageFormat;
use portcullis_model::lines::Lines;
use portcullis_model::test_run::{Test, TestOutcome};
use portcullis_wire::form::Form;
use portcullis_wire::statement::v1::{RecordedRunV1, TestV1};
use proptest::prelude::*;

fn statement() -> Statement {
    let test = |id: &str| Test { id: id.into(), outcome: TestOutcome::Passed, records: 1 };
    Statement {
        subject: RunSubject {
            commit: Revision::try_from("a".repeat(40)).unwrap(),
            tree: ObjectName::try_from("b".repeat(40)).unwrap(),
        },
        predicate: RecordedRun {
            suite: "upload".into(),
            configuration: Some("linux".into()),
            producer: RunProducer {
                kind: "github-actions".into(),
                run: Some("8812".into()),
                attempt: Some(1),
                workflow: None,
            },
            work_tree: WorkTree::default(),
            finished: "2026-12-18T18:00:00Z".parse().unwrap(),
            materials: vec![Material { path: "Cargo.lock".into(), digest: Digest::of(b"lock") }],
            reports: vec![ReportName {
                path: "junit.xml".into(),
                format: "junit".into(),
                digest: Digest::of(b""),
            }],
            tests: vec![test("a"), test("b")],
            contradictions: vec![],
            errors: vec![],
            replayed: vec![],
            coverage: vec![],
            settled: None,
            began: None,
            exit_status: None,
            command: None,
        },
    }
}

fn read(bytes: &[u8]) -> Result<Statement, AttestError> {
    read_any(bytes).map(|AnyStatement::TestRun(statement)| statement)
}

fn text() -> String {
    String::from_utf8(write(&statement()).unwrap()).unwrap()
}

#[test]
fn what_is_written_is_read_again() {
    assert_eq!(read(text().as_bytes()).unwrap(), statement());
    assert!(!text().contains('\n'));
}

/// Tests are written one by one, and to the byte what a tree of values with sorted keys would say.
#[test]
fn a_statement_has_the_form_that_it_always_had() {
    let mut statement = statement();
    for full in [false, true] {
        if full {
            statement.predicate.errors = vec!["e".into()];
            statement.predicate.settled = Some(statement.predicate.finished);
            statement.predicate.began = Some(statement.predicate.finished);
            statement.predicate.exit_status = Some(ExitStatus::Signal(9));
        }
        let predicate = serde_json::to_string(
            &serde_json::to_value(RecordedRunV1::<Vec<TestV1>>::of(statement.predicate.clone())).unwrap(),
        )
        .unwrap();
        let written = String::from_utf8(write(&statement).unwrap()).unwrap();
        let frame = format!(
            "{{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{{\"digest\":{{\"gitCommit\":\"{}\",\"gitTree\":\"{}\"}}}}],\
             \"predicateType\":\"{}\",\"predicate\":{predicate}}}",
            "a".repeat(40),
            "b".repeat(40),
            TEST_RUN.uri
        );
        assert_eq!(written, frame);
    }
}

#[test]
fn a_statement_without_its_claim_is_none() {
    let without = text().split_once(",\"predicate\":").unwrap().0.to_string() + "}";
    let null = text().split_once(",\"predicate\":").unwrap().0.to_string() + ",\"predicate\":null}";
    for text in [without, null] {
        assert!(read(text.as_bytes()).unwrap_err().to_string().contains("null"), "{text}");
    }
}

#[test]
fn a_statement_from_before_coverage_was_recorded_is_read_and_has_none() {
    assert!(!text().contains("coverage"));
    assert!(read(text().as_bytes()).unwrap().predicate.coverage.is_empty());
}

/// A statement as it was written before commands, exit statuses and times of work trees were
/// recorded.
const EARLIER: &str = concat!(
    r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"gitCommit":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","#,
    r#""gitTree":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}}],"predicateType":"urn:portcullis:test-run:v1","predicate":{"#,
    r#""suite":"upload","configuration":null,"producer":{"kind":"local","run":null,"attempt":null,"workflow":null},"#,
    r#""work_tree":{"differences":[],"more":0},"finished":"2026-12-18T18:00:00Z","materials":[],"reports":[],"#,
    r#""tests":[{"id":"a","outcome":"passed","records":1}],"contradictions":[],"errors":[],"replayed":[]}}"#
);

#[test]
fn a_statement_of_the_earlier_form_is_read_and_says_nothing_of_how_it_ran() {
    let run = read(EARLIER.as_bytes()).unwrap().predicate;
    assert_eq!((run.settled, run.began, run.exit_status, &run.command), (None, None, None, &None));
    assert!(run.as_run().errors.is_empty());
    // What it does not say does not appear when it is written again.
    let again = String::from_utf8(write(&read(EARLIER.as_bytes()).unwrap()).unwrap()).unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&again).unwrap(),
        serde_json::from_str::<serde_json::Value>(EARLIER).unwrap()
    );
}

#[test]
fn a_watched_run_says_how_it_ended_and_is_refused_when_that_cannot_be() {
    let watched = |began: &str, ended: &str, exit_status| {
        let mut statement = statement();
        statement.predicate.exit_status = exit_status;
        statement.predicate.command = Some(portcullis_model::evidence::RecordedCommand {
            program: "run-suite".into(),
            digest: Digest::of(b"run-suite\0"),
            began: began.parse().unwrap(),
            ended: ended.parse().unwrap(),
        });
        statement
    };
    let (before, after) = ("2026-12-18T17:59:00Z", "2026-12-18T18:01:00Z");
    let good = watched(before, after, Some(ExitStatus::Signal(9)));
    let bytes = write(&good).unwrap();
    assert_eq!(read(&bytes).unwrap(), good);
    assert_eq!(good.predicate.as_run().errors, ["its command ended with signal 9"]);
    for wrong in [
        watched(before, after, None),
        watched(after, after, Some(ExitStatus::Code(0))),
        watched(before, "2026-12-18T17:00:00Z", Some(ExitStatus::Code(0))),
    ] {
        assert!(read(&write(&wrong).unwrap()).is_err(), "{wrong:?}");
    }
}

#[test]
fn coverage_is_read_again_and_refused_when_it_says_what_cannot_be() {
    let file = |path: &str| RecordedFile {
        path: path.into(),
        blob: ObjectName::try_from("c".repeat(40)).unwrap(),
        executable: Lines::of([(1, 9)]),
        hit: Lines::of([(2, 3)]),
        doubt: Some(Doubt::OtherVersion("it has a line 9, and the file has 4".into())),
    };
    let mut covered = statement();
    covered.predicate.coverage = vec![RecordedCoverage {
        path: "lcov.info".into(),
        format: CoverageFormat::Lcov,
        digest: Digest::of(b"x"),
        files: vec![file("a.py"), file("b.py")],
        elsewhere: 3,
        contradictions: 0,
    }];
    let text = String::from_utf8(write(&covered).unwrap()).unwrap();
    assert_eq!(read(text.as_bytes()).unwrap(), covered);
    for (from, to) in [
        ("\"hit\":[[2,3]]", "\"hit\":[[2,10]]"),
        ("\"hit\":[[2,3]]", "\"hit\":[[3,2]]"),
        ("b.py", "a.py"),
        ("\"elsewhere\":3,", ""),
        ("\"blob\":\"c", "\"blob\":\"C"),
        ("\"other-version\":", "\"fine\":"),
        ("\"format\":\"lcov\"", "\"format\":\"gcov\""),
        ("\"path\":\"b.py\"", "\"path\":\"b.py\",\"note\":\"\""),
    ] {
        let altered = text.replacen(from, to, 1);
        assert!(altered != text && read(altered.as_bytes()).is_err(), "{to}");
    }
    covered.predicate.coverage.push(covered.predicate.coverage[0].clone());
    assert!(read(&write(&covered).unwrap()).unwrap_err().to_string().contains("coverage reports"));
}

#[test]
fn unknown_fields_of_the_statement_are_ignored_and_ours_refused() {
    let more = text().replacen("{\"_type\"", "{\"annotations\":{},\"_type\"", 1);
    assert_eq!(read(more.as_bytes()).unwrap(), statement());
    let subject = text().replacen("\"digest\":{", "\"name\":\"x\",\"digest\":{\"other\":\"0\",", 1);
    assert_eq!(read(subject.as_bytes()).unwrap(), statement());
    let ours = text().replacen("\"suite\"", "\"revoked\":true,\"suite\"", 1);
    assert!(read(ours.as_bytes()).unwrap_err().to_string().contains("revoked"));
}

#[test]
fn what_could_be_read_in_two_ways_is_refused() {
    for (from, to, says) in [
        ("{\"_type\"", "{\"_type\":\"x\",\"_type\"", ""),
        ("\"suite\":", "\"suite\":\"x\",\"suite\":", ""),
        ("\"gitTree\":", "\"gitTree\":\"x\",\"gitTree\":", ""),
        ("\"predicate\":", "\"predicate\":{},\"predicate\":", ""),
        ("https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1", "its type is"),
        (TEST_RUN.uri, "https://in-toto.io/attestation/test-result/v0.1", "its predicate type is"),
        ("\"gitTree\":\"", "\"gitTree\":\"B", ""),
        ("\"id\":\"b\"", "\"id\":\"a\"", "twice"),
        ("\"id\":\"a\"", "\"id\":\"z\"", "not sorted"),
        ("\"records\":1", "\"records\":0", "no record"),
        ("\"attempt\":1", "\"attempt\":0", "attempt 0"),
        ("\"suite\":\"upload\"", "\"suite\":\"\"", "empty"),
        ("\"replayed\":[]", "\"x\":[]", "x"),
        ("\"passed\"", "\"green\"", "green"),
    ] {
        let altered = text().replacen(from, to, 1);
        assert_ne!(altered, text(), "{from}");
        let error = read(altered.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(says), "{to}: {error}");
    }
    assert!(read(format!("{} {}", text(), text()).as_bytes()).is_err());
    let two = text().replacen("}}],", "}},{\"digest\":{\"gitCommit\":\"c\",\"gitTree\":\"d\"}}],", 1);
    assert!(read(two.as_bytes()).is_err());
    let none = text().replace("\"replayed\":[],", "");
    assert!(read(none.as_bytes()).unwrap_err().to_string().contains("replayed"));
}

#[test]
fn a_signed_statement_is_read_with_its_signer_and_an_edited_one_is_not() {
    let key = SigningKey::from_seed(&[7; 32]);
    let allowed = format!("ci@example.test {}", key.public_text().unwrap());
    let allowed = AllowedSigners::read(allowed.as_bytes()).unwrap();
    let at = Timestamp::UNIX_EPOCH;
    let sealed = dsse::seal(PAYLOAD_TYPE, text().as_bytes(), &key).unwrap();
    assert!(is_envelope(&sealed) && !is_envelope(text().as_bytes()));
    let (read, signers) = open(sealed.clone(), &allowed, at, read).unwrap();
    assert_eq!((read, signers), (statement(), ["ci@example.test".to_string()].into()));
    let other = SigningKey::from_seed(&[8; 32]);
    assert!(
        open(dsse::seal(PAYLOAD_TYPE, text().as_bytes(), &other).unwrap(), &allowed, at, summarize).is_err()
    );
    assert!(
        open(dsse::seal("text/plain", text().as_bytes(), &key).unwrap(), &allowed, at, summarize).is_err()
    );
}

#[test]
fn the_view_for_others_says_what_it_can() {
    let text = String::from_utf8(write_test_result(&statement()).unwrap()).unwrap();
    assert!(text.contains("\"result\":\"PASSED\"") && text.contains("Cargo.lock"), "{text}");
    assert!(read(text.as_bytes()).is_err());
}

#[test]
fn a_statement_that_could_not_be_read_back_is_refused_with_what_to_do() {
    assert_eq!(check_length(MAXIMUM_BYTES), Ok(()));
    let refused = check_length(MAXIMUM_BYTES + 1).unwrap_err().to_string();
    for said in ["2147483649 bytes", "cannot be read back", "`--configuration`"] {
        assert!(refused.contains(said), "{refused}");
    }
    let payload = text();
    let key = SigningKey::from_seed(&[7; 32]);
    let sealed = dsse::seal(PAYLOAD_TYPE, payload.as_bytes(), &key).unwrap();
    let most = dsse::sealed_length(payload.len() as u64);
    assert!(
        (sealed.len() as u64..sealed.len() as u64 + 1024).contains(&most),
        "what is signed is not longer"
    );
}

#[test]
fn tests_that_are_only_gone_through_are_those_that_are_kept() {
    let kept = read(text().as_bytes()).unwrap().predicate.tests;
    let gone = read_as::<RecordedRun<TestInventory>>(text().as_bytes()).unwrap().unwrap().predicate.tests;
    assert_eq!(gone.walk().collect::<Vec<_>>(), kept);
    let altered = [
        ("\"records\":1", "\"records\":0"),
        ("\"records\":1", "\"records\":1,\"more\":1"),
        ("\"outcome\":\"passed\"", "\"outcome\":\"fine\""),
    ];
    for (from, to) in altered {
        let altered = text().replacen(from, to, 1);
        assert_ne!(altered, text(), "{from}");
        let [one, other] = [
            read(altered.as_bytes()).map(drop),
            read_as::<RecordedRun<TestInventory>>(altered.as_bytes()).map(drop),
        ];
        assert!(one.is_err());
        assert_eq!(one, other, "{to}");
    }
}

proptest! {
    /// No byte of a statement can be left out at its end, and none changed without the statement
    /// being another or none.
    #[test]
    fn half_a_statement_is_none(length in 0..1000usize) {
        let text = text();
        let length = length.min(text.len() - 1);
        prop_assert!(read(&text.as_bytes()[..length]).is_err());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(read(&bytes).is_err());
    }
}

/// Statements as they were written before their form had a module of its own.
#[test]
fn statements_that_were_written_once_are_read_and_written_to_the_byte() {
    for text in [
        include_str!("../../wire/statement/kept/command.json"),
        include_str!("../../wire/statement/kept/plain.json"),
    ] {
        let line = text.trim_end();
        let super::predicate_type::AnyStatement::TestRun(statement) =
            super::predicate::read_any(line.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(super::test_run::write(&statement).unwrap()).unwrap(), line);
    }
}
