//! A Spark that listens for clients: Spark Connect, in programs that are built with its client.

use crate::cli::exit::{Failure, Result};
use std::fs::File;
use std::path::Path;
use std::time::Duration;

/// What builds a program that has the client.
#[cfg(not(feature = "spark-connect"))]
const BUILD: &str = "build it with `cargo build --release --features spark-connect`, which needs `protoc` (Debian: \
                     `protobuf-compiler` and `libprotobuf-dev`), or have a Spark of this machine do it: --spark-sql";

/// A Spark that listens.
pub(in crate::cli::reconcile) struct RemoteSpark {
    #[cfg(feature = "spark-connect")]
    address: portcullis_reconcile::spark_connect::SparkAddress,
    #[cfg(feature = "spark-connect")]
    limit: Duration,
}

#[cfg(not(feature = "spark-connect"))]
impl RemoteSpark {
    /// # Errors
    /// Always: this program has no client.
    pub(super) fn new(_: &str, _: Duration) -> Result<Self> {
        Err(Failure::environment("this program was built without Spark Connect").hint(BUILD))
    }

    pub(super) fn run(&self, _: &Path, _: File) -> Result<()> {
        Err(Failure::environment("this program was built without Spark Connect").hint(BUILD))
    }
}

#[cfg(feature = "spark-connect")]
impl RemoteSpark {
    /// # Errors
    /// It is no address, or holds a token.
    pub(super) fn new(address: &str, limit: Duration) -> Result<Self> {
        let address = portcullis_reconcile::spark_connect::SparkAddress::parse(address);
        let address = address.map_err(|fault| Failure::usage(format!("--spark-remote: {fault}")))?;
        Ok(Self { address, limit })
    }

    /// Runs the text of a plan; the answer is written to the file.
    ///
    /// # Errors
    /// The plan cannot be read; Spark cannot be reached, refuses or takes too long.
    pub(super) fn run(&self, plan: &Path, answer: File) -> Result<()> {
        use portcullis_reconcile::spark_connect::{RemoteText, run_text};
        let read = |name: &str| {
            let path = plan.join(name);
            std::fs::read_to_string(&path)
                .map_err(|error| Failure::environment(format!("cannot read {}: {error}", path.display())))
        };
        let text = RemoteText::new(&read("setup.sql")?, &read("query.sql")?);
        crate::cli::output::remark(&format!("Spark at {} compares", self.address));
        run_text(&self.address, text, self.limit, answer).map_err(|failure| {
            Failure::environment(failure.to_string()).hint(
                "see whether Spark listens at this address (`sbin/start-connect-server.sh` starts it), and whether every \
                 machine of it sees the folder of the plan under the same name",
            )
        })
    }
}
