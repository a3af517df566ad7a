//! Values of an answer as text.

use spark_connect::row::Value;
use std::borrow::Cow;

/// A value as `spark-sql` prints it; nothing where it is neither a text nor a whole number.
pub(crate) fn write_value(value: &Value) -> Option<Cow<'_, str>> {
    Some(match value {
        Value::Null => Cow::Borrowed("NULL"),
        Value::String(text) => Cow::Borrowed(text),
        Value::Byte(number) => Cow::Owned(number.to_string()),
        Value::Short(number) => Cow::Owned(number.to_string()),
        Value::Integer(number) => Cow::Owned(number.to_string()),
        Value::Long(number) => Cow::Owned(number.to_string()),
        // Sums are decimals of 38 digits without a fraction. A point would be one.
        Value::Decimal { value, .. } if !value.contains(['.', 'e', 'E']) => Cow::Borrowed(value),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_whole_numbers_are_written_and_nothing_else() {
        let decimal =
            |value: &str| Value::Decimal { value: value.into(), precision: Some(38), scale: Some(0) };
        for (value, text) in [
            (Value::String("cell".into()), "cell"),
            (Value::Long(i64::MIN), "-9223372036854775808"),
            (Value::Integer(-7), "-7"),
            (Value::Short(300), "300"),
            (Value::Byte(-1), "-1"),
            (decimal("-170141183460469231731687303715884105728"), "-170141183460469231731687303715884105728"),
            (Value::Null, "NULL"),
        ] {
            assert_eq!(write_value(&value).as_deref(), Some(text));
        }
        for value in
            [Value::Double(1.0), Value::Bool(true), Value::Binary(vec![1]), decimal("1.5"), decimal("1E+3")]
        {
            assert_eq!(write_value(&value), None, "{value:?}");
        }
    }
}
