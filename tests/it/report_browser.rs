//! The report of an audit in a real browser: Chromium, with axe-core for accessibility. `.ci/run` installs the one and
//! fetches the other; where either is missing, the test says so and ends.
//!
//! `REPORT_SHOTS=DIR cargo test --test it report_browser` keeps pictures and prints for a look.

use crate::audit::extended;
use crate::support::audited::AS_OF;
use crate::support::clean::CleanEnvironment as _;
use portcullis_fleet::columns::{Column, PROTECTION, TABLE};
use portcullis_fleet::page::{PageInput, PastVerdicts, write_page};
use portcullis_fleet::round::{RoundDraft, prepare_round, sort_worst_first};
use portcullis_model::fleet::{FleetFinding, FleetItem, FleetScope, FleetStanding, FleetVerdict};
use portcullis_pack::item_path::BadPath;
use portcullis_pack::report::{ReportInput, write_pages};
use portcullis_pack::testing::made_up_audit;
use portcullis_wire::pack::v1::PeopleV1;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The script with the browser's part of the test.
fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/look.mjs")
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Why the report cannot be opened here.
fn missing() -> Option<&'static str> {
    if !is_there("chromium") || !is_there("node") {
        return Some("chromium or node");
    }
    (!script().with_file_name("node_modules/axe-core/axe.min.js").exists())
        .then_some("axe-core (npm ci --prefix tests/browser)")
}

fn write_report(landings: u64, directory: &Path) -> Vec<String> {
    let audit = made_up_audit(landings);
    let input = ReportInput { audit: &audit, people: PeopleV1::Logins, procedure: None };
    let mut pages = Vec::new();
    write_pages::<BadPath>(&input, &mut |path, page| {
        let place = directory.join(path.as_str());
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, page).unwrap();
        pages.push(path.to_string());
        Ok(())
    })
    .unwrap();
    pages
}

fn open(directory: &Path, pages: &[&str]) -> String {
    let shots = std::env::var("REPORT_SHOTS").unwrap_or_else(|_| "-".to_string());
    let output = Command::new("node")
        .arg(script())
        .args(["chromium", directory.to_str().unwrap(), &shots])
        .args(pages)
        .output()
        .unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    said
}

#[test]
fn a_browser_finds_no_error_no_request_and_nothing_serious_for_those_who_do_not_see() {
    if let Some(missing) = missing() {
        println!("left out: {missing} is not here");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let all = write_report(41, directory.path());
    let first = |folder: &str| all.iter().find(|page| page.starts_with(folder)).unwrap().as_str();
    let shown = all.iter().find(|page| {
        page.starts_with("landings/")
            && std::fs::read_to_string(directory.path().join(page)).unwrap().contains("does not count")
    });
    let pages = ["index.html", first("population/"), first("exceptions/"), shown.unwrap().as_str()];
    open(directory.path(), &pages);
}

/// A fleet of thirty repositories in its sixth round, with a lapse, a repository that came later, and
/// names that are long.
fn write_fleet(directory: &Path) {
    let time = |day: u8| format!("2026-03-{day:02}T02:00:00Z").parse::<jiff::Timestamp>().unwrap();
    let name = |number: usize| match number {
        3 => "example-org/the-service-that-loads-amends-and-deletes-records-on-the-national-database"
            .to_string(),
        _ => format!("example-org/service-{number:02}"),
    };
    let verdict = |number: usize, round: usize| match (number, round) {
        (1, 2..) | (2, _) | (3, 5..) => FleetVerdict::Broken,
        (4, 3) | (5, 5..) => FleetVerdict::Unproven,
        _ => FleetVerdict::Met,
    };
    let past = (0..6).map(|round| {
        let known = (0..30).filter(|number| *number != 6 || round > 2);
        (time(1 + 5 * round as u8), known.map(|number| (name(number), verdict(number, round))).collect())
    });
    let past: PastVerdicts = past.collect();
    let finding = |verdict, reason: &str| FleetFinding {
        verdict,
        subject: "main".to_string(),
        reason: reason.to_string(),
        remedy: (verdict > FleetVerdict::Met).then(|| "Switch it on (Settings > Rules).".to_string()),
    };
    let standing = |column: &Column, verdict| FleetStanding {
        column: column.name.to_string(),
        verdict,
        since: time(11),
        findings: vec![finding(verdict, "no rule requires the branch to be kept")],
    };
    let item = |number: usize| FleetItem {
        schema: 1,
        repository: name(number),
        branch: None,
        looked: None,
        mark: None,
        policy: None,
        standings: TABLE
            .iter()
            .map(|column| match column.name {
                PROTECTION => standing(column, verdict(number, 5)),
                "house-policy" => {
                    FleetStanding { findings: Vec::new(), ..standing(column, FleetVerdict::Exempt) }
                }
                _ => standing(column, FleetVerdict::Met),
            })
            .collect(),
    };
    let mut items: Vec<FleetItem> = (0..30).map(item).collect();
    sort_worst_first(&mut items);
    let scope = FleetScope {
        host: "github".to_string(),
        organisation: Some("example-org".to_string()),
        list: None,
        names: Vec::new(),
        topics: Vec::new(),
        archived: false,
        shard: None,
    };
    let draft = RoundDraft {
        time: time(26),
        scope,
        house: None,
        unlisted: None,
        items,
        tool: "portcullis".to_string(),
    };
    let round = prepare_round(&draft, None).unwrap().round;
    let page = write_page(&PageInput { round: &round, items: &draft.items, past: &past });
    std::fs::write(directory.join("fleet.html"), page).unwrap();
}

#[test]
fn the_page_of_a_fleet_is_as_good() {
    if let Some(missing) = missing() {
        println!("left out: {missing} is not here");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    write_fleet(directory.path());
    open(directory.path(), &["fleet.html"]);
}

#[test]
fn the_page_of_a_rehearsal_is_as_good() {
    if let Some(missing) = missing() {
        println!("left out: {missing} is not here");
        return;
    }
    let lane = extended(6);
    // Its history is written for a host that is asked.
    drop(lane.host());
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.clean_env().current_dir(lane.directory());
    command.args(["rehearse", "--as-of", AS_OF, "--quiet", "--format", "html=rehearsal.html"]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    open(lane.directory(), &["rehearsal.html"]);
}

#[test]
fn a_browser_finds_nothing_serious_in_the_report_of_the_made_up_year() {
    if let Some(missing) = missing() {
        println!("left out: {missing} is not here");
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.clean_env().current_dir(place.path()).args(["demo", "--pack", "year"]);
    assert!(command.output().unwrap().status.success());
    let pages = ["index.html", "arrivals/of-records.html", "exceptions/reconciled.html"];
    open(&place.path().join("year"), &pages);
}

#[test]
fn ten_thousand_landings_make_pages_that_a_browser_opens() {
    if let Some(missing) = missing() {
        println!("left out: {missing} is not here");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let pages = write_report(10_000, directory.path());
    let largest =
        pages.iter().map(|page| std::fs::metadata(directory.path().join(page)).unwrap().len()).max().unwrap();
    assert!(largest < 2 << 20, "a page has {largest} bytes");
    assert!(std::fs::metadata(directory.path().join("index.html")).unwrap().len() < 200_000);
}
