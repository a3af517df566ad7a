//! Segregation of duties: who wrote, approved, deployed, granted waivers and administers.

use crate::people::PeopleNames;
use crate::training::TrainingFound;
use portcullis_wire::audit::v1::{
    AuditedDeploymentV1, AuditedLandingV1, AuditedPersonV1, DutyConflictV1, DutyV1, UsedWaiverV1,
};
use std::collections::{BTreeMap, BTreeSet};

/// The duties of each person for each item.
#[derive(Default)]
pub(super) struct DutyTable {
    held: BTreeMap<(String, String), BTreeSet<DutyV1>>,
    deployed: BTreeMap<String, u64>,
    granted: BTreeMap<String, u64>,
}

impl DutyTable {
    pub(super) fn of(
        landings: &[AuditedLandingV1],
        deployments: &[AuditedDeploymentV1],
        waivers: &[UsedWaiverV1],
    ) -> Self {
        let mut table = DutyTable::default();
        for landing in landings {
            landing.authors.iter().for_each(|who| table.hold(who, &landing.id, DutyV1::Wrote));
            let counted = landing.approvals.iter().filter(|approval| approval.counts == Some(true));
            counted
                .filter_map(|approval| approval.approver.as_ref())
                .for_each(|who| table.hold(who, &landing.id, DutyV1::Approved));
        }
        for deployment in deployments {
            let Some(who) = &deployment.deployer else { continue };
            *table.deployed.entry(who.clone()).or_default() += 1;
            deployment.landings.iter().for_each(|item| table.hold(who, item, DutyV1::Deployed));
        }
        for waiver in waivers {
            *table.granted.entry(waiver.approver.clone()).or_default() += 1;
            waiver.used_by.iter().for_each(|item| table.hold(&waiver.approver, item, DutyV1::Waived));
        }
        table
    }

    fn hold(&mut self, who: &str, item: &str, duty: DutyV1) {
        self.held.entry((who.to_string(), item.to_string())).or_default().insert(duty);
    }

    /// Everyone, sorted by name.
    pub(super) fn people(
        &self,
        names: PeopleNames<'_>,
        administrators: Option<&BTreeSet<String>>,
        training: &TrainingFound,
    ) -> Vec<AuditedPersonV1> {
        let holders = self.held.keys().map(|(who, _)| who);
        let all: BTreeSet<&String> = holders
            .chain(self.deployed.keys())
            .chain(self.granted.keys())
            .chain(administrators.into_iter().flatten())
            .collect();
        let counts = self.counts();
        let count =
            |who: &String, duty: DutyV1| counts.get(&(who.as_str(), duty)).copied().unwrap_or_default();
        let person = |who: &String| AuditedPersonV1 {
            who: who.clone(),
            wrote: count(who, DutyV1::Wrote),
            approved: count(who, DutyV1::Approved),
            deployed: self.deployed.get(who).copied().unwrap_or_default(),
            administers: administrators.map(|all| all.contains(who)),
            waived: self.granted.get(who).copied().unwrap_or_default(),
            roles: names.roles_of(who),
            training: training.of_person(who),
        };
        all.into_iter().map(person).collect()
    }

    fn counts(&self) -> BTreeMap<(&str, DutyV1), u64> {
        let mut counts = BTreeMap::new();
        for ((who, _), duties) in &self.held {
            for duty in duties {
                *counts.entry((who.as_str(), *duty)).or_default() += 1;
            }
        }
        counts
    }

    /// Where one person holds two duties for one item.
    pub(super) fn conflicts(&self, administrators: Option<&BTreeSet<String>>) -> Vec<DutyConflictV1> {
        let two = self.held.iter().filter(|(_, duties)| duties.len() > 1);
        let conflict = |((who, item), duties): (&(String, String), &BTreeSet<DutyV1>)| {
            let mut duties = duties.clone();
            if administrators.is_some_and(|all| all.contains(who)) {
                duties.insert(DutyV1::Administers);
            }
            DutyConflictV1 { who: who.clone(), item: item.clone(), duties: duties.into_iter().collect() }
        };
        two.map(conflict).collect()
    }
}
