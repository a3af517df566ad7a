//! `portcullis fleet` over the projects of a GitLab.

use crate::fleet::{ended, of, repository, verdict};
use portcullis_testkit::fleet::ORGANISATION;
use portcullis_testkit::gitlab::fleet::{GitLabFleetSite, TOKEN};
use portcullis_testkit::scene::find_host;
use portcullis_testkit::server::{Act, Server};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// Where the list of refs of a project is.
const REFS: &str = "service-0001.git/info/refs";

/// The media type of it.
const ADVERTISEMENT: &str = "application/x-git-upload-pack-advertisement";

fn policy() -> &'static str {
    find_host("gitlab").unwrap().policy()
}

fn start(count: usize, change: impl FnOnce(&mut GitLabFleetSite)) -> Server<GitLabFleetSite> {
    let mut site = GitLabFleetSite::of(count, policy());
    change(&mut site);
    Server::start_below("/api/v4", site)
}

fn command(directory: &Path, server: &Server<GitLabFleetSite>, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(directory);
    command.env("CI_API_V4_URL", server.address()).env("GITLAB_TOKEN", TOKEN);
    command.args(["fleet", "--host", "gitlab", "--quiet"]).args(more);
    command
}

/// A round over a group, in JSON, with its exit code.
fn round_of(group: &str, directory: &Path, server: &Server<GitLabFleetSite>, more: &[&str]) -> (i32, Value) {
    let fixed = ["--organisation", group, "--format", "json"];
    let output = command(directory, server, &[&fixed, more].concat()).output().unwrap();
    let value = serde_json::from_slice(&output.stdout);
    (output.status.code().unwrap(), value.unwrap_or_else(|_| panic!("{}", ended(&output).1)))
}

fn round(server: &Server<GitLabFleetSite>) -> (i32, Value) {
    round_of(ORGANISATION, TempDir::new().unwrap().path(), server, &[])
}

/// What a round over a group says, with its exit code.
fn said(group: &str, server: &Server<GitLabFleetSite>) -> (i32, String) {
    let directory = TempDir::new().unwrap();
    ended(&command(directory.path(), server, &["--organisation", group]).output().unwrap())
}

fn record(site: &mut GitLabFleetSite, name: &str) {
    let time = "2026-05-01T10:00:00Z".parse().unwrap();
    site.project(&of(name)).records.insert("production".to_string(), time);
}

fn answer(status: u16, kind: &str, body: &str) -> Act {
    let headers = vec![("content-type".to_string(), kind.to_string())];
    Act::Answer { status, headers, body: body.to_string() }
}

/// How a column of the second of two projects does where the host misbehaves at some paths.
fn told(column: &str, at: &str, act: Act) -> (i32, String) {
    let server = start(2, |site| record(site, "service-0001")).trick(at, usize::MAX, act);
    let (exit, seen) = round(&server);
    (exit, verdict(&seen, "service-0001", column).to_string())
}

#[test]
fn a_fleet_that_meets_everything_is_met_on_gitlab() {
    let server = start(60, |site| record(site, "service-0007"));
    let (exit, seen) = round(&server);
    assert_eq!((exit, &seen["in_scope"], &seen["unknown"]), (0, &60.into(), &0.into()), "{seen:#}");
    for column in ["policy", "protected-branch", "waivers"] {
        assert_eq!(verdict(&seen, "service-0001", column), "met");
    }
    assert_eq!(verdict(&seen, "service-0001", "records"), "exempt");
    assert_eq!(verdict(&seen, "service-0007", "records"), "met");
    let each = server.seen().len() as f64 / 60.0;
    assert!(each < 10.0, "{each} requests for each project");
    assert!(server.most_at_once() <= 8);
    // The token goes to the git server as a password, and asks for the oldest version of its protocol.
    let seen = server.seen();
    let asked = seen.iter().find(|seen| seen.path.contains(REFS)).unwrap();
    assert!(asked.header("authorization").unwrap().starts_with("Basic "));
    assert_eq!(asked.header("git-protocol"), None);
}

#[test]
fn each_kind_of_project_is_told_from_the_others_on_gitlab() {
    let server = start(9, |site| {
        site.project(&of("service-0000")).files.clear();
        site.project(&of("service-0001")).unprotect();
        site.project(&of("service-0002")).hidden = true;
        site.project(&of("service-0003")).archived = true;
        site.project(&of("service-0004")).empty = true;
        site.project(&of("service-0005")).lower_token();
        site.project(&of("service-0006")).hides_refs = true;
        site.project(&of("service-0007")).hides_code = true;
        let linked = site.project(&of("service-0008"));
        linked.files.clear();
        linked.odd_files.insert("portcullis.toml".to_string(), ("blob", "120000"));
    });
    let (exit, seen) = round(&server);
    assert_eq!((exit, &seen["in_scope"], &seen["looked_at"]), (3, &8.into(), &3.into()), "{seen:#}");
    let told =
        |name: &str| ["policy", "protected-branch", "records"].map(|column| verdict(&seen, name, column));
    assert_eq!(told("service-0000"), ["broken", "exempt", "exempt"]);
    assert_eq!(told("service-0001"), ["met", "broken", "exempt"]);
    assert_eq!(told("service-0002"), ["unproven", "unproven", "unproven"]);
    assert_eq!(told("service-0003"), ["nothing", "nothing", "nothing"]);
    assert_eq!(told("service-0005"), ["met", "unproven", "exempt"]);
    assert_eq!(told("service-0006"), ["met", "met", "unproven"]);
    assert_eq!(told("service-0007"), ["unproven", "unproven", "unproven"]);
    assert_eq!(told("service-0008")[0], "unproven");
    let text = seen.to_string();
    assert!(text.contains("You are not allowed to download code"), "{seen:#}");
    assert!(text.contains("the scope `read_repository` beside `read_api`"), "{seen:#}");
}

#[test]
fn a_group_holds_the_projects_of_the_groups_in_it() {
    let server = start(1, |site| {
        for path in ["example-org/payments/service-0001", "example-org/payments/inner/service-0002"] {
            site.add(path, policy());
        }
    });
    let directory = TempDir::new().unwrap();
    let (exit, seen) = round(&server);
    assert_eq!((exit, &seen["in_scope"]), (0, &3.into()), "{seen:#}");
    assert_eq!(verdict(&seen, "payments/inner/service-0002", "policy"), "met");
    let (exit, seen) = round_of("example-org/payments", directory.path(), &server, &[]);
    assert_eq!((exit, &seen["in_scope"], &seen["unknown"]), (0, &2.into(), &0.into()), "{seen:#}");
}

#[test]
fn a_server_below_a_path_has_its_git_server_there() {
    let site = GitLabFleetSite::of(2, policy());
    let server = Server::start_below("/gitlab/api/v4", site);
    let (exit, seen) = round(&server);
    assert_eq!((exit, &seen["unknown"]), (0, &0.into()), "{seen:#}");
    assert_eq!(server.count("/gitlab/example-org/service-0001.git/info/refs"), 1);
}

#[test]
fn attack_a_list_holds_a_project_outside_of_the_group() {
    let (outside, none) = ("which does not lie in the group", "is no path of a project");
    for (path, why) in
        [("example-organ/service-9999", outside), ("other/service-9999", outside), ("example-org", none)]
    {
        let server = start(2, |site| site.strays.push(path.to_string()));
        let (exit, text) = said(ORGANISATION, &server);
        assert!(exit == 3 && text.contains(path) && text.contains(why), "{exit} {text}");
        assert_eq!(server.count("/projects/"), 0);
    }
    let server = start(2, |_| ());
    let (exit, text) = said("example-org/../other", &server);
    assert!(exit == 3 && text.contains("Name the group by its path"), "{exit} {text}");
    assert!(server.seen().is_empty());
}

#[test]
fn attack_a_group_is_listed_with_less_than_there_is() {
    let page = |next: &str, pages: &str| Act::Answer {
        status: 200,
        headers: [("x-next-page", next), ("x-total-pages", pages)]
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .into(),
        body: r#"[{"id":1,"path_with_namespace":"example-org/service-0000","archived":false,"topics":[]}]"#
            .to_string(),
    };
    let shown = start(2, |_| ()).trick("/projects?include_subgroups", usize::MAX, page("", "1"));
    assert_eq!(said(ORGANISATION, &shown).0, 0, "the twin: a whole list");
    for act in [page("", "2"), page("3", "3"), Act::message(404, "404 Group Not Found", &[]), Act::CutBody] {
        let server = start(2, |_| ()).trick("/projects?include_subgroups", usize::MAX, act.clone());
        assert_eq!(said(ORGANISATION, &server).0, 3, "{act:?}");
    }
}

#[test]
fn attack_a_renamed_project_counts_twice_on_gitlab() {
    let server = start(2, |site| {
        let same = site.projects[&of("service-0000")].clone();
        site.projects.insert(of("old-name"), same);
    });
    let directory = TempDir::new().unwrap();
    std::fs::write(
        directory.path().join("list.txt"),
        format!("{}\n{}\nno project\n", of("service-0000"), of("old-name")),
    )
    .unwrap();
    let (exit, text) = ended(&command(directory.path(), &server, &["--list", "list.txt"]).output().unwrap());
    assert!(exit == 3 && text.contains("1 looked at, 2 unknown"), "{exit} {text}");
    assert!(
        text.contains("its path on the host is") && text.contains("no project on GitLab has such a path"),
        "{text}"
    );
}

#[test]
fn attack_a_rule_is_taken_away_between_two_rounds_of_gitlab() {
    let server = start(2, |_| ());
    let home = repository();
    assert_eq!(round_of(ORGANISATION, home.path(), &server, &["--record"]).0, 0);
    server.change(|site| site.project(&of("service-0001")).unprotect());
    let (exit, seen) = round_of(ORGANISATION, home.path(), &server, &["--record"]);
    assert_eq!((exit, verdict(&seen, "service-0001", "protected-branch")), (1, "broken"), "{seen:#}");
}

#[test]
fn attack_a_file_or_its_folder_is_answered_with_less_than_there_is_on_gitlab() {
    let unproven = (3, "unproven".to_string());
    let json = |body: &str| answer(200, "application/json", body);
    let (tip, file) = ("1".repeat(40), "service-0001/repository/files/portcullis.toml");
    let file = file.replace("example-org/", "example-org%2F");
    let blob = {
        let digest = portcullis_model::digest::Digest::of(policy().as_bytes());
        digest.hex()[..40].to_string()
    };
    let seen = |path: &str, size: u64, blob: &str, commit: &str, more: &str| {
        json(&format!(
            r#"{{"file_path":"{path}","size":{size},"encoding":"base64","content":"c2NoZW1hID0gMQ==","blob_id":"{blob}","commit_id":"{commit}"{more}}}"#
        ))
    };
    let own = "portcullis.toml";
    for act in [
        answer(404, "application/json", r#"{"message":"404 File Not Found"}"#),
        seen("other.toml", 10, &blob, &tip, ""),
        seen(own, 9999, &blob, &tip, ""),
        seen(own, 2_000_000, &blob, &tip, ""),
        seen(own, 10, &"4".repeat(40), &tip, ""),
        seen(own, 10, &blob, &"4".repeat(40), ""),
        seen(own, 10, &blob, &tip, r#","content_sha256":"00""#),
    ] {
        assert_eq!(told("policy", &file, act.clone()), unproven, "{act:?}");
    }
    // The text itself would be read: what is refused is all about it.
    assert_eq!(told("policy", &file, seen(own, 10, &blob, &tip, "")), (1, "broken".to_string()));
    let cut = Act::Answer {
        status: 200,
        headers: [("x-next-page", ""), ("x-total-pages", "2")]
            .map(|(name, value)| (name.into(), value.into()))
            .into(),
        body: "[]".to_string(),
    };
    let elsewhere = json(r#"[{"id":"5","name":"a","type":"blob","path":"docs/a","mode":"100644"}]"#);
    for act in [answer(404, "application/json", r#"{"message":"404 Tree Not Found"}"#), cut, elsewhere] {
        assert_eq!(told("policy", "service-0001/repository/tree", act.clone()), unproven, "{act:?}");
    }
    let branch = json(
        r#"{"name":"other","protected":true,"commit":{"id":"1111111111111111111111111111111111111111"}}"#,
    );
    assert_eq!(told("policy", "service-0001/repository/branches/main", branch), unproven);
}

#[test]
fn attack_a_list_of_refs_is_answered_with_less_than_there_is() {
    let unproven = (3, "unproven".to_string());
    let whole = start(2, |site| record(site, "service-0001"));
    let mut text = String::new();
    whole.change(|site| text = site.project(&of("service-0001")).advertisement());
    let record_line = text.find(" refs/portcullis/").unwrap() - 44;
    assert_eq!(told("records", "nowhere", Act::Close), (0, "met".to_string()));
    assert_eq!(told("records", REFS, answer(200, ADVERTISEMENT, &text)), (0, "met".to_string()));
    // Without its end, cut before the record, or with another branch in the place of the default one.
    for body in [&text[..text.len() - 4], &text[..record_line], "", "0000"] {
        assert_eq!(told("records", REFS, answer(200, ADVERTISEMENT, body)), unproven, "{body}");
    }
    for body in [
        text.replace("refs/heads/main\n", "refs/heads/mine\n"),
        text.replace("refs/portcullis", "refs\u{7}portcullis"),
    ] {
        assert_eq!(told("records", REFS, answer(200, ADVERTISEMENT, &body)), unproven, "{body}");
    }
    // So many that each costs a request, and no one records as many.
    let line = |number: usize| format!("{} refs/portcullis/deployments/a{number}\n", "2".repeat(40));
    let lines = |count: usize| (0..count).map(line).map(|line| format!("{:04x}{line}", line.len() + 4));
    let beside =
        |count| [&text[..record_line], &lines(count).collect::<String>(), &text[record_line..]].concat();
    assert_eq!(told("records", REFS, answer(200, ADVERTISEMENT, &beside(20))), (0, "met".to_string()));
    assert_eq!(told("records", REFS, answer(200, ADVERTISEMENT, &beside(1000))), unproven);
    for act in [
        answer(200, "text/plain", &text),
        answer(200, "application/json", "[]"),
        answer(401, "text/plain", "HTTP Basic: Access denied."),
        answer(404, "text/plain", "Not found"),
        answer(204, ADVERTISEMENT, ""),
        Act::CutBody,
    ] {
        assert_eq!(told("records", REFS, act.clone()), unproven, "{act:?}");
    }
    // A record is a commit, and the one that was asked for.
    let commits = "service-0001/repository/commits/2222";
    let other = format!(r#"{{"id":"{}","committed_date":"2026-05-01T10:00:00Z"}}"#, "5".repeat(40));
    for body in [other.as_str(), "{}"] {
        assert_eq!(told("records", commits, answer(200, "application/json", body)), unproven, "{body}");
    }
    assert_eq!(told("records", commits, answer(404, "application/json", "{}")), unproven);
}

/// What git itself writes about a repository with one record, and the commit that it is.
fn list_of_git(format: &str) -> (String, String) {
    let home = TempDir::new().unwrap();
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .current_dir(home.path());
        for who in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{who}_NAME"), "Kim Example")
                .env(format!("GIT_{who}_EMAIL"), "kim@example.test");
        }
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    git(&["init", "-q", "-b", "main", &format!("--object-format={format}")]);
    git(&["commit", "-q", "--allow-empty", "-m", "Begin"]);
    git(&["tag", "-a", "-m", "First", "v1"]);
    git(&["update-ref", "refs/portcullis/deployments/production", "HEAD"]);
    let commit = git(&["rev-parse", "HEAD"]).trim().to_string();
    (format!("001e# service=git-upload-pack\n0000{}", git(&["upload-pack", "--advertise-refs", "."])), commit)
}

#[test]
fn the_list_of_refs_that_git_itself_writes_is_read() {
    for format in ["sha1", "sha256"] {
        let (list, commit) = list_of_git(format);
        let found = format!(r#"{{"id":"{commit}","committed_date":"2026-05-01T12:00:00.000+02:00"}}"#);
        let server = start(2, |_| ()).trick(REFS, usize::MAX, answer(200, ADVERTISEMENT, &list));
        let server = server.trick(&commit, usize::MAX, answer(200, "application/json", &found));
        let (exit, seen) = round(&server);
        assert_eq!((exit, verdict(&seen, "service-0001", "records")), (0, "met"), "{seen:#}");
        assert!(seen.to_string().contains("2026-05-01T10:00:00Z"), "{seen:#}");
    }
}

#[test]
fn attack_the_list_of_refs_is_read_elsewhere() {
    let mut list = String::new();
    start(2, |site| list = site.project(&of("service-0001")).advertisement());
    // Elsewhere there is a list without a record, for everyone.
    let elsewhere = start(2, |_| ()).trick(REFS, usize::MAX, answer(200, ADVERTISEMENT, &list));
    let act = Act::Redirect { status: 302, to: elsewhere.origin() };
    assert_eq!(told("records", REFS, act), (3, "unproven".to_string()));
    let seen = elsewhere.seen();
    assert!(seen.iter().any(|seen| seen.path.contains(REFS)));
    assert!(seen.iter().all(|seen| seen.credentials().is_none()), "the token went to another server");
}
