//! XML with one element a record, read as a stream. There are no document types and no entities
//! but the five that XML has itself.

mod bounded;
mod record;

use crate::failure::fail;
use crate::input::InputQueue;
use crate::opening::{AnySource, Opening};
use crate::text_input::TextInput;
use crate::totals::check_count;
use bounded::BoundedInput;
use portcullis_model::reconciliation::Isolation;
use portcullis_model::reconciliation::connector::{CharacterSet, XmlSettings};
use portcullis_reconcile::source::{RawValue, RecordSource, SourceError};
use quick_xml::Reader;
use quick_xml::events::{BytesDecl, BytesStart, Event};
use record::{ElementPath, PathValue};

/// Deepest nesting of elements.
const DEEPEST: usize = 200;

/// Opens the files.
pub(crate) fn open(settings: &XmlSettings, opening: &Opening<'_>) -> Result<AnySource, SourceError> {
    let place = settings.files.pattern.clone();
    let parse = |path: &String| {
        ElementPath::parse(path).ok_or_else(|| {
            let problem = format!("`{}` is no path of elements.", path.escape_debug());
            fail(&place, problem, "Write `name`, `outer/inner`, `@attribute`, `inner/@attribute` or `.`.")
        })
    };
    let values = opening.columns.iter().map(|column| parse(column).map(PathValue::new));
    let values = values.collect::<Result<Vec<_>, _>>()?;
    let count = settings.count.as_ref().map(parse).transpose()?.map(PathValue::new);
    let waiting = InputQueue::list(&settings.files, opening)?;
    let mut source = XmlSource {
        settings: settings.clone(),
        waiting,
        open: None,
        place,
        values,
        announced: count.is_some().then_some(0),
        count,
        path: Vec::new(),
        record: None,
        saw_root: false,
        rows_of_file: 0,
        line: 0,
    };
    source.open_next()?;
    Ok(Box::new(source))
}

struct XmlSource {
    settings: XmlSettings,
    waiting: InputQueue,
    open: Option<(Reader<BoundedInput>, Vec<u8>)>,
    place: String,
    values: Vec<PathValue>,
    count: Option<PathValue>,
    announced: Option<u64>,
    /// The names of the elements that are open.
    path: Vec<String>,
    /// How many elements are open around the record that is read.
    record: Option<usize>,
    saw_root: bool,
    rows_of_file: u64,
    line: u64,
}

impl XmlSource {
    fn open_next(&mut self) -> Result<(), SourceError> {
        let Some(file) = self.waiting.open_next()? else { return Ok(()) };
        let input = TextInput::open(file, self.settings.characters);
        self.place = input.name().to_string();
        let bounded = BoundedInput::new(input, self.settings.files.longest_record);
        let mut reader = Reader::from_reader(bounded);
        let config = reader.config_mut();
        config.check_end_names = true;
        config.allow_unmatched_ends = false;
        config.check_comments = true;
        self.open = Some((reader, Vec::new()));
        (self.saw_root, self.rows_of_file, self.line) = (false, 0, 1);
        self.path.clear();
        self.record = None;
        self.count.iter_mut().for_each(PathValue::clear);
        Ok(())
    }

    fn fail(&self, problem: impl Into<String>) -> SourceError {
        fail(self.place(), problem, "Fetch the file again, or have it written again.")
    }

    /// Takes the next event; `true`: a record is whole.
    fn take_event(
        &mut self,
        reader: &mut Reader<BoundedInput>,
        buffer: &mut Vec<u8>,
    ) -> Result<Step, SourceError> {
        buffer.clear();
        if self.record.is_none() {
            self.line = reader.get_mut().begin_part();
        }
        let event = reader.read_event_into(buffer).map_err(|error| match error {
            quick_xml::Error::Io(error) => self.fail(format!("{error}.")),
            // The reader's words may hold a name of the file, which is no content.
            _ => self.fail("This is no well-formed XML."),
        })?;
        let input = reader.get_ref().input();
        match event {
            Event::Start(tag) => self.begin_element(&tag, input)?,
            Event::Empty(tag) => {
                self.begin_element(&tag, input)?;
                return Ok(self.end_element());
            }
            Event::End(_) => return Ok(self.end_element()),
            Event::Text(text) => self.take_text(&text, input, true)?,
            Event::CData(text) => self.take_text(&text, input, false)?,
            Event::GeneralRef(name) => self.take_reference(&name)?,
            Event::Decl(declaration) => self.check_declaration(&declaration)?,
            Event::DocType(_) => return Err(self.fail("A document type is not accepted.")),
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => return Ok(Step::FileEnds),
        }
        Ok(Step::Goes)
    }

    fn begin_element(&mut self, tag: &BytesStart<'_>, input: &TextInput) -> Result<(), SourceError> {
        if self.path.is_empty() && std::mem::replace(&mut self.saw_root, true) {
            return Err(self.fail("A second document begins here."));
        }
        if self.path.len() >= DEEPEST {
            return Err(self.fail(format!("Elements are nested more than {DEEPEST} deep.")));
        }
        let name = String::from_utf8_lossy(tag.local_name().into_inner()).into_owned();
        let is_record = name == self.settings.record;
        if is_record && self.record.is_some() {
            return Err(self.fail("A record is within a record."));
        }
        self.path.push(name);
        if is_record {
            self.record = Some(self.path.len());
            self.values.iter_mut().for_each(PathValue::clear);
        }
        let attributes = self.read_attributes(tag, input)?;
        if let Some(depth) = self.record {
            let within = &self.path[depth..];
            self.values.iter_mut().for_each(|value| value.begin_element(within, &attributes));
        }
        self.count.iter_mut().for_each(|value| value.begin_element(&self.path, &attributes));
        Ok(())
    }

    fn end_element(&mut self) -> Step {
        let Some(depth) = self.record else {
            self.path.pop();
            return Step::Goes;
        };
        let is_record = self.path.len() == depth;
        self.path.pop();
        if is_record {
            self.record = None;
            return Step::RecordEnds;
        }
        Step::Goes
    }

    /// The attributes, with their names as they are written. `None`: the value is no text.
    fn read_attributes(
        &self,
        tag: &BytesStart<'_>,
        input: &TextInput,
    ) -> Result<Vec<(String, Option<String>)>, SourceError> {
        if tag.attributes_raw().is_empty() {
            return Ok(Vec::new());
        }
        let mut all = Vec::new();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|_| self.fail("An attribute is not well-formed."))?;
            let name = String::from_utf8_lossy(attribute.key.into_inner()).into_owned();
            let text = input.decode_text(&attribute.value);
            let text = text.map(|text| record::resolve_attribute(&text)).transpose();
            all.push((name, text.map_err(|problem| self.fail(problem))?));
        }
        Ok(all)
    }

    fn take_text(&mut self, bytes: &[u8], input: &TextInput, may_be_blank: bool) -> Result<(), SourceError> {
        if self.path.is_empty() {
            if may_be_blank && bytes.iter().all(u8::is_ascii_whitespace) {
                return Ok(());
            }
            return Err(self.fail("Text is outside the one element that a document has."));
        }
        if self.record.is_none() && self.count.is_none() {
            return Ok(());
        }
        let text = input.decode_text(bytes).map(|text| record::join_lines(&text));
        self.add_text(text.as_deref());
        Ok(())
    }

    fn add_text(&mut self, text: Option<&str>) {
        if let Some(depth) = self.record {
            let within = &self.path[depth..];
            self.values.iter_mut().for_each(|value| value.add_text(within, text));
        }
        self.count.iter_mut().for_each(|value| value.add_text(&self.path, text));
    }

    fn take_reference(&mut self, name: &[u8]) -> Result<(), SourceError> {
        let name = std::str::from_utf8(name).ok();
        match name.and_then(record::resolve_reference) {
            Some(character) if !self.path.is_empty() => {
                self.add_text(Some(character.encode_utf8(&mut [0; 4])));
                Ok(())
            }
            _ => Err(self.fail("An entity that XML does not have itself is not accepted.")),
        }
    }

    /// A declaration that names another character set than the policy ends the extraction.
    fn check_declaration(&self, declaration: &BytesDecl<'_>) -> Result<(), SourceError> {
        let Some(Ok(named)) = declaration.encoding() else { return Ok(()) };
        let named = String::from_utf8_lossy(&named).to_ascii_lowercase();
        let stated = self.settings.characters;
        let is_same = match stated {
            CharacterSet::Utf8 => ["utf-8", "utf8", "us-ascii"].contains(&named.as_str()),
            CharacterSet::Utf16Le | CharacterSet::Utf16Be => named.starts_with("utf-16"),
            _ => named == stated.as_str(),
        };
        if is_same {
            return Ok(());
        }
        let problem =
            format!("The file declares {}, and the policy states {}.", named.escape_debug(), stated.as_str());
        Err(fail(
            self.place(),
            problem,
            "Correct `characters` in the policy, or have the file written again.",
        ))
    }

    fn finish_file(&mut self, reader: Reader<BoundedInput>) -> Result<(), SourceError> {
        if !self.path.is_empty() || !self.saw_root {
            return Err(self.fail("The file ends before its outermost element does."));
        }
        if let Some(count) = &self.count {
            let stated = match count.value() {
                RawValue::Text(text) => text.trim().parse().ok(),
                _ => None,
            };
            let rows = check_count(stated, 0, self.rows_of_file, &self.place)?;
            self.announced = self.announced.and_then(|sum| sum.checked_add(rows));
        }
        reader.into_inner().into_input().check_whole()?;
        self.open_next()
    }
}

/// Where reading is after an event.
enum Step {
    Goes,
    RecordEnds,
    FileEnds,
}

impl RecordSource for XmlSource {
    fn isolation(&self) -> Isolation {
        Isolation::File
    }

    fn read_row(&mut self, values: &mut Vec<RawValue>) -> Result<bool, SourceError> {
        while let Some((mut reader, mut buffer)) = self.open.take() {
            match self.take_event(&mut reader, &mut buffer)? {
                Step::FileEnds => self.finish_file(reader)?,
                Step::Goes => self.open = Some((reader, buffer)),
                Step::RecordEnds => {
                    self.open = Some((reader, buffer));
                    self.rows_of_file += 1;
                    values.clear();
                    values.extend(self.values.iter().map(PathValue::value));
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn announced_rows(&self) -> Option<u64> {
        self.announced
    }

    fn share_read(&self) -> Option<f64> {
        Some(self.waiting.share_read())
    }

    fn place(&self) -> String {
        format!("{}:{}", self.place, self.line)
    }
}
