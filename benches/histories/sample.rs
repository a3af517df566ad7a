//! A small history of its own, for runs without a repository.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const LANDINGS: usize = 40;
const SECOND: usize = 50;
const BY_HAND: usize = 100;
const LINES: usize = 5 * (LANDINGS + BY_HAND + 1);

/// Every third landing is a squash; every tenth merge was edited by hand.
pub fn history(scratch: &Path) -> PathBuf {
    let repository = scratch.join("sample.git");
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.arg("--git-dir").arg(&repository).args(arguments);
        git
    };
    assert!(git(&["init", "-q", "--bare"]).status().expect("git starts").success());
    let mut import = git(&["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().expect("git starts");
    let mut input = import.stdin.take().expect("a pipe");
    std::io::Write::write_all(&mut input, script().as_bytes()).expect("git reads on");
    drop(input);
    assert!(import.wait().expect("git ends").success());
    assert!(git(&["symbolic-ref", "HEAD", "refs/heads/main"]).status().expect("git starts").success());
    repository
}

/// Each landing replaces two lines, the request in two commits; what was edited by hand stays.
fn script() -> String {
    let mut out = String::new();
    commit(&mut out, "main", 0, "", &[]);
    tag(&mut out, 0);
    for landing in 1..=LANDINGS {
        let fork = landing.saturating_sub(4);
        let (begun, done) = (landing, landing + SECOND);
        if landing % 3 > 0 {
            let topic = [&branch(fork)[..], &[begun]].concat();
            commit(&mut out, "topic", landing * 3, &format!("from refs/heads/tag{fork}\n"), &topic);
            commit(&mut out, "topic", landing * 3 + 1, "", &[&topic[..], &[done]].concat());
        }
        let parents = if landing % 3 > 0 { "merge refs/heads/topic\n" } else { "" };
        commit(&mut out, "main", landing * 3 + 2, parents, &branch(landing));
        tag(&mut out, landing);
    }
    out
}

/// What the branch holds after a landing.
fn branch(landing: usize) -> Vec<usize> {
    let brought = (1..=landing).flat_map(|one| [one, one + SECOND]);
    let by_hand = (1..=landing).filter(|one| one % 10 == 0 && one % 3 > 0);
    brought.chain(by_hand.map(|one| one + BY_HAND)).collect()
}

fn tag(out: &mut String, landing: usize) {
    let _ = writeln!(out, "reset refs/heads/tag{landing}\nfrom refs/heads/main\n");
}

/// A commit of one file of many lines, some of them replaced.
fn commit(out: &mut String, branch: &str, number: usize, parents: &str, replaced: &[usize]) {
    let line = |line: usize| match replaced.iter().find(|one| **one * 5 == line) {
        Some(one) => format!("replaced {one}\n"),
        None => format!("line {line}\n"),
    };
    let text: String = (0..LINES).map(line).collect();
    let when = 1_600_000_000 + number * 60;
    let _ = write!(
        out,
        "commit refs/heads/{branch}\ncommitter Robin Example <robin@example.test> {when} +0000\ndata 6\nchange\n{parents}\
         M 100644 inline load.sql\ndata {}\n{text}\n",
        text.len()
    );
}
