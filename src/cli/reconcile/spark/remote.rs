//! A Spark that listens for clients: Spark Connect, in programs that are built with its client.

use crate::exit::{Failure, Result};
use portcullis_reconcile::spark_connect::SparkAddress;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

/// A Spark that listens.
pub(in crate::reconcile) struct RemoteSpark {
    address: SparkAddress,
    #[cfg_attr(not(feature = "spark-connect"), expect(dead_code, reason = "only the client reads it"))]
    limit: Duration,
}

impl RemoteSpark {
    /// # Errors
    /// It is no address, or holds a token; or this program has no client.
    pub(super) fn new(address: &str, limit: Duration) -> Result<Self> {
        let address = SparkAddress::parse(address);
        let address = address.map_err(|fault| Failure::usage(format!("--spark-remote: {fault}")))?;
        if cfg!(feature = "spark-connect") { Ok(Self { address, limit }) } else { Err(no_client()) }
    }

    /// Whether it is another machine.
    pub(super) fn is_elsewhere(&self) -> bool {
        !self.address.is_here()
    }

    #[cfg(not(feature = "spark-connect"))]
    pub(super) fn run(&self, _: &Path, _: File) -> Result<()> {
        Err(no_client())
    }

    /// Runs the text of a plan; the answer is written to the file.
    ///
    /// # Errors
    /// The plan cannot be read; Spark cannot be reached, refuses or takes too long.
    #[cfg(feature = "spark-connect")]
    pub(super) fn run(&self, plan: &Path, answer: File) -> Result<()> {
        use portcullis_reconcile::spark_connect::{RemoteText, run_text};
        let read = |name: &str| {
            let path = plan.join(name);
            std::fs::read_to_string(&path)
                .map_err(|error| Failure::environment(format!("cannot read {}: {error}", path.display())))
        };
        let text = RemoteText::new(&read("setup.sql")?, &read("query.sql")?);
        crate::output::remark(&format!("Spark at {} compares", self.address));
        run_text(&self.address, text, self.limit, answer).map_err(|failure| {
            Failure::environment(failure.to_string()).hint(
                "see whether Spark listens at this address (`sbin/start-connect-server.sh` starts it), and whether \
                 it sees the folder of the plan under the same name and may read it",
            )
        })
    }
}

fn no_client() -> Failure {
    Failure::environment("this program was built without Spark Connect")
        .hint(
            "build it with `cargo build --release --features spark-connect`, which needs `protoc` (Debian: \
             `protobuf-compiler` and `libprotobuf-dev`)",
        )
        .hint("or leave --spark-remote out, and name a Spark of this machine: --spark-sql PROGRAM")
}
