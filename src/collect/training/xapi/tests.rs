//! Statements of learning record stores.

use super::*;
use portcullis_model::path::RepoPath;
use portcullis_model::training::Course;
use serde_json::json;

const ACTIVITY: &str = "https://lms.example.test/courses/12";

fn settings() -> TrainingSettings {
    let course = Course {
        title: "Reviewing".into(),
        valid_for: None,
        achievements: BTreeSet::new(),
        activities: [ACTIVITY.to_string()].into(),
    };
    TrainingSettings {
        register: RepoPath::from("portcullis-people.toml"),
        courses: [("secure-review".to_string(), course)].into(),
        issuers: BTreeMap::new(),
    }
}

fn statement(verb: &str) -> Value {
    json!({
        "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
        "actor": { "mbox": "mailto:kim@example.test", "name": "Kim" },
        "verb": { "id": verb, "display": { "en": "did" } },
        "object": { "id": ACTIVITY },
        "timestamp": "2026-05-04T09:30:00+01:00",
        "result": { "score": { "scaled": 0.98 }, "completion": true }
    })
}

fn read(value: &Value) -> Result<TrainingExport, String> {
    read_xapi(&value.to_string(), &settings()).map_err(|error| format!("{}: {}", error.place, error.problem))
}

fn changed(path: &str, value: Value) -> Value {
    let mut statement = statement(COMPLETED[0]);
    *statement.pointer_mut(path).unwrap() = value;
    statement
}

#[test]
fn completions_are_read_in_each_form() {
    for verb in COMPLETED {
        let one = statement(verb);
        let forms = [
            one.to_string(),
            json!([one]).to_string(),
            json!({ "statements": [one], "more": "" }).to_string(),
            format!("{one}\n\n"),
        ];
        for text in forms {
            let export = read_xapi(&text, &settings()).unwrap();
            let [entry] = export.entries.as_slice() else { panic!("{export:?}") };
            assert_eq!((entry.completed.as_str(), &entry.waived), ("2026-05-04T08:30:00Z", &None));
            assert_eq!(entry.person, NamedPerson::Email("kim@example.test".into()));
            assert_eq!(
                entry.evidence.as_deref(),
                Some("xAPI statement 6690e6c9-3ef0-4ed3-8b37-7f3964730bee")
            );
        }
    }
    let two = format!("{}\n{}\n", statement(COMPLETED[0]), statement(WAIVED));
    assert_eq!(read_xapi(&two, &settings()).unwrap().entries.len(), 2);
}

#[test]
fn a_waived_course_is_an_entry_with_its_reason() {
    let mut waived = statement(WAIVED);
    waived["result"] = json!({ "extensions": { REASON: "Tested Out" } });
    assert_eq!(read(&waived).unwrap().entries[0].waived.as_deref(), Some("Tested Out"));
    waived["result"] = json!({});
    assert!(read(&waived).unwrap().entries[0].waived.is_some());
}

#[test]
fn what_completes_nothing_is_passed_over() {
    let voids = |id: &str| {
        json!({
            "actor": { "mbox": "mailto:admin@example.test" },
            "verb": { "id": VOIDED },
            "object": { "objectType": "StatementRef", "id": id },
            "timestamp": "2026-06-01T00:00:00Z"
        })
    };
    let id = "6690E6C9-3ef0-4ed3-8b37-7f3964730bee";
    for (value, words) in [
        (statement("http://adlnet.gov/expapi/verbs/failed"), "completes nothing"),
        (statement("http://adlnet.gov/expapi/verbs/attempted"), "completes nothing"),
        (changed("/object/id", json!("https://lms.example.test/courses/13")), "no course of the policy"),
        (changed("/result/completion", json!(false)), "is not a success"),
        (changed("/result", json!({ "success": false })), "is not a success"),
        (json!([voids(id), statement(COMPLETED[0])]), "another statement voids it"),
        (json!([statement(COMPLETED[1]), voids(id)]), "another statement voids it"),
    ] {
        let export = read(&value).unwrap();
        assert!(export.entries.is_empty() && export.passed_over[0].contains(words), "{export:?}");
    }
    assert_eq!(read(&json!([voids("another"), statement(COMPLETED[0])])).unwrap().entries.len(), 1);
}

#[test]
fn a_statement_that_would_count_and_cannot_be_read_is_an_error() {
    for (value, words) in [
        (changed("/timestamp", json!("2026-05-04")), "is not a moment with an offset"),
        (changed("/timestamp", json!("2026-05-04T09:30:00")), "is not a moment with an offset"),
        (changed("/timestamp", Value::Null), "it says no time"),
        (
            changed("/actor", json!({ "mbox_sha1sum": "ebd31e95054c018b10727ccffd2ef2ec3a016ee9" })),
            "names no one",
        ),
        (changed("/actor", json!({ "mbox": "kim@example.test" })), "names no one"),
        (changed("/verb", json!({})), "this is not a statement"),
        (json!({ "statements": [statement(COMPLETED[0])], "more": "/next" }), "export all of them"),
        (json!({ "statements": [statement(COMPLETED[0])], "more": true }), "export all of them"),
    ] {
        let error = read(&value).unwrap_err();
        assert!(error.contains(words), "{words}: {error}");
    }
    assert!(read_xapi("{\"id\":\n", &settings()).unwrap_err().place == "line 1");
}

#[test]
fn an_account_is_one_of_its_host() {
    let account = json!({ "account": { "homePage": "https://LMS.example.test/users", "name": "kim" } });
    let export = read(&changed("/actor", account)).unwrap();
    assert_eq!(export.entries[0].person, NamedPerson::Account("lms.example.test".into(), "kim".into()));
}
