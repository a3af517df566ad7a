//! The gate before a deployment on GitLab, Gitea and Forgejo: the real binary over HTTP, a real
//! repository, and a host on this machine that names the request of each commit in its own way.

use crate::support::gate::Verdict;
use git2::Oid;
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::gitea::forge::GiteaForge;
use portcullis_testkit::gitea::{GiteaEndpoint, Software};
use portcullis_testkit::gitlab::GitLabEndpoint;
use portcullis_testkit::gitlab::forge::GitLabForge;
use portcullis_testkit::history::Person;
use portcullis_testkit::lane::state::Op;
use portcullis_testkit::lane::{Draft, How, Lane, SAM};
use portcullis_testkit::scene::find_host;
use portcullis_testkit::server::{Server, Site};
use portcullis_testkit::stage::{KIM, revision};
use portcullis_testkit::world::{Deployed, World};
use std::process::Command;

/// A host, and the ways in which requests land on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    GitLab,
    Gitea,
    Forgejo,
}

const HOSTS: [On; 3] = [On::GitLab, On::Gitea, On::Forgejo];

impl On {
    fn kind(self) -> &'static str {
        match self {
            On::GitLab => "gitlab",
            On::Gitea => "gitea",
            On::Forgejo => "forgejo",
        }
    }

    fn software(self) -> Software {
        if self == On::Gitea { Software::Gitea } else { Software::Forgejo }
    }

    fn hows(self) -> &'static [How] {
        match self {
            On::GitLab => &[How::Merge, How::Squash, How::FastForward, How::SquashMerge],
            _ => &[How::Merge, How::Squash, How::FastForward, How::Rebase],
        }
    }

    /// The project of the demonstration on this host: what is deployed, and nothing else.
    fn begin(self) -> Lane {
        Lane::with(find_host(self.kind()).unwrap().policy())
    }

    /// Serves the branch as it is.
    fn serve(self, lane: &Lane) -> Server<Box<dyn Site>> {
        match self {
            On::GitLab => start(self, lane.on_gitlab()),
            _ => start(self, lane.on_gitea(self.software())),
        }
    }
}

fn start(on: On, site: impl Site) -> Server<Box<dyn Site>> {
    let below = if on == On::GitLab { "/api/v4" } else { "/api/v1" };
    Server::start_below(below, Box::new(site) as Box<dyn Site>)
}

fn command(on: On, lane: &Lane, server: &Server<Box<dyn Site>>, head: Oid) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(lane.directory());
    match on {
        On::GitLab => command.env("CI_API_V4_URL", server.address()).env("GITLAB_TOKEN", "glpat-gate"),
        _ => {
            let upper = on.kind().to_ascii_uppercase();
            command.env(format!("{upper}_SERVER_URL"), server.origin());
            command.env(format!("{upper}_TOKEN"), "of-the-gate")
        }
    };
    command.args(["check", "--environment", "production", "--host", on.kind()]);
    command.args(["--repository", "example-org/data-upload", "--head", &head.to_string()]);
    command
}

fn judge(on: On, lane: &Lane, server: &Server<Box<dyn Site>>, more: &[&str]) -> Verdict {
    Verdict::of(
        &command(on, lane, server, lane.tip()).args(["--format", "json"]).args(more).output().unwrap(),
    )
}

/// The branch judged from its first commit.
fn judge_whole(on: On, lane: &Lane) -> Verdict {
    judge(on, lane, &on.serve(lane), &["--base", &lane.baseline().to_string()])
}

/// A request that changes how records are loaded, pushed and approved by two people.
fn request(lane: &mut Lane, by: Person<'static>, commits: usize) -> Draft {
    let mut draft = lane.open(lane.tip());
    for _ in 0..commits {
        let number = lane.fresh();
        let op = Op::Slot(10 + number % 3, (number / 3 % 6) as usize, format!("change {number}\n"));
        lane.push(&mut draft, by, vec![op]);
    }
    draft.approved();
    draft
}

fn land(lane: &mut Lane, draft: Draft, how: How) -> Oid {
    let label = format!("{how:?} of a request");
    lane.land(vec![draft], how, &[], &[], &label);
    lane.tip()
}

/// One landing of each kind.
fn honest(on: On) -> Lane {
    let mut lane = on.begin();
    for how in on.hows() {
        let draft = request(&mut lane, KIM, 1);
        land(&mut lane, draft, *how);
    }
    lane
}

/// An honest branch with one more landing.
fn with_last(on: On, alter: impl FnOnce(&mut Lane)) -> Lane {
    let mut lane = honest(on);
    alter(&mut lane);
    lane
}

#[test]
fn an_honest_release_is_allowed_and_the_next_begins_at_its_record() {
    for on in HOSTS {
        let mut lane = honest(on);
        let server = on.serve(&lane);
        assert_eq!(judge(on, &lane, &server, &[]).exit, 2, "{on:?}: nothing says what is deployed");
        let base = lane.baseline().to_string();
        let first = judge(on, &lane, &server, &["--base", &base, "--record"]);
        assert_eq!(first.exit, 0, "{on:?}: {}", first.text);
        assert_eq!(first.json["judged"]["base"], base);
        let asked = server.seen();
        assert!(asked.iter().all(|seen| seen.method == "GET"), "{on:?}");
        let each = asked.len() / on.hows().len();
        assert!(each <= 25, "{on:?}: {} requests for {} landings", asked.len(), on.hows().len());
        // Two commits, by the ways that keep both of them.
        let deployed = lane.tip();
        for (how, commits) in [(How::Merge, 2), (How::Squash, 2), (How::FastForward, 1)] {
            let draft = request(&mut lane, SAM, commits);
            land(&mut lane, draft, how);
        }
        let server = on.serve(&lane);
        let second = judge(on, &lane, &server, &["--record"]);
        assert_eq!(second.exit, 0, "{on:?}: {}", second.text);
        assert_eq!(second.json["judged"]["base"], deployed.to_string());
        let verified = Command::new(env!("CARGO_BIN_EXE_portcullis"))
            .env_clear()
            .current_dir(lane.directory())
            .args(["record", "verify", "production"])
            .output()
            .unwrap();
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
        assert_eq!(judge(on, &lane, &server, &[]).exit, 3, "{on:?}: nothing is left to judge");
    }
}

#[test]
fn each_way_to_land_is_allowed_by_itself() {
    for on in HOSTS {
        for how in on.hows() {
            for commits in [1, 3] {
                let mut lane = on.begin();
                let draft = request(&mut lane, KIM, commits);
                land(&mut lane, draft, *how);
                let verdict = judge_whole(on, &lane);
                assert_eq!(verdict.exit, 0, "{on:?}, {how:?} of {commits}: {}", verdict.text);
            }
        }
    }
}

#[test]
fn a_landing_without_reviews_is_blocked_however_it_landed() {
    for on in HOSTS {
        for how in on.hows() {
            let lane = with_last(on, |lane| {
                let mut draft = request(lane, KIM, 1);
                draft.world.reviews.clear();
                land(lane, draft, *how);
            });
            judge_whole(on, &lane).expect(1, "required-reviews", "0 of 2");
        }
    }
}

#[test]
fn what_was_pushed_after_the_approvals_is_blocked() {
    for on in HOSTS {
        let late = |approved_again: bool| {
            let lane = with_last(on, |lane| {
                let mut draft = request(lane, KIM, 1);
                let reviews = draft.world.reviews.clone();
                let before = draft.head;
                let number = lane.fresh();
                lane.push(&mut draft, KIM, vec![Op::Slot(12, 5, format!("late {number}\n"))]);
                draft.approved();
                if !approved_again {
                    push_after(&mut draft.world, before, reviews);
                }
                land(lane, draft, How::Squash);
            });
            judge_whole(on, &lane)
        };
        late(false).expect(1, "required-reviews", "0 of 2");
        let twin = late(true);
        assert_eq!(twin.exit, 0, "{on:?}: {}", twin.text);
    }
}

/// The reviews are of the commit before the last push.
fn push_after(world: &mut World, before: Oid, reviews: Vec<portcullis_model::review::Review>) {
    let mut early = world.activity[0].clone();
    early.after = revision(before).unwrap();
    world.activity[0].at = portcullis_testkit::world::minutes(70);
    world.activity.insert(0, early);
    world.reviews = reviews;
}

#[test]
fn a_direct_push_is_blocked() {
    for on in HOSTS {
        let lane = with_last(on, |lane| {
            let number = lane.fresh();
            lane.direct(KIM, &[Op::Slot(11, 2, format!("straight in {number}\n"))], "Fix it");
        });
        judge_whole(on, &lane).expect(1, "reviewed-landings", "");
        assert_eq!(judge_whole(on, &honest(on)).exit, 0, "the twin");
    }
}

#[test]
fn a_squash_or_merge_that_brings_more_than_its_request_is_blocked() {
    for on in HOSTS {
        for how in on.hows().iter().filter(|how| **how != How::FastForward) {
            let lane = with_last(on, |lane| {
                let draft = request(lane, KIM, 1);
                let added = [Op::Slot(12, 5, "DELETE FROM records;\n".to_string())];
                lane.land(vec![draft], *how, &added, &[], "more than that");
            });
            judge_whole(on, &lane).expect(1, "reviewed-landings", "");
        }
    }
}

/// A request of another branch, or one that has not landed, explains nothing.
#[test]
fn a_request_that_did_not_land_here_explains_nothing() {
    for on in HOSTS {
        for alter in [
            |draft: &mut Draft| {
                draft.world.request.base_branch = portcullis_model::change::BranchName::new("next")
            },
            |draft: &mut Draft| draft.world.request.title = "not merged".to_string(),
        ] {
            let mut lane = with_last(on, |lane| {
                let mut draft = request(lane, KIM, 1);
                alter(&mut draft);
                land(lane, draft, How::Squash);
            });
            let last = lane.forge.worlds.last_mut().unwrap();
            if last.request.title == "not merged" {
                last.request.merged = None;
            }
            let verdict = judge_whole(on, &lane);
            assert_eq!(verdict.exit, 1, "{on:?}: {}", verdict.text);
        }
    }
}

#[test]
fn what_gitlab_withholds_of_a_release_leaves_it_undetermined() {
    use GitLabEndpoint as At;
    let on = On::GitLab;
    let lane = honest(on);
    let base = lane.baseline().to_string();
    let refuse = |endpoint, fault: AnswerFault| {
        let mut forge: GitLabForge = lane.on_gitlab();
        forge.worlds.iter_mut().for_each(|host| host.faults.push((endpoint, fault.clone())));
        judge(on, &lane, &start(on, forge), &["--base", &base])
    };
    let asked = [
        At::Project,
        At::Request,
        At::Approvals,
        At::Versions,
        At::Branch,
        At::CommitRequests,
        At::Statuses,
        At::Pipelines,
        At::Jobs,
        At::Members,
        At::User,
        At::Events,
        At::ProtectedBranches,
        At::ApprovalSettings,
        At::ApprovalRules,
        At::Deployments,
        At::Notes,
    ];
    // A release asks much: each endpoint refuses in one way, and the ways take turns.
    for (endpoint, status) in asked.into_iter().zip([401, 403, 404].into_iter().cycle()) {
        let verdict = refuse(endpoint, AnswerFault::Refuse(status, "Forbidden".to_string()));
        assert_eq!(verdict.exit, 3, "{endpoint:?} {status}: {}", verdict.text);
    }
    for endpoint in [At::CommitRequests, At::Approvals, At::Versions, At::Deployments] {
        let verdict = refuse(endpoint, AnswerFault::Text("<html>Sign in</html>".to_string()));
        assert_eq!(verdict.exit, 3, "{endpoint:?}: {}", verdict.text);
    }
    assert_eq!(judge_whole(on, &lane).exit, 0, "the twin");
}

#[test]
fn what_gitea_withholds_of_a_release_leaves_it_undetermined() {
    for on in [On::Gitea, On::Forgejo] {
        let lane = honest(on);
        let base = lane.baseline().to_string();
        let refuse = |endpoint, fault: AnswerFault| {
            let mut forge: GiteaForge = lane.on_gitea(on.software());
            forge.hosts.iter_mut().for_each(|host| host.faults.push((endpoint, fault.clone())));
            judge(on, &lane, &start(on, forge), &["--base", &base])
        };
        let idle = [GiteaEndpoint::Teams, GiteaEndpoint::Members];
        let asked = GiteaEndpoint::ALL.into_iter().filter(|endpoint| !idle.contains(endpoint));
        let asked = asked.chain([GiteaEndpoint::Landed]);
        for (endpoint, status) in asked.zip([401, 403].into_iter().cycle()) {
            let verdict = refuse(endpoint, AnswerFault::Refuse(status, "Forbidden".to_string()));
            assert_eq!(verdict.exit, 3, "{on:?} {endpoint:?} {status}: {}", verdict.text);
        }
        let verdict = refuse(GiteaEndpoint::Landed, AnswerFault::Text("<html>Sign in</html>".to_string()));
        assert_eq!(verdict.exit, 3, "{on:?}: {}", verdict.text);
        assert_eq!(judge_whole(on, &lane).exit, 0, "the twin");
    }
}

/// Anyone who can write can make a deployment on GitLab by its API: the record decides.
#[test]
fn a_commit_that_gitlab_has_deployed_without_a_record_blocks() {
    let on = On::GitLab;
    let mut lane = honest(on);
    let base = lane.baseline().to_string();
    let first = judge(on, &lane, &on.serve(&lane), &["--base", &base, "--record"]);
    assert_eq!(first.exit, 0, "{}", first.text);
    let recorded = lane.tip();
    for _ in 0..2 {
        let draft = request(&mut lane, KIM, 1);
        land(&mut lane, draft, How::Squash);
    }
    let deploy = |commit: Oid| {
        let mut forge = lane.on_gitlab();
        let deployed = Deployed::done(9, revision(commit).unwrap(), 200);
        forge.worlds[0].world.deployments.push(deployed);
        judge(on, &lane, &start(on, forge), &[])
    };
    let skipped = deploy(lane.landings[lane.landings.len() - 2].commit);
    assert_eq!(skipped.exit, 1, "{}", skipped.text);
    let twin = deploy(recorded);
    assert_eq!(twin.exit, 0, "{}", twin.text);
}

#[test]
fn the_token_of_a_gitlab_job_is_too_little_for_a_release() {
    let on = On::GitLab;
    let lane = honest(on);
    let base = lane.baseline().to_string();
    let mut forge = lane.on_gitlab();
    forge.worlds.iter_mut().for_each(|host| host.world.token = Some("glpat-gate".to_string()));
    let server = start(on, forge);
    let mut with_job = command(on, &lane, &server, lane.tip());
    with_job.env_remove("GITLAB_TOKEN").env("CI_JOB_TOKEN", "glcbt-1").args(["--format", "json"]);
    let verdict = Verdict::of(&with_job.args(["--base", &base]).output().unwrap());
    assert_eq!(verdict.exit, 3, "{}", verdict.text);
    assert!(verdict.text.contains("CI_JOB_TOKEN"), "{}", verdict.text);
    let twin = judge(on, &lane, &server, &["--base", &base]);
    assert_eq!(twin.exit, 0, "{}", twin.text);
}

/// Gitea names a request at the last commit of a series. The first ones of it are no direct pushes;
/// and a direct push is none of them.
#[test]
fn a_push_below_a_series_is_no_part_of_it() {
    for on in [On::Gitea, On::Forgejo] {
        for (how, text, subject) in [
            (How::Rebase, Some("straight in\n"), "Fix it"),
            // The same subject by the same person: it is taken for a commit of the series, and its
            // lines are left over.
            (How::Rebase, Some("straight in\n"), "Work on it"),
            (How::Squash, Some("straight in\n"), "Work on it"),
            (How::Rebase, None, ""),
        ] {
            let lane = with_last(on, |lane| {
                let mut draft = request(lane, KIM, 1);
                draft.approved();
                if let Some(text) = text {
                    lane.direct(KIM, &[Op::Slot(11, 5, text.to_string())], subject);
                }
                let more = request(lane, KIM, 3);
                land(lane, more, how);
            });
            let verdict = judge_whole(on, &lane);
            match text {
                Some(_) => verdict.expect(1, "reviewed-landings", ""),
                None => assert_eq!(verdict.exit, 0, "the twin: {}", verdict.text),
            }
        }
    }
}

/// What the series are is not known where the list of the request's commits is refused.
#[test]
fn a_series_whose_commits_are_not_shown_is_undetermined() {
    for on in [On::Gitea, On::Forgejo] {
        let mut lane = on.begin();
        let draft = request(&mut lane, KIM, 3);
        land(&mut lane, draft, How::Rebase);
        let mut forge: GiteaForge = lane.on_gitea(on.software());
        for host in &mut forge.hosts {
            host.faults
                .push((GiteaEndpoint::RequestCommits, AnswerFault::Refuse(403, "Forbidden".to_string())));
        }
        let verdict = judge(on, &lane, &start(on, forge), &["--base", &lane.baseline().to_string()]);
        assert_eq!(verdict.exit, 3, "{on:?}: {}", verdict.text);
    }
}
