//! What stricter means for the settings of `protected-branch`.

use crate::control::strictness::Strictness::{More, Same, Subset, Superset, Table};
use crate::control::strictness::Unset::{Adds, Default, Refused};
use crate::control::strictness::{StrictnessRule, row};

pub(super) static ROWS: &[StrictnessRule] = &[
    row("", Table, Adds),
    row("administrators", Same, Adds),
    row("approvals", More, Adds),
    row("bypass", Subset, Default("[]")),
    row("change-request", Same, Adds),
    row("checks", Superset, Adds),
    row("code-owners", Same, Adds),
    row("conversation-resolution", Same, Adds),
    row("deletion", Same, Adds),
    row("dismiss-stale", Same, Adds),
    row("force-push", Same, Adds),
    row("hidden-bypass", Same, Refused),
    row("last-push-approval", Same, Adds),
    row("linear-history", Same, Adds),
    row("pipeline", Same, Adds),
    row("signed-commits", Same, Adds),
    row("up-to-date", Same, Adds),
];
