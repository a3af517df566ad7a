//! Two parties find the records in which they differ, and show each other no others.
//!
//! Each has a manifest under the same dataset key. The first sends a digest for each of its 256
//! buckets. An answer looks into the parts that are unlike: where one has few records, it gives
//! their keyed keys and keyed digests; where it has many, the digests of its 256 smaller parts.
//! After a few messages every difference is named, and of records that are equal no more was shown
//! than lie beside a difference: at most [`FEW_RECORDS`] for each.
//!
//! How long a message is follows from where the keyed keys of the differing records lie, which is
//! random, and never from content. A partner who claims differences everywhere gets
//! [`ExchangeLimits::lines`] lines and then an error.

mod answer;
mod compare;
mod fault;
mod living;
mod prefix;
#[cfg(test)]
mod tests;

pub use answer::{ExchangeLimits, answer_message, begin_exchange, is_complete};
pub use fault::{ExchangeFault, ExchangeWrong};
pub use living::{LivingRecords, ManifestParty};

/// A part with this many records of the writer, or fewer, is shown record by record.
pub const FEW_RECORDS: usize = 64;
