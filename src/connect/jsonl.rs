//! JSON lines: one object a line.

use crate::failure::fail;
use crate::input::InputQueue;
use crate::json::{JsonValue, parse_json, split_path};
use crate::opening::{AnySource, Opening};
use crate::text_input::TextInput;
use portcullis_model::reconciliation::Isolation;
use portcullis_model::reconciliation::connector::JsonLinesSettings;
use portcullis_reconcile::source::{RawValue, RecordSource, SourceError};

/// Opens the files.
pub(crate) fn open(settings: &JsonLinesSettings, opening: &Opening<'_>) -> Result<AnySource, SourceError> {
    let path_of = |column: &String| {
        split_path(column, settings.members).map_err(|problem| {
            fail(&settings.files.pattern, problem, format!("Correct the column `{column}` in the policy."))
        })
    };
    let paths = opening.columns.iter().map(path_of).collect::<Result<_, _>>()?;
    let waiting = InputQueue::list(&settings.files, opening)?;
    let place = settings.files.pattern.clone();
    let mut source =
        JsonLinesSource { settings: settings.clone(), paths, waiting, open: None, place, line: Vec::new() };
    source.open_next()?;
    Ok(Box::new(source))
}

struct JsonLinesSource {
    settings: JsonLinesSettings,
    paths: Vec<Vec<String>>,
    waiting: InputQueue,
    open: Option<TextInput>,
    place: String,
    line: Vec<u8>,
}

impl JsonLinesSource {
    fn open_next(&mut self) -> Result<(), SourceError> {
        if let Some(file) = self.waiting.open_next()? {
            self.open = Some(TextInput::open(file, self.settings.characters));
        }
        Ok(())
    }

    fn read_object(&self, input: &TextInput) -> Result<JsonValue, SourceError> {
        let text = input.decode_lossy(&self.line);
        let value = parse_json(&text).map_err(|problem| {
            let found = format!("{} (byte {} of the line)", problem.what, problem.at + 1);
            fail(
                input.place(),
                found,
                "Fetch the file again, or have it written again: one JSON object a line.",
            )
        })?;
        if matches!(value, JsonValue::Object(_)) {
            return Ok(value);
        }
        let remedy = "Have the file written as one JSON object a line.";
        Err(fail(input.place(), "The line holds no object.", remedy))
    }
}

impl RecordSource for JsonLinesSource {
    fn isolation(&self) -> Isolation {
        Isolation::File
    }

    fn read_row(&mut self, values: &mut Vec<RawValue>) -> Result<bool, SourceError> {
        while let Some(mut input) = self.open.take() {
            self.line.clear();
            if input.append_line(&mut self.line, self.settings.files.longest_record)? {
                let object = self.read_object(&input)?;
                values.clear();
                values.extend(self.paths.iter().map(|path| object.read_value(path)));
                self.open = Some(input);
                return Ok(true);
            }
            input.check_whole()?;
            self.place = input.place();
            self.open_next()?;
        }
        Ok(false)
    }

    fn announced_rows(&self) -> Option<u64> {
        None
    }

    fn share_read(&self) -> Option<f64> {
        Some(self.waiting.share_read())
    }

    fn place(&self) -> String {
        self.open.as_ref().map_or_else(|| self.place.clone(), TextInput::place)
    }
}
