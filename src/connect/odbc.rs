//! Anything with an ODBC driver: one transaction where the system is known, rows one after the
//! other, each value as the driver's text of it.
//!
//! The driver is foreign code within this process. What it is asked is written so that it
//! cannot be misread: names are qualified, and there is no semicolon.

mod answer;
mod system;
mod value;

use crate::failure::fail;
use crate::opening::{AnySource, Opening};
use crate::pump::{Beginning, PumpInlet, PumpedSource};
use crate::secret::{SecretText, read_secret};
use crate::sql::name_extraction;
use answer::{fail_answer, fail_connecting};
use odbc_api::handles::{StatementImpl, StatementRef};
use odbc_api::{
    ColumnDescription, Connection, ConnectionOptions, Cursor as _, CursorImpl, Prepared,
    ResultSetMetadata as _, environment,
};
use portcullis_model::reconciliation::connector::{OdbcSettings, SqlExtraction};
use portcullis_reconcile::source::{RawValue, SourceError};
use std::borrow::Cow;
use system::{OdbcRequest, OdbcSystem};
use value::{ColumnForm, ValueReader};

/// Longest time until a connection is there, in seconds.
const CONNECT: u32 = 30;

/// Opens the connection and begins to read.
pub(crate) fn open(settings: &OdbcSettings, opening: &Opening<'_>) -> Result<AnySource, SourceError> {
    let place = name_extraction("odbc", &settings.extraction);
    check_semicolons(&settings.extraction, &place)?;
    let reading = Reading {
        password: settings.password.as_ref().map(|place| read_secret(place, opening)).transpose()?,
        place: place.clone(),
        settings: settings.clone(),
        columns: opening.columns.to_vec(),
    };
    let read = move |inlet: &mut PumpInlet| reading.read(inlet);
    Ok(Box::new(PumpedSource::start(&place, opening.columns.len(), read)?))
}

/// A driver may send several statements at once, and the second one would be anything.
fn check_semicolons(extraction: &SqlExtraction, place: &str) -> Result<(), SourceError> {
    let text = match extraction {
        SqlExtraction::Query(query) => crate::sql::strip_semicolon(query),
        SqlExtraction::Table { condition, .. } => condition.as_deref().unwrap_or_default(),
    };
    if text.contains(';') {
        let problem =
            "A semicolon is within the query, and a driver may send what follows it as a statement.";
        let remedy = "Write one SELECT without it, or make a view in the database and name that as `table`.";
        return Err(fail(place, problem, remedy));
    }
    Ok(())
}

struct Reading {
    place: String,
    settings: OdbcSettings,
    password: Option<SecretText>,
    columns: Vec<String>,
}

impl Reading {
    fn read(&self, inlet: &mut PumpInlet) -> Result<(), SourceError> {
        let connection = self.connect()?;
        let end = self.read_connection(&connection, inlet);
        close_after(connection, end)
    }

    fn connect(&self) -> Result<Connection<'static>, SourceError> {
        let password = self.password.as_ref();
        let fail_here = |error| fail_connecting(&self.place, &error, password);
        let options = ConnectionOptions { login_timeout_sec: Some(CONNECT), ..ConnectionOptions::default() };
        let text = write_connection(&self.settings, password);
        let environment = environment().map_err(fail_here)?;
        environment.connect_with_connection_string(&text, options).map_err(fail_here)
    }

    fn read_connection(&self, connection: &Connection<'_>, inlet: &mut PumpInlet) -> Result<(), SourceError> {
        let fail_here = |error| fail_answer(&self.place, &error);
        let system = OdbcSystem::find(&connection.database_management_system_name().map_err(fail_here)?);
        let quote = connection.identifier_quote_char().map_err(fail_here)?;
        let request = system.write_request(quote, &self.settings, &self.columns)?;
        connection.set_autocommit(false).map_err(fail_here)?;
        system.begin_transaction(connection, &self.place)?;
        let announced = self.count_rows(connection, &request)?;
        let mut statement = self.prepare(connection, &request.select)?;
        let beginning = Beginning { isolation: system.isolation(), announced };
        let end = self.read_rows(&mut statement, &request, beginning, inlet);
        close_after(statement, end)?;
        connection.rollback().map_err(fail_here)
    }

    /// Prepares the statement. No record was read yet, so that the driver's words hold none.
    fn prepare<'c>(
        &self,
        connection: &'c Connection<'_>,
        text: &str,
    ) -> Result<Prepared<StatementImpl<'c>>, SourceError> {
        let fail_here = |error| fail_connecting(&self.place, &error, self.password.as_ref());
        let mut statement = connection.prepare(text).map_err(fail_here)?;
        let limit = self.settings.statement_timeout.as_secs().max(1);
        match statement.set_query_timeout_sec(usize::try_from(limit).unwrap_or(usize::MAX)) {
            Err(error) if !answer::is_not_offered(&error) => Err(fail_here(error)),
            _ => Ok(statement),
        }
    }

    fn count_rows(
        &self,
        connection: &Connection<'_>,
        request: &OdbcRequest,
    ) -> Result<Option<u64>, SourceError> {
        let Some(count) = &request.count else { return Ok(None) };
        let mut statement = self.prepare(connection, count)?;
        let value = self.read_count(&mut statement);
        let value = close_after(statement, value)?;
        match value {
            RawValue::Integer(rows) if rows >= 0 => Ok(u64::try_from(rows).ok()),
            _ => Err(fail(
                &self.place,
                "The number of rows is no number.",
                "Take `count-rows` out of the policy.",
            )),
        }
    }

    fn read_count(&self, statement: &mut Prepared<StatementImpl<'_>>) -> Result<RawValue, SourceError> {
        let fail_here = |error| fail_answer(&self.place, &error);
        let mut cursor = self.execute(statement)?;
        let value = cursor.next_row().map_err(fail_here).and_then(|row| match row {
            Some(mut row) => ValueReader::default().read(&mut row, 1, ColumnForm::Integer).map_err(fail_here),
            None => Ok(RawValue::Null),
        });
        close_after(cursor, value)
    }

    fn execute<'s>(
        &self,
        statement: &'s mut Prepared<StatementImpl<'_>>,
    ) -> Result<CursorImpl<StatementRef<'s>>, SourceError> {
        let cursor = statement.execute(()).map_err(|error| fail_answer(&self.place, &error))?;
        cursor.ok_or_else(|| fail(&self.place, "The statement gives no rows.", "Write one SELECT."))
    }

    fn read_rows(
        &self,
        statement: &mut Prepared<StatementImpl<'_>>,
        request: &OdbcRequest,
        beginning: Beginning,
        inlet: &mut PumpInlet,
    ) -> Result<(), SourceError> {
        let mut cursor = self.execute(statement)?;
        let end = self.read_cursor(&mut cursor, request, beginning, inlet);
        close_after(cursor, end)
    }

    fn read_cursor(
        &self,
        cursor: &mut CursorImpl<StatementRef<'_>>,
        request: &OdbcRequest,
        beginning: Beginning,
        inlet: &mut PumpInlet,
    ) -> Result<(), SourceError> {
        let forms = self.find_forms(cursor, request.columns)?;
        inlet.begin(beginning)?;
        let mut reader = ValueReader::default();
        loop {
            let number = inlet.rows() + 1;
            let fail_here = |error| fail_answer(&format!("{}, row {number}", self.place), &error);
            let Some(mut row) = cursor.next_row().map_err(fail_here)? else { return Ok(()) };
            // Most drivers give the columns of a row in their order alone, and each once.
            let mut values = Vec::with_capacity(forms.len());
            for (column, form) in (1..).zip(&forms) {
                values.push(reader.read(&mut row, column, *form).map_err(fail_here)?);
            }
            for place in &request.places {
                inlet.push_value(values.get(*place).cloned().unwrap_or(RawValue::Null));
            }
            inlet.end_row()?;
        }
    }

    /// The form of each column of the result.
    fn find_forms(
        &self,
        cursor: &mut CursorImpl<StatementRef<'_>>,
        required: usize,
    ) -> Result<Vec<ColumnForm>, SourceError> {
        let fail_here = |error| fail_answer(&self.place, &error);
        let found = cursor.num_result_cols().map_err(fail_here)?;
        let found = u16::try_from(found).unwrap_or_default();
        if usize::from(found) != required {
            let problem = format!("{required} columns were asked for, and the driver gives {found}.");
            return Err(fail(&self.place, problem, "Check the driver; another version of it may do better."));
        }
        // Not by the attribute `SQL_DESC_CONCISE_TYPE`: SQLite's driver gives types of C there.
        let mut described = ColumnDescription::default();
        let mut find_form = |column| {
            cursor.describe_col(column, &mut described).map_err(fail_here)?;
            Ok(ColumnForm::of_type(described.data_type))
        };
        (1..=found).map(&mut find_form).collect()
    }
}

/// Closes what a driver gave, unless it failed: a driver whose server is gone cannot close it, and
/// the crate panics over that. The process is about to end, and everything with it.
fn close_after<T, R>(given: T, result: Result<R, SourceError>) -> Result<R, SourceError> {
    if result.is_err() {
        std::mem::forget(given);
    }
    result
}

/// The connection string of the policy, with account and password.
fn write_connection(settings: &OdbcSettings, password: Option<&SecretText>) -> String {
    let mut text = settings.connection.trim_end_matches([';', ' ']).to_string();
    let parts = [("UID", settings.user.as_deref()), ("PWD", password.map(SecretText::reveal))];
    for (key, value) in parts.into_iter().filter_map(|(key, value)| Some((key, value?))) {
        text.push_str(&format!(";{key}={}", escape_value(value)));
    }
    text.push(';');
    text
}

/// In braces nothing ends a value but a brace, which is doubled. Drivers do not take braces off an
/// account that needs none.
fn escape_value(value: &str) -> Cow<'_, str> {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_.~@$%^&#/\\".contains(letter);
    if value.chars().all(is_plain) {
        return Cow::Borrowed(value);
    }
    Cow::Owned(format!("{{{}}}", value.replace('}', "}}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::SecretText;
    use jiff::SignedDuration;

    fn settings(user: Option<&str>) -> OdbcSettings {
        OdbcSettings {
            connection: "Driver=PostgreSQL Unicode;Server=db; ".to_string(),
            user: user.map(String::from),
            password: None,
            extraction: SqlExtraction::Query("SELECT 1 AS id; ".to_string()),
            statement_timeout: SignedDuration::from_secs(1),
            count_rows: false,
        }
    }

    #[test]
    fn no_account_or_password_can_end_its_place_in_the_connection_string() {
        let password = SecretText::for_test("a;Server=evil}b");
        let text = write_connection(&settings(Some("me;x=y")), Some(&password));
        assert_eq!(text, "Driver=PostgreSQL Unicode;Server=db;UID={me;x=y};PWD={a;Server=evil}}b};");
        assert_eq!(write_connection(&settings(None), None), "Driver=PostgreSQL Unicode;Server=db;");
        let usual = write_connection(&settings(Some("reader")), Some(&SecretText::for_test("a-b_c.d")));
        assert!(usual.ends_with(";UID=reader;PWD=a-b_c.d;"), "{usual}");
    }

    #[test]
    fn one_statement_is_sent_and_never_two() {
        assert!(check_semicolons(&settings(None).extraction, "odbc").is_ok());
        for text in
            ["SELECT 1 AS id) AS a; DELETE FROM kept; SELECT id FROM (SELECT 1 AS id", "SELECT ';' AS id"]
        {
            assert!(check_semicolons(&SqlExtraction::Query(text.to_string()), "odbc").is_err(), "{text}");
        }
        let condition = Some("1 = 1); DELETE FROM kept; --".to_string());
        let table = SqlExtraction::Table { schema: None, table: "kept".to_string(), condition };
        assert!(check_semicolons(&table, "odbc").is_err());
    }
}
