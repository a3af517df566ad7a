//! Both sides of the story in one SQLite file: what is sent, what the receiver holds and refused.

use crate::exit::{Failure, Result};
use crate::story::check::moment;
use crate::story::world::{SentAnswer, StoryRecord, WorldState};
use portcullis_model::reconciliation::RecordOperation;
use rusqlite::{Connection, Transaction, params};
use std::path::Path;

/// The name of the file.
pub const DATABASE: &str = "upload.db";

const TABLES: &str = "
    DROP TABLE IF EXISTS outbox;
    DROP TABLE IF EXISTS live;
    DROP TABLE IF EXISTS refused;
    CREATE TABLE outbox (record_id TEXT, action TEXT, number INTEGER, effective TEXT, reference TEXT, status TEXT);
    CREATE TABLE live (record_id TEXT, number INTEGER, loaded TEXT, reference TEXT, status TEXT);
    CREATE TABLE refused (record_id TEXT, number INTEGER, refused_at TEXT, reason TEXT);";

/// Writes the state of the world.
///
/// # Errors
/// The file cannot be written.
pub fn write_database(folder: &Path, state: &WorldState) -> Result<()> {
    let written = || -> rusqlite::Result<()> {
        let mut connection = Connection::open(folder.join(DATABASE))?;
        // The file goes away with the demo: nothing is lost when the machine stops.
        connection.pragma_update(None, "synchronous", "OFF")?;
        let transaction = connection.transaction()?;
        transaction.execute_batch(TABLES)?;
        write_rows(&transaction, state)?;
        transaction.commit()
    };
    written()
        .map_err(|error| Failure::environment(format!("the made-up database cannot be written: {error}")))
}

fn write_rows(transaction: &Transaction<'_>, state: &WorldState) -> rusqlite::Result<()> {
    let mut outbox = transaction.prepare("INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?)")?;
    for sent in &state.operations {
        let action = match sent.operation {
            RecordOperation::Upload => "new",
            RecordOperation::Amend => "changed",
            RecordOperation::Delete => "deleted",
        };
        let content =
            (sent.operation != RecordOperation::Delete).then(|| content_of(sent.name, sent.version));
        let (reference, status) = content.unzip();
        let time = moment(sent.time).to_string();
        outbox.execute(params![write_name(sent.name), action, sent.sequence, time, reference, status])?;
    }
    let mut live = transaction.prepare("INSERT INTO live VALUES (?, ?, ?, ?, ?)")?;
    for held in state.records.values() {
        let (reference, status) = content_of(held.name, held.version);
        // The receiver pads its columns.
        let status = format!("{status:<12}");
        let time = moment(held.loaded).to_string();
        live.execute(params![write_name(held.name), held.sequence, time, reference, status])?;
    }
    let mut refused = transaction.prepare("INSERT INTO refused VALUES (?, ?, ?, ?)")?;
    let is_refused = |answer: &&SentAnswer| !answer.accepted;
    for answer in state.answers.iter().filter(is_refused) {
        let time = moment(answer.time).to_string();
        let reason = crate::story::world::REFUSAL;
        refused.execute(params![write_name(answer.name), answer.sequence, time, reason])?;
    }
    Ok(())
}

/// What a record is called on both sides.
pub fn write_name(name: StoryRecord) -> String {
    match name {
        StoryRecord::Plain(number) => format!("R-{number:06}"),
        StoryRecord::Test(number) => format!("TEST-{number:04}"),
    }
}

fn content_of(name: StoryRecord, version: u32) -> (String, String) {
    let status = if version == 1 { "open" } else { "settled" };
    (format!("case of {}", write_name(name)), status.to_string())
}
