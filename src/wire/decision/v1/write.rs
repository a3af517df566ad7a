//! From the model to version 1. Every field is named, and none is left to `..`: a field that the
//! model gains does not compile until this form handles it.

use super::{
    DecisionV1, FindingV1, HouseReferenceV1, JudgedV1, PlaceV1, PolicyReferenceV1, RequestV1, SubjectV1,
    TouchV1, TouchedAreaV1, VERSION,
};
use portcullis_model::decision::{
    Decision, Finding, HouseReference, Judged, Place, PolicyReference, Subject, Touch, TouchedArea,
};
use portcullis_model::id::RequestId;

impl DecisionV1 {
    /// The decision in this form; `advisory` when the gate only advises.
    pub fn new(decision: &Decision, advisory: bool) -> Self {
        let Decision { outcome, judged, policy, areas, findings } = decision;
        DecisionV1 {
            schema: VERSION,
            outcome: (*outcome).into(),
            judged: judged.into(),
            policy: policy.as_ref().map(Into::into),
            areas: areas.iter().map(Into::into).collect(),
            findings: findings.iter().map(Into::into).collect(),
            advisory,
        }
    }
}

impl From<&Finding> for FindingV1 {
    fn from(finding: &Finding) -> Self {
        let Finding { verdict, control, subject, reason, remedy, details, place } = finding;
        FindingV1 {
            verdict: (*verdict).into(),
            control: control.clone(),
            subject: subject.into(),
            reason: reason.clone(),
            remedy: remedy.clone(),
            details: details.clone(),
            place: place.as_ref().map(Into::into),
        }
    }
}

impl From<&Subject> for SubjectV1 {
    fn from(subject: &Subject) -> Self {
        let Subject { kind, name } = subject;
        SubjectV1 { kind: (*kind).into(), name: name.clone() }
    }
}

impl From<&Place> for PlaceV1 {
    fn from(place: &Place) -> Self {
        let Place { path, line } = place;
        PlaceV1 { path: path.into(), line: *line }
    }
}

impl From<&Judged> for JudgedV1 {
    fn from(judged: &Judged) -> Self {
        let Judged {
            repository,
            environment,
            request,
            requests,
            title,
            branch,
            base,
            head,
            commits,
            files,
            asserted,
        } = judged;
        JudgedV1 {
            repository: repository.clone(),
            environment: environment.clone(),
            request: request.as_ref().map(Into::into),
            requests: requests.iter().map(Into::into).collect(),
            title: title.clone(),
            branch: branch.as_ref().map(ToString::to_string),
            base: base.as_ref().map(Into::into),
            head: head.as_ref().map(Into::into),
            commits: *commits,
            files: *files,
            asserted: asserted.as_ref().map(Into::into),
        }
    }
}

impl From<&RequestId> for RequestV1 {
    fn from(request: &RequestId) -> Self {
        match request {
            RequestId::Number(number) => RequestV1::Number(*number),
            RequestId::Name(name) => RequestV1::Name(name.clone()),
        }
    }
}

impl From<&PolicyReference> for PolicyReferenceV1 {
    fn from(policy: &PolicyReference) -> Self {
        let PolicyReference { project, digest, origin, house } = policy;
        PolicyReferenceV1 {
            project: project.clone(),
            digest: digest.into(),
            origin: (*origin).into(),
            house: house.as_ref().map(Into::into),
        }
    }
}

impl From<&HouseReference> for HouseReferenceV1 {
    fn from(house: &HouseReference) -> Self {
        let HouseReference { file, digest, origin } = house;
        HouseReferenceV1 {
            file: file.into(),
            digest: digest.into(),
            repository: origin.as_ref().map(|origin| origin.repository.clone()),
            commit: origin.as_ref().map(|origin| (&origin.commit).into()),
        }
    }
}

impl From<&TouchedArea> for TouchedAreaV1 {
    fn from(touched: &TouchedArea) -> Self {
        let TouchedArea { area, purpose, touches } = touched;
        TouchedAreaV1 {
            area: area.clone(),
            purpose: purpose.clone(),
            touches: touches.iter().map(Into::into).collect(),
        }
    }
}

impl From<&Touch> for TouchV1 {
    fn from(touch: &Touch) -> Self {
        let Touch { path, rule, policy_line, line } = touch;
        TouchV1 { path: path.into(), rule: rule.clone(), policy_line: *policy_line, line: *line }
    }
}
