//! Snapshots of the protection of a branch, as looks of an audit.

use super::branch::NamedTip;
use super::context::AuditContext;
use super::environments::{ReadRecords, gap_of};
use crate::collect::snapshots::read_snapshots;
use crate::render;
use jiff::Timestamp;
use portcullis_audit::protection::Look;
use portcullis_model::fact::Fact;
use portcullis_model::host::NO_HOST;
use portcullis_record::snapshot::{SnapshotChain, SnapshotLink, snapshot_reference};

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
    let seen = |link: &&SnapshotLink| link.snapshot.time <= context.as_of;
    for link in chain.links.iter().filter(seen) {
        records.remember_snapshot(link, named);
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
    let count = render::plural(chain.commits.len() as u64, "snapshot");
    let tip = chain.tip().map(ToString::to_string).unwrap_or_default();
    format!("{count} of the protection of {}, up to {tip}", named.name)
}

impl ReadRecords {
    fn remember_snapshot(&mut self, link: &SnapshotLink, named: &NamedTip) {
        let snapshot = &link.snapshot;
        let source = format!("the snapshot {}", snapshot.number);
        if let Fact::Known(tip) = &snapshot.tip {
            self.see_tip(&named.name, tip, snapshot.time, &source);
        }
        self.looks.push(Look {
            at: snapshot.time,
            branch: named.name.clone(),
            protection: link.look.protection.clone(),
            source,
        });
        self.administered_by(link.look.administration.as_ref());
    }
}
