//! What stricter means for the settings of `required-checks`.

use crate::control::strictness::Strictness::{Superset, Table};
use crate::control::strictness::Unset::Adds;
use crate::control::strictness::{StrictnessRule, row};

pub(super) static ROWS: &[StrictnessRule] = &[row("", Table, Adds), row("checks", Superset, Adds)];
