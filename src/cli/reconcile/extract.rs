//! `reconcile extract`: one side becomes a manifest.

use super::ExtractArguments;
use super::inputs::{Extraction, find_dataset, open_manifest, read_dataset_policy, read_key};
use super::manifest_signing::sign_manifest;
use crate::exit::{Exit, Result};
use crate::output;
use jiff::Timestamp;
use portcullis_reconcile::manifest::Manifest;
use std::path::Path;

pub(super) fn run(directory: &Path, arguments: &ExtractArguments) -> Result {
    let policy = read_dataset_policy(directory, &arguments.dataset.policy)?;
    let dataset = find_dataset(&policy, &arguments.dataset.dataset)?;
    let key = read_key(directory, &arguments.key)?;
    let only = arguments.only.as_ref().map(|path| open_manifest(directory, path)).transpose()?;
    let extraction = Extraction {
        directory,
        dataset,
        key: &key,
        only: only.as_ref(),
        columns: arguments.columns,
        resumable: true,
        form: arguments.form.into(),
    };
    let manifest = read_or_resume(&extraction, arguments, &directory.join(&arguments.output))?;
    sign_manifest(directory, dataset, &manifest, arguments.sign.as_deref())?;
    let header = manifest.header();
    output::text(&format!(
        "{}: {} of the {} in {}, {}",
        dataset.name,
        portcullis_render::plural(header.rows, "row"),
        arguments.side.as_str(),
        arguments.output.display(),
        manifest.digest().as_str()
    ))?;
    Ok(Exit::Allowed)
}

/// Reads the side, or goes on where a process was interrupted.
fn read_or_resume(
    extraction: &Extraction<'_>,
    arguments: &ExtractArguments,
    folder: &Path,
) -> Result<Manifest> {
    if arguments.resume {
        if let Some(manifest) = extraction.resume(arguments.side, folder)? {
            let as_of = Timestamp::from_second(manifest.header().as_of_second()).unwrap_or_default();
            output::remark(&format!("all rows were read already; they show the state of {as_of}"));
            return Ok(manifest);
        }
        output::remark("no such extraction was interrupted after its last row: it begins again");
    }
    extraction.read(arguments.side, folder, Timestamp::now())
}
