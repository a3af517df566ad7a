//! The first engine beside `git merge-tree --write-tree`, over merges of a real repository.
//!
//! `PORTCULLIS_MERGES_REPO` names the repository and `PORTCULLIS_MERGES` how many merges; `cargo
//! test --release --lib against_git -- --ignored --nocapture` prints the table. git writes its
//! trees to a directory of its own, with the repository as its alternate.

use crate::Repository;
use crate::graph::Graph;
use crate::landing::merge::{MergeSides, merge_trees};
use crate::landing::store::Store;
use crate::landing::tree_builder;
use git2::Oid;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

struct Yardstick {
    repository: PathBuf,
    objects: TempDir,
}

impl Yardstick {
    fn git(&self, arguments: &[&str]) -> Command {
        let mut git = Command::new("git");
        git.arg("-C").arg(&self.repository).args(arguments);
        git.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        git.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        git.env("GIT_ATTR_NOSYSTEM", "1").env("GIT_NO_REPLACE_OBJECTS", "1");
        git.env("GIT_OBJECT_DIRECTORY", self.objects.path());
        git.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", self.repository.join("objects"));
        git
    }

    /// Merges of two parents: the merge and the parents.
    fn merges(&self, how_many: usize) -> Vec<[Oid; 3]> {
        let list = self.git(&["rev-list", "--merges", "--parents", "HEAD"]).output().unwrap();
        let text = String::from_utf8(list.stdout).unwrap();
        let ids = |line: &str| -> Vec<Oid> { line.split(' ').map(|id| Oid::from_str(id).unwrap()).collect() };
        text.lines().filter_map(|line| <[Oid; 3]>::try_from(ids(line)).ok()).take(how_many).collect()
    }

    /// For each pair: the tree, if the merge is clean.
    fn verdicts(&self, merges: &[[Oid; 3]]) -> Vec<Option<Oid>> {
        let mut command =
            self.git(&["merge-tree", "--write-tree", "--stdin", "--no-messages", "--name-only"]);
        let mut git = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = git.stdin.take().unwrap();
        let lines: String = merges.iter().map(|[_, one, two]| format!("{one} {two}\n")).collect();
        let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
        let output = git.wait_with_output().unwrap().stdout;
        writer.join().unwrap();
        let mut fields = output.split(|b| *b == 0);
        let verdict = |_: &[Oid; 3]| {
            let clean = fields.next().unwrap() == b"1";
            let tree = Oid::from_str(std::str::from_utf8(fields.next().unwrap()).unwrap()).unwrap();
            while fields.next().is_some_and(|field| !field.is_empty()) {}
            clean.then_some(tree)
        };
        merges.iter().map(verdict).collect()
    }
}

#[derive(Debug, Default)]
struct Table {
    clean_equal: usize,
    unclean_equal: usize,
    other_tree: usize,
    we_clean: usize,
    we_unclean: usize,
    moves: usize,
    several_bases: usize,
    unrelated: usize,
}

#[test]
#[ignore = "needs a large repository"]
fn merges_are_clean_where_git_says_so() {
    let Some(repository) = std::env::var_os("PORTCULLIS_MERGES_REPO") else { return };
    let how_many = std::env::var("PORTCULLIS_MERGES").map_or(1000, |text| text.parse().unwrap());
    let git = Yardstick { repository: repository.into(), objects: TempDir::new().unwrap() };
    let merges = git.merges(how_many);
    let verdicts = git.verdicts(&merges);
    let opened = Repository::open(Path::new(&git.repository)).unwrap();
    let objects = opened.trusted_objects().unwrap();
    let (store, mut graph, mut table) = (Store::new(&objects), Graph::new(&objects), Table::default());
    for ([commit, one, two], git_says) in merges.iter().zip(&verdicts) {
        let bases = graph.merge_bases(&[*one], *two).unwrap();
        let [base] = bases.as_slice() else {
            *(if bases.is_empty() { &mut table.unrelated } else { &mut table.several_bases }) += 1;
            continue;
        };
        let [base, ours, theirs] = [*base, *one, *two].map(|id| Some(objects.tree_of(id).unwrap()));
        let sides = MergeSides { base, ours, theirs };
        let merged = merge_trees(&store, sides, None).unwrap();
        let tree = tree_builder::tree(&store, ours, &merged).unwrap();
        let paths = || -> Vec<_> {
            merged.conflicts.iter().take(3).map(|path| String::from_utf8_lossy(path).into_owned()).collect()
        };
        match (merged.conflicts.is_empty(), git_says) {
            (true, Some(id)) if tree == Some(*id) => table.clean_equal += 1,
            (false, None) => table.unclean_equal += 1,
            (true, Some(id)) => {
                table.other_tree += 1;
                println!("{commit}: other tree, {tree:?} for {id}");
            }
            (true, None) => {
                table.we_clean += 1;
                println!("{commit}: git finds a conflict, we do not");
            }
            (false, Some(_)) => {
                table.we_unclean += 1;
                println!("{commit}: we find conflicts, git does not: {:?}", paths());
            }
        }
        table.moves += usize::from(!merged.is_plain);
    }
    println!("{}: {} merges, {table:?}", git.repository.display(), merges.len());
    assert_eq!(table.we_clean + table.we_unclean + table.other_tree, 0);
}
