//! Audits that were written once are still read, and nothing may be missing from them, be there
//! twice or be there besides.

use super::{Validator, json, members_of, without};
use crate::audit::v1::{NotAnAudit, read_audit, write_audit};
use crate::schema::find;

const KEPT: &str = include_str!("../audit/kept/v1.json");

/// With runs and incidents, which earlier programs did not write.
const KEPT_WITH_ARRIVALS: &str = include_str!("../audit/kept/v1-arrivals.json");

#[test]
fn an_audit_that_was_written_once_is_read_and_written_alike() {
    for (kept, has_arrivals) in [(KEPT, false), (KEPT_WITH_ARRIVALS, true)] {
        let audit = read_audit(kept.as_bytes()).unwrap();
        assert_eq!(audit.arrivals.is_some(), has_arrivals);
        assert_eq!(write_audit(&audit).unwrap(), kept);
        assert!(Validator::new(find("audit").unwrap()).accepts(&json(kept)));
    }
}

#[test]
fn an_audit_with_a_member_less_or_more_is_refused() {
    let kept = json(KEPT);
    for member in members_of(&kept).into_iter().filter(|member| member != "/schema") {
        let less = without(&kept, &member).to_string();
        assert!(read_audit(less.as_bytes()).is_err(), "{member} is missing");
    }
    let kept_with = json(KEPT_WITH_ARRIVALS);
    for member in members_of(&kept_with["arrivals"]) {
        let mut less = kept_with.clone();
        less["arrivals"] = without(&kept_with["arrivals"], &member);
        assert!(read_audit(less.to_string().as_bytes()).is_err(), "{member} is missing");
    }
    let mut more = kept.clone();
    more["landings"][0]["then"]["findings"][0]["other"] = json!(1);
    assert!(read_audit(more.to_string().as_bytes()).is_err());
    let twice = KEPT.replacen("{", "{\"outcome\": \"no-exceptions\",", 1);
    assert!(matches!(read_audit(twice.as_bytes()), Err(NotAnAudit::Form(_))));
    let mut later = kept;
    later["schema"] = json!(2);
    assert_eq!(read_audit(later.to_string().as_bytes()), Err(NotAnAudit::Version(2)));
}
