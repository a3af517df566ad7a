//! Text from outside that attacks a consumer, in every format.

use super::decisions::{Judged, finding, of_no_facts, render, render_advice};
use super::rows;
use portcullis_model::decision::{Outcome, Place, SubjectKind, Verdict};
use portcullis_model::path::RepoPath;
use portcullis_render as render;
use serde_json::Value;

const ATTACKS: &[&str] = &[
    "a\u{1b}[2J\u{9b}31mred\u{7}",
    "]]></failure></testcase><testcase name='fine'/><!--",
    "=cmd|' /C calc'!A0",
    "+1\n-2\r\n@SUM(A1:A9)\t=3",
    "x\";=HYPERLINK(\"https://example.test\")",
    "line%0A::error::taken\n::set-output name=a::b\n##[add-path]/tmp",
    "\u{202e}txt.exe\u{200b}\u{2028}\u{2029}\u{feff}",
    "\", \"outcome\": \"allowed\", \"verificationResult\": \"PASSED\", \"x\": \"",
    "{0} {{1}} [click](https://example.test) [0](0)",
    "\u{fffe}\u{ffff}\0",
    "<script>alert(1)</script> & &amp; &lt;",
];

/// A blocked decision whose every text is an attack.
fn attacked(text: &str, advisory_path: &[u8]) -> Judged {
    let mut judged =
        of_no_facts(text, Outcome::Block, vec![finding(Verdict::Broken, SubjectKind::File, text)]);
    for verdict in [Verdict::Unproven, Verdict::Waived, Verdict::Noted, Verdict::Met, Verdict::Exempt] {
        judged.decision.findings.push(finding(verdict, SubjectKind::Suite, text));
    }
    judged.decision.findings[0].place =
        Some(Place { path: RepoPath::new(advisory_path.to_vec()), line: Some(0) });
    judged.decision.findings[1].place = Some(Place { path: text.into(), line: Some(u64::MAX) });
    judged.decision.findings[1].control = text.into();
    judged.decision.judged.repository = Some(text.into());
    judged.decision.judged.environment = Some(text.into());
    judged.decision.judged.title = Some(text.into());
    judged.decision.judged.branch = Some(portcullis_model::change::BranchName::new(text));
    judged.decision.judged.request = Some(portcullis_model::id::RequestId::Name(text.to_string()));
    if let Some(policy) = &mut judged.decision.policy {
        policy.project = text.into();
    }
    judged
}

fn every_attack() -> Vec<Judged> {
    ATTACKS.iter().map(|text| attacked(text, b"services/\xff\xfe\n%0A::error::x/\x1b[2J.sql")).collect()
}

/// Formats whose lines may be written to the log of a job as they are.
#[test]
fn no_line_steers_a_terminal_or_commands_a_ci_system() {
    for judged in every_attack() {
        for format in render::TABLE {
            for text in [render(format.name, &judged), render_advice(format.name, &judged)] {
                for line in text.split('\n') {
                    let line = line.strip_suffix('\r').unwrap_or(line);
                    assert!(!line.chars().any(char::is_control), "{}: {line:?}", format.name);
                    let commands = line.trim_start().starts_with("::") && format.name != "github";
                    assert!(!commands && !line.contains("##["), "{}: {line:?}", format.name);
                }
            }
        }
    }
}

/// A reader of the text, also after JSON is read, sees no character that hides or reorders another.
#[test]
fn nothing_hidden_reaches_the_reader_of_a_document() {
    let hides =
        |c: char| c.is_control() && c != '\n' || ('\u{200b}'..='\u{202e}').contains(&c) || c == '\u{feff}';
    fn strings(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(text) => found.push(text.clone()),
            Value::Array(list) => list.iter().for_each(|it| strings(it, found)),
            Value::Object(members) => members.iter().for_each(|(key, it)| {
                found.push(key.clone());
                strings(it, found);
            }),
            _ => {}
        }
    }
    for judged in every_attack() {
        for format in render::TABLE.iter().filter(|format| format.log_safe && format.name != "json") {
            let Ok(value) = serde_json::from_str::<Value>(&render_advice(format.name, &judged)) else {
                continue;
            };
            let mut found = Vec::new();
            strings(&value, &mut found);
            for text in found {
                assert!(!text.chars().any(hides), "{}: {text:?}", format.name);
            }
        }
    }
}

#[test]
fn no_text_makes_a_test_case_or_a_cell_of_its_own() {
    for judged in every_attack() {
        let text = render("junit", &judged);
        let run = portcullis_report::parse_as("junit", text.as_bytes()).unwrap();
        assert_eq!(run.tests.len(), judged.decision.findings.len() + 1, "{text}");
        let rows = rows::read(&render("csv", &judged));
        assert_eq!(rows.len(), judged.decision.findings.len() + 2);
        assert!(rows.iter().all(|row| row.len() == rows[0].len()));
        rows.iter().flatten().for_each(|cell| assert!(rows::is_harmless(cell), "{cell}"));
    }
}

/// A name that is not UTF-8 is another one than its escaped form, and finds its file.
#[test]
fn a_name_that_is_no_text_finds_its_file_in_sarif() {
    let log: Value = serde_json::from_str(&render("sarif", &attacked("a", b"caf\xe9/%2e.sql"))).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let uris: Vec<&Value> =
        results.iter().map(|it| &it["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]).collect();
    assert!(uris.contains(&&Value::from("caf%E9/%252e.sql")), "{uris:?}");
}

#[test]
fn no_message_of_sarif_has_a_link_or_a_placeholder() {
    for judged in every_attack() {
        let log: Value = serde_json::from_str(&render("sarif", &judged)).unwrap();
        for result in log["runs"][0]["results"].as_array().unwrap() {
            let text = result["message"]["text"].as_str().unwrap();
            let text = text.replace("{{", "").replace("}}", "");
            assert!(!text.contains("](") && !text.contains('{') && !text.contains('}'), "{text}");
        }
    }
}

/// Ten thousand findings are a document of every format, and the worst of them come first.
#[test]
fn ten_thousand_findings_are_one_document() {
    let name = |n: usize| format!("suite {n}");
    let mut findings: Vec<_> =
        (0..10_000).map(|n| finding(Verdict::Unproven, SubjectKind::Suite, &name(n))).collect();
    findings.push(finding(Verdict::Broken, SubjectKind::Suite, "the worst"));
    findings.sort();
    let judged = of_no_facts("many", Outcome::Block, findings);
    for format in render::TABLE {
        let text = render(format.name, &judged);
        // A statement holds the outcome and no finding.
        assert!(text.contains("the worst") || text.contains("in-toto.io/Statement"), "{}", format.name);
        assert!(text.len() < 40 << 20, "{}: {}", format.name, text.len());
        if text.starts_with(['{', '[']) {
            serde_json::from_str::<Value>(&text).unwrap();
        }
    }
}

/// GitHub refuses more than 25,000 results whole: then it would show nothing.
#[test]
fn more_than_code_scanning_takes_is_cut_at_its_end_and_said() {
    let name = |n: usize| format!("suite {n}");
    let findings = (0..30_000).map(|n| finding(Verdict::Broken, SubjectKind::Suite, &name(n))).collect();
    let judged = of_no_facts("many", Outcome::Block, findings);
    let log: Value = serde_json::from_str(&render("sarif", &judged)).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 25_000);
    let first = results[0]["message"]["text"].as_str().unwrap();
    assert!(first.contains("5001 findings had no room here"), "{first}");
}

#[test]
fn every_format_says_that_the_gate_only_advises() {
    let judged =
        of_no_facts("advice", Outcome::Block, vec![finding(Verdict::Broken, SubjectKind::Suite, "x")]);
    for format in render::TABLE {
        assert!(!render(format.name, &judged).contains("advisory: the exit code is 0"), "{}", format.name);
        let text = render_advice(format.name, &judged);
        assert!(text.contains("advisory") && text.contains("block"), "{}: {text}", format.name);
    }
}

/// Findings of one name, and of the name that a second one would get: each is a case, and none takes the place of another.
#[test]
fn ten_thousand_findings_of_one_name_are_as_many_cases() {
    let name = |n: usize| if n.is_multiple_of(3) { "x (2)" } else { "x" };
    let findings = (0..10_000).map(|n| finding(Verdict::Broken, SubjectKind::Suite, name(n))).collect();
    let judged = of_no_facts("one name", Outcome::Block, findings);
    let run = portcullis_report::parse_as("junit", render("junit", &judged).as_bytes()).unwrap();
    assert_eq!(run.tests.len(), 10_001);
    assert!(run.tests.iter().all(|test| test.records == 1));
}

/// A path of a tree that was made by hand does not lead a viewer out of the repository, or to another host.
#[test]
fn a_path_of_a_tree_made_by_hand_leads_nowhere_in_sarif() {
    for path in ["../../etc/passwd", "//example.test/x", "/etc/passwd", "a/./../../b"] {
        let log: Value = serde_json::from_str(&render("sarif", &attacked("a", path.as_bytes()))).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap();
        for result in results {
            let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
            assert!(!uri.starts_with('/') && !uri.split('/').any(|part| part == ".."), "{uri}");
        }
    }
}
