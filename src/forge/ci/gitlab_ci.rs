//! GitLab CI (GitLab docs, "Predefined CI/CD variables", "Types of pipelines", "CI/CD variable
//! precedence").
//!
//! Where a verdict is shown follows the source of the pipeline. A pipeline of a request is shown on
//! the head of the request, also where it runs on the merge of that head into the target
//! (`merged_result`): GitLab takes it for the head's pipeline if either its own commit or its
//! source commit is the head (`matches_sha_or_source_sha?`), and that is the pipeline that
//! "Pipelines must succeed" asks for. A pipeline of a merge train (`merge_train`) is of all
//! requests ahead as well: it is a batch.
//!
//! Every variable here can be set by whoever starts a pipeline with variables, and by a job that
//! ran before: predefined variables have the lowest precedence of all. So what they say is compared
//! with what the runner checked out, which it is told by other means, and with the host; and the
//! account of who started the pipeline is not taken from them.

use super::{
    BatchPlace, CiJob, CiSystem, EventError, HostKind, JobEvent, Parents, PlaceAdvice, ShownOn, Variables,
    VerdictPlace,
};
use crate::ci::event::WHAT;
use crate::gitlab;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::evidence::RunProducer;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::facts::Detour;
use portcullis_model::id::RequestId;
use std::path::PathBuf;

/// GitLab CI among the CI systems.
pub(super) static SYSTEM: CiSystem = CiSystem {
    name: "gitlab-ci",
    is_here: |variables| {
        let set = |name| variables(name).as_deref() == Some("true");
        set("GITLAB_CI") && !set("GITHUB_ACTIONS")
    },
    is_known_without_ci: false,
    job: |variables| Box::new(GitLabJob { variables }),
    recorder_variable: Some("GITLAB_USER_LOGIN"),
    other_address,
    run_link: |variables| variables("CI_JOB_URL"),
};

/// What to do where a job cannot judge what was asked for.
const ADVICE: PlaceAdvice = PlaceAdvice {
    request: "To judge a deployment, add `--environment NAME`. To judge a request that ends at this commit, add \
              `--request N`. For every other request, run the gate in a pipeline of the request: `rules: [{if: \
              $CI_PIPELINE_SOURCE == \"merge_request_event\"}]`.",
    deployment: "Deploy in a pipeline of the branch (`push`), which checks out what is deployed; or in one that a person or a \
                 timer starts (`web`, `schedule`), and name the commit with --head.",
};

/// The sources of pipelines (GitLab docs, "`CI_PIPELINE_SOURCE` predefined variable"), sorted, with
/// the commit that a verdict is shown on. Pipelines of requests are told by their variables.
const SOURCES: [(&str, ShownOn); 13] = [
    ("api", ShownOn::Tip),
    ("chat", ShownOn::Tip),
    ("external", ShownOn::Commit),
    ("merge_request_event", ShownOn::Head),
    ("ondemand_dast_scan", ShownOn::Tip),
    ("ondemand_dast_validation", ShownOn::Tip),
    ("parent_pipeline", ShownOn::Commit),
    ("pipeline", ShownOn::Tip),
    ("push", ShownOn::Commit),
    ("schedule", ShownOn::Tip),
    ("security_orchestration_policy", ShownOn::Tip),
    ("trigger", ShownOn::Tip),
    ("web", ShownOn::Tip),
];

struct GitLabJob {
    variables: Variables,
}

impl GitLabJob {
    fn variable(&self, name: &str) -> Option<String> {
        (self.variables)(name)
    }
}

impl CiJob for GitLabJob {
    fn producer(&self) -> RunProducer {
        let (run, workflow) = (self.variable("CI_PIPELINE_ID"), self.variable("CI_CONFIG_PATH"));
        RunProducer { kind: SYSTEM.name.to_string(), run, attempt: None, workflow }
    }

    fn host_kind(&self) -> Result<Option<&'static HostKind>, Gap> {
        Ok(Some(&gitlab::KIND))
    }

    fn server_url(&self) -> Option<String> {
        self.variable("CI_SERVER_URL")
    }

    /// The project of the request, where there is one: the pipeline of a fork runs in the fork.
    fn repository(&self) -> Option<String> {
        self.variable("CI_MERGE_REQUEST_PROJECT_PATH").or_else(|| self.variable("CI_PROJECT_PATH"))
    }

    fn branch(&self) -> Option<BranchName> {
        self.variable("CI_COMMIT_BRANCH").map(BranchName::from)
    }

    fn workspace(&self) -> Option<PathBuf> {
        self.variable("CI_PROJECT_DIR").map(PathBuf::from)
    }

    fn event(&self) -> Result<Option<Box<dyn JobEvent>>, EventError> {
        Ok(Some(Box::new(GitLabEvent::read(self.variables)?)))
    }
}

/// What a job says of itself.
struct GitLabEvent {
    source: String,
    commit: String,
    repository: String,
    variables: Variables,
}

impl GitLabEvent {
    fn read(variables: Variables) -> Result<GitLabEvent, EventError> {
        let need = |variable: &'static str| {
            variables(variable).ok_or(EventError::Unset { job: "a GitLab CI job", variable })
        };
        let project = variables("CI_MERGE_REQUEST_PROJECT_PATH");
        let repository = project.map_or_else(|| need("CI_PROJECT_PATH"), Ok)?;
        let (source, commit) = (need("CI_PIPELINE_SOURCE")?, need("CI_COMMIT_SHA")?);
        Ok(GitLabEvent { source, commit, repository, variables })
    }

    fn variable(&self, name: &str) -> Option<String> {
        (self.variables)(name)
    }

    fn revision(&self, name: &str, text: &str) -> Result<Revision, Gap> {
        Revision::try_from(text.to_string()).map_err(|_| contradicted(format!("{name} names no commit")))
    }

    /// Pipelines of requests, and child pipelines of theirs, have the number of the request.
    fn request(&self) -> Result<Option<RequestId>, Gap> {
        let Some(text) = self.variable("CI_MERGE_REQUEST_IID") else {
            return match self.source.as_str() {
                "merge_request_event" => Err(contradicted(
                    "CI_PIPELINE_SOURCE is `merge_request_event`, and CI_MERGE_REQUEST_IID is not set".into(),
                )),
                _ => Ok(None),
            };
        };
        if !matches!(self.source.as_str(), "merge_request_event" | "parent_pipeline") {
            let source = &self.source;
            return Err(contradicted(format!(
                "CI_PIPELINE_SOURCE is `{source}`, and CI_MERGE_REQUEST_IID is {text}"
            )));
        }
        let number: Option<u64> = text.parse().ok();
        let number = number.ok_or_else(|| contradicted("CI_MERGE_REQUEST_IID is no number".into()))?;
        Ok(Some(number.into()))
    }

    /// The kind of a request's pipeline (GitLab docs, `CI_MERGE_REQUEST_EVENT_TYPE`).
    fn is_train(&self) -> Result<bool, Gap> {
        match self.variable("CI_MERGE_REQUEST_EVENT_TYPE").as_deref() {
            Some("detached" | "merged_result") | None => Ok(false),
            Some("merge_train") => Ok(true),
            Some(other) => {
                let found =
                    format!("it is not known which commit a pipeline of the kind `{other}` is shown on");
                Err(Gap::new(WHAT, GapReason::Unsupported, found, ADVICE.request))
            }
        }
    }

    /// The head of the request. In plain pipelines of requests the variable is empty, and the
    /// pipeline runs on the head.
    fn head(&self, commit: &Revision, parents: Option<Parents<'_>>) -> Result<Revision, Gap> {
        const NAME: &str = "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA";
        let Some(text) = self.variable(NAME) else { return Ok(commit.clone()) };
        let head = self.revision(NAME, &text)?;
        let of_merge = parents.and_then(|parents| parents(commit));
        let is_merge = of_merge.is_none_or(|parents| parents.contains(&head));
        if head == *commit || is_merge {
            return Ok(head);
        }
        Err(contradicted(format!(
            "{NAME} is {}, and CI_COMMIT_SHA {} is no merge of it",
            head.short(),
            commit.short()
        )))
    }

    /// `refs/merge-requests/N/head`, `…/merge` or `…/train`, where the job says which.
    fn other_reference(&self, request: &RequestId) -> Option<String> {
        let said = self.variable("CI_MERGE_REQUEST_REF_PATH")?;
        let start = format!("refs/merge-requests/{request}/");
        (!said.starts_with(&start))
            .then(|| format!("CI_MERGE_REQUEST_IID is {request}, and CI_MERGE_REQUEST_REF_PATH is {said}"))
    }

    fn place(&self, commit: Revision, shown_on: ShownOn) -> VerdictPlace {
        VerdictPlace {
            commit,
            shown_on,
            repository: self.repository.clone(),
            request: None,
            batch: None,
            environments: self.variable("CI_ENVIRONMENT_NAME").into_iter().collect(),
            event: self.source.clone(),
            advice: ADVICE,
        }
    }

    fn batch(&self, commit: Revision, request: RequestId) -> Result<VerdictPlace, Gap> {
        let branch = self.variable("CI_MERGE_REQUEST_TARGET_BRANCH_NAME");
        let branch = branch.ok_or_else(|| {
            contradicted("the job does not say which branch the merge train is for".to_string())
        })?;
        let batch = BatchPlace { branch: BranchName::from(branch), request: Some(request) };
        Ok(VerdictPlace { batch: Some(batch), ..self.place(commit, ShownOn::Group) })
    }
}

impl JobEvent for GitLabEvent {
    fn verdict_place(&self, parents: Option<Parents<'_>>) -> Result<VerdictPlace, Gap> {
        let commit = self.revision("CI_COMMIT_SHA", &self.commit)?;
        let Some(request) = self.request()? else {
            let known = SOURCES.iter().find(|(source, _)| *source == self.source);
            let (_, shown_on) = known.ok_or_else(|| unknown_source(&self.source))?;
            return Ok(self.place(commit, *shown_on));
        };
        if let Some(why) = self.other_reference(&request) {
            return Err(contradicted(why));
        }
        if self.is_train()? {
            return self.batch(commit, request);
        }
        let head = self.head(&commit, parents)?;
        Ok(VerdictPlace { request: Some(request), ..self.place(head, ShownOn::Head) })
    }

    /// The runner is told by the job itself, and not by its variables, what to check out.
    fn checked_out(&self) -> Option<Revision> {
        Revision::try_from(self.commit.clone()).ok()
    }
}

fn contradicted(found: String) -> Gap {
    let remedy = "Find out which variable of the pipeline, the project or an earlier job replaces those of GitLab: the gate \
                  belongs in a job with `needs: []` whose definition the change cannot reach. If the job is honest, run it again.";
    Gap::new("what this job is of", GapReason::Contradiction, found, remedy)
}

fn unknown_source(source: &str) -> Gap {
    let found = format!("it is not known which commit a `{source}` pipeline is shown on");
    let remedy = "Run the gate in a pipeline of the request (`merge_request_event`).";
    Gap::new(WHAT, GapReason::Unsupported, found, remedy)
}

/// The variables of a job that name its server once more (GitLab docs, "Predefined CI/CD
/// variables").
const SERVERS: [&str; 7] = [
    "CI_JOB_URL",
    "CI_PIPELINE_URL",
    "CI_PROJECT_URL",
    "CI_REPOSITORY_URL",
    "CI_SERVER_FQDN",
    "CI_SERVER_HOST",
    "CI_SERVER_URL",
];

/// The address of the API, where another variable of the job names another server. Who replaces all
/// of them is not noticed here; the token of the gate is then of no use.
fn other_address(all: &[(String, String)]) -> Option<Detour> {
    let value = |name: &str| all.iter().find(|(given, _)| given == name);
    let (server, api) = (value("CI_SERVER_URL")?, value("CI_API_V4_URL")?);
    let plain = |url: &str| url.trim_end_matches('/').to_ascii_lowercase();
    let own = format!("{}/api/v4", plain(&server.1));
    let host = host_of(&api.1);
    let is_other = |name: &str| value(name).is_some_and(|(_, told)| host_of(told) != host);
    (own != plain(&api.1) || SERVERS.iter().any(|name| is_other(name))).then(|| super::detours::detour(api))
}

/// The host of an address, in lower case, without a user, a port and a path.
fn host_of(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.split(':').next().unwrap_or_default(),
    };
    host.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    thread_local!(static JOB: RefCell<BTreeMap<String, String>> = const { RefCell::new(BTreeMap::new()) });

    fn variable(name: &str) -> Option<String> {
        JOB.with(|job| job.borrow().get(name).cloned()).filter(|value| !value.is_empty())
    }

    fn sha(digit: char) -> String {
        digit.to_string().repeat(40)
    }

    fn place(set: &[(&str, &str)], parents: Option<&[char]>) -> Result<VerdictPlace, Gap> {
        let mut all: BTreeMap<String, String> = [
            ("GITLAB_CI", "true"),
            ("CI_PIPELINE_SOURCE", "merge_request_event"),
            ("CI_PROJECT_PATH", "group/project"),
            ("CI_MERGE_REQUEST_IID", "7"),
            ("CI_MERGE_REQUEST_PROJECT_PATH", "group/project"),
            ("CI_MERGE_REQUEST_EVENT_TYPE", "detached"),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ]
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .into();
        all.insert("CI_COMMIT_SHA".into(), sha('a'));
        all.extend(set.iter().map(|(name, value)| (name.to_string(), value.to_string())));
        JOB.with(|job| job.replace(all));
        let known: Option<Vec<Revision>> =
            parents.map(|digits| digits.iter().map(|it| Revision::try_from(sha(*it)).unwrap()).collect());
        let lookup = |_: &Revision| known.clone();
        let event = GitLabEvent::read(variable).unwrap();
        event.verdict_place(Some(&lookup))
    }

    #[test]
    fn a_pipeline_of_a_request_is_shown_on_its_head() {
        let detached = place(&[("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "")], None).unwrap();
        assert_eq!((detached.commit.as_str(), detached.shown_on), (sha('a').as_str(), ShownOn::Head));
        assert_eq!(detached.request, Some(7.into()));
        let head = sha('c');
        let merged = [
            ("CI_MERGE_REQUEST_EVENT_TYPE", "merged_result"),
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", head.as_str()),
        ];
        let shown = place(&merged, Some(&['b', 'c'])).unwrap();
        assert_eq!((shown.commit.as_str(), shown.shown_on), (head.as_str(), ShownOn::Head));
        assert_eq!(place(&merged, None).unwrap().commit.as_str(), head, "a clone without the merge");
        assert!(place(&merged, Some(&['b', 'd'])).is_err(), "a head that was not merged");
        let child = place(&[("CI_PIPELINE_SOURCE", "parent_pipeline")], None).unwrap();
        assert_eq!(child.request, Some(7.into()));
    }

    #[test]
    fn the_pipeline_of_a_fork_judges_the_project_of_the_request() {
        let fork = place(&[("CI_PROJECT_PATH", "kim/project")], None).unwrap();
        assert_eq!(fork.repository, "group/project");
    }

    #[test]
    fn a_merge_train_is_a_batch() {
        let train = place(&[("CI_MERGE_REQUEST_EVENT_TYPE", "merge_train")], None).unwrap();
        assert_eq!((train.shown_on, &train.request), (ShownOn::Group, &None));
        let batch = train.batch.unwrap();
        assert_eq!((batch.branch.as_str(), batch.request), ("main", Some(7.into())));
        assert!(place(&[("CI_MERGE_REQUEST_EVENT_TYPE", "another")], None).is_err());
    }

    #[test]
    fn every_other_source_has_an_answer() {
        assert!(SOURCES.is_sorted_by(|a, b| a.0 < b.0));
        for (source, shown_on) in SOURCES.iter().filter(|(source, _)| *source != "merge_request_event") {
            let seen = place(&[("CI_PIPELINE_SOURCE", source), ("CI_MERGE_REQUEST_IID", "")], None).unwrap();
            assert_eq!(
                (seen.shown_on, seen.commit.as_str(), seen.request),
                (*shown_on, sha('a').as_str(), None)
            );
        }
        assert!(place(&[("CI_PIPELINE_SOURCE", "odd"), ("CI_MERGE_REQUEST_IID", "")], None).is_err());
    }

    #[test]
    fn claims_that_contradict_each_other_leave_no_verdict() {
        for set in [
            &[("CI_MERGE_REQUEST_IID", "")][..],
            &[("CI_MERGE_REQUEST_IID", "seven")],
            &[("CI_PIPELINE_SOURCE", "push")],
            &[("CI_COMMIT_SHA", "main")],
            &[("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "main")],
            &[("CI_MERGE_REQUEST_REF_PATH", "refs/merge-requests/8/head")],
        ] {
            assert!(place(set, None).is_err(), "{set:?}");
        }
        assert!(place(&[("CI_MERGE_REQUEST_REF_PATH", "refs/merge-requests/7/head")], None).is_ok());
    }

    #[test]
    fn an_address_that_another_variable_contradicts_is_noted() {
        let noted = |set: &[(&str, &str)]| {
            let all: Vec<(String, String)> =
                set.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
            other_address(&all).is_some()
        };
        let own = [
            ("CI_SERVER_URL", "https://gitlab.example.test:8443"),
            ("CI_API_V4_URL", "https://gitlab.example.test:8443/api/v4"),
            ("CI_SERVER_HOST", "gitlab.example.test"),
            ("CI_SERVER_FQDN", "gitlab.example.test:8443"),
            ("CI_PROJECT_URL", "https://GitLab.example.test:8443/group/project"),
            ("CI_REPOSITORY_URL", "https://gitlab-ci-token:x@gitlab.example.test:8443/group/project.git"),
        ];
        assert!(!noted(&own), "the twin");
        let fake = [("CI_SERVER_URL", "https://fake.test"), ("CI_API_V4_URL", "https://fake.test/api/v4")];
        assert!(!noted(&fake), "nothing contradicts it");
        for other in &own[2..] {
            assert!(noted(&[fake[0], fake[1], *other]), "{other:?}");
        }
        assert!(noted(&[own[0], fake[1]]));
    }

    #[test]
    fn the_account_is_not_taken_from_variables() {
        JOB.with(|job| job.replace([("GITLAB_USER_LOGIN".to_string(), "kim".to_string())].into()));
        assert_eq!(GitLabJob { variables: variable }.actor(), None);
    }
}
