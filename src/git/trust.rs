//! What could change the answer from outside the objects: switched off, or a reason to refuse.

use git2::{ConfigLevel, ObjectType};
use portcullis_model::fact::{Gap, GapReason};
use std::path::Path;
use std::sync::OnceLock;

/// Switches off, once and for the whole process, what libgit2 takes from its surroundings: the
/// configuration of system, user and machine. Also that it checks each object against its name:
/// `object` does that, for every object that anything here rests on. Nor does it keep trees: a
/// change reads each once, and landings keep their own.
///
/// The check of who owns the directory is off: it guards against programs that a foreign
/// configuration would start, and nothing here starts a program or writes. Partial clones are let
/// in (libgit2 knows no promisor remotes), so that what is missing from them becomes a gap with its
/// name and not one dead end.
///
/// # Errors
/// libgit2 refuses an option.
pub fn neutralise() -> Result<(), git2::Error> {
    static DONE: OnceLock<Result<(), String>> = OnceLock::new();
    git2::opts::strict_hash_verification(false);
    DONE.get_or_init(|| set_options().map_err(|error| error.message().to_string()))
        .clone()
        .map_err(|message| git2::Error::from_str(&message))
}

#[allow(unsafe_code, reason = "libgit2 keeps these options in global variables")]
fn set_options() -> Result<(), git2::Error> {
    let levels = [ConfigLevel::ProgramData, ConfigLevel::System, ConfigLevel::XDG, ConfigLevel::Global];
    // SAFETY: these functions write global variables of libgit2 and must not run beside each other
    // or beside another use of libgit2. The only caller runs this once, under a lock, before it
    // opens the first repository of the process; any other code that uses git2 in this program
    // calls `neutralise` first.
    unsafe {
        for level in levels {
            git2::opts::set_search_path(level, "")?;
        }
        git2::opts::set_cache_object_limit(ObjectType::Tree, 0)?;
        git2::opts::set_extensions(&["partialclone"])?;
        git2::opts::set_verify_owner_validation(false)
    }
}

/// How complete a clone claims to be. It words the remedy; what is missing is found out by reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloneKind {
    /// It has a `shallow` file.
    Shallow,
    /// It has a promisor remote.
    Partial,
    /// It claims to be whole.
    Full,
}

impl CloneKind {
    /// The kind of an open repository.
    pub fn of(git: &git2::Repository) -> Self {
        if git.commondir().join("shallow").exists() {
            return CloneKind::Shallow;
        }
        let partial = git.config().and_then(|config| config.get_string("extensions.partialclone")).is_ok();
        if partial || has_promisor_pack(git) { CloneKind::Partial } else { CloneKind::Full }
    }

    /// What it is, for a sentence.
    pub fn describe(self) -> &'static str {
        match self {
            CloneKind::Shallow => "this clone, which is shallow",
            CloneKind::Partial => "this clone, which is partial",
            CloneKind::Full => "this repository",
        }
    }

    /// What would bring a missing object.
    pub fn remedy(self) -> &'static str {
        match self {
            CloneKind::Shallow => {
                "Fetch the whole history: `fetch-depth: 0` for actions/checkout, `git fetch --unshallow` elsewhere"
            }
            CloneKind::Partial => {
                "Clone without `--filter` (`filter` of actions/checkout), or fetch the missing objects with `git fetch --refetch --no-filter`"
            }
            CloneKind::Full => "Fetch the commit that it belongs to; if it stays missing, clone again",
        }
    }
}

/// Packs from a promisor remote have a file `….promisor` beside them (gitformat-pack(5),
/// partial-clone).
fn has_promisor_pack(git: &git2::Repository) -> bool {
    let Ok(entries) = std::fs::read_dir(git.commondir().join("objects/pack")) else { return false };
    entries.flatten().any(|entry| entry.path().extension().is_some_and(|ending| ending == "promisor"))
}

/// Why this repository is not to be trusted at all. libgit2 and git read `info/grafts` in place of
/// the parents that commits name. We do not, but a person who looks at the change with git would
/// see another history than we.
pub fn distrust(git: &git2::Repository) -> Option<Gap> {
    let places = [git.path(), git.commondir()].map(|directory| directory.join("info/grafts"));
    places.into_iter().find(|place| may_graft(place)).map(|place| grafted_history(&place))
}

/// Blank is harmless, absent is harmless; what cannot be read may hold anything.
fn may_graft(place: &Path) -> bool {
    match std::fs::read(place) {
        Ok(bytes) => !bytes.trim_ascii().is_empty(),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}

fn grafted_history(place: &Path) -> Gap {
    Gap::new(
        "the history of the repository",
        GapReason::Untrusted,
        format!("`{}` replaces parents of commits", place.display()),
        "Remove the file `info/grafts` from the git directory, or judge a fresh clone",
    )
}
