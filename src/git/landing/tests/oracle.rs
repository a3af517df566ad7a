//! `git merge-tree --write-tree`, one process for many merges, with no configuration but its own
//! defaults.

use crate::landing::histogram::Git;
use git2::Oid;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// What git makes of a merge.
pub struct Answer {
    pub clean: bool,
    /// Also of a conflict, with marks in it.
    pub tree: Oid,
    pub conflicts: Vec<String>,
}

impl Answer {
    pub fn clean_tree(&self) -> Option<Oid> {
        self.clean.then_some(self.tree)
    }
}

/// A git that reads no configuration of a user or a machine.
pub fn git(repository: &Path) -> Command {
    let mut git = Command::new("git");
    git.arg("-C").arg(repository).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    git.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    git.env("GIT_ATTR_NOSYSTEM", "1").env("GIT_NO_REPLACE_OBJECTS", "1");
    git
}

/// Asks about each line: `ours theirs`, or `base -- ours theirs`.
pub fn ask(repository: &Path, questions: &[String]) -> Vec<Answer> {
    let mut command = git(repository);
    command.args(["merge-tree", "--write-tree", "--stdin", "--no-messages", "--name-only"]);
    let mut git = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = git.stdin.take().unwrap();
    let lines: String = questions.iter().map(|question| format!("{question}\n")).collect();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = git.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    let mut fields = output.stdout.split(|b| *b == 0).map(|field| String::from_utf8_lossy(field));
    let answer = |_: &String| {
        let clean = fields.next().unwrap() == "1";
        let tree = Oid::from_str(&fields.next().unwrap()).unwrap();
        let conflicts = fields.by_ref().take_while(|field| !field.is_empty());
        Answer { clean, tree, conflicts: conflicts.map(|path| path.into_owned()).collect() }
    };
    questions.iter().map(answer).collect()
}

/// Which git answers.
pub fn version() -> Git {
    static KNOWN: OnceLock<Git> = OnceLock::new();
    *KNOWN.get_or_init(|| {
        let said = Command::new("git").arg("version").output().unwrap().stdout;
        let said = String::from_utf8(said).unwrap();
        let numbers = said.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok());
        let numbers: Vec<u32> = numbers.take(2).collect();
        if numbers.as_slice() < [2, 54].as_slice() { Git::Older } else { Git::Newer }
    })
}
