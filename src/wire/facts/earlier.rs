//! Facts of earlier versions: of a change version 3, of a deployment version 2. Only facts of a
//! deployment have a member `environment`, and there was no other difference to tell them apart by.
//!
//! They are changed into version 4 and then read as such. What they lack is filled in as its lack
//! was read when they were written: as a gap, as nothing, or as `false`, and never so that more
//! would be allowed.

use super::v4::VERSION;
use super::{FactsError, GatheredFacts};
use crate::form::Form;
use crate::strict::StrictValue;
use portcullis_model::waiver;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The version of facts of a change.
const CHANGE: u64 = 3;

/// The version of facts of a deployment.
const DEPLOYMENT: u64 = 2;

/// Reads facts of an earlier version.
///
/// # Errors
/// They are of a version that is not read any more, or of none.
pub fn read_facts(text: &[u8], schema: u64) -> Result<GatheredFacts, FactsError> {
    let StrictValue(mut facts) = serde_json::from_slice(text)?;
    let is_deployment = facts.get("environment").is_some();
    let expected = if is_deployment { DEPLOYMENT } else { CHANGE };
    if schema != expected {
        return Err(FactsError::Version(schema));
    }
    if is_deployment {
        raise_deployment(&mut facts);
        let facts: super::v4::DeploymentFactsV4 = serde_json::from_value(facts)?;
        return Ok(GatheredFacts::Deployment(Box::new(facts.model()?)));
    }
    raise_change(&mut facts);
    let facts: super::v4::ChangeFactsV4 = serde_json::from_value(facts)?;
    Ok(GatheredFacts::Change(Box::new(facts.model()?)))
}

fn raise_deployment(facts: &mut Value) {
    set_head(facts, DEPLOYMENT, "deployment");
    let others = "what is deployed to other environments";
    add_member(facts, "elsewhere", || not_asked(others, "Gather the facts again."));
    change_each(facts, &["recorded", "known", "*"], raise_recorded);
    change_each(facts, &["elsewhere", "known", "recorded", "*"], |other| {
        add_member(other, "holds", || Value::Null);
        change_each(other, &["newest"], raise_recorded);
        change_each(other, &["holds"], raise_recorded);
    });
    change_each(facts, &["by_host", "known"], raise_host_deployment);
    change_each(facts, &["elsewhere", "known", "by_host", "known", "*", "deployment"], raise_host_deployment);
    change_each(facts, &["baseline", "known", "origin", "host"], to_text);
    let asked = facts.pointer("/whole/inquiry").cloned().unwrap_or_default();
    if let Some(gate) = facts.pointer_mut("/back/known/gate/known") {
        raise_texts(gate, &asked);
    }
    change_each(facts, &["back", "known", "since", "known", "*"], raise_landing);
    change_each(facts, &["back", "known", "undone", "known", "*"], raise_file);
    change_each(facts, &["landings", "known", "*"], raise_landing);
    change_each(facts, &["whole"], raise_change);
}

fn raise_landing(landing: &mut Value) {
    change_each(landing, &["files", "known", "*"], raise_file);
    change_each(landing, &["coverage", "residual", "hunks", "*"], |hunk| {
        add_member(hunk, "line", || Value::Null)
    });
    change_each(landing, &["requests", "known", "*"], raise_change);
}

fn raise_recorded(entry: &mut Value) {
    add_member(entry, "taken_again", || json!(false));
}

fn raise_host_deployment(deployment: &mut Value) {
    rename_member(deployment, "number", "id");
    change_each(deployment, &["id"], to_text);
}

fn raise_change(facts: &mut Value) {
    set_head(facts, CHANGE, "change");
    let asked = facts.get("inquiry").cloned().unwrap_or_default();
    if let Some(gate) = facts.pointer_mut("/gate/known") {
        raise_texts(gate, &asked);
    }
    change_each(facts, &["inquiry"], raise_inquiry);
    change_each(facts, &["change", "known"], raise_git);
    change_each(facts, &["host"], raise_host);
    change_each(facts, &["reports", "known", "*", "run", "known"], raise_times);
    change_each(facts, &["line_coverage", "known"], |coverage| add_member(coverage, "inert", || json!({})));
    change_each(facts, &["line_coverage", "known", "reports", "*", "content", "known"], raise_times);
    change_each(facts, &["evidence", "known", "trees"], |trees| {
        add_member(trees, "head_lands", || json!(false))
    });
    change_each(facts, &["evidence", "known", "checkout", "known"], |checkout| {
        add_member(checkout, "settled", || Value::Null);
    });
}

/// The times that a report names: each kind of them was left out where there was none.
fn raise_times(report: &mut Value) {
    add_member(report, "times", || json!({}));
    change_each(report, &["times"], |times| {
        add_member(times, "zoned", || Value::Null);
        add_member(times, "zoneless", || Value::Null);
    });
}

fn raise_git(change: &mut Value) {
    let what = "what merging the head brings";
    add_member(change, "basis", || not_asked(what, "Gather the facts again"));
    change_each(change, &["updates"], |updates| add_member(updates, "earlier", || json!([])));
    change_each(change, &["files", "*"], raise_file);
    change_each(change, &["on_the_way", "known", "*"], raise_file);
}

/// The files that a policy reads had a member each.
fn raise_inquiry(inquiry: &mut Value) {
    let texts = asked_texts(inquiry);
    let Some(members) = members_of(inquiry) else { return };
    let had = ["policy", "waiver_signers", "signers"].map(|name| members.remove(name));
    // Without one of them these are no facts of that version.
    if had.iter().all(Option::is_some) {
        add_new_member(inquiry, "texts", texts);
    }
}

/// The texts that were asked for, by path, with their purposes in the order of the model.
fn asked_texts(inquiry: &Value) -> Value {
    let mut texts: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut ask = |path: Option<&str>, purpose| {
        path.into_iter().for_each(|path| texts.entry(path.to_string()).or_default().push(purpose));
    };
    let path_in = |name: &str| inquiry.get(name).and_then(Value::as_str);
    ask(path_in("policy"), "policy");
    ask(path_in("policy").map(|_| waiver::PATH), "waivers");
    ask(path_in("waiver_signers"), "waiver-signers");
    ask(path_in("signers"), "evidence-signers");
    json!(texts)
}

/// The texts of that version, each of which had to be there.
const GATE_MEMBERS: [&str; 6] =
    ["policy_before", "policy_after", "waivers_before", "waivers_after", "waiver_signers", "code_owners"];

/// The texts had a member each, and their paths were those that were asked for. A text without a
/// path to it stays where it is, and is refused.
fn raise_texts(gate: &mut Value, inquiry: &Value) {
    let path_in = |name: &str| inquiry.get(name).and_then(Value::as_str).map(str::to_string);
    let policy = path_in("policy");
    let waivers = policy.as_ref().map(|_| waiver::PATH.to_string());
    let Some(members) = members_of(gate) else { return };
    if !GATE_MEMBERS.iter().all(|name| members.contains_key(*name)) || members.contains_key("texts") {
        refuse_member(members, "texts");
        return;
    }
    let mut texts = TextsByPath::default();
    texts.take_both_sides(members, "policy", policy);
    texts.take_both_sides(members, "waivers", waivers);
    texts.take_waiver_signers(members, path_in("waiver_signers"));
    texts.take_code_owners(members);
    if members.is_empty() {
        members.insert("texts".to_string(), json!(texts.0));
    }
}

/// The texts that steer the gate, by their paths. What cannot be taken stays where it is.
#[derive(Default)]
struct TextsByPath(BTreeMap<String, Value>);

impl TextsByPath {
    fn put(&mut self, path: String, purpose: &str, before: Value, after: Value) {
        let new = || json!({ "purposes": [], "before": before, "after": after });
        let text = self.0.entry(path).or_insert_with(new);
        text["purposes"].as_array_mut().into_iter().for_each(|all| all.push(json!(purpose)));
    }

    fn take_both_sides(&mut self, members: &mut Map<String, Value>, name: &str, path: Option<String>) {
        let [before, after] = ["before", "after"].map(|side| format!("{name}_{side}"));
        match (members.remove(&before), members.remove(&after), path) {
            (Some(before), Some(after), Some(path)) => self.put(path, name, before, after),
            (Some(Value::Null), Some(Value::Null), None) => {}
            (had_before, had_after, _) => {
                members.extend(had_before.map(|text| (before, text)));
                members.extend(had_after.map(|text| (after, text)));
            }
        }
    }

    fn take_waiver_signers(&mut self, members: &mut Map<String, Value>, path: Option<String>) {
        match (members.remove("waiver_signers"), path) {
            (Some(text), Some(path)) => self.put(path, "waiver-signers", text, Value::Null),
            (Some(Value::Null), None) => {}
            (had, _) => members.extend(had.map(|text| ("waiver_signers".to_string(), text))),
        }
    }

    fn take_code_owners(&mut self, members: &mut Map<String, Value>) {
        match members.remove("code_owners") {
            Some(Value::Object(mut file)) if file.len() == 2 => {
                match (file.remove("path"), file.remove("text")) {
                    (Some(Value::String(path)), Some(text @ Value::String(_))) => {
                        self.put(path, "code-owners", text, Value::Null);
                    }
                    (path, _) => members.extend(path.map(|path| ("code_owners".to_string(), path))),
                }
            }
            Some(Value::Null) => {}
            had => members.extend(had.map(|text| ("code_owners".to_string(), text))),
        }
    }
}

fn raise_file(file: &mut Value) {
    add_member(file, "governs", || Value::Null);
}

fn raise_host(host: &mut Value) {
    add_member(host, "domains", || json!([]));
    add_new_member(host, "conventions", Value::Null);
    add_member(host, "moves", || {
        let remedy = "Gather the facts again: these are of an earlier version, which did not ask.";
        not_asked("who moved the branch of the request", remedy)
    });
    add_member(host, "workflow_runs", || json!({ "known": {} }));
    add_member(host, "co_authors", || json!({ "known": {} }));
    add_member(host, "detours", || json!([]));
    raise_accounts(host);
    change_each(host, &["request", "known", "number"], refuse_text);
    change_each(host, &["request", "known"], |request| rename_member(request, "number", "id"));
    change_each(host, &["reviews", "known", "*"], raise_review);
    change_each(host, &["checks", "known", "*", "id"], to_text);
    change_each(host, &["checks", "known", "*", "producer", "app", "id"], to_text);
    change_each(host, &["workflow_runs", "known", "*", "workflow"], to_text);
    change_each(host, &["workflow_runs", "known", "*"], |run| add_member(run, "attempt", || json!(0)));
    let requirement = ["protection", "known", "requirements", "*"];
    change_each(host, &[&requirement[..], &["rule", "check", "app"]].concat(), to_text);
    change_each(host, &[&requirement[..], &["bypass", "known", "*", "id"]].concat(), to_text);
}

/// Identifiers of accounts were numbers, wherever there is an account.
fn raise_accounts(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if ["login", "kind"].iter().all(|name| members.contains_key(*name)) {
                members.get_mut("id").into_iter().for_each(to_text);
            }
            members.values_mut().for_each(raise_accounts);
        }
        Value::Array(items) => items.iter_mut().for_each(raise_accounts),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Reviews were in the order of their numbers, and null stood for a commit that the host no longer
/// knew.
fn raise_review(review: &mut Value) {
    let position = review.get("id").cloned();
    if let Some(position) = position {
        add_new_member(review, "position", position);
    }
    change_each(review, &["id"], to_text);
    rename_member(review, "commit", "reviewed");
    change_each(review, &["reviewed"], |reviewed| {
        *reviewed = match reviewed.take() {
            Value::Null => json!("unknown"),
            commit => json!({ "stated": commit }),
        };
    });
}

/// The version and kind of version 4, where this was that earlier version. Another one stays as it
/// is, and is refused.
fn set_head(facts: &mut Value, earlier: u64, kind: &str) {
    let Value::Object(members) = facts else { return };
    if members.get("schema").and_then(Value::as_u64) == Some(earlier) && !members.contains_key("kind") {
        members.insert("schema".to_string(), json!(VERSION));
        members.insert("kind".to_string(), json!(kind));
    }
}

fn not_asked(what: &str, remedy: &str) -> Value {
    json!({ "gap": { "what": what, "reason": "not-asked", "detail": "it was not asked for", "remedy": remedy } })
}

/// Changes each value at a place; `*` is every item of a list, or every member of an object.
fn change_each(value: &mut Value, place: &[&str], change: impl Fn(&mut Value) + Copy) {
    let Some((first, rest)) = place.split_first() else {
        change(value);
        return;
    };
    match value {
        Value::Array(items) if *first == "*" => {
            items.iter_mut().for_each(|item| change_each(item, rest, change));
        }
        Value::Object(members) if *first == "*" => {
            members.values_mut().for_each(|member| change_each(member, rest, change));
        }
        Value::Object(members) => {
            members.get_mut(*first).into_iter().for_each(|member| change_each(member, rest, change))
        }
        _ => {}
    }
}

fn members_of(value: &mut Value) -> Option<&mut Map<String, Value>> {
    value.as_object_mut()
}

fn add_member(value: &mut Value, name: &str, missing: impl FnOnce() -> Value) {
    if let Some(members) = members_of(value) {
        members.entry(name).or_insert_with(missing);
    }
}

fn rename_member(value: &mut Value, from: &str, to: &str) {
    let Some(members) = members_of(value) else { return };
    if members.contains_key(to) {
        refuse_member(members, to);
    } else if let Some(member) = members.remove(from) {
        members.insert(to.to_string(), member);
    }
}

/// A member that only version 4 has. Where it is there already, these are no facts of an earlier
/// version.
fn add_new_member(value: &mut Value, name: &str, new: Value) {
    let Some(members) = members_of(value) else { return };
    if members.contains_key(name) {
        refuse_member(members, name);
    } else {
        members.insert(name.to_string(), new);
    }
}

/// Leaves a member that no version has: reading refuses it, and says its name.
fn refuse_member(members: &mut Map<String, Value>, name: &str) {
    members.insert(format!("{name}, which is not of this version"), Value::Null);
}

/// A number that version 4 may also write as text.
fn refuse_text(value: &mut Value) {
    if !value.is_u64() {
        *value = json!({ "identifier": value.take() });
    }
}

/// An identifier that was a number. What was none is refused.
fn to_text(value: &mut Value) {
    *value = match value.take() {
        Value::Null => Value::Null,
        number if number.is_u64() => Value::String(number.to_string()),
        other => json!({ "identifier": other }),
    };
}
