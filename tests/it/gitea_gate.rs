//! The gate on Gitea and Forgejo, seen from outside: the real binary, a host on this machine.

use crate::support::gate::Verdict;
use portcullis_model::person::TeamName;
use portcullis_model::review::{Permission, Review};
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::gitea::{GiteaEndpoint, GiteaHost, GiteaRule, Software};
use portcullis_testkit::history::Edit;
use portcullis_testkit::scene::{FakeHost, Scene, find_host};
use portcullis_testkit::server::{Act, Server};
use portcullis_testkit::stage::KIM;
use portcullis_testkit::world::{minutes, person};
use serde_json::{Value, json};
use std::process::Command;

const BOTH: [(&str, Software); 2] = [("gitea", Software::Gitea), ("forgejo", Software::Forgejo)];

fn scene(kind: &str) -> Scene {
    Scene::honest(find_host(kind).unwrap()).unwrap()
}

/// The host of a scene, to be altered.
fn host_of(software: Software, scene: &Scene) -> GiteaHost {
    GiteaHost::new(software, scene.stage.world.clone())
}

fn serve(host: GiteaHost) -> Server<GiteaHost> {
    Server::start_below("/api/v1", host)
}

fn gate(scene: &Scene, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(scene.stage.directory()).args(arguments);
    command
}

/// `check` by a person, who names all of it.
fn check(kind: &str, scene: &Scene, server: &Server<GiteaHost>) -> Verdict {
    let repository = scene.stage.world.repository.as_str();
    let mut command = gate(
        scene,
        &["check", "--host", kind, "--repository", repository, "--request", "7", "--format", "json"],
    );
    let upper = kind.to_ascii_uppercase();
    command
        .env(format!("{upper}_SERVER_URL"), server.origin())
        .env(format!("{upper}_TOKEN"), "of-this-server");
    Verdict::of(&command.output().unwrap())
}

#[test]
fn an_honest_request_is_allowed_and_asked_for_sparingly() {
    for (kind, software) in BOTH {
        let scene = scene(kind);
        let server = serve(host_of(software, &scene));
        let verdict = check(kind, &scene, &server);
        assert_eq!(verdict.exit, 0, "{kind}: {}", verdict.text);
        assert_eq!(verdict.json["judged"]["head"], scene.stage.head().to_string());
        let seen = server.seen();
        assert!(
            seen.iter().all(|seen| seen.header("authorization") == Some("token of-this-server")),
            "{kind}"
        );
        assert!(seen.iter().all(|seen| seen.method == "GET"), "{kind}");
    }
}

/// Three reviewers, two teams, one page of commits.
#[test]
fn a_decision_takes_no_more_than_twenty_five_requests() {
    for (kind, software) in BOTH {
        let mut scene = scene(kind);
        let sam = person("sam-example", 15);
        let world = &mut scene.stage.world;
        let third = Review { id: 33.into(), reviewer: Some(sam.clone()), ..world.reviews[0].clone() };
        world.reviews.push(third);
        world.permissions.push((sam.clone(), Permission::Write));
        for team in ["example-org/data-protection", "example-org/release"] {
            world.teams.insert(TeamName::of_host(team), vec![sam.clone()]);
        }
        let policy = scene.policy.replace(
            "users = [\"alex-example\"]",
            "users = [\"alex-example\"]\nteams = [\"example-org/data-protection\", \"example-org/release\"]",
        );
        let outside = tempfile::tempdir().unwrap();
        let file = outside.path().join("policy.toml");
        std::fs::write(&file, policy).unwrap();
        let (server, file) = (serve(host_of(software, &scene)), file.display().to_string());
        let repository = scene.stage.world.repository.clone();
        let arguments = [
            "check",
            "--host",
            kind,
            "--repository",
            &repository,
            "--request",
            "7",
            "--policy",
            &file,
            "--format",
            "json",
        ];
        let server_variable = format!("{}_SERVER_URL", kind.to_ascii_uppercase());
        let output = gate(&scene, &arguments).env(server_variable, server.origin()).output().unwrap();
        let verdict = Verdict::of(&output);
        assert!(verdict.exit == 0, "{kind}: {}", verdict.text);
        let asked = server.seen().len();
        assert_eq!(server.count("/permission"), 3, "{kind}");
        assert_eq!((server.count("/teams/search"), server.count("/members")), (2, 2), "{kind}");
        assert!(asked <= 25, "{kind}: {asked}");
    }
}

#[test]
fn every_answer_that_is_withheld_leaves_the_change_undetermined() {
    for (kind, software) in BOTH {
        let scene = scene(kind);
        for endpoint in GiteaEndpoint::ALL {
            for status in [401, 403, 404, 500] {
                let alter = AnswerFault::Refuse(status, "Forbidden".into());
                let server = serve(host_of(software, &scene).with_fault(endpoint, alter));
                let verdict = check(kind, &scene, &server);
                // The policy names no team.
                let is_idle = matches!(endpoint, GiteaEndpoint::Teams | GiteaEndpoint::Members);
                let expected = if is_idle { 0 } else { 3 };
                assert_eq!(verdict.exit, expected, "{kind} {endpoint:?} {status}: {}", verdict.text);
                if status == 500 {
                    break;
                }
            }
        }
    }
}

#[test]
fn the_address_of_the_server_has_to_be_named() {
    for (kind, _) in BOTH {
        let scene = scene(kind);
        let repository = scene.stage.world.repository.as_str();
        let arguments = ["check", "--host", kind, "--repository", repository, "--request", "7"];
        let output = gate(&scene, &arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(&format!("set {}_SERVER_URL", kind.to_ascii_uppercase())), "{text}");
    }
}

#[test]
fn a_token_of_github_is_shown_to_no_gitea() {
    let scene = scene("gitea");
    let server = serve(host_of(Software::Gitea, &scene));
    let repository = scene.stage.world.repository.as_str();
    let arguments =
        ["check", "--host", "gitea", "--repository", repository, "--request", "7", "--format", "json"];
    let mut command = gate(&scene, &arguments);
    command.env("GITEA_SERVER_URL", server.origin());
    for variable in ["GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "FORGEJO_TOKEN"] {
        command.env(variable, "of-another-host");
    }
    let verdict = Verdict::of(&command.output().unwrap());
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    assert!(server.seen().iter().all(|seen| seen.header("authorization").is_none()));
}

#[test]
fn no_token_follows_a_redirect_to_another_origin() {
    let scene = scene("gitea");
    let (server, other) = (serve(host_of(Software::Gitea, &scene)), serve(host_of(Software::Gitea, &scene)));
    let server = server.trick("/reviews", 1, Act::Redirect { status: 307, to: other.origin() });
    let verdict = check("gitea", &scene, &server);
    assert_eq!(other.seen().len(), 1, "{}", verdict.text);
    assert!(other.seen().iter().all(|seen| seen.header("authorization").is_none()));
}

mod jobs {
    use super::*;

    /// What the runner says of itself.
    type Marks = &'static [(&'static str, &'static str)];

    const RUNNERS: [(&str, Software, Marks); 3] = [
        ("gitea", Software::Gitea, &[("GITEA_ACTIONS", "true")]),
        ("forgejo", Software::Forgejo, &[("FORGEJO_ACTIONS", "true"), ("GITEA_ACTIONS", "true")]),
        // An older runner of Forgejo says nothing, and neither does one of Gitea before 1.19.
        ("gitea", Software::Gitea, &[]),
    ];

    struct Job<'s> {
        scene: &'s Scene,
        event: &'static str,
        sha: String,
        reference: &'static str,
    }

    impl Job<'_> {
        fn payload(&self) -> Value {
            let (stage, world) = (&self.scene.stage, &self.scene.stage.world);
            json!({
                "action": "synchronized", "number": 7,
                "pull_request": {
                    "number": 7, "head": { "sha": stage.head().to_string(), "ref": "batches" },
                    "base": { "ref": "main", "sha": stage.base.to_string(), "repo": { "full_name": world.repository, "id": 100 } },
                },
                "repository": { "full_name": world.repository, "id": 100, "default_branch": "main" },
            })
        }

        fn command(&self, marks: Marks, server: &Server<GiteaHost>, arguments: &[&str]) -> Command {
            let file = self.scene.stage.directory().join("event.json");
            std::fs::write(&file, self.payload().to_string()).unwrap();
            let mut command = gate(self.scene, arguments);
            command
                .env("GITHUB_ACTIONS", "true")
                .env("GITHUB_SERVER_URL", server.origin())
                .env("GITHUB_API_URL", server.address())
                .env("GITHUB_REPOSITORY", &self.scene.stage.world.repository)
                .env("GITHUB_TOKEN", "of-the-job")
                .env("GITHUB_EVENT_NAME", self.event)
                .env("GITHUB_EVENT_PATH", file)
                .env("GITHUB_SHA", &self.sha)
                .env("GITHUB_REF", self.reference)
                .env("GITHUB_RUN_ID", "1001")
                .envs(marks.iter().copied());
            command
        }

        fn judge(&self, marks: Marks, server: &Server<GiteaHost>) -> Verdict {
            Verdict::of(&self.command(marks, server, &["check", "--format", "json"]).output().unwrap())
        }
    }

    fn pull_request(scene: &Scene) -> Job<'_> {
        let sha = scene.stage.head().to_string();
        Job { scene, event: "pull_request", sha, reference: "refs/pull/7/head" }
    }

    fn pull_request_target(scene: &Scene) -> Job<'_> {
        let sha = scene.stage.base.to_string();
        Job { scene, event: "pull_request_target", sha, reference: "refs/heads/main" }
    }

    #[test]
    fn a_job_needs_no_argument() {
        for (kind, software, marks) in RUNNERS {
            let scene = scene(kind);
            for job in [pull_request(&scene), pull_request_target(&scene)] {
                let server = serve(host_of(software, &scene));
                let verdict = job.judge(marks, &server);
                assert_eq!(verdict.exit, 0, "{kind} {}: {}", job.event, verdict.text);
                assert_eq!(verdict.json["judged"]["head"], scene.stage.head().to_string());
                let own = |seen: &portcullis_testkit::server::Seen| {
                    seen.header("authorization") == Some("token of-the-job")
                };
                assert!(server.seen().iter().all(own), "its token is for its own server");
            }
        }
    }

    #[test]
    fn a_commit_that_came_after_the_event_has_no_verdict_in_this_job() {
        let (kind, software, marks) = RUNNERS[0];
        let mut scene = scene(kind);
        let event = pull_request(&scene).payload();
        let kim = scene.stage.world.request.author.clone().unwrap();
        let early = scene.stage.head().to_string();
        scene
            .stage
            .push(KIM, &kim, &[Edit::Write("services/upload/load.sql", "DELETE FROM records;\n")])
            .unwrap();
        let server = serve(host_of(software, &scene));
        let job = Job { sha: early, ..pull_request(&scene) };
        let mut command = job.command(marks, &server, &["check", "--format", "json"]);
        std::fs::write(scene.stage.directory().join("event.json"), event.to_string()).unwrap();
        let verdict = Verdict::of(&command.output().unwrap());
        assert_ne!(verdict.exit, 0, "{}", verdict.text);
        assert_ne!(verdict.json["judged"]["head"], scene.stage.head().to_string(), "{}", verdict.text);
    }

    #[test]
    fn another_host_cannot_be_named_in_a_job() {
        for (kind, software, marks) in RUNNERS {
            let scene = scene(kind);
            let server = serve(host_of(software, &scene));
            let job = pull_request(&scene);
            let mut command = job.command(marks, &server, &["check", "--format", "json", "--host", "github"]);
            let verdict = Verdict::of(&command.output().unwrap());
            assert_eq!(verdict.exit, 3, "{kind}: {}", verdict.text);
            assert!(verdict.text.contains("and GitHub was named"), "{kind}: {}", verdict.text);
            assert_eq!(server.seen().len(), 0, "{kind}");
        }
    }

    /// An old runner of Forgejo does not say which of the two it is.
    #[test]
    fn a_forgejo_that_is_taken_for_a_gitea_is_named_by_a_person() {
        let scene = scene("forgejo");
        let job = pull_request(&scene);
        let server = serve(host_of(Software::Forgejo, &scene));
        let verdict = job.judge(&[], &server);
        assert_eq!(verdict.exit, 3, "{}", verdict.text);
        verdict.expect(3, "protected-branch", "does not have the form of Gitea");
        let mut command = job.command(&[], &server, &["check", "--format", "json", "--host", "forgejo"]);
        let verdict = Verdict::of(&command.output().unwrap());
        assert_eq!(verdict.exit, 0, "{}", verdict.text);
    }

    #[test]
    fn another_address_than_the_jobs_is_noted() {
        let scene = scene("gitea");
        let (server, other) =
            (serve(host_of(Software::Gitea, &scene)), serve(host_of(Software::Gitea, &scene)));
        let job = pull_request(&scene);
        let mut command = job.command(RUNNERS[0].2, &server, &["check", "--format", "json"]);
        let verdict = Verdict::of(&command.env("GITEA_SERVER_URL", other.origin()).output().unwrap());
        assert!(verdict.text.contains("GITEA_SERVER_URL"), "{}", verdict.text);
        assert_eq!(server.seen().len(), 0);
        let with_token = other.seen().iter().filter(|seen| seen.header("authorization").is_some()).count();
        assert_eq!(with_token, 0, "the token of the job is for the server of the job");
    }

    /// On GitHub a step can set these for later steps; it cannot set those that are named `GITHUB_`.
    #[test]
    fn a_step_on_github_does_not_turn_the_job_to_a_gitea_of_its_own() {
        let scene = scene("gitea");
        let job = pull_request(&scene);
        let judge = |set: &[(&str, &str)]| {
            let (github, other) =
                (serve(host_of(Software::Gitea, &scene)), serve(host_of(Software::Gitea, &scene)));
            let mut command = job.command(&[], &github, &["check", "--format", "json"]);
            command.env("GITHUB_API_URL", github.origin() + "/api/v3").envs(set.iter().copied());
            for (name, _) in set.iter().filter(|(_, value)| value.is_empty()) {
                command.env(name, other.origin());
            }
            (Verdict::of(&command.output().unwrap()), other.seen().len())
        };
        for set in [
            [("GITEA_ACTIONS", "true"), ("GITEA_SERVER_URL", "")],
            [("FORGEJO_ACTIONS", "true"), ("FORGEJO_SERVER_URL", "")],
            [("FORGEJO_API_URL", "x"), ("FORGEJO_SERVER_URL", "")],
        ] {
            let (verdict, asked) = judge(&set);
            assert_eq!((verdict.exit, asked), (3, 0), "{set:?}: {}", verdict.text);
            assert!(verdict.text.contains("names another server"), "{}", verdict.text);
        }
        let (verdict, asked) = judge(&[("GITEA_ACTIONS", "true")]);
        assert_eq!(
            (verdict.exit, asked),
            (0, 0),
            "the twin: the job's own server is asked: {}",
            verdict.text
        );
    }
}

mod verdicts {
    use super::*;

    fn verdict(change: impl Fn(&mut GiteaHost)) -> Verdict {
        let scene = scene("gitea");
        let mut host = host_of(Software::Gitea, &scene);
        change(&mut host);
        check("gitea", &scene, &serve(host))
    }

    #[test]
    fn what_lets_people_round_the_rule_is_named() {
        verdict(|host| host.rules[0].binds_administrators = false).expect(
            1,
            "protected-branch",
            "administrators",
        );
        verdict(|host| host.rules[0].unprotected_files = "**".into()).expect(
            1,
            "protected-branch",
            "every account that may write (for files",
        );
        verdict(|host| host.rules[0].push = true).expect(
            1,
            "protected-branch",
            "no rule requires a change request",
        );
        verdict(|host| host.rules.clear()).expect(1, "protected-branch", "none of the required rules");
        verdict(|host| host.rules[0] = GiteaRule { push_list: true, push: true, ..host.rules[0].clone() })
            .expect(3, "protected-branch", "shows no account on it");
        verdict(|_| ()).expect(0, "", "");
    }

    #[test]
    fn a_green_status_by_somebody_else_counts_for_nothing() {
        let verdict = verdict(|host| {
            let kim = host.world.request.author.clone();
            for check in &mut host.world.checks {
                check.producer = portcullis_model::check::Producer::Account(kim.clone());
            }
        });
        verdict.expect(1, "required-checks", "gitea-actions");
    }

    #[test]
    fn an_approval_that_was_taken_back_counts_for_nothing_although_an_older_one_is_there() {
        let verdict = verdict(|host| {
            let robin = host.world.reviews[0].clone();
            let against = portcullis_model::review::ReviewState::ChangesRequested;
            host.world.reviews.push(Review {
                id: 40.into(),
                state: against,
                submitted: Some(minutes(55)),
                ..robin
            });
        });
        assert_eq!(verdict.exit, 1, "{}", verdict.text);
        assert!(!verdict.findings("required-reviews", "broken").is_empty(), "{}", verdict.text);
    }

    #[test]
    fn an_approval_from_before_the_base_was_changed_counts_for_nothing() {
        let retargeted = |begun| {
            verdict(move |host: &mut GiteaHost| {
                host.begun = [(31.into(), minutes(begun)), (32.into(), minutes(begun))].into();
                let at = minutes(60);
                host.world
                    .events
                    .push(portcullis_testkit::world::Event { kind: "base_ref_changed".into(), at });
            })
        };
        // Whatever a review says of when it was given, it was submitted before.
        for begun in [1, 70] {
            assert_eq!(retargeted(begun).exit, 1, "{begun}");
        }
    }

    #[test]
    fn whoever_is_shown_a_part_is_told_what_is_missing() {
        let verdict = verdict(|host| host.is_administrator = false);
        assert_eq!(verdict.exit, 3, "{}", verdict.text);
        assert!(verdict.text.contains("administers the repository"), "{}", verdict.text);
    }

    #[test]
    fn facts_and_then_decide_say_the_same() {
        let scene = scene("forgejo");
        let server = serve(host_of(Software::Forgejo, &scene));
        let file = scene.stage.directory().join("facts.json");
        let repository = scene.stage.world.repository.clone();
        let name = file.display().to_string();
        let arguments =
            ["facts", "--host", "forgejo", "--repository", &repository, "--request", "7", "-o", &name];
        let gathered = gate(&scene, &arguments).env("FORGEJO_SERVER_URL", server.origin()).output().unwrap();
        assert!(gathered.status.success(), "{}", String::from_utf8_lossy(&gathered.stderr));
        let policy = scene.stage.directory().join("policy.toml");
        std::fs::write(&policy, scene.policy).unwrap();
        let decided =
            gate(&scene, &["decide", "--facts", &name, "--policy", "policy.toml", "--format", "json"])
                .output()
                .unwrap();
        assert_eq!(decided.status.code(), Some(0), "{}", String::from_utf8_lossy(&decided.stderr));
    }
}

#[test]
fn each_made_up_host_shows_its_own_kind() {
    for (kind, _) in BOTH {
        let host: &dyn FakeHost = find_host(kind).unwrap();
        assert_eq!(host.kind(), kind);
        assert!(host.policy().contains(&format!("creator = \"{kind}-actions\"")));
        let output =
            Command::new(env!("CARGO_BIN_EXE_portcullis")).args(["demo", "--host", kind]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{kind}: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
