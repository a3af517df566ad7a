//! A database server that is to be read: what is asked of it, by which account and over which
//! channel.

#[cfg(any(feature = "postgresql", feature = "sqlserver"))]
use crate::failure::fail;
use crate::opening::{AnySource, Opening};
use crate::pump::{PumpInlet, PumpedSource};
use crate::secret::{SecretText, read_secret};
use crate::sql::{SqlDialect, SqlRequest};
use crate::tls::{Channel, decide_channel};
use portcullis_model::reconciliation::connector::{DatabaseServer, ServerAddress, SqlExtraction};
use portcullis_reconcile::source::SourceError;
use std::time::Duration;

/// One extraction from a server, before the connection is there.
pub(crate) struct ServerReading {
    pub request: SqlRequest,
    pub extraction: SqlExtraction,
    pub server: DatabaseServer,
    pub channel: Channel,
    pub password: Option<SecretText>,
}

impl ServerReading {
    /// Decides what is asked and over which channel, and reads the password. `scheme` begins the
    /// server's name in messages.
    pub(crate) fn prepare(
        scheme: &str,
        dialect: SqlDialect,
        server: &DatabaseServer,
        extraction: &SqlExtraction,
        opening: &Opening<'_>,
    ) -> Result<Self, SourceError> {
        let name = name_server(scheme, server);
        Ok(Self {
            request: dialect.write_request(&name, extraction, server.count_rows, opening.columns)?,
            extraction: extraction.clone(),
            channel: decide_channel(&server.address, &server.tls, opening)?,
            password: server.password.as_ref().map(|place| read_secret(place, opening)).transpose()?,
            server: server.clone(),
        })
    }

    /// What is read, as messages call it.
    pub(crate) fn place(&self) -> &str {
        &self.request.place
    }

    /// The place of a row while it is read.
    pub(crate) fn place_of_row(&self, row: u64) -> String {
        format!("{}, row {row}", self.request.place)
    }

    /// Begins to read in a thread.
    pub(crate) fn start(
        self,
        read: impl FnOnce(&Self, &mut PumpInlet) -> Result<(), SourceError> + Send + 'static,
    ) -> Result<AnySource, SourceError> {
        let (place, width) = (self.place().to_string(), self.request.places.len());
        Ok(Box::new(PumpedSource::start(&place, width, move |inlet| read(&self, inlet))?))
    }
}

#[cfg(any(feature = "postgresql", feature = "sqlserver"))]
impl ServerReading {
    /// Runs what waits for a driver that is asynchronous, in this thread.
    pub(crate) fn run_async<T>(
        &self,
        read: impl Future<Output = Result<T, SourceError>>,
    ) -> Result<T, SourceError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
        let runtime = runtime.map_err(|error| {
            fail(self.place(), format!("No connection can be prepared: {error}."), "Try again.")
        })?;
        runtime.block_on(read)
    }

    /// The longest silence. The first row of a sorted query, and a count, may take as long as the
    /// statement may.
    pub(crate) fn longest_wait(&self, rows: u64) -> Duration {
        let silence = to_std(self.server.silence_timeout);
        if rows > 0 { silence } else { silence.saturating_add(to_std(self.server.statement_timeout)) }
    }
}

/// A server that sends nothing.
#[cfg(any(feature = "postgresql", feature = "sqlserver"))]
pub(crate) fn fail_silence(place: &str, wait: Duration) -> SourceError {
    fail(
        place,
        format!("The server has been silent for {} seconds.", wait.as_secs()),
        "Check the server and the network; then read again, or raise the limit of silence.",
    )
}

/// A duration of the policy; negative ones do not wait.
pub(crate) fn to_std(duration: jiff::SignedDuration) -> Duration {
    Duration::try_from(duration).unwrap_or_default()
}

/// The server as messages call it. It never holds a password.
fn name_server(scheme: &str, server: &DatabaseServer) -> String {
    let (ServerAddress::Network { host: place, .. } | ServerAddress::Socket { path: place, .. }) =
        &server.address;
    format!("{scheme}://{place}/{}", server.database)
}
