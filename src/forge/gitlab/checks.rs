//! The reading plan for checks: the jobs of the pipelines that GitLab shows on a commit, and the
//! statuses that were posted on it.
//!
//! GitLab shows a pipeline on the commit that it ran on, and one of a request also on the head of
//! the request when it ran on the merge of that head into the target ("merged results", "merge
//! trains"): its own rule "Pipelines must succeed" takes it for the head's. That a commit is such a
//! merge is seen by its parents, never by what the pipeline says of itself.
//!
//! The list of statuses holds jobs and posted statuses alike, and a posted one may look like a job
//! in everything but its number. So the jobs of each pipeline are listed, and a status that is none
//! of them was posted by an account. Pipelines that a job started are only listed where they are
//! asked for; what defines their jobs is not known, and the account in them posted nothing.
//!
//! Starting a pipeline again makes a new one. Of several with one source on one ref the newest
//! counts, as it does for GitLab.

use super::ci_files::DEFAULT_CONFIG;
use super::{GitLab, translate, wire};
use crate::CheckFacts;
use crate::http::gaps::{contradiction, truncated};
use portcullis_model::change::Revision;
use portcullis_model::check::{Check, Conclusion, Producer};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::id::AccountId;
use portcullis_model::person::Account;
use std::collections::{BTreeMap, BTreeSet};

/// How many pipelines of one commit are read.
const PIPELINES: usize = 10;
/// How many commits of merged results are looked at.
const MERGES: usize = 3;

impl GitLab {
    pub(super) fn check_facts(&self, head: &Revision) -> CheckFacts {
        CheckFacts { checks: self.all_checks(head).into(), workflow_runs: Fact::Known(BTreeMap::new()) }
    }

    fn all_checks(&self, head: &Revision) -> Result<Vec<Check>, Gap> {
        let what = format!("the pipelines of {}", head.short());
        let mut pipelines: Vec<wire::Pipeline> =
            self.client.list_with(&what, &self.at(&["pipelines"]), &[("sha", head.as_str())])?;
        if let Some(stray) = pipelines.iter().find(|pipeline| pipeline.sha != head.as_str()) {
            return Err(contradiction(&what, format!("pipeline {} is of another commit", stray.id)));
        }
        pipelines.extend(self.merged_results(head)?);
        if pipelines.len() > PIPELINES {
            return Err(truncated(&what, format!("there are more than {PIPELINES} of them")));
        }
        let newest = newest_pipelines(&pipelines);
        let mut jobs = BTreeSet::new();
        let mut checks = Vec::new();
        for pipeline in &pipelines {
            let listed = self.jobs(pipeline)?;
            jobs.extend(listed.iter().map(|job| job.id));
            if newest.contains(&pipeline.id) {
                let job = |job| self.job_check(&what, head, pipeline, job);
                checks.extend(listed.into_iter().map(job).collect::<Result<Vec<_>, _>>()?);
            }
        }
        checks.extend(self.others(head, &jobs)?);
        checks.extend(self.external_checks(head)?);
        checks.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        Ok(checks)
    }

    /// Pipelines of the request on merges of this head.
    fn merged_results(&self, head: &Revision) -> Result<Vec<wire::Pipeline>, Gap> {
        let Some(request) = self.asked.borrow().clone() else { return Ok(Vec::new()) };
        let project = self.settings()?;
        if project.merge_pipelines_enabled != Some(true) {
            return Ok(Vec::new());
        }
        let number = request.id.to_string();
        let what = format!("the pipelines of request {number}");
        let mut pipelines: Vec<wire::Pipeline> =
            self.client.list(&what, &self.at(&["merge_requests", &number, "pipelines"]))?;
        pipelines.retain(|it| it.sha != head.as_str() && it.project_id.is_none_or(|id| id == project.id));
        pipelines.sort_by_key(|pipeline| std::cmp::Reverse(pipeline.id));
        let mut merges = BTreeMap::new();
        for pipeline in &pipelines {
            if merges.len() < MERGES && !merges.contains_key(&pipeline.sha) {
                merges.insert(pipeline.sha.clone(), self.is_merge_of(head, &pipeline.sha)?);
            }
        }
        pipelines.retain(|pipeline| merges.get(&pipeline.sha) == Some(&true));
        Ok(pipelines)
    }

    fn is_merge_of(&self, head: &Revision, commit: &str) -> Result<bool, Gap> {
        let what = format!("commit {commit}");
        let segments = self.at(&["repository", "commits", commit]);
        let seen: wire::Commit = self.client.get(&what, &segments)?;
        let parents = seen.parent_ids.unwrap_or_default();
        Ok(seen.id == commit && parents.iter().any(|parent| parent == head.as_str()))
    }

    fn jobs(&self, pipeline: &wire::Pipeline) -> Result<Vec<wire::Job>, Gap> {
        let number = pipeline.id.to_string();
        let what = format!("the jobs of pipeline {number}");
        let jobs: Vec<wire::Job> = self.client.list(&what, &self.at(&["pipelines", &number, "jobs"]))?;
        let is_own = |job: &wire::Job| job.pipeline.id == pipeline.id && job.pipeline.sha == pipeline.sha;
        match jobs.iter().find(|job| !is_own(job)) {
            Some(stray) => Err(contradiction(&what, format!("job {} is of another pipeline", stray.id))),
            None => Ok(jobs),
        }
    }

    fn job_check(
        &self,
        what: &str,
        head: &Revision,
        pipeline: &wire::Pipeline,
        job: wire::Job,
    ) -> Result<Check, Gap> {
        let producer = self.producer(pipeline)?;
        let conclusion = translate::conclusion(what, &job.status)?;
        Ok(Check { name: job.name, id: job.id.into(), head: head.clone(), producer, conclusion })
    }

    /// What defines the jobs of a pipeline is told by a setting, which not every token is shown.
    fn producer(&self, pipeline: &wire::Pipeline) -> Result<Producer, Gap> {
        let project = self.settings()?;
        let config = project
            .ci_config_path
            .clone()
            .map(|path| path.filter(|path| !path.is_empty()).unwrap_or_else(|| DEFAULT_CONFIG.to_string()));
        let (Some(config), Some(source)) = (config, pipeline.source.clone()) else {
            return Ok(Producer::Unknown);
        };
        Ok(Producer::Pipeline { project: self.project.to_string(), source, config })
    }

    /// The statuses that are none of these jobs: of posted ones the newest of each name and
    /// account, and the jobs of child pipelines.
    fn others(&self, head: &Revision, jobs: &BTreeSet<u64>) -> Result<Vec<Check>, Gap> {
        let what = format!("the statuses of {}", head.short());
        let segments = self.at(&["repository", "commits", head.as_str(), "statuses"]);
        let mut statuses: Vec<wire::CommitStatus> = self.client.list(&what, &segments)?;
        if let Some(stray) = statuses.iter().find(|status| status.sha != head.as_str()) {
            return Err(contradiction(&what, format!("status {} is of another commit", stray.id)));
        }
        statuses.retain(|status| !jobs.contains(&status.id));
        if statuses.is_empty() {
            return Ok(Vec::new());
        }
        let of_children = self.child_jobs(head)?;
        let (children, posted): (Vec<_>, Vec<_>) =
            statuses.into_iter().partition(|status| of_children.contains(&status.id));
        let mut checks = newest_posted(&what, head, posted)?;
        for child in children {
            checks.push(status_check(&what, head, child, |_| Producer::Unknown)?);
        }
        Ok(checks)
    }

    /// The numbers of the jobs of child pipelines.
    fn child_jobs(&self, head: &Revision) -> Result<BTreeSet<u64>, Gap> {
        let what = format!("the child pipelines of {}", head.short());
        let query = [("sha", head.as_str()), ("source", "parent_pipeline")];
        let children: Vec<wire::Pipeline> = self.client.list_with(&what, &self.at(&["pipelines"]), &query)?;
        if children.len() > PIPELINES {
            return Err(truncated(&what, format!("there are more than {PIPELINES} of them")));
        }
        let mut jobs = BTreeSet::new();
        for child in children {
            jobs.extend(self.jobs(&child)?.iter().map(|job| job.id));
        }
        Ok(jobs)
    }

    /// The answers of services outside, where the project requires them. They are of the head that
    /// the request has now.
    fn external_checks(&self, head: &Revision) -> Result<Vec<Check>, Gap> {
        let asked = self.asked.borrow().clone();
        let Some(request) = asked.filter(|asked| asked.head.as_ref() == Some(head)) else {
            return Ok(Vec::new());
        };
        if self.settings()?.only_allow_merge_if_all_status_checks_passed != Some(true) {
            return Ok(Vec::new());
        }
        let number = request.id.to_string();
        let what = format!("the external status checks of request {number}");
        let segments = self.at(&["merge_requests", &number, "status_checks"]);
        let checks: Vec<wire::StatusCheck> = self.client.list(&what, &segments)?;
        checks.into_iter().map(|check| external_check(&what, head, check)).collect()
    }
}

fn newest_posted(what: &str, head: &Revision, posted: Vec<wire::CommitStatus>) -> Result<Vec<Check>, Gap> {
    let mut newest: BTreeMap<(String, Option<AccountId>), Check> = BTreeMap::new();
    for status in posted {
        let author = status.author.as_ref().map(|author| author.id.into());
        let key = (status.name.clone(), author);
        let check = status_check(what, head, status, Producer::Account)?;
        if newest.get(&key).is_none_or(|kept| kept.id < check.id) {
            newest.insert(key, check);
        }
    }
    Ok(newest.into_values().collect())
}

fn status_check(
    what: &str,
    head: &Revision,
    status: wire::CommitStatus,
    producer: fn(Option<Account>) -> Producer,
) -> Result<Check, Gap> {
    let conclusion = translate::conclusion(what, &status.status)?;
    let producer = producer(status.author.map(translate::account));
    Ok(Check { name: status.name, id: status.id.into(), head: head.clone(), producer, conclusion })
}

fn external_check(what: &str, head: &Revision, check: wire::StatusCheck) -> Result<Check, Gap> {
    let conclusion = match check.status.as_deref() {
        Some("passed") => Conclusion::Success,
        Some("failed") => Conclusion::Failure,
        Some("pending") => Conclusion::Running,
        other => return Err(translate::unknown_kind(what, "status", other.unwrap_or("(none)"))),
    };
    let producer = Producer::Service { id: check.id.into() };
    let id = format!("external-{}", check.id).into();
    Ok(Check { name: check.name, id, head: head.clone(), producer, conclusion })
}

/// The newest pipeline of each source and ref, by number. Of one whose source is not told, every
/// one counts.
fn newest_pipelines(pipelines: &[wire::Pipeline]) -> BTreeSet<u64> {
    let is_newest = |one: &&wire::Pipeline| {
        let is_later = |other: &wire::Pipeline| {
            other.source == one.source && other.reference == one.reference && other.id > one.id
        };
        one.source.is_none() || !pipelines.iter().any(is_later)
    };
    pipelines.iter().filter(is_newest).map(|pipeline| pipeline.id).collect()
}
