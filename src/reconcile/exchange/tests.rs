//! Every difference is found, whatever it is; what is shown follows from the differences alone.

use super::{
    ExchangeFault, ExchangeLimits, ExchangeWrong, FEW_RECORDS, LivingRecords, answer_message, begin_exchange,
    is_complete,
};
use portcullis_model::digest::{Digest, Digester};
use portcullis_wire::exchange::v1::{
    DifferenceKindV1, ExchangeSideV1, ExchangeV1, PartRecordsV1, write_exchange,
};
use portcullis_wire::form::{Form as _, MomentText};
use portcullis_wire::manifest::v1::{
    ManifestBucketV1, ManifestContentV1, ManifestIsolationV1, ManifestScopeV1, ManifestV1, OperationCountsV1,
};
use portcullis_wire::text::DigestText;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Records in memory.
#[derive(Clone)]
struct Party {
    header: ManifestV1,
    side: ExchangeSideV1,
    records: Vec<(u128, u128)>,
}

impl Party {
    fn new(side: ExchangeSideV1, mut records: Vec<(u128, u128)>) -> Self {
        records.sort_unstable();
        let buckets = (0_u8..=255).map(|bucket| bucket_header(&records, bucket)).collect();
        let content = match side {
            ExchangeSideV1::Source => ManifestContentV1::Source,
            ExchangeSideV1::Target => ManifestContentV1::Target,
        };
        let header = ManifestV1 {
            schema: 1,
            dataset: "uploads".to_string(),
            content,
            scope: ManifestScopeV1::Whole,
            as_of: MomentText::of("2026-03-02T08:00:00Z".parse().unwrap()),
            isolation: ManifestIsolationV1::File,
            key_id: "0123456789abcdef".to_string(),
            canonical: 1,
            definition: (&Digest::of(b"fields")).into(),
            settings: None,
            rows_form: 1,
            read: records.len() as u64,
            rows: records.len() as u64,
            announced: None,
            high_water: None,
            timed: true,
            operations: OperationCountsV1::default(),
            columns: Vec::new(),
            reasons: Vec::new(),
            generator: "test".to_string(),
            buckets,
        };
        Self { header, side, records }
    }
}

fn bucket_header(records: &[(u128, u128)], bucket: u8) -> ManifestBucketV1 {
    let mut state = Digester::default();
    let mut living = 0;
    for (key, digest) in records.iter().filter(|record| (record.0 >> 120) as u8 == bucket) {
        state.take(&key.to_be_bytes());
        state.take(&digest.to_be_bytes());
        living += 1;
    }
    ManifestBucketV1 {
        rows: living,
        unkeyed: 0,
        incomparable: 0,
        marked: 0,
        key_sum: "0".to_string(),
        digest_sum: "0".to_string(),
        living,
        state: (&state.digest()).into(),
        digest: (&Digest::of(b"rows")).into(),
        columns: None,
    }
}

impl LivingRecords for Party {
    fn header(&self) -> &ManifestV1 {
        &self.header
    }

    fn header_digest(&self) -> DigestText {
        (&Digest::of(format!("{:?} {:?}", self.side, self.records).as_bytes())).into()
    }

    fn side(&self) -> ExchangeSideV1 {
        self.side
    }

    fn read_living(
        &self,
        bucket: u8,
        take: &mut dyn FnMut(u128, u128) -> Result<(), ExchangeFault>,
    ) -> Result<(), ExchangeFault> {
        let mut of_bucket = self.records.iter().filter(|record| (record.0 >> 120) as u8 == bucket);
        of_bucket.try_for_each(|(key, digest)| take(*key, *digest))
    }
}

/// A keyed key of a number: random, and the same in each test.
fn key(number: u64) -> u128 {
    let hex = Digest::of(&number.to_be_bytes()).hex()[..32].to_string();
    u128::from_str_radix(&hex, 16).unwrap()
}

fn records(numbers: impl IntoIterator<Item = u64>) -> Vec<(u128, u128)> {
    numbers.into_iter().map(|number| (key(number), key(number + (1 << 40)))).collect()
}

/// All messages of an exchange, from the first to the one that is complete.
fn exchange(source: &Party, target: &Party) -> Vec<ExchangeV1> {
    let mut messages = vec![begin_exchange(source)];
    while let Some(last) = messages.last().filter(|last| !is_complete(last)) {
        let bytes = write_exchange(last).unwrap();
        let party = if last.from == ExchangeSideV1::Source { target } else { source };
        messages.push(answer_message(party, &bytes, ExchangeLimits::default()).unwrap());
        assert!(messages.len() < 20, "an exchange ends");
    }
    messages
}

fn differences(messages: &[ExchangeV1]) -> BTreeMap<u128, DifferenceKindV1> {
    let listed = messages.last().unwrap().differences.iter();
    listed.map(|one| (u128::from_str_radix(&one.key, 16).unwrap(), one.how)).collect()
}

/// The keys that the messages show.
fn shown(messages: &[ExchangeV1]) -> BTreeSet<String> {
    let parts = messages.iter().flat_map(|message| &message.records);
    parts.flat_map(|part| &part.records).map(|record| record.key.clone()).collect()
}

fn sizes(messages: &[ExchangeV1]) -> Vec<usize> {
    messages.iter().map(|message| write_exchange(message).unwrap().len()).collect()
}

fn wrong(party: &Party, message: &ExchangeV1) -> ExchangeWrong {
    let bytes = write_exchange(message).unwrap();
    answer_message(party, &bytes, ExchangeLimits::default()).unwrap_err().wrong().unwrap()
}

fn pair(count: u64) -> (Party, Party) {
    (
        Party::new(ExchangeSideV1::Source, records(0..count)),
        Party::new(ExchangeSideV1::Target, records(0..count)),
    )
}

#[test]
fn equal_sides_exchange_no_key_and_always_as_many_bytes() {
    let mut seen = BTreeSet::new();
    for content in 0..5 {
        let rows = || records(content * 100_000..content * 100_000 + 3000);
        let (source, target) =
            (Party::new(ExchangeSideV1::Source, rows()), Party::new(ExchangeSideV1::Target, rows()));
        let messages = exchange(&source, &target);
        assert_eq!(messages.len(), 2);
        assert!(shown(&messages).is_empty() && messages[1].states.is_empty());
        seen.insert(sizes(&messages));
    }
    assert_eq!(seen.len(), 1, "the sizes say nothing of the content: {seen:?}");
}

#[test]
fn the_first_message_is_as_long_for_no_record_as_for_many() {
    let length = |count| sizes(&[begin_exchange(&pair(count).0)]);
    assert_eq!(length(0), length(1));
    assert_eq!(length(0), length(20_000));
}

#[test]
fn one_difference_among_many_shows_only_its_neighbours() {
    let (source, _) = pair(100_000);
    let target = Party::new(ExchangeSideV1::Target, records((0..100_000).filter(|n| *n != 777)));
    let messages = exchange(&source, &target);
    assert_eq!(differences(&messages), BTreeMap::from([(key(777), DifferenceKindV1::SourceOnly)]));
    assert!(shown(&messages).len() <= FEW_RECORDS, "{}", shown(&messages).len());
    let states: usize = messages.iter().skip(1).map(|message| message.states.len()).sum();
    assert!(states <= 512, "{states}");
}

#[test]
fn each_kind_of_difference_has_its_name() {
    let source = Party::new(ExchangeSideV1::Source, records(0..50));
    let mut held = records((0..50).filter(|n| *n != 3));
    held.push((key(1000), 1));
    held.push((key(7), key(7 + (1 << 40))));
    let changed = held.iter_mut().find(|record| record.0 == key(9)).unwrap();
    changed.1 ^= 1;
    let target = Party::new(ExchangeSideV1::Target, held);
    let expected = BTreeMap::from([
        (key(3), DifferenceKindV1::SourceOnly),
        (key(1000), DifferenceKindV1::TargetOnly),
        (key(7), DifferenceKindV1::Repeated),
        (key(9), DifferenceKindV1::OtherContent),
    ]);
    assert_eq!(differences(&exchange(&source, &target)), expected);
}

#[test]
fn an_empty_side_and_a_bucket_that_only_one_side_has_are_differences() {
    let (source, target) = (pair(3000).0, pair(0).1);
    assert_eq!(differences(&exchange(&source, &target)).len(), 3000);
    let (source, target) = (pair(0).0, pair(3000).1);
    let found = differences(&exchange(&source, &target));
    assert!(found.len() == 3000 && found.values().all(|how| *how == DifferenceKindV1::TargetOnly));
}

#[test]
fn many_records_under_one_key_come_to_an_end() {
    let source = Party::new(ExchangeSideV1::Source, vec![(5, 0)]);
    let target = Party::new(ExchangeSideV1::Target, (0..500).map(|digest| (5, digest)).collect());
    assert_eq!(differences(&exchange(&source, &target)), BTreeMap::from([(5, DifferenceKindV1::Repeated)]));
}

#[test]
fn a_partner_who_claims_differences_everywhere_is_stopped() {
    let (source, target) = pair(100_000);
    let mut message = begin_exchange(&source);
    message.states.iter_mut().for_each(|part| part.state = (&Digest::of(b"no")).into());
    let bytes = write_exchange(&message).unwrap();
    let answer = answer_message(&target, &bytes, ExchangeLimits::default()).unwrap();
    assert!(shown(&[answer]).is_empty(), "states alone show no key");
    let limits = ExchangeLimits { lines: 10_000 };
    let refused = answer_message(&target, &bytes, limits).unwrap_err();
    assert_eq!(refused.wrong(), Some(ExchangeWrong::TooMuch));
    assert!(refused.to_string().contains("--most"), "{refused}");
}

#[test]
fn a_message_of_something_else_is_refused_by_name() {
    let (source, target) = pair(100);
    let honest = begin_exchange(&source);
    assert!(answer_message(&target, &write_exchange(&honest).unwrap(), ExchangeLimits::default()).is_ok());
    let changed = |change: fn(&mut ExchangeV1)| {
        let mut message = honest.clone();
        change(&mut message);
        wrong(&target, &message)
    };
    assert_eq!(changed(|m| m.dataset.push('x')), ExchangeWrong::OtherDataset);
    assert_eq!(changed(|m| m.key_id = "f".repeat(16)), ExchangeWrong::OtherKey);
    assert_eq!(changed(|m| m.canonical = 2), ExchangeWrong::OtherDefinition);
    assert_eq!(changed(|m| m.definition = (&Digest::of(b"other")).into()), ExchangeWrong::OtherDefinition);
    assert_eq!(changed(|m| m.schema = 2), ExchangeWrong::NoMessage);
    assert_eq!(changed(|m| m.from = ExchangeSideV1::Target), ExchangeWrong::OwnSide);
    assert_eq!(changed(|m| m.target = Some((&Digest::of(b"other")).into())), ExchangeWrong::OtherManifest);
    let noise = answer_message(&target, b"{}", ExchangeLimits::default()).unwrap_err();
    assert_eq!(noise.wrong(), Some(ExchangeWrong::NoMessage));
}

#[test]
fn a_message_that_contradicts_itself_is_refused() {
    let (source, target) = pair(100);
    let changed = |change: fn(&mut ExchangeV1)| {
        let mut message = begin_exchange(&source);
        change(&mut message);
        wrong(&target, &message)
    };
    let part = |prefix: &str| PartRecordsV1 { prefix: prefix.to_string(), records: Vec::new() };
    for prefix in ["", "0", "0G", "AB", "é", "000", "00000000000000000000000000000000ff"] {
        let mut message = begin_exchange(&source);
        message.states[0].prefix = prefix.to_string();
        assert_eq!(wrong(&target, &message), ExchangeWrong::Disordered, "{prefix}");
    }
    assert_eq!(changed(|m| m.states[1].prefix = "00".to_string()), ExchangeWrong::Disordered);
    let mut nested = begin_exchange(&source);
    nested.records.push(part("0001"));
    assert_eq!(wrong(&target, &nested), ExchangeWrong::Disordered);
    let mut elsewhere = begin_exchange(&source);
    elsewhere.states.clear();
    elsewhere.records.push(PartRecordsV1 {
        prefix: "00".to_string(),
        records: vec![portcullis_wire::exchange::v1::LivingRecordV1 {
            key: "f".repeat(32),
            digest: "0".repeat(32),
        }],
    });
    assert_eq!(wrong(&target, &elsewhere), ExchangeWrong::Disordered);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_differs_is_found_and_equal_records_stay_hidden(
        both in 0_u64..4000,
        source_only in proptest::collection::btree_set(10_000_u64..20_000, 0..12),
        target_only in proptest::collection::btree_set(20_000_u64..30_000, 0..12),
        changed in proptest::collection::btree_set(0_u64..4000, 0..12),
    ) {
        let changed: BTreeSet<_> = changed.into_iter().filter(|number| *number < both).collect();
        let source = Party::new(ExchangeSideV1::Source, records((0..both).chain(source_only.iter().copied())));
        let mut held = records((0..both).chain(target_only.iter().copied()));
        held.iter_mut().filter(|record| changed.iter().any(|n| key(*n) == record.0)).for_each(|r| r.1 ^= 1);
        let target = Party::new(ExchangeSideV1::Target, held);
        let mut expected = BTreeMap::new();
        expected.extend(source_only.iter().map(|n| (key(*n), DifferenceKindV1::SourceOnly)));
        expected.extend(target_only.iter().map(|n| (key(*n), DifferenceKindV1::TargetOnly)));
        expected.extend(changed.iter().map(|n| (key(*n), DifferenceKindV1::OtherContent)));
        let messages = exchange(&source, &target);
        prop_assert_eq!(&differences(&messages), &expected);
        prop_assert!(shown(&messages).len() <= FEW_RECORDS * expected.len() * 2);
        // The other side may begin, and finds the same.
        let mut other = vec![begin_exchange(&target)];
        while let Some(last) = other.last().filter(|last| !is_complete(last)) {
            let party = if last.from == ExchangeSideV1::Source { &target } else { &source };
            let answer = answer_message(party, &write_exchange(last).unwrap(), ExchangeLimits::default()).unwrap();
            other.push(answer);
        }
        prop_assert_eq!(differences(&other), expected);
    }

    #[test]
    fn no_bytes_make_an_answer_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let (_, target) = pair(10);
        let _ = answer_message(&target, &bytes, ExchangeLimits::default());
    }
}
