//! The newest record of each environment and snapshot of each branch, for a place that people who
//! can write the refs cannot reach: a ticket, an archive, a time stamp, a signed tag. It shows
//! later that the end of a chain was not cut off.

use super::chain::Chain;
use super::snapshot::SnapshotChain;
use jiff::Timestamp;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::digest::Digest;
use portcullis_model::environment::Environment;
use portcullis_wire::anchor::v1::{self, AnchorV1, AnchoredTipV1};
use portcullis_wire::anchor::v2::{AnchorV2, AnchoredSnapshotV2, VERSION};
use serde::Deserialize;

/// The newest records at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// When it was written, by the clock of the machine.
    pub time: Timestamp,
    /// The newest record of each environment, sorted.
    pub tips: Vec<AnchoredTip>,
    /// The newest snapshot of each branch, sorted.
    pub snapshots: Vec<AnchoredSnapshot>,
}

/// The newest snapshot of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnchoredSnapshot {
    /// The branch.
    pub branch: BranchName,
    /// The number of the snapshot.
    pub number: u64,
    /// Its commit.
    pub commit: Revision,
    /// The SHA-256 of its `snapshot.json`.
    pub snapshot: Digest,
}

/// The newest record of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnchoredTip {
    /// The environment.
    pub environment: Environment,
    /// The number of the record.
    pub number: u64,
    /// Its commit.
    pub commit: Revision,
    /// The SHA-256 of its `record.json`.
    pub record: Digest,
}

/// Why a text is no anchor, as the end of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MalformedAnchor(pub String);

impl AnchoredTip {
    /// The newest record of a chain that verifies; `None` where it does not.
    pub fn of(chain: &Chain) -> Option<Self> {
        let last = chain.last().ok()?;
        Some(AnchoredTip {
            environment: chain.environment.clone(),
            number: last.entry.number,
            commit: last.commit.clone(),
            record: last.digest.clone(),
        })
    }

    /// What a chain of the same environment lacks of it; `None`: nothing.
    pub fn find_loss(&self, chain: &Chain) -> Option<String> {
        let AnchoredTip { environment, number, commit, record } = self;
        let found = chain.links.iter().find(|link| link.commit == *commit);
        let count = chain.commits.len();
        match found {
            Some(link) if link.entry.number == *number && link.digest == *record => None,
            Some(_) => {
                Some(format!("{environment} has other bytes in record {number} than the anchor names"))
            }
            None => Some(format!(
                "{environment} does not hold record {number} ({commit}) of the anchor any more: it has {count}, and its \
                 ref was moved"
            )),
        }
    }
}

impl AnchoredSnapshot {
    /// The newest snapshot of a chain that verifies; `None` where it does not.
    pub fn of(chain: &SnapshotChain) -> Option<Self> {
        let last = chain.links.last().filter(|_| chain.problems.is_empty())?;
        Some(AnchoredSnapshot {
            branch: last.snapshot.branch.clone(),
            number: last.snapshot.number,
            commit: last.commit.clone(),
            snapshot: last.digest.clone(),
        })
    }

    /// What a chain of the same branch lacks of it; `None`: nothing.
    pub fn find_loss(&self, chain: &SnapshotChain) -> Option<String> {
        let AnchoredSnapshot { branch, number, commit, snapshot } = self;
        match chain.links.iter().find(|link| link.commit == *commit) {
            Some(link) if link.snapshot.number == *number && link.digest == *snapshot => None,
            Some(_) => Some(format!("{branch} has other bytes in snapshot {number} than the anchor names")),
            None => Some(format!(
                "{branch} does not hold snapshot {number} ({commit}) of the anchor any more: it has {}, and its ref was \
                 moved",
                chain.commits.len()
            )),
        }
    }
}

impl Anchor {
    /// The one way to write it: JSON on one line, with one line break at the end.
    ///
    /// # Errors
    /// Those of the JSON writer; with these types there are none.
    pub fn bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let tip = |tip: &AnchoredTip| AnchoredTipV1 {
            environment: (&tip.environment).into(),
            number: tip.number,
            commit: (&tip.commit).into(),
            record: (&tip.record).into(),
        };
        let snapshot = |one: &AnchoredSnapshot| AnchoredSnapshotV2 {
            branch: one.branch.to_string(),
            number: one.number,
            commit: (&one.commit).into(),
            snapshot: (&one.snapshot).into(),
        };
        let tips = self.tips.iter().map(tip).collect();
        let snapshots = self.snapshots.iter().map(snapshot).collect();
        let form = AnchorV2 { schema: VERSION, time: self.time.to_string(), tips, snapshots };
        let mut bytes = serde_json::to_vec(&form)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads one, of this version or of the one before, which knew no snapshots.
    ///
    /// # Errors
    /// It is none, or names an environment or a branch twice.
    pub fn read(bytes: &[u8]) -> Result<Self, MalformedAnchor> {
        let AnchorV2 { time, tips, snapshots, .. } = read_form(bytes)?;
        let time = time.parse().map_err(|error: jiff::Error| MalformedAnchor(error.to_string()))?;
        let tips: Vec<AnchoredTip> = tips.into_iter().map(read_tip).collect::<Result<_, _>>()?;
        let snapshots: Vec<AnchoredSnapshot> =
            snapshots.into_iter().map(read_anchored_snapshot).collect::<Result<_, _>>()?;
        let is_sorted = tips.is_sorted_by(|one, next| one.environment < next.environment)
            && snapshots.is_sorted_by(|one, next| one.branch < next.branch);
        if (tips.is_empty() && snapshots.is_empty()) || !is_sorted {
            let why = "it names nothing, one environment or branch twice, or several in another order than this program \
                       writes";
            return Err(MalformedAnchor(why.to_string()));
        }
        Ok(Anchor { time, tips, snapshots })
    }

    /// The snapshot of a branch.
    pub fn find_snapshot(&self, branch: &BranchName) -> Option<&AnchoredSnapshot> {
        self.snapshots.iter().find(|snapshot| snapshot.branch == *branch)
    }

    /// The record of an environment.
    pub fn find(&self, environment: &Environment) -> Option<&AnchoredTip> {
        self.tips.iter().find(|tip| tip.environment == *environment)
    }
}

/// The form of either version, as one of this.
fn read_form(bytes: &[u8]) -> Result<AnchorV2, MalformedAnchor> {
    #[derive(Deserialize)]
    struct AnchorHead {
        schema: u32,
    }
    let malformed = |error: serde_json::Error| MalformedAnchor(error.to_string());
    let AnchorHead { schema } = serde_json::from_slice(bytes).map_err(malformed)?;
    match schema {
        v1::VERSION => {
            let AnchorV1 { time, tips, .. } = serde_json::from_slice(bytes).map_err(malformed)?;
            Ok(AnchorV2 { schema, time, tips, snapshots: Vec::new() })
        }
        VERSION => serde_json::from_slice(bytes).map_err(malformed),
        other => Err(MalformedAnchor(format!(
            "it is of schema {other}; this program reads {} and {VERSION}",
            v1::VERSION
        ))),
    }
}

fn read_anchored_snapshot(one: AnchoredSnapshotV2) -> Result<AnchoredSnapshot, MalformedAnchor> {
    let AnchoredSnapshotV2 { branch, number, commit, snapshot } = one;
    Ok(AnchoredSnapshot {
        branch: branch.into(),
        number,
        commit: commit.try_into().map_err(MalformedAnchor)?,
        snapshot: snapshot.try_into().map_err(MalformedAnchor)?,
    })
}

fn read_tip(tip: AnchoredTipV1) -> Result<AnchoredTip, MalformedAnchor> {
    let AnchoredTipV1 { environment, number, commit, record } = tip;
    Ok(AnchoredTip {
        environment: environment.try_into().map_err(MalformedAnchor)?,
        number,
        commit: commit.try_into().map_err(MalformedAnchor)?,
        record: record.try_into().map_err(MalformedAnchor)?,
    })
}

/// A request for a time stamp of these bytes (RFC 3161, section 2.4.1, in DER): version 1, their
/// SHA-256, and the wish for the certificate of the authority in the answer.
pub fn time_stamp_request(bytes: &[u8]) -> Vec<u8> {
    let digest = Digest::of(bytes);
    let sha256 = bytes_of(digest.hex());
    // AlgorithmIdentifier of SHA-256 (RFC 8017, appendix B.1): the OID 2.16.840.1.101.3.4.2.1,
    // NULL.
    const SHA256: [u8; 15] =
        [0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00];
    let imprint = [&SHA256[..], &[0x04, 0x20], &sha256].concat();
    let imprint = [&[0x30, 0x31][..], &imprint].concat();
    [&[0x30, 0x39, 0x02, 0x01, 0x01][..], &imprint, &[0x01, 0x01, 0xff]].concat()
}

/// The bytes of hexadecimal digits.
fn bytes_of(digits: &str) -> Vec<u8> {
    let (pairs, _) = digits.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0) as u8;
    pairs.iter().map(|[high, low]| digit(*high) << 4 | digit(*low)).collect()
}

#[cfg(test)]
mod tests;
