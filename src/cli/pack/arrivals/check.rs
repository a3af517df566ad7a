//! Verifying the runs and the register of a pack, and what its audit says of them.

use super::super::records::folder_of;
use super::super::results::kept_houses;
use super::super::stored::{PLAIN, store_again};
use jiff::Timestamp;
use portcullis_audit::arrivals::{
    ArrivalPeriod, DatasetView, PolicyShelf, RegisterView, audit_dataset, audit_register,
    exceptions_of_arrivals, gaps_of_arrivals, is_of_arrivals,
};
use portcullis_incident::register::{IncidentFault, StoredIncident, incident_commit};
use portcullis_incident::{INCIDENT_FILE, IncidentLink, RegisterVerifier};
use portcullis_judge::policy::Policy;
use portcullis_model::change::Revision;
use portcullis_model::digest::Digest;
use portcullis_model::host::HostProfile;
use portcullis_model::incident::ExposedDeployment;
use portcullis_model::path::RepoPath;
use portcullis_pack::derive::AUDIT;
use portcullis_pack::manifest::PROGRAM;
use portcullis_pack::places::{INCIDENTS, incident_path, run_folder, run_path};
use portcullis_pack::redact::DOMAIN;
use portcullis_pack::verify::{VerifiedPack, policy_path};
use portcullis_pack::{ItemPath, ItemSource, MOST_ITEMS, PackFault, PackWrong};
use portcullis_record::run::{RUN_FILE, RunLink, RunVerifier, run_commit, run_reference};
use portcullis_record::{RECORD, RecordEntry, StoredEntry, StoredFile};
use portcullis_wire::audit::v1::{
    ArrivalsV1, AuditV1, AuditedChainV1, AuditedDatasetV1, AuditedRegisterV1, ExceptionV1,
};
use portcullis_wire::incident::v1::read_incident_entry;
use portcullis_wire::pack::v1::PeopleV1;
use portcullis_wire::run::v1::read_run;
use std::collections::{BTreeMap, BTreeSet};

/// Verifies the runs and incidents of a pack, and what its audit says of them.
pub(in super::super) fn check_arrivals(
    source: &dyn ItemSource,
    audit: &AuditV1,
    people: PeopleV1,
    verified: &mut VerifiedPack,
) {
    let checker = ArrivalChecker { source, audit, people };
    let policies = checker.policies();
    let shelf = shelve(audit, &policies);
    let period = ArrivalPeriod::of(&audit.title);
    let left_out = what_is_left_out(audit, &shelf).filter(|_| period.is_some());
    verified.faults.extend(left_out.map(|why| PackFault::new(AUDIT, PackWrong::Disagrees(why))));
    let Some(arrivals) = &audit.arrivals else { return };
    verified.faults.extend(disagreements(audit, arrivals));
    let Some(period) = period else {
        let why = "it has runs or incidents, and no period of time".to_string();
        return verified.faults.push(PackFault::new(AUDIT, PackWrong::Disagrees(why)));
    };
    if let Some(why) = policy_elsewhere(audit, &shelf) {
        verified.not_shown.push(why);
        return;
    }
    let deployments = checker.deployments(period.as_of);
    for dataset in &arrivals.datasets {
        checker.check_dataset(dataset, (&shelf, period), &deployments, verified);
    }
    if let Some(register) = &arrivals.register {
        let rules = shelf.today.and_then(|policy| policy.scope.notification.as_ref());
        checker.check_register(register, &RegisterView { rules, period }, verified);
    }
}

/// The exceptions and gaps of runs and incidents are those that follow from what the audit says of
/// them.
fn disagreements(audit: &AuditV1, arrivals: &ArrivalsV1) -> Vec<PackFault> {
    let expected = exceptions_of_arrivals(arrivals);
    let found: Vec<&ExceptionV1> = audit.exceptions.iter().filter(|one| is_of_arrivals(one)).collect();
    let mut whys = Vec::new();
    for one in expected.iter().filter(|one| !found.contains(one)) {
        whys.push(format!("{} of {} is not among its exceptions", one.control, one.item.escape_debug()));
    }
    for one in found.into_iter().filter(|one| !expected.contains(one)) {
        whys.push(format!("its exception {} follows from nothing that it says", one.item.escape_debug()));
    }
    let gaps = gaps_of_arrivals(arrivals);
    for gap in gaps.iter().filter(|gap| !audit.gaps.contains(gap)) {
        whys.push(format!("{} is not among its gaps", gap.what.escape_debug()));
    }
    whys.into_iter().map(|why| PackFault::new(AUDIT, PackWrong::Disagrees(why))).collect()
}

fn shelve<'p>(audit: &'p AuditV1, policies: &'p BTreeMap<String, Policy>) -> PolicyShelf<'p> {
    let known: BTreeMap<String, &Policy> =
        policies.iter().map(|(digest, policy)| (digest.clone(), policy)).collect();
    let today = audit.title.policy_today.as_ref().and_then(|today| policies.get(today.digest.as_str()));
    PolicyShelf { today, known, in_force: &audit.title.policies }
}

/// What the policy of today asks for and an audit does not tell of. Earlier programs told of none
/// of it.
fn what_is_left_out(audit: &AuditV1, shelf: &PolicyShelf<'_>) -> Option<String> {
    let policy = shelf.today.filter(|_| audit.title.program == PROGRAM)?;
    let told = audit.arrivals.iter().flat_map(|arrivals| &arrivals.datasets);
    let told: BTreeSet<&str> = told.map(|dataset| dataset.dataset.as_str()).collect();
    let missing = policy.scope.datasets.keys().find(|name| !told.contains(name.as_str()));
    if let Some(name) = missing {
        return Some(format!("it leaves out the dataset {name}, which the policy of today defines"));
    }
    let has_register = audit.arrivals.as_ref().is_some_and(|arrivals| arrivals.register.is_some());
    (policy.scope.notification.is_some() && !has_register).then(|| {
        "it leaves out the register of incidents, and the policy of today says who has to be told".to_string()
    })
}

/// A policy that was handed over is in no pack.
fn policy_elsewhere(audit: &AuditV1, shelf: &PolicyShelf<'_>) -> Option<String> {
    let is_missing = audit.title.policy_today.is_some() && shelf.today.is_none();
    is_missing.then(|| {
        "what its runs and incidents come to: the pack does not hold the policy that they were judged by"
            .to_string()
    })
}

struct ArrivalChecker<'a> {
    source: &'a dyn ItemSource,
    audit: &'a AuditV1,
    people: PeopleV1,
}

impl ArrivalChecker<'_> {
    /// The policies that the pack holds and that can be read, by the digests that the audit has of
    /// them.
    fn policies(&self) -> BTreeMap<String, Policy> {
        let title = &self.audit.title;
        let today = title.policy_today.as_ref().map(|today| &today.digest);
        let digests = title.policies.iter().filter_map(|one| one.digest.as_ref()).chain(today);
        let read = |digest: &str| {
            let path = ItemPath::new(&policy_path(digest)).ok()?;
            read_kept_policy(self.source, &String::from_utf8(self.source.read(&path).ok()?).ok()?)
        };
        digests.filter_map(|digest| Some((digest.to_string(), read(digest.as_str())?))).collect()
    }

    /// Every deployment that the records of the pack name, of chains that hold together.
    fn deployments(&self, as_of: Timestamp) -> Vec<ExposedDeployment> {
        let whole = self.audit.environments.iter().filter(|environment| environment.problems.is_empty());
        let mut found = Vec::new();
        for environment in whole {
            let name = environment.environment.as_str();
            for number in 1..=environment.records.min(MOST_ITEMS as u64) {
                let path = ItemPath::new(&format!("{}/{RECORD}", folder_of(name, number))).ok();
                let bytes = path.and_then(|path| self.source.read(&path).ok());
                let entry = bytes.and_then(|bytes| serde_json::from_slice::<RecordEntry>(&bytes).ok());
                found.extend(entry.filter(|entry| entry.time <= as_of).map(|entry| ExposedDeployment {
                    time: entry.time,
                    environment: entry.environment,
                    number: entry.number,
                    candidate: entry.candidate,
                }));
            }
        }
        found
    }

    fn check_dataset(
        &self,
        said: &AuditedDatasetV1,
        (shelf, period): (&PolicyShelf<'_>, ArrivalPeriod),
        deployments: &[ExposedDeployment],
        verified: &mut VerifiedPack,
    ) {
        let Some(chain) = &said.chain else { return };
        let Some(links) = self.read_runs(said, chain, period.as_of, verified) else { return };
        let found: BTreeMap<u64, &Digest> =
            links.iter().map(|link| (link.run.number, &link.digest)).collect();
        let named = said.runs.iter().map(|run| (run.number, run.digest.as_str()));
        let mut named = named.chain([(chain.count, chain.digest.as_str())]);
        let other =
            named.find(|(number, digest)| found.get(number).is_none_or(|found| found.as_str() != *digest));
        let item = |number| run_path(&said.dataset, number).map_or_else(|bad| bad.0, |path| path.to_string());
        if let Some((number, _)) = other {
            report_other_digest(item(number), self.may_differ("runs/"), verified);
        }
        let signature =
            |link: &RunLink| said.runs.iter().find(|run| run.number == link.run.number)?.signature.clone();
        let name = said.dataset.as_str();
        let view = DatasetView { name, shelf, period, deployments, signature: &signature };
        let again = named_as_said(audit_dataset(&view, &links), said);
        verified.faults.extend(differing_dataset(said, &again));
    }

    /// The runs of a dataset, where all can be read and hold together.
    fn read_runs(
        &self,
        said: &AuditedDatasetV1,
        chain: &AuditedChainV1,
        as_of: Timestamp,
        verified: &mut VerifiedPack,
    ) -> Option<Vec<RunLink>> {
        let mut verifier = RunVerifier::new(run_reference(&said.dataset), as_of);
        let mut before = None;
        for number in 1..=chain.count.min(MOST_ITEMS as u64) {
            let path = run_path(&said.dataset, number).ok()?;
            match read_stored_run(self.source, &path, before.as_ref()) {
                Ok(stored) => {
                    before = Some(stored.id.clone());
                    verifier.push(&stored);
                }
                // That it is missing was said where the files were compared.
                Err(PackWrong::Missing) => return None,
                Err(wrong) => {
                    verified.faults.push(PackFault::new(path, wrong));
                    return None;
                }
            }
        }
        let read = verifier.finish();
        for problem in &read.problems {
            let item =
                run_path(&said.dataset, problem.place).map_or_else(|bad| bad.0, |path| path.to_string());
            verified.faults.push(PackFault::new(item, PackWrong::Record(problem.fault.to_string())));
        }
        read.problems.is_empty().then_some(read.links)
    }

    /// Can files below a folder be others than in the repository, because people were taken out?
    /// Of a name of the policy in whose place a login is there is no trace.
    fn may_differ(&self, folder: &str) -> bool {
        let names_people = |path: &&ItemPath| path.as_str().starts_with("policy/");
        let policies = self.source.items().keys().filter(names_people);
        let mut texts = policies.filter_map(|path| self.source.read(path).ok());
        self.people == PeopleV1::Pseudonyms
            || self.holds(folder, DOMAIN)
            || self.holds(folder, "\"name-0")
            || texts.any(|text| String::from_utf8_lossy(&text).contains("[[people]]"))
    }

    /// Does a file below a folder hold a text?
    fn holds(&self, folder: &str, text: &str) -> bool {
        let mut of_folder = self.source.items().keys().filter(|path| path.as_str().starts_with(folder));
        let holds = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        of_folder.any(|path| self.source.read(path).is_ok_and(|bytes| holds(&bytes)))
    }

    fn check_register(&self, said: &AuditedRegisterV1, view: &RegisterView<'_>, verified: &mut VerifiedPack) {
        let Some(chain) = &said.chain else { return };
        let Some(links) = self.read_entries(chain, view.period.as_of, verified) else { return };
        let newest = links.last().filter(|link| link.digest.as_str() != chain.digest.as_str());
        if let Some(path) = newest.and_then(|_| incident_path(chain.count).ok()) {
            report_other_digest(path.to_string(), self.may_differ(INCIDENTS), verified);
        }
        let again = audit_register(view, &links);
        if again.incidents.len() != said.incidents.len() {
            let why = "its incidents are not as many as those of the register".to_string();
            verified.faults.push(PackFault::new(AUDIT, PackWrong::Disagrees(why)));
        }
        for incident in again.incidents.iter().filter(|one| !said.incidents.contains(one)) {
            let why = match said.incidents.iter().any(|known| known.id == incident.id) {
                true => "audit.json says something else of it than the entries of the register",
                false => "audit.json leaves it out",
            };
            let item = format!("incident {}", incident.id);
            verified.faults.push(PackFault::new(item, PackWrong::Disagrees(why.to_string())));
        }
        let known = |id: &str| again.incidents.iter().any(|one| one.id.as_str() == id);
        for incident in said.incidents.iter().filter(|one| !known(one.id.as_str())) {
            let why = "no entry of the register opens it, or it is not of the period".to_string();
            let item = format!("incident {}", incident.id);
            verified.faults.push(PackFault::new(item, PackWrong::Disagrees(why)));
        }
    }

    /// The entries of the register, where all can be read and hold together.
    fn read_entries(
        &self,
        chain: &AuditedChainV1,
        as_of: Timestamp,
        verified: &mut VerifiedPack,
    ) -> Option<Vec<IncidentLink>> {
        let mut verifier = RegisterVerifier::new(as_of);
        let mut before = None;
        for number in 1..=chain.count.min(MOST_ITEMS as u64) {
            let path = incident_path(number).ok()?;
            match read_stored_entry(self.source, &path, before.as_ref()) {
                Ok(stored) => {
                    before = Some(stored.id.clone());
                    verifier.push(&stored);
                }
                Err(PackWrong::Missing) => return None,
                Err(wrong) => {
                    verified.faults.push(PackFault::new(path, wrong));
                    return None;
                }
            }
        }
        let read = verifier.finish();
        let has_less = self.may_differ(INCIDENTS);
        let mut is_whole = true;
        for problem in &read.problems {
            let item = incident_path(problem.place).map_or_else(|bad| bad.0, |path| path.to_string());
            if has_less && problem.fault == IncidentFault::Id {
                verified.notes.push(format!(
                    "{item}: its identifier follows from texts with addresses of people; only a clone shows these"
                ));
                continue;
            }
            is_whole = false;
            verified.faults.push(PackFault::new(item, PackWrong::Record(problem.fault.to_string())));
        }
        is_whole.then_some(read.links)
    }
}

/// Says that a file has another digest than the audit has of it.
fn report_other_digest(item: String, may_differ: bool, verified: &mut VerifiedPack) {
    if may_differ {
        return verified.notes.push(format!(
            "{item} has another SHA-256 than in the repository, as a file without people has; only a clone shows the file itself"
        ));
    }
    let why = PackWrong::Disagrees("audit.json has another SHA-256 of it".to_string());
    verified.faults.push(PackFault::new(item, why));
}

/// A policy, for whichever host it is written, with the house policy that the pack holds beside it.
fn read_kept_policy(source: &dyn ItemSource, text: &str) -> Option<Policy> {
    let kinds = portcullis_forge::TABLE.iter();
    let houses = kept_houses(source, text);
    let parse = |profile: &HostProfile| Policy::parse_extending(text, profile, &houses).ok();
    kinds.map(|kind| HostProfile::of(&(kind.conventions)(), &[])).find_map(|profile| parse(&profile))
}

/// Commits and digests are those of the repository, which names people; they were compared where
/// that is possible.
fn named_as_said(mut again: AuditedDatasetV1, said: &AuditedDatasetV1) -> AuditedDatasetV1 {
    again.chain.clone_from(&said.chain);
    for run in &mut again.runs {
        if let Some(known) = said.runs.iter().find(|known| known.number == run.number) {
            run.commit.clone_from(&known.commit);
            run.digest.clone_from(&known.digest);
        }
    }
    again
}

/// Everything that an audit says of a dataset and that does not follow from its runs.
fn differing_dataset(said: &AuditedDatasetV1, again: &AuditedDatasetV1) -> Vec<PackFault> {
    let name = said.dataset.escape_debug();
    let mut faults = Vec::new();
    for run in again.runs.iter().filter(|run| !said.runs.contains(run)) {
        let why = match said.runs.iter().any(|known| known.number == run.number) {
            true => "audit.json says something else of it than its file",
            false => "audit.json says nothing of this run, which is of the period",
        };
        let folder = run_folder(&said.dataset);
        let item = format!("{folder}/{:06}.json", run.number);
        faults.push(PackFault::new(item, PackWrong::Disagrees(why.to_string())));
    }
    let agree = [
        ("runs", said.runs.len() == again.runs.len()),
        ("times without a run", said.silences == again.silences),
        ("runs over budget and what was deployed before them", said.stretches == again.stretches),
        ("open differences", said.breaks == again.breaks),
        ("place in the policy", said.in_policy == again.in_policy),
        ("longest time between two runs", said.expected_every == again.expected_every),
    ];
    faults.extend(agree.iter().filter(|(_, same)| !same).map(|(what, _)| {
        let why = format!("{name}: its {what} are not those that follow from its runs and the policy");
        PackFault::new(AUDIT, PackWrong::Disagrees(why))
    }));
    faults
}

/// A run as a repository would hold it.
fn read_stored_run(
    source: &dyn ItemSource,
    path: &ItemPath,
    before: Option<&Revision>,
) -> Result<StoredEntry, PackWrong> {
    let unreadable = |error: &dyn std::fmt::Display| PackWrong::Unreadable(format!("not a run: {error}"));
    let bytes = source.read(path)?;
    let run = read_run(&bytes).map_err(|error| unreadable(&error))?;
    let digest = Digest::of(&bytes);
    let files = BTreeMap::from([(RepoPath::from(RUN_FILE), StoredFile { mode: PLAIN, bytes })]);
    store_again(files, before, |tree| run_commit(tree, before, &run, &digest))
        .map_err(|error| unreadable(&error))
}

/// An entry of the register as a repository would hold it.
fn read_stored_entry(
    source: &dyn ItemSource,
    path: &ItemPath,
    before: Option<&Revision>,
) -> Result<StoredIncident, PackWrong> {
    let unreadable = |error: &dyn std::fmt::Display| {
        PackWrong::Unreadable(format!("not an entry of the register: {error}"))
    };
    let bytes = source.read(path)?;
    let entry = read_incident_entry(&bytes).map_err(|error| unreadable(&error))?;
    let digest = Digest::of(&bytes);
    let files = BTreeMap::from([(RepoPath::from(INCIDENT_FILE), StoredFile { mode: PLAIN, bytes })]);
    let stored = store_again(files, before, |tree| incident_commit(tree, before, &entry, &digest))
        .map_err(|error| unreadable(&error))?;
    let files = stored.files.into_iter().map(|(path, file)| (path.to_string(), file.bytes)).collect();
    let StoredEntry { id, commit, tree, parents, .. } = StoredEntry { files: BTreeMap::new(), ..stored };
    Ok(StoredIncident { id, commit, tree, parents, files: Some(files) })
}
