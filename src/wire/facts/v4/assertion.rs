//! Who states facts that were not observed.

use crate::form::{MomentText, NamedValues, objects};
use crate::text::{CommitText, DigestText};
use portcullis_model::assertion::{Assertion, NamedProgram};

objects! {
    /// Who states facts that Portcullis did not observe: the exporter of another version control
    /// system.
    AssertionV4 = Assertion {
        /// The program that wrote the evidence file, by its own account.
        exporter: NamedProgramV4,
        /// The version control system, by the account of the exporter.
        system: NamedProgramV4,
        /// When the file was written, by the account of the exporter.
        exported: MomentText,
        /// The digest of the file.
        digest: DigestText,
        /// What the system calls its revisions, by the names that the facts give them.
        revisions: NamedValues<CommitText, String>,
    }

    /// A program and its version.
    NamedProgramV4 = NamedProgram {
        /// The name.
        name: String,
        /// The version.
        version: String,
    }
}
