//! Why rows cannot be compared: which field or column, what is wrong with it, and where the first
//! such row is. Never with the value.

use crate::canonical::Incomparable;
use std::collections::BTreeMap;

/// A reason why rows cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowCause {
    /// The field or the column of the time, and what is wrong with it.
    pub cause: Incomparable,
    /// How many rows have it first.
    pub rows: u64,
    /// Where the first of them is.
    pub first: String,
}

/// The reasons of one extraction. Texts of rules are few, so this does not grow with the rows.
#[derive(Default)]
pub(super) struct RowCauses(BTreeMap<(String, String), (u64, String)>);

impl RowCauses {
    pub(super) fn take(&mut self, cause: &Incomparable, place: impl FnOnce() -> String) {
        let name = (cause.field.clone(), cause.why.clone());
        self.0.entry(name).or_insert_with(|| (0, place())).0 += 1;
    }

    pub(super) fn list(self) -> Vec<RowCause> {
        let made = self.0.into_iter().map(|((field, why), (rows, first))| RowCause {
            cause: Incomparable { field, why },
            rows,
            first,
        });
        made.collect()
    }
}
