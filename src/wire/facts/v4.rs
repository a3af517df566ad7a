//! Version 4 of gathered facts, of a change, of a batch and of a deployment. The order of the
//! fields is their order in the file, and the documentation of types and fields is that of the
//! schema: it is written for readers of the file.
//!
//! No member may be missing: what is not there is an error and never an absence. What earlier
//! versions do not hold, [`super::earlier`] fills in.

use crate::form::{Form, Misshapen, MomentText, present};
use crate::text::{BranchText, CommitText};
use batch::BatchFactsV4;
use change::ChangeV4;
use deployment::{BackV4, BaselineV4, DeployerV4, ElsewhereV4, HostDeploymentV4, LandingFactsV4, RecordedV4};
use evidence::EvidenceFactsV4;
use fact::FactV4;
use gate::{GateTextsV4, InquiryV4};
use host::HostFactsV4;
use incidents::IncidentsFactV4;
use landing::SpanV4;
use lines::LineCoverageV4;
use portcullis_model::deployment::Deployment;
use portcullis_model::facts::Facts;
use reconciliation::ReconciliationFactsV4;
use report::ReportV4;
use serde::{Deserialize, Serialize};
use signed::SignedFactV4;

pub mod account;
pub mod administration;
mod agreement;
pub mod assertion;
pub mod batch;
pub mod change;
pub mod conventions;
pub mod deployment;
pub mod evidence;
pub mod fact;
pub mod gate;
pub mod host;
pub mod incidents;
pub mod landing;
pub mod lines;
pub mod protection;
pub mod reconciliation;
pub mod report;
pub mod request;
pub mod signed;

/// The number in the member `schema`.
pub const VERSION: u32 = 4;

/// Everything that was seen of a change, of a batch or of a deployment, as `portcullis facts`
/// writes it. `portcullis decide` judges it again, with the same result.
///
/// Every member is always there; a member of another name is an error. What was asked and could not
/// be seen is a `gap`, and never an empty list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "Facts of Portcullis, version 4"))]
#[serde(untagged)]
pub enum FactsV4 {
    /// Of a change.
    Change(Box<ChangeFactsV4>),
    /// Of a batch of change requests.
    Batch(Box<BatchFactsV4>),
    /// Of a deployment.
    Deployment(Box<DeploymentFactsV4>),
}

/// The word that says that facts are of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKindV4 {
    /// A change, judged before it lands; or a request that landed.
    Change,
}

/// The word that says that facts are of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DeploymentKindV4 {
    /// A deployment, judged before it begins.
    Deployment,
}

/// The facts of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeFactsV4 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// What the facts are of.
    pub kind: ChangeKindV4,
    /// The moment of judgement. Every comparison with a date uses it.
    #[serde(deserialize_with = "present")]
    pub observed: FactV4<MomentText>,
    /// What was asked.
    pub inquiry: InquiryV4,
    /// What git shows of the change.
    pub change: FactV4<ChangeV4>,
    /// The texts in the repository that steer the gate.
    pub gate: FactV4<GateTextsV4>,
    /// What the repository's host says.
    pub host: HostFactsV4,
    /// The test reports.
    pub reports: FactV4<Vec<ReportV4>>,
    /// The changed lines, and the coverage reports.
    pub line_coverage: FactV4<LineCoverageV4>,
    /// Test evidence that is bound to a tree.
    pub evidence: FactV4<EvidenceFactsV4>,
    /// Signed reviews. Missing where the policy does not ask for them.
    #[serde(default, skip_serializing_if = "crate::form::is_default")]
    pub signed: SignedFactV4,
}

impl Form for ChangeFactsV4 {
    type Model = Facts;

    fn of(model: Facts) -> Self {
        let Facts { observed, inquiry, change, gate, host, reports, line_coverage, evidence, signed } = model;
        ChangeFactsV4 {
            schema: VERSION,
            kind: ChangeKindV4::Change,
            observed: Form::of(observed),
            inquiry: Form::of(inquiry),
            change: Form::of(change),
            gate: Form::of(gate),
            host: Form::of(host),
            reports: Form::of(reports),
            line_coverage: Form::of(line_coverage),
            evidence: Form::of(evidence),
            signed: Form::of(signed),
        }
    }

    fn model(self) -> Result<Facts, Misshapen> {
        let ChangeFactsV4 { schema, kind: ChangeKindV4::Change, .. } = self;
        is_version(schema)?;
        self.host.says_its_conventions()?;
        let facts = Facts {
            observed: self.observed.model()?,
            inquiry: self.inquiry.model()?,
            change: self.change.model()?,
            gate: self.gate.model()?,
            host: self.host.model()?,
            reports: self.reports.model()?,
            line_coverage: self.line_coverage.model()?,
            evidence: self.evidence.model()?,
            signed: self.signed.model()?,
        };
        agreement::check_texts(&facts)?;
        Ok(facts)
    }
}

/// The facts of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DeploymentFactsV4 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// What the facts are of.
    pub kind: DeploymentKindV4,
    /// The environment.
    pub environment: String,
    /// The branch that would be deployed from.
    pub branch: BranchText,
    /// The commit that would be deployed.
    pub candidate: CommitText,
    /// Who would deploy it.
    pub deployer: FactV4<DeployerV4>,
    /// The commit that is deployed.
    pub baseline: FactV4<BaselineV4>,
    /// What the host has deployed; null when it lists no deployment that succeeded and was not
    /// taken back.
    pub by_host: FactV4<Option<HostDeploymentV4>>,
    /// What the deployment record of the environment allowed before, oldest first.
    pub recorded: FactV4<Vec<RecordedV4>>,
    /// What is known of other environments, where this one has no record.
    pub elsewhere: FactV4<ElsewhereV4>,
    /// What the register of incidents says. Missing where the policy does not ask for it.
    #[serde(default, skip_serializing_if = "crate::form::is_default")]
    pub incidents: IncidentsFactV4,
    /// The way from the candidate to the tip of the branch.
    pub on_branch: FactV4<SpanV4>,
    /// The way from the baseline to the candidate.
    pub span: FactV4<SpanV4>,
    /// What a rollback depends on; null where the candidate is not behind the baseline.
    pub back: FactV4<Option<BackV4>>,
    /// The landings between baseline and candidate, oldest first.
    pub landings: FactV4<Vec<LandingFactsV4>>,
    /// The runs of the datasets that the policy reconciles. Missing where they were not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconciliation: Option<ReconciliationFactsV4>,
    /// The branch as it is, its protection, the range as one change, and the evidence for the
    /// candidate.
    pub whole: ChangeFactsV4,
}

impl Form for DeploymentFactsV4 {
    type Model = Deployment;

    fn of(model: Deployment) -> Self {
        let Deployment {
            environment,
            branch,
            candidate,
            deployer,
            baseline,
            by_host,
            recorded,
            elsewhere,
            incidents,
            on_branch,
            span,
            back,
            landings,
            reconciliation,
            whole,
        } = model;
        DeploymentFactsV4 {
            schema: VERSION,
            kind: DeploymentKindV4::Deployment,
            environment,
            branch: Form::of(branch),
            candidate: Form::of(candidate),
            deployer: Form::of(deployer),
            baseline: Form::of(baseline),
            by_host: Form::of(by_host),
            recorded: Form::of(recorded),
            elsewhere: Form::of(elsewhere),
            incidents: Form::of(incidents),
            on_branch: Form::of(on_branch),
            span: Form::of(span),
            back: Form::of(back),
            landings: Form::of(landings),
            reconciliation: Form::of(reconciliation),
            whole: Form::of(whole),
        }
    }

    fn model(self) -> Result<Deployment, Misshapen> {
        let DeploymentFactsV4 { schema, kind: DeploymentKindV4::Deployment, .. } = self;
        is_version(schema)?;
        self.whole.host.is_observed()?;
        let deployment = Deployment {
            environment: self.environment,
            branch: self.branch.model()?,
            candidate: self.candidate.model()?,
            deployer: self.deployer.model()?,
            baseline: self.baseline.model()?,
            by_host: self.by_host.model()?,
            recorded: self.recorded.model()?,
            elsewhere: self.elsewhere.model()?,
            incidents: self.incidents.model()?,
            on_branch: self.on_branch.model()?,
            span: self.span.model()?,
            back: self.back.model()?,
            landings: self.landings.model()?,
            reconciliation: self.reconciliation.model()?,
            whole: self.whole.model()?,
        };
        agreement::check_runs(&deployment)?;
        if let Some(gate) =
            deployment.back.value().and_then(Option::as_ref).and_then(|back| back.gate.value())
        {
            let whole = &deployment.whole;
            agreement::check_gate(&whole.inquiry, gate, &whole.host.conventions)?;
        }
        agreement::check_incidents(&deployment)?;
        agreement::check_records(deployment.recorded.value().into_iter().flatten())?;
        Ok(deployment)
    }
}

fn is_version(schema: u32) -> Result<(), Misshapen> {
    match schema {
        VERSION => Ok(()),
        other => Err(Misshapen(format!("facts of schema {other} are part of facts of schema {VERSION}"))),
    }
}
