//! What stricter means for the settings of `changed-line-coverage`.

use crate::control::strictness::Strictness::{More, Same, Shorter, Table};
use crate::control::strictness::Unset::{Adds, DefaultOf, Refused};
use crate::control::strictness::{StrictnessRule, TRUST, row};

pub(super) static ROWS: &[StrictnessRule] = &[
    row("", Table, Adds),
    row("minimum", More, Adds),
    row("max-age", Shorter, Adds),
    row("trust", TRUST, Adds),
    row("check", Same, Refused),
    // A line counts as executed when any report says so.
    row("reports", Same, Refused),
    row("areas.*.minimum", More, DefaultOf("minimum")),
    row("areas.*.without-lines", Same, Refused),
];
