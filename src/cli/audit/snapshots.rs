//! Snapshots of the protection of a branch, as looks of an audit.

use super::branch::NamedTip;
use super::context::AuditContext;
use super::environments::{ReadRecords, gap_of};
use jiff::Timestamp;
use portcullis_audit::protection::Look;
use portcullis_collect::snapshots::read_snapshots;
use portcullis_git::Repository;
use portcullis_model::change::Revision;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::host::NO_HOST;
use portcullis_record::snapshot::{SnapshotChain, SnapshotLink, snapshot_reference};
use portcullis_wire::audit::v1::AuditedSnapshotsV1;
use std::collections::BTreeSet;

/// Reads the snapshots of a branch. A chain that does not verify gives no look at all.
pub fn read_looks(context: &AuditContext<'_>, named: &NamedTip, records: &mut ReadRecords) {
    let reference = snapshot_reference(&named.name);
    let repository = context.sources.repository;
    let expected = expected_repository(context, records);
    let of = expected.as_ref().map(|(kind, name)| (kind.as_str(), name.as_str()));
    let chain = match read_snapshots(repository, &reference, Timestamp::now(), of) {
        Ok(Some(chain)) => chain,
        Ok(None) => return,
        Err(gap) => {
            records.gaps.push(gap_of(&gap));
            return;
        }
    };
    if !chain.problems.is_empty() {
        let problems = chain.problems.iter().map(ToString::to_string).collect();
        records.broken_snapshots.insert(named.name.to_string(), problems);
        return;
    }
    records.snapshots.push(describe(&chain, named));
    let seen: Vec<&SnapshotLink> =
        chain.links.iter().filter(|link| link.snapshot.time <= context.as_of).collect();
    seen.iter().for_each(|link| records.remember_look(link, named));
    if let Some(last) = seen.last() {
        let (tip, digest) = ((&last.commit).into(), (&last.digest).into());
        let counted = AuditedSnapshotsV1 { count: last.snapshot.number, tip, digest };
        records.counted_snapshots.insert(named.name.to_string(), counted);
    }
    if let Err(gap) = records.remember_tips(repository, &seen, named) {
        records.gaps.push(gap_of(&gap));
    }
}

/// The repository that the snapshots have to be of: the host that is asked, else what the records
/// are of.
fn expected_repository(context: &AuditContext<'_>, records: &ReadRecords) -> Option<(String, String)> {
    if let Some(host) = context.sources.host {
        return Some((host.kind().to_string(), host.repository()));
    }
    let kind = records.host.clone().filter(|kind| kind != NO_HOST)?;
    Some((kind, records.repository.clone()?))
}

fn describe(chain: &SnapshotChain, named: &NamedTip) -> String {
    let count = portcullis_render::plural(chain.commits.len() as u64, "snapshot");
    let tip = chain.tip().map(ToString::to_string).unwrap_or_default();
    format!("{count} of the protection of {}, up to {tip}", named.name)
}

impl ReadRecords {
    fn remember_look(&mut self, link: &SnapshotLink, named: &NamedTip) {
        self.looks.push(Look {
            at: link.snapshot.time,
            branch: named.name.clone(),
            protection: link.look.protection.clone(),
            source: name_of(link),
        });
        self.administered_by(link.look.administration.as_ref());
    }

    /// The tips that snapshots saw. One that is not on the line was taken away from the branch.
    /// Where the host does not say what the branch is, it may also be only behind here.
    fn remember_tips(
        &mut self,
        repository: &Repository,
        links: &[&SnapshotLink],
        named: &NamedTip,
    ) -> Result<(), Gap> {
        let line = repository.line_to(&named.tip, usize::MAX)?.unwrap_or_default();
        let line: BTreeSet<Revision> = line.into_iter().collect();
        let mut ahead = None;
        for link in links {
            let Fact::Known(tip) = &link.snapshot.tip else { continue };
            // An object that is not here cannot be told from one that is not fetched yet.
            let is_beside = || repository.reaches(tip, &named.tip).is_ok_and(|is_ahead| !is_ahead);
            if line.contains(tip) || named.is_by_host() || is_beside() {
                self.see_tip(&named.name, tip, link.snapshot.time, &name_of(link));
            } else {
                ahead = Some(is_behind(link, tip, named));
            }
        }
        ahead.map_or(Ok(()), Err)
    }
}

fn name_of(link: &SnapshotLink) -> String {
    format!("snapshot {}", link.snapshot.number)
}

fn is_behind(link: &SnapshotLink, tip: &Revision, named: &NamedTip) -> Gap {
    Gap::new(
        format!("what {} saw on {}", name_of(link), named.name),
        GapReason::MissingObject,
        format!("its tip {} is not on the branch as it is here ({})", tip.short(), named.tip.short()),
        "Fetch the branch, and audit again; if it is still not there, the branch was rewound.",
    )
}
