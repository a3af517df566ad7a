//! Which files steer the gate, whatever the settings add: `gate-integrity` judges changes of them,
//! and `reviewed-landings` never lets unreviewed lines of them pass.

use portcullis_model::change::{Entry, EntryKind, FileChange};
use portcullis_model::facts::HostFacts;
use portcullis_model::governs::{Governor, split_path};
use portcullis_model::inquiry::Inquiry;
use portcullis_model::path::RepoPath;
use portcullis_model::waiver;
use portcullis_pattern::folded_path::FoldedPath;
use portcullis_pattern::glob::{Below, Glob};

/// Is this the policy, its waivers, a list of signers, CODEOWNERS, a workflow, or a file such as
/// `.gitattributes` that may decide how one of them is checked out? Files that only the settings of
/// a control name are not looked at.
pub fn steers_gate(host: &HostFacts, inquiry: &Inquiry, path: &RepoPath) -> bool {
    let name = FileName::of(path, false);
    let conventions = &host.conventions;
    let (owners, workflows) = (&conventions.code_owners.places[..], &conventions.workflow_files[..]);
    let settings = host.named_workflows();
    let named = inquiry.texts.keys().any(|text| name.is(&text.fold())) || name.is(&fold_waivers());
    let above = |glob: &Glob| glob.below(split_path(path).0) == Below::Named;
    let governs = Governor::of(path).is_some() && owners.iter().chain(workflows).chain(settings).any(above);
    named || governs || [owners, workflows, settings].iter().any(|globs| matches_any(globs, &name))
}

/// A name under which a file counts.
pub struct FileName<'a> {
    /// The path as the tree holds it, or as the link spells it.
    pub path: &'a RepoPath,
    folded: FoldedPath<'a>,
    /// The entry is a link or a submodule: files may lie below it that have no entries of their
    /// own.
    hides: bool,
}

impl<'a> FileName<'a> {
    fn of(path: &'a RepoPath, hides: bool) -> Self {
        FileName { path, folded: path.fold(), hides }
    }

    /// Is it the name of this file, without regard to case and Unicode form, which some file
    /// systems do not distinguish?
    pub fn is(&self, file: &FoldedPath<'_>) -> bool {
        self.folded.is_same_file(file)
    }
}

/// A changed file with every name under which it counts. They are folded once: a deployment puts
/// every path of thousands of landings to each pattern.
pub struct NamedFile<'a> {
    /// The change.
    pub file: &'a FileChange,
    /// Old, new, and where a link leads. What the file keeps comes once.
    pub names: Vec<FileName<'a>>,
}

impl<'a> NamedFile<'a> {
    /// Collects the names of a file.
    pub fn of(file: &'a FileChange) -> Self {
        let mut names: Vec<FileName<'a>> = Vec::with_capacity(2);
        for (path, hides) in file.entries().flat_map(names_of) {
            if !names.iter().any(|name| (name.path, name.hides) == (path, hides)) {
                names.push(FileName::of(path, hides));
            }
        }
        NamedFile { file, names }
    }
}

/// Every path under which an entry counts, and whether files may lie below it.
fn names_of(entry: &Entry) -> impl Iterator<Item = (&RepoPath, bool)> {
    let hides = !matches!(entry.kind, EntryKind::File | EntryKind::Executable);
    std::iter::once((&entry.path, hides)).chain(link_target(&entry.kind).map(|path| (path, false)))
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
    let below = |glob: &Glob| name.hides && glob.below(name.path.as_bytes()) == Below::Named;
    globs.iter().any(|glob| glob.matches_path(&name.folded) || below(glob))
}

/// The file of the waivers, to compare names with.
pub fn fold_waivers() -> FoldedPath<'static> {
    FoldedPath::of(waiver::PATH.as_bytes())
}
