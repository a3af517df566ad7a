//! What holds for every format.

use super::*;
use crate::model::lines::Lines;
use proptest::prelude::*;

const LCOV: &str = "TN:\nSF:a\nDA:1,1\nDA:2,0\nLF:2\nLH:1\nend_of_record\n";
const GO: &str = "mode: set\na:1.1,1.9 1 1\na:2.1,2.9 1 0\n";
const LLVM: &str = r#"{"data":[{"files":[{"filename":"a","segments":[[1,1,1,true,true,false],[1,9,0,false,false,false],[2,1,0,true,true,false],[2,9,0,false,false,false]]}],"totals":{}}],"type":"llvm.coverage.json.export","version":"2.0.1"}"#;
const COBERTURA: &str = "<coverage lines-valid='2' lines-covered='1'><sources/><packages><package><classes><class filename='a'><lines><line number='1' hits='1'/><line number='2' hits='0'/></lines></class></classes></package></packages></coverage>";
const JACOCO: &str = "<report name='r'><package name=''><sourcefile name='a'><line nr='1' mi='0' ci='1'/><line nr='2' mi='1' ci='0'/><counter type='LINE' missed='1' covered='1'/></sourcefile></package></report>";
const ALL: [&str; 5] = [COBERTURA, GO, JACOCO, LCOV, LLVM];

#[test]
fn the_table_is_sorted_and_every_format_is_known_by_its_content() {
    assert!(TABLE.windows(2).all(|pair| pair[0].format.as_str() < pair[1].format.as_str()));
    for (format, text) in TABLE.iter().zip(ALL) {
        assert_eq!(parse(text.as_bytes(), None).unwrap().0, format.format);
        let knows = TABLE.iter().filter(|format| (format.detect)(text.as_bytes())).count();
        assert_eq!(knows, 1, "{text}");
    }
}

#[test]
fn every_format_tells_the_same_story() {
    for text in ALL {
        let (_, reported) = parse(text.as_bytes(), None).unwrap();
        let file = &reported.files[0];
        assert_eq!((file.names.as_slice(), reported.files.len()), (&["a".to_string()][..], 1), "{text}");
        assert_eq!((&file.lines.executable, &file.lines.hit), (&Lines::all(2), &Lines::all(1)), "{text}");
        assert_eq!(reported.contradictions, Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_was_said_of_a_format_overrides_its_looks_and_is_still_checked() {
    for text in ALL {
        for format in TABLE {
            let read = parse(text.as_bytes(), Some(format.format));
            assert_eq!(read.is_ok(), (format.detect)(text.as_bytes()), "{:?} {text}", format.format);
        }
    }
}

#[test]
fn what_is_no_report_is_an_error_that_names_the_known_formats() {
    for bytes in [&b"1..1\nok 1"[..], b"<html/>", b"\0\0", b"<testsuites/>"] {
        let error = parse(bytes, None).unwrap_err();
        assert!(error.message.contains("cobertura, go-cover, jacoco, lcov, llvm-cov"), "{error}");
    }
    assert_eq!(parse(b" \n", None).unwrap_err().message, "it is empty");
}

#[test]
fn a_report_of_no_file_shows_nothing() {
    for text in ["TN:\n", "mode: set\n", "<report name='r'/>", "<coverage><packages/></coverage>"] {
        assert!(parse(text.as_bytes(), None).unwrap_err().message.contains("no file"), "{text}");
    }
}

#[test]
fn half_a_report_is_never_a_whole_one() {
    for text in ALL {
        let (_, whole) = parse(text.as_bytes(), None).unwrap();
        for end in 0..text.trim_end().len() {
            let half = parse(&text.as_bytes()[..end], None);
            // A Go profile has no end mark: what stands before a line is a profile, and lacks that line.
            let cut_between_lines = text == GO && text[..end].ends_with('\n');
            assert!(half.is_err() || cut_between_lines, "{end} {text}");
            assert_ne!(half.map(|(_, reported)| reported), Ok(whole.clone()), "{end} {text}");
        }
    }
}

#[test]
fn entities_and_depth_are_refused() {
    let bomb = "<!DOCTYPE coverage [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;'>]>";
    assert!(parse(format!("{bomb}{COBERTURA}").as_bytes(), None).is_err());
    let deep = "<report>".to_string() + &"<group name='a'>".repeat(100_000);
    assert!(parse(deep.as_bytes(), None).is_err());
    let json = "[".repeat(100_000);
    assert!(parse(format!("{{\"data\":{json}").as_bytes(), None).is_err());
    assert!(parse(format!("{{\"x\":{json}").as_bytes(), None).is_err());
}

/// One of the reports with some bytes changed.
fn bent() -> impl Strategy<Value = Vec<u8>> {
    let edits = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..6);
    (prop::sample::select(ALL.to_vec()), edits).prop_map(|(text, edits)| {
        let mut bytes = text.as_bytes().to_vec();
        for (at, byte, how) in edits {
            let at = at.index(bytes.len().max(1)).min(bytes.len().saturating_sub(1));
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ if bytes.len() > 1 => drop(bytes.remove(at)),
                _ => {}
            }
        }
        bytes
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for format in TABLE {
            drop(parse(&bytes, Some(format.format)));
        }
        drop(parse(&bytes, None));
    }

    #[test]
    fn whatever_is_read_keeps_its_promises(bytes in bent()) {
        if let Ok((_, reported)) = parse(&bytes, None) {
            prop_assert!(!reported.files.is_empty());
            for file in reported.files {
                prop_assert!(!file.names.is_empty());
                prop_assert!(file.lines.hit.without(&file.lines.executable).is_empty());
            }
        }
    }
}
