//! What stricter means for the settings of `trained-deployers`.

use crate::control::strictness::Strictness::{Shorter, Superset, Table};
use crate::control::strictness::Unset::{Adds, Default, Refused};
use crate::control::strictness::{StrictnessRule, UNKNOWN, WAIVED, row};

pub(super) static ROWS: &[StrictnessRule] = &[
    row("", Table, Adds),
    row("courses", Superset, Adds),
    row("environments", Superset, Refused),
    row("grace", Shorter, Default("'0d'")),
    row("unknown", UNKNOWN, Adds),
    row("waived", WAIVED, Adds),
];
