//! `protected-branch`: the host protects the default branch as the policy of the repository says;
//! where it has none, as the house policy says.

use super::{Column, ColumnCase};
use portcullis_model::fleet::FleetFinding;

pub(super) static COLUMN: Column = Column {
    name: "protected-branch",
    about: "the host protects the default branch as its policy says",
    judge,
};

fn judge(case: &ColumnCase<'_>) -> Vec<FleetFinding> {
    case.protection.to_vec()
}
