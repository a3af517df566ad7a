//! Protection: the host protects the default branch as the policy of the repository says;
//! where it has none, as the house policy says.

use super::{Column, ColumnCase};
use portcullis_judge::control;
use portcullis_model::fleet::FleetFinding;

pub(super) static COLUMN: Column = Column {
    name: control::protected_branch::KIND.name,
    about: "the host protects the default branch as its policy says",
    judge,
};

fn judge(case: &ColumnCase<'_>) -> Vec<FleetFinding> {
    case.protection.to_vec()
}
