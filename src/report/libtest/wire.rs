//! The events as they are written.
//!
//! The fields are those of libtest (`library/test/src/formatters/json.rs`), of what imitates it,
//! and of nextest (`nextest-runner/src/reporter/structured/libtest.rs`). Those that are not looked
//! at are named too: what is in none of them is not passed over (`strict.rs`).

use crate::strict::{self, UnknownFields, UnknownPart};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// One event. Only some of its fields are there, depending on its type.
#[derive(Deserialize)]
pub struct LibtestEvent<'a> {
    #[serde(rename = "type", borrow)]
    pub kind: Cow<'a, str>,
    #[serde(borrow)]
    pub event: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub name: Option<Cow<'a, str>>,
    pub test_count: Option<u64>,
    pub passed: Option<u64>,
    pub failed: Option<u64>,
    /// Of those that failed, how many were allowed to; written until 2022.
    pub allowed_fail: Option<u64>,
    /// How many benchmarks ran.
    pub measured: Option<u64>,
    pub nextest: Option<Nextest>,
    /// Of a benchmark: nanoseconds for each iteration.
    pub median: Option<IgnoredAny>,
    /// Why a test failed that did not panic. Nobody writes it of one that is `ok`.
    reason: Option<IgnoredAny>,
    #[serde(rename = "ignored")]
    _ignored: Option<IgnoredAny>,
    #[serde(rename = "filtered_out")]
    _filtered_out: Option<IgnoredAny>,
    #[serde(rename = "exec_time")]
    _exec_time: Option<IgnoredAny>,
    #[serde(rename = "shuffle_seed")]
    _shuffle_seed: Option<IgnoredAny>,
    #[serde(rename = "stdout")]
    _stdout: Option<IgnoredAny>,
    /// Of a test that was ignored or did not panic as it should.
    #[serde(rename = "message")]
    _message: Option<IgnoredAny>,
    #[serde(rename = "deviation")]
    _deviation: Option<IgnoredAny>,
    #[serde(rename = "mib_per_second")]
    _mib_per_second: Option<IgnoredAny>,
    #[serde(rename = "total_time")]
    _total_time: Option<IgnoredAny>,
    #[serde(rename = "compilation_time")]
    _compilation_time: Option<IgnoredAny>,
    #[serde(flatten)]
    others: UnknownFields,
}

/// What nextest says of a suite beside libtest.
#[derive(Deserialize)]
pub struct Nextest {
    #[serde(rename = "crate")]
    _crate: Option<IgnoredAny>,
    #[serde(rename = "test_binary")]
    _test_binary: Option<IgnoredAny>,
    #[serde(rename = "kind")]
    _kind: Option<IgnoredAny>,
    #[serde(rename = "stress_index")]
    _stress_index: Option<IgnoredAny>,
    #[serde(rename = "stress_total")]
    _stress_total: Option<IgnoredAny>,
    #[serde(flatten)]
    others: UnknownFields,
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
        let ends_suite = self.kind == "suite" && event != Some("started");
        let failures = self.failed.max(self.allowed_fail).is_some_and(|number| number > 0);
        let misplaced =
            [(self.reason.is_some() && event == Some("ok"), "reason"), (failures && !ends_suite, "failed")];
        let misplaced = misplaced.into_iter().filter(|(says, _)| *says);
        let misplaced = misplaced.map(|(_, field)| UnknownPart::failure(field));
        strict::worst(self.others.0.iter().cloned().chain(within).chain(misplaced))
    }
}
