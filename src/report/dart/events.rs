//! The events, as far as they are read.

use serde::Deserialize;
use std::borrow::Cow;

/// One event. Only some of its fields are there, depending on its type.
#[derive(Deserialize)]
pub struct Event<'a> {
    #[serde(rename = "type", borrow)]
    pub kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub suite: Option<Suite<'a>>,
    #[serde(borrow)]
    pub test: Option<Test<'a>>,
    #[serde(rename = "testID")]
    pub test_id: Option<u64>,
    #[serde(borrow)]
    pub result: Option<Cow<'a, str>>,
    pub hidden: Option<bool>,
    pub skipped: Option<bool>,
    /// Of `done`; null when the run was ended early.
    pub success: Option<bool>,
    /// Of `allSuites`.
    pub count: Option<u64>,
    #[serde(borrow)]
    pub message: Option<Cow<'a, str>>,
}

/// A file of tests on a platform.
#[derive(Deserialize)]
pub struct Suite<'a> {
    pub id: u64,
    #[serde(borrow)]
    pub platform: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub path: Option<Cow<'a, str>>,
}

/// A test that begins.
#[derive(Deserialize)]
pub struct Test<'a> {
    pub id: u64,
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    #[serde(rename = "suiteID")]
    pub suite: u64,
}
