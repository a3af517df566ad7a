//! The made-up project whose records are checked: its repository with deployments, runs and the
//! register of incidents, and its database.

use super::database::{DATABASE, write_database};
use crate::cli::demo::deployments::{deploy_commit, land_request};
use crate::cli::exit::{Failure, Result};
use crate::cli::opening;
use crate::cli::policy_file::parse_policy;
use crate::cli::reconcile::compared::past_runs;
use crate::cli::reconcile::incident::{draft_incident, find_deployments, find_turn};
use crate::cli::reconcile::resend::{ResentOperation, list_operations};
use crate::cli::record::unseen_failure;
use crate::cli::story::check::{StoryCheck, StorySystem, moment};
use crate::cli::story::world::{BEGIN, DAY, StoryWorld};
use crate::collect::incidents::{append_incident, read_register};
use crate::collect::runs::{append_run, read_runs};
use jiff::tz::Offset;
use portcullis_connect::{AnySource, Opening, open_source};
use portcullis_incident::register::identify_incident;
use portcullis_incident::{IncidentFile, IncidentRegister, prepare_incident, read_casefiles};
use portcullis_judge::policy::Policy;
use portcullis_model::host::HostProfile;
use portcullis_model::incident::{IncidentEvent, IncidentId, OpenedIncident};
use portcullis_model::notification::NotificationRules;
use portcullis_model::reconciliation::{Dataset, ReconciliationRun};
use portcullis_reconcile::join::SeenDifference;
use portcullis_reconcile::source::SourceError;
use portcullis_record::run::{RunChain, prepare_run, run_reference};
use portcullis_testkit::lane::state::Op;
use portcullis_testkit::lane::{Lane, POLICY};

/// The dataset of the story.
pub const DATASET: &str = "records";

/// Who writes the entries of the register.
const RECORDER: &str = "alex-example";

/// What the story's project adds to the policy of the demonstration.
const MORE: &str = include_str!("policy.toml");

/// Its policy.
///
/// # Errors
/// It is not valid, which is a defect.
pub fn read_story_policy() -> Result<Policy> {
    parse_policy("the policy of the story", &format!("{POLICY}{MORE}"), &HostProfile::github_com())
}

/// The project.
pub struct StoryProject<'p> {
    /// What happens in it.
    pub world: StoryWorld,
    policy: &'p Policy,
    dataset: &'p Dataset,
    rules: &'p NotificationRules,
    lane: Lane,
    check: StoryCheck<'p>,
    seen: Vec<SeenDifference>,
    deployed: u64,
}

impl<'p> StoryProject<'p> {
    /// A month before the story.
    ///
    /// # Errors
    /// The temporary directory cannot be written.
    pub fn begin(policy: &'p Policy, world: StoryWorld) -> Result<Self> {
        let missing = || Failure::environment("the policy of the story has no dataset or no parties");
        let dataset = policy.scope.datasets.get(DATASET).ok_or_else(missing)?;
        let rules = policy.scope.notification.as_ref().ok_or_else(missing)?;
        let lane = Lane::with_clock(&format!("{POLICY}{MORE}"), Some(BEGIN - 30 * DAY));
        let check = StoryCheck::begin(dataset)?;
        Ok(Self { world, policy, dataset, rules, lane, check, seen: Vec::new(), deployed: 0 })
    }

    /// The dataset.
    pub const fn dataset(&self) -> &'p Dataset {
        self.dataset
    }

    /// Who has to be told, and by when.
    pub const fn rules(&self) -> &'p NotificationRules {
        self.rules
    }

    /// A change of the upload is reviewed, tested, landed and deployed.
    ///
    /// # Errors
    /// The repository cannot be written, or the gate does not allow it.
    pub fn deploy(&mut self, at: i64, title: &str, statement: &str) -> Result<u64> {
        let slot = 1 + usize::try_from(self.deployed).unwrap_or(0) % 4;
        let change = vec![Op::Slot(10, slot, format!("{statement}\n"))];
        let candidate = land_request(&mut self.lane, change, title, moment(at - 3600));
        deploy_commit(&self.lane, candidate, moment(at), self.deployed == 0)?;
        self.deployed += 1;
        Ok(self.deployed)
    }

    /// A run of the check at a moment, kept in the repository.
    ///
    /// # Errors
    /// A system cannot be read, or the run not be kept.
    pub fn run_check(&mut self, at: i64) -> Result<(ReconciliationRun, Vec<String>)> {
        let chain = self.chain(at)?;
        let past = past_runs(chain.as_ref(), self.dataset);
        let (world, folder) = (self.world.clone(), self.lane.directory().to_path_buf());
        let open = |system: StorySystem<'_>| -> std::result::Result<AnySource, SourceError> {
            let written = write_database(&folder, &world.at(system.now));
            written.map_err(|failure| SourceError {
                place: DATABASE.to_string(),
                problem: failure.message,
                remedy: "Free some space.".to_string(),
            })?;
            let opening = Opening { columns: system.columns, directory: &folder, environment: &|_| None };
            open_source(&system.system.connector, &opening)
        };
        let found = self.check.run(&open, at, &past)?;
        let last = chain.as_ref().and_then(RunChain::newest);
        let draft = found.compared.draft(&self.policy.digest, last, moment(found.time));
        let pending = prepare_run(draft, self.dataset, chain.as_ref())
            .map_err(|fault| Failure::environment(format!("the run cannot be kept: {fault}")))?;
        append_run(self.lane.directory(), &pending)
            .map_err(|error| Failure::environment(format!("the run cannot be kept: {error}")))?;
        self.seen = found.compared.answer.seen;
        Ok((pending.run, found.compared.judgement.drift))
    }

    /// The runs until now, which have to verify.
    fn chain(&self, now: i64) -> Result<Option<RunChain>> {
        let repository = opening::open(self.lane.directory())?;
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
        let exposure =
            good.map(|good| find_deployments(self.lane.directory(), good, bad)).transpose()?.flatten();
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
        append_incident(self.lane.directory(), &pending)
            .map_err(|error| Failure::environment(error.to_string()))?;
        Ok(pending.entry.number)
    }

    fn register(&self, now: i64) -> Result<Option<IncidentRegister>> {
        let repository = opening::open(self.lane.directory())?;
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
        list_operations(self.lane.directory(), self.dataset, self.check.key(), &self.seen)
    }
}
