//! Answers about many repositories of a GitHub.

use super::*;

fn asked() -> SurveyQuestion {
    SurveyQuestion {
        texts: vec!["portcullis.toml".to_string()],
        records: "refs/portcullis/records/".to_string(),
    }
}

fn repository() -> Value {
    json!({
        "nameWithOwner": "o/n", "isArchived": false, "isEmpty": false,
        "defaultBranchRef": { "name": "main", "branchProtectionRule": {
            "allowsForcePushes": false,
            "bypassForcePushAllowances": { "totalCount": 0, "nodes": [] },
            "bypassPullRequestAllowances": { "totalCount": 0, "nodes": [] },
        } },
        "rulesets": { "totalCount": 1, "nodes": [
            { "databaseId": 5, "enforcement": "ACTIVE", "updatedAt": "2026-01-01T00:00:00Z" },
        ] },
        "refs": { "totalCount": 1, "nodes": [
            { "name": "production", "target": { "oid": "a".repeat(40), "committedDate": "2026-01-02T00:00:00Z" } },
        ] },
        "t0": { "byteSize": 3, "isBinary": false, "isTruncated": false, "text": "x=1" },
    })
}

fn survey(value: Value) -> Result<RepositorySurvey, Gap> {
    read_survey(("repository o/n", "o/n"), value, &asked())
}

#[test]
fn a_survey_holds_branch_texts_records_and_a_mark() {
    let seen = survey(repository()).unwrap();
    assert_eq!(seen.branch, Some(BranchName::new("main")));
    assert_eq!(seen.texts["portcullis.toml"], Fact::Known(Some("x=1".to_string())));
    assert_eq!(seen.records.value().unwrap()[0].name, "production");
    assert!(seen.mark.unwrap().shows_classic);
}

#[test]
fn what_is_not_there_differs_from_what_was_not_shown() {
    let mut value = repository();
    value["t0"] = Value::Null;
    assert_eq!(survey(value.clone()).unwrap().texts["portcullis.toml"], Fact::Known(None));
    value.as_object_mut().unwrap().remove("t0");
    assert!(survey(value).unwrap().texts["portcullis.toml"].value().is_none());
    for odd in [
        json!({ "byteSize": 3, "isBinary": true, "isTruncated": false, "text": null }),
        json!({ "byteSize": 9_000_000, "isBinary": false, "isTruncated": true, "text": "x" }),
        json!({}),
    ] {
        let mut value = repository();
        value["t0"] = odd;
        assert!(survey(value).unwrap().texts["portcullis.toml"].value().is_none());
    }
}

#[test]
fn attack_a_branch_that_the_token_may_not_see_is_not_an_empty_repository() {
    let mut value = repository();
    value["defaultBranchRef"] = Value::Null;
    assert_eq!(survey(value.clone()).unwrap_err().reason, GapReason::NotVisible);
    value["isEmpty"] = json!(true);
    assert_eq!(survey(value).unwrap().branch, None);
}

#[test]
fn a_cut_list_leaves_no_mark_and_no_records() {
    for list in ["rulesets", "refs"] {
        let mut value = repository();
        value[list]["totalCount"] = json!(2);
        let seen = survey(value).unwrap();
        assert_eq!(
            (seen.mark.is_none(), seen.records.value().is_none()),
            (list == "rulesets", list == "refs")
        );
    }
    let mut value = repository();
    value["defaultBranchRef"]["branchProtectionRule"]["bypassForcePushAllowances"]["totalCount"] = json!(1);
    assert_eq!(survey(value).unwrap().mark, None);
}

#[test]
fn every_change_of_the_protection_changes_the_mark() {
    let mark = |value| survey(value).unwrap().mark.unwrap();
    let usual = mark(repository());
    let changes: [fn(&mut Value); 4] = [
        |value| value["rulesets"]["nodes"][0]["updatedAt"] = json!("2026-01-01T00:00:01Z"),
        |value| value["rulesets"]["nodes"][0]["enforcement"] = json!("EVALUATE"),
        |value| value["defaultBranchRef"]["branchProtectionRule"]["allowsForcePushes"] = json!(true),
        |value| value["defaultBranchRef"]["name"] = json!("trunk"),
    ];
    for change in changes {
        let mut value = repository();
        change(&mut value);
        assert_ne!(mark(value).digest, usual.digest);
    }
    let mut unprotected = repository();
    unprotected["defaultBranchRef"]["branchProtectionRule"] = Value::Null;
    assert!(!mark(unprotected).shows_classic);
}

#[test]
fn an_error_with_a_path_is_about_one_repository() {
    let body = json!({
        "data": { "r0": null, "r1": repository() },
        "errors": [{ "type": "NOT_FOUND", "path": ["r0"], "message": "Could not resolve to a Repository" }],
    });
    let mut answer: Answer = serde_json::from_value(body).unwrap();
    assert_eq!(answer.take("r0", "o/gone", &asked()).unwrap_err().reason, GapReason::NotVisible);
    assert!(answer.take("r1", "O/N", &asked()).is_ok());
    assert_eq!(answer.take("r2", "o/lost", &asked()).unwrap_err().reason, GapReason::Malformed);
}

#[test]
fn names_are_variables_and_never_text_of_the_query() {
    let name = RepositoryName::parse("o/n").unwrap();
    let query = query_for(1, &asked());
    assert!(query.contains("r0: repository(owner: $o0, name: $n0)") && !query.contains("portcullis.toml"));
    assert_eq!(variables_for(&[&name], &asked())["t0"], "HEAD:portcullis.toml");
}

#[test]
fn attack_a_repository_under_its_old_name_or_under_none_is_not_seen() {
    assert_eq!(
        read_survey(("o/old", "o/old"), repository(), &asked()).unwrap_err().reason,
        GapReason::Contradiction
    );
    let mut nameless = repository();
    nameless.as_object_mut().unwrap().remove("nameWithOwner");
    assert_eq!(read_survey(("o/n", "o/n"), nameless, &asked()).unwrap_err().reason, GapReason::Malformed);
}
