//! Who wants a fleet to look better than it is: another host's journal, an edited shard, a name that counts twice.

use crate::fleet::{command, ended, of, round, site, verdict};
use portcullis_testkit::fleet::FleetSite;
use portcullis_testkit::server::{Act, Server};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// `fleet` over a list.
fn over_list(directory: &Path, server: &Server<FleetSite>, names: &[&str], more: &[&str]) -> Command {
    std::fs::write(directory.join("list.txt"), names.join("\n")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(directory).env("GITHUB_API_URL", server.address());
    command.args(["fleet", "--host", "github", "--list", "list.txt"]).args(more);
    command
}

fn list(directory: &Path, server: &Server<FleetSite>, names: &[&str], more: &[&str]) -> Output {
    over_list(directory, server, names, more).output().unwrap()
}

/// Kills a round as soon as its journal has some repositories.
fn interrupt(directory: &Path, mut command: Command) {
    let journal = directory.join("journal");
    command.args(["--resume", "journal"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let begun = Instant::now();
    let lines = || std::fs::read_to_string(&journal).unwrap_or_default().lines().count();
    while lines() < 4 && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(lines() >= 4, "the round was over before it was killed");
}

fn slow(count: usize, change: impl FnOnce(&mut FleetSite)) -> Server<FleetSite> {
    site(count, change).trick("/rules/", usize::MAX, Act::Delay(Duration::from_millis(20)))
}

#[test]
fn attack_a_journal_of_another_host_is_gone_on_with() {
    let directory = TempDir::new().unwrap();
    let protected = slow(120, |_| ());
    interrupt(directory.path(), command(directory.path(), &protected, &[]));
    let unprotected = site(120, |site| {
        for number in 0..120 {
            site.repository(&of(&format!("service-{number:04}"))).change_rulesets(Vec::new());
        }
    });
    let (exit, round) = round(directory.path(), &unprotected, &["--resume", "journal"]);
    assert_eq!(exit, 1);
    for number in 0..120 {
        assert_eq!(
            verdict(&round, &format!("service-{number:04}"), "protected-branch"),
            "broken",
            "{number}"
        );
    }
}

#[test]
fn attack_a_repository_counts_twice_by_its_capitals_after_an_interruption() {
    let directory = TempDir::new().unwrap();
    let server = slow(120, |_| ());
    let names: Vec<String> = (0..120).map(|number| of(&format!("service-{number:04}"))).collect();
    let lower: Vec<&str> = names.iter().map(String::as_str).collect();
    let upper: Vec<String> = names.iter().map(|name| name.replace("service", "Service")).collect();
    let upper: Vec<&str> = upper.iter().map(String::as_str).collect();
    interrupt(directory.path(), over_list(directory.path(), &server, &lower, &[]));
    let (exit, text) = ended(&list(directory.path(), &server, &upper, &["--resume", "journal"]));
    // The made-up host tells capitals apart, so those that are asked for now are unknown to it.
    assert!(exit == 3 && text.contains("120 in scope") && !text.contains(" 0 looked at"), "{exit} {text}");
}

#[test]
fn attack_a_file_that_looks_like_a_journal_is_overwritten() {
    let directory = TempDir::new().unwrap();
    let server = site(1, |_| ());
    let digest = "0123456789abcdef".repeat(4);
    let texts =
        [digest.clone(), format!("{digest}  data.csv\n"), format!("{digest} 2026-01-01T00:00:00Z notes")];
    for text in texts {
        std::fs::write(directory.path().join("dataset.key"), &text).unwrap();
        let output = command(directory.path(), &server, &["--resume", "dataset.key"]).output().unwrap();
        assert_eq!(ended(&output).0, 2, "{text}");
        assert_eq!(std::fs::read_to_string(directory.path().join("dataset.key")).unwrap(), text);
    }
    // An output that cannot be written loses nothing that was looked at.
    std::fs::create_dir(directory.path().join("folder")).unwrap();
    let output =
        command(directory.path(), &server, &["--resume", "journal", "--format", "json=folder"]).output();
    assert_eq!(ended(&output.unwrap()).0, 5);
    assert!(directory.path().join("journal").exists());
}

#[test]
fn attack_a_renamed_repository_counts_twice() {
    let directory = TempDir::new().unwrap();
    let server = site(2, |site| {
        let same = site.repositories[&of("service-0000")].clone();
        site.repositories.insert(of("old-name"), same);
    });
    let (one, old) = (of("service-0000"), of("old-name"));
    let (exit, text) = ended(&list(directory.path(), &server, &[&one, &old], &[]));
    assert!(exit == 3 && text.contains("1 looked at, 1 unknown"), "{exit} {text}");
    assert!(text.contains("its name on the host is"), "{text}");
    assert_eq!(ended(&list(directory.path(), &server, &[&one], &[])).0, 0);
}

#[test]
fn attack_a_record_of_a_day_that_has_not_come() {
    let directory = TempDir::new().unwrap();
    let server = site(1, |site| {
        let records = &mut site.repository(&of("service-0000")).records;
        records.insert("production".to_string(), "2099-01-01T00:00:00Z".parse().unwrap());
    });
    let (exit, round) = round(directory.path(), &server, &[]);
    assert_eq!((exit, verdict(&round, "service-0000", "records")), (3, "unproven"));
}

#[test]
fn attack_a_shard_is_edited_or_is_of_another_list_or_another_day() {
    let directory = TempDir::new().unwrap();
    let server = site(8, |site| site.repository(&of("service-0003")).files.clear());
    let names: Vec<String> = (0..8).map(|number| of(&format!("service-{number:04}"))).collect();
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    let shard = |names: &[&str], part: &str, file: &str| {
        let format = format!("json={file}");
        let output = list(directory.path(), &server, names, &["--shard", part, "--format", &format]);
        assert!(matches!(output.status.code(), Some(0 | 1)), "{}", ended(&output).1);
    };
    let merge = |files: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.env_clear().current_dir(directory.path()).args(["fleet", "merge"]).args(files);
        ended(&command.output().unwrap())
    };
    let path = |file: &str| directory.path().join(file);
    shard(&all, "1/2", "one");
    shard(&all, "2/2", "two");
    assert_eq!(merge(&["one", "two"]).0, 1);
    for file in ["one", "two"] {
        let text = std::fs::read_to_string(path(file)).unwrap();
        std::fs::write(path("edited"), text.replace("\"broken\"", "\"met\"")).unwrap();
        std::fs::write(path("old"), text.replacen("\"time\": \"20", "\"time\": \"19", 1)).unwrap();
        let other = if file == "one" { "two" } else { "one" };
        if std::fs::read(path("edited")).unwrap() != text.as_bytes() {
            let (exit, said) = merge(&["edited", other]);
            assert!(exit == 6 && said.contains("the file was edited"), "{exit} {said}");
        }
        let (exit, said) = merge(&["old", other]);
        assert!(exit == 2 && said.contains("a day apart at most"), "{exit} {said}");
    }
    shard(&all[1..], "2/2", "fewer");
    let (exit, said) = merge(&["one", "fewer"]);
    assert!(exit == 2 && said.contains("are of different rounds"), "{exit} {said}");
}

#[test]
fn a_repository_that_leaves_the_scope_is_named() {
    let directory = crate::fleet::repository();
    let server = site(3, |_| ());
    let names: Vec<String> = (0..3).map(|number| of(&format!("service-{number:04}"))).collect();
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(ended(&list(directory.path(), &server, &all, &["--record"])).0, 0);
    let (exit, text) = ended(&list(directory.path(), &server, &all[..1], &["--record"]));
    assert!(exit == 0 && text.contains("2 repositories of the round before are in scope no more"), "{text}");
    assert!(text.contains(&names[2]), "{text}");
}
