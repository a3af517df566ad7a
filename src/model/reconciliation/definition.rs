//! What a dataset compares and how, as one digest: two runs are about the same thing when it is
//! the same.
//!
//! Budgets are not in it, and neither is how often runs are due: these are judged anew from what a
//! run counted, by the policy that judges. All that a comparison itself depends on is in it, so
//! that a run with a longer deadline, a lower floor or another table proves nothing here.
//!
//! The digest is that of a text with names and values of its own (`DefinitionText`), so it stays
//! the same when a type of the program gets another name. The first line of the text is its
//! version. Runs and manifests of form 1 are still recognised (`form1`).

mod database;
mod file;
mod form1;
mod shared;
mod system;
#[cfg(test)]
mod tests;
mod text;

use super::{
    AcceptedDifference, AnswerWords, Dataset, DatasetField, DatasetSide, DeadlineShare, FieldRule,
    ReservedKeys, SystemSettings,
};
use crate::digest::Digest;
use crate::reconciliation::field::BytesEncoding;
use text::DefinitionText;

/// The first line of the text of a dataset.
const FORM: &str = "portcullis dataset 2";

/// The first line of the text of one system.
const SYSTEM_FORM: &str = "portcullis system 2";

impl Dataset {
    /// The digest of what is compared and how.
    #[must_use]
    pub fn definition(&self) -> Digest {
        Digest::of(self.write_definition().as_bytes())
    }

    /// Whether a run with this definition compared what is compared here, in the same way.
    #[must_use]
    pub fn is_defined_by(&self, definition: &Digest) -> bool {
        *definition == self.definition() || form1::digest_definition(self).as_ref() == Some(definition)
    }

    /// The digest of how one system is read for this dataset: the connector with its query or
    /// files, and the columns of the fields. A manifest names it, so that a comparison recognises
    /// a manifest that was read by other settings.
    #[must_use]
    pub fn reading(&self, side: DatasetSide, system: &SystemSettings) -> Digest {
        Digest::of(self.write_reading(side, system).as_bytes())
    }

    /// Whether a manifest with this digest was read in this way.
    #[must_use]
    pub fn is_read_by(&self, side: DatasetSide, system: &SystemSettings, reading: &Digest) -> bool {
        *reading == self.reading(side, system)
            || form1::digest_reading(self, side, system).as_ref() == Some(reading)
    }

    /// What is compared and how, as text.
    fn write_definition(&self) -> String {
        let mut text = DefinitionText::new(FORM);
        text.entry("name", &self.name);
        text.list("key", &self.key, write_field);
        text.list("fields", &self.fields, write_field);
        text.list("deadlines", &self.deadlines, write_share);
        text.list("deletion-deadlines", &self.deletion_deadlines, write_share);
        text.optional_duration("acknowledged-within", self.acknowledged_within);
        text.duration("clock-skew", self.clock_skew);
        text.number("least-source-rows", self.floors.source_rows);
        text.number("least-target-rows", self.floors.target_rows);
        text.optional_number("greatest-fall", self.floors.fall);
        text.list("reserved", &self.reserved, write_reserved);
        for (name, side) in [
            ("source", &self.source),
            ("target", &self.target),
            ("rejects", &self.rejects),
            ("receipts", &self.receipts),
        ] {
            text.optional(name, side.as_ref(), system::write_system);
        }
        self.write_additions(&mut text);
        text.finish()
    }

    /// What came later to the form. Where a dataset has none of it nothing is written, so that it
    /// keeps its digest.
    fn write_additions(&self, text: &mut DefinitionText) {
        write_words(text, &self.answer_words);
        if let Some(path) = &self.manifest_signers {
            text.entry("manifest-signers", &path.to_string());
        }
        if !self.accepted.is_empty() {
            text.list("accepted", &self.accepted, write_accepted);
        }
    }

    /// How one system is read, as text.
    fn write_reading(&self, side: DatasetSide, system: &SystemSettings) -> String {
        let mut text = DefinitionText::new(SYSTEM_FORM);
        text.entry("dataset", &self.name);
        text.entry("side", side.as_str());
        for (name, fields) in [("key", &self.key), ("fields", &self.fields)] {
            text.list(name, fields, |text, field| {
                text.entry("name", &field.name);
                match side {
                    DatasetSide::Source => text.entry("column", &field.source),
                    DatasetSide::Target => text.entry("column", &field.target),
                }
            });
        }
        system::write_system(&mut text, system);
        if self.receipts.as_ref() == Some(system) {
            write_words(&mut text, &self.answer_words);
        }
        text.finish()
    }
}

/// The usual words are not written.
fn write_words(text: &mut DefinitionText, words: &AnswerWords) {
    if *words == AnswerWords::default() {
        return;
    }
    let AnswerWords { accepted, refused, received } = words;
    text.texts("words-accepted", accepted);
    text.texts("words-refused", refused);
    text.texts("words-received", received);
}

/// Who accepts it and why plays no part in a comparison.
fn write_accepted(text: &mut DefinitionText, one: &AcceptedDifference) {
    let AcceptedDifference { key, class, sequence, until, by: _, reason: _ } = one;
    text.entry("key", &format!("{key:032x}"));
    text.entry("class", class.as_str());
    text.optional_entry("sequence", sequence.map(|number| number.to_string()).as_deref());
    text.entry("until", &until.to_string());
}

fn write_field(text: &mut DefinitionText, field: &DatasetField) {
    let DatasetField { name, source, target, rule } = field;
    text.entry("name", name);
    text.entry("source", source);
    text.entry("target", target);
    write_rule(text, rule);
}

fn write_rule(text: &mut DefinitionText, rule: &FieldRule) {
    match rule {
        FieldRule::Text { trim_end, empty_is_null } => {
            text.entry("type", "text");
            text.flag("cut-blanks", *trim_end);
            text.flag("empty-is-null", *empty_is_null);
        }
        FieldRule::Decimal { scale } => {
            text.entry("type", "decimal");
            text.number("scale", *scale);
        }
        FieldRule::Date { format } => {
            text.entry("type", "date");
            text.entry("format", format);
        }
        FieldRule::Instant { zone, digits, format } => {
            text.entry("type", "instant");
            text.optional_entry("zone", zone.as_deref());
            text.number("digits", *digits);
            text.entry("format", format);
        }
        FieldRule::Boolean { truths, falsehoods } => {
            text.entry("type", "boolean");
            text.texts("true", truths);
            text.texts("false", falsehoods);
        }
        FieldRule::Bytes { encoding } => {
            text.entry("type", "bytes");
            text.entry("encoding", name_encoding(*encoding));
        }
    }
}

const fn name_encoding(encoding: BytesEncoding) -> &'static str {
    match encoding {
        BytesEncoding::Hexadecimal => "hex",
        BytesEncoding::Base64 => "base64",
        BytesEncoding::Utf8 => "utf-8",
    }
}

fn write_share(text: &mut DefinitionText, share: &DeadlineShare) {
    let DeadlineShare { share, within } = share;
    text.number("share", *share);
    text.duration("within", *within);
}

fn write_reserved(text: &mut DefinitionText, reserved: &ReservedKeys) {
    match reserved {
        ReservedKeys::Prefix { field, prefix } => {
            text.entry("kind", "prefix");
            text.entry("field", field);
            text.entry("prefix", prefix);
        }
        ReservedKeys::Range { field, first, last } => {
            text.entry("kind", "range");
            text.entry("field", field);
            text.entry("first", first);
            text.entry("last", last);
        }
        ReservedKeys::Marker { field, text: marker } => {
            text.entry("kind", "marker");
            text.entry("field", field);
            text.entry("text", marker);
        }
    }
}
