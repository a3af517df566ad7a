//! `portcullis check`: gather and decide in one.

use super::deployment::Deploying;
use super::exit::Result;
use super::judged::{Preparation, prepare, spare};
use super::{Subject, deployment, output, trace};
use crate::collect::host::ci;
use clap::Args;
use std::path::Path;

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    deploying: Deploying,
    #[command(flatten)]
    output: output::Shown,
    /// Record an allowed decision in the repository, as the baseline of the next.
    #[arg(long, requires = "environment", help_heading = "Deployment")]
    record: bool,
}

/// Judges one change request, or with `--environment` a deployment.
///
/// # Errors
/// Usage, environment or policy errors; a blocked change is no error.
pub fn run(directory: &Path, arguments: &Arguments) -> Result {
    let output = arguments.output.plan()?;
    output.files().try_for_each(|file| spare(file, &arguments.subject))?;
    if let Some(environment) = arguments.deploying.environment() {
        let (subject, deploying) = (&arguments.subject, &arguments.deploying);
        return deployment::run(directory, subject, deploying, environment, &output, arguments.record);
    }
    let decision = match prepare(directory, &arguments.subject)? {
        Preparation::Ready(ready) => {
            if output.is_verbose() {
                output::remark(&trace::looked_at(&ready.policy, &ready.facts));
            }
            crate::decide::decide(&ready.policy, &ready.facts)
        }
        Preparation::Unseen(judged, gap) => crate::decide::undetermined_by(*judged, &gap, &ci::detours()),
    };
    output.show(&decision)
}
