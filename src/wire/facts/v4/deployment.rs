//! What is deployed, by whom, and what landed since.

use super::ChangeFactsV4;
use super::change::FileChangeV4;
use super::fact::FactV4;
use super::gate::GateTextsV4;
use super::landing::{LandingProofV4, LandingV4, MissV4};
use crate::form::{MomentText, choices, objects};
use crate::text::{CommitText, DeploymentIdText, LoginText, PathText};
use portcullis_model::deployment::{
    Back, Baseline, BaselineOrigin, Deployer, DeployerOrigin, Elsewhere, HostDeployment, HostElsewhere,
    LandingFacts, Recorded, RecordsElsewhere,
};

objects! {
    /// Who deploys.
    DeployerV4 = Deployer {
        /// The account on the host.
        login: LoginText,
        /// Who says so.
        origin: DeployerOriginV4,
    }

    /// The commit that is deployed.
    BaselineV4 = Baseline {
        /// The commit.
        revision: CommitText,
        /// Who says so.
        origin: BaselineOriginV4,
    }

    /// What a rollback depends on.
    BackV4 = Back {
        /// The waivers at the baseline and at the tip of the branch.
        gate: FactV4<GateTextsV4>,
        /// The landings since the baseline that touch them.
        since: FactV4<Vec<LandingFactsV4>>,
        /// What the rollback would undo.
        undone: FactV4<Vec<FileChangeV4>>,
    }

    /// A deployment in the host's list.
    HostDeploymentV4 = HostDeployment {
        /// The host's identifier of the entry.
        id: DeploymentIdText,
        /// The commit.
        revision: CommitText,
        /// Since when, by the host's clock.
        since: MomentText,
    }

    /// An entry of a deployment record.
    RecordedV4 = Recorded {
        /// The number of the entry.
        number: u64,
        /// The commit that it allowed.
        candidate: CommitText,
        /// True when its decision follows from the facts that it keeps.
        taken_again: bool,
        /// True when its facts were left out (`--omit-facts`). Missing where they were not.
        facts_omitted [default]: bool,
        /// The list of signers by which its signature was verified. Missing where none was.
        signers [default]: Option<PathText>,
    }

    /// What is known of other environments.
    ElsewhereV4 = Elsewhere {
        /// The environments that have a deployment record, sorted by name.
        recorded: Vec<RecordsElsewhereV4>,
        /// What the host has deployed to others that lies before the baseline.
        by_host: FactV4<Vec<HostElsewhereV4>>,
    }

    /// The deployment record of another environment.
    RecordsElsewhereV4 = RecordsElsewhere {
        /// The environment.
        environment: String,
        /// The newest entry.
        newest: RecordedV4,
        /// The newest entry that allowed the baseline or a commit after it; null when there is
        /// none.
        holds: Option<RecordedV4>,
    }

    /// A deployment of the host to another environment.
    HostElsewhereV4 = HostElsewhere {
        /// The environment, as the host names it.
        environment: String,
        /// The deployment.
        deployment: HostDeploymentV4,
    }

    /// What was seen of a landing.
    LandingFactsV4 = LandingFacts {
        /// From where to where, and what may explain it.
        landing: LandingV4,
        /// The commits of the first-parent line that it consists of.
        steps: Vec<CommitText>,
        /// What it changed.
        files: FactV4<Vec<FileChangeV4>>,
        /// What of its content is explained.
        coverage: LandingProofV4,
        /// The candidates that do not explain it.
        misses: Vec<MissV4>,
        /// The facts of the requests that brought it.
        requests: FactV4<Vec<ChangeFactsV4>>,
    }
}

choices! {
    /// Who says who deploys.
    DeployerOriginV4 = DeployerOrigin {
        /// The host's job.
        Job,
        /// The person or job that ran the gate.
        Asserted,
    }

    /// Who says what is deployed.
    BaselineOriginV4 = BaselineOrigin {
        /// The deployment record; the number of its entry.
        Recorded(number: u64),
        /// The person or job that ran the gate.
        Asserted,
        /// The host's list of deployments; the identifier of the entry.
        Host(id: DeploymentIdText),
        /// The baseline of the newest entry of the record, whose candidate was never deployed; the
        /// number of the entry.
        Retry(number: u64),
    }
}
