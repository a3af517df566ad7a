//! Pages of a made-up audit.

use super::*;
use crate::testing::made_up_audit;
use std::collections::BTreeMap;

fn pages(audit: &AuditV1) -> BTreeMap<ItemPath, String> {
    let mut pages = BTreeMap::new();
    let input = ReportInput { audit, people: PeopleV1::Logins, procedure: None };
    write_pages::<BadPath>(&input, &mut |path, page| {
        assert!(pages.insert(path, page).is_none());
        Ok(())
    })
    .unwrap();
    pages
}

#[test]
fn the_same_audit_gives_the_same_pages() {
    let audit = made_up_audit(41);
    let first = pages(&audit);
    assert_eq!(first, pages(&audit));
    assert_eq!(first.keys().filter(|path| path.as_str().starts_with("landings/")).count(), 41);
}

#[test]
fn each_link_leads_to_a_page_and_an_anchor_that_are_there() {
    let pages = pages(&made_up_audit(41));
    for (path, page) in &pages {
        for link in page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => path.clone(),
                file => {
                    let up = file.matches("../").count();
                    assert!(up <= path.depth(), "{path}: {link}");
                    ItemPath::new(file.trim_start_matches("../")).unwrap()
                }
            };
            let target_page = pages.get(&target).unwrap_or_else(|| panic!("{path} links to {link}"));
            let there = anchor.is_empty() || target_page.contains(&format!("id=\"{anchor}\""));
            assert!(there, "{path}: no anchor {link}");
        }
    }
}

#[test]
fn a_landing_whose_time_is_no_time_is_on_the_page_of_unknown_months() {
    let mut audit = made_up_audit(3);
    audit.landings[1].time.at = Some("../../x of no month".to_string());
    let pages = pages(&audit);
    let unknown = &pages[&ItemPath::new("population/unknown.html").unwrap()];
    assert!(unknown.contains(&format!("landing-{}", audit.landings[1].landed)));
}

#[test]
fn text_from_outside_is_shown_and_never_markup() {
    let mut audit = made_up_audit(3);
    let bad = "\u{202e}</title><script>alert(1)</script>\" onload=\"x";
    audit.title.project = Some(bad.to_string());
    audit.landings[0].subject = bad.to_string();
    for (path, page) in pages(&audit) {
        assert!(!page.contains("<script>alert") && !page.contains('\u{202e}'), "{path}");
        assert_eq!(page.matches("<script>").count(), 1, "{path}");
    }
}

#[test]
fn no_page_names_another_place_on_the_network() {
    for (path, page) in pages(&made_up_audit(12)) {
        assert!(
            !page.contains("http://") && !page.contains("https://") && !page.contains(" style="),
            "{path}"
        );
        assert!(page.contains("default-src 'none'"), "{path}");
    }
}
