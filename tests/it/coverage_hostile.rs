//! Coverage reports that somebody made to harm, and reports with some bytes changed: they are refused or read, at once and in bounded
//! memory, and a report without its end is never the whole one.

use crate::support::edits::{any_change, apply};
use crate::support::written::WRITERS;
use portcullis_report::line_coverage::{TABLE, parse};
use proptest::prelude::*;

const LINES: &[(u32, bool)] = &[(1, true), (2, false), (4, true), (9, false)];

/// A report of two files in each format.
fn seeds() -> Vec<String> {
    WRITERS.iter().map(|(_, write)| write(&[("src/load.x", LINES), ("b", &LINES[1..])])).collect()
}

fn refused(text: &str) -> String {
    parse(text.as_bytes(), None).expect_err(&text.chars().take(80).collect::<String>()).message
}

#[test]
fn entities_are_neither_expanded_nor_fetched() {
    let laughs: String = (1..30).map(|n| format!("<!ENTITY l{n} '&l{};&l{};'>", n - 1, n - 1)).collect();
    for (root, file) in [
        ("coverage", "<project><file name='&l29;'/></project>"),
        ("coverage", "<file path='&l29;'/>"),
        (
            "CoverageSession",
            "<Modules><Module><Files><File uid='1' fullPath='&l29;'/></Files></Module></Modules>",
        ),
    ] {
        for declared in [
            format!("[<!ENTITY l0 'ha'>{laughs}]"),
            "[<!ENTITY l29 SYSTEM 'file:///etc/hostname'>]".to_string(),
            "[<!ENTITY % l29 SYSTEM 'http://example.test/a'> %l29;]".to_string(),
        ] {
            assert!(
                refused(&format!("<!DOCTYPE {root} {declared}><{root} version='1'>{file}</{root}>"))
                    .contains("declares")
            );
        }
        refused(&format!("<{root} version='1'>{file}</{root}>"));
    }
}

#[test]
fn a_hundred_thousand_attributes_or_levels_are_refused() {
    let attributes: String = (0..100_000).map(|n| format!(" a{n}=''")).collect();
    let deep = "<other>".repeat(100_000);
    for (root, first) in
        [("coverage", "project"), ("coverage version='1'", "file path='a'"), ("CoverageSession", "Modules")]
    {
        assert!(refused(&format!("<{root}><{first}{attributes}/>")).contains("attributes"), "{root}");
        let deeper = refused(&format!("<{root}><{first}>{deep}"));
        assert!(deeper.contains("deeper") || deeper.contains("does not belong"), "{deeper}");
    }
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    for seed in seeds().iter().filter(|seed| seed.starts_with('{')) {
        let text = format!("{}, \"extra\": {open}{close}}}", seed.strip_suffix('}').unwrap());
        assert!(refused(&text).contains("deeper"), "{}", &seed[..40]);
    }
}

#[test]
fn points_over_millions_of_lines_cost_no_more_than_their_number() {
    let points: String = (0..20_000)
        .map(|n| format!("<SequencePoint vc='{}' sl='{}' el='{}' fileid='1'/>", n % 2, n + 1, 9_999_999 - n))
        .collect();
    let text = format!(
        "<CoverageSession><Modules><Module><Files><File uid='1' fullPath='a'/></Files><Classes><Class><Methods><Method><SequencePoints>{points}\
         </SequencePoints></Method></Methods></Class></Classes></Module></Modules></CoverageSession>"
    );
    let (_, reported) = parse(text.as_bytes(), None).unwrap();
    assert_eq!(reported.files[0].lines.executable.count(), 9_999_999);
    let twice: String = (0..200_000).map(|_| "<line num='1' count='0'/>").collect();
    let text = format!("<coverage><project><file name='a'>{twice}</file></project></coverage>");
    assert_eq!(parse(text.as_bytes(), None).unwrap().1.files[0].lines.executable.count(), 1);
}

#[test]
fn numbers_that_no_report_has_are_refused_everywhere() {
    for seed in seeds() {
        for (from, to) in
            [("4", "99999999999999999999"), ("4", "10000001"), ("4", "4.5"), ("4", "4e"), ("4", "NaN")]
        {
            // The first place where the line 4 stands by itself; SimpleCov has no numbers of lines.
            let places = seed.match_indices(from).map(|(at, _)| at);
            let alone = |at: &usize| {
                let around = [seed.as_bytes()[at - 1], seed.as_bytes()[at + 1]];
                around.iter().all(|byte| !byte.is_ascii_alphanumeric())
            };
            let Some(at) = places.into_iter().find(alone) else { continue };
            let altered = format!("{}{to}{}", &seed[..at], &seed[at + 1..]);
            // Writers of LCOV in JavaScript put `NaN` for a line that code does not have; it is then nobody's.
            if to == "NaN" && seed.starts_with("TN:") {
                let files = parse(altered.as_bytes(), None).unwrap().1.files;
                let file = files.iter().find(|file| file.names == ["src/load.x"]).unwrap();
                let is_4 = |run: &(u32, u32)| (run.0..=run.1).contains(&4);
                assert!(!file.lines.executable.runs().iter().any(is_4), "{altered}");
                continue;
            }
            assert!(parse(altered.as_bytes(), None).is_err(), "{altered}");
        }
    }
}

#[test]
fn changed_reports_never_panic_and_cut_ones_are_never_whole() {
    let seeds = seeds();
    assert_eq!(seeds.len(), TABLE.len());
    let cases = (any::<prop::sample::Index>(), prop::collection::vec(any_change(), 0..6));
    let config = ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let outcome = runner.run(&cases, |(seed, edits)| {
        let mut bytes = seeds[seed.index(seeds.len())].as_bytes().to_vec();
        edits.iter().for_each(|edit| apply(&mut bytes, edit));
        for format in TABLE {
            drop(parse(&bytes, Some(format.format)));
        }
        let Ok((format, reported)) = parse(&bytes, None) else { return Ok(()) };
        for file in &reported.files {
            prop_assert!(!file.names.is_empty() && file.lines.hit.without(&file.lines.executable).is_empty());
        }
        if !["go-cover", "lcov"].contains(&format.as_str()) {
            let cut = bytes.trim_ascii_end().len() - 1;
            prop_assert!(parse(&bytes[..cut], None).is_err(), "{}", format.as_str());
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}
