//! `reconcile run`, `compare` and `combine` that are killed at any moment, or find the disk full: never a green result from
//! half a comparison, and nothing that is left holds content or stays.

use crate::support::clean::CleanEnvironment as _;
use crate::support::dataset_scene::DatasetScene as Scene;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Records on each side.
const RECORDS: u32 = 20_000;

/// How often each command is killed.
const KILLED: u32 = 8;

/// Many records, of which the receiver lacks some: an honest run is over budget.
fn scene() -> Scene {
    let scene = Scene::new();
    let (mut intended, mut received) =
        (String::from("id,op,seq,at,surname\n"), String::from("id,version,loaded,surname\n"));
    for number in 0..RECORDS {
        intended += &format!("K{number},U,1,2026-01-01T08:00:00Z,Visible{number}\n");
        if number % 100 != 7 {
            received += &format!("K{number},1,2026-01-01T09:00:00Z,Visible{number}\n");
        }
    }
    scene.write("out/intended.csv", &intended);
    scene.write("out/received.csv", &received);
    fs::create_dir_all(scene.path().join("tmp")).unwrap();
    scene
}

fn program(scene: &Scene, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.clean_env().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", scene.path());
    command
        .env("TMPDIR", scene.path().join("tmp"))
        .current_dir(scene.path())
        .arg("reconcile")
        .args(line.split(' '));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Runs it to its end; how long that took.
fn finish(scene: &Scene, line: &str, exit: i32) -> Duration {
    let begun = Instant::now();
    assert_eq!(program(scene, line).status().unwrap().code(), Some(exit), "{line}");
    begun.elapsed()
}

fn kill_after(mut child: Child, wait: Duration) {
    std::thread::sleep(wait);
    let _ = child.kill();
    child.wait().unwrap();
}

/// What is left is readable by its owner alone, and has no word of a record.
fn check_left(scene: &Scene, folder: &str) {
    each_file(&scene.path().join(folder), &mut |file| {
        let mode = fs::metadata(file).unwrap().permissions().mode() & 0o077;
        assert_eq!(mode, 0, "{} can be read by others", file.display());
        let bytes = fs::read(file).unwrap();
        assert!(!bytes.windows(7).any(|word| word == b"Visible"), "{} has content", file.display());
    });
}

fn each_file(folder: &Path, look: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { each_file(&path, look) } else { look(&path) }
    }
}

/// No run is green; the chain verifies, where there is one.
fn check_chain(scene: &Scene) {
    let (exit, out, said) = scene.reconcile("list nominal");
    let is_none = exit == 5 && said.contains("there are no runs");
    assert!(is_none || exit == 0, "{exit} {out}{said}");
    assert!(!out.contains("green"), "{out}");
}

fn is_empty(scene: &Scene, folder: &str) -> bool {
    fs::read_dir(scene.path().join(folder)).unwrap().next().is_none()
}

#[test]
fn a_run_that_is_killed_at_any_moment_leaves_no_green_result_and_the_next_one_clears_up() {
    let scene = scene();
    let line = "run nominal --key-file dataset.key --confirm-after 1 --state state";
    let whole = finish(&scene, line, 1);
    for number in 0..KILLED {
        let child = program(&scene, line).spawn().unwrap();
        kill_after(child, whole * number / KILLED + Duration::from_millis(13));
        check_left(&scene, "tmp");
        check_left(&scene, "state");
        check_chain(&scene);
    }
    finish(&scene, line, 1);
    assert!(is_empty(&scene, "tmp"), "{}", scene.shell("ls -la tmp"));
    assert_eq!(scene.shell("ls -A state"), "breaks\ngone");
    check_chain(&scene);
}

#[test]
fn comparisons_that_are_killed_at_any_moment_leave_no_green_result() {
    let scene = scene();
    for side in ["source", "target"] {
        scene.extract(side, side);
    }
    finish(&scene, "plan source target --engine buckets --output plan", 0);
    let buckets: String = (0..256).map(|number| format!(" --bucket {number}")).collect();
    finish(&scene, &format!("bucket source target --plan plan --output answer{buckets}"), 0);
    let compare = "compare source target --record --breaks";
    let combine = "combine source target --plan plan --engine-result answer --record";
    let times = [finish(&scene, &format!("{compare} whole"), 3), finish(&scene, combine, 3)];
    for number in 0..KILLED {
        for (which, whole) in times.iter().enumerate() {
            let line = if which == 0 { format!("{compare} breaks-{number}") } else { combine.to_string() };
            let child = program(&scene, &line).spawn().unwrap();
            kill_after(child, *whole * number / KILLED + Duration::from_millis(7));
            check_left(&scene, "tmp");
            check_chain(&scene);
        }
    }
    // What was written half is no manifest, and the next one of that name clears it away.
    finish(&scene, &format!("{compare} again"), 3);
    assert!(!scene.path().join("again.partial").exists() && !scene.path().join("again.again").exists());
}

/// Files may have no more than so many blocks: what a full disk is to a program.
#[test]
fn a_disk_that_is_full_at_any_moment_gives_no_result() {
    let scene = scene();
    let run = |blocks: u32, signal: &str| {
        let line = "reconcile run nominal --key-file dataset.key --confirm-after 1";
        let mut shell = Command::new("sh");
        let script = format!("{signal} ulimit -f {blocks}; exec \"$0\" {line}");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_portcullis")]).current_dir(scene.path());
        shell.clean_env().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", scene.path());
        shell.env("TMPDIR", scene.path().join("tmp"));
        shell.output().unwrap()
    };
    for blocks in [0, 1, 4, 16] {
        let output = run(blocks, "trap '' XFSZ;");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(5), "{blocks}: {said}");
        assert!(said.contains("tmp/"), "{said}");
        assert!(is_empty(&scene, "tmp"), "{}", scene.shell("find tmp"));
        check_chain(&scene);
        // The system may also end the program at once.
        let output = run(blocks, "");
        assert!(!output.status.success(), "{blocks}");
        check_left(&scene, "tmp");
        check_chain(&scene);
    }
    let line = "run nominal --key-file dataset.key --confirm-after 1";
    finish(&scene, line, 1);
    assert!(is_empty(&scene, "tmp"), "{}", scene.shell("ls -la tmp"));
}
