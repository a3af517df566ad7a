//! Which files are ignored by the work tree alone.
//!
//! Ignore rules are also in `info/exclude` of a repository and in the file that `core.excludesFile`
//! names (gitignore(5)). Those are of one clone and no commit shows them, so a person who runs the
//! suite could hide a file with them. Where there are any, an empty repository is laid over the
//! work tree and asked instead: it has none.

use git2::{ErrorCode, Repository, RepositoryInitOptions};
use portcullis_model::fact::{Gap, GapReason};
use std::io::ErrorKind;
use std::path::Path;
use tempfile::TempDir;

/// An empty repository over a work tree that is another one's.
pub struct Ignores {
    /// The repository.
    pub git: Repository,
    _place: TempDir,
}

impl Ignores {
    /// `Ok(None)` where the repository itself has no rules of its own.
    ///
    /// # Errors
    /// It has, and no other repository can be laid over the work tree.
    pub fn of(git: &Repository, work_tree: &Path) -> Result<Option<Self>, Gap> {
        if has_own_rules(git) { Ignores::over(work_tree).map(Some) } else { Ok(None) }
    }

    /// An empty repository over this work tree, which has no rules and no attributes but those that
    /// lie in it.
    ///
    /// # Errors
    /// There is no place for it.
    pub fn over(work_tree: &Path) -> Result<Self, Gap> {
        let failed = |error: String| {
            let remedy = "Empty `info/exclude` in the directory of git, and unset `core.excludesFile`";
            Gap::new("what the work tree ignores", GapReason::Unsupported, error, remedy)
        };
        let place = tempfile::tempdir().map_err(|error| failed(error.to_string()))?;
        let lay_over = || -> Result<Repository, git2::Error> {
            let mut options = RepositoryInitOptions::new();
            let over = Repository::init_opts(place.path(), options.external_template(false))?;
            over.set_workdir(work_tree, false)?;
            Ok(over)
        };
        let over = lay_over().map_err(|error| failed(error.message().to_string()))?;
        Ok(Ignores { git: over, _place: place })
    }
}

/// Does anything but the work tree say what is ignored?
fn has_own_rules(git: &Repository) -> bool {
    let is_rule = |line: &[u8]| !line.trim_ascii().is_empty() && !line.starts_with(b"#");
    // What cannot be read counts as a rule.
    let excluded = match std::fs::read(git.commondir().join("info/exclude")) {
        Ok(exclude) => exclude.split(|byte| *byte == b'\n').any(is_rule),
        Err(error) => error.kind() != ErrorKind::NotFound,
    };
    let setting = git.config().and_then(|config| config.get_path("core.excludesfile"));
    let configured = setting.err().is_none_or(|error| error.code() != ErrorCode::NotFound);
    configured || excluded
}
