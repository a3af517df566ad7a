//! The runs of reconciliation and the register of incidents in a pack: written without people,
//! verified by the same rules as those of a repository, and what the audit says of them made again.

mod check;
mod clone;

pub(super) use check::check_arrivals;
pub(super) use clone::compare_arrivals;

use super::super::exit::{Exit, Failure, Result};
use portcullis_git::Repository;
use portcullis_git::stored_commit::StoredCommit;
use portcullis_incident::INCIDENT_FILE;
use portcullis_model::change::Revision;
use portcullis_model::digest::Digest;
use portcullis_model::incident::IncidentEvent;
use portcullis_model::path::RepoPath;
use portcullis_pack::ItemPath;
use portcullis_pack::item_path::BadPath;
use portcullis_pack::places::{incident_path, run_path};
use portcullis_pack::redact::{AddressFinder, Redactor};
use portcullis_record::run::RUN_FILE;
use portcullis_wire::audit::v1::{AuditV1, AuditedChainV1};
use portcullis_wire::incident::v1::{read_incident_entry, write_incident_entry};
use portcullis_wire::pack::v1::PackRoleV1;
use portcullis_wire::run::v1::{read_run, write_run};
use serde_json::Value;

/// Takes the path of a file, its bytes, and its role.
pub(super) type TakeArrival<'a> = dyn FnMut(ItemPath, &[u8], PackRoleV1) -> Result<()> + 'a;

/// A chain that an audit has looked at.
struct ListedChain<'a> {
    /// What it is of, for people.
    what: String,
    chain: &'a AuditedChainV1,
    /// The file of each commit.
    file: &'static str,
    role: PackRoleV1,
    path: Box<dyn Fn(u64) -> std::result::Result<ItemPath, BadPath> + 'a>,
}

/// The chains of runs and incidents that an audit has looked at.
fn chains_of(audit: &AuditV1) -> Vec<ListedChain<'_>> {
    let Some(arrivals) = &audit.arrivals else { return Vec::new() };
    let of_datasets = arrivals.datasets.iter().filter_map(|dataset| {
        Some(ListedChain {
            what: format!("the runs of {}", dataset.dataset),
            chain: dataset.chain.as_ref()?,
            file: RUN_FILE,
            role: PackRoleV1::Run,
            path: Box::new(|number| run_path(&dataset.dataset, number)),
        })
    });
    let register = arrivals.register.as_ref().and_then(|register| register.chain.as_ref());
    let register = register.map(|chain| ListedChain {
        what: "the register of incidents".to_string(),
        chain,
        file: INCIDENT_FILE,
        role: PackRoleV1::Incident,
        path: Box::new(incident_path),
    });
    of_datasets.chain(register).collect()
}

impl ListedChain<'_> {
    /// Reads the files of the commits, oldest first, each with its number.
    fn each(&self, repository: &Repository, each: &mut dyn FnMut(u64, &[u8]) -> Result<()>) -> Result<()> {
        let tip = Revision::try_from(self.chain.tip.clone()).map_err(Failure::environment)?;
        let (mut number, mut failed) = (0, Ok(()));
        let read = repository.each_stored(&tip, usize::MAX, |stored: StoredCommit| {
            number += 1;
            let file = stored.files.get(&RepoPath::from(self.file));
            if failed.is_ok() {
                failed = each(number, file.map(|file| file.bytes.as_slice()).unwrap_or_default());
            }
            Ok(())
        });
        read.map_err(|gap| Failure::unseen(Exit::Environment, &gap))?;
        failed?;
        match number == self.chain.count {
            true => Ok(()),
            false => Err(Failure::unverified(format!("{} changed during the audit", self.what))),
        }
    }
}

/// Learns what runs and incidents say of people.
///
/// # Errors
/// They cannot be read.
pub(super) fn look_at_arrivals(
    repository: &Repository,
    audit: &AuditV1,
    finder: &mut AddressFinder,
    with_accounts: bool,
) -> Result<()> {
    for listed in chains_of(audit) {
        listed.each(repository, &mut |_, bytes| {
            let value: Value = serde_json::from_slice(bytes).unwrap_or(Value::Null);
            finder.look_at(&value);
            if with_accounts {
                finder.learn_accounts(&value);
            }
            if listed.role == PackRoleV1::Incident {
                people_of_entry(bytes).iter().for_each(|name| learn_person(finder, name, with_accounts));
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Who wrote an entry, and who sent and received what it tells of.
fn people_of_entry(bytes: &[u8]) -> Vec<String> {
    let Ok(entry) = read_incident_entry(bytes) else { return Vec::new() };
    let mut people = vec![entry.recorder];
    if let IncidentEvent::Notified(notice) = entry.event {
        people.extend([notice.sender, notice.recipient]);
    }
    people
}

/// A login has no space in it. What has one is the name of a person or of an office; of a person
/// whom the policy knows the login is shown instead.
fn learn_person(finder: &mut AddressFinder, name: &str, with_accounts: bool) {
    if name.contains('@') {
        return;
    }
    match name.contains(' ') {
        true => finder.learn_nameless(name),
        false if with_accounts => finder.learn_login(name),
        false => {}
    }
}

/// Writes the runs and the register, without people where there is anything to replace.
///
/// # Errors
/// They cannot be read or written.
pub(super) fn write_arrivals(
    repository: &Repository,
    audit: &AuditV1,
    redactor: &Redactor,
    take: &mut TakeArrival<'_>,
) -> Result<()> {
    for listed in chains_of(audit) {
        let mut before = WrittenLink::default();
        listed.each(repository, &mut |number, stored| {
            let path = (listed.path)(number).map_err(|bad| Failure::environment(bad.to_string()))?;
            let bytes = without_people(&listed, stored, redactor, &mut before).map_err(|why| {
                Failure::environment(format!("{path} cannot be written without addresses of people: {why:#}"))
            })?;
            take(path, &bytes, listed.role)
        })?;
    }
    Ok(())
}

/// The file that was written before: its digest, and whether it is another one than in the
/// repository.
#[derive(Default)]
struct WrittenLink {
    previous: Option<Digest>,
    is_other: bool,
}

/// A file of a chain without people, on top of the one before it. Where there is nothing to take
/// out, it is the file of the repository.
fn without_people(
    listed: &ListedChain<'_>,
    stored: &[u8],
    redactor: &Redactor,
    before: &mut WrittenLink,
) -> anyhow::Result<Vec<u8>> {
    let value: Value = serde_json::from_slice(stored)?;
    let shown = redactor.value(&value);
    before.is_other |= shown != value;
    let bytes = match before.is_other {
        false => stored.to_vec(),
        true => chained_again(listed.role, &serde_json::to_vec(&shown)?, before.previous.clone())?,
    };
    before.previous = Some(Digest::of(&bytes));
    Ok(bytes)
}

fn chained_again(role: PackRoleV1, shown: &[u8], previous: Option<Digest>) -> anyhow::Result<Vec<u8>> {
    if role == PackRoleV1::Run {
        let mut run = read_run(shown)?;
        run.previous = previous;
        return Ok(write_run(run)?);
    }
    let mut entry = read_incident_entry(shown)?;
    entry.previous = previous;
    Ok(write_incident_entry(entry)?)
}
