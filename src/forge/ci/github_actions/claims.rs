//! What a job claims, compared with itself: two claims that cannot both be true leave the job
//! without a verdict.
//!
//! A step of the job can rewrite the event file, but not the variables of GitHub's runner (GitHub
//! docs, "Variables reference": the default variables named `GITHUB_*` and `RUNNER_*` cannot be
//! overwritten). Where both speak of one thing they have to agree. What is not said is not
//! compared.

use super::event_file::EventFile;
use crate::ci::{Parents, ShownOn};
use portcullis_model::change::Revision;
use serde_json::Value;

/// What each event's file holds, and no other's: the key at its top.
const HALLMARKS: [(&str, &str); 12] = [
    ("check_run", "check_run"),
    ("check_suite", "check_suite"),
    ("deployment", "deployment"),
    ("deployment_status", "deployment_status"),
    ("issue_comment", "comment"),
    ("merge_group", "merge_group"),
    ("pull_request", "pull_request"),
    ("pull_request_review", "pull_request"),
    ("pull_request_review_comment", "pull_request"),
    ("pull_request_target", "pull_request"),
    ("release", "release"),
    ("workflow_run", "workflow_run"),
];

type Claim = fn(&EventFile) -> Option<String>;

/// Each looks at one thing that is said twice.
const CLAIMS: [Claim; 9] = [
    other_event,
    other_reference,
    other_queue,
    other_commit,
    other_repository,
    other_repository_number,
    other_branches,
    other_run,
    other_workflow,
];

/// The first contradiction among the claims of a job, as a sentence.
pub(super) fn contradiction(job: &EventFile) -> Option<String> {
    CLAIMS.iter().find_map(|claim| claim(job))
}

/// The test merge of a request (`refs/pull/N/merge`) has the head as a parent. Whoever exchanges
/// the head in the event file cannot exchange it there: `GITHUB_SHA` is a digest over it. A merge
/// that is not in this clone is not compared.
pub(super) fn other_merge(job: &EventFile, parents: Parents<'_>, shown_on: ShownOn) -> Option<String> {
    if shown_on != ShownOn::Head || job.event == "pull_request_target" {
        return None;
    }
    let head = &job.request.as_ref()?.head.sha;
    let merge = Revision::try_from(job.variable("GITHUB_SHA")?).ok()?;
    let parents = parents(&merge)?;
    (merge != *head && !parents.contains(head)).then(|| {
        format!(
            "the event file says that the head is {}, and GITHUB_SHA {} is no merge of it",
            head.short(),
            merge.short()
        )
    })
}

fn other_event(job: &EventFile) -> Option<String> {
    let event = &job.event;
    let expected = HALLMARKS.iter().find(|(name, _)| name == event).map(|(_, key)| *key);
    let holds = |key: &str| job.payload.get(key).is_some_and(|value| !value.is_null());
    let missing = expected.filter(|key| !holds(key));
    let others = ["pull_request", "merge_group", "workflow_run"];
    // A deployment that a job of another run made names that run.
    let may_hold =
        |key: &str| key == "workflow_run" && expected.is_some_and(|own| own.starts_with("deployment"));
    let foreign = others.into_iter().find(|key| Some(*key) != expected && holds(key) && !may_hold(key));
    match (missing, foreign) {
        (Some(key), _) => {
            Some(format!("GITHUB_EVENT_NAME is `{event}`, and the event file holds no `{key}`"))
        }
        (None, Some(key)) => {
            Some(format!("GITHUB_EVENT_NAME is `{event}`, and the event file holds a `{key}`"))
        }
        (None, None) => None,
    }
}

/// `refs/heads/gh-readonly-queue/BASE/pr-N-SHA` for a merge group, and nothing else: who exchanges
/// the branch in the event file cannot exchange it there.
fn other_queue(job: &EventFile) -> Option<String> {
    let (group, said) = (job.payload.get("merge_group")?, job.variable("GITHUB_REF")?);
    let of = |key: &str| group.get(key).and_then(Value::as_str);
    if let Some(head) = of("head_ref").filter(|head| *head != said) {
        return Some(format!("the event file is of the merge group {head}, and GITHUB_REF is {said}"));
    }
    let branch = of("base_ref")?.trim_start_matches("refs/heads/");
    let is_of = said.starts_with(&format!("refs/heads/gh-readonly-queue/{branch}/pr-"));
    (!is_of).then(|| format!("the event file is of a merge group for {branch}, and GITHUB_REF is {said}"))
}

/// `refs/pull/N/merge` for events of a request (Gitea: `…/head`); with `pull_request_target` a
/// branch.
fn other_reference(job: &EventFile) -> Option<String> {
    let (request, said) = (job.request.as_ref()?, job.variable("GITHUB_REF")?);
    let number = request.number;
    let agrees = match job.event.as_str() {
        "pull_request_target" => said.starts_with("refs/heads/"),
        _ => [format!("refs/pull/{number}/merge"), format!("refs/pull/{number}/head")].contains(&said),
    };
    (!agrees).then(|| format!("the event file is of request {number}, and GITHUB_REF is {said}"))
}

/// `GITHUB_SHA` is a commit, and the one that the event is about, where the file says which.
fn other_commit(job: &EventFile) -> Option<String> {
    let said = job.variable("GITHUB_SHA")?;
    if Revision::try_from(said.clone()).is_err() {
        return Some("GITHUB_SHA names no commit".to_string());
    }
    // The push of an annotated tag names the tag in `after`, and its commit in `GITHUB_SHA`.
    let branch = job.text("/ref").is_some_and(|name| name.starts_with("refs/heads/"));
    let pointer = match job.event.as_str() {
        "push" if branch => "/after",
        "merge_group" => "/merge_group/head_sha",
        "deployment" | "deployment_status" => "/deployment/sha",
        _ => return None,
    };
    difference("GITHUB_SHA", &said, job.text(pointer)?, pointer)
}

fn other_repository(job: &EventFile) -> Option<String> {
    let named = &job.repository;
    let places = ["/repository/full_name", "/pull_request/base/repo/full_name"];
    let said = places.into_iter().filter_map(|place| Some((place, job.text(place)?)));
    let other = said.into_iter().find(|(_, said)| !said.eq_ignore_ascii_case(named));
    let owner = job.variable("GITHUB_REPOSITORY_OWNER");
    let owned = |owner: &String| named.split('/').next().is_some_and(|own| own.eq_ignore_ascii_case(owner));
    match (other, owner.filter(|owner| !owned(owner))) {
        (Some((place, said)), _) => difference("GITHUB_REPOSITORY", named, said, place),
        (None, Some(owner)) => {
            Some(format!("GITHUB_REPOSITORY is {named}, and GITHUB_REPOSITORY_OWNER is {owner}"))
        }
        (None, None) => None,
    }
}

fn other_repository_number(job: &EventFile) -> Option<String> {
    let said = job.variable("GITHUB_REPOSITORY_ID")?;
    let places = ["/repository/id", "/pull_request/base/repo/id"];
    places.into_iter().find_map(|place| {
        let number = job.payload.pointer(place).and_then(Value::as_u64)?;
        difference("GITHUB_REPOSITORY_ID", &said, &number.to_string(), place)
    })
}

/// Set for `pull_request` and `pull_request_target` only.
fn other_branches(job: &EventFile) -> Option<String> {
    let places =
        [("GITHUB_BASE_REF", "/pull_request/base/ref"), ("GITHUB_HEAD_REF", "/pull_request/head/ref")];
    places
        .into_iter()
        .find_map(|(name, place)| difference(name, &job.variable(name)?, job.text(place)?, place))
}

/// Run and attempt are numbers from 1, and a `workflow_run` is of another run.
fn other_run(job: &EventFile) -> Option<String> {
    for name in ["GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT"] {
        let said = job.variable(name);
        if said.as_ref().is_some_and(|said| !said.parse::<u64>().is_ok_and(|number| number > 0)) {
            return Some(format!("{name} is no number of a run"));
        }
    }
    let (own, of) = (job.variable("GITHUB_RUN_ID")?, job.payload.pointer("/workflow_run/id")?.as_u64()?);
    (own == of.to_string())
        .then(|| "GITHUB_RUN_ID is the run that the `workflow_run` event is of".to_string())
}

/// A workflow that comes from the request itself comes from this request. A required workflow
/// belongs to a branch.
fn other_workflow(job: &EventFile) -> Option<String> {
    let (request, said) = (job.request.as_ref()?, job.variable("GITHUB_WORKFLOW_REF")?);
    let (_, reference) = said.rsplit_once("@refs/pull/")?;
    let number = reference.split('/').next().unwrap_or_default();
    (number != request.number.to_string()).then(|| {
        format!("the event file is of request {}, and GITHUB_WORKFLOW_REF is {said}", request.number)
    })
}

fn difference(name: &str, claimed: &str, said: &str, pointer: &str) -> Option<String> {
    let place = pointer.trim_start_matches('/').replace('/', ".");
    (!claimed.eq_ignore_ascii_case(said))
        .then(|| format!("{name} is {claimed}, and the event file says {said} (`{place}`)"))
}
