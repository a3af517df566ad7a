//! The host that an audit asks: over several lanes at once, with what was kept of earlier runs.

use crate::exit::{Failure, Result};
use crate::hosts::{AskedHost, MeantHost, NetworkHost, kind_of};
use crate::{HostName, bare, output, program};
use jiff::Timestamp;
use portcullis_collect::audit::cache::key::VARIABLE;
use portcullis_collect::audit::cache::{AnswerCache, CacheFault, CacheOwner, open_cache};
use portcullis_forge::bare::KIND as BARE;
use portcullis_forge::http::lanes::{AnswerKeeper, LANES};
use portcullis_forge::{HostKind, ci};
use portcullis_git::Repository;
use std::path::Path;

/// Which host is asked, and how.
#[derive(Clone, Copy, Debug)]
pub struct HostChoice<'a> {
    /// The kind of host.
    pub host: Option<HostName>,
    /// The repository on it.
    pub repository: Option<&'a str>,
    /// The folder that answers are kept in.
    pub cache: Option<&'a Path>,
    /// How many requests go out at most; `None`: as many as there are questions.
    pub requests: Option<u64>,
}

/// The host that arguments name; `None` where they name none.
///
/// # Errors
/// It cannot be one, or what was named as its cache cannot.
pub fn open_asked(
    directory: &Path,
    repository: &Repository,
    choice: HostChoice<'_>,
) -> Result<Option<AskedHost>> {
    let name = match (choice.host, choice.repository) {
        (Some(HostName::None) | None, None) => return Ok(None),
        (Some(HostName::None), Some(_)) => {
            return Err(Failure::usage("--repository needs --host, and another one than `none`"));
        }
        // The repository that is looked at.
        (Some(HostName::Kind(kind)), None) if *kind == BARE => ".".to_string(),
        (Some(HostName::Kind(_)), None) => {
            return Err(Failure::usage("name the repository on the host: --repository OWNER/NAME"));
        }
        (_, Some(name)) => name.to_string(),
    };
    let kind = kind_of(choice.host).map_err(|gap| super::unseen_failure(&gap))?;
    let meant = MeantHost { kind, repository: name, request: None };
    if let Some(forge) = bare::open_server(directory, &meant, None)? {
        return Ok(Some(AskedHost::of(forge)));
    }
    let keeper = open_keeper(repository, choice.cache, kind, &meant.repository)?;
    let network = NetworkHost::of(meant, LANES, keeper);
    let network = match choice.requests {
        Some(requests) => network.at_most(requests),
        None => network,
    };
    AskedHost::over(network).map(Some)
}

/// What keeps answers, where a folder was named. An audit goes on without it where the folder
/// cannot be used now.
fn open_keeper(
    repository: &Repository,
    folder: Option<&Path>,
    host: &'static HostKind,
    name: &str,
) -> Result<Option<Box<dyn AnswerKeeper>>> {
    let Some(folder) = folder else { return Ok(None) };
    match open_cache(folder, repository.git_directory(), ci::variable(VARIABLE)) {
        Ok((folder, key)) => {
            let owner = CacheOwner {
                program: program::VERSION.to_string(),
                host,
                repository: name.to_string(),
                clock: Timestamp::now,
                complain: output::remark,
            };
            Ok(Some(Box::new(AnswerCache::of(folder, key, owner))))
        }
        Err(CacheFault::Misused(why)) => Err(Failure::environment(format!("--cache: {why}"))),
        Err(CacheFault::Unusable(why)) => {
            output::remark(&format!("it goes on without its cache: {why}"));
            Ok(None)
        }
    }
}
