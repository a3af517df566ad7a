//! What `portcullis fleet` writes for other programs, and what it shows of one repository.

use crate::fleet::{command, ended, of, repository, site};
use crate::outputs::schemas::Schema;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use portcullis_testkit::fleet::FleetSite;
use portcullis_testkit::server::Server;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

fn sarif(directory: &Path, server: &Server<FleetSite>, more: &[&str]) -> (i32, Value) {
    let output = command(directory, server, &[&["--format", "sarif"], more].concat()).output().unwrap();
    let log = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", ended(&output).1));
    let objection = Schema::read("sarif-schema-2.1.0.json").objection(&log);
    assert!(objection.is_none(), "{objection:?}\n{log:#}");
    (output.status.code().unwrap(), log)
}

fn results(log: &Value) -> &Vec<Value> {
    log["runs"][0]["results"].as_array().unwrap()
}

fn read_kept(directory: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(directory).arg("fleet").args(arguments);
    ended(&command.output().unwrap())
}

/// One repository without a policy, one without rules, one that cannot be seen, and one that is
/// fine.
fn mixed() -> Server<FleetSite> {
    site(4, |site| {
        site.repository(&of("service-0000")).files.clear();
        site.repository(&of("service-0001")).change_rulesets(Vec::new());
        site.repository(&of("service-0002")).hidden = true;
    })
}

#[test]
fn sarif_has_a_result_for_each_finding_under_the_rule_of_its_control() {
    let server = mixed();
    let directory = TempDir::new().unwrap();
    let (exit, log) = sarif(directory.path(), &server, &[]);
    assert_eq!(exit, 3);
    let of_repository = |name: &str| {
        let name = of(name);
        let mine = results(&log).iter().filter(move |one| one["properties"]["repository"] == name.as_str());
        mine.map(|one| (one["ruleId"].as_str().unwrap(), one["kind"].as_str().unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(of_repository("service-0000"), [("policy", "fail")]);
    let without_rules = of_repository("service-0001");
    assert!(without_rules.len() > 2 && without_rules.iter().all(|one| *one == ("protected-branch", "fail")));
    assert!(of_repository("service-0002").contains(&("policy", "open")));
    assert_eq!(of_repository("service-0003"), []);
    // What could not be seen is no result that a consumer has to show, so that the round is one.
    assert_eq!((&results(&log)[0]["ruleId"], &results(&log)[0]["level"]), (&"fleet".into(), &"error".into()));
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    for result in results(&log) {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
    let mut prints: Vec<&Value> = results(&log).iter().map(|one| &one["partialFingerprints"]).collect();
    let count = prints.len();
    prints.sort_by_key(|one| one.to_string());
    prints.dedup();
    assert_eq!(prints.len(), count, "each finding is told from the others");
}

#[test]
fn sarif_of_a_fleet_that_meets_everything_is_empty_and_alerts_keep_their_names() {
    let directory = TempDir::new().unwrap();
    let (exit, log) = sarif(directory.path(), &site(2, |_| ()), &[]);
    assert_eq!((exit, results(&log).len()), (0, 0));
    let server = mixed();
    let prints = |log: &Value| -> Vec<Value> {
        results(log).iter().map(|one| one["partialFingerprints"].clone()).collect()
    };
    let (first, second) = (sarif(directory.path(), &server, &[]).1, sarif(directory.path(), &server, &[]).1);
    assert_eq!(prints(&first), prints(&second));
}

#[test]
fn attack_names_of_repositories_that_try_to_be_formulas_markup_or_paths() {
    let server = site(1, |_| ());
    let directory = TempDir::new().unwrap();
    let names = [
        "=cmd|' /C calc'!A0/x",
        "@SUM(1)/x",
        "a/<script>alert(1)</script>",
        "a/{0}[click](https://evil.example.test)",
        "../../etc/passwd",
        "a/b\u{1b}[2J\u{202e}gpj",
        "a/b\",\"met",
    ];
    let list = directory.path().join("list");
    std::fs::write(&list, names.join("\n")).unwrap();
    let run = |format: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.env_clear().current_dir(directory.path()).env("GITHUB_API_URL", server.address());
        command.args(["fleet", "--host", "github", "--quiet", "--list", "list", "--format", format]);
        command.output().unwrap()
    };
    let log: Value = serde_json::from_slice(&run("sarif").stdout).unwrap();
    assert!(Schema::read("sarif-schema-2.1.0.json").objection(&log).is_none());
    assert!(results(&log).len() > names.len(), "{log:#}");
    for result in results(&log) {
        let message = result["message"]["text"].as_str().unwrap();
        assert!(!message.contains("](") && !message.replace("{{", "").contains('{'), "{message}");
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        let uri = place["uri"].as_str().unwrap();
        assert!(!uri.split('/').any(|part| part == "..") && !uri.contains(['<', '\u{1b}', ':']), "{uri}");
        assert!(!result.to_string().contains(['\u{1b}', '\u{202e}']), "{result}");
    }
    let table = String::from_utf8(run("csv").stdout).unwrap();
    let cells = table.lines().flat_map(|line| line.split("\",\"")).map(|cell| cell.trim_matches('"'));
    assert!(cells.clone().count() > 20);
    assert!(cells.into_iter().all(|cell| !cell.starts_with(['=', '@'])), "{table}");
    let page = String::from_utf8(run("html").stdout).unwrap();
    assert!(page.contains("alert(1)") && !page.contains("<script"), "{page}");
    let text = String::from_utf8(run("terminal").stdout).unwrap();
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
}

#[test]
fn show_tells_what_the_newest_round_knows_of_one_repository() {
    let server = site(2, |site| {
        let time = "2026-05-01T10:00:00Z".parse().unwrap();
        site.repository(&of("service-0001")).records.insert("production".to_string(), time);
    });
    let home = repository();
    let round = |server: &Server<FleetSite>| {
        command(home.path(), server, &["--record", "--quiet"]).output().unwrap().status.code()
    };
    assert_eq!(round(&server), Some(0));
    server.change(|site| site.repository(&of("service-0001")).change_rulesets(Vec::new()));
    assert_eq!(round(&server), Some(1));
    let (exit, text) = read_kept(home.path(), &["show", "Example-Org/service-0001"]);
    assert_eq!(exit, 0, "{text}");
    for part in [
        "example-org/service-0001, broken",
        "round 2 at ",
        "default branch main, protection looked at on ",
        "judged by the policy sha256:",
        "protected-branch  broken since ",
        "no rule requires 1 approval",
        "help: ",
        "production: the newest record was written at 2026-05-01T10:00:00Z",
        "no waivers",
        "Lapses, by the rounds of the year\n  protected-branch broken from ",
        "until now",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let (_, json) = read_kept(home.path(), &["show", &of("service-0001"), "--json"]);
    let shown: Value = serde_json::from_str(&json).unwrap();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/fleet-repository-v1.json");
    let schema = Schema::of("shown", serde_json::from_slice(&std::fs::read(schema).unwrap()).unwrap());
    assert_eq!(schema.objection(&shown), None);
    assert_eq!((&shown["round"], &shown["lapses"][0]["until"]), (&2.into(), &Value::Null), "{shown:#}");
    // Once it is mended, the lapse is over.
    let rules = vec![portcullis_testkit::world::Ruleset::strict()];
    server.change(|site| site.repository(&of("service-0001")).change_rulesets(rules));
    assert_eq!(round(&server), Some(0));
    let (_, text) = read_kept(home.path(), &["show", &of("service-0001")]);
    assert!(text.contains("protected-branch broken from ") && !text.contains("until now"), "{text}");
}

#[test]
fn show_names_no_repository_that_the_round_does_not_know() {
    let home = repository();
    let (exit, text) = read_kept(home.path(), &["show", &of("service-0001")]);
    assert!(exit == 5 && text.contains("there are no rounds"), "{exit} {text}");
    let server = site(1, |_| ());
    assert!(command(home.path(), &server, &["--record"]).output().unwrap().status.success());
    let (exit, text) = read_kept(home.path(), &["show", &of("service-0007")]);
    assert!(exit == 2 && text.contains("round 1 knows no repository example-org/service-0007"), "{text}");
}

#[test]
fn export_writes_a_row_for_each_repository_round_and_control() {
    let server = site(3, |site| site.repository(&of("service-0002")).hidden = true);
    let home = repository();
    for _ in 0..2 {
        command(home.path(), &server, &["--record", "--quiet"]).output().unwrap();
    }
    let (exit, text) = read_kept(home.path(), &["export", "--parquet", "fleet.parquet"]);
    assert_eq!(exit, 0, "{text}");
    let file = std::fs::File::open(home.path().join("fleet.parquet")).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let rows: Vec<String> = reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect();
    assert_eq!(rows.len(), 2 * 3 * 5, "{rows:#?}");
    let has = |parts: &[&str]| rows.iter().filter(|row| parts.iter().all(|part| row.contains(part))).count();
    assert_eq!(has(&["round: 2", "\"example-org/service-0001\"", "\"protected-branch\"", "\"met\""]), 1);
    assert_eq!(has(&["\"example-org/service-0002\"", "branch: null", "\"unproven\""]), 2 * 5);
    // Where an unsigned or broken chain is refused, nothing is written.
    std::fs::write(home.path().join("signers"), "").unwrap();
    let refused = read_kept(home.path(), &["export", "--parquet", "other.parquet", "--signers", "signers"]);
    assert!(refused.0 != 0 && !home.path().join("other.parquet").exists(), "{refused:?}");
}
