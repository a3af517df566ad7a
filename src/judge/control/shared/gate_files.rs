//! Which files steer the gate, whatever the settings add: `gate-integrity` judges changes of them,
//! and `reviewed-landings` never lets unreviewed lines of them pass.

use portcullis_model::change::{EntryKind, FileChange};
use portcullis_model::governs::{Governor, split_path};
use portcullis_model::host::HostConventions;
use portcullis_model::inquiry::Inquiry;
use portcullis_model::path::RepoPath;
use portcullis_model::waiver;
use portcullis_pattern::glob::{Below, Glob, fold_path};

/// Is this the policy, its waivers, a list of signers, CODEOWNERS, a workflow, or a file such as
/// `.gitattributes` that may decide how one of them is checked out? Files that only the settings of
/// a control name are not looked at.
pub fn steers_gate(conventions: &HostConventions, inquiry: &Inquiry, path: &RepoPath) -> bool {
    let name = FileName { path, hides: false };
    let (owners, workflows) = (&conventions.code_owners.places, &conventions.workflow_files);
    let is_same = is_same_file(path);
    let named = inquiry.texts.keys().any(&is_same) || is_same(&RepoPath::from(waiver::PATH));
    let above = |glob: &Glob| glob.below(split_path(path).0) == Below::Named;
    let governs = Governor::of(path).is_some() && owners.iter().chain(workflows).any(above);
    named || governs || matches_any(owners, &name) || matches_any(workflows, &name)
}

/// A name under which a file counts.
pub struct FileName<'a> {
    /// The path as the tree holds it, or as the link spells it.
    pub path: &'a RepoPath,
    /// The entry is a link or a submodule: files may lie below it that have no entries of their
    /// own.
    pub hides: bool,
}

/// Every name under which a file counts: old, new, and where a link leads.
pub fn names_of(file: &FileChange) -> impl Iterator<Item = FileName<'_>> {
    file.entries().flat_map(|entry| {
        let hides = !matches!(entry.kind, EntryKind::File | EntryKind::Executable);
        let target = link_target(&entry.kind).map(|path| FileName { path, hides: false });
        std::iter::once(FileName { path: &entry.path, hides }).chain(target)
    })
}

fn link_target(kind: &EntryKind) -> Option<&RepoPath> {
    match kind {
        EntryKind::Symlink(target) => target.as_ref(),
        EntryKind::File | EntryKind::Executable | EntryKind::Submodule => None,
    }
}

/// Does one of the patterns match the name, or something that may lie below it? A link at `.config`
/// steers the gate where `.config/nextest.toml` does.
pub fn matches_any(globs: &[Glob], name: &FileName<'_>) -> bool {
    let path = name.path.as_bytes();
    globs.iter().any(|glob| glob.matches_folded(path) || name.hides && glob.below(path) == Below::Named)
}

/// Compares paths with this one, without regard to case and Unicode form, which some file systems
/// do not distinguish. The form to compare with is made once: a deployment compares every path of
/// thousands of landings.
pub fn is_same_file(file: &RepoPath) -> impl Fn(&RepoPath) -> bool + use<> {
    let file = fold_path(file.as_bytes());
    move |path| file == fold_path(path.as_bytes())
}
