//! What a driver says when it gives no rows, without the content of records and without passwords.

use crate::failure::fail;
use crate::secret::SecretText;
use odbc_api::Error;
use odbc_api::handles::Record;
use portcullis_reconcile::source::SourceError;

/// Classes of SQLSTATE whose messages hold names and numbers, never values of a record. Drivers
/// put everything into `HY000`.
const TELLABLE: &[&str] = &["08", "25", "28", "3D", "42", "IM"];

/// What a driver says of what it does not offer.
const NOT_OFFERED: [&str; 3] = ["HYC00", "IM001", "HY092"];

/// An error while records may be part of it.
pub(super) fn fail_answer(place: &str, error: &Error) -> SourceError {
    let Some((record, state)) = find_record(error) else { return fail_driver(place, error) };
    let class = state.get(..2).unwrap_or_default();
    let problem = if TELLABLE.contains(&class) {
        format!("The driver refused: {} (SQLSTATE {state}).", read_message(record))
    } else {
        format!("The driver refused with SQLSTATE {state}; its message may hold values and is not repeated.")
    };
    fail(place, problem, advise_on(&state))
}

/// An error before any record was read. A message that holds the password is not repeated.
pub(super) fn fail_connecting(place: &str, error: &Error, password: Option<&SecretText>) -> SourceError {
    let Some((record, state)) = find_record(error) else { return fail_driver(place, error) };
    let message = read_message(record);
    let tells = password.is_some_and(|password| message.contains(password.reveal()));
    let message =
        if tells { "its message holds the password and is not repeated".to_string() } else { message };
    fail(place, format!("The driver refused: {message} (SQLSTATE {state})."), advise_on(&state))
}

/// Whether the driver only says that it does not have something.
pub(super) fn is_not_offered(error: &Error) -> bool {
    find_record(error).is_some_and(|(_, state)| NOT_OFFERED.contains(&state.as_str()))
}

fn find_record(error: &Error) -> Option<(&Record, String)> {
    let (Error::Diagnostics { record, .. }
    | Error::UnsupportedOdbcApiVersion(record)
    | Error::InvalidRowArraySize { record, .. }
    | Error::UnableToRepresentNull(record)
    | Error::OracleOdbcDriverDoesNotSupport64Bit(record)) = error
    else {
        return None;
    };
    Some((record, String::from_utf8_lossy(&record.state.0).into_owned()))
}

/// The driver's words on one line.
fn read_message(record: &Record) -> String {
    let text = String::from_utf16_lossy(&record.message);
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").trim_end_matches('.').to_string()
}

fn fail_driver(place: &str, error: &Error) -> SourceError {
    let problem = match error {
        Error::FailedAllocatingEnvironment => "The driver manager cannot be started.",
        Error::NoDiagnostics { .. } => "The driver failed and does not say why.",
        _ => "The driver cannot go on.",
    };
    fail(place, problem, "Check driver and driver manager with `isql -v`; then read again.")
}

fn advise_on(state: &str) -> &'static str {
    match (state, state.get(..2).unwrap_or_default()) {
        ("IM002" | "01000", _) => {
            "Name a driver or data source that is there: `odbcinst -q -d` and `odbcinst -q -s` list them."
        }
        (_, "28") => "Check the account and its password.",
        (_, "08") => "Check the connection string and whether the server runs; then read again.",
        ("25006", _) => "Write a query that writes nothing: the transaction is read-only.",
        ("HYT00" | "HYT01" | "57014", _) => {
            "Raise `statement-timeout`, or ask why the server does not answer."
        }
        (_, "42" | "37") => {
            "Try the query in `isql`. It has to be one SELECT that has the columns of the policy."
        }
        (_, "22") => "Try the query in `isql`: an expression of it fails on a record.",
        _ => "Try the query in `isql`, which shows the driver's message.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use odbc_api::handles::State;

    fn error(state: &[u8; 5], message: &str) -> Error {
        let record =
            Record { state: State(*state), native_error: 1, message: message.encode_utf16().collect() };
        Error::Diagnostics { record, function: "SQLFetch" }
    }

    #[test]
    fn a_message_is_repeated_where_its_kind_holds_no_value() {
        let told = fail_answer("odbc", &error(b"42S22", "no such column:\n x")).to_string();
        assert!(told.contains("no such column: x (SQLSTATE 42S22)"), "{told}");
        for state in [b"22018", b"HY000", b"01004"] {
            let told = fail_answer("odbc", &error(state, "invalid input: SECRET")).to_string();
            assert!(!told.contains("SECRET"), "{told}");
        }
    }

    #[test]
    fn a_password_is_never_repeated() {
        let password = SecretText::for_test("hunter2");
        let refused = error(b"08001", "cannot connect with PWD=hunter2");
        let told = fail_connecting("odbc", &refused, Some(&password)).to_string();
        assert!(!told.contains("hunter2") && told.contains("SQLSTATE 08001"), "{told}");
    }

    #[test]
    fn what_is_not_offered_is_no_failure() {
        assert!(is_not_offered(&error(b"HYC00", "optional feature")));
        assert!(!is_not_offered(&error(b"HY000", "something else")));
    }
}
