//! The exceptions of an audit: what is broken or was waived, by whom, and whether what is owed for
//! it took place.

use crate::landing::{grants_of, is_rollback};
use crate::waivers::WaiverBook;
use portcullis_wire::audit::v1::{
    AuditGapV1, AuditedDeploymentV1, AuditedLandingV1, BranchPopulationV1, EmergencyStandingV1,
    EnvironmentPopulationV1, ExceptionStandingV1, ExceptionV1, FollowUpV1, PassageV1, PassedByV1,
};
use portcullis_wire::decision::v1::{FindingV1, SubjectKindV1, SubjectV1, VerdictV1};
use std::collections::BTreeMap;

/// In whose name an audit reports what is wrong with a population.
const POPULATION: &str = "population";

/// In whose name it reports what is wrong with records.
pub(super) const RECORDS: &str = "records";

/// So many items of a gap are named.
pub(super) const NAMED: usize = 10;

/// The items of an audit, as exceptions are found in them.
pub(super) struct AuditedItems<'a> {
    pub(super) landings: &'a [AuditedLandingV1],
    pub(super) deployments: &'a [AuditedDeploymentV1],
    pub(super) branches: &'a [BranchPopulationV1],
    pub(super) environments: &'a [EnvironmentPopulationV1],
    /// What is wrong with the snapshots of each branch.
    pub(super) broken_snapshots: &'a BTreeMap<String, Vec<String>>,
    pub(super) waivers: &'a WaiverBook,
    /// Who may bypass a rule of a branch or administers it, by branch.
    pub(super) bypasses: &'a BTreeMap<String, Vec<PassageV1>>,
    /// Those of runs and incidents.
    pub(super) arrivals: &'a [ExceptionV1],
}

impl AuditedItems<'_> {
    /// Every exception, by control, the open ones first, then in the order of the items.
    pub(super) fn exceptions(&self) -> Vec<ExceptionV1> {
        let mut found: Vec<ExceptionV1> = Vec::new();
        found.extend(self.branches.iter().flat_map(lost_commits));
        found.extend(self.environments.iter().flat_map(faults_of_environment));
        found.extend(self.broken_snapshots.iter().flat_map(faults_of_snapshots));
        let by_id: BTreeMap<&str, &AuditedDeploymentV1> =
            self.deployments.iter().map(|one| (one.id.as_str(), one)).collect();
        for landing in self.landings {
            for finding in exceptional(&landing.then.findings) {
                found.push(self.of_landing(landing, finding, &by_id));
            }
        }
        for deployment in self.deployments {
            let own = exceptional(&deployment.decision.findings);
            found.extend(
                own.filter(|finding| !self.is_of_landing(finding))
                    .map(|finding| self.exception(&deployment.id, finding, Vec::new())),
            );
        }
        found.extend(self.arrivals.iter().cloned());
        // The sort is stable: within a group the order of the items stays.
        found.sort_by(|one, other| (&one.control, one.standing).cmp(&(&other.control, other.standing)));
        found
    }

    fn of_landing(
        &self,
        landing: &AuditedLandingV1,
        finding: &FindingV1,
        by_id: &BTreeMap<&str, &AuditedDeploymentV1>,
    ) -> ExceptionV1 {
        let mut passages = Vec::new();
        if finding.verdict == VerdictV1::Broken {
            for reference in &landing.deployments {
                let id = format!("{}#{}", reference.environment, reference.number);
                let Some(deployment) = by_id.get(id.as_str()) else { continue };
                passages.extend(self.waived_at(deployment, finding));
            }
            if passages.is_empty() {
                passages.extend(self.bypasses.get(&landing.branch).into_iter().flatten().cloned());
            }
        }
        self.exception(&landing.id, finding, passages)
    }

    /// The waivers that a deployment was decided with, of the very same finding.
    fn waived_at(&self, deployment: &AuditedDeploymentV1, finding: &FindingV1) -> Vec<PassageV1> {
        let same = |other: &&FindingV1| {
            other.verdict == VerdictV1::Waived
                && other.control == finding.control
                && other.subject == finding.subject
        };
        let grants = deployment.decision.findings.iter().filter(same).flat_map(grants_of);
        grants.map(|grant| self.passage(PassedByV1::WaiverAtDeployment, grant)).collect()
    }

    /// Who granted a waiver is what its text said then, whatever it says now.
    fn passage(&self, by: PassedByV1, (id, approver): (&str, &str)) -> PassageV1 {
        let who = Some(self.waivers.name_of(approver));
        PassageV1 { by, who, what: id.to_string() }
    }

    fn exception(&self, item: &str, finding: &FindingV1, mut passages: Vec<PassageV1>) -> ExceptionV1 {
        passages.extend(grants_of(finding).map(|grant| self.passage(PassedByV1::Waiver, grant)));
        passages.sort();
        passages.dedup();
        let by_waiver =
            |passage: &&PassageV1| matches!(passage.by, PassedByV1::Waiver | PassedByV1::WaiverAtDeployment);
        let waived: Vec<&PassageV1> = passages.iter().filter(by_waiver).collect();
        let follow_up = self.follow_up(finding, &waived);
        let is_open = waived.is_empty() || matches!(follow_up, FollowUpV1::Overdue | FollowUpV1::Unseen);
        ExceptionV1 {
            control: finding.control.clone(),
            item: item.to_string(),
            finding: finding.clone(),
            standing: if is_open { ExceptionStandingV1::Open } else { ExceptionStandingV1::Waived },
            let_through: passages,
            follow_up,
        }
    }

    /// The worst of what the waivers owe. A waiver whose text was not seen may owe a review; a
    /// rollback never does.
    fn follow_up(&self, finding: &FindingV1, waived: &[&PassageV1]) -> FollowUpV1 {
        let emergencies =
            waived.iter().filter_map(|passage| self.waivers.find(&passage.what)?.emergency.as_ref());
        let is_unseen = |passage: &&PassageV1| {
            self.waivers.find(&passage.what).is_none() && !is_rollback(finding, &passage.what)
        };
        let unseen = waived.iter().copied().filter(is_unseen).map(|_| FollowUpV1::Unseen);
        let standings = emergencies.map(|emergency| match emergency.standing {
            EmergencyStandingV1::Due => FollowUpV1::Due,
            EmergencyStandingV1::Done => FollowUpV1::Done,
            EmergencyStandingV1::Late => FollowUpV1::Late,
            EmergencyStandingV1::Overdue => FollowUpV1::Overdue,
        });
        let standings: Vec<FollowUpV1> = standings.chain(unseen).collect();
        let worst_first =
            [FollowUpV1::Overdue, FollowUpV1::Unseen, FollowUpV1::Late, FollowUpV1::Due, FollowUpV1::Done];
        worst_first.into_iter().find(|standing| standings.contains(standing)).unwrap_or(FollowUpV1::None)
    }

    /// Is the same broken or waived in a landing of the audit? Then it is reported there.
    fn is_of_landing(&self, finding: &FindingV1) -> bool {
        let same = |other: &FindingV1| other.control == finding.control && other.subject == finding.subject;
        self.landings.iter().any(|landing| exceptional(&landing.then.findings).any(same))
    }
}

fn exceptional(findings: &[FindingV1]) -> impl Iterator<Item = &FindingV1> {
    findings.iter().filter(|found| matches!(found.verdict, VerdictV1::Broken | VerdictV1::Waived))
}

fn lost_commits(branch: &BranchPopulationV1) -> Vec<ExceptionV1> {
    let lost = |commit: &portcullis_wire::text::CommitText| {
        let reason = format!(
            "{commit} was on {} when a deployment was recorded or a snapshot taken, and is no longer on its first-parent line: the branch was rewound or made anew",
            branch.branch
        );
        let remedy = "Find out who moved the branch, and audit what was on it before.";
        fault(POPULATION, SubjectKindV1::Branch, &branch.branch, &branch.branch, reason, remedy)
    };
    branch.lost.iter().map(lost).collect()
}

fn faults_of_environment(environment: &EnvironmentPopulationV1) -> Vec<ExceptionV1> {
    let name = environment.environment.as_str();
    let of = |reason: String, remedy: String| {
        fault(RECORDS, SubjectKindV1::Environment, name, name, reason, &remedy)
    };
    let verify = || format!("See `portcullis record verify {name}`.");
    let mut found: Vec<ExceptionV1> =
        environment.problems.iter().map(|problem| of(problem.clone(), verify())).collect();
    found.extend(
        environment
            .holes
            .iter()
            .map(|number| of(format!("record {number} is missing in the chain"), verify())),
    );
    let listed = environment.on_host.iter().flatten().filter(|one| one.record.is_none());
    found.extend(listed.map(|one| {
        let since = one.time.at.as_deref().unwrap_or("an unknown time");
        let why = one.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
        let reason = format!(
            "the host has {} deployed since {since} (deployment {}), which no record allowed{why}",
            one.commit, one.id
        );
        of(reason, "Find out who deployed it without the gate.".to_string())
    }));
    found
}

fn faults_of_snapshots((branch, problems): (&String, &Vec<String>)) -> Vec<ExceptionV1> {
    let remedy = "See `portcullis snapshot verify`; none of these snapshots counts as a look.";
    let of = |problem: &String| {
        let reason = format!("the snapshots of the protection of {branch} do not verify: {problem}");
        fault(RECORDS, SubjectKindV1::Branch, branch, branch, reason, remedy)
    };
    problems.iter().map(of).collect()
}

pub(super) fn fault(
    control: &str,
    kind: SubjectKindV1,
    name: &str,
    item: &str,
    reason: String,
    remedy: &str,
) -> ExceptionV1 {
    let finding = FindingV1 {
        verdict: VerdictV1::Broken,
        control: control.to_string(),
        subject: SubjectV1 { kind, name: name.to_string() },
        reason,
        remedy: Some(remedy.to_string()),
        details: Vec::new(),
        place: None,
    };
    ExceptionV1 {
        control: control.to_string(),
        item: item.to_string(),
        finding,
        standing: ExceptionStandingV1::Open,
        let_through: Vec::new(),
        follow_up: FollowUpV1::None,
    }
}

/// The waivers that let something through and whose text was not seen.
pub(super) fn gaps_of_follow_ups(exceptions: &[ExceptionV1]) -> Vec<AuditGapV1> {
    let unseen = exceptions.iter().filter(|one| one.follow_up == FollowUpV1::Unseen);
    let items: Vec<&String> = unseen.map(|one| &one.item).collect();
    let why = "no landing, record or tip of the audit has the text of the waiver that let them through";
    let remedy =
        "Audit the period in which the waiver was granted, or fetch the records: they keep its text.";
    gap_of_items_named("whether a review is owed afterwards", why, remedy, &items).into_iter().collect()
}

/// Landings whose date cannot be read or cannot be right, and of which neither the host nor a
/// record says when they came in.
pub(super) fn gap_of_times(landings: &[AuditedLandingV1]) -> Option<AuditGapV1> {
    let undated = landings.iter().filter(|one| one.time.at.is_none());
    let items: Vec<&String> = undated.map(|one| &one.id).collect();
    let why = "the dates of their commits cannot be read or lie in the future, and neither a host nor a record says it";
    gap_of_items_named("when landings came in", why, "Name the host, or give facts with --facts.", &items)
}

fn gap_of_items_named(what: &str, why: &str, remedy: &str, items: &[&String]) -> Option<AuditGapV1> {
    (!items.is_empty()).then(|| AuditGapV1 {
        what: what.to_string(),
        why: why.to_string(),
        remedy: Some(remedy.to_string()),
        items: items.len() as u64,
        first_items: items.iter().take(NAMED).map(ToString::to_string).collect(),
    })
}

/// What could not be shown of items: one gap for all that have the same reason.
pub(super) fn gaps_of_items(
    landings: &[AuditedLandingV1],
    deployments: &[AuditedDeploymentV1],
) -> Vec<AuditGapV1> {
    let of_landings = landings.iter().map(|one| (&one.id, &one.then.findings));
    let of_deployments = deployments.iter().map(|one| (&one.id, &one.decision.findings));
    let mut gaps: BTreeMap<(String, String, Option<String>), Vec<&String>> = BTreeMap::new();
    for (id, findings) in of_landings.chain(of_deployments) {
        for found in findings.iter().filter(|found| found.verdict == VerdictV1::Unproven) {
            let key = (found.control.clone(), found.reason.clone(), found.remedy.clone());
            let items = gaps.entry(key).or_default();
            if items.last() != Some(&id) {
                items.push(id);
            }
        }
    }
    let gap = |((what, why, remedy), items): ((String, String, Option<String>), Vec<&String>)| AuditGapV1 {
        what,
        why,
        remedy,
        items: items.len() as u64,
        first_items: items.into_iter().take(NAMED).cloned().collect(),
    };
    let mut gaps: Vec<AuditGapV1> = gaps.into_iter().map(gap).collect();
    // What most items lack comes first: a list that is cut off has it. The sort is stable.
    gaps.sort_by_key(|gap| std::cmp::Reverse(gap.items));
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_judge::policy::Policy;
    use serde_json::{Value, json};

    fn finding(verdict: &str) -> Value {
        json!({ "verdict": verdict, "control": "required-reviews", "subject": { "kind": "area", "name": "upload" },
            "reason": "one approval is missing", "remedy": null, "details": [], "place": null })
    }

    /// The exceptions where the landing was found so and its deployment was found otherwise.
    fn found(landing: &str, deployment: &str) -> Vec<ExceptionV1> {
        let (commit, digest) = ("a".repeat(40), format!("sha256:{}", "b".repeat(64)));
        let time = json!({ "at": null, "source": "unknown" });
        let landing: AuditedLandingV1 = serde_json::from_value(json!({
            "id": format!("main@{commit}"), "number": 1, "branch": "main", "parent": commit, "landed": commit, "steps": [commit], "commits": 1,
            "time": time, "subject": "", "tickets": [], "requests": null, "authors": [], "approvals": [], "checks": [],
            "explanation": { "by": "replay", "requests": [], "residual": [], "residual_parts": 0, "unseen": null }, "areas": null,
            "then": { "outcome": "allow", "policy": null, "findings": [finding(landing)] }, "today": null, "waivers": [],
            "deployments": [{ "environment": "production", "number": 1 }], "source": "git alone"
        }))
        .unwrap();
        let deployment: AuditedDeploymentV1 = serde_json::from_value(json!({
            "id": "production#1", "environment": "production", "number": 1, "record": commit, "digest": digest, "time": time, "branch": "main",
            "baseline": commit, "baseline_origin": "recorded", "candidate": commit, "rollback": false, "recorder": "ci", "deployer": null,
            "deployer_known": false, "landings": [], "other_landings": 0, "standing": "reproduced", "why": null,
            "decision": { "outcome": "allow", "policy": null, "findings": [finding(deployment)] }
        }))
        .unwrap();
        AuditedItems {
            landings: &[landing],
            deployments: &[deployment],
            branches: &[],
            environments: &[],
            broken_snapshots: &BTreeMap::new(),
            waivers: &WaiverBook::default(),
            bypasses: &BTreeMap::new(),
            arrivals: &[],
        }
        .exceptions()
    }

    #[test]
    fn what_a_deployment_waived_is_an_exception_though_its_landing_says_otherwise() {
        for landing in ["unproven", "met", "noted"] {
            let found = found(landing, "waived");
            assert_eq!((found.len(), found[0].item.as_str()), (1, "production#1"), "{landing}: {found:?}");
        }
    }

    #[test]
    fn a_rollback_that_was_granted_is_no_open_exception() {
        let mut rollback = finding("waived");
        let granted = "it is older than b1a41eaf3c, which is deployed: a rollback, which kim-example asked for and robin-example granted until \
                       2025-08-22T12:00:00Z (R-1)";
        rollback["reason"] = json!(granted);
        let rollback: FindingV1 = serde_json::from_value(rollback).unwrap();
        let book = WaiverBook::default();
        let items = AuditedItems {
            landings: &[],
            deployments: &[],
            branches: &[],
            environments: &[],
            broken_snapshots: &BTreeMap::new(),
            waivers: &book,
            bypasses: &BTreeMap::new(),
            arrivals: &[],
        };
        let found = items.exception("production#8", &rollback, Vec::new());
        assert_eq!(found.standing, ExceptionStandingV1::Waived);
        let passage = &found.let_through[0];
        assert_eq!((passage.what.as_str(), passage.who.as_deref()), ("R-1", Some("robin-example")));
        // Where nothing of the kind is said, it stays open.
        let bare: FindingV1 = serde_json::from_value(finding("waived")).unwrap();
        let found = items.exception("production#8", &bare, Vec::new());
        assert_eq!(found.standing, ExceptionStandingV1::Open);
    }

    /// The exception of a finding that waiver W-7 covers, where the book has this waiver.
    fn waived_by(known: Option<&str>) -> ExceptionV1 {
        let mut waived = finding("waived");
        waived["details"] =
            json!(["waived by W-7, granted by robin-example until 2026-01-09: fire (without it: broken)"]);
        let waived: FindingV1 = serde_json::from_value(waived).unwrap();
        let mut book = WaiverBook::default();
        if let Some(emergency) = known {
            let policy = Policy::parse(
                "schema = 1\n[project]\nname = \"p\"\n[branches]\ndeployment = [\"main\"]\n[[data-processing]]\nname = \"upload\"\n\
                 purpose = \"loads\"\npaths = [\"services/**\"]\n[controls.required-reviews]\napprovals = 1\n",
            );
            let text = format!(
                "schema = 1\n[[waivers]]\nid = \"W-7\"\ncontrol = \"required-reviews\"\narea = \"upload\"\nreason = \"fire\"\n\
                 ticket = \"OPS-31\"\nrequester = \"kim-example\"\napprover = \"robin-example\"\ncreated = \"2026-01-05\"\n\
                 expires = \"2026-01-09\"\n{emergency}"
            );
            book.add(&policy.unwrap(), &text, "2026-06-01T00:00:00Z".parse().unwrap()).unwrap();
        }
        let items = AuditedItems {
            landings: &[],
            deployments: &[],
            branches: &[],
            environments: &[],
            broken_snapshots: &BTreeMap::new(),
            waivers: &book,
            bypasses: &BTreeMap::new(),
            arrivals: &[],
        };
        items.exception("main@a", &waived, Vec::new())
    }

    #[test]
    fn a_waiver_whose_text_was_not_seen_may_owe_a_review() {
        let unseen = waived_by(None);
        assert_eq!(
            (unseen.follow_up, unseen.standing),
            (FollowUpV1::Unseen, ExceptionStandingV1::Open),
            "{unseen:?}"
        );
        let gaps = gaps_of_follow_ups(&[unseen]);
        assert_eq!((gaps.len(), gaps[0].items), (1, 1));
        // Twin: where the text is there, it says what is owed.
        let usual = waived_by(Some(""));
        assert_eq!((usual.follow_up, usual.standing), (FollowUpV1::None, ExceptionStandingV1::Waived));
        assert!(gaps_of_follow_ups(&[usual]).is_empty());
    }

    #[test]
    fn what_is_waived_in_both_is_one_exception() {
        let found = found("waived", "waived");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].item.starts_with("main@"));
    }
}
