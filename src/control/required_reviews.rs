//! `required-reviews`.

use super::{Case, Control, Documentation, Kind, read};
use crate::model::decision::Finding;
use crate::model::fact::Gap;
use crate::model::inquiry::Inquiry;
use serde::Deserialize;

/// The control.
pub static KIND: Kind = Kind {
    name: "required-reviews",
    documentation: Documentation { requires: "", why: "", cannot_show: "", how_to_meet: "" },
    read: read::<RequiredReviews>,
};

/// Its settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RequiredReviews {}

impl Control for RequiredReviews {
    fn ask(&self, _inquiry: &mut Inquiry) {}

    fn check(&self, _case: &Case<'_>) -> Result<Vec<Finding>, Gap> {
        todo!()
    }
}
