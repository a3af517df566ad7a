//! Input without end or bound (class 104 of `tests/ATTACKS.md`): small objects that stand for endless work, and hosts that answer
//! a byte at a time. Each against the program under a limit on memory and time: it ends, and a gap names the limit.

use crate::support::gate::{Verdict, command};
use crate::support::project::{OWNERS, demanding_policy, policy, project};
use git2::{ObjectType, Oid};
use portcullis_testkit::history::Edit;
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::{KIM, Stage};
use std::fmt::Write;
use std::fs::File;
use std::io::{Read, Seek};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Address space of the program, in kilobytes: its threads' stacks and what it maps count as well.
const MEMORY: u64 = 2 * 1024 * 1024;

/// What a slow machine, busy with other tests, may take for what has to end in ten seconds on an ordinary one.
const TIME: Duration = Duration::from_secs(180);

/// Judges the stage under these limits. The program may neither be ended by them nor fail to end.
fn judge(stage: &Stage) -> Verdict {
    judge_at(stage, &Server::start(stage.world.clone()))
}

fn judge_at(stage: &Stage, server: &Server) -> Verdict {
    let gate = command(stage, server, &["check", "--format", "json"]);
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -v \"$0\"; exec \"$@\"", &MEMORY.to_string()]);
    limited.arg(gate.get_program()).args(gate.get_args()).current_dir(stage.directory()).env_clear();
    limited
        .envs(gate.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .env("PATH", "/usr/bin:/bin");
    // Files, because what nobody reads from a pipe would stop the program.
    let outputs = [tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap()];
    let [stdout, stderr] = [0, 1].map(|one: usize| Stdio::from(outputs[one].try_clone().unwrap()));
    limited.stdout(stdout).stderr(stderr);
    let began = Instant::now();
    let mut child = limited.spawn().unwrap();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if began.elapsed() > TIME {
            child.kill().unwrap();
            panic!("it does not end");
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let [stdout, stderr] = outputs.map(whole);
    Verdict::of(&Output { status, stdout, stderr })
}

fn whole(mut file: File) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

fn object(stage: &Stage, kind: ObjectType, bytes: &[u8]) -> Oid {
    stage.history.repository().odb().unwrap().write(kind, bytes).unwrap()
}

/// A tree of `width` directories, each of which is the same tree again, `depth` deep, with `leaf` at the bottom.
fn bomb(stage: &Stage, width: usize, depth: usize, name: &str, leaf: Option<Oid>) -> Oid {
    let entry = |mode: &str, number: usize, id: Oid| {
        [format!("{mode} {name}{number:03}\0").as_bytes(), id.as_bytes()].concat()
    };
    let tree =
        |mode: &str, id: Oid| -> Vec<u8> { (0..width).flat_map(|number| entry(mode, number, id)).collect() };
    let bottom = leaf.map_or(Vec::new(), |leaf| tree("100644", leaf));
    let mut at = object(stage, ObjectType::Tree, &bottom);
    for _ in 0..depth {
        at = object(stage, ObjectType::Tree, &tree("40000", at));
    }
    at
}

/// The tree of a commit with one more directory.
fn with_directory(stage: &Stage, commit: Oid, name: &str, directory: Oid) -> Oid {
    let repository = stage.history.repository();
    let tree = repository.find_commit(commit).unwrap().tree().unwrap();
    let mut builder = repository.treebuilder(Some(&tree)).unwrap();
    builder.insert(name, directory, 0o040_000).unwrap();
    builder.write().unwrap()
}

fn commit(stage: &Stage, tree: Oid, parents: &[Oid], message: &str) -> Oid {
    let mut text = format!("tree {tree}\n");
    parents.iter().for_each(|parent| writeln!(text, "parent {parent}").unwrap());
    let (name, address) = KIM;
    for role in ["author", "committer"] {
        writeln!(text, "{role} {name} <{address}> 1800000600 +0000").unwrap();
    }
    object(stage, ObjectType::Commit, format!("{text}\n{message}\n").as_bytes())
}

/// The honest request with other commits.
fn with_commits(mut stage: Stage, commits: Vec<Oid>) -> Stage {
    stage.commits = commits;
    stage.honest_world().unwrap();
    stage
}

fn blob(stage: &Stage) -> Oid {
    object(stage, ObjectType::Blob, b"x\n")
}

fn brings(bomb: impl Fn(&Stage) -> Oid) -> Stage {
    let stage = Stage::honest().unwrap();
    let tree = with_directory(&stage, stage.head(), "bomb", bomb(&stage));
    let head = commit(&stage, tree, &[stage.head()], "Add files");
    let commits = vec![stage.head(), head];
    with_commits(stage, commits)
}

#[test]
fn a_tree_that_stands_for_a_hundred_million_files() {
    let stage = brings(|stage| bomb(stage, 10, 8, "d", Some(blob(stage))));
    judge(&stage).expect(3, "required-reviews", "more paths differ than we list");
}

#[test]
fn a_tree_of_directories_without_files() {
    let stage = brings(|stage| bomb(stage, 10, 40, "d", None));
    judge(&stage).expect(3, "required-reviews", "more directories");
}

#[test]
fn names_of_four_thousand_bytes() {
    let stage = brings(|stage| bomb(stage, 10, 8, &"n".repeat(4_000), Some(blob(stage))));
    judge(&stage).expect(3, "required-reviews", "bytes of paths");
}

#[test]
fn a_bomb_on_a_branch_that_merged_the_base() {
    for leaf in [true, false] {
        let mut stage = Stage::honest().unwrap();
        let leaf = leaf.then(|| blob(&stage));
        let bomb = bomb(&stage, 10, 20, "d", leaf);
        let first =
            commit(&stage, with_directory(&stage, stage.head(), "bomb", bomb), &[stage.head()], "Add files");
        let fork = stage.base;
        let news = with_directory(&stage, fork, "news", self::bomb(&stage, 2, 1, "d", Some(blob(&stage))));
        stage.base = commit(&stage, news, &[fork], "News");
        let merged = with_directory(&stage, first, "news", self::bomb(&stage, 2, 1, "e", Some(blob(&stage))));
        let head = commit(&stage, merged, &[first, stage.base], "Merge branch 'main'");
        let commits = vec![stage.head(), first, head];
        let verdict = judge(&with_commits(stage, commits));
        assert_eq!(verdict.exit, 3, "{}", verdict.text);
    }
}

#[test]
fn both_sides_of_a_merge_change_a_bomb() {
    let mut stage = Stage::honest().unwrap();
    let bombs = ["d", "e", "f"].map(|name| bomb(&stage, 10, 20, name, Some(blob(&stage))));
    let fork = commit(&stage, with_directory(&stage, stage.base, "bomb", bombs[0]), &[stage.base], "Begin");
    stage.base = commit(&stage, with_directory(&stage, fork, "bomb", bombs[1]), &[fork], "News");
    let first = commit(&stage, with_directory(&stage, fork, "bomb", bombs[2]), &[fork], "Work");
    let head = commit(
        &stage,
        with_directory(&stage, fork, "bomb", bombs[2]),
        &[first, stage.base],
        "Merge branch 'main'",
    );
    let verdict = judge(&with_commits(stage, vec![first, head]));
    assert_eq!(verdict.exit, 3, "{}", verdict.text);
}

#[test]
fn thousands_of_merge_bases() {
    let mut stage = Stage::honest().unwrap();
    let tree = |stage: &Stage, id: Oid| stage.history.repository().find_commit(id).unwrap().tree_id();
    let (base, head) = (tree(&stage, stage.base), tree(&stage, stage.head()));
    let many: Vec<Oid> =
        (0..5_000).map(|n| commit(&stage, base, &[stage.base], &format!("One of many, {n}"))).collect();
    stage.base = commit(&stage, base, &many, "All of them");
    let tip = commit(&stage, head, &many, "All of them, and a change");
    let verdict = judge(&with_commits(stage, vec![tip]));
    assert_eq!(verdict.exit, 3, "{}", verdict.text);
}

#[test]
fn forty_thousand_co_authors() {
    let stage = Stage::honest().unwrap();
    let tree = stage.history.repository().find_commit(stage.head()).unwrap().tree_id();
    let trailers: String =
        (0..40_000).map(|n| format!("Co-authored-by: Person {n} <person-{n}@example.test>\n")).collect();
    let head = commit(&stage, tree, &[stage.base], &format!("Load records in order\n\n{trailers}"));
    let verdict = judge(&with_commits(stage, vec![head]));
    assert_eq!(verdict.exit, 3, "{}", verdict.text);
}

#[test]
fn co_authors_that_are_folded_into_each_other() {
    let stage = Stage::honest().unwrap();
    let tree = stage.history.repository().find_commit(stage.head()).unwrap().tree_id();
    let trailers: String =
        (0..40_000).map(|n| format!(" Co-authored-by: Person {n} <person-{n}@example.test>\n")).collect();
    let head = commit(&stage, tree, &[stage.base], &format!("Load records in order\n\n{trailers}"));
    let verdict = judge(&with_commits(stage, vec![head]));
    assert_eq!(verdict.exit, 3, "{}", verdict.text);
}

#[test]
fn a_merge_of_a_hundred_thousand_parents() {
    let stage = Stage::honest().unwrap();
    let tree = stage.history.repository().find_commit(stage.head()).unwrap().tree_id();
    let head = commit(&stage, tree, &vec![stage.base; 100_000], "All of them");
    let verdict = judge(&with_commits(stage, vec![head]));
    assert!([0, 1, 3].contains(&verdict.exit), "{}", verdict.text);
}

/// A pack in which each of two objects is a difference from the other, beside a commit whose tree is one of them.
fn with_delta_cycle(stage: &Stage, tree: Oid, other: Oid) {
    let mut ids = [tree, other];
    ids.sort();
    let mut pack = b"PACK\0\0\0\x02\0\0\0\x02".to_vec();
    let mut entries = Vec::new();
    for (id, from) in [(ids[0], ids[1]), (ids[1], ids[0])] {
        // A difference that copies the 40 bytes of its base.
        let difference = [40, 40, 0b1001_0000, 40];
        let offset = pack.len();
        pack.push(0b0111_0000 | difference.len() as u8);
        pack.extend_from_slice(from.as_bytes());
        pack.extend_from_slice(&deflated(&difference));
        entries.push((id, offset));
    }
    pack.extend_from_slice(&sha1(&pack));
    let mut index = b"\xfftOc\0\0\0\x02".to_vec();
    for first in 0..=255 {
        let count = ids.iter().filter(|id| id.as_bytes()[0] <= first).count() as u32;
        index.extend_from_slice(&count.to_be_bytes());
    }
    entries.iter().for_each(|(id, _)| index.extend_from_slice(id.as_bytes()));
    entries.iter().for_each(|_| index.extend_from_slice(&[0; 4]));
    entries.iter().for_each(|(_, offset)| index.extend_from_slice(&(*offset as u32).to_be_bytes()));
    index.extend_from_slice(&pack[pack.len() - 20..]);
    index.extend_from_slice(&sha1(&index));
    let packs = stage.directory().join(".git/objects/pack");
    std::fs::create_dir_all(&packs).unwrap();
    std::fs::write(packs.join(format!("pack-{}.pack", "1".repeat(40))), pack).unwrap();
    std::fs::write(packs.join(format!("pack-{}.idx", "1".repeat(40))), index).unwrap();
}

/// A zlib stream of one stored block (RFC 1950, RFC 1951).
fn deflated(bytes: &[u8]) -> Vec<u8> {
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in bytes {
        low = (low + u32::from(*byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    let length = bytes.len() as u16;
    let checksum = ((high << 16) | low).to_be_bytes();
    [&[0x78, 0x01, 0x01][..], &length.to_le_bytes(), &(!length).to_le_bytes(), bytes, &checksum].concat()
}

fn sha1(bytes: &[u8]) -> [u8; 20] {
    use sha1::Digest;
    sha1::Sha1::digest(bytes).into()
}

#[test]
fn two_packed_objects_that_are_made_of_each_other() {
    let stage = Stage::honest().unwrap();
    let (tree, other) = (Oid::from_bytes(&[0x11; 20]).unwrap(), Oid::from_bytes(&[0x22; 20]).unwrap());
    let head = commit(&stage, tree, &[stage.head()], "Add files");
    let commits = vec![stage.head(), head];
    let stage = with_commits(stage, commits);
    with_delta_cycle(&stage, tree, other);
    let verdict = judge(&stage);
    assert_eq!(verdict.exit, 3, "{}", verdict.text);
}

#[test]
fn a_long_series_of_commits_that_each_bring_a_large_tree() {
    let stage = project(
        &policy("deployment = [\"main\"]", "deployment = [\"main\"]\nhistory = \"each-commit\""),
        OWNERS,
    );
    let before = stage.history.repository().find_commit(stage.base).unwrap().tree_id();
    let mut commits = Vec::new();
    let mut at = stage.base;
    for number in 0..200 {
        let large = bomb(&stage, 10, 4, &format!("d{number}"), Some(blob(&stage)));
        let with = with_directory(&stage, stage.base, "large", large);
        at = commit(&stage, if number % 2 == 0 { with } else { before }, &[at], "Add files, take them back");
        commits.push(at);
    }
    let verdict = judge(&with_commits(stage, commits));
    assert_eq!(verdict.exit, 3, "{}", verdict.text);
}

#[test]
fn tens_of_thousands_of_files_are_looked_at() {
    let stage = brings(|stage| bomb(stage, 9, 4, "directory", Some(blob(stage))));
    let verdict = judge(&stage);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
}

#[test]
fn a_dozen_merge_bases_are_looked_at() {
    let mut stage = Stage::honest().unwrap();
    let tree = |stage: &Stage, id: Oid| stage.history.repository().find_commit(id).unwrap().tree_id();
    let (base, head) = (tree(&stage, stage.base), tree(&stage, stage.head()));
    let some: Vec<Oid> =
        (0..12).map(|n| commit(&stage, base, &[stage.base], &format!("One of some, {n}"))).collect();
    stage.base = commit(&stage, base, &some, "All of them");
    let tip = commit(&stage, head, &some, "All of them, and a change");
    let verdict = judge(&with_commits(stage, vec![tip]));
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
}

#[test]
fn a_change_with_a_dozen_co_authors_is_read() {
    let stage = Stage::honest().unwrap();
    let tree = stage.history.repository().find_commit(stage.head()).unwrap().tree_id();
    let trailers: String = (0..12)
        .map(|n| format!("Co-authored-by: Kim Example\n{}<kim@example.test>\n", " ".repeat(n + 1)))
        .collect();
    let head = commit(&stage, tree, &[stage.base], &format!("Load records in order\n\n{trailers}"));
    let verdict = judge(&with_commits(stage, vec![head]));
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
}

#[test]
fn a_hundred_thousand_owners_of_many_files() {
    let owners: String = (0..100_000).map(|n| format!("/d{n}/ @robin-example\n")).collect();
    let mut stage = project(&demanding_policy(), &format!("{OWNERS}{owners}"));
    stage
        .change(&[Edit::Write(
            "services/upload/load.sql",
            "INSERT INTO records SELECT * FROM staging ORDER BY 1;\n",
        )])
        .unwrap();
    let tree = with_directory(&stage, stage.head(), "bomb", bomb(&stage, 10, 3, "d", Some(blob(&stage))));
    let head = commit(&stage, tree, &[stage.head()], "Add files");
    let commits = vec![stage.head(), head];
    let verdict = judge(&with_commits(stage, commits));
    assert!([0, 1, 3].contains(&verdict.exit), "{}", verdict.text);
}
