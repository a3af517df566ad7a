//! The reading plan for checks: check runs and statuses of a commit, and where a cancelled run may
//! have been superseded, of which workflow run each is.
//!
//! GitHub lists the newest check runs of each *check suite* (`filter=latest`), and every start of a
//! workflow has a suite of its own. So what a workflow said when it was started first stays in the
//! list, also where its concurrency group stopped it because it was started again. Only the
//! workflow runs tell that: the suite of each, its workflow, its number and its event (GitHub docs,
//! "List workflow runs for a repository", `head_sha`).

use crate::CheckFacts;
use crate::github::{GitHub, translate, wire};
use crate::http::gaps::{contradiction, truncated};
use crate::http::pages::{Page, PageNames};
use portcullis_model::change::Revision;
use portcullis_model::check::{Check, Conclusion, Producer, WorkflowRun};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::id::CheckId;
use std::collections::BTreeMap;

/// The suite of each check run, by the number of the run.
type Suites = BTreeMap<u64, u64>;

impl Page for wire::CheckRuns {
    const LIST: &str = "/check_runs";
}

impl Page for wire::WorkflowRuns {
    const LIST: &str = "/workflow_runs";
}

impl GitHub {
    pub(super) fn check_facts(&self, head: &Revision) -> CheckFacts {
        let mut workflow_runs = Fact::Known(BTreeMap::new());
        let checks = self.all_checks(head).map(|(checks, suites)| {
            if may_be_superseded(&checks) {
                workflow_runs = self.workflow_runs(head, &suites).into();
            }
            checks
        });
        CheckFacts { checks: checks.into(), workflow_runs }
    }

    fn all_checks(&self, head: &Revision) -> Result<(Vec<Check>, Suites), Gap> {
        let (mut checks, suites) = self.check_runs(head)?;
        let what = format!("the statuses of {}", head.short());
        let statuses = self.client.list(&what, &self.at(&["commits", head.as_str(), "statuses"]))?;
        checks.extend(translate::statuses(&what, head, statuses)?);
        checks.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        Ok((checks, suites))
    }

    fn check_runs(&self, head: &Revision) -> Result<(Vec<Check>, Suites), Gap> {
        let what = format!("the check runs of {}", head.short());
        let segments = self.at(&["commits", head.as_str(), "check-runs"]);
        let mut pages = self.client.pages(&what, PageNames::Numbered, &segments, &[("filter", "latest")])?;
        let mut runs = BTreeMap::new();
        let mut total = 0;
        while let Some(page) = pages.next::<wire::CheckRuns>()? {
            total = page.total_count;
            runs.extend(page.check_runs.into_iter().map(|run| (run.id, run)));
        }
        if u64::try_from(runs.len()) != Ok(total) {
            return Err(truncated(&what, format!("{} of {total} check runs were given", runs.len())));
        }
        let suites = runs.values().filter_map(|run| Some((run.id, run.check_suite.as_ref()?.id))).collect();
        let checks = runs.into_values().map(|run| translate::check_run(&what, head, run));
        Ok((checks.collect::<Result<_, _>>()?, suites))
    }

    /// The workflow run of each check run that belongs to one. Other apps than GitHub's own have
    /// none.
    fn workflow_runs(&self, head: &Revision, suites: &Suites) -> Result<BTreeMap<CheckId, WorkflowRun>, Gap> {
        let what = format!("the workflow runs of {}", head.short());
        let (segments, query) = (self.at(&["actions", "runs"]), [("head_sha", head.as_str())]);
        let mut pages = self.client.pages(&what, PageNames::Numbered, &segments, &query)?;
        let (mut by_suite, mut seen, mut total) = (BTreeMap::new(), 0, 0);
        while let Some(page) = pages.next::<wire::WorkflowRuns>()? {
            total = page.total_count;
            for run in page.workflow_runs {
                seen += 1;
                let suite = run.check_suite_id;
                let own = workflow_run(&what, head, run)?;
                by_suite.extend(suite.map(|suite| (suite, own)));
            }
        }
        if seen != total {
            return Err(truncated(&what, format!("{seen} of {total} workflow runs were given")));
        }
        let of_suite =
            |(check, suite): (&u64, &u64)| Some((CheckId::from(*check), by_suite.get(suite)?.clone()));
        Ok(suites.iter().filter_map(of_suite).collect())
    }
}

fn workflow_run(what: &str, head: &Revision, run: wire::WorkflowRunItem) -> Result<WorkflowRun, Gap> {
    if run.head_sha != head.as_str() {
        return Err(contradiction(what, format!("workflow run {} is of another commit", run.id)));
    }
    Ok(WorkflowRun {
        workflow: run.workflow_id.into(),
        number: run.run_number,
        event: run.event,
        attempt: run.run_attempt.unwrap_or_default(),
    })
}

/// Is there a cancelled check run beside one of the same name and app that succeeded?
fn may_be_superseded(checks: &[Check]) -> bool {
    let of_app = |check: &&Check| matches!(check.producer, Producer::App { .. });
    let mut cancelled =
        checks.iter().filter(of_app).filter(|check| check.conclusion == Conclusion::Cancelled);
    cancelled.any(|one| {
        let is_alike = |other: &&Check| other.name == one.name && other.producer == one.producer;
        checks.iter().filter(is_alike).any(|other| other.conclusion == Conclusion::Success)
    })
}
