//! Bytes to text, by the character set that the policy states.

mod ebcdic;

use encoding_rs::Encoding;
use portcullis_model::reconciliation::connector::CharacterSet;
use portcullis_reconcile::source::RawValue;
use std::borrow::Cow;

pub(crate) use ebcdic::CodePage;

/// Decodes bytes of one character set.
pub(crate) struct TextDecoder {
    set: CharacterSet,
    way: Way,
}

enum Way {
    Utf8,
    /// Each byte is the character of its number.
    Latin1,
    Page(Box<CodePage>),
    /// `strict`: C1 control characters come from bytes without a character.
    Known {
        encoding: &'static Encoding,
        strict: bool,
    },
}

impl TextDecoder {
    pub(crate) fn new(set: CharacterSet) -> Self {
        let way = match set {
            CharacterSet::Utf8 => Way::Utf8,
            CharacterSet::Latin1 => Way::Latin1,
            _ => match ebcdic::build_code_page(set) {
                Some(page) => Way::Page(Box::new(page)),
                None => {
                    Way::Known { encoding: find_encoding(set), strict: set.as_str().starts_with("windows") }
                }
            },
        };
        Self { set, way }
    }

    pub(crate) const fn set(&self) -> CharacterSet {
        self.set
    }

    /// The code page, where the set is EBCDIC.
    pub(crate) fn page(&self) -> Option<&CodePage> {
        match &self.way {
            Way::Page(page) => Some(page),
            _ => None,
        }
    }

    /// The text of bytes; `None` where they are no text of this character set.
    pub(crate) fn decode_bytes<'b>(&self, bytes: &'b [u8]) -> Option<Cow<'b, str>> {
        match &self.way {
            Way::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Way::Latin1 => Some(match std::str::from_utf8(bytes) {
                Ok(text) if text.is_ascii() => Cow::Borrowed(text),
                _ => bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into(),
            }),
            Way::Page(page) => Some(bytes.iter().map(|byte| page[usize::from(*byte)]).collect()),
            Way::Known { encoding, strict } => {
                let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
                let is_gap = |c: char| ('\u{80}'..='\u{9f}').contains(&c);
                (!strict || !text.contains(is_gap)).then_some(text)
            }
        }
    }

    /// The text of bytes, with U+FFFD for what is no text.
    #[cfg(feature = "jsonl")]
    pub(crate) fn decode_lossy<'b>(&self, bytes: &'b [u8]) -> Cow<'b, str> {
        match (&self.way, self.decode_bytes(bytes)) {
            (_, Some(text)) => text,
            (Way::Known { encoding, strict }, None) => {
                let text = encoding.decode_without_bom_handling(bytes).0;
                let is_gap = |c: char| *strict && ('\u{80}'..='\u{9f}').contains(&c);
                text.replace(is_gap, "\u{fffd}").into()
            }
            _ => String::from_utf8_lossy(bytes),
        }
    }

    /// Writes the text of bytes into a value, or that they are none.
    pub(crate) fn write_value(&self, bytes: &[u8], value: &mut RawValue) {
        match self.decode_bytes(bytes) {
            Some(text) => set_text(value, &text),
            None => *value = RawValue::Unreadable(format!("its bytes are no text in {}", self.set.as_str())),
        }
    }
}

/// Makes a value this text, in the memory that it has already.
pub(crate) fn set_text(value: &mut RawValue, text: &str) {
    if let RawValue::Text(old) = value {
        old.clear();
        old.push_str(text);
    } else {
        *value = RawValue::Text(text.to_string());
    }
}

/// The encoding of a set that is neither UTF-8, ISO 8859-1 nor EBCDIC.
pub(crate) fn find_encoding(set: CharacterSet) -> &'static Encoding {
    match set {
        CharacterSet::Utf16Le => encoding_rs::UTF_16LE,
        CharacterSet::Utf16Be => encoding_rs::UTF_16BE,
        CharacterSet::Latin2 => encoding_rs::ISO_8859_2,
        CharacterSet::Latin9 => encoding_rs::ISO_8859_15,
        CharacterSet::Windows1250 => encoding_rs::WINDOWS_1250,
        CharacterSet::Windows1251 => encoding_rs::WINDOWS_1251,
        CharacterSet::Windows1252 => encoding_rs::WINDOWS_1252,
        CharacterSet::Windows1253 => encoding_rs::WINDOWS_1253,
        CharacterSet::Windows1254 => encoding_rs::WINDOWS_1254,
        CharacterSet::Windows1257 => encoding_rs::WINDOWS_1257,
        CharacterSet::Koi8R => encoding_rs::KOI8_R,
        CharacterSet::ShiftJis => encoding_rs::SHIFT_JIS,
        CharacterSet::EucJp => encoding_rs::EUC_JP,
        CharacterSet::EucKr => encoding_rs::EUC_KR,
        CharacterSet::Gb18030 => encoding_rs::GB18030,
        CharacterSet::Big5 => encoding_rs::BIG5,
        CharacterSet::Utf8
        | CharacterSet::Latin1
        | CharacterSet::Ibm037
        | CharacterSet::Ibm500
        | CharacterSet::Ibm1047
        | CharacterSet::Ibm1140 => encoding_rs::UTF_8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(set: CharacterSet, bytes: &[u8]) -> Option<String> {
        TextDecoder::new(set).decode_bytes(bytes).map(Cow::into_owned)
    }

    #[test]
    fn the_same_name_in_each_character_set() {
        for (set, bytes) in [
            (CharacterSet::Utf8, &b"Zo\xc3\xab"[..]),
            (CharacterSet::Latin1, b"Zo\xeb"),
            (CharacterSet::Latin9, b"Zo\xeb"),
            (CharacterSet::Windows1252, b"Zo\xeb"),
            (CharacterSet::Utf16Le, b"Z\0o\0\xeb\0"),
            (CharacterSet::Utf16Be, b"\0Z\0o\0\xeb"),
            (CharacterSet::Ibm037, b"\xe9\x96\x53"),
            (CharacterSet::Ibm500, b"\xe9\x96\x53"),
            (CharacterSet::Ibm1047, b"\xe9\x96\x53"),
        ] {
            assert_eq!(decode(set, bytes).as_deref(), Some("Zoë"), "{}", set.as_str());
        }
    }

    #[test]
    fn bytes_without_a_character_are_no_text() {
        assert_eq!(decode(CharacterSet::Utf8, b"Zo\xeb"), None);
        assert_eq!(decode(CharacterSet::Utf8, b"\xed\xa0\x80"), None, "a surrogate");
        assert_eq!(decode(CharacterSet::Windows1252, b"\x81"), None);
        assert_eq!(decode(CharacterSet::Utf16Le, b"\x00\xd8"), None, "half a pair");
        assert_eq!(decode(CharacterSet::Utf16Le, b"Z"), None, "half a unit");
        assert_eq!(decode(CharacterSet::ShiftJis, b"\x82"), None);
    }

    #[test]
    fn the_euro_sign_tells_relatives_apart() {
        assert_eq!(decode(CharacterSet::Windows1252, b"\x80").as_deref(), Some("€"));
        assert_eq!(decode(CharacterSet::Latin9, b"\xa4").as_deref(), Some("€"));
        assert_eq!(decode(CharacterSet::Ibm1140, b"\x9f").as_deref(), Some("€"));
        assert_eq!(
            decode(CharacterSet::Latin1, b"\x80").as_deref(),
            Some("\u{80}"),
            "no windows-1252 in disguise"
        );
    }

    #[test]
    fn each_set_has_one_name() {
        for (set, name) in CharacterSet::ALL {
            assert_eq!((CharacterSet::from_name(name), set.as_str()), (Some(set), name));
        }
    }
}
