//! Comma-separated values: dialects, and what a kind reader would let through.

use super::reading::{Extracted, assert_names, extract, extract_file, text, texts};
use portcullis_model::reconciliation::ConnectorSettings;
use portcullis_model::reconciliation::connector::{
    CharacterSet, CsvHeader, CsvSettings, CsvTotal, CsvTrailer, InputFiles, LineBreak, QuoteEscape,
};
use portcullis_reconcile::source::{RawValue, SourceError};

fn usual() -> CsvSettings {
    CsvSettings::of_files(InputFiles::matching("records*.csv"))
}

fn read(bytes: &[u8], settings: CsvSettings, columns: &[&str]) -> Result<Extracted, SourceError> {
    extract_file(&ConnectorSettings::Csv(settings), "records.csv", bytes, columns)
}

#[test]
fn fields_with_delimiters_line_breaks_and_marks_are_read() {
    let bytes = b"\xef\xbb\xbfid,name\r\n1,\"a, \"\"b\"\"\r\nc\"\r\n2,\n3,\"\"\n";
    let extracted = read(bytes, usual(), &["name", "id", "name"]).unwrap();
    let name = "a, \"b\"\r\nc";
    assert_eq!(extracted.rows, texts(&[&[name, "1", name], &["", "2", ""], &["", "3", ""]]));
    assert_eq!(extracted.announced, None);
}

#[test]
fn the_dialect_is_the_policys() {
    let settings = CsvSettings {
        delimiter: b';',
        quote: Some(b'\''),
        escape: QuoteEscape::After(b'\\'),
        header: CsvHeader::Columns(vec!["a".to_string(), "b".to_string()]),
        null_texts: vec!["\\N".to_string()],
        skip_lines: 2,
        final_line_break: false,
        characters: CharacterSet::Latin1,
        ..usual()
    };
    let bytes = b"made on Monday\n\n'it\\'s \\\\ \\n',\"\n\\N;'x\n;'\nZo\xeb;\"";
    let error = read(bytes, settings.clone(), &["a", "b"]).unwrap_err();
    assert_names(&error, "records.csv:3", "Text follows a closing quotation mark.");
    let bytes = b"made on Monday\n\n'it\\'s \\\\ \\n';\"\n\\N;'x\n;'\nZo\xeb;\"";
    let extracted = read(bytes, settings, &["a", "b"]).unwrap();
    let rows = vec![
        vec![text("it's \\ \\n"), text("\"")],
        vec![RawValue::Null, text("x\n;")],
        vec![text("Zoë"), text("\"")],
    ];
    assert_eq!(extracted.rows, rows);
}

#[test]
fn a_file_that_was_cut_is_never_a_short_source() {
    let whole = b"id,name\n1,\"a\nb\"\n2,\"c\"\n".as_slice();
    assert_eq!(read(whole, usual(), &["id"]).unwrap().rows.len(), 2);
    let trailer = CsvTrailer { marker: "END".to_string(), count: 2, also_counted: 0, totals: Vec::new() };
    let with_trailer = CsvSettings { trailer: Some(trailer), ..usual() };
    let ended = [whole, b"END,2\n"].concat();
    assert_eq!(read(&ended, with_trailer.clone(), &["id"]).unwrap().announced, Some(2));
    for length in 0..ended.len() {
        assert!(read(&ended[..length], with_trailer.clone(), &["id"]).is_err(), "cut after {length} bytes");
    }
    for length in 1..whole.len() {
        // A cut between two records shows in a trailer alone; any other one shows in itself.
        let is_between = [8, 16].contains(&length);
        assert_eq!(read(&whole[..length], usual(), &["id"]).is_ok(), is_between, "cut after {length} bytes");
    }
}

#[test]
fn a_trailer_is_held_against_what_was_read() {
    let trailer = CsvTrailer {
        marker: "T".to_string(),
        count: 2,
        also_counted: 1,
        totals: vec![CsvTotal { column: "amount".to_string(), field: 3 }],
    };
    let settings = CsvSettings { trailer: Some(trailer), ..usual() };
    let file = |trailer: &str| format!("id,amount\n1,0.10\n2,0.20\n{trailer}");
    let read_file = |trailer: &str| read(file(trailer).as_bytes(), settings.clone(), &["id"]);
    assert_eq!(read_file("T,3,0.3\n").unwrap().announced, Some(2));
    assert_names(
        &read_file("T,2,0.3\n").unwrap_err(),
        "records.csv:4",
        "1 records were announced here, and 2",
    );
    assert_names(&read_file("T,3,0.4\n").unwrap_err(), "records.csv:4", "`amount`");
    assert_names(&read_file("T,x,0.3\n").unwrap_err(), "records.csv:4", "no whole number");
    assert_names(&read_file("T,3\n").unwrap_err(), "records.csv:4", "no decimal number");
    assert_names(&read_file("").unwrap_err(), "records.csv", "without its trailer");
    assert_names(&read_file("T,3,0.3\n3,0\n").unwrap_err(), "records.csv:5", "follow the trailer");
}

#[test]
fn what_hides_records_ends_the_extraction() {
    for (bytes, place, problem) in [
        (&b"id,name\n1\n"[..], ":2", "2 fields were required, and 1 are here"),
        (b"id,name\n1,a,b\n", ":2", "2 fields were required, and 3 are here"),
        (b"id,name\n1,a\n\n", ":3", "2 fields were required, and 1 are here"),
        (b"id,name\n1,a\"b\"\n", ":2", "within a field"),
        (b"id,name\n1,\"a\" \n", ":2", "follows a closing"),
        (b"id,name\n1,\"SECRET\n2,b\n3,c\n", ":2", "ends within quotation marks"),
        (b"id,name\n1,a\r2,b\n", ":2", "A line break is within a field"),
        (b"id,name\n1,a", ":2", "without a line break"),
        (b"", "records.csv", "no header"),
        (b"id,id,name\n1,2,a\n", "records.csv", "Two columns have the name `id`"),
        (b"ID,name\n1,a\n", "records.csv", "There is no column `id`"),
    ] {
        assert_names(&read(bytes, usual(), &["id", "name"]).unwrap_err(), place, problem);
    }
    let crlf = CsvSettings { line_break: LineBreak::CrLf, ..usual() };
    assert_eq!(read(b"id\r\n1\r\n", crlf.clone(), &["id"]).unwrap().rows.len(), 1);
    assert_names(&read(b"id\r\n1\n", crlf, &["id"]).unwrap_err(), ":2", "another line break");
}

#[test]
fn a_dialect_that_can_be_read_in_two_ways_is_refused() {
    for settings in [
        CsvSettings { quote: Some(b','), ..usual() },
        CsvSettings { delimiter: b'\n', ..usual() },
        CsvSettings { escape: QuoteEscape::After(b'"'), ..usual() },
        CsvSettings { delimiter: 0xe9, ..usual() },
    ] {
        assert_names(
            &read(b"id\n1\n", settings, &["id"]).unwrap_err(),
            "records",
            "ASCII characters that differ",
        );
    }
}

#[test]
fn bytes_that_are_no_text_are_unreadable_where_they_are() {
    let extracted = read(b"id,name\n1,Zo\xeb\n2,b\n", usual(), &["id", "name"]).unwrap();
    assert_eq!(extracted.rows[0][1], RawValue::Unreadable("its bytes are no text in utf-8".to_string()));
    assert_eq!(extracted.rows[1], texts(&[&["2", "b"]])[0]);
}

#[test]
fn character_sets_that_do_not_keep_ascii_are_read_as_text() {
    let utf16: Vec<u8> =
        "\u{feff}id,name\n1,\"Zoë\nend\"\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let settings = CsvSettings { characters: CharacterSet::Utf16Le, ..usual() };
    assert_eq!(read(&utf16, settings.clone(), &["name", "id"]).unwrap().rows, texts(&[&["Zoë\nend", "1"]]));
    // Half a surrogate pair is unreadable, and the record is not lost.
    let mut broken = utf16.clone();
    broken[24..26].copy_from_slice(&0xd800_u16.to_le_bytes());
    let rows = read(&broken, settings, &["id", "name"]).unwrap().rows;
    assert!(matches!(&rows[..], [row] if matches!(row[1], RawValue::Unreadable(_))), "{rows:?}");
    // `id;name` NEL `1;Zoë` NEL in EBCDIC.
    let ebcdic = b"\x89\x84\x5e\x95\x81\x94\x85\x15\xf1\x5e\xe9\x96\x53\x15";
    let settings = CsvSettings { characters: CharacterSet::Ibm1047, delimiter: b';', ..usual() };
    assert_eq!(read(ebcdic, settings, &["name", "id"]).unwrap().rows, texts(&[&["Zoë", "1"]]));
    // In Shift JIS the second byte of 表 is a backslash.
    let settings =
        CsvSettings { characters: CharacterSet::ShiftJis, escape: QuoteEscape::After(b'\\'), ..usual() };
    let rows = read(b"id\n\"\x95\x5c\"\n", settings, &["id"]).unwrap().rows;
    assert_eq!(rows, texts(&[&["表"]]));
}

#[test]
fn a_record_is_bounded() {
    let files = InputFiles { pattern: "records.csv".to_string(), longest_record: 1000 };
    let settings = CsvSettings { files, ..usual() };
    let long = [b"id\n".to_vec(), vec![b'x'; 200_000]].concat();
    assert_names(&read(&long, settings.clone(), &["id"]).unwrap_err(), ":2", "longer than 1000 bytes");
    let quoted = [b"id\n\"".to_vec(), b"x\n".repeat(1000)].concat();
    assert_names(&read(&quoted, settings.clone(), &["id"]).unwrap_err(), ":50", "longer than 1000 bytes");
    let honest = [b"id\n".to_vec(), vec![b'x'; 900], b"\n".to_vec()].concat();
    assert_eq!(read(&honest, settings, &["id"]).unwrap().rows.len(), 1);
}

#[test]
fn files_of_one_pattern_are_one_source() {
    let directory = tempfile::tempdir().unwrap();
    for (name, bytes) in
        [("records-2.csv", "id\n3\n"), ("records-1.csv", "id\n1\n2\n"), ("other.csv", "id\n9\n")]
    {
        std::fs::write(directory.path().join(name), bytes).unwrap();
    }
    let settings = ConnectorSettings::Csv(usual());
    let rows = extract(&settings, &["id"], directory.path()).unwrap().rows;
    assert_eq!(rows, texts(&[&["1"], &["2"], &["3"]]));
    std::fs::write(directory.path().join("records-3.csv"), "number\n4\n").unwrap();
    let error = extract(&settings, &["id"], directory.path()).unwrap_err();
    assert_names(&error, "records-3.csv", "not that of the first file");
}

proptest::proptest! {
    #[test]
    fn what_is_written_by_the_rules_is_read_back(
        rows in proptest::collection::vec(proptest::collection::vec("[a,\"\r\n\\\\é ]{0,6}", 3), 1..20),
    ) {
        let quote = |value: &String| format!("\"{}\"", value.replace('"', "\"\""));
        let mut file = "a,b,c\n".to_string();
        for row in &rows {
            file.push_str(&row.iter().map(quote).collect::<Vec<_>>().join(","));
            file.push('\n');
        }
        let extracted = read(file.as_bytes(), usual(), &["a", "b", "c"]).unwrap();
        let expected: Vec<Vec<RawValue>> =
            rows.iter().map(|row| row.iter().map(|value| text(value)).collect()).collect();
        proptest::prop_assert_eq!(extracted.rows, expected);
    }

    #[test]
    fn no_bytes_end_the_program(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let _ = read(&bytes, usual(), &["id"]);
        let utf16 = CsvSettings { characters: CharacterSet::Utf16Be, ..usual() };
        let _ = read(&bytes, utf16, &["id"]);
    }
}
