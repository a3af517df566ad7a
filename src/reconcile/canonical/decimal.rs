//! Decimal numbers, without a float on the way: sign, digits, and as many digits after the point as
//! the scale says.

use super::{RuleFault, other_type};
use crate::source::RawValue;
use std::io::Write as _;

/// Digits of a number and zeros that its exponent asks for: more is no measure of anything.
const LONGEST: usize = 1000;

/// A decimal number with so few digits is the only one of its length that its float can mean
/// (`DBL_DIG` of C).
const CERTAIN_DIGITS: usize = 15;

/// From here on a float has no room for every whole number.
const EXACT_WHOLE: f64 = 9_007_199_254_740_992.0;

pub(super) fn append_decimal(value: &RawValue, scale: u8, out: &mut Vec<u8>) -> Result<bool, RuleFault> {
    match value {
        RawValue::Integer(number) => {
            // Writing to a vector never fails.
            let _ = match i64::try_from(*number) {
                Ok(short) => write!(out, "{short}"),
                Err(_) => write!(out, "{number}"),
            };
            append_fraction("", scale, out);
            Ok(true)
        }
        RawValue::Decimal(text) => append_parsed(text, scale, out).map(|()| true),
        RawValue::Text(text) => {
            let text = text.trim_matches(' ');
            if text.is_empty() { Ok(false) } else { append_parsed(text, scale, out).map(|()| true) }
        }
        RawValue::Float(number) => append_parsed(&write_float(*number)?, scale, out).map(|()| true),
        other => Err(other_type("a decimal number", other)),
    }
}

/// The shortest decimal number that a float can mean, where that is certain.
///
/// A column of floats holds 0.1 as the float next to it, and both sides mean 0.1. What arithmetic
/// left behind (0.30000000000000004) has 16 or 17 digits: two systems round that differently, so
/// it is incomparable, like a whole number for which a float has no room.
fn write_float(number: f64) -> Result<String, RuleFault> {
    if !number.is_finite() {
        return Err("the number is infinite or not a number".into());
    }
    let text = format!("{number:e}");
    let (digits, _) = text.split_once('e').unwrap_or((&text, ""));
    let count = digits.bytes().filter(u8::is_ascii_digit).count();
    if count > CERTAIN_DIGITS || number.abs() >= EXACT_WHOLE {
        return Err(format!(
            "the system gives a binary floating-point number that {CERTAIN_DIGITS} digits do not write exactly; \
             cast it to a decimal number in the query"
        ).into());
    }
    Ok(text)
}

/// A number taken apart: digits without the point, and how many of them are after it.
struct Parsed<'t> {
    negative: bool,
    whole: &'t str,
    fraction: &'t str,
    exponent: i32,
}

fn parse(text: &str) -> Result<Parsed<'_>, RuleFault> {
    let bad = || RuleFault::from("the text is no decimal number (digits, at most one point, an exponent)");
    let (negative, rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| bad())?),
        None => (rest, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !digits(whole) || !digits(fraction) {
        return Err(bad());
    }
    if whole.len() + fraction.len() > LONGEST || exponent.unsigned_abs() as usize > LONGEST {
        return Err(format!("the number has more than {LONGEST} digits").into());
    }
    Ok(Parsed { negative, whole, fraction, exponent })
}

/// A number without an exponent, as nearly all are: its digits are there in their order.
fn append_plain(number: &Parsed<'_>, scale: u8, out: &mut Vec<u8>) -> Result<(), RuleFault> {
    let (kept, beyond) = number.fraction.split_at(number.fraction.len().min(usize::from(scale)));
    let is_zero = |digits: &str| digits.bytes().all(|digit| digit == b'0');
    if !is_zero(beyond) {
        return Err(format!("the number has more than {scale} digits after the point").into());
    }
    let whole = number.whole.trim_start_matches('0');
    if number.negative && !(whole.is_empty() && is_zero(kept)) {
        out.push(b'-');
    }
    out.extend_from_slice(if whole.is_empty() { b"0" } else { whole.as_bytes() });
    append_fraction(kept, scale, out);
    Ok(())
}

/// The point and as many digits after it as the scale says.
fn append_fraction(digits: &str, scale: u8, out: &mut Vec<u8>) {
    if scale > 0 {
        out.push(b'.');
        out.extend_from_slice(digits.as_bytes());
        out.resize(out.len() + usize::from(scale) - digits.len(), b'0');
    }
}

fn append_parsed(text: &str, scale: u8, out: &mut Vec<u8>) -> Result<(), RuleFault> {
    let number = parse(text)?;
    if number.exponent == 0 {
        return append_plain(&number, scale, out);
    }
    let digits: Vec<u8> = number.whole.bytes().chain(number.fraction.bytes()).collect();
    // Where the point is, counted from the first digit. It may be before it or after the last one.
    let point = number.whole.len() as i64 + i64::from(number.exponent);
    let digit = |at: i64| usize::try_from(at).ok().and_then(|at| digits.get(at)).copied().unwrap_or(b'0');
    let last = point + i64::from(scale);
    let beyond = digits.iter().enumerate().skip(usize::try_from(last).unwrap_or(0));
    if beyond.into_iter().any(|(_, digit)| *digit != b'0') {
        return Err(format!("the number has more than {scale} digits after the point").into());
    }
    if number.negative && digits.iter().any(|digit| *digit != b'0') {
        out.push(b'-');
    }
    let first = (0..point).find(|at| digit(*at) != b'0').unwrap_or(point);
    if first == point {
        out.push(b'0');
    }
    out.extend((first..point).map(digit));
    if scale > 0 {
        out.push(b'.');
        out.extend((point..last).map(digit));
    }
    Ok(())
}
