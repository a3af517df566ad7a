//! `portcullis fleet` over the repositories of a Gitea or Forgejo.

use crate::fleet::{ended, of, repository, verdict};
use portcullis_testkit::fleet::ORGANISATION;
use portcullis_testkit::gitea::Software;
use portcullis_testkit::gitea::fleet::GiteaFleetSite;
use portcullis_testkit::scene::find_host;
use portcullis_testkit::server::{Act, Server};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const BOTH: [(Software, &str); 2] = [(Software::Gitea, "gitea"), (Software::Forgejo, "forgejo")];

/// A site of either kind, with its name.
struct ServedFleet {
    server: Server<GiteaFleetSite>,
    kind: &'static str,
}

impl ServedFleet {
    fn of(
        (software, kind): (Software, &'static str),
        count: usize,
        change: impl FnOnce(&mut GiteaFleetSite),
    ) -> Self {
        let mut site = GiteaFleetSite::of(software, count, find_host(kind).unwrap().policy());
        change(&mut site);
        ServedFleet { server: Server::start_below("/api/v1", site), kind }
    }

    fn command(&self, directory: &Path, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.env_clear().current_dir(directory);
        let upper = self.kind.to_ascii_uppercase();
        command.env(format!("{upper}_SERVER_URL"), self.server.origin());
        command.env(format!("{upper}_TOKEN"), "of-the-fleet");
        command.args(["fleet", "--host", self.kind, "--organisation", ORGANISATION, "--quiet"]).args(more);
        command
    }

    fn round(&self, directory: &Path, more: &[&str]) -> (i32, Value) {
        let output = self.command(directory, &[&["--format", "json"], more].concat()).output().unwrap();
        let value = serde_json::from_slice(&output.stdout);
        (output.status.code().unwrap(), value.unwrap_or_else(|_| panic!("{}", ended(&output).1)))
    }
}

#[test]
fn a_fleet_that_meets_everything_is_met_on_gitea_and_forgejo() {
    for kind in BOTH {
        let fleet = ServedFleet::of(kind, 60, |site| {
            let time = "2026-05-01T10:00:00Z".parse().unwrap();
            site.repository(&of("service-0007")).records.insert("production".to_string(), time);
        });
        let directory = TempDir::new().unwrap();
        let (exit, seen) = fleet.round(directory.path(), &[]);
        assert_eq!((exit, &seen["in_scope"], &seen["unknown"]), (0, &60.into(), &0.into()), "{seen:#}");
        for column in ["policy", "protected-branch", "waivers"] {
            assert_eq!(verdict(&seen, "service-0001", column), "met");
        }
        assert_eq!(verdict(&seen, "service-0001", "records"), "exempt");
        assert_eq!(verdict(&seen, "service-0007", "records"), "met");
        let each = fleet.server.seen().len() as f64 / 60.0;
        assert!(each < 10.0, "{each} requests for each repository");
        assert!(fleet.server.most_at_once() <= 8);
    }
}

#[test]
fn each_kind_of_repository_is_told_from_the_others_on_gitea_and_forgejo() {
    for kind in BOTH {
        let fleet = ServedFleet::of(kind, 7, |site| {
            site.repository(&of("service-0000")).files.clear();
            site.repository(&of("service-0001")).host.rules.clear();
            site.repository(&of("service-0002")).hidden = true;
            site.repository(&of("service-0003")).archived = true;
            site.repository(&of("service-0004")).empty = true;
            site.repository(&of("service-0005")).host.is_administrator = false;
            site.repository(&of("service-0006")).hides_refs = true;
        });
        let directory = TempDir::new().unwrap();
        let (exit, seen) = fleet.round(directory.path(), &[]);
        assert_eq!((exit, &seen["in_scope"], &seen["looked_at"]), (3, &6.into(), &3.into()), "{seen:#}");
        let told =
            |name: &str| ["policy", "protected-branch", "records"].map(|column| verdict(&seen, name, column));
        assert_eq!(told("service-0000"), ["broken", "exempt", "exempt"]);
        assert_eq!(told("service-0001"), ["met", "broken", "exempt"]);
        assert_eq!(told("service-0002"), ["unproven", "unproven", "unproven"]);
        assert_eq!(told("service-0003"), ["nothing", "nothing", "nothing"]);
        assert_eq!(told("service-0005"), ["met", "unproven", "exempt"]);
        assert_eq!(told("service-0006"), ["met", "met", "unproven"]);
    }
}

#[test]
fn attack_a_rule_is_taken_away_between_two_rounds_of_a_host_without_marks() {
    let fleet = ServedFleet::of(BOTH[0], 2, |_| ());
    let home = repository();
    assert_eq!(fleet.round(home.path(), &["--record"]).0, 0);
    fleet.server.change(|site| site.repository(&of("service-0001")).host.rules.clear());
    let (exit, seen) = fleet.round(home.path(), &["--record"]);
    assert_eq!((exit, verdict(&seen, "service-0001", "protected-branch")), (1, "broken"), "{seen:#}");
}

#[test]
fn attack_a_list_or_a_file_is_answered_with_less_than_there_is() {
    let told = |at: &str, status: u16, body: &str| {
        let act = Act::Answer { status, headers: Vec::new(), body: body.to_string() };
        let fleet = ServedFleet::of(BOTH[1], 2, |_| ());
        let fleet = ServedFleet { server: fleet.server.trick(at, usize::MAX, act), kind: fleet.kind };
        let directory = TempDir::new().unwrap();
        let (exit, seen) = fleet.round(directory.path(), &[]);
        (exit, verdict(&seen, "service-0001", "policy").to_string())
    };
    let file = "service-0001/contents/portcullis.toml";
    // A file that the list of the root holds is there, whatever is answered about it.
    assert_eq!(told(file, 404, "{}"), (3, "unproven".to_string()));
    let short = r#"{"path":"portcullis.toml","type":"file","size":9999,"encoding":"base64","content":"c2NoZW1hID0gMQ=="}"#;
    assert_eq!(told(file, 200, short), (3, "unproven".to_string()));
    let other =
        r#"{"path":"other.toml","type":"file","size":10,"encoding":"base64","content":"c2NoZW1hID0gMQ=="}"#;
    assert_eq!(told(file, 200, other), (3, "unproven".to_string()));
    // And a root that cannot be seen is none without a policy.
    assert_eq!(told("service-0001/contents", 404, "{}"), (3, "unproven".to_string()));
}
