//! What "stricter" means, key by key: the table that a child policy is held against.
//!
//! A path has `*` for a name, or for an element of a list that has an identity. A row is about the
//! key and everything below it that has no row of its own. A key without a row is refused, and a
//! test asks for one.

use super::order::Strictness::{self, Any, Each, Less, More, Ranked, Same, Shorter, Subset, Superset, Table};
use Unset::{Adds, Default, DefaultOf, Refused};

/// One row.
pub struct StrictnessRule {
    /// The key, from the root of the policy.
    pub key: &'static str,
    /// Which of two values is the stricter one.
    pub order: Strictness,
    /// What a child may write where the house policy has nothing.
    pub unset: Unset,
}

/// What a child may write where the house policy has nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unset {
    /// Anything: it only adds to what is required.
    Adds,
    /// Nothing: it would allow something.
    Refused,
    /// What is as strict as this value, which the key has by default.
    Default(&'static str),
    /// What is as strict as the value of another key, which counts by default.
    DefaultOf(&'static str),
}

const fn row(key: &'static str, order: Strictness, unset: Unset) -> StrictnessRule {
    StrictnessRule { key, order, unset }
}

/// Which evidence counts. Neither of `host` and `signed` is the stricter one.
const TRUST: Strictness = Ranked(&["local", "host"]);

const UNKNOWN: Strictness = Ranked(&["unproven", "refuse"]);

const WAIVED: Strictness = Ranked(&["accept", "refuse"]);

const WORD: Strictness = Ranked(&["false", "true"]);

/// Every row. `[project]` is each repository's own: it is never taken from the house policy.
pub static ROWS: &[StrictnessRule] = &[
    row("schema", Any, Adds),
    row("project", Any, Adds),
    row("extends", Any, Adds),
    row("house", Any, Adds),
    row("branches.deployment", Superset, Adds),
    row("branches.history", Ranked(&["net", "each-commit"]), Adds),
    row("data-processing", Each("name"), Adds),
    row("data-processing.*.name", Same, Adds),
    row("data-processing.*.purpose", Any, Adds),
    row("data-processing.*.paths", Superset, Adds),
    row("data-processing.*.content", Superset, Adds),
    row("data-processing.*.exclude", Subset, Refused),
    row("data-processing.*.opaque", Ranked(&["outside", "inside", "inside-with-media"]), Default("'inside'")),
    row("deployment.environments", Subset, Adds),
    // Who is who decides whose approval is independent.
    row("people", Each("name"), Refused),
    row("people.*", Same, Refused),
    row("roles.*", Table, Adds),
    row("roles.*.users", Subset, Refused),
    row("roles.*.teams", Subset, Refused),
    row("roles.*.code-owners", Same, Refused),
    row("waivers.longest", Shorter, Default("'30d'")),
    row("waivers.signers", Same, Adds),
    row("reviews.signers", Same, Refused),
    row("reviews.beside-host", Ranked(&["true", "false"]), Default("false")),
    row("reviews.imports", Subset, Refused),
    row("reviews.imported-reviewers", Subset, Refused),
    row("records.signers", Same, Adds),
    row("asserted", Table, Refused),
    row("asserted.accept", Ranked(&["true", "false"]), Default("false")),
    row("asserted.repository", Same, Refused),
    row("asserted.exporters", Subset, Adds),
    row("asserted.max-age", Shorter, Default("'24h'")),
    // A register says who is who.
    row("training", Table, Refused),
    row("training.register", Same, Default("'portcullis-people.toml'")),
    row("training.courses.*", Table, Adds),
    row("training.courses.*.title", Any, Adds),
    row("training.courses.*.valid-for", Shorter, Adds),
    row("training.courses.*.achievements", Subset, Refused),
    row("training.courses.*.activities", Subset, Refused),
    row("training.issuers", Same, Refused),
    row("reconciliation.*", Table, Adds),
    row("reconciliation.*.areas", Superset, Adds),
    row("reconciliation.*.key", Same, Refused),
    row("reconciliation.*.fields", Superset, Refused),
    row("reconciliation.*.deadline", Shorter, Adds),
    row("reconciliation.*.deletion-deadline", Shorter, DefaultOf("reconciliation.*.deadline")),
    row("reconciliation.*.acknowledged-within", Shorter, Refused),
    row("reconciliation.*.after-deploy", Shorter, Refused),
    row("reconciliation.*.green-within", Shorter, Refused),
    row("reconciliation.*.expected-every", Shorter, Adds),
    row("reconciliation.*.full-every", Shorter, Adds),
    row("reconciliation.*.clock-skew", Shorter, Default("'0s'")),
    row("reconciliation.*.budgets.*", Less, Default("0")),
    row("reconciliation.*.floors.source-rows", More, Default("1")),
    row("reconciliation.*.floors.target-rows", More, Default("1")),
    row("reconciliation.*.floors.largest-fall", Less, Adds),
    row("reconciliation.*.accepted", Subset, Refused),
    row("reconciliation.*.reserved", Superset, Adds),
    row("reconciliation.*.recipients", Superset, Adds),
    row("reconciliation.*.signers", Same, Adds),
    row("reconciliation.*.manifest-signers", Same, Adds),
    row("reconciliation.*.source", Same, Refused),
    row("reconciliation.*.target", Same, Refused),
    row("reconciliation.*.rejects", Same, Refused),
    row("reconciliation.*.receipts", Same, Refused),
    row("due.snapshots-every", Shorter, Adds),
    row("due.records-within", Shorter, Adds),
    row("notification", Table, Adds),
    row("notification.zone", Same, Refused),
    row("notification.holidays", Subset, Refused),
    row("notification.overdue", Ranked(&["warn", "block"]), Default("'block'")),
    row("notification.recorded-within", Shorter, Default("'72h'")),
    row("notification.working-days", Superset, Default("['mon', 'tue', 'wed', 'thu', 'fri']")),
    row("notification.working-hours", Same, Default("'09:00-17:00'")),
    row("notification.parties.*", Table, Adds),
    row("notification.parties.*.title", Any, Adds),
    row("notification.parties.*.role", Same, Refused),
    row("notification.parties.*.datasets", Superset, Refused),
    row("notification.parties.*.early-warning", Shorter, Adds),
    row("notification.parties.*.phased", Shorter, Adds),
    row("notification.parties.*.final", Shorter, Adds),
    row("controls.changed-line-coverage", Table, Adds),
    row("controls.changed-line-coverage.minimum", More, Adds),
    row("controls.changed-line-coverage.max-age", Shorter, Adds),
    row("controls.changed-line-coverage.trust", TRUST, Adds),
    row("controls.changed-line-coverage.check", Same, Refused),
    // A line counts as executed when any report says so.
    row("controls.changed-line-coverage.reports", Same, Refused),
    row(
        "controls.changed-line-coverage.areas.*.minimum",
        More,
        DefaultOf("controls.changed-line-coverage.minimum"),
    ),
    row("controls.changed-line-coverage.areas.*.without-lines", Same, Refused),
    row("controls.deployers", Table, Adds),
    row("controls.deployers.not-author-alone", WORD, Adds),
    row("controls.deployers.role", Same, Adds),
    row("controls.documented-procedure", Table, Adds),
    row("controls.documented-procedure.path", Same, Default("'docs/PROCEDURE.md'")),
    row("controls.documented-procedure.review-every", Shorter, Adds),
    row("controls.documented-procedure.role", Same, Adds),
    row("controls.freeze", Table, Adds),
    row("controls.freeze.environments", Superset, Refused),
    row("controls.freeze.weekly", Superset, Adds),
    row("controls.freeze.windows", Superset, Adds),
    row("controls.gate-integrity.approvals", More, Adds),
    row("controls.gate-integrity.paths", Superset, Adds),
    row("controls.gate-integrity.role", Same, Adds),
    row("controls.gate-integrity.test-configuration", Superset, Adds),
    row("controls.protected-branch", Table, Adds),
    row("controls.protected-branch.administrators", Same, Adds),
    row("controls.protected-branch.approvals", More, Adds),
    row("controls.protected-branch.bypass", Subset, Default("[]")),
    row("controls.protected-branch.change-request", Same, Adds),
    row("controls.protected-branch.checks", Superset, Adds),
    row("controls.protected-branch.code-owners", Same, Adds),
    row("controls.protected-branch.conversation-resolution", Same, Adds),
    row("controls.protected-branch.deletion", Same, Adds),
    row("controls.protected-branch.dismiss-stale", Same, Adds),
    row("controls.protected-branch.force-push", Same, Adds),
    row("controls.protected-branch.hidden-bypass", Same, Refused),
    row("controls.protected-branch.last-push-approval", Same, Adds),
    row("controls.protected-branch.linear-history", Same, Adds),
    row("controls.protected-branch.pipeline", Same, Adds),
    row("controls.protected-branch.signed-commits", Same, Adds),
    row("controls.protected-branch.up-to-date", Same, Adds),
    row("controls.reconciled", Table, Adds),
    row("controls.reconciled.environments", Superset, Refused),
    row("controls.regression-tests", Table, Adds),
    row("controls.regression-tests.signers", Same, Adds),
    row("controls.regression-tests.suites.*", Table, Adds),
    row("controls.regression-tests.suites.*.minimum", More, Adds),
    row("controls.regression-tests.suites.*.areas", Superset, Refused),
    row("controls.regression-tests.suites.*.baseline", Ranked(&["first-run", "required"]), Adds),
    row("controls.regression-tests.suites.*.check", Same, Refused),
    row("controls.regression-tests.suites.*.configurations", Superset, Adds),
    row("controls.regression-tests.suites.*.exit-status", Same, Adds),
    row("controls.regression-tests.suites.*.flaky", Ranked(&["note", "block"]), Default("'block'")),
    row("controls.regression-tests.suites.*.format", Same, Refused),
    row("controls.regression-tests.suites.*.max-age", Shorter, Adds),
    row("controls.regression-tests.suites.*.removed", Subset, Refused),
    row("controls.regression-tests.suites.*.reports", Same, Refused),
    row("controls.regression-tests.suites.*.required", Superset, Adds),
    row("controls.regression-tests.suites.*.skipped", Ranked(&["allow", "block"]), Adds),
    row("controls.regression-tests.suites.*.tests", Superset, Adds),
    row("controls.regression-tests.suites.*.trust", TRUST, Adds),
    row("controls.required-checks", Table, Adds),
    row("controls.required-checks.checks", Superset, Adds),
    // All controls that count approvals go by these, so a child that switches the control on is
    // held against the defaults.
    row("controls.required-reviews.approvals", More, Adds),
    row("controls.required-reviews.roles", Each("role"), Adds),
    row("controls.required-reviews.roles.*.role", Same, Adds),
    row("controls.required-reviews.roles.*.approvals", More, Adds),
    row("controls.required-reviews.data-processing.approvals", More, Adds),
    row("controls.required-reviews.data-processing.roles", Each("role"), Adds),
    row("controls.required-reviews.data-processing.roles.*.role", Same, Adds),
    row("controls.required-reviews.data-processing.roles.*.approvals", More, Adds),
    row("controls.required-reviews.areas.*.approvals", More, Adds),
    row("controls.required-reviews.areas.*.roles", Each("role"), Adds),
    row("controls.required-reviews.areas.*.roles.*.role", Same, Adds),
    row("controls.required-reviews.areas.*.roles.*.approvals", More, Adds),
    row(
        "controls.required-reviews.derived",
        Ranked(&["accept", "outside-data-processing", "refuse"]),
        Default("'outside-data-processing'"),
    ),
    row("controls.required-reviews.last-pusher", Ranked(&["ignore", "exclude"]), Default("'exclude'")),
    row("controls.required-reviews.trees", Ranked(&["proved", "refuse"]), Adds),
    row("controls.required-reviews.updates", Ranked(&["proved", "exact"]), Adds),
    row("controls.reviewed-landings.outside-areas", Ranked(&["note", "block"]), Default("'block'")),
    row("controls.timely-notices", Table, Adds),
    row("controls.trained-deployers", Table, Adds),
    row("controls.trained-deployers.courses", Superset, Adds),
    row("controls.trained-deployers.environments", Superset, Refused),
    row("controls.trained-deployers.grace", Shorter, Default("'0d'")),
    row("controls.trained-deployers.unknown", UNKNOWN, Adds),
    row("controls.trained-deployers.waived", WAIVED, Adds),
    row("controls.trained-reviewers", Table, Adds),
    row("controls.trained-reviewers.courses", Superset, Adds),
    row("controls.trained-reviewers.approvals", More, Refused),
    row("controls.trained-reviewers.areas.*.courses", Superset, Adds),
    row("controls.trained-reviewers.areas.*.approvals", More, Refused),
    row("controls.trained-reviewers.every-change", WORD, Adds),
    row("controls.trained-reviewers.grace", Shorter, Default("'0d'")),
    row("controls.trained-reviewers.unknown", UNKNOWN, Adds),
    row("controls.trained-reviewers.waived", WAIVED, Adds),
];
