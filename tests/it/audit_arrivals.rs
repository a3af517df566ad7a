//! Runs of reconciliation and incidents in an audit and its pack: what they show, what could not be
//! seen, and someone who wants to hide a bad run or a late notice.

use crate::support::arrivals::{Arrivals, PERIOD, at};
use crate::support::audited::audit;
use crate::support::packed::{Packed, mended, pack_audit, verify};
use portcullis_cli::pack::verify::verify_files;
use portcullis_model::digest::Digest;
use portcullis_model::incident::{IncidentEvent, IncidentNote};
use portcullis_pack::derive::derive_files;
use portcullis_pack::item_path::BadPath;
use portcullis_pack::report::ReportInput;
use portcullis_pack::verify::procedure_text;
use portcullis_pack::{ItemPath, ItemSource as _, PackContents};
use portcullis_wire::audit::v1::read_audit;
use portcullis_wire::pack::v1::PeopleV1;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::LazyLock;

const RUNS: &str = "refs/portcullis/reconciliation/nominal";
const REGISTER: &str = "refs/portcullis/incidents";

fn path(text: &str) -> ItemPath {
    ItemPath::new(text).unwrap()
}

fn run_file(number: u64) -> ItemPath {
    path(&format!("runs/of-nominal/{number:06}.json"))
}

fn entry_file(number: u64) -> ItemPath {
    path(&format!("incidents/{number:06}.json"))
}

/// The pack of the summer, which a later `--since` takes the place of that of `pack_audit`.
fn packed(directory: &Path, more: &[&str]) -> Packed {
    let (packed, output) = pack_of(directory, more);
    assert!(packed.folder.join("manifest.json").exists(), "{}", String::from_utf8_lossy(&output.stderr));
    packed
}

fn pack_of(directory: &Path, more: &[&str]) -> (Packed, std::process::Output) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("pack");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(directory).arg("audit").args(PERIOD);
    command.args(["--as-of", "2025-10-01T00:00:00Z", "--pack"]).arg(&folder).args(more);
    let output = command.output().unwrap();
    (Packed { place, folder }, output)
}

static PACK: LazyLock<PackContents> = LazyLock::new(|| packed(Arrivals::told().path(), &[]).contents());

fn faults(contents: &PackContents) -> Vec<String> {
    verify_files(contents, None).faults.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn names(contents: PackContents, item: &str, why: &str) {
    let faults = faults(&mended(contents));
    let is_named = faults.iter().any(|fault| fault.starts_with(item) && fault.contains(why));
    assert!(is_named, "{item}, {why}: {faults:#?}");
}

/// A pack whose audit was edited, with everything that follows from it written again.
fn edited(edit: impl FnOnce(&mut Value)) -> PackContents {
    edited_of(&PACK, edit)
}

fn edited_of(whole: &PackContents, edit: impl FnOnce(&mut Value)) -> PackContents {
    let mut contents = whole.clone();
    let mut value: Value = serde_json::from_slice(&contents.read(&path("audit.json")).unwrap()).unwrap();
    edit(&mut value);
    let audit = read_audit(value.to_string().as_bytes()).unwrap();
    let procedure = procedure_text(&contents);
    let input = ReportInput { audit: &audit, people: PeopleV1::Logins, procedure: procedure.as_deref() };
    derive_files::<BadPath>(&input, &mut |path, bytes, _| {
        contents.insert(path, bytes);
        Ok(())
    })
    .unwrap();
    contents
}

#[test]
fn runs_silences_breaks_and_notices_are_in_the_audit() {
    let told = Arrivals::told();
    let audited = told.audit();
    assert_eq!(audited.exit, 1, "{}", audited.text);
    let dataset = &audited.json["arrivals"]["datasets"][0];
    let outcomes: Vec<&str> =
        dataset["runs"].as_array().unwrap().iter().map(|run| run["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["green", "green", "over-budget", "green", "green"]);
    let stretch = &dataset["stretches"][0];
    assert_eq!((&stretch["first_bad"]["number"], &stretch["last_good"]["number"]), (&json!(3), &json!(2)));
    assert_eq!(stretch["over"], json!([{ "class": "missing", "count": 10, "budget": 2 }]));
    assert_eq!(dataset["breaks"]["classes"][0]["count"], 2);
    let reasons = |control: &str| -> Vec<String> {
        let all = audited.exceptions(control);
        all.iter().map(|one| one["finding"]["reason"].as_str().unwrap().to_string()).collect()
    };
    let found = reasons("reconciled");
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(
        found[0].starts_with("run 3 is over budget: missing 10 (2 allowed); run 4 was good again"),
        "{found:#?}"
    );
    assert!(
        found[1].contains("after run 4 by 2025-08-03T06:00:00Z") && found[1].contains("run 5 ended it"),
        "{found:#?}"
    );
    assert!(
        found[2].contains("after run 5") && found[2].contains("up to 2025-10-01T00:00:00Z"),
        "{found:#?}"
    );
    let late = reasons("timely-notices");
    assert!(
        late.len() == 1 && late[0].contains("was due by 2025-07-20T06:00:00Z and was sent at 2025-07-23"),
        "{late:?}"
    );
}

#[test]
fn the_terminal_and_markdown_tell_of_runs_and_notices() {
    let told = Arrivals::told();
    let write = |form: &str| {
        let output = told.checkout.portcullis(&[&["audit"][..], &PERIOD, &["--format", form]].concat());
        String::from_utf8(output.stdout).unwrap()
    };
    let text = write("terminal");
    for part in [
        "nominal: 5 runs in the period: 4 green, 1 over budget; 2 times in which a run was due",
        "run 3 of 2025-07-17T06:00:00Z: over budget: missing 10, ok 80",
        "early warning to Police forces: sent late, due 2025-07-20T06:00:00Z, sent 2025-07-23T07:00:00Z",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(write("markdown").contains("## Records that arrived"));
}

#[test]
fn what_cannot_be_seen_is_said_and_is_never_no_run_and_no_incident() {
    let none = Arrivals::begin().audit();
    assert_eq!(none.exit, 3);
    let gaps = none.gaps();
    assert!(
        gaps.contains("no run of it is in this repository")
            && gaps.contains("register of incidents is not in this")
    );
    // Twin: with a register that has begun and a run in time, neither is a gap.
    let seen = Arrivals::begin();
    for day in [
        "07-03", "07-10", "07-18", "07-26", "08-03", "08-12", "08-20", "08-28", "09-05", "09-13", "09-22",
        "09-30",
    ] {
        seen.run(&format!("2025-{day}T06:00:00Z"), 0);
    }
    seen.enter("2025-07-01T00:00:00Z", IncidentEvent::Begun);
    let audited = seen.audit();
    assert!(
        !audited.gaps().contains("arrived") && !audited.gaps().contains("incidents"),
        "{}",
        audited.gaps()
    );
    assert_eq!(audited.exceptions("reconciled").len(), 0, "{:#?}", audited.exceptions("reconciled"));
    // A range of commits has no times.
    let range = audit(seen.path(), &["HEAD..HEAD", "--no-deployments"]);
    assert_eq!(range.json.get("arrivals"), None);
}

#[test]
fn a_policy_that_asks_for_nothing_and_a_repository_that_holds_nothing_add_nothing() {
    let plain = crate::support::audited::begun();
    let audited = audit(plain.path(), &PERIOD);
    assert_eq!(audited.json.get("arrivals"), None);
}

#[test]
fn attack_a_run_is_edited_or_left_out_of_the_chain() {
    let told = Arrivals::told();
    // The third run is taken out: the fourth becomes the child of the second.
    let text = told.checkout.git(&["cat-file", "commit", &format!("{RUNS}~1")]);
    let parent = told.checkout.git(&["rev-parse", &format!("{RUNS}~2")]);
    let before = told.checkout.git(&["rev-parse", &format!("{RUNS}~3")]);
    told.checkout.write("commit", &(text.replace(&parent, &before) + "\n"));
    let forged = told.checkout.git(&["hash-object", "-t", "commit", "-w", "commit"]);
    told.checkout.git(&["update-ref", RUNS, &forged]);
    let audited = told.audit();
    assert_eq!(audited.exit, 6);
    let dataset = &audited.json["arrivals"]["datasets"][0];
    assert!(dataset["runs"] == json!([]) && !dataset["problems"].as_array().unwrap().is_empty());
    assert!(audited.exceptions("records").iter().any(|one| one["item"] == "run/nominal"));
    let text =
        String::from_utf8(told.checkout.portcullis(&[&["audit"][..], &PERIOD].concat()).stdout).unwrap();
    assert!(text.contains("the runs do not verify, and none is believed"), "{text}");
}

#[test]
fn attack_an_entry_of_the_register_is_left_out_or_of_an_unknown_form() {
    let told = Arrivals::told();
    let tree = told.checkout.git(&["rev-parse", &format!("{REGISTER}^{{tree}}")]);
    let forged = told.checkout.git(&["commit-tree", &tree, "-m", "Incident entry 2"]);
    told.checkout.git(&["update-ref", REGISTER, &forged]);
    let audited = told.audit();
    assert_eq!(audited.exit, 6);
    let register = &audited.json["arrivals"]["register"];
    assert!(register["incidents"] == json!([]) && !register["problems"].as_array().unwrap().is_empty());
    let told = Arrivals::told();
    told.checkout.write("incident.json", "{ \"schema\": 7 }\n");
    let blob = told.checkout.git(&["hash-object", "-w", "incident.json"]);
    told.checkout.write("tree", &format!("100644 blob {blob}\tincident.json\n"));
    let tree = told.checkout.git(&["rev-parse", &format!("{REGISTER}^{{tree}}")]);
    assert_ne!(tree, blob);
    told.checkout.git(&["update-ref", REGISTER, &told.checkout.git(&["rev-parse", "HEAD"])]);
    let audited = told.audit();
    assert_eq!(audited.exit, 6, "{}", audited.json["arrivals"]);
}

#[test]
fn a_run_that_calls_itself_green_is_judged_by_the_policy_that_it_names() {
    let told = Arrivals::begin();
    told.run("2025-07-03T06:00:00Z", 0);
    told.checkout.git(&["update-ref", "-d", RUNS]);
    // The budget of the writer is larger than that of the policy which the run names.
    let text = format!("{}{}", crate::support::audited::POLICY, crate::support::arrivals::MORE);
    let honest = Digest::of(text.as_bytes());
    let lie = told.with_budget(50, honest);
    lie.run("2025-07-03T06:00:00Z", 10);
    let audited = lie.audit();
    let run = &audited.json["arrivals"]["datasets"][0]["runs"][0];
    assert_eq!(
        (&run["said"], &run["outcome"], &run["judged_by"]),
        (&json!("green"), &json!("over-budget"), &json!("then"))
    );
    let reasons = audited.exceptions("reconciled");
    assert!(
        reasons
            .iter()
            .any(|one| one["finding"]["reason"].as_str().unwrap().contains("says that it is green"))
    );
}

#[test]
fn a_pack_holds_runs_and_register_and_verifies_with_a_clone() {
    let told = Arrivals::told();
    let pack = packed(told.path(), &[]);
    for number in 1..=5 {
        assert!(pack.names().contains(&run_file(number).to_string()), "{number}");
    }
    let clone = told.path().display().to_string();
    for place in [pack.folder.clone(), pack.folder.with_extension("tar")] {
        let (exit, text) = verify(&place, &["--repo", &clone]);
        assert_eq!(exit, 0, "{text}");
    }
    let page = std::fs::read_to_string(pack.folder.join("index.html")).unwrap();
    for part in [
        "Records that arrived",
        "role=\"img\"",
        "sent late",
        "run 3",
        "not ended",
        "arrivals/of-nominal.html",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let runs = std::fs::read_to_string(pack.folder.join("arrivals/runs.csv")).unwrap();
    assert!(runs.contains("\"nominal\",\"3\",\"2025-07-17T06:00:00Z\""), "{runs}");
    let notices = std::fs::read_to_string(pack.folder.join("arrivals/notices.csv")).unwrap();
    assert!(notices.contains("\"late\",\"2025-07-23T07:00:00Z\""), "{notices}");
}

#[test]
fn a_pack_has_no_address_and_no_name_of_who_sent_a_notice() {
    let told = Arrivals::told();
    let pack = packed(told.path(), &[]);
    let text = pack.text();
    for personal in ["duty-desk@forces.test", "Robin Example"] {
        assert!(!text.contains(personal), "{personal} is in the pack");
    }
    let (exit, said) = verify(&pack.folder, &["--repo", &told.path().display().to_string()]);
    assert_eq!(exit, 0, "{said}");
    let key = told.checkout.outside.path().join("key");
    std::fs::write(&key, "0123456789abcdef0123456789abcdef\n").unwrap();
    let hidden = packed(told.path(), &["--pseudonymise", key.to_str().unwrap()]);
    assert!(!hidden.text().to_lowercase().contains("kim-example"));
    let (exit, said) = verify(&hidden.folder, &[]);
    assert_eq!(exit, 0, "{said}");
}

/// Names are taken out of what people wrote, and words of the program are no names: otherwise an honest pack does not verify.
#[test]
fn attack_a_person_is_called_as_words_of_the_program() {
    let names = [
        "portcullis reconcile",
        "reconcile show",
        "run 3",
        "over budget",
        "early warning",
        "what did not arrive",
        "the records of",
        "nominal 3",
    ];
    for name in names {
        let told = Arrivals::begin();
        for (time, missing) in
            [("2025-07-03T06:00:00Z", 0), ("2025-07-17T06:00:00Z", 10), ("2025-07-18T06:00:00Z", 10)]
        {
            told.run(time, missing);
        }
        let id = told.open("2025-07-17T07:00:00Z");
        told.notify_by(&id, "2025-07-23T07:00:00Z", name);
        let by_name = IncidentEvent::Noted(Box::new(IncidentNote {
            incident: id,
            text: "Nothing new.".into(),
            aware_at: None,
        }));
        told.enter_by("2025-07-24T07:00:00Z", by_name, name);
        let key = told.checkout.outside.path().join("key");
        std::fs::write(&key, "0123456789abcdef0123456789abcdef\n").unwrap();
        for more in [&[][..], &["--pseudonymise", key.to_str().unwrap()]] {
            let (exit, said) = verify(&packed(told.path(), more).folder, &[]);
            assert_eq!(exit, 0, "{name} {more:?}: {said}");
        }
    }
}

#[test]
fn attack_a_file_of_a_run_or_an_entry_is_changed_missing_or_swapped() {
    assert_eq!(faults(&mended(PACK.clone())), Vec::<String>::new(), "twin");
    for (item, from, to) in [
        (run_file(3), "\"seen\": 10", "\"seen\": 1"),
        (run_file(3), "\"outcome\": \"over-budget\"", "\"outcome\": \"green\""),
        (run_file(4), "2025-07-24T06:00:00Z", "2025-07-25T06:00:00Z"),
        (entry_file(2), "2025-07-23T07:00:00Z", "2025-07-19T07:00:00Z"),
        (entry_file(1), "\"missing\": 10", "\"missing\": 1"),
    ] {
        let text = String::from_utf8(PACK.read(&item).unwrap()).unwrap();
        assert!(text.contains(from), "{item}: {text}");
        let mut contents = PACK.clone();
        contents.insert(item.clone(), text.replace(from, to).into_bytes());
        let all = faults(&mended(contents));
        let is_named = |fault: &String| fault.starts_with("run") || fault.starts_with("incident");
        assert!(all.iter().any(is_named), "{item} {from}: {all:#?}");
    }
    for item in (1..=5).map(run_file).chain((1..=2).map(entry_file)) {
        let mut contents = PACK.clone();
        contents.remove(&item);
        names(contents, item.as_str(), "missing");
    }
    let mut swapped = PACK.clone();
    swapped.insert(run_file(2), PACK.read(&run_file(3)).unwrap());
    swapped.insert(run_file(3), PACK.read(&run_file(2)).unwrap());
    names(swapped, "runs/of-nominal/000002.json", "it says that it is number 3");
    let mut extra = PACK.clone();
    extra.insert(run_file(6), PACK.read(&run_file(5)).unwrap());
    names(extra, "runs/of-nominal/000006.json", "the manifest says that it is for something else");
}

#[test]
fn attack_a_count_is_changed_in_a_table_a_page_or_the_json() {
    for (item, from, to) in [
        ("arrivals/runs.csv", "\"10\"", "\"1\""),
        ("arrivals/breaks.csv", "\"missing\"", "\"stale\""),
        ("arrivals/notices.csv", "\"late\"", "\"met\""),
        ("arrivals/incidents.csv", "missing=10", "missing=1"),
        ("arrivals/arrivals.json", "\"count\": 10", "\"count\": 1"),
        ("index.html", "missing 10 (2 allowed)</li>", "missing 1 (2 allowed)</li>"),
        ("arrivals/of-nominal.html", "missing 10", "missing 1"),
    ] {
        let text = String::from_utf8(PACK.read(&path(item)).unwrap()).unwrap();
        assert!(text.contains(from), "{item} lacks {from}");
        let mut contents = PACK.clone();
        contents.insert(path(item), text.replacen(from, to, 1).into_bytes());
        names(contents, item, "it is not what this program writes of audit.json");
    }
}

#[test]
fn attack_an_audit_says_something_else_than_its_runs_and_incidents() {
    type Edit = Box<dyn FnOnce(&mut Value)>;
    let edits: Vec<(&str, Edit)> = vec![
        (
            "says something else of it than its file",
            Box::new(|audit| {
                audit["arrivals"]["datasets"][0]["runs"][2]["classes"][0]["seen"] = json!(1);
            }),
        ),
        (
            "says something else of it than its file",
            Box::new(|audit| {
                audit["arrivals"]["datasets"][0]["runs"][2]["outcome"] = json!("green");
            }),
        ),
        (
            "says nothing of this run",
            Box::new(|audit| {
                audit["arrivals"]["datasets"][0]["runs"].as_array_mut().unwrap().remove(2);
            }),
        ),
        (
            "has another SHA-256 of it",
            Box::new(|audit| {
                audit["arrivals"]["datasets"][0]["runs"][2]["digest"] =
                    json!(format!("sha256:{}", "0".repeat(64)));
            }),
        ),
        (
            "its runs over budget and what was deployed",
            Box::new(|audit| {
                audit["arrivals"]["datasets"][0]["stretches"] = json!([]);
            }),
        ),
        (
            "its times without a run",
            Box::new(|audit| {
                audit["arrivals"]["datasets"][0]["silences"] = json!([]);
            }),
        ),
        (
            "its open differences",
            Box::new(|audit| {
                audit["arrivals"]["datasets"][0]["breaks"] = Value::Null;
            }),
        ),
        (
            "it leaves out the dataset nominal",
            Box::new(|audit| {
                audit["arrivals"]["datasets"] = json!([]);
            }),
        ),
        (
            "it leaves out the register",
            Box::new(|audit| {
                audit["arrivals"]["register"] = Value::Null;
            }),
        ),
        (
            "it leaves out the dataset nominal",
            Box::new(|audit| {
                audit.as_object_mut().unwrap().remove("arrivals");
            }),
        ),
        (
            "audit.json leaves it out",
            Box::new(|audit| {
                audit["arrivals"]["register"]["incidents"] = json!([]);
            }),
        ),
        (
            "says something else of it than the entries",
            Box::new(|audit| {
                audit["arrivals"]["register"]["incidents"][0]["notices"][0]["state"] = json!("met");
            }),
        ),
        (
            "is not among its exceptions",
            Box::new(|audit| {
                audit["exceptions"].as_array_mut().unwrap().retain(|one| one["control"] != "reconciled");
            }),
        ),
        (
            "is not among its exceptions",
            Box::new(|audit| {
                audit["exceptions"].as_array_mut().unwrap().retain(|one| one["control"] != "timely-notices");
            }),
        ),
    ];
    assert_eq!(faults(&mended(edited(|_| ()))), Vec::<String>::new(), "twin");
    for (why, edit) in edits {
        let all = faults(&mended(edited(edit)));
        assert!(all.iter().any(|fault| fault.contains(why)), "{why}: {all:#?}");
    }
}

#[test]
fn attack_what_only_the_newest_run_or_entry_says_is_edited() {
    let told = Arrivals::begin();
    told.run("2025-07-03T06:00:00Z", 0);
    // After the period, and before the present of the audit.
    told.run("2025-10-01T06:00:00Z", 0);
    told.enter("2025-07-01T00:00:00Z", IncidentEvent::Begun);
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("pack");
    let to = folder.to_str().unwrap();
    audit(told.path(), &[&PERIOD[..], &["--pack", to]].concat());
    let whole = Packed { place, folder }.contents();
    assert_eq!(faults(&mended(whole.clone())), Vec::<String>::new(), "twin");
    for (item, from, to) in [
        (run_file(2), "\"seen\": 90", "\"seen\": 91"),
        (run_file(2), "\"rows\": 90", "\"rows\": 91"),
        (entry_file(1), "kim-example", "sam-example"),
    ] {
        let text = String::from_utf8(whole.read(&item).unwrap()).unwrap();
        assert!(text.contains(from), "{item}: {text}");
        let mut contents = whole.clone();
        contents.insert(item.clone(), text.replace(from, to).into_bytes());
        names(contents, item.as_str(), "audit.json has another SHA-256 of it");
    }
}

#[test]
fn attack_a_gap_of_runs_is_taken_out() {
    let none = packed(Arrivals::begin().path(), &[]).contents();
    assert_eq!(faults(&mended(edited_of(&none, |_| ()))), Vec::<String>::new(), "twin");
    let without = edited_of(&none, |audit| {
        audit["gaps"]
            .as_array_mut()
            .unwrap()
            .retain(|gap| !gap["what"].as_str().unwrap().contains("arrived"));
    });
    let all = faults(&mended(without));
    assert!(
        all.iter()
            .any(|fault| fault.contains("whether the records of nominal arrived is not among its gaps")),
        "{all:#?}"
    );
}

#[test]
fn a_clone_tells_runs_and_entries_that_the_audit_leaves_out() {
    let told = Arrivals::told();
    let clone = told.path().display().to_string();
    // The newest run and the newest entry are cut off before the audit.
    let (run, entry) = (told.checkout.git(&["rev-parse", RUNS]), told.checkout.git(&["rev-parse", REGISTER]));
    told.checkout.git(&["update-ref", RUNS, &format!("{RUNS}~1")]);
    told.checkout.git(&["update-ref", REGISTER, &format!("{REGISTER}~1")]);
    let short = packed(told.path(), &[]);
    let (exit, text) = verify(&short.folder, &["--repo", &clone]);
    assert_eq!(exit, 0, "twin: {text}");
    told.checkout.git(&["update-ref", RUNS, &run]);
    told.checkout.git(&["update-ref", REGISTER, &entry]);
    let (exit, text) = verify(&short.folder, &["--repo", &clone]);
    assert!(
        exit == 6 && text.contains("holds run 5 of ") && text.contains("holds entry 2 of "),
        "{exit} {text}"
    );
    // And the other way round: a clone that lost them.
    let whole = packed(told.path(), &[]);
    told.checkout.git(&["update-ref", RUNS, &format!("{RUNS}~1")]);
    let (exit, text) = verify(&whole.folder, &["--repo", &clone]);
    assert!(exit == 6 && text.contains("does not hold the run that was the newest"), "{exit} {text}");
}

#[test]
fn the_same_runs_give_the_same_pack_in_another_zone_and_locale() {
    let told = Arrivals::told();
    let write = |zone: &str, locale: &str| {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("pack");
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.env_clear().env("TZ", zone).env("LC_ALL", locale).env("LANG", locale);
        command.current_dir(told.path()).arg("audit").args(PERIOD);
        command.args(["--as-of", "2025-10-01T00:00:00Z", "--pack"]).arg(&folder);
        command.output().unwrap();
        std::fs::read(folder.with_extension("tar")).unwrap()
    };
    assert!(write("UTC", "C") == write("Asia/Kolkata", "de_DE.UTF-8"));
}

#[test]
fn moments_of_these_tests_are_in_the_past() {
    assert!(at("2025-10-01T00:00:00Z") < jiff::Timestamp::now());
    let (_, output) = pack_audit(Arrivals::begin().path(), &[]);
    assert!(output.status.code().is_some());
}
