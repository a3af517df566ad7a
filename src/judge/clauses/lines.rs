//! The lines of each control, one file each.

pub(super) mod changed_line_coverage;
pub(super) mod deployers;
pub(super) mod documented_procedure;
pub(super) mod freeze;
pub(super) mod gate_integrity;
pub(super) mod protected_branch;
pub(super) mod reconciled;
pub(super) mod regression_tests;
pub(super) mod required_checks;
pub(super) mod required_reviews;
pub(super) mod reviewed_landings;
pub(super) mod timely_notices;
pub(super) mod trained_deployers;
pub(super) mod trained_reviewers;
