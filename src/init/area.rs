//! The areas that are proposed.

use crate::cover::CoveredFiles;

/// What the code of an area does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AreaKind {
    /// Changes the shape of what is stored.
    Migrations,
    /// Moves records in batches.
    Pipelines,
    /// Handles records one by one, elsewhere than where they came in.
    Messages,
    /// Defines stored records, and writes them.
    Storage,
    /// Names fields that look like personal data.
    Personal,
}

impl AreaKind {
    /// Every kind, in the order of a policy.
    pub const ALL: [AreaKind; 5] = [
        AreaKind::Migrations,
        AreaKind::Pipelines,
        AreaKind::Messages,
        AreaKind::Storage,
        AreaKind::Personal,
    ];

    /// The name that a policy gives to the area.
    pub fn name(self) -> &'static str {
        match self {
            AreaKind::Migrations => "migrations",
            AreaKind::Pipelines => "pipelines",
            AreaKind::Messages => "messages",
            AreaKind::Storage => "storage",
            AreaKind::Personal => "personal-data",
        }
    }

    /// What its code does.
    pub fn purpose(self) -> &'static str {
        match self {
            AreaKind::Migrations => "Changes the shape of the stored records",
            AreaKind::Pipelines => "Moves and transforms records in batches",
            AreaKind::Messages => "Handles records in messages and background jobs",
            AreaKind::Storage => "Defines the stored records and writes them",
            AreaKind::Personal => "Handles fields that look like personal data by their names",
        }
    }
}

/// A line of an area: a glob, or a pattern of lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposedRule {
    /// As the policy writes it.
    pub rule: String,
    /// Why: the tool, and what its files are.
    pub reasons: Vec<String>,
    /// The files that showed it, sorted.
    pub files: Vec<String>,
    /// Is it written, or only shown as a comment?
    pub sure: bool,
}

impl ProposedRule {
    /// One of its files.
    pub fn example(&self) -> &str {
        self.files.first().map_or("", String::as_str)
    }
}

/// An area that is proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposedArea {
    /// Its kind.
    pub kind: AreaKind,
    /// Globs of paths.
    pub paths: Vec<ProposedRule>,
    /// Patterns of lines.
    pub content: Vec<ProposedRule>,
    /// Files that showed a tool and that no rule covers, because there would be too many rules.
    pub left_over: CoveredFiles,
}

impl ProposedArea {
    /// Has it a rule that is written?
    pub fn is_sure(&self) -> bool {
        self.paths.iter().chain(&self.content).any(|rule| rule.sure)
    }
}
