//! A named check of the judged head, written by the app or account that the policy names:
//! `required-checks` requires it, and `regression-tests` and `changed-line-coverage` may let it
//! vouch for their evidence.
//!
//! Anyone who can write checks can give them any name, so a name proves nothing without its
//! producer; and only "success" is success: a check that was skipped or is neutral checked nothing.

use super::host_id::HostId;
use crate::control::finding;
use crate::control::procedure::words::code;
use portcullis_model::change::Revision;
use portcullis_model::check::{Check, Conclusion, Producer, WorkflowRun};
use portcullis_model::decision::{Finding, SubjectKind, Verdict};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::id::{AppId, CheckId, ServiceId};
use portcullis_model::person::{Account, AccountKind, Login};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// One check that must have ended well.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "RawNamedCheck"))]
#[serde(try_from = "RawNamedCheck")]
pub struct NamedCheck {
    /// Compared exactly.
    pub name: String,
    writer: CheckWriter,
}

/// Who must have written it.
#[derive(Debug, PartialEq, Eq)]
pub enum CheckWriter {
    /// An app, by its number.
    AppNumber(AppId),
    /// An app, by its name in addresses.
    AppSlug(String),
    /// An account, which writes commit statuses.
    Creator(Login),
    /// The pipeline of a project; from one configuration or one kind of start, where it is named.
    Pipeline {
        /// As the host names it.
        project: String,
        /// What defines the pipeline.
        config: Option<String>,
        /// What started it, in the host's word.
        source: Option<String>,
    },
    /// A service outside the host.
    Service(ServiceId),
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawNamedCheck {
    /// The name of the check run, or the context of the commit status.
    name: String,
    /// The app that must have written the check run: its slug (`"github-actions"`) or its number.
    #[cfg_attr(test, schemars(default, schema_with = "crate::control::schema::text_or_number"))]
    app: Option<AppName>,
    /// The login of the account that must have written the commit status, in place of `app`.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    creator: Option<Login>,
    /// The project whose pipeline must have run the check, as the host names it, in place of `app`.
    pipeline: Option<String>,
    /// The file that must define the pipeline, as the host names it. Only with `pipeline`.
    config: Option<String>,
    /// What must have started the pipeline, in the host's word, for example
    /// `"merge_request_event"`. Only with `pipeline`.
    source: Option<String>,
    /// The number of the external service that must have reported the check, in place of `app`.
    #[cfg_attr(test, schemars(default, schema_with = "crate::control::schema::text_or_number"))]
    service: Option<HostId>,
}

/// An app by number or by name. Read by hand: an untagged choice would lose the place of its
/// errors.
struct AppName(CheckWriter);

impl TryFrom<RawNamedCheck> for NamedCheck {
    type Error = &'static str;

    fn try_from(raw: RawNamedCheck) -> Result<Self, Self::Error> {
        let RawNamedCheck { name, app, creator, pipeline, config, source, service } = raw;
        let is_pipeline = pipeline.is_some();
        let empty = |text: &Option<String>| text.as_ref().is_some_and(String::is_empty);
        if name.is_empty() {
            return Err("a check needs a name");
        }
        if empty(&pipeline) || empty(&config) || empty(&source) {
            return Err("an empty text names no pipeline");
        }
        if !is_pipeline && (config.is_some() || source.is_some()) {
            return Err("`config` and `source` are about a pipeline; name its project: `pipeline = \"…\"`");
        }
        let creator = creator.filter(|login| !login.as_str().is_empty()).map(CheckWriter::Creator);
        let pipeline = pipeline.map(|project| CheckWriter::Pipeline { project, config, source });
        let service = service.map(|id| CheckWriter::Service(id.0.into()));
        let mut writers = [app.map(|app| app.0), creator, pipeline, service].into_iter().flatten();
        match (writers.next(), writers.next()) {
            (Some(writer), None) => Ok(NamedCheck { name, writer }),
            (Some(CheckWriter::AppNumber(_) | CheckWriter::AppSlug(_)), Some(CheckWriter::Creator(_))) => {
                Err("write `app` or `creator`, not both")
            }
            (Some(_), Some(_)) => Err("write one of `app`, `creator`, `pipeline` and `service`"),
            (None, _) => Err("anyone who can write checks can use any name; say whose check counts: \
                              `app = \"…\"` for a check run, `creator = \"…\"` for a commit status"),
        }
    }
}

impl<'de> Deserialize<'de> for AppName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AppVisitor;

        impl Visitor<'_> for AppVisitor {
            type Value = AppName;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of an app in addresses, or its number")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<AppName, E> {
                match text {
                    "" => Err(E::custom("an app needs a name")),
                    _ => Ok(AppName(CheckWriter::AppSlug(text.to_string()))),
                }
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<AppName, E> {
                Ok(AppName(CheckWriter::AppNumber(number.into())))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<AppName, E> {
                let number =
                    u64::try_from(number).map_err(|_| E::custom("an app's number is never negative"))?;
                self.visit_u64(number)
            }
        }

        deserializer.deserialize_any(AppVisitor)
    }
}

impl std::fmt::Display for CheckWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CheckWriter::AppNumber(number) => write!(f, "app {number}"),
            CheckWriter::AppSlug(slug) => write!(f, "app `{slug}`"),
            CheckWriter::Creator(login) => write!(f, "account `{login}`"),
            CheckWriter::Pipeline { project, config, source } => {
                f.write_str("the pipeline ")?;
                config.iter().try_for_each(|config| write!(f, "`{config}` "))?;
                write!(f, "of {project}")?;
                source.iter().try_for_each(|source| write!(f, " that `{source}` started"))
            }
            CheckWriter::Service(id) => write!(f, "external service {id}"),
        }
    }
}

impl std::fmt::Display for NamedCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the check `{}` from {}", self.name, self.writer)
    }
}

impl NamedCheck {
    /// Who must have written it, for people.
    pub fn describe_writer(&self) -> String {
        match &self.writer {
            CheckWriter::AppNumber(number) => format!("the app with the number {number}"),
            CheckWriter::AppSlug(slug) => format!("the app {}", code(slug)),
            CheckWriter::Creator(login) => format!("the account {}", code(login.as_str())),
            CheckWriter::Pipeline { project, config, source } => {
                let config = config.as_ref().map_or(String::new(), |config| format!(" {}", code(config)));
                let source =
                    source.as_ref().map_or(String::new(), |source| format!(", started by {}", code(source)));
                format!("the pipeline{config} of {}{source}", code(project))
            }
            CheckWriter::Service(id) => format!("the external service with the number {id}"),
        }
    }
}

/// The number of what no host has numbered.
const MADE_UP: u64 = 0;

impl CheckWriter {
    /// A producer that is this writer.
    fn as_producer(&self) -> Producer {
        match self {
            CheckWriter::AppNumber(id) => Producer::App { id: id.clone(), slug: String::new() },
            CheckWriter::AppSlug(slug) => Producer::App { id: MADE_UP.into(), slug: slug.clone() },
            CheckWriter::Creator(login) => Producer::Account(Some(Account {
                login: login.clone(),
                id: MADE_UP.into(),
                kind: AccountKind::Human,
            })),
            CheckWriter::Pipeline { project, config, source } => Producer::Pipeline {
                project: project.clone(),
                source: source.clone().unwrap_or_default(),
                config: config.clone().unwrap_or_default(),
            },
            CheckWriter::Service(id) => Producer::Service { id: id.clone() },
        }
    }

    /// Is this the producer that the policy names? A producer that the host does not know, or no
    /// longer knows, is none.
    fn is(&self, producer: &Producer) -> bool {
        match (self, producer) {
            (CheckWriter::AppNumber(wanted), Producer::App { id, .. }) => wanted == id,
            (CheckWriter::AppSlug(wanted), Producer::App { slug, .. }) => wanted == slug,
            (CheckWriter::Creator(wanted), Producer::Account(Some(account))) => *wanted == account.login,
            (CheckWriter::Service(wanted), Producer::Service { id }) => wanted == id,
            (
                CheckWriter::Pipeline { project, config, source },
                Producer::Pipeline { project: of, config: by, source: from },
            ) => {
                let fits = |wanted: &Option<String>, seen| wanted.as_ref().is_none_or(|text| text == seen);
                project == of && fits(config, by) && fits(source, from)
            }
            _ => false,
        }
    }
}

impl NamedCheck {
    /// What the host would have for a head on which it succeeded. It is made up.
    pub fn as_success(&self, head: &Revision) -> Check {
        let producer = self.writer.as_producer();
        let conclusion = Conclusion::Success;
        Check { name: self.name.clone(), id: MADE_UP.into(), head: head.clone(), producer, conclusion }
    }

    /// Is it a check of this name by the writer that counts?
    pub fn is_of(&self, check: &Check) -> bool {
        check.name == self.name && self.writer.is(&check.producer)
    }

    /// Judges the check by all checks that the host has for the head.
    ///
    /// # Errors
    /// A gap: it would be met if a cancelled run was superseded, and the workflow runs could not be
    /// seen.
    pub fn judge(
        &self,
        control: &str,
        checks: &[Check],
        workflow_runs: &Fact<BTreeMap<CheckId, WorkflowRun>>,
        head: &Revision,
    ) -> Result<Finding, Gap> {
        let (runs, others): (Vec<&Check>, Vec<&Check>) = checks
            .iter()
            .filter(|check| check.name == self.name)
            .partition(|check| check.head == *head && self.writer.is(&check.producer));
        let (mut failed, mut superseded, mut unseen) = (Vec::new(), Vec::new(), None);
        for run in runs.iter().copied().filter(|run| run.conclusion != Conclusion::Success) {
            match superseding_run(run, &runs, workflow_runs) {
                Ok(Some(newer)) => superseded.push(describe_superseded(run, newer)),
                Ok(None) => failed.push(run),
                Err(gap) => unseen = Some(gap),
            }
        }
        let of_check = |verdict, reason| finding(control, verdict, SubjectKind::Check, &self.name, reason);
        let finding = match (worst_of(&failed), unseen) {
            _ if runs.is_empty() => of_check(Verdict::Broken, self.absent(head))
                .remedy("let the check run on the head of the change, then judge again"),
            (Some(run), _) => {
                of_check(Verdict::Broken, self.unsuccessful(run)).remedy(remedy_for(run, &runs))
            }
            (None, Some(gap)) => return Err(gap),
            (None, None) => of_check(Verdict::Met, self.succeeded(head)),
        };
        let failed = failed.into_iter().map(describe_run).chain(superseded);
        let ignored = others.iter().map(|check| describe_ignored(check, head));
        let mut details: Vec<String> = failed.chain(ignored).collect();
        details.sort();
        Ok(finding.details(details))
    }

    fn absent(&self, head: &Revision) -> String {
        format!("{} wrote no check of this name on {}", self.writer, head.short())
    }

    fn succeeded(&self, head: &Revision) -> String {
        format!("it succeeded on {}, written by {}", head.short(), self.writer)
    }

    fn unsuccessful(&self, run: &Check) -> String {
        format!("the check of {} {}", self.writer, describe_conclusion(run.conclusion))
    }
}

/// The worst of these runs: what has ended badly weighs more than what may still end well.
fn worst_of<'a>(failed: &[&'a Check]) -> Option<&'a Check> {
    failed.iter().copied().max_by_key(|run| (run.conclusion != Conclusion::Running, run.conclusion, &run.id))
}

/// The run that superseded a cancelled one, by what the host says of the workflow runs that they
/// belong to.
fn superseding_run<'a>(
    run: &Check,
    runs: &[&'a Check],
    workflow_runs: &Fact<BTreeMap<CheckId, WorkflowRun>>,
) -> Result<Option<&'a Check>, Gap> {
    let mut green = runs.iter().copied().filter(|other| other.conclusion == Conclusion::Success).peekable();
    if run.conclusion != Conclusion::Cancelled || green.peek().is_none() {
        return Ok(None);
    }
    let known = workflow_runs.known()?;
    let Some(own) = known.get(&run.id) else { return Ok(None) };
    Ok(green.find(|other| known.get(&other.id).is_some_and(|newer| newer.supersedes(own))))
}

fn describe_superseded(run: &Check, newer: &Check) -> String {
    format!("{}, and run {} of the same workflow superseded it", describe_run(run), newer.id)
}

fn remedy_for(run: &Check, runs: &[&Check]) -> &'static str {
    let is_green = runs.iter().any(|other| other.conclusion == Conclusion::Success);
    match run.conclusion {
        Conclusion::Cancelled | Conclusion::Failure | Conclusion::TimedOut if is_green => {
            "find out why this run did not succeed and run it again, even though another run of the check succeeded; \
             then judge again"
        }
        Conclusion::Running => "wait for the check to end, then judge again",
        Conclusion::ActionRequired => "take the action that the check waits for, then judge again",
        _ => "find out why the check did not succeed, and run it again",
    }
}

fn describe_run(run: &Check) -> String {
    let producer = describe_producer(&run.producer);
    format!("run {} of {producer} {}", run.id, describe_conclusion(run.conclusion))
}

/// A check of the right name that does not count, and why.
fn describe_ignored(check: &Check, head: &Revision) -> String {
    let who = describe_producer(&check.producer);
    if check.head == *head {
        format!("a check of this name by {who} does not count: the policy names another producer")
    } else {
        format!("a check of this name by {who} does not count: it ran on {}", check.head.short())
    }
}

/// The app or account that wrote a check, for people.
pub fn describe_producer(producer: &Producer) -> String {
    match producer {
        Producer::App { id, slug } => format!("app `{slug}` ({id})"),
        Producer::Account(Some(account)) => format!("account `{}` ({})", account.login, account.id),
        Producer::Account(None) => "a deleted account".to_string(),
        Producer::Pipeline { project, config, source } => {
            format!("the pipeline `{config}` of {project}, started by `{source}`")
        }
        Producer::Service { id } => format!("the external service {id}"),
        Producer::Unknown => "an unknown producer".to_string(),
    }
}

/// How a check ended, to follow its name.
pub fn describe_conclusion(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Running => "has not finished",
        Conclusion::Success => "succeeded",
        Conclusion::Failure => "failed",
        Conclusion::Error => "ended with an error of its own",
        Conclusion::Neutral => "ended as neutral, which is not success",
        Conclusion::Skipped => "was skipped, which is not success",
        Conclusion::Cancelled => "was cancelled",
        Conclusion::Stale => "was marked stale",
        Conclusion::TimedOut => "timed out",
        Conclusion::ActionRequired => "requires an action",
        Conclusion::StartupFailure => "failed to start",
    }
}
