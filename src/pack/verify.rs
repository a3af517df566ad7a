//! Verifying a pack: what follows from its records, policies and audit is written again and
//! compared, and the audit is held against itself.

use crate::contents::ItemSource;
use crate::derive::{AUDIT, PROCEDURE, derive_files};
use crate::fault::{PackFault, PackWrong};
use crate::item_path::{BadPath, ItemPath};
use crate::manifest::{MANIFEST, PROGRAM, PackManifest};
use crate::places::listed_files;
use crate::report::ReportInput;
use portcullis_model::digest::Digest;
use portcullis_wire::audit::v1::AuditV1;
use portcullis_wire::pack::v1::PackRoleV1;
use std::collections::BTreeSet;

/// What was done again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifiedPack {
    /// Everything that is wrong, in order of discovery. Empty: the pack verifies.
    pub faults: Vec<PackFault>,
    /// Files whose digests were compared.
    pub files: u64,
    /// Files that were written again and compared byte for byte.
    pub derived: u64,
    /// Records whose decisions were taken again.
    pub records: u64,
    /// What could not be done again, one sentence each.
    pub not_shown: Vec<String>,
    /// What only a clone of the repository shows, one sentence each.
    pub notes: Vec<String>,
    /// The SHA-256 of the manifest.
    pub manifest: Option<Digest>,
    /// Does the audit have landings?
    pub has_landings: bool,
    /// The audit, where everything about it holds.
    pub audit: Option<AuditV1>,
}

/// The records of a pack as its caller checks them, who has a judge: the faults, how many decisions
/// were taken again, and what could not be.
pub type CheckRecords<'a> = dyn Fn(&dyn ItemSource, &PackManifest, &AuditV1, &mut VerifiedPack) + 'a;

/// Verifies the files of a pack.
pub fn verify_pack(source: &dyn ItemSource, check_records: &CheckRecords<'_>) -> VerifiedPack {
    let mut verified = VerifiedPack::default();
    let Some(manifest) = take_manifest(source, &mut verified) else { return verified };
    verified.faults = manifest.compare(source);
    verified.files = manifest.files().len() as u64;
    if !verified.faults.is_empty() {
        return verified;
    }
    let Some(audit) = take_audit(source, &mut verified) else { return verified };
    compare_titles(&manifest, &audit, &mut verified.faults);
    verified.faults.extend(coherence::contradictions(&audit));
    let derived = compare_derived(source, &manifest, &audit, &mut verified);
    compare_families(source, &manifest, &audit, &derived, &mut verified);
    check_records(source, &manifest, &audit, &mut verified);
    verified.has_landings = !audit.landings.is_empty();
    verified.audit = Some(audit);
    verified
}

fn take_manifest(source: &dyn ItemSource, verified: &mut VerifiedPack) -> Option<PackManifest> {
    let read = ItemPath::new(MANIFEST).map_err(|_| PackWrong::Missing).and_then(|path| source.read(&path));
    let manifest = read.and_then(|bytes| {
        verified.manifest = Some(Digest::of(&bytes));
        PackManifest::read(&bytes)
    });
    manifest.map_err(|wrong| verified.faults.push(PackFault::new(MANIFEST, wrong))).ok()
}

fn take_audit(source: &dyn ItemSource, verified: &mut VerifiedPack) -> Option<AuditV1> {
    let read = ItemPath::new(AUDIT).map_err(|_| PackWrong::Missing).and_then(|path| source.read(&path));
    // Read without a tree of values in between, which takes several times the memory. What this
    // reader lets pass, such as a member that is missing for null, is not what is written again.
    let audit = read.and_then(|bytes| match serde_json::from_slice::<AuditV1>(&bytes) {
        Ok(audit) if audit.schema == portcullis_wire::audit::v1::VERSION => Ok(audit),
        Ok(audit) => Err(PackWrong::Unreadable(format!("an audit of version {}", audit.schema))),
        Err(error) => Err(PackWrong::Unreadable(format!("not an audit: {error}"))),
    });
    audit.map_err(|wrong| verified.faults.push(PackFault::new(AUDIT, wrong))).ok()
}

/// The manifest is about the audit beside it.
fn compare_titles(manifest: &PackManifest, audit: &AuditV1, faults: &mut Vec<PackFault>) {
    let (form, title) = (manifest.form(), &audit.title);
    let agree = [
        ("repository", form.repository == title.repository),
        ("beginning of the period", form.period.since == title.period.since),
        ("end of the period", form.period.until == title.period.until),
        ("program", form.program == title.program),
    ];
    for (what, _) in agree.iter().filter(|(_, same)| !same) {
        let why = format!("the {what} is another one than in {AUDIT}");
        faults.push(PackFault::new(MANIFEST, PackWrong::Disagrees(why)));
    }
}

/// Writes again what follows from the audit, and compares.
fn compare_derived(
    source: &dyn ItemSource,
    manifest: &PackManifest,
    audit: &AuditV1,
    verified: &mut VerifiedPack,
) -> BTreeSet<ItemPath> {
    let mut derived = BTreeSet::new();
    if audit.title.program != PROGRAM {
        let why = format!(
            "The report was written by {}; this is {PROGRAM}, which can write it in another way.",
            audit.title.program.escape_debug()
        );
        verified.not_shown.push(why);
        derived.extend(
            manifest.files().iter().filter(|(_, file)| is_derived(file.role)).map(|(path, _)| path.clone()),
        );
        return derived;
    }
    let procedure = procedure_text(source);
    let input = ReportInput { audit, people: manifest.form().people, procedure: procedure.as_deref() };
    let written = derive_files::<BadPath>(&input, &mut |path, bytes, role| {
        verified.derived += 1;
        let wrong = match source.read(&path) {
            Err(wrong) => Some(wrong),
            Ok(found) if found != bytes => {
                let why = "it is not what this program writes of audit.json".to_string();
                Some(PackWrong::NotDerived(why))
            }
            Ok(_) if manifest.files().get(&path).is_some_and(|file| file.role != role) => {
                Some(PackWrong::Disagrees("the manifest says that it is for something else".to_string()))
            }
            Ok(_) => None,
        };
        verified.faults.extend(wrong.map(|wrong| PackFault::new(&path, wrong)));
        derived.insert(path);
        Ok(())
    });
    if let Err(BadPath(text, why)) = written {
        verified
            .faults
            .push(PackFault::new(AUDIT, PackWrong::Unreadable(format!("`{}` {why}", text.escape_debug()))));
    }
    derived
}

fn is_derived(role: PackRoleV1) -> bool {
    matches!(
        role,
        PackRoleV1::Audit
            | PackRoleV1::Population
            | PackRoleV1::Waiver
            | PackRoleV1::Arrival
            | PackRoleV1::Report
            | PackRoleV1::Instructions
    )
}

/// The procedure of a pack, where it holds one.
pub fn procedure_text(source: &dyn ItemSource) -> Option<String> {
    let bytes = ItemPath::new(PROCEDURE).ok().and_then(|path| source.read(&path).ok())?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The folders of files that do not follow from the audit, with the role of everything in them.
const FAMILIES: &[(&str, PackRoleV1)] = &[
    ("records/", PackRoleV1::Record),
    ("policy/", PackRoleV1::Policy),
    ("procedure/", PackRoleV1::Procedure),
    ("results/", PackRoleV1::Results),
    ("decisions/", PackRoleV1::Decision),
    ("snapshots/", PackRoleV1::Snapshot),
    ("runs/", PackRoleV1::Run),
    ("incidents/", PackRoleV1::Incident),
];

/// Every other file is in a folder that is known, has its role, and is what its name says.
fn compare_families(
    source: &dyn ItemSource,
    manifest: &PackManifest,
    audit: &AuditV1,
    derived: &BTreeSet<ItemPath>,
    verified: &mut VerifiedPack,
) {
    let in_force = audit.title.policies.iter().flat_map(|policy| policy.digest.iter().chain(&policy.house));
    let today = audit.title.policy_today.iter().flat_map(|one| [&one.digest].into_iter().chain(&one.house));
    let policies: BTreeSet<String> =
        in_force.chain(today).map(|digest| policy_path(digest.as_str())).collect();
    let Some(listed) = listed_files(audit) else {
        let why = "it lists more snapshots, runs and incidents than a pack holds".to_string();
        return verified.faults.push(PackFault::new(AUDIT, PackWrong::Unreadable(why)));
    };
    let missing = listed.iter().filter(|(path, file)| file.required && !manifest.files().contains_key(*path));
    verified.faults.extend(missing.map(|(path, _)| PackFault::new(path, PackWrong::Missing)));
    for (path, file) in manifest.files().iter().filter(|(path, _)| !derived.contains(*path)) {
        let family = FAMILIES.iter().find(|(folder, _)| path.as_str().starts_with(folder));
        let wrong = match family {
            None => Some(PackWrong::Refused("no pack holds a file of this name".to_string())),
            Some((_, role)) if *role != file.role => {
                Some(PackWrong::Disagrees("the manifest says that it is for something else".to_string()))
            }
            Some((_, role)) if is_listed(*role) && !listed.contains_key(path) => {
                Some(PackWrong::Disagrees("audit.json lists no such file".to_string()))
            }
            Some((_, PackRoleV1::Policy)) => wrong_policy(source, path, &policies, &mut verified.notes),
            Some(_) => None,
        };
        verified.faults.extend(wrong.map(|wrong| PackFault::new(path, wrong)));
    }
}

/// Does a pack hold files of this role only where its audit lists them?
fn is_listed(role: PackRoleV1) -> bool {
    matches!(role, PackRoleV1::Decision | PackRoleV1::Snapshot | PackRoleV1::Run | PackRoleV1::Incident)
}

/// The path of a policy, which is named by the digest that the audit has of it.
pub fn policy_path(digest: &str) -> String {
    format!("policy/{}.toml", digest.trim_start_matches("sha256:"))
}

/// A policy is named by the SHA-256 that the audit has of it. Where names and addresses of people
/// were taken out, its text has another one, and only a clone shows the policy itself.
fn wrong_policy(
    source: &dyn ItemSource,
    path: &ItemPath,
    known: &BTreeSet<String>,
    notes: &mut Vec<String>,
) -> Option<PackWrong> {
    if !known.contains(path.as_str()) {
        return Some(PackWrong::Disagrees(
            "no landing of the audit was judged by it, and it is not the policy of today".to_string(),
        ));
    }
    let bytes = match source.read(path) {
        Ok(bytes) => bytes,
        Err(wrong) => return Some(wrong),
    };
    if policy_path(Digest::of(&bytes).as_str()) != path.as_str() {
        notes.push(format!(
            "{path} has another SHA-256 than its name, as a policy without names and addresses of people has; only a clone shows the policy itself"
        ));
    }
    None
}

mod coherence;
#[cfg(test)]
mod tests;
