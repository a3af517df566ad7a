//! What stricter means for the settings of `deployers`.

use crate::control::strictness::Strictness::{Same, Table};
use crate::control::strictness::Unset::Adds;
use crate::control::strictness::{SWITCH, StrictnessRule, row};

pub(super) static ROWS: &[StrictnessRule] =
    &[row("", Table, Adds), row("not-author-alone", SWITCH, Adds), row("role", Same, Adds)];
