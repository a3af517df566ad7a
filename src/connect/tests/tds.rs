//! A double of SQL Server: TDS 7.4 as MS-TDS describes it, with tables of its own and with faults.
//!
//! It knows the few statements that the connector sends, and no Transact-SQL. That it talks as a
//! server does is held against clients that others wrote (`sqlserver::clients`).

pub mod kinds;
pub mod login;
mod statement;
pub mod tokens;
mod wire;

use super::servers::{PASSWORD, make_authority};
use kinds::Kind;
use login::Login;
use statement::{Answer, Selected};
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::spawn;
use std::time::Duration;
use tempfile::TempDir;
use tokens::{BROKEN_OFF, COUNTED, Cells, Column, FAILED, MORE};
use wire::{ANSWER, BATCH, BREAK, GREETING, LOGIN, Wire};

/// A table of the double.
#[derive(Clone, Debug)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Cells>,
}

impl Table {
    pub fn new(name: &str, columns: &[(&str, Kind)], rows: Vec<Cells>) -> Self {
        let columns = columns.iter().map(|(name, kind)| Column::new(name, *kind)).collect();
        Self { name: name.to_string(), columns, rows }
    }

    /// A table of one row.
    pub fn of_row(name: &str, cells: &[(&str, Kind, Option<&str>)]) -> Self {
        let columns: Vec<(&str, Kind)> = cells.iter().map(|(name, kind, _)| (*name, *kind)).collect();
        let row = cells.iter().map(|(_, _, cell)| cell.map(String::from)).collect();
        Self::new(name, &columns, vec![row])
    }
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// The connection ends in the middle of the row after so many.
    CutsWithin(usize),
    /// The connection ends between two packets, after so many rows.
    CutsAfter(usize),
    /// An error after so many rows.
    Fails(usize, i32, &'static str),
    /// Rows end after so many; the server's count is that of all.
    Loses(usize),
    /// The answer ends after so many rows, without what was to follow.
    EndsAfter(usize),
    /// Nothing comes after so many rows.
    FallsSilent(usize),
    /// Rows come byte by byte, with so many milliseconds between.
    Drips(u64),
    /// The rows come again and again.
    NeverEnds,
    /// The database has no snapshots.
    NoSnapshots,
    /// Something sets another level.
    OtherLevel,
    /// The account may write.
    MayWrite,
    /// Readers are sent to another server.
    Routes,
    /// Whatever is selected fails with this.
    Refuses(i32, &'static str),
}

struct Shared {
    tables: Vec<Table>,
    fault: Fault,
    directory: TempDir,
    has_tls: bool,
    batches: Mutex<Vec<String>>,
    logins: Mutex<Vec<Login>>,
}

/// A double that runs.
pub struct TdsServer {
    pub port: u16,
    shared: Arc<Shared>,
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl TdsServer {
    /// Starts a double that takes connections without TLS.
    pub fn start(tables: Vec<Table>, fault: Fault) -> Self {
        Self::start_in(tables, fault, tempfile::tempdir().unwrap(), false)
    }

    /// Starts a double that asks for TLS; `None`: there is no `openssl`.
    pub fn start_with_tls(tables: Vec<Table>) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        make_authority(directory.path())?;
        Some(Self::start_in(tables, Fault::None, directory, true))
    }

    fn start_in(tables: Vec<Table>, fault: Fault, directory: TempDir, has_tls: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (batches, logins) = (Mutex::default(), Mutex::default());
        let shared = Arc::new(Shared { tables, fault, directory, has_tls, batches, logins });
        let for_clients = Arc::clone(&shared);
        spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&for_clients);
                // A client that leaves is no failure of the double.
                spawn(move || Session { wire: Wire::new(stream), shared, in_transaction: false }.serve());
            }
        });
        Self { port, shared }
    }

    /// Where its certificate and authority are.
    pub fn path(&self) -> &Path {
        self.shared.directory.path()
    }

    pub fn authority(&self) -> PathBuf {
        self.path().join("ca.pem")
    }

    /// The batches that were sent so far.
    pub fn batches(&self) -> Vec<String> {
        lock(&self.shared.batches).clone()
    }

    /// Who logged in so far.
    pub fn logins(&self) -> Vec<Login> {
        lock(&self.shared.logins).clone()
    }
}

struct Session {
    wire: Wire,
    shared: Arc<Shared>,
    in_transaction: bool,
}

impl Session {
    fn serve(mut self) -> io::Result<()> {
        loop {
            let (kind, content) = self.wire.read_message()?;
            match kind {
                GREETING => self.greet(&content)?,
                LOGIN => self.log_in(&content)?,
                BATCH => self.answer(&statement::read_batch(&content))?,
                BREAK => self.reply(&tokens::write_done(BROKEN_OFF, 0))?,
                _ => self.fail(2812, "The double knows batches alone.")?,
            }
        }
    }

    fn reply(&mut self, content: &[u8]) -> io::Result<()> {
        self.wire.write_message(ANSWER, content)
    }

    fn fail(&mut self, number: i32, message: &str) -> io::Result<()> {
        self.reply(&[tokens::write_error(number, message), tokens::write_done(FAILED, 0)].concat())
    }

    fn greet(&mut self, greeting: &[u8]) -> io::Result<()> {
        let wished = login::find_encryption(greeting);
        let said = match (self.shared.has_tls, wished) {
            (false, _) => 2,
            (true, 1) => 1,
            (true, _) => 3,
        };
        self.reply(&login::write_greeting(said))?;
        if said == 2 {
            return Ok(());
        }
        let directory = self.shared.directory.path().to_path_buf();
        self.wire.agree_on_tls(&directory)
    }

    fn log_in(&mut self, content: &[u8]) -> io::Result<()> {
        let login = login::read_login(content);
        lock(&self.shared.logins).push(login.clone());
        if login.user != "reader" || login.password != PASSWORD {
            return self.fail(18456, &format!("Login failed for user '{}'.", login.user));
        }
        if login.database == "missing" {
            return self
                .fail(4060, "Cannot open database \"missing\" requested by the login. The login failed.");
        }
        let routing = match self.shared.fault {
            Fault::Routes => login::write_routing("replica.example.test", 1444),
            _ => Vec::new(),
        };
        self.reply(&[routing, tokens::write_login(&login.database, "4096")].concat())
    }

    fn answer(&mut self, batch: &str) -> io::Result<()> {
        lock(&self.shared.batches).push(batch.to_string());
        let shared = Arc::clone(&self.shared);
        match statement::find_answer(batch, &shared.tables) {
            Answer::Nothing => self.reply(&tokens::write_done(0, 0)),
            Answer::Begins => {
                self.in_transaction = true;
                self.reply(&[tokens::write_transaction(true), tokens::write_done(0, 0)].concat())
            }
            Answer::Ends if self.in_transaction => {
                self.in_transaction = false;
                self.reply(&[tokens::write_transaction(false), tokens::write_done(0, 0)].concat())
            }
            Answer::Ends => self.fail(3903, "The ROLLBACK TRANSACTION request has no corresponding BEGIN."),
            Answer::Fails(number, message) => self.fail(number, &message),
            Answer::State => self.reply(&self.write_state()),
            Answer::Rows(selected) => self.send_rows(&selected),
        }
    }

    /// What the connector asks of its session.
    fn write_state(&self) -> Vec<u8> {
        let fault = self.shared.fault;
        let level = if fault == Fault::OtherLevel { 2 } else { 5 };
        let transactions = i32::from(self.in_transaction);
        let snapshots = i32::from(fault != Fault::NoSnapshots);
        let writes = if fault == Fault::MayWrite { 3 } else { 0 };
        let columns =
            ["level", "transactions", "snapshots", "writes"].map(|name| Column::new(name, Kind::Int));
        let cells = [level, transactions, snapshots, writes].map(|number| Some(number.to_string()));
        let row = tokens::write_row(&columns, &cells.to_vec());
        [tokens::write_columns(&columns), row, tokens::write_done(COUNTED, 1)].concat()
    }

    fn send_rows(&mut self, selected: &Selected) -> io::Result<()> {
        let fault = if selected.is_whole { self.shared.fault } else { Fault::None };
        if let Fault::Refuses(number, message) = self.shared.fault {
            return self.fail(number, message);
        }
        let head = tokens::write_columns(&selected.columns);
        let all = selected.rows.len();
        match fault {
            Fault::CutsWithin(rows) => {
                let row = selected.write_rows(rows..rows + 1);
                let half = &row[..row.len() / 2];
                let content = [head, selected.write_rows(0..rows), half.to_vec()].concat();
                self.wire.write_packets(ANSWER, &content, false)?;
                self.wire.cut()
            }
            Fault::CutsAfter(rows) => {
                self.wire.write_packets(ANSWER, &[head, selected.write_rows(0..rows)].concat(), false)?;
                self.wire.cut()
            }
            Fault::Fails(rows, number, message) => {
                let error = tokens::write_error(number, message);
                let end = tokens::write_done(FAILED, 0);
                self.reply(&[head, selected.write_rows(0..rows), error, end].concat())
            }
            Fault::EndsAfter(rows) => {
                let end = tokens::write_done(COUNTED, rows as u64);
                self.reply(&[head, selected.write_rows(0..rows), end].concat())
            }
            Fault::FallsSilent(rows) => {
                self.wire.write_packets(ANSWER, &[head, selected.write_rows(0..rows)].concat(), false)?;
                self.wire.wait_for_end()
            }
            Fault::Drips(pause) => {
                self.wire.drip(Duration::from_millis(pause));
                self.reply(&[head, selected.write_rows(0..all), selected.write_end(all, all)].concat())
            }
            Fault::NeverEnds => {
                self.wire.write_packets(ANSWER, &head, false)?;
                loop {
                    self.wire.write_packets(ANSWER, &selected.write_rows(0..all), false)?;
                }
            }
            Fault::Loses(rows) => {
                self.reply(&[head, selected.write_rows(0..rows), selected.write_end(rows, all)].concat())
            }
            _ => self.reply(&[head, selected.write_rows(0..all), selected.write_end(all, all)].concat()),
        }
    }
}

impl Selected {
    fn write_rows(&self, which: std::ops::Range<usize>) -> Vec<u8> {
        let write = |(at, cells): (usize, &Cells)| match at % 2 {
            0 => tokens::write_row(&self.columns, cells),
            _ => tokens::write_plain_row(&self.columns, cells),
        };
        self.rows[which].iter().enumerate().flat_map(write).collect()
    }

    /// The end of the rows, and the count of them where it was asked for.
    fn write_end(&self, sent: usize, counted: usize) -> Vec<u8> {
        if !self.is_counted {
            return tokens::write_done(COUNTED, sent as u64);
        }
        let columns = [Column::new("portcullis_rows", Kind::BigInt)];
        let row = tokens::write_row(&columns, &vec![Some(counted.to_string())]);
        let first = tokens::write_done(COUNTED | MORE, sent as u64);
        [first, tokens::write_columns(&columns), row, tokens::write_done(COUNTED, 1)].concat()
    }
}
