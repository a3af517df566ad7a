//! The events, as far as they are read.

use crate::strict::UnknownFields;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// One event. Only some of its fields are there, depending on its type. Fields that are not looked
/// at are named too: what is in none of them is not passed over.
#[derive(Deserialize)]
pub struct DartEvent<'a> {
    #[serde(rename = "type", borrow)]
    pub kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub suite: Option<DartSuite<'a>>,
    #[serde(borrow)]
    pub test: Option<DartTest<'a>>,
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
    /// Every event of the runner has one.
    pub time: Option<IgnoredAny>,
    /// Of `error`: it is one that a test made.
    #[serde(rename = "isFailure")]
    _is_failure: Option<IgnoredAny>,
    #[serde(rename = "error")]
    _error: Option<IgnoredAny>,
    #[serde(rename = "stackTrace")]
    _stack_trace: Option<IgnoredAny>,
    #[serde(rename = "messageType")]
    _message_type: Option<IgnoredAny>,
    pub group: Option<DartGroup>,
    #[serde(rename = "protocolVersion")]
    _protocol: Option<IgnoredAny>,
    #[serde(rename = "runnerVersion")]
    _runner: Option<IgnoredAny>,
    #[serde(rename = "pid")]
    _pid: Option<IgnoredAny>,
    /// Of `debug`.
    #[serde(rename = "suiteID")]
    _suite_id: Option<IgnoredAny>,
    #[serde(rename = "observatory")]
    _observatory: Option<IgnoredAny>,
    #[serde(rename = "remoteDebugger")]
    _debugger: Option<IgnoredAny>,
    #[serde(flatten)]
    pub others: UnknownFields,
}

/// A file of tests on a platform.
#[derive(Deserialize)]
pub struct DartSuite<'a> {
    pub id: u64,
    #[serde(borrow)]
    pub platform: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub path: Option<Cow<'a, str>>,
    #[serde(flatten)]
    pub others: UnknownFields,
}

/// A group of tests.
#[derive(Deserialize)]
pub struct DartGroup {
    #[serde(rename = "id")]
    _id: Option<IgnoredAny>,
    #[serde(rename = "suiteID")]
    _suite: Option<IgnoredAny>,
    #[serde(rename = "parentID")]
    _parent: Option<IgnoredAny>,
    #[serde(rename = "name")]
    _name: Option<IgnoredAny>,
    #[serde(rename = "metadata")]
    _metadata: Option<IgnoredAny>,
    #[serde(rename = "testCount")]
    _count: Option<IgnoredAny>,
    #[serde(rename = "line")]
    _line: Option<IgnoredAny>,
    #[serde(rename = "column")]
    _column: Option<IgnoredAny>,
    #[serde(rename = "url")]
    _url: Option<IgnoredAny>,
    #[serde(flatten)]
    pub others: UnknownFields,
}

/// A test that begins.
#[derive(Deserialize)]
pub struct DartTest<'a> {
    pub id: u64,
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    #[serde(rename = "suiteID")]
    pub suite: u64,
    #[serde(rename = "groupIDs")]
    _groups: Option<IgnoredAny>,
    #[serde(rename = "metadata")]
    _metadata: Option<IgnoredAny>,
    #[serde(rename = "line")]
    _line: Option<IgnoredAny>,
    #[serde(rename = "column")]
    _column: Option<IgnoredAny>,
    #[serde(rename = "url")]
    _url: Option<IgnoredAny>,
    #[serde(rename = "root_line")]
    _root_line: Option<IgnoredAny>,
    #[serde(rename = "root_column")]
    _root_column: Option<IgnoredAny>,
    #[serde(rename = "root_url")]
    _root_url: Option<IgnoredAny>,
    #[serde(flatten)]
    pub others: UnknownFields,
}
