//! One XML document as a stream: what every XML format is read with.
//!
//! There are no entities but the five of XML itself, nothing is fetched, and what is not one whole
//! well-formed document, or goes beyond a limit, is an error. A format implements
//! [`ContentHandler`] and is told of each element.
//!
//! XML knows no control characters, but many runners write what a program printed as it is, with
//! the colours of a terminal. Where a format allows it, such characters are passed over in elements
//! that hold nothing but text, and in the few attributes that hold output. In every other attribute
//! they are an error that names it: an invisible name is not a name.
//!
//! A report can hold a hundred thousand tests, and most of it is plain text. So nothing is copied
//! that is in the document as it is meant; what the reader hands out as bytes is found again in the
//! text, which was looked at as a whole before. Of a stream, each event is such a text.

use super::encoding::{find_forbidden, is_allowed};
use crate::error::ContentError;
use memchr::memchr2;
use quick_xml::XmlVersion;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::borrow::Cow;

mod events;
mod limits;
pub use events::{has_root, read, root};
use limits::OUTPUT;
pub use limits::{COVERAGE, LIMITS, XmlLimits};

/// Name and value of an attribute.
pub type AttributePair<'a> = (&'a str, &'a str);

/// An attribute pair that may have to be rewritten: references resolved, blanks replaced.
type ReadAttribute<'a> = (Cow<'a, str>, Cow<'a, str>);

/// An element as it opens.
pub struct Element<'a> {
    /// Its name in lower case, without its namespace's prefix.
    pub name: &'a str,
    /// All attributes, their names in lower case with prefixes, in their order. None is passed over
    /// unread.
    pub attributes: &'a [AttributePair<'a>],
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
pub trait ContentHandler {
    /// An element opens.
    ///
    /// # Errors
    /// When the element cannot be part of such a report.
    fn start(&mut self, element: &Element<'_>) -> Result<(), ContentError>;

    /// The innermost open element closes.
    ///
    /// # Errors
    /// When the element did not hold what it must.
    fn end(&mut self) -> Result<(), ContentError>;

    /// A piece of the text of the innermost open element; a text may come in several pieces.
    ///
    /// # Errors
    /// The text is not allowed there.
    fn text(&mut self, _text: &str) -> Result<(), ContentError> {
        Ok(())
    }
}

/// A document while it is read.
struct XmlDocument<'r, C> {
    /// Does it hold blanks that few documents hold, and that values do not keep?
    blanks: bool,
    /// Does it contain a character that XML does not allow?
    odd: bool,
    limits: XmlLimits,
    roots: &'r [&'r str],
    content: &'r mut C,
    /// Those of the element that opens; kept for its room.
    attributes: Vec<AttributePair<'static>>,
    open: usize,
    /// What each open element holds so far.
    holding: Vec<Holding>,
    started: bool,
    declared: bool,
}

/// What an open element holds.
#[derive(Default)]
struct Holding {
    elements: bool,
    /// Characters that XML does not allow.
    odd: bool,
}

/// Their positions in an element that has others.
const BETWEEN: &str = "a control character is between elements; only what a program printed may hold one";

impl<'r, C: ContentHandler> XmlDocument<'r, C> {
    fn new(limits: XmlLimits, roots: &'r [&'r str], content: &'r mut C) -> Self {
        XmlDocument {
            blanks: true,
            odd: false,
            limits,
            roots,
            content,
            attributes: Vec::new(),
            open: 0,
            holding: Vec::new(),
            started: false,
            declared: false,
        }
    }

    /// Takes an event that is no part of a text that was looked at.
    fn take_apart(&mut self, event: &Event<'_>) -> Result<(), ContentError> {
        let text = std::str::from_utf8(event).map_err(|_| "a byte here does not belong in UTF-8")?;
        self.odd = find_forbidden(text).is_some();
        if self.odd && !self.limits.control_characters {
            return Err("a control character is in the text".into());
        }
        self.take(text, event)
    }

    /// Takes an event that is part of a text. It is called for every event of a report, so it is
    /// inlined.
    #[inline(always)]
    fn take(&mut self, whole: &str, event: &Event<'_>) -> Result<(), ContentError> {
        match event {
            Event::Start(tag) => self.start(whole, tag),
            Event::Empty(tag) => {
                self.start(whole, tag)?;
                self.end()
            }
            Event::End(_) => self.end(),
            Event::Text(text) => self.text(part_of(whole, text)?, true),
            Event::CData(text) => self.text(part_of(whole, text)?, false),
            Event::GeneralRef(reference) => self.reference(reference),
            Event::Decl(_) => self.declaration(),
            Event::DocType(text) => self.document_type(text),
            Event::Comment(_) | Event::PI(_) => Ok(()),
            Event::Eof => self.finish(),
        }
    }

    fn start(&mut self, whole: &str, tag: &BytesStart<'_>) -> Result<(), ContentError> {
        let name = lower_case(part_of(whole, tag.local_name().into_inner())?);
        self.room(&name)?;
        self.open += 1;
        self.holds_element()?;
        if tag.attributes_raw().is_empty() && !self.odd {
            return self.content.start(&Element { name: &name, attributes: &[] });
        }
        let mut attributes: Vec<AttributePair<'_>> = std::mem::take(&mut self.attributes);
        if self.take_plain(whole, tag, &mut attributes)? {
            if self.odd {
                self.are_seen(&name, &attributes)?;
            }
            self.content.start(&Element { name: &name, attributes: &attributes })?;
            self.attributes = reuse_room(attributes);
            return Ok(());
        }
        self.attributes = reuse_room(attributes);
        let meant = self.take_unusual(whole, tag)?;
        let attributes: Vec<AttributePair<'_>> =
            meant.iter().map(|(name, value)| (&**name, &**value)).collect();
        self.are_seen(&name, &attributes)?;
        self.content.start(&Element { name: &name, attributes: &attributes })
    }

    fn holds_element(&mut self) -> Result<(), ContentError> {
        if let Some(outer) = self.holding.last_mut() {
            outer.elements = true;
            if outer.odd {
                return Err(BETWEEN.into());
            }
        }
        self.holding.push(Holding::default());
        Ok(())
    }

    /// The innermost element holds a character that XML does not allow.
    fn holds_odd(&mut self) -> Result<(), ContentError> {
        let Some(inner) = self.holding.last_mut() else { return Ok(()) };
        inner.odd = true;
        if inner.elements { Err(BETWEEN.into()) } else { Ok(()) }
    }

    /// Are all characters of a tag such that XML allows them, but for attributes that hold output?
    fn are_seen(&self, element: &str, attributes: &[AttributePair<'_>]) -> Result<(), ContentError> {
        let names = attributes.iter().map(|(name, _)| *name).chain([element]);
        names.flat_map(str::chars).try_for_each(check_allowed)?;
        let is_output = |name: &str| self.limits.control_characters && OUTPUT.contains(&name);
        for (name, value) in attributes.iter().filter(|(name, _)| !is_output(name)) {
            if let Some(c) = value.chars().find(|c| !is_allowed(*c)) {
                let c = u32::from(c);
                return Err(format!(
                    "`{name}` of `{element}` holds the control character U+{c:04X}; only output may"
                )
                .into());
            }
        }
        Ok(())
    }

    /// May an element of this name begin here?
    fn room(&mut self, name: &str) -> Result<(), ContentError> {
        if self.open >= self.limits.depth {
            return Err(format!("elements nest deeper than {}", self.limits.depth).into());
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
        Err(format!("its outermost element is none of {}", self.roots.join(", ")).into())
    }

    /// All attributes, where each is written as it is meant, as nearly always; otherwise they have
    /// to be read again.
    fn take_plain<'t>(
        &self,
        whole: &'t str,
        tag: &BytesStart<'_>,
        attributes: &mut Vec<AttributePair<'t>>,
    ) -> Result<bool, ContentError> {
        if !self.is_plain(tag) {
            return Ok(false);
        }
        // Names are compared here, in lower case and in less time.
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| error.to_string())?;
            self.fits(&attribute, attributes.len())?;
            let name = part_of(whole, attribute.key.0)?;
            if !is_lower(name) {
                return Ok(false);
            }
            is_new(name, attributes.iter().map(|(name, _)| *name))?;
            attributes.push((name, part_of(whole, &attribute.value)?));
        }
        Ok(true)
    }

    /// All attributes as they are meant. Each is read, so that a broken one is never passed over.
    fn take_unusual<'t>(
        &self,
        whole: &'t str,
        tag: &BytesStart<'_>,
    ) -> Result<Vec<ReadAttribute<'t>>, ContentError> {
        let mut all: Vec<ReadAttribute<'t>> = Vec::new();
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| error.to_string())?;
            self.fits(&attribute, all.len())?;
            let name = lower_case(part_of(whole, attribute.key.0)?);
            is_new(&name, all.iter().map(|(name, _)| &**name))?;
            let value = match self.is_plain(&attribute.value) {
                true => Cow::Borrowed(part_of(whole, &attribute.value)?),
                false => self.normal(whole, &name, &attribute)?,
            };
            all.push((name, value));
        }
        Ok(all)
    }

    fn fits(&self, attribute: &Attribute<'_>, before: usize) -> Result<(), ContentError> {
        if before >= self.limits.attributes {
            return Err(format!("an element has more than {} attributes", self.limits.attributes).into());
        }
        if attribute.value.len() > self.limits.attribute {
            return Err(format!("an attribute is longer than {} bytes", self.limits.attribute).into());
        }
        Ok(())
    }

    /// Does a value, or each value of a tag, appear as it is meant, without references and without
    /// blanks to be replaced?
    fn is_plain(&self, written: &[u8]) -> bool {
        memchr2(b'&', b'\n', written).is_none() && !(self.blanks && memchr2(b'\t', b'\r', written).is_some())
    }

    /// A value as it is meant (XML 1.0, section 3.3.3). Output that names characters that are none
    /// stays as it is written.
    fn normal<'t>(
        &self,
        whole: &'t str,
        name: &str,
        attribute: &Attribute<'_>,
    ) -> Result<Cow<'t, str>, ContentError> {
        match attribute.normalized_value(XmlVersion::Implicit1_0) {
            Ok(value) => Ok(Cow::Owned(value.into_owned())),
            Err(_) if self.limits.control_characters && OUTPUT.contains(&name) => {
                Ok(Cow::Borrowed(part_of(whole, &attribute.value)?))
            }
            Err(error) => Err(error.to_string().into()),
        }
    }

    fn end(&mut self) -> Result<(), ContentError> {
        self.open = self.open.saturating_sub(1);
        self.holding.pop();
        self.content.end()
    }

    /// A piece of text. Outside of the element only blanks may appear, `written` as they are.
    fn text(&mut self, text: &str, written: bool) -> Result<(), ContentError> {
        if self.open > 0 {
            if self.odd && !text.chars().all(is_allowed) {
                self.holds_odd()?;
            }
            return self.content.text(text);
        }
        if written && text.bytes().all(|byte| byte.is_ascii_whitespace()) {
            Ok(())
        } else {
            Err("there is text outside the one element that a document has".into())
        }
    }

    /// Only character references and the five entities of XML itself (XML 1.0, section 4.6).
    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), ContentError> {
        let c = match reference.resolve_char_ref() {
            Ok(Some(c)) => c,
            Ok(None) => entity_character(reference).ok_or("an entity is used that XML does not define")?,
            // A number that is no character, such as half of one in UTF-16.
            Err(_) if self.limits.control_characters && is_number(reference) => '\0',
            Err(error) => return Err(error.to_string().into()),
        };
        match self.limits.control_characters {
            true if !is_allowed(c) => self.holds_odd()?,
            true => {}
            false => check_allowed(c)?,
        }
        self.text(c.encode_utf8(&mut [0; 4]), false)
    }

    fn declaration(&mut self) -> Result<(), ContentError> {
        if self.started || self.declared {
            return Err("a second document begins here; a report is one document".into());
        }
        self.declared = true;
        Ok(())
    }

    fn document_type(&self, text: &[u8]) -> Result<(), ContentError> {
        if !self.limits.document_type {
            return Err("a document type is declared; such a report has none".into());
        }
        if self.started || text.contains(&b'[') {
            return Err("a document type declares things of its own; such a report does not".into());
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ContentError> {
        if !self.started {
            return Err("it has no element".into());
        }
        if self.open > 0 {
            return Err(format!("it is cut off: {} elements are still open at its end", self.open).into());
        }
        Ok(())
    }
}

/// The room that a list of attributes took, for the next element.
fn reuse_room(mut attributes: Vec<AttributePair<'_>>) -> Vec<AttributePair<'static>> {
    attributes.clear();
    attributes.into_iter().map(|_| ("", "")).collect()
}

/// Two attributes of one name are ambiguous.
fn is_new<'n>(name: &str, mut known: impl Iterator<Item = &'n str>) -> Result<(), ContentError> {
    if known.any(|known| known == name) {
        Err(format!("an element has two attributes `{name}`").into())
    } else {
        Ok(())
    }
}

/// Is what a reference names a number, as far as one can see?
fn is_number(reference: &[u8]) -> bool {
    match reference {
        [b'#', b'x', digits @ ..] => !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit),
        [b'#', digits @ ..] => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

fn entity_character(name: &[u8]) -> Option<char> {
    match name {
        b"amp" => Some('&'),
        b"apos" => Some('\''),
        b"gt" => Some('>'),
        b"lt" => Some('<'),
        b"quot" => Some('"'),
        _ => None,
    }
}

/// May this text be a name?
///
/// # Errors
/// The text has an invisible character.
pub fn seen(text: &str) -> Result<(), ContentError> {
    text.chars().try_for_each(check_allowed)
}

fn check_allowed(c: char) -> Result<(), ContentError> {
    if is_allowed(c) { Ok(()) } else { Err("a control character is where only a name can".into()) }
}

fn lower_case(name: &str) -> Cow<'_, str> {
    if is_lower(name) { Cow::Borrowed(name) } else { Cow::Owned(name.to_ascii_lowercase()) }
}

fn is_lower(name: &str) -> bool {
    !name.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// The part of a text that the reader handed out as bytes. It is found by its place, so that no
/// character is looked at again.
fn part_of<'t>(text: &'t str, bytes: &[u8]) -> Result<&'t str, ContentError> {
    if bytes.is_empty() {
        return Ok("");
    }
    let begin = bytes.as_ptr().addr().wrapping_sub(text.as_ptr().addr());
    let end = begin.checked_add(bytes.len());
    end.and_then(|end| text.get(begin..end)).ok_or_else(|| "a part of it cannot be found again".into())
}

#[cfg(test)]
mod tests;
