//! A source of things that are expected, and what it may look at.

use jiff::Timestamp;
use portcullis_forge::Forge;
use portcullis_git::Repository;
use portcullis_incident::expected::SourceAnswer;
use portcullis_judge::policy::Policy;
use portcullis_model::change::Revision;
use portcullis_model::environment::Environment;
use portcullis_model::fact::{Gap, GapReason};
use std::path::PathBuf;

/// Where things that are expected come from.
pub trait DueSource: Sync {
    /// Its name on the command line and in files.
    fn name(&self) -> &'static str;

    /// Looks.
    fn look(&self, view: &DueView<'_>) -> SourceAnswer;
}

/// What sources look at.
pub struct DueView<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The directory of the policy: the root of the work tree.
    pub root: PathBuf,
    /// The repository.
    pub repository: Repository,
    /// The host, where one was named.
    pub host: Option<Box<dyn Forge>>,
    /// What the caller says is deployed.
    pub deployed: &'a [StatedDeployment],
    /// The moment.
    pub at: Timestamp,
}

impl DueView<'_> {
    /// The text of a file beside the policy; `None` when there is none.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&self, path: &str) -> Result<Option<String>, Gap> {
        match std::fs::read_to_string(self.root.join(path)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Gap::new(
                format!("the file {path}"),
                GapReason::Unreachable,
                error.to_string(),
                "Make it readable.",
            )),
        }
    }
}

/// A deployment that the caller states.
#[derive(Clone, Debug)]
pub struct StatedDeployment {
    /// Where to.
    pub environment: Environment,
    /// What.
    pub commit: Revision,
    /// When.
    pub time: Timestamp,
}
