//! The host that arguments and job mean, and the way to it.

use super::exit::Result;
use super::{HostName, SubjectArguments};
use portcullis_forge::ci;
use portcullis_forge::http::transport::Live;
use portcullis_forge::{self as host, Connection, Forge, HostKind};
use portcullis_model::fact::Gap;
use portcullis_model::host::HostProfile;

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

/// What a policy is read for where no host is asked.
pub fn profile_of(named: Option<HostName>) -> HostProfile {
    let kind = kind_of(named).unwrap_or(host::DEFAULT);
    HostProfile::of(&(kind.conventions)(), &[])
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

/// The repository that the host is asked about: the one that is named, else the job's.
pub fn repository_of(subject: &SubjectArguments) -> Option<String> {
    match subject.host {
        Some(HostName::None) => None,
        _ => subject.repository.clone().or_else(|| ci::current_job().repository()),
    }
}
