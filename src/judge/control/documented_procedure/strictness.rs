//! What stricter means for the settings of `documented-procedure`.

use crate::control::strictness::Strictness::{Same, Shorter, Table};
use crate::control::strictness::Unset::{Adds, Default};
use crate::control::strictness::{StrictnessRule, row};

pub(super) static ROWS: &[StrictnessRule] = &[
    row("", Table, Adds),
    row("path", Same, Default("'docs/PROCEDURE.md'")),
    row("review-every", Shorter, Adds),
    row("role", Same, Adds),
];
