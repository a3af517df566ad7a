//! What git says: merges and picks, many at once, written beside the repository.

use git2::{ObjectType, Oid};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A temporary repository with the judged one as its alternate.
pub struct Git {
    judged: PathBuf,
    scratch: TempDir,
}

/// What merging comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The tree; with conflicts, the tree that shows them.
    pub tree: Oid,
    /// The paths in conflict.
    pub conflicts: Vec<String>,
}

impl Merged {
    pub fn is_clean(&self) -> bool {
        self.conflicts.is_empty()
    }
}

impl Git {
    pub fn beside(judged: &Path) -> Self {
        let judged = judged.canonicalize().expect("a repository");
        let judged =
            [judged.join(".git"), judged].into_iter().find(|it| it.is_dir()).expect("a git directory");
        let git = Git { judged, scratch: TempDir::new().expect("a temporary directory") };
        git.text(&["init", "-q", "--bare", "."]);
        let alternates = git.scratch.path().join("objects/info/alternates");
        std::fs::write(alternates, format!("{}\n", git.judged.join("objects").display())).expect("written");
        git
    }

    /// The repository that holds all that was made, and sees all that is in the judged one.
    pub fn path(&self) -> &Path {
        self.scratch.path()
    }

    /// git without attributes, configuration and replaced objects.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut git = Command::new("git");
        git.arg("-C").arg(self.scratch.path()).args(arguments);
        git.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        git.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        git.env("GIT_ATTR_NOSYSTEM", "1").env("GIT_NO_REPLACE_OBJECTS", "1").env("LC_ALL", "C");
        git
    }

    fn text(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).stderr(Stdio::inherit()).output().expect("git starts");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub fn lines(&self, arguments: &[&str]) -> Vec<String> {
        self.text(arguments).lines().map(str::to_string).collect()
    }

    /// The object names on each line of the answer.
    pub fn names(&self, arguments: &[&str]) -> Vec<Vec<Oid>> {
        let names = |line: &String| line.split_whitespace().filter_map(|id| Oid::from_str(id).ok()).collect();
        self.lines(arguments).iter().map(names).collect()
    }

    /// The commit that the judged repository has checked out.
    pub fn head(&self) -> Oid {
        let directory = self.judged.to_string_lossy().into_owned();
        let head = self.names(&["--git-dir", &directory, "rev-parse", "HEAD^{commit}"]);
        head[0][0]
    }

    /// A commit of a tree.
    pub fn commit(&self, tree: Oid, parents: &[Oid]) -> Oid {
        let repository = git2::Repository::open_bare(self.path()).expect("a repository");
        let parents: String = parents.iter().map(|id| format!("parent {id}\n")).collect();
        let who = "Robin Example <robin@example.test> 1600000000 +0000";
        let text = format!("tree {tree}\n{parents}author {who}\ncommitter {who}\n\nMade for a table\n");
        let odb = repository.odb().expect("objects");
        odb.write(ObjectType::Commit, text.as_bytes()).expect("written")
    }

    /// The trees of commits.
    pub fn trees(&self, commits: &[Oid]) -> Vec<Oid> {
        let lines: String = commits.iter().map(|id| format!("{id}^{{tree}}\n")).collect();
        let answer = self.ask(&["cat-file", "--batch-check=%(objectname)"], lines);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        answer.lines().map(|id| Oid::from_str(id).expect("a tree")).collect()
    }

    /// Each line put to `git merge-tree --stdin`.
    pub fn merge_trees(&self, options: &[&str], lines: &[String]) -> Vec<Merged> {
        let (config, options): (Vec<&str>, Vec<&str>) =
            options.iter().partition(|option| option.starts_with("merge."));
        let config: Vec<&str> = config.into_iter().flat_map(|one| ["-c", one]).collect();
        let merge = ["merge-tree", "--write-tree", "--stdin", "--no-messages", "--name-only"];
        let all = [&config[..], &merge, &["--allow-unrelated-histories"], &options].concat();
        let output = self.ask(&all, lines.iter().map(|line| format!("{line}\n")).collect());
        let mut fields = output.split(|byte| *byte == 0).map(String::from_utf8_lossy);
        let mut answer = |_: &String| {
            fields.next();
            let tree = Oid::from_str(&fields.next().expect("a tree")).expect("a tree");
            let conflicts = fields.by_ref().take_while(|path| !path.is_empty()).map(Into::into).collect();
            Merged { tree, conflicts }
        };
        lines.iter().map(&mut answer).collect()
    }

    fn ask(&self, arguments: &[&str], lines: String) -> Vec<u8> {
        let mut git =
            self.command(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("git starts");
        let mut input = git.stdin.take().expect("a pipe");
        let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
        let output = git.wait_with_output().expect("git ends");
        writer.join().expect("no panic").expect("git reads on");
        assert!(output.status.success(), "git {arguments:?}");
        output.stdout
    }

    /// Merges heads into a commit one after the other, as far as it is clean.
    pub fn folds(&self, folds: &[(Oid, Vec<Oid>)]) -> Vec<Merged> {
        let mut tips: Vec<Oid> = folds.iter().map(|(onto, _)| *onto).collect();
        self.rounds(
            folds.len(),
            |fold, round| {
                let (_, heads) = &folds[fold];
                heads.get(round).map(|head| (None, *head, round + 1 < heads.len()))
            },
            &mut tips,
            |git, tree, ours, head| Some(git.commit(tree, &[ours, head])),
        )
    }

    /// Picks commits (each with its parent) one after the other; the new tips, where every pick is clean. What has become
    /// empty is left out, as `git rebase` does.
    pub fn picks(&self, series: &[(Oid, Vec<[Oid; 2]>)]) -> Vec<Option<Oid>> {
        let mut tips: Vec<Oid> = series.iter().map(|(onto, _)| *onto).collect();
        let merged = self.rounds(
            series.len(),
            |one, round| series[one].1.get(round).map(|[parent, commit]| (Some(*parent), *commit, true)),
            &mut tips,
            |git, tree, ours, _| (git.trees(&[ours])[0] != tree).then(|| git.commit(tree, &[ours])),
        );
        tips.into_iter().zip(merged).map(|(tip, merged)| merged.is_clean().then_some(tip)).collect()
    }

    /// In each round every one that is still clean merges what comes next: its base where it has one, the head, and
    /// whether its tip moves on to the commit that `next` makes.
    fn rounds(
        &self,
        many: usize,
        step: impl Fn(usize, usize) -> Option<(Option<Oid>, Oid, bool)>,
        tips: &mut [Oid],
        next: impl Fn(&Git, Oid, Oid, Oid) -> Option<Oid>,
    ) -> Vec<Merged> {
        let mut results: BTreeMap<usize, Merged> = BTreeMap::new();
        for round in 0.. {
            let going = (0..many).filter(|one| results.get(one).is_none_or(Merged::is_clean));
            let steps: Vec<_> = going.filter_map(|one| Some((one, step(one, round)?))).collect();
            if steps.is_empty() {
                break;
            }
            let line = |(one, (base, head, _)): &(usize, (Option<Oid>, Oid, bool))| {
                let base = base.map_or(String::new(), |base| format!("{base} -- "));
                format!("{base}{} {head}", tips[*one])
            };
            let merged = self.merge_trees(&[], &steps.iter().map(line).collect::<Vec<_>>());
            for ((one, (_, head, moves_on)), merged) in steps.into_iter().zip(merged) {
                if let Some(tip) =
                    (moves_on && merged.is_clean()).then(|| next(self, merged.tree, tips[one], head))
                {
                    tips[one] = tip.unwrap_or(tips[one]);
                }
                results.insert(one, merged);
            }
        }
        results.into_values().collect()
    }
}
