//! Which CI system a job is of, and the laws of those that tell of a job by variables.

use super::*;
use portcullis_model::change::Revision;
use std::cell::Cell;

type Set = &'static [(&'static str, &'static str)];

thread_local!(static NOW: Cell<Set> = const { Cell::new(&[]) });

fn lookup(name: &str) -> Option<String> {
    let set = NOW.with(Cell::get);
    set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_string())
}

fn with(set: Set) -> Box<dyn CiJob> {
    NOW.with(|now| now.set(set));
    job_of(lookup)
}

#[test]
fn the_table_is_sorted() {
    assert!(TABLE.is_sorted_by(|a, b| a.name < b.name));
}

/// The variables, the system, and what statements call it.
const CASES: [(Set, Option<&str>, &str); 19] = [
    (&[], None, "local"),
    (&[("CI", "true")], None, "local"),
    (&[("GITHUB_ACTIONS", "true")], Some("github-actions"), "github-actions"),
    (&[("GITHUB_ACTIONS", "1")], None, "local"),
    (
        &[("GITHUB_ACTIONS", "true"), ("GITHUB_API_URL", "https://ghe.example.test/api/v3")],
        Some("github-actions"),
        "github-actions",
    ),
    (&[("GITHUB_ACTIONS", "true"), ("GITEA_ACTIONS", "true")], Some("gitea-actions"), "gitea-actions"),
    (&[("GITHUB_ACTIONS", "true"), ("FORGEJO_ACTIONS", "true")], Some("gitea-actions"), "gitea-actions"),
    (
        &[("GITHUB_ACTIONS", "true"), ("GITHUB_API_URL", "https://git.example.test/api/v1/")],
        Some("gitea-actions"),
        "gitea-actions",
    ),
    (&[("GITLAB_CI", "true")], Some("gitlab-ci"), "gitlab-ci"),
    (&[("TF_BUILD", "True")], Some("azure-pipelines"), "azure-pipelines"),
    (&[("CI", "true"), ("BITBUCKET_BUILD_NUMBER", "7")], Some("bitbucket-pipelines"), "bitbucket-pipelines"),
    (&[("CI", "true"), ("BUILDKITE", "true")], Some("buildkite"), "buildkite"),
    (&[("CI", "true"), ("CIRCLECI", "true")], Some("circleci"), "circleci"),
    (&[("ZUUL_UUID", "5e4d")], Some("zuul"), "zuul"),
    (&[("JENKINS_URL", "https://ci.example.test/")], Some("jenkins"), "local"),
    // A job of one system that drives another is of the first.
    (
        &[("GITHUB_ACTIONS", "true"), ("JENKINS_URL", "x"), ("TF_BUILD", "True")],
        Some("github-actions"),
        "github-actions",
    ),
    (&[("GITLAB_CI", "true"), ("CIRCLECI", "true"), ("BUILDKITE", "true")], Some("gitlab-ci"), "gitlab-ci"),
    (
        &[("TF_BUILD", "True"), ("ZUUL_UUID", "5e4d"), ("JENKINS_URL", "x")],
        Some("azure-pipelines"),
        "azure-pipelines",
    ),
    (&[("BUILDKITE", "false"), ("CIRCLECI", "1")], None, "local"),
];

#[test]
fn each_system_is_told_by_its_own_variables_and_at_most_one_is_here() {
    for (set, name, producer) in CASES {
        assert_eq!(with(set).producer().kind, producer, "{set:?}");
        let here: Vec<&str> =
            TABLE.iter().filter(|system| (system.is_here)(lookup)).map(|system| system.name).collect();
        assert_eq!(here, Vec::from_iter(name), "{set:?}");
        let has_ci = set.iter().any(|(name, _)| *name == "CI");
        let is_known = has_ci || !matches!(name, None | Some("gitlab-ci" | "jenkins"));
        assert_eq!(is_ci_by(lookup), is_known, "{set:?}");
    }
}

#[test]
fn every_system_of_the_table_is_told_by_some_case() {
    for system in TABLE {
        assert!(CASES.iter().any(|(_, name, _)| *name == Some(system.name)), "{}", system.name);
    }
}

const HEAD: &str = "1a2b3c4d5e1a2b3c4d5e1a2b3c4d5e1a2b3c4d5e";

/// A job of request 7, and where the head is told, the variable that tells it.
const OF_A_REQUEST: [(Set, Option<&str>); 7] = [
    (
        &[
            ("TF_BUILD", "True"),
            ("SYSTEM_PULLREQUEST_PULLREQUESTID", "7"),
            ("SYSTEM_PULLREQUEST_SOURCECOMMITID", HEAD),
            ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"),
            ("BUILD_SOURCEVERSION", "5e4d3c2b1a5e4d3c2b1a5e4d3c2b1a5e4d3c2b1a"),
            ("BUILD_REPOSITORY_NAME", "upload"),
            ("BUILD_REPOSITORY_PROVIDER", "TfsGit"),
        ],
        Some("SYSTEM_PULLREQUEST_SOURCECOMMITID"),
    ),
    (
        &[
            ("BITBUCKET_BUILD_NUMBER", "3"),
            ("BITBUCKET_PR_ID", "7"),
            ("BITBUCKET_COMMIT", HEAD),
            ("BITBUCKET_PR_DESTINATION_BRANCH", "main"),
            ("BITBUCKET_REPO_FULL_NAME", "acme/upload"),
        ],
        Some("BITBUCKET_COMMIT"),
    ),
    (
        &[
            ("BUILDKITE", "true"),
            ("BUILDKITE_PULL_REQUEST", "7"),
            ("BUILDKITE_COMMIT", HEAD),
            ("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "main"),
            ("BUILDKITE_REPO", "git@git.example.test:acme/upload.git"),
        ],
        Some("BUILDKITE_COMMIT"),
    ),
    (
        &[
            ("CIRCLECI", "true"),
            ("CIRCLE_PULL_REQUEST", "https://git.example.test/acme/upload/pull/7"),
            ("CIRCLE_SHA1", HEAD),
            ("CIRCLE_PROJECT_USERNAME", "acme"),
            ("CIRCLE_PROJECT_REPONAME", "upload"),
        ],
        Some("CIRCLE_SHA1"),
    ),
    (
        &[
            ("JENKINS_URL", "https://ci.example.test/"),
            ("CHANGE_ID", "7"),
            ("CHANGE_TARGET", "main"),
            ("GIT_COMMIT", HEAD),
            ("GIT_URL", "https://git.example.test/acme/upload.git"),
        ],
        Some("GIT_COMMIT"),
    ),
    (
        &[
            ("JENKINS_URL", "https://ci.example.test/"),
            ("GERRIT_CHANGE_NUMBER", "7"),
            ("GERRIT_BRANCH", "main"),
            ("GERRIT_PATCHSET_REVISION", HEAD),
            ("GERRIT_PROJECT", "acme/upload"),
        ],
        Some("GERRIT_PATCHSET_REVISION"),
    ),
    (&[("ZUUL_UUID", "5e4d"), ("ZUUL_CHANGE", "7"), ("ZUUL_BRANCH", "main")], None),
];

/// The laws of jobs that tell of themselves by variables.
#[test]
fn a_job_of_a_request_is_bound_to_the_head_that_it_tells() {
    for (set, head) in OF_A_REQUEST {
        let job = with(set);
        let about = job.about().unwrap();
        assert!(job.is_of_any_host() && about.contains("request 7"), "{about}");
        let event = job.event().unwrap();
        assert_eq!(event.is_some(), head.is_some(), "{set:?}");
        let Some(event) = event else { continue };
        let place = event.verdict_place(None).unwrap();
        assert_eq!((place.commit.as_str(), place.shown_on), (HEAD, ShownOn::Head), "{set:?}");
        assert_eq!((place.request.clone(), place.batch), (Some(7.into()), None));
        assert!(
            place.repository.ends_with("upload") && !place.repository.contains(':'),
            "{}",
            place.repository
        );
        // A gap about the host says what was found.
        if let Err(gap) = job.host_kind() {
            assert!(gap.detail.contains(&format!("request 7 at {HEAD}")), "{}", gap.detail);
            assert!(gap.remedy.contains("--host none --base"), "{}", gap.remedy);
        }
    }
}

/// Takes a variable out of a set, or gives it another value.
fn changed(set: Set, name: &str, value: Option<&'static str>) -> Set {
    let kept = set.iter().copied().filter(|(known, _)| *known != name);
    let given = value.map(|value| (set.iter().find(|(known, _)| *known == name).unwrap().0, value));
    kept.chain(given).collect::<Vec<_>>().leak()
}

#[test]
fn a_variable_that_is_not_set_or_names_no_commit_is_named() {
    for (set, head) in OF_A_REQUEST {
        let Some(head) = head else { continue };
        let error = with(changed(set, head, None)).event().err().unwrap();
        assert!(error.to_string().contains(head) && !error.is_usage(), "{error}");
        for text in ["HEAD", "1a2b3c4d5e6f"] {
            let event = with(changed(set, head, Some(text))).event().unwrap().unwrap();
            let gap = event.verdict_place(None).unwrap_err();
            assert!(gap.detail.contains(head) && gap.detail.contains(text), "{gap}");
        }
    }
}

#[test]
fn a_merge_where_the_head_should_be_is_recognised() {
    let parent = Revision::try_from("5".repeat(40)).unwrap();
    for (set, head) in OF_A_REQUEST {
        let Some(event) = with(set).event().unwrap() else { continue };
        let merge = |_: &Revision| Some(vec![parent.clone(), parent.clone()]);
        let says_checkout = matches!(head, Some("GIT_COMMIT" | "BUILDKITE_COMMIT"));
        assert_eq!(event.verdict_place(Some(&merge)).is_err(), says_checkout, "{head:?}");
        for honest in [&|_: &Revision| Some(vec![parent.clone()]), &(|_: &Revision| None) as Parents<'_>] {
            assert!(event.verdict_place(Some(honest)).is_ok(), "{head:?}");
        }
    }
}

#[test]
fn a_job_of_no_request_leaves_it_to_the_command_line() {
    for set in [
        &[("TF_BUILD", "True"), ("BUILD_REPOSITORY_PROVIDER", "GitHub")][..],
        &[("BITBUCKET_BUILD_NUMBER", "3"), ("BITBUCKET_COMMIT", HEAD)],
        &[("BUILDKITE", "true"), ("BUILDKITE_PULL_REQUEST", "false"), ("BUILDKITE_COMMIT", "HEAD")],
        &[("CIRCLECI", "true"), ("CIRCLE_SHA1", HEAD)],
        &[("JENKINS_URL", "x"), ("GIT_COMMIT", HEAD)],
        &[("ZUUL_UUID", "5e4d")],
    ] {
        let job = with(set);
        assert!(job.event().unwrap().is_none() && job.about().is_none(), "{set:?}");
        assert_eq!(job.host_kind().is_err(), set[0].0.starts_with("BITBUCKET"), "{set:?}");
    }
}

#[test]
fn the_recorder_is_who_the_system_that_is_here_names() {
    const USER: (&str, &str) = ("USER", "runner");
    for (set, name) in [
        (&[USER][..], "runner"),
        (&[], ""),
        (&[USER, ("GITHUB_ACTIONS", "true"), ("GITHUB_ACTOR", "kim"), ("CIRCLE_USERNAME", "mallory")], "kim"),
        (&[USER, ("CIRCLECI", "true"), ("CIRCLE_USERNAME", "kim"), ("GITHUB_ACTOR", "mallory")], "kim"),
        (&[USER, ("BUILDKITE", "true"), ("BUILDKITE_BUILD_CREATOR", "Kim Example")], "Kim Example"),
        (&[USER, ("TF_BUILD", "True"), ("BUILD_REQUESTEDFORID", "5e4d")], "5e4d"),
        (&[USER, ("JENKINS_URL", "x")], "runner"),
    ] {
        NOW.with(|now| now.set(set));
        assert_eq!(recorder_by(lookup).unwrap_or_default(), name, "{set:?}");
    }
}

#[test]
fn a_repository_is_the_path_of_its_address() {
    use by_variables::repository_of;
    for address in [
        "https://git.example.test/a/b.git",
        "git@git.example.test:a/b.git",
        "ssh://git@git.example.test:2222/a/b/",
    ] {
        assert_eq!(repository_of(address).as_deref(), Some("a/b"), "{address}");
    }
    for none in ["", "upload", "https://git.example.test", "https://git.example.test/"] {
        assert_eq!(repository_of(none), None, "{none}");
    }
}
