//! What PostgreSQL answers when it does not send rows, without the content of records.

use crate::failure::fail;
use portcullis_reconcile::source::SourceError;
use std::error::Error;

/// Classes of SQLSTATE whose messages hold names and numbers, never values of a record: connection,
/// authorization, transaction state, catalog, syntax and names, resources, operator.
const TELLABLE: &[&str] = &["08", "0A", "25", "28", "3D", "42", "53", "55", "57", "58"];

pub(super) fn fail_answer(place: &str, error: &tokio_postgres::Error) -> SourceError {
    let Some(database) = error.as_db_error() else {
        let mut problem = error.to_string();
        let mut cause = error.source();
        while let Some(deeper) = cause {
            problem = format!("{problem}: {deeper}");
            cause = deeper.source();
        }
        return fail(
            place,
            format!("The connection failed: {problem}."),
            "Check host, port, TLS and whether the server runs; then read again from the beginning.",
        );
    };
    let code = database.code().code();
    let class = code.get(..2).unwrap_or_default();
    let problem = if TELLABLE.contains(&class) {
        format!("PostgreSQL refused: {} (SQLSTATE {code}).", database.message())
    } else {
        format!("PostgreSQL refused with SQLSTATE {code}; its message may hold values and is not repeated.")
    };
    fail(place, problem, advise_on(code, class))
}

/// What to do about a SQLSTATE.
fn advise_on(code: &str, class: &str) -> &'static str {
    match (code, class) {
        ("42501", _) => "Grant the account SELECT on what it reads, and nothing else.",
        ("57014", _) => "Raise `statement-timeout`, or ask whether the statement was cancelled by hand.",
        ("25006", _) => "Write a query that writes nothing: the transaction is read-only.",
        (_, "28") => "Check the account, its password and the server's `pg_hba.conf`.",
        (_, "3D") => "Check the name of the database.",
        (_, "40") => "Read again: the server had to end the snapshot.",
        (_, "42") => "Try the query in psql. It has to be one SELECT that has the columns of the policy.",
        (_, "22") => "Try the query in psql: an expression of it fails on a record.",
        (_, "53" | "57" | "58") => "Ask the administrator of the server; then read again.",
        _ => "Look up the SQLSTATE in PostgreSQL's documentation, and try the query in psql.",
    }
}
