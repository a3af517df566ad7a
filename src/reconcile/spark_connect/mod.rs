//! Spark Connect: a text is run on a Spark that listens for clients, such as one of a cluster that
//! this machine cannot start jobs on.
//!
//! The protocol is gRPC with rows in Arrow; its messages and the channel are those of the Apache
//! project's client. What comes back is written as it comes, line by line, and nothing of it is
//! believed here: an answer that was cut off is one that does not add up.

mod address;
#[cfg(feature = "spark-connect")]
mod batch;
#[cfg(feature = "spark-connect")]
mod client;
#[cfg(feature = "spark-connect")]
mod failure;

pub use address::{SparkAddress, SparkAddressFault};
#[cfg(feature = "spark-connect")]
pub use client::{RemoteText, run_text};
#[cfg(feature = "spark-connect")]
pub use failure::RemoteFailure;
