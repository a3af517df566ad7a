//! What is looked at: the files at HEAD, branches and remotes, the latest authors, and with
//! `--repository` the host.

use super::InitArguments;
use crate::HostName;
use crate::exit::{Failure, Result};
use crate::hosts::open_host;
use portcullis_forge::{self as host, Forge, HostKind};
use portcullis_git::Repository;
use portcullis_git::overview::BlobText;
use portcullis_init::branches::BranchFacts;
use portcullis_init::git_reviews::{self, GitReviews};
use portcullis_init::listing::FileListing;
use portcullis_init::owners::{GateOwners, find_gate_owners, place_of_owners};
use portcullis_init::people::gather_people;
use portcullis_init::proposal::{Proposal, RepositoryFacts};
use portcullis_init::remote::RemotePlace;
use portcullis_init::survey::{FileText, ReadingBounds, survey_files};
use portcullis_model::change::{BranchName, ObjectName, Revision};
use portcullis_model::fact::Fact;
use portcullis_model::host::{HostProfile, NO_HOST};
use portcullis_model::path::RepoPath;
use std::collections::BTreeMap;
use std::path::Path;

/// So many commits tell who writes the code.
const AUTHORS: usize = 1000;

/// So many CI files are read whole, each up to so many bytes.
const CI_FILES: usize = 200;
const CI_BYTES: usize = 256 << 10;

/// So many branches are asked about.
const ASKED: usize = 20;

/// The kind of host of this name.
pub fn kind_of(name: Option<&str>) -> Option<&'static HostKind> {
    host::TABLE.iter().find(|kind| Some(kind.name) == name).copied()
}

/// Looks at the repository, and makes a proposal of what is there.
///
/// # Errors
/// HEAD cannot be read.
pub fn look_at(repository: &Repository, arguments: &InitArguments) -> Result<Proposal> {
    let mut gaps = Vec::new();
    let head = repository.resolve("HEAD").ok();
    let files = match &head {
        Some(head) => repository
            .files_at(head)
            .map_err(|gap| Failure::environment(gap.to_string()).hint(&gap.remedy))?,
        None => BTreeMap::new(),
    };
    if files.is_empty() {
        gaps.push("What the code does: there is no file at HEAD. Commit first, then run `portcullis init --update`.".to_string());
    }
    let objects: Vec<&ObjectName> = files.values().collect();
    let reader =
        repository.blob_reader().map_err(|gap| Failure::environment(gap.to_string()).hint(&gap.remedy))?;
    let mut read =
        |number: usize, limit: usize| match objects.get(number).map(|name| reader.read(name, limit)) {
            Some(BlobText::Bytes(bytes)) => FileText::Bytes(bytes),
            Some(BlobText::TooLarge) => FileText::TooLarge,
            Some(BlobText::Unreadable) | None => FileText::Unreadable,
        };
    let survey = survey_files(FileListing::of(files.keys()), ReadingBounds::default(), &mut read);
    let text_of = |path: &str| match reader.read(files.get(&RepoPath::from(path))?, CI_BYTES) {
        BlobText::Bytes(bytes) => String::from_utf8(bytes).ok(),
        BlobText::TooLarge | BlobText::Unreadable => None,
    };
    let remote = repository.remote_address().and_then(|address| RemotePlace::of_address(&address));
    let kind = meant_kind(arguments, remote.as_ref());
    let git_reviews = git_reviews_of(arguments, kind);
    let mut facts = RepositoryFacts {
        folder: folder_name(repository),
        host: kind.map(|kind| kind.name),
        git_reviews,
        // Teams and accounts of CODEOWNERS are a host's; signers have the names of their list.
        owners: if git_reviews.is_some() { GateOwners::default() } else { owners_of(kind, &text_of) },
        people: people_of(repository, head.as_ref(), kind),
        with_emails: arguments.emails,
        ci_texts: ci_texts(&portcullis_init::found::find_ci(&survey), &text_of),
        branches: branches_of(repository),
        remote,
        gaps,
    };
    if facts.remote.is_none() && arguments.host.is_none() {
        facts.gaps.push("Where the repository is hosted: it has no remote with an address that tells. Name it with `--host`.".into());
    }
    let environments: Vec<String> = Proposal::environments_of(&facts);
    ask_host(arguments, kind, &environments, &mut facts)?;
    Ok(Proposal::of(survey, facts))
}

fn folder_name(repository: &Repository) -> String {
    let root = repository.work_tree().map(Path::to_path_buf);
    let name = root.and_then(|root| root.canonicalize().ok()?.file_name()?.to_str().map(str::to_string));
    name.unwrap_or_default()
}

/// The host that is named, else the one that the remote tells.
fn meant_kind(arguments: &InitArguments, remote: Option<&RemotePlace>) -> Option<&'static HostKind> {
    match arguments.host {
        Some(HostName::Kind(kind)) => Some(kind),
        Some(HostName::None) => None,
        None => kind_of(remote.and_then(|remote| remote.host)),
    }
}

/// How reviews are kept, where the argument names no host that has change requests.
fn git_reviews_of(arguments: &InitArguments, kind: Option<&'static HostKind>) -> Option<&'static GitReviews> {
    git_reviews::find(if arguments.host == Some(HostName::None) { NO_HOST } else { kind?.name })
}

fn ci_texts(
    systems: &[portcullis_init::found::FoundCi],
    text_of: &dyn Fn(&str) -> Option<String>,
) -> Vec<(String, String)> {
    let files = systems.iter().flat_map(|system| &system.files).take(CI_FILES);
    files.filter_map(|path| Some((path.clone(), text_of(path)?))).collect()
}

fn owners_of(kind: Option<&'static HostKind>, text_of: &dyn Fn(&str) -> Option<String>) -> GateOwners {
    let conventions = (kind.unwrap_or(host::DEFAULT).conventions)();
    let found = place_of_owners(&conventions.code_owners, |place| text_of(place).is_some());
    let Some(file) = found else { return GateOwners::default() };
    let text = text_of(&file).unwrap_or_default();
    find_gate_owners(&file, &text, &conventions.code_owners, conventions.teams)
}

fn people_of(
    repository: &Repository,
    head: Option<&Revision>,
    kind: Option<&'static HostKind>,
) -> portcullis_init::people::HistoryPeople {
    let authors = head.and_then(|head| repository.recent_authors(head, AUTHORS).ok()).unwrap_or_default();
    let profile = match kind {
        Some(kind) if kind != host::DEFAULT => HostProfile::of(&(kind.conventions)(), &[]),
        _ => HostProfile::github_com(),
    };
    gather_people(&authors, profile.own_addresses())
}

fn branches_of(repository: &Repository) -> BranchFacts {
    let names = repository.branch_names().map(|known| known.names).unwrap_or_default();
    let (of_remote, of_head) = repository.default_branches();
    let usual = ["main", "master"].into_iter().find(|name| names.contains(*name));
    let default = of_remote
        .map(|name| (name, "the default branch of the remote"))
        .or_else(|| usual.map(|name| (name.to_string(), "by name")))
        .or_else(|| of_head.map(|name| (name, "the branch that HEAD is on")));
    BranchFacts { default, names, by_host: BTreeMap::new() }
}

/// Asks which branches the host protects, and what it says is deployed.
fn ask_host(
    arguments: &InitArguments,
    kind: Option<&'static HostKind>,
    environments: &[String],
    facts: &mut RepositoryFacts,
) -> Result<()> {
    if facts.git_reviews.is_some() {
        let asks_one = arguments.repository.is_some();
        let why = "--repository asks a host, and `--host` names none that answers";
        return if asks_one { Err(Failure::usage(why)) } else { Ok(()) };
    }
    let Some(repository) = &arguments.repository else {
        let hint = facts.remote.as_ref().filter(|_| facts.host.is_some());
        let hint =
            hint.map(|remote| format!("; `--repository {}` asks it", remote.repository)).unwrap_or_default();
        facts.gaps.push(format!(
            "Which branches the host protects, and from which it deploys: it was not asked{hint}."
        ));
        return Ok(());
    };
    let kind = kind.unwrap_or(host::DEFAULT);
    let forge = open_host(kind, repository, None)?;
    ask_branches(forge.as_ref(), facts);
    for environment in environments {
        match forge.deployed(environment) {
            Fact::Known(Some(deployment)) => facts.gaps.push(format!(
                "From which branch {environment} is deployed: the host names the commit {}, and no branch.",
                deployment.revision.short()
            )),
            Fact::Known(None) => {}
            Fact::Gap(gap) => {
                facts.gaps.push(format!("What is deployed to {environment}: {gap}. {}", gap.remedy))
            }
        }
    }
    Ok(())
}

fn ask_branches(forge: &dyn Forge, facts: &mut RepositoryFacts) {
    let usual = ["main", "master", "develop", "release", "production", "staging", "stable"];
    let default = facts.branches.default.as_ref().map(|(name, _)| name.clone());
    let known = facts.branches.names.iter().filter(|name| {
        usual.contains(&name.as_str()) || name.starts_with("release") || name.starts_with("stable/")
    });
    let asked: std::collections::BTreeSet<String> =
        default.into_iter().chain(known.cloned()).take(ASKED).collect();
    for name in asked {
        match forge.branch(&BranchName::new(&name)) {
            Fact::Known(branch) if branch.protected => {
                facts.branches.by_host.insert(name, "protected by the host".to_string());
            }
            Fact::Known(_) => facts
                .gaps
                .push(format!("Why {name} is not protected: the host says that it is not. Protect it.")),
            Fact::Gap(gap) => facts.gaps.push(format!("Whether {name} is protected: {gap}. {}", gap.remedy)),
        }
    }
}
