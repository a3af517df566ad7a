//! JSON lines: exact numbers, members that occur twice, what is no JSON.

use super::reading::{Extracted, assert_names, extract_file, text};
use portcullis_model::reconciliation::ConnectorSettings;
use portcullis_model::reconciliation::connector::{CharacterSet, InputFiles, JsonLinesSettings, MemberPath};
use portcullis_reconcile::source::{RawValue, SourceError};

fn usual() -> JsonLinesSettings {
    let files = InputFiles::matching("records.jsonl");
    JsonLinesSettings { files, characters: CharacterSet::Utf8, members: MemberPath::Dots }
}

fn read(bytes: &[u8], settings: JsonLinesSettings, columns: &[&str]) -> Result<Extracted, SourceError> {
    extract_file(&ConnectorSettings::JsonLines(settings), "records.jsonl", bytes, columns)
}

#[test]
fn values_come_as_they_are_written() {
    let bytes = "{\"id\": 9007199254740993, \"p\": {\"n\": \"Zoë\\n\"}, \"a\": 0.10}\r\n{\"id\": 2, \"a\": null}\n{\"id\":true}";
    let rows = read(bytes.as_bytes(), usual(), &["id", "p.n", "a"]).unwrap().rows;
    assert_eq!(
        rows,
        [
            [RawValue::Integer(9_007_199_254_740_993), text("Zoë\n"), RawValue::Decimal("0.10".to_string())],
            [RawValue::Integer(2), RawValue::Null, RawValue::Null],
            [RawValue::Boolean(true), RawValue::Null, RawValue::Null],
        ]
    );
}

#[test]
fn a_member_that_occurs_twice_spoils_its_record_and_no_other() {
    let bytes = b"{\"id\": 1, \"a\": 1, \"a\": 1}\n{\"id\": 2, \"a\": 1}\n";
    let rows = read(bytes, usual(), &["id", "a"]).unwrap().rows;
    assert!(matches!(rows[0][1], RawValue::Unreadable(_)));
    assert_eq!(rows[1], [RawValue::Integer(2), RawValue::Integer(1)]);
}

#[test]
fn bytes_that_are_no_text_are_unreadable_where_they_are() {
    let rows = read(b"{\"id\": 1, \"n\": \"Zo\xeb\"}\n", usual(), &["id", "n"]).unwrap().rows;
    assert_eq!(rows[0][0], RawValue::Integer(1));
    assert!(matches!(rows[0][1], RawValue::Unreadable(_)));
    let latin = JsonLinesSettings { characters: CharacterSet::Windows1252, ..usual() };
    assert_eq!(read(b"{\"n\": \"Zo\xeb\"}\n", latin.clone(), &["n"]).unwrap().rows, [[text("Zoë")]]);
    let rows = read(b"{\"id\": 1, \"n\": \"\x81\"}\n", latin, &["id", "n"]).unwrap().rows;
    assert_eq!(rows[0][0], RawValue::Integer(1));
    assert!(matches!(rows[0][1], RawValue::Unreadable(_)));
}

#[test]
fn what_is_no_object_ends_the_extraction() {
    for (bytes, place, problem) in [
        (&b"{\"id\": 1}\n{\"id\": 2, \"n\": \"SECRET"[..], ":2", "A text is cut"),
        (b"{\"id\": 1}\n\n{\"id\": 2}\n", ":2", "The value is cut"),
        (b"[{\"id\": 1}]\n", ":1", "no object"),
        (b"{\"id\": 1} {\"id\": 2}\n", ":1", "Text follows"),
        (b"{\"id\":\n1}\n", ":1", "cut"),
        (b"{\"id\": NaN}\n", ":1", "no JSON value"),
        (b"\xff\xfe{\0", ":1", "no JSON value"),
    ] {
        assert_names(&read(bytes, usual(), &["id"]).unwrap_err(), place, problem);
    }
    let files = InputFiles { pattern: "records.jsonl".to_string(), longest_record: 100 };
    let long = [b"{\"id\": \"".to_vec(), vec![b'x'; 70_000]].concat();
    let error = read(&long, JsonLinesSettings { files, ..usual() }, &["id"]).unwrap_err();
    assert_names(&error, ":1", "longer than 100 bytes");
    let pointer = JsonLinesSettings { members: MemberPath::Pointer, ..usual() };
    assert_names(&read(b"{}\n", pointer, &["id"]).unwrap_err(), "records.jsonl", "begins with `/`");
}
