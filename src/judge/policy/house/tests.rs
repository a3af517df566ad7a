//! Children of a house policy: what they take over, where they may differ, and every way to be less
//! strict that was thought of.

use super::*;
use crate::policy::show;
use portcullis_model::host::HostProfile;

#[cfg(test)]
mod completeness;

const HOUSE: &str = r#"schema = 1

[house]
may-loosen = ["people", "controls.regression-tests.suites.*.reports"]

[branches]
deployment = ["main", "release/*"]
history = "each-commit"

[[data-processing]]
name = "upload"
purpose = "Loads, amends and deletes records"
paths = ["services/upload/**"]
content = ['(?i)\bnominal_id\b']

[roles.data-protection]
teams = ["example/data-protection"]

[waivers]
longest = "7d"

[controls.required-reviews]
approvals = 2
roles = [{ role = "data-protection", approvals = 1 }]

[controls.regression-tests.suites.regression]
minimum = 40
max-age = "24h"
reports = ["out/junit.xml"]
trust = "local"

[controls.protected-branch]
change-request = true
bypass = [{ kind = "team", id = 7, reason = "on call" }]
"#;

/// A child of a house policy, with these lines.
fn child_of(house: &str, lines: &str) -> String {
    let digest = Digest::of(house.as_bytes());
    format!(
        "schema = 1\n\n[extends]\nfile = \"house.toml\"\ndigest = \"{digest}\"\n\n[project]\nname = \"Records\"\n\n{lines}"
    )
}

fn read_with(house: &str, text: &str) -> Result<Policy, Vec<Problem>> {
    let houses = HouseTexts::of([house.to_string()]);
    Policy::parse_extending(text, &HostProfile::github_com(), &houses)
}

fn read(lines: &str) -> Policy {
    let text = child_of(HOUSE, lines);
    read_with(HOUSE, &text).unwrap_or_else(|problems| panic!("{}", show("child", &text, &problems)))
}

/// The messages about a child with these lines.
fn mistakes(lines: &str) -> Vec<String> {
    let problems = read_with(HOUSE, &child_of(HOUSE, lines)).unwrap_err();
    problems.into_iter().map(|problem| problem.message).collect()
}

fn mistake_of(text: &str, houses: &[&str]) -> (String, String) {
    let houses = HouseTexts::of(houses.iter().map(ToString::to_string));
    let problems = Policy::parse_extending(text, &HostProfile::github_com(), &houses).unwrap_err();
    let [problem] = <[Problem; 1]>::try_from(problems).unwrap();
    (problem.message, problem.help.unwrap_or_default())
}

#[test]
fn what_a_child_does_not_write_is_as_the_house_policy_has_it() {
    let policy = read("");
    assert_eq!(policy.project, "Records");
    assert_eq!(policy.approvals(), 2);
    assert!(policy.each_commit);
    assert_eq!(policy.scope.deployment.len(), 2);
    assert_eq!(policy.scope.inventory.areas[0].name, "upload");
    let controls: Vec<&str> = policy.controls.keys().copied().collect();
    let wanted =
        ["gate-integrity", "protected-branch", "regression-tests", "required-reviews", "reviewed-landings"];
    assert_eq!(controls, wanted);
    assert_eq!(policy.house.unwrap().deviations, []);
}

#[test]
fn the_settings_together_are_a_policy_that_judges_alike() {
    let policy = read("[controls.required-reviews]\napprovals = 3\n");
    let whole = Policy::parse(&policy.whole_text()).unwrap();
    assert_eq!((whole.approvals(), whole.controls.len()), (3, policy.controls.len()));
    assert_eq!(whole.inquiry(None), policy.inquiry(None));
}

#[test]
fn a_child_may_be_stricter_and_says_where() {
    let policy = read(
        r#"[branches]
deployment = ["main", "release/*", "hotfix/*"]

[[data-processing]]
name = "upload"
purpose = "Loads records"
paths = ["services/upload/**", "jobs/**"]

[[data-processing]]
name = "exports"
purpose = "Sends records"
paths = ["exports/**"]

[waivers]
longest = "12h"

[controls.required-reviews]
approvals = 3

[controls.required-checks]
checks = [{ name = "build", app = "github-actions" }]
"#,
    );
    let shown: Vec<String> = policy
        .house
        .unwrap()
        .deviations
        .iter()
        .map(|one| {
            format!("{:?} {}: {} ({})", one.kind, one.key, one.own, one.house.as_deref().unwrap_or("-"))
        })
        .collect();
    let wanted = [
        r#"Stricter branches.deployment: ["main", "release/*", "hotfix/*"] (["main", "release/*"])"#,
        r#"Added controls.required-checks: { checks = [{ app = "github-actions", name = "build" }] } (-)"#,
        "Stricter controls.required-reviews.approvals: 3 (2)",
        r#"Stricter data-processing.upload.paths: ["services/upload/**", "jobs/**"] (["services/upload/**"])"#,
        r#"Added data-processing.exports: { name = "exports", paths = ["exports/**"], purpose = "Sends records" } (-)"#,
        r#"Stricter waivers.longest: "12h" ("7d")"#,
    ];
    let mut shown = shown;
    shown.sort_by_key(|line| line.split_once(' ').map(|(_, rest)| rest.to_string()));
    assert_eq!(shown.len(), wanted.len(), "{shown:#?}");
    wanted.iter().for_each(|line| assert!(shown.contains(&line.to_string()), "{line}\n{shown:#?}"));
    let areas: Vec<&str> = policy.scope.inventory.areas.iter().map(|area| area.name.as_str()).collect();
    assert_eq!(areas, ["upload", "exports"]);
    // What the child does not say of an area that both have comes from the house policy.
    assert_eq!(policy.scope.inventory.areas[0].content.len(), 1);
}

#[test]
fn what_the_house_policy_allows_may_be_loosened_and_is_said() {
    let policy = read("[controls.regression-tests.suites.regression]\nreports = [\"target/*.xml\"]\n");
    let house = policy.house.unwrap();
    let [deviation] = house.deviations.as_slice() else { panic!("{:?}", house.deviations) };
    assert_eq!(deviation.kind, DeviationKind::Loosened);
    assert_eq!(deviation.key, "controls.regression-tests.suites.regression.reports");
}

/// Both ways that a remedy names lead to a policy that is accepted.
#[test]
fn what_is_allowed_or_removed_is_accepted() {
    let lines = "[reviews]\nsigners = \"keys\"\n";
    let problems = read_with(HOUSE, &child_of(HOUSE, lines)).unwrap_err();
    let help = problems[0].help.as_ref().unwrap();
    assert_eq!(
        help,
        "remove it; only the house policy can allow it: `[house] may-loosen = [\"reviews.signers\"]`"
    );
    assert!(read_with(HOUSE, &child_of(HOUSE, "")).is_ok());
    let allowing = HOUSE.replace("may-loosen = [", "may-loosen = [\"reviews.signers\", ");
    assert!(read_with(&allowing, &child_of(&allowing, lines)).is_ok());
}

/// Each line is one attempt to get away with less.
#[test]
fn nothing_of_a_child_is_less_strict() {
    let attempts = [
        ("fewer approvals", "[controls.required-reviews]\napprovals = 1\n"),
        (
            "a role less",
            "[controls.required-reviews]\nroles = [{ role = \"others\", approvals = 1 }]\n[roles.others]\nusers = [\"kim\"]\n",
        ),
        ("last pusher", "[controls.required-reviews]\nlast-pusher = \"ignore\"\n"),
        ("derived reviews", "[controls.required-reviews]\nderived = \"accept\"\n"),
        ("another branch", "[branches]\ndeployment = [\"live\"]\n"),
        ("no release branches", "[branches]\ndeployment = [\"main\"]\n"),
        ("net history", "[branches]\nhistory = \"net\"\n"),
        (
            "fewer paths",
            "[[data-processing]]\nname = \"upload\"\npurpose = \"x\"\npaths = [\"services/none/**\"]\n",
        ),
        (
            "an exclusion",
            "[[data-processing]]\nname = \"upload\"\npurpose = \"x\"\nexclude = [\"services/upload/a/**\"]\n",
        ),
        ("opaque files", "[[data-processing]]\nname = \"upload\"\npurpose = \"x\"\nopaque = \"outside\"\n"),
        ("a role member", "[roles.data-protection]\nusers = [\"mallory\"]\n"),
        ("a team more", "[roles.data-protection]\nteams = [\"example/data-protection\", \"example/all\"]\n"),
        ("owners as a role", "[roles.data-protection]\ncode-owners = true\n"),
        ("long waivers", "[waivers]\nlongest = \"30d\"\n"),
        ("signed reviews", "[reviews]\nsigners = \"keys\"\n"),
        ("evidence files", "[asserted]\naccept = true\nrepository = \"svn://x\"\n"),
        ("a register", "[training.courses.x]\ntitle = \"X\"\nvalid-for = \"unlimited\"\n"),
        ("fewer tests", "[controls.regression-tests.suites.regression]\nminimum = 1\n"),
        ("older runs", "[controls.regression-tests.suites.regression]\nmax-age = \"30d\"\n"),
        (
            "other trust",
            "[controls.regression-tests]\nsigners = \"k\"\n[controls.regression-tests.suites.regression]\ntrust = \"signed\"\n",
        ),
        ("one area", "[controls.regression-tests.suites.regression]\nareas = [\"upload\"]\n"),
        ("flaky tests", "[controls.regression-tests.suites.regression]\nflaky = \"note\"\n"),
        (
            "a bypass",
            "[[controls.protected-branch.bypass]]\nkind = \"team\"\nid = 7\nreason = \"on call\"\n[[controls.protected-branch.bypass]]\nkind = \"user\"\nid = 8\nreason = \"me\"\n",
        ),
        (
            "a hidden bypass",
            "[controls.protected-branch.hidden-bypass]\nadministrators = [\"me\"]\nreason = \"x\"\n",
        ),
        ("notes outside", "[controls.reviewed-landings]\noutside-areas = \"note\"\n"),
    ];
    for (what, lines) in attempts {
        let found = mistakes(lines);
        assert!(!found.is_empty(), "{what}");
        assert!(found.iter().all(|one| one.starts_with('`')), "{what}: {found:?}");
    }
}

/// Several of these were read before as settings of a child: an empty list, a table in another
/// form, a name that looks the same.
#[test]
fn an_empty_list_a_renamed_area_and_a_repeated_key_take_nothing_away() {
    assert!(!mistakes("[controls.required-reviews]\nroles = []\n").is_empty());
    assert!(!mistakes("[branches]\ndeployment = []\n").is_empty());
    assert!(!mistakes("[waivers]\nlongest = \"7d\"\nlongest = \"30d\"\n").is_empty());
    // An area under another name is one more; the one of the house policy stays.
    let policy = read("[[data-processing]]\nname = \"uploads\"\npurpose = \"x\"\npaths = [\"docs/**\"]\n");
    let areas: Vec<&str> = policy.scope.inventory.areas.iter().map(|area| area.name.as_str()).collect();
    assert_eq!(areas, ["upload", "uploads"]);
    let with_bypass = read("[controls.protected-branch]\nbypass = []\n");
    assert_eq!(with_bypass.house.unwrap().deviations[0].kind, DeviationKind::Stricter);
}

#[test]
fn the_default_of_the_house_policy_counts_where_it_writes_nothing() {
    let house = HOUSE.replace("[waivers]\nlongest = \"7d\"\n", "");
    let with = |lines: &str| read_with(&house, &child_of(&house, lines));
    assert!(with("[waivers]\nlongest = \"31d\"\n").is_err());
    assert_eq!(with("[waivers]\nlongest = \"30d\"\n").unwrap().house.unwrap().deviations, []);
    assert!(with("[waivers]\nlongest = \"1d\"\n").is_ok());
}

#[test]
fn a_share_of_coverage_for_an_area_is_held_against_that_of_all() {
    let coverage = "[controls.changed-line-coverage]\nminimum = 80\n[controls.changed-line-coverage.reports.all]\nfiles = [\"out/c.info\"]\n";
    let house = format!("{HOUSE}\n{coverage}");
    let with = |least: u8| {
        let lines = format!("[controls.changed-line-coverage.areas.upload]\nminimum = {least}\n");
        read_with(&house, &child_of(&house, &lines))
    };
    assert!(with(79).is_err());
    assert!(with(80).is_ok() && with(100).is_ok());
    let more = "[controls.changed-line-coverage.reports.mine]\nfiles = [\"mine.info\"]\n";
    assert!(read_with(&house, &child_of(&house, more)).is_err());
}

#[test]
fn a_mistake_names_both_values_the_line_and_what_to_write() {
    let text = child_of(HOUSE, "[controls.required-reviews]\napprovals = 1\n");
    let problems = read_with(HOUSE, &text).unwrap_err();
    let shown = show("portcullis.toml", &text, &problems);
    assert!(
        shown.contains("`controls.required-reviews.approvals` is 1, and the house policy has 2"),
        "{shown}"
    );
    assert!(shown.contains("portcullis.toml:11:13"), "{shown}");
    assert!(shown.contains("Write 2 or more, or remove the key"), "{shown}");
    // The remedies, followed to the letter.
    assert!(read_with(HOUSE, &text.replace("approvals = 1", "approvals = 2")).is_ok());
    let allowing = HOUSE.replace("may-loosen = [", "may-loosen = [\"controls.required-reviews.approvals\", ");
    let child = child_of(&allowing, "[controls.required-reviews]\napprovals = 1\n");
    assert_eq!(read_with(&allowing, &child).unwrap().approvals(), 1);
}

#[test]
fn without_the_pinned_text_nothing_is_judged() {
    let text = child_of(HOUSE, "");
    assert!(Policy::parse(&text).is_err());
    let (message, help) = mistake_of(&text, &[]);
    assert_eq!(message, "there is no house policy house.toml");
    assert!(help.contains(Digest::of(HOUSE.as_bytes()).as_str()));
    for other in [
        HOUSE.replace('\n', "\r\n"),
        format!("\u{feff}{HOUSE}"),
        HOUSE.replace("= 2", "= 1"),
        format!("{HOUSE}\n"),
    ] {
        let (message, help) = mistake_of(&text, &[&other]);
        let actual = Digest::of(other.as_bytes());
        assert!(message.contains(actual.as_str()), "{message}");
        assert!(help.contains(&format!("digest = \"{actual}\"")), "{help}");
    }
    // Where the bytes come from does not matter.
    let houses = HouseTexts::of(["schema = 1\n".to_string(), HOUSE.to_string()]);
    assert!(Policy::parse_extending(&text, &HostProfile::github_com(), &houses).is_ok());
}

#[test]
fn a_house_policy_extends_none_and_a_child_is_none() {
    let grand = child_of(HOUSE, "");
    let houses = HouseTexts::of([grand.clone(), HOUSE.to_string()]);
    let problems =
        Policy::parse_extending(&child_of(&grand, ""), &HostProfile::github_com(), &houses).unwrap_err();
    let found = |one: &Problem| one.message == "house.toml, line 3: a house policy cannot extend another one";
    assert!(problems.iter().any(found), "{problems:?}");
    let (message, _) = mistake_of(&child_of(HOUSE, "[house]\nmay-loosen = []\n"), &[HOUSE]);
    assert_eq!(message, "a policy that extends another cannot be extended itself");
}

#[test]
fn mistakes_in_the_house_policy_have_their_line_there_and_their_place_here() {
    let house = HOUSE.replace("approvals = 2", "aprovals = 2");
    let text = child_of(&house, "");
    let problems = read_with(&house, &text).unwrap_err();
    let line = 1 + house[..house.find("aprovals").unwrap()].matches('\n').count();
    let found = problems.iter().find(|one| one.message.contains("unknown key")).unwrap();
    assert!(
        found.message.starts_with(&format!("house.toml, line {line}: unknown key `aprovals`")),
        "{found:?}"
    );
    assert_eq!(text.get(found.span.clone()), Some("\"house.toml\""));
    let unknown = HOUSE.replace("\"people\"", "\"peoples\"");
    let (message, _) = mistake_of(&child_of(&unknown, ""), &[&unknown]);
    assert!(message.contains("a policy has no key `peoples`"), "{message}");
}

#[test]
fn what_it_extends_is_said_in_full() {
    let wrong = [
        ("digest = \"sha256:", "digest = \"sha1:"),
        ("file = \"house.toml\"", "file = \"../house.toml\""),
        ("file = \"house.toml\"", "file = \"house.toml\"\nrepository = \"https://git.example.test/x\""),
        ("file = \"house.toml\"", "file = \"house.toml\"\nrepository = \"x\"\ncommit = \"abc\""),
        ("file = \"house.toml\"", "path = \"house.toml\""),
    ];
    for (from, to) in wrong {
        let text = child_of(HOUSE, "").replacen(from, to, 1);
        assert!(read_with(HOUSE, &text).is_err(), "{to}");
    }
    let commit = "9f8e7d6c5b".repeat(4);
    let origin =
        format!("file = \"house.toml\"\nrepository = \"https://git.example.test/x\"\ncommit = \"{commit}\"");
    let text = child_of(HOUSE, "").replacen("file = \"house.toml\"", &origin, 1);
    let reference = read_with(HOUSE, &text).unwrap().house.unwrap().reference;
    assert_eq!(reference.origin.unwrap().commit.as_str(), commit);
}

#[test]
fn the_project_is_never_that_of_the_house() {
    let house = format!("{HOUSE}\n[project]\nname = \"The house\"\n");
    let text = child_of(&house, "").replace("[project]\nname = \"Records\"\n", "");
    let problems = read_with(&house, &text).unwrap_err();
    assert!(problems.iter().any(|one| one.message == "missing key `project`"), "{problems:?}");
}
