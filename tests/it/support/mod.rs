//! What several tests share: projects, and how the program is started on them.
#![allow(dead_code, reason = "each test uses its own part of this")]

pub mod arrivals;
pub mod audited;
pub mod checkout;
pub mod clean;
pub mod dataset_scene;
pub mod edits;
pub mod followed;
pub mod forger;
pub mod gate;
pub mod honest;
pub mod inside;
pub mod job;
pub mod large;
pub mod packed;
pub mod people;
pub mod project;
pub mod queue;
pub mod recorder;
pub mod release;
pub mod reported;
pub mod reviewed;
pub mod sealing;
pub mod written;
