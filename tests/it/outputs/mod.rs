//! Every output format over every decision that we have, held against its official schema or read
//! by a consumer of it.

mod attacks;
mod decisions;
mod exits;
mod rows;
pub mod schemas;
mod statements;

use decisions::{Judged, every_decision, render, render_advice};
use portcullis_model::decision::{Outcome, Verdict};
use portcullis_render as render;
use portcullis_testrun::test_run::TestOutcome;
use schemas::Schema;
use serde_json::Value;

/// The JSON of a format.
fn json_of(format: &str, judged: &Judged, advisory: bool) -> Value {
    let text = if advisory { render_advice(format, judged) } else { render(format, judged) };
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{format}, {}: {error}\n{text}", judged.name))
}

/// Holds a format against a schema, over every decision.
fn conform(format: &str, schema: &Schema) {
    for judged in every_decision() {
        for advisory in [false, true] {
            let document = json_of(format, judged, advisory);
            assert_eq!(schema.objection(&document), None, "{format}, {}: {document:#}", judged.name);
        }
    }
}

#[test]
fn the_decisions_are_of_every_kind() {
    for outcome in [Outcome::Allow, Outcome::Undetermined, Outcome::Block] {
        assert!(every_decision().iter().any(|judged| judged.decision.outcome == outcome));
    }
    for verdict in
        [Verdict::Broken, Verdict::Unproven, Verdict::Waived, Verdict::Noted, Verdict::Met, Verdict::Exempt]
    {
        let of_it = |judged: &Judged| judged.decision.findings.iter().any(|found| found.verdict == verdict);
        assert!(every_decision().iter().any(of_it), "{verdict:?}");
    }
    assert!(every_decision().len() > 100, "{}", every_decision().len());
}

#[test]
fn sarif_conforms_to_the_schema_of_oasis() {
    conform("sarif", &Schema::read("sarif-schema-2.1.0.json"));
}

/// What GitHub documents beyond the schema: each result has a location with a file and a line, a
/// rule and a fingerprint; 25,000 results, 20 tags for a rule.
#[test]
fn sarif_is_what_code_scanning_accepts() {
    for judged in every_decision() {
        let log = json_of("sarif", judged, false);
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let results = run["results"].as_array().unwrap();
        assert!(results.len() <= 25_000 && rules.len() <= 25_000);
        let mut fingerprints = Vec::new();
        for result in results {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            let place = &result["locations"][0]["physicalLocation"];
            let uri = place["artifactLocation"]["uri"].as_str().unwrap();
            assert!(!uri.is_empty() && !uri.starts_with('/') && uri.is_ascii(), "{uri}");
            assert!(place["region"]["startLine"].as_u64().unwrap() >= 1);
            fingerprints.push(result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap());
            // 3.27.10: of another kind than `fail`, the level is `none`.
            assert!(result["kind"] == "fail" || result["level"] == "none", "{result:#}");
        }
        let count = fingerprints.len();
        fingerprints.sort_unstable();
        fingerprints.dedup();
        assert_eq!(fingerprints.len(), count, "{}", judged.name);
        for rule in rules {
            assert!(rule["properties"]["tags"].as_array().unwrap().len() <= 20);
            assert!(!rule["help"]["text"].as_str().unwrap().is_empty());
        }
    }
}

/// A reader who counts errors sees one wherever the change must not land, and no unsuppressed one
/// where it may.
#[test]
fn sarif_never_takes_a_stop_for_a_pass() {
    for judged in every_decision() {
        let log = json_of("sarif", judged, false);
        let results = log["runs"][0]["results"].as_array().unwrap();
        let errors =
            results.iter().filter(|it| it["level"] == "error" && it["suppressions"].is_null()).count();
        assert_eq!(errors > 0, judged.decision.outcome != Outcome::Allow, "{}", judged.name);
        let kinds = |kind: &str| results.iter().filter(|it| it["kind"] == kind).count();
        assert_eq!(kinds("open"), judged.count(Verdict::Unproven), "{}", judged.name);
        assert_eq!(kinds("pass") + kinds("notApplicable"), 0);
        let suppressed = results.iter().filter(|it| !it["suppressions"].is_null()).count();
        assert_eq!(suppressed, judged.count(Verdict::Waived));
    }
}

/// Our own reader of JUnit reports is a consumer: it refuses a report whose summary says something
/// else than its cases.
#[test]
fn junit_is_read_as_what_it_says() {
    for judged in every_decision() {
        let text = render("junit", judged);
        let run = portcullis_report::parse_as("junit", text.as_bytes())
            .unwrap_or_else(|error| panic!("{}: {error}\n{text}", judged.name));
        let count = |outcome: TestOutcome| run.tests.iter().filter(|test| test.outcome == outcome).count();
        let findings = &judged.decision.findings;
        assert_eq!(run.tests.len(), findings.len() + 1, "{}: {text}", judged.name);
        let of = |verdict| judged.count(verdict);
        assert_eq!(count(TestOutcome::Skipped), of(Verdict::Waived) + of(Verdict::Exempt), "{}", judged.name);
        let of_outcome = |is: Outcome| usize::from(judged.decision.outcome == is);
        assert_eq!(
            count(TestOutcome::Failed),
            of(Verdict::Broken) + of_outcome(Outcome::Block),
            "{}",
            judged.name
        );
        let errors = of(Verdict::Unproven) + of_outcome(Outcome::Undetermined);
        assert_eq!(count(TestOutcome::Error), errors, "{}", judged.name);
        assert_eq!(run.contradictions, Vec::<String>::new(), "{}", judged.name);
    }
}

/// The attributes and elements of the XML Schema that Jenkins holds reports against (xunit plugin,
/// `junit-10.xsd`).
#[test]
fn junit_has_only_what_the_schema_of_jenkins_knows() {
    const KNOWN: &[(&str, &[&str])] = &[
        ("testsuites", &["name", "time", "tests", "failures", "errors"]),
        (
            "testsuite",
            &[
                "name",
                "tests",
                "failures",
                "errors",
                "group",
                "time",
                "skipped",
                "timestamp",
                "hostname",
                "id",
                "package",
                "file",
                "log",
                "url",
            ],
        ),
        ("properties", &[]),
        ("property", &["name", "value"]),
        ("testcase", &["name", "time", "classname", "group"]),
        ("failure", &["type", "message"]),
        ("error", &["type", "message"]),
        ("skipped", &["type", "message"]),
        ("system-out", &[]),
    ];
    for judged in every_decision() {
        let text = render("junit", judged);
        let mut reader = quick_xml::Reader::from_str(&text);
        loop {
            use quick_xml::events::Event;
            let start = match reader.read_event().unwrap() {
                Event::Start(start) | Event::Empty(start) => start,
                Event::Eof => break,
                _ => continue,
            };
            let name = String::from_utf8(start.name().as_ref().to_vec()).unwrap();
            let (_, attributes) = KNOWN.iter().find(|(known, _)| *known == name).unwrap();
            for attribute in start.attributes() {
                let key = String::from_utf8(attribute.unwrap().key.as_ref().to_vec()).unwrap();
                assert!(attributes.contains(&key.as_str()), "{name} {key}");
            }
        }
    }
}

/// The members that GitLab documents, and its severities.
#[test]
fn a_code_quality_report_has_what_gitlab_documents() {
    let schema = Schema::of(
        "code-quality",
        serde_json::json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "array",
            "items": {
                "type": "object",
                "required": ["description", "check_name", "fingerprint", "severity", "location"],
                "additionalProperties": false,
                "properties": {
                    "description": { "type": "string", "minLength": 1 },
                    "check_name": { "type": "string", "minLength": 1 },
                    "fingerprint": { "type": "string", "minLength": 32 },
                    "severity": { "enum": ["info", "minor", "major", "critical", "blocker"] },
                    "location": {
                        "type": "object",
                        "required": ["path", "lines"],
                        "properties": {
                            "path": { "type": "string", "not": { "pattern": "^\\./" } },
                            "lines": { "required": ["begin"], "properties": { "begin": { "type": "integer", "minimum": 1 } } }
                        }
                    }
                }
            }
        }),
    );
    conform("codequality", &schema);
    for judged in every_decision() {
        let report = json_of("codequality", judged, false);
        let blockers = report.as_array().unwrap().iter().filter(|it| it["severity"] == "blocker").count();
        assert_eq!(blockers > 0, judged.decision.outcome != Outcome::Allow, "{}", judged.name);
    }
}

#[test]
fn csv_is_read_back_cell_by_cell() {
    for judged in every_decision() {
        let text = render("csv", judged);
        let rows = rows::read(&text);
        let width = rows[0].len();
        assert!(rows.iter().all(|row| row.len() == width), "{}: {text}", judged.name);
        assert_eq!(rows.len(), judged.decision.findings.len() + 2);
        let verdict = rows[0].iter().position(|title| title == "verdict").unwrap();
        let broken = rows.iter().filter(|row| row[verdict] == "broken").count();
        assert_eq!(broken, judged.count(Verdict::Broken));
        rows.iter().flatten().for_each(|cell| assert!(rows::is_harmless(cell), "{cell}"));
    }
}

#[test]
fn the_same_decision_gives_the_same_bytes() {
    for judged in every_decision() {
        for format in render::TABLE {
            assert_eq!(render(format.name, judged), render(format.name, judged));
        }
    }
}

#[test]
fn oscal_assessment_results_conform_to_the_schema_of_nist() {
    conform("oscal", &Schema::read("oscal-assessment-results-1.2.3.json"));
}

#[test]
fn oscal_plans_conform_to_the_schema_of_nist() {
    conform("oscal-poam", &Schema::read("oscal-poam-1.2.3.json"));
}

/// Every reference inside of a document leads somewhere, and no UUID is of two things.
#[test]
fn the_references_of_oscal_lead_somewhere() {
    for judged in every_decision() {
        for format in ["oscal", "oscal-poam"] {
            let document = json_of(format, judged, false);
            let (mut own, mut named) = (Vec::new(), Vec::new());
            collect_uuids(&document, &mut own, &mut named);
            let count = own.len();
            own.sort_unstable();
            own.dedup();
            assert_eq!(own.len(), count, "{format}, {}", judged.name);
            assert!(named.iter().all(|uuid| own.contains(uuid)), "{format}, {}", judged.name);
        }
    }
}

fn collect_uuids(value: &Value, own: &mut Vec<String>, named: &mut Vec<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|it| collect_uuids(it, own, named)),
        Value::Object(members) => {
            for (key, it) in members {
                match (key.as_str(), it.as_str()) {
                    ("uuid", Some(uuid)) => own.push(uuid.to_string()),
                    (key, Some(uuid)) if key.ends_with("-uuid") => named.push(uuid.to_string()),
                    ("href", Some(href)) if href.starts_with('#') => named.push(href[1..].to_string()),
                    _ => collect_uuids(it, own, named),
                }
            }
        }
        _ => {}
    }
}

/// No finding is of a control of the catalogue: the objective is ours, and satisfied only where it
/// was met.
#[test]
fn oscal_claims_no_control_and_nothing_that_was_not_shown() {
    for judged in every_decision() {
        let document = json_of("oscal", judged, false);
        let results = &document["assessment-results"];
        for finding in results["results"][0]["findings"].as_array().unwrap() {
            let target = finding["target"]["target-id"].as_str().unwrap();
            assert!(target.starts_with("portcullis_"), "{target}");
            assert_eq!(finding["target"]["type"], "objective-id");
        }
        let whole = &results["results"][0]["findings"][0]["target"]["status"]["state"];
        assert_eq!(*whole == "satisfied", judged.decision.outcome == Outcome::Allow, "{}", judged.name);
        let text = document.to_string();
        assert!(!text.contains("complies with the") && text.contains("served by this evidence"));
        let open = [Verdict::Broken, Verdict::Unproven, Verdict::Waived].map(|verdict| judged.count(verdict));
        let risks = results["results"][0]["risks"].as_array().map_or(0, Vec::len);
        assert_eq!(risks, open.iter().sum::<usize>());
        let plan = json_of("oscal-poam", judged, false);
        let items = plan["plan-of-action-and-milestones"]["poam-items"].as_array().unwrap().len();
        assert_eq!(items, risks.max(1), "{}", judged.name);
    }
}

#[test]
fn gemara_conforms_to_its_definitions() {
    conform("gemara", &Schema::read("gemara-evaluation-log-1.4.1.json"));
}

#[test]
fn gemara_never_passes_what_was_not_met() {
    for judged in every_decision() {
        let log = json_of("gemara", judged, false);
        let passed = log["result"] == "Passed";
        assert!(!passed || judged.decision.outcome == Outcome::Allow, "{}", judged.name);
        assert!(!passed || judged.count(Verdict::Waived) == 0, "{}", judged.name);
        let logs = log["evaluations"].as_array().unwrap().iter().skip(1);
        let logs: Vec<&Value> = logs.flat_map(|it| it["assessment-logs"].as_array().unwrap()).collect();
        let count = |word: &str| logs.iter().filter(|it| it["result"] == word).count();
        assert_eq!(count("Passed"), judged.count(Verdict::Met), "{}", judged.name);
        assert_eq!(count("Unknown"), judged.count(Verdict::Unproven), "{}", judged.name);
        assert_eq!(count("Failed"), judged.count(Verdict::Broken), "{}", judged.name);
    }
}
