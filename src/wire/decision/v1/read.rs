//! From version 1 back to the model, and the words of both.

use super::{
    DecisionV1, FindingV1, HouseReferenceV1, JudgedV1, OutcomeV1, PlaceV1, PolicyOriginV1, PolicyReferenceV1,
    RequestV1, SubjectKindV1, SubjectV1, TouchV1, TouchedAreaV1, VERSION, VerdictV1,
};
use crate::form::{Form, Misshapen};
use portcullis_model::change::BranchName;
use portcullis_model::decision::{
    Decision, Finding, HouseOrigin, HouseReference, Judged, Outcome, Place, PolicyOrigin, PolicyReference,
    Subject, SubjectKind, Touch, TouchedArea, Verdict,
};
use portcullis_model::id::RequestId;
use std::fmt;

/// Why a document of version 1 is no decision that this program knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotVersion1 {
    /// Another number in `schema`.
    Version(u32),
    /// A text that is not of its shape; why.
    Text(String),
}

impl fmt::Display for NotVersion1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotVersion1::Version(other) => write!(f, "the decision is of schema {other}, not {VERSION}"),
            NotVersion1::Text(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for NotVersion1 {}

impl From<String> for NotVersion1 {
    fn from(why: String) -> Self {
        NotVersion1::Text(why)
    }
}

words! {
    OutcomeV1 = Outcome { Allow = Allow, Undetermined = Undetermined, Block = Block }
    VerdictV1 = Verdict {
        Broken = Broken, Unproven = Unproven, Waived = Waived, Noted = Noted, Met = Met, Exempt = Exempt
    }
    PolicyOriginV1 = PolicyOrigin { Base = Base, Given = Given }
    SubjectKindV1 = SubjectKind {
        Change = Change, Request = Request, Branch = Branch, Landing = Landing, Area = Area, File = File,
        Suite = Suite, Check = Check, Policy = Policy, Environment = Environment, Waiver = Waiver
    }
}

impl TryFrom<DecisionV1> for Decision {
    type Error = NotVersion1;

    /// The decision, without the advice to ignore it.
    fn try_from(document: DecisionV1) -> Result<Self, Self::Error> {
        let DecisionV1 { schema, outcome, judged, policy, areas, findings, advisory: _ } = document;
        if schema != VERSION {
            return Err(NotVersion1::Version(schema));
        }
        Ok(Decision {
            outcome: outcome.into(),
            judged: judged.try_into()?,
            policy: policy.map(TryInto::try_into).transpose()?,
            areas: read_all(areas)?,
            findings: read_all(findings)?,
        })
    }
}

/// Each of a list, or the first that is not of its shape.
fn read_all<W, M: TryFrom<W, Error = NotVersion1>>(list: Vec<W>) -> Result<Vec<M>, NotVersion1> {
    list.into_iter().map(M::try_from).collect()
}

impl TryFrom<FindingV1> for Finding {
    type Error = NotVersion1;

    fn try_from(finding: FindingV1) -> Result<Self, Self::Error> {
        let FindingV1 { verdict, control, subject, reason, remedy, details, place } = finding;
        let SubjectV1 { kind, name } = subject;
        let subject = Subject { kind: kind.into(), name };
        let place = place.map(Place::try_from).transpose()?;
        Ok(Finding { verdict: verdict.into(), control, subject, reason, remedy, details, place })
    }
}

impl TryFrom<PlaceV1> for Place {
    type Error = NotVersion1;

    fn try_from(place: PlaceV1) -> Result<Self, Self::Error> {
        let PlaceV1 { path, line } = place;
        Ok(Place { path: path.try_into()?, line })
    }
}

impl TryFrom<JudgedV1> for Judged {
    type Error = NotVersion1;

    fn try_from(judged: JudgedV1) -> Result<Self, Self::Error> {
        let JudgedV1 {
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
        Ok(Judged {
            repository,
            environment,
            request: request.map(Into::into),
            requests: requests.into_iter().map(Into::into).collect(),
            title,
            branch: branch.map(BranchName::from),
            base: base.map(TryInto::try_into).transpose()?,
            head: head.map(TryInto::try_into).transpose()?,
            commits,
            files,
            asserted: asserted.map(TryInto::try_into).transpose()?,
        })
    }
}

impl Form for RequestV1 {
    type Model = RequestId;

    fn of(model: RequestId) -> Self {
        (&model).into()
    }

    fn model(self) -> Result<RequestId, Misshapen> {
        Ok(self.into())
    }
}

impl From<RequestV1> for RequestId {
    fn from(request: RequestV1) -> Self {
        match request {
            RequestV1::Number(number) => RequestId::Number(number),
            RequestV1::Name(name) => RequestId::Name(name),
        }
    }
}

impl TryFrom<PolicyReferenceV1> for PolicyReference {
    type Error = NotVersion1;

    fn try_from(policy: PolicyReferenceV1) -> Result<Self, Self::Error> {
        let PolicyReferenceV1 { project, digest, origin, house } = policy;
        let house = house.map(TryInto::try_into).transpose()?;
        Ok(PolicyReference { project, digest: digest.try_into()?, origin: origin.into(), house })
    }
}

impl TryFrom<HouseReferenceV1> for HouseReference {
    type Error = NotVersion1;

    fn try_from(house: HouseReferenceV1) -> Result<Self, Self::Error> {
        let HouseReferenceV1 { file, digest, repository, commit } = house;
        let commit = commit.map(TryInto::try_into).transpose()?;
        let origin = repository.zip(commit).map(|(repository, commit)| HouseOrigin { repository, commit });
        Ok(HouseReference { file: file.try_into()?, digest: digest.try_into()?, origin })
    }
}

impl TryFrom<TouchedAreaV1> for TouchedArea {
    type Error = NotVersion1;

    fn try_from(touched: TouchedAreaV1) -> Result<Self, Self::Error> {
        let TouchedAreaV1 { area, purpose, touches } = touched;
        Ok(TouchedArea { area, purpose, touches: read_all(touches)? })
    }
}

impl TryFrom<TouchV1> for Touch {
    type Error = NotVersion1;

    fn try_from(touch: TouchV1) -> Result<Self, Self::Error> {
        let TouchV1 { path, rule, policy_line, line } = touch;
        Ok(Touch { path: path.try_into()?, rule, policy_line, line })
    }
}
