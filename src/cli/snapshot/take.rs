//! Asking a host, and writing down what it said.

use super::SnapshotArguments;
use crate::exit::{Exit, Failure, Result};
use crate::hosts::{MeantHost, kind_of, open_host};
use crate::policy_file::{POLICY, parse_policy_at, read_policy};
use crate::record::unseen_failure;
use crate::{HostName, bare, opening, output, signing};
use jiff::Timestamp;
use portcullis_collect::gather::text_at;
use portcullis_collect::records::FETCH;
use portcullis_collect::snapshots::{append_snapshot, look_at, read_snapshots};
use portcullis_forge::{Forge, ci};
use portcullis_git::Repository;
use portcullis_git::commit_writer::WriteError;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::fact::Fact;
use portcullis_model::path::RepoPath;
use portcullis_model::snapshot::{ProtectionLook, StoredLook};
use portcullis_record::snapshot::{
    PendingSnapshot, SnapshotDraft, SnapshotFault, prepare_snapshot, snapshot_reference,
};
use std::collections::BTreeSet;
use std::path::Path;

/// How often a snapshot is made again when another one was written meanwhile.
const TRIES: u32 = 5;

/// What the address of a repository is where the server is the one that the clone is of.
const THIS_SERVER: &str = ".";

pub(super) fn run(directory: &Path, arguments: &SnapshotArguments) -> Result {
    let repository = opening::open(directory)?;
    let host = open_meant_host(directory, arguments)?;
    let branches = meant_branches(&repository, directory, arguments, host.as_ref())?;
    let (mut exit, mut failed) = (Exit::Allowed, None);
    for branch in branches {
        match take(directory, host.as_ref(), &branch, arguments) {
            Ok(true) => {}
            Ok(false) => exit = Exit::Undetermined,
            // What fails for one branch leaves no other out.
            Err(failure) => {
                if let Some(earlier) = failed.replace(failure) {
                    output::complain(&format!("{earlier}"));
                }
            }
        }
    }
    failed.map_or(Ok(exit), Err)
}

/// Takes the snapshot of a branch; was everything seen?
fn take(
    directory: &Path,
    host: &dyn Forge,
    branch: &BranchName,
    arguments: &SnapshotArguments,
) -> Result<bool> {
    let draft = look_at(host, branch, Timestamp::now());
    let (pending, commit) = store(directory, &draft)?;
    let gaps = draft.gaps();
    output::text(&describe(&pending, commit.short(), &draft.look))?;
    gaps.iter().for_each(|gap| output::complain(&format!("{branch}: {gap}\nhelp: {}", gap.remedy)));
    if let Some(remote) = &arguments.push {
        let reference = snapshot_reference(branch);
        signing::push(directory, remote, &reference, "the snapshot is").map_err(not_pushed)?;
    }
    Ok(gaps.is_empty())
}

fn not_pushed(failure: Failure) -> Failure {
    Failure { hints: Vec::new(), ..failure }
        .hint(format!("where the remote has snapshots that are not here, fetch them first: {FETCH}"))
}

fn open_meant_host(directory: &Path, arguments: &SnapshotArguments) -> Result<Box<dyn Forge>> {
    let kind = match arguments.host {
        Some(HostName::None) => return Err(Failure::usage("a snapshot is of what a host says: name one")),
        named => kind_of(named).map_err(|gap| Failure::unseen(Exit::Undetermined, &gap))?,
    };
    let named = arguments.repository.clone().or_else(|| ci::current_job().repository());
    let is_server = *kind == portcullis_forge::bare::KIND;
    let repository = match named {
        Some(repository) => repository,
        None if is_server => THIS_SERVER.to_string(),
        None => return Err(Failure::usage("name the repository on the host: --repository OWNER/NAME")),
    };
    let host = MeantHost { kind, repository, request: None };
    match bare::open_server(directory, &host, None)? {
        Some(server) => Ok(server),
        None => open_host(kind, &host.repository, None),
    }
}

/// The branches that are named, else those of the policy.
fn meant_branches(
    repository: &Repository,
    directory: &Path,
    arguments: &SnapshotArguments,
    host: &dyn Forge,
) -> Result<BTreeSet<BranchName>> {
    if !arguments.branches.is_empty() {
        return Ok(arguments.branches.iter().map(|name| BranchName::new(name)).collect());
    }
    let policy = match &arguments.policy {
        Some(file) => read_policy(&directory.join(file), &host.profile())?,
        None => {
            let head = repository.resolve("HEAD")?;
            let text = text_at(repository, &head, &RepoPath::from(POLICY)).map_err(unseen_failure)?;
            let text = text.ok_or_else(|| {
                Failure::policy(format!("there is no {POLICY} at {}, which names the branches", head.short()))
                    .hint("name them with --branch")
            })?;
            parse_policy_at((repository, &head), POLICY, &text, &host.profile())?
        }
    };
    let names = policy.scope.deployment.iter().map(|pattern| pattern.as_str());
    match names.clone().find(|name| name.contains(['*', '?', '[', '{', '\\'])) {
        Some(pattern) => {
            Err(Failure::usage(format!("the policy names deployment branches by the pattern `{pattern}`"))
                .hint("name each branch with --branch"))
        }
        None => Ok(names.map(BranchName::new).collect()),
    }
}

/// Stores a snapshot on top of the newest one, which another job may write at the same time.
fn store(directory: &Path, draft: &SnapshotDraft) -> Result<(PendingSnapshot, Revision)> {
    let mut tries = 1;
    loop {
        let pending = prepare(directory, draft)?;
        match append_snapshot(directory, &pending) {
            Ok(commit) => return Ok((pending, commit)),
            Err(WriteError::Moved { .. }) if tries < TRIES => tries += 1,
            Err(error) => return Err(Failure::environment(error.to_string())),
        }
    }
}

fn prepare(directory: &Path, draft: &SnapshotDraft) -> Result<PendingSnapshot> {
    let repository = opening::open(directory)?;
    let reference = snapshot_reference(&draft.branch);
    let chain = read_snapshots(&repository, &reference, Timestamp::now(), None).map_err(unseen_failure)?;
    if let Some(problem) = chain.as_ref().and_then(|chain| chain.problems.first()) {
        return Err(Failure::unverified(format!(
            "nothing is written on top of what does not verify: {}: {problem}",
            draft.branch
        ))
        .hint("See `portcullis snapshot verify`; restore the ref from a clone that has it."));
    }
    prepare_snapshot(draft.clone(), chain.as_ref()).map_err(|fault| match fault {
        SnapshotFault::Time => Failure::environment(format!(
            "the newest snapshot of {} is from after the time of this machine: set its clock",
            draft.branch
        )),
        SnapshotFault::Repository(..) => Failure::unverified(format!(
            "this cannot be a snapshot of the chain of {}: {fault}",
            draft.branch
        ))
        .hint(
            "If the repository got another name, keep the chain: rename its ref on every clone and server to one \
               outside of `refs/portcullis/`, and begin a new one.",
        ),
        _ => Failure::environment(format!("no snapshot of {} can be written: {fault}", draft.branch)),
    })
}

fn describe(pending: &PendingSnapshot, commit: &str, look: &ProtectionLook) -> String {
    let snapshot = &pending.snapshot;
    let tip = match &snapshot.tip {
        Fact::Known(tip) => format!("at {}", tip.short()),
        Fact::Gap(_) => "tip not seen".to_string(),
    };
    let kept = match &snapshot.look {
        StoredLook::New(_) => String::new(),
        StoredLook::Same { number, .. } => format!(", the same as in snapshot {number}"),
    };
    let seen = match &look.protection {
        Fact::Known(protection) => {
            portcullis_render::plural(protection.requirements.len() as u64, "requirement")
        }
        Fact::Gap(_) => "protection not seen".to_string(),
    };
    format!("{}: snapshot {} ({commit}), {tip}: {seen}{kept}", snapshot.branch, snapshot.number)
}
