//! Many repositories at once: what their host says of each, how each is judged, and the rounds in
//! which that is kept.

use crate::change::{BranchName, Revision};
use crate::digest::Digest;
use crate::fact::Fact;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A repository, as the list of its organisation has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListedRepository {
    /// As its host names it.
    pub name: String,
    /// Can no one write to it any more?
    pub archived: bool,
    /// Its topics.
    pub topics: Vec<String>,
}

/// What is asked about each repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyQuestion {
    /// Paths of files whose texts are wanted, at the tip of the default branch.
    pub texts: Vec<String>,
    /// The beginning of the refs that deployment records are below.
    pub records: String,
}

/// What a host says of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositorySurvey {
    /// The default branch; `None` where the repository has no commit.
    pub branch: Option<BranchName>,
    /// Can no one write to it any more?
    pub archived: bool,
    /// The texts that were asked for, by path; `None` where there is no such file.
    pub texts: BTreeMap<String, Fact<Option<String>>>,
    /// The newest deployment record of each environment.
    pub records: Fact<Vec<SurveyedRecord>>,
    /// What changes whenever the protection of the default branch does. `None` where the host does
    /// not show all of it, so that only a look tells.
    pub mark: Option<ProtectionMark>,
}

/// What changes whenever the protection of a branch does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtectionMark {
    /// The SHA-256 of what the host says of it in short.
    pub digest: Digest,
    /// Does that say anything of classic protection?
    pub shows_classic: bool,
}

/// The newest record of an environment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SurveyedRecord {
    /// The name of the ref behind the prefix that was asked for.
    pub name: String,
    /// The commit that it points to.
    pub commit: Revision,
    /// When that commit says that it was made.
    pub time: Timestamp,
}

/// How many more requests a host answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestBudget {
    /// So many.
    pub remaining: u64,
    /// From when on it answers more.
    pub resets: Timestamp,
}

/// How a repository does by one column of the matrix, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FleetVerdict {
    /// Nothing asks for it here.
    Exempt,
    /// It holds.
    Met,
    /// It could not be seen.
    Unproven,
    /// It does not hold.
    Broken,
}

impl FleetVerdict {
    /// All, from the best to the worst.
    pub const ALL: [FleetVerdict; 4] =
        [FleetVerdict::Exempt, FleetVerdict::Met, FleetVerdict::Unproven, FleetVerdict::Broken];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            FleetVerdict::Exempt => "exempt",
            FleetVerdict::Met => "met",
            FleetVerdict::Unproven => "unproven",
            FleetVerdict::Broken => "broken",
        }
    }
}

/// One thing that was found of a repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FleetFinding {
    /// How it is.
    pub verdict: FleetVerdict,
    /// What it is about: a branch and a rule, a file, an environment.
    pub subject: String,
    /// Why, in one sentence.
    pub reason: String,
    /// What to do; `None` where there is nothing to do.
    pub remedy: Option<String>,
}

/// How a repository does by one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetStanding {
    /// The column.
    pub column: String,
    /// The worst of what was found.
    pub verdict: FleetVerdict,
    /// The time of the round since which it is this verdict.
    pub since: Timestamp,
    /// What was found; empty where nothing asks for it.
    pub findings: Vec<FleetFinding>,
}

/// A repository of a fleet, as a round found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetItem {
    /// The version of its form.
    pub schema: u32,
    /// As its host names it.
    pub repository: String,
    /// The default branch; `None` where it could not be seen, or there is none.
    pub branch: Option<BranchName>,
    /// When the protection of that branch was looked at; `None`: never.
    pub looked: Option<Timestamp>,
    /// The mark of that look. While it is the same, the look holds.
    pub mark: Option<Digest>,
    /// The digest of the policy that the protection is judged by: that of the repository, or the
    /// house policy where it has none that is valid.
    pub policy: Option<Digest>,
    /// One for each column, in the order of the matrix.
    pub standings: Vec<FleetStanding>,
}

impl FleetItem {
    /// The worst of all columns.
    pub fn verdict(&self) -> FleetVerdict {
        self.standings.iter().map(|one| one.verdict).max().unwrap_or(FleetVerdict::Unproven)
    }

    /// How it does by a column.
    pub fn standing(&self, column: &str) -> Option<&FleetStanding> {
        self.standings.iter().find(|one| one.column == column)
    }
}

/// Which repositories a round is about, as a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetScope {
    /// The kind of host.
    pub host: String,
    /// The organisation whose repositories are listed; `None` where a file lists them.
    pub organisation: Option<String>,
    /// The SHA-256 of the names of the file that lists them; `None` in rounds of earlier versions,
    /// and where an organisation is listed.
    pub list: Option<Digest>,
    /// Patterns of their names, of which one has to match; empty: any name.
    pub names: Vec<String>,
    /// Topics, of which one has to be there; empty: any.
    pub topics: Vec<String>,
    /// Do archived repositories count too?
    pub archived: bool,
    /// The share of this round, as `2/8`; `None`: all.
    pub shard: Option<String>,
}

/// One round over a fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetRound {
    /// The version of its form.
    pub schema: u32,
    /// 1 for the first, and one more for each after it.
    pub number: u64,
    /// The SHA-256 of the `round.json` before this one; `None` in the first of a year.
    pub previous: Option<Digest>,
    /// When it began, by the clock of the machine that asked; in whole seconds.
    pub time: Timestamp,
    /// Which repositories it is about.
    pub scope: FleetScope,
    /// The digest of the house policy; `None` where none was given.
    pub house: Option<Digest>,
    /// Why the list of repositories may lack some; `None`: it was seen whole.
    pub unlisted: Option<String>,
    /// The file of each repository, with the SHA-256 of its bytes.
    pub items: BTreeMap<String, Digest>,
    /// The program that asked, with its version.
    pub tool: String,
}
