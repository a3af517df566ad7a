//! Connectors from the outside: what each gives, and what each refuses.

mod csv;
#[cfg(all(unix, any(feature = "mysql", feature = "postgresql", feature = "sqlserver")))]
mod databases;
mod files;
mod fixed;
#[cfg(feature = "http")]
mod http;
mod jsonl;
#[cfg(all(unix, feature = "mysql"))]
mod mysql;
#[cfg(all(unix, feature = "all", feature = "odbc"))]
mod odbc;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(all(unix, feature = "postgresql"))]
mod postgresql;
mod reading;
#[cfg(all(unix, feature = "all"))]
mod same_records;
#[cfg(all(unix, any(feature = "mysql", feature = "postgresql", feature = "sqlserver")))]
mod servers;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(all(unix, feature = "sqlserver"))]
mod sqlserver;
#[cfg(all(unix, feature = "sqlserver"))]
mod tds;
#[cfg(feature = "xml")]
mod xml;
