//! What another program states of a change in another version control system than git.
//!
//! Nothing of it was observed: it is as good as the exporter, and as the way that its file took.
//! Every output of a decision that rests on it says so.

use crate::change::Revision;
use crate::digest::Digest;
use crate::host::{
    AccountConventions, CodeOwnersConventions, CodeOwnersDialect, HostConventions, ProtectionAdvice,
    TeamForm, compile_globs,
};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// The kind of host of facts that were read from an evidence file.
pub const ASSERTED: &str = "asserted";

/// Who states the facts, and of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// The program that wrote the evidence file, by its own account.
    pub exporter: NamedProgram,
    /// The version control system, by the account of the exporter.
    pub system: NamedProgram,
    /// When the file was written, by the account of the exporter.
    pub exported: Timestamp,
    /// The digest of the file.
    pub digest: Digest,
    /// What the system calls each revision that facts and findings name.
    pub revisions: BTreeMap<Revision, String>,
}

/// A program and its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedProgram {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl std::fmt::Display for NamedProgram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

impl Assertion {
    /// The words that every output shows.
    pub fn label(&self) -> String {
        format!("asserted by {} from {}, not observed by Portcullis", self.exporter, self.system)
    }

    /// What the system calls a revision.
    pub fn name_of<'a>(&'a self, revision: &'a Revision) -> &'a str {
        self.revisions.get(revision).map_or(revision.as_str(), String::as_str)
    }

    /// Replaces the digests of revisions with the names that the system has for them.
    pub fn speak_plainly(&self, text: &mut String) {
        for (revision, name) in &self.revisions {
            if revision.as_str() != name && text.contains(revision.short()) {
                *text = text.replace(revision.as_str(), name).replace(revision.short(), name);
            }
        }
    }
}

/// The name by which facts call a revision of another system: its own where it is a whole hash, as
/// of Fossil or Mercurial; else a digest of it and of its repository, so that revision 14 of one
/// repository is none of another.
pub fn revision_of(system: &str, repository: &str, id: &str) -> Revision {
    let text = ["portcullis revision", system, repository, id].join("\0");
    Revision::try_from(id.to_string()).unwrap_or_else(|_| Digest::of(text.as_bytes()).into())
}

static CONVENTIONS: LazyLock<Arc<HostConventions>> = LazyLock::new(|| {
    Arc::new(HostConventions {
        name: "the other version control system".to_string(),
        // Its hooks and settings are on its server, and in no revision.
        workflow_files: Vec::new(),
        code_owners: CodeOwnersConventions {
            places: compile_globs(&[".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"]),
            dialect: CodeOwnersDialect::Github,
        },
        accounts: AccountConventions {
            no_reply: None,
            web_committer: None,
            application_suffix: None,
            administrator_role: None,
        },
        teams: TeamForm::Text,
        advice: advice(),
        without_requests: false,
    })
});

/// Those of every system whose facts are asserted.
pub fn asserted_conventions() -> Arc<HostConventions> {
    Arc::clone(&CONVENTIONS)
}

fn advice() -> ProtectionAdvice {
    let rules = [
        ("change-request", "have the server take only changes that were proposed and judged before"),
        ("approvals", "have the server ask for {count} or more approvals"),
        ("dismiss-stale", "have the server count only approvals of the newest revision"),
        ("code-owners", "have the server ask for the owners of files"),
        ("last-push-approval", "have the server ask for an approval by someone else than the last committer"),
        ("conversation-resolution", "have the server ask that every conversation is resolved"),
        ("check", "have the server ask for the check `{check}`"),
        ("up-to-date", "have the server take only changes of the newest revision"),
        ("no-force-push", "have the server keep every revision"),
        ("no-deletion", "have the server refuse the deletion of the branch"),
        ("signed-commits", "have the server take only signed revisions"),
        ("linear-history", "have the server refuse merges"),
    ];
    ProtectionAdvice {
        rules: rules.map(|(rule, what)| (rule.to_string(), what.to_string())).into(),
        place: "for {branch}, and have the exporter state that it holds".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_revision_of_one_repository_only() {
        let of = |repository| revision_of("Subversion", repository, "r14");
        assert_eq!(of("a"), of("a"));
        assert_ne!(of("a"), of("b"));
        assert_ne!(of("a"), revision_of("Subversion", "a", "r1"));
        let hash = "5e4d3c2b1a000000000000000000000000000000";
        assert_eq!(revision_of("Fossil", "a", hash).as_str(), hash);
    }

    #[test]
    fn sentences_name_revisions_as_their_system_does() {
        let revision = revision_of("Subversion", "a", "r14");
        let mut text = format!("given on {}, that is {revision}", revision.short());
        let program = || NamedProgram { name: "x".into(), version: "1".into() };
        let assertion = Assertion {
            exporter: program(),
            system: program(),
            exported: Timestamp::UNIX_EPOCH,
            digest: Digest::of(b""),
            revisions: [(revision, "r14".to_string())].into(),
        };
        assertion.speak_plainly(&mut text);
        assert_eq!(text, "given on r14, that is r14");
    }
}
