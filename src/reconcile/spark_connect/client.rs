//! The client: a session, the statements that make its views, and the query.
//!
//! The query is one stream that ends when Spark has ended. The execution that a client can attach
//! to again would end after two minutes without a word (`spark.connect.execute.reattachable.`
//! `senderMaxStreamDuration`), and half an answer would look like a whole one.

use super::address::SparkAddress;
use super::batch::write_batch;
use super::failure::RemoteFailure;
use spark_connect_core::channel::ChannelBuilder;
use spark_connect_core::client::SparkConnectClient;
use spark_connect_core::error::SparkError;
use spark_connect_core::runtime::block_on;
use spark_connect_proto as proto;
use std::fmt;
use std::io::{BufWriter, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// How long Spark may take to stop, after it was told to.
const FAREWELL: Duration = Duration::from_secs(20);

/// How long an address may take to answer. The client itself would try for ten minutes.
const GREETING: Duration = Duration::from_secs(10);

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

fn refused(error: &SparkError) -> RemoteFailure {
    RemoteFailure::Refused(error.message().trim().to_string())
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
    greet(address, limit)?;
    let cannot = |error: SparkError| RemoteFailure::Client(error.message().trim().to_string());
    let place = ChannelBuilder::parse(address.as_str()).map_err(cannot)?;
    let client = block_on(SparkConnectClient::connect(&place)).map_err(cannot)?;
    let client = Arc::new(client);
    let (ended, end) = channel();
    // Calls of the client wait as long as Spark does; this thread waits no longer than the limit.
    let asking = Arc::clone(&client);
    thread::spawn(move || ask(&asking, &text, output, &ended));
    match end.recv_timeout(limit) {
        Ok(outcome) => outcome,
        Err(RecvTimeoutError::Timeout) => {
            stop(&client, &end);
            Err(RemoteFailure::TooLong(limit))
        }
        Err(RecvTimeoutError::Disconnected) => {
            Err(RemoteFailure::Client("its client ended without a word".to_string()))
        }
    }
}

/// Does anything listen at the address?
fn greet(address: &SparkAddress, limit: Duration) -> Result<(), RemoteFailure> {
    let silent = |why: &dyn fmt::Display| RemoteFailure::Silent(format!("{address}: {why}"));
    let places = (address.host(), address.port()).to_socket_addrs().map_err(|error| silent(&error))?;
    let mut last = None;
    for place in places {
        match TcpStream::connect_timeout(&place, GREETING.min(limit)) {
            Ok(_) => return Ok(()),
            Err(error) => last = Some(error),
        }
    }
    Err(last.map_or_else(|| silent(&"its name leads nowhere"), |error| silent(&error)))
}

/// Runs the statements in the session of a client, and gives the session back.
fn ask(
    client: &SparkConnectClient,
    text: &RemoteText,
    output: impl Write,
    ended: &Sender<Result<(), RemoteFailure>>,
) {
    let mut output = BufWriter::new(output);
    // What a statement says of itself is not looked at.
    let setup = text.setup.iter().try_for_each(|statement| run_statement(client, statement, |_| Ok(())));
    let query = |()| {
        run_statement(client, &text.query, |batch| write_batch(&batch.data, batch.row_count, &mut output))
    };
    let outcome = setup.and_then(query).and_then(|()| output.flush().map_err(RemoteFailure::Output));
    drop(ended.send(outcome));
    // Views go away with the session. One that is not given back goes away by itself after a while.
    drop(block_on(client.release_session()));
}

/// Runs a statement to its end. Rows come batch by batch, so that an answer of any length needs no
/// more memory.
fn run_statement(
    client: &SparkConnectClient,
    statement: &str,
    mut take: impl FnMut(&proto::execute_plan_response::ArrowBatch) -> Result<(), RemoteFailure>,
) -> Result<(), RemoteFailure> {
    use proto::execute_plan_response::ResponseType;
    let asked = block_on(client.execute_plan(make_request(client, statement)));
    let mut answers = asked.map_err(|error| refused(&error))?;
    loop {
        let answer = block_on(answers.message());
        let Some(answer) = answer.map_err(|status| refused(&SparkError::from_grpc_status(status)))? else {
            return Ok(());
        };
        if let Some(ResponseType::ArrowBatch(batch)) = answer.response_type {
            take(&batch)?;
        }
    }
}

fn make_request(client: &SparkConnectClient, statement: &str) -> proto::ExecutePlanRequest {
    let sql = proto::Sql { query: statement.to_string(), ..proto::Sql::default() };
    let relation =
        proto::Relation { rel_type: Some(proto::relation::RelType::Sql(sql)), ..proto::Relation::default() };
    let mut plan = proto::Plan::default();
    plan.op_type = Some(proto::plan::OpType::Root(relation));
    let user_id = client.user_id().unwrap_or_default().to_string();
    proto::ExecutePlanRequest {
        session_id: client.session_id().to_string(),
        user_context: Some(proto::UserContext { user_id, ..proto::UserContext::default() }),
        plan: Some(plan),
        ..proto::ExecutePlanRequest::default()
    }
}

/// Tells Spark to give up what it does for this session, and waits a moment until it has.
fn stop(client: &Arc<SparkConnectClient>, end: &Receiver<Result<(), RemoteFailure>>) {
    let client = Arc::clone(client);
    thread::spawn(move || drop(block_on(client.interrupt_all())));
    drop(end.recv_timeout(FAREWELL));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::time::Instant;

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
        assert!(matches!(failure, RemoteFailure::Silent(_)), "{failure}");
        assert!(begun.elapsed() < Duration::from_secs(30), "{failure}");
    }
}
