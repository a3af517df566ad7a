//! What a made-up project keeps of its records in its repository: runs and the register of
//! incidents, written by the code that does it for real ones.

use super::database::{DATABASE, write_database};
use crate::exit::{Failure, Result};
use crate::opening;
use crate::reconcile::compared::past_runs;
use crate::reconcile::incident::{draft_incident, find_deployments, find_turn};
use crate::reconcile::resend::{ResentOperation, list_operations};
use crate::record::unseen_failure;
use crate::story::check::{StoryCheck, StorySystem, moment};
use crate::story::world::WorldState;
use jiff::tz::Offset;
use portcullis_collect::incidents::{append_incident, read_register};
use portcullis_collect::runs::{append_run, read_runs};
use portcullis_connect::{AnySource, Opening, open_source};
use portcullis_incident::register::identify_incident;
use portcullis_incident::{IncidentFile, IncidentRegister, prepare_incident, read_casefiles};
use portcullis_judge::policy::Policy;
use portcullis_model::incident::{IncidentEvent, IncidentId, OpenedIncident};
use portcullis_model::notification::NotificationRules;
use portcullis_model::reconciliation::{Dataset, ReconciliationRun};
use portcullis_reconcile::join::SeenDifference;
use portcullis_reconcile::source::SourceError;
use portcullis_record::run::{RunChain, prepare_run, run_reference};
use std::cell::Cell;
use std::path::PathBuf;

/// The dataset of every made-up project.
pub const DATASET: &str = "records";

/// Who writes the entries of the register.
const RECORDER: &str = "alex-example";

/// Both sides at a moment.
pub type StateAt<'s> = &'s dyn Fn(i64) -> WorldState;

/// Runs and incidents of a project.
pub struct StoryBooks<'p> {
    directory: PathBuf,
    policy: &'p Policy,
    dataset: &'p Dataset,
    rules: &'p NotificationRules,
    check: StoryCheck<'p>,
    seen: Vec<SeenDifference>,
}

impl<'p> StoryBooks<'p> {
    /// Before the first run; the repository is in this folder.
    ///
    /// # Errors
    /// The policy has no dataset or no parties, or the temporary directory cannot be written.
    pub fn begin(policy: &'p Policy, directory: PathBuf) -> Result<Self> {
        let missing = || Failure::environment("the policy of the story has no dataset or no parties");
        let dataset = policy.scope.datasets.get(DATASET).ok_or_else(missing)?;
        let rules = policy.scope.notification.as_ref().ok_or_else(missing)?;
        let check = StoryCheck::begin(dataset)?;
        Ok(Self { directory, policy, dataset, rules, check, seen: Vec::new() })
    }

    /// The dataset.
    pub const fn dataset(&self) -> &'p Dataset {
        self.dataset
    }

    /// Who has to be told, and by when.
    pub const fn rules(&self) -> &'p NotificationRules {
        self.rules
    }

    /// A run of the check at a moment, kept in the repository.
    ///
    /// # Errors
    /// A system cannot be read, or the run not be kept.
    pub fn run_check(&mut self, at: i64, state: StateAt<'_>) -> Result<(ReconciliationRun, Vec<String>)> {
        let chain = self.chain(at)?;
        let past = past_runs(chain.as_ref(), self.dataset);
        let folder = self.directory.clone();
        // Both systems are in one file, which shows one moment.
        let shown = Cell::new(None);
        let open = |system: StorySystem<'_>| -> std::result::Result<AnySource, SourceError> {
            if shown.replace(Some(system.now)) != Some(system.now) {
                write_database(&folder, &state(system.now)).map_err(|failure| SourceError {
                    place: DATABASE.to_string(),
                    problem: failure.message,
                    remedy: "Free some space.".to_string(),
                })?;
            }
            let opening = Opening { columns: system.columns, directory: &folder, environment: &|_| None };
            open_source(&system.system.connector, &opening)
        };
        let found = self.check.run(&open, at, &past)?;
        let last = chain.as_ref().and_then(RunChain::newest);
        let draft = found.compared.draft(&self.policy.digest, last, moment(found.time));
        let pending = prepare_run(draft, self.dataset, chain.as_ref())
            .map_err(|fault| Failure::environment(format!("the run cannot be kept: {fault}")))?;
        append_run(&self.directory, &pending)
            .map_err(|error| Failure::environment(format!("the run cannot be kept: {error}")))?;
        self.seen = found.compared.answer.seen;
        Ok((pending.run, found.compared.judgement.drift))
    }

    /// The runs until now, which have to verify.
    fn chain(&self, now: i64) -> Result<Option<RunChain>> {
        let repository = opening::open(&self.directory)?;
        let chain = read_runs(&repository, &run_reference(DATASET), moment(now)).map_err(unseen_failure)?;
        match chain.as_ref().and_then(|chain| chain.problems.first()) {
            Some(problem) => Err(Failure::unverified(format!("the runs do not verify: {problem}"))),
            None => Ok(chain),
        }
    }

    /// Opens the incident that a run found, as a draft.
    ///
    /// # Errors
    /// The records or the register cannot be read, or it cannot be written.
    pub fn open_incident(&self, run: &ReconciliationRun) -> Result<IncidentId> {
        let chain = self.chain(run.time.as_second())?;
        let links = chain.as_ref().map_or(&[][..], |chain| &chain.links);
        let before: Vec<&ReconciliationRun> =
            links.iter().map(|link| &link.run).filter(|one| one.number < run.number).collect();
        let (good, bad) = find_turn(run, &before);
        let exposure = good.map(|good| find_deployments(&self.directory, good, bad)).transpose()?.flatten();
        let incident = draft_incident(self.rules, self.dataset, run, &before, exposure)?;
        let day = Offset::UTC.to_datetime(run.time).date().to_string();
        let id = identify_incident(&incident, &day)
            .ok_or_else(|| Failure::environment("the incident cannot be written as JSON"))?;
        let opened = OpenedIncident { id: id.clone(), ..incident };
        self.enter(run.time.as_second(), IncidentEvent::Opened(Box::new(opened)))?;
        Ok(id)
    }

    /// Adds an entry to the register.
    ///
    /// # Errors
    /// The register does not verify, or cannot be written.
    pub fn enter(&self, at: i64, event: IncidentEvent) -> Result<u64> {
        let register = self.register(at)?;
        let pending = prepare_incident(event, RECORDER, moment(at), register.as_ref())
            .map_err(|fault| Failure::environment(format!("this is no entry of the register: {fault}")))?;
        append_incident(&self.directory, &pending)
            .map_err(|error| Failure::environment(error.to_string()))?;
        Ok(pending.entry.number)
    }

    fn register(&self, now: i64) -> Result<Option<IncidentRegister>> {
        let repository = opening::open(&self.directory)?;
        let register = read_register(&repository, moment(now)).map_err(unseen_failure)?;
        match register.as_ref().and_then(|register| register.problems.first()) {
            Some(problem) => Err(Failure::unverified(format!("the register does not verify: {problem}"))),
            None => Ok(register),
        }
    }

    /// What the register holds of the incident.
    ///
    /// # Errors
    /// The register does not verify, or there is no incident in it.
    pub fn incident(&self, now: i64) -> Result<IncidentFile> {
        let files = self.register(now)?.map(|register| read_casefiles(&register.links)).unwrap_or_default();
        files
            .into_iter()
            .next_back()
            .ok_or_else(|| Failure::environment("there is no incident in the register"))
    }

    /// The operations that have to be sent again, by what the newest run found: read from the
    /// source, where the key is at hand.
    ///
    /// # Errors
    /// The source cannot be read.
    pub fn list_resent(&self) -> Result<Vec<ResentOperation>> {
        list_operations(&self.directory, self.dataset, self.check.key(), &self.seen)
    }
}
