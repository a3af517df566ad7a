//! The comparison as one SQL text, for Apache Spark and other engines, and what their answers are
//! worth.
//!
//! No engine is trusted. The text gives the class of each record by the rules of
//! [`crate::precedence`], counts and sums for each bucket, the records that are not as they should
//! be, and the control rows that were among the inputs. [`judge_answer`] accepts an answer when
//! everything adds up to the headers of the manifests and every control row is in its class.
//!
//! | module | what it does |
//! | --- | --- |
//! | `dialect` | the engines, and the words that they spell differently |
//! | `text`, `arms`, `band`, `reach` | the text: the clock, the classes and the terms in SQL |
//! | `inputs` | the tables that the text reads |
//! | `answer` | reading what an engine printed |
//! | `plan` | the folder that is taken to an engine |
//! | `shard` | the answer for one bucket, where there is no engine |
//! | `judge`, `fault` | what it is worth, and what is wrong with it |
//! | `result`, `breaks` | the comparison that an accepted answer is; the age of its differences |

mod answer;
mod arms;
mod band;
mod breaks;
mod dialect;
mod fault;
mod inputs;
mod judge;
mod plan;
mod reach;
mod result;
mod shard;
#[cfg(test)]
mod tests;
mod text;

pub use answer::{
    ANSWER_COLUMNS, AnswerMarks, AnswerReader, CellPlace, EngineAnswer, EngineCell, EngineRow, SideSums,
};
pub use breaks::write_breaks;
pub use dialect::EngineDialect;
pub use fault::EngineFault;
pub use inputs::{InputTable, is_plain_place, write_control_key, write_row, write_setup};
pub use judge::{EngineDemand, JudgedAnswer, judge_answer};
pub use plan::EnginePlan;
pub use result::{compare_buckets_again, find_doubtful_buckets, make_comparison};
pub use shard::answer_bucket;
pub use text::{SqlText, TextSettings};
