//! `reconcile extract`: one side becomes a manifest.

use super::ExtractArguments;
use super::inputs::{Extraction, find_dataset, open_manifest, read_dataset_policy, read_key};
use super::manifest_signing::sign_manifest;
use crate::cli::exit::{Exit, Result};
use crate::cli::output;
use crate::render;
use std::path::Path;

pub(super) fn run(directory: &Path, arguments: &ExtractArguments) -> Result {
    let policy = read_dataset_policy(directory, &arguments.dataset.policy)?;
    let dataset = find_dataset(&policy, &arguments.dataset.dataset)?;
    let key = read_key(directory, &arguments.key)?;
    let only = arguments.only.as_ref().map(|path| open_manifest(directory, path)).transpose()?;
    let extraction =
        Extraction { directory, dataset, key: &key, only: only.as_ref(), columns: arguments.columns };
    let manifest =
        extraction.read(arguments.side, &directory.join(&arguments.output), jiff::Timestamp::now())?;
    sign_manifest(directory, dataset, &manifest, arguments.sign.as_deref())?;
    let header = manifest.header();
    output::text(&format!(
        "{}: {} of the {} in {}, {}",
        dataset.name,
        render::plural(header.rows, "row"),
        arguments.side.as_str(),
        arguments.output.display(),
        manifest.digest().as_str()
    ))?;
    Ok(Exit::Allowed)
}
