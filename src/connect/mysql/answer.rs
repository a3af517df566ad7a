//! What MySQL answers when it does not send rows, without the content of records.

use crate::failure::fail;
use mysql::Error;
use portcullis_reconcile::source::SourceError;

/// Classes of SQLSTATE whose messages hold names and numbers, never values of a record.
const TELLABLE: &[&str] = &["08", "25", "28", "3D", "42", "70"];

pub(super) fn fail_answer(place: &str, error: &Error) -> SourceError {
    let Error::MySqlError(answer) = error else {
        return fail(
            place,
            format!("The connection failed: {}.", describe_error(error)),
            "Check host, port, TLS and whether the server runs; then read again from the beginning.",
        );
    };
    let (code, state) = (answer.code, answer.state.as_str());
    let class = state.get(..2).unwrap_or_default();
    let problem = if TELLABLE.contains(&class) {
        format!("The server refused: {} (error {code}).", answer.message)
    } else {
        format!("The server refused with error {code}; its message may hold values and is not repeated.")
    };
    let remedy = match (code, class) {
        (1142 | 1143 | 1044, _) => "Grant the account SELECT on what it reads, and nothing else.",
        (1969 | 3024 | 1317, _) => {
            "Raise `statement-timeout`, or ask whether the statement was cancelled by hand."
        }
        (1792, _) => "Write a query that writes nothing: the transaction is read-only.",
        (_, "28") => "Check the account and its password.",
        (1049, _) => "Check the name of the database.",
        (_, "42") => {
            "Try the query in the client. It has to be one SELECT that has the columns of the policy."
        }
        (_, "22") => "Try the query in the client: an expression of it fails on a record.",
        _ => "Look up the number of the error in the server's documentation.",
    };
    fail(place, problem, remedy)
}

fn describe_error(error: &Error) -> String {
    match error {
        Error::IoError(error) => error.to_string(),
        Error::DriverError(error) => error.to_string(),
        Error::TlsError(error) => error.to_string(),
        Error::CodecError(error) => error.to_string(),
        // The others could show a value.
        _ => "the driver cannot go on".to_string(),
    }
}
