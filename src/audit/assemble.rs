//! Everything that was gathered, put together to an audit.

use crate::arrivals::{exceptions_of_arrivals, gaps_of_arrivals, has_problems};
use crate::duties::DutyTable;
use crate::exceptions::{AuditedItems, gap_of_times, gaps_of_follow_ups, gaps_of_items};
use crate::people::PeopleNames;
use crate::protection::{Look, describe_actor, protection_over_time};
use crate::sample::{SampleRequest, draw_sample};
use crate::summary::{count_areas, count_controls, count_items, trend_of};
use crate::training::TrainingFound;
use crate::waivers::WaiverBook;
use jiff::Timestamp;
use portcullis_judge::policy::Policy;
use portcullis_model::change::Revision;
use portcullis_wire::audit::v1::{
    ArrivalsV1, AuditGapV1, AuditOutcomeV1, AuditTitleV1, AuditV1, AuditedDeploymentV1, AuditedLandingV1,
    BranchPopulationV1, DeploymentReferenceV1, EnvironmentPopulationV1, ExceptionV1, PassageV1, PassedByV1,
    RecordStandingV1, VERSION,
};
use std::collections::{BTreeMap, BTreeSet};

/// What no audit shows.
const LIMITS: &[&str] = &[
    "Git shows which commits a branch holds and what they change; it does not show when they came in. Where no host and no record says so, the time of a landing is the word of its committer.",
    "What a host says today of reviews, checks and requests may have been changed since; deployment records keep what it said then.",
    "Deployment records are not signed unless that is said; anyone who can write their ref can replace all of them or remove the newest.",
    "Protection is known at the looks that are listed, and claimed only between two looks that agree.",
    "A landing that no deployment record brought is judged by what git, a host or a file of facts shows at the audit; a pack holds its findings, and nothing from which its verdict could be taken again.",
    "A comparison shows that what was meant to be sent arrived. It does not show that what was meant is right, and a chain of runs or of incidents that was cut at its end verifies.",
    "Independence is that of accounts and of the people that the policy knows; collusion does not show.",
];

/// Everything that an audit is made of.
pub struct GatheredAudit<'p> {
    /// What was audited.
    pub title: AuditTitleV1,
    /// The two ends of the period, where it is a time.
    pub period: Option<(Timestamp, Timestamp)>,
    /// The branches.
    pub branches: Vec<BranchPopulationV1>,
    /// The environments.
    pub environments: Vec<EnvironmentPopulationV1>,
    /// The landings, by branch, oldest first.
    pub landings: Vec<AuditedLandingV1>,
    /// The deployments, by environment, oldest first, each with the tips of the landings that it
    /// brought.
    pub deployments: Vec<(AuditedDeploymentV1, BTreeSet<Revision>)>,
    /// What was seen of the protection of branches.
    pub looks: Vec<Look>,
    /// What is wrong with the snapshots of each branch.
    pub broken_snapshots: BTreeMap<String, Vec<String>>,
    /// The waivers.
    pub waivers: WaiverBook,
    /// Who administers the repository; `None` where that was not seen.
    pub administrators: Option<BTreeSet<String>>,
    /// What could not be shown of the whole.
    pub gaps: Vec<AuditGapV1>,
    /// The policies of the period that can be read, oldest first.
    pub policies: Vec<&'p Policy>,
    /// The policy of today.
    pub today: Option<&'p Policy>,
    /// The runs of reconciliation and the incidents of the period.
    pub arrivals: Option<ArrivalsV1>,
    /// The sample that was asked for.
    pub sample: Option<SampleRequest>,
}

/// Puts an audit together.
pub fn assemble_audit(gathered: GatheredAudit<'_>) -> AuditV1 {
    let GatheredAudit { title, period, branches, environments, mut landings, deployments, .. } = gathered;
    let deployments = link_items(&mut landings, deployments);
    let bypasses = ways_round(&gathered.looks, gathered.administrators.as_ref());
    let of_arrivals: Vec<ExceptionV1> = gathered.arrivals.iter().flat_map(exceptions_of_arrivals).collect();
    let items = AuditedItems {
        landings: &landings,
        deployments: &deployments,
        branches: &branches,
        environments: &environments,
        broken_snapshots: &gathered.broken_snapshots,
        waivers: &gathered.waivers,
        bypasses: &bypasses,
        arrivals: &of_arrivals,
    };
    let exceptions = items.exceptions();
    let is_broken = |one: &EnvironmentPopulationV1| !one.problems.is_empty() || !one.holes.is_empty();
    let is_unverified = environments.iter().any(is_broken)
        || !gathered.broken_snapshots.is_empty()
        || gathered.arrivals.as_ref().is_some_and(has_problems);
    let mut gaps = gathered.gaps;
    gaps.extend(gaps_of_items(&landings, &deployments));
    gaps.extend(deployments.iter().filter_map(gap_of_record));
    gaps.extend(gap_of_times(&landings));
    gaps.extend(gaps_of_follow_ups(&exceptions));
    gaps.extend(gathered.arrivals.iter().flat_map(gaps_of_arrivals));
    let waivers = gathered.waivers.of_period(&used_waivers(&landings, &deployments), period);
    let duties = DutyTable::of(&landings, &deployments, &waivers);
    let names = PeopleNames::by(gathered.today.or(gathered.policies.last().copied()));
    let administrators = gathered.administrators.as_ref();
    AuditV1 {
        schema: VERSION,
        outcome: outcome_of(&landings, &deployments, is_unverified, !exceptions.is_empty(), &gaps),
        counts: count_items(&landings, &deployments, &exceptions),
        trend: trend_of(&landings, &deployments),
        controls: count_controls(&landings, &deployments),
        people: duties.people(names, administrators, &TrainingFound::of(&landings, &deployments)),
        conflicts: duties.conflicts(administrators),
        areas: count_areas(&gathered.policies, gathered.today, &landings),
        protection: protection_over_time(gathered.looks, period, &landings),
        sample: gathered.sample.map(|request| draw_sample(&landings, &request)),
        limits: LIMITS.iter().map(ToString::to_string).collect(),
        sealed: Vec::new(),
        arrivals: gathered.arrivals,
        title,
        branches,
        environments,
        exceptions,
        waivers,
        gaps,
        landings,
        deployments,
    }
}

/// Says of each landing which deployments brought it first, and of each deployment what it brought.
fn link_items(
    landings: &mut [AuditedLandingV1],
    deployments: Vec<(AuditedDeploymentV1, BTreeSet<Revision>)>,
) -> Vec<AuditedDeploymentV1> {
    let mut linked = Vec::with_capacity(deployments.len());
    let mut places: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (place, landing) in landings.iter().enumerate() {
        places.insert((landing.branch.clone(), landing.landed.to_string()), place);
    }
    for (mut deployment, tips) in deployments {
        let branch = deployment.branch.clone().unwrap_or_default();
        let mut brought: Vec<usize> =
            tips.iter().filter_map(|tip| places.get(&(branch.clone(), tip.to_string())).copied()).collect();
        brought.sort_unstable();
        for place in &brought {
            let Some(landing) = landings.get_mut(*place) else { continue };
            let to = DeploymentReferenceV1 {
                environment: deployment.environment.clone(),
                number: deployment.number,
            };
            if !landing.deployments.iter().any(|known| known.environment == to.environment) {
                landing.deployments.push(to);
            }
        }
        deployment.landings = brought
            .iter()
            .filter_map(|place| landings.get(*place))
            .map(|landing| landing.id.clone())
            .collect();
        deployment.other_landings = (tips.len() - brought.len()) as u64;
        linked.push(deployment);
    }
    linked
}

/// Who could have gone round the rules of a branch, as the looks at it say.
fn ways_round(looks: &[Look], administrators: Option<&BTreeSet<String>>) -> BTreeMap<String, Vec<PassageV1>> {
    let mut ways: BTreeMap<String, Vec<PassageV1>> = BTreeMap::new();
    for look in looks {
        let all = ways.entry(look.branch.to_string()).or_default();
        for requirement in look.protection.value().into_iter().flat_map(|seen| &seen.requirements) {
            let actors = requirement.bypass.value().into_iter().flatten();
            all.extend(actors.map(|actor| PassageV1 {
                by: PassedByV1::Bypass,
                who: None,
                what: format!(
                    "{} may bypass {} ({})",
                    describe_actor(actor),
                    requirement.source,
                    look.source
                ),
            }));
        }
        let administering = administrators.into_iter().flatten();
        all.extend(administering.map(|who| PassageV1 {
            by: PassedByV1::Administrator,
            who: Some(who.clone()),
            what: "administers the repository".to_string(),
        }));
        all.sort();
        all.dedup();
    }
    ways
}

fn used_waivers(
    landings: &[AuditedLandingV1],
    deployments: &[AuditedDeploymentV1],
) -> BTreeMap<String, Vec<String>> {
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for landing in landings {
        for id in &landing.waivers {
            used.entry(id.clone()).or_default().insert(landing.id.clone());
        }
    }
    for deployment in deployments {
        for id in crate::landing::waivers_in(&deployment.decision.findings) {
            used.entry(id).or_default().insert(deployment.id.clone());
        }
    }
    used.into_iter().map(|(id, items)| (id, items.into_iter().collect())).collect()
}

/// A record that proves nothing leaves a gap; one that is broken is an exception already.
fn gap_of_record(deployment: &AuditedDeploymentV1) -> Option<AuditGapV1> {
    let is_open = matches!(deployment.standing, RecordStandingV1::Irreproducible | RecordStandingV1::Unseen);
    is_open.then(|| AuditGapV1 {
        what: format!("the decision of {}", deployment.id),
        why: deployment.why.clone().unwrap_or_else(|| "it cannot be taken again".to_string()),
        remedy: Some(format!("See `portcullis record verify {}`.", deployment.environment)),
        items: 1,
        first_items: vec![deployment.id.clone()],
    })
}

fn outcome_of(
    landings: &[AuditedLandingV1],
    deployments: &[AuditedDeploymentV1],
    is_unverified: bool,
    exceptions: bool,
    gaps: &[AuditGapV1],
) -> AuditOutcomeV1 {
    if is_unverified {
        AuditOutcomeV1::Unverified
    } else if exceptions {
        AuditOutcomeV1::Exceptions
    } else if !gaps.is_empty() {
        AuditOutcomeV1::Undetermined
    } else if landings.is_empty() && deployments.is_empty() {
        AuditOutcomeV1::Empty
    } else {
        AuditOutcomeV1::NoExceptions
    }
}
