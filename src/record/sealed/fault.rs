//! What can be wrong with a sealed decision, in words for people.

use portcullis_wire::sealed::v1::VERSION;

/// Why a file is no sealed decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotSealed {
    /// It is not of the form.
    Form(String),
    /// Another version of the form.
    Version(u64),
    /// A decision that cannot be put into one; why.
    Decision(String),
}

/// Why a decision was not taken again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// Its facts were left out.
    Omitted,
    /// Nothing could be gathered when it was made.
    Nothing,
    /// Its facts or its policy cannot be read, or nothing can be judged by them; why.
    Unreadable(String),
}

impl std::fmt::Display for NotSealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NotSealed::Form(error) => write!(f, "it is not a sealed decision: {error}"),
            NotSealed::Decision(error) => write!(f, "the decision cannot be sealed: {error}"),
            NotSealed::Version(version) => {
                write!(f, "it is a sealed decision of schema {version}, and this program reads {VERSION}")
            }
        }
    }
}

impl std::error::Error for NotSealed {}

/// Something that does not hold together. It holds texts from outside as they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SealFault {
    /// From this line on, the file is not as the program writes it.
    Altered(usize),
    /// The seal is not the digest of the lines before it.
    Seal,
    /// The digest of this member is not that of its text.
    Digest(String),
    /// The decision is not of the form of one.
    DecisionUnreadable(String),
    /// The file says something else of this than its decision.
    Disagree(&'static str),
    /// The file says something else of this than its facts.
    FactsDisagree(&'static str),
    /// Without policy and facts nothing but an undetermined decision can be made.
    NoBasis,
}

impl std::fmt::Display for SealFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SealFault::Altered(line) => {
                write!(
                    f,
                    "line {line} is not as the program writes it: something was changed, added or cut off"
                )
            }
            SealFault::Seal => f.write_str("`seal` is not the SHA-256 of the lines before it"),
            SealFault::Digest(member) => write!(f, "`{member}`: its text does not have its digest"),
            SealFault::DecisionUnreadable(error) => write!(f, "`decision` cannot be read: {error}"),
            SealFault::Disagree(member) => write!(f, "`{member}` and the decision say different things"),
            SealFault::FactsDisagree(member) => write!(f, "`{member}`: the facts say something else"),
            SealFault::NoBasis => {
                f.write_str("`policy` or `facts` is missing, and without them nothing can be decided")
            }
        }
    }
}
