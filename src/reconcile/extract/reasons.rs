//! The texts behind the codes of reasons. They are content, so this is for the edge, where it is.

use super::columns::RowReader;
use super::{ExtractFault, ExtractSettings, ManifestContentV1, SORTED_AT_ONCE};
use crate::key::DatasetKey;
use crate::manifest::ManifestForm;
use crate::source::RecordSource;
use jiff::Timestamp;
use portcullis_model::reconciliation::{Dataset, SystemSettings};
use std::collections::BTreeMap;

/// A reason of the reject log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReasonText {
    /// What manifests and runs keep of it.
    pub kept: String,
    /// What the log says.
    pub text: String,
    /// How many rejects have it.
    pub rejects: u64,
}

/// Reads a reject log that was opened with [`super::list_columns`], and lists its reasons by what
/// is kept of them.
///
/// # Errors
/// The log or the settings.
pub fn list_reasons(
    dataset: &Dataset,
    system: &SystemSettings,
    source: &mut dyn RecordSource,
    key: &DatasetKey,
) -> Result<Vec<ReasonText>, ExtractFault> {
    let settings = ExtractSettings {
        content: ManifestContentV1::Rejects,
        as_of: Timestamp::UNIX_EPOCH,
        columns: false,
        only: None,
        threads: 1,
        sorted_at_once: SORTED_AT_ONCE,
        generator: "",
        resumable: false,
        form: ManifestForm::Plain,
        place: std::path::Path::new(""),
    };
    let reader = RowReader::new(dataset, system, key, &settings).map_err(ExtractFault::Settings)?;
    let (mut values, mut counts) = (Vec::new(), BTreeMap::new());
    while source.read_row(&mut values)? {
        let text = reader.reason_of(&values);
        *counts.entry((reader.keep_reason(&text), text)).or_default() += 1;
    }
    let listed = counts.into_iter().map(|((kept, text), rejects)| ReasonText { kept, text, rejects });
    Ok(listed.collect())
}
