//! `--seal FILE`: a decision with everything that it was made from, in one file.

use super::exit::{Failure, Result};
use super::{names, output, program};
use clap::Args;
use portcullis_forge::ci;
use portcullis_model::gathered::GatheredFacts;
use portcullis_record::{SealDraft, seal_decision};
use portcullis_render::links::request_page;
use portcullis_wire::sealed::v1::SealedLinksV1;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// What every sealed decision begins with.
const BEGINNING: &[u8] = b"{\n  \"schema\": ";

/// Where a decision is sealed.
#[derive(Debug, Default, Args)]
pub struct Sealing {
    /// Seal the decision, whatever its outcome, in FILE: with the policy, the facts, and the
    /// digests of everything it was made from. `portcullis replay FILE` takes it again. If FILE
    /// cannot be written, the exit code is 5 whatever the outcome. An earlier sealed decision in
    /// FILE is removed before anything is judged; any other file there is an error.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    seal: Option<PathBuf>,
    /// Keep only the digest of the facts, in what is sealed or recorded. No one can take such a
    /// decision again, and it is never called reproduced.
    #[arg(long, help_heading = "Output")]
    omit_facts: bool,
}

/// A decision that may be sealed.
pub struct Sealable<'a> {
    /// The decision as `--format json` writes it.
    pub decision: &'a [u8],
    /// The text of the policy, the facts, and the text that they are kept as; `None` where nothing
    /// could be gathered.
    pub basis: Option<(&'a str, &'a GatheredFacts, &'a str)>,
}

impl Sealing {
    /// Are the facts to be left out?
    pub fn omits_facts(&self) -> bool {
        self.omit_facts
    }

    /// Is there anything to seal?
    pub fn is_asked(&self) -> bool {
        self.seal.is_some()
    }

    /// Can it be done? Asked before anything is judged. `read` are files that are read for the
    /// decision, `written` those that are written beside the seal.
    ///
    /// # Errors
    /// The file is one of these, or cannot be written.
    pub fn check<'p>(
        &self,
        recorded: bool,
        read: impl IntoIterator<Item = &'p Path>,
        written: impl IntoIterator<Item = &'p Path>,
    ) -> Result<()> {
        let Some(file) = &self.seal else {
            return match self.omit_facts && !recorded {
                true => Err(Failure::usage("--omit-facts needs --seal FILE, or --record")),
                false => Ok(()),
            };
        };
        names::spare_files(file, read)?;
        if written.into_iter().any(|other| names::is_same_place(file, other)) {
            let message = format!("the seal and a format would both be written to {}", file.display());
            return Err(Failure::usage(message));
        }
        check_place(file)?;
        remove_earlier(file)
    }

    /// Seals a decision, where that is asked for.
    ///
    /// # Errors
    /// The file cannot be written. The decision must not be acted on then.
    pub fn write(&self, sealable: &Sealable<'_>) -> Result<()> {
        let Some(file) = &self.seal else { return Ok(()) };
        let draft = SealDraft {
            decision: sealable.decision,
            basis: sealable.basis,
            omit_facts: self.omit_facts,
            commit: program::built_from(),
            sealer: &ci::recorder(),
            links: links_of(sealable.basis.map(|(_, facts, _)| facts)),
            time: jiff::Timestamp::now(),
        };
        let bytes = seal_decision(&draft).map_err(|error| unsealed(file, &error.to_string()))?;
        check_place(file).and_then(|()| output::write_file(file, &bytes)).map_err(|failure| {
            let why = failure.message.trim_start_matches("cannot seal: ");
            Failure {
                message: format!("the decision was not sealed, so it does not count: {why}"),
                ..failure
            }
        })?;
        let omitted = if self.omit_facts { "; not reproducible: facts omitted" } else { "" };
        output::remark(&format!("sealed in {}{omitted}", file.display()));
        Ok(())
    }
}

fn unsealed(file: &Path, why: &str) -> Failure {
    Failure::environment(format!("cannot seal: {}: {why}", file.display()))
}

/// A seal is a file of its own. It replaces an earlier one, and nothing else: no link, no device,
/// and no file that is kept.
fn check_place(file: &Path) -> Result<()> {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !parent.is_dir() {
        return Err(unsealed(file, &format!("there is no directory `{}`; make it first", parent.display())));
    }
    match std::fs::symlink_metadata(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(unsealed(file, &error.to_string())),
        Ok(there) if there.is_symlink() => Err(unsealed(file, "it is a symbolic link")),
        Ok(there) if !there.is_file() => Err(unsealed(file, "it is not a file")),
        Ok(there) if there.len() == 0 || is_sealed_decision(file) => Ok(()),
        Ok(_) => Err(unsealed(file, "another file is there").hint("name a file that does not exist yet")),
    }
}

/// A run that makes no decision must not leave that of another run, or one that came with the
/// change that is judged.
fn remove_earlier(file: &Path) -> Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(unsealed(file, &error.to_string())),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn is_sealed_decision(file: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(file).and_then(|file| file.take(128).read_to_end(&mut start));
    let kind = b"\"kind\": \"sealed-decision\"";
    read.is_ok() && start.starts_with(BEGINNING) && start.windows(kind.len()).any(|window| window == kind)
}

/// Pages about the decision. Nothing is decided by them.
fn links_of(facts: Option<&GatheredFacts>) -> SealedLinksV1 {
    SealedLinksV1 { request: facts.and_then(link_of_request), run: ci::run_link() }
}

fn link_of_request(facts: &GatheredFacts) -> Option<String> {
    let GatheredFacts::Change(facts) = facts else { return None };
    let host = &facts.host;
    let (domain, repository) = (host.domains.first()?, host.repository.as_ref()?);
    request_page(&host.kind, domain, repository, &host.request.value()?.id)
}
