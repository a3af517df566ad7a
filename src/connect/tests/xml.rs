//! XML: paths, texts, and what is not accepted.

use super::reading::{Extracted, assert_names, extract_file, text, texts};
use portcullis_model::reconciliation::ConnectorSettings;
use portcullis_model::reconciliation::connector::{CharacterSet, InputFiles, XmlSettings};
use portcullis_reconcile::source::{RawValue, SourceError};

fn usual() -> XmlSettings {
    XmlSettings {
        files: InputFiles::matching("batch*.xml"),
        characters: CharacterSet::Utf8,
        record: "record".to_string(),
        count: None,
    }
}

fn read(bytes: &[u8], settings: XmlSettings, columns: &[&str]) -> Result<Extracted, SourceError> {
    extract_file(&ConnectorSettings::Xml(settings), "batch.xml", bytes, columns)
}

#[test]
fn values_are_found_by_their_path() {
    let bytes = b"\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?>\n<!-- c --><p:batch xmlns:p='u'>\n\
        <p:record id='1&#x41;&amp;&#10;\n2'><name>A &lt; <![CDATA[<B>&amp;]]>\r\n&#233;</name>\
        <who code='x'><born>2020</born></who></p:record>\n\
        <p:record id=''><name/><who xsi:nil='true' xmlns:xsi='v'/>text</p:record><other><name>no</name></other></p:batch>\n";
    let columns = ["@id", "name", "who/born", "who/@code", "."];
    let rows = read(bytes, usual(), &columns).unwrap().rows;
    let first = vec![text("1A&\n 2"), text("A < <B>&amp;\né"), text("2020"), text("x"), text("")];
    let second = vec![text(""), text(""), RawValue::Null, RawValue::Null, text("text")];
    assert_eq!(rows, [first, second]);
    let whole =
        read(b"<r><record>a</record><record><b>x</b></record></r>", usual(), &[".", "b"]).unwrap().rows;
    assert_eq!(whole, [[text("a"), RawValue::Null], [text(""), text("x")]]);
    let nil = read(b"<r><record><a x:nil='true'/><b>1</b></record></r>", usual(), &["a", "b"]).unwrap().rows;
    assert_eq!(nil, [[RawValue::Null, text("1")]]);
}

#[test]
fn a_value_that_is_there_twice_or_in_parts_is_unreadable() {
    let bytes =
        b"<r><record><a>1</a><a>1</a><b>x<c/>y</b><d><e>1</e></d><d><e>2</e></d><f>1</f></record></r>";
    let rows = read(bytes, usual(), &["a", "b", "d/e", "f"]).unwrap().rows;
    assert!(rows[0][..3].iter().all(|value| matches!(value, RawValue::Unreadable(_))), "{rows:?}");
    assert_eq!(rows[0][3], text("1"));
    let rows = read(b"<r><record><a>Zo\xeb</a><b>1</b></record></r>", usual(), &["a", "b"]).unwrap().rows;
    assert!(matches!(rows[0][0], RawValue::Unreadable(_)) && rows[0][1] == text("1"), "{rows:?}");
}

#[test]
fn character_sets_are_stated_and_held_against_the_declaration() {
    let latin = XmlSettings { characters: CharacterSet::Latin1, ..usual() };
    let bytes = b"<?xml version='1.0' encoding='ISO-8859-1'?><r><record><a b='\xeb'>Zo\xeb</a></record></r>";
    assert_eq!(read(bytes, latin.clone(), &["a", "a/@b"]).unwrap().rows, texts(&[&["Zoë", "ë"]]));
    assert_names(
        &read(bytes, usual(), &["a"]).unwrap_err(),
        ":1",
        "declares iso-8859-1, and the policy states utf-8",
    );
    let wrong = b"<?xml version='1.0' encoding='windows-1252'?><r/>";
    assert_names(&read(wrong, latin, &["a"]).unwrap_err(), ":1", "declares windows-1252");
    let utf16 = XmlSettings { characters: CharacterSet::Utf16Le, ..usual() };
    let document = "\u{feff}<?xml version='1.0' encoding='UTF-16'?><r><record><a>Zoë</a></record></r>";
    let bytes: Vec<u8> = document.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read(&bytes, utf16, &["a"]).unwrap().rows, texts(&[&["Zoë"]]));
}

#[test]
fn a_count_is_held_against_the_records() {
    let settings = XmlSettings { count: Some("batch/header/records".to_string()), ..usual() };
    let file =
        |count: &str| format!("<batch><header><records>{count}</records></header><record/><record/></batch>");
    let read_file = |count: &str| read(file(count).as_bytes(), settings.clone(), &["a"]);
    assert_eq!(read_file(" 2 ").unwrap().announced, Some(2));
    assert_names(&read_file("3").unwrap_err(), "batch.xml", "3 records were announced here, and 2 were read");
    assert_names(&read_file("").unwrap_err(), "batch.xml", "no whole number");
    assert_names(&read(b"<batch/>", settings, &["a"]).unwrap_err(), "batch.xml", "no whole number");
    let attribute = XmlSettings { count: Some("batch/@records".to_string()), ..usual() };
    let bytes = b"<batch records='1'><record/></batch>";
    assert_eq!(read(bytes, attribute, &["a"]).unwrap().announced, Some(1));
}

#[test]
fn a_file_that_was_cut_is_never_a_short_source() {
    let whole = b"<batch>\n<record id='1'><a>x</a></record>\n<record id='2'/>\n</batch>";
    assert_eq!(read(whole, usual(), &["@id"]).unwrap().rows.len(), 2);
    for length in 0..whole.len() {
        assert!(read(&whole[..length], usual(), &["@id"]).is_err(), "cut after {length} bytes");
    }
}

#[test]
fn what_hides_or_pulls_in_content_is_refused() {
    for (bytes, problem) in [
        (
            &b"<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><r><record>&x;</record></r>"[..],
            "document type",
        ),
        (b"<r><record>&x;</record></r>", "entity"),
        (b"<r><record a='&x;'/></r>", "entity"),
        (b"<r><record>&#0;</record></r>", "entity"),
        (b"<r><record/></r><r><record/></r>", "second document"),
        (b"<r><record/></r>SECRET", "outside the one element"),
        (b"<r><record><record/></record></r>", "within a record"),
        (b"<r><record></r></record>", "no well-formed XML"),
        (b"<r><record a='1' a='2'/></r>", "not well-formed"),
        (b"", "ends before"),
    ] {
        assert_names(&read(bytes, usual(), &["."]).unwrap_err(), "batch.xml:1", problem);
    }
    let deep = "<a>".repeat(300);
    assert_names(&read(deep.as_bytes(), usual(), &["."]).unwrap_err(), ":1", "nested");
    for path in ["", "a//b", "/a", "a[1]", "@", "a b"] {
        assert_names(&read(b"<r/>", usual(), &[path]).unwrap_err(), "batch", "no path of elements");
    }
}

#[test]
fn a_record_is_bounded() {
    let files = InputFiles { pattern: "batch.xml".to_string(), longest_record: 70_000 };
    let settings = XmlSettings { files, ..usual() };
    let long = [b"<r>\n<record><a>".to_vec(), vec![b'x'; 300_000], b"</a></record></r>".to_vec()].concat();
    assert_names(
        &read(&long, settings.clone(), &["a"]).unwrap_err(),
        "batch.xml:2",
        "longer than 70000 bytes",
    );
    let many = format!("<r>\n<record>{}</record></r>", "<b/>".repeat(50_000));
    assert_names(
        &read(many.as_bytes(), settings.clone(), &["a"]).unwrap_err(),
        ":2",
        "longer than 70000 bytes",
    );
    let honest = format!("<r>{}</r>", "<record><a>x</a></record>\n".repeat(20_000));
    assert_eq!(read(honest.as_bytes(), settings, &["a"]).unwrap().rows.len(), 20_000);
}

proptest::proptest! {
    #[test]
    fn no_bytes_end_the_program(bytes in "[<>/a='\"&;!\\[\\]record?#x \n-]{0,80}") {
        let _ = read(bytes.as_bytes(), usual(), &["a", "."]);
        let _ = read(format!("<r><record>{bytes}</record></r>").as_bytes(), usual(), &["a", "."]);
    }
}
