//! What stricter means for the settings of `timely-notices`.

use crate::control::strictness::Strictness::Table;
use crate::control::strictness::Unset::Adds;
use crate::control::strictness::{StrictnessRule, row};

pub(super) static ROWS: &[StrictnessRule] = &[row("", Table, Adds)];
