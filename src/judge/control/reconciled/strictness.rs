//! What stricter means for the settings of `reconciled`.

use crate::control::strictness::Strictness::{Superset, Table};
use crate::control::strictness::Unset::{Adds, Refused};
use crate::control::strictness::{StrictnessRule, row};

pub(super) static ROWS: &[StrictnessRule] = &[row("", Table, Adds), row("environments", Superset, Refused)];
