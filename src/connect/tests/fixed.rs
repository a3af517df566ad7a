//! Records of fixed width: positions, mainframes, headers and trailers.

use super::reading::{Extracted, assert_names, extract_file, text, texts};
use portcullis_model::reconciliation::ConnectorSettings;
use portcullis_model::reconciliation::connector::{
    CharacterSet, FieldTrim, FixedColumn, FixedMarker, FixedRecord, FixedTotal, FixedValue,
    FixedWidthSettings, InputFiles, LineBreak, PositionUnit, RecordLayout,
};
use portcullis_reconcile::source::{RawValue, SourceError};

fn column(name: &str, first: u32, length: u32) -> FixedColumn {
    FixedColumn { name: name.to_string(), first, length, trim: FieldTrim::End, value: FixedValue::Text }
}

fn usual() -> FixedWidthSettings {
    FixedWidthSettings {
        files: InputFiles::matching("records.txt"),
        characters: CharacterSet::Utf8,
        positions: PositionUnit::Bytes,
        records: RecordLayout::Lines(LineBreak::Either),
        columns: vec![column("id", 1, 3), column("name", 4, 5)],
        null_texts: Vec::new(),
        header: None,
        trailer: None,
    }
}

fn read(bytes: &[u8], settings: FixedWidthSettings, columns: &[&str]) -> Result<Extracted, SourceError> {
    extract_file(&ConnectorSettings::FixedWidth(settings), "records.txt", bytes, columns)
}

#[test]
fn positions_count_bytes_or_characters() {
    let bytes = "001Zoë  rest\n002Anna \r\n".as_bytes();
    let by_bytes = read(bytes, usual(), &["name", "id"]).unwrap();
    assert_eq!(by_bytes.rows, texts(&[&["Zoë", "001"], &["Anna", "002"]]));
    let settings = FixedWidthSettings { positions: PositionUnit::Characters, ..usual() };
    let by_characters = read("001Zoëéèà\n002Anna \n".as_bytes(), settings.clone(), &["name"]).unwrap();
    assert_eq!(by_characters.rows, texts(&[&["Zoëéè"], &["Anna"]]));
    // A combining mark is a character of its own.
    let combined = read("001Zoe\u{308}x\n".as_bytes(), settings.clone(), &["name"]).unwrap();
    assert_eq!(combined.rows, texts(&[&["Zoe\u{308}x"]]));
    let broken = read(b"001Zo\xebxx\n002Anna \n", settings, &["id"]).unwrap();
    assert!(matches!(broken.rows[0][0], RawValue::Unreadable(_)));
    assert_eq!(broken.rows[1], [text("002")]);
}

#[test]
fn blanks_are_padding_as_the_policy_says() {
    for (trim, name) in [
        (FieldTrim::None, " Al  "),
        (FieldTrim::Start, "Al  "),
        (FieldTrim::End, " Al"),
        (FieldTrim::Both, "Al"),
    ] {
        let columns = vec![column("id", 1, 3), FixedColumn { trim, ..column("name", 4, 5) }];
        let settings = FixedWidthSettings { columns, null_texts: vec!["---".to_string()], ..usual() };
        let rows = read(b"--- Al  \n", settings, &["id", "name"]).unwrap().rows;
        assert_eq!(rows, [[RawValue::Null, text(name)]]);
    }
}

#[test]
fn a_file_of_a_mainframe_is_read() {
    let value = |name: &str, first, length, value| FixedColumn { value, ..column(name, first, length) };
    let settings = FixedWidthSettings {
        characters: CharacterSet::Ibm037,
        records: RecordLayout::Length(10),
        columns: vec![
            column("name", 1, 3),
            value("zoned", 4, 3, FixedValue::Zoned { scale: 2 }),
            value("packed", 7, 3, FixedValue::Packed { scale: 2 }),
        ],
        ..usual()
    };
    // `Zoë`, +1.23 zoned, -12.50 packed, a blank; the packed bytes hold what would be a line break.
    let one = b"\xe9\x96\x53\xf1\xf2\xc3\x01\x25\x0d\x40";
    let rows = read(&one.repeat(2), settings.clone(), &["name", "zoned", "packed"]).unwrap().rows;
    let decimal = |text: &str| RawValue::Decimal(text.to_string());
    let row = [text("Zoë"), decimal("1.23"), decimal("-12.50")];
    assert_eq!(rows, [row.clone(), row]);
    assert_names(&read(&one[..9], settings, &["name"]).unwrap_err(), ":1", "after 9 of 10 bytes");
    // Lines of EBCDIC end with NEL.
    let columns = vec![column("name", 1, 3)];
    let lines = FixedWidthSettings { characters: CharacterSet::Ibm1047, columns, ..usual() };
    let rows = read(b"\xe9\x96\x53\x15\xe9\x96\x53\x25", lines, &["name"]).unwrap().rows;
    assert_eq!(rows, texts(&[&["Zoë"], &["Zoë"]]));
}

fn stated() -> FixedWidthSettings {
    let mark = |text: &str| FixedMarker { first: 1, text: text.to_string() };
    let total = FixedTotal { column: "amount".to_string(), first: 8, length: 5, scale: 2 };
    FixedWidthSettings {
        columns: vec![
            column("id", 1, 3),
            FixedColumn { value: FixedValue::Digits { scale: 2 }, ..column("amount", 4, 4) },
        ],
        header: Some(FixedRecord { marker: mark("HDR"), count: None, also_counted: 0, totals: Vec::new() }),
        trailer: Some(FixedRecord {
            marker: mark("END"),
            count: Some((4, 4)),
            also_counted: 2,
            totals: vec![total],
        }),
        ..usual()
    }
}

#[test]
fn a_header_and_a_trailer_are_held_against_the_records() {
    let whole = "HDR20201118\n0010125\n0020250\nEND000400375\n";
    let extracted = read(whole.as_bytes(), stated(), &["id", "amount"]).unwrap();
    let decimal = |text: &str| RawValue::Decimal(text.to_string());
    assert_eq!(extracted.rows, [[text("001"), decimal("01.25")], [text("002"), decimal("02.50")]]);
    assert_eq!(extracted.announced, Some(2));
    for length in 0..whole.len() {
        assert!(read(&whole.as_bytes()[..length], stated(), &["id"]).is_err(), "cut after {length} bytes");
    }
    for (from, to, place, problem) in [
        ("END0004", "END0003", ":4", "1 records were announced here, and 2"),
        ("00375", "00376", ":4", "`amount`"),
        ("HDR", "HEA", ":1", "does not begin with its header"),
        ("END", "FIN", ":4", "without its trailer"),
        ("0020250\n", "0020250\nEND000400375\n", ":4", "follow the trailer"),
        ("0020250\n", "002025\n", ":3", "has 6 bytes, and its columns need 7"),
        ("0020250\n", "\n0020250\n", ":3", "has 0 bytes"),
    ] {
        let error = read(whole.replacen(from, to, 1).as_bytes(), stated(), &["id"]).unwrap_err();
        assert_names(&error, place, problem);
    }
    let empty = read(b"HDR20201118\nEND000200000\n", stated(), &["id"]).unwrap();
    assert_eq!((empty.rows.len(), empty.announced), (0, Some(0)));
}

#[test]
fn columns_that_cannot_be_are_refused() {
    for (settings, problem) in [
        (FixedWidthSettings { columns: vec![column("id", 0, 3)], ..usual() }, "no position"),
        (FixedWidthSettings { columns: vec![column("id", 1, 0)], ..usual() }, "no position"),
        (
            FixedWidthSettings { columns: vec![column("id", 1, 1), column("id", 2, 1)], ..usual() },
            "Two columns",
        ),
        (FixedWidthSettings { characters: CharacterSet::Utf16Le, ..usual() }, "Lines of UTF-16"),
        (FixedWidthSettings { columns: vec![column("number", 1, 3)], ..usual() }, "no column `id`"),
        (
            FixedWidthSettings { columns: vec![column("id", u32::MAX, u32::MAX)], ..usual() },
            "its columns need",
        ),
    ] {
        assert_names(&read(b"001Anna \n", settings, &["id"]).unwrap_err(), "records.txt", problem);
    }
}
