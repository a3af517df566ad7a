//! What stricter means for the settings of `gate-integrity`.

use crate::control::strictness::Strictness::{More, Same, Superset};
use crate::control::strictness::Unset::Adds;
use crate::control::strictness::{StrictnessRule, row};

pub(super) static ROWS: &[StrictnessRule] = &[
    row("approvals", More, Adds),
    row("paths", Superset, Adds),
    row("role", Same, Adds),
    row("test-configuration", Superset, Adds),
];
