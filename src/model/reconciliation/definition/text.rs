//! The text of a definition: names and values, of which no two have the same text.

use jiff::SignedDuration;
use std::fmt::Write as _;

/// A text on its way. Each value has a line `NAME LENGTH:VALUE`; what is absent has `NAME -`, and a
/// list has `NAME COUNT` before its members. Names hold neither blanks nor line breaks.
pub(super) struct DefinitionText(String);

impl DefinitionText {
    /// A text of this form.
    pub(super) fn new(form: &str) -> Self {
        Self(format!("{form}\n"))
    }

    /// The whole text.
    pub(super) fn finish(self) -> String {
        self.0
    }

    /// A value.
    pub(super) fn entry(&mut self, name: &str, value: &str) {
        // A String takes whatever is written to it.
        let _ = writeln!(self.0, "{name} {}:{value}", value.len());
    }

    /// A value that may be absent.
    pub(super) fn optional_entry(&mut self, name: &str, value: Option<&str>) {
        self.optional(name, value, |text, value| text.entry("value", value));
    }

    /// A number.
    pub(super) fn number(&mut self, name: &str, number: impl Into<u64>) {
        self.entry(name, &number.into().to_string());
    }

    /// A number that may be absent.
    pub(super) fn optional_number(&mut self, name: &str, number: Option<impl Into<u64>>) {
        self.optional(name, number, |text, number| text.number("value", number));
    }

    /// Yes or no.
    pub(super) fn flag(&mut self, name: &str, flag: bool) {
        self.entry(name, if flag { "yes" } else { "no" });
    }

    /// A time, in nanoseconds.
    pub(super) fn duration(&mut self, name: &str, duration: SignedDuration) {
        self.entry(name, &duration.as_nanos().to_string());
    }

    /// A time that may be absent.
    pub(super) fn optional_duration(&mut self, name: &str, duration: Option<SignedDuration>) {
        self.optional(name, duration, |text, duration| text.duration("value", duration));
    }

    /// What may be absent.
    pub(super) fn optional<T>(&mut self, name: &str, value: Option<T>, add: impl Fn(&mut Self, T)) {
        match value {
            Some(value) => {
                self.entry(name, "");
                add(self, value);
            }
            None => self.0.push_str(&format!("{name} -\n")),
        }
    }

    /// A list, in its order.
    pub(super) fn list<T>(&mut self, name: &str, list: &[T], add: impl Fn(&mut Self, &T)) {
        let _ = writeln!(self.0, "{name} {}", list.len());
        list.iter().for_each(|one| add(self, one));
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, name: &str, texts: &[String]) {
        self.list(name, texts, |text, one| text.entry("value", one));
    }
}
