//! What stricter means for the settings of `required-reviews`.

use crate::control::strictness::Strictness::{Each, More, Ranked, Same};
use crate::control::strictness::Unset::{Adds, Default};
use crate::control::strictness::{StrictnessRule, row};

pub(super) static ROWS: &[StrictnessRule] = &[
    // All controls that count approvals go by these, so a child that switches the control on is
    // held against the defaults.
    row("approvals", More, Adds),
    row("roles", Each("role"), Adds),
    row("roles.*.role", Same, Adds),
    row("roles.*.approvals", More, Adds),
    row("data-processing.approvals", More, Adds),
    row("data-processing.roles", Each("role"), Adds),
    row("data-processing.roles.*.role", Same, Adds),
    row("data-processing.roles.*.approvals", More, Adds),
    row("areas.*.approvals", More, Adds),
    row("areas.*.roles", Each("role"), Adds),
    row("areas.*.roles.*.role", Same, Adds),
    row("areas.*.roles.*.approvals", More, Adds),
    row(
        "derived",
        Ranked(&["accept", "outside-data-processing", "refuse"]),
        Default("'outside-data-processing'"),
    ),
    row("last-pusher", Ranked(&["ignore", "exclude"]), Default("'exclude'")),
    row("trees", Ranked(&["proved", "refuse"]), Adds),
    row("updates", Ranked(&["proved", "exact"]), Adds),
];
