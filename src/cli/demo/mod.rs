//! `portcullis demo`: a look at the gate without any account.

pub mod history;
pub mod world;
