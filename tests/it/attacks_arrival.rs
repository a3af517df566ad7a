//! More attacks on reconciliation: what a run keeps, what it shows, and what it takes for granted.

use crate::support::dataset_scene::{DatasetScene as Scene, FAILED, INTENDED, POLICY, RECEIVED};
use rusqlite::Connection;

/// The job would wait longer than the machine lives, and no one would see a difference.
#[test]
fn attack_a_second_look_that_never_comes() {
    let scene = Scene::new();
    scene.write("out/received.csv", FAILED);
    for seconds in ["0", "86401", "18446744073709551615", "-1"] {
        let line = format!("run nominal --key-file dataset.key --dry-run --confirm-after={seconds}");
        let (exit, _, said) = scene.reconcile(&line);
        assert!(exit == 2 && said.contains("--confirm-after"), "{seconds}: {exit} {said}");
    }
    scene.expect("run nominal --key-file dataset.key --dry-run --confirm-after 1", 1, "OVER BUDGET");
}

/// The list shows what a run says of itself only after the chain verified.
#[test]
fn attack_an_edited_run_in_the_list() {
    let scene = Scene::new();
    scene.write("out/received.csv", FAILED);
    assert_eq!(scene.run().0, 1);
    scene.expect("list", 0, "over budget");
    scene.forge_newest("s/\"outcome\": \"over-budget\"/\"outcome\": \"green\"/");
    let out = scene.expect("list", 6, "its commit does not follow");
    assert!(!out.contains("green") && !out.contains("differ"), "{out}");
}

const SQLITE_TARGET: &str = "[reconciliation.nominal.target]
connector = \"sqlite\"
file = \"live.db\"
table = \"nominal\"
sequence = \"version\"
time = { column = \"loaded\" }
";

/// Rows that were not written into the database file yet are in its `-wal`.
#[test]
fn attack_a_copied_database_without_its_newest_rows() {
    let scene = Scene::new();
    let target = POLICY.find("[reconciliation.nominal.target]").unwrap();
    let policy = format!("{}{SQLITE_TARGET}", &POLICY[..target]);
    scene.write("portcullis.toml", &policy);
    let database = Connection::open(scene.path().join("live.db")).unwrap();
    let mode: String = database.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    let rows = "CREATE TABLE nominal (id TEXT, version INTEGER, loaded TEXT, surname TEXT);
        INSERT INTO nominal VALUES ('N1', 1, '2026-01-01T09:00:00Z', 'Archer');";
    database.execute_batch(&format!("{rows} PRAGMA wal_checkpoint(TRUNCATE);")).unwrap();
    let newest = "INSERT INTO nominal VALUES ('N2', 2, '2026-01-02T09:00:00Z', 'Baxter');";
    database.execute_batch(newest).unwrap();
    let line = "extract nominal --side target --key-file dataset.key -o";
    let (exit, out, said) = scene.reconcile(&format!("{line} live"));
    assert!(exit == 0 && out.contains("2 rows") && !said.contains("WAL"), "twin: {out}{said}");
    scene.shell("cp live.db copy.db");
    scene.write("portcullis.toml", &policy.replace("live.db", "copy.db"));
    let (exit, out, said) = scene.reconcile(&format!("{line} copied"));
    assert!(exit == 0 && out.contains("1 row "), "{out}{said}");
    assert!(said.contains("there is no copy.db-wal") && said.contains(".backup"), "{said}");
}

const REJECTS: &str = "[reconciliation.nominal.rejects]
connector = \"csv\"
files = \"out/refused.csv\"
sequence = \"seq\"
time = { column = \"at\" }
reason = \"why\"
";

/// Two refusals that tell the story of a person, and one that is a code.
const REFUSED: &str = "id,seq,at,why
N2,2,2026-01-02T09:00:00Z,Baxter is under age
N4,1,2026-01-02T09:00:00Z,Baxter is under age
N5,1,2026-01-02T09:00:00Z,E17
";

/// A repository is no place for what the receiver says of a person.
#[test]
fn attack_a_reason_that_tells_the_story_of_a_person() {
    let scene = Scene::new();
    scene.write("out/received.csv", &RECEIVED.replace("N2,2", "N2,1"));
    scene.write("out/refused.csv", REFUSED);
    scene.write("portcullis.toml", &format!("{POLICY}{REJECTS}codes = [\"E17\"]\n"));
    assert_eq!(scene.run().0, 1);
    let newest = || scene.shell("git show refs/portcullis/reconciliation/nominal:run.json");
    let run = newest();
    assert!(!run.contains("Baxter") && run.contains("\"keyed:") && run.contains("\"E17\": 1"), "{run}");
    // Where the key is, the code leads back to the text.
    let told = scene.expect("explain nominal --reasons --key-file dataset.key", 0, "Baxter is under age");
    let code = run.split("\"keyed:").nth(1).and_then(|rest| rest.get(..16)).unwrap();
    assert!(told.contains(&format!("keyed:{code}  ")) && told.contains("E17"), "{told}");
    // A manifest of an earlier version has the text, and a run made of it still has none.
    for side in ["source", "target", "rejects"] {
        scene.extract(side, side);
    }
    scene.shell("sed -i 's/\"keyed:[0-9a-f]*\"/\"Baxter is under age\"/' rejects/manifest.json");
    let header = scene.shell("cat rejects/manifest.json");
    assert!(header.contains("Baxter"), "{header}");
    scene.expect("compare source target --rejects rejects --record", 3, "UNCONFIRMED");
    let run = newest();
    assert!(!run.contains("Baxter") && run.contains("\"other\": 2") && run.contains("\"E17\": 1"), "{run}");
}

/// A test record that the receiver writes in another form of the same letters, in a column of fixed width.
#[test]
fn attack_test_data_in_other_letters_and_with_blanks() {
    let scene = Scene::new();
    scene.write("portcullis.toml", &POLICY.replace("prefix = \"TEST\"", "prefix = \"TE\u{301}ST \""));
    let with = |id: &str| {
        scene.write("out/received.csv", &format!("{RECEIVED}{id},1,2026-01-01T09:00:00Z,Tester\n"));
        scene.reconcile("run nominal --key-file dataset.key --confirm-after 1 --dry-run").1
    };
    for id in ["T\u{c9}ST 9", "TE\u{301}ST 9", "T\u{c9}ST", "TE\u{301}ST   "] {
        let out = with(id);
        assert!(out.contains("test-data") && !out.contains("extra"), "{id}: {out}");
    }
    let twin = with("T\u{c9}STER");
    assert!(twin.contains("extra") && !twin.contains("test-data"), "{twin}");
}

/// A deletion of the year 2999 is in the list, and the record is gone today.
#[test]
fn attack_a_record_that_is_deleted_before_its_time() {
    let scene = Scene::new();
    let deletion = |at: &str| {
        scene.write("out/intended.csv", &format!("{INTENDED}N1,D,2,{at},\n"));
        scene.write("out/received.csv", &RECEIVED.replace("N1,1,2026-01-01T09:00:00Z,Archer\n", ""));
        scene.reconcile("run nominal --key-file dataset.key --confirm-after 1 --dry-run")
    };
    let (exit, out, said) = deletion("2999-01-01T00:00:00Z");
    assert!(exit == 1 && out.contains("missing") && out.contains("deleted before its time"), "{out}{said}");
    let (exit, out, said) = deletion("2026-01-03T00:00:00Z");
    assert!(exit == 0 && out.contains("GREEN"), "twin: {out}{said}");
    // It is there until then, and not back again: with a state, too.
    scene.write("out/received.csv", RECEIVED);
    scene.write("out/intended.csv", &format!("{INTENDED}N1,D,2,2999-01-01T00:00:00Z,\n"));
    let line = "run nominal --key-file dataset.key --confirm-after 1 --state state";
    scene.expect(line, 0, "pending");
    scene.write("out/received.csv", &RECEIVED.replace("N1,1,2026-01-01T09:00:00Z,Archer\n", ""));
    scene.expect(line, 1, "missing");
    scene.write("out/received.csv", RECEIVED);
    let out = scene.expect(line, 0, "pending");
    assert!(!out.contains("resurrected"), "{out}");
}

/// Ten records of 30 hours ago, of which nine tenths are due within a day; five are on their way.
#[test]
fn attack_a_share_that_only_one_look_missed() {
    let scene = Scene::new();
    let deadline = "deadline = [{ share = 0.9, within = \"24h\" }, { share = 1.0, within = \"72h\" }]\n";
    scene.write("portcullis.toml", &POLICY.replace("deadline = \"24h\"\n", deadline));
    let sent = scene.shell("date -u -d '30 hours ago' +%Y-%m-%dT%H:%M:%SZ");
    let loaded = scene.shell("date -u -d '29 hours ago' +%Y-%m-%dT%H:%M:%SZ");
    let rows = |count: u32, line: &dyn Fn(u32) -> String| -> String { (0..count).map(line).collect() };
    let intended = rows(10, &|number| format!("K{number},U,1,{sent},Name\n"));
    let received =
        |count| format!("id,version,loaded,surname\n{}", rows(count, &|n| format!("K{n},1,{loaded},Name\n")));
    scene.write("out/intended.csv", &format!("id,op,seq,at,surname\n{intended}"));
    scene.write("out/received.csv", &received(5));
    // One look, without and with the confirmation of a later one.
    scene.extract("source", "s");
    scene.extract("target", "t");
    let out = scene.expect(
        "compare s t --breaks b",
        3,
        "5 of 10 uploads and amendments arrived within 24h, and 90 %",
    );
    assert!(out.contains("pending") && !out.contains("OVER BUDGET"), "{out}");
    assert_eq!(scene.shell("ls -d b*"), "b");
    scene.shell("sleep 1.1");
    scene.expect(
        "extract nominal --side source -o s2 --key-file dataset.key --only b",
        0,
        "5 rows of the source",
    );
    scene.expect(
        "extract nominal --side target -o t2 --key-file dataset.key --only b",
        0,
        "0 rows of the target",
    );
    scene.expect("compare s2 t2 --previous b", 3, "Only the differences of an earlier look were compared");
    scene.extract("source", "s3");
    scene.extract("target", "t3");
    scene.expect("compare s3 t3 --previous b", 1, "OVER BUDGET");
    // A run looks twice by itself; what arrived meanwhile counts, what did not is missed for certain.
    let line = "run nominal --key-file dataset.key --dry-run --confirm-after 3";
    scene.expect(line, 1, "OVER BUDGET");
    let late = scene.path().join("out/received.csv");
    let whole = received(10);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(std::time::Duration::from_millis(1500));
            std::fs::write(late, whole).unwrap();
        });
        scene.expect(line, 0, "GREEN");
    });
    // What came too late by the clock of the target needs no second look.
    let late = scene.shell("date -u -d '2 hours ago' +%Y-%m-%dT%H:%M:%SZ");
    scene.write("out/received.csv", &received(10).replacen(&loaded, &late, 5));
    scene.extract("target", "t4");
    scene.expect("compare s t4", 1, "OVER BUDGET");
}

/// A time that no one can read makes a record overdue; the cause is said, and shown of the record.
#[test]
fn an_unreadable_time_has_a_cause() {
    let scene = Scene::new();
    scene.write("out/intended.csv", &INTENDED.replace("N1,U,1,2026-01-01T08:00:00Z", "N1,U,1,yesterday"));
    let (exit, out, said) = scene.reconcile("run nominal --key-file dataset.key --confirm-after 1 --dry-run");
    assert!(exit == 1 && out.contains("incomparable"), "{out}{said}");
    assert!(out.contains("Rows of the source whose time or a value cannot be read: 1."), "{out}");
    let cause = "1 row cannot be compared, the first is";
    assert!(said.contains(cause) && said.contains("at: the text is no point in time"), "{said}");
    assert!(!said.contains("yesterday") && !out.contains("yesterday"), "{said}{out}");
    let shown = scene.expect("explain nominal --key id=N1 --key-file dataset.key", 0, "U, upload");
    assert!(shown.contains("cannot be read from `at`: the text is no point in time"), "{shown}");
    let shown = scene.expect("explain nominal --key id=N3 --key-file dataset.key", 0, "D, deletion");
    assert!(shown.contains("(time)                    2026-01-02T08:00:00Z"), "{shown}");
}

/// Under another key no record is what it was: ages and deletions that were seen would be lost unnoticed.
#[test]
fn attack_a_run_under_another_key() {
    let scene = Scene::new();
    scene.write("out/received.csv", FAILED);
    let line = |key: &str| format!("run nominal --key-file {key} --confirm-after 1 --state state");
    scene.expect(&line("dataset.key"), 1, "OVER BUDGET");
    scene.key("other.key", "fedcba9876543210fedcba9876543210fedcba9876543210");
    scene.expect(&line("other.key"), 3, "earlier runs had the dataset key");
    scene.expect(&line("dataset.key"), 1, "since run 1");
    scene.extract("source", "s");
    scene.expect("extract nominal --side target -o t --key-file other.key", 0, "rows");
    scene.expect("compare s t", 3, "no record would be equal");
}

#[test]
fn what_is_shown_says_what_to_do_next_and_names_no_run_that_was_not_kept() {
    let scene = Scene::new();
    scene.write("out/received.csv", &RECEIVED.replace("N2,2", "N2,1"));
    let (exit, out, _) = scene.reconcile("run nominal --key-file dataset.key --confirm-after 1 --dry-run");
    assert!(exit == 1 && out.contains("open, oldest first") && !out.contains("since run"), "{out}");
    scene.extract("source", "s");
    scene.extract("target", "t");
    let out = scene.expect(
        "compare s t --record",
        3,
        "portcullis reconcile compare SOURCE2 TARGET2 --previous BREAKS",
    );
    assert!(out.contains("reconcile extract nominal --side source --only BREAKS"), "{out}");
    assert_eq!(scene.run().0, 1);
    scene.expect("list", 0, "over budget  1 record differs");
    let shown = scene.expect("show nominal", 1, "class");
    assert!(shown.lines().all(|line| line.trim_end() == line && line.chars().count() <= 80), "{shown}");
    // The way that is shown leads to the end.
    scene.expect("compare s t --breaks BREAKS", 3, "UNCONFIRMED");
    scene.shell("sleep 1.1");
    for (side, folder) in [("source", "SOURCE2"), ("target", "TARGET2")] {
        let line = format!("extract nominal --side {side} --only BREAKS -o {folder} --key-file dataset.key");
        scene.expect(&line, 0, "of the");
    }
    scene.expect("compare SOURCE2 TARGET2 --previous BREAKS", 1, "OVER BUDGET");
}

/// One difference is accepted until a day: it is counted and shown, and no other is.
#[test]
fn a_difference_that_a_person_accepts_is_shown_until_its_day() {
    let scene = Scene::new();
    scene.write("out/received.csv", &RECEIVED.replace("N2,2", "N2,1"));
    assert_eq!(scene.run().0, 1);
    let shown = scene.expect("show nominal", 1, "open, oldest first");
    let key = shown.lines().find_map(|line| line.trim().split_once("  stale")).unwrap().0.to_string();
    let accept = |key: &str, class: &str, until: &str| {
        let entry = format!(
            "accepted = [{{ key = \"{key}\", class = \"{class}\", until = \"{until}\", by = \"Robin Roe\", reason = \"corrected by post\" }}]\n"
        );
        scene.write(
            "portcullis.toml",
            &POLICY.replace("deadline = \"24h\"\n", &format!("deadline = \"24h\"\n{entry}")),
        );
        scene.run()
    };
    let (exit, out, said) = accept(&key, "stale", "2999-01-01");
    assert!(exit == 0 && out.contains("GREEN") && out.contains("1 accepted"), "{out}{said}");
    assert!(out.contains("stale, by Robin Roe until 2999-01-01T00:00:00Z: open"), "{out}");
    assert!(out.contains("corrected by post"), "{out}");
    let shown = scene.expect("show nominal", 0, "1 accepted");
    assert!(shown.contains(&format!("{key}  stale, since run")) && shown.contains(", accepted"), "{shown}");
    scene.expect("list", 0, "green        1 record differs");
    // Expired, of another class, of another record: it counts.
    let (exit, out, _) = accept(&key, "stale", "2026-01-01");
    assert!(exit == 1 && out.contains("ended, it counts again"), "{out}");
    let (exit, out, _) = accept(&key, "missing", "2999-01-01");
    assert!(exit == 1 && out.contains("the record differs otherwise now"), "{out}");
    assert_eq!(accept(&"0".repeat(32), "stale", "2999-01-01").0, 1);
    // A second difference beside it is over the budget.
    scene.write("out/received.csv", FAILED);
    let (exit, out, _) = accept(&key, "stale", "2999-01-01");
    assert!(exit == 1 && out.contains("1 accepted") && out.contains("undeleted"), "{out}");
}

/// What the policy of [`signed_scene`] demands.
const SIGNED: &str = "deadline = \"24h\"\nmanifest-signers = \"keys/signers\"\n";

/// A dataset whose manifests Robin signs; Mallory has a key, too.
fn signed_scene() -> Scene {
    let scene = Scene::new();
    let key = |name: &str| {
        scene.shell(&format!("ssh-keygen -q -t ed25519 -N '' -C {name}@example.test -f {name}"));
        scene.shell(&format!("cat {name}.pub"))
    };
    let (robin, _mallory) = (key("robin"), key("mallory"));
    scene.write("keys/signers", &format!("robin@example.test namespaces=\"portcullis\" {robin}\n"));
    scene.write("portcullis.toml", &POLICY.replace("deadline = \"24h\"\n", SIGNED));
    scene.shell("git add keys portcullis.toml && git -c user.name=Robin -c user.email=robin@example.test commit -qm Signers");
    scene
}

/// Extracts a side, as [`signed_scene`] has it.
fn extract(scene: &Scene, side: &str, place: &str, more: &str) -> (i32, String, String) {
    scene.reconcile(&format!("extract nominal --side {side} -o {place} --key-file dataset.key{more}"))
}

/// Where the policy demands signed manifests, one that anyone may have made is refused.
#[test]
fn attack_a_manifest_that_no_one_signed() {
    let scene = signed_scene();
    let extract = |side: &str, folder: &str, sign: &str| extract(&scene, side, folder, sign);
    for (side, folder) in [("source", "s"), ("target", "t")] {
        let (exit, _, said) = extract(side, folder, " --sign robin");
        assert!(exit == 0 && said.contains("signed as robin@example.test"), "{said}");
    }
    scene.expect("compare s t", 0, "GREEN");
    let (exit, _, said) = extract("target", "unsigned", "");
    assert!(exit == 0 && said.contains("unsigned; the policy demands a signature of keys/signers"), "{said}");
    scene.expect("compare s unsigned", 6, "unsigned: the target is not signed");
    scene.expect("plan s unsigned --engine buckets -o p", 6, "the target is not signed");
    let (exit, _, said) = extract("target", "other", " --sign mallory");
    assert!(exit == 4 && said.contains("is not in keys/signers at HEAD"), "{exit} {said}");
    // A signature of another manifest, of another key, or of a header that was edited since.
    scene.shell("cp -r unsigned borrowed; cp s/signature.json borrowed/");
    scene.expect("compare s borrowed", 6, "a signature that does not count (");
    scene.shell("cp -r t edited; sed -i 's/\"generator\": \"/\"generator\": \"x/' edited/manifest.json");
    scene.expect("compare s edited", 6, "edited: the target has a signature that does not count");
    scene.write("portcullis.toml", POLICY);
    assert_eq!(extract("target", "m", " --sign mallory").0, 0);
    scene.write("portcullis.toml", &POLICY.replace("deadline = \"24h\"\n", SIGNED));
    scene.expect("compare s m", 6, "m: the target has a signature that does not count");
    // A run reads both systems itself, and needs none.
    assert_eq!(scene.run().0, 0);
}

/// A manifest in one Parquet file has its signature beside it, and is refused without it as a folder is.
#[test]
fn attack_a_manifest_in_parquet_that_no_one_signed() {
    let scene = signed_scene();
    let parquet = |side: &str, file: &str, sign: &str| {
        let (exit, _, said) = extract(&scene, side, file, &format!(" --form parquet{sign}"));
        assert!(exit == 0, "{said}");
        said
    };
    assert!(parquet("source", "s.parquet", " --sign robin").contains("signed as robin@example.test"));
    parquet("target", "t.parquet", " --sign robin");
    scene.expect("compare s.parquet t.parquet", 0, "GREEN");
    let said = parquet("target", "unsigned.parquet", "");
    assert!(said.contains("unsigned; the policy demands a signature of keys/signers"), "{said}");
    scene.expect("compare s.parquet unsigned.parquet", 6, "unsigned.parquet: the target is not signed");
    // A signature of another manifest; one whose header was edited since, with lengths as they were.
    scene.shell(
        "cp unsigned.parquet borrowed.parquet; cp s.parquet.signature.json borrowed.parquet.signature.json",
    );
    scene.expect("compare s.parquet borrowed.parquet", 6, "a signature that does not count (");
    scene.shell("cp t.parquet edited.parquet; cp t.parquet.signature.json edited.parquet.signature.json");
    let file = scene.path().join("edited.parquet");
    let mut bytes = std::fs::read(&file).unwrap();
    let generator = b"portcullis ";
    let places: Vec<usize> =
        (0..bytes.len() - generator.len()).filter(|at| bytes[*at..].starts_with(generator)).collect();
    assert!(!places.is_empty(), "the header names what wrote it");
    places.into_iter().for_each(|at| bytes[at] = b'P');
    std::fs::write(&file, bytes).unwrap();
    let (exit, _, said) = scene.reconcile("compare s.parquet edited.parquet");
    assert!(exit == 6 && said.contains("edited.parquet"), "{exit} {said}");
}

/// A run that no signer of the dataset signed is no run to those who ask what is due, as it is none to the gate.
#[test]
fn attack_a_run_of_a_stranger_is_taken_for_the_run_that_is_due() {
    let scene = Scene::new();
    for name in ["robin", "mallory"] {
        scene.shell(&format!("ssh-keygen -q -t ed25519 -N '' -C {name}@example.test -f {name}"));
    }
    let lines = "deadline = \"24h\"\nsigners = \"keys/signers\"\nexpected-every = \"24h\"\n";
    scene.write("portcullis.toml", &POLICY.replace("deadline = \"24h\"\n", lines));
    let list = |name: &str| {
        let key = scene.shell(&format!("cat {name}.pub"));
        scene.write("keys/signers", &format!("{name}@example.test namespaces=\"portcullis\" {key}\n"));
        scene.shell("git add keys portcullis.toml && git -c user.name=R -c user.email=r@example.test commit -qm Signers");
    };
    let due = || {
        let output = scene.portcullis("due --source reconciliation");
        (output.0, output.1 + &output.2)
    };
    // In a clone of their own anyone may list themselves.
    list("mallory");
    let (exit, _, said) = scene.reconcile("run nominal --key-file dataset.key --sign mallory");
    assert_eq!(exit, 0, "{said}");
    list("robin");
    let (exit, text) = due();
    assert!(exit == 3 && text.contains("signed by anyone in"), "{exit} {text}");
    let (exit, _, said) = scene.reconcile("run nominal --key-file dataset.key --sign robin");
    assert_eq!(exit, 0, "{said}");
    let (exit, text) = due();
    assert!(exit == 0 && text.contains("nothing is overdue"), "{exit} {text}");
}
