//! An audit that asks a host side by side, and goes on where it was interrupted: the same bytes
//! whatever the order of answers and whatever is in the cache.

use crate::audit::extended;
use crate::support::audited::{ALL, AS_OF};
use portcullis_testkit::gitea::Software;
use portcullis_testkit::lane::state::Op;
use portcullis_testkit::lane::{How, Lane};
use portcullis_testkit::scene::find_host;
use portcullis_testkit::server::{Act, Server, Site};
use portcullis_testkit::stage::{KIM, revision};
use portcullis_testkit::world::{Deployed, minutes};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const EVERYWHERE: &str = "/";

/// What is done to the entries of a cache.
type Spoil = &'static dyn Fn(&[PathBuf]);

fn command(lane: &Lane, address: &str, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(lane.directory());
    command.env("GITHUB_API_URL", address).env("GITHUB_TOKEN", "a-token-of-the-job");
    command.args(["audit", "--as-of", AS_OF, "--format", "json", "--no-deployments"]).args(ALL);
    command.args(["--host", "github", "--repository", "example-org/data-upload"]).args(more);
    command
}

fn bytes_of(output: &Output) -> &[u8] {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!output.stdout.is_empty());
    &output.stdout
}

/// The audit as it is without a cache, of a host that answers one after the other.
fn plain(lane: &Lane, address: &str) -> Vec<u8> {
    bytes_of(&command(lane, address, &[]).output().unwrap()).to_vec()
}

fn cached(
    lane: &Lane,
    server: &Server<portcullis_testkit::world::forge::Forge>,
    cache: &Path,
) -> (Output, usize) {
    let before = server.seen().len();
    let output = command(lane, &server.address(), &["--cache", cache.to_str().unwrap()]).output().unwrap();
    (output, server.seen().len() - before)
}

fn entries(cache: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in std::fs::read_dir(cache.join("answers")).into_iter().flatten().flatten() {
        found.extend(std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()));
    }
    found.sort();
    found
}

#[test]
fn a_host_is_asked_side_by_side_within_its_limits_and_nothing_twice() {
    let lane = extended(20);
    let slow =
        Server::start(lane.host()).trick(EVERYWHERE, usize::MAX, Act::Delay(Duration::from_millis(40)));
    let audited = command(&lane, &slow.address(), &[]).output().unwrap();
    let most = slow.most_at_once();
    assert!((4..=8).contains(&most), "{most} requests at once");
    let mut asked: Vec<String> =
        slow.seen().into_iter().filter(|seen| seen.method == "GET").map(|seen| seen.path).collect();
    let count = asked.len();
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), count, "some question was put twice");
    // Other answers come first here.
    let odd = Server::start(lane.host()).trick("/pulls/", 30, Act::Delay(Duration::from_millis(60)));
    assert_eq!(bytes_of(&audited), plain(&lane, &odd.address()), "the order of answers shows");
}

#[test]
fn a_limit_of_the_host_is_kept_by_all_and_changes_nothing() {
    let lane = extended(8);
    let server = Server::start(lane.host());
    let honest = plain(&lane, &server.address());
    let limit = Act::message(429, "slow down", &[("retry-after", "1")]);
    let limiting = Server::start(lane.host()).trick("/reviews", 3, limit);
    assert_eq!(plain(&lane, &limiting.address()), honest);
}

#[test]
fn the_bytes_are_the_same_with_an_empty_a_full_and_a_half_full_cache() {
    let lane = extended(10);
    let server = Server::start(lane.host());
    let honest = plain(&lane, &server.address());
    let place = tempfile::tempdir().unwrap();
    let cache = place.path().join("cache");
    let (empty, asked_all) = cached(&lane, &server, &cache);
    assert_eq!(bytes_of(&empty), honest);
    let (full, asked_few) = cached(&lane, &server, &cache);
    assert_eq!(bytes_of(&full), honest);
    assert!(asked_few * 2 < asked_all, "{asked_few} of {asked_all} questions were put again");
    for (number, file) in entries(&cache).iter().enumerate() {
        if number % 2 == 0 {
            std::fs::remove_file(file).unwrap();
        }
    }
    let (half, asked_some) = cached(&lane, &server, &cache);
    assert_eq!(bytes_of(&half), honest);
    assert!(asked_few < asked_some && asked_some < asked_all, "{asked_few} {asked_some} {asked_all}");
    for file in entries(&cache) {
        let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
        assert!(!text.contains("a-token-of-the-job"), "{}", file.display());
    }
}

#[test]
fn a_cache_that_was_tampered_with_is_asked_again_and_never_believed() {
    let lane = extended(6);
    let server = Server::start(lane.host());
    let honest = plain(&lane, &server.address());
    let place = tempfile::tempdir().unwrap();
    let cache = place.path().join("cache");
    let (_, asked_all) = cached(&lane, &server, &cache);
    let spoil: [Spoil; 5] = [
        &|files| files.iter().for_each(|file| alter(file, |bytes| *bytes.last_mut().unwrap() ^= 1)),
        &|files| files.iter().for_each(|file| alter(file, |bytes| bytes.truncate(bytes.len() / 2))),
        &|files| files.iter().for_each(|file| std::fs::write(file, "").unwrap()),
        // Approvals where there were none, and everything that a reader of the format can rewrite.
        &|files| {
            files.iter().for_each(|file| {
                alter(file, |bytes| {
                    let text = String::from_utf8_lossy(bytes).replace("CHANGES_REQUESTED", "APPROVED");
                    *bytes = text.replace("kim-example", "robin-example").into_bytes();
                });
            });
        },
        // Each entry in the place of the next.
        &|files| {
            let contents: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
            for (file, other) in files.iter().zip(contents.iter().cycle().skip(1)) {
                std::fs::write(file, other).unwrap();
            }
        },
    ];
    for (number, spoil) in spoil.iter().enumerate() {
        spoil(&entries(&cache));
        let (audited, asked) = cached(&lane, &server, &cache);
        assert_eq!(bytes_of(&audited), honest, "{number}");
        assert!(asked > asked_all / 2, "{number}: {asked} of {asked_all}");
        let said = String::from_utf8_lossy(&audited.stderr).into_owned();
        assert_eq!(said.matches("the host is asked again").count(), 1, "{number}: {said}");
        let (mended, again) = cached(&lane, &server, &cache);
        assert_eq!(bytes_of(&mended), honest, "{number}");
        assert!(again < asked_all / 2, "{number}: what was spoiled is kept anew");
    }
}

fn alter(file: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(file).unwrap();
    change(&mut bytes);
    std::fs::write(file, bytes).unwrap();
}

#[test]
fn a_cache_of_another_clone_does_not_count() {
    let lane = extended(4);
    let server = Server::start(lane.host());
    let honest = plain(&lane, &server.address());
    let place = tempfile::tempdir().unwrap();
    let cache = place.path().join("cache");
    let (_, asked_all) = cached(&lane, &server, &cache);
    let key = lane.history.repository().path().join("portcullis/cache.key");
    std::fs::remove_file(key).unwrap();
    let (audited, asked) = cached(&lane, &server, &cache);
    assert_eq!((bytes_of(&audited), asked), (&honest[..], asked_all));
}

#[test]
fn an_audit_that_was_killed_goes_on_to_the_same_bytes() {
    let lane = extended(10);
    let server =
        Server::start(lane.host()).trick(EVERYWHERE, usize::MAX, Act::Delay(Duration::from_millis(8)));
    let honest = plain(&lane, &server.address());
    let place = tempfile::tempdir().unwrap();
    let cache = place.path().join("cache");
    // The moments are spread by the golden ratio, so that they are not those of a clock.
    for number in 0..8_u64 {
        let after = Duration::from_millis(60 + (number * 618_034 % 1_000_000) * 500 / 1_000_000);
        let mut running = command(&lane, &server.address(), &["--cache", cache.to_str().unwrap()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(after);
        running.kill().unwrap();
        running.wait().unwrap();
    }
    assert!(!entries(&cache).is_empty(), "nothing was kept before the audit was killed");
    let (resumed, asked) = cached(&lane, &server, &cache);
    assert_eq!(bytes_of(&resumed), honest);
    let fresh = place.path().join("fresh");
    let (_, asked_all) = cached(&lane, &server, &fresh);
    assert!(asked < asked_all, "{asked} of {asked_all}");
}

#[test]
fn what_cannot_be_a_cache_is_refused_and_one_that_cannot_be_used_is_not_missed() {
    let lane = extended(2);
    let server = Server::start(lane.host());
    let honest = plain(&lane, &server.address());
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("thesis.txt"), "mine").unwrap();
    let (refused, asked) = cached(&lane, &server, place.path());
    assert_eq!((refused.status.code(), asked), (Some(5), 0));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("holds something else than a cache"), "{said}");
    // A cache in a place where nothing can be made.
    let (audited, _) = cached(&lane, &server, Path::new("/proc/portcullis/cache"));
    assert_eq!(bytes_of(&audited), honest);
    let said = String::from_utf8_lossy(&audited.stderr).into_owned();
    assert!(said.contains("goes on without its cache"), "{said}");
}

#[test]
fn a_log_tells_what_is_done_and_nothing_under_quiet() {
    let lane = extended(2);
    let server = Server::start(lane.host());
    let quiet = command(&lane, &server.address(), &["--quiet"]).output().unwrap();
    assert_eq!(bytes_of(&quiet), plain(&lane, &server.address()));
    assert_eq!(String::from_utf8_lossy(&quiet.stderr), "");
}

/// A lane, its host, and the variables that name that to the program.
type Hosted = (Lane, Server<Box<dyn Site>>, [(String, String); 2]);

/// A host of another kind with some landings.
fn other_host(kind: &str) -> Hosted {
    let mut lane = Lane::with(find_host(kind).unwrap().policy());
    for how in [How::Merge, How::Squash, How::FastForward] {
        let mut draft = lane.open(lane.tip());
        let number = lane.fresh();
        lane.push(&mut draft, KIM, vec![Op::Slot(10, 1, format!("change {number}\n"))]);
        draft.approved();
        lane.land(vec![draft], how, &[], &[], "Land it");
    }
    let deployed = |id, environment: &str, commit| {
        let states = vec![("success".to_string(), minutes(300 + id as i64))];
        Deployed { id, revision: revision(commit).unwrap(), environment: environment.to_string(), states }
    };
    let site: Box<dyn Site> = match kind {
        "gitlab" => {
            let mut site = lane.on_gitlab();
            let listed = [("production", 1), ("Production", 2), ("staging", 3)];
            let listed = listed.map(|(environment, id)| deployed(id, environment, lane.baseline()));
            site.worlds[0].world.deployments = listed.to_vec();
            Box::new(site)
        }
        _ => Box::new(lane.on_gitea(Software::Gitea)),
    };
    let below = if kind == "gitlab" { "/api/v4" } else { "/api/v1" };
    let server = Server::start_below(below, site);
    let named = match kind {
        "gitlab" => [("CI_API_V4_URL", server.address()), ("GITLAB_TOKEN", "glpat-gate".to_string())],
        _ => [("GITEA_SERVER_URL", server.origin()), ("GITEA_TOKEN", "of-the-gate".to_string())],
    };
    (lane, server, named.map(|(name, value)| (name.to_string(), value)))
}

fn audit_other(kind: &str, lane: &Lane, named: &[(String, String)], more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().envs(named.iter().cloned()).current_dir(lane.directory());
    command.args(["audit", "--as-of", AS_OF, "--format", "json", "--host", kind]).args(ALL);
    command.args(["--repository", "example-org/data-upload"]).args(more).output().unwrap()
}

#[test]
fn other_hosts_are_kept_alike() {
    for kind in ["gitlab", "gitea"] {
        let (lane, server, named) = other_host(kind);
        let place = tempfile::tempdir().unwrap();
        let cache = place.path().join("cache");
        let with = ["--no-deployments", "--cache", cache.to_str().unwrap()];
        let honest = audit_other(kind, &lane, &named, &with[..1]);
        let said = String::from_utf8_lossy(&honest.stderr).into_owned();
        assert!([Some(0), Some(3)].contains(&honest.status.code()), "{kind}: {said}");
        let before = server.seen().len();
        let empty = audit_other(kind, &lane, &named, &with);
        let asked_all = server.seen().len() - before;
        let full = audit_other(kind, &lane, &named, &with);
        let asked_few = server.seen().len() - before - asked_all;
        assert!(
            !honest.stdout.is_empty() && honest.stdout == empty.stdout && empty.stdout == full.stdout,
            "{kind}"
        );
        assert!(asked_few < asked_all, "{kind}: {asked_few} of {asked_all}");
        for file in entries(&cache) {
            let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
            assert!(!text.contains("glpat-gate") && !text.contains("of-the-gate"), "{kind}");
        }
    }
}

#[test]
fn gitlab_lists_deployments_to_names_in_another_case_and_gitea_keeps_none() {
    let environments = |kind: &str| {
        let (lane, _server, named) = other_host(kind);
        let audited = audit_other(kind, &lane, &named, &["--environment", "production"]);
        let said = String::from_utf8_lossy(&audited.stderr).into_owned();
        serde_json::from_slice::<Value>(&audited.stdout).unwrap_or_else(|_| panic!("{kind}: {said}"))
    };
    let gitlab = environments("gitlab");
    let listed = gitlab["environments"][0]["on_host"].as_array().unwrap();
    let listed: Vec<_> =
        listed.iter().map(|one| (one["id"].as_str().unwrap(), one["record"].clone())).collect();
    assert_eq!(listed, [("1", Value::Null), ("2", Value::Null)]);
    let gitea = environments("gitea");
    assert_eq!(gitea["environments"][0]["on_host"], Value::Null);
    let gaps = gitea["gaps"].to_string();
    assert_eq!(gaps.matches("keeps no deployments").count(), 1, "{gaps}");
}
