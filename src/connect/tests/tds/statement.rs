//! What a batch asks for, as far as the double knows it.

use super::Table;
use super::kinds::Kind;
use super::login::read_wide;
use super::tokens::{Cells, Column};

/// What a batch gets.
pub enum Answer {
    Nothing,
    Begins,
    Ends,
    /// The state of the session.
    State,
    Rows(Selected),
    Fails(i32, String),
}

/// What was selected.
pub struct Selected {
    pub columns: Vec<Column>,
    pub rows: Vec<Cells>,
    /// The rows of a table, and neither their number nor their types alone.
    pub is_whole: bool,
    /// Whether their number is asked for after them.
    pub is_counted: bool,
}

/// The text of a batch, behind its headers.
pub fn read_batch(content: &[u8]) -> String {
    let headers = u32::from_le_bytes(content[..4].try_into().unwrap());
    read_wide(&content[usize::try_from(headers).unwrap()..])
}

pub fn find_answer(batch: &str, tables: &[Table]) -> Answer {
    if batch.contains("sys.dm_exec_sessions") {
        return Answer::State;
    }
    if batch.contains("BEGIN TRANSACTION") {
        return Answer::Begins;
    }
    let text = batch.trim_start();
    if text.starts_with("ROLLBACK") {
        return Answer::Ends;
    }
    match text.strip_prefix("SELECT ") {
        Some(rest) if !rest.trim_start().starts_with('@') => select(rest, tables),
        _ => Answer::Nothing,
    }
}

fn select(text: &str, tables: &[Table]) -> Answer {
    let end = find_outside(text, " FROM ").unwrap_or(text.len());
    let (expressions, origin) = text.split_at(end);
    let is_named = |table: &&Table| {
        ["[", " ", "."].iter().any(|before| {
            let rest = origin.split_once(&format!("{before}{}", table.name)).map(|(_, rest)| rest);
            rest.is_some_and(|rest| {
                !rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_')
            })
        })
    };
    let Some(table) = tables.iter().find(is_named) else {
        return Answer::Fails(
            208,
            format!("Invalid object name '{}'.", origin.replacen(" FROM ", "", 1).trim()),
        );
    };
    if expressions.starts_with("COUNT_BIG(*)") {
        let rows = vec![vec![Some(table.rows.len().to_string())]];
        let columns = vec![Column::new("portcullis_rows", Kind::BigInt)];
        return Answer::Rows(Selected { columns, rows, is_whole: false, is_counted: false });
    }
    let types_alone = expressions.strip_prefix("TOP (0) ");
    let mut columns = Vec::new();
    let mut places = Vec::new();
    for expression in split_outside(types_alone.unwrap_or(expressions)) {
        if expression == "*" {
            columns.extend(table.columns.iter().cloned());
            places.extend(0..table.columns.len());
            continue;
        }
        let (name, kind) = read_expression(&expression);
        let Some(at) = table.columns.iter().position(|column| column.name == name) else {
            return Answer::Fails(207, format!("Invalid column name '{name}'."));
        };
        places.push(at);
        columns.push(Column::new(&name, kind.unwrap_or(table.columns[at].kind)));
    }
    let take = |cells: &Cells| {
        let cells = places.iter().zip(&columns).map(|(at, column)| {
            let text = cells[*at].clone()?;
            Some(cast(text, table.columns[*at].kind, column.kind))
        });
        cells.collect()
    };
    let rows: Vec<Cells> = match types_alone {
        Some(_) => Vec::new(),
        None => table.rows.iter().map(take).collect(),
    };
    let is_counted = origin.contains("ROWCOUNT_BIG()");
    Answer::Rows(Selected { columns, rows, is_whole: types_alone.is_none(), is_counted })
}

/// A column, and the type that it is cast to.
fn read_expression(expression: &str) -> (String, Option<Kind>) {
    let cast = expression.strip_prefix("CAST(").and_then(|rest| rest.strip_suffix(')'));
    let Some((name, to)) = cast.and_then(|cast| cast.rsplit_once(" AS ")) else {
        return (unquote(expression), None);
    };
    let kind = match to {
        "decimal(19, 4)" => Kind::Decimal(19, 4),
        "nvarchar(max)" => Kind::NVarCharMax,
        "varbinary(max)" => Kind::VarBinaryMax,
        _ => panic!("the double casts to no {to}"),
    };
    (unquote(name), Some(kind))
}

fn unquote(name: &str) -> String {
    match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        Some(name) => name.replace("]]", "]"),
        None => name.to_string(),
    }
}

/// The text of a value of another type: `char` keeps its blanks.
fn cast(text: String, from: Kind, to: Kind) -> String {
    match from {
        Kind::Char(length) | Kind::NChar(length) if from != to => {
            let blanks = usize::from(length).saturating_sub(text.chars().count());
            format!("{text}{}", " ".repeat(blanks))
        }
        _ => text,
    }
}

/// Where this is outside brackets and parentheses.
fn find_outside(text: &str, what: &str) -> Option<usize> {
    let mut depth = 0_u32;
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        if depth == 0 && text[at..].starts_with(what) {
            return Some(at);
        }
        match letter {
            // A doubled bracket ends a name and begins it again.
            '[' | ']' => while letters.next().is_some_and(|(_, letter)| letter != ']') {},
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The parts between commas that are outside brackets and parentheses.
fn split_outside(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = find_outside(rest, ", ") {
        parts.push(rest[..at].trim().to_string());
        rest = &rest[at + 2..];
    }
    parts.push(rest.trim().to_string());
    parts
}
