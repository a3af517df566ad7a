//! `portcullis fleet`: many repositories of a made-up GitHub, in rounds.

use portcullis_model::protection::{ActorKind, Bypass, BypassMode};
use portcullis_testkit::fleet::{FleetSite, ORGANISATION};
use portcullis_testkit::server::{Act, Server};
use portcullis_testkit::stage::POLICY;
use portcullis_testkit::world::{Classic, Ruleset};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;

pub fn command(directory: &Path, server: &Server<FleetSite>, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(directory);
    command.env("GITHUB_API_URL", server.address()).env("GITHUB_TOKEN", "a-token-of-the-job");
    command.args(["fleet", "--host", "github", "--organisation", ORGANISATION]).args(more);
    command
}

pub fn repository() -> TempDir {
    let directory = TempDir::new().unwrap();
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        let output = command.args(arguments).current_dir(directory.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    git(&["init", "-q", "-b", "main"]);
    directory
}

pub fn ended(output: &Output) -> (i32, String) {
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), text)
}

/// A round in JSON, with its exit code.
pub fn round(directory: &Path, server: &Server<FleetSite>, more: &[&str]) -> (i32, Value) {
    let output = command(directory, server, &[&["--format", "json"], more].concat()).output().unwrap();
    let value = serde_json::from_slice(&output.stdout);
    (output.status.code().unwrap(), value.unwrap_or_else(|_| panic!("{}", ended(&output).1)))
}

pub fn verdict<'r>(round: &'r Value, name: &str, column: &str) -> &'r str {
    let of = |list: &'r Value, member: &str, wanted: &str| {
        list.as_array().into_iter().flatten().find(|one| one[member] == wanted).unwrap_or(&Value::Null)
    };
    let item = of(&round["repositories"], "repository", &format!("{ORGANISATION}/{name}"));
    of(&item["standings"], "column", column)["verdict"].as_str().unwrap_or("nothing")
}

pub fn site(count: usize, change: impl FnOnce(&mut FleetSite)) -> Server<FleetSite> {
    let mut site = FleetSite::of(count, POLICY);
    change(&mut site);
    Server::start(site)
}

pub fn of(name: &str) -> String {
    format!("{ORGANISATION}/{name}")
}

#[test]
fn a_fleet_that_meets_everything_is_met_and_says_so_in_every_format() {
    let server = site(3, |_| ());
    let directory = TempDir::new().unwrap();
    let (exit, seen) = round(directory.path(), &server, &[]);
    assert_eq!((exit, &seen["in_scope"], &seen["unknown"]), (0, &3.into(), &0.into()), "{seen:#}");
    for column in ["policy", "protected-branch", "waivers"] {
        assert_eq!(verdict(&seen, "service-0001", column), "met");
    }
    for column in ["house-policy", "records"] {
        assert_eq!(verdict(&seen, "service-0001", column), "exempt");
    }
    let (exit, text) = ended(&command(directory.path(), &server, &["--all"]).output().unwrap());
    assert!(exit == 0 && text.contains("3 in scope, 3 looked at, 0 unknown"), "{text}");
    assert!(text.contains("met       example-org/service-0002"), "{text}");
    let (_, csv) = ended(&command(directory.path(), &server, &["--format", "csv"]).output().unwrap());
    assert!(csv.contains("\"example-org/service-0002\",\"main\",\"policy\",\"met\""), "{csv}");
    let (_, page) = ended(&command(directory.path(), &server, &["--format", "html"]).output().unwrap());
    assert!(page.contains("Content-Security-Policy") && page.contains("example-org/service-0002"));
}

#[test]
fn each_kind_of_repository_is_told_from_the_others() {
    let server = site(7, |site| {
        site.repository(&of("service-0000")).files.clear();
        site.repository(&of("service-0001")).change_rulesets(Vec::new());
        site.repository(&of("service-0002")).hidden = true;
        let broken = "schema = 1\nnonsense = true\n".to_string();
        site.repository(&of("service-0003")).files.insert("portcullis.toml".to_string(), broken);
        site.repository(&of("service-0004")).archived = true;
        let waivers = "not a list of waivers".to_string();
        site.repository(&of("service-0005")).files.insert("portcullis-waivers.toml".to_string(), waivers);
        let time = "2026-05-01T10:00:00Z".parse().unwrap();
        site.repository(&of("service-0006")).records.insert("production".to_string(), time);
    });
    let directory = TempDir::new().unwrap();
    let (exit, seen) = round(directory.path(), &server, &[]);
    // One could not be seen, so that the list of what is broken is not a whole one.
    assert_eq!((exit, &seen["in_scope"], &seen["looked_at"]), (3, &6.into(), &5.into()), "{seen:#}");
    let told =
        |name: &str| ["policy", "protected-branch", "waivers"].map(|column| verdict(&seen, name, column));
    assert_eq!(told("service-0000"), ["broken", "exempt", "exempt"]);
    assert_eq!(told("service-0001"), ["met", "broken", "met"]);
    assert_eq!(told("service-0002"), ["unproven", "unproven", "unproven"]);
    assert_eq!(told("service-0003"), ["broken", "exempt", "exempt"]);
    assert_eq!(told("service-0004"), ["nothing", "nothing", "nothing"]);
    assert_eq!(told("service-0005"), ["met", "met", "broken"]);
    assert_eq!(verdict(&seen, "service-0006", "records"), "met");
    let (_, text) = ended(&command(directory.path(), &server, &[]).output().unwrap());
    assert!(text.contains("policy broken in 1 repository: the default branch holds no policy"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn a_house_policy_is_asked_of_every_repository() {
    let server = site(3, |site| {
        site.repository(&of("service-0000")).files.clear();
        let fewer = POLICY.replace(
            "[controls.required-checks]\nchecks = [{ name = \"regression\", app = \"github-actions\" }]",
            "",
        );
        assert_ne!(fewer, POLICY);
        site.repository(&of("service-0001")).files.insert("portcullis.toml".to_string(), fewer);
    });
    let directory = TempDir::new().unwrap();
    std::fs::write(directory.path().join("house.toml"), POLICY).unwrap();
    let (exit, seen) = round(directory.path(), &server, &["--house", "house.toml"]);
    assert_eq!(exit, 1, "{seen:#}");
    assert_eq!(verdict(&seen, "service-0000", "protected-branch"), "met", "judged by the house policy");
    assert_eq!(verdict(&seen, "service-0001", "house-policy"), "broken");
    assert_eq!(verdict(&seen, "service-0002", "house-policy"), "met");
}

#[test]
fn a_second_round_asks_only_for_what_changed_and_keeps_since_when() {
    let server = site(40, |_| ());
    let home = repository();
    let (exit, first) = round(home.path(), &server, &["--record"]);
    assert_eq!(exit, 0);
    let asked = server.seen().len();
    assert!(asked < 40 * 10, "{asked} requests");
    let (exit, second) = round(home.path(), &server, &["--record"]);
    let more = server.seen().len() - asked;
    assert!(exit == 0 && more < 10, "{more} requests although nothing changed");
    assert_eq!(second["round"]["number"], 2);
    let since = |round: &Value| round["repositories"][0]["standings"][0]["since"].clone();
    assert_eq!(since(&first), since(&second));
    assert_eq!(first["repositories"], second["repositories"]);

    server.change(|site| site.repository(&of("service-0007")).change_rulesets(Vec::new()));
    let (exit, third) = round(home.path(), &server, &["--record"]);
    assert_eq!((exit, verdict(&third, "service-0007", "protected-branch")), (1, "broken"));
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        ended(&command.env_clear().current_dir(home.path()).arg("fleet").args(arguments).output().unwrap())
    };
    let (exit, told) = run(&["diff"]);
    assert!(
        exit == 0 && told.contains("example-org/service-0007  protected-branch: met -> broken"),
        "{told}"
    );
    let (exit, told) = run(&["list"]);
    assert!(exit == 0 && told.lines().count() == 3 && told.contains("1 broken"), "{told}");
    let (exit, told) = run(&["verify"]);
    assert!(exit == 0 && told.contains("3 rounds verified"), "{told}");
}

/// Classic protection that the short answer of the host does not show: a mark without it would not
/// change when it does.
#[test]
fn attack_classic_protection_is_taken_away_where_the_mark_does_not_show_it() {
    let classic = Classic {
        rules: Ruleset::strict().rules,
        enforce_admins: true,
        change_request_bypass: Vec::new(),
        force_push_bypass: Vec::new(),
    };
    let server = site(1, |site| {
        let one = site.repository(&of("service-0000"));
        one.world.classic = Some(classic);
        one.change_rulesets(Vec::new());
        one.hides_classic = true;
    });
    let home = repository();
    let (exit, seen) = round(home.path(), &server, &["--record"]);
    assert_eq!((exit, verdict(&seen, "service-0000", "protected-branch")), (0, "met"));
    server.change(|site| {
        let one = site.repository(&of("service-0000"));
        one.world.classic = None;
        one.world.branch.protected = false;
    });
    let (exit, seen) = round(home.path(), &server, &[]);
    assert_eq!((exit, verdict(&seen, "service-0000", "protected-branch")), (1, "broken"));
}

#[test]
fn attack_someone_may_bypass_the_rules_since_the_last_round() {
    let server = site(2, |_| ());
    let home = repository();
    assert_eq!(round(home.path(), &server, &["--record"]).0, 0);
    server.change(|site| {
        let passer = Bypass {
            kind: ActorKind::User,
            id: Some(471_147_u64.into()),
            name: Some("quiet-passer".to_string()),
            mode: BypassMode::Always,
        };
        let ruleset = Ruleset { bypass: Some(vec![passer]), ..Ruleset::strict() };
        site.repository(&of("service-0001")).change_rulesets(vec![ruleset]);
    });
    let (exit, seen) = round(home.path(), &server, &[]);
    assert_eq!((exit, verdict(&seen, "service-0001", "protected-branch")), (1, "broken"), "{seen:#}");
}

#[test]
fn attack_a_round_that_was_kept_is_edited() {
    let server = site(2, |_| ());
    let home = repository();
    assert_eq!(round(home.path(), &server, &["--record"]).0, 0);
    let git = |arguments: &[&str], input: &[u8]| {
        let mut child = Command::new("git")
            .args(arguments)
            .current_dir(home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), input).unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().trim().to_string()
    };
    let reference = git(&["for-each-ref", "--format=%(refname)", "refs/portcullis/fleet/"], b"");
    let file = "example-org%2Fservice-0000.json";
    let bytes =
        git(&["show", &format!("{reference}:{file}")], b"").replace("service-0000", "service-0009") + "\n";
    let blob = git(&["hash-object", "-w", "--stdin"], bytes.as_bytes());
    let tree: String =
        git(&["ls-tree", &reference], b"")
            .lines()
            .map(|line| {
                if line.ends_with(file) {
                    format!("100644 blob {blob}\t{file}\n")
                } else {
                    format!("{line}\n")
                }
            })
            .collect();
    let tree = git(&["mktree"], tree.as_bytes());
    let commit = git(&["cat-file", "commit", &reference], b"") + "\n";
    let old = commit.lines().next().unwrap().to_string();
    let commit = commit.replace(&old, &format!("tree {tree}"));
    let commit = git(&["hash-object", "-t", "commit", "-w", "--stdin"], commit.as_bytes());
    git(&["update-ref", &reference, &commit], b"");
    let output = command(home.path(), &server, &["--record"]).output().unwrap();
    let (exit, text) = ended(&output);
    assert!(exit == 6 && text.contains("holds other bytes than the round names"), "{exit} {text}");
}

#[test]
fn a_round_that_was_killed_goes_on_and_finds_the_same() {
    let server = site(160, |site| {
        site.repository(&of("service-0003")).files.clear();
        site.repository(&of("service-0150")).change_rulesets(Vec::new());
    })
    .trick("/rules/", usize::MAX, Act::Delay(Duration::from_millis(15)));
    let directory = TempDir::new().unwrap();
    let (exit, whole) = round(directory.path(), &server, &[]);
    assert_eq!(exit, 1);
    let journal = directory.path().join("fleet.journal");
    let resume = ["--resume", journal.to_str().unwrap()];
    for wait in [90, 140, 60] {
        let mut child = command(directory.path(), &server, &resume)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        // A line that was cut, and one that someone edited, are looked at again.
        if let Ok(text) = std::fs::read_to_string(&journal) {
            let edited = text.replace("\"verdict\":\"broken\"", "\"verdict\":\"met\"");
            std::fs::write(&journal, edited.get(..edited.len().saturating_sub(7)).unwrap_or("")).unwrap();
        }
    }
    let (exit, again) = round(directory.path(), &server, &resume);
    assert_eq!(exit, 1);
    assert!(!journal.exists(), "the journal of a round that is over");
    let verdicts = |round: &Value| {
        let items = round["repositories"].as_array().unwrap().iter();
        items
            .map(|one| (one["repository"].clone(), one["standings"][2]["verdict"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(verdicts(&whole), verdicts(&again));
}

#[test]
fn a_file_that_is_no_journal_is_left_alone() {
    let server = site(1, |_| ());
    let directory = TempDir::new().unwrap();
    std::fs::write(directory.path().join("notes.txt"), "my notes").unwrap();
    let output = command(directory.path(), &server, &["--resume", "notes.txt"]).output().unwrap();
    let (exit, text) = ended(&output);
    assert!(exit == 2 && text.contains("is no journal of a fleet"), "{exit} {text}");
    assert_eq!(std::fs::read_to_string(directory.path().join("notes.txt")).unwrap(), "my notes");
}

#[test]
fn shards_are_put_together_in_any_order_and_none_is_left_out() {
    let server = site(12, |site| site.repository(&of("service-0003")).files.clear());
    let directory = TempDir::new().unwrap();
    let file = |part: usize| format!("shard-{part}.json");
    for part in 1..=3 {
        let (shard, format) = (format!("{part}/3"), format!("json={}", file(part)));
        let output =
            command(directory.path(), &server, &["--shard", &shard, "--format", &format]).output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{}", ended(&output).1);
    }
    let merge = |parts: &[usize]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.env_clear().current_dir(directory.path()).args(["fleet", "merge", "--format", "json"]);
        command.args(parts.iter().map(|part| file(*part)));
        command.output().unwrap()
    };
    let (one, other) = (merge(&[1, 2, 3]), merge(&[3, 1, 2]));
    assert_eq!((one.status.code(), &one.stdout), (Some(1), &other.stdout), "{}", ended(&one).1);
    let merged: Value = serde_json::from_slice(&one.stdout).unwrap();
    assert_eq!(merged["in_scope"], 12);
    let (exit, text) = ended(&merge(&[1, 3]));
    assert!(exit == 2 && text.contains("the shards 2/3 are missing"), "{text}");
    let (exit, text) = ended(&merge(&[1, 1, 2, 3]));
    assert!(exit == 2 && text.contains("twice"), "{text}");
}

#[test]
fn a_list_names_repositories_and_each_line_that_is_none_is_a_finding() {
    let server = site(2, |_| ());
    let directory = TempDir::new().unwrap();
    let list = "# ours\nexample-org/service-0000\n\nExample-Org/Service-0000\nno repository\n";
    std::fs::write(directory.path().join("list.txt"), list).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(directory.path()).env("GITHUB_API_URL", server.address());
    let output = command.args(["fleet", "--host", "github", "--list", "list.txt"]).output().unwrap();
    let (exit, text) = ended(&output);
    assert!(exit == 3 && text.contains("2 in scope, 1 looked at, 1 unknown"), "{text}");
    assert!(text.contains("no repository on GitHub has such a name"), "{text}");
}

#[test]
fn a_host_without_fleets_and_a_command_without_scope_say_what_to_do() {
    let server = site(1, |_| ());
    let directory = TempDir::new().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.env_clear().current_dir(directory.path()).env("GITHUB_API_URL", server.address());
        ended(&command.arg("fleet").args(arguments).output().unwrap())
    };
    let (exit, text) = run(&["--host", "bare", "--organisation", "example-org"]);
    assert!(exit == 2 && text.contains("cannot ask bare about many repositories yet"), "{text}");
    let (exit, text) = run(&["--host", "github"]);
    assert!(exit == 2 && text.contains("--organisation NAME, or --list FILE"), "{text}");
}
