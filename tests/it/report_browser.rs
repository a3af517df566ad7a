//! The report of an audit in a real browser: Chromium, with axe-core for accessibility. `.ci/run` installs the one and
//! fetches the other; where either is missing, the test says so and ends.
//!
//! `REPORT_SHOTS=DIR cargo test --test it report_browser` keeps pictures and prints for a look.

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

#[test]
fn a_browser_finds_nothing_serious_in_the_report_of_the_made_up_year() {
    if let Some(missing) = missing() {
        println!("left out: {missing} is not here");
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(place.path()).args(["demo", "--pack", "year"]);
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
