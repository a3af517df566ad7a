//! Rows from a thread of their own: a database's statement borrows its connection, and reading goes
//! on while earlier rows are hashed. At most a few batches wait.
//!
//! The end is a message. A thread that ends without it was lost, and so are rows: an error.

use crate::failure::fail;
use portcullis_model::reconciliation::Isolation;
use portcullis_reconcile::source::{RawValue, RecordSource, SourceError};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

const BATCHES: usize = 3;
const ROWS_OF_BATCH: usize = 256;
const BYTES_OF_BATCH: usize = 1 << 20;
/// A text whose memory is greater is given back instead of used again.
const LONGEST_KEPT: usize = 1 << 12;

/// What is known before the first row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beginning {
    pub isolation: Isolation,
    pub announced: Option<u64>,
}

enum Message {
    Begins(Beginning),
    Rows(Vec<RawValue>),
    /// The last row was sent; how many the system says there were, where it says so at the end.
    Ends(Option<u64>),
    Failed(SourceError),
}

/// The thread's end: takes rows.
pub(crate) struct PumpInlet {
    sender: SyncSender<Message>,
    /// Batches that were read, whose texts have memory.
    returned: Receiver<Vec<RawValue>>,
    width: usize,
    batch: Vec<RawValue>,
    /// How many values of the batch are new.
    filled: usize,
    bytes: usize,
    rows: u64,
    announced: Option<u64>,
}

impl PumpInlet {
    /// Says that rows follow. To be called once, before the first row.
    pub(crate) fn begin(&mut self, beginning: Beginning) -> Result<(), SourceError> {
        self.announced = beginning.announced;
        self.send(Message::Begins(beginning))
    }

    /// How many rows were taken.
    pub(crate) const fn rows(&self) -> u64 {
        self.rows
    }

    /// The place of the row's next value, with whatever an earlier row had there. A row has as many
    /// values as there are columns.
    pub(crate) fn next_value(&mut self) -> &mut RawValue {
        let at = self.filled;
        self.filled += 1;
        if at >= self.batch.len() {
            self.batch.resize(at + 1, RawValue::Null);
        }
        let value = &mut self.batch[at];
        if let RawValue::Text(text) | RawValue::Decimal(text) = value
            && text.capacity() > LONGEST_KEPT
        {
            *value = RawValue::Null;
        }
        value
    }

    /// Takes a value of the row.
    pub(crate) fn push_value(&mut self, value: RawValue) {
        *self.next_value() = value;
    }

    /// Ends the row.
    pub(crate) fn end_row(&mut self) -> Result<(), SourceError> {
        self.rows += 1;
        let row = &self.batch[self.filled.saturating_sub(self.width)..self.filled];
        self.bytes += row.iter().map(count_bytes).sum::<usize>();
        if self.filled >= ROWS_OF_BATCH * self.width || self.bytes >= BYTES_OF_BATCH {
            return self.send_batch();
        }
        Ok(())
    }

    fn send_batch(&mut self) -> Result<(), SourceError> {
        let next = self.returned.try_recv().unwrap_or_default();
        let mut batch = std::mem::replace(&mut self.batch, next);
        batch.truncate(self.filled);
        (self.filled, self.bytes) = (0, 0);
        self.send(Message::Rows(batch))
    }

    fn send(&self, message: Message) -> Result<(), SourceError> {
        let stopped = || fail("the reader", "It stopped.", "Nothing is to be done.");
        self.sender.send(message).map_err(|_| stopped())
    }
}

/// The memory of a value, about.
fn count_bytes(value: &RawValue) -> usize {
    size_of::<RawValue>()
        + match value {
            RawValue::Text(text) | RawValue::Decimal(text) | RawValue::Unreadable(text) => text.len(),
            RawValue::Bytes(bytes) => bytes.len(),
            _ => 0,
        }
}

/// A source whose rows come from a thread.
pub(crate) struct PumpedSource {
    receiver: Receiver<Message>,
    /// Where batches go that were read.
    returns: Sender<Vec<RawValue>>,
    beginning: Beginning,
    width: usize,
    batch: Vec<RawValue>,
    /// The next value of the batch.
    at: usize,
    place: String,
    rows: u64,
    over: bool,
}

impl PumpedSource {
    /// Starts the thread and waits until rows follow or nothing does. `place` is what is read.
    pub(crate) fn start(
        place: &str,
        width: usize,
        pump: impl FnOnce(&mut PumpInlet) -> Result<(), SourceError> + Send + 'static,
    ) -> Result<Self, SourceError> {
        let (sender, receiver) = sync_channel(BATCHES);
        let (returns, returned) = channel();
        thread::Builder::new()
            .name("connector".to_string())
            .spawn(move || {
                let mut inlet = PumpInlet {
                    sender,
                    returned,
                    width,
                    batch: Vec::new(),
                    filled: 0,
                    bytes: 0,
                    rows: 0,
                    announced: None,
                };
                let end = match pump(&mut inlet).and_then(|()| inlet.send_batch()) {
                    Ok(()) => Message::Ends(inlet.announced),
                    Err(error) => Message::Failed(error),
                };
                // Where the other side stopped, an end is of no interest to it.
                let _ = inlet.sender.send(end);
            })
            .map_err(|error| fail(place, format!("No thread can be started: {error}."), "Try again."))?;
        match receiver.recv() {
            Ok(Message::Begins(beginning)) => Ok(Self {
                receiver,
                returns,
                beginning,
                width,
                batch: Vec::new(),
                at: 0,
                place: place.to_string(),
                rows: 0,
                over: false,
            }),
            Ok(Message::Failed(error)) => Err(error),
            Ok(Message::Rows(_) | Message::Ends(_)) | Err(_) => Err(fail_lost(place)),
        }
    }

    /// Waits for the next batch; `false`: there is none.
    fn receive_batch(&mut self) -> Result<bool, SourceError> {
        match self.receiver.recv() {
            Ok(Message::Rows(batch)) => {
                // Where the thread ended already, it needs none.
                let _ = self.returns.send(std::mem::replace(&mut self.batch, batch));
                self.at = 0;
                Ok(true)
            }
            Ok(Message::Ends(announced)) => {
                self.beginning.announced = announced;
                self.over = true;
                Ok(false)
            }
            Ok(Message::Failed(error)) => Err(error),
            Ok(Message::Begins(_)) | Err(_) => Err(fail_lost(&self.place())),
        }
    }
}

impl RecordSource for PumpedSource {
    fn isolation(&self) -> Isolation {
        self.beginning.isolation
    }

    fn read_row(&mut self, values: &mut Vec<RawValue>) -> Result<bool, SourceError> {
        while self.at >= self.batch.len() {
            if self.over || !self.receive_batch()? {
                return Ok(false);
            }
        }
        let Some(row) = self.batch.get_mut(self.at..self.at + self.width) else {
            return Err(fail_lost(&self.place()));
        };
        // What the caller has of an earlier row goes back, so that its memory is used again.
        values.resize(self.width, RawValue::Null);
        values.swap_with_slice(row);
        self.at += self.width;
        self.rows += 1;
        Ok(true)
    }

    fn announced_rows(&self) -> Option<u64> {
        self.beginning.announced
    }

    fn place(&self) -> String {
        format!("{}, row {}", self.place, self.rows)
    }
}

fn fail_lost(place: &str) -> SourceError {
    fail(
        place,
        "Reading ended without a last row.",
        "Run it again, and report it: this is a defect of the program.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGINNING: Beginning = Beginning { isolation: Isolation::Snapshot, announced: None };

    fn read_all(mut source: PumpedSource) -> Result<Vec<RawValue>, SourceError> {
        let (mut all, mut values) = (Vec::new(), Vec::new());
        while source.read_row(&mut values)? {
            all.append(&mut values);
        }
        Ok(all)
    }

    fn push_numbers(inlet: &mut PumpInlet, count: i128) -> Result<(), SourceError> {
        for number in 0..count {
            inlet.push_value(RawValue::Integer(number));
            inlet.push_value(RawValue::Null);
            inlet.end_row()?;
        }
        Ok(())
    }

    #[test]
    fn each_row_arrives_once_and_in_order() {
        let pump = |inlet: &mut PumpInlet| {
            inlet.begin(BEGINNING)?;
            push_numbers(inlet, 1000)
        };
        let rows = read_all(PumpedSource::start("t", 2, pump).unwrap()).unwrap();
        assert_eq!(rows.len(), 2000);
        assert!(rows.chunks(2).enumerate().all(|(at, row)| row[0] == RawValue::Integer(at as i128)));
    }

    #[test]
    fn an_error_after_rows_is_no_end() {
        let pump = |inlet: &mut PumpInlet| {
            inlet.begin(BEGINNING)?;
            push_numbers(inlet, 1000)?;
            Err(fail("t", "The server died.", "Start it."))
        };
        let error = read_all(PumpedSource::start("t", 2, pump).unwrap()).unwrap_err();
        assert_eq!(error.problem, "The server died.");
    }

    #[test]
    fn a_thread_that_is_lost_is_no_end() {
        let pump = |inlet: &mut PumpInlet| {
            inlet.begin(BEGINNING)?;
            push_numbers(inlet, 1000)?;
            panic!("on purpose")
        };
        assert!(read_all(PumpedSource::start("t", 2, pump).unwrap()).is_err());
        assert!(PumpedSource::start("t", 2, |_| Ok(())).is_err());
    }

    #[test]
    fn a_reader_that_stops_ends_the_thread() {
        let (told, ended) = std::sync::mpsc::channel();
        let pump = move |inlet: &mut PumpInlet| {
            inlet.begin(BEGINNING)?;
            let result = push_numbers(inlet, i128::MAX);
            told.send(result.is_err()).unwrap();
            result
        };
        drop(PumpedSource::start("t", 2, pump).unwrap());
        assert_eq!(ended.recv_timeout(std::time::Duration::from_secs(30)), Ok(true));
    }
}
