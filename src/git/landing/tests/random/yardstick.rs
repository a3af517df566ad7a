//! What `git merge-tree --write-tree` (git-merge-tree(1)) makes of merges: one process for many.

use crate::landing::tests::oracle::git;
use git2::Oid;
use std::collections::BTreeSet;
use std::fmt;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

/// What a merge that is clean cannot have. (That a directory was in the way of a file that is gone,
/// it can.)
const CONTRADICTIONS: [&str; 2] =
    ["CONFLICT (rename involved in collision)", "CONFLICT (directory rename suggested)"];

/// Of one merge.
pub struct Verdict {
    pub is_clean: bool,
    /// What it leaves behind, in a conflict too.
    pub tree: Option<Oid>,
    /// What it says of conflicts: the kind, and the sentence.
    pub conflicts: Vec<(String, String)>,
}

impl Verdict {
    pub fn gives(&self, tree: Oid) -> bool {
        self.is_clean && self.tree == Some(tree)
    }

    pub fn kinds(&self) -> String {
        let kinds: BTreeSet<&str> = self.conflicts.iter().map(|(kind, _)| kind.as_str()).collect();
        kinds.into_iter().collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "git: {} {:?}", if self.is_clean { "clean" } else { "conflict" }, self.tree)?;
        self.conflicts.iter().try_for_each(|(_, text)| writeln!(out, "  {}", text.trim_end()))
    }
}

/// Of each merge: base, ours, theirs. git fails at a few, where it contradicts itself; then what it
/// said before is lost in part, and it is asked about one after the other until the one at which it
/// fails.
pub fn verdicts(repository: &Path, merges: &[[Oid; 3]]) -> Vec<Verdict> {
    let mut verdicts = answers(repository, merges);
    while verdicts.len() < merges.len() {
        let next = answers(repository, &merges[verdicts.len()..=verdicts.len()]);
        let has_failed = next.is_empty();
        verdicts.extend(next);
        if has_failed {
            let conflicts = vec![("git fails".to_string(), String::new())];
            verdicts.push(Verdict { is_clean: false, tree: None, conflicts });
            verdicts.extend(answers(repository, &merges[verdicts.len()..]));
        }
    }
    verdicts
}

/// Up to the first that it fails at. Nothing but its defaults has a say.
fn answers(repository: &Path, merges: &[[Oid; 3]]) -> Vec<Verdict> {
    let mut git = git(repository);
    git.args(["-c", "merge.renames=true", "-c", "merge.directoryRenames=conflict"]);
    git.args(["-c", "core.attributesFile=/dev/null", "merge-tree", "--write-tree", "--stdin"]);
    git.args(["--name-only", "--messages"]);
    let mut git = git.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = git.stdin.take().unwrap();
    let lines: String =
        merges.iter().map(|[base, ours, theirs]| format!("{base} -- {ours} {theirs}\n")).collect();
    // It may end before it has read everything.
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).is_ok());
    let output = git.wait_with_output().unwrap();
    writer.join().unwrap();
    let fields = output.stdout.split(|byte| *byte == 0);
    let mut fields = fields.map(|field| String::from_utf8_lossy(field).into_owned());
    merges.iter().map_while(|_| verdict(&mut fields)).collect()
}

/// Whether it is clean, the tree, the paths in conflict up to an empty field, and messages up to an
/// empty field: the number of paths, those, the kind, the sentence. Now and then git names a
/// conflict and calls the result clean all the same, with its own marks in a file: where a
/// directory moved to where it was, or a file to what somebody else left empty. That is a conflict.
fn verdict(fields: &mut impl Iterator<Item = String>) -> Option<Verdict> {
    let is_clean = fields.next().filter(|field| !field.is_empty())? == "1";
    let tree = Oid::from_str(&fields.next()?).unwrap();
    while !fields.next()?.is_empty() {}
    let mut conflicts = messages(fields)?;
    if is_clean {
        conflicts.retain(|(kind, _)| CONTRADICTIONS.contains(&kind.as_str()));
    }
    Some(Verdict { is_clean: is_clean && conflicts.is_empty(), tree: Some(tree), conflicts })
}

fn messages(fields: &mut impl Iterator<Item = String>) -> Option<Vec<(String, String)>> {
    let mut conflicts = Vec::new();
    loop {
        let paths = fields.next()?;
        if paths.is_empty() {
            return Some(conflicts);
        }
        for _ in 0..paths.parse().unwrap() {
            fields.next()?;
        }
        let (kind, text) = (fields.next()?, fields.next()?);
        if kind.starts_with("CONFLICT") {
            conflicts.push((kind, text));
        }
    }
}
