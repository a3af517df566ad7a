//! Test reports.

use super::fact::FactV4;
use crate::form::{MomentText, objects, plain_texts};
use crate::statement::v1::TestV1;
use crate::text::DigestText;
use portcullis_model::own_times::{OwnTimes, TimeSpan};
use portcullis_model::test_run::{Report, ReportFormat, TestRun};

objects! {
    /// A test report.
    ReportV4 = Report {
        /// The path, from the working directory.
        path: String,
        /// The suite that it was handed over for; null when the patterns of the suites decide.
        suite: Option<String>,
        /// The SHA-256 of its bytes; null when it could not be read.
        digest: Option<DigestText>,
        /// When the file was last written; null when its file system does not say.
        written: Option<MomentText>,
        /// True when a file of this path is in the head or in the base: then it is no product of a
        /// run.
        tracked: bool,
        /// What the report says.
        run: FactV4<TestRunV4>,
    }

    /// What a report says.
    TestRunV4 = TestRun {
        /// The tests, sorted by identity.
        tests: Vec<TestV1>,
        /// Where the report contradicts itself.
        contradictions: Vec<String>,
        /// Failures outside of tests.
        errors: Vec<String>,
        /// Results of an earlier run that were only shown again, by name.
        replayed: Vec<String>,
        /// The times that the report names itself.
        times: OwnTimesV4,
    }

    /// The times that a report names.
    OwnTimesV4 = OwnTimes {
        /// Times with a time zone; null when there are none.
        zoned: Option<TimeSpanV4>,
        /// Times without a time zone, as if they were in UTC; null when there are none.
        zoneless: Option<TimeSpanV4>,
    }

    /// The first and the last of several times.
    TimeSpanV4 = TimeSpan {
        /// The first.
        first: MomentText,
        /// The last.
        last: MomentText,
    }
}

plain_texts! {
    /// The format of a test report, by the name that a policy uses, for example `junit`.
    ReportFormatText = ReportFormat,
        |format| format.name().to_string(),
        |text| ReportFormat::named(&text).ok_or_else(|| format!("`{text}` is no format of reports"));
}
