//! Numbers of JSON, digit by digit.

use portcullis_reconcile::source::RawValue;

/// The greatest exponent that is written out.
const GREATEST_EXPONENT: i32 = 1000;

/// A number of JSON, exactly. It is known to follow JSON's grammar.
pub(crate) fn read_number(text: &str) -> RawValue {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        if text.contains('.') {
            return RawValue::Decimal(text.to_string());
        }
        return text.parse().map_or_else(|_| RawValue::Decimal(text.to_string()), RawValue::Integer);
    };
    match exponent.parse::<i32>() {
        Ok(exponent) if exponent.abs() <= GREATEST_EXPONENT => {
            RawValue::Decimal(move_point(mantissa, exponent))
        }
        _ => RawValue::Unreadable(format!("its exponent is beyond {GREATEST_EXPONENT}")),
    }
}

/// The number without an exponent: `1.25`, 3 is `1250`, and `1.25`, -3 is `0.00125`.
fn move_point(mantissa: &str, exponent: i32) -> String {
    let (sign, digits) = mantissa.strip_prefix('-').map_or(("", mantissa), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    let point = i64::try_from(whole.len()).unwrap_or(i64::MAX).saturating_add(exponent.into());
    let length = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
    if point <= 0 {
        format!("{sign}0.{}{all}", zeros(-point))
    } else if point >= length {
        format!("{sign}{all}{}", zeros(point - length))
    } else {
        let (whole, fraction) = all.split_at(usize::try_from(point).unwrap_or(0));
        format!("{sign}{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_digit_is_kept() {
        let decimal = |text: &str| RawValue::Decimal(text.to_string());
        for (text, value) in [
            ("9007199254740993", RawValue::Integer(9_007_199_254_740_993)),
            ("-0", RawValue::Integer(0)),
            ("1.10", decimal("1.10")),
            ("1.25e3", decimal("1250")),
            ("-1.25E-3", decimal("-0.00125")),
            ("12.5e-1", decimal("1.25")),
            ("1e+2", decimal("100")),
            ("5e0", decimal("5")),
        ] {
            assert_eq!(read_number(text), value, "{text}");
        }
        let long = "1".repeat(60);
        assert_eq!(read_number(&long), decimal(&long));
        for text in ["1e1001", "1e-1001", "1e99999999999999999999"] {
            assert!(matches!(read_number(text), RawValue::Unreadable(_)), "{text}");
        }
    }
}
