//! `reconcile explain --reasons`: which text is behind the code of a reason. Runs keep the code
//! alone.

use super::ReadSide;
use super::inputs::extract_failure;
use crate::exit::{Exit, Failure, Result};
use crate::output;
use portcullis_connect::{Opening, open_source};
use portcullis_forge::ci;
use portcullis_model::reconciliation::Dataset;
use portcullis_reconcile::extract::{ReasonText, list_columns, list_reasons};
use portcullis_reconcile::key::DatasetKey;
use portcullis_wire::manifest::v1::ManifestContentV1;
use std::path::Path;

pub(super) fn show(directory: &Path, dataset: &Dataset, key: &DatasetKey) -> Result {
    let Some(system) = ReadSide::Rejects.system(dataset) else {
        return Err(Failure::policy(format!(
            "the policy does not say how the rejects of `{}` are read",
            dataset.name
        ))
        .hint(format!("write `[reconciliation.{}.rejects]` with `connector`", dataset.name)));
    };
    output::remark("this shows texts of the reject log");
    let columns = list_columns(dataset, system, ManifestContentV1::Rejects);
    let environment = |variable: &str| ci::variable(variable);
    let opening = Opening { columns: &columns, directory, environment: &environment };
    let mut source =
        open_source(&system.connector, &opening).map_err(|error| extract_failure(error.into()))?;
    let reasons = list_reasons(dataset, system, &mut *source, key).map_err(extract_failure)?;
    let line = |ReasonText { kept, text, rejects }: &ReasonText| {
        format!("{:<22}  {rejects:>9}  {}\n", name_of(kept), text.escape_debug())
    };
    output::text(&reasons.iter().map(line).collect::<String>())?;
    Ok(Exit::Allowed)
}

fn name_of(kept: &str) -> &str {
    if kept.is_empty() { "(none)" } else { kept }
}
