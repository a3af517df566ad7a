//! What git shows of a change, put together.

use crate::commit_facts::read_commit;
use crate::content;
use crate::governs;
use crate::graph::{Graph, Relation};
use crate::landing;
use crate::object::{Objects, object_name, parse_oid, revision_of};
use crate::overlay::Overlay;
use crate::parallel::Readers;
use crate::pattern::Patterns;
use crate::rename::{ChangedPair, ChangedSide, PairLink, pair_changes};
use crate::similarity::Similarity;
use crate::test_source;
use crate::tree_diff::{Item, TreeChange, diff_trees, diff_trees_within};
use crate::walk_budget::WalkBudget;
use git2::Oid;
use portcullis_model::change::{
    Basis, Change, Commit, Entry, EntryKind, FileChange, FileStatus, Revision, Updates,
};
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::inquiry::{Inquiry, Topic};
use portcullis_model::path::RepoPath;
use portcullis_model::test_source::TestSources;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// A link whose target is longer than this is none that a system would follow, in bytes.
const LINK_LIMIT: usize = 64 * 1024;

/// Of more merge bases than this every difference counts.
const BASES_LIMIT: usize = 128;

/// Reading fewer patterns takes no longer than starting a thread.
const MANY: usize = 8;

/// Reads a change.
pub fn read<'r>(
    objects: &Objects<'r>,
    readers: &Readers<'r>,
    base: &Revision,
    head: &Revision,
    inquiry: &Inquiry,
) -> Result<Change, Gap> {
    let (from, to) = (parse_oid(base.as_str())?, parse_oid(head.as_str())?);
    let asked = ChangeQuery::of(inquiry);
    let tree = objects.tree_of(to)?;
    let reader = ChangeReader { readers: Some(readers), ..ChangeReader::new(objects, &asked, tree) };
    let (compared, updates) = reader.compare_beside(readers, from, to);
    let Compared { relation, is_on_line, pairs } = compared?;
    let commits: Vec<Commit> =
        relation.range.iter().map(|id| read_commit(objects, *id)).collect::<Result<_, _>>()?;
    let mut updates = updates.unwrap_or_else(|| landing::updates(objects, from, to));
    if inquiry.topics.contains(&Topic::Reviews) {
        updates.earlier = earlier_updates(objects, from, head, &commits, &updates)?;
    }
    Ok(Change {
        base: base.clone(),
        head: head.clone(),
        merge_bases: relation.merge_bases.iter().map(|id| revision_of(*id)).collect::<Result<_, _>>()?,
        commits,
        test_sources: reader.test_sources(&pairs).into(),
        files: reader.file_changes(pairs)?,
        on_the_way: reader.on_the_way(&relation).into(),
        updates,
        landing_tree: None,
        basis: if is_on_line { Ok(Basis::FirstParent) } else { landing::basis(objects, from, to) }.into(),
    })
}

/// Clean merges of the base further down in the change, on which work went on.
fn earlier_updates(
    objects: &Objects<'_>,
    base: Oid,
    head: &Revision,
    commits: &[Commit],
    newest: &Updates,
) -> Result<Vec<Revision>, Gap> {
    let is_open = |one: &&Commit| one.parents.len() == 2 && one.id != *head && !newest.reach(&one.id);
    let merges = commits.iter().filter(is_open).map(|one| parse_oid(one.id.as_str()));
    let merges: Vec<Oid> = merges.collect::<Result<_, _>>()?;
    if merges.is_empty() {
        return Ok(Vec::new());
    }
    let earlier = landing::updates_among(objects, base, &merges).into_iter().map(revision_of);
    let mut earlier: Vec<Revision> = earlier.collect::<Result<_, _>>()?;
    earlier.sort();
    Ok(earlier)
}

/// What one commit changes against its first parent; the first commit of a history, against
/// nothing.
pub fn of_commit(
    objects: &Objects<'_>,
    commit: &Revision,
    inquiry: &Inquiry,
) -> Result<Vec<FileChange>, Gap> {
    let header = objects.header(parse_oid(commit.as_str())?)?;
    let before = header.parents.first().map(|parent| objects.tree_of(*parent)).transpose()?;
    let pairs = pair_changes(
        &Similarity::new(Overlay::over(objects)),
        diff_trees(objects, before, Some(header.tree))?,
    );
    ChangeReader::new(objects, &ChangeQuery::of(inquiry), header.tree)
        .file_changes(pairs.into_iter().collect())
}

/// What adding a path as it is at a commit would change; `None` when nothing stands there.
pub fn of_path(
    objects: &Objects<'_>,
    at: &Revision,
    path: &RepoPath,
    inquiry: &Inquiry,
) -> Result<Option<FileChange>, Gap> {
    let tree = objects.tree_of(parse_oid(at.as_str())?)?;
    let found = diff_trees(objects, None, Some(tree))?.into_iter().find(|one| one.path == path.as_bytes());
    let asked = ChangeQuery::of(inquiry);
    found
        .map(|one| ChangeReader::new(objects, &asked, tree).file_change(&ChangedPair::in_place(one)))
        .transpose()
}

/// What is asked, by all threads that answer.
struct ChangeQuery<'i> {
    inquiry: &'i Inquiry,
    /// Read for the first file that needs them, if not before.
    patterns: OnceLock<Result<Patterns, Gap>>,
}

impl<'i> ChangeQuery<'i> {
    fn of(inquiry: &'i Inquiry) -> Self {
        ChangeQuery { inquiry, patterns: OnceLock::new() }
    }

    fn patterns(&self) -> Result<&Patterns, Gap> {
        let patterns = self.patterns.get_or_init(|| Patterns::parse(&self.inquiry.patterns));
        patterns.as_ref().map_err(Gap::clone)
    }

    /// Are there so many that reading them takes longer than starting a thread?
    fn are_many(&self) -> bool {
        self.inquiry.patterns.len() >= MANY
    }
}

/// How two commits lie to each other, and what differs.
struct Compared {
    relation: Relation,
    /// Is the merge base a former tip of the base branch, or does the head bring nothing?
    is_on_line: bool,
    pairs: BTreeSet<ChangedPair>,
}

struct ChangeReader<'o, 'r, 'i> {
    objects: &'o Objects<'r>,
    asked: &'i ChangeQuery<'i>,
    /// The tree of the head.
    tree: Oid,
    /// For a second thread, where contents are asked for.
    readers: Option<&'o Readers<'r>>,
}

impl<'o, 'r, 'i> ChangeReader<'o, 'r, 'i> {
    fn new(objects: &'o Objects<'r>, asked: &'i ChangeQuery<'i>, tree: Oid) -> Self {
        ChangeReader { objects, asked, tree, readers: None }
    }

    /// Compares the two. Beside it a second thread reads the patterns if they are many, and if the
    /// head is a merge, what it updates: that takes a walk of its own.
    fn compare_beside(
        &self,
        readers: &Readers<'_>,
        base: Oid,
        head: Oid,
    ) -> (Result<Compared, Gap>, Option<Updates>) {
        let (asked, compare) = (self.asked, || self.compare(base, head));
        let is_merge = self.objects.header(head).is_ok_and(|header| header.parents.len() == 2);
        if !is_merge && !asked.are_many() {
            return (compare(), None);
        }
        let (compared, updates) = readers.beside(compare, |objects| {
            // What is wrong with them is said where they are needed.
            drop(asked.patterns());
            is_merge.then(|| landing::updates(objects, base, head))
        });
        (compared, updates.flatten())
    }

    fn compare(&self, base: Oid, head: Oid) -> Result<Compared, Gap> {
        let mut graph = Graph::new(self.objects);
        let relation = graph.relate(base, head)?;
        let is_on_line = match relation.merge_bases.as_slice() {
            _ if relation.range.is_empty() => true,
            [one] => graph.is_on_line(base, *one)?,
            several => several.is_empty(),
        };
        let pairs = self.pairs(&relation, base, head)?;
        Ok(Compared { relation, is_on_line, pairs })
    }

    /// Over every merge base; without one, from the empty tree.
    fn pairs(&self, relation: &Relation, base: Oid, head: Oid) -> Result<BTreeSet<ChangedPair>, Gap> {
        let after = self.objects.tree_of(head)?;
        let mut before: BTreeSet<Option<Oid>> = BTreeSet::new();
        for base in &relation.merge_bases {
            before.insert(Some(self.objects.tree_of(*base)?));
        }
        if before.is_empty() {
            before.insert(None);
        }
        let stays = if before.len() > 1 { self.what_stays(&before, base, head)? } else { BTreeSet::new() };
        let mut pairs = BTreeSet::new();
        for tree in before {
            let mut changes = diff_trees(self.objects, tree, Some(after))?;
            changes.retain(|one| !stays.contains(&one.path));
            pairs.extend(pair_changes(&Similarity::new(Overlay::over(self.objects)), changes));
        }
        Ok(pairs)
    }

    /// What the change has from commits that have landed, and would leave alone: the paths that are
    /// in one of the merge bases as in the head, and that merging leaves as the base branch has
    /// them. None where merging needs a person, and where the base branch holds commits without
    /// their content.
    fn what_stays(
        &self,
        before: &BTreeSet<Option<Oid>>,
        base: Oid,
        head: Oid,
    ) -> Result<BTreeSet<Vec<u8>>, Gap> {
        if before.len() > BASES_LIMIT {
            return Ok(BTreeSet::new());
        }
        let after = self.objects.tree_of(head)?;
        let paths = |old, new| -> Result<BTreeSet<Vec<u8>>, Gap> {
            Ok(diff_trees(self.objects, old, Some(new))?.into_iter().map(|one| one.path).collect())
        };
        let mut somewhere = BTreeSet::new();
        let mut everywhere: Option<BTreeSet<Vec<u8>>> = None;
        for tree in before {
            let differing = paths(*tree, after)?;
            somewhere.extend(differing.iter().cloned());
            everywhere = Some(everywhere.map_or(differing.clone(), |known| &known & &differing));
        }
        let mut stays = &somewhere - &everywhere.unwrap_or_default();
        if stays.is_empty() {
            return Ok(stays);
        }
        // Whatever keeps it from being recomputed leaves everything in.
        let lands = landing::basis(self.objects, base, head)
            .and_then(|_| landing::paths_merged(self.objects, base, head));
        let Ok(Some(lands)) = lands else { return Ok(BTreeSet::new()) };
        stays.retain(|path| !lands.contains(path));
        // Of a change that would bring nothing, all that it holds is shown.
        Ok(if stays == somewhere { BTreeSet::new() } else { stays })
    }

    fn test_sources(&self, pairs: &BTreeSet<ChangedPair>) -> Result<TestSources, Gap> {
        if self.asked.inquiry.tests.is_empty() {
            return Err(Gap::not_asked(
                "what is taken away from test sources",
                "Name the `tests` of a suite in the policy",
            ));
        }
        test_source::read(self.objects, &self.asked.inquiry.tests, pairs.iter())
    }

    /// What each commit changes against its parent, and each merge against all of its parents.
    /// Moves are not looked for.
    fn on_the_way(&self, relation: &Relation) -> Result<Vec<FileChange>, Gap> {
        if !self.asked.inquiry.each_commit {
            return Err(Gap::not_asked(
                "the paths on the way",
                "Set `history = \"each-commit\"` in the `[branches]` of the policy",
            ));
        }
        let mut pairs = BTreeSet::new();
        let mut budget = WalkBudget::of_many("the paths on the way");
        for id in &relation.range {
            pairs.extend(self.commit_changes(&mut budget, *id)?.into_iter().map(ChangedPair::in_place));
        }
        self.file_changes(pairs)
    }

    fn commit_changes(&self, budget: &mut WalkBudget, id: Oid) -> Result<Vec<TreeChange>, Gap> {
        let header = self.objects.header(id)?;
        let mut parents = header.parents.iter();
        let first = parents.next().map(|parent| self.objects.tree_of(*parent)).transpose()?;
        let mut changes = diff_trees_within(budget, self.objects, first, Some(header.tree))?;
        for parent in parents {
            let tree = self.objects.tree_of(*parent)?;
            let others = diff_trees_within(budget, self.objects, Some(tree), Some(header.tree))?;
            let paths: BTreeSet<Vec<u8>> = others.into_iter().map(|change| change.path).collect();
            changes.retain(|change| paths.contains(&change.path));
        }
        Ok(changes)
    }

    fn file_changes(&self, pairs: BTreeSet<ChangedPair>) -> Result<Vec<FileChange>, Gap> {
        let mut by_path: BTreeMap<Vec<u8>, Vec<ChangedPair>> = BTreeMap::new();
        for pair in pairs {
            if let Some(side) = pair.new.as_ref().or(pair.old.as_ref()) {
                by_path.entry(side.path.clone()).or_default().push(pair);
            }
        }
        let pairs: Vec<ChangedPair> = by_path.into_values().flatten().collect();
        let (asked, tree) = (self.asked, self.tree);
        match self.readers.filter(|_| !self.asked.inquiry.patterns.is_empty()) {
            None => self.each(&pairs),
            Some(readers) => readers.map(self.objects, &pairs, |objects, queue| {
                let reader = ChangeReader::new(objects, asked, tree);
                queue.answer(|pairs| reader.each(pairs))
            }),
        }
    }

    fn each(&self, pairs: &[ChangedPair]) -> Result<Vec<FileChange>, Gap> {
        pairs.iter().map(|pair| self.file_change(pair)).collect()
    }

    fn file_change(&self, pair: &ChangedPair) -> Result<FileChange, Gap> {
        let entry = |side: &Option<ChangedSide>| side.as_ref().map(|side| self.entry(side)).transpose();
        let (old, new) = (entry(&pair.old)?, entry(&pair.new)?);
        let status = file_status(pair.link, old.as_ref(), new.as_ref());
        let governs = governs::read(self.objects, self.searching(), self.tree, pair);
        Ok(FileChange { status, old, new, content: self.content(pair).into(), governs })
    }

    /// The patterns, if there are any to search for.
    fn searching(&self) -> Option<&Patterns> {
        if self.asked.inquiry.patterns.is_empty() { None } else { self.asked.patterns().ok() }
    }

    fn content(&self, pair: &ChangedPair) -> Result<portcullis_model::change::Content, Gap> {
        if self.asked.inquiry.patterns.is_empty() {
            return Ok(content::unread(pair));
        }
        content::read(self.objects, self.asked.patterns()?, pair)
    }

    fn entry(&self, side: &ChangedSide) -> Result<Entry, Gap> {
        let kind = self.kind(side)?;
        Ok(Entry { path: RepoPath::new(side.path.clone()), kind, id: object_name(side.item.1)? })
    }

    fn kind(&self, side: &ChangedSide) -> Result<EntryKind, Gap> {
        match side.item.0.0 {
            0o100_644 | 0o100_664 => Ok(EntryKind::File),
            0o100_755 => Ok(EntryKind::Executable),
            0o120_000 => self.link(side).map(EntryKind::Symlink),
            0o160_000 => Ok(EntryKind::Submodule),
            _ => Err(strange_mode(side)),
        }
    }

    /// Where a link leads decides under which paths it counts, so without its target nothing can be
    /// said.
    fn link(&self, side: &ChangedSide) -> Result<Option<RepoPath>, Gap> {
        let (_, id): Item = side.item;
        let blob = self.objects.blob_up_to(id, LINK_LIMIT)?;
        Ok(blob.and_then(|blob| link_target(&side.path, blob.data())))
    }
}

fn strange_mode(side: &ChangedSide) -> Gap {
    let path = RepoPath::new(side.path.clone());
    Gap::new(
        format!("what {path} is"),
        GapReason::Untrusted,
        format!("its tree entry has the mode {:o}", side.item.0.0),
        "Commit the path again: git itself does not write this mode",
    )
}

/// Where a link leads from the directory it is in, without looking at other links on the way;
/// `None` outside the repository. A system takes the target up to the first NUL, whatever follows
/// it (symlink(2)).
fn link_target(link: &[u8], target: &[u8]) -> Option<RepoPath> {
    let target = target.split(|b| *b == 0).next().unwrap_or_default();
    if target.starts_with(b"/") {
        return None;
    }
    let mut at: Vec<&[u8]> = link.split(|b| *b == b'/').collect();
    at.pop();
    for part in target.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => at.pop().map(|_| ())?,
            name => at.push(name),
        }
    }
    Some(RepoPath::new(at.join(&b'/')))
}

fn file_status(link: PairLink, old: Option<&Entry>, new: Option<&Entry>) -> FileStatus {
    match (link, old, new) {
        (PairLink::Renamed, ..) => FileStatus::Renamed,
        (PairLink::Copied, ..) => FileStatus::Copied,
        (PairLink::Same, Some(old), Some(new)) => edit_status(old, new),
        (PairLink::Same, None, _) => FileStatus::Added,
        (PairLink::Same, Some(_), None) => FileStatus::Deleted,
    }
}

fn edit_status(old: &Entry, new: &Entry) -> FileStatus {
    if kind_class(&old.kind) != kind_class(&new.kind) {
        FileStatus::TypeChanged
    } else if old.id == new.id {
        FileStatus::ModeChanged
    } else {
        FileStatus::Modified
    }
}

fn kind_class(kind: &EntryKind) -> u8 {
    match kind {
        EntryKind::File | EntryKind::Executable => 0,
        EntryKind::Symlink(_) => 1,
        EntryKind::Submodule => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_where_their_text_says() {
        let leads =
            |link: &str, to: &str| link_target(link.as_bytes(), to.as_bytes()).map(|path| path.to_string());
        assert_eq!(leads("a/link", "../services/upload").as_deref(), Some("services/upload"));
        assert_eq!(leads("link", "./x//y/").as_deref(), Some("x/y"));
        assert_eq!(leads("a/b/link", "../..").as_deref(), Some(""));
        assert_eq!(leads("a/link", "../services/upload\0/../../x").as_deref(), Some("services/upload"));
        assert_eq!(leads("a/link", "../../x"), None);
        assert_eq!(leads("link", "/etc/passwd"), None);
        assert_eq!(leads("link", "../repository/x"), None);
    }
}
