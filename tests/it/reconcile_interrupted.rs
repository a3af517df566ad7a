//! Extractions that are killed, or run out of space: what is left is never a manifest, and an
//! extraction goes on from its last row or begins again.

use crate::support::clean::CleanEnvironment as _;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const POLICY: &str = r#"schema = 1
[project]
name = "Record upload"
[branches]
deployment = ["main"]
[[data-processing]]
name = "upload"
purpose = "Loads records"
paths = ["services/upload/**"]
[controls.required-reviews]
approvals = 1
[reconciliation.nominal]
areas = ["upload"]
key = [{ name = "id", type = "text" }]
fields = [{ name = "surname", type = "text" }]
deadline = "24h"
[reconciliation.nominal.source]
connector = "csv"
files = "intended.csv"
[reconciliation.nominal.target]
connector = "csv"
files = "intended.csv"
"#;

const ROWS: usize = 60_000;

/// What a process says that goes on, and one that found nothing to go on with.
const GOES_ON: &str = "all rows were read already";
const BEGINS_AGAIN: &str = "it begins again";

struct Scene {
    directory: TempDir,
}

impl Scene {
    fn new() -> Self {
        let scene = Scene { directory: TempDir::new().unwrap() };
        let rows = (0..ROWS).map(|row| format!("N{row},Archer-visible-{row}\n"));
        let text = format!("id,surname\n{}", rows.collect::<String>());
        fs::write(scene.path("intended.csv"), text).unwrap();
        fs::write(scene.path("portcullis.toml"), POLICY).unwrap();
        fs::write(scene.path("dataset.key"), "0123456789abcdef0123456789abcdef0123456789abcdef").unwrap();
        assert!(Command::new("chmod").arg("600").arg(scene.path("dataset.key")).status().unwrap().success());
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The arguments of an extraction to this folder.
    fn arguments(folder: &Path, more: &[&str]) -> Vec<String> {
        let folder = folder.display().to_string();
        let usual =
            ["reconcile", "extract", "nominal", "--side", "source", "--key-file", "dataset.key", "-o"];
        usual.iter().chain([&folder.as_str()]).chain(more).map(ToString::to_string).collect()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.clean_env().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.current_dir(self.directory.path()).stdin(Stdio::null());
        command
    }

    fn extract(&self, folder: &Path, more: &[&str]) -> Output {
        let mut command = self.command(env!("CARGO_BIN_EXE_portcullis"));
        command.args(Self::arguments(folder, more)).output().unwrap()
    }

    /// An extraction that may write so many blocks of 512 bytes into a file.
    fn extract_within(&self, blocks: u32, folder: &Path) -> Output {
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut command = self.command("sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_portcullis")]);
        command.args(Self::arguments(folder, &[])).output().unwrap()
    }

    fn start(&self, folder: &Path) -> Child {
        let mut command = self.command(env!("CARGO_BIN_EXE_portcullis"));
        command.args(Self::arguments(folder, &[])).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    /// Compares this folder with the source; returns the exit code.
    fn compare(&self, folder: &Path, target: &Path) -> Option<i32> {
        let mut command = self.command(env!("CARGO_BIN_EXE_portcullis"));
        command.args(["reconcile", "compare"]).arg(folder).arg(target).output().unwrap().status.code()
    }
}

fn partial(folder: &Path) -> PathBuf {
    PathBuf::from(format!("{}.partial", folder.display()))
}

/// The buckets of a manifest, with their digests.
fn buckets(folder: &Path) -> Value {
    let header: Value = serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(header["rows"], ROWS);
    header["buckets"].clone()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// That files on the way are the owner's alone and hold no content.
#[cfg(unix)]
fn assert_private(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700);
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{path:?}");
        let holds_content = String::from_utf8_lossy(&fs::read(&path).unwrap()).contains("visible");
        assert!(!holds_content, "{path:?}");
    }
}

/// Kills the process as soon as this is so; `false`: it ended first.
fn kill_when(mut child: Child, is_so: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < Duration::from_secs(120), "the moment does not come");
        if is_so() {
            // SIGKILL.
            child.kill().unwrap();
            return !child.wait().unwrap().success();
        }
    }
    false
}

/// That what is left is no manifest, and that `--resume` ends what was begun.
fn assert_nothing_then_whole(scene: &Scene, folder: &Path, reference: &Value) -> bool {
    assert!(!folder.exists(), "half a manifest has its name");
    for half in [folder, &partial(folder)] {
        assert!(!matches!(scene.compare(half, half), Some(0..=3)), "half a manifest was compared");
    }
    assert_private(&partial(folder));
    let output = scene.extract(folder, &["--resume"]);
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains(GOES_ON) != said.contains(BEGINS_AGAIN), "{said}");
    assert_eq!(buckets(folder), *reference);
    assert!(!partial(folder).exists());
    for file in ["read.json", "sorted.jsonl", "lock", "spill-000"] {
        assert!(!folder.join(file).exists(), "{file}");
    }
    said.contains(GOES_ON)
}

#[cfg(unix)]
#[test]
fn attack_an_extraction_that_is_killed_at_any_moment() {
    let scene = Scene::new();
    let whole = scene.path("whole");
    let start = Instant::now();
    assert!(scene.extract(&whole, &[]).status.success());
    let duration = start.elapsed();
    let reference = buckets(&whole);
    let lines = |folder: &Path| {
        let text = fs::read_to_string(partial(folder).join("sorted.jsonl")).unwrap_or_default();
        text.lines().filter(|line| !line.is_empty()).count()
    };
    let mut resumed = 0;
    for (moment, after) in ["lock", "read.json", "sorted.jsonl"].into_iter().zip([0, 0, 0]).chain([
        ("sorted.jsonl", 1),
        ("sorted.jsonl", 100),
        ("sorted.jsonl", 240),
    ]) {
        let folder = scene.path(&format!("killed-{moment}-{after}"));
        let is_so = || partial(&folder).join(moment).exists() && lines(&folder) >= after;
        if kill_when(scene.start(&folder), is_so) {
            let goes_on = assert_nothing_then_whole(&scene, &folder, &reference);
            assert_eq!(goes_on, moment != "lock", "{moment}, {after}");
            resumed += u32::from(goes_on);
        }
    }
    assert!(resumed >= 2, "{resumed} went on");
    // Whatever the moment.
    for part in 1..8 {
        let folder = scene.path(&format!("killed-{part}"));
        let child = scene.start(&folder);
        std::thread::sleep(duration * part / 8);
        if kill_when(child, || true) && partial(&folder).exists() && !folder.exists() {
            assert_nothing_then_whole(&scene, &folder, &reference);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_new_extraction_clears_what_a_killed_one_left() {
    let scene = Scene::new();
    let folder = scene.path("killed");
    if !kill_when(scene.start(&folder), || partial(&folder).join("read.json").exists()) {
        return;
    }
    // The source has changed since, and without `--resume` it is read as it is now.
    fs::write(scene.path("intended.csv"), "id,surname\nN1,Archer\n").unwrap();
    let output = scene.extract(&folder, &[]);
    assert!(output.status.success(), "{}", said(&output));
    let header = fs::read_to_string(folder.join("manifest.json")).unwrap();
    assert!(header.contains("\"rows\": 1,") && !partial(&folder).exists(), "{header:.400}");
}

/// What is none of its own files is not cleared away.
#[test]
fn attack_a_folder_of_a_person_has_the_name_of_an_interrupted_extraction() {
    let scene = Scene::new();
    let folder = scene.path("mine");
    for (name, is_folder) in [("notes.txt", false), ("bucket-list", false), ("bucket-000.bin", true)] {
        fs::create_dir(partial(&folder)).unwrap();
        let file = partial(&folder).join(name);
        if is_folder {
            fs::create_dir(&file).unwrap()
        } else {
            fs::write(&file, "mine").unwrap()
        }
        let output = scene.extract(&folder, &[]);
        let said = said(&output);
        assert!(!output.status.success() && said.contains(name), "{name}: {said}");
        assert!(said.contains("Move it away, or name another folder"), "{said}");
        assert!(file.exists() && !folder.exists(), "{name}");
        fs::remove_dir_all(partial(&folder)).unwrap();
    }
    // What a process left that was killed at once is.
    fs::create_dir(partial(&folder)).unwrap();
    assert!(scene.extract(&folder, &[]).status.success());
}

#[cfg(unix)]
#[test]
fn attack_files_of_another_extraction_are_gone_on_with() {
    let scene = Scene::new();
    let folder = scene.path("killed");
    for edit in ["key", "policy", "columns", "spill", "digests", "place", "sorted"] {
        let _ = fs::remove_dir_all(&folder);
        let _ = fs::remove_dir_all(partial(&folder));
        let lines = || fs::read_to_string(partial(&folder).join("sorted.jsonl")).unwrap_or_default().len();
        if !kill_when(scene.start(&folder), || lines() > 5_000) {
            continue;
        }
        let (key, policy) = (scene.path("dataset.key"), scene.path("portcullis.toml"));
        let (old_key, old_policy) = (fs::read(&key).unwrap(), fs::read(&policy).unwrap());
        let mut more = vec!["--resume"];
        match edit {
            "key" => fs::write(&key, "fedcba9876543210fedcba9876543210fedcba9876543210").unwrap(),
            "policy" => {
                let other = POLICY
                    .replace("\"surname\", type = \"text\"", "\"surname\", type = \"text\", trim-end = true");
                fs::write(&policy, other).unwrap();
            }
            "columns" => more.push("--columns"),
            "spill" => {
                let spill = partial(&folder).join("spill-255");
                let bytes = fs::read(&spill).unwrap();
                fs::write(&spill, &bytes[..bytes.len() - 50]).unwrap();
            }
            "digests" => {
                // Key and number of rows stay as they were.
                let spill = partial(&folder).join("spill-255");
                let mut bytes = fs::read(&spill).unwrap();
                let length = bytes.len();
                assert!(length > 100, "a row has a digest after its key");
                bytes[16..32].iter_mut().for_each(|byte| *byte ^= 1);
                fs::write(&spill, &bytes).unwrap();
            }
            "place" => {
                // The same policy and key, and another system of the same relative name.
                let notes = partial(&folder).join("read.json");
                let text = fs::read_to_string(&notes).unwrap();
                let at = text.find("\"place\":\"").unwrap() + 9;
                let other = if &text[at..=at] == "0" { "1" } else { "0" };
                fs::write(&notes, format!("{}{other}{}", &text[..at], &text[at + 1..])).unwrap();
            }
            _ => {
                // A bucket that was sorted, and is not what it was.
                let list = fs::read_to_string(partial(&folder).join("sorted.jsonl")).unwrap();
                let line: Value =
                    serde_json::from_str(list.lines().find(|line| line.len() > 2).unwrap()).unwrap();
                fs::write(
                    partial(&folder).join(format!("bucket-{:03}.bin", line["bucket"].as_u64().unwrap())),
                    "",
                )
                .unwrap();
            }
        }
        let output = scene.extract(&folder, &more);
        let said = said(&output);
        if ["spill", "digests", "sorted"].contains(&edit) {
            assert!(!output.status.success() && !folder.exists(), "{edit}: {said}");
        } else {
            assert!(output.status.success() && said.contains(BEGINS_AGAIN), "{edit}: {said}");
        }
        fs::write(&key, old_key).unwrap();
        fs::write(&policy, old_policy).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn attack_a_file_that_can_grow_no_more() {
    let scene = Scene::new();
    let whole = scene.path("whole");
    assert!(scene.extract(&whole, &[]).status.success());
    let reference = buckets(&whole);
    // While rows are read: nothing is left.
    let folder = scene.path("short");
    let output = scene.extract_within(8, &folder);
    assert!(said(&output).contains("Make room"), "{}", said(&output));
    assert!(!output.status.success() && !folder.exists() && !partial(&folder).exists());
    // While buckets are noted: every row was read, and is kept.
    let output = scene.extract_within(128, &folder);
    let told = said(&output);
    assert!(!output.status.success() && told.contains("Make room") && told.contains("--resume"), "{told}");
    assert!(assert_nothing_then_whole(&scene, &folder, &reference), "the rows are there");
}

/// A disk of memory with little room; `None`: this account cannot mount one.
struct SmallDisk<'s> {
    path: &'s Path,
}

impl<'s> SmallDisk<'s> {
    fn mount(path: &'s Path, kilobytes: u32) -> Option<Self> {
        fs::create_dir_all(path).unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={kilobytes}k,mode=700"), "tmpfs"])
            .arg(path)
            .output();
        let is_there = mount.is_ok_and(|output| output.status.success());
        is_there.then_some(Self { path })
    }

    fn enlarge(&self) {
        let mut mount = Command::new("mount");
        mount.args(["-o", "remount,size=64m"]).arg(self.path);
        assert!(mount.status().unwrap().success());
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path).status();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn attack_a_disk_that_is_full() {
    let scene = Scene::new();
    let whole = scene.path("whole");
    assert!(scene.extract(&whole, &[]).status.success());
    let reference = buckets(&whole);
    let place = scene.path("disk");
    let (mut nothing, mut kept) = (0, 0);
    for kilobytes in (2_000..4_400).step_by(150) {
        let Some(disk) = SmallDisk::mount(&place, kilobytes) else {
            println!("left out: this account cannot mount a small disk");
            return;
        };
        let folder = place.join("m");
        let output = scene.extract(&folder, &[]);
        if output.status.success() {
            assert_eq!(buckets(&folder), reference);
            continue;
        }
        let told = said(&output);
        assert!(told.contains("Make room") && !folder.exists(), "{told}");
        if partial(&folder).exists() {
            kept += 1;
            assert!(told.contains("--resume"), "{told}");
            disk.enlarge();
            assert!(assert_nothing_then_whole(&scene, &folder, &reference), "{kilobytes} KB");
        } else {
            nothing += 1;
        }
    }
    assert!(nothing > 0 && kept > 0, "{nothing} left nothing, {kept} could go on");
}
