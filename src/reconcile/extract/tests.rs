//! Rows of a connector become a manifest.

use super::*;
use crate::row::{INCOMPARABLE, MARKED, ManifestRow, UNKEYED};
use crate::source::RawValue;
use portcullis_model::reconciliation::connector::{ConnectorSettings, CsvSettings, InputFiles};
use portcullis_model::reconciliation::{
    AnswerWords, DatasetField, FieldRule, OperationColumn, ReservedKeys, TimeColumn,
};
use proptest::prelude::*;
use std::fs;
use tempfile::TempDir;

struct MemorySource {
    rows: Vec<Vec<RawValue>>,
    next: usize,
    announced: Option<u64>,
    breaks_at: Option<usize>,
}

impl RecordSource for MemorySource {
    fn isolation(&self) -> Isolation {
        Isolation::Snapshot
    }

    fn read_row(&mut self, values: &mut Vec<RawValue>) -> Result<bool, SourceError> {
        if self.breaks_at == Some(self.next) {
            return Err(SourceError { place: self.place(), problem: "gone".into(), remedy: "again".into() });
        }
        let Some(row) = self.rows.get(self.next) else { return Ok(false) };
        values.clone_from(row);
        self.next += 1;
        Ok(true)
    }

    fn announced_rows(&self) -> Option<u64> {
        self.announced
    }

    fn place(&self) -> String {
        format!("row {}", self.next)
    }
}

fn source(rows: &[Vec<RawValue>]) -> MemorySource {
    MemorySource { rows: rows.to_vec(), next: 0, announced: None, breaks_at: None }
}

fn field(name: &str, rule: FieldRule) -> DatasetField {
    DatasetField { name: name.into(), source: format!("s_{name}"), target: format!("t_{name}"), rule }
}

fn dataset() -> Dataset {
    let text = FieldRule::Text { trim_end: true, empty_is_null: true };
    Dataset {
        key: vec![field("id", text.clone())],
        fields: vec![field("name", text), field("sum", FieldRule::Decimal { scale: 2 })],
        reserved: vec![
            ReservedKeys::Prefix { field: "id".into(), prefix: "TEST".into() },
            ReservedKeys::Range { field: "id".into(), first: "900".into(), last: "999".into() },
            ReservedKeys::Marker { field: "kind".into(), text: "demo".into() },
        ],
        ..Dataset::blank("uploads")
    }
}

fn system() -> SystemSettings {
    let words = |word: &str| vec![word.to_string()];
    SystemSettings {
        connector: ConnectorSettings::Csv(CsvSettings::of_files(InputFiles {
            pattern: "x.csv".into(),
            longest_record: 1,
        })),
        operation: Some(OperationColumn {
            column: "op".into(),
            upload: words("new"),
            amend: words("change"),
            delete: words("drop"),
        }),
        sequence: Some("seq".into()),
        time: Some(TimeColumn { column: "at".into(), format: String::new(), zone: None }),
        reason: None,
    }
}

fn text(value: &str) -> RawValue {
    RawValue::Text(value.into())
}

/// id, name, sum, kind, op, seq, at
fn row(id: &str, name: &str, sum: &str, op: &str, seq: i128) -> Vec<RawValue> {
    let at = text("2020-01-31T12:00:00Z");
    vec![text(id), text(name), text(sum), RawValue::Null, text(op), RawValue::Integer(seq), at]
}

fn settings<'e>() -> ExtractSettings<'e> {
    ExtractSettings {
        content: ManifestContentV1::Source,
        as_of: Timestamp::from_second(1_580_472_000).unwrap(),
        columns: false,
        only: None,
        threads: 2,
        sorted_at_once: SORTED_AT_ONCE,
        generator: "test",
        resumable: false,
        form: ManifestForm::Plain,
        place: Path::new(""),
    }
}

fn key() -> DatasetKey {
    DatasetKey::read(b"0123456789abcdef0123456789abcdef").unwrap()
}

fn extract(
    folder: &Path,
    rows: &[Vec<RawValue>],
    settings: &ExtractSettings<'_>,
) -> Result<Vec<ManifestRow>, ExtractFault> {
    let path = folder.join("manifest");
    remove(&path);
    extract_rows(&dataset(), &system(), &mut source(rows), &key(), &path, settings)?;
    Ok(read_rows(&path))
}

fn remove(path: &Path) {
    crate::manifest::remove_folder(path).unwrap();
}

fn read_rows(path: &Path) -> Vec<ManifestRow> {
    let manifest = Manifest::open(path).unwrap();
    let mut rows = Vec::new();
    for bucket in 0..=255 {
        let mut file = manifest.open_bucket(bucket).unwrap();
        while let Some(row) = file.next_row().unwrap() {
            rows.push(row);
        }
    }
    rows
}

#[test]
fn columns_are_asked_for_once_and_by_side() {
    let names = |content| list_columns(&dataset(), &system(), content).join(" ");
    assert_eq!(names(ManifestContentV1::Source), "s_id s_name s_sum kind op seq at");
    assert_eq!(names(ManifestContentV1::Target), "t_id t_name t_sum kind seq at");
    assert_eq!(names(ManifestContentV1::Rejects), "t_id seq at");
}

#[test]
fn rows_are_keyed_marked_and_dated() {
    let folder = TempDir::new().unwrap();
    let mut marked = row("5", "e", "1", "new", 1);
    marked[3] = text("demo");
    let mut undated = row("6", "f", "1", "new", 1);
    undated[6] = text("yesterday");
    let rows = [
        row("1", "a", "1", "new", 1),
        row("1  ", "a ", "1.00", "change", 2),
        row("2", "", "x", "drop", 3),
        row(" ", "c", "1", "new", 4),
        row("3", "d", "1.001", "new", 5),
        row("TEST1", "e", "1", "new", 6),
        row("950", "e", "1", "new", 7),
        marked,
        undated,
    ];
    let found = extract(folder.path(), &rows, &settings()).unwrap();
    let one =
        |sequence| *found.iter().find(|row| row.sequence == sequence && row.marks & MARKED == 0).unwrap();
    let (first, second) = (found.iter().find(|row| row.operation == b'A').unwrap(), one(2));
    assert_eq!(first.key, second.key);
    let upload = found.iter().find(|row| row.key == second.key && row.operation == b'U').unwrap();
    assert_eq!(upload.digest, second.digest, "one content, written in two ways");
    assert_eq!((one(3).operation, one(3).digest, one(3).marks), (b'D', 0, 0), "a deletion has no content");
    assert_eq!(one(4).marks, UNKEYED);
    assert_eq!(one(5).marks, INCOMPARABLE);
    assert_eq!(found.iter().filter(|row| row.has(MARKED)).count(), 3);
    assert!(found.iter().any(|row| row.marks == INCOMPARABLE && row.time == 0), "a time that cannot be read");
    assert_eq!(second.time, 1_580_472_000);
}

#[test]
fn an_unknown_operation_or_sequence_ends_the_extraction_without_a_word_of_content() {
    let folder = TempDir::new().unwrap();
    for bad in [row("secret", "secret", "1", "upsert", 1), {
        let mut row = row("secret", "secret", "1", "new", 1);
        row[5] = text("secret");
        row
    }] {
        let fault = extract(folder.path(), &[bad], &settings()).unwrap_err();
        assert!(matches!(fault, ExtractFault::Source(_)));
        assert!(!fault.to_string().contains("secret") && !fault.to_string().contains("upsert"), "{fault}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
    }
}

#[test]
fn half_a_source_is_no_source_and_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let mut half = source(&[row("1", "a", "1", "new", 1), row("2", "b", "1", "new", 1)]);
    half.breaks_at = Some(1);
    let path = folder.path().join("manifest");
    assert!(extract_rows(&dataset(), &system(), &mut half, &key(), &path, &settings()).is_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn reasons_and_answers_become_numbers() {
    let folder = TempDir::new().unwrap();
    let mut system = system();
    system.reason = Some("why".into());
    let at = text("2020-01-31T12:00:00Z");
    let answer = |id: &str, why: &str| vec![text(id), RawValue::Integer(1), at.clone(), text(why)];
    let path = folder.path().join("rejects");
    let rows = [answer("1", "E9"), answer("2", "E1"), answer("3", "E9")];
    let rejects = ExtractSettings { content: ManifestContentV1::Rejects, ..settings() };
    let listed = Dataset { reject_codes: vec!["E1".into(), "E9".into()], ..dataset() };
    let header = extract_rows(&listed, &system, &mut source(&rows), &key(), &path, &rejects).unwrap();
    assert_eq!(header.reasons, ["E1", "E9"]);
    assert_eq!(read_rows(&path).iter().map(|row| row.digest >> 64).sum::<u128>(), 2);
    let long = [answer("1", &"x".repeat(65))];
    remove(&path);
    assert!(extract_rows(&dataset(), &system, &mut source(&long), &key(), &path, &rejects).is_err());
    let receipts = ExtractSettings { content: ManifestContentV1::Receipts, ..settings() };
    let rows = [answer("1", "accepted"), answer("2", "rejected")];
    extract_rows(&dataset(), &system, &mut source(&rows), &key(), &path, &receipts).unwrap();
    assert_eq!(read_rows(&path).iter().map(|row| row.digest >> 64).sum::<u128>(), 1);
    remove(&path);
    let others = [answer("1", "eingegangen"), answer("2", "OK")];
    let words = |word: &str| vec![word.to_string()];
    let answer_words =
        AnswerWords { accepted: words("OK"), refused: words("NO"), received: words("eingegangen") };
    let worded = Dataset { answer_words, ..dataset() };
    extract_rows(&worded, &system, &mut source(&others), &key(), &path, &receipts).unwrap();
    assert_eq!(read_rows(&path).iter().map(|row| row.digest >> 64).sum::<u128>(), 3);
    remove(&path);
    let unknown = [answer("1", "perhaps")];
    assert!(extract_rows(&dataset(), &system, &mut source(&unknown), &key(), &path, &receipts).is_err());
}

/// Composed and decomposed letters, end blanks, and other spellings of one value are one text.
#[test]
fn reserved_texts_are_compared_in_the_canonical_form() {
    let kept = FieldRule::Text { trim_end: false, empty_is_null: false };
    let words = |word: &str| vec![word.to_string()];
    let live = FieldRule::Boolean { truths: words("Y"), falsehoods: words("N") };
    let marks = |reserved: ReservedKeys, name: &str, sum: &str| {
        let fields = vec![field("name", kept.clone()), field("sum", live.clone())];
        let dataset = Dataset { reserved: vec![reserved], fields, ..dataset() };
        let mut reader = RowReader::new(&dataset, &system(), &key(), &settings())?;
        let mut values = row("E\u{301}1 ", name, sum, "new", 1);
        // Without the marker of the dataset its column is not read.
        values.remove(3);
        Ok::<_, RuleFault>(reader.read(&values)?.has(MARKED))
    };
    let prefix = |prefix: &str| ReservedKeys::Prefix { field: "id".into(), prefix: prefix.into() };
    let marker = |field: &str, text: &str| ReservedKeys::Marker { field: field.into(), text: text.into() };
    let range = |first: &str, last: &str| {
        let (first, last) = (first.to_string(), last.to_string());
        ReservedKeys::Range { field: "id".into(), first, last }
    };
    for (reserved, name, sum, expected) in [
        (prefix("E\u{301}"), "a", "Y", true),
        (prefix("\u{c9}1   "), "a", "Y", true),
        (prefix("E"), "a", "Y", false),
        (range("E\u{301}1 ", "\u{c9}1"), "a", "Y", true),
        (range("E", "F"), "a", "Y", false),
        (marker("name", "de\u{301}mo  "), "d\u{e9}mo", "Y", true),
        (marker("name", "demo"), "demo   ", "Y", true),
        (marker("name", "demo"), "demo 2", "Y", false),
        (marker("sum", "N "), "a", " N", true),
        (marker("sum", "N"), "a", "Y", false),
    ] {
        assert_eq!(marks(reserved.clone(), name, sum), Ok(expected), "{reserved:?}");
    }
    // What no record can have is no protection.
    assert!(marks(marker("sum", "TEST"), "a", "Y").is_err());
    assert!(marks(range("\u{c9}", "E"), "a", "Y").is_err());
    assert!(marks(prefix("  "), "a", "Y").is_err());
}

#[test]
fn a_reason_that_the_policy_does_not_list_is_kept_as_a_code_that_comes_back() {
    let folder = TempDir::new().unwrap();
    let mut system = system();
    system.reason = Some("why".into());
    let answer =
        |id: &str, why: &str| vec![text(id), RawValue::Integer(1), text("2020-01-31T12:00:00Z"), text(why)];
    let rejects = ExtractSettings { content: ManifestContentV1::Rejects, ..settings() };
    let read = |rows: &[Vec<RawValue>], name: &str| {
        let path = folder.path().join(name);
        extract_rows(&dataset(), &system, &mut source(rows), &key(), &path, &rejects).unwrap().reasons
    };
    let first =
        read(&[answer("1", "no Archer here"), answer("2", "no Archer here"), answer("3", "")], "first");
    assert_eq!(first.len(), 2, "{first:?}");
    assert!(
        first[0].is_empty() && first[1].starts_with("keyed:") && !format!("{first:?}").contains("Archer")
    );
    assert_eq!(read(&[answer("9", "no Archer here")], "second"), first[1..]);
    assert_ne!(read(&[answer("9", "no Baker here")], "third"), first[1..]);
}

#[cfg(unix)]
#[test]
fn files_on_the_way_are_private_and_hold_no_content() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("manifest");
    let writer = ManifestWriter::create(&path, ManifestContentV1::Source, 0).unwrap();
    let mut spills = Spills::new(writer.folder());
    let columns = ExtractSettings { columns: true, ..settings() };
    let mut reader = RowReader::new(&dataset(), &system(), &key(), &columns).unwrap();
    let read = reader.read(&row("visible-id", "visible-name", "1", "new", 1)).unwrap();
    spills.push(&read, &[]).unwrap();
    spills.finish().unwrap();
    for entry in fs::read_dir(writer.folder()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{path:?}");
        assert!(!String::from_utf8_lossy(&fs::read(&path).unwrap()).contains("visible"));
    }
    drop(writer);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_second_look_keeps_the_records_of_the_differences_and_counts_what_it_read() {
    let folder = TempDir::new().unwrap();
    let rows = [row("1", "a", "1", "new", 1), row("2", "b", "1", "new", 2), row("2", "b", "1", "change", 3)];
    let wanted = extract(folder.path(), &rows[1..2], &settings()).unwrap()[0];
    let breaks = crate::oracle::make_title(ManifestContentV1::Breaks);
    let breaks = crate::oracle::write_titled(&folder.path().join("breaks"), breaks, vec![wanted]).unwrap();
    let only = ExtractSettings { only: Some(&breaks), ..settings() };
    let found = extract(folder.path(), &rows, &only).unwrap();
    assert_eq!(found.iter().map(|row| row.sequence).collect::<Vec<_>>(), [2, 3]);
    let header = Manifest::open(&folder.path().join("manifest")).unwrap().header().clone();
    assert_eq!((header.read, header.rows), (3, 2));
    assert_eq!(header.scope, ManifestScopeV1::Only { breaks: breaks.digest().into() });
    let source = Manifest::open(&folder.path().join("manifest")).unwrap();
    let wrong = ExtractSettings { only: Some(&source), ..settings() };
    let path = folder.path().join("again");
    let fault =
        extract_rows(&dataset(), &system(), &mut self::source(&rows), &key(), &path, &wrong).unwrap_err();
    assert!(fault.to_string().contains("a manifest of breaks is required"), "{fault}");
}

#[test]
fn a_row_is_explained_field_by_field() {
    let values = row("1 ", "e\u{301} ", "1.005", "new", 4);
    let explained = explain_row(&dataset(), &system(), &key(), &settings(), &values).unwrap();
    assert_eq!(explained.key[0].canonical, Ok(Some("1".into())));
    assert_eq!(explained.fields[0].canonical, Ok(Some("é".into())));
    assert_eq!(explained.fields[0].column, "s_name");
    assert_eq!(explained.fields[1].raw, "Text(\"1.005\")");
    assert!(explained.fields[1].canonical.as_ref().unwrap_err().why.contains("more than 2 digits"));
    assert_eq!((explained.row.sequence, explained.row.marks), (4, INCOMPARABLE));
}

/// Every file of a manifest, with its bytes.
fn read_files(path: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        entries.map(|file| (file.display().to_string(), fs::read(&file).unwrap())).collect();
    files.sort();
    files
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn neither_the_order_of_rows_nor_threads_nor_memory_change_a_byte(
        ids in proptest::collection::vec((0_u8..30, 0_u8..4, prop::bool::ANY), 1..120),
        seed: u64,
    ) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("manifest");
        let mut rows: Vec<_> = ids
            .iter()
            .map(|(id, seq, bad)| {
                let id = if *id == 29 { String::new() } else { id.to_string() };
                row(&id, if *bad { "\u{e9}" } else { "e\u{301} " }, if *bad { "0.001" } else { "7" }, "new", i128::from(*seq))
            })
            .collect();
        let columns = ExtractSettings { columns: true, ..settings() };
        extract(folder.path(), &rows, &columns).unwrap();
        let first = read_files(&path);
        let mut state = seed;
        for place in (1..rows.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            rows.swap(place, (state >> 33) as usize % (place + 1));
        }
        let other = ExtractSettings { threads: 7, sorted_at_once: 2, ..columns };
        extract(folder.path(), &rows, &other).unwrap();
        prop_assert!(read_files(&path) == first);
    }
}
