//! The events as they are written.
//!
//! The fields are those of libtest (`library/test/src/formatters/json.rs`), of what imitates it,
//! and of nextest (`nextest-runner/src/reporter/structured/libtest.rs`). Those that are not looked
//! at are named too: what is in none of them is not passed over (`strict.rs`).

use portcullis_report_shared::members::{JsonText, json_objects};
use portcullis_report_shared::strict::{self, UnknownPart};
use serde_core::de::IgnoredAny;

json_objects! {
    /// One event. Only some of its fields are there, depending on its type.
    pub struct LibtestEvent<'a> {
        pub kind: JsonText<'a> = "type",
        pub event: Option<JsonText<'a>> = "event",
        pub name: Option<JsonText<'a>> = "name",
        pub test_count: Option<u64> = "test_count",
        pub passed: Option<u64> = "passed",
        pub failed: Option<u64> = "failed",
        /// Of those that failed, how many were allowed to; written until 2022.
        pub allowed_fail: Option<u64> = "allowed_fail",
        /// How many benchmarks ran.
        pub measured: Option<u64> = "measured",
        pub nextest: Option<Nextest> = "nextest",
        /// Of a benchmark: nanoseconds for each iteration.
        pub median: Option<IgnoredAny> = "median",
        /// Why a test failed that did not panic. Nobody writes it of one that is `ok`.
        reason: Option<IgnoredAny> = "reason",
        .. unread [
            "ignored", "filtered_out", "exec_time", "shuffle_seed", "stdout", "message",
            "deviation", "mib_per_second", "total_time", "compilation_time",
        ]
    }

    /// What nextest says of a suite beside libtest.
    pub struct Nextest {
        .. unread ["crate", "test_binary", "kind", "stress_index", "stress_total"]
    }
}

impl LibtestEvent<'_> {
    /// What it says in a field that no writer has, or not there.
    pub fn foreign(&self) -> Option<UnknownPart> {
        let numbers = self.failed.or(self.allowed_fail);
        if self.others.0.is_none() && self.nextest.is_none() && self.reason.is_none() && numbers.is_none() {
            return None;
        }
        let within = self.nextest.as_ref().and_then(|nextest| nextest.others.0.clone());
        let event = self.event.as_deref();
        let ends_suite = &*self.kind == "suite" && event != Some("started");
        let failures = self.failed.max(self.allowed_fail).is_some_and(|number| number > 0);
        let misplaced =
            [(self.reason.is_some() && event == Some("ok"), "reason"), (failures && !ends_suite, "failed")];
        let misplaced = misplaced.into_iter().filter(|(says, _)| *says);
        let misplaced = misplaced.map(|(_, field)| UnknownPart::failure(field));
        strict::worst(self.others.0.iter().cloned().chain(within).chain(misplaced))
    }
}
