//! The year of a repository: one that is made up, or a real one.

use super::compose::POLICY;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is audited.
pub struct Subject {
    /// Its name, for the table.
    pub name: String,
    /// The git directory.
    pub directory: PathBuf,
    /// The branch.
    pub branch: String,
    /// The first day.
    pub since: String,
    /// The last day.
    pub until: String,
    /// Has it no policy of its own?
    pub needs_policy: bool,
}

/// The first second of 2025.
const BEGIN: u64 = 1_735_689_600;

/// A year in seconds.
const YEAR: u64 = 365 * 86_400;

impl Subject {
    /// A repository with so many landings of one commit, spread over 2025.
    pub fn made_up(directory: &Path, landings: usize) -> Subject {
        let status = Command::new("git").args(["init", "-q", "--bare", "-b", "main"]).arg(directory).status();
        assert!(status.expect("git starts").success());
        let mut git = Command::new("git")
            .arg("--git-dir")
            .arg(directory)
            .args(["fast-import", "--quiet"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("git starts");
        let mut input = git.stdin.take().expect("a pipe");
        input.write_all(stream(landings).as_bytes()).expect("git reads");
        drop(input);
        assert!(git.wait().expect("git ends").success());
        Subject {
            name: "made-up".to_string(),
            directory: directory.to_path_buf(),
            branch: "main".to_string(),
            since: "2025-01-01".to_string(),
            until: "2025-12-31".to_string(),
            needs_policy: false,
        }
    }

    /// A year of the branch that HEAD names.
    pub fn real(directory: &Path, year: &str) -> Subject {
        let mut subject = Subject {
            name: directory
                .components()
                .rev()
                .nth(1)
                .map_or("real".into(), |part| part.as_os_str().to_string_lossy().into_owned()),
            directory: directory.to_path_buf(),
            branch: String::new(),
            since: format!("{year}-01-01"),
            until: format!("{year}-12-31"),
            needs_policy: true,
        };
        subject.branch = subject.git(&["symbolic-ref", "--short", "HEAD"]).trim().to_string();
        subject
    }

    /// The first-parent line of the year: each commit with its committer's second, oldest first,
    /// begun with the commit before.
    pub fn line(&self) -> Vec<String> {
        let range = format!("refs/heads/{}", self.branch);
        let all = self.git(&["log", "--first-parent", "--reverse", "--format=%H %cs", &range]);
        let all: Vec<(&str, &str)> = all.lines().filter_map(|line| line.split_once(' ')).collect();
        let is_of_year = |(_, day): &&(&str, &str)| (self.since.as_str()..=self.until.as_str()).contains(day);
        let first = all.iter().position(|one| is_of_year(&one)).expect("a landing of the year");
        let last = all.iter().rposition(|one| is_of_year(&one)).expect("a landing of the year");
        all[first.max(1) - 1..=last].iter().map(|(commit, _)| commit.to_string()).collect()
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        git.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null").env("TZ", "UTC");
        let output = git.arg("--git-dir").arg(&self.directory).args(arguments).output().expect("git starts");
        assert!(output.status.success(), "git {arguments:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

/// What `git fast-import` reads: the policy, and then one file after the other.
fn stream(landings: usize) -> String {
    let mut text = commit(BEGIN - 86_400, "Begin", "portcullis.toml", POLICY);
    for number in 0..landings {
        let second = BEGIN + 60 + (number as u64) * (YEAR - 120) / landings as u64;
        let file = format!("services/upload/part-{}.sql", number % 200);
        text += &commit(
            second,
            &format!("Load part {number} (#{})", number + 1),
            &file,
            &format!("SELECT {number};\n"),
        );
    }
    text
}

fn commit(second: u64, message: &str, file: &str, content: &str) -> String {
    let person = format!("Robin Example <robin@example.test> {second} +0000");
    format!(
        "commit refs/heads/main\nauthor {person}\ncommitter {person}\ndata {}\n{message}\nM 100644 inline {file}\ndata {}\n{content}\n",
        message.len(),
        content.len()
    )
}
