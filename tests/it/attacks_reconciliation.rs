//! Attacks on reconciliation, each with its honest twin: manifests, runs and their chain.

use crate::support::dataset_scene::{DatasetScene as Scene, FAILED, INTENDED, POLICY, RECEIVED};
use portcullis_collect::runs::gather_runs;
use portcullis_git::Repository;
use portcullis_model::fact::Fact;
use portcullis_model::inquiry::Inquiry;
use std::collections::BTreeSet;

#[test]
fn a_good_run_is_green_and_a_bad_one_names_every_class() {
    let scene = Scene::new();
    let (exit, out, said) = scene.run();
    assert_eq!(exit, 0, "{out}{said}");
    assert!(out.contains("nominal: GREEN") && out.contains("run 1 ("), "{out}");
    scene.write("out/received.csv", FAILED);
    let (exit, out, said) = scene.run();
    assert_eq!(exit, 1, "{out}{said}");
    for words in ["OVER BUDGET", "test-data", "undeleted", "stale", "since run 2"] {
        assert!(out.contains(words), "{words}: {out}");
    }
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    let shown = scene.expect("show nominal", 1, "last good: run 1");
    assert!(shown.contains("first bad: run 2"), "{shown}");
    scene.expect("list", 0, "over budget");
    scene.expect("verify nominal --at-least 2", 0, "2 runs verified");
}

#[test]
fn attack_a_side_that_is_empty_or_was_read_half() {
    let scene = Scene::new();
    scene.write("out/received.csv", "id,version,loaded,surname\n");
    let (exit, out, said) = scene.run();
    assert_eq!(exit, 3, "{out}{said}");
    assert!(out.contains("BROKEN"), "{out}");
    // A file that was cut in its last record.
    scene.write("out/received.csv", RECEIVED.trim_end());
    let (exit, out, said) = scene.run();
    assert_eq!(exit, 5, "{out}{said}");
}

#[test]
fn attack_manifests_of_something_else() {
    let scene = Scene::new();
    scene.extract("source", "s");
    scene.extract("target", "t");
    scene.expect("compare s t", 0, "GREEN");
    scene.expect("compare s s", 3, "content");
    scene.expect("compare t s", 3, "content");
    scene.key("other.key", "fedcba9876543210fedcba9876543210fedcba9876543210");
    scene.expect("extract nominal --side target -o other --key-file other.key", 0, "rows");
    scene.expect("compare s other", 3, "key");
    scene.write(
        "portcullis.toml",
        &POLICY.replace(
            "name = \"surname\", type = \"text\"",
            "name = \"surname\", type = \"text\", trim-end = true",
        ),
    );
    scene.expect("compare s t", 3, "definition");
}

#[test]
fn attack_a_manifest_that_was_edited_or_cut() {
    let scene = Scene::new();
    scene.extract("source", "s");
    scene.extract("target", "t");
    scene.expect("compare s t", 0, "GREEN");
    scene.shell("cp -r t edited; file=$(find edited -name 'bucket-*.bin' -size +0 | head -1); printf 'X' | dd of=$file bs=1 seek=20 conv=notrunc 2>/dev/null");
    scene.expect("compare s edited", 6, "edited/bucket-");
    scene.shell("cp -r t cut; file=$(find cut -name 'bucket-*.bin' -size +0 | head -1); : > $file");
    scene.expect("compare s cut", 6, "cut/bucket-");
    scene.shell("cp -r t lost; rm $(find lost -name 'bucket-*.bin' -size +0 | head -1)");
    let (exit, _, said) = scene.reconcile("compare s lost");
    assert!(exit == 5 || exit == 6, "{said}");
}

#[test]
fn attack_an_edited_run_does_not_verify_and_nothing_is_written_on_top_of_it() {
    let scene = Scene::new();
    scene.write("out/received.csv", FAILED);
    assert_eq!(scene.run().0, 1);
    scene.expect("verify", 0, "1 run verified");
    scene.forge_newest("s/\"outcome\": \"over-budget\"/\"outcome\": \"green\"/");
    scene.expect("verify", 6, "its commit does not follow from its `run.json`");
    let (exit, _, said) = scene.run();
    assert_eq!(exit, 6, "{said}");
    let repository = Repository::open(scene.path()).unwrap();
    let mut inquiry = Inquiry::default();
    inquiry.datasets.insert("nominal".into(), BTreeSet::new());
    let head = repository.resolve("HEAD").unwrap();
    let seen = gather_runs(&repository, &inquiry, "production", &head, jiff::Timestamp::now()).unwrap();
    assert!(matches!(seen.datasets[0].runs, Fact::Gap(_)), "{seen:?}");
}

#[test]
fn a_deployment_sees_the_runs_that_its_policy_asks_for() {
    let scene = Scene::new();
    assert_eq!(scene.run().0, 0);
    let repository = Repository::open(scene.path()).unwrap();
    let head = repository.resolve("HEAD").unwrap();
    let mut inquiry = Inquiry::default();
    let now = jiff::Timestamp::now();
    assert!(gather_runs(&repository, &inquiry, "production", &head, now).is_none());
    inquiry.datasets.insert("nominal".into(), BTreeSet::new());
    let seen = gather_runs(&repository, &inquiry, "production", &head, now).unwrap();
    let Fact::Known(runs) = &seen.datasets[0].runs else { panic!("{seen:?}") };
    assert_eq!((runs.len(), runs[0].number, seen.datasets[0].older), (1, 1, 0));
    assert!(runs[0].faults.is_empty() && runs[0].as_of() <= now);
}

#[test]
fn attack_the_newest_run_is_cut_off() {
    let scene = Scene::new();
    assert_eq!(scene.run().0, 0);
    let good = scene.shell("git rev-parse refs/portcullis/reconciliation/nominal");
    scene.write("out/received.csv", FAILED);
    assert_eq!(scene.run().0, 1);
    let bad = scene.shell("git rev-parse refs/portcullis/reconciliation/nominal");
    scene.expect(&format!("verify nominal --expect-tip {bad}"), 0, "2 runs verified");
    scene.shell(&format!("git update-ref refs/portcullis/reconciliation/nominal {good}"));
    scene.expect(&format!("verify nominal --expect-tip {bad}"), 6, "does not hold run");
    scene.expect("verify nominal --at-least 2", 6, "there should be at least 2");
    scene.expect("verify nominal", 0, "unchecked: whether newer ones were removed");
}

#[test]
fn attack_a_run_that_does_not_follow_from_its_manifests() {
    let scene = Scene::new();
    scene.write("out/received.csv", FAILED);
    scene.extract("source", "s");
    scene.extract("target", "t");
    let (exit, out, said) = scene.reconcile("compare s t --record --format json");
    assert_eq!(exit, 3, "{out}{said}");
    scene.write("run.json", &out);
    scene.expect("judge s t --run 1", 0, "follows from these manifests to the byte");
    scene.expect("judge s t --run run.json", 0, "follows from these manifests to the byte");
    scene.write(
        "edited.json",
        &out.replace("\"test-data\": {\n      \"seen\": 1", "\"test-data\": {\n      \"seen\": 0"),
    );
    scene.expect("judge s t --run edited.json", 6, "its count of test-data");
    scene.write("out/received.csv", RECEIVED);
    scene.extract("target", "later");
    scene.expect("judge s later --run 1", 6, "its target is");
}

#[test]
fn nothing_that_is_written_holds_content_or_the_key() {
    let scene = Scene::new();
    scene.write("out/received.csv", FAILED);
    let line = "run nominal --key-file dataset.key --manifests kept --state state --confirm-after 1";
    assert_eq!(scene.reconcile(line).0, 1);
    let run = scene.shell("git show refs/portcullis/reconciliation/nominal:run.json");
    let found = scene.shell("grep -rlE 'Archer|Baxter|TEST9|0123456789abcdef' kept state || true");
    assert_eq!(found, "");
    assert!(!run.contains("Archer") && !run.contains("TEST9") && !run.contains("0123456789abcdef"), "{run}");
    assert_eq!(scene.shell("find kept state -type f -perm /077 || true"), "");
}

#[test]
fn attack_a_key_that_others_can_read_or_that_can_be_guessed() {
    let scene = Scene::new();
    scene.shell("cp dataset.key open.key; chmod 644 open.key");
    scene.expect("extract nominal --side source -o s --key-file open.key", 5, "others can read the key");
    scene.key("weak.key", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    scene.expect("extract nominal --side source -o s --key-file weak.key", 5, "so it can be guessed");
    scene.expect("extract nominal --side source -o s", 2, "the key of the dataset is not known");
    scene.expect(
        "extract nominal --side source -o s --key-file gone.key",
        5,
        "Name the file that holds the dataset key",
    );
    scene.expect("extract nominal --side source -o s --key-file dataset.key", 0, "5 rows of the source");
}

#[test]
fn the_list_of_what_to_send_again_is_private_in_order_and_overwrites_nothing() {
    let scene = Scene::new();
    scene.write("out/received.csv", FAILED);
    let line = "run nominal --key-file dataset.key --replay again.jsonl --confirm-after 1";
    let (exit, _, said) = scene.reconcile(line);
    assert!(exit == 1 && said.contains("nothing was sent"), "{exit} {said}");
    let text = std::fs::read_to_string(scene.path().join("again.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<(&str, &str, &str)> = lines
        .iter()
        .map(|line| {
            let record = &line["record"];
            (line["reason"].as_str().unwrap(), record["id"].as_str().unwrap(), record["op"].as_str().unwrap())
        })
        .collect();
    // What a later operation replaced is not sent again.
    assert_eq!(told, [("stale", "N2", "A"), ("undeleted", "N3", "D")]);
    assert_eq!(scene.shell("find again.jsonl -perm /077"), "");
    let (exit, _, said) = scene.reconcile(line);
    assert!(exit == 5 && said.contains("cannot write"), "{exit} {said}");
}

#[test]
fn explain_shows_both_canonical_forms_of_one_record_alone() {
    let scene = Scene::new();
    scene.write("out/received.csv", FAILED);
    let out = scene.expect("explain nominal --key id=N2 --key-file dataset.key", 0, "target, ");
    assert!(out.contains("Baxter") && out.contains("Baker") && !out.contains("Archer"), "{out}");
    scene.expect("explain nominal --key id=N9 --key-file dataset.key", 3, "no record has this key");
    scene.expect("explain nominal --key name=N9 --key-file dataset.key", 2, "has the field `id`");
}

#[test]
fn a_dataset_that_is_misspelt_and_a_policy_without_any_say_what_to_do() {
    let scene = Scene::new();
    scene.expect("run nominl --key-file dataset.key", 2, "did you mean `nominal`?");
    scene.write("portcullis.toml", POLICY.split("[reconciliation.nominal]").next().unwrap());
    scene.expect("run nominal --key-file dataset.key", 4, "the policy defines no dataset");
}

/// The second look is at differences alone, and a late arrival is none any more.
#[test]
fn attack_a_second_look_that_forgets_what_arrived_late() {
    let scene = Scene::new();
    let late = RECEIVED.replace("2026-01-01T09:00:00Z,Archer", "2026-01-05T09:00:00Z,Archer");
    scene.write("out/received.csv", &late);
    let alone = scene.expect("run nominal --key-file dataset.key --confirm-after 1 --dry-run", 1, "late");
    assert!(!alone.contains("stale"), "twin: {alone}");
    scene.write("out/received.csv", &late.replace("N2,2", "N2,1"));
    let (exit, out, said) = scene.run();
    assert!(exit == 1 && out.contains("stale") && out.contains("late"), "{out}{said}");
}

/// A broken run is no measure for the next one.
#[test]
fn attack_a_side_that_fell_is_run_again() {
    let scene = Scene::new();
    let floors = "deadline = \"24h\"\nfloors = { source-rows = 1, target-rows = 1, largest-fall = 0.1 }\n";
    scene.write("portcullis.toml", &POLICY.replace("deadline = \"24h\"\n", floors));
    let (exit, out, said) = scene.run();
    assert_eq!(exit, 0, "twin: {out}{said}");
    scene.write("out/intended.csv", "id,op,seq,at,surname\nN1,U,1,2026-01-01T08:00:00Z,Archer\n");
    scene.write("out/received.csv", "id,version,loaded,surname\nN1,1,2026-01-01T09:00:00Z,Archer\n");
    for _ in 0..2 {
        let (exit, out, said) = scene.run();
        assert!(exit == 3 && out.contains("raise `largest-fall`"), "{exit} {out}{said}");
    }
}

/// Where answers are awaited, a comparison without them is no comparison.
#[test]
fn attack_receipts_that_are_left_out() {
    let scene = Scene::new();
    scene.extract("source", "s");
    scene.extract("target", "t");
    let (exit, out, said) = scene.reconcile("compare s t");
    assert_eq!(exit, 0, "twin: {out}{said}");
    let awaited =
        POLICY.replace("deadline = \"24h\"\n", "deadline = \"24h\"\nacknowledged-within = \"4h\"\n");
    scene.write("portcullis.toml", &awaited);
    scene.expect("compare s t", 3, "no receipts were read");
}

/// A record that should be there since January is amended or sent again each day.
#[test]
fn attack_a_newer_operation_puts_off_an_older_one() {
    let scene = Scene::new();
    let now = scene.shell("date -u +%Y-%m-%dT%H:%M:%SZ");
    let run = |operation: &str, received: &str| {
        scene.write("out/intended.csv", &format!("{INTENDED}{operation}\n"));
        scene.write("out/received.csv", received);
        scene.reconcile("run nominal --key-file dataset.key --confirm-after 1 --dry-run")
    };
    let gone = RECEIVED.replace("N1,1,2026-01-01T09:00:00Z,Archer\n", "");
    let kept = format!("{RECEIVED}N3,1,2026-01-01T09:00:00Z,Cooper\n");
    for (operation, received, class) in [
        (format!("N1,A,2,{now},Arches"), &gone, "missing"),
        ("N1,A,2,2999-01-01T00:00:00Z,Arches".to_string(), &gone, "missing"),
        (format!("N3,D,3,{now},"), &kept, "undeleted"),
        (format!("N3,U,3,{now},Cowper"), &kept, "stale"),
        (format!("N1,A,2,{now},Arches"), &RECEIVED.replace("Archer", "Wrong"), "stale"),
    ] {
        let (exit, out, said) = run(&operation, received);
        assert!(exit == 1 && out.contains(class), "{operation}: {exit} {out}{said}");
    }
    // The twins: what was due before is there, and the newer operation may be on its way.
    for operation in [format!("N1,A,2,{now},Arches"), format!("N3,U,3,{now},Cowper")] {
        let (exit, out, said) = run(&operation, RECEIVED);
        assert!(exit == 0 && out.contains("pending"), "{operation}: {exit} {out}{said}");
    }
}

/// The manifests of someone who reads less are not those of this policy.
#[test]
fn attack_manifests_that_were_extracted_by_other_settings() {
    let scene = Scene::new();
    scene.write("out/received.csv", FAILED);
    scene.write("out/part.csv", RECEIVED);
    scene.write("lax.toml", &POLICY.replace("out/received.csv", "out/part.csv"));
    scene.extract("source", "s");
    scene.expect("extract nominal --side target -o t --key-file dataset.key --policy lax.toml", 0, "2 rows");
    scene.expect("compare s t", 6, "settings");
    let own = scene.expect("compare s t --policy lax.toml", 0, "GREEN");
    assert!(!own.contains("stale"), "twin: {own}");
}

/// What was sent since an old manifest of the source is not on its way for ever.
#[test]
fn attack_a_manifest_of_last_week_beside_one_of_today() {
    let scene = Scene::new();
    scene.extract("source", "s");
    scene.extract("target", "t");
    scene.expect("compare s t", 0, "GREEN");
    let header = std::fs::read_to_string(scene.path().join("s/manifest.json")).unwrap();
    let now: serde_json::Value = serde_json::from_str(&header).unwrap();
    let old = header.replace(now["as_of"].as_str().unwrap(), "2026-01-05T09:00:00Z");
    scene.write("s/manifest.json", &old);
    scene.expect("compare s t", 3, "hours before the other side");
}

/// A run that a second look concluded is no forgery, though its first manifests do not show it.
#[test]
fn a_run_with_a_second_look_is_not_called_forged() {
    let scene = Scene::new();
    scene.write("out/received.csv", FAILED);
    let (exit, out, said) =
        scene.reconcile("run nominal --key-file dataset.key --manifests m --confirm-after 1");
    assert_eq!(exit, 1, "{out}{said}");
    let folder = scene.shell("ls -d m/*");
    let folder = folder.trim();
    scene.expect(&format!("judge {folder}/source {folder}/target --run 1"), 3, "second look");
}
