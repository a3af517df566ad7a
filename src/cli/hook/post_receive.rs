//! `portcullis hook post-receive`: the push log, and the state of the hook for clones.
//!
//! The push is taken by now, and nothing here can refuse it. What cannot be written is told to the
//! pusher, because what they pushed is then in no log.

use super::environment::{HookEnvironment, Lookup};
use super::in_force::InForce;
use super::pre_receive::show_decision;
use super::pusher::Pusher;
use super::receiving::{pushed_ref, unseen};
use super::state;
use super::updates::RefUpdate;
use crate::deployment::{Recording, record_deployment};
use crate::exit::{Exit, Failure, Result};
use crate::prepare::{Preparation, prepare};
use crate::{HostName, SubjectArguments, output};
use portcullis_collect::bare::push_log::{LONGEST_CERTIFICATE, PushEntry, append_push};
use portcullis_collect::request::JudgementRequest;
use portcullis_forge::bare::KIND;
use portcullis_git::Repository;
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::decision::Outcome;
use portcullis_model::environment::Environment;
use portcullis_model::reading::NO_READERS;
use std::path::Path;

/// Writes down a push.
///
/// # Errors
/// It cannot be written.
pub fn run(lookup: Lookup<'_>, updates: Vec<RefUpdate>) -> Result {
    let environment = HookEnvironment::read(lookup)?;
    let repository = environment.open_stored()?;
    let time = jiff::Timestamp::now();
    let in_force = InForce::read(&repository).map_err(unseen)?;
    let signers = in_force.view(&repository).signers.value().cloned().unwrap_or_default();
    let Pusher { name, source } = Pusher::find(lookup, &signers, time);
    let entry = PushEntry {
        time,
        principal: name.clone(),
        source,
        request: environment.options.get("request").cloned(),
        refs: updates.iter().map(|update| pushed_ref(&repository, update)).collect(),
        certificate: read_certificate(lookup, &repository),
    };
    let unwritten = |error: &dyn std::fmt::Display| {
        Failure::environment(format!("the push was taken, but the server could not log it: {error}"))
            .hint("tell who keeps the server; what is not in the log counts as pushed by someone unknown")
    };
    append_push(&environment.directory, &entry).map_err(|error| unwritten(&error))?;
    let published = state::gather_state(&repository, time).publish(&environment.directory);
    published.map_err(|error| unwritten(&error))?;
    match environment.options.get("record") {
        Some(environment) => {
            let landing = Landing { in_force: &in_force, repository: &repository, deployer: name };
            landing.record(&updates, environment)
        }
        None => Ok(Exit::Allowed),
    }
}

/// What landed, and who deploys it by pushing.
struct Landing<'a> {
    in_force: &'a InForce,
    repository: &'a Repository,
    deployer: Option<String>,
}

impl Landing<'_> {
    /// Judges the deployment, and records it where it is allowed: what `portcullis check
    /// --environment NAME --record` does.
    fn record(&self, updates: &[RefUpdate], name: &str) -> Result {
        let read = name.to_string().try_into();
        let environment: Environment = read.map_err(|error: String| {
            Failure::usage(format!("of the push option `portcullis.record`: {error}"))
        })?;
        for update in updates {
            let (Some(branch), Some(new)) = (update.branch(), &update.new) else { continue };
            if !self.in_force.guards(self.repository, &branch, update.old.as_ref()).map_err(unseen)? {
                continue;
            }
            let subject = SubjectArguments {
                host: Some(HostName::Kind(&KIND)),
                head: Some(new.to_string()),
                ..SubjectArguments::default()
            };
            let branch = Some(branch.as_str().to_string());
            let request = JudgementRequest::Deployment {
                environment: environment.clone(),
                branch,
                deployer: self.deployer.clone(),
            };
            let prepared = prepare(NO_READERS, Path::new("."), &subject, &request)
                .map_err(|failure| failure.hint(first_record(&environment, new)))?;
            let decision = prepared.decide(&[]);
            match &prepared {
                Preparation::Ready(ready) if decision.outcome == Outcome::Allow => {
                    let how = Recording::default();
                    record_deployment(Path::new("."), &environment, ready, &decision, how)?;
                }
                _ => output::stdout(show_decision(&decision).as_bytes())?,
            }
        }
        Ok(Exit::Allowed)
    }
}

/// Only on the server can a person say what is deployed so far.
fn first_record(environment: &Environment, new: &Revision) -> String {
    format!(
        "the first record is made on the server: `portcullis check --host bare --environment {environment} --base REV --head \
         {} --record`, with the commit that is deployed now as REV",
        new.short()
    )
}

/// The certificate of a signed push, which git would drop.
fn read_certificate(lookup: Lookup<'_>, repository: &Repository) -> Option<String> {
    let name = lookup("GIT_PUSH_CERT")?.to_string_lossy().into_owned();
    let bytes = repository.blob(&ObjectName::try_from(name).ok()?).ok()?;
    if bytes.len() > LONGEST_CERTIFICATE {
        return None;
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
