//! The values of one record: texts of elements and attributes by their path.

use portcullis_reconcile::source::RawValue;

/// A path of elements, and an attribute of the last one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ElementPath {
    elements: Vec<String>,
    attribute: Option<String>,
}

impl ElementPath {
    /// Reads `a/b`, `a/@b`, `@b` or `.`.
    pub(super) fn parse(path: &str) -> Option<Self> {
        if path == "." {
            return Some(Self { elements: Vec::new(), attribute: None });
        }
        let mut elements: Vec<String> = path.split('/').map(String::from).collect();
        let attribute = elements.last()?.strip_prefix('@').map(String::from);
        if attribute.is_some() {
            elements.pop();
        }
        let is_name =
            |name: &String| !name.is_empty() && !name.contains(['@', '*', '[', ' ', ':']) && name != ".";
        let is_path = elements.iter().all(is_name) && attribute.as_ref().is_none_or(|name| !name.is_empty());
        is_path.then_some(Self { elements, attribute })
    }
}

/// What was found of a path so far.
#[derive(Debug, Default)]
struct FoundText {
    text: String,
    is_nil: bool,
    has_elements: bool,
    has_bad_bytes: bool,
}

/// The value that a path leads to, as the record is read.
#[derive(Debug)]
pub(super) struct PathValue {
    path: ElementPath,
    found: Option<FoundText>,
    times: u32,
}

impl PathValue {
    pub(super) const fn new(path: ElementPath) -> Self {
        Self { path, found: None, times: 0 }
    }

    /// Forgets the record before.
    pub(super) fn clear(&mut self) {
        self.found = None;
        self.times = 0;
    }

    /// An element begins: `path` are the names from the record to it, itself included.
    pub(super) fn begin_element(&mut self, path: &[String], attributes: &[(String, Option<String>)]) {
        if path != self.path.elements {
            // An element within the one that is asked for: its text is not one text.
            let is_within = self.path.attribute.is_none() && path.len() == self.path.elements.len() + 1;
            if let Some(found) =
                self.found.as_mut().filter(|_| is_within && path.starts_with(&self.path.elements))
            {
                found.has_elements = true;
            }
            return;
        }
        match &self.path.attribute {
            None => {
                self.times += 1;
                let is_nil = attributes.iter().any(|(name, value)| {
                    name.ends_with(":nil") && matches!(value.as_deref().map(str::trim), Some("true" | "1"))
                });
                self.found = Some(FoundText { is_nil, ..FoundText::default() });
            }
            Some(wanted) => {
                let Some((_, text)) = attributes.iter().find(|(name, _)| name == wanted) else { return };
                self.times += 1;
                let has_bad_bytes = text.is_none();
                let text = text.clone().unwrap_or_default();
                self.found = Some(FoundText { text, has_bad_bytes, ..FoundText::default() });
            }
        }
    }

    /// Text within the element at `path`; `None`: bytes that are no text.
    pub(super) fn add_text(&mut self, path: &[String], text: Option<&str>) {
        if self.path.attribute.is_some() || path != self.path.elements {
            return;
        }
        let Some(found) = &mut self.found else { return };
        match text {
            Some(text) => found.text.push_str(text),
            None => found.has_bad_bytes = true,
        }
    }

    /// The value, when the record is whole.
    pub(super) fn value(&self) -> RawValue {
        let unreadable = |why: &str| RawValue::Unreadable(why.to_string());
        match &self.found {
            None => RawValue::Null,
            Some(_) if self.times > 1 => unreadable("the element occurs more than once"),
            Some(found) if found.has_elements && !self.path.elements.is_empty() => {
                unreadable("it holds elements")
            }
            Some(found) if found.has_bad_bytes => unreadable("its bytes are no text"),
            Some(found) if found.is_nil => RawValue::Null,
            Some(found) => RawValue::Text(found.text.clone()),
        }
    }
}

/// The character of an entity that XML has itself, or of a number.
pub(super) fn resolve_reference(name: &str) -> Option<char> {
    let number = match name {
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "amp" => return Some('&'),
        "apos" => return Some('\''),
        "quot" => return Some('"'),
        _ => name.strip_prefix('#')?,
    };
    let digits = number.strip_prefix('x');
    let radix = if digits.is_some() { 16 } else { 10 };
    let digits = digits.unwrap_or(number);
    let is_number = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    let character = char::from_u32(u32::from_str_radix(digits, radix).ok()?)?;
    let is_allowed =
        matches!(character, '\t' | '\n' | '\r' | ' '..) && !matches!(character, '\u{fffe}' | '\u{ffff}');
    (is_number && is_allowed).then_some(character)
}

/// The value of an attribute (XML 1.0, section 3.3.3).
pub(super) fn resolve_attribute(text: &str) -> Result<String, &'static str> {
    let text = join_lines(text);
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find('&') {
        push_blanked(&rest[..at], &mut resolved);
        let Some((name, after)) = rest[at + 1..].split_once(';') else {
            return Err("A reference in an attribute has no end.");
        };
        let character = resolve_reference(name);
        resolved.push(character.ok_or("An entity that XML does not have itself is not accepted.")?);
        rest = after;
    }
    push_blanked(rest, &mut resolved);
    Ok(resolved)
}

fn push_blanked(text: &str, into: &mut String) {
    into.extend(text.chars().map(|c| if matches!(c, '\t' | '\n' | '\r') { ' ' } else { c }));
}

/// Text with each line break as one LF (XML 1.0, section 2.11).
pub(super) fn join_lines(text: &str) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_string() }
}
