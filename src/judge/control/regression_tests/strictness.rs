//! What stricter means for the settings of `regression-tests`.

use crate::control::strictness::Strictness::{More, Ranked, Same, Shorter, Subset, Superset, Table};
use crate::control::strictness::Unset::{Adds, Default, Refused};
use crate::control::strictness::{StrictnessRule, TRUST, row};

pub(super) static ROWS: &[StrictnessRule] = &[
    row("", Table, Adds),
    row("signers", Same, Adds),
    row("suites.*", Table, Adds),
    row("suites.*.minimum", More, Adds),
    row("suites.*.areas", Superset, Refused),
    row("suites.*.baseline", Ranked(&["first-run", "required"]), Adds),
    row("suites.*.check", Same, Refused),
    row("suites.*.configurations", Superset, Adds),
    row("suites.*.exit-status", Same, Adds),
    row("suites.*.flaky", Ranked(&["note", "block"]), Default("'block'")),
    row("suites.*.format", Same, Refused),
    row("suites.*.max-age", Shorter, Adds),
    row("suites.*.removed", Subset, Refused),
    row("suites.*.reports", Same, Refused),
    row("suites.*.required", Superset, Adds),
    row("suites.*.skipped", Ranked(&["allow", "block"]), Adds),
    row("suites.*.tests", Superset, Adds),
    row("suites.*.trust", TRUST, Adds),
];
