//! The host that arguments and job mean, and the way to it.

use super::exit::Result;
use super::{HostName, SubjectArguments};
use portcullis_collect::crew::{Crew, CrewMember};
use portcullis_forge::ci::{self, VerdictPlace};
use portcullis_forge::http::address::Origin;
use portcullis_forge::http::lanes::{AnswerKeeper, GATE_LANES, Lanes};
use portcullis_forge::http::transport::{Live, Transport};
use portcullis_forge::{self as host, Connection, Forge, HostKind};
use portcullis_git::Repository;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::host::HostProfile;
use portcullis_model::id::RequestId;
use std::path::Path;

/// How many threads of a gate look at landings. Each has the repository open, and some questions in
/// flight.
const GATE_CREW: usize = 24;

/// A repository on a host.
#[derive(Clone)]
pub struct MeantHost {
    /// The kind of host.
    pub kind: &'static HostKind,
    /// The repository, as its host names it.
    pub repository: String,
    /// The request that is asked about; `None` for a batch and for a deployment.
    pub request: Option<RequestId>,
}

/// The kind of host that is named, else the one of the job, else the usual one. A job's verdict is
/// shown on its own host, so that no other can be named there.
///
/// # Errors
/// A gap: another host is named than the job's, or the job is of a host that cannot be asked.
pub fn kind_of(named: Option<HostName>) -> std::result::Result<&'static HostKind, Gap> {
    let job = ci::current_job();
    let of_job = job.host_kind()?;
    match (named, of_job) {
        (Some(HostName::Kind(kind)), Some(own)) if !job.is_on(kind) => Err(other_host(kind, own)),
        (Some(HostName::Kind(kind)), _) => Ok(kind),
        (Some(HostName::None) | None, own) => Ok(own.unwrap_or(host::DEFAULT)),
    }
}

fn other_host(named: &HostKind, own: &HostKind) -> Gap {
    let name = |kind: &HostKind| (kind.conventions)().name.clone();
    let found = format!("this is a job of {}, and {} was named", name(own), name(named));
    let remedy = "Leave out --host: a job judges the request on its own host. If this is no such job, do not set its variables.";
    Gap::new("a host that this job may ask", GapReason::Contradiction, found, remedy)
}

/// What a policy is read for where no host is asked.
pub fn profile_of(named: Option<HostName>) -> HostProfile {
    let kind = kind_of(named).unwrap_or(host::DEFAULT);
    HostProfile::of(&(kind.conventions)(), &[])
}

/// The same in a job of a request or a batch: where its system works with several hosts, the host
/// has to be named. A repository of that name on the usual host could be another.
///
/// # Errors
/// A gap: the job is of a host that cannot be asked, or does not say of which.
pub fn kind_of_job(
    named: Option<HostName>,
    place: &VerdictPlace,
) -> std::result::Result<&'static HostKind, Gap> {
    let job = ci::current_job();
    if named.is_none() && job.host_kind()?.is_none() && job.is_of_any_host() {
        let about = job.about().unwrap_or_else(|| format!("this is a `{}` job", place.event));
        let found =
            format!("{about}, of a repository {}, and does not say on which host that is", place.repository);
        let remedy = "Name it, for example with `--host github`, or judge with `--host none --base BRANCH` what git alone can tell.";
        return Err(Gap::new("what the host says", GapReason::NotAsked, found, remedy));
    }
    kind_of(named)
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
    let connection = connection.unwrap_or_else(|| connection_over(kind, Box::new(Live::new())));
    Ok(host::open(kind.name, repository, connection)?)
}

/// The host that a gate asks: over a connection one by one, and else side by side over the one that
/// the environment names.
///
/// # Errors
/// See [`open_host`].
pub fn open_gate_host(host: &MeantHost, connection: Option<Connection>) -> Result<AskedHost> {
    match connection {
        Some(_) => open_host(host.kind, &host.repository, connection).map(AskedHost::of),
        None => AskedHost::over(NetworkHost::of(host.clone(), GATE_CREW, None).in_flight(GATE_LANES)),
    }
}

/// A host that is asked, by one thread or several.
pub struct AskedHost {
    /// The host, for questions one by one.
    pub forge: Box<dyn Forge>,
    /// The way to it, where it is one over the network.
    network: Option<NetworkHost>,
}

impl AskedHost {
    /// A host that is asked one by one.
    pub fn of(forge: Box<dyn Forge>) -> Self {
        AskedHost { forge, network: None }
    }

    /// A host over the network.
    ///
    /// # Errors
    /// It cannot be one.
    pub fn over(network: NetworkHost) -> Result<Self> {
        Ok(AskedHost { forge: network.open()?, network: Some(network) })
    }

    /// Who asks it side by side.
    pub fn crew<'a>(&'a self, directory: &'a Path) -> Option<Crew<'a>> {
        let network = self.network.as_ref()?;
        let open = move || {
            let repository = Repository::open(directory).ok()?;
            Some(CrewMember { repository, host: network.open().ok()? })
        };
        Some(Crew::of(network.size, Box::new(open)))
    }
}

/// The way to a host over the network, and how many may ask at once.
pub struct NetworkHost {
    kind: &'static HostKind,
    repository: String,
    lanes: Lanes,
    size: usize,
}

impl NetworkHost {
    /// A host that so many ask side by side, by what was kept of earlier runs.
    pub fn of(host: MeantHost, size: usize, keeper: Option<Box<dyn AnswerKeeper>>) -> Self {
        let MeantHost { kind, repository, .. } = host;
        NetworkHost { kind, repository, lanes: Lanes::new(Live::new(), keeper), size }
    }

    /// So many requests are in flight at most.
    #[must_use]
    fn in_flight(self, most: usize) -> Self {
        NetworkHost { lanes: self.lanes.in_flight(most), ..self }
    }

    /// No more than so many requests go out.
    #[must_use]
    pub fn at_most(self, requests: u64) -> Self {
        NetworkHost { lanes: self.lanes.at_most(requests), ..self }
    }

    fn open(&self) -> Result<Box<dyn Forge>> {
        Ok(host::open(self.kind.name, &self.repository, connection_over(self.kind, self.lanes.lane()))?)
    }
}

/// The way to a host that the environment names, over a transport.
pub fn connection_over(kind: &'static HostKind, transport: Box<dyn Transport>) -> Connection {
    let (job, named) = (ci::current_job(), kind.connection(ci::variable, transport));
    if !job.is_on(kind) {
        return named;
    }
    let server_url = job.server_url();
    let is_own = is_own_server(named.api_url.as_deref(), server_url.as_deref());
    let token = named.token.or_else(|| job.token().filter(|_| is_own));
    Connection { server_url, token, ..named }
}

/// The token of a job is for the server of the job, whatever other address is named.
fn is_own_server(api: Option<&str>, server: Option<&str>) -> bool {
    api.is_none_or(|api| server.is_some_and(|server| Origin::of(api) == Origin::of(server)))
}

/// The repository that the host is asked about: the one that is named, else the job's.
pub fn repository_of(subject: &SubjectArguments) -> Option<String> {
    match subject.host {
        Some(HostName::None) => None,
        _ => subject.repository.clone().or_else(|| ci::current_job().repository()),
    }
}
