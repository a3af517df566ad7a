//! JSON as it is written: numbers keep their digits, and a member that occurs twice is seen.
//!
//! Readers that make a map and doubles of it lose both, and then two systems seem to agree.

mod number;
mod parser;

pub(crate) use number::read_number;
pub(crate) use parser::parse_json;

use portcullis_model::reconciliation::connector::MemberPath;
use portcullis_reconcile::source::RawValue;

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JsonValue {
    Null,
    Boolean(bool),
    /// The number's text.
    Number(String),
    /// A text, or why it is none.
    Text(Result<String, &'static str>),
    Array(Vec<JsonValue>),
    /// The members as they are written; a name may occur more than once.
    Object(Vec<(String, JsonValue)>),
}

/// Where a path leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Destination<'j> {
    /// To a value.
    Value(&'j JsonValue),
    /// To nothing.
    Nothing,
    /// To several: a member on the way occurs more than once.
    Several,
}

impl JsonValue {
    /// Follows names and array positions.
    pub(crate) fn follow_path(&self, path: &[String]) -> Destination<'_> {
        let mut value = self;
        for step in path {
            let next = match value {
                Self::Object(members) => {
                    let mut same = members.iter().filter(|(name, _)| name == step).map(|(_, member)| member);
                    match (same.next(), same.next()) {
                        (_, Some(_)) => return Destination::Several,
                        (next, None) => next,
                    }
                }
                Self::Array(items) => read_position(step).and_then(|at| items.get(at)),
                _ => None,
            };
            match next {
                Some(next) => value = next,
                None => return Destination::Nothing,
            }
        }
        Destination::Value(value)
    }

    /// The value that a path leads to, as a connector gives it.
    pub(crate) fn read_value(&self, path: &[String]) -> RawValue {
        match self.follow_path(path) {
            Destination::Nothing => RawValue::Null,
            Destination::Several => RawValue::Unreadable("the member occurs more than once".to_string()),
            Destination::Value(value) => value.to_raw(),
        }
    }

    fn to_raw(&self) -> RawValue {
        match self {
            Self::Null => RawValue::Null,
            Self::Boolean(value) => RawValue::Boolean(*value),
            Self::Number(text) => read_number(text),
            Self::Text(Ok(text)) => RawValue::Text(text.clone()),
            Self::Text(Err(why)) => RawValue::Unreadable((*why).to_string()),
            Self::Array(_) => RawValue::Unreadable("it is an array".to_string()),
            Self::Object(_) => RawValue::Unreadable("it is an object".to_string()),
        }
    }
}

/// A position in an array: digits without a zero before them.
fn read_position(step: &str) -> Option<usize> {
    let is_position =
        step.bytes().all(|byte| byte.is_ascii_digit()) && (step == "0" || !step.starts_with('0'));
    is_position.then(|| step.parse().ok()).flatten()
}

/// The steps of a column's name.
pub(crate) fn split_path(column: &str, members: MemberPath) -> Result<Vec<String>, &'static str> {
    match members {
        MemberPath::Name => Ok(vec![column.to_string()]),
        MemberPath::Dots => Ok(column.split('.').map(String::from).collect()),
        MemberPath::Pointer => split_pointer(column),
    }
}

/// The steps of a JSON pointer (RFC 6901). An empty one has none.
pub(crate) fn split_pointer(pointer: &str) -> Result<Vec<String>, &'static str> {
    if pointer.is_empty() {
        return Ok(Vec::new());
    }
    let Some(steps) = pointer.strip_prefix('/') else { return Err("A JSON pointer begins with `/`.") };
    let unescape = |step: &str| {
        let is_whole = step.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        if !is_whole {
            return Err("In a JSON pointer `~` is written `~0`, and `/` in a name `~1`.");
        }
        Ok(step.replace("~1", "/").replace("~0", "~"))
    };
    steps.split('/').map(unescape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, column: &str, members: MemberPath) -> RawValue {
        parse_json(text).unwrap().read_value(&split_path(column, members).unwrap())
    }

    #[test]
    fn a_column_leads_to_a_member_as_the_policy_says() {
        let text = r#"{"a": {"b": [10, {"c": "x"}]}, "a.b": 1, "a/b": 2, "~": 3}"#;
        let integer = RawValue::Integer;
        assert_eq!(read(text, "a.b", MemberPath::Name), integer(1));
        assert_eq!(read(text, "a.b.0", MemberPath::Dots), integer(10));
        assert_eq!(read(text, "/a/b/1/c", MemberPath::Pointer), RawValue::Text("x".to_string()));
        assert_eq!(read(text, "/a~1b", MemberPath::Pointer), integer(2));
        assert_eq!(read(text, "/~0", MemberPath::Pointer), integer(3));
        for nothing in ["/a/b/2", "/a/b/00", "/a/b/-", "/x", "/a.b/c"] {
            assert_eq!(read(text, nothing, MemberPath::Pointer), RawValue::Null, "{nothing}");
        }
        assert!(split_pointer("a").is_err() && split_pointer("/~2").is_err() && split_pointer("/~").is_err());
    }

    #[test]
    fn a_member_that_occurs_twice_is_unreadable_for_who_asks_for_it() {
        let text = r#"{"a": 1, "b": {"c": 1, "d": 2}, "a": 1, "b": {"c": 1}}"#;
        for column in ["a", "b.c", "b.x"] {
            assert!(matches!(read(text, column, MemberPath::Dots), RawValue::Unreadable(_)), "{column}");
        }
        let escaped = r#"{"a": 1, "\u0061": 2}"#;
        assert!(matches!(read(escaped, "a", MemberPath::Name), RawValue::Unreadable(_)));
        let nested = r#"{"x": {"a": 1}, "a": 2}"#;
        assert_eq!(read(nested, "a", MemberPath::Name), RawValue::Integer(2));
    }
}
