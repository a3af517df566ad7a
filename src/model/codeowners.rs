//! CODEOWNERS: who owns which files of a repository.
//!
//! Each kind of host reads the file in a way of its own. A dialect is a file here that implements
//! `OwnerRules`, and a line in [`CodeOwners::parse`].
//!
//! A path can be owned, explicitly unowned, or matched by no line; these are three different
//! things. A line that cannot be read owns nothing, and whoever wrote it meant to say something
//! about some paths: such lines are kept ([`CodeOwners::doubt`]).

use crate::host::CodeOwnersDialect;
use crate::path::RepoPath;
use crate::person::{Login, TeamName};
use std::borrow::Cow;
use std::collections::BTreeSet;

mod gitea;
mod github;
mod gitlab;

pub use github::SIZE_LIMIT;

/// A parsed file.
#[derive(Debug)]
pub struct CodeOwners(Box<dyn OwnerRules>);

/// A file as one dialect reads it.
trait OwnerRules: std::fmt::Debug {
    /// The lines that the host skips, or reads otherwise than they look, in their order.
    fn invalid(&self) -> &[InvalidLine];

    /// Who owns a path, by what the host makes of the file.
    fn owners(&self, path: &RepoPath) -> Ownership<'_>;

    /// A line for which the owners of a path may be others than were intended.
    fn doubt(&self, path: &RepoPath) -> Option<&InvalidLine>;
}

/// A line that owns nothing because it cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidLine {
    /// Counted from 1.
    pub line: u64,
    /// What is wrong.
    pub reason: String,
}

/// An owner.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// `@login`
    User(Login),
    /// `@organisation/team`
    Team(TeamName),
    /// `@name` where the host keeps accounts and groups under one kind of name, and it may be
    /// either.
    UserOrTeam(TeamName),
    /// Everyone who has a role in the repository. The host's adapter knows who that is by the name
    /// of the team, which begins with `@@`.
    Role(TeamName),
    /// An address.
    Email(String),
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Owner::User(login) => write!(f, "@{login}"),
            Owner::Team(team) | Owner::UserOrTeam(team) => write!(f, "@{team}"),
            Owner::Role(role) => write!(f, "{role}"),
            Owner::Email(address) => f.write_str(address),
        }
    }
}

/// Who owns a path. Three different things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ownership<'a> {
    /// Lines name owners. Each demand has to be met on its own: there is one for each section of
    /// a dialect that has sections.
    Owned(Vec<OwnerDemand<'a>>),
    /// The line that decides names nobody.
    Unowned {
        /// That line, counted from 1.
        line: u64,
    },
    /// No line matches.
    Unmatched,
}

/// Owners, some of whom have to approve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerDemand<'a> {
    /// The lines that name them.
    pub lines: OwnerLines,
    /// The owners.
    pub owners: Cow<'a, [Owner]>,
    /// How many of them have to approve: 1 or more.
    pub approvals: u64,
    /// The section that the lines are in, where the dialect has sections and it has a name.
    pub section: Option<&'a str>,
}

impl<'a> OwnerDemand<'a> {
    /// The approval of one of the owners that a single line names.
    pub fn of_line(line: u64, owners: &'a [Owner]) -> Self {
        let owners = Cow::Borrowed(owners);
        OwnerDemand { lines: OwnerLines(vec![line]), owners, approvals: 1, section: None }
    }
}

/// The lines that decide over a path, counted from 1: one, but where the owners of several add up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OwnerLines(pub Vec<u64>);

impl std::fmt::Display for OwnerLines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let noun = if self.0.len() == 1 { "line" } else { "lines" };
        let lines: Vec<String> = self.0.iter().map(u64::to_string).collect();
        write!(f, "{noun} {}", lines.join(", "))
    }
}

impl CodeOwners {
    /// Parses a whole file; see [`CodeOwners::invalid`] for what was skipped.
    pub fn parse(text: &str, dialect: CodeOwnersDialect) -> Self {
        CodeOwners(match dialect {
            CodeOwnersDialect::Github => Box::new(github::GithubOwners::parse(text)),
            CodeOwnersDialect::Gitlab => Box::new(gitlab::GitlabOwners::parse(text)),
            CodeOwnersDialect::Gitea => Box::new(gitea::GiteaOwners::parse(text)),
        })
    }

    /// Lines that the host skips, or reads otherwise than they look.
    pub fn invalid(&self) -> &[InvalidLine] {
        self.0.invalid()
    }

    /// Who owns this path.
    pub fn owners(&self, path: &RepoPath) -> Ownership<'_> {
        self.0.owners(path)
    }

    /// A line for which [`CodeOwners::owners`] is the host's answer and perhaps not the one that
    /// was intended.
    pub fn doubt(&self, path: &RepoPath) -> Option<&InvalidLine> {
        self.0.doubt(path)
    }

    /// The teams whose members may own any of these paths, each once.
    pub fn teams_of<'p>(&self, paths: impl IntoIterator<Item = &'p RepoPath>) -> BTreeSet<TeamName> {
        let mut teams = BTreeSet::new();
        for path in paths {
            let Ownership::Owned(demands) = self.owners(path) else { continue };
            let owners = demands.iter().flat_map(|demand| demand.owners.iter());
            teams.extend(owners.filter_map(Owner::team).cloned());
        }
        teams
    }
}

impl Owner {
    /// The team whose members have to be known to tell who this is.
    pub fn team(&self) -> Option<&TeamName> {
        match self {
            Owner::Team(team) | Owner::UserOrTeam(team) | Owner::Role(team) => Some(team),
            Owner::User(_) | Owner::Email(_) => None,
        }
    }
}
