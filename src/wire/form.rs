//! How a type of a form and a type of the model become one another.
//!
//! The macros take the model's value apart without `..` and put it together again, so that a field
//! or variant that only one side has is a compile error. The members of a form keep their names
//! when a field of the model is renamed: the form then says `member / field: Type`.

use jiff::Timestamp;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;

/// A type of a form.
pub trait Form: Sized {
    /// The type of the model that is written so.
    type Model;

    /// The value as it is written.
    fn of(model: Self::Model) -> Self;

    /// The value as it was written.
    ///
    /// # Errors
    /// It holds a text that is not of its shape.
    fn model(self) -> Result<Self::Model, Misshapen>;
}

/// A text in a file that is not of its shape; why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misshapen(pub String);

impl fmt::Display for Misshapen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Misshapen {}

impl From<String> for Misshapen {
    fn from(why: String) -> Self {
        Misshapen(why)
    }
}

/// Reads a member that has to be there, whatever its value: serde takes a missing `Option` for
/// null.
///
/// # Errors
/// The value is of another type. That it is missing is serde's to say.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(input: D) -> Result<T, D::Error> {
    T::deserialize(input)
}

/// Is this what a member that is missing means? Then it is not written.
pub fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Objects of a form, each with the struct of the model that it is. A member with `[default]` was
/// added to a version that was in use: it may be missing.
macro_rules! objects {
    ($($(#[$doc:meta])+ $name:ident = $model:ident {
        $($(#[$note:meta])+ $member:ident $(/ $field:ident)? $([$absent:ident])? : $type:ty,)+
    })+) => { $(
        $(#[$doc])+
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$note])+
            #[serde(
                deserialize_with = "crate::form::present"
                $(, $absent, skip_serializing_if = "crate::form::is_default")?
            )]
            pub $member: $type,)+
        }

        impl $crate::form::Form for $name {
            type Model = $model;

            fn of(model: $model) -> Self {
                let $model { $($($field:)? $member,)+ } = model;
                $name { $($member: $crate::form::Form::of($member),)+ }
            }

            fn model(self) -> Result<$model, $crate::form::Misshapen> {
                let $name { $($member,)+ } = self;
                $(let $member = $crate::form::Form::model($member)?;)+
                Ok($model { $($($field:)? $member,)+ })
            }
        }
    )+ };
}
pub(crate) use objects;

/// Choices of a form, each with the enum of the model that it is. A variant that holds one value
/// names it.
macro_rules! choices {
    ($($(#[$doc:meta])+ $name:ident = $model:ident {
        $($(#[$note:meta])+ $variant:ident
            $(($value:ident: $inner:ty))?
            $({ $($(#[$about:meta])+ $member:ident: $type:ty,)+ })?,)+
    })+) => { $(
        $(#[$doc])+
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[serde(rename_all = "kebab-case", deny_unknown_fields)]
        pub enum $name {
            $($(#[$note])+ $variant
                $(($inner))?
                $({ $($(#[$about])+ #[serde(deserialize_with = "crate::form::present")] $member: $type,)+ })?,)+
        }

        impl $crate::form::Form for $name {
            type Model = $model;

            fn of(model: $model) -> Self {
                match model { $(
                    $model::$variant $(($value))? $({ $($member,)+ })? =>
                        $name::$variant
                            $(($crate::form::Form::of($value)))?
                            $({ $($member: $crate::form::Form::of($member),)+ })?,
                )+ }
            }

            fn model(self) -> Result<$model, $crate::form::Misshapen> {
                Ok(match self { $(
                    $name::$variant $(($value))? $({ $($member,)+ })? =>
                        $model::$variant
                            $(($crate::form::Form::model($value)?))?
                            $({ $($member: $crate::form::Form::model($member)?,)+ })?,
                )+ })
            }
        }
    )+ };
}
pub(crate) use choices;

/// Texts without a shape of their own, such as names that a host gives, each with how the model
/// writes and reads it.
macro_rules! plain_texts {
    ($($(#[$doc:meta])+ $name:ident = $model:ident, $write:expr, $read:expr;)+) => { $(
        $(#[$doc])+
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(String);

        impl $crate::form::Form for $name {
            type Model = $model;

            fn of(model: $model) -> Self {
                let write: fn($model) -> String = $write;
                $name(write(model))
            }

            fn model(self) -> Result<$model, $crate::form::Misshapen> {
                let read: fn(String) -> Result<$model, String> = $read;
                Ok(read(self.0)?)
            }
        }
    )+ };
}
pub(crate) use plain_texts;

macro_rules! as_it_is {
    ($($type:ty),+) => { $(
        impl Form for $type {
            type Model = $type;

            fn of(model: $type) -> Self {
                model
            }

            fn model(self) -> Result<$type, Misshapen> {
                Ok(self)
            }
        }
    )+ };
}

as_it_is!(bool, i32, i64, u32, u64, String);

impl<T: Form> Form for Vec<T> {
    type Model = Vec<T::Model>;

    fn of(model: Self::Model) -> Self {
        model.into_iter().map(T::of).collect()
    }

    fn model(self) -> Result<Self::Model, Misshapen> {
        self.into_iter().map(T::model).collect()
    }
}

impl<T: Form> Form for Box<T> {
    type Model = Box<T::Model>;

    fn of(model: Self::Model) -> Self {
        Box::new(T::of(*model))
    }

    fn model(self) -> Result<Self::Model, Misshapen> {
        Ok(Box::new((*self).model()?))
    }
}

impl<T: Form> Form for Option<T> {
    type Model = Option<T::Model>;

    fn of(model: Self::Model) -> Self {
        model.map(T::of)
    }

    fn model(self) -> Result<Self::Model, Misshapen> {
        self.map(T::model).transpose()
    }
}

/// A list that is sorted and holds nothing twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct SortedList<T>(Vec<T>);

impl<T> Default for SortedList<T> {
    fn default() -> Self {
        SortedList(Vec::new())
    }
}

impl<T: Form<Model: Ord>> Form for SortedList<T> {
    type Model = BTreeSet<T::Model>;

    fn of(model: Self::Model) -> Self {
        SortedList(model.into_iter().map(T::of).collect())
    }

    fn model(self) -> Result<Self::Model, Misshapen> {
        let mut values = BTreeSet::new();
        for value in self.0 {
            if !values.insert(value.model()?) {
                return Err(Misshapen("a list without repetitions holds a value twice".to_string()));
            }
        }
        Ok(values)
    }
}

/// An object whose members have names that are data, in the order of the model. Reading refuses a
/// name that is there twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedValues<K, V>(Vec<(K, V)>);

impl<K, V> Default for NamedValues<K, V> {
    fn default() -> Self {
        NamedValues(Vec::new())
    }
}

impl<K, V> NamedValues<K, V> {
    /// The names and values, in the order of the file.
    pub fn entries(&self) -> impl Iterator<Item = &(K, V)> {
        self.0.iter()
    }
}

impl<K: Form<Model: Ord>, V: Form> Form for NamedValues<K, V> {
    type Model = BTreeMap<K::Model, V::Model>;

    fn of(model: Self::Model) -> Self {
        NamedValues(model.into_iter().map(|(name, value)| (K::of(name), V::of(value))).collect())
    }

    fn model(self) -> Result<Self::Model, Misshapen> {
        let mut values = BTreeMap::new();
        for (name, value) in self.0 {
            // Names that differ as texts may be one name: logins are compared without their case.
            if values.insert(name.model()?, value.model()?).is_some() {
                return Err(Misshapen("an object holds a name twice".to_string()));
            }
        }
        Ok(values)
    }
}

impl<K: Serialize, V: Serialize> Serialize for NamedValues<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de, K: Deserialize<'de> + Ord + Clone, V: Deserialize<'de>> Deserialize<'de> for NamedValues<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NamedVisitor(PhantomData))
    }
}

struct NamedVisitor<K, V>(PhantomData<(K, V)>);

impl<'de, K: Deserialize<'de> + Ord + Clone, V: Deserialize<'de>> Visitor<'de> for NamedVisitor<K, V> {
    type Value = NamedValues<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let (mut values, mut names) = (Vec::new(), BTreeSet::new());
        while let Some((name, value)) = entries.next_entry::<K, V>()? {
            if !names.insert(name.clone()) {
                return Err(A::Error::custom("an object holds a name twice"));
            }
            values.push((name, value));
        }
        Ok(NamedValues(values))
    }
}

#[cfg(test)]
impl<K: schemars::JsonSchema, V: schemars::JsonSchema> schemars::JsonSchema for NamedValues<K, V> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        BTreeMap::<String, V>::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        BTreeMap::<String, V>::json_schema(generator)
    }

    fn inline_schema() -> bool {
        true
    }
}

/// A moment: RFC 3339, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct MomentText(#[cfg_attr(test, schemars(with = "String", extend("format" = "date-time")))] Timestamp);

impl fmt::Display for MomentText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Form for MomentText {
    type Model = Timestamp;

    fn of(model: Timestamp) -> Self {
        MomentText(model)
    }

    fn model(self) -> Result<Timestamp, Misshapen> {
        Ok(self.0)
    }
}
