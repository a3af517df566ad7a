//! Changes in another version control system, judged by what an exporter states of them. The files
//! in `tests/asserted` are what its exporter wrote of real Subversion repositories; where
//! Subversion is installed they are written again.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/asserted");

fn kept(name: &str) -> PathBuf {
    Path::new(FOLDER).join(name)
}

/// An evidence file, its policy and its report, to be changed and judged.
struct Desk {
    directory: TempDir,
    evidence: Value,
    policy: String,
    report: Option<String>,
}

impl Desk {
    /// The evidence file of this name, as if it had been exported a minute ago.
    fn of(name: &str) -> Self {
        let mut evidence: Value =
            serde_json::from_slice(&std::fs::read(kept(&format!("{name}.json"))).unwrap()).unwrap();
        evidence["exported"] = json!(ago(SignedDuration::from_mins(1)));
        Desk {
            directory: TempDir::new().unwrap(),
            evidence,
            policy: std::fs::read_to_string(kept("policy.toml")).unwrap(),
            report: Some(std::fs::read_to_string(kept("report.xml")).unwrap()),
        }
    }

    fn honest() -> Self {
        Desk::of("honest")
    }

    fn with(mut self, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.evidence);
        self
    }

    fn policy(mut self, from: &str, to: &str) -> Self {
        assert!(self.policy.contains(from), "{}", self.policy);
        self.policy = self.policy.replace(from, to);
        self
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_string()
    }

    fn run(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        Said::of(command.env_clear().current_dir(self.directory.path()).args(arguments).output().unwrap())
    }

    /// What the gate says of it.
    fn decide(&self, more: &[&str]) -> Said {
        self.decide_text(&self.evidence.to_string(), more)
    }

    fn decide_text(&self, evidence: &str, more: &[&str]) -> Said {
        let evidence = self.write("evidence.json", evidence);
        let policy = self.write("policy.toml", &self.policy);
        let report =
            self.report.as_ref().map(|report| format!("upload={}", self.write("report.xml", report)));
        let mut arguments = vec!["decide", "--asserted", &evidence, "--policy", &policy];
        if let Some(report) = &report {
            arguments.extend(["--report", report]);
        }
        arguments.extend(more);
        self.run(&arguments)
    }

    fn check(&self, with_policy: bool) -> Said {
        let evidence = self.write("evidence.json", &self.evidence.to_string());
        let policy = self.write("policy.toml", &self.policy);
        let mut arguments = vec!["facts", "check", &evidence];
        if with_policy {
            arguments.extend(["--policy", &policy]);
        }
        self.run(&arguments)
    }
}

fn ago(time: SignedDuration) -> String {
    Timestamp::now().checked_sub(time).unwrap().to_string()
}

/// How a run ended, and all that it said, in one line.
struct Said {
    exit: Option<i32>,
    text: String,
    raw: String,
}

impl Said {
    fn of(output: Output) -> Self {
        let raw = format!(
            "{}{}",
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap()
        );
        Said { exit: output.status.code(), text: raw.split_whitespace().collect::<Vec<_>>().join(" "), raw }
    }

    #[track_caller]
    fn ends(&self, exit: i32, says: &str) {
        assert_eq!(self.exit, Some(exit), "{}", self.raw);
        assert!(self.text.contains(says), "{says}\n---\n{}", self.raw);
    }
}

fn known<'v>(evidence: &'v mut Value, topic: &str) -> &'v mut Value {
    &mut evidence[topic]["known"]
}

fn review(evidence: &mut Value) -> &mut Value {
    &mut known(evidence, "reviews")[0]
}

const LABEL: &str = "asserted by svn-evidence 1 from Subversion 1.14.2, not observed by Portcullis";

#[test]
fn an_honest_export_is_allowed_and_every_output_says_that_it_is_asserted() {
    let desk = Desk::honest();
    desk.decide(&[]).ends(0, LABEL);
    for format in ["terminal", "markdown", "github", "json"] {
        let said = desk.decide(&["--format", format]);
        // Markdown writes a version as code.
        assert!(said.text.replace('`', "").contains(LABEL), "{}", said.raw);
        assert!(said.text.contains("r3"), "{}", said.raw);
    }
    let decision: Value = serde_json::from_str(&desk.decide(&["--format", "json"]).raw).unwrap();
    let asserted = &decision["judged"]["asserted"];
    assert_eq!(asserted["exporter"]["name"], "svn-evidence");
    assert_eq!(asserted["revisions"][decision["judged"]["head"].as_str().unwrap()], "r3");
    let first = &decision["findings"][0];
    assert_eq!((&first["verdict"], &first["control"]), (&json!("noted"), &json!("gate-integrity")));
    desk.check(true).ends(0, "It states everything that the policy asks for.");
    desk.check(false).ends(0, "It states everything that the gate can ask for.");
}

#[test]
fn the_author_approves() {
    Desk::of("own").decide(&[]).ends(1, "review 1 by kim does not count: this person opened the request");
}

#[test]
fn no_one_approves() {
    let none = Desk::honest().with(|file| *known(file, "reviews") = json!([]));
    none.decide(&[]).ends(1, "broken required-reviews");
}

#[test]
fn everyone_may_write_to_the_branch() {
    Desk::of("open").decide(&[]).ends(1, "no rule requires a change request for every change");
}

#[test]
fn a_revision_comes_after_the_approval() {
    Desk::of("late").decide(&[]).ends(1, "it was given on r3, not on the judged head r5");
}

#[test]
fn a_topic_that_is_left_out_is_never_nothing() {
    for (topic, control) in [
        ("change", "required-reviews"),
        ("texts", "gate-integrity"),
        ("reviews", "required-reviews"),
        ("protection", "protected-branch"),
        ("tests", "regression-tests"),
    ] {
        let left_out = Desk::honest().with(|file| drop(file.as_object_mut().unwrap().remove(topic)));
        left_out.decide(&[]).ends(3, &format!("unproven {control}"));
        left_out.check(true).ends(3, &format!("{control}: "));
        left_out.check(false).ends(0, "not stated");
        let gap = json!({ "gap": { "why": "the server was away", "remedy": "Start the server." } });
        let unknown = Desk::honest().with(|file| file[topic] = gap);
        unknown.decide(&[]).ends(3, "the exporter svn-evidence says: the server was away");
        unknown.check(true).ends(3, "help: Start the server.");
    }
}

#[test]
fn a_change_without_its_revisions_is_not_known() {
    let without = Desk::honest().with(|file| known(file, "change")["revisions"] = json!([]));
    without.decide(&[]).ends(3, "the revisions of the change could not be seen");
    without.check(true).ends(3, "the revisions of the change");
}

#[test]
fn a_rule_that_is_not_stated_is_not_known() {
    let without = Desk::honest().with(|file| {
        known(file, "protection")["rules"]
            .as_array_mut()
            .unwrap()
            .retain(|rule| rule["rule"] != "no-deletion");
    });
    without.decide(&[]).ends(3, "whether these rules hold on the branch: no-deletion could not be seen");
    without.check(true).ends(3, "protected-branch: whether these rules hold");
    let hidden = Desk::honest().with(|file| {
        known(file, "protection")["bypass"] =
            json!({ "gap": { "why": "no one asked", "remedy": "Ask the server." } });
    });
    hidden.decide(&[]).ends(3, "who gets round the rules could not be seen");
    let more = Desk::honest().with(|file| {
        known(file, "protection")["bypass"]["known"] = json!([{ "kind": "user", "name": "kim" }]);
    });
    more.decide(&[]).ends(1, "user kim (kim) can bypass rules that the policy requires");
}

#[test]
fn the_policy_has_to_accept_what_is_not_observed() {
    let start = "[asserted]\naccept = true\nrepository = \"svn://svn.example.test/records\"\nexporters = [\"svn-evidence\"]\nmax-age = \"24h\"\n";
    let refused = "the policy does not accept facts that Portcullis did not observe";
    Desk::honest().policy(start, "").decide(&[]).ends(3, refused);
    Desk::honest().policy("accept = true", "accept = false").decide(&[]).ends(3, refused);
    Desk::honest().policy(start, "").check(true).ends(3, refused);
    let other = Desk::honest().policy("[\"svn-evidence\"]", "[\"other\"]");
    other.decide(&[]).ends(3, "the policy does not accept the exporter svn-evidence");
    // The remedy, followed.
    let short = "[asserted]\naccept = true\nrepository = \"svn://svn.example.test/records\"\n";
    Desk::honest().policy(start, short).decide(&[]).ends(0, LABEL);
}

#[test]
fn a_file_of_another_repository_or_branch() {
    let other = Desk::honest().with(|file| file["repository"] = json!("svn://svn.example.test/other"));
    other.decide(&[]).ends(3, "the evidence file is of the repository svn://svn.example.test/other");
    let side = Desk::honest().with(|file| file["branch"]["name"] = json!("branches/side"));
    side.decide(&[]).ends(3, "it is not a deployment branch of this policy");
    let moved = Desk::honest().with(|file| file["branch"]["tip"] = json!("r7"));
    moved.decide(&[]).ends(3, "the change was judged against r1, but the branch is at r7");
}

#[test]
fn a_stale_export_and_one_that_is_yet_to_come() {
    let at = |time| Desk::honest().with(|file| file["exported"] = json!(ago(time)));
    at(SignedDuration::from_hours(25)).decide(&[]).ends(3, "and the policy accepts 24 hours");
    at(SignedDuration::from_hours(-1)).decide(&[]).ends(3, "which is yet to come");
    at(SignedDuration::from_mins(-2)).decide(&[]).ends(0, LABEL);
    at(SignedDuration::from_hours(23)).decide(&[]).ends(0, LABEL);
}

#[test]
fn a_review_of_another_revision_or_from_before_the_revision() {
    let other = Desk::honest().with(|file| review(file)["revision"] = json!("r2"));
    other.decide(&[]).ends(1, "it was given on r2, not on the judged head r3");
    let early = Desk::honest().with(|file| review(file)["time"] = json!("2024-03-05T09:02:30Z"));
    early.decide(&[]).ends(3, "the review is older than the revision r3 that it is said to be of");
    let late = Desk::of("late").with(|file| review(file)["revision"] = json!("r5"));
    late.decide(&[]).ends(3, "the review is older than the revision r5");
}

#[test]
fn one_account_under_another_case_is_one_person() {
    for name in ["KIM", "Kim"] {
        let own = Desk::honest().with(|file| review(file)["account"]["name"] = json!(name));
        own.decide(&[]).ends(1, "broken required-reviews");
    }
    let accents = |name: &str| {
        Desk::honest()
            .policy("logins = [\"robin\"]", "logins = [\"robin\", \"élodie\"]")
            .with(|file| review(file)["account"]["name"] = json!(name))
    };
    accents("ÉLODIE").decide(&[]).ends(0, LABEL);
    let both = accents("ÉLODIE").with(|file| {
        known(file, "change")["revisions"][1]["others"] = json!([{ "name": "élodie", "kind": "person" }]);
    });
    both.decide(&[]).ends(1, "broken required-reviews");
    // The policy, the commit and the review each write the one name in another way.
    let author = |file: &mut Value| {
        for role in ["author", "committer", "received_from"] {
            known(file, "change")["revisions"][1][role] =
                json!({ "name": "E\u{301}lodie", "kind": "person" });
        }
    };
    let second = Desk::honest().policy("logins = [\"robin\"]", "logins = [\"\u{c9}LODIE\", \"robin\"]");
    second.with(author).decide(&[]).ends(1, "broken required-reviews");
    Desk::honest().with(author).decide(&[]).ends(0, LABEL);
}

#[test]
fn what_no_file_states_stays_unproven() {
    for (from, to, says) in [
        (
            "[controls.required-reviews]",
            "[controls.required-checks]\nchecks = [{ name = \"tests\", app = 1 }]\n[controls.required-reviews]",
            "the checks of a revision could not be seen",
        ),
        (
            "minimum = 2",
            "minimum = 2\ntrust = \"local\"",
            "statements of test runs on a tree could not be seen",
        ),
        (
            "deployment = [\"trunk\"]",
            "deployment = [\"trunk\"]\nhistory = \"each-commit\"",
            "what single revisions of the change touched could not be seen",
        ),
        ("[project]", "[reviews]\nsigners = \"signers\"\nbeside-host = true\n[project]", "could not be seen"),
        (
            "approvals = 1",
            "approvals = 1\nroles = [{ role = \"owners\", approvals = 1 }]\n[roles.owners]\nteams = [\"Records owners\"]",
            "who the members of records owners are could not be seen",
        ),
    ] {
        let desk = Desk::honest().policy(from, to);
        desk.decide(&[]).ends(3, says);
        desk.check(true).ends(3, "These stay unproven:");
    }
}

#[test]
fn only_people_of_the_policy_approve_and_anyone_objects() {
    let by = |name: &str, kind: &str| {
        let account = json!({ "name": name, "kind": kind });
        Desk::honest().with(|file| review(file)["account"] = account)
    };
    by("mallory", "person")
        .decide(&[])
        .ends(1, "the policy names this account neither in `[[people]]` nor in a role");
    by("robin", "machine").decide(&[]).ends(1, "it is by a bot");
    by("robin", "other").decide(&[]).ends(1, "it is not by a person's account");
    let then = |verdict: &str, who: &str| {
        let more = json!({ "account": { "name": who, "kind": "person" }, "verdict": verdict, "revision": "r3", "time": "2024-03-05T09:05:00Z" });
        Desk::honest().with(|file| known(file, "reviews").as_array_mut().unwrap().push(more))
    };
    then("withdraw", "robin").decide(&[]).ends(1, "broken required-reviews");
    then("reject", "mallory").decide(&[]).ends(1, "mallory requested changes (review 2)");
    then("comment", "mallory").decide(&[]).ends(0, LABEL);
    then("approve", "robin").decide(&[]).ends(0, LABEL);
}

#[test]
fn someone_who_is_not_stated_may_be_anyone() {
    for who in ["author", "committer"] {
        let unknown = Desk::honest().with(|file| known(file, "change")["revisions"][0][who] = Value::Null);
        let said = unknown.decide(&[]);
        assert!(matches!(said.exit, Some(1 | 3)), "{}", said.raw);
    }
    let carried =
        Desk::honest().with(|file| known(file, "change")["revisions"][1]["received_from"] = Value::Null);
    carried.decide(&[]).ends(3, "from whom the repository received the head could not be seen");
    carried.check(true).ends(3, "required-reviews: from whom the repository received the head");
    let earlier =
        Desk::honest().with(|file| known(file, "change")["revisions"][0]["received_from"] = Value::Null);
    earlier.decide(&[]).ends(3, "who pushed r2");
}

#[test]
fn a_report_counts_only_where_the_file_binds_it_to_the_head() {
    let mut other = Desk::honest();
    other.report = other.report.map(|report| report.replace("loads a month", "loads nothing"));
    other.decide(&[]).ends(3, "the evidence file states no report of its digest");
    let older = Desk::honest().with(|file| known(file, "tests")[0]["revision"] = json!("r2"));
    older.decide(&[]).ends(3, "the evidence file states it for the revision r2, not for r3");
    let elsewhere = Desk::honest().with(|file| known(file, "tests")[0]["suite"] = json!("other"));
    elsewhere.decide(&[]).ends(3, "the evidence file states it for the suite other");
    let mut kept_back = Desk::honest();
    kept_back.report = None;
    kept_back.decide(&[]).ends(3, "the evidence file states it, and it was not given");
    let second = json!({ "suite": "upload", "file": "second.xml", "digest": format!("sha256:{}", "0".repeat(64)), "revision": "r3" });
    let one_of_two = Desk::honest().with(|file| known(file, "tests").as_array_mut().unwrap().push(second));
    one_of_two.decide(&[]).ends(3, "the report second.xml could not be read: the evidence file states it");
}

#[test]
fn lines_that_are_not_stated_may_be_data_processing_code() {
    let elsewhere =
        |lines: Value| Desk::honest().with(|file| known(file, "change")["files"][0]["lines"] = lines);
    let unstated = elsewhere(json!("not-stated"));
    unstated.decide(&[]).ends(3, "the changed lines of docs/load.txt could not be seen");
    unstated.check(true).ends(3, "data-processing: the changed lines of docs/load.txt");
    let line = |text: &str| json!({ "stated": { "removed": [], "added": [{ "number": 41, "text": text }] } });
    elsewhere(line("see nominal")).decide(&[]).ends(0, "upload (2 files)");
    let said = elsewhere(line("see nominal")).decide(&["--verbose"]);
    said.ends(0, "docs/load.txt:41");
    elsewhere(json!("binary")).decide(&[]).ends(0, "upload (2 files)");
    elsewhere(line("nothing of it")).decide(&[]).ends(0, "upload (1 file)");
}

/// The policy is kept in the repository, and the exporter states it.
fn with_own_policy(after: impl Fn(&str) -> String) -> Desk {
    let desk = Desk::honest();
    let (before, after) = (desk.policy.clone(), after(&desk.policy));
    let entry = json!({ "path": "portcullis.toml", "kind": "file", "target": null });
    let lines = json!({ "stated": { "removed": [], "added": [{ "number": 1, "text": "#" }] } });
    let file = json!({ "status": "modified", "before": entry, "after": entry, "lines": lines });
    desk.with(|evidence| {
        known(evidence, "texts")["portcullis.toml"] = json!({ "before": before, "after": after });
        if before != after {
            known(evidence, "change")["files"].as_array_mut().unwrap().push(file);
        }
    })
}

#[test]
fn a_policy_in_the_repository_is_that_of_the_base() {
    with_own_policy(str::to_string).decide(&[]).ends(0, "from the base of the change");
    // The change weakens it, and hands over its own.
    let weaker = |text: &str| text.replace("minimum = 2", "minimum = 1");
    let own = with_own_policy(weaker).policy("minimum = 2", "minimum = 1");
    own.decide(&[]).ends(4, "differs from portcullis.toml at the base of the change");
    // Approved by someone independent, a changed policy is judged by both.
    with_own_policy(weaker).decide(&[]).ends(0, "from the base of the change");
    let stricter = |text: &str| text.replace("minimum = 2", "minimum = 3");
    with_own_policy(stricter).decide(&[]).ends(1, "required by the policy as this change would leave it");
    let unapproved = with_own_policy(weaker).with(|file| *known(file, "reviews") = json!([]));
    unapproved.decide(&[]).ends(1, "the change touches the policy");
}

#[test]
fn a_text_of_the_gate_that_is_left_out_is_a_gap() {
    let hidden = with_own_policy(|text| text.replace("minimum = 2", "minimum = 1"))
        .with(|file| drop(known(file, "texts").as_object_mut().unwrap().remove("portcullis.toml")));
    hidden.decide(&[]).ends(3, "the text of portcullis.toml, which the change touches, could not be seen");
    let waivers = with_own_policy(str::to_string)
        .with(|file| drop(known(file, "texts").as_object_mut().unwrap().remove("portcullis-waivers.toml")));
    waivers.decide(&[]).ends(3, "the text of portcullis-waivers.toml could not be seen");
    let silent = Desk::honest().with(|file| {
        known(file, "texts")["CODEOWNERS"] = json!({ "before": "* robin", "after": "* kim" });
    });
    silent.decide(&[]).ends(3, "it differs, and the change does not touch the file");
}

#[test]
fn what_is_no_evidence_file_is_refused_with_its_place() {
    let desk = Desk::honest();
    let text = serde_json::to_string_pretty(&desk.evidence).unwrap();
    for (from, to, says) in [
        ("\"schema\": 1,", "\"schema\": 1, \"schema\": 1,", "duplicate field `schema`"),
        ("\"reviews\": {", "\"reviews\": { \"known\": [] }, \"reviews\": {", "duplicate field `reviews`"),
        ("\"schema\": 1,", "\"schema\": 1, \"signed\": true,", "unknown field `signed`"),
        ("\"schema\": 1,", "\"schema\": 2,", "it is of schema 2, and this program reads schema 1"),
        ("\"portcullis.toml\": {", "\"CODEOWNERS\": {", "an object holds a name twice"),
        ("\"verdict\": \"approve\"", "\"verdict\": \"approved\"", "unknown variant `approved`"),
        ("\"evidence-file\"", "\"other\"", "its kind is `other`, not `evidence-file`"),
        ("\"r1\"", "\"r 1\"", "$.branch.tip: `r 1` is no name"),
        ("\"robin\"", "\"robin \"", "$.reviews.known[0].account.name: `robin ` is no name"),
        (
            "\"docs/load.txt\"",
            "\"../load.txt\"",
            "$.change.known.files[0].before.path: `../load.txt` is no path",
        ),
        ("2024-03-05T09:04", "2924-03-05T09:04", "$.reviews.known[0].time"),
        ("\"head\": \"r3\"", "\"head\": \"r2\"", "$.change.known.head: it is not the last of `revisions`"),
        ("\"id\": \"r3\"", "\"id\": \"r2\"", "$.change.known.revisions[1].id: this revision is there twice"),
    ] {
        assert!(text.contains(from), "{from}\n{text}");
        desk.decide_text(&text.replace(from, to), &[]).ends(5, says);
    }
    desk.decide_text("", &[]).ends(5, "EOF while parsing a value at line 1 column 0");
    desk.decide_text(&"[".repeat(100_000), &[]).ends(5, "evidence.json: ");
    let cut = desk.write("cut.json", &text[..text.len() / 2]);
    desk.run(&["facts", "check", &cut]).ends(5, "line ");
    desk.run(&["facts", "check", "nowhere.json"]).ends(5, "cannot read the evidence file nowhere.json");
    desk.run(&["facts", "check"]).ends(2, "FILE");
}

#[test]
fn a_huge_file_is_not_read_to_its_end() {
    let desk = Desk::honest();
    let huge = desk.directory.path().join("huge.json");
    std::fs::File::create(&huge).unwrap().set_len(1 << 40).unwrap();
    desk.run(&["facts", "check", huge.to_str().unwrap()])
        .ends(5, "an evidence file has at most 33554432 bytes");
}

#[test]
fn facts_and_evidence_files_are_not_taken_for_each_other() {
    let desk = Desk::honest();
    let evidence = desk.write("evidence.json", &desk.evidence.to_string());
    let policy = desk.write("policy.toml", &desk.policy);
    let facts = desk.write("facts.json", "{ \"schema\": 4, \"kind\": \"change\" }");
    let decide = |arguments: &[&str]| desk.run(&[&["decide", "--policy", &policy], arguments].concat());
    decide(&["--facts", &evidence]).ends(5, "give it with --asserted: what it states was not observed");
    decide(&["--asserted", &facts]).ends(5, "give them with --facts");
    decide(&["--asserted", &evidence, "--facts", &facts]).ends(2, "cannot be used with");
    decide(&[]).ends(2, "<--facts <FILE>|--asserted <FILE>>");
    decide(&["--facts", &facts, "--report", "report.xml"]).ends(2, "cannot be used with");
    desk.run(&[
        "decide",
        "--asserted",
        &evidence,
        "--policy",
        &policy,
        "--format",
        &format!("json={evidence}"),
    ])
    .ends(2, "evidence.json");
}

#[test]
fn the_order_and_the_directory_change_nothing() {
    let one = Desk::honest().decide(&["--format", "json"]);
    let turned = Desk::honest().with(|file| {
        known(file, "change")["files"].as_array_mut().unwrap().reverse();
        known(file, "protection")["rules"].as_array_mut().unwrap().reverse();
    });
    let without_file = |said: &Said| {
        let mut decision: Value = serde_json::from_str(&said.raw).unwrap();
        decision["judged"].as_object_mut().unwrap().remove("asserted");
        decision["findings"].as_array_mut().unwrap().retain(|finding| finding["verdict"] != "noted");
        decision
    };
    assert_eq!(without_file(&one), without_file(&turned.decide(&["--format", "json"])));
}

#[test]
fn the_exporter_writes_these_files_of_real_repositories() {
    let is_installed = |tool: &str| Command::new(tool).arg("--version").output().is_ok();
    if !["svn", "svnadmin", "svnlook", "python3", "bash"].iter().all(|tool| is_installed(tool)) {
        eprintln!("left out: Subversion or Python is not installed");
        return;
    }
    let version = Command::new("svn").args(["--version", "--quiet"]).output().unwrap().stdout;
    let version = String::from_utf8(version).unwrap().trim().to_string();
    for kind in ["honest", "open", "own", "late"] {
        let place = TempDir::new().unwrap();
        let made = Command::new(kept("make-repository")).arg(place.path()).arg(kind).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        let report = format!("upload={}@r3", kept("report.xml").display());
        let name = "svn://svn.example.test/records";
        let exported = Command::new(kept("svn-evidence"))
            .arg(place.path().join("repository"))
            .args(["month", "--name", name, "--exported", "2024-03-05T10:00:00Z", "--report", &report])
            .output()
            .unwrap();
        assert!(exported.status.success(), "{exported:?}");
        let text = String::from_utf8(exported.stdout).unwrap();
        let expected = std::fs::read_to_string(kept(&format!("{kind}.json"))).unwrap();
        assert_eq!(text.replace(&format!("\"{version}\""), "\"1.14.2\""), expected, "{kind}");
    }
}
