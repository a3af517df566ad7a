//! Lines of `.gitattributes` and `.gitignore`: which paths they are about.
//!
//! Their patterns are read as gitattributes(5) and gitignore(5) say, and written anew as patterns
//! of the one dialect from the root. What cannot be written so exactly is widened, at most to all
//! that lies below the directory of the file.

use portcullis_model::governs::Governor;
use portcullis_pattern::glob::{Glob, escape_text};

/// Attributes that change line ends or how a file is shown, and not what it says. A name that is
/// not here may also be a macro.
const MILD: [&str; 9] =
    ["text", "eol", "crlf", "binary", "diff", "whitespace", "conflict-marker-size", "delta", "encoding"];

/// Groups of such attributes.
const MILD_GROUPS: [&str; 2] = ["linguist-", "gitlab-"];

/// A line, and the paths that it is about.
#[derive(Debug)]
pub struct AttributeRule {
    /// From the root; `None` when even the directory of the file cannot be written in our dialect.
    pub glob: Option<Glob>,
    /// Does it change what the file is?
    pub strong: bool,
}

/// The rule of a line in a file of this directory; `None` when the line says nothing.
pub fn parse_rule(governor: Governor, directory: &[u8], line: &[u8]) -> Option<AttributeRule> {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii();
    if line.is_empty() || line.starts_with(b"#") {
        return None;
    }
    let (pattern, strong) = match governor {
        Governor::Attributes => {
            let (pattern, attributes) = split_attributes(line)?;
            (pattern, attributes.split(u8::is_ascii_whitespace).any(is_strong))
        }
        _ => (Some(line.to_vec()), false),
    };
    // Ignored or left out of an archive, a directory takes with it what is below.
    let deep = strong || governor == Governor::Ignore;
    let exact =
        pattern.and_then(|pattern| glob_from_root(directory, &String::from_utf8(pattern).ok()?, deep));
    let glob = exact.or_else(|| glob_from_root(directory, "**", true));
    Some(AttributeRule { glob, strong })
}

/// The pattern, `None` when it cannot be read, and the attributes; `None` when there are none.
fn split_attributes(line: &[u8]) -> Option<(Option<Vec<u8>>, &[u8])> {
    if line.starts_with(b"[attr]") {
        return Some((None, b"macro"));
    }
    let (pattern, rest) = match line.strip_prefix(b"\"") {
        Some(quoted) => match unquote_pattern(quoted) {
            Some((pattern, length)) => (Some(pattern), &quoted[length..]),
            None => (None, line),
        },
        None => {
            let end = line.iter().position(is_blank)?;
            (Some(line[..end].to_vec()), &line[end..])
        }
    };
    Some((pattern, rest.trim_ascii())).filter(|(_, rest)| !rest.is_empty())
}

/// What parts a pattern from its attributes. A form feed is part of the pattern.
fn is_blank(b: &u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n')
}

/// A name in quotes as git writes it; escapes other than of a quote and a backslash are not read.
fn unquote_pattern(quoted: &[u8]) -> Option<(Vec<u8>, usize)> {
    let end = quoted.iter().position(|b| *b == b'"')?;
    (!quoted[..end].contains(&b'\\')).then(|| (quoted[..end].to_vec(), end + 1))
}

fn is_strong(attribute: &[u8]) -> bool {
    let name = attribute.trim_ascii_start();
    let name = name.strip_prefix(b"-").or(name.strip_prefix(b"!")).unwrap_or(name);
    let name = name.split(|b| *b == b'=').next().unwrap_or_default();
    let mild = MILD.iter().any(|known| known.as_bytes() == name);
    let group = MILD_GROUPS.iter().any(|known| name.starts_with(known.as_bytes()));
    !(name.is_empty() || mild || group)
}

/// The pattern from the root, in our dialect.
fn glob_from_root(directory: &[u8], pattern: &str, deep: bool) -> Option<Glob> {
    let pattern = pattern.strip_prefix('!').unwrap_or(pattern);
    let (pattern, deep) = pattern.strip_suffix('/').map_or((pattern, deep), |pattern| (pattern, true));
    let anchored = pattern.contains('/');
    let pattern = pattern.strip_prefix('/').unwrap_or(pattern);
    let directory = std::str::from_utf8(directory).ok()?;
    let mut components: Vec<String> =
        directory.split('/').filter(|name| !name.is_empty()).map(escape_text).collect();
    if !anchored {
        components.push("**".into());
    }
    let mut is_whole = true;
    for part in pattern.split('/') {
        let (component, whole) = convert_component(part);
        components.push(component);
        is_whole = whole;
        if !whole {
            break;
        }
    }
    if deep || !is_whole {
        components.push("**".into());
    }
    components.dedup_by(|a, b| a == "**" && b == "**");
    Glob::new(&components.join("/")).ok()
}

/// One component, and whether it could be written whole. `?` and a class are one byte to git, which
/// may be part of a character, so both become `*`. What follows a class of special characters, or a
/// backslash before a `/`, is left out.
fn convert_component(text: &str) -> (String, bool) {
    if text.len() > 1 && text.bytes().all(|b| b == b'*') {
        return ("**".into(), true);
    }
    let mut written = String::new();
    let mut after_star = false;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let (literal, behind) = match c {
            '*' | '?' => (None, Some(rest.as_str())),
            '[' => (None, behind_class(rest.as_str())),
            '\\' => {
                let literal = rest.next();
                (literal, literal.map(|_| rest.as_str()))
            }
            c => (Some(c), Some(rest.as_str())),
        };
        match literal {
            Some(c) => written.push_str(&escape_text(&c.to_string())),
            None if after_star => {}
            None => written.push('*'),
        }
        after_star = literal.is_none();
        let Some(behind) = behind else { return (written, false) };
        rest = behind.chars();
    }
    (written, true)
}

/// What follows a class whose `[` was read; `None` where it is not plain where the class ends
/// (`wildmatch.c`): one with a `]` right at its beginning, a backslash, the name of a class, or a
/// `/`, at which the pattern was cut before.
fn behind_class(text: &str) -> Option<&str> {
    let (class, behind) = text.split_once(']')?;
    let members = class.trim_start_matches(['!', '^']);
    (!members.is_empty() && !members.contains(['\\', '['])).then_some(behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(directory: &str, line: &str) -> String {
        let rule = parse_rule(Governor::Attributes, directory.as_bytes(), line.as_bytes());
        let rule = rule.map(|rule| (rule.glob.map(|glob| glob.as_str().to_string()), rule.strong));
        match rule {
            None => "nothing".into(),
            Some((None, _)) => "nobody knows".into(),
            Some((Some(glob), strong)) => format!("{glob}{}", if strong { " strong" } else { "" }),
        }
    }

    #[test]
    fn patterns_are_written_from_the_root() {
        for (directory, line, expected) in [
            ("", "*.sql text", "**/*.sql"),
            ("", "/a.sql text=auto eol=lf", "a.sql"),
            ("", "services/** -text", "services/**"),
            ("a/b", "*.sql  diff linguist-x", "a/b/**/*.sql"),
            ("a", "b/*.sql !eol", "a/b/*.sql"),
            ("a", "**/x text", "a/**/x"),
            ("", "x export-ignore", "**/x/** strong"),
            ("", "/x/ export-ignore", "x/** strong"),
            ("", "x -text filter=lfs", "**/x/** strong"),
            ("", "x mine", "**/x/** strong"),
            ("", "a[0-9]b text", "**/a*b"),
            ("", "a[!0-9]?b/c text", "a*b/c"),
            ("", "a[[:alpha:]]b text", "**/a*/**"),
            ("", "a[]x]b text", "**/a*/**"),
            ("", "a[b/c]d/e text", "a*/**"),
            ("", "a/*** text", "a/**"),
            ("", "a**b text", "**/a*b"),
            ("", r"a\*{b} text", r"**/a\*\{b\}"),
            ("", "\"a b\" text", "**/a b"),
            ("[x]", "a text", r"\[x\]/**/a"),
            ("", r#""a\tb" text"#, "** strong"),
            ("", "[attr]mine -text", "** strong"),
            ("x", "[attr]mine -text", "x/** strong"),
            ("x", "./a text", "x/**"),
            ("", "# *.sql text", "nothing"),
            ("", "*.sql", "nothing"),
        ] {
            assert_eq!(of(directory, line), expected, "{line}");
        }
    }

    /// What git matches (`wildmatch.c`) is matched here too, at the least.
    #[test]
    fn a_pattern_is_never_narrower_than_git_reads_it() {
        for pattern in [
            "services/uploa[!]x]/**",
            "services/uploa[^]x]/**",
            r"services/uploa[\]d]/**",
            "services/uploa[x[:alpha:]]/**",
            "services/uploa[[:alpha:]d]/**",
            "services/uploa[]d]/**",
            "[\u{c}s]ervices/**",
            r"services\/upload/**",
            "services/***",
            "***/upload/x.sql",
            r"services/**\/x.sql",
            "services/upload/?.sql",
        ] {
            let rule = parse_rule(Governor::Attributes, b"", format!("{pattern} text").as_bytes()).unwrap();
            assert!(rule.glob.unwrap().matches_folded(b"services/upload/x.sql"), "{pattern}");
        }
        let rule = parse_rule(Governor::Attributes, b"", b"caf??/x text").unwrap();
        assert!(rule.glob.unwrap().matches_folded("caf\u{e9}/x".as_bytes()));
    }

    #[test]
    fn a_line_of_ignored_files_is_a_pattern_alone() {
        let ignored = |line: &str| {
            parse_rule(Governor::Ignore, b"", line.as_bytes()).unwrap().glob.unwrap().to_string()
        };
        assert_eq!([ignored("!/a b/"), ignored("out")], ["a b/**", "**/out/**"]);
    }
}
