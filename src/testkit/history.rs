//! A small git repository, written commit by commit without a work tree. Names and times are fixed,
//! so that the same steps give the same object names on every machine.

use anyhow::Result;
use git2::build::TreeUpdateBuilder;
use git2::{FileMode, Oid, Repository, Signature, Time};
use std::path::Path;

/// What a git directory has to hold (gitrepository-layout(5)), and nothing else: tests begin
/// thousands, and to write and delete sample hooks and reflogs takes longer than what they test.
const DIRECTORIES: [&str; 5] = ["objects/info", "objects/pack", "refs/heads", "refs/tags", "info"];

const CONFIG: &str = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tlogallrefupdates = false\n";

/// A repository under construction.
pub struct History {
    repository: Repository,
    clock: i64,
}

/// One step from a tree to the next.
#[derive(Clone, Debug)]
pub enum Edit<'a> {
    /// Write a file.
    Write(&'a str, &'a str),
    /// Write a file of bytes that are no text.
    Bytes(&'a str, &'a [u8]),
    /// Write an executable file.
    Executable(&'a str, &'a str),
    /// Write a symbolic link: path and target.
    Link(&'a str, &'a str),
    /// Write a submodule: path and the commit it points to.
    Submodule(&'a str, Oid),
    /// Remove a path.
    Remove(&'a str),
}

/// Who writes and commits, as `(name, e-mail)`.
pub type Person<'a> = (&'a str, &'a str);

impl History {
    /// Begins a repository in a directory that must be empty.
    ///
    /// # Errors
    /// Whatever libgit2 says.
    pub fn begin(directory: &Path) -> Result<Self> {
        let git = directory.join(".git");
        for part in DIRECTORIES {
            std::fs::create_dir_all(git.join(part))?;
        }
        std::fs::write(git.join("HEAD"), "ref: refs/heads/main\n")?;
        std::fs::write(git.join("config"), CONFIG)?;
        Ok(History { repository: Repository::open(directory)?, clock: 1_800_000_000 })
    }

    /// Commits the edits on top of the first parent's tree; author and committer are the same
    /// person.
    ///
    /// # Errors
    /// Whatever libgit2 says.
    pub fn commit(
        &mut self,
        person: Person<'_>,
        parents: &[Oid],
        message: &str,
        edits: &[Edit<'_>],
    ) -> Result<Oid> {
        self.commit_as(person, person, parents, message, edits)
    }

    /// Commits with an author and a committer.
    ///
    /// # Errors
    /// Whatever libgit2 says.
    pub fn commit_as(
        &mut self,
        author: Person<'_>,
        committer: Person<'_>,
        parents: &[Oid],
        message: &str,
        edits: &[Edit<'_>],
    ) -> Result<Oid> {
        let parents =
            parents.iter().map(|id| self.repository.find_commit(*id)).collect::<Result<Vec<_>, _>>()?;
        let baseline = match parents.first() {
            Some(parent) => parent.tree()?,
            None => self.repository.find_tree(self.repository.treebuilder(None)?.write()?)?,
        };
        let tree = self.repository.find_tree(self.edit(&baseline, edits)?)?;
        self.clock += 60;
        let time = Time::new(self.clock, 0);
        let author = Signature::new(author.0, author.1, &time)?;
        let committer = Signature::new(committer.0, committer.1, &time)?;
        let parents: Vec<_> = parents.iter().collect();
        Ok(self.repository.commit(None, &author, &committer, message, &tree, &parents)?)
    }

    /// Sets the clock: the next commit is a minute later than this second.
    pub fn set_clock(&mut self, second: i64) {
        self.clock = second;
    }

    fn edit(&self, baseline: &git2::Tree<'_>, edits: &[Edit<'_>]) -> Result<Oid> {
        let mut update = TreeUpdateBuilder::new();
        for edit in edits {
            match *edit {
                Edit::Write(path, text) => update.upsert(path, self.blob(text.as_bytes())?, FileMode::Blob),
                Edit::Bytes(path, bytes) => update.upsert(path, self.blob(bytes)?, FileMode::Blob),
                Edit::Executable(path, text) => {
                    update.upsert(path, self.blob(text.as_bytes())?, FileMode::BlobExecutable)
                }
                Edit::Link(path, target) => {
                    update.upsert(path, self.blob(target.as_bytes())?, FileMode::Link)
                }
                Edit::Submodule(path, commit) => update.upsert(path, commit, FileMode::Commit),
                Edit::Remove(path) => update.remove(path),
            };
        }
        Ok(update.create_updated(&self.repository, baseline)?)
    }

    fn blob(&self, bytes: &[u8]) -> Result<Oid> {
        Ok(self.repository.blob(bytes)?)
    }

    /// Points a branch to a commit.
    ///
    /// # Errors
    /// Whatever libgit2 says.
    pub fn branch(&self, name: &str, commit: Oid) -> Result<()> {
        self.repository.reference(&format!("refs/heads/{name}"), commit, true, "demo")?;
        Ok(())
    }

    /// The repository itself, for whatever else a test needs.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }
}
