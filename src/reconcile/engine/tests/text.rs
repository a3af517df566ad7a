//! The text itself: one text with few differences, nothing that two runs can see otherwise.

use super::super::{EngineDialect, is_plain_place, write_setup};
use super::corpus::{Corpus, dataset};
use super::differential::plan;
use std::collections::BTreeSet;

fn texts() -> Vec<(EngineDialect, String)> {
    let folder = tempfile::tempdir().unwrap();
    let manifests = Corpus::new(1, 5).write(folder.path(), &dataset());
    EngineDialect::ALL
        .into_iter()
        .map(|dialect| (dialect, plan(&manifests, dialect, 100).write_text().text))
        .collect()
}

#[test]
fn no_gap_is_left_open() {
    for (dialect, text) in texts() {
        assert!(!text.contains(['{', '}']), "{dialect}: {text}");
    }
}

/// Whatever makes a result depend on how often or in what order a stage runs.
#[test]
fn the_text_has_nothing_that_a_second_try_could_see_otherwise() {
    for (dialect, text) in texts() {
        let code: String = text.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
        let words: BTreeSet<_> =
            code.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_ascii_lowercase).collect();
        for word in [
            "rand",
            "random",
            "limit",
            "row_number",
            "rank",
            "over",
            "float",
            "double",
            "approx_distinct",
            "now",
            "current_timestamp",
            "uuid",
            "first",
            "any_value",
            "sample",
        ] {
            assert!(!words.contains(word), "{dialect}: {word}");
        }
        assert!(
            !code.contains('/') && !code.contains('.') || !code.contains("0."),
            "{dialect}: no fractions"
        );
        assert_eq!(code.matches("ORDER BY").count(), 1, "{dialect}");
    }
}

#[test]
fn dialects_differ_in_a_few_words_and_every_number_changes_the_digest() {
    let texts = texts();
    let lines = |text: &str| text.lines().map(str::to_string).collect::<Vec<_>>();
    let without_digest = |text: &str| text.lines().filter(|line| !line.contains("AS text")).count();
    let (_, reference) = texts.iter().find(|(dialect, _)| *dialect == EngineDialect::Spark).unwrap();
    for (dialect, text) in &texts {
        let differing = lines(text).iter().zip(&lines(reference)).filter(|(one, other)| one != other).count();
        assert!(differing <= 6, "{dialect} differs in {differing} of {} lines", without_digest(text));
    }
    let folder = tempfile::tempdir().unwrap();
    let manifests = Corpus::new(1, 5).write(folder.path(), &dataset());
    let plan = plan(&manifests, EngineDialect::Spark, 100);
    let digest = plan.write_text().digest;
    assert_eq!(plan.write_text().digest, digest, "the same bytes every time");
    let mut later = plan.clone();
    later.clock.target_as_of += 1;
    let mut shorter = plan.clone();
    shorter.bound = 99;
    let mut patient = plan.clone();
    patient.clock.terms[0].within += 1;
    for other in [later, shorter, patient] {
        assert_ne!(other.write_text().digest, digest);
    }
}

#[test]
fn a_place_that_could_end_a_literal_is_not_plain() {
    for place in ["/data/plan/inputs", "s3://bucket/a-b_c", "gs://b/x=1", "C:/plan", "/päth/ä"] {
        assert!(is_plain_place(place), "{place}");
    }
    for place in ["", "/a'b", "/a\"b", "/a;b", "/a\nb", "/a`b", "/$(x)", "/a\\b", "/a*"] {
        assert!(!is_plain_place(place), "{place}");
    }
}

#[test]
fn every_dialect_gets_its_six_tables() {
    for dialect in EngineDialect::ALL {
        let setup = write_setup(dialect, "/plan/inputs");
        for table in ["source", "target", "rejects", "receipts", "gone", "control"] {
            assert!(
                setup.contains(&format!("pc_{table} (")) || setup.contains(&format!("pc_{table} AS")),
                "{dialect}"
            );
            assert!(setup.contains(&format!("/plan/inputs/{table}")), "{dialect} {table}");
        }
        assert_eq!(EngineDialect::from_name(dialect.as_str()), Some(dialect));
    }
}

#[test]
fn terms_that_do_not_rise_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let manifests = Corpus::new(1, 5).write(folder.path(), &dataset());
    let mut plan = plan(&manifests, EngineDialect::Spark, 100);
    plan.clock.terms[0].within = plan.clock.terms[1].within + 1;
    let refused = plan.write_folder(&folder.path().join("plan"), "/inputs").unwrap_err();
    assert!(refused.to_string().contains("do not rise"), "{refused}");
    plan.clock.terms[0].within = plan.clock.terms[1].within;
    plan.write_folder(&folder.path().join("plan"), "/inputs").unwrap();
}
