//! The deployments of a period: the records of each environment, and what the host lists.

use super::context::AuditContext;
use super::period::AskedPeriod;
use crate::record::judge_text;
use jiff::Timestamp;
use portcullis_audit::deployment::{SeenRecord, audit_deployment, tips_in};
use portcullis_audit::listed::{AllowedCommit, MatchedDeployments, match_deployments};
use portcullis_audit::period::SeenTip;
use portcullis_audit::protection::Look;
use portcullis_audit::waivers::WaiverBook;
use portcullis_collect::audit::saved::{SavedFacts, read_recorded};
use portcullis_collect::crew::CrewMember;
use portcullis_collect::records::{Closeness, DeploymentRecords as _, FETCH};
use portcullis_forge::http::lanes::LANES;
use portcullis_forge::{Forge, WorkShare};
use portcullis_git::Repository;
use portcullis_judge::policy::Policy;
use portcullis_judge::policy::house::HouseTexts;
use portcullis_model::administration::Administration;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::deployment::{Deployment, HostDeployment};
use portcullis_model::environment::Environment;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::facts::HostFacts;
use portcullis_model::incident::ExposedDeployment;
use portcullis_model::inquiry::TextPurpose;
use portcullis_model::person::Login;
use portcullis_record::{Chain, DECISION, RecordLink};
use portcullis_wire::audit::v1::{
    AuditGapV1, AuditedDeploymentV1, AuditedSnapshotsV1, EnvironmentPopulationV1,
};
use portcullis_wire::decision::v1::DecisionV1;
use std::collections::{BTreeMap, BTreeSet};

/// A commit that was on a branch at a moment, as a record says.
pub struct TipSeen {
    pub branch: BranchName,
    pub commit: Revision,
    at: Timestamp,
    was_tip: bool,
    source: String,
}

impl TipSeen {
    /// Where it is on a line.
    pub fn on_line(&self, places: &BTreeMap<Revision, usize>) -> Option<SeenTip> {
        let place = *places.get(&self.commit)?;
        Some(SeenTip { place, at: self.at, was_tip: self.was_tip, source: self.source.clone() })
    }
}

/// What the records of all environments say.
#[derive(Default)]
pub struct ReadRecords {
    pub populations: Vec<EnvironmentPopulationV1>,
    pub deployments: Vec<(AuditedDeploymentV1, BTreeSet<Revision>)>,
    pub tips: Vec<TipSeen>,
    pub looks: Vec<Look>,
    pub administrators: Option<BTreeSet<Login>>,
    /// The repository that the newest record names.
    pub repository: Option<String>,
    pub gaps: Vec<AuditGapV1>,
    pub saved: SavedFacts,
    /// The waivers that the deployments of the period were decided with.
    pub waivers: WaiverBook,
    /// The kind of host that the newest record names.
    pub host: Option<String>,
    /// The snapshots that looks come from, one sentence for each branch.
    pub snapshots: Vec<String>,
    /// The snapshots of each branch that the audit looks at.
    pub counted_snapshots: BTreeMap<String, AuditedSnapshotsV1>,
    /// What is wrong with the snapshots of each branch.
    pub broken_snapshots: BTreeMap<String, Vec<String>>,
    /// Every recorded deployment, of chains that hold together.
    pub exposed: Vec<ExposedDeployment>,
}

impl ReadRecords {
    /// Reads the records of an environment.
    pub fn read(&mut self, context: &AuditContext<'_>, environment: &Environment, policy: Option<&Policy>) {
        let (repository, period, as_of) = (context.sources.repository, context.period, context.as_of);
        let chain = match repository.deployments(environment, &judge_text, Closeness::Repository) {
            Fact::Known(chain) => {
                if chain.is_none() {
                    self.gaps.push(gap_of(&no_records(environment)));
                }
                chain
            }
            Fact::Gap(gap) => {
                self.gaps.push(gap_of(&gap));
                None
            }
        };
        let mut population = empty_population(environment);
        if let Some(chain) = &chain {
            self.follow(repository, chain, &mut population, policy, (period, as_of));
        }
        self.listed(&mut population, environment, context, chain.as_ref());
        self.populations.push(population);
    }

    fn follow(
        &mut self,
        repository: &Repository,
        chain: &Chain,
        population: &mut EnvironmentPopulationV1,
        policy: Option<&Policy>,
        (period, as_of): (&AskedPeriod, Timestamp),
    ) {
        population.records = chain.commits.len() as u64;
        population.tip = chain.tip().map(Into::into);
        population.problems = chain.problems.iter().map(portcullis_render::record::problem).collect();
        population.holes = holes_in(chain);
        population.unchecked.push(
            "whether newer records were removed: a chain that was cut at its end verifies; see `record verify --expect-tip`"
                .to_string(),
        );
        for link in chain.links.iter().filter(|link| link.entry.time <= as_of) {
            if chain.problems.is_empty() {
                self.exposed.push(exposed_by(link));
            }
            let facts = read_recorded(repository, &link.commit);
            let name = format!("{}#{}", link.entry.environment, link.entry.number);
            if let Some(facts) = &facts {
                self.remember(link, facts, &name);
            }
            let in_period = match period.ends() {
                Some((since, until)) => (since..until).contains(&link.entry.time),
                None => true,
            };
            if in_period {
                population.first = population.first.or(Some(link.entry.number));
                population.last = Some(link.entry.number);
                let decision = read_decision(repository, link);
                facts.iter().for_each(|facts| self.read_waivers(facts, as_of));
                let tips = facts.as_ref().map(tips_in).unwrap_or_default();
                let seen = SeenRecord { link, facts: facts.as_ref(), decision, policy };
                self.deployments.push((audit_deployment(seen), tips));
            }
        }
    }

    /// The waivers that a record was decided with: no landing of the period may hold their text.
    fn read_waivers(&mut self, facts: &Deployment, as_of: Timestamp) {
        let Some(gate) = facts.whole.gate.value() else { return };
        let policy = gate.before(TextPurpose::Policy);
        let (profile, houses) = (facts.whole.host.profile(), HouseTexts::in_facts(&facts.whole));
        let policy = policy.and_then(|text| Policy::parse_extending(text, &profile, &houses).ok());
        let Some(policy) = policy else { return };
        for text in [gate.before(TextPurpose::Waivers), gate.after(TextPurpose::Waivers)] {
            // Waivers that cannot be read are a finding of the deployment already.
            let _ = text.map(|text| self.waivers.add(&policy, text, as_of));
        }
    }

    /// What a record says beyond its deployment.
    fn remember(&mut self, link: &RecordLink, facts: &Deployment, name: &str) {
        let (at, branch) = (link.entry.time, &facts.branch);
        let tip = |commit: &Revision, at, was_tip| TipSeen {
            branch: branch.clone(),
            commit: commit.clone(),
            at,
            was_tip,
            source: name.to_string(),
        };
        self.tips.push(tip(&link.entry.candidate, at, false));
        let host = &facts.whole.host;
        if let (Some(seen), Some(observed)) = (host.branch.value(), facts.whole.observed.value()) {
            self.tips.push(tip(&seen.tip, *observed, true));
        }
        if host.took_part() {
            self.host = Some(host.kind.clone());
            let at = facts.whole.observed.value().copied().unwrap_or(at);
            let look = Look {
                at,
                branch: branch.clone(),
                protection: host.protection.clone(),
                source: name.to_string(),
            };
            self.looks.push(look);
        }
        self.administrators_of(host);
        self.repository = link.entry.repository.clone().or_else(|| self.repository.take());
        self.saved.add_record(facts, &link.commit, name.to_string());
    }

    /// The administrators that facts of a host name.
    pub fn administrators_of(&mut self, host: &HostFacts) {
        self.administered_by(host.administration.as_ref());
    }

    /// Whom the host says to administer the repository. Where it did not show them, no one is said
    /// not to.
    pub fn administered_by(&mut self, administration: Option<&Administration>) {
        let Some(administration) = administration else { return };
        let Some(administrators) = administration.administrators.value() else { return };
        let owners = administration.owners.value().into_iter().flatten();
        let known = self.administrators.get_or_insert_default();
        known.extend(administrators.iter().chain(owners).map(|account| account.login.clone()));
    }

    /// A commit that was the tip of a branch at a moment.
    pub fn see_tip(&mut self, branch: &BranchName, commit: &Revision, at: Timestamp, source: &str) {
        let (branch, commit, source) = (branch.clone(), commit.clone(), source.to_string());
        self.tips.push(TipSeen { branch, commit, at, was_tip: true, source });
    }

    /// What the host lists of the period and as deployed now. What it does not show is a gap, and
    /// never "none".
    fn listed(
        &mut self,
        population: &mut EnvironmentPopulationV1,
        environment: &Environment,
        context: &AuditContext<'_>,
        chain: Option<&Chain>,
    ) {
        let Some(host) = context.sources.host else { return };
        let now = host.deployed(environment.as_str()).known().map(|one| one.iter().cloned().collect());
        let past = match context.period.ends() {
            Some(ends) => past_deployments(context, host, environment, ends),
            None => {
                population.unchecked.push(
                    "what the host had deployed earlier: of a range of commits only what is deployed now is asked"
                        .to_string(),
                );
                Ok(Vec::new())
            }
        };
        let answers: [std::result::Result<Vec<HostDeployment>, Gap>; 2] = [now, past];
        let mut unseen: Vec<&Gap> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
        unseen.dedup();
        self.gaps.extend(unseen.into_iter().map(gap_of));
        if answers.iter().all(Result::is_err) {
            return;
        }
        let listed = answers.into_iter().flatten().flatten().collect();
        let allowed: Vec<AllowedCommit> =
            chain.into_iter().flat_map(|chain| &chain.links).map(allowed_by).collect();
        let MatchedDeployments { listed, unchecked } = match_deployments(listed, &allowed);
        population.on_host = Some(listed);
        population.unchecked.extend(unchecked);
    }
}

/// What was deployed in the period: each of a crew looks at a share of the list.
fn past_deployments(
    context: &AuditContext<'_>,
    host: &dyn Forge,
    environment: &Environment,
    ends: (Timestamp, Timestamp),
) -> std::result::Result<Vec<HostDeployment>, Gap> {
    let name = environment.as_str();
    let Some(crew) = context.sources.crew else {
        return host.deployments(name, ends, WorkShare::WHOLE).known().cloned();
    };
    let shares: Vec<WorkShare> = (0..LANES).map(|part| WorkShare { part, parts: LANES }).collect();
    let ask = |member: &CrewMember, share: &WorkShare| member.host.deployments(name, ends, *share);
    let mut all = Vec::new();
    for (share, found) in shares.iter().zip(crew.map(&shares, ask, &|_| ())) {
        let found = found.unwrap_or_else(|| host.deployments(name, ends, *share));
        all.extend(found.known()?.iter().cloned());
    }
    Ok(all)
}

fn exposed_by(link: &RecordLink) -> ExposedDeployment {
    let entry = &link.entry;
    ExposedDeployment {
        time: entry.time,
        environment: entry.environment.clone(),
        number: entry.number,
        candidate: entry.candidate.clone(),
    }
}

fn allowed_by(link: &RecordLink) -> AllowedCommit {
    let entry = &link.entry;
    AllowedCommit { record: entry.number, commit: entry.candidate.clone(), time: entry.time }
}

fn empty_population(environment: &Environment) -> EnvironmentPopulationV1 {
    EnvironmentPopulationV1 {
        environment: environment.into(),
        records: 0,
        tip: None,
        first: None,
        last: None,
        holes: Vec::new(),
        problems: Vec::new(),
        unchecked: Vec::new(),
        on_host: None,
    }
}

/// Numbers below the newest that no record has.
fn holes_in(chain: &Chain) -> Vec<u64> {
    let numbers: BTreeSet<u64> = chain.links.iter().map(|link| link.entry.number).collect();
    // A record that says a number of its own choice must not make a list without end.
    let last = numbers.last().copied().unwrap_or_default().min(chain.commits.len() as u64 + 1_000);
    (1..=last).filter(|number| !numbers.contains(number)).collect()
}

fn read_decision(repository: &Repository, link: &RecordLink) -> Option<DecisionV1> {
    let stored = repository.deployment(&link.commit).ok()?;
    serde_json::from_slice(stored.file(DECISION)?).ok()
}

fn no_records(environment: &Environment) -> Gap {
    Gap::new(
        format!("the deployments to {environment}"),
        GapReason::MissingObject,
        "this repository holds no record of them, and a clone does not bring them by itself",
        format!(
            "Fetch them: `{FETCH}`; where nothing is deployed through the gate, audit with --no-deployments."
        ),
    )
}

/// A gap of the whole.
pub fn gap_of(gap: &Gap) -> AuditGapV1 {
    AuditGapV1 {
        what: gap.what.clone(),
        why: gap.to_string(),
        remedy: Some(gap.remedy.clone()),
        items: 0,
        first_items: Vec::new(),
    }
}
