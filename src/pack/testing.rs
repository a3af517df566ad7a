//! A made-up audit of any size, for tests and benchmarks.
#![allow(clippy::unwrap_used, reason = "test support: a failure here is a failed test")]

use portcullis_wire::audit::v1::{AuditV1, read_audit, write_audit};
use serde_json::{Value, json};

/// When the made-up year begins: 2025-10-01, in seconds.
const BEGIN: i64 = 1_759_276_800;

/// A year in seconds.
const YEAR: i64 = 365 * 86_400;

/// A commit of the made-up project.
fn commit(number: u64) -> String {
    digest(number)[7..47].to_string()
}

fn digest(number: u64) -> String {
    portcullis_model::digest::Digest::of(&number.to_be_bytes()).to_string()
}

fn moment(second: i64) -> String {
    jiff::Timestamp::from_second(second).unwrap().to_string()
}

/// How a landing of the year came out.
fn outcome(number: u64) -> &'static str {
    match number % 10 {
        3 if number % 20 == 3 => "block",
        6 => "waived",
        8 if number % 40 == 8 => "undetermined",
        _ => "allow",
    }
}

fn finding(verdict: &str, control: &str, reason: &str) -> Value {
    json!({ "verdict": verdict, "control": control, "subject": { "kind": "landing", "name": "main" }, "reason": reason,
        "remedy": if verdict == "met" { Value::Null } else { json!("Have the change reviewed by the area's owners.") },
        "details": [], "place": null })
}

fn findings(number: u64) -> Vec<Value> {
    let mut findings = match outcome(number) {
        "block" => vec![finding(
            "broken",
            "reviewed-landings",
            "1 of 2 required approvals: robin-example; kim-example wrote the change.",
        )],
        "waived" => vec![finding(
            "waived",
            "regression-tests",
            "The suite `upload` did not run on this tree; waiver 2025-night lets it through.",
        )],
        "undetermined" => {
            vec![finding("unproven", "required-checks", "The host does not show the checks of this commit.")]
        }
        _ => Vec::new(),
    };
    findings.push(finding(
        "met",
        "protected-branch",
        "The branch requires reviews, and nobody may bypass that.",
    ));
    findings
}

fn landing(number: u64, all: u64) -> Value {
    let at = BEGIN + YEAR * number as i64 / all.max(1) as i64;
    let authors = ["kim-example", "robin-example", "sam-example"];
    let outcome_word = outcome(number).replace("waived", "allow");
    let deployed = if number % 9 == 7 {
        json!([])
    } else {
        json!([{ "environment": "production", "number": number * 12 / all.max(1) + 1 }])
    };
    json!({
        "id": format!("main@{}", commit(number + 1)), "number": number + 1, "branch": "main",
        "parent": commit(number), "landed": commit(number + 1), "steps": [commit(number + 1)], "commits": number % 4 + 1,
        "time": { "at": moment(at), "source": "host" }, "subject": format!("Load records in batches of {}", number + 1),
        "tickets": [format!("DATA-{}", 100 + number)],
        "requests": [{ "request": 1000 + number, "title": format!("Load records in batches of {}", number + 1), "author": authors[number as usize % 3],
            "head": commit(number + 7_000_000), "merged": moment(at), "unseen": null }],
        "authors": [authors[number as usize % 3]],
        "approvals": [{ "request": 1000 + number, "approver": "alex-example", "review": format!("{}", 40 + number), "roles": ["data-protection"],
            "time": { "at": moment(at - 7200), "source": "host" }, "commit": commit(number + 7_000_000), "counts": outcome(number) != "block",
            "before_landing": true, "why_not": if outcome(number) == "block" { json!("alex-example wrote a commit of it.") } else { Value::Null } }],
        "checks": [{ "name": "build", "conclusion": "success" }, { "name": "regression", "conclusion": "success" }],
        "explanation": { "by": "replay", "requests": [1000 + number], "residual": [], "residual_parts": 0, "unseen": null },
        "areas": [{ "area": "upload", "purpose": "Writes records to the register.", "touches": [
            { "path": "services/upload/load.sql", "rule": "services/upload/**", "policy_line": 12, "line": null }] }],
        "then": { "outcome": outcome_word, "policy": digest(1), "findings": findings(number) },
        "today": { "outcome": outcome_word, "policy": digest(2), "findings": [] },
        "waivers": if outcome(number) == "waived" { json!(["2025-night"]) } else { json!([]) },
        "deployments": deployed, "source": "The facts of record production#1."
    })
}

fn exception(number: u64) -> Option<Value> {
    let finding = findings(number).into_iter().next()?;
    let item = format!("main@{}", commit(number + 1));
    match outcome(number) {
        "block" => Some(
            json!({ "control": "reviewed-landings", "item": item, "finding": finding, "standing": "open",
            "let_through": [{ "by": "administrator", "who": "alex-example", "what": "merged it" }], "follow_up": "none" }),
        ),
        "waived" => Some(
            json!({ "control": "regression-tests", "item": item, "finding": finding, "standing": "waived",
            "let_through": [{ "by": "waiver", "who": "robin-example", "what": "2025-night" }], "follow_up": "done" }),
        ),
        _ => None,
    }
}

fn deployment(number: u64) -> Value {
    json!({
        "id": format!("production#{number}"), "environment": "production", "number": number, "record": commit(number + 9_000_000),
        "digest": digest(number + 10), "time": { "at": moment(BEGIN + number as i64 * 30 * 86_400), "source": "record" }, "branch": "main",
        "baseline": commit(number), "baseline_origin": "recorded", "candidate": commit(number + 1), "rollback": number == 7,
        "recorder": "ci", "deployer": "kim-example", "deployer_known": number % 4 != 1, "landings": [], "other_landings": 0,
        "decision": { "outcome": "allow", "policy": digest(1), "findings": [] }, "standing": if number == 3 { "irreproducible" } else { "reproduced" },
        "why": if number == 3 { json!("It keeps no facts.") } else { Value::Null }
    })
}

fn month(index: i64, landings: &[Value]) -> Value {
    let name = moment(BEGIN + index * 2_628_000 + 1_000_000)[..7].to_string();
    let of: Vec<&Value> = landings
        .iter()
        .filter(|landing| landing["time"]["at"].as_str().unwrap().starts_with(&name))
        .collect();
    let count = |word: &str| {
        of.iter().filter(|landing| outcome(landing["number"].as_u64().unwrap() - 1) == word).count()
    };
    json!({ "month": name, "landings": of.len(), "allowed": count("allow"), "undetermined": count("undetermined"),
        "waived": count("waived"), "blocked": count("block"), "deployments": 1 })
}

fn person(who: &str, wrote: u64, approved: u64, deployed: u64, administers: Option<bool>) -> Value {
    json!({ "who": who, "wrote": wrote, "approved": approved, "deployed": deployed, "administers": administers, "waived": 0,
        "roles": if who == "alex-example" { json!(["data-protection"]) } else { json!([]) }, "training": [] })
}

fn protection() -> Value {
    let look = |day: i64| json!({ "at": moment(BEGIN + day * 86_400), "source": format!("production#{}", day / 30 + 1), "unseen": null, "gaps": [] });
    let span = |from: i64, to: i64, state: &str| json!({ "from": moment(BEGIN + from * 86_400), "to": moment(BEGIN + to * 86_400), "state": state, "detail": "" });
    let held = |name: &str| json!({ "requirement": name, "spans": [span(3, 350, "held")], "since": moment(BEGIN + 3 * 86_400), "lapses": [] });
    json!([{ "branch": "main", "looks": [look(3), look(120), look(140), look(350)], "longest_unwatched": 117 * 86_400,
        "requirements": [
            { "requirement": "approvals", "spans": [span(3, 120, "held"), span(125, 138, "off"), span(140, 350, "held")], "since": moment(BEGIN + 140 * 86_400),
              "lapses": [{ "after": moment(BEGIN + 120 * 86_400), "before": moment(BEGIN + 140 * 86_400), "state": "off",
                "landings": [format!("main@{}", commit(14))], "areas": ["upload"] }] },
            { "requirement": "bypass", "spans": [span(3, 100, "held"), span(110, 180, "hidden"), span(190, 350, "weaker")], "since": null, "lapses": [] },
            held("force-push"), held("deletion")
        ] }])
}

fn waivers(landings: u64) -> Value {
    let used: Vec<String> = (0..landings)
        .filter(|number| outcome(*number) == "waived")
        .map(|number| format!("main@{}", commit(number + 1)))
        .collect();
    json!([
        { "id": "2025-night", "kind": "waiver", "covers": "Control regression-tests, landings of services/upload.", "reason": "The test system was moved to another hall.",
          "ticket": "DATA-77", "requester": "kim-example", "approver": "robin-example", "created": moment(BEGIN), "expires": moment(BEGIN + YEAR), "signed": true,
          "used_by": used, "emergency": { "due": moment(BEGIN + 7 * 86_400), "reviewer": "alex-example", "reviewed": moment(BEGIN + 3 * 86_400), "standing": "done" } },
        { "id": "2026-hotfix", "kind": "waiver", "covers": "Control required-reviews, request 1044.", "reason": "Records were deleted twice; <script>alert(1)</script> & more",
          "ticket": "", "requester": "kim-example", "approver": "alex-example", "created": moment(BEGIN + 200 * 86_400), "expires": moment(BEGIN + 201 * 86_400), "signed": false,
          "used_by": [], "emergency": { "due": moment(BEGIN + 214 * 86_400), "reviewer": null, "reviewed": null, "standing": "overdue" } }
    ])
}

/// An audit of a year with so many landings.
pub fn made_up_audit(landings: u64) -> AuditV1 {
    let items: Vec<Value> = (0..landings).map(|number| landing(number, landings)).collect();
    let count = |word: &str| (0..landings).filter(|number| outcome(*number) == word).count();
    let exceptions: Vec<Value> = (0..landings).filter_map(exception).collect();
    let outcome_word = if exceptions.is_empty() { "undetermined" } else { "exceptions" };
    let commits: u64 = (0..landings).map(|number| number % 4 + 1).sum();
    let line: String = (1..=landings).map(|number| format!("{}\n", commit(number))).collect();
    let first_parents = portcullis_model::digest::Digest::of(line.as_bytes()).to_string();
    let never_deployed = (0..landings).filter(|number| number % 9 == 7).count();
    let value = json!({
        "schema": 1,
        "title": { "project": "Record upload", "accountable": "Head of data services", "host": "github", "repository": "example-org/data-upload",
            "period": { "since": moment(BEGIN), "until": moment(BEGIN + YEAR), "range": null,
                "rule": "A landing belongs to the period in which the host says that it landed." },
            "as_of": moment(BEGIN + YEAR), "program": "portcullis 0.2.0",
            "sources": ["The repository, at main.", "12 deployment records of production."],
            "policies": [{ "branch": "main", "digest": digest(1), "origin": "base", "from": commit(0), "since": moment(BEGIN), "until": moment(BEGIN + YEAR),
                "landings": landings, "problem": null }],
            "policy_today": { "digest": digest(2), "origin": "base" } },
        "outcome": outcome_word,
        "counts": { "landings": landings, "commits": commits, "deployments": 12, "allowed": count("allow"), "undetermined": count("undetermined"),
            "waived": count("waived"), "blocked": count("block"), "blocked_today": 0, "never_deployed": never_deployed, "exceptions": exceptions.len(),
            "open_exceptions": count("block") },
        "trend": (0..12).map(|index| month(index, &items)).collect::<Vec<_>>(),
        "branches": [{ "branch": "main", "tip": commit(landings), "tip_source": "host", "from": commit(0), "to": commit(landings), "landings": landings,
            "steps": landings, "commits": commits,
            "proof": { "range": format!("{}..{}", commit(0), commit(landings)), "first_parents": first_parents,
                "first_parents_by": format!("git rev-list --first-parent --reverse {}..{} | sha256sum", commit(0), commit(landings)), "all_commits": digest(4),
                "all_commits_by": format!("git rev-list {}..{} | LC_ALL=C sort | sha256sum", commit(0), commit(landings)), "each_in_one_landing": true },
            "excluded": [{ "steps": 211, "why": "They landed before the period." }], "anomalies": [], "lost": [] }],
        "environments": [{ "environment": "production", "records": 12, "tip": commit(9_000_012), "first": 1, "last": 12, "holes": [], "problems": [],
            "unchecked": ["Whether records after the last one were cut off."], "on_host": [] }],
        "exceptions": exceptions,
        "controls": [
            { "control": "protected-branch", "met": landings, "broken": 0, "unproven": 0, "waived": 0, "exempt": 0,
              "clauses": ["NIST SP 800-218 PO.5.1", "DPA 2018 s. 66(2)(a)"] },
            { "control": "regression-tests", "met": count("allow"), "broken": 0, "unproven": 0, "waived": count("waived"), "exempt": 0, "clauses": ["NIST SP 800-218 PW.8.2"] },
            { "control": "reviewed-landings", "met": count("allow"), "broken": count("block"), "unproven": 0, "waived": 0, "exempt": 0, "clauses": ["SOC 2 CC8.1"] }],
        "waivers": waivers(landings),
        "people": [person("alex-example", 0, landings, 0, Some(true)), person("kim-example", landings / 3, 0, 12, Some(false)),
            person("mailbox:0a1b2c3d4e5f6071", 1, 0, 0, None), person("robin-example", landings / 3, 4, 0, Some(false)), person("sam-example", landings / 3, 0, 0, Some(false))],
        "conflicts": [{ "who": "kim-example", "item": format!("main@{}", commit(1)), "duties": ["wrote", "deployed"] }],
        "areas": [{ "area": "upload", "purpose": "Writes records to the register.", "owners": ["@example-org/data-protection"],
            "rules": ["services/upload/**", "INSERT INTO records"], "landings": landings, "blocked": count("block"), "today": true }],
        "protection": protection(),
        "gaps": [{ "what": "Whether records of production were cut off at the end", "why": "The chain does not show it.",
            "remedy": "Pass --expect-tip with the tip that you remember.", "items": 0, "first_items": [] },
            { "what": "required-checks", "why": "The host does not show the checks of this commit.", "remedy": null, "items": 1, "first_items": [format!("main@{}", commit(9))] }],
        "sample": null,
        "landings": items,
        "deployments": (1..=12).map(deployment).collect::<Vec<_>>(),
        "limits": ["It shows that changes were reviewed, and not how well.", "It shows nothing of changes to data that no commit holds."]
    });
    // Through text, as everybody else reads it.
    let text = serde_json::to_vec(&value).unwrap();
    let audit = read_audit(&text).unwrap();
    debug_assert!(write_audit(&audit).is_ok());
    audit
}
