//! The waivers and rollbacks of a period, as the newest text that names each of them has it.

use crate::people::PeopleNames;
use jiff::Timestamp;
use portcullis_judge::policy::Policy;
use portcullis_model::waiver::{Emergency, Grant, Rollback, Scope, Waiver};
use portcullis_wire::audit::v1::{EmergencyStandingV1, EmergencyV1, UsedWaiverV1, WaiverKindV1};
use std::collections::BTreeMap;

/// Waivers by their ids, each as the newest text has it.
#[derive(Debug, Default)]
pub struct WaiverBook {
    granted: BTreeMap<String, UsedWaiverV1>,
    /// What approvers are shown as, by the login that a text names them with.
    approvers: BTreeMap<String, String>,
}

impl WaiverBook {
    /// Takes over what a text says, which is newer than those before.
    ///
    /// # Errors
    /// How many mistakes it has by the policy.
    pub fn add(&mut self, policy: &Policy, text: &str, as_of: Timestamp) -> Result<(), usize> {
        let names = PeopleNames::by(Some(policy));
        let waivers = policy.waivers(text).map_err(|problems| problems.len())?;
        let rollbacks = policy.rollbacks(text).map_err(|problems| problems.len())?;
        let grants = waivers.iter().map(|one| &one.grant).chain(rollbacks.iter().map(|one| &one.grant));
        let shown = |grant: &Grant| (grant.approver.to_string(), names.of_login(&grant.approver));
        self.approvers.extend(grants.map(shown));
        for waiver in &waivers {
            self.granted.insert(waiver.grant.id.clone(), of_waiver(names, waiver, as_of));
        }
        for rollback in &rollbacks {
            self.granted.insert(rollback.grant.id.clone(), of_rollback(names, rollback));
        }
        Ok(())
    }

    /// The waiver of an id.
    pub fn find(&self, id: &str) -> Option<&UsedWaiverV1> {
        self.granted.get(id)
    }

    /// What an approver is shown as.
    pub fn name_of(&self, approver: &str) -> String {
        self.approvers.get(approver).map_or(approver, String::as_str).to_string()
    }

    /// Those that were in force in a period, and those that an item used; `used` tells which items
    /// use which. A range of commits has no times: then all that are known are of it.
    pub fn of_period(
        mut self,
        used: &BTreeMap<String, Vec<String>>,
        period: Option<(Timestamp, Timestamp)>,
    ) -> Vec<UsedWaiverV1> {
        for (id, items) in used {
            if let Some(waiver) = self.granted.get_mut(id) {
                waiver.used_by.clone_from(items);
            }
        }
        let is_of = |waiver: &UsedWaiverV1| {
            let within = period.is_none_or(|(since, until)| {
                let moment = |text: &str| text.parse::<Timestamp>().ok();
                moment(&waiver.created).is_none_or(|created| created < until)
                    && moment(&waiver.expires).is_none_or(|expires| expires > since)
            });
            within || !waiver.used_by.is_empty()
        };
        self.granted.into_values().filter(is_of).collect()
    }
}

fn of_waiver(names: PeopleNames<'_>, waiver: &Waiver, as_of: Timestamp) -> UsedWaiverV1 {
    let emergency = waiver.emergency.as_ref().map(|emergency| of_emergency(names, emergency, as_of));
    UsedWaiverV1 {
        emergency,
        ..of_grant(names, &waiver.grant, WaiverKindV1::Waiver, describe_scope(&waiver.scope))
    }
}

fn of_rollback(names: PeopleNames<'_>, rollback: &Rollback) -> UsedWaiverV1 {
    let Rollback { environment, from, to, .. } = rollback;
    let covers = format!("{environment}: from {} back to {}", from.short(), to.short());
    of_grant(names, &rollback.grant, WaiverKindV1::Rollback, covers)
}

fn of_grant(names: PeopleNames<'_>, grant: &Grant, kind: WaiverKindV1, covers: String) -> UsedWaiverV1 {
    UsedWaiverV1 {
        id: grant.id.clone(),
        kind,
        covers,
        reason: grant.reason.clone(),
        ticket: grant.ticket.clone(),
        requester: names.of_login(&grant.requester),
        approver: names.of_login(&grant.approver),
        created: grant.created.to_string(),
        expires: grant.expires.to_string(),
        signed: grant.signature.is_some(),
        used_by: Vec::new(),
        emergency: None,
    }
}

fn of_emergency(names: PeopleNames<'_>, emergency: &Emergency, as_of: Timestamp) -> EmergencyV1 {
    let standing = match &emergency.review {
        Some((_, at)) if *at > as_of => still_owed(emergency, as_of),
        Some((_, at)) if *at < emergency.due => EmergencyStandingV1::Done,
        Some(_) => EmergencyStandingV1::Late,
        None => still_owed(emergency, as_of),
    };
    EmergencyV1 {
        due: emergency.due.to_string(),
        reviewer: emergency.review.as_ref().map(|(reviewer, _)| names.of_login(reviewer)),
        reviewed: emergency.review.as_ref().map(|(_, at)| at.to_string()),
        standing,
    }
}

fn still_owed(emergency: &Emergency, as_of: Timestamp) -> EmergencyStandingV1 {
    if emergency.due <= as_of { EmergencyStandingV1::Overdue } else { EmergencyStandingV1::Due }
}

fn describe_scope(scope: &Scope) -> String {
    let mut parts = vec![scope.control.clone()];
    parts.extend(scope.area.as_ref().map(|area| format!("in area {area}")));
    let commits = scope.commits.as_ref().map(|ids| join_texts(ids.iter().map(|id| id.short().to_string())));
    parts.extend(commits.map(|ids| format!("of commit {ids}")));
    let requests = scope.requests.as_ref().map(|ids| join_texts(ids.iter().map(u64::to_string)));
    parts.extend(requests.map(|ids| format!("of request {ids}")));
    parts.extend(scope.environment.as_ref().map(|name| format!("for {name}")));
    parts.join(" ")
}

fn join_texts(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join(", ")
}
