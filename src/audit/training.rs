//! What controls of training found of each person.

use portcullis_judge::control::{trained_deployers, trained_reviewers};
use portcullis_wire::audit::v1::{AuditedDeploymentV1, AuditedLandingV1};
use portcullis_wire::decision::v1::{FindingV1, VerdictV1};
use std::collections::BTreeMap;

/// Findings by person. Of one control with one verdict, a person has the newest.
#[derive(Default)]
pub(super) struct TrainingFound {
    found: BTreeMap<String, BTreeMap<(String, VerdictV1), FindingV1>>,
}

impl TrainingFound {
    /// What was found of landings and of deployments, oldest first.
    pub(super) fn of(landings: &[AuditedLandingV1], deployments: &[AuditedDeploymentV1]) -> Self {
        let mut all = TrainingFound::default();
        for landing in landings {
            let approvers = landing.approvals.iter().filter_map(|approval| approval.approver.as_deref());
            let approvers: Vec<&str> = approvers.collect();
            let of_control = |found: &&FindingV1| found.control == trained_reviewers::KIND.name;
            landing.then.findings.iter().filter(of_control).for_each(|found| all.take(&approvers, found));
        }
        for deployment in deployments {
            let deployer: Vec<&str> = deployment.deployer.as_deref().into_iter().collect();
            let of_control = |found: &&FindingV1| found.control == trained_deployers::KIND.name;
            deployment
                .decision
                .findings
                .iter()
                .filter(of_control)
                .for_each(|found| all.take(&deployer, found));
        }
        all
    }

    /// Takes a finding for whom it names.
    fn take(&mut self, people: &[&str], found: &FindingV1) {
        for who in people {
            let of_person = |detail: &&String| names(detail, who) && !is_of_another(found, detail);
            let details: Vec<String> = found.details.iter().filter(of_person).cloned().collect();
            if details.is_empty() && !names(&found.reason, who) {
                continue;
            }
            let of_person = self.found.entry((*who).to_string()).or_default();
            let key = (found.control.clone(), found.verdict);
            of_person.insert(key, FindingV1 { details, ..found.clone() });
        }
    }

    /// What was found of a person, sorted by control.
    pub(super) fn of_person(&self, who: &str) -> Vec<FindingV1> {
        self.found.get(who).into_iter().flat_map(BTreeMap::values).cloned().collect()
    }
}

/// Of an approval that counts nothing is found against its approver, whatever becomes of the whole.
fn is_of_another(found: &FindingV1, detail: &str) -> bool {
    found.verdict != VerdictV1::Met && detail.ends_with(" counts")
}

/// Does a text name this login, and not a longer one?
fn names(text: &str, who: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(who).any(|(start, _)| {
        let rest = text.get(start + who.len()..).unwrap_or_default();
        !text.get(..start).unwrap_or_default().ends_with(is_part) && !rest.starts_with(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_wire::decision::v1::{SubjectKindV1, SubjectV1};

    #[test]
    fn an_approval_that_counts_is_not_held_against_its_approver() {
        let set_aside = "review 31 by robin is not one of the required ones: robin has training that ended";
        let found = FindingV1 {
            verdict: VerdictV1::Broken,
            control: trained_reviewers::KIND.name.to_string(),
            subject: SubjectV1 { kind: SubjectKindV1::Area, name: "upload".to_string() },
            reason: "1 of 2 required independent approvals".to_string(),
            remedy: None,
            details: vec!["review 32 by alex counts".to_string(), set_aside.to_string()],
            place: None,
        };
        let mut all = TrainingFound::default();
        all.take(&["alex", "robin"], &found);
        assert_eq!(all.of_person("alex"), []);
        let of_robin: Vec<Vec<String>> = all.of_person("robin").into_iter().map(|one| one.details).collect();
        assert_eq!(of_robin, [[set_aside]]);
    }

    #[test]
    fn a_login_is_not_named_by_a_longer_one() {
        assert!(names("0 of 1; kim-example: no training", "kim-example"));
        assert!(!names("kim-example-2 and my-kim-example", "kim-example"));
    }
}
