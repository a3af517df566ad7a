//! Messages of an exchange: the first, and the answer to one.

use super::compare::{PartReader, SeenPart, compare_records};
use super::fault::{ExchangeFault, ExchangeWrong};
use super::living::LivingRecords;
use super::prefix::KeyPrefix;
use portcullis_model::digest::Digest;
use portcullis_wire::exchange::v1::{
    DifferenceKindV1, DifferenceV1, ExchangeKindV1, ExchangeSideV1, ExchangeV1, LivingRecordV1,
    PartRecordsV1, PartStateV1, VERSION, read_exchange,
};
use portcullis_wire::text::DigestText;
use std::collections::BTreeMap;

/// What a partner may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExchangeLimits {
    /// The most states, records and differences of one message together.
    pub lines: usize,
}

impl Default for ExchangeLimits {
    fn default() -> Self {
        Self { lines: 200_000 }
    }
}

/// The first message: the state of each bucket.
#[must_use]
pub fn begin_exchange(party: &impl LivingRecords) -> ExchangeV1 {
    let buckets = party.header().buckets.iter().zip(0_u8..=255);
    let states = buckets.map(|(header, bucket)| PartStateV1 {
        prefix: KeyPrefix::of_bucket(bucket).to_text(),
        state: header.state.clone(),
    });
    ExchangeV1 { states: states.collect(), ..blank_message(party) }
}

/// Whether every difference was found: there is nothing to answer.
#[must_use]
pub fn is_complete(message: &ExchangeV1) -> bool {
    message.states.is_empty() && message.records.is_empty()
}

/// Answers a message of the other side.
///
/// # Errors
/// The message is not one of this exchange, the answer would show more than the limits allow, or
/// our manifest cannot be read.
pub fn answer_message(
    party: &impl LivingRecords,
    bytes: &[u8],
    limits: ExchangeLimits,
) -> Result<ExchangeV1, ExchangeFault> {
    let no_message = |why: String| ExchangeFault::new(ExchangeWrong::NoMessage, why);
    let message = read_exchange(bytes)
        .map_err(|error| no_message(format!("This is no message of an exchange: {error}")))?;
    check_title(party, &message)?;
    let mut answer = blank_message(party);
    answer.source = answer.source.or_else(|| message.source.clone());
    answer.target = answer.target.or_else(|| message.target.clone());
    answer.round = message.round.saturating_add(1);
    answer.answers = Some((&Digest::of(bytes)).into());
    let mut parts = read_parts(&message)?;
    let mut found = read_differences(&message.differences)?;
    let mut writer =
        AnswerWriter { side: party.side(), answer: &mut answer, found: &mut found, lines: 0, limits };
    while let Some((prefix, _)) = parts.first_key_value() {
        let bucket = prefix.bucket();
        let of_bucket: Vec<_> = parts.extract_if(.., |prefix, _| prefix.bucket() == bucket).collect();
        writer.read_bucket(party, bucket, of_bucket)?;
    }
    answer.differences =
        found.into_iter().map(|(key, how)| DifferenceV1 { key: format!("{key:032x}"), how }).collect();
    Ok(answer)
}

fn blank_message(party: &impl LivingRecords) -> ExchangeV1 {
    let header = party.header();
    let own = |side| (party.side() == side).then(|| party.header_digest());
    ExchangeV1 {
        schema: VERSION,
        kind: ExchangeKindV1::Exchange,
        dataset: header.dataset.clone(),
        key_id: header.key_id.clone(),
        canonical: header.canonical,
        definition: header.definition.clone(),
        from: party.side(),
        source: own(ExchangeSideV1::Source),
        target: own(ExchangeSideV1::Target),
        as_of: header.as_of,
        round: 0,
        answers: None,
        states: Vec::new(),
        records: Vec::new(),
        differences: Vec::new(),
    }
}

fn check_title(party: &impl LivingRecords, message: &ExchangeV1) -> Result<(), ExchangeFault> {
    let header = party.header();
    let fault = |wrong, what: &str, required: &str, found: &str| {
        let problem =
            format!("{what} `{required}` is required, and the message has `{}`", found.escape_debug());
        Err(ExchangeFault::new(wrong, problem))
    };
    if message.schema != VERSION {
        let (required, found) = (VERSION.to_string(), message.schema.to_string());
        return fault(ExchangeWrong::NoMessage, "version", &required, &found);
    }
    if message.dataset != header.dataset {
        return fault(ExchangeWrong::OtherDataset, "dataset", &header.dataset, &message.dataset);
    }
    if message.key_id != header.key_id {
        return fault(ExchangeWrong::OtherKey, "key", &header.key_id, &message.key_id);
    }
    if message.canonical != header.canonical {
        let (required, found) = (header.canonical.to_string(), message.canonical.to_string());
        return fault(ExchangeWrong::OtherDefinition, "canonical form", &required, &found);
    }
    if message.definition != header.definition {
        let (required, found) = (header.definition.as_str(), message.definition.as_str());
        return fault(ExchangeWrong::OtherDefinition, "definition", required, found);
    }
    if message.from == party.side() {
        let problem = "The message is of the same side as the manifest";
        return Err(ExchangeFault::new(ExchangeWrong::OwnSide, problem));
    }
    let named = match party.side() {
        ExchangeSideV1::Source => &message.source,
        ExchangeSideV1::Target => &message.target,
    };
    let own = party.header_digest();
    match named.as_ref().filter(|named| **named != own) {
        Some(named) => fault(ExchangeWrong::OtherManifest, "manifest", own.as_str(), named.as_str()),
        None => Ok(()),
    }
}

/// What the other side said of a part.
enum AskedPart {
    State(DigestText),
    Records(Vec<(u128, u128)>),
}

/// The parts of a message, which must be in order and have no key in common.
fn read_parts(message: &ExchangeV1) -> Result<BTreeMap<KeyPrefix, AskedPart>, ExchangeFault> {
    let mut parts = BTreeMap::new();
    let states = message.states.iter().map(|part| (&part.prefix, Ok(AskedPart::State(part.state.clone()))));
    let records =
        message.records.iter().map(|part| (&part.prefix, read_records(part).map(AskedPart::Records)));
    for (text, part) in states.chain(records) {
        let prefix = KeyPrefix::parse(text).ok_or_else(|| disordered("a prefix is none"))?;
        if parts.insert(prefix, part?).is_some() {
            return Err(disordered("a part is there twice"));
        }
    }
    let overlap = parts.keys().zip(parts.keys().skip(1)).any(|(one, next)| one.last() >= next.first());
    if overlap { Err(disordered("a part lies in another")) } else { Ok(parts) }
}

fn read_records(part: &PartRecordsV1) -> Result<Vec<(u128, u128)>, ExchangeFault> {
    let prefix = KeyPrefix::parse(&part.prefix).ok_or_else(|| disordered("a prefix is none"))?;
    let read = |record: &LivingRecordV1| read_number(&record.key).zip(read_number(&record.digest));
    let records: Option<Vec<_>> = part.records.iter().map(read).collect();
    let records = records.ok_or_else(|| disordered("a key or a digest is none"))?;
    let in_place =
        records.iter().all(|(key, _)| prefix.holds(*key)) && records.is_sorted_by_key(|record| record.0);
    if in_place { Ok(records) } else { Err(disordered("a record is not in its place")) }
}

fn read_differences(listed: &[DifferenceV1]) -> Result<BTreeMap<u128, DifferenceKindV1>, ExchangeFault> {
    let read = |difference: &DifferenceV1| read_number(&difference.key).map(|key| (key, difference.how));
    let keys: Option<Vec<_>> = listed.iter().map(read).collect();
    let keys = keys.ok_or_else(|| disordered("a key of a difference is none"))?;
    let rising = keys.is_sorted_by(|one, next| one.0 < next.0);
    if rising { Ok(keys.into_iter().collect()) } else { Err(disordered("differences are not in order")) }
}

/// A number of 32 lower-case hexadecimal digits.
fn read_number(text: &str) -> Option<u128> {
    let plain = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    plain.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

fn disordered(why: &str) -> ExchangeFault {
    ExchangeFault::new(ExchangeWrong::Disordered, format!("The message contradicts itself: {why}"))
}

/// An answer on its way.
struct AnswerWriter<'a> {
    side: ExchangeSideV1,
    answer: &'a mut ExchangeV1,
    found: &'a mut BTreeMap<u128, DifferenceKindV1>,
    /// States and records that the answer has up to now.
    lines: usize,
    limits: ExchangeLimits,
}

impl AnswerWriter<'_> {
    /// Reads a bucket once, and answers what was said of its parts.
    fn read_bucket(
        &mut self,
        party: &impl LivingRecords,
        bucket: u8,
        parts: Vec<(KeyPrefix, AskedPart)>,
    ) -> Result<(), ExchangeFault> {
        let mut parts = parts.into_iter().peekable();
        let mut open: Option<OpenPart> = None;
        let mut begin_part = move |key: Option<u128>| {
            let next = parts.next_if(|(prefix, _)| key.is_none_or(|key| prefix.first() <= key))?;
            Some(OpenPart::new(next.0, next.1))
        };
        party.read_living(bucket, &mut |key, digest| {
            while open.as_ref().is_none_or(|part| part.prefix.last() < key) {
                if let Some(part) = open.take() {
                    self.finish_part(part)?;
                }
                match begin_part(Some(key)) {
                    Some(part) => open = Some(part),
                    None => return Ok(()),
                }
            }
            match open.as_mut().filter(|part| part.prefix.holds(key)) {
                Some(part) => part.take(key, digest, self.limits),
                None => Ok(()),
            }
        })?;
        while let Some(part) = open.take().or_else(|| begin_part(None)) {
            self.finish_part(part)?;
        }
        Ok(())
    }

    fn finish_part(&mut self, part: OpenPart) -> Result<(), ExchangeFault> {
        match part.asked {
            AskedPart::Records(theirs) => {
                let found = match self.side {
                    ExchangeSideV1::Source => compare_records(&part.all, &theirs),
                    ExchangeSideV1::Target => compare_records(&theirs, &part.all),
                };
                self.found.extend(found);
            }
            AskedPart::State(theirs) => {
                let seen = part.reader.finish();
                if seen.state.as_str() != theirs.as_str() {
                    self.show_part(part.prefix, seen);
                }
            }
        }
        check_lines(self.lines + self.found.len(), self.limits)
    }

    fn show_part(&mut self, prefix: KeyPrefix, seen: SeenPart) {
        self.lines += seen.children.len() + seen.records.as_ref().map_or(0, |records| records.len() + 1);
        let states = seen.children.into_iter();
        self.answer.states.extend(
            states.map(|(child, state)| PartStateV1 { prefix: child.to_text(), state: (&state).into() }),
        );
        if let Some(records) = seen.records {
            let records = records.into_iter().map(|(key, digest)| LivingRecordV1 {
                key: format!("{key:032x}"),
                digest: format!("{digest:032x}"),
            });
            self.answer.records.push(PartRecordsV1 { prefix: prefix.to_text(), records: records.collect() });
        }
    }
}

fn check_lines(lines: usize, limits: ExchangeLimits) -> Result<(), ExchangeFault> {
    if lines <= limits.lines {
        return Ok(());
    }
    let problem =
        format!("The answer would have more than {} lines: the sides differ too much", limits.lines);
    Err(ExchangeFault::new(ExchangeWrong::TooMuch, problem))
}

/// A part of ours that is read.
struct OpenPart {
    prefix: KeyPrefix,
    asked: AskedPart,
    reader: PartReader,
    /// Our records, where the other side gave its own.
    all: Vec<(u128, u128)>,
}

impl OpenPart {
    fn new(prefix: KeyPrefix, asked: AskedPart) -> Self {
        Self { prefix, asked, reader: PartReader::new(prefix), all: Vec::new() }
    }

    fn take(&mut self, key: u128, digest: u128, limits: ExchangeLimits) -> Result<(), ExchangeFault> {
        match self.asked {
            AskedPart::Records(_) => {
                self.all.push((key, digest));
                check_lines(self.all.len(), limits)
            }
            AskedPart::State(_) => {
                self.reader.take(key, digest);
                Ok(())
            }
        }
    }
}
