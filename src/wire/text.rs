//! Texts that occur in more than one form.

use crate::form::{Form, Misshapen, plain_texts};
use portcullis_model::change::BranchName;
use portcullis_model::id::{
    AccountId, ActorId, AppId, CheckId, DeploymentId, ReviewId, ServiceId, WorkflowId,
};
use portcullis_model::line_coverage::CoverageFormat;
use portcullis_model::lines::Lines;
use portcullis_model::person::{Login, TeamName};
use portcullis_pattern::glob::Glob;
use serde::{Deserialize, Serialize};

/// Defines texts of one shape: strings in JSON, with the pattern that the schema states.
macro_rules! shaped_text {
    ($($(#[doc = $doc:literal])+ $name:ident, $pattern:literal, from $model:ty;)+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema), schemars(extend("pattern" = $pattern)))]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&$model> for $name {
            fn from(value: &$model) -> Self {
                $name(value.to_string())
            }
        }

        impl TryFrom<$name> for $model {
            type Error = String;

            fn try_from(text: $name) -> Result<Self, Self::Error> {
                text.0.try_into()
            }
        }

        impl Form for $name {
            type Model = $model;

            fn of(model: $model) -> Self {
                $name(model.into())
            }

            fn model(self) -> Result<$model, Misshapen> {
                Ok(self.0.try_into()?)
            }
        }
    )+ };
}

shaped_text! {
    /// The full object name of a commit: 40 or 64 lower-case hexadecimal digits.
    CommitText, "^([0-9a-f]{40}|[0-9a-f]{64})$", from portcullis_model::change::Revision;
    /// The full object name of a tree or a blob: 40 or 64 lower-case hexadecimal digits.
    ObjectText, "^([0-9a-f]{40}|[0-9a-f]{64})$", from portcullis_model::change::ObjectName;
    /// The name of an environment: lower-case letters, digits and `-`, beginning with a letter or a
    /// digit, at most 63.
    EnvironmentText, "^[a-z0-9][a-z0-9-]{0,62}$", from portcullis_model::environment::Environment;
    /// A SHA-256: `sha256:` and 64 lower-case hexadecimal digits.
    DigestText, "^sha256:[0-9a-f]{64}$", from portcullis_model::digest::Digest;
    /// The identifier of an incident: the day on which it was opened, and six hexadecimal digits.
    IncidentIdText, "^[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9a-f]{6}$", from portcullis_model::incident::IncidentId;
    /// The path of a file, with `/` between its parts. A path that is not printable UTF-8, or has a
    /// quote or a backslash in it, stands in the C-style quotes of `git ls-files`, and then begins
    /// with `"`.
    PathText, "^([^\"\\\\]*|\"[^\n]*\")$", from portcullis_model::path::RepoPath;
}

plain_texts! {
    /// The host's identifier of an account, which no other account ever gets.
    AccountIdText = AccountId, String::from, |text| Ok(text.into());
    /// The host's identifier of an actor.
    ActorIdText = ActorId, String::from, |text| Ok(text.into());
    /// The host's identifier of an app.
    AppIdText = AppId, String::from, |text| Ok(text.into());
    /// The host's identifier of a check run or commit status.
    CheckIdText = CheckId, String::from, |text| Ok(text.into());
    /// The host's identifier of a deployment.
    DeploymentIdText = DeploymentId, String::from, |text| Ok(text.into());
    /// The identifier of a review.
    ReviewIdText = ReviewId, String::from, |text| Ok(text.into());
    /// The host's identifier of an external service.
    ServiceIdText = ServiceId, String::from, |text| Ok(text.into());
    /// The host's identifier of a workflow.
    WorkflowIdText = WorkflowId, String::from, |text| Ok(text.into());
    /// The name of a branch, without `refs/heads/`.
    BranchText = BranchName, |branch| branch.to_string(), |text| Ok(text.into());
    /// The name of an account. Hosts compare it without regard to case.
    LoginText = Login, |login| login.to_string(), |text| Ok(Login::new(text));
    /// The name of a team, in the form of its host.
    TeamText = TeamName, String::from, |text| Ok(TeamName::of_host(&text));
    /// A pattern of paths, from the root of the repository.
    GlobText = Glob, |glob| glob.to_string(), |text| Glob::new(&text).map_err(|why| format!("bad pattern `{text}`: {why}"));
    /// The format of a coverage report, by the name that a policy uses, for example `lcov`.
    CoverageFormatText = CoverageFormat,
        |format| format.as_str().to_string(),
        |text| CoverageFormat::named(&text).ok_or_else(|| format!("`{text}` is no format of coverage reports"));
}

/// Numbers of lines, counted from 1: sorted runs of first and last line that neither overlap nor
/// touch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct LineRuns(Vec<(u32, u32)>);

impl Form for LineRuns {
    type Model = Lines;

    fn of(model: Lines) -> Self {
        LineRuns(model.into())
    }

    fn model(self) -> Result<Lines, Misshapen> {
        Ok(self.0.try_into()?)
    }
}
