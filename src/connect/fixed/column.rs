//! Columns of a record of fixed width: where each is, and what its bytes are.

use crate::characters::{TextDecoder, set_text};
use crate::failure::fail;
use portcullis_model::reconciliation::connector::{
    CharacterSet, FieldTrim, FixedColumn, FixedMarker, FixedValue, FixedWidthSettings, PositionUnit,
    RecordLayout,
};
use portcullis_reconcile::source::{RawValue, SourceError};

/// Reads the columns of records.
pub(super) struct ColumnReader {
    columns: Vec<FixedColumn>,
    null_texts: Vec<String>,
    decoder: TextDecoder,
    unit: PositionUnit,
    /// The last position of any column.
    needed: usize,
}

/// Where the positions of one record are.
pub(super) enum Positions {
    /// A position is a byte.
    Bytes,
    /// The record's text, and where each of its characters begins.
    Characters(String, Vec<usize>),
    /// The record is no text.
    None,
}

impl ColumnReader {
    pub(super) fn new(settings: &FixedWidthSettings, place: &str) -> Result<Self, SourceError> {
        let refuse = |problem: String| Err(fail(place, problem, "Correct the columns in the policy."));
        let set = settings.characters;
        let is_utf16 = matches!(set, CharacterSet::Utf16Le | CharacterSet::Utf16Be);
        if is_utf16 && matches!(settings.records, RecordLayout::Lines(_)) {
            return refuse(
                "Lines of UTF-16 cannot be told from bytes; use a length of the record.".to_string(),
            );
        }
        for (at, column) in settings.columns.iter().enumerate() {
            let name = column.name.escape_debug();
            if column.first == 0 || column.length == 0 || settings.records == RecordLayout::Length(0) {
                return refuse(format!(
                    "The column `{name}` has no position: the first is 1, a length at least 1."
                ));
            }
            if settings.columns[..at].iter().any(|other| other.name == column.name) {
                return refuse(format!("Two columns have the name `{name}`."));
            }
            let is_coded = matches!(column.value, FixedValue::Packed { .. });
            if is_coded && settings.positions == PositionUnit::Characters && !set.is_single_byte() {
                return refuse(format!("The column `{name}` is packed, so its positions are bytes."));
            }
        }
        let needed = settings.columns.iter().map(|column| find_end(column.first, column.length)).max();
        let unit = if set.is_single_byte() { PositionUnit::Bytes } else { settings.positions };
        Ok(Self {
            columns: settings.columns.clone(),
            null_texts: settings.null_texts.clone(),
            decoder: TextDecoder::new(set),
            unit,
            needed: needed.unwrap_or(0),
        })
    }

    /// The number of a column.
    pub(super) fn find(&self, name: &str, place: &str) -> Result<usize, SourceError> {
        self.place_of(name).ok_or_else(|| {
            let problem = format!("There is no column `{}`.", name.escape_debug());
            fail(place, problem, "Name it, with its position and length, among the columns of the policy.")
        })
    }

    pub(super) fn place_of(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Where the positions of a record are. It has all of them.
    pub(super) fn find_positions(&self, record: &[u8], place: &str) -> Result<Positions, SourceError> {
        let (positions, found, unit) = match self.unit {
            PositionUnit::Bytes => (Positions::Bytes, record.len(), "bytes"),
            PositionUnit::Characters => match self.decoder.decode_bytes(record) {
                None => return Ok(Positions::None),
                Some(text) => {
                    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
                    let count = starts.len();
                    (Positions::Characters(text.into_owned(), starts), count, "characters")
                }
            },
        };
        if found >= self.needed {
            return Ok(positions);
        }
        let problem = format!("The record has {found} {unit}, and its columns need {}.", self.needed);
        Err(fail(
            place,
            problem,
            "Fetch the file again; its writer has to fill each record up to its length.",
        ))
    }

    /// Whether a header's or trailer's text is where it has to be.
    pub(super) fn has_mark(&self, record: &[u8], mark: &FixedMarker) -> bool {
        let is_bytes = self.unit == PositionUnit::Bytes && !self.decoder.set().is_single_byte();
        let length = if is_bytes { mark.text.len() } else { mark.text.chars().count() };
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        self.cut_text(record, mark.first, length).is_some_and(|text| text == mark.text)
    }

    /// The text at a place of a record, if it has one.
    pub(super) fn cut_text(&self, record: &[u8], first: u32, length: u32) -> Option<String> {
        let (start, end) = (usize::try_from(first).ok()?.checked_sub(1)?, find_end(first, length));
        match self.unit {
            PositionUnit::Bytes => Some(self.decoder.decode_bytes(record.get(start..end)?)?.into_owned()),
            PositionUnit::Characters => {
                let text = self.decoder.decode_bytes(record)?;
                let cut: String = text.chars().skip(start).take(end - start).collect();
                (cut.chars().count() == end - start).then_some(cut)
            }
        }
    }

    /// Writes the value of a column.
    pub(super) fn write_value(
        &self,
        number: usize,
        record: &[u8],
        positions: &Positions,
        value: &mut RawValue,
    ) {
        let Some(column) = self.columns.get(number) else { return };
        let start = usize::try_from(column.first).unwrap_or(usize::MAX).saturating_sub(1);
        let end = find_end(column.first, column.length);
        let decoded;
        let text = match positions {
            Positions::None => None,
            Positions::Characters(text, starts) => {
                let at = |number: usize| starts.get(number).copied().unwrap_or(text.len());
                text.get(at(start)..at(end))
            }
            Positions::Bytes => {
                let bytes = record.get(start..end).unwrap_or_default();
                if let FixedValue::Packed { scale } = column.value {
                    *value = read_packed(bytes, scale);
                    return;
                }
                decoded = self.decoder.decode_bytes(bytes);
                decoded.as_deref()
            }
        };
        let Some(text) = text else {
            *value =
                RawValue::Unreadable(format!("its bytes are no text in {}", self.decoder.set().as_str()));
            return;
        };
        let text = trim_field(text, column.trim);
        if self.null_texts.iter().any(|null| null == text) {
            *value = RawValue::Null;
            return;
        }
        match column.value {
            FixedValue::Digits { scale } => *value = read_digits(text.trim_matches(' '), scale),
            FixedValue::Zoned { scale } => *value = read_zoned(text.trim_matches(' '), scale),
            FixedValue::Text | FixedValue::Packed { .. } => set_text(value, text),
        }
    }
}

/// The position after the last one of a field, counted from 0.
fn find_end(first: u32, length: u32) -> usize {
    let end = u64::from(first) + u64::from(length) - 1;
    usize::try_from(end).unwrap_or(usize::MAX)
}

fn trim_field(text: &str, trim: FieldTrim) -> &str {
    match trim {
        FieldTrim::None => text,
        FieldTrim::Start => text.trim_start_matches(' '),
        FieldTrim::End => text.trim_end_matches(' '),
        FieldTrim::Both => text.trim_matches(' '),
    }
}

/// A decimal number of digits, the last `scale` of which are after the point.
fn place_point(negative: bool, digits: &str, scale: u8) -> RawValue {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return RawValue::Unreadable("it is no number of digits".to_string());
    }
    let scale = usize::from(scale);
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    let sign = if negative { "-" } else { "" };
    let point = if scale > 0 { "." } else { "" };
    RawValue::Decimal(format!("{sign}{whole}{point}{fraction}"))
}

fn read_digits(text: &str, scale: u8) -> RawValue {
    if text.is_empty() {
        return RawValue::Null;
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    place_point(text.starts_with('-'), digits, scale)
}

/// A zoned decimal as text: the last character holds the last digit and the sign. `{ABCDEFGHI` are
/// +0 to +9, `}JKLMNOPQR` -0 to -9, and `pqrstuvwxy` -0 to -9 where ASCII was punched.
fn read_zoned(text: &str, scale: u8) -> RawValue {
    const SIGNED: [(&str, bool); 4] =
        [("0123456789", false), ("{ABCDEFGHI", false), ("}JKLMNOPQR", true), ("pqrstuvwxy", true)];
    let Some(last) = text.chars().next_back() else { return RawValue::Null };
    let found = SIGNED.iter().find_map(|(digits, negative)| Some((digits.find(last)?, *negative)));
    match found {
        Some((digit, negative)) => {
            let before = &text[..text.len() - last.len_utf8()];
            place_point(negative, &format!("{before}{digit}"), scale)
        }
        None => RawValue::Unreadable("it is no zoned decimal".to_string()),
    }
}

/// Two digits a byte; the last half byte is the sign.
fn read_packed(bytes: &[u8], scale: u8) -> RawValue {
    let mut halves: Vec<u8> = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]).collect();
    let negative = match halves.pop() {
        Some(0xa | 0xc | 0xe | 0xf) => false,
        Some(0xb | 0xd) => true,
        _ => return RawValue::Unreadable("it is no packed decimal".to_string()),
    };
    if halves.iter().any(|half| *half > 9) {
        return RawValue::Unreadable("it is no packed decimal".to_string());
    }
    let digits: String = halves.iter().map(|half| char::from(b'0' + half)).collect();
    let digits = digits.trim_start_matches('0');
    place_point(negative, if digits.is_empty() { "0" } else { digits }, scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> RawValue {
        RawValue::Decimal(text.to_string())
    }

    #[test]
    fn numbers_of_mainframes() {
        assert_eq!(read_digits("-0001250", 2), decimal("-00012.50"));
        assert_eq!(read_digits("5", 2), decimal("0.05"));
        assert_eq!(read_digits("", 2), RawValue::Null);
        assert_eq!(read_zoned("0125{", 2), decimal("012.50"));
        assert_eq!(read_zoned("0125}", 2), decimal("-012.50"));
        assert_eq!(read_zoned("012N", 0), decimal("-0125"));
        assert_eq!(read_zoned("012u", 0), decimal("-0125"));
        assert_eq!(read_zoned("0125", 0), decimal("0125"));
        assert_eq!(read_packed(b"\x01\x25\x0c", 2), decimal("12.50"));
        assert_eq!(read_packed(b"\x01\x25\x0d", 2), decimal("-12.50"));
        assert_eq!(read_packed(b"\x0f", 0), decimal("0"));
    }

    #[test]
    fn what_is_no_number_is_unreadable() {
        for value in [
            read_digits("12A", 0),
            read_digits("1.2", 0),
            read_digits("-", 0),
            read_zoned("1*", 0),
            read_zoned("A1", 0),
            read_packed(b"\x12\x34", 0),
            read_packed(b"\x40\x40", 0),
            read_packed(b"\xa1\x2c", 0),
            read_packed(b"", 0),
        ] {
            assert!(matches!(value, RawValue::Unreadable(_)), "{value:?}");
        }
    }
}
