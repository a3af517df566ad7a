//! What a server asks of its own repository: opened where git says it is, its settings, its
//! symbolic refs, and how two commits lie to each other.

use crate::discover::DiscoveredRepository;
use crate::graph::Graph;
use crate::object::{ObjectPlaces, object_name, parse_oid};
use crate::trust::CloneKind;
use crate::{Repository, explain_open, neutralise, tree, trust};
use anyhow::Context as _;
use git2::{ErrorCode, ObjectType, ReferenceType, RepositoryOpenFlags};
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::path::RepoPath;
use std::path::{Path, PathBuf};

/// The repository whose git directory this is, and no other.
pub(crate) fn open_git_directory(directory: &Path) -> anyhow::Result<git2::Repository> {
    let flags = RepositoryOpenFlags::NO_SEARCH | RepositoryOpenFlags::NO_DOTGIT;
    git2::Repository::open_ext(directory, flags, &[] as &[&Path])
        .map_err(|error| explain_open(directory, &error))
}

impl Repository {
    /// Opens the repository whose git directory this is, and looks nowhere else. git starts a hook
    /// there and says so (githooks(5), `GIT_DIR`), so no work tree around it can have brought it.
    ///
    /// # Errors
    /// It is no git directory, or it has a format that we cannot read.
    pub fn open_git_directory(directory: &Path) -> anyhow::Result<Self> {
        neutralise().context("libgit2 cannot be set up")?;
        let git = open_git_directory(directory)?;
        let checkout = git.workdir().map(Path::to_path_buf);
        Ok(Repository::of(DiscoveredRepository { git, checkout, outer: None }))
    }

    /// Everything around an open repository that reading it needs.
    pub(crate) fn of(found: DiscoveredRepository) -> Self {
        let DiscoveredRepository { git, checkout, outer } = found;
        let clone = CloneKind::of(&git);
        let distrust = trust::distrust(&git);
        let places = ObjectPlaces::of(&git, clone);
        Repository { git, checkout, outer, clone, places, distrust }
    }

    /// The directory that git keeps everything in.
    pub fn git_directory(&self) -> &Path {
        self.git.path()
    }

    /// The directory of its own objects.
    pub fn object_directory(&self) -> PathBuf {
        self.git.commondir().join("objects")
    }

    /// Has it no work tree?
    pub fn is_bare(&self) -> bool {
        self.git.is_bare()
    }

    /// A setting of the repository's own configuration (git-config(1)); that of the machine and of
    /// accounts is not read. `None` when it is not set there.
    ///
    /// # Errors
    /// The configuration cannot be read.
    pub fn setting(&self, name: &str) -> anyhow::Result<Option<String>> {
        let unreadable = || format!("the setting `{name}` of the repository cannot be read");
        let config = self.git.config().and_then(|mut config| config.snapshot()).with_context(unreadable)?;
        match config.get_string(name) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(anyhow::Error::new(error).context(unreadable())),
        }
    }

    /// The same as a truth value; one that is no truth value is an error.
    ///
    /// # Errors
    /// The configuration cannot be read, or the value is none of git's.
    pub fn switch(&self, name: &str) -> anyhow::Result<Option<bool>> {
        let Some(text) = self.setting(name)? else { return Ok(None) };
        let read = git2::Config::parse_bool(text.as_str());
        read.map(Some).with_context(|| format!("the setting `{name}` is no truth value: `{text}`"))
    }

    /// Every value of a setting that may be there several times, in order.
    ///
    /// # Errors
    /// The configuration cannot be read.
    pub fn settings(&self, name: &str) -> anyhow::Result<Vec<String>> {
        let config = self.git.config().and_then(|mut config| config.snapshot())?;
        let mut found = Vec::new();
        let entries = match config.multivar(name, None) {
            Ok(entries) => entries,
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(found),
            Err(error) => return Err(error.into()),
        };
        entries.for_each(|entry| found.push(entry.value().unwrap_or_default().to_string()))?;
        Ok(found)
    }

    /// Writes a setting to the repository's own configuration.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn set_setting(&self, name: &str, value: &str) -> anyhow::Result<()> {
        let mut config = self.git.config()?.open_level(git2::ConfigLevel::Local)?;
        config.set_str(name, value).with_context(|| format!("the setting `{name}` cannot be written"))
    }

    /// Adds a value to a setting that may be there several times.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn add_setting(&self, name: &str, value: &str) -> anyhow::Result<()> {
        let mut config = self.git.config()?.open_level(git2::ConfigLevel::Local)?;
        // A pattern that no value matches: nothing is replaced.
        config
            .set_multivar(name, "a^", value)
            .with_context(|| format!("the setting `{name}` cannot be written"))
    }

    /// The bytes of a blob.
    ///
    /// # Errors
    /// It is missing, or no blob.
    pub fn blob(&self, name: &ObjectName) -> Result<Vec<u8>, Gap> {
        let objects = self.trusted_objects()?;
        Ok(objects.read(parse_oid(name.as_str())?, ObjectType::Blob)?.data().to_vec())
    }

    /// The ref that a symbolic ref names, itself followed to its end; `None` where the ref is not
    /// symbolic, or there is none.
    ///
    /// # Errors
    /// It cannot be read, or leads in circles.
    pub fn symbolic_target(&self, name: &str) -> Result<Option<String>, Gap> {
        let unreadable = |detail: &str| {
            let remedy = "Check the refs of the repository on the server (`git for-each-ref`)";
            Gap::new(format!("the ref `{name}`"), GapReason::Malformed, detail, remedy)
        };
        let mut at = name.to_string();
        for _ in 0..SYMBOLIC_LIMIT {
            let reference = match self.git.find_reference(&at) {
                Ok(reference) => reference,
                Err(error) if error.code() == ErrorCode::NotFound => return Ok((at != name).then_some(at)),
                Err(error) => return Err(unreadable(error.message())),
            };
            if reference.kind() != Some(ReferenceType::Symbolic) {
                return Ok((at != name).then_some(at));
            }
            let target = reference.symbolic_target().ok().flatten();
            at = target
                .ok_or_else(|| unreadable("it is a symbolic ref without a readable target"))?
                .to_string();
        }
        Err(unreadable("it leads through too many symbolic refs"))
    }

    /// The mode and the object at a path in a commit; `None` when nothing is there.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn entry_at(&self, at: &Revision, path: &RepoPath) -> Result<Option<(u32, ObjectName)>, Gap> {
        let objects = self.trusted_objects()?;
        let tree = objects.tree_of(parse_oid(at.as_str())?)?;
        let entry = tree::entry_in(&objects, tree, path)?;
        entry.map(|(mode, id)| Ok((mode.0, object_name(id)?))).transpose()
    }

    /// Does a commit reach another one over any parents?
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn reaches(&self, tip: &Revision, one: &Revision) -> Result<bool, Gap> {
        let objects = self.trusted_objects()?;
        Graph::new(&objects).is_reached(parse_oid(one.as_str())?, &[parse_oid(tip.as_str())?])
    }

    /// Is a commit among those that lead to a tip over first parents alone? Not more than so many
    /// are looked at, from the tip down; beyond them it is not said to be there.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn is_on_line(&self, tip: &Revision, one: &Revision, most: usize) -> Result<bool, Gap> {
        let objects = self.trusted_objects()?;
        let (one, mut at) = (parse_oid(one.as_str())?, Some(parse_oid(tip.as_str())?));
        for _ in 0..most {
            match at {
                None => return Ok(false),
                Some(id) if id == one => return Ok(true),
                Some(id) => at = objects.header(id)?.parents.first().copied(),
            }
        }
        Ok(false)
    }
}

/// git follows as many (refs.c, `SYMREF_MAXDEPTH`).
const SYMBOLIC_LIMIT: usize = 5;
