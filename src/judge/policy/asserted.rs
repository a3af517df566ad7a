//! `[asserted]`: which evidence files of other version control systems the gate judges by.

use super::Problem;
use super::checks::{check_filled, check_text};
use super::document::{AssertedText, PolicyDocument};
use jiff::SignedDuration;

/// What is accepted of that which was not observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedAssertions {
    /// Is anything?
    pub accept: bool,
    /// The repository that it has to be of.
    pub repository: String,
    /// The exporters; `None`: any.
    pub exporters: Option<Vec<String>>,
    /// The longest time since the export.
    pub max_age: SignedDuration,
}

pub(super) fn read_asserted(
    document: &PolicyDocument,
    problems: &mut Vec<Problem>,
) -> Option<AcceptedAssertions> {
    let AssertedText { accept, repository, exporters, max_age } = document.asserted.as_ref()?;
    check_text(repository, "the repository", problems);
    if let Some(exporters) = exporters {
        check_filled(exporters, "no exporter would be accepted", problems);
        for name in exporters.get_ref() {
            check_text(name, "the exporter", problems);
        }
    }
    let names = exporters.as_ref().map(|list| list.get_ref().iter().map(|name| name.get_ref().clone()));
    Some(AcceptedAssertions {
        accept: *accept,
        repository: repository.get_ref().clone(),
        exporters: names.map(Iterator::collect),
        max_age: max_age.0,
    })
}
