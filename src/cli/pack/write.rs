//! Writing a pack: a folder, and an archive of it beside it.

use super::super::exit::{Failure, Result};
use super::super::output;
use super::super::progress::{Progress, ProgressView};
use super::arrivals::{look_at_arrivals, write_arrivals};
use super::folder::FolderOfPack;
use super::records::{self, RecordFiles, WrittenBefore, WrittenOmissions};
use super::redacting::{as_value, redact_audit};
use super::results::write_results;
use super::sealed::{self, GivenSeal, look_at_seal};
use super::snapshots::{WrittenSnapshots, each_snapshot, without_people};
use portcullis_collect::gather::text_at;
use portcullis_collect::policy_texts::houses_at;
use portcullis_git::Repository;
use portcullis_judge::policy::house::house_of;
use portcullis_model::change::Revision;
use portcullis_model::digest::Digest;
use portcullis_model::facts::POLICY_PATH;
use portcullis_model::path::RepoPath;
use portcullis_pack::archive::ArchiveWriter;
use portcullis_pack::derive::derive_files;
use portcullis_pack::item_path::BadPath;
use portcullis_pack::manifest::PackSubject;
use portcullis_pack::places::{seal_path, seal_signature_path, snapshot_path};
use portcullis_pack::pseudonym::PseudonymKey;
use portcullis_pack::redact::{AddressFinder, Redactor};
use portcullis_pack::report::ReportInput;
use portcullis_pack::verify::{policy_path, procedure_text};
use portcullis_pack::{ItemPath, MANIFEST, PackManifest};
use portcullis_wire::audit::v1::{AuditV1, EnvironmentPopulationV1};
use portcullis_wire::pack::v1::{PackRoleV1, PeopleV1};
use portcullis_wire::text::{CommitText, DigestText};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What to write, and where.
pub struct PackOrder<'a> {
    /// The audit.
    pub audit: AuditV1,
    /// The repository that was audited.
    pub repository: &'a Repository,
    /// The folder, which is made. The archive gets its name and `.tar`.
    pub folder: &'a Path,
    /// The arguments of the command, for the manifest.
    pub command: Vec<String>,
    /// The key of pseudonyms, where people are not to be named.
    pub key: Option<&'a PseudonymKey>,
    /// The sealed decisions that the audit lists.
    pub seals: &'a [GivenSeal],
    /// The people whom the facts of the audit name: those of a host are in no file of the pack.
    pub people: AddressFinder,
}

impl PackOrder<'_> {
    fn people(&self) -> PeopleV1 {
        if self.key.is_some() { PeopleV1::Pseudonyms } else { PeopleV1::Logins }
    }
}

/// What was written.
pub struct WrittenPack {
    /// The archive.
    pub archive: PathBuf,
    /// The SHA-256 of the manifest.
    pub manifest: Digest,
    /// How many files, the manifest included.
    pub files: usize,
    /// Who is behind which pseudonym; empty without a key. This is not in the pack.
    pub people: BTreeMap<String, String>,
}

/// Writes a pack.
///
/// # Errors
/// The folder is there and not empty, something cannot be written, or a record cannot be read.
pub fn write_pack(order: PackOrder<'_>) -> Result<WrittenPack> {
    write_pack_and_show(order, ProgressView::Silent)
}

/// The same, and shows how far it has come.
///
/// # Errors
/// Those of [`write_pack`].
pub fn write_pack_and_show(mut order: PackOrder<'_>, view: ProgressView) -> Result<WrittenPack> {
    let mut folder = PackFolder::begin(order.folder, view)?;
    let redactor = find_addresses(&order)?;
    let mut omitted = WrittenOmissions::new();
    for environment in &order.audit.environments {
        let name = environment.environment.to_string();
        omitted.insert(name, write_records(&order, environment, &redactor, &mut folder)?);
    }
    write_seals(&order, &redactor, &omitted, &mut folder)?;
    write_policies(&order, &redactor, &mut folder)?;
    if !redactor.is_empty() {
        redact_audit(&mut order.audit, &redactor)?;
    }
    write_snapshots(&order, &redactor, &mut folder)?;
    write_arrivals(order.repository, &order.audit, &redactor, &mut |path, bytes, role| {
        folder.add(path, bytes, role)
    })?;
    write_what_follows(&order.audit, &mut folder)?;
    let procedure = procedure_text(&folder.so_far());
    let input = ReportInput { audit: &order.audit, people: order.people(), procedure: procedure.as_deref() };
    derive_files::<PackFailure>(&input, &mut |path, bytes, role| {
        folder.add(path, &bytes, role).map_err(PackFailure)
    })
    .map_err(|failure| failure.0)?;
    let period = &order.audit.title.period;
    let people = order.key.map(|_| redactor.people().clone()).unwrap_or_default();
    let written = folder.finish(PackSubject {
        repository: order.audit.title.repository.clone(),
        since: period.since.clone(),
        until: period.until.clone(),
        command: order.command.clone(),
        people: order.people(),
    })?;
    Ok(WrittenPack { people, ..written })
}

/// Writes what follows from the records, the policies and the audit.
fn write_what_follows(audit: &AuditV1, folder: &mut PackFolder) -> Result<()> {
    let so_far = folder.so_far();
    let written = write_results(&so_far, audit, &mut |path, bytes, role| {
        folder.add(path, &bytes, role).map_err(|failure| anyhow::anyhow!(failure.message))
    });
    written.map_err(|error| Failure::environment(format!("the results cannot be written: {error:#}")))
}

/// Learns what an audit says of people, item by item.
fn look_at_audit(audit: &AuditV1, finder: &mut AddressFinder, with_accounts: bool) -> Result<()> {
    let landings = audit.landings.iter().map(as_value);
    let deployments = audit.deployments.iter().map(as_value);
    let exceptions = audit.exceptions.iter().map(as_value);
    let others = [
        as_value(&audit.people),
        as_value(&audit.waivers),
        as_value(&audit.conflicts),
        as_value(&audit.areas),
        as_value(&audit.title),
        as_value(&audit.gaps),
        as_value(&audit.branches),
        as_value(&audit.environments),
        as_value(&audit.protection),
        as_value(&audit.sample),
        as_value(&audit.sealed),
        as_value(&audit.arrivals),
    ];
    for value in landings.chain(deployments).chain(exceptions).chain(others) {
        let value = value?;
        finder.look_at(&value);
        if with_accounts {
            finder.learn_accounts(&value);
        }
    }
    Ok(())
}

/// A failure that a bad path can become.
struct PackFailure(Failure);

impl From<BadPath> for PackFailure {
    fn from(bad: BadPath) -> Self {
        PackFailure(Failure::environment(format!("the pack cannot name a file after the audit: {bad}")))
    }
}

fn path_of(text: &str) -> Result<ItemPath> {
    ItemPath::new(text).map_err(|bad| PackFailure::from(bad).0)
}

/// The addresses in the records and policies of the audit.
fn find_addresses(order: &PackOrder<'_>) -> Result<Redactor> {
    let mut finder = order.people.clone();
    for environment in &order.audit.environments {
        each_record(order.repository, environment, &mut |_, files| {
            records::look_for_addresses(&mut finder, &files);
            if order.key.is_some() {
                records::learn_accounts(&mut finder, &files);
            }
            Ok(())
        })?;
    }
    look_at_more(order, &mut finder)?;
    look_at_audit(&order.audit, &mut finder, order.key.is_some())?;
    for (_, text) in policies(order) {
        finder.look_at_text(&text);
        records::learn_names(&mut finder, &text);
        if order.key.is_some() {
            records::learn_logins(&mut finder, &text);
        }
    }
    Ok(order.key.map_or_else(|| finder.clone().finish(), |key| finder.clone().finish_with(key)))
}

/// Learns what sealed decisions and snapshots say of people.
fn look_at_more(order: &PackOrder<'_>, finder: &mut AddressFinder) -> Result<()> {
    let with_accounts = order.key.is_some();
    for given in order.seals {
        look_at_seal(finder, &given.bytes()?, with_accounts)
            .map_err(|error| Failure::environment(error.to_string()))?;
    }
    look_at_arrivals(order.repository, &order.audit, finder, with_accounts)?;
    for branch in &order.audit.protection {
        each_snapshot(order.repository, branch, &mut |_, bytes| {
            let value = serde_json::from_slice(bytes).unwrap_or(Value::Null);
            finder.look_at(&value);
            if with_accounts {
                finder.learn_accounts(&value);
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Reads the records of an environment up to the one that was the newest for the audit.
fn each_record(
    repository: &Repository,
    environment: &EnvironmentPopulationV1,
    each: &mut dyn FnMut(u64, RecordFiles) -> Result<()>,
) -> Result<()> {
    let Some(tip) = &environment.tip else { return Ok(()) };
    let tip = Revision::try_from(tip.clone()).map_err(Failure::environment)?;
    let mut number = 0;
    let mut failed = Ok(());
    let read = repository.each_stored(&tip, usize::MAX, |stored| {
        number += 1;
        if failed.is_ok() {
            failed = each(number, records::files_of(&stored));
        }
        Ok(())
    });
    read.map_err(|gap| Failure::unseen(super::super::exit::Exit::Environment, &gap))?;
    failed
}

fn write_records(
    order: &PackOrder<'_>,
    environment: &EnvironmentPopulationV1,
    redactor: &Redactor,
    folder: &mut PackFolder,
) -> Result<BTreeSet<u64>> {
    let name = environment.environment.as_str();
    let mut before = WrittenBefore::default();
    each_record(order.repository, environment, &mut |number, files| {
        let files = match redactor.is_empty() {
            true => files,
            false => records::without_addresses(&files, redactor, &mut before).map_err(|why| {
                Failure::environment(format!(
                    "{name}#{number} cannot be written without addresses of people: {why:#}"
                ))
            })?,
        };
        for (file, bytes) in files {
            let path = path_of(&format!("{}/{file}", records::folder_of(name, number)))?;
            folder.add(path, &bytes, PackRoleV1::Record)?;
        }
        Ok(())
    })?;
    Ok(before.omitted)
}

/// Writes the sealed decisions, each with its signature where the file is the one that was signed.
fn write_seals(
    order: &PackOrder<'_>,
    redactor: &Redactor,
    omitted: &WrittenOmissions,
    folder: &mut PackFolder,
) -> Result<()> {
    for given in order.seals {
        let number = given.number();
        let stored = given.bytes()?;
        let bytes = match redactor.is_empty() {
            true => stored.clone(),
            false => sealed::without_addresses(&stored, redactor, omitted).map_err(|why| {
                Failure::environment(format!(
                    "sealed decision {number} cannot be written without addresses of people: {why:#}"
                ))
            })?,
        };
        if let Some(signature) = given.signature()?.filter(|_| bytes == stored) {
            let path = seal_signature_path(number).map_err(|bad| PackFailure::from(bad).0)?;
            folder.add(path, &signature, PackRoleV1::Decision)?;
        }
        let path = seal_path(number).map_err(|bad| PackFailure::from(bad).0)?;
        folder.add(path, &bytes, PackRoleV1::Decision)?;
    }
    Ok(())
}

/// Writes the snapshots of each branch, as the audit names it by now.
fn write_snapshots(order: &PackOrder<'_>, redactor: &Redactor, folder: &mut PackFolder) -> Result<()> {
    for branch in &order.audit.protection {
        let mut before = WrittenSnapshots::default();
        each_snapshot(order.repository, branch, &mut |number, stored| {
            let path = snapshot_path(&branch.branch, number).map_err(|bad| PackFailure::from(bad).0)?;
            if redactor.is_empty() {
                return folder.add(path, stored, PackRoleV1::Snapshot);
            }
            let bytes = without_people(stored, redactor, &mut before).map_err(|why| {
                Failure::environment(format!("{path} cannot be written without addresses of people: {why:#}"))
            })?;
            folder.add(path, &bytes, PackRoleV1::Snapshot)
        })?;
    }
    Ok(())
}

/// The policies that were in force and that of today, and the house policies that they extend, as
/// far as they can be read, by the path of each in the pack.
fn policies(order: &PackOrder<'_>) -> BTreeMap<String, String> {
    let title = &order.audit.title;
    let in_force = title.policies.iter().filter_map(|one| Some((one.digest.clone()?, one.from.clone())));
    let today = title.policy_today.as_ref().zip(order.audit.branches.first());
    let today = today.map(|(policy, branch)| (policy.digest.clone(), branch.tip.clone()));
    let policy = |(digest, at): (DigestText, CommitText)| {
        let at = Revision::try_from(at).ok()?;
        let text = text_at(order.repository, &at, &RepoPath::from(POLICY_PATH)).ok()??;
        (Digest::of(text.as_bytes()).as_str() == digest.as_str())
            .then(|| [Some((policy_path(digest.as_str()), text.clone())), house_at(order, &at, &text)])
    };
    in_force.chain(today).filter_map(policy).flatten().flatten().collect()
}

fn house_at(order: &PackOrder<'_>, at: &Revision, policy: &str) -> Option<(String, String)> {
    let digest = house_of(policy)?.digest;
    let text = houses_at(order.repository, at, policy).ok()?.take(&digest)?;
    Some((policy_path(digest.as_str()), text))
}

fn write_policies(order: &PackOrder<'_>, redactor: &Redactor, folder: &mut PackFolder) -> Result<()> {
    for (path, text) in policies(order) {
        folder.add(path_of(&path)?, redactor.text(&text).as_bytes(), PackRoleV1::Policy)?;
    }
    Ok(())
}

/// A folder that becomes a pack.
struct PackFolder {
    root: PathBuf,
    files: BTreeMap<ItemPath, (u64, Digest, PackRoleV1)>,
    progress: Progress,
}

impl PackFolder {
    fn begin(root: &Path, view: ProgressView) -> Result<PackFolder> {
        // `out/` and `out` are one folder, and its archive is beside it.
        let root = root.components().as_path();
        let cannot =
            |error: std::io::Error| Failure::environment(format!("cannot write {}: {error}", root.display()));
        std::fs::create_dir_all(root).map_err(cannot)?;
        if std::fs::read_dir(root).map_err(cannot)?.next().is_some() {
            let why = format!("{} is not empty, and a pack holds nothing but its own files", root.display());
            return Err(Failure::environment(why).hint("name a folder that is not there yet"));
        }
        let progress = Progress::begin(view, "files written to the pack", None);
        Ok(PackFolder { root: root.to_path_buf(), files: BTreeMap::new(), progress })
    }

    /// What was written until now.
    fn so_far(&self) -> FolderOfPack {
        let lengths = self.files.iter().map(|(path, (length, _, _))| (path.clone(), *length));
        FolderOfPack::of(&self.root, lengths.collect())
    }

    fn add(&mut self, path: ItemPath, bytes: &[u8], role: PackRoleV1) -> Result<()> {
        let place = self.root.join(path.as_str());
        let cannot = |error: std::io::Error| {
            Failure::environment(format!("cannot write {}: {error}", place.display()))
        };
        if let Some(parent) = place.parent() {
            std::fs::create_dir_all(parent).map_err(cannot)?;
        }
        std::fs::write(&place, bytes).map_err(cannot)?;
        self.files.insert(path, (bytes.len() as u64, Digest::of(bytes), role));
        self.progress.at(self.files.len());
        Ok(())
    }

    /// Writes the manifest, and the archive.
    fn finish(mut self, subject: PackSubject) -> Result<WrittenPack> {
        let manifest = PackManifest::new(subject, &self.files).bytes();
        let manifest = manifest.map_err(|error| Failure::environment(error.to_string()))?;
        self.add(path_of(MANIFEST)?, &manifest, PackRoleV1::Audit)?;
        let mut archive = self.root.clone().into_os_string();
        archive.push(".tar");
        let archive = PathBuf::from(archive);
        output::write_file_with(&archive, |out| {
            let mut writer = ArchiveWriter::new(out);
            for path in self.files.keys() {
                writer.add(path, &std::fs::read(self.root.join(path.as_str()))?)?;
            }
            writer.finish().map(drop)
        })?;
        Ok(WrittenPack {
            archive,
            manifest: Digest::of(&manifest),
            files: self.files.len(),
            people: BTreeMap::new(),
        })
    }
}
