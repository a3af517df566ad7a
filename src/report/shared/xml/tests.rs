//! What the reader hands on, and what it refuses.

use super::*;
use crate::error::{ContentError, ReportError};
use crate::input::Input;
use proptest::prelude::*;

/// Writes down what it is told.
#[derive(Default)]
struct Told(Vec<String>);

impl ContentHandler for Told {
    fn start(&mut self, element: &Element<'_>) -> Result<(), ContentError> {
        let attributes = element.attributes.iter().map(|(name, value)| format!(" {name}={value}"));
        self.0.push(format!("<{}{}", element.name, attributes.collect::<String>()));
        if element.name == "forbidden" { Err("it is forbidden".into()) } else { Ok(()) }
    }

    fn end(&mut self) -> Result<(), ContentError> {
        self.0.push(">".into());
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), ContentError> {
        self.0.push(text.into());
        Ok(())
    }
}

fn told_within(text: &str, limits: XmlLimits) -> Result<String, ReportError> {
    let mut told = Told::default();
    read(Input::Whole(text.as_bytes()), &["a"], limits, &mut told)?;
    Ok(told.0.join("|"))
}

fn told(text: &str) -> Result<String, String> {
    told_within(text, LIMITS).map_err(|error| error.message)
}

#[test]
fn elements_attributes_and_text_are_told_in_their_order() {
    assert_eq!(
        told("<x:A B='1' c=\"&lt;&#65;\">t&amp;<![CDATA[<raw>]]><b/></x:A>\n<!-- end -->"),
        Ok("<a b=1 c=<A|t|&|<raw>|<b|>|>".into())
    );
    assert_eq!(told("\u{feff}<?xml version='1.0'?><a/>"), Ok("<a|>".into()));
}

#[test]
fn attributes_are_found_by_name() {
    let attributes = [("empty", ""), ("full", "x")];
    let element = Element { name: "a", attributes: &attributes };
    assert_eq!((element.attribute("empty"), element.value("empty")), (Some(""), None));
    assert_eq!((element.value("full"), element.value("none")), (Some("x"), None));
}

#[test]
fn an_error_of_the_content_has_its_line() {
    let error = told_within("<a>\n<b/>\n<forbidden/></a>", LIMITS).unwrap_err();
    assert_eq!(error, ReportError { line: Some(3), message: "it is forbidden".into() });
}

#[test]
fn what_is_not_one_whole_document_is_refused() {
    for text in [
        "",
        "<a>",
        "<a",
        "<a></b>",
        "<a/><a/>",
        "<a/>x",
        "x<a/>",
        "<b/>",
        "<a b='1' b='2'/>",
        "<a B='1' b='2'/>",
        "<a b='&lt;' c='1' b='2'/>",
        "<a b=1/>",
        "<a b/>",
        "<a b='&c;'/>",
        "<a>&c;</a>",
        "<a b='&#27;'/>",
        "<a/><?xml version='1.0'?>",
        "<?xml version='1.0'?><?xml version='1.0'?><a/>",
        "<!DOCTYPE a><a/>",
        "</a>",
        "<a/></a>",
    ] {
        assert!(told(text).is_err(), "{text}");
    }
}

#[test]
fn values_are_as_they_are_meant_wherever_their_neighbours_need_care() {
    assert_eq!(
        told("<a b='\u{e9}' c='&#xe9;' D='x\ty\nz' e='\r\n'/>"),
        Ok("<a b=é c=é d=x y z e= |>".into())
    );
    assert_eq!(told("<a\tb='1'\n c='2'/>"), Ok("<a b=1 c=2|>".into()));
    assert!(told("<a b='plain' c='&#7;'/>").is_err());
    assert!(told("<a c='&nothing;' b='plain'/>").is_err());
}

#[test]
fn limits_refuse_and_never_cut() {
    let limits = XmlLimits { depth: 2, attributes: 2, attribute: 3, ..LIMITS };
    let told = |text: &str| told_within(text, limits).map_err(|error| error.message);
    assert!(told("<a b='123' c=''><d/></a>").is_ok());
    assert_eq!(told("<a><b><c/></b></a>"), Err("elements nest deeper than 2".into()));
    assert_eq!(told("<a b='1234'/>"), Err("an attribute is longer than 3 bytes".into()));
    assert_eq!(told("<a b='' c='' d=''/>"), Err("an element has more than 2 attributes".into()));
}

#[test]
fn a_document_type_may_be_named_where_a_format_has_one_and_declares_nothing() {
    let limits = XmlLimits { document_type: true, ..LIMITS };
    let told = |text: &str| told_within(text, limits);
    assert!(told("<!DOCTYPE a SYSTEM 'http://example.test/a.dtd'><a/>").is_ok());
    assert!(told("<!DOCTYPE a PUBLIC '-//x' 'http://example.test/a.dtd'>\n<a/>").is_ok());
    for text in [
        "<!DOCTYPE a [<!ENTITY b 'x'>]><a/>",
        "<!DOCTYPE a SYSTEM 'x' [<!ENTITY b SYSTEM 'file:///etc/hostname'>]><a>&b;</a>",
        "<!DOCTYPE a SYSTEM 'x'><a>&b;</a>",
        "<a/><!DOCTYPE a>",
        "<a><!DOCTYPE a></a>",
    ] {
        assert!(told(text).is_err(), "{text}");
    }
}

#[test]
fn what_a_program_printed_may_hold_any_character_and_names_may_not() {
    for text in [
        "<a>\u{1b}[31mred\u{1b}[0m \0 \u{ffff}</a>",
        "<a><![CDATA[\u{1b}[31mred\u{8}]]></a>",
        "<a>&#27;[31m &#x1B; &#0; &#xFFFF; &#55357;</a>",
        "<a message='\u{1b}[31m' b='\u{e9}'/>",
        "<a message='&#27;[31m &#0; &amp;' b='1'/>",
        "<a b='1&amp;2'>\u{7}</a>",
    ] {
        assert!(told(text).is_ok(), "{text:?}: {:?}", told(text));
        let strict = XmlLimits { control_characters: false, ..LIMITS };
        assert!(told_within(text, strict).is_err(), "{text:?}");
    }
    for (text, said) in [
        ("<a name='x\u{1b}y'/>", "`name` of `a` holds the control character U+001B; only output may"),
        ("<a name='&#7;'/>", "`name` of `a` holds the control character U+0007; only output may"),
        ("<a message='' b='&amp;\u{1}'/>", "`b` of `a` holds the control character U+0001; only output may"),
    ] {
        assert_eq!(told(text), Err(said.into()), "{text:?}");
    }
    for text in ["<a>\u{1b}<b/></a>", "<a><b/>\u{1b}</a>", "<a><b/>&#27;</a>", "<a>&#0;<b/></a>"] {
        assert_eq!(told(text), Err(BETWEEN.into()), "{text:?}");
    }
    for text in [
        "<a name='&#0;'/>",
        "<a>\u{1b}</a>\u{1b}",
        "<a\u{1b}/>",
        "<a \u{1b}='1'/>",
        "<a>&#;</a>",
        "<a>&#x;</a>",
        "<a>&#y;</a>",
    ] {
        assert!(told(text).is_err(), "{text:?}");
    }
}

#[test]
fn the_root_is_seen_in_every_encoding() {
    let utf16: Vec<u8> = "\u{feff}<?xml version='1.0'?><!-- x --><y:Root a='1'>"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    assert_eq!(root(&utf16).as_deref(), Some("root"));
    assert_eq!(root("\u{feff}<Root/>".as_bytes()).as_deref(), Some("root"));
    assert_eq!(root(b"{}"), None);
    assert_eq!(root(b"<root"), None);
}

/// An attribute that has to be read with care must change nothing about its neighbours.
fn attributes() -> impl Strategy<Value = Vec<(String, String)>> {
    let value = proptest::string::string_regex("[ a-z\u{e9}\u{20ac}.<>/;-]{0,12}").unwrap();
    let pairs = proptest::collection::btree_map("[a-d]{1,3}", value, 0..6);
    pairs.prop_map(|pairs| pairs.into_iter().map(|(name, value)| (name, value.replace('<', ""))).collect())
}

proptest! {
    #[test]
    fn the_quick_way_and_the_careful_one_tell_the_same(pairs in attributes()) {
        let plain: String = pairs.iter().map(|(name, value)| format!(" {name}=\"{value}\"")).collect();
        let quick = told(&format!("<a{plain}/>"));
        for care in [" zz='&amp;'", " zz='\t'", " ZZ='1'"] {
            let careful = told(&format!("<a{plain}{care}/>")).unwrap();
            let (same, _) = careful.rsplit_once(" zz=").unwrap();
            prop_assert_eq!(&format!("{same}|>"), quick.as_ref().unwrap());
        }
    }
}
