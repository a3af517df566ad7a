//! The table of values: what each rule makes of what systems give, and the traps of the field.

use super::*;
use RawValue::{Boolean, Bytes, Date, Decimal, Float, Integer, LocalTime, Null, Text, Unreadable};
use jiff::civil::{date, datetime};
use proptest::prelude::*;

fn field(rule: FieldRule) -> DatasetField {
    DatasetField { name: "f".into(), source: "s".into(), target: "t".into(), rule }
}

fn show(rule: &FieldRule, value: RawValue) -> Result<Option<String>, String> {
    CanonicalField::new(&field(rule.clone())).unwrap().show(&value).map_err(|error| error.why)
}

fn text(value: &str) -> RawValue {
    Text(value.to_string())
}

fn decimal(value: &str) -> RawValue {
    Decimal(value.to_string())
}

/// Each value has this canonical text; `"NULL"` and `"!"` are NULL and incomparable.
fn assert_table(rule: FieldRule, table: &[(RawValue, &str)]) {
    for (value, expected) in table {
        let found = match show(&rule, value.clone()) {
            Ok(Some(text)) => text,
            Ok(None) => "NULL".to_string(),
            Err(_) => "!".to_string(),
        };
        assert_eq!(found, *expected, "{rule:?} of {value:?}");
    }
}

fn char_column() -> FieldRule {
    FieldRule::Text { trim_end: true, empty_is_null: true }
}

fn exact_text() -> FieldRule {
    FieldRule::Text { trim_end: false, empty_is_null: false }
}

#[test]
fn texts() {
    assert_table(
        exact_text(),
        &[
            (text(""), ""),
            (text("  a "), "  a "),
            (Null, "NULL"),
            (text("e\u{301}"), "é"),
            (text("\u{1e9b}\u{323}"), "\u{1e9b}\u{323}"),
            (text("\u{feff}a"), "\u{feff}a"),
            (text("\u{fb01}"), "\u{fb01}"),
            (text("İ"), "İ"),
            (Integer(-7), "-7"),
            (decimal("1.50"), "!"),
            (Float(1.0), "!"),
            (Boolean(true), "!"),
            (Bytes(vec![65]), "!"),
            (Date(date(2020, 1, 31)), "!"),
            (Unreadable("bytes that are no text".into()), "!"),
        ],
    );
    assert_table(
        char_column(),
        &[
            (text("a  "), "a"),
            (text("  a"), "  a"),
            (text("a\t "), "a\t"),
            (text("a\u{a0}"), "a\u{a0}"),
            (text("   "), "NULL"),
            (text(""), "NULL"),
        ],
    );
    let trimmed = FieldRule::Text { trim_end: true, empty_is_null: false };
    assert_table(trimmed, &[(text("   "), ""), (text(""), ""), (Null, "NULL")]);
}

#[test]
fn decimals() {
    assert_table(
        FieldRule::Decimal { scale: 2 },
        &[
            (Integer(7), "7.00"),
            (Integer(i128::MIN), "-170141183460469231731687303715884105728.00"),
            (decimal("9007199254740993"), "9007199254740993.00"),
            (text("007.5"), "7.50"),
            (text(" 12 "), "12.00"),
            (text(".5"), "0.50"),
            (text("5."), "5.00"),
            (text("+5"), "5.00"),
            (text("-0"), "0.00"),
            (text("-0.000"), "0.00"),
            (Float(-0.0), "0.00"),
            (text("1e3"), "1000.00"),
            (text("1E-2"), "0.01"),
            (text("12.340000"), "12.34"),
            (text("0.1e1"), "1.00"),
            (text("100e-4"), "0.01"),
            (text("1e-3"), "!"),
            (text("12.345"), "!"),
            (text("0.001e1"), "0.01"),
            (text(""), "NULL"),
            (text("  "), "NULL"),
            (Null, "NULL"),
            (decimal(""), "!"),
            (text("."), "!"),
            (text("-"), "!"),
            (text("1,000"), "!"),
            (text("1.2.3"), "!"),
            (text("1e"), "!"),
            (text("1e99999"), "!"),
            (text("0x10"), "!"),
            (text("NaN"), "!"),
            (text("Infinity"), "!"),
            (text("−5"), "!"),
            (text("٣"), "!"),
            (text("5 "), "5.00"),
            (text("5\u{a0}"), "!"),
            (Boolean(true), "!"),
        ],
    );
    assert_table(
        FieldRule::Decimal { scale: 0 },
        &[(text("00"), "0"), (text("-12"), "-12"), (text("1.0"), "1")],
    );
}

#[test]
fn floats_that_are_certainly_a_decimal_number_and_others() {
    assert_table(
        FieldRule::Decimal { scale: 5 },
        &[
            (Float(0.1), "0.10000"),
            (Float(1e3), "1000.00000"),
            (Float(-2.5), "-2.50000"),
            (Float(0.1 + 0.2), "!"),
            (Float(f64::from(0.1_f32)), "!"),
            (Float(9_007_199_254_740_992.0), "!"),
            (Float(1e22), "!"),
            (Float(123_456_789_012_345.0), "123456789012345.00000"),
            (Float(f64::NAN), "!"),
            (Float(f64::INFINITY), "!"),
        ],
    );
}

#[test]
fn days() {
    assert_table(
        FieldRule::Date { format: String::new() },
        &[
            (Date(date(2020, 2, 29)), "2020-02-29"),
            (text("2020-02-29"), "2020-02-29"),
            (text("2020-02-29   "), "2020-02-29"),
            (text("2019-02-29"), "!"),
            (text("0000-00-00"), "!"),
            (text("0000-01-01"), "!"),
            (Date(date(0, 1, 1)), "!"),
            (Date(date(1, 1, 1)), "0001-01-01"),
            (text("9999-12-31"), "9999-12-31"),
            (text("10000-01-01"), "!"),
            (text("2020-02-29T00:00:00"), "!"),
            (text("2020-02-29T23:59"), "!"),
            (text("20200229"), "!"),
            (LocalTime(datetime(2020, 2, 29, 0, 0, 0, 0)), "2020-02-29"),
            (LocalTime(datetime(2020, 2, 29, 0, 0, 1, 0)), "!"),
            (text("infinity"), "!"),
            (Integer(20_200_229), "!"),
            (text(""), "NULL"),
        ],
    );
    assert_table(
        FieldRule::Date { format: "%Y%m%d".into() },
        &[
            (text("20200229"), "2020-02-29"),
            (Integer(20_200_229), "2020-02-29"),
            (text("20200230"), "!"),
            (text("00000000"), "!"),
            (text("        "), "NULL"),
        ],
    );
    let british = FieldRule::Date { format: "%d/%m/%Y".into() };
    assert_table(british, &[(text("29/02/2020"), "2020-02-29"), (text("02/29/2020"), "!")]);
}

#[test]
fn points_in_time() {
    let london = FieldRule::Instant { zone: Some("Europe/London".into()), digits: 3, format: String::new() };
    assert_table(
        london,
        &[
            (text("2020-01-31T12:00:00Z"), "2020-01-31T12:00:00.000Z"),
            (text("2020-01-31 12:00:00.1239"), "2020-01-31T12:00:00.123Z"),
            (text("2020-07-31 12:00:00"), "2020-07-31T11:00:00.000Z"),
            (text("2020-07-31T12:00:00+05:30"), "2020-07-31T06:30:00.000Z"),
            (LocalTime(datetime(2020, 7, 31, 12, 0, 0, 0)), "2020-07-31T11:00:00.000Z"),
            // Clocks were set back at 02:00: 01:30 is there twice. With the offset it is once.
            (text("2020-10-25 01:30:00"), "!"),
            (text("2020-10-25 01:30:00+01:00"), "2020-10-25T00:30:00.000Z"),
            // And forward at 01:00: 01:30 is never.
            (text("2020-03-29 01:30:00"), "!"),
            (text("2016-12-31T23:59:60Z"), "!"),
            (text("2020-01-31T24:00:00Z"), "!"),
            (text("2020-01-31"), "!"),
            (text("0000-00-00 00:00:00"), "!"),
            (text("1969-12-31T23:59:59.9999Z"), "1969-12-31T23:59:59.999Z"),
            (text("2020-01-31T12:00:00+00:00[Europe/Paris]"), "!"),
            (Date(date(2020, 1, 31)), "!"),
            (Integer(1_580_472_000), "!"),
            (text(" "), "NULL"),
        ],
    );
    let placeless = FieldRule::Instant { zone: None, digits: 0, format: String::new() };
    assert_table(
        placeless,
        &[
            (text("2020-01-31 12:00:00"), "!"),
            (text("2020-01-31 12:00:00Z"), "2020-01-31T12:00:00Z"),
            (LocalTime(datetime(2020, 1, 31, 12, 0, 0, 0)), "!"),
            (RawValue::Instant("2020-01-31T12:00:00.9Z".parse().unwrap()), "2020-01-31T12:00:00Z"),
        ],
    );
    let epoch = FieldRule::Instant { zone: None, digits: 0, format: "%s".into() };
    assert_table(epoch, &[(Integer(1_580_472_000), "2020-01-31T12:00:00Z"), (text("x"), "!")]);
    let packed = FieldRule::Instant { zone: Some("UTC".into()), digits: 0, format: "%Y%m%d%H%M%S".into() };
    assert_table(
        packed,
        &[
            (text("20200131120000"), "2020-01-31T12:00:00Z"),
            (text("20200131126000"), "!"),
            (text("20161231235960"), "!"),
            (text("20160601005959"), "2016-06-01T00:59:59Z"),
        ],
    );
}

#[test]
fn booleans() {
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_table(
        FieldRule::Boolean { truths: words(&["1", "Y", "t"]), falsehoods: words(&["0", "N", "f"]) },
        &[
            (Boolean(true), "1"),
            (Integer(0), "0"),
            (Integer(-1), "!"),
            (text("Y"), "1"),
            (text("N "), "0"),
            (text("y"), "!"),
            (text(""), "NULL"),
            (Bytes(vec![1]), "!"),
            (Float(1.0), "!"),
        ],
    );
}

#[test]
fn bytes() {
    assert_table(
        FieldRule::Bytes { encoding: BytesEncoding::Hexadecimal },
        &[
            (text("\\x00fF"), "00ff"),
            (text("0x00ff"), "00ff"),
            (text("00FF"), "00ff"),
            (text("0"), "!"),
            (text("zz"), "!"),
            (text("é"), "!"),
            (text(""), ""),
            (Bytes(vec![0, 255]), "00ff"),
            (Integer(1), "!"),
        ],
    );
    assert_table(
        FieldRule::Bytes { encoding: BytesEncoding::Base64 },
        &[(text("AP8="), "00ff"), (text("AP8"), "!"), (text("AP 8="), "!")],
    );
    assert_table(FieldRule::Bytes { encoding: BytesEncoding::Utf8 }, &[(text("e\u{301}"), "65cc81")]);
}

#[test]
fn forms_of_different_rows_differ_though_their_parts_join_to_the_same_text() {
    let two = |name: &str| DatasetField { name: name.into(), ..field(exact_text()) };
    let fields = CanonicalFields::new(&[two("a"), two("b")]).unwrap();
    let form = |first: RawValue, second: RawValue| {
        let mut out = Vec::new();
        fields.write(&[first, second], &mut out).unwrap();
        out
    };
    assert_ne!(form(text("xy"), text("z")), form(text("x"), text("yz")));
    assert_ne!(form(Null, text("")), form(text(""), Null));
    assert_ne!(form(Null, Null), form(text(""), text("")));
    assert_ne!(form(text("NULL"), Null), form(Null, text("NULL")));
}

#[test]
fn the_canonical_form_is_these_bytes_in_every_release() {
    let fields =
        CanonicalFields::new(&[field(exact_text()), field(FieldRule::Decimal { scale: 1 })]).unwrap();
    let mut out = Vec::new();
    assert_eq!(fields.write(&[text("a"), Null], &mut out), Ok(Some(1)));
    let expected = b"portcullis canonical \0\0\0\x01\0\0\0\x01fT\0\0\0\x01a\0\0\0\x01f0\0\0\0\0";
    assert_eq!(out, expected);
    let fault = fields.write(&[Float(1.0), Integer(1)], &mut out).unwrap_err();
    assert_eq!(fault.to_string(), "f: the rule needs text, and the system gives a floating-point number");
}

#[test]
fn rules_that_cannot_be_followed_are_refused_with_what_to_write() {
    let instant = |zone: &str, digits, format: &str| FieldRule::Instant {
        zone: Some(zone.into()),
        digits,
        format: format.into(),
    };
    for (rule, expected) in [
        (FieldRule::Decimal { scale: 39 }, "greater than 38"),
        (FieldRule::Date { format: "%y%m%d".into() }, "use `%Y`"),
        (FieldRule::Date { format: "%H".into() }, "no format of days"),
        (FieldRule::Date { format: "%Q%%!".into() }, "no format of days"),
        (instant("Europe/Londn", 0, ""), "no IANA time zone `Europe/Londn`"),
        (instant("UTC", 10, ""), "more than 9"),
        (instant("UTC", 0, "%Y-%m-%d"), "no format of points in time"),
        (FieldRule::Boolean { truths: vec!["1".into()], falsehoods: vec!["1".into()] }, "true and false"),
        (FieldRule::Boolean { truths: vec![], falsehoods: vec!["1".into()] }, "at least one word"),
    ] {
        let why = check_field(&field(rule)).unwrap_err();
        assert!(why.to_string().contains(expected), "{why}");
    }
    for format in ["%d.%m.%Y %H:%M:%S", "%Y%m%d%H%M%S", "%s", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M"] {
        assert_eq!(check_field(&field(instant("Europe/London", 0, format))), Ok(()), "{format}");
    }
}

proptest! {
    #[test]
    fn no_value_panics_and_reasons_do_not_hold_it(content in "\\PC{0,24}", scale in 0_u8..6) {
        let secret = format!("{content}§");
        for rule in [FieldRule::Decimal { scale }, FieldRule::Date { format: "%d/%m/%Y".into() },
            FieldRule::Instant { zone: None, digits: 3, format: String::new() },
            FieldRule::Boolean { truths: vec!["1".into()], falsehoods: vec!["0".into()] },
            FieldRule::Bytes { encoding: BytesEncoding::Base64 }] {
            let why = show(&rule, text(&secret)).unwrap_err();
            prop_assert!(!why.contains(&secret));
        }
    }

    #[test]
    fn a_decimal_number_has_one_form_however_it_is_written(number in -1_000_000_000_i64..1_000_000_000, zeros in 0_usize..4) {
        let rule = FieldRule::Decimal { scale: 3 };
        let (whole, part) = (number / 1000, (number % 1000).abs());
        let sign = if number < 0 { "-" } else { "" };
        let plain = format!("{sign}{}.{part:03}", whole.abs());
        let padded = format!("{sign}{}{}.{part:03}{}", "0".repeat(zeros), whole.abs(), "0".repeat(zeros));
        let canonical = show(&rule, decimal(&plain)).unwrap();
        prop_assert_eq!(&show(&rule, text(&padded)).unwrap(), &canonical);
        prop_assert_eq!(&show(&rule, text(&format!("{number}e-3"))).unwrap(), &canonical);
        prop_assert_eq!(&show(&rule, Float(number as f64 / 1000.0)).unwrap(), &canonical);
    }

    #[test]
    fn an_instant_is_the_same_in_every_offset(second in 0_i64..4_000_000_000, minutes in -700_i32..800) {
        let rule = FieldRule::Instant { zone: None, digits: 0, format: String::new() };
        let instant = jiff::Timestamp::from_second(second).unwrap();
        let offset = jiff::tz::Offset::from_seconds(minutes * 60).unwrap();
        let written = instant.display_with_offset(offset).to_string();
        prop_assert_eq!(show(&rule, text(&written)).unwrap(), show(&rule, RawValue::Instant(instant)).unwrap());
    }
}
