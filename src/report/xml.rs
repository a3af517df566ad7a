//! One XML document as a stream: what every XML format is read with.
//!
//! There are no entities but the five of XML itself, nothing is fetched, and what is not one whole well-formed
//! document, or goes beyond a limit, is an error. A format implements [`Content`] and is told of each element.
//!
//! A report can hold a hundred thousand tests, and most of it is plain text. So nothing is copied that stands in the document
//! as it is meant; what the reader hands out as bytes is found again in the text, which was looked at as a whole before.

use super::ReportError;
use super::encoding::{decode, head, is_allowed};
use memchr::memchr2;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::borrow::Cow;

/// Bounds of a document. Beyond them it is refused, never cut.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How deep elements may nest.
    pub depth: usize,
    /// How many attributes one element may have.
    pub attributes: usize,
    /// The length of one attribute's value in bytes, as it is written.
    pub attribute: usize,
    /// May it name a document type? It is never fetched, and may declare nothing. Test reports have none, some
    /// coverage reports do.
    pub document_type: bool,
}

/// The bounds of a test report.
pub const LIMITS: Limits = Limits { depth: 64, attributes: 1000, attribute: 1 << 20, document_type: false };

/// Name and value of an attribute.
pub type Pair<'a> = (&'a str, &'a str);

/// The same, where it may have to be written anew to be as it is meant.
type Meant<'a> = (Cow<'a, str>, Cow<'a, str>);

/// An element as it opens.
pub struct Element<'a> {
    /// Its name in lower case, without its namespace's prefix.
    pub name: &'a str,
    /// All attributes, their names in lower case with prefixes, in their order. None is passed over unread.
    pub attributes: &'a [Pair<'a>],
}

impl Element<'_> {
    /// The attribute of this name (in lower case), even if it is empty.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
    }

    /// The attribute of this name (in lower case), if it holds anything.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.attribute(name).filter(|value| !value.is_empty())
    }
}

/// What a format makes of a document. An error is a sentence about what does not belong there.
pub trait Content {
    /// An element opens.
    ///
    /// # Errors
    /// When the element cannot be part of such a report.
    fn start(&mut self, element: &Element<'_>) -> Result<(), String>;

    /// The innermost open element closes.
    ///
    /// # Errors
    /// When the element did not hold what it must.
    fn end(&mut self) -> Result<(), String>;

    /// A piece of the text of the innermost open element; a text may come in several pieces.
    ///
    /// # Errors
    /// When the text cannot stand there.
    fn text(&mut self, _text: &str) -> Result<(), String> {
        Ok(())
    }
}

/// Reads a document whose outermost element is one of `roots` (in lower case).
///
/// # Errors
/// What is wrong with it, with the line.
pub fn read(
    bytes: &[u8],
    roots: &[&str],
    limits: Limits,
    content: &mut impl Content,
) -> Result<(), ReportError> {
    let text = decode(bytes)?;
    let mut reader = Reader::from_str(&text);
    let mut document = Document {
        text: &text,
        blanks: memchr2(b'\t', b'\r', text.as_bytes()).is_some(),
        limits,
        roots,
        content,
        attributes: Vec::new(),
        open: 0,
        started: false,
        declared: false,
    };
    loop {
        let begin = reader.buffer_position();
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => return Err(at(&text, reader.error_position(), error.to_string())),
        };
        let last = matches!(event, Event::Eof);
        document.take(&event).map_err(|message| at(&text, begin, message))?;
        if last {
            return Ok(());
        }
    }
}

/// The name of the first element in lower case, as far as the beginning of the file shows one.
pub fn root(bytes: &[u8]) -> Option<String> {
    // Each format asks, and nearly always the first lines answer.
    let first = bytes.get(..FIRST_LINES).and_then(|lines| first_element(&head(lines)));
    first.or_else(|| first_element(&head(bytes)))
}

/// How much of a document is looked at first for its outermost element, in bytes.
const FIRST_LINES: usize = 2048;

fn first_element(head: &str) -> Option<String> {
    let mut reader = Reader::from_str(head);
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) | Event::Empty(tag) => {
                return Some(lower_case(part(head, tag.local_name().as_ref()).ok()?).into_owned());
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

fn at(text: &str, position: u64, message: String) -> ReportError {
    let end = usize::try_from(position).unwrap_or(usize::MAX).min(text.len());
    ReportError::after(&text.as_bytes()[..end], message)
}

/// A document while it is read.
struct Document<'t, 'r, C> {
    text: &'t str,
    /// Does it hold blanks that few documents hold, and that values do not keep?
    blanks: bool,
    limits: Limits,
    roots: &'r [&'r str],
    content: &'r mut C,
    /// Those of the element that opens; kept for its room.
    attributes: Vec<Pair<'t>>,
    open: usize,
    started: bool,
    declared: bool,
}

impl<'t, C: Content> Document<'t, '_, C> {
    fn take(&mut self, event: &Event<'_>) -> Result<(), String> {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::Empty(tag) => {
                self.start(tag)?;
                self.end()
            }
            Event::End(_) => self.end(),
            Event::Text(text) => self.text(part(self.text, text)?, true),
            Event::CData(text) => self.text(part(self.text, text)?, false),
            Event::GeneralRef(reference) => self.reference(reference),
            Event::Decl(_) => self.declaration(),
            Event::DocType(text) => self.document_type(text),
            Event::Comment(_) | Event::PI(_) => Ok(()),
            Event::Eof => self.finish(),
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>) -> Result<(), String> {
        let name = lower_case(part(self.text, tag.local_name().into_inner())?);
        self.room(&name)?;
        self.open += 1;
        if self.take_plain(tag)? {
            return self.content.start(&Element { name: &name, attributes: &self.attributes });
        }
        let meant = self.take_unusual(tag)?;
        let attributes: Vec<Pair<'_>> = meant.iter().map(|(name, value)| (&**name, &**value)).collect();
        self.content.start(&Element { name: &name, attributes: &attributes })
    }

    /// May an element of this name begin here?
    fn room(&mut self, name: &str) -> Result<(), String> {
        if self.open >= self.limits.depth {
            return Err(format!("elements nest deeper than {}", self.limits.depth));
        }
        if self.open > 0 {
            return Ok(());
        }
        if self.started {
            return Err("a second document begins here; a report is one document".into());
        }
        self.started = true;
        if self.roots.contains(&name) {
            return Ok(());
        }
        Err(format!("its outermost element is none of {}", self.roots.join(", ")))
    }

    /// All attributes, where each stands as it is meant, as nearly always; otherwise they have to be read again.
    fn take_plain(&mut self, tag: &BytesStart<'_>) -> Result<bool, String> {
        self.attributes.clear();
        if !self.is_plain(tag) {
            return Ok(false);
        }
        // Names are compared here, in lower case and in less time.
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| error.to_string())?;
            self.fits(&attribute, self.attributes.len())?;
            let name = part(self.text, attribute.key.0)?;
            if !is_lower(name) {
                return Ok(false);
            }
            is_new(name, self.attributes.iter().map(|(name, _)| *name))?;
            self.attributes.push((name, part(self.text, &attribute.value)?));
        }
        Ok(true)
    }

    /// All attributes as they are meant. Each is read, so that a broken one is never passed over.
    fn take_unusual(&self, tag: &BytesStart<'_>) -> Result<Vec<Meant<'t>>, String> {
        let mut all: Vec<Meant<'t>> = Vec::new();
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| error.to_string())?;
            self.fits(&attribute, all.len())?;
            let name = lower_case(part(self.text, attribute.key.0)?);
            is_new(&name, all.iter().map(|(name, _)| &**name))?;
            let value = match self.is_plain(&attribute.value) {
                true => Cow::Borrowed(part(self.text, &attribute.value)?),
                false => Cow::Owned(normal(&attribute)?),
            };
            all.push((name, value));
        }
        Ok(all)
    }

    fn fits(&self, attribute: &Attribute<'_>, before: usize) -> Result<(), String> {
        if before >= self.limits.attributes {
            return Err(format!("an element has more than {} attributes", self.limits.attributes));
        }
        if attribute.value.len() > self.limits.attribute {
            return Err(format!("an attribute is longer than {} bytes", self.limits.attribute));
        }
        Ok(())
    }

    /// Does a value, or each value of a tag, stand there as it is meant, without references and without blanks to be replaced?
    fn is_plain(&self, written: &[u8]) -> bool {
        memchr2(b'&', b'\n', written).is_none() && !(self.blanks && memchr2(b'\t', b'\r', written).is_some())
    }

    fn end(&mut self) -> Result<(), String> {
        self.open = self.open.saturating_sub(1);
        self.content.end()
    }

    /// A piece of text. Outside of the element only blanks may stand, `written` as they are.
    fn text(&mut self, text: &str, written: bool) -> Result<(), String> {
        if self.open > 0 {
            return self.content.text(text);
        }
        if written && text.bytes().all(|byte| byte.is_ascii_whitespace()) {
            Ok(())
        } else {
            Err("there is text outside the one element that a document has".into())
        }
    }

    /// Only character references and the five entities of XML itself (XML 1.0, section 4.6).
    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), String> {
        let c = match reference.resolve_char_ref().map_err(|error| error.to_string())? {
            Some(c) => c,
            None => entity(reference).ok_or("an entity is used that XML does not define")?,
        };
        allowed(c)?;
        self.text(c.encode_utf8(&mut [0; 4]), false)
    }

    fn declaration(&mut self) -> Result<(), String> {
        if self.started || self.declared {
            return Err("a second document begins here; a report is one document".into());
        }
        self.declared = true;
        Ok(())
    }

    fn document_type(&self, text: &[u8]) -> Result<(), String> {
        if !self.limits.document_type {
            return Err("a document type is declared; such a report has none".into());
        }
        if self.started || text.contains(&b'[') {
            return Err("a document type declares things of its own; such a report does not".into());
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), String> {
        if !self.started {
            return Err("it has no element".into());
        }
        if self.open > 0 {
            return Err(format!("it is cut off: {} elements are still open at its end", self.open));
        }
        Ok(())
    }
}

/// Of two attributes of one name nobody could say which is meant.
fn is_new<'n>(name: &str, mut known: impl Iterator<Item = &'n str>) -> Result<(), String> {
    if known.any(|known| known == name) {
        Err(format!("an element has two attributes `{name}`"))
    } else {
        Ok(())
    }
}

/// A value as it is meant (XML 1.0, section 3.3.3).
fn normal(attribute: &Attribute<'_>) -> Result<String, String> {
    let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
    // What stands in the text itself was looked at already; a reference can name anything.
    if attribute.value.contains(&b'&') {
        value.chars().try_for_each(allowed)?;
    }
    Ok(value.into_owned())
}

fn entity(name: &[u8]) -> Option<char> {
    match name {
        b"amp" => Some('&'),
        b"apos" => Some('\''),
        b"gt" => Some('>'),
        b"lt" => Some('<'),
        b"quot" => Some('"'),
        _ => None,
    }
}

fn allowed(c: char) -> Result<(), String> {
    if is_allowed(c) { Ok(()) } else { Err("a reference names a control character".into()) }
}

fn lower_case(name: &str) -> Cow<'_, str> {
    if is_lower(name) { Cow::Borrowed(name) } else { Cow::Owned(name.to_ascii_lowercase()) }
}

fn is_lower(name: &str) -> bool {
    !name.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// The part of a text that the reader handed out as bytes. It is found by its place, so that no character is looked at again.
fn part<'t>(text: &'t str, bytes: &[u8]) -> Result<&'t str, String> {
    if bytes.is_empty() {
        return Ok("");
    }
    let begin = bytes.as_ptr().addr().wrapping_sub(text.as_ptr().addr());
    let end = begin.checked_add(bytes.len());
    end.and_then(|end| text.get(begin..end)).ok_or_else(|| "a part of it cannot be found again".to_string())
}

#[cfg(test)]
mod tests;
