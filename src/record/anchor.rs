//! The newest record of each environment, for a place that people who can write the refs cannot
//! reach: a ticket, an archive, a time stamp, a signed tag. It shows later that the end of a chain
//! was not cut off.

use super::chain::Chain;
use jiff::Timestamp;
use portcullis_model::change::Revision;
use portcullis_model::digest::Digest;
use portcullis_model::environment::Environment;
use portcullis_wire::anchor::v1::{AnchorV1, AnchoredTipV1, VERSION};

/// The newest records at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// When it was written, by the clock of the machine.
    pub time: Timestamp,
    /// The newest record of each environment, sorted.
    pub tips: Vec<AnchoredTip>,
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
        let tips = self.tips.iter().map(tip).collect();
        let mut bytes = serde_json::to_vec(&AnchorV1 { schema: VERSION, time: self.time.to_string(), tips })?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads one.
    ///
    /// # Errors
    /// It is none, or names an environment twice.
    pub fn read(bytes: &[u8]) -> Result<Self, MalformedAnchor> {
        let AnchorV1 { schema, time, tips } =
            serde_json::from_slice(bytes).map_err(|error| MalformedAnchor(error.to_string()))?;
        if schema != VERSION {
            return Err(MalformedAnchor(format!("it is of schema {schema}; this program reads {VERSION}")));
        }
        let time = time.parse().map_err(|error: jiff::Error| MalformedAnchor(error.to_string()))?;
        let tips: Vec<AnchoredTip> = tips.into_iter().map(read_tip).collect::<Result<_, _>>()?;
        if tips.is_empty() || !tips.is_sorted_by(|one, next| one.environment < next.environment) {
            let why =
                "it names no environment, one twice, or several in another order than this program writes";
            return Err(MalformedAnchor(why.to_string()));
        }
        Ok(Anchor { time, tips })
    }

    /// The record of an environment.
    pub fn find(&self, environment: &Environment) -> Option<&AnchoredTip> {
        self.tips.iter().find(|tip| tip.environment == *environment)
    }
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
