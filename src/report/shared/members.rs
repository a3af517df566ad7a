//! Objects of JSON, member by member.
//!
//! `json_objects!` defines structs that are read from JSON as serde's derive reads them: a member
//! that appears twice is an error, and so is one that is missing, unless its type is an `Option` or
//! it has a default. Only what the formats need of the derive is here, so that the parsers build
//! without it, and without what it is built from.
//!
//! A struct that names the members that are not read (`unread`) keeps what all others say
//! (`strict.rs`); one that does not passes over them.

use serde_core::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_core::forward_to_deserialize_any;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

/// Defines structs that are read from objects, each field with the name of its member.
#[macro_export]
macro_rules! json_objects {
    ($(
        $(#[$meta:meta])*
        $vis:vis struct $name:ident $(<$life:lifetime>)? {
            $($(#[$about:meta])* $seen:vis $field:ident: $type:ty = $key:literal $(or $default:ident)?,)*
            $(.. unread [$($unread:literal),* $(,)?])?
        }
    )*) => { $(
        $crate::members::json_objects! { @struct
            $(#[$meta])* $vis $name [$($life)?]
            { $($(#[$about])* $seen $field: $type,)* }
            $([$($unread)*])?
        }

        impl<'de $(: $life, $life)?> serde_core::Deserialize<'de> for $name $(<$life>)? {
            fn deserialize<D: serde_core::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Members<$($life)?>(std::marker::PhantomData<$name $(<$life>)?>);

                impl<'de $(: $life, $life)?> serde_core::de::Visitor<'de> for Members<$($life)?> {
                    type Value = $name $(<$life>)?;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: serde_core::de::MapAccess<'de>>(
                        self,
                        mut members: A,
                    ) -> Result<Self::Value, A::Error> {
                        $(let mut $field = None;)*
                        let mut rest = $crate::members::json_objects!(@rest $([$($unread)*])?);
                        while let Some(name) = members.next_key::<$crate::members::JsonText<'de>>()? {
                            match &*name {
                                $($key => $crate::members::read_once(&mut $field, $key, &mut members)?,)*
                                other => rest.read_member(other, &mut members)?,
                            }
                        }
                        Ok($crate::members::json_objects! { @value $name rest
                            { $($field: $crate::members::json_objects!(@field $field $key $($default)?),)* }
                            $([$($unread)*])?
                        })
                    }
                }

                deserializer.deserialize_map(Members(std::marker::PhantomData))
            }
        }
    )* };

    (@struct $(#[$meta:meta])* $vis:vis $name:ident [$($life:lifetime)?] { $($fields:tt)* }) => {
        $(#[$meta])*
        $vis struct $name<$($life)?> { $($fields)* }
    };
    (@struct $(#[$meta:meta])* $vis:vis $name:ident [$($life:lifetime)?] { $($fields:tt)* } [$($unread:tt)*]) => {
        $(#[$meta])*
        $vis struct $name<$($life)?> {
            $($fields)*
            /// What is in members that its writer does not define.
            pub others: $crate::strict::UnknownFields,
        }
    };

    (@rest) => { $crate::members::PassedOver };
    (@rest [$($unread:literal)*]) => { {
        const UNREAD: &[&str] = &[$($unread),*];
        const { assert!(UNREAD.len() <= $crate::strict::OtherMembers::MOST) };
        $crate::strict::OtherMembers::beside(UNREAD)
    } };

    (@value $name:ident $rest:ident { $($fields:tt)* }) => { $name { $($fields)* } };
    (@value $name:ident $rest:ident { $($fields:tt)* } [$($unread:tt)*]) => {
        $name { $($fields)* others: $rest.found() }
    };

    (@field $field:ident $key:literal) => { $crate::members::required($field, $key)? };
    (@field $field:ident $key:literal default) => { $field.unwrap_or_default() };
}

/// Defines choices that are read from one word each.
#[macro_export]
macro_rules! json_words {
    ($(
        $(#[$meta:meta])*
        enum $name:ident { $($variant:ident = $word:literal,)* }
    )*) => { $(
        $(#[$meta])*
        enum $name { $($variant,)* }

        impl<'de> serde_core::Deserialize<'de> for $name {
            fn deserialize<D: serde_core::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                match &*<$crate::members::JsonText<'de> as serde_core::Deserialize>::deserialize(deserializer)? {
                    $($word => Ok($name::$variant),)*
                    other => Err(serde_core::de::Error::unknown_variant(other, &[$($word),*])),
                }
            }
        }
    )* };
}

pub use {json_objects, json_words};

/// A text, which is that of the report itself where no character of it is escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JsonText<'a>(Cow<'a, str>);

impl JsonText<'_> {
    /// The text, which outlives the report.
    pub fn into_owned(self) -> String {
        self.0.into_owned()
    }
}

impl<'a> From<&'a str> for JsonText<'a> {
    fn from(text: &'a str) -> Self {
        JsonText(Cow::Borrowed(text))
    }
}

impl From<String> for JsonText<'_> {
    fn from(text: String) -> Self {
        JsonText(Cow::Owned(text))
    }
}

impl Deref for JsonText<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for JsonText<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor(PhantomData))
    }
}

struct TextVisitor<'a>(PhantomData<JsonText<'a>>);

impl<'de: 'a, 'a> Visitor<'de> for TextVisitor<'a> {
    type Value = JsonText<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<JsonText<'a>, E> {
        Ok(text.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<JsonText<'a>, E> {
        Ok(text.to_string().into())
    }
}

/// Reads the value of a member into its place.
///
/// # Errors
/// The member appears twice, or its value is of another type.
pub fn read_once<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    place: &mut Option<T>,
    name: &'static str,
    members: &mut A,
) -> Result<(), A::Error> {
    if place.is_some() {
        return Err(A::Error::duplicate_field(name));
    }
    *place = Some(members.next_value()?);
    Ok(())
}

/// The value of a member, or, where it is missing, what its type takes for none.
///
/// # Errors
/// The member is missing, and its type takes nothing for none.
pub fn required<'de, T: Deserialize<'de>, E: Error>(place: Option<T>, name: &'static str) -> Result<T, E> {
    place.map_or_else(|| T::deserialize(MissingMember(name, PhantomData)), Ok)
}

/// Stands for the value of a member that is missing: an `Option` takes it for `None`.
struct MissingMember<E>(&'static str, PhantomData<E>);

impl<'de, E: Error> Deserializer<'de> for MissingMember<E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, E> {
        Err(E::missing_field(self.0))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_none()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// The members of an object of which none is read.
pub struct PassedOver;

impl PassedOver {
    /// Passes over a member.
    ///
    /// # Errors
    /// Its value is no JSON.
    pub fn read_member<'de, A: MapAccess<'de>>(&mut self, _: &str, members: &mut A) -> Result<(), A::Error> {
        members.next_value::<IgnoredAny>().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    json_objects! {
        /// With everything that an object may have.
        #[derive(Debug)]
        struct Everything<'a> {
            name: JsonText<'a> = "theName",
            number: Option<u32> = "number",
            list: Vec<u8> = "list" or default,
            inner: Option<Inner> = "inner",
            .. unread ["time", "place"]
        }

        #[derive(Debug, PartialEq)]
        struct Inner {
            word: Word = "word",
        }
    }

    json_words! {
        #[derive(Debug, PartialEq)]
        enum Word { One = "one", TwoWords = "twoWords", }
    }

    fn read(text: &str) -> Result<Everything<'_>, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn members_are_read_by_their_names() {
        let all = read(
            r#"{"theName": "a", "number": 1, "list": [2], "inner": {"word": "twoWords", "more": [{}]}, "time": {}}"#,
        );
        let all = all.unwrap();
        assert_eq!((&*all.name, all.number, &all.list), ("a", Some(1), &vec![2]));
        assert_eq!((all.inner, all.others.0), (Some(Inner { word: Word::TwoWords }), None));
        let few = read(r#"{"theName": "\u00e9", "number": null}"#).unwrap();
        assert_eq!((&*few.name, few.number, few.list, few.inner), ("é", None, vec![], None));
    }

    #[test]
    fn a_text_is_that_of_the_report_where_it_can_be() {
        let borrowed = |text| matches!(read(text).unwrap().name.0, Cow::Borrowed(_));
        assert!(borrowed(r#"{"theName": "é"}"#) && !borrowed(r#"{"theName": "\u00e9"}"#));
    }

    #[test]
    fn what_is_missing_twice_or_of_another_type_is_an_error() {
        for text in [
            "{}",
            r#"{"theName": null}"#,
            r#"{"theName": 1}"#,
            r#"["a", 1, [2]]"#,
            r#"{"theName": "a", "theName": "a"}"#,
            r#"{"theName": "a", "time": 1, "time": 1}"#,
            r#"{"theName": "a", "number": null, "number": 1}"#,
            r#"{"theName": "a", "list": null}"#,
            r#"{"theName": "a", "inner": {}}"#,
            r#"{"theName": "a", "inner": {"word": "two"}}"#,
            r#"{"theName": "a", "inner": {"word": "one", "word": "one"}}"#,
            r#"{"theName": "a", "other": x}"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        let other = read(r#"{"theName": "a", "failures": 1, "failures": 2}"#).unwrap();
        assert!(other.others.0.is_some());
    }
}
