//! Keys and markers of test data, in the form in which values are compared: composed Unicode,
//! without blanks at the end, and as the rule of the field writes a value.

use crate::canonical::{CanonicalField, RuleFault};
use crate::source::RawValue;
use portcullis_model::reconciliation::ReservedKeys;
use unicode_normalization::UnicodeNormalization as _;

/// Which texts of a field only test data has.
pub(super) struct ReservedTexts {
    /// The field.
    pub(super) field: String,
    texts: Texts,
}

enum Texts {
    Prefix(String),
    Range(String, String),
    One(String),
}

impl ReservedTexts {
    /// The texts that the policy reserves. `find` gives the field of a name; a column that is no
    /// field has none.
    pub(super) fn new<'f>(
        reserved: &ReservedKeys,
        find: impl Fn(&str) -> Option<&'f CanonicalField>,
    ) -> Result<Self, RuleFault> {
        let form = |field: &str, text: &str| {
            let shown = find(field).and_then(|field| field.show(&RawValue::Text(text.to_string())).ok());
            shown.flatten().map(|text| cut(&text).to_string())
        };
        let (field, texts) = match reserved {
            ReservedKeys::Prefix { field, prefix } => (field, Texts::Prefix(compose(prefix))),
            ReservedKeys::Range { field, first, last } => {
                let bound = |text: &str| form(field, text).unwrap_or_else(|| cut(&compose(text)).to_string());
                (field, Texts::Range(bound(first), bound(last)))
            }
            ReservedKeys::Marker { field, text } if find(field).is_none() => {
                (field, Texts::One(compose_word(text)))
            }
            ReservedKeys::Marker { field, text } => {
                let text = form(field, text).ok_or_else(|| {
                    format!("the reserved text of `{field}` has no canonical form by its type, so no record would have it")
                })?;
                (field, Texts::One(text))
            }
        };
        let reserved = Self { field: field.clone(), texts };
        if reserved.is_empty() {
            return Err(format!("the reserved texts of `{field}` are none, or all that there are").into());
        }
        Ok(reserved)
    }

    fn is_empty(&self) -> bool {
        match &self.texts {
            Texts::Prefix(prefix) => cut(prefix).is_empty(),
            Texts::Range(first, last) => first > last,
            Texts::One(_) => false,
        }
    }

    /// Whether the canonical text of the field is one of them.
    pub(super) fn has(&self, text: &str) -> bool {
        match &self.texts {
            // A blank at the end of a prefix is gone where the text ends with it.
            Texts::Prefix(prefix) => text.starts_with(prefix.as_str()) || cut(text) == cut(prefix),
            Texts::Range(first, last) => (first.as_str()..=last.as_str()).contains(&cut(text)),
            Texts::One(one) => cut(text) == one,
        }
    }
}

/// Text in Unicode's form NFC.
fn compose(text: &str) -> String {
    text.nfc().collect()
}

/// The same without blanks at both ends, as words of a column that is no field are compared.
pub(super) fn compose_word(text: &str) -> String {
    compose(text.trim_matches(' '))
}

/// A text without blanks at its end.
fn cut(text: &str) -> &str {
    text.trim_end_matches(' ')
}
