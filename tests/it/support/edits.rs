//! Small changes of the bytes of a file, at random.
#![allow(dead_code, reason = "each test binary uses its own part of this")]

use proptest::prelude::*;

/// One change.
#[derive(Clone, Debug)]
pub enum Change {
    /// A byte becomes another.
    Set(usize, u8),
    /// So many bytes go.
    Remove(usize, usize),
    /// So many bytes stand there twice.
    Repeat(usize, usize),
    /// Two bytes change places.
    Swap(usize, usize),
}

/// Any change.
pub fn any_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        (any::<usize>(), 1..40usize).prop_map(|(at, length)| Change::Remove(at, length)),
        (any::<usize>(), 1..40usize).prop_map(|(at, length)| Change::Repeat(at, length)),
        (any::<usize>(), any::<usize>()).prop_map(|(a, b)| Change::Swap(a, b)),
    ]
}

/// Changes the bytes; places are counted round and round.
pub fn apply(bytes: &mut Vec<u8>, change: &Change) {
    let length = bytes.len();
    if length == 0 {
        return;
    }
    match *change {
        Change::Set(at, byte) => bytes[at % length] = byte,
        Change::Remove(at, count) => drop(bytes.drain(at % length..(at % length + count).min(length))),
        Change::Repeat(at, count) => {
            let again = bytes[at % length..(at % length + count).min(length)].to_vec();
            bytes.splice(at % length..at % length, again);
        }
        Change::Swap(a, b) => bytes.swap(a % length, b % length),
    }
}
