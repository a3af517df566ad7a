//! What a host calls a thing, as settings write it: a number, or a text.

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// A number or a text; not empty. Read by hand: an untagged choice would lose the place of its
/// errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostId(pub String);

impl<'de> Deserialize<'de> for HostId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IdVisitor;

        impl Visitor<'_> for IdVisitor {
            type Value = HostId;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number, or a text in quotes")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<HostId, E> {
                match text.trim() {
                    "" => Err(E::custom("an empty text identifies nothing")),
                    _ => Ok(HostId(text.to_string())),
                }
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<HostId, E> {
                Ok(HostId(number.to_string()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<HostId, E> {
                let number =
                    u64::try_from(number).map_err(|_| E::custom("a number here is never negative"))?;
                self.visit_u64(number)
            }
        }

        deserializer.deserialize_any(IdVisitor)
    }
}
