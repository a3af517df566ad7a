//! What training providers export: read into entries for the register of people.
//!
//! Nothing here is believed of itself. An export is what its provider says, and the change of the
//! register that brings it is reviewed like any other change of the gate. Marks are never read.

pub mod badge;
pub mod csv;
pub mod xapi;

/// Largest export that is read, in bytes.
pub const LARGEST: usize = 64 * 1024 * 1024;

/// One completed course, as an export has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedTraining {
    /// Where it is in the export: "line 3".
    pub place: String,
    /// Who completed it.
    pub person: NamedPerson,
    /// The course, by its name in the policy.
    pub course: String,
    /// Who gave it.
    pub provider: Option<String>,
    /// When, as the register writes it: a moment with its offset, or a date.
    pub completed: String,
    /// The first moment at which it is no longer valid, in the same way.
    pub expires: Option<String>,
    /// Where the evidence is.
    pub evidence: Option<String>,
    /// Why it was waived, where it was.
    pub waived: Option<String>,
}

/// How an export names a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedPerson {
    /// By an address.
    Email(String),
    /// By a login on the host of the repository.
    Login(String),
    /// By an account on the host of this name.
    Account(String, String),
}

impl std::fmt::Display for NamedPerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NamedPerson::Email(name) | NamedPerson::Login(name) => write!(f, "`{name}`"),
            NamedPerson::Account(host, name) => write!(f, "`{name}` on {host}"),
        }
    }
}

/// What was read of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrainingExport {
    /// The entries, in the order of the export.
    pub entries: Vec<ImportedTraining>,
    /// What was passed over, with its place and the reason, one sentence each.
    pub passed_over: Vec<String>,
}

/// Why a row or a statement is passed over, as the end of a sentence about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyPassedOver(pub String);

impl std::fmt::Display for WhyPassedOver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A mistake in an export or in its mapping: where, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportError {
    /// The place: "line 3"; empty where it is about the whole.
    pub place: String,
    /// What is wrong, one sentence.
    pub problem: String,
}

impl ExportError {
    fn at(place: impl Into<String>, problem: impl Into<String>) -> Self {
        ExportError { place: place.into(), problem: problem.into() }
    }
}

/// A name of a person as a cell or a claim has it: an address where it has an `@`.
fn name_person(text: &str) -> NamedPerson {
    if text.contains('@') {
        NamedPerson::Email(text.to_string())
    } else {
        NamedPerson::Login(text.to_string())
    }
}
