//! The tables that the text reads: how each engine gets them, and the files that hold them.
//!
//! All five have the same columns, whole numbers without exception, because every engine reads
//! those alike. The files are CSV without a line of names.

use super::dialect::EngineDialect;
use super::reach::clamp;
use crate::row::{INCOMPARABLE, MARKED, ManifestRow, UNKEYED, split_halves};
use std::io::Write;

/// The columns of each table of rows.
pub const ROW_COLUMNS: [&str; 11] =
    ["bucket", "k1", "k2", "d1", "d2", "op", "seq", "time", "unkeyed", "incomparable", "marked"];

/// The columns of the table of control rows.
const CONTROL_COLUMNS: [&str; 2] = ["k1", "k2"];

/// The tables that the text reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InputTable {
    /// Operations of the source.
    Source,
    /// Records of the target.
    Target,
    /// The receiver's reject log.
    Rejects,
    /// The receiver's receipts.
    Receipts,
    /// Deleted records that an earlier run saw to be gone.
    Gone,
    /// The keys of the control rows, which are among the rows of the other tables.
    Control,
}

impl InputTable {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Source, Self::Target, Self::Rejects, Self::Receipts, Self::Gone, Self::Control];

    /// Its folder in a plan; its table is `pc_` and this.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
            Self::Rejects => "rejects",
            Self::Receipts => "receipts",
            Self::Gone => "gone",
            Self::Control => "control",
        }
    }

    const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Control => &CONTROL_COLUMNS,
            _ => &ROW_COLUMNS,
        }
    }
}

/// Writes a row as a line of a table.
///
/// # Errors
/// Those of the output.
pub fn write_row(output: &mut impl Write, row: &ManifestRow) -> std::io::Result<()> {
    let (bucket, (k1, k2), (d1, d2)) = (row.bucket(), split_halves(row.key), split_halves(row.digest));
    let mark = |mark| u8::from(row.has(mark));
    let (operation, sequence, time) = (row.operation, row.sequence, clamp(row.time));
    let (unkeyed, incomparable, marked) = (mark(UNKEYED), mark(INCOMPARABLE), mark(MARKED));
    writeln!(
        output,
        "{bucket},{k1},{k2},{d1},{d2},{operation},{sequence},{time},{unkeyed},{incomparable},{marked}"
    )
}

/// Writes the key of a control row as a line of its table.
///
/// # Errors
/// Those of the output.
pub fn write_control_key(output: &mut impl Write, key: u128) -> std::io::Result<()> {
    let (k1, k2) = split_halves(key);
    writeln!(output, "{k1},{k2}")
}

/// Whether a place can be written into an SQL text and a command as it is.
#[must_use]
pub fn is_plain_place(place: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "/._-:=@+~, ".contains(c);
    !place.is_empty() && place.chars().all(plain)
}

/// The statements that give an engine its tables. `place` is the folder of the inputs, as the
/// engine sees it, and [`is_plain_place`].
#[must_use]
pub fn write_setup(dialect: EngineDialect, place: &str) -> String {
    let tables = InputTable::ALL.into_iter().map(|table| write_table(dialect, table, place));
    std::iter::once(dialect.preparation().to_string()).chain(tables).collect()
}

fn write_table(dialect: EngineDialect, table: InputTable, place: &str) -> String {
    let (name, columns) = (table.as_str(), table.columns());
    let typed =
        |word: &str| columns.iter().map(|column| format!("{column} {word}")).collect::<Vec<_>>().join(", ");
    match dialect {
        EngineDialect::Spark => format!(
            "CREATE OR REPLACE TEMPORARY VIEW pc_{name} ({}) USING csv OPTIONS (path '{place}/{name}', mode 'FAILFAST');\n",
            typed("BIGINT")
        ),
        EngineDialect::Duckdb => {
            let columns: Vec<_> = columns.iter().map(|column| format!("'{column}': 'BIGINT'")).collect();
            format!(
                "CREATE OR REPLACE TEMPORARY VIEW pc_{name} AS SELECT * FROM read_csv('{place}/{name}/*.csv', header = false, auto_detect = false, delim = ',', columns = {{{}}});\n",
                columns.join(", ")
            )
        }
        EngineDialect::Postgresql => format!(
            "CREATE TEMPORARY TABLE pc_{name} ({});\n\\copy pc_{name} FROM PROGRAM 'cat \"{place}/{name}\"/*.csv' (FORMAT csv)\nANALYZE pc_{name};\n",
            typed("BIGINT NOT NULL")
        ),
        EngineDialect::Clickhouse => format!(
            "CREATE TEMPORARY TABLE pc_{name} ({});\nINSERT INTO pc_{name} FROM INFILE '{place}/{name}/*.csv' FORMAT CSV;\n",
            typed("Int64")
        ),
        EngineDialect::Bigquery => format!(
            "CREATE OR REPLACE EXTERNAL TABLE pc_{name} ({}) OPTIONS (format = 'CSV', uris = ['{place}/{name}/*.csv']);\n",
            typed("INT64")
        ),
        EngineDialect::Trino => format!(
            "CREATE TABLE pc_{name} ({});\n-- Fill it from {place}/{name}/*.csv in the way of your connector, before the text runs.\n",
            typed("BIGINT")
        ),
    }
}
