//! One XML document as a stream: what every XML format is read with.
//!
//! There are no entities but the five of XML itself, nothing is fetched, and what is not one whole well-formed
//! document, or goes beyond a limit, is an error. A format implements [`Content`] and is told of each element.

use super::ReportError;
use super::encoding::{decode, head, is_allowed};
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

/// An element as it opens.
pub struct Element<'a> {
    /// Its name in lower case, without its namespace's prefix.
    pub name: Cow<'a, str>,
    /// All attributes, their names in lower case with prefixes, in their order. None is passed over unread.
    pub attributes: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl Element<'_> {
    /// The attribute of this name (in lower case), even if it is empty.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
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
    let mut document = Document { limits, roots, content, open: 0, started: false, declared: false };
    loop {
        let begin = reader.buffer_position();
        let event =
            reader.read_event().map_err(|error| at(&text, reader.error_position(), error.to_string()))?;
        let last = matches!(event, Event::Eof);
        document.take(&event).map_err(|message| at(&text, begin, message))?;
        if last {
            return Ok(());
        }
    }
}

/// The name of the first element in lower case, as far as the beginning of the file shows one.
pub fn root(bytes: &[u8]) -> Option<String> {
    let head = head(bytes);
    let mut reader = Reader::from_str(&head);
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) | Event::Empty(tag) => {
                return Some(lower_case(tag.local_name().as_ref()).ok()?.into_owned());
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
struct Document<'r, C> {
    limits: Limits,
    roots: &'r [&'r str],
    content: &'r mut C,
    open: usize,
    started: bool,
    declared: bool,
}

impl<C: Content> Document<'_, C> {
    fn take(&mut self, event: &Event<'_>) -> Result<(), String> {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::Empty(tag) => {
                self.start(tag)?;
                self.end()
            }
            Event::End(_) => self.end(),
            Event::Text(text) => self.text(text, text.iter().all(u8::is_ascii_whitespace)),
            Event::CData(text) => self.text(text, false),
            Event::GeneralRef(reference) => self.reference(reference),
            Event::Decl(_) => self.declaration(),
            Event::DocType(text) => self.document_type(text),
            Event::Comment(_) | Event::PI(_) => Ok(()),
            Event::Eof => self.finish(),
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>) -> Result<(), String> {
        let name = lower_case(tag.local_name().into_inner())?;
        self.room(&name)?;
        let attributes = self.attributes(tag)?;
        self.open += 1;
        self.content.start(&Element { name, attributes })
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

    /// All attributes. Each is read, so that a broken one is never passed over.
    fn attributes<'a>(&self, tag: &'a BytesStart<'_>) -> Result<Vec<(Cow<'a, str>, Cow<'a, str>)>, String> {
        let mut all = Vec::new();
        for attribute in tag.attributes() {
            if all.len() >= self.limits.attributes {
                return Err(format!("an element has more than {} attributes", self.limits.attributes));
            }
            all.push(attribute_of(attribute.map_err(|error| error.to_string())?, self.limits.attribute)?);
        }
        Ok(all)
    }

    fn end(&mut self) -> Result<(), String> {
        self.open = self.open.saturating_sub(1);
        self.content.end()
    }

    fn text(&mut self, text: &[u8], blank: bool) -> Result<(), String> {
        if self.open > 0 {
            return self.content.text(utf8(text)?);
        }
        if blank { Ok(()) } else { Err("there is text outside the one element that a document has".into()) }
    }

    /// Only character references and the five entities of XML itself (XML 1.0, section 4.6).
    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), String> {
        let c = match reference.resolve_char_ref().map_err(|error| error.to_string())? {
            Some(c) => c,
            None => entity(reference).ok_or("an entity is used that XML does not define")?,
        };
        allowed(c)?;
        self.text(c.encode_utf8(&mut [0; 4]).as_bytes(), false)
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

fn attribute_of(attribute: Attribute<'_>, limit: usize) -> Result<(Cow<'_, str>, Cow<'_, str>), String> {
    if attribute.value.len() > limit {
        return Err(format!("an attribute is longer than {limit} bytes"));
    }
    let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
    // What stands in the text itself was looked at already; a reference can name anything.
    if attribute.value.contains(&b'&') {
        value.chars().try_for_each(allowed)?;
    }
    Ok((lower_case(attribute.key.0)?, value))
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

fn lower_case(name: &[u8]) -> Result<Cow<'_, str>, String> {
    let name = utf8(name)?;
    let lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
    Ok(if lower { Cow::Borrowed(name) } else { Cow::Owned(name.to_ascii_lowercase()) })
}

fn utf8(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| "a byte here does not belong in UTF-8".into())
}

#[cfg(test)]
mod tests;
