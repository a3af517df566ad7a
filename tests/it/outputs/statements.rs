//! The in-toto statements: verification summaries and review coverage.

use super::decisions::{Judged, every_decision, of_kept_facts, of_no_facts, render, render_advice};
use super::schemas::Schema;
use portcullis_attest::statement::StatementHeader;
use portcullis_cli::record::facts_json;
use portcullis_model::decision::{Decision, Outcome};
use portcullis_model::digest::Digest;
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::landing::{Candidate, Coverage};
use portcullis_model::review::ReviewState;
use serde_json::{Value, json};

/// The fields of a verification summary as SLSA documents them (`verification_summary/v1`).
fn summary_schema() -> Schema {
    let hex =
        json!({ "type": "object", "minProperties": 1, "additionalProperties": { "pattern": "^[0-9a-f]+$" } });
    Schema::of(
        "vsa",
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "required": ["verifier", "resourceUri", "policy", "verificationResult", "verifiedLevels"],
            "additionalProperties": false,
            "properties": {
                "verifier": {
                    "type": "object",
                    "required": ["id"],
                    "properties": {
                        "id": { "type": "string", "format": "uri" },
                        "version": { "type": "object", "additionalProperties": { "type": "string" } }
                    }
                },
                "timeVerified": { "type": "string", "format": "date-time", "pattern": "Z$" },
                "resourceUri": { "type": "string", "format": "uri" },
                "policy": { "type": "object", "required": ["uri"], "properties": { "uri": { "type": "string" }, "digest": hex } },
                "inputAttestations": {
                    "type": "array",
                    "items": { "type": "object", "required": ["digest"], "properties": { "digest": hex, "uri": { "type": "string" } } }
                },
                "verificationResult": { "enum": ["PASSED", "FAILED"] },
                "verifiedLevels": { "type": "array", "minItems": 1, "items": { "type": "string", "minLength": 1 } },
                "slsaVersion": { "type": "string" }
            }
        }),
    )
}

/// The lines of a format, each a statement that our own reader accepts.
fn statements(format: &str, judged: &Judged, advisory: bool) -> Vec<Value> {
    let text = if advisory { render_advice(format, judged) } else { render(format, judged) };
    let read = |line: &str| {
        StatementHeader::read(line.as_bytes())
            .unwrap_or_else(|error| panic!("{}: {error}\n{line}", judged.name));
        serde_json::from_str(line).unwrap()
    };
    text.lines().map(read).collect()
}

fn summary_of(judged: &Judged) -> Value {
    statements("vsa", judged, false).remove(0)
}

fn levels(statement: &Value) -> Vec<&str> {
    statement["predicate"]["verifiedLevels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_str().unwrap())
        .collect()
}

#[test]
fn a_summary_has_what_slsa_documents() {
    let schema = summary_schema();
    for judged in every_decision() {
        for advisory in [false, true] {
            let all = statements("vsa", judged, advisory);
            assert_eq!(all.len(), 1);
            assert_eq!(all[0]["predicateType"], "https://slsa.dev/verification_summary/v1");
            assert_eq!(schema.objection(&all[0]["predicate"]), None, "{}: {:#}", judged.name, all[0]);
        }
    }
}

/// What a consumer must see: passed only where the gate allows, and never a level of SLSA.
#[test]
fn a_summary_passes_only_what_is_allowed_and_claims_no_level_of_slsa() {
    for judged in every_decision() {
        for advisory in [false, true] {
            let statement = &statements("vsa", judged, advisory)[0];
            let passed = statement["predicate"]["verificationResult"] == "PASSED";
            assert_eq!(passed, judged.decision.outcome == Outcome::Allow, "{}", judged.name);
            let of_slsa: Vec<&str> =
                levels(statement).into_iter().filter(|it| it.starts_with("SLSA_")).collect();
            let expected: &[&str] = if passed { &["SLSA_SOURCE_LEVEL_UNEVALUATED"] } else { &[] };
            assert_eq!(of_slsa, expected, "{}", judged.name);
            assert_eq!(levels(statement) == ["FAILED"], !passed, "{}", judged.name);
        }
    }
}

#[test]
fn a_waived_control_is_no_level_of_a_summary() {
    let judged = every_decision().iter().find(|judged| judged.name == "waived").unwrap();
    let statement = summary_of(judged);
    assert!(levels(&statement).contains(&"PORTCULLIS_ALLOWED"));
    assert!(!levels(&statement).contains(&"PORTCULLIS_ALLOWED_WITHOUT_WAIVERS"));
    assert!(
        !levels(&statement).iter().any(|level| level.starts_with("PORTCULLIS_CONTROL_")),
        "{statement:#}"
    );
    let honest = every_decision().iter().find(|judged| judged.name == "honest-change on github").unwrap();
    let statement = summary_of(honest);
    assert!(levels(&statement).contains(&"PORTCULLIS_ALLOWED_WITHOUT_WAIVERS"));
    assert!(levels(&statement).contains(&"PORTCULLIS_CONTROL_REQUIRED_REVIEWS"), "{statement:#}");
}

/// An allowed decision that names no commit could be shown for any.
#[test]
fn a_summary_without_a_commit_never_passes() {
    let judged = of_no_facts("no commit", Outcome::Allow, Vec::new());
    let decision = Decision { judged: Default::default(), ..judged.decision };
    let statement = summary_of(&Judged { decision, ..judged });
    assert_eq!(statement["predicate"]["verificationResult"], "FAILED");
    assert_eq!(statement["subject"][0]["digest"].as_object().unwrap().len(), 1, "{statement:#}");
    assert!(statement["subject"][0]["digest"]["sha256"].is_string());
}

#[test]
fn a_summary_binds_the_commit_its_tree_the_policy_and_the_facts() {
    let judged = every_decision().iter().find(|judged| judged.name == "honest-change on github").unwrap();
    let statement = summary_of(judged);
    let facts = judged.facts.as_ref().unwrap();
    let head = judged.decision.judged.head.as_ref().unwrap();
    let change = facts.whole().change.value().unwrap();
    let tree = &change.commits.iter().find(|commit| commit.id == *head).unwrap().tree;
    let digest = &statement["subject"][0]["digest"];
    assert_eq!(
        (digest["gitCommit"].as_str(), digest["gitTree"].as_str()),
        (Some(head.as_str()), Some(tree.as_str()))
    );
    let predicate = &statement["predicate"];
    let sha256 = |digest: &Digest| digest.as_str().trim_start_matches("sha256:").to_string();
    let policy = sha256(&judged.decision.policy.as_ref().unwrap().digest);
    assert_eq!(predicate["policy"]["digest"]["sha256"], policy);
    let facts = facts_json(facts.clone()).unwrap();
    let input = &predicate["inputAttestations"][0]["digest"]["sha256"];
    assert_eq!(*input, sha256(&Digest::of(facts.as_bytes())));
    assert!(predicate["resourceUri"].as_str().unwrap().starts_with("git+https://"), "{predicate:#}");
    assert!(predicate["timeVerified"].is_string());
}

/// The fields of the proposed predicate.
fn coverage_schema() -> Schema {
    let tree = json!({ "type": "object", "required": ["digest"], "properties": { "digest": { "type": "object", "required": ["gitTree"] } } });
    let commit = json!({ "type": "object", "required": ["digest"], "properties": { "digest": { "type": "object", "required": ["gitCommit"] } } });
    Schema::of(
        "source-review-coverage",
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "required": ["reviewCoverage", "approvals"],
            "additionalProperties": false,
            "properties": {
                "reviewCoverage": {
                    "required": ["result"],
                    "properties": { "result": { "enum": ["identity", "replay", "residual", "unverifiable"] }, "residualBase": tree },
                    "if": { "properties": { "result": { "const": "residual" } } },
                    "then": { "required": ["residualBase"] },
                    "else": { "properties": { "residualBase": false } }
                },
                "approvals": {
                    "type": "array",
                    "items": { "required": ["overTree", "approver"], "properties": { "overTree": tree, "approver": { "type": "string", "minLength": 1 } } }
                },
                "checks": {
                    "type": "array",
                    "items": {
                        "required": ["name", "overTree", "outcome"],
                        "properties": { "name": { "type": "string" }, "overTree": tree, "outcome": { "enum": ["pass", "fail"] } }
                    }
                },
                "mergeTransform": {
                    "required": ["kind", "reviewedHead", "baseAtMerge"],
                    "properties": {
                        "kind": { "enum": ["identity", "squash", "mergeCommit"] },
                        "reviewedHead": commit,
                        "baseAtMerge": commit,
                        "parents": { "type": "array", "minItems": 2, "items": commit },
                        "expectedTree": tree,
                        "replayClean": { "type": "boolean" }
                    }
                },
                "objectFormat": { "enum": ["sha1", "sha256"] }
            }
        }),
    )
}

fn results(judged: &Judged) -> Vec<String> {
    let all = statements("source-review-coverage", judged, false);
    all.iter().map(|it| it["predicate"]["reviewCoverage"]["result"].as_str().unwrap().to_string()).collect()
}

#[test]
fn coverage_has_the_fields_of_the_proposal() {
    let schema = coverage_schema();
    for judged in every_decision() {
        for statement in statements("source-review-coverage", judged, false) {
            assert_eq!(schema.objection(&statement["predicate"]), None, "{}: {statement:#}", judged.name);
            let result = &statement["predicate"]["reviewCoverage"]["result"];
            let approvals = statement["predicate"]["approvals"].as_array().unwrap();
            assert!(*result == "unverifiable" || !approvals.is_empty(), "{}: {statement:#}", judged.name);
        }
    }
}

#[test]
fn an_approval_of_the_head_covers_it_and_a_stale_or_own_one_does_not() {
    let named = |name: &str| every_decision().iter().find(|judged| judged.name == name).unwrap();
    assert_eq!(results(named("honest-change on github")), ["identity"]);
    let stale = statements("source-review-coverage", named("stale-approval on github"), false).remove(0);
    let own = statements("source-review-coverage", named("self-approval on github"), false).remove(0);
    let approvers = |statement: &Value| statement["predicate"]["approvals"].as_array().unwrap().len();
    let honest = statements("source-review-coverage", named("honest-change on github"), false).remove(0);
    assert!(approvers(&own) <= approvers(&honest), "{own:#}");
    let tree = &stale["subject"][0]["digest"]["gitTree"];
    let over = |it: &Value| it["overTree"]["digest"]["gitTree"] == *tree;
    let stale = stale["predicate"]["approvals"].as_array().unwrap();
    assert!(!stale.iter().all(over) || stale.len() < approvers(&honest), "{stale:#?}");
}

/// A deployment of one landing, changed for a test.
fn landed(alter: impl Fn(&mut portcullis_model::deployment::Deployment)) -> Judged {
    let mut judged = of_kept_facts("deployment");
    if let Some(GatheredFacts::Deployment(deployment)) = &mut judged.facts {
        alter(deployment);
    }
    judged
}

#[test]
fn a_landing_that_an_approval_covers_says_so() {
    let results = results(&of_kept_facts("deployment"));
    assert_eq!(results, ["unverifiable", "identity"]);
}

/// A push of which no request is known is measured against the tree before it, where that tree is kept.
#[test]
fn a_direct_push_is_a_residual_over_the_tree_before_it() {
    let judged = landed(|deployment| {
        let portcullis_model::fact::Fact::Known(landings) = &mut deployment.landings else { return };
        let (first, second) = landings.split_at_mut(1);
        second[0].coverage = first[0].coverage.clone();
    });
    let all = statements("source-review-coverage", &judged, false);
    assert_eq!(results(&judged), ["unverifiable", "residual"]);
    let base = &all[1]["predicate"]["reviewCoverage"]["residualBase"]["digest"]["gitTree"];
    assert_eq!(*base, all[0]["subject"][0]["digest"]["gitTree"]);
    assert_eq!(coverage_schema().objection(&all[1]["predicate"]), None);
}

/// What the program proved in another way than the predicate knows is not put into its words.
#[test]
fn a_landing_that_the_predicate_has_no_words_for_is_unverifiable() {
    let change = |coverage: fn(Candidate) -> Coverage| {
        landed(move |deployment| {
            let portcullis_model::fact::Fact::Known(landings) = &mut deployment.landings else { return };
            for landing in landings {
                if let Coverage::Identity(candidate) | Coverage::Replay(candidate) = landing.coverage.clone()
                {
                    landing.coverage = coverage(candidate);
                }
            }
        })
    };
    for judged in [change(Coverage::Rebase), change(|candidate| Coverage::Train(vec![candidate]))] {
        assert!(results(&judged).iter().all(|result| result == "unverifiable"), "{:?}", results(&judged));
    }
}

#[test]
fn a_landing_whose_approval_was_withdrawn_is_unverifiable() {
    let judged = landed(|deployment| {
        let portcullis_model::fact::Fact::Known(landings) = &mut deployment.landings else { return };
        for landing in landings {
            let portcullis_model::fact::Fact::Known(requests) = &mut landing.requests else { continue };
            for facts in requests {
                if let portcullis_model::fact::Fact::Known(reviews) = &mut facts.host.reviews {
                    reviews.iter_mut().for_each(|review| review.state = ReviewState::Dismissed);
                }
            }
        }
    });
    assert!(results(&judged).iter().all(|result| result == "unverifiable"), "{:?}", results(&judged));
}
