//! Tokens: what an answer is made of.

use super::kinds::{COLLATION, Kind, encode_wide};

/// A column of a result.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
}

impl Column {
    pub fn new(name: &str, kind: Kind) -> Self {
        Self { name: name.to_string(), kind }
    }
}

/// A row; `None` is NULL.
pub type Cells = Vec<Option<String>>;

/// Of a result that ends: another one follows, an error was there, the number of rows is known, and
/// what the client wished to break off was broken off.
pub const MORE: u16 = 0x01;
pub const FAILED: u16 = 0x02;
pub const COUNTED: u16 = 0x10;
pub const BROKEN_OFF: u16 = 0x20;

fn short_text(text: &str) -> Vec<u8> {
    [&[u8::try_from(text.encode_utf16().count()).unwrap()][..], &encode_wide(text)].concat()
}

fn long_text(text: &str) -> Vec<u8> {
    [&u16::try_from(text.encode_utf16().count()).unwrap().to_le_bytes()[..], &encode_wide(text)].concat()
}

/// A token whose length is two bytes.
fn sized(token: u8, content: &[u8]) -> Vec<u8> {
    [&[token][..], &u16::try_from(content.len()).unwrap().to_le_bytes(), content].concat()
}

pub fn write_columns(columns: &[Column]) -> Vec<u8> {
    let mut token = vec![0x81];
    token.extend_from_slice(&u16::try_from(columns.len()).unwrap().to_le_bytes());
    for column in columns {
        // No type of a user's; it may be NULL.
        token.extend_from_slice(&[0, 0, 0, 0, 0x09, 0]);
        token.extend_from_slice(&column.kind.describe());
        token.extend_from_slice(&short_text(&column.name));
    }
    token
}

/// A row: with a map of its NULLs where it has some, as servers send it.
pub fn write_row(columns: &[Column], cells: &Cells) -> Vec<u8> {
    let has_null = cells.iter().any(Option::is_none);
    let mut token = vec![if has_null { 0xd2 } else { 0xd1 }];
    if has_null {
        let bit = |cells: &[Option<String>]| {
            cells.iter().enumerate().fold(0_u8, |map, (at, cell)| map | u8::from(cell.is_none()) << at)
        };
        token.extend(cells.chunks(8).map(bit));
    }
    for (column, cell) in columns.iter().zip(cells) {
        if cell.is_some() {
            token.extend_from_slice(&column.kind.write(cell.as_deref()));
        }
    }
    token
}

/// A row that says of each value by itself whether it is NULL, as older servers send it.
pub fn write_plain_row(columns: &[Column], cells: &Cells) -> Vec<u8> {
    let values = columns.iter().zip(cells).flat_map(|(column, cell)| column.kind.write(cell.as_deref()));
    std::iter::once(0xd1).chain(values).collect()
}

pub fn write_done(status: u16, rows: u64) -> Vec<u8> {
    let command: u16 = if status & COUNTED != 0 { 0xc1 } else { 0 };
    [&[0xfd][..], &status.to_le_bytes(), &command.to_le_bytes(), &rows.to_le_bytes()].concat()
}

pub fn write_error(number: i32, message: &str) -> Vec<u8> {
    let mut content = number.to_le_bytes().to_vec();
    // State, and class: the request is at fault.
    content.extend_from_slice(&[1, 16]);
    content.extend_from_slice(&long_text(message));
    content.extend_from_slice(&short_text("double"));
    content.extend_from_slice(&short_text(""));
    content.extend_from_slice(&1_u32.to_le_bytes());
    sized(0xaa, &content)
}

/// What follows a login that is accepted.
pub fn write_login(database: &str, packet: &str) -> Vec<u8> {
    let change = |kind: u8, new: &str, old: &str| {
        sized(0xe3, &[&[kind][..], &short_text(new), &short_text(old)].concat())
    };
    let collation = sized(0xe3, &[&[7, 5][..], &COLLATION, &[0]].concat());
    let mut accepted = vec![1];
    accepted.extend_from_slice(&[0x74, 0, 0, 4]);
    accepted.extend_from_slice(&short_text("Double of a server"));
    accepted.extend_from_slice(&[16, 0, 0, 0]);
    [
        change(1, database, "master"),
        collation,
        sized(0xad, &accepted),
        change(4, packet, "4096"),
        write_done(0, 0),
    ]
    .concat()
}

/// A transaction begins, or is rolled back.
pub fn write_transaction(begins: bool) -> Vec<u8> {
    let number = [8, 1, 0, 0, 0, 0x35, 0, 0, 0];
    if begins {
        sized(0xe3, &[&[8][..], &number, &[0]].concat())
    } else {
        sized(0xe3, &[&[10, 0][..], &number].concat())
    }
}
