//! Digests that runs and manifests keep: fixed, and different for everything that counts.

use super::*;
use crate::path::RepoPath;
use crate::reconciliation::RecordClass;
use crate::reconciliation::connector::{
    CharacterSet, ConnectorSettings, CsvHeader, CsvSettings, DatabaseServer, FieldTrim, FixedColumn,
    FixedMarker, FixedRecord, FixedValue, FixedWidthSettings, HttpCredential, HttpPaging, HttpSettings,
    InputFiles, JsonLinesSettings, LineBreak, MemberPath, MysqlSettings, OdbcSettings, ParquetSettings,
    PositionUnit, PostgresqlSettings, QuoteEscape, RecordLayout, SecretPlace, ServerAddress, SqlExtraction,
    SqlServerSettings, SqliteSettings, TlsRequirement, XmlSettings,
};
use crate::reconciliation::{Floors, OperationColumn, TimeColumn};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

fn field(name: &str, rule: FieldRule) -> DatasetField {
    DatasetField { name: name.into(), source: format!("{name}_sent"), target: format!("{name}_held"), rule }
}

fn table() -> SqlExtraction {
    SqlExtraction::Table { schema: None, table: "person".into(), condition: Some("live = 1".into()) }
}

fn sqlite() -> SystemSettings {
    let settings = SqliteSettings { file: "held.db".into(), extraction: table(), count_rows: true };
    SystemSettings {
        connector: ConnectorSettings::Sqlite(settings),
        operation: None,
        sequence: Some("version".into()),
        time: Some(TimeColumn { column: "loaded".into(), format: String::new(), zone: None }),
        reason: None,
    }
}

fn system(connector: ConnectorSettings) -> SystemSettings {
    let texts = |text: &str| vec![text.to_string()];
    SystemSettings {
        connector,
        operation: Some(OperationColumn {
            column: "op".into(),
            upload: texts("U"),
            amend: texts("A"),
            delete: texts("D"),
        }),
        sequence: None,
        time: None,
        reason: Some("why".into()),
    }
}

fn dataset() -> Dataset {
    let share = |share, within| DeadlineShare { share, within: SignedDuration::from_hours(within) };
    Dataset {
        name: "nominal".into(),
        areas: vec!["upload".into()],
        key: vec![field("id", FieldRule::Text { trim_end: true, empty_is_null: false })],
        fields: vec![
            field("amount", FieldRule::Decimal { scale: 2 }),
            field("born", FieldRule::Date { format: "%d.%m.%Y".into() }),
        ],
        deadlines: vec![share(900_000, 24), share(1_000_000, 72)],
        deletion_deadlines: vec![share(1_000_000, 24)],
        acknowledged_within: Some(SignedDuration::from_mins(90)),
        clock_skew: SignedDuration::from_secs(30),
        budgets: BTreeMap::new(),
        floors: Floors { source_rows: 3, target_rows: 1, fall: Some(100_000) },
        reserved: vec![ReservedKeys::Prefix { field: "id".into(), prefix: "TEST".into() }],
        full_every: None,
        expected_every: None,
        after_deployment: None,
        green_within: None,
        recipients: Vec::new(),
        accepted: Vec::new(),
        signers: None,
        manifest_signers: None,
        source: Some(sqlite()),
        target: None,
        rejects: None,
        receipts: None,
        reject_codes: Vec::new(),
        answer_words: AnswerWords::default(),
    }
}

/// Kept runs and manifests name these digests. A type or field that gets another name changes none.
#[test]
fn the_text_and_its_digest_are_fixed() {
    assert_eq!(
        dataset().write_definition(),
        "portcullis dataset 2
name 7:nominal
key 1
name 2:id
source 7:id_sent
target 7:id_held
type 4:text
cut-blanks 3:yes
empty-is-null 2:no
fields 2
name 6:amount
source 11:amount_sent
target 11:amount_held
type 7:decimal
scale 1:2
name 4:born
source 9:born_sent
target 9:born_held
type 4:date
format 8:%d.%m.%Y
deadlines 2
share 6:900000
within 14:86400000000000
share 7:1000000
within 15:259200000000000
deletion-deadlines 1
share 7:1000000
within 14:86400000000000
acknowledged-within 0:
value 13:5400000000000
clock-skew 11:30000000000
least-source-rows 1:3
least-target-rows 1:1
greatest-fall 0:
value 6:100000
reserved 1
kind 6:prefix
field 2:id
prefix 4:TEST
source 0:
connector 6:sqlite
file 7:held.db
table 6:person
schema -
condition 0:
value 8:live = 1
count-rows 3:yes
operation -
sequence 0:
value 7:version
time 0:
column 6:loaded
format 0:
zone -
reason -
target -
rejects -
receipts -
"
    );
    assert_eq!(dataset().definition().to_string(), DEFINITION);
    assert_eq!(dataset().reading(DatasetSide::Source, &sqlite()).to_string(), READING);
}

const DEFINITION: &str = "sha256:e62fbe3dfaaf3b595b292ed71d6b2673588d06f02ee1318ce57bda1d40ee03ae";
const READING: &str = "sha256:450c7b34f16c87b5e369f3f1930f15280ecd4891af86da84d91b97468f292a1c";

/// What earlier versions wrote for the same settings.
#[test]
fn runs_and_manifests_of_form_1_are_still_recognised() {
    let digest = |text: &str| Digest::try_from(text.to_string()).unwrap();
    let (definition, reading) = (digest(DEFINITION_1), digest(READING_1));
    assert!(dataset().is_defined_by(&definition));
    assert!(dataset().is_read_by(DatasetSide::Source, &sqlite(), &reading));
    let other = Dataset { clock_skew: SignedDuration::ZERO, ..dataset() };
    assert!(!other.is_defined_by(&definition));
    assert!(!dataset().is_read_by(DatasetSide::Target, &sqlite(), &reading));
}

/// Earlier versions did not know these settings: their runs are of another definition.
#[test]
fn what_form_1_does_not_hold_is_not_recognised_by_it() {
    let definition = Digest::try_from(DEFINITION_1.to_string()).unwrap();
    let words = AnswerWords { accepted: vec!["OK".into()], ..AnswerWords::default() };
    let others = [
        Dataset { answer_words: words.clone(), ..dataset() },
        Dataset { manifest_signers: Some(signers()), ..dataset() },
        Dataset { accepted: vec![accepted()], ..dataset() },
    ];
    assert!(others.iter().all(|other| !other.is_defined_by(&definition)));
    let reading = Digest::try_from(READING_1.to_string()).unwrap();
    let other = Dataset { answer_words: words, receipts: Some(sqlite()), ..dataset() };
    assert!(!other.is_read_by(DatasetSide::Source, &sqlite(), &reading));
}

/// Who accepts a difference and why, and which reasons have names, change no comparison.
#[test]
fn what_plays_no_part_in_a_comparison_is_in_no_digest() {
    let one = Dataset { accepted: vec![accepted()], ..dataset() };
    let by = AcceptedDifference { by: "B".into(), reason: "other".into(), ..accepted() };
    let other = Dataset { accepted: vec![by], reject_codes: vec!["E1".into()], ..dataset() };
    assert_eq!(one.definition(), other.definition());
}

fn signers() -> RepoPath {
    RepoPath::try_from("keys/signers".to_string()).unwrap()
}

fn accepted() -> AcceptedDifference {
    AcceptedDifference {
        key: 1,
        class: RecordClass::Missing,
        sequence: None,
        until: Timestamp::UNIX_EPOCH,
        by: "A".into(),
        reason: "agreed".into(),
    }
}

const DEFINITION_1: &str = "sha256:3252758e577d069b27310c0221712cdc8ef816fbd92b62cd98e5757e01c8eefb";
const READING_1: &str = "sha256:2071db12c146be4c1a23c7744d8f7a9d9002da12aa17f997be0879e896b36545";

fn server() -> DatabaseServer {
    let address = ServerAddress::Network { host: "db.example".into(), port: None };
    DatabaseServer {
        password: Some(SecretPlace::Environment("PASSWORD".into())),
        ..DatabaseServer::at(address, "people", "reader")
    }
}

/// One of each connector.
fn connectors() -> Vec<ConnectorSettings> {
    let files = || InputFiles::matching("out/*.dat");
    let (server, extraction) = (server(), table());
    let record = FixedRecord {
        marker: FixedMarker { first: 1, text: "END".into() },
        count: Some((4, 6)),
        also_counted: 1,
        totals: Vec::new(),
    };
    let column = FixedColumn {
        name: "id".into(),
        first: 1,
        length: 8,
        trim: FieldTrim::End,
        value: FixedValue::Packed { scale: 2 },
    };
    vec![
        ConnectorSettings::Csv(CsvSettings::of_files(files())),
        ConnectorSettings::FixedWidth(FixedWidthSettings {
            files: files(),
            characters: CharacterSet::Ibm1047,
            positions: PositionUnit::Bytes,
            records: RecordLayout::Length(80),
            columns: vec![column],
            null_texts: Vec::new(),
            header: None,
            trailer: Some(record),
        }),
        ConnectorSettings::Http(HttpSettings {
            credential: Some(HttpCredential {
                header: "Authorization".into(),
                prefix: "Bearer ".into(),
                secret: SecretPlace::File("token".into()),
            }),
            paging: HttpPaging::Token { token: "/next".into(), parameter: "page".into() },
            ..HttpSettings::of_url("https://receiver.example/records")
        }),
        ConnectorSettings::JsonLines(JsonLinesSettings {
            files: files(),
            characters: CharacterSet::Utf8,
            members: MemberPath::Dots,
        }),
        ConnectorSettings::Mysql(MysqlSettings { server: server.clone(), extraction: extraction.clone() }),
        ConnectorSettings::Odbc(OdbcSettings {
            connection: "Driver=X".into(),
            user: None,
            password: None,
            extraction: extraction.clone(),
            statement_timeout: SignedDuration::from_hours(1),
            count_rows: false,
        }),
        ConnectorSettings::Parquet(ParquetSettings { files: files() }),
        ConnectorSettings::Postgresql(PostgresqlSettings {
            server: server.clone(),
            extraction: extraction.clone(),
        }),
        ConnectorSettings::SqlServer(SqlServerSettings { server, extraction: extraction.clone() }),
        ConnectorSettings::Sqlite(SqliteSettings { file: "held.db".into(), extraction, count_rows: false }),
        ConnectorSettings::Xml(XmlSettings {
            files: files(),
            characters: CharacterSet::Utf8,
            record: "person".into(),
            count: None,
        }),
    ]
}

#[test]
fn every_connector_has_a_digest_of_its_own() {
    let readings: BTreeSet<Digest> = connectors()
        .into_iter()
        .map(|connector| dataset().reading(DatasetSide::Target, &system(connector)))
        .collect();
    assert_eq!(readings.len(), 11);
}

/// A change to one setting, and what it is applied to.
fn assert_all_differ<T: Clone>(plain: &T, digest: impl Fn(&T) -> Digest, changes: &[fn(&mut T)]) {
    let mut digests = BTreeSet::from([digest(plain)]);
    for (number, change) in changes.iter().enumerate() {
        let mut other = plain.clone();
        change(&mut other);
        assert!(digests.insert(digest(&other)), "change {number} gives no other digest");
    }
}

#[test]
fn every_setting_of_a_dataset_counts() {
    assert_all_differ(
        &dataset(),
        Dataset::definition,
        &[
            |one| one.name = "other".into(),
            |one| one.key[0].name = "number".into(),
            |one| one.key[0].source = "number".into(),
            |one| one.key[0].target = "number".into(),
            |one| one.key[0].rule = FieldRule::Text { trim_end: false, empty_is_null: false },
            |one| one.key[0].rule = FieldRule::Text { trim_end: true, empty_is_null: true },
            |one| one.fields[0].rule = FieldRule::Decimal { scale: 3 },
            |one| one.fields[0].rule = FieldRule::Bytes { encoding: BytesEncoding::Base64 },
            |one| one.fields[0].rule = FieldRule::Bytes { encoding: BytesEncoding::Utf8 },
            |one| one.fields[0].rule = FieldRule::Instant { zone: None, digits: 3, format: String::new() },
            |one| {
                one.fields[0].rule =
                    FieldRule::Boolean { truths: vec!["1".into(), "2".into()], falsehoods: Vec::new() };
            },
            |one| {
                one.fields[0].rule =
                    FieldRule::Boolean { truths: vec!["1".into()], falsehoods: vec!["2".into()] };
            },
            |one| one.fields.swap(0, 1),
            |one| one.fields.truncate(1),
            |one| one.deadlines[0].share = 800_000,
            |one| one.deadlines[1].within = SignedDuration::from_hours(73),
            |one| one.deletion_deadlines.clear(),
            |one| one.acknowledged_within = None,
            |one| one.acknowledged_within = Some(SignedDuration::ZERO),
            |one| one.clock_skew = SignedDuration::ZERO,
            |one| one.floors.source_rows = 1,
            |one| one.floors.target_rows = 3,
            |one| one.floors.fall = None,
            |one| one.reserved.clear(),
            |one| one.reserved[0] = ReservedKeys::Marker { field: "id".into(), text: "TEST".into() },
            |one| one.source = None,
            |one| one.target = Some(sqlite()),
            |one| one.rejects = Some(sqlite()),
            |one| one.receipts = Some(sqlite()),
            |one| one.answer_words.accepted.push("OK".into()),
            |one| one.answer_words.refused.push("OK".into()),
            |one| one.answer_words.received.clear(),
            |one| one.manifest_signers = Some(signers()),
            |one| one.accepted = vec![accepted()],
            |one| one.accepted = vec![accepted(), accepted()],
            |one| one.accepted = vec![AcceptedDifference { sequence: Some(7), ..accepted() }],
            |one| one.accepted = vec![AcceptedDifference { until: Timestamp::MAX, ..accepted() }],
            |one| one.accepted = vec![AcceptedDifference { class: RecordClass::Stale, ..accepted() }],
        ],
    );
}

#[test]
fn every_setting_of_a_system_counts() {
    let digest = |system: &SystemSettings| dataset().reading(DatasetSide::Target, system);
    assert_all_differ(
        &sqlite(),
        digest,
        &[
            |one| one.sequence = None,
            |one| one.sequence = Some(String::new()),
            |one| one.reason = Some("version".into()),
            |one| one.time = None,
            |one| one.time.as_mut().unwrap().zone = Some("UTC".into()),
            |one| one.time.as_mut().unwrap().format = "%s".into(),
            |one| one.operation = system(one.connector.clone()).operation,
        ],
    );
    let of_csv = |csv: &CsvSettings| digest(&system(ConnectorSettings::Csv(csv.clone())));
    assert_all_differ(
        &CsvSettings::of_files(InputFiles::matching("a.csv")),
        of_csv,
        &[
            |csv| csv.files.pattern = "b.csv".into(),
            |csv| csv.files.longest_record = 9,
            |csv| csv.characters = CharacterSet::Latin1,
            |csv| csv.delimiter = b';',
            |csv| csv.quote = None,
            |csv| csv.quote = Some(b'\''),
            |csv| csv.escape = QuoteEscape::After(b'\\'),
            |csv| csv.skip_lines = 1,
            |csv| csv.header = CsvHeader::Columns(vec!["a".into(), "b".into()]),
            |csv| csv.header = CsvHeader::Columns(vec!["a 1:b".into()]),
            |csv| csv.null_texts = vec![String::new()],
            |csv| csv.line_break = LineBreak::Lf,
            |csv| csv.final_line_break = false,
        ],
    );
    let of_server = |server: &DatabaseServer| {
        let settings = PostgresqlSettings { server: server.clone(), extraction: table() };
        digest(&system(ConnectorSettings::Postgresql(settings)))
    };
    assert_all_differ(
        &server(),
        of_server,
        &[
            |one| one.address = ServerAddress::Network { host: "db.example".into(), port: Some(5432) },
            |one| one.address = ServerAddress::Socket { path: "db.example".into(), port: None },
            |one| one.database = "other".into(),
            |one| one.user = "other".into(),
            |one| one.password = None,
            |one| one.password = Some(SecretPlace::File("PASSWORD".into())),
            |one| one.tls = TlsRequirement::Off,
            |one| one.tls = TlsRequirement::Verified { ca_file: Some("ca.pem".into()) },
            |one| one.connect_timeout = SignedDuration::from_secs(11),
            |one| one.statement_timeout = SignedDuration::from_secs(11),
            |one| one.silence_timeout = SignedDuration::from_secs(11),
            |one| one.count_rows = true,
        ],
    );
}

/// What a value holds ends no line and begins no other one.
#[test]
fn no_value_can_pass_for_two() {
    let with = |name: &str, source: &str| {
        let mut one = dataset();
        one.key[0].name = name.into();
        one.key[0].source = source.into();
        one.write_definition()
    };
    assert_ne!(with("a\nsource 1:b", "c"), with("a", "b\nsource 1:c"));
    assert_ne!(with("", "-"), with("-", ""));
}
