//! One line of a file of allowed signers.

use super::{Principal, SignerLine};
use crate::key::PublicKey;
use jiff::Timestamp;

/// What is wrong with a line, in one sentence. The caller knows its number.
#[derive(Debug)]
pub(super) struct LineProblem(String);

impl From<String> for LineProblem {
    fn from(problem: String) -> Self {
        LineProblem(problem)
    }
}

impl From<&str> for LineProblem {
    fn from(problem: &str) -> Self {
        LineProblem(problem.to_string())
    }
}

impl From<LineProblem> for String {
    fn from(LineProblem(problem): LineProblem) -> String {
        problem
    }
}

/// `None` for an empty line or a comment.
///
/// # Errors
/// What is wrong with the line.
pub(super) fn read(text: &str, number: usize) -> Result<Option<SignerLine>, LineProblem> {
    let text = text.trim_matches(is_blank);
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    let (principals, rest) = split_word(text)?;
    let (options, key) = if names_a_key(rest) { ("", rest) } else { until_blank(rest)? };
    let mut entry = SignerLine {
        line: number,
        principals: read_list(&remove_quotes(principals), "the list of principals")?,
        namespaces: None,
        valid_after: None,
        valid_before: None,
        key: public_key(key)?,
    };
    set_options(&mut entry, options)?;
    Ok(Some(entry))
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// The first word, which may be in quotes, and what follows it.
fn split_word(text: &str) -> Result<(&str, &str), LineProblem> {
    let (word, rest) = until_blank(text)?;
    if rest.is_empty() {
        return Err("a line has principals and a key".into());
    }
    Ok((word, rest))
}

/// Up to the first blank outside quotes.
fn until_blank(text: &str) -> Result<(&str, &str), LineProblem> {
    let end = end_of(text, is_blank)?;
    let (word, rest) = text.split_at(end);
    Ok((word, rest.trim_start_matches(is_blank)))
}

/// Returns the position of the first such character outside quotes, or of the end. A quote with a
/// backslash before it is none.
fn end_of(text: &str, ends: impl Fn(char) -> bool) -> Result<usize, LineProblem> {
    let (mut quoted, mut escaped) = (false, false);
    for (index, c) in text.char_indices() {
        match c {
            '"' if !escaped => quoted = !quoted,
            c if !quoted && ends(c) => return Ok(index),
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    if quoted { Err("a quote is not closed".into()) } else { Ok(text.len()) }
}

/// Does the kind of a key come next, and not an option?
fn names_a_key(text: &str) -> bool {
    let kind = text.split(is_blank).next().unwrap_or_default();
    ["ssh-", "ecdsa-", "sk-"].iter().any(|prefix| kind.starts_with(prefix))
}

/// A key as a line has it: its kind and its base64.
///
/// # Errors
/// It cannot be read, or keys of its kind do not count.
pub(super) fn public_key(text: &str) -> Result<PublicKey, LineProblem> {
    let mut words = text.split(is_blank).filter(|word| !word.is_empty());
    let (kind, data) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if !names_a_key(kind) {
        return Err(format!("`{kind}` is neither an option nor the kind of a key").into());
    }
    let key = ssh_key::PublicKey::from_openssh(&format!("{kind} {data}"));
    let key = key.map_err(|error| format!("the key cannot be read: {error}"))?;
    PublicKey::new(key.key_data().clone()).map_err(|error| error.to_string().into())
}

/// Without the quotes around it.
fn remove_quotes(text: &str) -> String {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inner.unwrap_or(text).replace("\\\"", "\"")
}

fn read_list(text: &str, what: &str) -> Result<Vec<Principal>, LineProblem> {
    let names: Vec<&str> = text.split(',').collect();
    let plain = |name: &&str| {
        !name.is_empty() && *name != "!" && !name.contains(['"', '\\']) && !name.contains(char::is_whitespace)
    };
    match names.iter().find(|name| !plain(name)) {
        Some(name) => Err(format!("{what} holds `{name}`, which is no name").into()),
        None => Ok(names.into_iter().map(Principal::new).collect()),
    }
}

fn set_options(entry: &mut SignerLine, mut options: &str) -> Result<(), LineProblem> {
    while !options.is_empty() {
        let end = end_of(options, |c| c == ',')?;
        let (option, rest) = options.split_at(end);
        set_option(entry, option)?;
        options = match rest.strip_prefix(',') {
            Some("") => return Err("a comma is left over after the options".into()),
            Some(rest) => rest,
            None => rest,
        };
    }
    Ok(())
}

fn set_option(entry: &mut SignerLine, option: &str) -> Result<(), LineProblem> {
    let (name, value) = option.split_once('=').unwrap_or((option, ""));
    let twice = || LineProblem::from(format!("the option `{name}` is there twice"));
    let once = |free: bool| if free { Ok(()) } else { Err(twice()) };
    match name.to_ascii_lowercase().as_str() {
        "namespaces" => {
            once(entry.namespaces.is_none())?;
            entry.namespaces = Some(read_list(read_quoted(name, value)?.as_str(), "`namespaces`")?);
        }
        "valid-after" => {
            once(entry.valid_after.is_none())?;
            entry.valid_after = Some(read_moment(&read_quoted(name, value)?)?);
        }
        "valid-before" => {
            once(entry.valid_before.is_none())?;
            entry.valid_before = Some(read_moment(&read_quoted(name, value)?)?);
        }
        "cert-authority" => return Err("`cert-authority` is not supported; name each key itself".into()),
        _ => return Err(format!("there is no option `{name}`").into()),
    }
    Ok(())
}

fn read_quoted(name: &str, value: &str) -> Result<String, LineProblem> {
    let closed = value.len() >= 2 && value.starts_with('"') && value.ends_with('"');
    if closed {
        Ok(remove_quotes(value))
    } else {
        Err(format!("write `{name}=\"…\"`, with the quotes").into())
    }
}

/// `YYYYMMDDZ`, `YYYYMMDDHHMMZ` or `YYYYMMDDHHMMSSZ`.
fn read_moment(text: &str) -> Result<Timestamp, LineProblem> {
    let mistake =
        || LineProblem::from(format!("`{text}` is not a moment; write YYYYMMDDZ or YYYYMMDDHHMMSSZ"));
    let digits = text.strip_suffix(['Z', 'z']).ok_or_else(|| {
        format!("`{text}` has no `Z` at its end, so that it means another moment on each machine")
    })?;
    let whole = matches!(digits.len(), 8 | 12 | 14) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let part = |from: usize| digits.get(from..from + 2).unwrap_or("00");
    let year = digits.get(..4).unwrap_or_default();
    let text = format!("{year}-{}-{}T{}:{}:{}Z", part(4), part(6), part(8), part(10), part(12));
    whole.then(|| text.parse().ok()).flatten().ok_or_else(mistake)
}
