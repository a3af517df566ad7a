//! A database server that is to be read: what is asked of it, by which account and over which
//! channel.

use crate::opening::{AnySource, Opening};
use crate::pump::{PumpInlet, PumpedSource};
use crate::secret::{SecretText, read_secret};
use crate::sql::{SqlDialect, SqlRequest};
use crate::tls::{Channel, decide_channel};
use portcullis_model::reconciliation::connector::{DatabaseServer, ServerAddress, SqlExtraction};
use portcullis_reconcile::source::SourceError;

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

/// The server as messages call it. It never holds a password.
fn name_server(scheme: &str, server: &DatabaseServer) -> String {
    let (ServerAddress::Network { host: place, .. } | ServerAddress::Socket { path: place, .. }) =
        &server.address;
    format!("{scheme}://{place}/{}", server.database)
}
