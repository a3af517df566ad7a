//! What SQL Server answers when it does not send rows, without the content of records.

use crate::failure::fail;
use portcullis_reconcile::source::SourceError;
use tiberius::error::Error;

/// Errors whose messages hold names and numbers, never values of a record.
const TELLABLE: &[u32] = &[
    102, 105, 156, 207, 208, 209, 229, 230, 262, 297, 300, 319, 321, 911, 916, 978, 1033, 1205, 1222, 3952,
    3953, 3957, 3958, 3960, 3961, 3966, 3967, 4060, 7420, 8155, 8156, 11720, 18_452, 18_456, 18_470, 18_486,
    18_487, 18_488, 40_613, 40_615, 41_332,
];

pub(super) fn fail_answer(place: &str, error: &Error) -> SourceError {
    match error {
        Error::Server(answer) => {
            let code = answer.code();
            let problem = if TELLABLE.contains(&code) {
                let message = answer.message().trim_end_matches('.');
                format!("SQL Server refused: {message} (error {code}).")
            } else {
                format!(
                    "SQL Server refused with error {code}; its message may hold values and is not repeated."
                )
            };
            fail(place, problem, advise_on(code))
        }
        Error::Routing { host, port } => fail(
            place,
            format!("The server sends readers to `{host}`, port {port}."),
            format!("Write `host = \"{host}\"` and `port = {port}` into the policy."),
        ),
        error => fail(
            place,
            format!("The connection failed: {}.", describe_error(error)),
            "Check host, port, TLS and whether the server runs; then read again from the beginning.",
        ),
    }
}

/// What to do about an error of the server.
const fn advise_on(code: u32) -> &'static str {
    match code {
        18_452 | 18_456 | 18_470 | 18_486 | 18_487 | 18_488 => {
            "Check the account and its password. It has to be one of SQL Server itself, not of Windows."
        }
        911 | 916 | 978 | 4060 => "Check the name of the database, and create a user for the account in it.",
        229 | 230 | 262 | 297 | 300 => "Grant the account SELECT on what it reads, and nothing else.",
        3952 => {
            "Have an administrator run `ALTER DATABASE [NAME] SET ALLOW_SNAPSHOT_ISOLATION ON` for the database that \
             the message names; then read again."
        }
        1205 | 1222 | 3953 | 3957 | 3958 | 3960 | 3961 | 3966 | 3967 => {
            "Read again: the server had to end the transaction, or another one holds a lock."
        }
        7420 => "Read a copy in this database: another server is not part of the snapshot.",
        41_332 => "Read a copy in a table on disk: a table in memory is not part of the snapshot.",
        40_613 | 40_615 => {
            "Ask the administrator of the server: the database is not there, or a firewall is before it."
        }
        102 | 105 | 156 | 207 | 208 | 209 | 319 | 321 | 1033 | 8155 | 8156 | 11_720 => {
            "Try the query in sqlcmd. It has to be one SELECT that has the columns of the policy, without WITH before \
             it and without ORDER BY."
        }
        220 | 232 | 241 | 242 | 244 | 245 | 248 | 295 | 8114 | 8115 | 8134 | 8152 | 8169 | 9420 => {
            "Try the query in sqlcmd: an expression of it fails on a record."
        }
        _ => "Look up the number of the error in SQL Server's documentation, and try the query in sqlcmd.",
    }
}

fn describe_error(error: &Error) -> String {
    match error {
        Error::Io { message, .. } => message.trim_end_matches('.').to_string(),
        Error::Protocol(message) | Error::Encoding(message) => message.trim_end_matches('.').to_string(),
        Error::Utf8 | Error::Utf16 => "the server sent a text that is none".to_string(),
        // The others could show a value.
        _ => "the driver cannot go on".to_string(),
    }
}
