//! `--pack` of `portcullis audit`.

use super::super::exit::Result;
use super::super::output;
use super::super::progress::ProgressView;
use super::reveal;
use super::sealed::{GivenSeal, read_seals};
use super::write::{PackOrder, write_pack_and_show};
use clap::Args;
use portcullis_git::Repository;
use portcullis_pack::redact::AddressFinder;
use portcullis_wire::audit::v1::AuditV1;
use std::path::PathBuf;

/// Whether to write a pack, and where.
#[derive(Debug, Default, Args)]
pub struct PackOptions {
    /// Also write an evidence pack: everything that an auditor needs, with a report for a browser,
    /// to this folder and as an archive to DIR.tar. `portcullis pack verify` checks it.
    #[arg(long = "pack", value_name = "DIR", help_heading = "Output")]
    folder: Option<PathBuf>,
    /// Name people in the pack by pseudonyms made with the key in this file. Who is who is written
    /// to FILE.people.json, which `portcullis pack reveal` reads; keep both out of the pack.
    #[arg(long, value_name = "FILE", requires = "folder", help_heading = "Output")]
    pseudonymise: Option<PathBuf>,
    /// Put this sealed decision into the pack, or every one in this folder, with the signatures
    /// beside them (FILE.sig). Each is taken again first. Repeatable.
    #[arg(
        long = "sealed",
        value_name = "FILE|DIR",
        requires = "folder",
        help_heading = "Where facts come from"
    )]
    sealed: Vec<PathBuf>,
}

/// Options whose values say where something is, and nothing about the audit.
const PLACES: [&str; 6] = ["-C", "--pack", "--format", "--pseudonymise", "--cache", "--sealed"];

impl PackOptions {
    /// Reads the sealed decisions that were handed over.
    ///
    /// # Errors
    /// One of them does not hold together.
    pub fn read_seals(&self) -> Result<Vec<GivenSeal>> {
        read_seals(&self.sealed)
    }

    /// Are people to be pseudonyms?
    pub fn names_no_one(&self) -> bool {
        self.pseudonymise.is_some()
    }

    /// Writes the pack of an audit, where one was asked for; `people` are those whom its facts
    /// name.
    ///
    /// # Errors
    /// Those of [`write_pack_and_show`].
    pub fn write(
        &self,
        repository: &Repository,
        audit: AuditV1,
        (seals, people): (&[GivenSeal], AddressFinder),
        view: ProgressView,
    ) -> Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let command =
            without_places(std::env::args_os().skip(1).map(|text| text.to_string_lossy().into_owned()));
        let key = self.pseudonymise.as_deref().map(|file| reveal::read_key(file, folder)).transpose()?;
        let order = PackOrder { audit, repository, folder, command, key: key.as_ref(), seals, people };
        let written = write_pack_and_show(order, view)?;
        if let Some(file) = &self.pseudonymise {
            reveal::write_people(file, &written.people)?;
        }
        output::remark(&format!(
            "{} files in {} and {}\nSHA-256 of manifest.json, to be sent separately from the pack: {}",
            written.files,
            folder.display(),
            written.archive.display(),
            written.manifest
        ));
        Ok(())
    }
}

/// The arguments of a command without those that name places on this machine.
fn without_places(arguments: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept = Vec::new();
    let mut is_value = false;
    for argument in arguments {
        let name = argument.split('=').next().unwrap_or_default();
        match (std::mem::take(&mut is_value), PLACES.contains(&name)) {
            (true, _) => {}
            (false, true) => is_value = name == argument,
            (false, false) => kept.push(argument),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_left_out_of_the_command() {
        let arguments = [
            "-C",
            "/home/kim/clone",
            "audit",
            "--since",
            "2026-01-01",
            "--pack=out",
            "--format",
            "json=x",
            "-v",
        ];
        let kept = without_places(arguments.into_iter().map(String::from));
        assert_eq!(kept, ["audit", "--since", "2026-01-01", "-v"]);
    }
}
