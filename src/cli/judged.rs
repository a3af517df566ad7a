//! From arguments and environment to what is judged: repository, host, base, head, policy, facts.

use super::exit::{Failure, Result};
use super::given::{self, Place as Given};
use super::{HostName, Subject, names, opening};
use crate::collect::gather::{Asked, Sources, gather, text_at};
use crate::collect::git::Repository;
use crate::collect::host::ci::{self, JobEvent, VerdictPlace};
use crate::collect::host::http::transport::Live;
use crate::collect::host::{self, ChangeRequestHost, Connection, Forge, HostKind};
use crate::collect::reports::Named;
use crate::model::change::Revision;
use crate::model::decision::Judged;
use crate::model::fact::{Fact, Gap, GapReason};
use crate::model::facts::Facts;
use crate::model::id::RequestId;
use crate::model::inquiry::Inquiry;
use crate::model::path::RepoPath;
use crate::model::test_run::ReportFormat;
use crate::policy::Policy;
use std::path::{Path, PathBuf};

/// Where a policy stands in the repository that it speaks of.
pub const POLICY: &str = crate::model::facts::POLICY_PATH;

/// Everything a decision needs.
pub struct Prepared {
    /// The policy.
    pub policy: Policy,
    /// The facts.
    pub facts: Facts,
}

/// Without base, head or policy there is nothing to decide by; that is an answer too.
pub enum Preparation {
    /// Ready to decide.
    Ready(Box<Prepared>),
    /// Not even the policy could be seen.
    Unseen(Box<Judged>, Gap),
}

/// Prepares the judgement of a subject, asking the host over the network. In a GitHub Actions job only what its check is shown
/// on is judged.
///
/// # Errors
/// Usage, environment or policy errors.
pub fn prepare(directory: &Path, subject: &Subject) -> Result<Preparation> {
    prepared(None, ci::current_job().event()?.as_deref(), directory, subject).map(with_detours)
}

/// Gathers what is named, for whoever judges it later and elsewhere; without a name, what the job is of.
///
/// # Errors
/// Usage, environment or policy errors.
pub fn prepare_named(directory: &Path, subject: &Subject) -> Result<Preparation> {
    let named = subject.host.is_some() || subject.repository.is_some() || subject.request.is_some();
    let job = if named { None } else { ci::current_job().event()? };
    prepared(None, job.as_deref(), directory, subject).map(with_detours)
}

fn with_detours(mut preparation: Preparation) -> Preparation {
    if let Preparation::Ready(ready) = &mut preparation
        && ready.facts.host.took_part()
    {
        ready.facts.host.detours = ci::detours();
    }
    preparation
}

/// Prepares the judgement of a subject over any connection, outside of any job.
///
/// # Errors
/// See [`prepare`].
pub fn prepare_over(connection: Connection, directory: &Path, subject: &Subject) -> Result<Preparation> {
    prepared(Some(connection), None, directory, subject)
}

/// Why nothing can be decided.
enum Stop {
    /// What was asked for makes no sense, or cannot be done.
    Failure(Failure),
    /// Something could not be seen.
    Gap(Box<Judged>, Gap),
}

impl<T: Into<Failure>> From<T> for Stop {
    fn from(failure: T) -> Self {
        Stop::Failure(failure.into())
    }
}

fn nothing_known(gap: Gap) -> Stop {
    Stop::Gap(Box::default(), gap)
}

fn prepared(
    connection: Option<Connection>,
    job: Option<&dyn JobEvent>,
    directory: &Path,
    subject: &Subject,
) -> Result<Preparation> {
    match try_prepare(connection, job, directory, subject) {
        Ok(prepared) => Ok(Preparation::Ready(Box::new(prepared))),
        Err(Stop::Gap(judged, gap)) => Ok(Preparation::Unseen(judged, gap)),
        Err(Stop::Failure(failure)) => Err(failure),
    }
}

fn try_prepare(
    connection: Option<Connection>,
    job: Option<&dyn JobEvent>,
    directory: &Path,
    subject: &Subject,
) -> std::result::Result<Prepared, Stop> {
    let repository = opening::open(directory)?;
    let named = named_reports(directory, subject)?;
    let parents = |commit: &Revision| Some(repository.commit(commit).ok()?.parents);
    let place = job.map(|job| job.verdict_place(Some(&parents))).transpose().map_err(nothing_known)?;
    let question = Asking::new(subject, place.as_ref())?.map_err(nothing_known)?;
    let forge =
        question.on_host.as_ref().map(|on| open_host(on.kind, &on.repository, connection)).transpose()?;
    let id = question.on_host.as_ref().map(|on| &on.request);
    let on_request = forge.as_deref().zip(id).map(|(forge, id)| forge.request(id));
    let asked = forge.as_deref().zip(on_request.as_deref()).map(|(forge, request)| ask(forge, request));
    let unseen = |gap, ends: Option<&Ends>| Stop::Gap(Box::new(known(asked.as_ref(), ends)), gap);
    let ends = ends(&repository, subject, &question, asked.as_ref()).map_err(|gap| unseen(gap, None))??;
    if let Some(place) = &place {
        is_shown(place, asked.as_ref(), &ends).map_err(|gap| unseen(gap, Some(&ends)))?;
    }
    are_here(&repository, asked.as_ref(), &ends).map_err(|gap| unseen(gap, Some(&ends)))?;
    let found = policy_at(&repository, directory, subject, &ends)?;
    let (policy, inquiry) = found.map_err(|gap| unseen(gap, Some(&ends)))?;
    names::warn(&policy, &named, &subject.evidence);
    let sources = Sources {
        repository: &repository,
        host: asked,
        conventions: host::conventions_of(forge.as_deref()),
        directory,
        reports: &named,
        evidence: &subject.evidence,
        observed: jiff::Timestamp::now(),
    };
    let facts = gather(inquiry, &ends.base, &ends.head, &sources);
    super::policy::waivers_of_change(&policy, &facts.gate)?;
    Ok(Prepared { policy, facts })
}

/// Is the verdict shown on what is judged, and does the request that is judged end there?
fn is_shown(place: &VerdictPlace, asked: Option<&Asked<'_>>, ends: &Ends) -> std::result::Result<(), Gap> {
    place.check_head(&ends.head)?;
    match asked.and_then(|asked| asked.request.value()) {
        Some(request) => place.check_request_head(&request.id, &request.head),
        None => Ok(()),
    }
}

/// The host is asked after the clone was made. If its branch or the request has moved in between, the clone does not hold what it names.
fn are_here(repository: &Repository, asked: Option<&Asked<'_>>, ends: &Ends) -> std::result::Result<(), Gap> {
    let Some(asked) = asked.filter(|_| !repository.is_shallow()) else { return Ok(()) };
    if let Some(branch) = asked.branch.value().filter(|branch| branch.tip == ends.base)
        && repository.lacks_commit(&branch.tip)
    {
        let what = format!("commit {}, which is the tip of {} by now,", branch.tip, branch.name);
        let again = "What was tested with the branch as it was before still counts.";
        return Err(behind(what, branch.name.as_str(), again));
    }
    if let Some(request) = asked.request.value().filter(|request| request.head == ends.head)
        && repository.lacks_commit(&request.head)
    {
        let what = format!("commit {}, which is the head of request {} by now,", ends.head, request.id);
        let reference = asked.on_request.and_then(ChangeRequestHost::head_reference);
        return Err(behind(what, &reference.unwrap_or_default(), ""));
    }
    Ok(())
}

/// A branch whose name a shell may read otherwise is not put into a command.
fn behind(what: String, reference: &str, again: &str) -> Gap {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    let is_plain = !reference.is_empty() && reference.bytes().all(plain) && !reference.starts_with('-');
    let command =
        if is_plain { format!("`git fetch origin {reference}`") } else { "fetch the branch".to_string() };
    let detail = "this clone is older than the host's answer and does not hold it yet";
    let remedy = format!("Fetch it ({command}) and judge again. {again}");
    Gap::new(what, GapReason::MissingObject, detail, remedy.trim_end())
}

/// The host to ask, and about what.
struct Asking {
    on_host: Option<OnHost>,
    head: Option<Revision>,
}

/// A request on a host.
struct OnHost {
    kind: &'static HostKind,
    repository: String,
    request: RequestId,
}

impl Asking {
    fn new(subject: &Subject, place: Option<&VerdictPlace>) -> Result<std::result::Result<Self, Gap>> {
        let head = place.map(|place| place.commit.clone());
        match (subject.host, &subject.repository, subject.request) {
            (Some(HostName::None), None, None) => Ok(Ok(Asking { on_host: None, head })),
            (Some(HostName::None), _, _) => {
                Err(Failure::usage(format!("--repository and --request need --host {}", host::DEFAULT.name)))
            }
            (_, repository, request) if place.is_some() => {
                let of_job = |place: &VerdictPlace| {
                    let (kind, repository) =
                        (kind_of(subject.host)?, place.repository(repository.as_deref())?);
                    Ok(OnHost { kind, repository, request: place.request(request.map(RequestId::from))? })
                };
                Ok(place.map(of_job).transpose().map(|on_host| Asking { on_host, head }))
            }
            (_, Some(repository), Some(request)) => {
                let repository = repository.clone();
                let on_host =
                    kind_of(subject.host).map(|kind| OnHost { kind, repository, request: request.into() });
                Ok(on_host.map(|on_host| Asking { on_host: Some(on_host), head: None }))
            }
            (Some(HostName::Kind(_)), _, _) | (None, Some(_), None) | (None, None, Some(_)) => {
                Err(Failure::usage("name both: --repository OWNER/NAME and --request N"))
            }
            (None, None, None) => Err(Failure::usage(format!(
                "name what to judge: --host {} --repository OWNER/NAME --request N, or --host none --base REV \
                 for what git alone can tell",
                host::DEFAULT.name
            ))),
        }
    }
}

/// The kind of host that is named, else the one of the job, else the usual one.
///
/// # Errors
/// A gap: the job is of a host that cannot be asked.
pub fn kind_of(named: Option<HostName>) -> std::result::Result<&'static HostKind, Gap> {
    let of_job = ci::current_job().host_kind()?;
    Ok(match named {
        Some(HostName::Kind(kind)) => kind,
        Some(HostName::None) | None => of_job.unwrap_or(host::DEFAULT),
    })
}

/// The host of a repository, over a connection or else the one that the environment names.
///
/// # Errors
/// The name of the repository or the address of the API cannot be one.
pub fn open_host(
    kind: &'static HostKind,
    repository: &str,
    connection: Option<Connection>,
) -> Result<Box<dyn Forge>> {
    let by_environment = || Connection {
        server_url: ci::current_job().server_url(),
        ..kind.connection(ci::variable, Box::new(Live::new()))
    };
    let connection = connection.unwrap_or_else(by_environment);
    Ok(host::open(kind.name, repository, connection)?)
}

fn ask<'a>(forge: &'a dyn Forge, on_request: &'a dyn ChangeRequestHost) -> Asked<'a> {
    let request = on_request.change_request();
    let branch = match &request {
        Fact::Known(request) => forge.branch(&request.base_branch),
        Fact::Gap(gap) => Fact::Gap(gap.clone()),
    };
    Asked { forge, on_request: Some(on_request), request, branch }
}

/// The two commits that a decision names.
pub struct Ends {
    /// Where it begins.
    pub base: Revision,
    /// Where it ends.
    pub head: Revision,
}

/// What the command line says, else what the job says, else what the host says.
fn ends(
    repository: &Repository,
    subject: &Subject,
    question: &Asking,
    asked: Option<&Asked<'_>>,
) -> std::result::Result<Result<Ends>, Gap> {
    let resolve = |name: &String| repository.resolve(name).map_err(Failure::from);
    let head = match (&subject.head, &question.head, asked) {
        (Some(name), _, _) => resolve(name),
        (None, Some(head), _) => Ok(head.clone()),
        (None, None, Some(asked)) => Ok(asked.request.known()?.head.clone()),
        (None, None, None) => resolve(&"HEAD".to_string()),
    };
    let base = match (&subject.base, asked) {
        (Some(name), _) => resolve(name),
        (None, Some(asked)) => Ok(asked.branch.known()?.tip.clone()),
        (None, None) => {
            Err(Failure::usage("name the tip of the branch that would receive the change: --base REV"))
        }
    };
    Ok(base.and_then(|base| head.map(|head| Ends { base, head })))
}

/// The policy at the base, or the one handed over from elsewhere; and everything that it, or what is in its place at the head,
/// wants to know.
///
/// # Errors
/// There is none, or it is not valid.
pub fn policy_at(
    repository: &Repository,
    directory: &Path,
    subject: &Subject,
    ends: &Ends,
) -> Result<std::result::Result<(Policy, Inquiry), Gap>> {
    let path = match &subject.policy {
        None => RepoPath::from(POLICY),
        Some(file) => match given::place(repository, directory, file)? {
            Given::Inside(path) => path,
            Given::Elsewhere => {
                let policy = super::policy::read(&directory.join(file))?;
                let inquiry = policy.inquiry(None);
                return Ok(Ok((policy, inquiry)));
            }
        },
    };
    let (before, after) = match texts(repository, ends, &path) {
        Ok(texts) => texts,
        Err(gap) => return Ok(Err(gap)),
    };
    let at = ends.base.short();
    if let Some(file) = &subject.policy {
        given::agrees(directory, file, ends, before.as_deref())?;
    }
    let Some(text) = before else {
        return Err(Failure::policy(format!(
            "there is no {POLICY} at the base commit {at}; `portcullis policy init` writes one to begin with, and it \
             counts once it has landed on the branch"
        )));
    };
    let policy = super::policy::parse(&format!("{path} at {at}"), &text)?;
    let inquiry = policy.inquiry(Some(path.clone()));
    let altered = after.filter(|after| *after != text).and_then(|after| Policy::parse(&after).ok());
    let inquiry = match altered {
        Some(altered) => inquiry.union(altered.inquiry(Some(path))),
        None => inquiry,
    };
    Ok(Ok((policy, inquiry)))
}

type Text = Option<String>;

fn texts(repository: &Repository, ends: &Ends, path: &RepoPath) -> std::result::Result<(Text, Text), Gap> {
    Ok((text_at(repository, &ends.base, path)?, text_at(repository, &ends.head, path)?))
}

fn known(asked: Option<&Asked<'_>>, ends: Option<&Ends>) -> Judged {
    let request = asked.and_then(|asked| asked.request.value());
    Judged {
        request: request.map(|request| request.id.clone()),
        title: request.map(|request| request.title.clone()),
        branch: request.map(|request| request.base_branch.clone()),
        base: ends.map(|ends| ends.base.clone()),
        head: ends.map(|ends| ends.head.clone()),
        ..Judged::default()
    }
}

/// A file is not written over a report, statement or policy that is read for it.
///
/// # Errors
/// It would be.
pub fn spare(output: &Path, subject: &Subject) -> Result<()> {
    let reports: Vec<Named> = named_reports(Path::new("."), subject)?;
    let read = reports.iter().map(|report| &report.file).chain(&subject.evidence).chain(&subject.policy);
    names::spare(output, read.map(PathBuf::as_path))
}

/// The reports named on the command line.
///
/// # Errors
/// One of them names no file.
pub fn named_reports(directory: &Path, subject: &Subject) -> Result<Vec<Named>> {
    subject.reports.iter().map(|text| named(directory, text)).collect()
}

/// `FILE`; before it `SUITE=`, where SUITE looks like the name of a suite, and `FORMAT:`, where FORMAT is one.
fn named(directory: &Path, text: &str) -> Result<Named> {
    let is_suite = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    let (suite, rest) = match text.split_once('=') {
        Some((name, rest)) if is_suite(name) && !rest.is_empty() => (Some(name.to_string()), rest),
        _ => (None, text),
    };
    let format = rest.split_once(':').and_then(|(name, file)| Some((ReportFormat::named(name)?, file)));
    let (format, file) = format.map_or((None, rest), |(format, file)| (Some(format), file));
    if file.is_empty() {
        return Err(Failure::usage("--report needs a file: --report FILE or --report SUITE=FILE"));
    }
    Ok(Named { suite, format, file: directory.join(file) })
}
