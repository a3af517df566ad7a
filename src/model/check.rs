//! What CI says of a commit: check runs and commit statuses.

use crate::change::Revision;
use crate::id::{AppId, CheckId, ServiceId, WorkflowId};
use crate::person::Account;

/// One check run or commit status of the judged head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name (a status's context). Anybody who may write checks can use any name.
    pub name: String,
    /// The host's identifier.
    pub id: CheckId,
    /// The commit it speaks of.
    pub head: Revision,
    /// Who wrote it.
    pub producer: Producer,
    /// How it ended, or that it has not.
    pub conclusion: Conclusion,
}

/// The run of a workflow that a check run belongs to. Each start of a workflow is a run of its own
/// with a number of its own; starting a run again is another attempt of it, whose check runs take
/// the place of the former.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkflowRun {
    /// The host's identifier of the workflow: two files of one name are two workflows.
    pub workflow: WorkflowId,
    /// Its number among the runs of the workflow: later ones have higher numbers.
    pub number: u64,
    /// The event that started it.
    pub event: String,
    /// Which attempt this is: 1 for the first, more where somebody started the run again; 0 where
    /// it is not known, as in facts of an earlier form.
    pub attempt: u64,
}

/// Events that the change itself causes. The others (`workflow_dispatch`, `schedule`, …) start a
/// run that somebody asked for, perhaps with inputs of their choice; and `pull_request_target` runs
/// what the base has, on the base.
const OF_A_CHANGE: [&str; 5] =
    ["merge_group", "pull_request", "pull_request_review", "pull_request_review_comment", "push"];

impl WorkflowRun {
    /// Does this run take the place of an older one that was cancelled: a newer run of the same
    /// workflow, started by the same event, or by another one of the change? What was started again
    /// may have failed before, and its check runs took the place of the failure: then the newer run
    /// came before the attempt that was cancelled, or says nothing of the failure.
    pub fn supersedes(&self, older: &WorkflowRun) -> bool {
        let is_alike = self.event == older.event || OF_A_CHANGE.contains(&self.event.as_str());
        self.workflow == older.workflow && self.number > older.number && is_alike && older.attempt == 1
    }
}

/// Who wrote a check.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Producer {
    /// An installed app, which wrote a check run.
    App {
        /// The host's identifier of the app.
        id: AppId,
        /// Its name in addresses, for example `github-actions`.
        slug: String,
    },
    /// An account, which wrote a commit status; `None` when the account is gone.
    Account(Option<Account>),
    /// A job of a pipeline.
    Pipeline {
        /// The project whose pipeline it is, as the host names it.
        project: String,
        /// What started the pipeline, in the host's word, for example `merge_request_event`.
        source: String,
        /// What defines the pipeline: a path, with the project that holds it where that is another
        /// one.
        config: String,
    },
    /// A service outside the host, which posts a status that the host asks it for.
    Service {
        /// The host's identifier of the service.
        id: ServiceId,
    },
    /// The host does not say: a check run without an app, or a host that names nobody.
    Unknown,
}

/// How a check ended (GitHub REST, "Check runs" `conclusion` and "Commit statuses" `state`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conclusion {
    /// It has not ended.
    Running,
    /// The only good end.
    Success,
    /// It found something wrong.
    Failure,
    /// It could not do its work.
    Error,
    /// It did not object, and did not check either.
    Neutral,
    /// It did not run.
    Skipped,
    /// Somebody stopped it.
    Cancelled,
    /// The host gave up on it.
    Stale,
    /// It ran out of time.
    TimedOut,
    /// It waits for a person.
    ActionRequired,
    /// It could not start.
    StartupFailure,
}
