//! Spark Connect: a text is run on a Spark that listens for clients, such as one of a cluster that
//! this machine cannot start jobs on.
//!
//! The protocol is gRPC with rows in Arrow; the client is that of the Apache project. What comes
//! back is written as it comes, line by line, and nothing of it is believed here: an answer that was
//! cut off is one that does not add up.

mod address;
mod value;

pub use address::{SparkAddress, SparkAddressFault};

use spark_connect::{DataFrame, SparkError, SparkSession};
use std::fmt;
use std::io::{self, BufWriter, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long Spark may take to stop, after it was told to.
const FAREWELL: Duration = Duration::from_secs(20);

/// What Spark is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteText {
    /// Statements that make the views which the query reads, in their order, without semicolons.
    pub setup: Vec<String>,
    /// The query, without a semicolon.
    pub query: String,
}

impl RemoteText {
    /// The files `setup.sql` and `query.sql` of a plan: a statement for each line of the one, the
    /// query in the other.
    #[must_use]
    pub fn new(setup: &str, query: &str) -> Self {
        let statements = setup.lines().map(|line| line.trim().trim_end_matches(';'));
        let setup = statements.filter(|statement| !statement.is_empty()).map(str::to_string).collect();
        Self { setup, query: query.trim_end().trim_end_matches(';').to_string() }
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub enum RemoteFailure {
    /// Spark cannot be reached, or says that it cannot do it: its own words.
    Refused(String),
    /// A value of the answer is neither a text nor a whole number: the name of its column.
    Column(String),
    /// The answer cannot be written.
    Output(io::Error),
    /// The time was over.
    TooLong(Duration),
}

impl fmt::Display for RemoteFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(said) => write!(f, "Spark says: {said}"),
            Self::Column(name) => {
                write!(f, "the column `{name}` of Spark's answer holds neither texts nor whole numbers")
            }
            Self::Output(error) => write!(f, "the answer cannot be written: {error}"),
            Self::TooLong(limit) => {
                write!(f, "Spark took more than {} s and was told to stop", limit.as_secs())
            }
        }
    }
}

impl std::error::Error for RemoteFailure {}

impl From<SparkError> for RemoteFailure {
    fn from(error: SparkError) -> Self {
        Self::Refused(error.message().trim().to_string())
    }
}

/// Runs a text on a Spark that listens, and writes the rows of its query as lines of values with
/// tabs between them.
///
/// # Errors
/// Spark cannot be reached, refuses or takes too long; its answer cannot be written.
pub fn run_text(
    address: &SparkAddress,
    text: RemoteText,
    limit: Duration,
    output: impl Write + Send + 'static,
) -> Result<(), RemoteFailure> {
    let begun = Instant::now();
    let (opened, sessions) = channel();
    let (ended, end) = channel();
    let address = address.as_str().to_string();
    // Calls of the client wait as long as Spark does, so that another thread looks at the clock.
    thread::spawn(move || {
        let outcome = ask(&address, &text, &opened, output);
        drop(ended.send(outcome));
    });
    match end.recv_timeout(limit) {
        Ok(outcome) => outcome,
        Err(RecvTimeoutError::Timeout) => {
            stop(&sessions, &end);
            Err(RemoteFailure::TooLong(begun.elapsed().min(limit)))
        }
        Err(RecvTimeoutError::Disconnected) => {
            Err(RemoteFailure::Refused("its client ended without a word".to_string()))
        }
    }
}

/// Opens a session, runs the statements in it, and closes it.
fn ask(
    address: &str,
    text: &RemoteText,
    opened: &Sender<SparkSession>,
    output: impl Write,
) -> Result<(), RemoteFailure> {
    let session = SparkSession::builder().remote(address).get_or_create()?;
    drop(opened.send(session.clone()));
    let outcome = run_statements(&session, text, output);
    // Views go away with the session. One that is not closed goes away by itself after a while.
    drop(session.stop());
    outcome
}

fn run_statements(
    session: &SparkSession,
    text: &RemoteText,
    output: impl Write,
) -> Result<(), RemoteFailure> {
    for statement in &text.setup {
        session.sql(statement)?.collect()?;
    }
    write_rows(&session.sql(&text.query)?, output)
}

/// Rows come batch by batch, so that an answer of any length needs no more memory.
fn write_rows(found: &DataFrame, output: impl Write) -> Result<(), RemoteFailure> {
    let mut output = BufWriter::new(output);
    for row in found.to_local_iterator(false)? {
        let row = row?;
        for (number, (name, value)) in row.fields().iter().zip(row.values()).enumerate() {
            let text = value::write_value(value).ok_or_else(|| RemoteFailure::Column(name.clone()))?;
            let gap = if number == 0 { "" } else { "\t" };
            write!(output, "{gap}{text}").map_err(RemoteFailure::Output)?;
        }
        writeln!(output).map_err(RemoteFailure::Output)?;
    }
    output.flush().map_err(RemoteFailure::Output)
}

/// Tells Spark to give up what it does for this session, and waits a moment until it has.
fn stop(sessions: &Receiver<SparkSession>, end: &Receiver<Result<(), RemoteFailure>>) {
    if let Ok(session) = sessions.try_recv() {
        thread::spawn(move || drop(session.interrupt_all()));
        drop(end.recv_timeout(FAREWELL));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_a_statement_for_each_view_and_a_query() {
        let text =
            RemoteText::new("CREATE a (x) USING csv OPTIONS (p 'a b');\n\nCREATE c;\n", "SELECT 1\nFROM a\n");
        assert_eq!(text.setup, ["CREATE a (x) USING csv OPTIONS (p 'a b')", "CREATE c"]);
        assert_eq!(text.query, "SELECT 1\nFROM a");
    }

    #[test]
    fn a_spark_that_does_not_listen_is_named_within_the_time() {
        let address = SparkAddress::parse("sc://127.0.0.1:1").unwrap();
        let text = RemoteText::new("", "SELECT 1");
        let limit = Duration::from_millis(1500);
        let begun = Instant::now();
        let failure = run_text(&address, text, limit, io::sink()).unwrap_err();
        assert!(matches!(failure, RemoteFailure::Refused(_) | RemoteFailure::TooLong(_)), "{failure}");
        assert!(begun.elapsed() < Duration::from_secs(30), "{failure}");
    }
}
