//! The events, as far as they are read.

use portcullis_report_shared::members::{JsonText, json_objects};
use serde_core::de::IgnoredAny;

json_objects! {
    /// One event. Only some of its members are there, depending on its type. Those that are not
    /// read are named too: what is in none of them is not passed over.
    pub struct DartEvent<'a> {
        pub kind: Option<JsonText<'a>> = "type",
        pub suite: Option<DartSuite<'a>> = "suite",
        pub test: Option<DartTest<'a>> = "test",
        pub test_id: Option<u64> = "testID",
        pub result: Option<JsonText<'a>> = "result",
        pub hidden: Option<bool> = "hidden",
        pub skipped: Option<bool> = "skipped",
        /// Of `done`; null when the run was ended early.
        pub success: Option<bool> = "success",
        /// Of `allSuites`.
        pub count: Option<u64> = "count",
        pub message: Option<JsonText<'a>> = "message",
        /// Every event of the runner has one.
        pub time: Option<IgnoredAny> = "time",
        pub group: Option<DartGroup> = "group",
        .. unread [
            "isFailure", "error", "stackTrace", "messageType", "protocolVersion", "runnerVersion",
            "pid", "suiteID", "observatory", "remoteDebugger",
        ]
    }

    /// A file of tests on a platform.
    pub struct DartSuite<'a> {
        pub id: u64 = "id",
        pub platform: Option<JsonText<'a>> = "platform",
        pub path: Option<JsonText<'a>> = "path",
        .. unread []
    }

    /// A group of tests.
    pub struct DartGroup {
        .. unread [
            "id", "suiteID", "parentID", "name", "metadata", "testCount", "line", "column", "url",
        ]
    }

    /// A test that begins.
    pub struct DartTest<'a> {
        pub id: u64 = "id",
        pub name: JsonText<'a> = "name",
        pub suite: u64 = "suiteID",
        .. unread [
            "groupIDs", "metadata", "line", "column", "url", "root_line", "root_column", "root_url",
        ]
    }
}
