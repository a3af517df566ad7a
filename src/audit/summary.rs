//! Counts: of the whole, over time, by control and by area.

use portcullis_judge::clauses::{Clause, clauses_of};
use portcullis_judge::policy::Policy;
use portcullis_wire::audit::v1::{
    AuditCountsV1, AuditedAreaV1, AuditedControlV1, AuditedDeploymentV1, AuditedLandingV1,
    ExceptionStandingV1, ExceptionV1, TrendPointV1,
};
use portcullis_wire::decision::v1::{FindingV1, OutcomeV1, VerdictV1};
use std::collections::{BTreeMap, BTreeSet};

/// The month of items whose time is not known.
const UNKNOWN: &str = "unknown";

/// What became of a landing by the policy in force.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LandingClass {
    Allowed,
    Undetermined,
    Waived,
    Blocked,
}

fn class_of(landing: &AuditedLandingV1) -> LandingClass {
    let waived = landing.then.findings.iter().any(|found| found.verdict == VerdictV1::Waived);
    match landing.then.outcome {
        OutcomeV1::Block => LandingClass::Blocked,
        OutcomeV1::Undetermined => LandingClass::Undetermined,
        OutcomeV1::Allow if waived => LandingClass::Waived,
        OutcomeV1::Allow => LandingClass::Allowed,
    }
}

/// The counts of the whole.
pub(super) fn count_items(
    landings: &[AuditedLandingV1],
    deployments: &[AuditedDeploymentV1],
    exceptions: &[ExceptionV1],
) -> AuditCountsV1 {
    let of_class = |class| landings.iter().filter(|landing| class_of(landing) == class).count() as u64;
    let blocked_today = |landing: &&AuditedLandingV1| {
        let today = landing.today.as_ref().map(|today| today.outcome);
        today == Some(OutcomeV1::Block) && landing.then.outcome != OutcomeV1::Block
    };
    let is_open = |exception: &&ExceptionV1| exception.standing == ExceptionStandingV1::Open;
    AuditCountsV1 {
        landings: landings.len() as u64,
        commits: landings.iter().map(|landing| landing.commits).sum(),
        deployments: deployments.len() as u64,
        allowed: of_class(LandingClass::Allowed),
        undetermined: of_class(LandingClass::Undetermined),
        waived: of_class(LandingClass::Waived),
        blocked: of_class(LandingClass::Blocked),
        blocked_today: landings.iter().filter(blocked_today).count() as u64,
        never_deployed: landings.iter().filter(|landing| landing.deployments.is_empty()).count() as u64,
        exceptions: exceptions.len() as u64,
        open_exceptions: exceptions.iter().filter(is_open).count() as u64,
    }
}

/// The counts of each month that has an item, oldest first.
pub(super) fn trend_of(
    landings: &[AuditedLandingV1],
    deployments: &[AuditedDeploymentV1],
) -> Vec<TrendPointV1> {
    let mut months: BTreeMap<String, TrendPointV1> = BTreeMap::new();
    for landing in landings {
        let point = point_of(&mut months, landing.time.at.as_deref());
        point.landings += 1;
        match class_of(landing) {
            LandingClass::Allowed => point.allowed += 1,
            LandingClass::Undetermined => point.undetermined += 1,
            LandingClass::Waived => point.waived += 1,
            LandingClass::Blocked => point.blocked += 1,
        }
    }
    for deployment in deployments {
        point_of(&mut months, deployment.time.at.as_deref()).deployments += 1;
    }
    months.into_values().collect()
}

fn point_of<'m>(months: &'m mut BTreeMap<String, TrendPointV1>, at: Option<&str>) -> &'m mut TrendPointV1 {
    let month = at.and_then(|at| at.get(..7)).unwrap_or(UNKNOWN).to_string();
    months.entry(month.clone()).or_insert_with(|| TrendPointV1 {
        month,
        landings: 0,
        allowed: 0,
        undetermined: 0,
        waived: 0,
        blocked: 0,
        deployments: 0,
    })
}

/// What each control found, sorted by name.
pub(super) fn count_controls(
    landings: &[AuditedLandingV1],
    deployments: &[AuditedDeploymentV1],
) -> Vec<AuditedControlV1> {
    let of_landings = landings.iter().flat_map(|landing| &landing.then.findings);
    let of_deployments = deployments.iter().flat_map(|deployment| &deployment.decision.findings);
    let mut controls: BTreeMap<&str, AuditedControlV1> = BTreeMap::new();
    for found in of_landings.chain(of_deployments) {
        let control = controls.entry(&found.control).or_insert_with(|| no_findings(found));
        match found.verdict {
            VerdictV1::Met => control.met += 1,
            VerdictV1::Broken => control.broken += 1,
            VerdictV1::Unproven => control.unproven += 1,
            VerdictV1::Waived => control.waived += 1,
            VerdictV1::Exempt => control.exempt += 1,
            VerdictV1::Noted => {}
        }
    }
    controls.into_values().collect()
}

fn no_findings(found: &FindingV1) -> AuditedControlV1 {
    AuditedControlV1 {
        control: found.control.clone(),
        met: 0,
        broken: 0,
        unproven: 0,
        waived: 0,
        exempt: 0,
        clauses: clauses_of(&found.control).iter().map(name_clause).collect(),
    }
}

/// The framework with its edition, and the clause as it writes it.
fn name_clause(clause: &Clause) -> String {
    let framework = clause.provision.framework;
    let title = framework.title.split(',').next().unwrap_or(framework.title);
    format!("{title} {}", clause.provision.id)
}

/// The areas of the policies of the period, oldest first, and of that of today.
pub(super) fn count_areas(
    policies: &[&Policy],
    today: Option<&Policy>,
    landings: &[AuditedLandingV1],
) -> Vec<AuditedAreaV1> {
    let mut areas: BTreeMap<String, AuditedAreaV1> = BTreeMap::new();
    for policy in policies.iter().copied().chain(today) {
        for area in &policy.scope.inventory.areas {
            let owners: BTreeSet<String> =
                policy.controls.values().flat_map(|control| control.owners(&area.name)).collect();
            let rules = area.paths.iter().map(|rule| rule.rule.to_string());
            let content = area.content.iter().map(|rule| format!("content `{}`", rule.rule));
            let excluded = area.exclude.iter().map(|rule| format!("not `{}`", rule.rule));
            let described = AuditedAreaV1 {
                area: area.name.clone(),
                purpose: area.purpose.clone(),
                owners: owners.into_iter().collect(),
                rules: rules.map(|rule| format!("path `{rule}`")).chain(content).chain(excluded).collect(),
                landings: 0,
                blocked: 0,
                today: today.map(|_| false),
            };
            areas.insert(area.name.clone(), described);
        }
    }
    for area in today.into_iter().flat_map(|policy| &policy.scope.inventory.areas) {
        areas.entry(area.name.clone()).and_modify(|known| known.today = Some(true));
    }
    for landing in landings {
        let touched: BTreeSet<&str> = landing.areas.iter().flatten().map(|area| area.area.as_str()).collect();
        for area in touched {
            if let Some(known) = areas.get_mut(area) {
                known.landings += 1;
                known.blocked += u64::from(class_of(landing) == LandingClass::Blocked);
            }
        }
    }
    areas.into_values().collect()
}
