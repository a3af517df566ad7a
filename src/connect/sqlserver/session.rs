//! The connection, and the one transaction in it.

use super::answer::fail_answer;
use super::greeting::{GreetedStream, greet};
use crate::failure::fail;
use crate::secret::SecretText;
use crate::server::{ServerReading, fail_silence, to_std};
use portcullis_model::reconciliation::connector::ServerAddress;
use portcullis_reconcile::source::SourceError;
use std::time::Duration;
use tiberius::{AuthMethod, Client, ColumnData, Config, EncryptionLevel, Row};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A connection that is logged in.
pub(super) type SqlSession = Client<GreetedStream>;

/// The usual port.
const PORT: u16 = 1433;
/// Bytes of a packet; what other clients ask for.
const PACKET: u32 = 8000;

/// What no login, database or setting of the server may change: texts are whole, results have all
/// rows, an error is no NULL, and the transaction sees one state.
const BEGIN: &str = "SET TEXTSIZE 2147483647; SET ROWCOUNT 0; SET NUMERIC_ROUNDABORT, IMPLICIT_TRANSACTIONS OFF; \
    SET ANSI_NULLS, ANSI_PADDING, ANSI_WARNINGS, ARITHABORT, CONCAT_NULL_YIELDS_NULL, QUOTED_IDENTIFIER ON; \
    SET XACT_ABORT ON; SET DATEFORMAT ymd; SET LOCK_TIMEOUT 60000; SET DEADLOCK_PRIORITY LOW; \
    SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION";

/// What the session is: its level, how many transactions are open, whether the database has
/// snapshots, and whether the account may write anywhere in it.
const CHECK: &str = "SELECT CAST(transaction_isolation_level AS int) AS level, @@TRANCOUNT AS transactions, \
    (SELECT CAST(snapshot_isolation_state AS int) FROM sys.databases WHERE name = DB_NAME()) AS snapshots, \
    (SELECT COUNT(*) FROM sys.fn_my_permissions(NULL, 'DATABASE') \
    WHERE permission_name IN ('ALTER', 'CONTROL', 'DELETE', 'INSERT', 'UPDATE')) AS writes \
    FROM sys.dm_exec_sessions WHERE session_id = @@SPID";

/// The level SNAPSHOT.
const SNAPSHOT: i64 = 5;

/// Connects, greets and logs in, within the time for that.
pub(super) async fn connect(reading: &ServerReading) -> Result<SqlSession, SourceError> {
    let ServerAddress::Network { host, port } = &reading.server.address else {
        let remedy = "Write `host = \"…\"` in place of `socket`.";
        return Err(fail(reading.place(), "SQL Server listens on no Unix socket.", remedy));
    };
    let Some(password) = &reading.password else {
        let remedy = "Name the place of the account's password: `password-env` or `password-file`.";
        return Err(fail(reading.place(), "SQL Server asks for a password.", remedy));
    };
    let wait = to_std(reading.server.connect_timeout);
    let connected = connect_to(reading, host, port.unwrap_or(PORT), password);
    timeout(wait, connected).await.map_err(|_| fail_silence(reading.place(), wait))?
}

async fn connect_to(
    reading: &ServerReading,
    host: &str,
    port: u16,
    password: &SecretText,
) -> Result<SqlSession, SourceError> {
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((name, port)).await.map_err(|error| {
        let problem = format!("Port {port} does not answer: {error}.");
        fail(reading.place(), problem, "Check host and port, and whether the server runs.")
    })?;
    // Requests are small and wait for their answers.
    let _ = stream.set_nodelay(true);
    let stream = greet(reading.place(), host, &reading.channel, stream).await?;
    let mut config = Config::new();
    config.host(host);
    config.port(port);
    config.database(&reading.server.database);
    config.application_name("portcullis");
    config.authentication(AuthMethod::sql_server(&reading.server.user, password.reveal()));
    config.readonly(true);
    config.packet_size(PACKET);
    // The channel is there, and its limits are held by the caller.
    config.encryption(EncryptionLevel::NotSupported);
    config.handshake_timeout(None);
    config.command_timeout(None);
    Client::connect(config, stream).await.map_err(|error| fail_answer(reading.place(), &error))
}

/// Begins the one transaction, and sees that it is what was asked for.
pub(super) async fn begin_transaction(
    session: &mut SqlSession,
    reading: &ServerReading,
) -> Result<(), SourceError> {
    let silence = to_std(reading.server.silence_timeout);
    ask(session, reading, BEGIN, silence).await?;
    let row = ask(session, reading, CHECK, silence).await?;
    let number = |at: usize| row.as_ref().and_then(|row| read_number(row, at));
    if number(2) != Some(1) {
        let name = format!("[{}]", reading.server.database.replace(']', "]]"));
        let problem = format!("The database {name} does not allow snapshots.");
        let remedy = format!(
            "Have an administrator run `ALTER DATABASE {name} SET ALLOW_SNAPSHOT_ISOLATION ON`; then read again."
        );
        return Err(fail(reading.place(), problem, remedy));
    }
    if (number(0), number(1)) != (Some(SNAPSHOT), Some(1)) {
        let problem = "The server began another transaction than the one that was asked for.";
        let remedy =
            "Ask the administrator what changes sessions, as a trigger at login does; then read again.";
        return Err(fail(reading.place(), problem, remedy));
    }
    if number(3) != Some(0) {
        let problem = format!("The account `{}` may write in the whole database.", reading.server.user);
        let remedy = "Name an account that has SELECT on what it reads, and nothing else: the server has no \
                      transaction that is read-only.";
        return Err(fail(reading.place(), problem, remedy));
    }
    Ok(())
}

/// Rolls the transaction back: there is nothing that could be kept.
pub(super) async fn end_transaction(
    session: &mut SqlSession,
    reading: &ServerReading,
) -> Result<(), SourceError> {
    let silence = to_std(reading.server.silence_timeout);
    ask(session, reading, "ROLLBACK TRANSACTION", silence).await.map(|_| ())
}

/// A number of rows.
pub(super) async fn ask_count(
    session: &mut SqlSession,
    reading: &ServerReading,
    count: &str,
) -> Result<u64, SourceError> {
    let row = ask(session, reading, count, reading.longest_wait(0)).await?;
    let number = row.as_ref().and_then(|row| read_number(row, 0));
    number.and_then(|number| u64::try_from(number).ok()).ok_or_else(|| {
        fail(reading.place(), "The number of rows is no number.", "Take `count-rows` out of the policy.")
    })
}

/// Sends a batch and waits until all of its answer is there; its first row.
async fn ask(
    session: &mut SqlSession,
    reading: &ServerReading,
    batch: &str,
    wait: Duration,
) -> Result<Option<Row>, SourceError> {
    let answer = async { session.simple_query(batch).await?.into_row().await };
    let answer = timeout(wait, answer).await.map_err(|_| fail_silence(reading.place(), wait))?;
    answer.map_err(|error| fail_answer(reading.place(), &error))
}

/// A whole number of a row.
pub(super) fn read_number(row: &Row, at: usize) -> Option<i64> {
    match row.get_column_data(at).ok()? {
        ColumnData::I64(number) => *number,
        ColumnData::I32(number) => (*number).map(i64::from),
        ColumnData::I16(number) => (*number).map(i64::from),
        ColumnData::U8(number) => (*number).map(i64::from),
        _ => None,
    }
}
