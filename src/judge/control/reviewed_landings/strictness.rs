//! What stricter means for the settings of `reviewed-landings`.

use crate::control::strictness::Strictness::Ranked;
use crate::control::strictness::Unset::Default;
use crate::control::strictness::{StrictnessRule, row};

pub(super) static ROWS: &[StrictnessRule] =
    &[row("outside-areas", Ranked(&["note", "block"]), Default("'block'"))];
