//! Microsoft SQL Server: one transaction at the level SNAPSHOT that is rolled back, and rows as the
//! server sends them, with its own count of them at their end.
//!
//! The server has no transaction that is read-only. So the query is one expression that cannot be
//! a statement ([`lexical`]), and an account that may write anywhere in the database is refused.

mod answer;
mod greeting;
mod lexical;
mod packets;
mod session;
mod value;

use crate::failure::fail;
use crate::opening::{AnySource, Opening};
use crate::pump::{Beginning, PumpInlet};
use crate::server::{ServerReading, fail_silence, to_std};
use crate::sql::{SqlDialect, strip_semicolon};
use answer::fail_answer;
use futures_util::{FutureExt, Stream, StreamExt};
use portcullis_model::reconciliation::Isolation;
use portcullis_model::reconciliation::connector::{SqlExtraction, SqlServerSettings};
use portcullis_reconcile::source::SourceError;
use session::{SqlSession, ask_count, begin_transaction, connect, end_transaction};
use std::time::{Duration, Instant};
use tiberius::{Column, ColumnType, Row};
use tokio::time::timeout;
use value::{write_expression, write_value};

/// A name has 128 characters of UTF-16. A longer one is an error of the server's.
const DIALECT: SqlDialect = SqlDialect { open: '[', close: ']', longest_name: 384 };

/// Opens the connection and begins to read.
pub(crate) fn open(settings: &SqlServerSettings, opening: &Opening<'_>) -> Result<AnySource, SourceError> {
    let reading =
        ServerReading::prepare("sqlserver", DIALECT, &settings.server, &settings.extraction, opening)?;
    match &settings.extraction {
        SqlExtraction::Query(query) => lexical::check_text(reading.place(), strip_semicolon(query))?,
        SqlExtraction::Table { condition, .. } => {
            lexical::check_text(reading.place(), condition.as_deref().unwrap_or_default())?;
        }
    }
    reading.start(read_rows)
}

fn read_rows(reading: &ServerReading, inlet: &mut PumpInlet) -> Result<(), SourceError> {
    reading.run_async(async {
        let mut session = connect(reading).await?;
        begin_transaction(&mut session, reading).await?;
        let announced = count_rows(&mut session, reading).await?;
        let select = choose_expressions(&mut session, reading).await?;
        inlet.begin(Beginning { isolation: Isolation::Snapshot, announced })?;
        stream_rows(&mut session, reading, &select, inlet).await?;
        end_transaction(&mut session, reading).await
    })
}

async fn count_rows(session: &mut SqlSession, reading: &ServerReading) -> Result<Option<u64>, SourceError> {
    if reading.request.count.is_none() {
        return Ok(None);
    }
    // `count(*)` ends at 2^31.
    let expression = ["COUNT_BIG(*) AS portcullis_rows".to_string()];
    let count = DIALECT.write_select(&reading.extraction, &expression)?;
    ask_count(session, reading, &count).await.map(Some)
}

/// The SELECT whose columns come without a loss. Their types are those of a result without rows.
async fn choose_expressions(
    session: &mut SqlSession,
    reading: &ServerReading,
) -> Result<String, SourceError> {
    let mut quoted = reading.request.quoted.clone();
    quoted[0].insert_str(0, "TOP (0) ");
    let select = DIALECT.write_select(&reading.extraction, &quoted)?;
    let wait = to_std(reading.server.silence_timeout);
    let types = timeout(wait, find_types(session, select));
    let types = types.await.map_err(|_| fail_silence(reading.place(), wait))?;
    let types = types.map_err(|error| fail_answer(reading.place(), &error))?;
    if types.len() != reading.request.quoted.len() {
        return Err(fail_form(reading.place()));
    }
    let write = |(name, of): (&String, _)| {
        write_expression(name, of).ok_or_else(|| {
            let problem = format!("The column {name} has a type that is not read.");
            fail(
                reading.place(),
                problem,
                "Write a query with a CAST of it, `CAST(a AS nvarchar(max)) AS a`.",
            )
        })
    };
    let expressions: Result<Vec<String>, _> = reading.request.quoted.iter().zip(types).map(write).collect();
    DIALECT.write_select(&reading.extraction, &expressions?)
}

/// The types of the columns of a result, of which nothing else is read.
async fn find_types(session: &mut SqlSession, select: String) -> tiberius::Result<Vec<ColumnType>> {
    let mut stream = session.simple_query(select).await?;
    let columns = stream.columns().await?.unwrap_or_default();
    let types = columns.iter().map(Column::column_type).collect();
    while stream.next().await.transpose()?.is_some() {}
    Ok(types)
}

/// Reads the rows, and holds them against the server's own count. The count is a result of its
/// own after them, so that rows without it are not all of them.
async fn stream_rows(
    session: &mut SqlSession,
    reading: &ServerReading,
    select: &str,
    inlet: &mut PumpInlet,
) -> Result<(), SourceError> {
    let batch = format!("{select}\n;\nSELECT ROWCOUNT_BIG() AS portcullis_rows");
    let clock = StatementClock::start(reading);
    let place = |rows: u64| reading.place_of_row(rows + 1);
    let stream = clock.wait_for(0, session.simple_query(batch)).await?;
    let stream = stream.map_err(|error| fail_answer(reading.place(), &error))?;
    let mut stream = stream.into_row_stream();
    let mut counted = None;
    while let Some(row) = next_row(&mut stream, &clock, inlet.rows()).await? {
        let row = row.map_err(|error| fail_answer(&place(inlet.rows()), &error))?;
        if row.result_index() == 0 {
            push_row(&row, reading, inlet).ok_or_else(|| fail_form(&place(inlet.rows())))?;
            inlet.end_row()?;
        } else {
            counted = session::read_number(&row, 0);
        }
    }
    let read = i64::try_from(inlet.rows()).ok();
    match counted {
        Some(counted) if Some(counted) == read => Ok(()),
        Some(counted) => {
            let problem = format!("The server counts {counted} rows and sent {}.", inlet.rows());
            Err(fail(reading.place(), problem, "Read again from the beginning."))
        }
        None => {
            let problem = "The rows end without the server's count of them.";
            Err(fail(place(inlet.rows()), problem, "Read again from the beginning."))
        }
    }
}

/// The next row. Most are there already; only for the others a clock is set.
async fn next_row(
    stream: &mut (impl Stream<Item = tiberius::Result<Row>> + Unpin),
    clock: &StatementClock<'_>,
    rows: u64,
) -> Result<Option<tiberius::Result<Row>>, SourceError> {
    match stream.next().now_or_never() {
        Some(row) => Ok(row),
        None => clock.wait_for(rows, stream.next()).await,
    }
}

/// Takes the values of a row; `None`: it has other columns.
fn push_row(row: &Row, reading: &ServerReading, inlet: &mut PumpInlet) -> Option<()> {
    if row.len() != reading.request.quoted.len() {
        return None;
    }
    for at in &reading.request.places {
        write_value(row.get_column_data(*at).ok()?, inlet.next_value());
    }
    Some(())
}

fn fail_form(place: &str) -> SourceError {
    fail(place, "The server sent other columns than it was asked for.", "Read again.")
}

/// The limits of a statement. The server knows none for its length, so it is held here: the end of
/// the connection ends the statement.
struct StatementClock<'r> {
    reading: &'r ServerReading,
    since: Instant,
    longest: Duration,
}

impl<'r> StatementClock<'r> {
    fn start(reading: &'r ServerReading) -> Self {
        Self { reading, since: Instant::now(), longest: to_std(reading.server.statement_timeout) }
    }

    /// An answer, within the limits. `rows`: how many have come.
    async fn wait_for<T>(&self, rows: u64, answer: impl Future<Output = T>) -> Result<T, SourceError> {
        let place = || self.reading.place_of_row(rows + 1);
        let left = self.longest.saturating_sub(self.since.elapsed());
        let silence = self.reading.longest_wait(rows);
        timeout(silence.min(left), answer).await.map_err(|_| {
            if silence < left { fail_silence(&place(), silence) } else { self.fail_length(&place()) }
        })
    }

    fn fail_length(&self, place: &str) -> SourceError {
        let problem = format!("The statement took longer than {} seconds.", self.longest.as_secs());
        fail(place, problem, "Raise `statement-timeout`, or ask for fewer rows.")
    }
}
