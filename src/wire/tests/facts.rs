//! Facts: what earlier programs wrote is read and conforms once it is written again, and nothing
//! may be missing or more.

use super::{Validator, json, members_of, places_of, refuses_every_change, with, without};
use crate::facts::testing::{change_of, value_of};
use crate::facts::{FactsError, read_facts, write_facts};
use crate::schema::find;
use jiff::Timestamp;
use portcullis_model::assertion::{ASSERTED, Assertion, NamedProgram, asserted_conventions};
use portcullis_model::digest::Digest;
use portcullis_model::facts::Facts;
use portcullis_model::gathered::GatheredFacts;
use serde_json::Value;
use snapbox::data::DataFormat;
use snapbox::{Data, assert_data_eq};
use std::path::Path;

/// Facts as the program wrote them before this form: the version before it, and the file of this
/// one that they become.
const EARLIER: &[(&str, &str, &str)] = &[
    (
        "change-v4.json",
        include_str!("../facts/kept/change-v3.json"),
        include_str!("../facts/kept/change-v4.json"),
    ),
    (
        "deployment-v4.json",
        include_str!("../facts/kept/deployment-v2.json"),
        include_str!("../facts/kept/deployment-v4.json"),
    ),
    (
        "evidence-v4.json",
        include_str!("../facts/kept/evidence-v3.json"),
        include_str!("../facts/kept/evidence-v4.json"),
    ),
];

fn schema() -> Validator {
    Validator::new(find("facts").unwrap())
}

fn read(value: &Value) -> Result<(), FactsError> {
    read_facts(value.to_string().as_bytes()).map(drop)
}

#[test]
fn facts_that_were_written_once_are_read_and_written_to_the_byte() {
    for (file, earlier, _) in EARLIER {
        let written = write_facts(read_facts(earlier.as_bytes()).unwrap()).unwrap() + "\n";
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("facts/kept").join(file);
        assert_data_eq!(&written, Data::read_from(&path, Some(DataFormat::Text)).raw());
    }
    let schema = schema();
    for (file, earlier, kept) in EARLIER {
        let facts = read_facts(earlier.as_bytes()).unwrap();
        assert!(schema.accepts(&json(kept)), "{file}");
        assert_eq!(read_facts(kept.as_bytes()).unwrap(), facts, "{file}");
        assert!(!schema.accepts(&json(earlier)), "{file}");
    }
}

/// Objects of which the names are data: any of them may be there or not.
const NAMED: &[&str] = &[
    "/host/attribution/known",
    "/host/members",
    "/host/permissions",
    "/inquiry/texts",
    "/gate/known/texts",
    "/line_coverage/known/changed",
    "/line_coverage/known/inert",
    "/line_coverage/known/reports/0/content/known/files",
];

/// Members of a statement's run that statements may lack.
const LACKING: &[&str] = &["began", "command", "coverage", "exit_status", "settled"];

#[test]
fn facts_of_which_anything_is_missing_or_of_another_type_are_refused() {
    let schema = schema();
    for text in [EARLIER[0].2, EARLIER[2].2] {
        let mut document = json(text);
        for place in NAMED {
            document.pointer_mut(place).into_iter().for_each(|named| *named = json!({}));
        }
        let may_lack =
            |member: &str| member.split_once("/run/").is_some_and(|(_, name)| LACKING.contains(&name));
        refuses_every_change(&schema, &document, may_lack);
        for member in members_of(&document).iter().filter(|member| !may_lack(member)) {
            assert!(read(&without(&document, member)).is_err(), "without {member}");
        }
        for at in places_of(&document) {
            assert!(read(&with(&document, &at, json!([[]]))).is_err(), "another type at {at:?}");
        }
    }
}

#[test]
fn facts_with_more_than_the_form_says_are_refused() {
    let (schema, document) = (schema(), json(EARLIER[1].2));
    for at in ["", "/whole", "/whole/host", "/landings/known/0", "/span/known/steps/0/commit"] {
        let mut more = document.clone();
        more.pointer_mut(at).unwrap()["signature"] = json!("none");
        assert!(!schema.accepts(&more) && read(&more).is_err(), "{at:?}");
    }
}

#[test]
fn facts_of_another_version_or_kind_are_refused() {
    let document = json(EARLIER[0].2);
    for schema in [0, 1, 2, 3, 5] {
        let other = with(&document, "/schema", json!(schema));
        assert!(matches!(read(&other), Err(FactsError::Version(found)) if found == schema), "{schema}");
    }
    for kind in [json!("deployment"), json!("landing"), json!(null)] {
        assert!(matches!(read(&with(&document, "/kind", kind)), Err(FactsError::Json(_))));
    }
    // A request inside a deployment is of the same version.
    let deployment = json(EARLIER[1].2);
    assert!(read(&with(&deployment, "/whole/schema", json!(3))).is_err());
    // The version before had no kind, and took no other version for its own.
    let earlier = json(EARLIER[0].1);
    for schema in [1, 2] {
        assert!(matches!(read(&with(&earlier, "/schema", json!(schema))), Err(FactsError::Version(_))));
    }
    assert!(matches!(read(&with(&json(EARLIER[1].1), "/schema", json!(3))), Err(FactsError::Version(3))));
    assert!(read(&with(&json(EARLIER[1].1), "/whole/schema", json!(2))).is_err());
}

/// What earlier versions did not know is a gap, nothing, or `false`.
#[test]
fn what_earlier_facts_lack_never_allows_more() {
    let mut facts = json(EARLIER[1].1);
    let mut take = |at: &str| {
        let (object, name) = at.rsplit_once('/').unwrap();
        facts
            .pointer_mut(object)
            .unwrap()
            .as_object_mut()
            .unwrap()
            .remove(name)
            .unwrap_or_else(|| panic!("{at}"));
    };
    ["/elsewhere", "/whole/change/known/basis", "/whole/host/moves", "/recorded/known/0/taken_again"]
        .iter()
        .for_each(|at| take(at));
    let read = value_of(read_facts(facts.to_string().as_bytes()).unwrap());
    for at in
        ["/elsewhere/gap/reason", "/whole/change/known/basis/gap/reason", "/whole/host/moves/gap/reason"]
    {
        assert_eq!(read.pointer(at), Some(&json!("not-asked")), "{at}");
    }
    assert_eq!(read["recorded"]["known"][0]["taken_again"], false);
    assert_eq!(read["whole"]["host"]["domains"], json!(["github.com"]));
}

#[test]
fn earlier_facts_that_hold_a_name_twice_are_refused() {
    let text = EARLIER[0].1.replacen("\"inquiry\":", "\"host\": null, \"inquiry\":", 1);
    assert!(matches!(read_facts(text.as_bytes()), Err(FactsError::Json(_))));
    let (before, after) = EARLIER[0].2.split_once("\"permissions\": {").unwrap();
    let twice = format!(
        "{before}\"permissions\": {{ \"kim\": {{\"known\": \"write\"}}, \"kim\": {{\"known\": \"read\"}}, {after}"
    );
    assert!(matches!(read_facts(twice.as_bytes()), Err(FactsError::Json(_))));
}

/// Facts of another host say what its kind has in common.
#[test]
fn facts_of_another_host_without_its_conventions_are_refused() {
    let document = json(EARLIER[0].2);
    assert_eq!(document.pointer("/host/conventions"), Some(&json!(null)));
    assert!(read(&with(&document, "/host/kind", json!("gitlab"))).is_err());
    assert!(read(&with(&document, "/host/kind", json!("none"))).is_ok());
    let mut facts = crate::facts::testing::change_of(&document).unwrap();
    facts.host.kind = "gitlab".to_string();
    let mut conventions = (*facts.host.conventions).clone();
    conventions.name = "GitLab".to_string();
    facts.host.conventions = conventions.into();
    let written = value_of(facts.clone());
    assert!(schema().accepts(&written), "{written:#}");
    assert_eq!(crate::facts::testing::change_of(&written).unwrap(), facts);
}

/// What was added to this version is missing in facts from before, and then is what fails closed.
#[test]
fn what_was_added_is_missing_in_facts_from_before() {
    let before = json(EARLIER[0].2);
    assert_eq!(before.pointer("/change/known/landing_tree"), None);
    assert_eq!(before.pointer("/host/administration"), None);
    let facts = crate::facts::testing::change_of(&before).unwrap();
    assert_eq!(
        (facts.change.value().unwrap().landing_tree.clone(), &facts.host.administration),
        (None, &None)
    );
    let mut document = before.clone();
    let gap = document.pointer("/line_coverage").unwrap().clone();
    let base = document.pointer("/change/known/base").unwrap().clone();
    let reviews = document.pointer_mut("/host/reviews/known").unwrap().as_array_mut().unwrap();
    reviews[0]["reviewed"] = json!({ "tree": { "base": base, "tree": "e".repeat(40) } });
    document["change"]["known"]["landing_tree"] = json!("e".repeat(40));
    document["host"]["administration"] = json!({
        "administrators": { "known": [{ "login": "dana", "id": "1", "kind": "human" }] },
        "owners": { "known": [] },
        "apps": { "known": [{ "id": "9", "name": "sync" }] },
        "deploy_keys": gap.clone(),
        "roles": gap,
    });
    let rules = document.pointer_mut("/host/protection/known/requirements").unwrap().as_array_mut().unwrap();
    rules[0]["rule"] = json!({ "pipeline-check": { "name": "regression", "project": "a/b/c" } });
    rules[1]["rule"] = json!({ "service-check": { "name": "licences", "service": "7" } });
    rules[2]["rule"] = json!("pipeline");
    document["inquiry"]["topics"].as_array_mut().unwrap().push(json!("administration"));
    assert!(schema().accepts(&document));
    let read = crate::facts::testing::change_of(&document).unwrap();
    assert!(read.host.administration.is_some() && read.change.value().unwrap().landing_tree.is_some());
    // Sets have an order of their own.
    let topics = |document: &serde_json::Value| {
        let topics = document["inquiry"]["topics"].as_array().unwrap();
        topics
            .iter()
            .map(|topic| topic.as_str().unwrap().to_string())
            .collect::<std::collections::BTreeSet<_>>()
    };
    let mut written = value_of(read);
    assert_eq!(topics(&written), topics(&document));
    written["inquiry"]["topics"] = document["inquiry"]["topics"].clone();
    assert_eq!(written, document);
    // What nobody asked for is no answer, and a tree that lands is there for a review alone.
    let mut unasked = document.clone();
    unasked["inquiry"]["topics"] = before["inquiry"]["topics"].clone();
    assert!(crate::facts::testing::change_of(&unasked).is_err());
    let mut unreviewed = document.clone();
    unreviewed["host"]["reviews"] = before["host"]["reviews"].clone();
    assert!(crate::facts::testing::change_of(&unreviewed).is_err());
    // Half of it is not enough.
    document["host"]["administration"].as_object_mut().unwrap().remove("roles");
    assert!(crate::facts::testing::change_of(&document).is_err());
}

/// What another host names has a place in this version.
#[test]
fn a_host_without_numbers_and_branches_conforms() {
    let mut document = json(EARLIER[0].2);
    let request = document.pointer_mut("/host/request/known").unwrap();
    request["id"] = json!("I8473b95934b5732ac55d26311a706c9c2bde9940");
    request["head_branch"] = json!(null);
    request["author"]["id"] = json!("{2f7a9b1e-0000-4000-8000-000000000001}");
    let reviews = document.pointer_mut("/host/reviews/known").unwrap().as_array_mut().unwrap();
    let commit = reviews[0]["reviewed"]["stated"].clone();
    reviews[0]["reviewed"] =
        json!({ "derived": { "commit": commit, "from": "the newest version before it" } });
    reviews[1]["reviewed"] = json!({ "tree": { "base": commit, "tree": commit } });
    document["host"]["checks"]["known"][0]["producer"] = json!({ "pipeline": { "project": "a/b/c", "source": "merge_request_event", "config": ".gitlab-ci.yml" } });
    document["host"]["checks"]["known"][1]["producer"] = json!({ "service": { "id": "12" } });
    document["host"]["members"] = json!({ "[records]\\data protection": { "known": [] } });
    let requirement = document.pointer_mut("/host/protection/known/requirements/0/bypass").unwrap();
    *requirement = json!({ "known": [
        { "kind": "writers", "id": null, "name": null, "mode": "always" },
        { "kind": "server-access", "id": null, "name": null, "mode": "always" },
    ]});
    assert!(schema().accepts(&document));
    assert_eq!(value_of(read_facts(document.to_string().as_bytes()).unwrap()), document);
}

/// A member whose name holds a `/`, as it is written in a JSON pointer.
const OWNERS: &str = "/gate/known/texts/.github~1CODEOWNERS";

/// What the parts of the facts say of each other. The honest twin is the file itself, which every
/// other test here reads.
#[test]
fn facts_whose_parts_disagree_are_refused() {
    let honest = json(EARLIER[0].2);
    assert!(read(&honest).is_ok());
    let owners = honest.pointer(OWNERS).unwrap().clone();
    let text = |purposes: Value| json!({ "purposes": purposes, "before": "", "after": null });
    let conventions = json!({ "name": "GitHub" });
    let source = json!({ "imported": { "source": "gittuf", "vouched_by": "nobody" } });
    let signed = json!({ "known": { "signers": [], "chains": [], "imported": { "known": [] } } });
    for (what, at, value) in [
        ("conventions of its own", "/host/conventions", conventions),
        ("no purpose", "/gate/known/texts/portcullis-waivers.toml/purposes", json!([])),
        ("another purpose", "/gate/known/texts/portcullis-waivers.toml/purposes", json!(["waiver-signers"])),
        ("one more purpose", "/gate/known/texts/portcullis.toml/purposes", json!(["policy", "control"])),
        ("a purpose not asked for", "/inquiry/texts/portcullis-waivers.toml", json!([])),
        ("CODEOWNERS asked for", "/inquiry/texts/portcullis.toml", json!(["policy", "code-owners"])),
        ("a text after that does not count", &format!("{OWNERS}/after"), json!("* @sam-example")),
        ("twice in a list", "/inquiry/topics", json!(["reviews", "reviews"])),
    ] {
        assert!(read(&with(&honest, at, value)).is_err(), "{what}");
    }
    for (what, at, name, value) in [
        ("signed reviews that no one asked for", "", "signed", signed),
        ("a review of another source", "/host/reviews/known/0", "source", source),
        ("a second CODEOWNERS", "/gate/known/texts", "CODEOWNERS", owners.clone()),
        ("CODEOWNERS elsewhere", "/gate/known/texts", ".a", owners),
        ("a second file of waivers", "/gate/known/texts", ".w", text(json!(["waivers"]))),
        ("waivers asked for elsewhere", "/inquiry/texts", ".w", json!(["waivers"])),
        ("a text that is missing", "/inquiry/texts", "people.txt", json!(["control"])),
        ("a name in two spellings", "/host/permissions", "ALEX-EXAMPLE", json!({ "known": "read" })),
    ] {
        let mut bent = honest.clone();
        bent.pointer_mut(at).unwrap()[name] = value;
        assert!(read(&bent).is_err(), "{what}");
    }
    for member in ["portcullis.toml", "portcullis-waivers.toml"] {
        assert!(read(&without(&honest, &format!("/gate/known/texts/{member}"))).is_err(), "{member}");
    }
}

#[test]
fn facts_of_an_earlier_version_hold_what_that_version_held_and_no_more() {
    let (earlier, now) = (json(EARLIER[0].1), json(EARLIER[0].2));
    assert!(read(&earlier).is_ok());
    for (what, at, name, value) in [
        ("conventions", "/host", "conventions", Value::Null),
        ("texts by path", "/gate/known", "texts", now.pointer("/gate/known/texts").unwrap().clone()),
        ("texts asked by path", "/inquiry", "texts", now.pointer("/inquiry/texts").unwrap().clone()),
        ("a position", "/host/reviews/known/0", "position", json!(1)),
        ("the id of a request", "/host/request/known", "id", json!("7")),
        ("a text as an id", "/host/request/known", "number", json!("7")),
        ("a text as an id of a review", "/host/reviews/known/0", "id", json!("7")),
    ] {
        let mut bent = earlier.clone();
        bent.pointer_mut(at).unwrap()[name] = value;
        assert!(read(&bent).is_err(), "{what}");
    }
    let gate = "/gate/known";
    for member in
        ["policy_before", "policy_after", "waivers_before", "waivers_after", "waiver_signers", "code_owners"]
    {
        assert!(read(&without(&earlier, &format!("{gate}/{member}"))).is_err(), "without {member}");
    }
    let texts = with(&earlier, gate, json!({ "texts": now.pointer("/gate/known/texts").unwrap() }));
    assert!(read(&texts).is_err(), "texts of version 4 alone");
}

/// Facts as a collector makes them of an evidence file.
fn asserted_facts() -> Facts {
    let GatheredFacts::Change(mut facts) = read_facts(EARLIER[0].2.as_bytes()).unwrap() else {
        unreachable!()
    };
    let program = |name: &str| NamedProgram { name: name.into(), version: "1".into() };
    let head = facts.change.value().unwrap().head.clone();
    facts.host.kind = ASSERTED.to_string();
    facts.host.conventions = asserted_conventions();
    facts.host.asserted = Some(Assertion {
        exporter: program("svn-evidence"),
        system: program("Subversion"),
        exported: Timestamp::UNIX_EPOCH,
        digest: Digest::of(b"evidence"),
        revisions: [(head, "r3".to_string())].into(),
    });
    *facts
}

#[test]
fn asserted_facts_say_who_asserts_them_and_observed_ones_have_no_one() {
    let value = value_of(asserted_facts());
    assert!(schema().accepts(&value));
    assert_eq!(change_of(&value).unwrap(), asserted_facts());
    let refused = |value: &Value| read(value).unwrap_err().to_string();
    let cut = without(&value, "/host/asserted");
    assert_eq!(refused(&cut), "asserted facts do not say who asserts them");
    let renamed = with(&value, "/host/kind", "gitlab".into());
    assert_eq!(refused(&renamed), "the facts of a host of the kind `gitlab` are asserted by an exporter");
    let more = with(&value, "/host/asserted/exporter", json!({ "name": "x", "version": "1", "more": 1 }));
    assert!(refused(&more).contains("unknown field `more`"));
    let mut deployment = json(EARLIER[1].2);
    deployment["whole"]["host"] = value["host"].clone();
    assert_eq!(refused(&deployment), "only the facts of a change can be asserted");
}
