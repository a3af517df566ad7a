//! Connectors: a file or a database, read as a stream of raw values
//! ([`portcullis_reconcile::source::RecordSource`]). A connector translates nothing and writes
//! nothing.
