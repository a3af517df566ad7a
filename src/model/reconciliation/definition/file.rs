//! The text of files: which they are, and how their records are written.

use super::shared::name_members;
use super::text::DefinitionText;
use crate::reconciliation::connector::{
    CsvHeader, CsvSettings, CsvTotal, CsvTrailer, FieldTrim, FixedColumn, FixedMarker, FixedRecord,
    FixedTotal, FixedValue, FixedWidthSettings, InputFiles, JsonLinesSettings, LineBreak, ParquetSettings,
    PositionUnit, QuoteEscape, RecordLayout, XmlSettings,
};

fn write_files(text: &mut DefinitionText, files: &InputFiles) {
    let InputFiles { pattern, longest_record } = files;
    text.entry("files", pattern);
    text.number("longest-record", *longest_record);
}

pub(super) fn write_csv(text: &mut DefinitionText, settings: &CsvSettings) {
    let CsvSettings {
        files,
        characters,
        delimiter,
        quote,
        escape,
        skip_lines,
        header,
        null_texts,
        line_break,
        final_line_break,
        trailer,
    } = settings;
    write_files(text, files);
    text.entry("characters", characters.as_str());
    text.number("delimiter", *delimiter);
    text.optional_number("quote", *quote);
    match escape {
        QuoteEscape::Doubled => text.entry("escape", "doubled"),
        QuoteEscape::After(byte) => text.number("escape-byte", *byte),
    }
    text.number("skip-lines", *skip_lines);
    match header {
        CsvHeader::FirstRecord => text.entry("header", "first-record"),
        CsvHeader::Columns(columns) => text.texts("columns", columns),
    }
    text.texts("null", null_texts);
    text.entry("line-break", name_line_break(*line_break));
    text.flag("final-line-break", *final_line_break);
    text.optional("trailer", trailer.as_ref(), write_csv_trailer);
}

const fn name_line_break(line_break: LineBreak) -> &'static str {
    match line_break {
        LineBreak::Either => "either",
        LineBreak::Lf => "lf",
        LineBreak::CrLf => "crlf",
    }
}

fn write_csv_trailer(text: &mut DefinitionText, trailer: &CsvTrailer) {
    let CsvTrailer { marker, count, also_counted, totals } = trailer;
    text.entry("marker", marker);
    text.number("count", *count);
    text.number("also-counted", *also_counted);
    text.list("totals", totals, |text, CsvTotal { column, field }| {
        text.entry("column", column);
        text.number("field", *field);
    });
}

pub(super) fn write_fixed_width(text: &mut DefinitionText, settings: &FixedWidthSettings) {
    let FixedWidthSettings { files, characters, positions, records, columns, null_texts, header, trailer } =
        settings;
    write_files(text, files);
    text.entry("characters", characters.as_str());
    text.entry(
        "positions",
        match positions {
            PositionUnit::Bytes => "bytes",
            PositionUnit::Characters => "characters",
        },
    );
    match records {
        RecordLayout::Lines(line_break) => text.entry("lines", name_line_break(*line_break)),
        RecordLayout::Length(length) => text.number("length", *length),
    }
    text.list("columns", columns, write_fixed_column);
    text.texts("null", null_texts);
    text.optional("header", header.as_ref(), write_fixed_record);
    text.optional("trailer", trailer.as_ref(), write_fixed_record);
}

fn write_fixed_column(text: &mut DefinitionText, column: &FixedColumn) {
    let FixedColumn { name, first, length, trim, value } = column;
    text.entry("name", name);
    text.number("first", *first);
    text.number("length", *length);
    text.entry("trim", name_trim(*trim));
    let (kind, scale) = match value {
        FixedValue::Text => ("text", None),
        FixedValue::Digits { scale } => ("digits", Some(*scale)),
        FixedValue::Zoned { scale } => ("zoned", Some(*scale)),
        FixedValue::Packed { scale } => ("packed", Some(*scale)),
    };
    text.entry("value", kind);
    text.optional_number("scale", scale);
}

const fn name_trim(trim: FieldTrim) -> &'static str {
    match trim {
        FieldTrim::None => "none",
        FieldTrim::Start => "start",
        FieldTrim::End => "end",
        FieldTrim::Both => "both",
    }
}

fn write_fixed_record(text: &mut DefinitionText, record: &FixedRecord) {
    let FixedRecord { marker, count, also_counted, totals } = record;
    let FixedMarker { first, text: marker } = marker;
    text.number("marker-first", *first);
    text.entry("marker", marker);
    text.optional("count", *count, |text, (first, length)| {
        text.number("first", first);
        text.number("length", length);
    });
    text.number("also-counted", *also_counted);
    text.list("totals", totals, |text, FixedTotal { column, first, length, scale }| {
        text.entry("column", column);
        text.number("first", *first);
        text.number("length", *length);
        text.number("scale", *scale);
    });
}

pub(super) fn write_json_lines(text: &mut DefinitionText, settings: &JsonLinesSettings) {
    let JsonLinesSettings { files, characters, members } = settings;
    write_files(text, files);
    text.entry("characters", characters.as_str());
    text.entry("members", name_members(*members));
}

pub(super) fn write_xml(text: &mut DefinitionText, settings: &XmlSettings) {
    let XmlSettings { files, characters, record, count } = settings;
    write_files(text, files);
    text.entry("characters", characters.as_str());
    text.entry("record", record);
    text.optional_entry("count", count.as_deref());
}

pub(super) fn write_parquet(text: &mut DefinitionText, settings: &ParquetSettings) {
    let ParquetSettings { files } = settings;
    write_files(text, files);
}
