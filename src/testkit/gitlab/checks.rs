//! Pipelines, jobs and statuses.

use super::routes::Query;
use super::{GitLabWorld, PROJECT};
use crate::world::{minutes, number};
use portcullis_model::change::Revision;
use portcullis_model::check::{Check, Conclusion, Producer};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The first number of a pipeline.
const FIRST: u64 = 5000;

/// A pipeline that some of the checks are jobs of.
struct MadePipeline {
    id: u64,
    sha: Revision,
    source: String,
    reference: String,
}

impl GitLabWorld {
    /// A check by an app is a job if the app is the host's own CI system.
    fn source_of(&self, check: &Check) -> Option<String> {
        match &check.producer {
            Producer::App { slug, .. } if slug == "github-actions" => Some("merge_request_event".to_string()),
            Producer::Pipeline { source, .. } => Some(source.clone()),
            _ => None,
        }
    }

    /// The pipeline of a check. Runs of one workflow with different numbers are different
    /// pipelines.
    fn pipeline_of(&self, check: &Check) -> Option<MadePipeline> {
        let source = self.source_of(check)?;
        let run = self.world.workflow_runs.get(&check.id).map_or(0, |run| run.number);
        let merge = self.merges.iter().find(|(_, parents)| parents.contains(&check.head));
        let sha = merge.map_or(&check.head, |(merge, _)| merge).clone();
        let kind = if merge.is_some() { "merge" } else { "head" };
        let reference = match source.as_str() {
            "merge_request_event" => format!("refs/merge-requests/{}/{kind}", self.world.request.id),
            _ => self.world.head_branch().to_string(),
        };
        let offset: u64 = source.bytes().map(u64::from).sum::<u64>() % 97;
        Some(MadePipeline { id: FIRST + 100 * offset + run, sha, source, reference })
    }

    fn pipelines(&self) -> BTreeMap<u64, MadePipeline> {
        let all = self.world.checks.iter().filter_map(|check| self.pipeline_of(check));
        all.map(|pipeline| (pipeline.id, pipeline)).collect()
    }

    pub(super) fn pipeline_bodies(&self, query: Query<'_>) -> Vec<Value> {
        let sha = query.iter().find(|(key, _)| key == "sha").map(|(_, value)| value.as_str());
        let pipelines = self.pipelines();
        // Child pipelines are only listed where they are asked for.
        const CHILD: &str = "parent_pipeline";
        let children = query.iter().any(|(key, value)| key == "source" && value == CHILD);
        let wanted = pipelines.values().filter(|it| sha.is_none_or(|sha| it.sha.as_str() == sha));
        let wanted = wanted.filter(|it| (it.source == CHILD) == children);
        wanted.rev().map(pipeline_body).collect()
    }

    pub(super) fn all_pipeline_bodies(&self) -> Vec<Value> {
        self.pipeline_bodies(&[])
    }

    pub(super) fn job_bodies(&self, id: &str) -> Vec<Value> {
        let job = |check: &Check| {
            let pipeline = self.pipeline_of(check).filter(|pipeline| pipeline.id.to_string() == id)?;
            Some(self.job_body(check, &pipeline))
        };
        self.world.checks.iter().filter_map(job).collect()
    }

    fn job_body(&self, check: &Check, pipeline: &MadePipeline) -> Value {
        let url = format!("{}/{}/-/jobs/{}", self.world.address, self.world.repository, check.id);
        json!({
            "id": number(&check.id), "name": check.name, "stage": "test", "status": status_of(check.conclusion),
            "ref": pipeline.reference, "tag": false, "coverage": null, "allow_failure": false,
            "created_at": minutes(11), "started_at": minutes(11), "finished_at": minutes(15), "duration": 240.0,
            "queued_duration": 1.0, "web_url": url, "artifacts": [], "artifacts_expire_at": null, "tag_list": [],
            "user": self.maybe_user(self.world.request.author.as_ref()), "runner": null,
            "pipeline": pipeline_body(pipeline), "project": { "ci_job_token_scope_enabled": true },
            "commit": { "id": pipeline.sha, "short_id": pipeline.sha.short(), "title": "", "message": "",
                        "author_name": "", "author_email": "", "created_at": minutes(0) },
        })
    }

    /// Jobs and posted statuses of a commit alike.
    pub(super) fn status_bodies(&self, sha: &str) -> Vec<Value> {
        let body = |check: &Check| {
            let pipeline = self.pipeline_of(check);
            let of = pipeline.as_ref().map_or(&check.head, |pipeline| &pipeline.sha);
            let author = match &check.producer {
                Producer::App { id, slug } if pipeline.is_none() => {
                    self.user(&crate::world::person(slug, number(id).unwrap_or_default()))
                }
                Producer::Account(account) => self.maybe_user(account.as_ref()),
                Producer::Service { .. } => return None,
                Producer::Unknown => Value::Null,
                _ => self.maybe_user(self.world.request.author.as_ref()),
            };
            let reference = pipeline.as_ref().map_or(self.world.head_branch(), |it| &it.reference);
            let status = json!({
                "id": number(&check.id), "sha": of, "ref": reference, "status": status_of(check.conclusion),
                "name": check.name, "target_url": format!("{}/-/jobs/{}", self.world.address, check.id),
                "description": null, "created_at": minutes(11), "started_at": minutes(11),
                "finished_at": minutes(15), "allow_failure": false, "coverage": null,
                "pipeline_id": pipeline.as_ref().map(|it| it.id), "author": author,
            });
            (of.as_str() == sha).then_some(status)
        };
        self.world.checks.iter().filter_map(body).collect()
    }
}

fn pipeline_body(pipeline: &MadePipeline) -> Value {
    json!({
        "id": pipeline.id, "iid": pipeline.id - FIRST, "project_id": PROJECT, "sha": pipeline.sha,
        "ref": pipeline.reference, "status": "success", "source": pipeline.source, "created_at": minutes(11),
        "updated_at": minutes(15), "web_url": "",
    })
}

fn status_of(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Success => "success",
        Conclusion::Running => "running",
        Conclusion::Skipped | Conclusion::Neutral => "skipped",
        Conclusion::Cancelled | Conclusion::Stale => "canceled",
        Conclusion::ActionRequired => "manual",
        Conclusion::Failure | Conclusion::Error | Conclusion::TimedOut | Conclusion::StartupFailure => {
            "failed"
        }
    }
}
