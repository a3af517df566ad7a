//! From arguments and job to what is meant, before anything is asked over the network.

use super::exit::Failure;
use super::hosts::{MeantHost, kind_of, kind_of_job, repository_of};
use super::stop::Stop;
use super::{HostName, SubjectArguments, bare};
use portcullis_collect::naming::resolve_named;
use portcullis_collect::request::JudgementRequest;
use portcullis_forge::ci::{self, JobEvent, VerdictPlace, check_clone_of};
use portcullis_forge::{self as host, Forge, HostKind};
use portcullis_git::Repository;
use portcullis_model::change::Revision;
use portcullis_model::decision::Judged;
use portcullis_model::environment::Environment;
use portcullis_model::fact::{Gap, GapReason};

/// What arguments and job mean together.
pub struct Meant {
    /// The host to ask; `None` when none takes part.
    pub host: Option<MeantHost>,
    /// Where the verdict of the job is shown; `None` outside of a job, and for a deployment.
    pub place: Option<VerdictPlace>,
    /// What would be deployed; `None` for a change.
    pub candidate: Option<Revision>,
}

/// What is needed to find the commits that are judged.
pub struct CommitsQuestion<'a> {
    /// The repository.
    pub repository: &'a Repository,
    /// The arguments.
    pub subject: &'a SubjectArguments,
    /// What arguments and job mean.
    pub meant: &'a Meant,
    /// The host; `None` when none takes part.
    pub forge: Option<&'a dyn Forge>,
}

impl Meant {
    /// Reads them.
    ///
    /// # Errors
    /// They make no sense, or contradict each other.
    pub fn read(
        repository: &Repository,
        subject: &SubjectArguments,
        request: &JudgementRequest,
        job: Option<&dyn JobEvent>,
    ) -> Result<Self, Stop> {
        match request {
            JudgementRequest::Change => Meant::change(repository, subject, job),
            JudgementRequest::Deployment { environment, .. } => {
                Meant::deployment(repository, subject, environment, job)
            }
        }
    }

    fn change(
        repository: &Repository,
        subject: &SubjectArguments,
        job: Option<&dyn JobEvent>,
    ) -> Result<Self, Stop> {
        let parents = |commit: &Revision| Some(repository.commit(commit).ok()?.parents);
        let place = job.map(|job| job.verdict_place(Some(&parents))).transpose();
        let place = place.map_err(Stop::nothing_known)?;
        check_checkout(repository, job).map_err(Stop::nothing_known)?;
        let host = match bare::change_on_server(repository, subject)? {
            Some(host) => Some(host),
            None => host_of_change(subject, place.as_ref())?,
        };
        Ok(Meant { host, place, candidate: None })
    }

    fn deployment(
        repository: &Repository,
        subject: &SubjectArguments,
        environment: &Environment,
        job: Option<&dyn JobEvent>,
    ) -> Result<Self, Stop> {
        let judged = Judged { environment: Some(environment.to_string()), ..Judged::default() };
        let candidate = find_candidate(repository, subject, environment, job)?;
        let candidate = candidate.map_err(|gap| Stop::Gap(Box::new(judged.clone()), gap))?;
        let unseen = |gap| Stop::Gap(Box::new(Judged { head: Some(candidate.clone()), ..judged }), gap);
        let host = host_of_deployment(subject)?.transpose().map_err(unseen)?;
        Ok(Meant { host, place: None, candidate: Some(candidate) })
    }
}

/// In a job its own repository and the request of its event.
fn host_of_change(
    subject: &SubjectArguments,
    place: Option<&VerdictPlace>,
) -> Result<Option<MeantHost>, Stop> {
    let usage = |message: String| Err(Stop::from(Failure::usage(message)));
    let read = |kind: &'static HostKind, text: &str| kind.read_request(text).map_err(Failure::from);
    match (subject.host, &subject.repository, subject.request.as_deref(), place) {
        (Some(HostName::None), None, None, place) => {
            place.map_or(Ok(()), |place| place.check_batch(false, None)).map_err(Stop::nothing_known)?;
            Ok(None)
        }
        (Some(HostName::None), _, _, _) => {
            usage(format!("--repository and --request need --host {}", host::DEFAULT.name))
        }
        (_, repository, request, Some(place)) => {
            let kind = kind_of_job(subject.host, place).map_err(Stop::nothing_known)?;
            let request = request.map(|text| read(kind, text)).transpose()?;
            let of_job = || {
                let repository = place.repository(repository.as_deref())?;
                if place.batch.is_some() {
                    place.check_batch(true, request.as_ref())?;
                    return Ok(MeantHost { kind, repository, request: None });
                }
                Ok(MeantHost { kind, repository, request: Some(place.request(request)?) })
            };
            of_job().map(Some).map_err(Stop::nothing_known)
        }
        (_, Some(repository), Some(request), None) => {
            let kind = kind_of(subject.host).map_err(Stop::nothing_known)?;
            let request = Some(read(kind, request)?);
            Ok(Some(MeantHost { kind, repository: repository.clone(), request }))
        }
        (Some(HostName::Kind(_)), _, _, None) | (None, Some(_), None, None) | (None, None, Some(_), None) => {
            usage("name both: --repository OWNER/NAME and --request N".to_string())
        }
        (None, None, None, None) => {
            kind_of(None).map_err(Stop::nothing_known)?;
            let about = ci::current_job().about().map(|about| format!("; {about}")).unwrap_or_default();
            usage(format!(
                "name what to judge: --host {} --repository OWNER/NAME --request N, or --host none --base BRANCH \
                 for what git alone can tell{about}",
                host::DEFAULT.name
            ))
        }
    }
}

fn host_of_deployment(subject: &SubjectArguments) -> Result<Option<Result<MeantHost, Gap>>, Failure> {
    if let Some(HostName::None) = subject.host {
        return Ok(None);
    }
    if bare::is_meant(subject) {
        return Ok(Some(Ok(bare::server_of(subject, None))));
    }
    let repository = repository_of(subject).ok_or_else(|| {
        Failure::usage(format!(
            "name the host: --host {} --repository OWNER/NAME, or --host none for what git alone can tell",
            host::DEFAULT.name
        ))
    })?;
    // Of no request in particular: each landing names its own.
    Ok(Some(kind_of(subject.host).map(|kind| MeantHost { kind, repository, request: None })))
}

/// What would be deployed: what `--head` names, else what is checked out; and in a job, what its
/// verdict is for.
fn find_candidate(
    repository: &Repository,
    subject: &SubjectArguments,
    environment: &Environment,
    job: Option<&dyn JobEvent>,
) -> Result<Result<Revision, Gap>, Failure> {
    let named = subject.head.as_deref().map(|name| resolve_named(repository, name)).transpose()?;
    let checked_out = repository.resolve("HEAD");
    let Some(job) = job else { return Ok(Ok(named.map_or(checked_out, Ok)?)) };
    let parents = |commit: &Revision| Some(repository.commit(commit).ok()?.parents);
    Ok(job.verdict_place(Some(&parents)).and_then(|place| {
        check_checkout(repository, Some(job))?;
        place.repository(subject.repository.as_deref())?;
        place.check_environment(environment)?;
        place.candidate(named, || checked_out.map_err(no_head))
    }))
}

fn check_checkout(repository: &Repository, job: Option<&dyn JobEvent>) -> Result<(), Gap> {
    let head = repository.resolve("HEAD").ok();
    job.map_or(Ok(()), |job| check_clone_of(job, head.as_ref()))
}

fn no_head(error: anyhow::Error) -> Gap {
    let remedy = "Check out what would be deployed, or name it with --head.";
    Gap::new("what is checked out", GapReason::MissingObject, format!("{error:#}"), remedy)
}
