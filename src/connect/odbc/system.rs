//! What is known of systems behind ODBC: how a transaction begins that sees one state, and how
//! names are asked for.

use super::answer::fail_answer;
use super::value::{ColumnForm, ValueReader};
use crate::failure::fail;
use crate::sql::SqlDialect;
use odbc_api::{Connection, Cursor as _};
use portcullis_model::reconciliation::Isolation;
use portcullis_model::reconciliation::connector::{OdbcSettings, SqlExtraction};
use portcullis_reconcile::source::{RawValue, SourceError};

/// A system whose snapshots are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OdbcSystem {
    /// What its driver calls it, in small letters.
    name: &'static str,
    /// Statements that begin the transaction.
    begin: &'static [&'static str],
    /// A query, and its one value in a transaction that is as it should be.
    check: Option<(&'static str, &'static str)>,
    isolation: Isolation,
    longest_name: usize,
}

const KNOWN: [OdbcSystem; 4] = [
    OdbcSystem {
        name: "postgresql",
        begin: &["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"],
        check: Some((
            "SELECT current_setting('transaction_isolation') || ', ' || current_setting('transaction_read_only')",
            "repeatable read, on",
        )),
        isolation: Isolation::Repeatable,
        longest_name: 63,
    },
    OdbcSystem {
        name: "sqlite",
        begin: &["PRAGMA query_only = 1"],
        check: Some(("PRAGMA query_only", "1")),
        isolation: Isolation::Snapshot,
        longest_name: 1 << 10,
    },
    OdbcSystem {
        name: "microsoft sql server",
        begin: &["SET TRANSACTION ISOLATION LEVEL SNAPSHOT"],
        check: Some((
            "SELECT CAST(transaction_isolation_level AS varchar(2)) FROM sys.dm_exec_sessions WHERE session_id = @@SPID",
            "5",
        )),
        isolation: Isolation::Snapshot,
        longest_name: 128,
    },
    OdbcSystem {
        name: "oracle",
        begin: &["SET TRANSACTION READ ONLY"],
        check: None,
        isolation: Isolation::Snapshot,
        longest_name: 128,
    },
];

/// Any other system: each statement sees what it sees.
const OTHER: OdbcSystem =
    OdbcSystem { name: "", begin: &[], check: None, isolation: Isolation::None, longest_name: 63 };

/// What is asked of the driver.
pub(super) struct OdbcRequest {
    pub select: String,
    pub count: Option<String>,
    /// How many columns a row has.
    pub columns: usize,
    /// Where in the row each column is that was asked for.
    pub places: Vec<usize>,
}

impl OdbcSystem {
    /// The system of this name, as its driver gives it.
    pub(super) fn find(name: &str) -> Self {
        let name = name.trim().to_lowercase();
        KNOWN.into_iter().find(|known| name.starts_with(known.name)).unwrap_or(OTHER)
    }

    pub(super) const fn isolation(self) -> Isolation {
        self.isolation
    }

    /// The SELECT. Its columns are qualified: where a name is not there, some systems would take it
    /// for a text in quotation marks, the same in every row.
    pub(super) fn write_request(
        self,
        quote: Option<char>,
        settings: &OdbcSettings,
        columns: &[String],
    ) -> Result<OdbcRequest, SourceError> {
        let Some(quote) = quote else {
            let remedy = "Name lower-case columns of a view, or use another driver.";
            return Err(fail("odbc", "The driver cannot put names into quotation marks.", remedy));
        };
        let dialect = SqlDialect { open: quote, close: quote, longest_name: self.longest_name };
        let rows = match &settings.extraction {
            SqlExtraction::Query(_) => settings.extraction.clone(),
            table => SqlExtraction::Query(dialect.write_select(table, &["*".to_string()])?),
        };
        let request = dialect.write_request("odbc", &rows, settings.count_rows, columns)?;
        let qualified: Vec<String> =
            request.quoted.iter().map(|name| format!("portcullis_rows.{name}")).collect();
        Ok(OdbcRequest {
            select: dialect.write_select(&rows, &qualified)?,
            count: request.count,
            columns: qualified.len(),
            places: request.places,
        })
    }

    /// Begins the transaction, and sees that it is what was asked for.
    pub(super) fn begin_transaction(
        self,
        connection: &Connection<'_>,
        place: &str,
    ) -> Result<(), SourceError> {
        let fail_here = |error| fail_answer(place, &error);
        for statement in self.begin {
            connection.execute(statement, (), None).map_err(fail_here)?;
        }
        let Some((query, expected)) = self.check else { return Ok(()) };
        let cursor = connection.execute(query, (), None).map_err(fail_here)?;
        let Some(mut cursor) = cursor else { return Err(fail_transaction(place)) };
        let Some(mut row) = cursor.next_row().map_err(fail_here)? else {
            return Err(fail_transaction(place));
        };
        match ValueReader::default().read(&mut row, 1, ColumnForm::Text).map_err(fail_here)? {
            RawValue::Text(found) if found == expected => Ok(()),
            _ => Err(fail_transaction(place)),
        }
    }
}

fn fail_transaction(place: &str) -> SourceError {
    let remedy = "Take settings of transactions out of the connection string, and read again.";
    fail(place, "The driver began another transaction than the one that was asked for.", remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn write(
        quote: Option<char>,
        extraction: SqlExtraction,
        columns: &[&str],
    ) -> Result<OdbcRequest, SourceError> {
        let settings = OdbcSettings {
            connection: String::new(),
            user: None,
            password: None,
            extraction,
            statement_timeout: SignedDuration::from_secs(1),
            count_rows: true,
        };
        let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
        OTHER.write_request(quote, &settings, &columns)
    }

    #[test]
    fn a_name_is_qualified_so_that_it_is_never_a_text() {
        let condition = Some("id > 3".to_string());
        let table = SqlExtraction::Table { schema: Some("s".to_string()), table: "t".to_string(), condition };
        let request = write(Some('"'), table, &["b", "a", "b"]).unwrap();
        let rows = "FROM (\nSELECT * FROM \"s\".\"t\" WHERE (\nid > 3\n)\n) portcullis_rows";
        assert_eq!(request.select, format!("SELECT portcullis_rows.\"a\", portcullis_rows.\"b\" {rows}"));
        assert_eq!(request.count, Some(format!("SELECT count(*) {rows}")));
        assert_eq!((request.columns, request.places), (2, vec![1, 0, 1]));
    }

    #[test]
    fn a_driver_without_quotation_marks_is_refused() {
        assert!(write(None, SqlExtraction::Query("SELECT 1 AS id".to_string()), &["id"]).is_err());
    }

    #[test]
    fn a_system_that_is_not_known_has_no_snapshot() {
        for (name, isolation) in [
            ("PostgreSQL", Isolation::Repeatable),
            ("SQLite", Isolation::Snapshot),
            ("Microsoft SQL Server", Isolation::Snapshot),
            ("Oracle", Isolation::Snapshot),
            ("DB2/LINUXX8664", Isolation::None),
            ("MariaDB", Isolation::None),
            ("", Isolation::None),
        ] {
            assert_eq!(OdbcSystem::find(name).isolation(), isolation, "{name}");
        }
    }
}
