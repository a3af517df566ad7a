//! What stricter means for the settings of `trained-reviewers`.

use crate::control::strictness::Strictness::{More, Shorter, Superset, Table};
use crate::control::strictness::Unset::{Adds, Default, Refused};
use crate::control::strictness::{SWITCH, StrictnessRule, UNKNOWN, WAIVED, row};

pub(super) static ROWS: &[StrictnessRule] = &[
    row("", Table, Adds),
    row("courses", Superset, Adds),
    row("approvals", More, Refused),
    row("areas.*.courses", Superset, Adds),
    row("areas.*.approvals", More, Refused),
    row("every-change", SWITCH, Adds),
    row("grace", Shorter, Default("'0d'")),
    row("unknown", UNKNOWN, Adds),
    row("waived", WAIVED, Adds),
];
