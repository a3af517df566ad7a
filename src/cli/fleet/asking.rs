//! Looking at the repositories of a round, several at a time.

use super::journal::{Journal, JournalSubject};
use super::scope::MeantFleet;
use crate::exit::{Failure, Result};
use crate::hosts::connection_over;
use crate::output;
use crate::progress::{Progress, ProgressView};
use jiff::Timestamp;
use portcullis_collect::fleet::look_at_branch;
use portcullis_fleet::assemble::{ProtectionFindings, assemble_item, carry_look, fleet_findings};
use portcullis_fleet::columns::{ColumnCase, GivenHouse, SeenPolicy, judging_policy};
use portcullis_forge::fleet::FleetHost;
use portcullis_forge::http::lanes::{LANES, Lanes};
use portcullis_forge::http::transport::Live;
use portcullis_forge::{self as forge, HostError, HostKind};
use portcullis_judge::decide::judge_protection;
use portcullis_judge::policy::Policy;
use portcullis_judge::policy::house::{HouseTexts, house_of};
use portcullis_model::change::BranchName;
use portcullis_model::decision::HouseReference;
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::facts::{HOUSE_PATH, POLICY_PATH};
use portcullis_model::fleet::{FleetFinding, FleetItem, FleetVerdict, RepositorySurvey, SurveyQuestion};
use portcullis_model::host::HostProfile;
use portcullis_model::inquiry::{Inquiry, Topic};
use portcullis_model::waiver;
use portcullis_record::PREFIX;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;

/// So many requests a look takes, about: what a run would need is told before it begins.
const REQUESTS: u64 = 5;

/// The budget of the host is not asked for fewer repositories.
const FEW: usize = 50;

/// What is to be done.
pub struct FleetTask<'a> {
    /// The kind of host.
    pub host: &'static HostKind,
    /// The house policy.
    pub house: Option<&'a GivenHouse>,
    /// The moment of the round.
    pub now: Timestamp,
    /// Looks before this are made again.
    pub oldest: Timestamp,
    /// The repositories of the round before, by name.
    pub previous: BTreeMap<String, FleetItem>,
    /// Where progress is shown.
    pub view: ProgressView,
}

/// Looks at every repository, but those that a journal has.
///
/// # Errors
/// The host cannot be opened, or the journal cannot be used. A repository that cannot be seen is no
/// error.
pub fn look_at_all(
    task: &FleetTask<'_>,
    fleet: &MeantFleet,
    resume: Option<&Path>,
) -> Result<Vec<FleetItem>> {
    let address = connection_over(task.host, Box::new(Live::new())).api_url;
    let subject = JournalSubject {
        address: address.as_deref().or(task.host.default_api).unwrap_or("its default address"),
        scope: &fleet.scope,
        house: task.house.map(|house| &house.digest),
    };
    let mut journal = resume.map(|file| Journal::open(file, &subject, task.now)).transpose()?;
    // Hosts do not tell capitals apart, so neither does anything here.
    let mut items = journal.as_mut().map(Journal::take_items).unwrap_or_default();
    items.retain(|name, _| fleet.repositories.binary_search_by_key(name, |one| one.to_lowercase()).is_ok());
    let is_there = |items: &BTreeMap<String, FleetItem>, name: &str| items.contains_key(&name.to_lowercase());
    let rest: Vec<&String> = fleet.repositories.iter().filter(|name| !is_there(&items, name)).collect();
    if !items.is_empty() {
        output::remark(&format!("{} of {} were looked at before", items.len(), fleet.repositories.len()));
    }
    let host = super::scope::open_fleet_host(task.host)?;
    warn_of_budget(task, &*host, &rest);
    let portions: Vec<Vec<String>> = rest
        .chunks(host.portion().max(1))
        .map(|names| names.iter().map(|name| (*name).clone()).collect())
        .collect();
    let progress = Progress::begin(task.view, "repositories", Some(fleet.repositories.len()));
    let mut failed = None;
    each_portion(task, &portions, |found| {
        if let Some(Err(error)) = journal.as_mut().map(|journal| journal.add(&found)) {
            failed.get_or_insert(error);
        }
        items.extend(found.into_iter().map(|item| (item.repository.to_lowercase(), item)));
        progress.at(items.len());
    });
    failed.map_or(Ok(()), Err)?;
    match fleet.repositories.iter().find(|name| !is_there(&items, name)) {
        Some(lost) => Err(Failure::environment(format!("no one could look at {lost}; run again"))),
        None => Ok(items.into_values().collect()),
    }
}

/// Says where the host would not answer as many requests as the round takes at least: a survey of
/// each portion, and a look at what no earlier round saw.
fn warn_of_budget(task: &FleetTask<'_>, host: &dyn FleetHost, repositories: &[&String]) {
    let is_new = |name: &&&String| task.previous.get(**name).is_none_or(|item| item.mark.is_none());
    let new = repositories.iter().filter(is_new).count() as u64;
    let needed = new * REQUESTS + repositories.len().div_ceil(host.portion().max(1)) as u64;
    if repositories.len() < FEW {
        return;
    }
    if let Fact::Known(budget) = host.budget()
        && budget.remaining < needed
    {
        output::remark(&format!(
            "{} repositories take about {needed} requests, and the host answers {} more until {}: the round waits for more, or ends \
             with what could not be seen; --resume FILE goes on from there, and --shard divides the work",
            repositories.len(),
            budget.remaining,
            budget.resets
        ));
    }
}

/// Looks at portions side by side; what was found of one comes together, in any order of portions.
fn each_portion(task: &FleetTask<'_>, portions: &[Vec<String>], mut take: impl FnMut(Vec<FleetItem>)) {
    let taken = AtomicUsize::new(0);
    let lanes = Lanes::new(Live::new(), None);
    let (give, results) = channel();
    let (taken, lanes) = (&taken, &lanes);
    thread::scope(|scope| {
        for _ in 0..LANES.min(portions.len()) {
            let give = give.clone();
            scope.spawn(move || {
                let Some(worker) = Worker::open(task, lanes) else { return };
                while let Some(names) = portions.get(taken.fetch_add(1, Ordering::Relaxed)) {
                    // Sending fails when no one listens any more.
                    drop(give.send(worker.look_at(names)));
                }
            });
        }
        drop(give);
        results.into_iter().for_each(&mut take);
    });
}

/// One of several that look at repositories.
struct Worker<'a> {
    task: &'a FleetTask<'a>,
    lanes: &'a Lanes,
    host: Box<dyn FleetHost>,
    /// Read once more in each thread: what a policy remembers is not shared.
    profile: HostProfile,
    asked: SurveyQuestion,
}

impl<'a> Worker<'a> {
    fn open(task: &'a FleetTask<'a>, lanes: &'a Lanes) -> Option<Self> {
        let open = task.host.fleet?;
        let host = open(connection_over(task.host, lanes.lane())).ok()?;
        let profile = HostProfile::of(&(task.host.conventions)(), &[]);
        let asked = SurveyQuestion {
            texts: [POLICY_PATH, waiver::PATH, HOUSE_PATH].map(str::to_string).to_vec(),
            records: PREFIX.to_string(),
        };
        Some(Worker { task, lanes, host, profile, asked })
    }

    fn look_at(&self, names: &[String]) -> Vec<FleetItem> {
        let surveys = self.host.survey(names, &self.asked);
        names.iter().zip(&surveys).map(|(name, survey)| self.item(name, survey)).collect()
    }

    fn item(&self, name: &str, survey: &Fact<RepositorySurvey>) -> FleetItem {
        let previous = self.task.previous.get(name);
        let policy = self.policy_of(survey);
        let judged_by = judging_policy(&policy, self.task.house);
        let look = match (survey, judged_by) {
            (Fact::Known(survey), Some(judged_by)) => self.protection_of(name, survey, judged_by, previous),
            _ => None,
        };
        let protection = look.as_ref().map_or(&[][..], |look| &look.findings);
        let case =
            ColumnCase { survey, policy: &policy, house: self.task.house, protection, now: self.task.now };
        assemble_item(name, &case, look.as_ref(), previous)
    }

    fn policy_of(&self, survey: &Fact<RepositorySurvey>) -> SeenPolicy {
        let survey = match survey {
            Fact::Known(survey) => survey,
            Fact::Gap(gap) => return SeenPolicy::Unseen(gap.clone()),
        };
        if survey.branch.is_none() {
            return SeenPolicy::Empty;
        }
        match survey.texts.get(POLICY_PATH) {
            Some(Fact::Known(Some(text))) => self.read_policy(survey, text),
            Some(Fact::Gap(gap)) => SeenPolicy::Unseen(gap.clone()),
            Some(Fact::Known(None)) | None => SeenPolicy::Absent,
        }
    }

    /// A policy that extends another is read with the file of the usual name beside it, or with the
    /// house policy that was given: whichever has the digest.
    fn read_policy(&self, survey: &RepositorySurvey, text: &str) -> SeenPolicy {
        let beside = survey.texts.get(HOUSE_PATH).and_then(Fact::value).cloned().flatten();
        let given = self.task.house.map(|house| house.text.clone());
        let houses = HouseTexts::of(beside.into_iter().chain(given));
        match house_of(text) {
            Some(house) if !houses.has(&house.digest) && house.file.to_string() != HOUSE_PATH => {
                SeenPolicy::Unseen(unasked_house(&house))
            }
            _ => match Policy::parse_extending(text, &self.profile, &houses) {
                Ok(policy) => SeenPolicy::Valid(Box::new(policy)),
                Err(problems) => SeenPolicy::Invalid(problems.into_iter().map(|one| one.message).collect()),
            },
        }
    }

    /// What protects the default branch: by the look of an earlier round where nothing changed.
    fn protection_of(
        &self,
        name: &str,
        survey: &RepositorySurvey,
        judged_by: &Policy,
        previous: Option<&FleetItem>,
    ) -> Option<ProtectionFindings> {
        let branch = survey.branch.as_ref()?;
        let carried = carry_look(previous, survey.mark.as_ref(), Some(&judged_by.digest), self.task.oldest);
        Some(carried.unwrap_or_else(|| self.look_at_protection(name, branch, survey, judged_by)))
    }

    fn look_at_protection(
        &self,
        name: &str,
        branch: &BranchName,
        survey: &RepositorySurvey,
        judged_by: &Policy,
    ) -> ProtectionFindings {
        let mut inquiry = judged_by.inquiry(None);
        let topics = [Topic::Protection, Topic::Administration].into_iter();
        let topics = topics.filter(|topic| inquiry.topics.contains(topic)).collect();
        inquiry = Inquiry { topics, ..Inquiry::default() };
        let connection = connection_over(self.task.host, self.lanes.lane());
        let host = match forge::open(self.task.host.name, name, connection) {
            Ok(host) => host,
            Err(error) => return unopened(self.task.now, name, &error),
        };
        let facts = look_at_branch(&*host, branch, &inquiry);
        let covers = |mark| facts.protection.value().is_some_and(|seen| self.host.covers(mark, seen));
        let mark = survey.mark.as_ref().filter(|mark| covers(mark)).map(|mark| mark.digest.clone());
        let findings = fleet_findings(judge_protection(judged_by, facts, self.task.now));
        ProtectionFindings { at: self.task.now, findings, mark }
    }
}

/// What is left where the host of a repository cannot be asked at all.
fn unopened(at: Timestamp, name: &str, error: &HostError) -> ProtectionFindings {
    let finding = FleetFinding {
        verdict: FleetVerdict::Unproven,
        subject: name.to_string(),
        reason: error.to_string(),
        remedy: None,
    };
    ProtectionFindings { at, findings: vec![finding], mark: None }
}

/// A house policy in a file that a round does not ask for.
fn unasked_house(house: &HouseReference) -> Gap {
    let HouseReference { file, digest, .. } = house;
    Gap::not_asked(
        format!("the house policy {file}, {digest}"),
        format!("Give it with `--house FILE`, or keep it as {HOUSE_PATH} in the repository."),
    )
}
