//! The deployment record: one commit for each allowed decision, each on top of the one before.
//!
//! This room holds the format, and neither reads nor writes a repository: bytes in, bytes out. A
//! record lies under `refs/portcullis/deployments/<environment>`. Its commit has one parent, the
//! record before it (the first has none), and exactly these files, all of mode 100644:
//!
//! | file | holds |
//! | --- | --- |
//! | `record.json` | an [`RecordEntry`]: who, what, when, and the SHA-256 of everything else |
//! | `decision.json` | the decision, as `--format json` writes it |
//! | `facts.json` | what it rests on, as `portcullis facts` writes it |
//! | `policy.toml` | the policy that it was taken by |
//! | `signature.json` | who vouches for it, where someone signed; the only file that may be missing |
//!
//! **What holds it together.** Each `record.json` names the SHA-256 of the one before it and of the
//! files beside it, so the chain does not rest on SHA-1 alone. The commit follows from the entry to
//! the last byte (author, time, message), and its message names the SHA-256 of `record.json`.
//! Nothing can be changed, dropped, added or moved without [`verify_chain`] noticing, except by
//! replacing every record from there to the newest one.
//!
//! **What ties a record to a decision.** Facts and policy lie beside it, so the decision is taken
//! again from them, and has to be the same to the last byte (for a record of another version of the
//! program: have the same outcome and the same findings). The facts are about this candidate and
//! baseline, this environment and repository, and of the very records before this one. What git
//! shows of them, the repository shows again.
//!
//! **The earlier form** (schema 1) kept no facts. Such a record is read and shown, and never called
//! verified: nothing can be taken again. After a record that keeps its facts there is none of that
//! form.
//!
//! **Signatures.** A signature is of `record.json`, and so of everything before it. This room does
//! not verify it: its callers hand a function over, which says what the policy of the record asks.
//!
//! **Facts that were left out** (`--omit-facts`). Of such a record no one can take the decision
//! again: it has its own standing, [`RecordStanding::Omitted`], and is never called verified.
//!
//! **Sealed decisions.** [`seal_decision`] puts any decision with its policy and facts into one
//! file, and [`SealedDecision`] takes it again.
//!
//! **What it cannot show.** Where records are not signed, anyone who can write the ref can invent
//! what a host said, and write another chain. Signed or not, they can cut the chain short; only
//! what is kept elsewhere shows that: the newest record of last time, which the chain must still
//! hold. The time and the name of the recorder are self-declared. `facts.json` holds names and
//! addresses of people who wrote and reviewed, and no source code.

mod anchor;
mod chain;
mod difference;
mod entry;
mod entry_faults;
mod fault;
mod form;
mod pending;
mod rejudge;
pub mod run;
mod sealed;
pub mod snapshot;
mod stored;

pub use anchor::{Anchor, AnchoredSnapshot, AnchoredTip, MalformedAnchor, time_stamp_request};
pub use chain::{Chain, Verifier, verify_chain};
pub use difference::{Compared, DecisionDifference, compare_decisions};
pub use entry::{KeptFile, RecordEntry, RecordedBaseline, RecordedOrigin, commit_bytes};
pub use fault::{ChainProblem, Fault};
pub use pending::{Draft, PendingRecord, prepare_record};
pub use rejudge::{Compare, Judge};
pub use sealed::{
    GatheredJudge, NotSealed, NotTaken, SealDraft, SealFault, SealedDecision, is_of_same_build, read_sealed,
    seal_again, seal_decision,
};
pub use stored::{RecordLink, RecordSignature, RecordStanding, SignatureCheck, StoredEntry, StoredFile};

use portcullis_model::environment::Environment;

/// The version of `record.json`.
pub const SCHEMA: u32 = portcullis_wire::record::v2::VERSION;

/// The version whose records need not keep their facts.
pub const EARLIER: u32 = 1;

/// The refs of all environments begin so.
pub const PREFIX: &str = "refs/portcullis/deployments/";

/// The largest file of a record, in bytes. From here on git stores a file without comparing it with
/// others (`core.bigFileThreshold`), and nothing could verify the record in a reasonable time.
/// GitHub takes files of up to 100 MiB.
pub const LARGEST: usize = 512 << 20;

/// The entry.
pub const RECORD: &str = "record.json";
/// The decision.
pub const DECISION: &str = "decision.json";
/// The facts.
pub const FACTS: &str = "facts.json";
/// The policy.
pub const POLICY: &str = "policy.toml";

/// The signature.
pub const SIGNATURE: &str = "signature.json";

/// The program that seals, with its version.
pub const TOOL: &str = concat!("portcullis ", env!("CARGO_PKG_VERSION"));

/// The ref that the records of an environment lie under.
pub fn reference(environment: &Environment) -> String {
    format!("{PREFIX}{environment}")
}

#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
