//! `.gitmodules`: settings of submodules, as git-config(1) writes them.

use std::collections::BTreeMap;

/// The settings of each submodule, by its name; lines in their order.
type Modules = BTreeMap<String, Vec<(String, String)>>;

/// The paths, old and new, of submodules whose settings differ; `None` when either text cannot be
/// read for certain.
pub fn changed(old: &[u8], new: &[u8]) -> Option<Vec<String>> {
    let (old, new) = (parse_modules(old)?, parse_modules(new)?);
    let names = old.keys().chain(new.keys()).filter(|name| old.get(*name) != new.get(*name));
    let mut paths = Vec::new();
    for settings in names.flat_map(|name| [old.get(name), new.get(name)]).flatten() {
        let mut own =
            settings.iter().filter(|(key, _)| key == "path").map(|(_, value)| value.clone()).peekable();
        own.peek()?;
        paths.extend(own);
    }
    paths.sort();
    paths.dedup();
    Some(paths)
}

fn parse_modules(text: &[u8]) -> Option<Modules> {
    let text = std::str::from_utf8(text).ok()?;
    let mut modules = Modules::new();
    let mut at: Option<String> = None;
    for line in text.trim_start_matches('\u{feff}').lines().map(str::trim) {
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(section) = line.strip_prefix('[') {
            at = parse_header(section.strip_suffix(']')?)?;
            if let Some(name) = &at {
                modules.entry(name.clone()).or_default();
            }
        } else if let Some(settings) = at.as_ref().and_then(|name| modules.get_mut(name)) {
            let (key, value) = line.split_once('=')?;
            settings.push((key.trim().to_ascii_lowercase(), value_of(value.trim())?));
        }
    }
    Some(modules)
}

/// The submodule that a section is of; one of anything else sets nothing. A second section or a
/// setting in the same line, escapes, and the form `[submodule.NAME]` are not read.
fn parse_header(section: &str) -> Option<Option<String>> {
    let (kind, name) = section.split_once([' ', '\t']).unwrap_or((section, ""));
    let kind = kind.to_ascii_lowercase();
    if section.contains(['[', ']', '\\']) || kind.starts_with("submodule.") {
        return None;
    }
    if kind != "submodule" {
        return Some(None);
    }
    let name = name.trim().trim_matches('"');
    (!name.is_empty() && !name.contains('"')).then(|| Some(name.to_string()))
}

/// A value in quotes or without any; escapes, comments behind it and lines that go on are not read.
fn value_of(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    (!inner.contains(['"', '\\', '#', ';'])).then(|| inner.trim_end_matches('/').to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "[submodule \"a\"]\n\tpath = lib/a\n\turl = https://a.test/a\n[submodule \"b\"]\n\tpath = \"lib/b\"\n\turl = https://a.test/b\n";

    fn of(old: &str, new: &str) -> Option<Vec<String>> {
        changed(old.as_bytes(), new.as_bytes())
    }

    #[test]
    fn only_what_differs_counts() {
        assert_eq!(of(TWO, &format!("# said\n\n{TWO}")), Some(vec![]));
        assert_eq!(of(TWO, &TWO.replace("a.test/b", "b.test/b")), Some(vec!["lib/b".into()]));
        assert_eq!(of(TWO, &TWO.replace("lib/a", "lib/c")), Some(vec!["lib/a".into(), "lib/c".into()]));
        assert_eq!(of("", TWO).map(|paths| paths.len()), Some(2));
        assert_eq!(of(TWO, &format!("{TWO}\tupdate = merge\n")), Some(vec!["lib/b".into()]));
    }

    #[test]
    fn what_cannot_be_read_for_certain_is_said() {
        for new in [
            "[submodule \"a\"] path = x\n",
            "[submodule \"a\"]\nurl = x\n",
            "[submodule \"a\"]\npath\n",
            "[submodule \"a\"]\npath = a\\\nb\n",
            "[core][submodule \"a\"]\npath = a\n",
            "[core] x = y ]\npath = a\n",
            "[submodule \"\\a\"]\npath = a\n",
            "[submodule.a]\npath = a\n",
        ] {
            assert_eq!(of("", new), None, "{new}");
        }
    }
}
