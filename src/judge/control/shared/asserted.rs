//! What controls say of a deployer whom no host confirms.

use crate::control::finding;
use portcullis_model::decision::{Finding, SubjectKind, Verdict};
use portcullis_model::deployment::{Deployer, DeployerOrigin, Deployment};

/// What every control says of a deployer whom the command line alone names.
pub fn note_asserted(control: &str, deployment: &Deployment, deployer: &Deployer) -> Option<Finding> {
    (deployer.origin == DeployerOrigin::Asserted).then(|| {
        let reason =
            format!("the command line names {} as the deployer; no host confirms it", deployer.login);
        finding(control, Verdict::Noted, SubjectKind::Environment, &deployment.environment, reason)
    })
}
