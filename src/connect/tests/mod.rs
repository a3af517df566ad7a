//! Connectors from the outside: what each gives, and what each refuses.

mod csv;
mod files;
mod fixed;
#[cfg(feature = "http")]
mod http;
mod jsonl;
#[cfg(all(unix, feature = "mysql"))]
mod mysql;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(all(unix, feature = "postgresql"))]
mod postgresql;
mod reading;
#[cfg(all(unix, any(feature = "mysql", feature = "postgresql")))]
mod servers;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "xml")]
mod xml;
