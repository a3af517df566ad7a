//! Where a setting is in the text of a policy, for remarks about it.

use super::checks::line_at;
use super::syntax;
use super::tree::TomlValue;
use toml::de::DeValue;

/// The line on which a text is below a table or key, counted from 1: as a value, or as the name
/// of a table. `way` leads there from the root; an empty `text` means what is at the end of it.
pub fn line_of(policy: &str, way: &[&str], text: &str) -> Option<u64> {
    SettingPlaces::of(policy).line_of(way, text)
}

/// The lines of the settings of one policy, which is parsed once for all of them.
pub struct SettingPlaces<'p> {
    policy: &'p str,
    root: Option<TomlValue<'p>>,
}

impl<'p> SettingPlaces<'p> {
    /// Those of this text; of a text that is not TOML no line is known.
    pub fn of(policy: &'p str) -> Self {
        SettingPlaces { policy, root: syntax::parse(policy, &mut Vec::new()) }
    }

    /// See [`line_of`].
    pub fn line_of<K: AsRef<str>>(&self, way: &[K], text: &str) -> Option<u64> {
        let root = self.root.as_ref()?;
        let below = way.iter().try_fold(root, |value, key| value.get_ref().get(key.as_ref()))?;
        let span = if text.is_empty() { Some(below.span()) } else { find_text(below, text) };
        span.map(|span| line_at(self.policy, &span))
    }
}

fn find_text(value: &TomlValue<'_>, text: &str) -> Option<std::ops::Range<usize>> {
    match value.get_ref() {
        DeValue::String(found) if found == text => Some(value.span()),
        DeValue::Array(list) => list.iter().find_map(|element| find_text(element, text)),
        DeValue::Table(table) => table.iter().find_map(|(key, value)| {
            if key.get_ref() == text { Some(key.span()) } else { find_text(value, text) }
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_names_have_lines() {
        let text =
            "[branches]\ndeployment = [\n  'main',\n  'release/*',\n]\n[roles.owners]\nusers = ['kim']\n";
        assert_eq!(line_of(text, &["branches", "deployment"], "release/*"), Some(4));
        assert_eq!(line_of(text, &["roles"], "owners"), Some(6));
        assert_eq!(line_of(text, &["roles", "owners"], ""), Some(6));
        assert_eq!(line_of(text, &["controls"], "x"), None);
    }
}
