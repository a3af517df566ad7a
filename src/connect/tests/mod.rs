//! Connectors from the outside: what each gives, and what each refuses.

mod csv;
mod files;
mod reading;
#[cfg(feature = "sqlite")]
mod sqlite;
