//! PostgreSQL: one repeatable-read, read-only transaction, and rows as `COPY … TO STDOUT` sends
//! them in its binary form.

mod answer;
mod copied;
mod value;

use crate::opening::{AnySource, Opening};
use crate::pump::{Beginning, PumpInlet};
use crate::server::{ServerReading, fail_silence, to_std};
use crate::sql::SqlDialect;
use crate::tls::{Channel, build_client};
use answer::fail_answer;
use copied::CopiedRows;
use futures_util::{FutureExt, StreamExt};
use portcullis_model::reconciliation::Isolation;
use portcullis_model::reconciliation::connector::{PostgresqlSettings, ServerAddress};
use portcullis_reconcile::source::SourceError;
use std::future::Future;
use std::pin::pin;
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;
use value::ColumnForm;

/// PostgreSQL cuts longer names without an error.
const DIALECT: SqlDialect = SqlDialect { open: '"', close: '"', longest_name: 63 };

/// Opens the connection and begins to read.
pub(crate) fn open(settings: &PostgresqlSettings, opening: &Opening<'_>) -> Result<AnySource, SourceError> {
    ServerReading::prepare("postgresql", DIALECT, &settings.server, &settings.extraction, opening)?
        .start(read_rows)
}

fn read_rows(reading: &ServerReading, inlet: &mut PumpInlet) -> Result<(), SourceError> {
    reading.run_async(async {
        let client = connect(reading).await?;
        begin_transaction(&client, reading).await?;
        let announced = count_rows(&client, reading).await?;
        let (select, forms) = choose_forms(&client, reading).await?;
        copy_rows(&client, reading, &select, &forms, announced, inlet).await
    })
}

async fn connect(reading: &ServerReading) -> Result<Client, SourceError> {
    let mut config = Config::new();
    let server = &reading.server;
    match &server.address {
        ServerAddress::Network { host, port } => {
            config.host(host).port(port.unwrap_or(5432));
        }
        ServerAddress::Socket { path, port } => {
            config.host(path).port(port.unwrap_or(5432));
        }
    }
    config.dbname(&server.database).user(&server.user).application_name("portcullis");
    config.connect_timeout(to_std(server.connect_timeout)).tcp_user_timeout(to_std(server.silence_timeout));
    if let Some(password) = &reading.password {
        config.password(password.reveal());
    }
    match &reading.channel {
        Channel::Local => {
            config.ssl_mode(SslMode::Disable);
            connect_by(reading, &config, NoTls).await
        }
        Channel::Verified(authorities) => {
            config.ssl_mode(SslMode::Require);
            let client = build_client(authorities.as_deref(), rustls::DEFAULT_VERSIONS)?;
            connect_by(reading, &config, MakeRustlsConnect::new(client)).await
        }
    }
}

async fn connect_by<T>(reading: &ServerReading, config: &Config, tls: T) -> Result<Client, SourceError>
where
    T: tokio_postgres::tls::MakeTlsConnect<tokio_postgres::Socket>,
    T::Stream: Send + 'static,
{
    // The driver's own limit is for the socket alone; this one is for the greeting too.
    let wait = to_std(reading.server.connect_timeout);
    let connected =
        timeout(wait, config.connect(tls)).await.map_err(|_| fail_silence(reading.place(), wait))?;
    let (client, connection) = connected.map_err(|error| fail_answer(reading.place(), &error))?;
    tokio::spawn(async move {
        // An error of the connection also ends the request that waits for it.
        let _ = connection.await;
    });
    Ok(client)
}

/// Begins the one transaction. The settings end with it, so that a pool of connections keeps none.
async fn begin_transaction(client: &Client, reading: &ServerReading) -> Result<(), SourceError> {
    let limit = reading.server.statement_timeout.as_millis().clamp(1, i128::from(i32::MAX));
    let begin = format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; \
         SET LOCAL statement_timeout = {limit}; SET LOCAL lock_timeout = 60000; \
         SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL TimeZone = 'UTC'; \
         SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'iso_8601'; \
         SET LOCAL extra_float_digits = 3; SET LOCAL bytea_output = 'hex'"
    );
    wait_for(reading, client.batch_execute(&begin)).await
}

async fn count_rows(client: &Client, reading: &ServerReading) -> Result<Option<u64>, SourceError> {
    let Some(count) = &reading.request.count else { return Ok(None) };
    let wait = reading.longest_wait(0);
    let row =
        timeout(wait, client.query_one(count, &[])).await.map_err(|_| fail_silence(reading.place(), wait))?;
    let row = row.map_err(|error| fail_answer(reading.place(), &error))?;
    let rows: i64 = row.try_get(0).map_err(|error| fail_answer(reading.place(), &error))?;
    Ok(u64::try_from(rows).ok())
}

/// The SELECT that is copied, and in which form each of its columns comes. Types that have no form
/// of their own come as the server's text.
async fn choose_forms(
    client: &Client,
    reading: &ServerReading,
) -> Result<(String, Vec<ColumnForm>), SourceError> {
    let statement = wait_for(reading, client.prepare(&reading.request.select)).await?;
    let forms: Vec<ColumnForm> =
        statement.columns().iter().map(|column| ColumnForm::of_type(column.type_())).collect();
    let cast = |(name, form): (&String, &ColumnForm)| match form {
        ColumnForm::CastText => format!("CAST({name} AS text)"),
        _ => name.clone(),
    };
    let expressions: Vec<String> = reading.request.quoted.iter().zip(&forms).map(cast).collect();
    let select = DIALECT.write_select(&reading.extraction, &expressions)?;
    // Prepared alone it is one statement, so that nothing in it can close the parenthesis of COPY.
    wait_for(reading, client.prepare(&select)).await?;
    Ok((select, forms))
}

async fn copy_rows(
    client: &Client,
    reading: &ServerReading,
    select: &str,
    forms: &[ColumnForm],
    announced: Option<u64>,
    inlet: &mut PumpInlet,
) -> Result<(), SourceError> {
    let copy = format!("COPY (\n{select}\n) TO STDOUT (FORMAT binary)");
    let stream = client.copy_out(&copy).await.map_err(|error| fail_answer(reading.place(), &error))?;
    let mut stream = pin!(stream);
    inlet.begin(Beginning { isolation: Isolation::Repeatable, announced })?;
    let mut rows = CopiedRows::new(forms, &reading.request.places);
    let place = |rows: u64| reading.place_of_row(rows + 1);
    loop {
        // Most messages are there already; only for the others a clock is set.
        let message = match stream.next().now_or_never() {
            Some(message) => message,
            None => {
                let wait = reading.longest_wait(inlet.rows());
                let silent = |_| fail_silence(&place(inlet.rows()), wait);
                timeout(wait, stream.next()).await.map_err(silent)?
            }
        };
        let Some(message) = message else { break };
        let bytes = message.map_err(|error| fail_answer(&place(inlet.rows()), &error))?;
        rows.take_message(&bytes, &place, inlet)?;
    }
    rows.check_ended(&place(inlet.rows()))
}

/// An answer, within the longest silence.
async fn wait_for<T>(
    reading: &ServerReading,
    answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, SourceError> {
    let wait = to_std(reading.server.silence_timeout);
    let answer = timeout(wait, answer).await.map_err(|_| fail_silence(reading.place(), wait))?;
    answer.map_err(|error| fail_answer(reading.place(), &error))
}
